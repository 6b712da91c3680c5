//! The recipe language from outside: sentences and what they come to, the page for cooks, and what holds for any input.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a test can't set up should stop it"
)]

#[path = "recipe_language/documents.rs"]
mod documents;
#[path = "recipe_language/exchange.rs"]
mod exchange;
#[path = "recipe_language/page.rs"]
mod page;
#[path = "recipe_language/pantry.rs"]
mod pantry;
#[path = "recipe_language/properties.rs"]
mod properties;
#[path = "recipe_language/sentences.rs"]
mod sentences;
#[path = "recipe_language/take_back.rs"]
mod take_back;
