//! What is said about messages that change nothing leads on: what a hint tells somebody to write works, and so does every
//! suggestion, word for word.

use chat::recipe::{Recipe, suggestions};

use crate::fixture::{outcome, pancakes};
use crate::page;
use crate::sentences::rows;

/// Every sentence of the table and of the page for cooks, with the recipe that it is tried on.
fn sentences() -> impl Iterator<Item = (Recipe, String)> {
    let table = rows().into_iter().map(|(message, _)| (pancakes(), message));
    let recipe = page::recipe_on_the_page();
    let on_the_page = page::rows()
        .into_iter()
        .map(move |(message, _)| (recipe.clone(), message));
    table.chain(on_the_page)
}

fn is_followed(recipe: &Recipe, message: &str) -> bool {
    let outcome = outcome(recipe, message);
    outcome != "talk" && !outcome.starts_with("hint: ")
}

#[test]
fn every_suggestion_about_every_sentence_works_word_for_word() {
    let mut tried = 0;
    for (recipe, message) in sentences() {
        let outcome = outcome(&recipe, &message);
        let Some(hint) = outcome.strip_prefix("hint: ") else {
            continue;
        };
        for suggestion in suggestions(&recipe, &message, hint) {
            tried += 1;
            assert!(
                is_followed(&recipe, &suggestion),
                "{message}: {suggestion} of {hint}"
            );
        }
    }
    assert!(tried > 200, "only {tried} suggestions were tried");
}

#[test]
fn what_a_hint_tells_somebody_to_write_can_be_followed() {
    let mut failures = Vec::new();
    for (recipe, message) in sentences().filter(|(_, message)| !message.contains('"')) {
        let outcome = outcome(&recipe, &message);
        let Some(hint) = outcome.strip_prefix("hint: ") else {
            continue;
        };
        for told in told_to_write(hint) {
            if !is_followed(&recipe, told) {
                failures.push(format!("{message}: {hint}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The messages in `write "…"` and in `…; to add it, "…"`; not those that are only examples.
fn told_to_write(hint: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = hint.split('"').collect();
    let told = parts.chunks(2).filter_map(|pair| match pair {
        [before, quoted] => {
            let another = before.contains("; to ") && before.ends_with(", ");
            (before.to_lowercase().ends_with("write ") || another).then_some(*quoted)
        }
        _ => None,
    });
    told.collect::<Vec<_>>().into_iter()
}
