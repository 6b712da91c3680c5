//! The recipe language from outside: sentences and what they come to, the page for cooks, and what holds for any input.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a test can't set up should stop it"
)]

#[path = "recipe_language/documents.rs"]
mod documents;
#[path = "recipe_language/export_import.rs"]
mod export_import;
#[path = "recipe_language/fixture.rs"]
mod fixture;
#[path = "recipe_language/hints.rs"]
mod hints;
#[path = "recipe_language/page.rs"]
mod page;
#[path = "recipe_language/properties.rs"]
mod properties;
#[path = "recipe_language/sentences.rs"]
mod sentences;
#[path = "recipe_language/take_back.rs"]
mod take_back;
