//! How many messages go into one answer: as many as fit into a frame of the edge beside the recipe, counted in the
//! JSON that the edge makes of them. Pure.

use std::sync::Arc;

use proto::ids::Revision;
use serde::Serialize;

use crate::{
    message::Message,
    recipe::{Recipe, json_size, limits, serialized_size},
    store::Prefer,
};

/// The largest frame that an edge writes.
const MAX_FRAME: usize = 512 << 10;
/// What a frame has beside recipe and messages: the session, ids, times, names of fields.
const MAX_ENVELOPE: usize = 8 << 10;

/// How many bytes of messages go beside a recipe. A recipe from before there was a limit is cut by the edge to it.
pub(super) fn beside(recipe: &Recipe) -> usize {
    MAX_FRAME - MAX_ENVELOPE - json_size(recipe).min(limits::JSON)
}

/// How many bytes of messages go into an answer that has nothing else.
pub(super) fn alone() -> usize {
    MAX_FRAME - MAX_ENVELOPE
}

/// Cuts messages to so many bytes of JSON. Each single one is much smaller.
pub(super) fn within(
    bytes: usize,
    messages: Vec<Arc<Message>>,
    prefer: Prefer,
) -> Vec<Arc<Message>> {
    let mut left = bytes;
    let fits = |message: &&Arc<Message>| {
        let needs = message_size(message);
        let fits = needs <= left;
        left = left.saturating_sub(needs);
        fits
    };
    let all = messages.len();
    let fitting = match prefer {
        Prefer::Oldest => messages.iter().take_while(fits).count(),
        Prefer::Newest => messages.iter().rev().take_while(fits).count(),
    };
    match prefer {
        Prefer::Oldest => messages.into_iter().take(fitting).collect(),
        Prefer::Newest => messages.into_iter().skip(all - fitting).collect(),
    }
}

/// A message as the edge writes it.
#[derive(Serialize)]
struct MessageJson<'a> {
    id: &'a str,
    author: Author<'a>,
    content: &'a str,
    timestamp: String,
    revision: Revision,
    effect: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Author<'a> {
    id: &'a str,
    name: &'a str,
}

/// With the comma behind it.
fn message_size(message: &Message) -> usize {
    let shown = MessageJson {
        id: message.id.as_str(),
        author: Author {
            id: message.author.user.as_str(),
            name: message.author.shown_name(),
        },
        content: message.content.as_str(),
        timestamp: message.accepted_at.to_string(),
        revision: message.revision,
        effect: message.effect.as_deref(),
        hint: message.hint.as_deref(),
    };
    serialized_size(&shown) + 1
}

#[cfg(test)]
mod tests {
    use runtime::clock::Timestamp;

    use super::*;
    use crate::message::Principal;

    fn message(revision: Revision, content: &str) -> Arc<Message> {
        Arc::new(Message {
            id: "m".parse().unwrap(),
            author: Principal::new("id-ada".parse().unwrap(), "ada").unwrap(),
            content: content.parse().unwrap(),
            accepted_at: Timestamp::default(),
            revision,
            effect: None,
            hint: Some("\"".repeat(100)),
            suggestions: Vec::new(),
            changes: Vec::new(),
        })
    }

    #[test]
    fn a_page_has_so_many_bytes_of_json_and_keeps_the_end_that_is_wanted() {
        for content in ["\"", "😀", "\n.\n", "a"] {
            let content = content.repeat(1_000);
            let messages: Vec<_> = (1..=100).map(|n| message(n, &content)).collect();
            let newest = within(50_000, messages.clone(), Prefer::Newest);
            let oldest = within(50_000, messages.clone(), Prefer::Oldest);

            let size: usize = newest.iter().map(|m| message_size(m)).sum();
            assert!((50_000 - 5_000..=50_000).contains(&size), "{size}");
            assert_eq!(newest, messages[100 - newest.len()..]);
            assert_eq!(oldest, messages[..oldest.len()]);
        }
    }
}
