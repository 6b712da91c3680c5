//! A call to the chat service, and whoever waits for its answer.

use proto::{
    chat::{LinkRequest, answer, link_request::Call},
    ids::{Position, RecipeId},
};
use secrecy::ExposeSecret as _;
use tokio::sync::oneshot;

use super::{requester::Requester, verified_users::VerifiedUsers};
use crate::upstream::chat::ChatError;

/// What the chat service says.
pub(super) type Answered = answer::Result;

/// What waits for an answer.
#[derive(Debug)]
pub(super) struct PendingCall {
    /// What it is about.
    pub recipe: RecipeId,
    asking: Requester,
    call: Call,
    /// Whether it was sent with the token of whoever asks.
    shown: bool,
    traceparent: String,
    /// Where the room stood when this was last sent.
    room: Option<Position>,
    reply: oneshot::Sender<(Result<Answered, ChatError>, Option<Position>)>,
}

/// Where the answer comes out, with where the room stood when it was asked for; an error says that there will be none.
pub(super) type Answer = oneshot::Receiver<(Result<Answered, ChatError>, Option<Position>)>;

impl PendingCall {
    /// `call` names whoever asks without a token.
    pub(super) fn new(
        recipe: RecipeId,
        asking: Requester,
        call: Call,
        traceparent: String,
    ) -> (Self, Answer) {
        let (reply, answer) = oneshot::channel();
        let call = Self {
            recipe,
            asking,
            call,
            shown: false,
            traceparent,
            room: None,
            reply,
        };
        (call, answer)
    }

    /// The call as it is sent, as often as it takes: with the token where its user is not verified yet. `room` is where
    /// the room stands then.
    pub(super) fn request(
        &mut self,
        number: u64,
        verified: &VerifiedUsers,
        room: Option<Position>,
    ) -> LinkRequest {
        self.room = room;
        self.shown = !verified.covers(&self.asking);
        let mut call = self.call.clone();
        let principal = match &mut call {
            Call::Join(join) => join.principal.as_mut(),
            Call::Post(post) => post.principal.as_mut(),
            Call::Attach(_) | Call::Detach(_) | Call::Presence(_) => None,
        };
        if let Some(principal) = principal.filter(|_| self.shown) {
            principal.access_token = self.asking.token.expose_secret().to_owned();
        }
        LinkRequest {
            number,
            traceparent: self.traceparent.clone(),
            call: Some(call),
        }
    }

    /// Notes what an answer says of whether its user is verified.
    pub(super) fn learn(&self, answer: &Result<Answered, ChatError>, verified: &mut VerifiedUsers) {
        match answer {
            Ok(_) if self.shown => verified.note(&self.asking),
            Ok(_) => {}
            // Whatever the reason: the next call shows it again.
            Err(_) => verified.forget(&self.asking.user),
        }
    }

    /// Whether nobody waits any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(super) fn answer(self, answer: Result<Answered, ChatError>) {
        // Whoever asked may have given up.
        self.reply.send((answer, self.room)).ok();
    }
}
