//! The parts of a schema.org recipe in the shapes that sites give them: texts and lists, lists of lists, maps with
//! numbers for keys, sections, HTML inside of texts, yields in words.

use serde_json::Value;

use crate::recipe::model::limits;
use crate::recipe::{html, naming, servings as words};

/// How deep lists and sections may be nested; real documents need three.
const MAX_DEPTH: usize = 8;

/// The recipe in a document: an object of that type, else one that has ingredients.
pub(super) fn find(document: &Value, depth: usize) -> Option<&Value> {
    typed(document, depth).or_else(|| untyped(document, depth))
}

fn typed(document: &Value, depth: usize) -> Option<&Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match document {
        Value::Object(_) if is_recipe(&document["@type"]) => Some(document),
        Value::Object(members) => members.values().find_map(|member| typed(member, depth + 1)),
        Value::Array(items) => items.iter().find_map(|item| typed(item, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn untyped(document: &Value, depth: usize) -> Option<&Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match document {
        Value::Object(members) if members.contains_key("recipeIngredient") => Some(document),
        Value::Object(members) => members
            .values()
            .find_map(|member| untyped(member, depth + 1)),
        Value::Array(items) => items.iter().find_map(|item| untyped(item, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is_recipe(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => kind
            .rsplit(['/', ':', '#'])
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("recipe")),
        Value::Array(kinds) => kinds.iter().any(is_recipe),
        _ => false,
    }
}

/// The first of the properties that is there and not empty.
pub(super) fn first<'d>(found: &'d Value, keys: &[&str]) -> &'d Value {
    let filled =
        |value: &&Value| !matches!(value, Value::Null) && *value != &Value::Array(Vec::new());
    keys.iter()
        .map(|key| &found[*key])
        .find(filled)
        .unwrap_or(&Value::Null)
}

/// A text without markup; `None` when nothing is left.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => html::line(text),
        Value::Array(items) => return items.iter().find_map(text),
        Value::Object(members) => {
            return members.get("@value").or(members.get("text")).and_then(text);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

pub(super) fn keywords(value: &Value) -> Vec<String> {
    let found = lines(value);
    let found = found
        .iter()
        .flat_map(|line| line.split([',', ';']))
        .map(naming::tag);
    let mut tags = Vec::new();
    for tag in found.filter(|tag| !tag.is_empty() && tag.chars().count() <= limits::TAG) {
        if tags.len() >= limits::TAGS {
            break;
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The lines of a list of texts, objects or lists. One more than a recipe holds is enough to be refused.
pub(super) fn lines(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_lines(value, 0, &mut found);
    found
}

fn collect_lines(value: &Value, depth: usize, found: &mut Vec<String>) {
    if depth > MAX_DEPTH || found.len() > limits::INGREDIENTS {
        return;
    }
    match value {
        Value::String(text) => {
            found.extend(html::lines(text).into_iter().take(limits::INGREDIENTS + 1))
        }
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_lines(item, depth + 1, found)),
        Value::Object(members) => {
            let said = |keys: &[&str]| keys.iter().find_map(|key| members.get(*key)).and_then(said);
            let name = said(&["name", "ingredient", "item", "food", "title"]);
            let amount = said(&["amount", "quantity", "requiredQuantity", "value"]);
            let unit = said(&["unit", "unitText", "unitCode"]);
            let note = said(&["note", "notes", "comment", "description"]);
            if let Some(text) = said(&["text", "@value", "display", "originalText"]) {
                found.extend(html::lines(&text));
            } else if let Some(name) = name {
                let parts: Vec<String> = amount.into_iter().chain(unit).chain([name]).collect();
                let line = html::line(&parts.join(" "));
                found.push(match note {
                    Some(note) => format!("{line} ({})", html::line(&note)),
                    None => line,
                });
            } else {
                let inner = members.iter().filter(|(key, _)| !key.starts_with('@'));
                inner.for_each(|(_, member)| collect_lines(member, depth + 1, found));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) => {
            let number = members.get("value").and_then(said)?;
            let unit = members.get("unitText").and_then(said).unwrap_or_default();
            Some(format!("{number} {unit}").trim_end().to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// Steps come as a text with a line each, as strings, as `HowToStep`, as `HowToSection` with a list of those, and in maps.
/// One more than a recipe holds is enough to be refused.
pub(super) fn steps(value: &Value) -> Vec<String> {
    let mut steps = Vec::new();
    collect_steps(value, 0, &mut steps);
    steps
}

fn collect_steps(value: &Value, depth: usize, steps: &mut Vec<String>) {
    if depth > MAX_DEPTH || steps.len() > limits::STEPS {
        return;
    }
    match value {
        Value::String(text) => {
            for line in html::lines(text) {
                push_step(&line, steps);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_steps(item, depth + 1, steps)),
        Value::Object(members) => {
            let begins = steps.len();
            let parts = [
                "itemListElement",
                "steps",
                "step",
                "text",
                "item",
                "description",
                "@value",
            ];
            let part = parts
                .iter()
                .filter_map(|key| members.get(*key))
                .find(|part| is_filled(part));
            match part {
                Some(part) => collect_steps(part, depth + 1, steps),
                None => {
                    let numbered = members
                        .iter()
                        .filter(|(key, _)| !key.starts_with('@') && *key != "name");
                    let numbered = numbered.filter(|(_, member)| {
                        matches!(member, Value::Object(_) | Value::Array(_)) || is_number(members)
                    });
                    for (_, member) in numbered
                        .filter(|(key, _)| !matches!(key.as_str(), "image" | "video" | "url"))
                    {
                        collect_steps(member, depth + 1, steps);
                    }
                }
            }
            if let Some(name) = members.get("name").and_then(text) {
                name_steps(&name, begins, steps);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the keys of a map are numbers: "0", "1", "step2".
fn is_number(members: &serde_json::Map<String, Value>) -> bool {
    members.keys().all(|key| {
        key.trim_start_matches(|c: char| c.is_alphabetic())
            .parse::<u32>()
            .is_ok()
    })
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Puts the name of a section or of a step before what it names, unless it says the same or only counts.
fn name_steps(name: &str, begins: usize, steps: &mut Vec<String>) {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let said = plain(name);
    let counts = said
        .trim_start_matches(char::is_alphabetic)
        .parse::<u32>()
        .is_ok()
        && [
            "step", "étape", "schritt", "paso", "passo", "stap", "steg", "",
        ]
        .contains(&said.trim_end_matches(char::is_numeric));
    if said.is_empty() || counts {
        return;
    }
    match steps.get_mut(begins) {
        None => push_step(name, steps),
        Some(first) if plain(first).starts_with(&said) || plain(first).contains(&said) => {}
        Some(first) => {
            let named = format!("{}: {first}", name.trim_end_matches([':', ' ', '.', '…']));
            let rest = steps.split_off(begins + 1);
            steps.truncate(begins);
            push_step(&named, steps);
            steps.extend(rest);
        }
    }
}

/// A step within its limit: a longer text is cut between sentences.
fn push_step(text: &str, steps: &mut Vec<String>) {
    let mut rest = without_number(text.trim());
    while rest.chars().count() > limits::STEP {
        let end = rest
            .char_indices()
            .nth(limits::STEP)
            .map_or(rest.len(), |(at, _)| at);
        let cut = rest[..end]
            .rfind(". ")
            .map_or_else(|| rest[..end].rfind(' ').unwrap_or(end), |at| at + 1);
        let cut = if cut == 0 { end } else { cut };
        steps.push(rest[..cut].trim().to_owned());
        rest = rest[cut..].trim_start();
    }
    if rest.chars().any(char::is_alphanumeric) {
        steps.push(rest.to_owned());
    }
}

/// "1. Whisk", "2) Fry", "Step 3: Rest".
fn without_number(text: &str) -> &str {
    let counted = text
        .strip_prefix("Step ")
        .or(text.strip_prefix("STEP "))
        .unwrap_or(text);
    let digits = counted
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(counted.len());
    let after = &counted[digits..];
    let rest = after.strip_prefix(['.', ')', ':']).unwrap_or(after);
    let marked = rest.len() < after.len() || counted.len() < text.len();
    let is_number =
        (1..=2).contains(&digits) && marked && !rest.starts_with(|c: char| c.is_ascii_digit());
    match is_number && !rest.trim().is_empty() {
        true => rest.trim_start(),
        false => text,
    }
}

/// "4", 4, "4 servings", "Serves four", "3 dozen", {"value": 6}, or a list of those: the first that says for how many.
pub(super) fn servings(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64().filter(|number| *number >= 1.0)?;
            format!("{number:.0}").parse().ok()
        }),
        Value::String(text) => words::in_words(&html::line(text)),
        Value::Array(items) => return items.iter().find_map(servings),
        Value::Object(members) => {
            return ["value", "minValue", "@value", "name"]
                .iter()
                .find_map(|key| servings(members.get(*key)?));
        }
        Value::Null | Value::Bool(_) => None,
    }
    .filter(|servings| {
        u32::try_from(*servings).is_ok_and(|servings| limits::SERVINGS.contains(&servings))
    })
}
