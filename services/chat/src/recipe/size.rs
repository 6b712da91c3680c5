//! How many bytes a recipe takes in JSON, as clients are sent it. The edge's tests hold this against what the edge
//! writes.

use std::io;

use serde::Serialize;

use super::model::{Ingredient, KitchenTimer, Recipe, Step};

/// A recipe as the edge writes it.
#[derive(Serialize)]
struct RecipeJson<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    servings: u32,
    ingredients: Vec<Line<'a>>,
    steps: &'a [Step],
    tags: &'a [String],
    timers: Vec<Timer<'a>>,
}

#[derive(Serialize)]
struct Timer<'a> {
    id: &'a str,
    label: &'a str,
    ends_at: &'a str,
    by: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    name: &'a str,
    quantity: String,
    unit: &'a str,
    note: &'a str,
}

impl<'a> From<&'a Ingredient> for Line<'a> {
    fn from(line: &'a Ingredient) -> Self {
        Self {
            id: &line.id,
            name: &line.name,
            quantity: line.quantity_text(),
            unit: line.unit_text(),
            note: line.note.as_deref().unwrap_or_default(),
        }
    }
}

fn timer(timer: &KitchenTimer) -> Timer<'_> {
    Timer {
        id: &timer.id,
        label: &timer.label,
        // Every moment is written in as many characters.
        ends_at: "2026-11-22T20:36:02.123Z",
        by: &timer.by,
    }
}

/// The bytes that a recipe takes in JSON, escapes included.
pub fn json_size(recipe: &Recipe) -> usize {
    serialized_size(&RecipeJson {
        title: &recipe.title,
        description: recipe.description.as_deref(),
        servings: recipe.servings,
        ingredients: recipe.ingredients.iter().map(Into::into).collect(),
        steps: &recipe.steps,
        tags: &recipe.tags,
        timers: recipe.timers.iter().map(timer).collect(),
    })
}

/// The bytes that a value takes in JSON.
pub(crate) fn serialized_size(value: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    // Neither these types nor the counter can fail; a value that could not be written would take no room.
    serde_json::to_writer(&mut counter, value).ok();
    counter.0
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
