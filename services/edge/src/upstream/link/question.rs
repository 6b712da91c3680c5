//! A question to the chat service, and whoever waits for its answer.

use proto::{
    chat::{LinkRequest, answer, link_request::Call},
    ids::RecipeId,
};
use tokio::sync::oneshot;

use crate::upstream::chat::ChatError;

/// What the chat service says.
pub(super) type Answered = answer::Result;

/// What waits for an answer.
#[derive(Debug)]
pub(super) struct Question {
    /// What it is about.
    pub recipe: RecipeId,
    call: Call,
    traceparent: String,
    asker: oneshot::Sender<Result<Answered, ChatError>>,
}

/// Where the answer comes out; an error says that there will be none.
pub(super) type Answer = oneshot::Receiver<Result<Answered, ChatError>>;

impl Question {
    pub(super) fn new(recipe: RecipeId, call: Call, traceparent: String) -> (Self, Answer) {
        let (asker, answer) = oneshot::channel();
        let question = Self {
            recipe,
            call,
            traceparent,
            asker,
        };
        (question, answer)
    }

    /// The question as it is sent, as often as it takes.
    pub(super) fn request(&self, number: u64) -> LinkRequest {
        LinkRequest {
            number,
            traceparent: self.traceparent.clone(),
            call: Some(self.call.clone()),
        }
    }

    /// Whether nobody waits any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.asker.is_closed()
    }

    pub(super) fn answer(self, answer: Result<Answered, ChatError>) {
        // Whoever asked may have given up.
        self.asker.send(answer).ok();
    }
}
