//! Renders JSON Schema as tables of fields.

use serde_json::Value;

use super::reading::{list, object, string};

/// The head of a table of fields.
pub(super) const HEAD: &str = "| key | type | |\n| --- | --- | --- |\n";

/// One row for each property of an object, the required ones first, each name after `prefix`.
pub(super) fn rows(definitions: &Value, object_schema: &Value, prefix: &str) -> String {
    let required: Vec<_> = object_schema
        .get("required")
        .map(|names| list(names).iter().map(string).collect())
        .unwrap_or_default();
    let Some(properties) = object_schema.get("properties") else {
        return String::new();
    };
    let optional = object(properties).keys().map(String::as_str);
    let optional = optional.filter(|name| !required.contains(name));
    let names = required.iter().copied().chain(optional);
    names
        .filter(|name| *name != "type" && *name != "payload")
        .map(|name| {
            let schema = &properties[name];
            let needed = required.contains(&name);
            let kind = kind(definitions, schema);
            let optional = if needed { "" } else { ", optional" };
            let words = first_paragraph(schema);
            format!("| `{prefix}{name}` | {kind}{optional} | {words} |\n")
        })
        .collect()
}

/// The first paragraph of a schema's description.
pub(super) fn first_paragraph(schema: &Value) -> &str {
    let description = schema.get("description").map_or("", string);
    description.split("\n\n").next().unwrap_or_default()
}

/// The values of an enumeration, with their descriptions.
pub(super) fn values(schema: &Value) -> Option<Vec<(&str, &str)>> {
    let value = |one: &'_ Value| one.get("const").is_some();
    let all = schema.get("oneOf")?.as_array()?;
    all.iter().all(value).then(|| {
        all.iter()
            .map(|one| (string(&one["const"]), first_paragraph(one)))
            .collect()
    })
}

/// The name of the definition that a schema refers to, directly or as one that may be `null`.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref");
    let nullable = || schema.get("anyOf")?.get(0)?.get("$ref");
    direct
        .or_else(nullable)
        .map(|reference| string(reference).trim_start_matches("#/$defs/"))
}

fn kind(definitions: &Value, schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        return match values(&definitions[name]) {
            Some(_) if name == "ErrorCode" => "an [error code](#errors)".to_owned(),
            Some(values) => {
                let values: Vec<_> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
                values.join(" or ")
            }
            None => format!("[{name}](#{})", name.to_lowercase()),
        };
    }
    let name = match &schema["type"] {
        Value::Array(names) => string(&names[0]),
        name => string(name),
    };
    match name {
        "array" => format!("list of {}", kind(definitions, &schema["items"])),
        name => name.to_owned(),
    }
}
