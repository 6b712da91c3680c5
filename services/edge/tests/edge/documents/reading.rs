//! Reads the documents, follows their references, and holds values against their schemas.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// Where the documents are.
pub(super) fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto")).join(name)
}

pub(super) fn text(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

pub(super) fn json_file(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
}

pub(super) fn asyncapi() -> Value {
    serde_yaml_ng::from_str(&text("websocket/asyncapi.yaml")).unwrap()
}

pub(super) fn openapi() -> Value {
    json_file("http/openapi.json")
}

/// The keys and values of an object.
#[track_caller]
pub(super) fn object(value: &Value) -> &Map<String, Value> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("an object was expected, not {value}"))
}

/// The items of a list.
#[track_caller]
pub(super) fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("a list was expected, not {value}"))
}

/// A text.
#[track_caller]
pub(super) fn string(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text was expected, not {value}"))
}

/// Everything that a document refers to.
pub(super) fn references(document: &Value) -> Vec<String> {
    match document {
        Value::Object(keys) => keys
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(reference) if key == "$ref" => vec![reference.clone()],
                value => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What a reference leads to: in the document itself, or in a file of `proto/websocket`.
pub(super) fn follow(document: &Value, reference: &str) -> Option<Value> {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    match file {
        "" => document.pointer(pointer).cloned(),
        file => {
            let name = file.strip_prefix("./")?;
            json_file(&format!("websocket/{name}"))
                .pointer(pointer)
                .cloned()
        }
    }
}

/// The value itself, or what it refers to.
#[track_caller]
pub(super) fn resolved(document: &Value, value: &Value) -> Value {
    match value.get("$ref").map(string) {
        Some(reference) => {
            follow(document, reference).unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value.clone(),
    }
}

/// Fails when a value does not fit a schema, whose references are resolved against `definitions`.
#[track_caller]
pub(super) fn assert_fits(schema: &Value, definitions: (&str, &Value), value: &Value) {
    let (key, definitions) = definitions;
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        key: definitions,
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator
        .iter_errors(value)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?} in {value}");
}
