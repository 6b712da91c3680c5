//! The worked session of the documents, played against an edge.

use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::reading::{assert_fits, asyncapi, json_file, list, object, string};
use crate::test_edge::TestEdge;

/// What stands for a token in the documents, and a token that the stand-in takes.
const TOKEN: (&str, &str) = ("<access token>", "ada:900");
/// The keys whose values must be those of the document; others hold ids, times and texts.
const COMPARED_KEYS: [&str; 7] = [
    "type",
    "recipe_id",
    "revision",
    "in_reply_to",
    "content",
    "code",
    "reason",
];

#[tokio::test(start_paused = true)]
async fn the_worked_session_goes_as_it_is_written() {
    let document = asyncapi();
    let test_edge = TestEdge::open(&[]).await;
    let mut ada = test_edge.connect().await;
    for step in list(&document["x-session"]) {
        if let Some(frame) = step.get("send").map(string) {
            assert_is_a("ClientFrame", &serde_json::from_str(frame).unwrap());
            let text = frame.replace(TOKEN.0, TOKEN.1);
            ada.send_raw(Message::text(text)).await;
        }
        if step.get("revoked").is_some() {
            let login = "login-of-ada".parse().unwrap();
            test_edge.edge.registry.revoke(&login, Instant::now());
        }
        for frame in step.get("get").map(list).into_iter().flatten() {
            let written: Value = serde_json::from_str(string(frame)).unwrap();
            assert_is_a("ServerFrame", &written);
            assert_alike(&written, &ada.next().await, "frame");
        }
        if let Some(reason) = step.get("closed").map(string) {
            assert_eq!(ada.closed().await.1, reason);
        }
    }
}

#[track_caller]
fn assert_is_a(side: &str, frame: &Value) {
    let schema = json_file("websocket/schema.json");
    let definitions = &schema["$defs"];
    assert_fits(&definitions[side], ("$defs", definitions), frame);
}

/// Fails when two values have not the same keys, or differ in what must be the same. What the recipe holds is
/// the stand-in's.
#[track_caller]
fn assert_alike(written: &Value, got: &Value, key: &str) {
    match (written, got) {
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{key}: {written} and {got}");
            for (key, value) in object(written) {
                assert_alike(value, &got[key], key);
            }
        }
        (Value::Array(a), Value::Array(b)) if key == "messages" => {
            assert_eq!(a.len(), b.len(), "{key}");
        }
        _ if COMPARED_KEYS.contains(&key) => assert_eq!(written, got, "{key}"),
        _ => {}
    }
}
