//! What holds of every recipe, whatever made it.

use std::collections::HashSet;

use chat::recipe::{Ingredient, Recipe, limits};

/// Panics when a recipe is beyond what one may hold, names two things alike, or is not read back as it is stored.
pub(crate) fn assert_sound(recipe: &Recipe) {
    assert!(limits::SERVINGS.contains(&recipe.servings), "servings");
    assert!(recipe.ingredients.len() <= limits::INGREDIENTS);
    assert!(recipe.steps.len() <= limits::STEPS);
    assert!(recipe.tags.len() <= limits::TAGS);
    assert_line("title", &recipe.title, limits::NAME);
    if let Some(description) = &recipe.description {
        assert_line("description", description, limits::DESCRIPTION);
    }
    let mut tags = HashSet::new();
    for tag in &recipe.tags {
        assert_line("tag", tag, limits::TAG);
        assert!(tags.insert(tag), "tag {tag:?} twice");
    }
    let mut ids = HashSet::new();
    for step in &recipe.steps {
        assert_line("step", &step.text, limits::STEP);
        assert!(ids.insert(&step.id), "step {} twice", step.id);
    }
    for line in &recipe.ingredients {
        assert_ingredient(line);
        assert!(ids.insert(&line.id), "ingredient {} twice", line.id);
    }
    let stored = serde_json::to_string(recipe).expect("JSON");
    let read: Recipe = serde_json::from_str(&stored).expect("the same JSON");
    assert_eq!(&read, recipe, "{stored}");
}

fn assert_ingredient(line: &Ingredient) {
    assert_line("name", &line.name, limits::NAME);
    if line.unit.is_some() {
        assert_line("unit", line.unit_text(), limits::UNIT);
    }
    if let Some(note) = &line.note {
        assert_line("note", note, limits::NOTE);
    }
    let written = line.quantity_text();
    assert_eq!(line.quantity.is_some(), !written.is_empty(), "{line:?}");
}

/// One line of text that can be shown, is not empty, and not longer than it may be.
fn assert_line(what: &str, text: &str, limit: usize) {
    assert!(!text.trim().is_empty(), "empty {what}");
    assert!(!text.contains(char::is_control), "{what}: {text:?}");
    assert!(text.chars().count() <= limit, "{what} too long: {text:?}");
}
