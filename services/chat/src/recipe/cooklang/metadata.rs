//! What a Cooklang document says about its recipe as a whole, from front matter or ">>" lines.

use crate::recipe::model::limits;

/// What stands behind a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, or something that has no place in a recipe.
    Missing,
    Text(String),
    List(Vec<String>),
}

/// The keys that a recipe has a place for. A key that comes again counts.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    /// By the order in which they count: "servings", "serves", "yield".
    servings: [Option<String>; SERVINGS.len()],
}

const SERVINGS: [&str; 3] = ["servings", "serves", "yield"];

impl Metadata {
    /// Whether a recipe has a place for the key, which is in lower case.
    pub(super) fn has(key: &str) -> bool {
        matches!(key, "title" | "description" | "tags") || SERVINGS.contains(&key)
    }

    /// Takes the value of a key that a recipe has a place for.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        if key == "tags" {
            self.tags = match value {
                Value::Missing => Vec::new(),
                Value::Text(text) => text.split(',').map(|tag| tag.trim().to_owned()).collect(),
                Value::List(tags) => tags,
            };
            self.tags.retain(|tag| !tag.trim().is_empty());
            return;
        }
        let text = match value {
            Value::Text(text) => Some(text),
            Value::Missing | Value::List(_) => None,
        };
        match key {
            "title" => self.title = text,
            "description" => self.description = text,
            _ => {
                if let Some(place) = SERVINGS.iter().position(|known| *known == key) {
                    self.servings[place] = text;
                }
            }
        }
    }

    /// How many the recipe serves: "4", "4 people"; not "4-6".
    pub(super) fn servings(&self) -> Option<u64> {
        let text = self.servings.iter().flatten().next()?.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        let number: u32 = number.parse().ok()?;
        let words = rest.strip_prefix(' ').map(str::trim_start);
        let of_people = words.is_some_and(|words| {
            words.starts_with(char::is_alphabetic) && !words.starts_with("to ")
        });
        // A number that stands alone is meant, and refused when no recipe serves so many.
        let is_meant = rest.is_empty() || of_people && limits::SERVINGS.contains(&number);
        is_meant.then_some(number.into())
    }
}
