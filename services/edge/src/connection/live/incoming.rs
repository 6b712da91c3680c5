//! What a connection does with its client's frames: each gets exactly one answer that names it.

use futures_util::FutureExt as _;
use proto::{ids::MessageId, text::MessageText};
use runtime::trace_context;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tracing::{Instrument as _, info_span};

use super::{End, Live, Outcome, Tally};
use crate::{
    connection::socket::Incoming,
    metrics::{self, Asker},
    session::{Action, Event, Reauth},
    upstream::chat::{ChatError, Post, Posted},
    wire::{
        codes::{Close, ErrorCode},
        frames::RecipeUpdate,
        inbound::{self, Auth, Chat, ClientMessage, Fault},
        outbound,
    },
};

/// How many invalid messages end a connection.
const MAX_INVALID_MESSAGES: u32 = 20;

impl<S: AsyncRead + AsyncWrite + Unpin> Live<'_, S> {
    pub(super) async fn receive(
        &mut self,
        incoming: Incoming,
        tally: &mut Tally,
    ) -> Result<(), End> {
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Ping => return Ok(()),
            Incoming::Pong => {
                self.unanswered_pings = 0;
                return Ok(());
            }
            Incoming::Forbidden(close) => return Err(End::Closed(close)),
            Incoming::Closed(code) => return Err(End::Left(code)),
            Incoming::Lost => return Err(End::Lost),
        };
        tally.frames_in += 1;
        match inbound::read(&text) {
            Ok(ClientMessage::Auth(auth)) => self.reauthenticate(auth, tally).await,
            Ok(ClientMessage::Chat(chat)) => self.chat(chat, tally).await,
            Ok(ClientMessage::Ping(id)) => {
                let id = id.map(|id| id.to_string());
                self.write(outbound::pong(id, self.edge.clock.now()), tally)
                    .await
            }
            Err(fault) => self.refuse_invalid(fault, tally).await,
        }
    }

    async fn reauthenticate(&mut self, auth: Auth, tally: &mut Tally) -> Result<(), End> {
        let reauth = Reauth {
            id: auth.id.clone(),
            revision: auth.revision,
        };
        self.reauths.push_back(auth);
        self.happen(Event::Auth(reauth), Asker::OwnNode, tally)
            .await
    }

    async fn refuse_invalid(&mut self, fault: Fault, tally: &mut Tally) -> Result<(), End> {
        if let Some(close) = fault.close() {
            return Err(End::Closed(close));
        }
        let code = fault.code;
        self.refuse(code, fault.words, fault.id, tally).await?;
        if code == ErrorCode::InvalidMessage {
            self.invalid_messages += 1;
            if self.invalid_messages >= MAX_INVALID_MESSAGES {
                return Err(End::Closed(Close::TooManyInvalidMessages));
            }
        }
        Ok(())
    }

    async fn chat(&mut self, chat: Chat, tally: &mut Tally) -> Result<(), End> {
        for action in self.session.handle(Event::Chat, Instant::now()) {
            if let Action::Close(close) = action {
                return Err(End::Closed(close));
            }
        }
        if let Some(pace) = self.edge.message_pace
            && let Err(wait) = self.paced.take(pace, Instant::now())
        {
            metrics::count_message(ErrorCode::RateLimited.name());
            let frame = outbound::error(
                ErrorCode::RateLimited,
                "Too many messages in a short time; wait a moment",
                Some(chat.id.to_string()),
                Some(wait),
                self.edge.clock.now(),
            );
            return self.write(frame, tally).await;
        }
        tally.messages += 1;
        let ticket = self.answers.expect(&chat);
        let span = info_span!("message", message.id = %chat.id);
        trace_context::begin(&span, chat.traceparent.as_deref());
        span.in_scope(|| self.post(ticket, chat.id, chat.content));
        Ok(())
    }

    /// Posts a message; it takes its place in the order at once.
    fn post(&self, ticket: u64, id: MessageId, content: MessageText) {
        let answer = self.edge.link.post(Post {
            principal: self.session.principal().clone(),
            recipe: self.recipe.clone(),
            id,
            content,
        });
        let outcome = answer
            .in_current_span()
            .map(move |result| Outcome::Posted(ticket, result));
        self.under_way.push(outcome.boxed());
    }

    pub(super) async fn posted(
        &mut self,
        ticket: u64,
        result: Result<Posted, ChatError>,
        tally: &mut Tally,
    ) -> Result<(), End> {
        match result {
            Ok(posted) => self.accepted(ticket, posted, tally).await,
            Err(error) => {
                let Some(id) = self.answers.take(ticket) else {
                    return Ok(());
                };
                let (code, words) = refusal(error);
                self.refuse(code, words, Some(id), tally).await
            }
        }
    }

    async fn accepted(
        &mut self,
        ticket: u64,
        posted: Posted,
        tally: &mut Tally,
    ) -> Result<(), End> {
        metrics::count_message("accepted");
        let message = posted.message;
        let Some(original) = posted.original else {
            // The room's update answers it; if that was skipped, the original is asked for.
            self.answers.accepted(ticket, message.revision);
            self.ask_for_skipped();
            return Ok(());
        };
        if !self
            .answers
            .answered_directly(ticket, message.revision, self.written)
        {
            return Ok(());
        }
        let payload = RecipeUpdate {
            recipe_id: self.recipe.to_string(),
            revision: message.revision,
            recipe: original,
            in_reply_to: Some(message.id.clone()),
            message: Some(message),
            messages: None,
            messages_truncated: None,
            session: None,
        };
        let frame = outbound::recipe_update(payload, self.edge.clock.now());
        self.write(frame, tally).await
    }

    /// Posts those messages again whose updates were skipped: the chat service gives the originals.
    pub(super) fn ask_for_skipped(&mut self) {
        for (ticket, id, content) in self.answers.skipped(self.written) {
            self.post(ticket, id, content);
        }
    }

    async fn refuse(
        &mut self,
        code: ErrorCode,
        words: impl Into<String>,
        id: Option<MessageId>,
        tally: &mut Tally,
    ) -> Result<(), End> {
        metrics::count_message(code.name());
        let id = id.map(|id| id.to_string());
        let frame = outbound::error(code, words, id, None, self.edge.clock.now());
        self.write(frame, tally).await
    }
}

fn refusal(error: ChatError) -> (ErrorCode, String) {
    match error {
        ChatError::NotFound => (
            ErrorCode::Forbidden,
            "You may not see this recipe any more".to_owned(),
        ),
        ChatError::Forbidden(words) => (ErrorCode::Forbidden, words),
        ChatError::Conflict(words) => (ErrorCode::Conflict, words),
        ChatError::Invalid(words) => (ErrorCode::InvalidMessage, words),
        ChatError::Busy(_) | ChatError::Unavailable => (
            ErrorCode::Unavailable,
            "The recipe service cannot be reached; send the message again with the same id"
                .to_owned(),
        ),
    }
}
