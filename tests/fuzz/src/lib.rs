//! What comes from outside, as functions that take any bytes: each feeds one reader, and asserts what must hold whatever it
//! was given. libFuzzer calls them (`tests/fuzz/run`), and a test here calls them with every file of `corpus`.
//!
//! A function gives up on bytes that cannot reach the reader (text that is no UTF-8), and panics when the reader is wrong.

#![expect(
    clippy::expect_used,
    reason = "a panic is how these tell what is wrong"
)]

mod access_token;
mod client_frame;
mod documents;
mod http_request;
mod issuer_token;
mod link;
mod recipe;
mod recipe_language;
mod records;
mod websocket_stream;

pub use self::{
    access_token::access_token,
    client_frame::client_frame,
    documents::{cooklang, json_ld, plain_text},
    http_request::http_request,
    issuer_token::{issuer_keys, issuer_token},
    link::{link_request, link_response},
    recipe_language::recipe_language,
    records::{redis_reply, stored_recipe},
    websocket_stream::websocket_stream,
};

/// A reader that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Names the program of libFuzzer and the folder in `corpus`.
    pub name: &'static str,
    /// Panics when the reader is wrong.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 14] = [
    target("access_token", access_token),
    target("client_frame", client_frame),
    target("cooklang", cooklang),
    target("http_request", http_request),
    target("issuer_keys", issuer_keys),
    target("issuer_token", issuer_token),
    target("json_ld", json_ld),
    target("link_request", link_request),
    target("link_response", link_response),
    target("plain_text", plain_text),
    target("recipe_language", recipe_language),
    target("redis_reply", redis_reply),
    target("stored_recipe", stored_recipe),
    target("websocket_stream", websocket_stream),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Stands between the parts of an input that has several.
const SEPARATOR: char = '\u{1e}';

/// The parts of a text, or none when the bytes are no text.
fn parts(data: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(data).unwrap_or_default();
    text.split(SEPARATOR)
}

#[cfg(test)]
mod tests;
