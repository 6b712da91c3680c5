//! Makes the tables of `docs/recipe-language.md` anew: every row is tried on the recipe that the page shows.

use std::{fs, path::Path};

use chat::recipe::Recipe;

use crate::fixture::{outcome, written};

const PAGE: &str = include_str!("../../../../docs/recipe-language.md");
const PATH: &str = "../../docs/recipe-language.md";

#[test]
fn the_page_for_cooks_says_what_every_example_on_it_does() {
    let recipe = recipe_on_the_page();
    let count = rows().len();
    assert!(count > 80, "only {count} rows were found");
    let anew: String = PAGE
        .lines()
        .map(|line| match row(line) {
            Some((message, _)) => {
                let happens = as_on_the_page(&outcome(&recipe, &message));
                format!("| `{}` | {happens} |\n", message.replace('\n', " ⏎ "))
            }
            None => format!("{line}\n"),
        })
        .collect();
    if anew != PAGE {
        let stale = PAGE.lines().zip(anew.lines()).find(|(was, is)| was != is);
        // A build elsewhere has no page to write.
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PATH);
        let written = path.exists() && fs::write(path, &anew).is_ok();
        panic!("docs/recipe-language.md was stale (written anew: {written}): {stale:?}");
    }
}

pub(crate) fn recipe_on_the_page() -> Recipe {
    let (_, after) = PAGE.split_once("```\n").unwrap();
    let (message, _) = after.split_once("```").unwrap();
    written("Soup", message)
}

/// The messages of the page, and what it says that happens.
pub(crate) fn rows() -> Vec<(String, String)> {
    PAGE.lines().filter_map(row).collect()
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
