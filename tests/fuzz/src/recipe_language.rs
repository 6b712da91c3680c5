//! Messages to a recipe, through the pipeline of the chat service.

use chat::{
    fuzzing::Conversation,
    recipe::{Parsed, json_size, limits, parse},
};

use crate::{parts, recipe::assert_sound};

/// How many messages of one input are followed.
const MESSAGES: usize = 24;
/// How many characters of words a message may get back, "…" included.
const WORDS: usize = 2_001;

/// Messages with a separator between them, one after the other to one recipe.
pub fn recipe_language(data: &[u8]) {
    let mut conversation = Conversation::default();
    for message in parts(data).take(MESSAGES) {
        assert_reading_is_sound(message);
        let Some(accepted) = conversation.say(message) else {
            continue;
        };
        assert_sound(accepted.recipe());
        assert!(json_size(accepted.recipe()) <= limits::JSON);
        for words in [accepted.effect(), accepted.hint()].into_iter().flatten() {
            assert!(words.chars().count() <= WORDS, "{words}");
        }
    }
}

/// What a message is read as says something, and a command reads as it is shown.
fn assert_reading_is_sound(message: &str) {
    match parse(message) {
        Parsed::Command(command) => {
            let shown = command.to_string();
            assert_eq!(parse(&shown), Parsed::Command(command), "{shown:?}");
        }
        Parsed::Changes(changes) => assert!(!changes.is_empty(), "no changes"),
        Parsed::Unclear { hint } => assert!(!hint.is_empty(), "no hint"),
        Parsed::Talk | Parsed::Timer(_) => {}
    }
}
