//! Renders the tables and the session that stand in `asyncapi.yaml` beside its messages.

use serde_json::Value;

use super::{
    fields,
    reading::{list, object, string},
};

pub(super) fn guarantees(document: &Value) -> String {
    let line = |promise: &Value| {
        let (what, how) = string(promise).split_once(". ").unwrap();
        format!("- **{what}.** {how}")
    };
    let lines: Vec<_> = list(&document["x-guarantees"]).iter().map(line).collect();
    format!("## Guarantees\n\n{}", lines.join("\n"))
}

pub(super) fn life(document: &Value) -> String {
    let row = |row: &Value| {
        let then = match row.get("close").map(string) {
            Some(reason) => format!("close {} `{reason}`", code(document, reason)),
            None => string(&row["then"]).to_owned(),
        };
        format!("| {} | {then} |\n", string(&row["when"]))
    };
    let rows: String = list(&document["x-life"]).iter().map(row).collect();
    format!(
        "## Life of a connection\n\nIn brackets: the default of the edge's flag.\n\n\
         | when | what happens |\n| --- | --- |\n{rows}\n{}",
        string(&document["x-life-notes"]).trim_end()
    )
}

pub(super) fn closes(document: &Value) -> String {
    let row = |row: &Value| {
        let [reason, verdict, action, means] =
            ["reason", "verdict", "action", "means"].map(|key| string(&row[key]));
        format!(
            "| {} | `{reason}` | {verdict} | `{action}` | {means} |\n",
            row["code"]
        )
    };
    let closes: String = list(&document["x-closes"]).iter().map(row).collect();
    let entry = |(name, words): (&String, &Value)| format!("- **{name}**: {}\n", string(words));
    let entries = |key: &str| -> String { object(&document[key]).iter().map(entry).collect() };
    format!(
        "## Closes\n\n| code | reason | verdict | action | means |\n| --- | --- | --- | --- | --- |\n{closes}\n\
         What a client does, by verdict:\n\n{}\n\
         What `closing` says of it, as `action`:\n\n{}",
        entries("x-verdicts"),
        entries("x-actions").trim_end()
    )
}

pub(super) fn errors(document: &Value, schema: &Value) -> String {
    let meanings = fields::values(&schema["$defs"]["ErrorCode"]).unwrap();
    let row = |error: &Value| {
        let code = string(&error["code"]);
        let (_, means) = meanings.iter().find(|(name, _)| *name == code).unwrap();
        let retryable = if error["retryable"] == true {
            "yes"
        } else {
            "no"
        };
        format!("| `{code}` | {retryable} | {means} |\n")
    };
    let rows: String = list(&document["x-errors"]).iter().map(row).collect();
    format!(
        "## Errors\n\n| code | retryable | means |\n| --- | --- | --- |\n{}",
        rows.trim_end()
    )
}

pub(super) fn session(document: &Value) -> String {
    let mut lines = vec!["$ websocat ws://127.0.0.1:8080/v1/chat/pancakes".to_owned()];
    for step in list(&document["x-session"]) {
        lines.push(format!("# {}", string(&step["note"])));
        lines.extend(step.get("send").map(|frame| format!("> {}", string(frame))));
        for frame in step.get("get").map(list).into_iter().flatten() {
            lines.push(format!("< {}", string(frame)));
        }
        if let Some(reason) = step.get("closed").map(string) {
            lines.push(format!("< close {} {reason}", code(document, reason)));
        }
    }
    format!(
        "## A session, line by line\n\n`>` is what the client sends, `<` what it gets.\n\n```text\n{}\n```",
        lines.join("\n")
    )
}

/// The code of a close.
fn code(document: &Value, reason: &str) -> u64 {
    let mut closes = list(&document["x-closes"]).iter();
    let close = closes.find(|close| close["reason"] == reason).unwrap();
    close["code"].as_u64().unwrap()
}
