//! Recipes as schema.org JSON-LD, out and in: what search engines and recipe managers read and what recipe sites carry.
//! `fields` reads the parts of a document in the shapes that sites give them.

mod beside;
mod exact;
mod fields;

use serde_json::{Value, json};

use super::apply::{append_ingredient, make};
use super::change::{Change, NewIngredient, Place};
use super::import::{ImportError, Placed as _};
use super::model::{Ingredient, Recipe, limits};
use super::quantity::Quantity;
use super::reading::{LeftOut, Reading};
use super::{html, json_outline, json_repair, language, naming};

/// The recipe as a schema.org `Recipe`.
///
/// What its lines of text would not give back (a comma in a name, a unit that is not known, a bracket in a note) stands
/// beside them once more, in a property of our own. Lost on the way are only the ids.
pub fn to_schema_org(recipe: &Recipe) -> Value {
    let mut document = written(recipe);
    let read = from_schema_org(&document);
    if !read.is_ok_and(|read| exact::same(&read, recipe)) {
        document[exact::PROPERTY] = exact::of(recipe);
    }
    document
}

fn written(recipe: &Recipe) -> Value {
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

/// As `line`, in the words of exports from before units and names stood in the plural.
fn line_in_the_singular(ingredient: &Ingredient) -> String {
    let (quantity, unit, name) = (
        ingredient.quantity_text(),
        ingredient.unit_text(),
        &ingredient.name,
    );
    let words = match ingredient.quantity {
        Some(Quantity::Exactly(_) | Quantity::Between(..)) if unit.is_empty() => {
            format!("{quantity} {name}")
        }
        Some(Quantity::Exactly(_) | Quantity::Between(..)) => format!("{quantity} {unit} {name}"),
        Some(Quantity::Vaguely(_)) | None => ingredient.in_words(),
    };
    match &ingredient.note {
        Some(note) => format!("{words} ({note})"),
        None => words,
    }
}

/// The first recipe in the text of a JSON-LD document, or of a page that holds one, and what of it was left out.
///
/// # Errors
/// When there is no recipe in it, or something in it is beyond what a recipe can hold.
pub fn read_schema_org(text: &str) -> Result<Reading, ImportError> {
    if !html::is_page(text) {
        return read_json(text);
    }
    let mut first_error = None;
    for script in html::json_ld(text) {
        match read_json(&script) {
            Ok(read) => return Ok(read),
            Err(error @ ImportError::Unreadable { .. }) => {
                first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(first_error
        .unwrap_or_else(|| unreadable("the page holds no recipe that programs can read")))
}

fn unreadable(reason: impl Into<String>) -> ImportError {
    ImportError::Unreadable {
        format: "schema.org",
        reason: reason.into(),
    }
}

fn read_json(text: &str) -> Result<Reading, ImportError> {
    let text = json_repair::unwrapped(text);
    json_outline::check(text).map_err(|too_much| unreadable(too_much.to_string()))?;
    let document = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => serde_json::from_str(&json_repair::repaired(text))
            .map_err(|_| unreadable(format!("it is not JSON: {error}")))?,
    };
    read_document(&document)
}

/// The first recipe in a JSON-LD document, wherever it stands in it.
///
/// # Errors
/// As [`read_schema_org`].
pub fn from_schema_org(document: &Value) -> Result<Recipe, ImportError> {
    read_document(document).map(|read| read.recipe)
}

/// Not taken over: anything but name, description, yield, ingredients, instructions and keywords. Names of sections and
/// of steps become the beginning of a step. What does not fit is left out or becomes plain words; no line refuses the whole.
fn read_document(document: &Value) -> Result<Reading, ImportError> {
    let found = fields::find(document, 0)
        .ok_or_else(|| unreadable("there is no object with @type Recipe"))?;
    if let Some(exact) = exact::read(found) {
        return Ok(exact.into());
    }
    let mut left_out = LeftOut::default();
    let title = [&found["name"], &found["headline"]]
        .into_iter()
        .find_map(Value::as_str);
    let mut recipe = Recipe::new(&html::line(title.unwrap_or_default()));
    let serves = fields::first(found, &["recipeYield", "yield"]);
    match fields::servings(serves) {
        Some(servings) => {
            make(&mut recipe, &Change::SetServings(servings)).at(|| "recipeYield".to_owned())?;
        }
        None if is_filled(serves) => left_out.tell("the yield"),
        None => {}
    }
    if let Some(text) = fields::text(&found["description"]) {
        if text.chars().nth(limits::DESCRIPTION).is_some() {
            left_out.tell("the end of the description");
        }
        let text = cut(&text, limits::DESCRIPTION);
        make(&mut recipe, &Change::SetDescription(Some(text))).at(|| "description".to_owned())?;
    }
    let tags = fields::keywords(&found["keywords"]);
    if !tags.is_empty() {
        make(&mut recipe, &Change::AddTags(tags)).at(|| "keywords".to_owned())?;
    }
    take_steps(&mut recipe, found)?;
    take_ingredients(&mut recipe, found)?;
    beside::tell(found, &mut left_out);
    Ok(Reading { recipe, left_out })
}

fn take_steps(recipe: &mut Recipe, found: &Value) -> Result<(), ImportError> {
    let keys = [
        "recipeInstructions",
        "RecipeInstructions",
        "instructions",
        "steps",
    ];
    let instructions = fields::first(found, &keys);
    let steps = fields::steps(instructions);
    if steps.is_empty() && is_filled(instructions) {
        return Err(ImportError::NotUnderstood {
            field: "recipeInstructions",
        });
    }
    for (number, text) in steps.into_iter().enumerate() {
        let add = Change::AddStep {
            text,
            at: Place::End,
        };
        make(recipe, &add).at(|| format!("recipeInstructions, step {}", number + 1))?;
    }
    Ok(())
}

fn take_ingredients(recipe: &mut Recipe, found: &Value) -> Result<(), ImportError> {
    let keys = [
        "recipeIngredient",
        "ingredients",
        "recipeIngredients",
        "RecipeIngredient",
    ];
    let list = fields::first(found, &keys);
    let lines = fields::lines(list);
    if lines.is_empty() && is_filled(list) {
        return Err(ImportError::NotUnderstood {
            field: "recipeIngredient",
        });
    }
    let mut group: Option<String> = None;
    let mut lines = lines.into_iter().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        // The heading of a group is said of the lines below it.
        let heading = language::list_heading(&line).filter(|_| lines.peek().is_some());
        if heading.is_some() {
            group = heading;
            continue;
        }
        take_line(recipe, &line, group.as_deref())
            .at(|| format!("recipeIngredient, line {}", number + 1))?;
    }
    Ok(())
}

/// A line whose parts do not fit is taken as words; only a recipe that is full refuses one.
fn take_line(recipe: &mut Recipe, line: &str, group: Option<&str>) -> Result<(), super::Refusal> {
    let as_words = || NewIngredient {
        name: cut(line, limits::NAME),
        amount: None,
        note: line
            .char_indices()
            .nth(limits::NAME - 1)
            .map(|_| cut(line, limits::NOTE)),
    };
    let in_group = |new: NewIngredient| NewIngredient {
        note: match (new.note, group) {
            (Some(note), Some(group)) => Some(cut(&format!("{note}, {group}"), limits::NOTE)),
            (note, group) => note.or_else(|| group.map(str::to_owned)),
        },
        ..new
    };
    let read = language::ingredient_line(line).map(in_group);
    match read.and_then(|new| append_ingredient(recipe, &new)) {
        Ok(()) => Ok(()),
        Err(full @ super::Refusal::Full { .. }) => Err(full),
        Err(_) => append_ingredient(recipe, &as_words()),
    }
}

/// Whether something stands there that a reader should have understood.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !naming::one_line(text).is_empty(),
        Value::Array(items) => items.iter().any(is_filled),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| !key.starts_with('@') && is_filled(value)),
    }
}

/// The beginning of a text within a limit, with a sign that more was there.
fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(limit - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}
