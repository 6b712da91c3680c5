//! Runs `docs/recipe-language.md`: every row of its tables is tried on the recipe that the page shows.

use chat::recipe::Recipe;

use crate::fixture::{outcome, written};

const PAGE: &str = include_str!("../../../../docs/recipe-language.md");

#[test]
fn every_example_on_the_page_for_cooks_does_what_the_page_says() {
    let recipe = recipe_on_the_page();
    let rows: Vec<(String, String)> = PAGE.lines().filter_map(row).collect();
    assert!(rows.len() > 80, "only {} rows were found", rows.len());
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|(message, expected)| {
            let got = as_on_the_page(&outcome(&recipe, &message));
            (got != expected).then(|| format!("{message}\n  expected {expected}\n  got      {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn recipe_on_the_page() -> Recipe {
    let (_, after) = PAGE.split_once("```\n").unwrap();
    let (message, _) = after.split_once("```").unwrap();
    written("Soup", message)
}

/// "| `you type` | what happens |"; "⏎" stands for a new line.
fn row(line: &str) -> Option<(String, String)> {
    let (message, happens) = line.strip_prefix("| `")?.split_once("` | ")?;
    let happens = happens.strip_suffix(" |").expect(line);
    Some((message.replace(" ⏎ ", "\n"), happens.to_owned()))
}

fn as_on_the_page(outcome: &str) -> String {
    match outcome.split_once(": ") {
        Some(("hint", hint)) => format!("*Hint:* {hint}"),
        Some(("command", command)) => format!("*Command:* {command}"),
        _ if outcome == "talk" => "*Just talk*".to_owned(),
        _ => outcome.to_owned(),
    }
}
