//! The protocol's documents, as this build has them: for whoever writes a client and has only the address of a server.
//! References from one to another lead to where they are served.

use std::sync::LazyLock;

use axum::{
    extract::{Path, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

/// A document: its name below `/docs/`, its media type, and its text.
type Document = (&'static str, &'static str, &'static str);

const JSON: &str = "application/json";
/// A file of `proto/websocket`, served under its own name.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        (
            $name,
            $kind,
            include_str!(concat!("../../../../proto/websocket/", $name)),
        )
    };
}

/// The page for people: Markdown, which reads as plain text.
static PROTOCOL: LazyLock<String> = LazyLock::new(|| {
    include_str!("../../../../proto/websocket/README.md")
        .replace("](../http/openapi.json)", "](/openapi.json)")
        .replace(", [examples](examples)", "")
});

/// The others, for programs.
const FILES: [Document; 5] = [
    file!("asyncapi.yaml", "application/yaml"),
    file!("schema.json", JSON),
    file!("codes.json", JSON),
    file!("conformance.json", JSON),
    file!("client-conformance.json", JSON),
];

/// Frames, to which `asyncapi.yaml` refers.
const EXAMPLES: [Document; 19] = [
    file!("examples/auth.json", JSON),
    file!("examples/auth_required.json", JSON),
    file!("examples/auth_required_review.json", JSON),
    file!("examples/auth_resume.json", JSON),
    file!("examples/chat_message.json", JSON),
    file!("examples/closing_reconnect.json", JSON),
    file!("examples/closing_sign_in.json", JSON),
    file!("examples/error_conflict.json", JSON),
    file!("examples/error_rate_limited.json", JSON),
    file!("examples/ping.json", JSON),
    file!("examples/pong.json", JSON),
    file!("examples/presence.json", JSON),
    file!("examples/recipe_update_access.json", JSON),
    file!("examples/recipe_update_anew.json", JSON),
    file!("examples/recipe_update_message.json", JSON),
    file!("examples/recipe_update_missed.json", JSON),
    file!("examples/recipe_update_recovered.json", JSON),
    file!("examples/recipe_update_welcome.json", JSON),
    file!("examples/typing.json", JSON),
];

/// A document by its name below `/docs/`.
pub(super) async fn show(name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    answer(name, "")
}

/// A frame by its name below `/docs/examples/`.
pub(super) async fn example(
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    answer(name, "examples/")
}

fn answer(name: Result<Path<String>, PathRejection>, folder: &str) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| Problem::not_found())?;
    let found = find(&format!("{folder}{name}"));
    let (kind, text) = found.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn find(name: &str) -> Option<(&'static str, &'static str)> {
    if name == "protocol" {
        return Some(("text/plain; charset=utf-8", &PROTOCOL));
    }
    let found = FILES.iter().chain(&EXAMPLES).find(|file| file.0 == name)?;
    Some((found.1, found.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/websocket/");

    #[test]
    fn every_file_of_the_protocol_is_served_under_its_own_name() {
        for folder in ["", "examples/"] {
            for file in std::fs::read_dir(format!("{PROTO}{folder}")).unwrap() {
                let file = file.unwrap();
                let name = format!("{folder}{}", file.file_name().to_str().unwrap());
                if name == "README.md" || file.file_type().unwrap().is_dir() {
                    continue;
                }
                let (_, text) = find(&name).unwrap_or_else(|| panic!("{name} is not served"));
                assert_eq!(text, std::fs::read_to_string(file.path()).unwrap());
            }
        }
    }

    #[test]
    fn what_a_served_document_refers_to_is_served_too() {
        let (_, page) = find("protocol").unwrap();
        let links = page.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split_once(')')).map(|it| it.0);
        let (_, asyncapi) = find("asyncapi.yaml").unwrap();
        let references = asyncapi.split("$ref: ./").skip(1);
        let references = references.filter_map(|rest| rest.split(['#', '\n']).next());
        let mut followed = 0;
        for target in links.chain(references) {
            if target.starts_with('#') || target.starts_with("https://") {
                continue;
            }
            assert!(
                target == "/openapi.json" || find(target.trim()).is_some(),
                "{target} is not served"
            );
            followed += 1;
        }
        assert!(followed > 20, "{followed}");
    }

    #[test]
    fn no_name_leads_out_of_the_documents() {
        for name in [
            "",
            "README.md",
            "../http/openapi.json",
            "examples",
            "examples/",
            "schema.json/",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
