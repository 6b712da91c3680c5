//! A recipe as it is stored: its parts, the limits on them, and the counters that keep ids from being used twice.
//! It does not change itself; `apply` makes a new one from a change.

use serde::{Deserialize, Serialize};

use super::naming;
use super::quantity::{Amount, Quantity};
use super::unit::Unit;

/// What one recipe may hold. Text lengths are in characters.
pub mod limits {
    use std::ops::RangeInclusive;

    pub const SERVINGS: RangeInclusive<u32> = 1..=500;
    pub const INGREDIENTS: usize = 200;
    pub const STEPS: usize = 200;
    pub const TAGS: usize = 40;
    pub const NAME: usize = 200;
    pub const UNIT: usize = 50;
    pub const NOTE: usize = 500;
    pub const TAG: usize = 50;
    pub const STEP: usize = 2_000;
    pub const DESCRIPTION: usize = 2_000;
    /// In bytes of JSON, as clients are sent it: beside it a frame has as much room again for messages.
    pub const JSON: usize = 256 << 10;
    /// The largest number of anything that a cook may ask for.
    pub const AMOUNT: u32 = 1_000_000;
}

/// How many a new recipe serves.
const DEFAULT_SERVINGS: u32 = 4;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub servings: u32,
    /// For how many the amounts are, where that is no whole number: half of a recipe for three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exact_servings: Option<Quantity>,
    #[serde(default)]
    pub ingredients: Vec<Ingredient>,
    #[serde(default)]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Those that run beside it, and those that ended and nobody has stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<KitchenTimer>,
    /// The number in the last ingredient id given out: "i7" is never given again, even when it is gone.
    #[serde(default)]
    last_ingredient: u64,
    #[serde(default)]
    last_step: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    last_timer: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredient {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub text: String,
}

/// A timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitchenTimer {
    /// Unique in the recipe, never used again.
    pub id: String,
    /// What it is for; empty when nobody said.
    pub label: String,
    /// In milliseconds since 1970.
    pub ends_at: i64,
    /// The name of whoever started it.
    pub by: String,
}

impl Recipe {
    /// An empty recipe for four. The title is cut to the limit; an empty one becomes "New recipe".
    pub fn new(title: &str) -> Self {
        let title = naming::one_line(title);
        let title = if title.is_empty() {
            "New recipe".to_owned()
        } else {
            title
        };
        Self {
            title: title.chars().take(limits::NAME).collect(),
            description: None,
            servings: DEFAULT_SERVINGS,
            exact_servings: None,
            ingredients: Vec::new(),
            steps: Vec::new(),
            tags: Vec::new(),
            timers: Vec::new(),
            last_ingredient: 0,
            last_step: 0,
            last_timer: 0,
        }
    }

    /// This state, put back after `newer`: ids that were given out since stay used, and timers go on.
    #[must_use]
    pub fn put_back_after(&self, newer: &Self) -> Self {
        Self {
            last_ingredient: self.last_ingredient.max(newer.last_ingredient),
            last_step: self.last_step.max(newer.last_step),
            last_timer: self.last_timer.max(newer.last_timer),
            timers: newer.timers.clone(),
            ..self.clone()
        }
    }

    /// How many bytes of text are in it.
    pub(crate) fn text_size(&self) -> usize {
        let lines = self.ingredients.iter().map(|line| {
            let note = line.note.as_ref().map_or(0, String::len);
            line.id.len() + line.name.len() + note + line.unit_text().len()
        });
        let steps = self
            .steps
            .iter()
            .map(|step| step.id.len() + step.text.len());
        let tags = self.tags.iter().map(String::len);
        let description = self.description.as_ref().map_or(0, String::len);
        lines.chain(steps).chain(tags).sum::<usize>() + self.title.len() + description
    }

    pub(super) fn next_ingredient_id(&mut self) -> String {
        self.last_ingredient = self.last_ingredient.saturating_add(1);
        format!("i{}", self.last_ingredient)
    }

    pub(super) fn next_timer_id(&mut self) -> String {
        self.last_timer = self.last_timer.saturating_add(1);
        format!("t{}", self.last_timer)
    }

    pub(super) fn next_step_id(&mut self) -> String {
        self.last_step = self.last_step.saturating_add(1);
        format!("s{}", self.last_step)
    }
}

impl Ingredient {
    pub fn amount(&self) -> Option<Amount> {
        self.quantity
            .map(|quantity| Amount::of(quantity, self.unit.clone()))
    }

    /// The quantity as a cook writes it ("1 1/2", "2-3", "to taste"); empty when there is none.
    pub fn quantity_text(&self) -> String {
        self.quantity
            .map(|quantity| quantity.written_for(self.unit.as_ref()))
            .unwrap_or_default()
    }

    /// The short singular name of the unit ("cup", "g"); empty when there is none.
    pub fn unit_text(&self) -> &str {
        self.unit.as_ref().map_or("", Unit::name)
    }

    /// "1 1/2 cup flour", "salt to taste", "basil"; without the note.
    pub fn in_words(&self) -> String {
        in_words(&self.name, self.amount().as_ref())
    }
}

/// A name with its amount where a cook would say it.
pub(super) fn in_words(name: &str, amount: Option<&Amount>) -> String {
    match amount {
        None => name.to_owned(),
        Some(Amount {
            quantity: Quantity::Vaguely(vague),
            unit: None,
        }) if vague.follows_the_name() => format!("{name} {}", vague.words()),
        Some(amount) if amount.unit.is_none() && amount.quantity.is_plural() => {
            format!("{} {}", amount.in_words(), naming::of_many(name))
        }
        Some(amount) if amount.unit.is_none() && amount.quantity.is_singular() => {
            format!("{} {}", amount.in_words(), naming::of_one(name))
        }
        Some(amount) => format!("{} {name}", amount.in_words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_recipe_reads_back_the_same() {
        let mut recipe = Recipe::new("Pancakes");
        let id = recipe.next_ingredient_id();
        recipe.ingredients.push(Ingredient {
            id,
            name: "flour".to_owned(),
            quantity: Quantity::try_from("3/2".to_owned()).ok(),
            unit: Unit::recognise("cups"),
            note: None,
        });
        let stored = serde_json::to_string(&recipe).unwrap();
        assert!(
            stored.contains(r#""quantity":"3/2","unit":"cup""#),
            "{stored}"
        );
        assert_eq!(serde_json::from_str::<Recipe>(&stored).unwrap(), recipe);
        assert_eq!(recipe.ingredients[0].in_words(), "1 1/2 cup flour");
    }

    #[test]
    fn a_recipe_always_has_a_title_within_the_limit() {
        assert_eq!(Recipe::new("  ").title, "New recipe");
        assert_eq!(
            Recipe::new(&"é".repeat(999)).title.chars().count(),
            limits::NAME
        );
    }
}
