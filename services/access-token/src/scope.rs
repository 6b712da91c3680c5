//! What an API token lets its bearer do, beside everything else that decides about it. Pure.

use std::{collections::BTreeSet, fmt, str::FromStr};

use proto::ids::RecipeId;

/// How many recipes a scope may name.
const MAX_RECIPES: usize = 20;

const READ: &str = "recipes:read";
const WRITE: &str = "recipes:write";
const MANAGE: &str = "recipes:manage";
/// Before the id of a recipe.
const RECIPE: &str = "recipe:";

/// What may be done with recipes; the later includes the earlier. No level lets anybody touch the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Read what the user may see.
    Read,
    /// Write messages, change and create recipes as well.
    Write,
    /// Do as well what only owners and members themselves decide: who comes in, who leaves, what is deleted.
    Manage,
}

/// What a token is limited to: written as words with spaces between them, such as `recipes:write recipe:pancakes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    level: Level,
    /// Empty: all of the user's.
    recipes: BTreeSet<RecipeId>,
}

/// A text that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// A word that means nothing, or the id of a recipe that cannot be one.
    #[error(
        "The scopes are recipes:read, recipes:write, recipes:manage, and recipe:ID for each recipe that it is limited to"
    )]
    UnknownWord,
    /// It says which recipes, and not what may be done with them.
    #[error("The scopes must have one of recipes:read, recipes:write and recipes:manage")]
    NoLevel,
    /// It names more recipes than one token may be limited to.
    #[error(
        "The scopes may name at most {MAX_RECIPES} recipes; leave all of them out for every recipe"
    )]
    TooManyRecipes,
}

impl Scope {
    /// Whether so much may be done with a recipe.
    pub fn allows(&self, level: Level, recipe: &RecipeId) -> bool {
        level <= self.level && self.includes(recipe)
    }

    /// Whether so much may be done where no recipe is named that it could be limited to.
    pub fn allows_everywhere(&self, level: Level) -> bool {
        level <= self.level && self.recipes.is_empty()
    }

    /// Whether it counts for that recipe.
    pub fn includes(&self, recipe: &RecipeId) -> bool {
        self.recipes.is_empty() || self.recipes.contains(recipe)
    }

    /// The most that may be done.
    pub fn level(&self) -> Level {
        self.level
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let mut level = None;
        let mut recipes = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let named = match word {
                READ => Level::Read,
                WRITE => Level::Write,
                MANAGE => Level::Manage,
                word => {
                    let id = word.strip_prefix(RECIPE).and_then(|id| id.parse().ok());
                    recipes.insert(id.ok_or(InvalidScope::UnknownWord)?);
                    if recipes.len() > MAX_RECIPES {
                        return Err(InvalidScope::TooManyRecipes);
                    }
                    continue;
                }
            };
            level = level.max(Some(named));
        }
        Ok(Self {
            level: level.ok_or(InvalidScope::NoLevel)?,
            recipes,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Read => READ,
            Level::Write => WRITE,
            Level::Manage => MANAGE,
        })?;
        self.recipes
            .iter()
            .try_for_each(|recipe| write!(f, " {RECIPE}{recipe}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    fn recipe(id: &str) -> RecipeId {
        id.parse().unwrap()
    }

    #[test]
    fn a_scope_is_read_as_it_is_written_and_every_other_text_is_refused() {
        for (text, written) in [
            ("recipes:read", "recipes:read"),
            (" recipes:write  recipes:read ", "recipes:write"),
            (
                "recipe:b recipes:manage recipe:a recipe:b",
                "recipes:manage recipe:a recipe:b",
            ),
        ] {
            assert_eq!(scope(text).to_string(), written);
            assert_eq!(scope(written), scope(text));
        }
        for (text, fault) in [
            ("", InvalidScope::NoLevel),
            ("recipe:a", InvalidScope::NoLevel),
            ("recipes:read account", InvalidScope::UnknownWord),
            ("RECIPES:READ", InvalidScope::UnknownWord),
            ("recipes:read recipe:", InvalidScope::UnknownWord),
            ("recipes:read recipe:a/b", InvalidScope::UnknownWord),
            ("recipes:read\trecipe:a", InvalidScope::UnknownWord),
        ] {
            assert_eq!(text.parse::<Scope>(), Err(fault), "{text:?}");
        }
        let many = |count: usize| {
            let words = (0..count).map(|number| format!(" recipe:r{number}"));
            format!("{READ}{}", words.collect::<String>()).parse::<Scope>()
        };
        assert!(many(MAX_RECIPES).is_ok());
        assert_eq!(many(MAX_RECIPES + 1), Err(InvalidScope::TooManyRecipes));
    }

    #[test]
    fn a_scope_allows_what_its_level_includes_in_its_recipes_only() {
        let all = scope("recipes:write");
        assert!(all.allows(Level::Read, &recipe("a")) && all.allows(Level::Write, &recipe("b")));
        assert!(!all.allows(Level::Manage, &recipe("a")));
        assert!(all.allows_everywhere(Level::Write) && !all.allows_everywhere(Level::Manage));
        let one = scope("recipes:manage recipe:a");
        assert!(one.allows(Level::Manage, &recipe("a")));
        assert!(!one.allows(Level::Read, &recipe("b")));
        assert!(!one.allows_everywhere(Level::Read));
    }
}
