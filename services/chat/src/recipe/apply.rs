//! Carries changes out: a recipe and a change give a new recipe and the words for what happened, or a refusal.
//! Pure and total. It does not read text and knows nothing of revisions, authors or storage.

mod conversion;
mod details;
mod find;
mod imported;
mod ingredients;
mod scaling;
mod steps;

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
        let effect = carry_out(&mut changed, change)?;
        Ok((changed, Effect(effect)))
    }
}

/// Applies all changes of a message in order, or none: the first refusal stands for the whole message.
/// The effects are joined by "; ".
pub fn follow(recipe: &Recipe, changes: &[Change]) -> Result<(Recipe, String), Refusal> {
    let mut changed = recipe.clone();
    let effects = changes
        .iter()
        .map(|change| carry_out(&mut changed, change))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((changed, effects.join("; ")))
}

/// Puts an ingredient behind the others, as it is: lines of one name are not joined. For imported recipes.
pub(super) fn append_ingredient(recipe: &mut Recipe, new: &NewIngredient) -> Result<(), Refusal> {
    ingredients::append(recipe, new)
}

/// Works on a copy that the caller throws away when it is refused half-way.
fn carry_out(recipe: &mut Recipe, change: &Change) -> Result<String, Refusal> {
    match change {
        Change::AddIngredient(new) => ingredients::add(recipe, new),
        Change::RemoveIngredient { which, amount } => {
            ingredients::remove(recipe, which, amount.as_ref())
        }
        Change::ClearIngredients => ingredients::clear(recipe),
        Change::ReplaceIngredient { which, with } => ingredients::replace(recipe, which, with),
        Change::RenameIngredient { which, name } => ingredients::rename(recipe, which, name),
        Change::SetAmount {
            which,
            amount,
            note,
            add_if_missing,
        } => ingredients::set_amount(recipe, which, amount, note.as_deref(), *add_if_missing),
        Change::AdjustAmount {
            which,
            by,
            direction,
        } => ingredients::adjust(recipe, which, by, *direction),
        Change::MultiplyAmount { which, factor } => ingredients::multiply(recipe, which, *factor),
        Change::SetNote { which, note } => ingredients::set_note(recipe, which, note.as_deref()),
        Change::ConvertIngredient { which, unit } => {
            conversion::convert_ingredient(recipe, which, unit)
        }
        Change::Convert(system) => conversion::convert(recipe, *system),
        Change::Scale(scaling) => scaling::scale(recipe, *scaling),
        Change::SetServings(servings) => scaling::set_servings(recipe, *servings),
        Change::SetTitle(title) => details::set_title(recipe, title),
        Change::SetDescription(description) => {
            details::set_description(recipe, description.as_deref())
        }
        Change::AddTags(tags) => details::add_tags(recipe, tags),
        Change::RemoveTags(tags) => details::remove_tags(recipe, tags),
        Change::AddStep { text, at } => steps::add(recipe, text, *at),
        Change::WriteStep { step, text } => steps::write(recipe, *step, text),
        Change::MoveStep { step, to } => steps::relocate(recipe, *step, *to),
        Change::SwapSteps(one, other) => steps::swap(recipe, *one, *other),
        Change::RemoveSteps(steps) => steps::remove(recipe, steps),
        Change::ClearSteps => steps::clear(recipe),
        Change::Become(imported) => Ok(imported::become_it(recipe, imported)),
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
