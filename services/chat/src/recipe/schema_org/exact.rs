//! The recipe itself beside its lines of text, for what those would not give back. It counts only where the rest of the
//! document says just what we would write for it: whoever changes a line by hand is believed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{line_in_the_singular, written};
use crate::recipe::apply::{append_ingredient, make};
use crate::recipe::change::{Change, NewIngredient, Place};
use crate::recipe::model::Recipe;
use crate::recipe::quantity::{Amount, Quantity};
use crate::recipe::unit::Unit;

/// The property that holds it.
pub(super) const PROPERTY: &str = "recipe-chat:recipe";

#[derive(Debug, Serialize, Deserialize)]
struct Exact {
    ingredients: Vec<Line>,
    tags: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What stands in the property.
pub(super) fn of(recipe: &Recipe) -> Value {
    let ingredients = recipe.ingredients.iter().map(|line| Line {
        name: line.name.clone(),
        quantity: line.quantity,
        unit: line.unit_text().to_owned(),
        note: line.note.clone(),
    });
    let exact = Exact {
        ingredients: ingredients.collect(),
        tags: recipe.tags.clone(),
    };
    json!(exact)
}

/// The recipe, when the document has the property and says the same in its other ones.
pub(super) fn read(document: &Value) -> Option<Recipe> {
    let exact = Exact::deserialize(document.get(PROPERTY)?).ok()?;
    let mut recipe = Recipe::new(document["name"].as_str()?);
    let servings = document["recipeYield"]
        .as_str()?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    make(&mut recipe, &Change::SetServings(servings)).ok()?;
    if let Some(description) = document["description"].as_str() {
        make(
            &mut recipe,
            &Change::SetDescription(Some(description.to_owned())),
        )
        .ok()?;
    }
    if !exact.tags.is_empty() {
        make(&mut recipe, &Change::AddTags(exact.tags)).ok()?;
    }
    for step in document["recipeInstructions"].as_array()? {
        let (text, at) = (step["text"].as_str()?.to_owned(), Place::End);
        make(&mut recipe, &Change::AddStep { text, at }).ok()?;
    }
    for line in exact.ingredients {
        let amount = line
            .quantity
            .map(|quantity| Amount::of(quantity, Unit::imported(&line.unit)));
        let (name, note) = (line.name, line.note);
        append_ingredient(&mut recipe, &NewIngredient { name, amount, note }).ok()?;
    }
    let written = written(&recipe);
    let members = written.as_object()?;
    let as_before = || {
        let lines = recipe.ingredients.iter().map(line_in_the_singular);
        Some(&json!(lines.collect::<Vec<_>>())) == document.get("recipeIngredient")
    };
    let says_the_same = members.iter().all(|(key, value)| {
        key.starts_with('@')
            || document.get(key) == Some(value)
            || (key == "recipeIngredient" && as_before())
    });
    says_the_same.then_some(recipe)
}

/// Whether two recipes are the same but for their ids.
pub(super) fn same(one: &Recipe, other: &Recipe) -> bool {
    let lines = one.ingredients.len() == other.ingredients.len()
        && one
            .ingredients
            .iter()
            .zip(&other.ingredients)
            .all(|(a, b)| {
                (&a.name, a.quantity, &a.unit, &a.note) == (&b.name, b.quantity, &b.unit, &b.note)
            });
    let steps = one
        .steps
        .iter()
        .map(|step| &step.text)
        .eq(other.steps.iter().map(|step| &step.text));
    lines
        && steps
        && (&one.title, &one.description, one.servings, &one.tags)
            == (
                &other.title,
                &other.description,
                other.servings,
                &other.tags,
            )
}
