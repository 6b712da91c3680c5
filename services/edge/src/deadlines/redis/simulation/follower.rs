//! How a client follows the recipe: it hears every message once and in its turn, and exactly one answer to each of its own.

use std::{collections::BTreeMap, sync::Arc};

use proto::{
    ids::Position,
    websocket::frames::{Message, RecipeUpdate},
};
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Follower {
    /// How far it has come; it says so when it comes back.
    position: Option<Position>,
    /// How many messages it has sent.
    sent: u64,
    /// Those that wait for their answer, and since when.
    unanswered: BTreeMap<String, Instant>,
}

impl Follower {
    pub(super) fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// It speaks over a new connection: what was said before is answered there no more.
    pub(super) fn connects(&mut self) {
        self.unanswered.clear();
    }

    /// It says something; tells under which id.
    pub(super) fn says(&mut self, client: &str) -> String {
        self.sent += 1;
        let id = format!("{client}-{}", self.sent);
        self.unanswered.insert(id.clone(), Instant::now());
        id
    }

    /// Since when its oldest message has not been answered.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.unanswered.values().min().copied()
    }

    /// It hears how one of its messages was answered; tells what is wrong with that.
    pub(super) fn answered(&mut self, id: Option<&str>) -> Option<String> {
        let id = id?;
        let is_awaited = self.unanswered.remove(id).is_some();
        (!is_awaited).then(|| format!("was answered {id}, for which it did not wait"))
    }

    /// It hears of the recipe; tells what is wrong with that.
    pub(super) fn hears(&mut self, update: &RecipeUpdate) -> Option<String> {
        let messages = update.messages.iter().flatten().chain(&update.message);
        let (first, last) = (messages.clone().next(), messages.clone().next_back());
        let before = self
            .position
            .as_ref()
            .map_or(0, |position| position.revision);
        let is_first = self.position.is_none();
        let is_in_turn = match (first, last) {
            (Some(first), Some(last)) => {
                let is_new = update.message.is_none() || first.revision == before + 1;
                is_new && last.revision == update.revision && first.revision <= before + 1
            }
            _ => update.revision == before,
        };
        self.position = Some(Position {
            revision: update.revision,
            message: last
                .map(|last| last.id.parse().unwrap())
                .or_else(|| self.position.take()?.message),
        });
        let is_right = update.revision >= before
            && is_dense(messages)
            && (is_in_turn || is_first)
            && update.recovered != Some(false);
        (!is_right).then(|| format!("was told of revision {} after {before}", update.revision))
    }
}

fn is_dense<'a>(messages: impl Iterator<Item = &'a Arc<Message>> + Clone) -> bool {
    let next = messages.clone().skip(1);
    messages
        .zip(next)
        .all(|(one, next)| one.revision + 1 == next.revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(revisions: &[u64]) -> RecipeUpdate {
        let message = |revision: &u64| {
            Arc::new(Message {
                id: format!("message-{revision}"),
                revision: *revision,
                ..Message::default()
            })
        };
        RecipeUpdate {
            recipe_id: "pancakes".into(),
            revision: *revisions.last().unwrap(),
            recipe: Arc::default(),
            message: None,
            messages: Some(revisions.iter().map(message).collect()),
            messages_truncated: None,
            session: None,
            recovered: None,
            in_reply_to: None,
        }
    }

    #[tokio::test]
    async fn what_is_missed_told_twice_or_answered_twice_is_noticed() {
        let mut follower = Follower::default();
        assert_eq!(follower.hears(&update(&[4, 5])), None);
        assert_eq!(follower.hears(&update(&[6])), None);
        assert!(follower.hears(&update(&[8])).is_some(), "7 is missed");
        let mut again = update(&[8]);
        again.message = again
            .messages
            .take()
            .and_then(|mut messages| messages.pop());
        assert!(follower.hears(&again).is_some(), "8 is told twice");

        let id = follower.says("ada");
        assert!(follower.waits_since().is_some());
        assert_eq!(follower.answered(Some(&id)), None);
        assert!(follower.answered(Some(&id)).is_some());
        assert_eq!(follower.waits_since(), None);
    }
}
