//! Adding, writing, moving and removing steps. Places are counted from one, as the list shows them.

use super::{find, text_within};
use crate::recipe::change::{Place, StepNumber};
use crate::recipe::model::{Recipe, Step, limits};
use crate::recipe::refusal::Refusal;

pub(super) fn add(recipe: &mut Recipe, text: &str, at: Place) -> Result<String, Refusal> {
    let text = step_text(text)?;
    if recipe.steps.len() >= limits::STEPS {
        return Err(Refusal::Full {
            what: "steps",
            limit: limits::STEPS,
        });
    }
    let count = recipe.steps.len();
    let index = match at {
        Place::Start => 0,
        Place::End | Place::Up | Place::Down => count,
        // The number after the last step is the end, not an error.
        Place::At(StepNumber::Number(number)) if usize::try_from(number) == Ok(count + 1) => count,
        Place::At(step) | Place::Before(step) => find::step(recipe, step)?,
        Place::After(step) => find::step(recipe, step)? + 1,
    };
    let id = recipe.next_step_id();
    recipe.steps.insert(index, Step { id, text });
    Ok(format!("Added step {}", index + 1))
}

pub(super) fn write(recipe: &mut Recipe, step: StepNumber, text: &str) -> Result<String, Refusal> {
    let next = recipe.steps.len() + 1;
    if let StepNumber::Number(number) = step
        && usize::try_from(number) == Ok(next)
    {
        return add(recipe, text, Place::End);
    }
    let index = find::step(recipe, step)?;
    recipe.steps[index].text = step_text(text)?;
    Ok(format!("Changed step {}", index + 1))
}

/// The step takes the place that it is given in the list as it stands before the move.
pub(super) fn relocate(
    recipe: &mut Recipe,
    step: StepNumber,
    to: Place,
) -> Result<String, Refusal> {
    let from = find::step(recipe, step)?;
    let last = recipe.steps.len() - 1;
    let without_it = |index: usize| if index > from { index - 1 } else { index };
    let to = match to {
        Place::Start => 0,
        Place::End => last,
        Place::Up => from.saturating_sub(1),
        Place::Down => last.min(from + 1),
        Place::At(step) => find::step(recipe, step)?,
        Place::Before(step) => without_it(find::step(recipe, step)?),
        Place::After(step) => without_it(find::step(recipe, step)? + 1).min(last),
    };
    if from == to {
        return Err(Refusal::StaysThere { number: from + 1 });
    }
    let moved = recipe.steps.remove(from);
    recipe.steps.insert(to, moved);
    Ok(format!("Moved step {} to {}", from + 1, to + 1))
}

pub(super) fn swap(
    recipe: &mut Recipe,
    one: StepNumber,
    other: StepNumber,
) -> Result<String, Refusal> {
    let (one, other) = (find::step(recipe, one)?, find::step(recipe, other)?);
    if one == other {
        return Err(Refusal::StaysThere { number: one + 1 });
    }
    recipe.steps.swap(one, other);
    Ok(format!("Swapped steps {} and {}", one + 1, other + 1))
}

pub(super) fn remove(recipe: &mut Recipe, steps: &[StepNumber]) -> Result<String, Refusal> {
    let mut indexes = steps
        .iter()
        .map(|step| find::step(recipe, *step))
        .collect::<Result<Vec<_>, _>>()?;
    indexes.sort_unstable();
    indexes.dedup();
    for index in indexes.iter().rev() {
        recipe.steps.remove(*index);
    }
    let numbers: Vec<String> = indexes
        .iter()
        .map(|index| (index + 1).to_string())
        .collect();
    let noun = if numbers.len() == 1 { "step" } else { "steps" };
    Ok(format!("Removed {noun} {}", numbers.join(", ")))
}

pub(super) fn clear(recipe: &mut Recipe) -> Result<String, Refusal> {
    if recipe.steps.is_empty() {
        return Err(Refusal::NothingToRemove { what: "step" });
    }
    recipe.steps.clear();
    Ok("Removed all steps".to_owned())
}

fn step_text(text: &str) -> Result<String, Refusal> {
    text_within(
        text,
        "text of the step",
        limits::STEP,
        "add step: Whisk the eggs.",
    )
}
