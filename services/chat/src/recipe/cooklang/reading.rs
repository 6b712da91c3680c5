//! A recipe from Cooklang text in its canonical form (no extensions). One pass over the text, block by block.

use super::blocks::{Block, Blocks};
use super::front_matter;
use super::metadata::{Metadata, Value};
use super::step::{self, Component, Misread, Step};
use crate::recipe::apply::{append_ingredient, make};
use crate::recipe::change::{Change, NewIngredient, Place};
use crate::recipe::import::{ImportError, Placed as _, beginning};
use crate::recipe::language;
use crate::recipe::model::Recipe;
use crate::recipe::quantity::Amount;
use crate::recipe::unit::Unit;

/// A recipe from Cooklang text.
///
/// Not taken over: cookware (its name stays in the text), the names of sections, text blocks, and metadata other
/// than title, servings, tags and description. A quantity in words that are not known becomes part of the note.
///
/// # Errors
/// When the text is no Cooklang, or something in it is beyond what a recipe can hold; with its place.
pub fn from_cooklang(text: &str) -> Result<Recipe, ImportError> {
    let mut recipe = Recipe::new("");
    let split = front_matter::split(text);
    let body_at = split.as_ref().map_or(0, |split| split.rest);
    let body = &text[body_at..];
    let mut metadata = match &split {
        Some(split) => front_matter::read(split.front_matter).map_err(|unread| {
            let line = lines_before(text, split.begins) + unread.line;
            unreadable(format!("line {line}: {unread}"))
        })?,
        None => Metadata::default(),
    };
    let mut in_list = false;
    let mut blocks = Blocks::new(body, split.is_none());
    while let Some(block) = blocks.next() {
        match block {
            Block::Metadata { key, value } => {
                let key = step::trimmed(body, key).to_lowercase();
                if Metadata::has(&key) {
                    metadata.set(&key, Value::Text(step::trimmed(body, value)));
                }
            }
            Block::Section { name } => in_list = step::trimmed(body, name) == super::UNNAMED,
            Block::Step(tokens) => {
                let step = step::read(body, tokens).map_err(|Misread { at, fault }| {
                    unreadable(format!(
                        "line {}: {fault}",
                        lines_before(text, body_at + at) + 1
                    ))
                })?;
                take_step(&mut recipe, step, in_list)?;
            }
        }
    }
    take_metadata(&mut recipe, metadata)?;
    Ok(recipe)
}

fn unreadable(reason: String) -> ImportError {
    ImportError::Unreadable {
        format: "Cooklang",
        reason,
    }
}

fn lines_before(text: &str, at: usize) -> usize {
    text.as_bytes()[..at]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

/// The list of ingredients that no step names is no step.
fn take_step(recipe: &mut Recipe, step: Step, in_list: bool) -> Result<(), ImportError> {
    for found in step.ingredients {
        let place = beginning(&found.name);
        append_ingredient(recipe, &new_ingredient(found)).at(|| format!("ingredient @{place}"))?;
    }
    if in_list && step.only_ingredients {
        return Ok(());
    }
    let number = recipe.steps.len() + 1;
    let add = Change::AddStep {
        text: step.text,
        at: Place::End,
    };
    make(recipe, &add).at(|| format!("step {number}"))
}

fn take_metadata(recipe: &mut Recipe, metadata: Metadata) -> Result<(), ImportError> {
    if let Some(title) = &metadata.title {
        recipe.title = Recipe::new(title).title;
    }
    if let Some(servings) = metadata.servings() {
        make(recipe, &Change::SetServings(servings)).at(|| "servings".to_owned())?;
    }
    if let Some(description) = metadata.description {
        let set = Change::SetDescription(Some(description));
        make(recipe, &set).at(|| "description".to_owned())?;
    }
    if !metadata.tags.is_empty() {
        make(recipe, &Change::AddTags(metadata.tags)).at(|| "tags".to_owned())?;
    }
    Ok(())
}

fn new_ingredient(found: Component) -> NewIngredient {
    let mut notes: Vec<String> = found.note.into_iter().collect();
    let mut amount = None;
    if let Some(quantity) = found.quantity {
        match language::quantity(&quantity.value) {
            Some(value) => {
                let unit = quantity.unit.as_deref().and_then(Unit::imported);
                amount = Some(Amount::of(value, unit));
            }
            None => notes.insert(0, quantity.in_words()),
        }
    }
    NewIngredient {
        name: found.name,
        amount,
        note: (!notes.is_empty()).then(|| notes.join(", ")),
    }
}
