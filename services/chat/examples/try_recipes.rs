//! Tries recipe material in bulk: reads one JSON object a line from standard input, `{"kind": …, "input": …}`, and
//! writes one object for each: the recipe as clients are sent it, and what was said about it.
//!
//! Kinds: `say` (a message to a recipe of pancakes), `paste` (a message to an empty recipe), `text` (a document of plain
//! text), `json-ld` and `cooklang` (documents), `line` (a line of an imported ingredient list), and `schema-trip` and
//! `cooklang-trip` (a JSON-LD or Cooklang document, written as schema.org and read again).

use std::io::{self, BufRead as _, Write as _};

use chat::recipe::{
    Parsed, Recipe, follow, from_cooklang, from_schema_org, hint, parse, read_schema_org,
    to_schema_org,
};
use serde_json::{Value, json};

/// What the sentences are tried on.
const PANCAKES: &str = "add:\n1 1/2 cups flour\n1 cup milk\n2 eggs\n50 g sugar\n2 tbsp butter\nsalt to taste\n\
    1 tsp baking powder\nsteps:\nWhisk the flour and the milk.\nRest 20 minutes.\nBake at 350F.\ntags: breakfast";

fn main() -> io::Result<()> {
    let pancakes = said(&Recipe::new("Pancakes"), PANCAKES).0;
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let input = asked["input"].as_str().unwrap_or_default();
        let answer = match asked["kind"].as_str().unwrap_or_default() {
            "say" => message(&pancakes, input),
            "paste" => message(&Recipe::new("New recipe"), input),
            "json-ld" => document(read_schema_org(input).map(|read| read.recipe)),
            "cooklang" => document(from_cooklang(input)),
            "line" => document(from_schema_org(
                &json!({"@type": "Recipe", "name": "Line", "recipeIngredient": [input]}),
            )),
            "schema-trip" => trip(read_schema_org(input).map(|read| read.recipe)),
            "cooklang-trip" => trip(from_cooklang(input)),
            other => json!({"error": format!("there is no kind {other:?}")}),
        };
        writeln!(output, "{answer}")?;
    }
    Ok(())
}

fn said(recipe: &Recipe, content: &str) -> (Recipe, Value) {
    let nothing = |said: Value| (recipe.clone(), said);
    match parse(content) {
        Parsed::Timer(command) => nothing(json!({ "timer": format!("{command:?}") })),
        Parsed::Talk => nothing(json!({ "hint": hint(recipe, content, None) })),
        Parsed::Unclear { hint: given } => {
            nothing(json!({ "hint": hint(recipe, content, Some(given)) }))
        }
        Parsed::Command(command) => nothing(json!({ "command": command.to_string() })),
        Parsed::Changes(changes) => match follow(recipe, &changes) {
            Ok((changed, effect)) => (changed, json!({ "effect": effect })),
            Err(refusal) => {
                nothing(json!({ "hint": hint(recipe, content, Some(refusal.to_string())) }))
            }
        },
    }
}

fn message(recipe: &Recipe, content: &str) -> Value {
    let (recipe, mut answer) = said(recipe, content);
    answer["recipe"] = shown(&recipe);
    answer
}

fn document<E: std::fmt::Display>(read: Result<Recipe, E>) -> Value {
    match read {
        Ok(recipe) => json!({ "recipe": shown(&recipe) }),
        Err(error) => json!({ "refused": error.to_string() }),
    }
}

fn trip<E: std::fmt::Display>(read: Result<Recipe, E>) -> Value {
    let recipe = match read {
        Ok(recipe) => recipe,
        Err(error) => return json!({ "refused": error.to_string() }),
    };
    let mut answer = document(from_schema_org(&to_schema_org(&recipe)));
    answer["before"] = shown(&recipe);
    answer
}

/// The recipe as in a `recipe_update`.
fn shown(recipe: &Recipe) -> Value {
    let ingredients: Vec<Value> = recipe
        .ingredients
        .iter()
        .map(|line| {
            json!({
                "id": line.id, "name": line.name, "quantity": line.quantity_text(), "unit": line.unit_text(),
                "note": line.note,
            })
        })
        .collect();
    let steps: Vec<Value> = recipe
        .steps
        .iter()
        .map(|step| json!({"id": step.id, "text": step.text}))
        .collect();
    json!({
        "title": recipe.title, "description": recipe.description, "servings": recipe.servings,
        "ingredients": ingredients, "steps": steps, "tags": recipe.tags,
    })
}
