//! The protocol's table as data, `proto/websocket/conformance.json`: cases, and the steps of each.

use std::collections::BTreeMap;

use serde::{Deserialize, de::Error as _};
use serde_json::{Map, Value};

const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../proto/websocket/conformance.json"
));

/// One thing that the protocol promises, and how to try it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What holds.
    pub name: String,
    /// The sentence of the protocol that says so.
    pub contract: String,
    /// Whether the server's tokens last for 4 s (`--access-ttl 4s --reauth-lead 2s --reauth-grace 1s`).
    #[serde(default)]
    pub short_tokens: bool,
    /// Who beside ada is on the recipe, and as what.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, String>,
    pub(crate) steps: Vec<Step>,
}

/// A step: its first word, what that is about, and the rest.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// The connection, the person, the call or the time that the action is about.
    pub(crate) subject: Value,
    pub(crate) details: Details,
    /// As it stands in the table.
    pub(crate) source: String,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Connect,
    Auth,
    Send,
    Binary,
    Ping,
    Expect,
    Until,
    Quiet,
    Closed,
    Leave,
    Refresh,
    SignIn,
    Http,
    Sleep,
}

/// What a step may say beside its subject. Times are in milliseconds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Details {
    /// The status that the upgrade is refused with.
    pub(crate) refused: Option<u16>,
    pub(crate) recipe: Option<Value>,
    pub(crate) origin: Option<String>,
    pub(crate) protocols: Vec<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) frame: Option<Value>,
    pub(crate) times: Option<u32>,
    pub(crate) bytes: Option<usize>,
    pub(crate) within: Option<u64>,
    pub(crate) not_before: Option<u64>,
    pub(crate) code: Option<Value>,
    pub(crate) reason: Option<Value>,
    #[serde(rename = "as")]
    pub(crate) kept_as: Option<String>,
    pub(crate) body: Option<Value>,
    pub(crate) status: Option<u16>,
}

/// The cases of the table.
///
/// # Errors
/// When the table is no such table: it is compiled in, and a test reads it.
pub fn cases() -> Result<Vec<Case>, serde_json::Error> {
    serde_json::from_str(TABLE)
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut step = Map::deserialize(deserializer)?;
        let source = Value::Object(step.clone()).to_string();
        let words = step.keys().filter_map(|key| Action::named(key));
        let [action] = words.collect::<Vec<_>>()[..] else {
            return Err(D::Error::custom(format!("there is no such step: {source}")));
        };
        let subject = step.remove(action.word()).unwrap_or_default();
        let details = serde_json::from_value(Value::Object(step)).map_err(D::Error::custom)?;
        Ok(Self {
            action,
            subject,
            details,
            source,
        })
    }
}

impl Action {
    const ALL: [Self; 14] = [
        Self::Connect,
        Self::Auth,
        Self::Send,
        Self::Binary,
        Self::Ping,
        Self::Expect,
        Self::Until,
        Self::Quiet,
        Self::Closed,
        Self::Leave,
        Self::Refresh,
        Self::SignIn,
        Self::Http,
        Self::Sleep,
    ];

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Auth => "auth",
            Self::Send => "send",
            Self::Binary => "binary",
            Self::Ping => "ping",
            Self::Expect => "expect",
            Self::Until => "until",
            Self::Quiet => "quiet",
            Self::Closed => "closed",
            Self::Leave => "leave",
            Self::Refresh => "refresh",
            Self::SignIn => "sign_in",
            Self::Http => "http",
            Self::Sleep => "sleep",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_table_is_known() {
        let cases = cases().unwrap();
        assert!(cases.len() > 40, "{}", cases.len());
        assert!(cases.iter().any(|case| case.short_tokens));
    }

    #[test]
    fn a_step_with_an_unknown_word_is_refused() {
        let read = serde_json::from_str::<Step>;
        assert!(read(r#"{"expect": "a", "frame": {}}"#).is_ok());
        for wrong in [r#"{"wait": 3}"#, r#"{"expect": "a", "witin": 3}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
