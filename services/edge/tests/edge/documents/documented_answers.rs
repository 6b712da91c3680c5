//! What `openapi.json` promises of each answer, held against answers that were given.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, Response, header};
use serde_json::Value;

use super::{
    openapi::operations,
    reading::{assert_fits, object, openapi, resolved},
};

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl From<Response<Option<Vec<u8>>>> for Answer {
    fn from(response: Response<Option<Vec<u8>>>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.unwrap_or_default(),
        }
    }
}

/// In place of a media type.
const NO_BODY: &str = "without a body";

/// The document, and which of its answers have been seen.
pub(super) struct DocumentedAnswers {
    document: Value,
    /// Method, path, status and media type.
    seen: BTreeSet<String>,
}

impl DocumentedAnswers {
    pub(super) fn open() -> Self {
        Self {
            document: openapi(),
            seen: BTreeSet::new(),
        }
    }

    pub(super) fn check(&mut self, method: &str, path: &str, expected: u16, answer: &Answer) {
        let name = format!("{method} {path} {expected}");
        assert_eq!(
            answer.status,
            expected,
            "{name}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let method = method.to_lowercase();
        let status = expected.to_string();
        let promised = &self.document["paths"][path][&method]["responses"][&status];
        assert!(promised.is_object(), "{name} is not documented");
        let promised = resolved(&self.document, promised);
        self.check_headers(&name, &promised, &answer.headers);
        let kind = self.check_body(&name, &promised, answer);
        self.seen.insert(format!("{method} {path} {status} {kind}"));
    }

    /// Headers that mean something are documented, and those that are promised are there.
    fn check_headers(&self, name: &str, promised: &Value, headers: &HeaderMap) {
        let documented: BTreeMap<_, _> = promised
            .get("headers")
            .map(object)
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_lowercase(), resolved(&self.document, header)))
            .collect();
        for header in ["set-cookie", "location", "retry-after", "www-authenticate"] {
            let told = documented.contains_key(header) || !headers.contains_key(header);
            assert!(told, "{name}: {header} is not documented");
        }
        for (header, promise) in documented {
            let Some(value) = headers.get(&header) else {
                assert_ne!(promise["required"], true, "{name}: {header} is missing");
                continue;
            };
            let text = value.to_str().unwrap();
            let value = match promise["schema"]["type"] == "integer" {
                true => Value::from(text.parse::<u64>().unwrap()),
                false => Value::from(text),
            };
            self.assert_fits(&promise["schema"], &value);
        }
    }

    /// Gives the media type.
    fn check_body<'a>(&self, name: &str, promised: &Value, answer: &'a Answer) -> &'a str {
        let Some(content) = promised.get("content") else {
            assert!(answer.body.is_empty(), "{name} has a body");
            return NO_BODY;
        };
        let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
        let kind = kind.split(';').next().unwrap();
        assert!(
            content.get(kind).is_some(),
            "{name}: {kind} is not documented"
        );
        let body = match kind.ends_with("json") {
            true => serde_json::from_slice(&answer.body).unwrap(),
            false => Value::from(String::from_utf8(answer.body.clone()).unwrap()),
        };
        self.assert_fits(&content[kind]["schema"], &body);
        kind
    }

    #[track_caller]
    fn assert_fits(&self, schema: &Value, value: &Value) {
        assert_fits(schema, ("components", &self.document["components"]), value);
    }

    /// What is promised and was never seen.
    pub(super) fn unseen(&self) -> Vec<String> {
        let mut promised = Vec::new();
        for (name, operation) in operations(&self.document) {
            for (status, response) in object(&operation["responses"]) {
                let response = resolved(&self.document, response);
                match response.get("content").map(object) {
                    None => promised.push(format!("{name} {status} {NO_BODY}")),
                    Some(content) => {
                        let promise = |kind| format!("{name} {status} {kind}");
                        promised.extend(content.keys().map(promise));
                    }
                }
            }
        }
        promised.retain(|promise| !self.seen.contains(promise));
        promised
    }
}
