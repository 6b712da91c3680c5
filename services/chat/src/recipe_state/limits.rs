//! How much one recipe may hold here. What no recipe may go beyond is in [`recipe::limits`].

use crate::recipe::{self, Recipe, Refusal, json_size};

/// The limits of a recipe. One that is beyond them may shrink step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecipeLimits {
    /// How many members it may have.
    pub members: usize,
    /// How many more its owner may have, over all of their recipes.
    pub members_left: usize,
    pub ingredients: usize,
    pub steps: usize,
    /// In bytes of JSON.
    pub bytes: usize,
}

/// What a recipe would have too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMuch {
    Ingredients(usize),
    Steps(usize),
    Bytes(usize),
}

impl Default for RecipeLimits {
    fn default() -> Self {
        Self {
            members: 200,
            members_left: usize::MAX,
            ingredients: recipe::limits::INGREDIENTS,
            steps: recipe::limits::STEPS,
            bytes: recipe::limits::JSON,
        }
    }
}

impl RecipeLimits {
    /// Whether a recipe may become another one.
    ///
    /// # Errors
    /// When it would grow beyond a limit.
    pub(crate) fn check(&self, now: &Recipe, changed: &Recipe) -> Result<(), TooMuch> {
        let beyond = |limit: usize, has: usize, had: usize| has > limit && has > had;
        let (ingredients, steps) = (&changed.ingredients, &changed.steps);
        if beyond(self.ingredients, ingredients.len(), now.ingredients.len()) {
            return Err(TooMuch::Ingredients(self.ingredients));
        }
        if beyond(self.steps, steps.len(), now.steps.len()) {
            return Err(TooMuch::Steps(self.steps));
        }
        let size = json_size(changed);
        match size > self.bytes && size >= json_size(now) {
            true => Err(TooMuch::Bytes(self.bytes)),
            false => Ok(()),
        }
    }
}

impl From<TooMuch> for Refusal {
    fn from(too_much: TooMuch) -> Self {
        match too_much {
            TooMuch::Ingredients(limit) => Self::Full {
                what: "ingredients",
                limit,
            },
            TooMuch::Steps(limit) => Self::Full {
                what: "steps",
                limit,
            },
            TooMuch::Bytes(limit) => Self::TooLarge { limit },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Parsed, follow, parse};

    fn after(recipe: &Recipe, content: &str) -> Recipe {
        let Parsed::Changes(changes) = parse(content) else {
            panic!("{content} changes nothing");
        };
        follow(recipe, &changes).unwrap().0
    }

    #[test]
    fn a_recipe_grows_up_to_its_limits_and_shrinks_from_beyond_them() {
        let limits = RecipeLimits {
            ingredients: 2,
            steps: 1,
            bytes: 2_000,
            ..RecipeLimits::default()
        };
        let empty = Recipe::new("Pie");
        let two = after(&empty, "add 1 egg and 2 leeks");
        let three = after(&two, "add 3 figs");
        assert_eq!(limits.check(&empty, &two), Ok(()));
        assert_eq!(limits.check(&two, &three), Err(TooMuch::Ingredients(2)));
        let four = after(&three, "add 4 plums");
        assert_eq!(limits.check(&four, &three), Ok(()), "shrinks");
        let longer = after(&four, "add step: Whisk the eggs.");
        assert_eq!(
            limits.check(&four, &longer),
            Ok(()),
            "has as many as before"
        );
        let longest = after(&longer, "add step: Bake it.");
        assert_eq!(limits.check(&longer, &longest), Err(TooMuch::Steps(1)));
        let large = after(&empty, &format!("add step: {}", "x".repeat(1_990)));
        assert_eq!(limits.check(&empty, &large), Err(TooMuch::Bytes(2_000)));
    }
}
