//! What a Cooklang document says about its recipe as a whole, from front matter or ">>" lines.

use crate::recipe::model::limits;
use crate::recipe::reading::LeftOut;
use crate::recipe::servings;

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
    /// What else a cook wants to know: times and where the recipe is from, as "Prep time: 10 minutes".
    pub(super) about: Vec<String>,
    /// The keys that a recipe has no place for.
    pub(super) left_out: LeftOut,
    /// By the order in which they count: "servings", "serves", "yield".
    servings: [Option<String>; SERVINGS.len()],
}

/// Keys that are kept in words.
const ABOUT: [&str; 10] = [
    "prep time",
    "cook time",
    "time required",
    "total time",
    "time",
    "duration",
    "source",
    "author",
    "cook",
    "prep",
];

const SERVINGS: [&str; 3] = ["servings", "serves", "yield"];

impl Metadata {
    /// Whether a recipe has a place for the key, which is in lower case.
    pub(super) fn has(key: &str) -> bool {
        matches!(
            key,
            "title" | "name" | "description" | "introduction" | "tags"
        ) || SERVINGS.contains(&key)
            || ABOUT.contains(&key)
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
            "name" => self.title = self.title.take().or(text),
            "description" | "introduction" => self.description = text,
            _ if ABOUT.contains(&key) => {
                let (first, rest) = key.split_at(1);
                let said = text.filter(|text| !text.trim().is_empty());
                self.about.extend(said.map(|text| {
                    format!(
                        "{}{rest}: {}.",
                        first.to_uppercase(),
                        text.trim().trim_end_matches('.')
                    )
                }));
            }
            _ => {
                if let Some(place) = SERVINGS.iter().position(|known| *known == key) {
                    self.servings[place] = text;
                }
            }
        }
    }

    /// How many the recipe serves: "4", "4 people", "8 to 10"; a number that stands alone is meant, and refused when no
    /// recipe serves so many.
    pub(super) fn servings(&self) -> Option<u64> {
        let text = self.servings.iter().flatten().next()?.trim();
        let alone = text.parse::<u32>().ok().map(u64::from);
        alone.or_else(|| {
            let digits = text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len());
            let said = servings::in_words(&text.replace('%', " "))
                .or_else(|| text[..digits].parse().ok())?;
            u32::try_from(said)
                .is_ok_and(|said| limits::SERVINGS.contains(&said))
                .then_some(said)
        })
    }
}
