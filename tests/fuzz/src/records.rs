//! What stores give back: the chat service's database, and Redis.

use chat::fuzzing::{Conversation, Stored};
use runtime::redis::parse_redis_value;

use crate::{
    link::{assert_frames, in_room},
    parts,
};

/// What is said to a recipe that was read: each part of it is looked at, changed and put back.
const SAID: [&str; 6] = [
    "scale to 9 servings",
    "convert to metric",
    "add 2 cups flour",
    "remove step 1",
    "undo",
    "undo",
];

/// A recipe and a message as the database has them, with separators between. Whatever can be read can be talked about,
/// stored again and shown.
pub fn stored_recipe(data: &[u8]) {
    let mut parts = parts(data);
    let mut next = || parts.next().unwrap_or_default();
    let (recipe, undo, visibility) = (next(), next(), next());
    let stored = Stored {
        recipe,
        undo,
        visibility: (visibility.trim_end_matches('!'), visibility.ends_with('!')),
        member: (next(), next()),
        message: (next(), next(), next()),
        effect: next(),
    };
    let Some((mut conversation, update)) = Conversation::stored(&stored) else {
        return;
    };
    assert!(conversation.is_stored_soundly());
    in_room(|room| assert_frames(room, update));
    for content in SAID {
        conversation.say(content);
        assert!(conversation.is_stored_soundly(), "after {content:?}");
    }
}

/// An answer of Redis as it comes over the wire, and the notes of other edges.
pub fn redis_reply(data: &[u8]) {
    let answer = parse_redis_value(data).unwrap_or(runtime::redis::Value::Nil);
    edge::fuzzing::redis_reply(&answer, data);
}
