//! The recipe that the sentences are tried on, and what a message to it comes to, in one line of text.

use chat::recipe::{Command, Parsed, Recipe, Role, follow, follow_timer, hint, parse};

const PANCAKES: &str = "\
add:
1 1/2 cups flour
1 cup milk
2 eggs
salt to taste
50 g sugar
2 cloves garlic
1 cup plain yogurt
steps:
Whisk the flour and the milk.
Rest 20 minutes.
Fry at 350F.
tags: breakfast";

pub(crate) fn pancakes() -> Recipe {
    written("Pancakes", PANCAKES)
}

/// A new recipe after one message.
pub(crate) fn written(title: &str, message: &str) -> Recipe {
    match parse(message) {
        Parsed::Changes(changes) => follow(&Recipe::new(title), &changes).unwrap().0,
        other => panic!("{other:?}"),
    }
}

/// Each ingredient in words, and its note behind a bar.
pub(crate) fn lines_with_notes(recipe: &Recipe) -> Vec<String> {
    let lines = recipe.ingredients.iter();
    lines
        .map(|line| {
            let note = line.note.as_deref().unwrap_or_default();
            format!("{} | {note}", line.in_words())
        })
        .collect()
}

/// The effect, or "talk", "hint: …" or "command: …".
pub(crate) fn outcome(recipe: &Recipe, message: &str) -> String {
    match parse(message) {
        Parsed::Changes(changes) => match follow(recipe, &changes) {
            Ok((_, effect)) => effect,
            Err(refusal) => hinted(recipe, message, Some(refusal.to_string())),
        },
        Parsed::Command(command) => format!("command: {}", told(&command)),
        Parsed::Timer(command) => follow_timer(recipe, &command, "ada", 0)
            .map_or_else(|hint| format!("hint: {hint}"), |(_, effect)| effect),
        Parsed::Talk => hinted(recipe, message, None),
        Parsed::Unclear { hint } => hinted(recipe, message, Some(hint)),
    }
}

fn hinted(recipe: &Recipe, message: &str, given: Option<String>) -> String {
    hint(recipe, message, given).map_or_else(|| "talk".to_owned(), |hint| format!("hint: {hint}"))
}

fn told(command: &Command) -> String {
    match command {
        Command::Undo => "undo".to_owned(),
        Command::Invite { name, role } => match role {
            Role::Editor => format!("invite {name} as editor"),
            Role::Viewer => format!("invite {name} as viewer"),
        },
        Command::Remove { name } => format!("remove {name}"),
        Command::HandOver { name } => format!("make {name} the owner"),
        Command::Leave => "leave".to_owned(),
        Command::Show(visibility) => format!("make it {visibility}"),
    }
}
