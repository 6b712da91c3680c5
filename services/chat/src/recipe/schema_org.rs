//! Recipes as schema.org JSON-LD, out and in: what search engines and recipe managers read and what recipe sites carry.

use serde_json::{Value, json};

use super::apply::{append_ingredient, make};
use super::change::{Change, Place};
use super::import::{ImportError, Placed as _};
use super::json_outline;
use super::language;
use super::model::{Ingredient, Recipe, limits};
use super::naming;

/// The recipe as a schema.org `Recipe`.
///
/// Lost on the way: ids, digits of amounts beyond the shown ones, and what an ingredient's line can't tell apart when it
/// is read back: a name with a comma or bracket in it, one that begins like an amount ("2% milk" is safe, "half and
/// half" is not), brackets inside a note, and a comma in a tag.
pub fn to_schema_org(recipe: &Recipe) -> Value {
    let ingredients: Vec<String> = recipe.ingredients.iter().map(line).collect();
    let steps: Vec<Value> = recipe
        .steps
        .iter()
        .map(|step| json!({"@type": "HowToStep", "text": step.text}))
        .collect();
    let mut document = json!({
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": recipe.title,
        "recipeYield": format!("{} servings", recipe.servings),
        "recipeIngredient": ingredients,
        "recipeInstructions": steps,
    });
    if let Some(description) = &recipe.description {
        document["description"] = json!(description);
    }
    if !recipe.tags.is_empty() {
        document["keywords"] = json!(recipe.tags.join(", "));
    }
    document
}

fn line(ingredient: &Ingredient) -> String {
    match &ingredient.note {
        Some(note) => format!("{} ({note})", ingredient.in_words()),
        None => ingredient.in_words(),
    }
}

/// The first recipe in the text of a JSON-LD document.
pub fn read_schema_org(text: &str) -> Result<Recipe, ImportError> {
    let unreadable = |reason| ImportError::Unreadable {
        format: "schema.org",
        reason,
    };
    json_outline::check(text).map_err(|too_much| unreadable(too_much.to_string()))?;
    let document = serde_json::from_str(text)
        .map_err(|error| unreadable(format!("it is not JSON: {error}")))?;
    from_schema_org(&document)
}

/// The first recipe in a JSON-LD document: the value itself, or one in a list or in its `@graph`.
///
/// Not taken over: anything but name, description, yield, ingredients, instructions and keywords; the names of
/// sections of instructions. A line that has no readable amount becomes the name of an ingredient.
pub fn from_schema_org(document: &Value) -> Result<Recipe, ImportError> {
    let found = find(document, 0).ok_or_else(|| ImportError::Unreadable {
        format: "schema.org",
        reason: "there is no object with @type Recipe".to_owned(),
    })?;
    let mut recipe = Recipe::new(text(&found["name"]).unwrap_or_default());
    let mut changes = Vec::new();
    let yields = servings(&found["recipeYield"]).map(Change::SetServings);
    changes.extend(yields.map(|set| ("recipeYield".to_owned(), set)));
    let description = text(&found["description"]).filter(|text| !naming::one_line(text).is_empty());
    changes.extend(description.map(|text| {
        let set = Change::SetDescription(Some(text.to_owned()));
        ("description".to_owned(), set)
    }));
    let tags = keywords(&found["keywords"]);
    if !tags.is_empty() {
        changes.push(("keywords".to_owned(), Change::AddTags(tags)));
    }
    let mut steps = Vec::new();
    collect_steps(&found["recipeInstructions"], 0, &mut steps);
    changes.extend(steps.into_iter().enumerate().map(|(number, text)| {
        let at = Place::End;
        let step = Change::AddStep { text, at };
        (format!("recipeInstructions, step {}", number + 1), step)
    }));
    for (place, change) in changes {
        make(&mut recipe, &change).at(|| place)?;
    }
    let lines = lines(&found["recipeIngredient"]).into_iter();
    for (number, line) in lines.enumerate() {
        let place = || format!("recipeIngredient, line {}", number + 1);
        let new = language::ingredient_line(line).at(place)?;
        append_ingredient(&mut recipe, &new).at(place)?;
    }
    Ok(recipe)
}

/// How deep lists and sections may be nested; real documents need three.
const DEEPEST: usize = 8;

fn find(document: &Value, depth: usize) -> Option<&Value> {
    if depth > DEEPEST {
        return None;
    }
    match document {
        Value::Object(_) if is_recipe(&document["@type"]) => Some(document),
        Value::Object(members) => members
            .get("@graph")
            .and_then(|graph| find(graph, depth + 1)),
        Value::Array(items) => items.iter().find_map(|item| find(item, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is_recipe(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => kind.trim_start_matches("https://schema.org/") == "Recipe",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "Recipe"),
        _ => false,
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// "4", 4, "4 servings", "Serves 4-6" or a list of those: the first whole number in it.
fn servings(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            digits[..end].parse().ok()
        }
        Value::Array(items) => items.iter().find_map(servings),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
    .filter(|servings| {
        u32::try_from(*servings).is_ok_and(|servings| limits::SERVINGS.contains(&servings))
    })
}

fn keywords(value: &Value) -> Vec<String> {
    let found = lines(value)
        .into_iter()
        .flat_map(|line| line.split(','))
        .map(|tag| {
            naming::one_line(tag)
                .trim_start_matches('#')
                .trim()
                .to_lowercase()
        })
        .filter(|tag| !tag.is_empty());
    let mut tags = Vec::new();
    for tag in found {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        // One more than a recipe holds is enough to be refused.
        if tags.len() > limits::TAGS {
            break;
        }
    }
    tags
}

/// A string, or the strings of a list; without the empty ones.
fn lines(value: &Value) -> Vec<&str> {
    let all: Vec<&str> = match value {
        Value::String(line) => vec![line],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    all.into_iter()
        .filter(|line| !naming::one_line(line).is_empty())
        .collect()
}

/// Steps come as one text with a line each, as strings, as `HowToStep`, or as `HowToSection` with a list of those.
/// One more than a recipe holds is enough to be refused.
fn collect_steps(value: &Value, depth: usize, steps: &mut Vec<String>) {
    if depth > DEEPEST || steps.len() > limits::STEPS {
        return;
    }
    match value {
        Value::String(text) => {
            let lines = text
                .lines()
                .filter(|line| !naming::one_line(line).is_empty());
            steps.extend(lines.map(str::to_owned).take(limits::STEPS + 1));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_steps(item, depth + 1, steps)),
        Value::Object(members) => {
            let part = ["itemListElement", "text", "name"]
                .iter()
                .find_map(|key| members.get(*key));
            part.into_iter()
                .for_each(|part| collect_steps(part, depth + 1, steps));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
