//! What a frame has to look like, and what a frame is made of: values in which `$words` stand for others, as
//! `tests/conformance/README.md` lists them. Pure.

use std::{collections::HashMap, iter};

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// How far a time may lie from one that it is near to.
const NEAR: Duration = Duration::SECOND;

/// What `$words` stand for.
pub(crate) type Known = HashMap<String, Value>;

/// The value with everything that is known in place of its name.
pub(crate) fn filled(value: &Value, known: &Known) -> Value {
    match value {
        Value::String(text) => filled_text(text, known),
        Value::Array(parts) => parts.iter().map(|part| filled(part, known)).collect(),
        Value::Object(parts) => {
            let parts = parts.iter();
            let parts = parts.map(|(key, part)| (key.clone(), filled(part, known)));
            Value::Object(parts.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text that is one name becomes what the name stands for, whatever that is; within a text names become texts.
fn filled_text(text: &str, known: &Known) -> Value {
    if let Some(count) = text.strip_prefix("$repeat:") {
        return "a".repeat(count.parse().unwrap_or_default()).into();
    }
    if let Some(value) = text.strip_prefix('$').and_then(|name| known.get(name)) {
        return value.clone();
    }
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let name = name_at(after);
        match known.get(name).and_then(Value::as_str) {
            Some(value) => filled.push_str(value),
            None => filled.extend(["$", name]),
        }
        rest = after.get(name.len()..).unwrap_or_default();
    }
    filled.push_str(rest);
    filled.into()
}

/// The name at the beginning of a text: small letters, digits and `_`, and a second such word after a full stop.
fn name_at(text: &str) -> &str {
    let word = |text: &str, more: fn(char) -> bool| {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '_' || more(c);
        text.find(|c| !is_part(c)).unwrap_or(text.len())
    };
    let first = word(text, |c| c.is_ascii_digit());
    let second = text.get(first..).and_then(|rest| rest.strip_prefix('.'));
    let second = second.map_or(0, |rest| word(rest, |_| false));
    let length = if second > 0 {
        first + 1 + second
    } else {
        first
    };
    text.get(..length).unwrap_or_default()
}

/// `None`, or where the value is another than the pattern says. Keys that a pattern does not name do not count.
pub(crate) fn difference(
    pattern: &Value,
    value: Option<&Value>,
    known: &mut Known,
) -> Option<String> {
    compare(pattern, value, known, "")
}

fn compare(
    pattern: &Value,
    value: Option<&Value>,
    known: &mut Known,
    path: &str,
) -> Option<String> {
    let told = value.map_or("missing".to_owned(), Value::to_string);
    let unless = |holds: bool, wanted: &str| {
        let words = || format!("{path} is {told}, not {wanted}");
        (!holds).then(words)
    };
    match pattern {
        Value::String(text) => match text.as_str() {
            "$any" => unless(value.is_some(), "anything"),
            "$string" => {
                let text = value.and_then(Value::as_str);
                unless(text.is_some_and(|text| !text.is_empty()), "a text")
            }
            "$integer" => unless(value.is_some_and(Value::is_u64), "an integer"),
            "$absent" => unless(value.is_none_or(Value::is_null), "absent"),
            text => match text.strip_prefix("$as:") {
                Some(name) => {
                    known.extend(value.map(|value| (name.to_owned(), value.clone())));
                    unless(value.is_some(), "there")
                }
                None => {
                    let wanted = filled_text(text, known);
                    unless(value == Some(&wanted), &wanted.to_string())
                }
            },
        },
        Value::Object(parts) => {
            if let Some(wanted) = parts.get("$near") {
                let wanted = filled(wanted, known);
                return unless(are_near(&wanted, value), &format!("about {wanted}"));
            }
            if let Some(other) = parts.get("$not") {
                let is_other = compare(other, value, known, path).is_some();
                return unless(is_other, "another");
            }
            let Some(value) = value.and_then(Value::as_object) else {
                return unless(false, "an object");
            };
            parts_differ(parts, value, known, path)
        }
        Value::Array(parts) => {
            let Some(values) = value.and_then(Value::as_array) else {
                return unless(false, "a list");
            };
            if parts.len() != values.len() {
                return unless(false, &format!("a list of {}", parts.len()));
            }
            let mut pairs = iter::zip(parts, values).enumerate();
            pairs.find_map(|(at, (part, value))| {
                compare(part, Some(value), known, &format!("{path}/{at}"))
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            unless(value == Some(pattern), &pattern.to_string())
        }
    }
}

/// What is kept (`$as:`) is kept before anything beside it is compared: keys have no order.
fn parts_differ(
    parts: &Map<String, Value>,
    value: &Map<String, Value>,
    known: &mut Known,
    path: &str,
) -> Option<String> {
    let is_kept = |part: &Value| part.as_str().is_some_and(|text| text.starts_with("$as:"));
    let (kept, others): (Vec<_>, Vec<_>) = parts.iter().partition(|(_, part)| is_kept(part));
    let mut parts = kept.into_iter().chain(others);
    parts.find_map(|(key, part)| compare(part, value.get(key), known, &format!("{path}/{key}")))
}

fn are_near(wanted: &Value, value: Option<&Value>) -> bool {
    let time = |value: &Value| OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok();
    let times = time(wanted).zip(value.and_then(time));
    times.is_some_and(|(wanted, found)| (wanted - found).abs() <= NEAR)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> Known {
        [
            ("token.ada".to_owned(), json!("t1")),
            ("recipe".to_owned(), json!("r1")),
            ("seen".to_owned(), json!(7)),
        ]
        .into()
    }

    #[test]
    fn names_are_filled_in_wherever_they_stand() {
        let value = json!({"a": "$token.ada", "b": ["no-$recipe", "$seen", "$nobody", 3], "c": "$token.adaA"});
        let filled = filled(&value, &known());
        assert_eq!(
            filled,
            json!({"a": "t1", "b": ["no-r1", 7, "$nobody", 3], "c": "t1A"})
        );
        assert_eq!(super::filled(&json!("$repeat:3"), &known()), json!("aaa"));
    }

    #[test]
    fn a_pattern_names_what_counts_and_nothing_else() {
        let value =
            json!({"id": "x", "at": "2026-01-01T00:00:00.5Z", "list": [1, {"b": null}], "no": 7});
        let holds = |pattern: &Value| difference(pattern, Some(&value), &mut known());
        for pattern in [
            json!({}),
            json!({"id": "$string", "more": "$absent", "no": "$integer"}),
            json!({"list": [1, {"b": "$absent"}]}),
            json!({"at": {"$near": "2026-01-01T00:00:01Z"}, "no": "$seen"}),
            json!({"id": {"$not": "y"}}),
        ] {
            assert_eq!(holds(&pattern), None);
        }
        let twice = json!({"a": {"b": 7}, "b": 7});
        let pattern = json!({"a": {"b": "$kept"}, "b": "$as:kept"});
        assert_eq!(difference(&pattern, Some(&twice), &mut known()), None);
        for (pattern, words) in [
            (json!({"id": "y"}), r#"/id is "x", not "y""#),
            (json!({"list": [1]}), "/list is"),
            (json!({"list": [1, {"b": "$string"}]}), "/list/1/b is null"),
            (json!({"at": {"$near": "2026-01-01T00:00:02Z"}}), "/at is"),
            (json!({"id": {"$not": "x"}}), "/id is \"x\", not another"),
            (json!({"more": "$any"}), "/more is missing"),
            (json!({"id": "$as:kept", "no": "$kept"}), "/no is 7"),
        ] {
            let found = holds(&pattern).unwrap_or_default();
            assert!(found.contains(words), "{found}");
        }
    }
}
