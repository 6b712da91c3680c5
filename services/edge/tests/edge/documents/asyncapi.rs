//! `asyncapi.yaml` against the schema, the codes, the examples and the code.

use std::collections::BTreeSet;

use proto::websocket::SUBPROTOCOL;
use serde_json::{Value, json};

use super::reading::{
    assert_fits, asyncapi, follow, json_file, list, object, path, references, resolved, string,
};

/// The types of frames that the schema has on one side.
fn frame_types(side: &str) -> BTreeSet<String> {
    let schema = json_file("websocket/schema.json");
    list(&schema["$defs"][side]["oneOf"])
        .iter()
        .map(|frame| string(&frame["properties"]["type"]["const"]).to_owned())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    object(value).keys().cloned().collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let document = asyncapi();
    let references = references(&document);
    assert!(references.len() > 30, "{references:?}");
    for reference in references {
        assert!(follow(&document, &reference).is_some(), "{reference}");
    }
}

#[test]
fn every_frame_has_a_message_that_refers_to_its_schema() {
    let document = asyncapi();
    let messages = &document["components"]["messages"];
    let frames = &frame_types("ClientFrame") | &frame_types("ServerFrame");
    assert_eq!(keys(messages), frames);
    assert_eq!(keys(&document["channels"]["recipe"]["messages"]), frames);
    for (name, message) in object(messages) {
        let schema = resolved(&document, &message["payload"]);
        assert_eq!(schema["properties"]["type"]["const"], **name);
        assert_eq!(message["name"], **name);
        assert!(!string(&message["title"]).is_empty(), "{name}");
        assert!(!string(&message["summary"]).is_empty(), "{name}");
    }
}

#[test]
fn the_server_takes_the_clients_frames_and_sends_its_own() {
    let document = asyncapi();
    let (mut taken, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for operation in object(&document["operations"]).values() {
        let names = |messages: &Value| -> Vec<String> {
            let last = |reference: &Value| string(reference).rsplit('/').next().unwrap().to_owned();
            list(messages).iter().map(|m| last(&m["$ref"])).collect()
        };
        match string(&operation["action"]) {
            "receive" => taken.extend(names(&operation["messages"])),
            _ => sent.extend(names(&operation["messages"])),
        }
        if let Some(reply) = operation.get("reply") {
            sent.extend(names(&reply["messages"]));
        }
    }
    assert_eq!(taken, frame_types("ClientFrame"));
    assert_eq!(sent, frame_types("ServerFrame"));
}

#[test]
fn every_example_is_shown_once_and_fits_its_message() {
    let document = asyncapi();
    let schema = json_file("websocket/schema.json");
    let mut shown = Vec::new();
    for (name, message) in object(&document["components"]["messages"]) {
        let frame = resolved(&document, &message["payload"]);
        for example in list(&message["examples"]) {
            let value = resolved(&document, &example["payload"]);
            assert_eq!(value["type"], **name);
            assert_fits(&frame, ("$defs", &schema["$defs"]), &value);
            let file = format!("./examples/{}.json", string(&example["name"]));
            assert_eq!(example["payload"]["$ref"], *file);
            shown.push(file);
        }
    }
    shown.sort();
    let mut files: Vec<_> = std::fs::read_dir(path("websocket/examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| format!("./examples/{name}"))
        .collect();
    files.sort();
    assert_eq!(shown, files);
}

#[test]
fn the_tables_of_closes_and_errors_are_those_of_the_code() {
    let document = asyncapi();
    let codes = json_file("websocket/codes.json");
    let closes: Vec<_> = list(&document["x-closes"])
        .iter()
        .map(|row| {
            json!({
                "code": row["code"],
                "reason": row["reason"],
                "verdict": row["verdict"],
                "action": row["action"],
            })
        })
        .collect();
    assert_eq!(Value::from(closes), codes["closes"]);
    assert_eq!(document["x-errors"], codes["errors"]);
    for (key, table) in [("verdict", "x-verdicts"), ("action", "x-actions")] {
        let used = list(&codes["closes"])
            .iter()
            .map(|close| string(&close[key]).to_owned())
            .collect();
        assert_eq!(keys(&document[table]), used);
    }
}

#[test]
fn the_life_of_a_connection_has_every_close() {
    let document = asyncapi();
    let reasons = |rows: &Value, key: &str| -> BTreeSet<String> {
        let reason = |row: &Value| row.get(key).map(|reason| string(reason).to_owned());
        list(rows).iter().filter_map(reason).collect()
    };
    assert_eq!(
        reasons(&document["x-life"], "close"),
        reasons(&document["x-closes"], "reason")
    );
    for row in list(&document["x-life"]) {
        assert_ne!(
            row.get("close").is_some(),
            row.get("then").is_some(),
            "{row}"
        );
    }
}

#[test]
fn the_subprotocol_is_the_one_that_is_spoken() {
    let document = asyncapi();
    let headers = &document["channels"]["recipe"]["bindings"]["ws"]["headers"]["properties"];
    assert_eq!(headers["Sec-WebSocket-Protocol"]["const"], SUBPROTOCOL);
}
