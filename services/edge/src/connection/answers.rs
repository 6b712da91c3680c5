//! Which of a connection's messages still wait to be answered. A message is answered by the room's update,
//! when that is written to its author, or directly, when the connection is already past its revision.

use proto::{
    ids::{MessageId, Revision},
    text::MessageText,
    websocket::frames::Message,
};

use crate::{lazy_queue::LazyQueue, wire::inbound::Chat};

/// One message under way.
#[derive(Debug)]
struct Pending {
    ticket: u64,
    id: MessageId,
    content: MessageText,
    /// What the client had been sent when it sent this.
    written: Revision,
    /// Where it stands in the recipe's order, once the chat service has said so.
    accepted_at: Option<Revision>,
}

/// The messages under way, in the order in which the client sent them.
#[derive(Debug, Default)]
pub(super) struct Answers {
    last_ticket: u64,
    pending: LazyQueue<Pending>,
}

impl Answers {
    /// Notes a message that is being posted by a client at `written`; the ticket names it from now on.
    pub(super) fn expect(&mut self, chat: &Chat, written: Revision) -> u64 {
        self.last_ticket += 1;
        self.pending.push_back(Pending {
            ticket: self.last_ticket,
            id: chat.id.clone(),
            content: chat.content.clone(),
            written,
            accepted_at: None,
        });
        self.last_ticket
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether the room's update for this message is the answer to one that waits, which then waits no more.
    pub(super) fn answered_by(&mut self, message: &Message) -> bool {
        let found = self.pending.iter().position(|pending| {
            pending.id.as_str() == message.id && pending.content.as_str() == message.content
        });
        found.is_some_and(|index| self.pending.remove(index).is_some())
    }

    /// Whether a message that was accepted at `at`, for the first time, stands before what its author had: then the
    /// recipe's history went back.
    pub(super) fn stood_before(&self, ticket: u64, at: Revision) -> bool {
        self.pending
            .iter()
            .any(|pending| pending.ticket == ticket && at <= pending.written)
    }

    /// Notes where an accepted message stands; nothing when it was answered already.
    pub(super) fn accepted(&mut self, ticket: u64, at: Revision) {
        let mut pending = self.pending.iter_mut();
        if let Some(pending) = pending.find(|pending| pending.ticket == ticket) {
            pending.accepted_at = Some(at);
        }
    }

    /// Takes a message that is answered directly, since the connection at `written` is past its place `at`;
    /// tells whether there is still something to answer now.
    pub(super) fn answered_directly(
        &mut self,
        ticket: u64,
        at: Revision,
        written: Revision,
    ) -> bool {
        if at > written {
            // The room's update is on its way and answers it.
            self.accepted(ticket, at);
            return false;
        }
        self.take(ticket).is_some()
    }

    /// Takes a message that waits no more; `None` when it was answered already.
    pub(super) fn take(&mut self, ticket: u64) -> Option<MessageId> {
        let index = self.index(ticket)?;
        self.pending.remove(index).map(|pending| pending.id)
    }

    /// The tickets, ids and contents of those whose update was skipped: the connection is at `written` now.
    pub(super) fn skipped(&mut self, written: Revision) -> Vec<(u64, MessageId, MessageText)> {
        let skipped = |pending: &&mut Pending| pending.accepted_at.is_some_and(|at| at <= written);
        self.pending
            .iter_mut()
            .filter(skipped)
            .map(|pending| {
                pending.accepted_at = None;
                (pending.ticket, pending.id.clone(), pending.content.clone())
            })
            .collect()
    }

    fn index(&self, ticket: u64) -> Option<usize> {
        self.pending
            .iter()
            .position(|pending| pending.ticket == ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(id: &str, content: &str) -> Chat {
        Chat {
            id: id.parse().unwrap(),
            content: content.parse().unwrap(),
            traceparent: None,
        }
    }

    fn update(id: &str, content: &str) -> Message {
        Message {
            id: id.into(),
            content: content.into(),
            ..Message::default()
        }
    }

    #[test]
    fn the_rooms_update_answers_one_message_once() {
        let mut answers = Answers::default();
        let ticket = answers.expect(&chat("m", "add milk"), 0);
        assert!(!answers.answered_directly(ticket, 5, 4));
        assert!(answers.answered_by(&update("m", "add milk")));
        assert!(!answers.answered_by(&update("m", "add milk")));
        assert!(!answers.answered_directly(ticket, 5, 5));
    }

    #[test]
    fn a_message_that_was_accepted_before_is_answered_directly() {
        let mut answers = Answers::default();
        let ticket = answers.expect(&chat("m", "add milk"), 0);
        assert!(answers.answered_directly(ticket, 3, 9));
        assert_eq!(answers.len(), 0);
    }

    #[test]
    fn another_content_under_the_same_id_is_not_taken_for_the_answer() {
        let mut answers = Answers::default();
        let ticket = answers.expect(&chat("m", "add milk"), 0);
        assert!(!answers.answered_by(&update("m", "add eggs")));
        assert_eq!(answers.take(ticket).unwrap().as_str(), "m");
    }

    #[test]
    fn messages_whose_updates_were_skipped_are_asked_for_again_once() {
        let mut answers = Answers::default();
        let ticket = answers.expect(&chat("m", "add milk"), 0);
        answers.expect(&chat("n", "add eggs"), 0);
        answers.accepted(ticket, 5);
        assert_eq!(answers.skipped(4).len(), 0);
        assert_eq!(answers.skipped(7)[0].0, ticket);
        assert_eq!(answers.skipped(7).len(), 0);
    }

    #[test]
    fn a_new_message_cannot_stand_before_what_its_author_had() {
        let mut answers = Answers::default();
        let ticket = answers.expect(&chat("m", "add milk"), 5);
        assert!(answers.stood_before(ticket, 3));
        assert!(answers.stood_before(ticket, 5));
        assert!(!answers.stood_before(ticket, 6));
    }
}
