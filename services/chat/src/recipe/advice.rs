//! What is said about a message that changes nothing: the hint that its words call for, looking at the recipe.
//!
//! Silence is only for talk. Whatever names an amount, an ingredient of the recipe together with a wish, kitchen work, or
//! another language's command gets one hint. It reads a line or two word by word and changes nothing.

mod amounts;
mod help;
mod ingredients;
mod more_people;
mod named_steps;
mod other_amounts;
mod other_language;
mod other_words;
mod people;
mod requests;
mod said;
mod steps;
mod times;
mod wording;

use self::said::Said;
use super::model::Recipe;

/// Only short messages ask for one thing.
const LONGEST: usize = 200;

/// The hint about `content`, which changed nothing; `given` is what the grammar has to say. `None`: it is talk.
pub fn hint(recipe: &Recipe, content: &str, given: Option<String>) -> Option<String> {
    if content.len() > LONGEST || content.trim().contains('\n') {
        return given;
    }
    let said = Said::new(recipe, content);
    // "Change the subject" is no request.
    let given = given.filter(|given| {
        !given.starts_with("Say what to change it to") || said.names_an_ingredient()
    });
    // "Less salty": of what, is not said.
    let given = given
        .map(|given| said.about_what_is_there(given))
        .map(|given| said.and_the_rest(given));
    let hint = said
        .in_another_language()
        .or_else(|| said.about_a_named_step())
        .or_else(|| said.in_a_step())
        .or_else(|| said.in_other_words())
        .or(given)
        .or_else(|| said.wish())?;
    Some(said.with_an_example_that_works(hint))
}

impl Said<'_> {
    fn wish(&self) -> Option<String> {
        if self.words.is_empty() || self.is_a_link() {
            return None;
        }
        self.help_or_undo()
            .or_else(|| self.how_many())
            .or_else(|| self.addressed())
            .or_else(|| self.titled())
            .or_else(|| self.not_wanted())
            .or_else(|| self.in_place_of())
            .or_else(|| self.should_be())
            .or_else(|| (!self.is_talk()).then(|| self.request())?)
            .or_else(|| self.request_of_any_kind())
    }

    fn request(&self) -> Option<String> {
        self.asked_politely()
            .or_else(|| self.more_or_less())
            .or_else(|| self.correction())
            .or_else(|| self.amount())
            .or_else(|| self.only_named())
            .or_else(|| self.taken_out())
            .or_else(|| self.diet())
            .or_else(|| self.kind_of())
            .or_else(|| self.misspelt())
            .or_else(|| self.labelled())
            .or_else(|| self.work())
            .or_else(|| self.command())
    }
}
