//! Messages that would work, word for word, in place of one that changed nothing: those that its hint names and that do
//! change this recipe. Pure.

use super::{apply::follow, change::Parsed, language::parse, model::Recipe};

/// How many messages are suggested at most.
const MAX_SUGGESTIONS: usize = 3;
/// How many are tried.
const MAX_TRIED: usize = 8;
/// How long a suggestion may be, in bytes: it is offered for a tap.
const MAX_LENGTH: usize = 200;
/// Words that say nothing about what is meant.
const SMALL_WORDS: [&str; 7] = ["the", "and", "with", "for", "that", "from", "step"];

/// What would work instead of `content`, which got `hint`.
pub fn suggestions(recipe: &Recipe, content: &str, hint: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let corrected = corrected(content, hint);
    let named = quoted(hint).filter(|text| is_about(text, content));
    for text in corrected
        .into_iter()
        .chain(named.map(str::to_owned))
        .take(MAX_TRIED)
    {
        if found.len() < MAX_SUGGESTIONS && !found.contains(&text) && works(recipe, &text) {
            found.push(text);
        }
    }
    found
}

fn works(recipe: &Recipe, text: &str) -> bool {
    let Parsed::Changes(changes) = parse(text) else {
        return false;
    };
    text.len() <= MAX_LENGTH && follow(recipe, &changes).is_ok_and(|(after, _)| after != *recipe)
}

/// "remove mlik" with "The recipe has no mlik; did you mean milk?" is "remove milk".
fn corrected(content: &str, hint: &str) -> Option<String> {
    let (wrong, right) = hint
        .strip_prefix("The recipe has no ")?
        .split_once("; did you mean ")?;
    let right = right
        .strip_suffix('?')
        .filter(|right| !right.contains('"'))?;
    let corrected = content.trim().replacen(wrong, right, 1);
    (corrected != content.trim()).then_some(corrected)
}

/// The messages that a hint names.
fn quoted(hint: &str) -> impl Iterator<Item = &str> {
    hint.split('"').skip(1).step_by(2).map(str::trim)
}

/// Whether a suggestion is about something that was said, not a mere example.
fn is_about(text: &str, content: &str) -> bool {
    let said: Vec<String> = words(content).collect();
    words(text).skip(1).any(|word| {
        let tells = word.len() > 2 || word.chars().all(char::is_numeric);
        tells && !SMALL_WORDS.contains(&word.as_str()) && said.contains(&word)
    })
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::hint;

    fn soup() -> Recipe {
        let Parsed::Changes(changes) =
            parse("add 2 cups milk; add 3 eggs; add step: Bake at 200C.")
        else {
            panic!("these are changes");
        };
        follow(&Recipe::new("Soup"), &changes).unwrap().0
    }

    #[track_caller]
    fn check(message: &str, expected: &[&str]) {
        let recipe = soup();
        let given = match parse(message) {
            Parsed::Unclear { hint } => Some(hint),
            Parsed::Changes(changes) => follow(&recipe, &changes).err().map(|no| no.to_string()),
            Parsed::Talk | Parsed::Command(_) | Parsed::Timer(_) => None,
        };
        let hint = hint(&recipe, message, given).unwrap_or_default();
        assert_eq!(suggestions(&recipe, message, &hint), expected, "{hint}");
    }

    #[test]
    fn what_is_suggested_is_what_the_hint_names_and_works() {
        check("2 onions", &["add 2 onions"]);
        check("no milk please", &["remove milk"]);
        check("remove mlik", &["remove milk"]);
        check("we're 3 tonight", &["for 3 people"]);
        check(
            "add the flour to the bowl",
            &["add step: Add the flour to the bowl"],
        );
    }

    #[test]
    fn mere_examples_and_talk_suggest_nothing() {
        check("help", &[]);
        check("add", &[]);
        check("hello there", &[]);
        check("ajoute de la farine", &[]);
    }
}
