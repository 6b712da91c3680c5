//! Recipes whose parts come apart already, with amounts as a cook writes them: what programs send as JSON.

use super::apply::append_ingredient;
use super::change::{Change, NewIngredient, Place};
use super::import::{ImportError, Placed as _};
use super::language;
use super::model::Recipe;
use super::quantity::Amount;
use super::unit::Unit;

/// A recipe in plain text. Empty text stands for what is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainRecipe {
    pub title: String,
    pub description: String,
    /// `None` leaves the usual number.
    pub servings: Option<u32>,
    pub ingredients: Vec<PlainIngredient>,
    pub steps: Vec<String>,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainIngredient {
    pub name: String,
    pub quantity: String,
    pub unit: String,
    pub note: String,
}

/// A recipe from its parts. Places in errors are written as paths: `ingredients[2].quantity`.
pub fn from_plain(plain: &PlainRecipe) -> Result<Recipe, ImportError> {
    let mut recipe = Recipe::new("");
    for (place, change) in changes(plain) {
        recipe = recipe.apply(&change).at(|| place)?.0;
    }
    for (at, line) in plain.ingredients.iter().enumerate() {
        let new = new_ingredient(line, at)?;
        append_ingredient(&mut recipe, &new).at(|| format!("ingredients[{at}]"))?;
    }
    Ok(recipe)
}

/// Everything but the ingredients, each with its place.
fn changes(plain: &PlainRecipe) -> Vec<(String, Change)> {
    let mut changes = vec![("title".to_owned(), Change::SetTitle(plain.title.clone()))];
    let mut change = |place: &str, change| changes.push((place.to_owned(), change));
    if let Some(servings) = plain.servings {
        change("servings", Change::SetServings(servings.into()));
    }
    if is_there(&plain.description) {
        let description = Some(plain.description.clone());
        change("description", Change::SetDescription(description));
    }
    if !plain.tags.is_empty() {
        change("tags", Change::AddTags(plain.tags.clone()));
    }
    for (number, text) in plain.steps.iter().enumerate() {
        let add = Change::AddStep {
            text: text.clone(),
            at: Place::End,
        };
        change(&format!("steps[{number}].text"), add);
    }
    changes
}

fn new_ingredient(line: &PlainIngredient, at: usize) -> Result<NewIngredient, ImportError> {
    // A unit means nothing without a number of it.
    let measured = is_there(&line.quantity) || is_there(&line.unit);
    let amount = match measured.then(|| language::quantity(&line.quantity)) {
        Some(Some(quantity)) => Some(Amount::of(quantity, Unit::imported(&line.unit))),
        Some(None) => {
            return Err(ImportError::NoAmount {
                place: format!("ingredients[{at}].quantity"),
                text: line.quantity.clone(),
            });
        }
        None => None,
    };
    Ok(NewIngredient {
        name: line.name.clone(),
        amount,
        note: is_there(&line.note).then(|| line.note.clone()),
    })
}

fn is_there(text: &str) -> bool {
    !text.trim().is_empty()
}
