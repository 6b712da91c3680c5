//! Makes an update fit into a frame, whatever is in it. The chat service sends no more than fits; this is for what it
//! kept from before there was a limit, and for a peer that breaks the contract. Nobody may be kept out by it.

use std::{io, mem, sync::Arc};

use proto::websocket::{
    MAX_FRAME,
    frames::{Ingredient, Message, Recipe, RecipeUpdate, Step},
};
use serde::Serialize;

/// What may be added to an update that is serialised already: the name of the message that it answers.
pub(super) const MAX_REPLY: usize = 1 << 10;
/// How large a recipe is in JSON, at most, in a frame that has no room for more.
const MAX_RECIPE: usize = 256 << 10;
/// How large one message is in JSON, at most, in a frame that has no room for more.
const MAX_MESSAGE: usize = 64 << 10;
/// What else is in a frame.
const MAX_ENVELOPE: usize = 8 << 10;
/// To how many bytes long texts are cut, one after the other, until all of them fit.
const CUTS: [usize; 3] = [1_000, 200, 40];
/// How many lines of each kind a recipe has at most that does not fit otherwise.
const MAX_LINES: usize = 200;

/// The same update with less in it: texts of a recipe beyond its limit are cut, then the oldest messages are left out.
pub(super) fn fitted(mut update: RecipeUpdate) -> RecipeUpdate {
    if json_size(&*update.recipe) > MAX_RECIPE {
        update.recipe = Arc::new(cut_recipe(&update.recipe));
    }
    update.message = update.message.map(cut_message);
    let messages = update
        .messages
        .take()
        .map(|messages| messages.into_iter().map(cut_message));
    let room = MAX_FRAME - MAX_REPLY - MAX_ENVELOPE;
    let mut left = room.saturating_sub(json_size(&*update.recipe) + json_size(&update.message));
    if let Some(messages) = messages {
        let all = messages.len();
        let fits = |message: &Arc<Message>| {
            let needs = json_size(&**message) + 1;
            let fits = needs <= left;
            left = left.saturating_sub(needs);
            fits
        };
        let mut newest: Vec<_> = messages.rev().take_while(fits).collect();
        newest.reverse();
        if newest.len() < all {
            update.messages_truncated = Some(true);
            // Something is missing, and what is there is a fresh start.
            update.recovered = update.recovered.map(|_| false);
        }
        update.messages = Some(newest);
    }
    update
}

fn cut_recipe(recipe: &Recipe) -> Recipe {
    let mut cut = recipe.clone();
    for longest in CUTS {
        for text in texts(&mut cut) {
            shorten(text, longest);
        }
        if json_size(&cut) <= MAX_RECIPE {
            return cut;
        }
        cut.ingredients.truncate(MAX_LINES);
        cut.steps.truncate(MAX_LINES);
        cut.tags.truncate(MAX_LINES);
        if let Some(timers) = &mut cut.timers {
            timers.truncate(MAX_LINES);
        }
    }
    cut
}

/// Each text of a recipe. Ids are for the end: without them a line can hardly be named.
fn texts(recipe: &mut Recipe) -> impl Iterator<Item = &mut String> {
    let ingredients = recipe.ingredients.iter_mut().flat_map(|line| {
        let Ingredient {
            id,
            name,
            quantity,
            unit,
            note,
        } = line;
        [name, quantity, unit, note, id]
    });
    let steps = recipe
        .steps
        .iter_mut()
        .flat_map(|Step { id, text }| [text, id]);
    let timers = recipe
        .timers
        .iter_mut()
        .flatten()
        .flat_map(|timer| [&mut timer.label, &mut timer.by, &mut timer.id]);
    [&mut recipe.title]
        .into_iter()
        .chain(&mut recipe.description)
        .chain(ingredients)
        .chain(steps)
        .chain(&mut recipe.tags)
        .chain(timers)
}

fn cut_message(mut message: Arc<Message>) -> Arc<Message> {
    for longest in CUTS.map(|cut| cut * 16) {
        if json_size(&*message) <= MAX_MESSAGE {
            break;
        }
        let Message {
            id,
            author,
            content,
            timestamp,
            revision: _,
            effect,
            hint,
            suggestions,
            changes,
        } = Arc::make_mut(&mut message);
        let texts = [content, id, &mut author.id, &mut author.name, timestamp];
        *changes = None;
        let suggestions = suggestions.iter_mut().flatten();
        for text in texts
            .into_iter()
            .chain(effect)
            .chain(hint)
            .chain(suggestions)
        {
            shorten(text, longest);
        }
    }
    message
}

/// Cuts a text to so many bytes of JSON and a mark that more was there.
fn shorten(text: &mut String, longest: usize) {
    // No character takes more than six bytes for each of its own.
    if text.len() <= longest / 6 || json_size(text) <= longest {
        return;
    }
    let mut end = 0;
    let mut size = 0;
    for (at, character) in text.char_indices() {
        size += json_size(&character) - 2;
        if size > longest {
            break;
        }
        end = at + character.len_utf8();
    }
    let mut cut = mem::take(text);
    cut.truncate(end);
    cut.push('…');
    *text = cut;
}

fn json_size(value: &(impl Serialize + ?Sized)) -> usize {
    let mut counter = Counter(0);
    // Serialising the frames' types cannot fail, and neither can the counter.
    serde_json::to_writer(&mut counter, value).ok();
    counter.0
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
