//! Recipes whose parts come apart already, with amounts as a cook writes them: what programs send as JSON.

use super::apply::{append_ingredient, make};
use super::change::{Change, NewIngredient, Place};
use super::import::{ImportError, Placed as _, beginning};
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
    let mut change = |place: &dyn Fn() -> String, change| make(&mut recipe, &change).at(place);
    change(
        &|| "title".to_owned(),
        Change::SetTitle(plain.title.clone()),
    )?;
    if let Some(servings) = plain.servings {
        change(
            &|| "servings".to_owned(),
            Change::SetServings(servings.into()),
        )?;
    }
    if is_there(&plain.description) {
        let set = Change::SetDescription(Some(plain.description.clone()));
        change(&|| "description".to_owned(), set)?;
    }
    if !plain.tags.is_empty() {
        change(&|| "tags".to_owned(), Change::AddTags(plain.tags.clone()))?;
    }
    for (number, text) in plain.steps.iter().enumerate() {
        let (text, at) = (text.clone(), Place::End);
        change(
            &|| format!("steps[{number}].text"),
            Change::AddStep { text, at },
        )?;
    }
    for (at, line) in plain.ingredients.iter().enumerate() {
        let new = new_ingredient(line, at)?;
        append_ingredient(&mut recipe, &new).at(|| format!("ingredients[{at}]"))?;
    }
    Ok(recipe)
}

fn new_ingredient(line: &PlainIngredient, at: usize) -> Result<NewIngredient, ImportError> {
    // A unit means nothing without a number of it.
    let measured = is_there(&line.quantity) || is_there(&line.unit);
    let amount = match measured.then(|| language::quantity(&line.quantity)) {
        Some(Some(quantity)) => Some(Amount::of(quantity, Unit::imported(&line.unit))),
        Some(None) => {
            return Err(ImportError::NoAmount {
                place: format!("ingredients[{at}].quantity"),
                text: beginning(&line.quantity),
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
