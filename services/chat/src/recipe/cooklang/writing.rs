//! The recipe as Cooklang text. One pass over the text of each step, whatever the number of ingredients.

use super::marking::{Mark, Marker};
use super::{STEPS, UNNAMED, yaml};
use crate::recipe::model::{Ingredient, Recipe};

/// The recipe as Cooklang. An ingredient is marked where a step first names it, unless a longer name stands there;
/// those that no step names, and lines without amount and note of a name that has others, stand in a section of their own at
/// the beginning.
///
/// Lost on the way: ids, the order of ingredients (they come back in the order of the text), digits of amounts beyond
/// the shown ones, and the beginning of a name such as "./" or "..\\", which Cooklang takes for another recipe.
pub fn to_cooklang(recipe: &Recipe) -> String {
    let mut marker = Marker::new(&recipe.ingredients);
    let mut steps = String::new();
    for step in &recipe.steps {
        steps.push('\n');
        write_step(&mut steps, &step.text, &mut marker);
        steps.push('\n');
    }
    let mut text = String::new();
    write_front_matter(&mut text, recipe);
    let mut waiting = marker.unmarked().peekable();
    if waiting.peek().is_some() {
        text.push_str(&format!("\n= {UNNAMED}\n\n"));
        for ingredient in waiting {
            write_component(&mut text, ingredient);
            text.push('\n');
        }
        if !recipe.steps.is_empty() {
            text.push_str(&format!("\n= {STEPS}\n"));
        }
    }
    text.push_str(&steps);
    text
}

fn write_front_matter(text: &mut String, recipe: &Recipe) {
    text.push_str(&format!(
        "---\ntitle: {}\nservings: {}\n",
        yaml::quote(&recipe.title),
        recipe.servings
    ));
    if let Some(description) = &recipe.description {
        text.push_str(&format!("description: {}\n", yaml::quote(description)));
    }
    if !recipe.tags.is_empty() {
        let tags: Vec<String> = recipe.tags.iter().map(|tag| yaml::quote(tag)).collect();
        text.push_str(&format!("tags: [{}]\n", tags.join(", ")));
    }
    text.push_str("---\n");
}

/// The text of a step with ingredients and times marked.
fn write_step(written: &mut String, text: &str, marker: &mut Marker<'_>) {
    let begins = written.len();
    let mut at = 0;
    for (place, mark) in marker.marks(text) {
        write_text(written, begins, &text[at..place.start]);
        match mark {
            Mark::Ingredient(ingredient) => write_component(written, ingredient),
            Mark::Timer { number, unit } => written.push_str(&format!("~{{{number}%{unit}}}")),
        }
        at = place.end;
    }
    write_text(written, begins, &text[at..]);
}

fn write_text(written: &mut String, begins: usize, text: &str) {
    for letter in text.chars() {
        let starts_line = written.len() == begins && letter.is_ascii_punctuation();
        let would_be_a_note = letter == '(' && written.ends_with('}');
        write_letter(written, letter, starts_line || would_be_a_note);
    }
}

/// "@flour{1 1/2%cup}(sifted)".
fn write_component(written: &mut String, ingredient: &Ingredient) {
    written.push('@');
    write_part(written, &ingredient.name);
    written.push('{');
    write_part(written, &ingredient.quantity_text());
    if !ingredient.unit_text().is_empty() {
        written.push('%');
        write_part(written, ingredient.unit_text());
    }
    written.push('}');
    if let Some(note) = &ingredient.note {
        written.push('(');
        write_part(written, note);
        written.push(')');
    }
}

/// A part of a component: more means something in it than in the text.
fn write_part(written: &mut String, part: &str) {
    for (at, letter) in part.char_indices() {
        let modifies = at == 0 && letter.is_ascii_punctuation();
        let special = matches!(letter, '(' | ')' | '%' | '|' | '}' | '*' | '=');
        write_letter(written, letter, modifies || special);
    }
}

/// A letter of plain text; `special` where it would mean something that it means nowhere else.
fn write_letter(written: &mut String, letter: char, special: bool) {
    let always = matches!(letter, '\\' | '@' | '#' | '~' | '{' | '[' | '-');
    if always || special {
        written.push('\\');
    }
    written.push(letter);
}
