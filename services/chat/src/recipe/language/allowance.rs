//! How much one message may ask for. What it adds is bounded by what a recipe may hold, since a whole recipe may be
//! pasted; anything else by a number that nobody reaches by writing.

use super::outcome::Miss;
use crate::recipe::change::Change;
use crate::recipe::model::limits;
use crate::recipe::refusal::Refusal;

/// How many changes of what is there one message may make.
const MAX_CHANGES: usize = 50;
/// How often one message may turn the whole recipe into other units, which reads every step.
const MAX_CONVERSIONS: usize = 1;

/// What a message has asked for so far.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    ingredients: usize,
    steps: usize,
    conversions: usize,
    changes: usize,
}

impl Allowance {
    /// Counts changes; misses when they are too many for one message.
    pub(super) fn take(&mut self, changes: &[Change]) -> Result<(), Miss> {
        for change in changes {
            match change {
                Change::AddIngredient(_) => self.ingredients += 1,
                Change::AddStep { .. } => self.steps += 1,
                Change::Convert(_) => self.conversions += 1,
                _ => self.changes += 1,
            }
        }
        let full = |what, limit| Miss::Unclear(Refusal::Full { what, limit }.to_string());
        if self.ingredients > limits::INGREDIENTS {
            return Err(full("ingredients", limits::INGREDIENTS));
        }
        if self.steps > limits::STEPS {
            return Err(full("steps", limits::STEPS));
        }
        if self.changes > MAX_CHANGES || self.conversions > MAX_CONVERSIONS {
            return Err(Miss::Unclear(format!(
                "Nothing was changed: one message makes at most {MAX_CHANGES} changes beside what it adds, and at most \
                 {MAX_CONVERSIONS} conversion of the whole recipe; send the others in another message."
            )));
        }
        Ok(())
    }
}
