//! A recipe from Cooklang text in its canonical form (no extensions). One pass over the text, block by block.

use super::blocks::{Block, Blocks};
use super::front_matter;
use super::metadata::{Metadata, Value};
use super::step::{self, Component, Step, StepError};
use super::words::trimmed;
use crate::recipe::apply::{append_ingredient, make};
use crate::recipe::change::{Change, NewIngredient, Place};
use crate::recipe::import::{ImportError, Placed as _, beginning};
use crate::recipe::language;
use crate::recipe::model::Recipe;
use crate::recipe::quantity::Amount;
use crate::recipe::reading::Reading;
use crate::recipe::unit::Unit;

/// A recipe from Cooklang text, as [`read_cooklang`] gives it.
///
/// # Errors
/// As there.
pub fn from_cooklang(text: &str) -> Result<Recipe, ImportError> {
    read_cooklang(text).map(|read| read.recipe)
}

/// A recipe from Cooklang text, and what of its metadata was left out.
///
/// Not taken over: cookware (its name stays in the text), and metadata other than title, servings, tags, description,
/// times and source, which are told in the description. The name of a section begins its first step; a note to the reader
/// becomes a step. A quantity in words that are not known becomes part of the note.
///
/// # Errors
/// When the text is no Cooklang, or something in it is beyond what a recipe can hold; with its place.
pub fn read_cooklang(text: &str) -> Result<Reading, ImportError> {
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
    let mut section = None;
    let mut blocks = Blocks::new(body, split.is_none());
    while let Some(block) = blocks.next() {
        match block {
            Block::Metadata { key, value } => {
                let key = trimmed(body, key).to_lowercase();
                match Metadata::has(&key) {
                    true => metadata.set(&key, Value::Text(trimmed(body, value))),
                    false => metadata.left_out.tell(&key),
                }
            }
            Block::Section { name } => {
                let name = trimmed(body, name);
                in_list = name == super::UNNAMED;
                section =
                    Some(name).filter(|name| !name.is_empty() && !in_list && name != super::STEPS);
            }
            Block::Note(tokens) => {
                let text = trimmed(body, tokens);
                let note = Change::AddStep {
                    text: format!("Note: {text}"),
                    at: Place::End,
                };
                if !text.is_empty() {
                    make(&mut recipe, &note).at(|| "a note".to_owned())?;
                }
            }
            Block::Step(tokens) => {
                let mut step = step::read(body, tokens).map_err(|StepError { at, fault }| {
                    unreadable(format!(
                        "line {}: {fault}",
                        lines_before(text, body_at + at) + 1
                    ))
                })?;
                if let Some(name) = section.take_if(|_| !step.text.trim().is_empty()) {
                    step.text = format!("{name}: {}", step.text.trim_start());
                }
                take_step(&mut recipe, step, in_list)?;
            }
        }
    }
    let left_out = std::mem::take(&mut metadata.left_out);
    take_metadata(&mut recipe, metadata)?;
    Ok(Reading { recipe, left_out })
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
    let in_list = in_list && step.only_ingredients;
    for found in step.ingredients {
        let place = beginning(&found.name);
        let new = new_ingredient(found);
        if in_list || !is_mentioned_again(recipe, &new) {
            append_ingredient(recipe, &new).at(|| format!("ingredient @{place}"))?;
        }
    }
    if in_list {
        return Ok(());
    }
    let number = recipe.steps.len() + 1;
    let add = Change::AddStep {
        text: step.text,
        at: Place::End,
    };
    make(recipe, &add).at(|| format!("step {number}"))
}

/// "… the @salt again": a step that mentions without an amount what is there already. A line of the list is one of its own.
fn is_mentioned_again(recipe: &Recipe, new: &NewIngredient) -> bool {
    new.amount.is_none()
        && new.note.is_none()
        && recipe
            .ingredients
            .iter()
            .any(|line| line.name.eq_ignore_ascii_case(&new.name))
}

fn take_metadata(recipe: &mut Recipe, metadata: Metadata) -> Result<(), ImportError> {
    if let Some(title) = &metadata.title {
        recipe.title = Recipe::new(title).title;
    }
    if let Some(servings) = metadata.servings() {
        make(recipe, &Change::SetServings(servings)).at(|| "servings".to_owned())?;
    }
    let about = metadata.description.into_iter().chain(metadata.about);
    let about = about.collect::<Vec<_>>().join(" ");
    if !about.is_empty() {
        let set = Change::SetDescription(Some(about));
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
        let counted = quantity.value.starts_with(|c: char| c.is_numeric());
        let whole = (counted && quantity.unit.is_none())
            .then(|| language::amount(&quantity.value))
            .flatten();
        match language::quantity(&quantity.value) {
            // "{1/4 cup}", "{25g}": without the sign between them.
            None if whole.is_some() => amount = whole,
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
