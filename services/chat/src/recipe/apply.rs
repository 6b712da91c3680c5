//! Carries changes out: a recipe and a change give a new recipe and the words for what happened, or a refusal.
//! Pure and total. It does not read text and knows nothing of revisions, authors or storage.

mod conversion;
mod details;
mod find;
mod imported;
mod ingredients;
mod names;
mod scaling;
mod similar;
mod steps;
mod working;

use self::working::Working;
use super::change::{Change, NewIngredient};
use super::model::Recipe;
use super::naming;
use super::refusal::Refusal;

/// What a change did, in words: "Added 1 1/2 cup flour".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect(String);

impl Effect {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Recipe {
    /// The recipe after `change`. `self` stays as it is.
    pub fn apply(&self, change: &Change) -> Result<(Recipe, Effect), Refusal> {
        let mut changed = self.clone();
        let effect = carry_out(&mut Working::on(&mut changed), change)?;
        Ok((changed, Effect(effect)))
    }
}

/// Applies all changes of a message in order, or none: the first refusal stands for the whole message.
/// The effects are joined by "; ".
pub fn follow(recipe: &Recipe, changes: &[Change]) -> Result<(Recipe, String), Refusal> {
    let mut changed = recipe.clone();
    let mut working = Working::on(&mut changed);
    let effects = changes
        .iter()
        .map(|change| carry_out(&mut working, change))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((changed, effects.join("; ")))
}

/// Makes a change to a recipe that the caller throws away when it is refused. For imported recipes.
pub(super) fn make(recipe: &mut Recipe, change: &Change) -> Result<(), Refusal> {
    carry_out(&mut Working::on(recipe), change).map(|_| ())
}

/// Puts an ingredient behind the others, as it is: lines of one name are not joined. For imported recipes.
pub(super) fn append_ingredient(recipe: &mut Recipe, new: &NewIngredient) -> Result<(), Refusal> {
    ingredients::append(&mut Working::on(recipe), new)
}

/// Works on a copy that the caller throws away when it is refused half-way.
fn carry_out(working: &mut Working<'_>, change: &Change) -> Result<String, Refusal> {
    match change {
        Change::AddIngredient(new) => ingredients::add(working, new),
        Change::ListIngredient(new) => ingredients::list(working, new),
        Change::RemoveIngredient { which, amount } => {
            ingredients::remove(working, which, amount.as_ref())
        }
        Change::ClearIngredients => ingredients::clear(working),
        Change::ReplaceIngredient { which, part, with } => match part {
            None => ingredients::replace(working, which, with),
            Some(part) => ingredients::replace_part(working, which, part, with),
        },
        Change::RenameIngredient { which, name } => ingredients::rename(working, which, name),
        Change::SetAmount {
            which,
            amount,
            note,
            add_if_missing,
        } => ingredients::set_amount(working, which, amount, note.as_deref(), *add_if_missing),
        Change::AdjustAmount {
            which,
            by,
            direction,
        } => ingredients::adjust(working, which, by, *direction),
        Change::MultiplyAmount { which, factor } => ingredients::multiply(working, which, *factor),
        Change::SetNote { which, note } => ingredients::set_note(working, which, note.as_deref()),
        Change::ConvertIngredient { which, unit } => {
            conversion::convert_ingredient(working, which, unit)
        }
        Change::Convert(system) => conversion::convert(working.recipe, *system),
        Change::Scale(scaling) => scaling::scale(working.recipe, *scaling),
        Change::ScaleDish { dish, scaling } => scaling::scale_dish(working.recipe, dish, *scaling),
        Change::SetServings(servings) => scaling::set_servings(working.recipe, *servings),
        Change::SetTitle(title) => details::set_title(working.recipe, title),
        Change::SetDescription(description) => {
            details::set_description(working.recipe, description.as_deref())
        }
        Change::AddTags(tags) => details::add_tags(working.recipe, tags),
        Change::RemoveTags(tags) => details::remove_tags(working.recipe, tags),
        Change::AddStep { text, at } => steps::add(working.recipe, text, *at),
        Change::WriteStep { step, text } => steps::write(working.recipe, *step, text),
        Change::MoveStep { step, to } => steps::relocate(working.recipe, *step, *to),
        Change::SwapSteps(one, other) => steps::swap(working.recipe, *one, *other),
        Change::RemoveSteps(steps) => steps::remove(working.recipe, steps),
        Change::ClearSteps => steps::clear(working.recipe),
        Change::Become(imported) => {
            working.forget_names();
            Ok(imported::become_it(working.recipe, imported))
        }
    }
}

/// One line of text within its limit.
fn text_within(
    text: &str,
    what: &'static str,
    limit: usize,
    example: &'static str,
) -> Result<String, Refusal> {
    let text = naming::one_line(text);
    if text.is_empty() {
        return Err(Refusal::Empty { what, example });
    }
    if text.chars().count() > limit {
        return Err(Refusal::TooLong { what, limit });
    }
    Ok(text)
}
