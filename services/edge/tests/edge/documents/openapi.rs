//! `openapi.json` in itself, and against the schema of the WebSocket.

use std::collections::BTreeSet;

use serde_json::Value;

use super::reading::{follow, json_file, list, object, openapi, references, resolved, string};

/// What HTTP and the WebSocket both show.
const SHARED: [&str; 5] = ["Author", "Ingredient", "Message", "Recipe", "Step"];

/// Each operation, with its method and path as its name.
pub(super) fn operations(document: &Value) -> Vec<(String, &Value)> {
    object(&document["paths"])
        .iter()
        .flat_map(|(path, operations)| {
            object(operations)
                .iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    for reference in references(&document) {
        assert!(
            reference.starts_with("#/"),
            "{reference} leads out of the document"
        );
        assert!(follow(&document, &reference).is_some(), "{reference}");
    }
}

#[test]
fn every_component_is_used() {
    let document = openapi();
    let used: BTreeSet<_> = references(&document).into_iter().collect();
    for (kind, components) in object(&document["components"]) {
        for name in object(components)
            .keys()
            .filter(|_| kind != "securitySchemes")
        {
            let reference = format!("#/components/{kind}/{name}");
            assert!(used.contains(&reference), "{reference} is not used");
        }
    }
}

#[test]
fn every_operation_says_what_it_does() {
    let document = openapi();
    let tags: Vec<_> = list(&document["tags"])
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let schemes = object(&document["components"]["securitySchemes"]);
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(!string(&operation["summary"]).is_empty(), "{name}");
        assert!(ids.insert(string(&operation["operationId"])), "{name}");
        assert!(
            list(&operation["tags"])
                .iter()
                .all(|tag| tags.contains(&tag)),
            "{name}"
        );
        let security = operation.get("security").map(list).into_iter().flatten();
        for scheme in security.flat_map(|way| object(way).keys()) {
            assert!(schemes.contains_key(scheme), "{name}: {scheme}");
        }
    }
}

#[test]
fn every_refusal_is_a_problem_document() {
    let document = openapi();
    for (name, operation) in operations(&document) {
        for (status, response) in object(&operation["responses"]) {
            let response = resolved(&document, response);
            assert!(
                !string(&response["description"]).is_empty(),
                "{name} {status}"
            );
            if status.starts_with('4') {
                let kinds: Vec<_> = object(&response["content"]).keys().collect();
                assert_eq!(kinds, ["application/problem+json"], "{name} {status}");
            }
        }
    }
}

/// Copied, since `/openapi.json` must stand alone: after a change, copy the definition here and point its
/// references to `#/components/schemas/`.
#[test]
fn a_recipe_is_the_same_as_on_the_websocket() {
    let document = openapi();
    let schema = json_file("websocket/schema.json");
    for name in SHARED {
        let definition = schema["$defs"][name].to_string();
        let moved = definition.replace("#/$defs/", "#/components/schemas/");
        let expected: Value = serde_json::from_str(&moved).unwrap();
        assert_eq!(
            document["components"]["schemas"][name], expected,
            "{name} should be {moved}"
        );
    }
}
