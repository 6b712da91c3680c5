//! Finds the ingredient or step that is meant, or says what there is instead.

use super::similar;
use super::working::Working;
use crate::recipe::change::{StepNumber, Which};
use crate::recipe::model::Recipe;
use crate::recipe::naming;
use crate::recipe::quantity::Amount;
use crate::recipe::refusal::Refusal;

/// The one line that is meant. Several lines of a name are told apart by the unit, then by the amount, if one is given.
pub(super) fn line(
    working: &mut Working<'_>,
    which: &Which,
    amount: Option<&Amount>,
) -> Result<usize, Refusal> {
    let mut found = lines(working, which)?;
    let recipe = &*working.recipe;
    if let Some(amount) = amount {
        keep_if_any(&mut found, |index| {
            recipe.ingredients[index].unit == amount.unit
        });
        keep_if_any(&mut found, |index| {
            recipe.ingredients[index].quantity == Some(amount.quantity)
        });
    }
    match found.as_slice() {
        [only] => Ok(*only),
        several => Err(ambiguous(recipe, which, several)),
    }
}

/// Every line that is meant; at least one.
pub(super) fn lines(working: &mut Working<'_>, which: &Which) -> Result<Vec<usize>, Refusal> {
    let count = working.recipe.ingredients.len();
    match which {
        Which::Named(name) | Which::EveryNamed(name) => {
            let found = working.names().find(name);
            if found.is_empty() {
                Err(similar::no_such(working.recipe, name))
            } else {
                Ok(found)
            }
        }
        Which::Numbered(number) => usize::try_from(*number)
            .ok()
            .filter(|place| (1..=count).contains(place))
            .map(|place| vec![place - 1])
            .ok_or(Refusal::NoIngredientNumbered {
                number: *number,
                count,
            }),
        Which::Last => count
            .checked_sub(1)
            .map(|last| vec![last])
            .ok_or(Refusal::NothingToRemove { what: "ingredient" }),
    }
}

pub(super) fn step(recipe: &Recipe, step: StepNumber) -> Result<usize, Refusal> {
    let count = recipe.steps.len();
    match step {
        _ if count == 0 => Err(Refusal::NoSteps),
        StepNumber::Last => Ok(count - 1),
        StepNumber::Number(number) => usize::try_from(number)
            .ok()
            .filter(|place| (1..=count).contains(place))
            .map(|place| place - 1)
            .ok_or(Refusal::NoSuchStep { number, count }),
    }
}

fn keep_if_any(found: &mut Vec<usize>, fits: impl Fn(usize) -> bool) {
    let fitting: Vec<usize> = found.iter().copied().filter(|index| fits(*index)).collect();
    if !fitting.is_empty() {
        *found = fitting;
    }
}

fn ambiguous(recipe: &Recipe, which: &Which, found: &[usize]) -> Refusal {
    let name = match which {
        Which::Named(name) | Which::EveryNamed(name) => naming::one_line(name),
        Which::Numbered(_) | Which::Last => "That".to_owned(),
    };
    let candidates = found
        .iter()
        .map(|index| recipe.ingredients[*index].in_words())
        .collect();
    Refusal::AmbiguousIngredient { name, candidates }
}
