//! What a connection does with its client's frames: each gets exactly one answer that names it. What comes too fast
//! is refused, and whoever goes on nevertheless is closed.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use proto::{
    ids::MessageId,
    text::MessageText,
    websocket::{
        codes::{Close, ErrorCode},
        frames::{Author, RecipeUpdate, Role},
    },
};
use runtime::trace_context;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tracing::{Instrument as _, Span, field::Empty, info_span};

use super::{End, Live, LookedUp, Outcome};
use crate::{
    connection::{invitation::invited_name, socket::Incoming},
    limits::Sent,
    metrics,
    session::{Event, Reauth},
    upstream::chat::{ChatError, Post, Posted},
    wire::{
        inbound::{self, Auth, Chat, ClientMessage, Fault},
        outbound,
    },
};

/// How many invalid messages end a connection.
const MAX_INVALID_MESSAGES: u32 = 20;

impl<S: AsyncRead + AsyncWrite + Unpin> Live<'_, S> {
    pub(super) async fn receive(&mut self, incoming: Incoming) -> Result<(), End> {
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Ping => return self.take_control_frame(),
            Incoming::Pong if self.unanswered_pings == 0 => return self.take_control_frame(),
            Incoming::Pong => {
                self.unanswered_pings = 0;
                return Ok(());
            }
            Incoming::Forbidden(close) => return Err(End::Closed(close)),
            Incoming::Closed(code) => return Err(End::Left(code)),
            Incoming::Lost => return Err(End::Lost),
        };
        self.telemetry.received();
        match inbound::read(&text) {
            Ok(ClientMessage::Auth(auth)) => self.reauthenticate(auth).await,
            Ok(ClientMessage::Chat(chat)) => self.chat(chat).await,
            Ok(ClientMessage::Ping(id)) => self.ping(id).await,
            Ok(ClientMessage::Typing) => self.types(),
            Err(fault) => self.refuse_invalid(fault).await,
        }
    }

    async fn reauthenticate(&mut self, auth: Auth) -> Result<(), End> {
        let now = Instant::now();
        let user = &self.session.principal().user;
        let taken = self
            .used
            .take(&self.edge.client_limits.load(), Sent::Auth, now)
            .and_then(|()| self.edge.user_limits.auth(user, now));
        if let Err(wait) = taken {
            return self.refuse_too_fast(Sent::Auth, auth.id, wait).await;
        }
        let reauth = Reauth {
            token: auth.token,
            id: auth.id,
            resume: auth.resume,
        };
        self.dispatch(Event::Auth(reauth)).await
    }

    async fn ping(&mut self, id: Option<MessageId>) -> Result<(), End> {
        let limits = self.edge.client_limits.load();
        if let Err(wait) = self.used.take(&limits, Sent::Ping, Instant::now()) {
            return self.refuse_too_fast(Sent::Ping, id, wait).await;
        }
        let id = id.map(|id| id.to_string());
        self.write(outbound::pong(id, self.edge.clock.now())).await
    }

    /// Others are told for a while, of somebody who may write. It has no answer; too many count as refused.
    fn types(&mut self) -> Result<(), End> {
        let (limits, now) = (self.edge.client_limits.load(), Instant::now());
        if self.used.take(&limits, Sent::Typing, now).is_err() {
            return self.count_refusal();
        }
        let reads_only = self.grant.is_some_and(|grant| grant.role == Role::Viewer);
        if !reads_only && !self.session.has_ended(now) && self.typing.said(now) {
            self.member.types(true);
        }
        Ok(())
    }

    pub(super) fn stop_typing(&mut self) {
        self.typing.end();
        self.member.types(false);
    }

    /// WebSocket pings are answered by the socket; they cannot be refused, but they count.
    fn take_control_frame(&mut self) -> Result<(), End> {
        let limits = self.edge.client_limits.load();
        match self.used.take(&limits, Sent::ControlFrame, Instant::now()) {
            Ok(()) => Ok(()),
            Err(_) => self.count_refusal(),
        }
    }

    /// Says that something came too fast, and when to try again.
    async fn refuse_too_fast(
        &mut self,
        sent: Sent,
        id: Option<MessageId>,
        wait: Duration,
    ) -> Result<(), End> {
        metrics::count_message(ErrorCode::RateLimited.name());
        let words = match sent {
            Sent::Message => "Too many messages in a short time; wait a moment",
            Sent::Auth => "Too many auths in a short time; wait a moment",
            Sent::Ping | Sent::Typing | Sent::ControlFrame => {
                "Too many pings in a short time; wait a moment"
            }
        };
        let id = id.map(|id| id.to_string());
        let code = ErrorCode::RateLimited;
        let frame = outbound::error(code, words, id, Some(wait), self.edge.clock.now());
        self.write(frame).await?;
        self.count_refusal()
    }

    fn count_refusal(&mut self) -> Result<(), End> {
        match self
            .used
            .refused(&self.edge.client_limits.load(), Instant::now())
        {
            true => Err(End::Closed(Close::TooManyMessages)),
            false => Ok(()),
        }
    }

    /// Takes one from the pace of messages, of this connection and of its user.
    fn take_message(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        self.used
            .take(&self.edge.client_limits.load(), Sent::Message, now)?;
        let user = &self.session.principal().user;
        self.edge.user_limits.message(user, now)
    }

    async fn refuse_invalid(&mut self, fault: Fault) -> Result<(), End> {
        if let Some(close) = fault.close() {
            return Err(End::Closed(close));
        }
        let code = fault.code;
        // What is invalid is counted below.
        if code != ErrorCode::InvalidMessage
            && let Err(wait) = self.take_message()
        {
            return self.refuse_too_fast(Sent::Message, fault.id, wait).await;
        }
        self.refuse(code, fault.words, fault.id).await?;
        if code == ErrorCode::InvalidMessage {
            self.invalid_messages += 1;
            if self.invalid_messages >= MAX_INVALID_MESSAGES {
                return Err(End::Closed(Close::TooManyInvalidMessages));
            }
        }
        Ok(())
    }

    async fn chat(&mut self, chat: Chat) -> Result<(), End> {
        if self.session.has_ended(Instant::now()) {
            return Err(End::Closed(Close::ReauthenticationTimeout));
        }
        if let Err(wait) = self.take_message() {
            let id = Some(chat.id);
            return self.refuse_too_fast(Sent::Message, id, wait).await;
        }
        self.telemetry.posts();
        self.stop_typing();
        let ticket = self.answers.expect(&chat, self.written.revision);
        let span = info_span!("message", message.id = %chat.id, trace_id = Empty);
        trace_context::begin(&span, chat.traceparent.as_deref());
        match invited_name(chat.content.as_str()).map(str::to_owned) {
            Some(name) => self.look_up(ticket, chat, name, span),
            None => span.in_scope(|| self.post(ticket, chat.id, chat.content, None)),
        }
        Ok(())
    }

    /// Looks up whom a message invites before it is posted. Nothing more is read meanwhile: messages keep their order.
    fn look_up(&mut self, ticket: u64, chat: Chat, name: String, span: Span) {
        self.looking_up = true;
        let calls = Arc::clone(&self.edge.calls);
        let looked_up = async move {
            let found = calls.find_user(&name).instrument(span.clone()).await;
            Outcome::LookedUp(Box::new(LookedUp {
                ticket,
                chat,
                span,
                found,
            }))
        };
        self.under_way.push(looked_up.boxed());
    }

    /// Posts a message of which it is known now whether it invites a user.
    pub(super) async fn looked_up(&mut self, looked_up: LookedUp) -> Result<(), End> {
        self.looking_up = false;
        let LookedUp {
            ticket,
            chat,
            span,
            found,
        } = looked_up;
        match found {
            Ok(user) => {
                let known = Some(user.into_iter().collect());
                span.in_scope(|| self.post(ticket, chat.id, chat.content, known));
                Ok(())
            }
            Err(_) => self.posted(ticket, Err(ChatError::Unavailable)).await,
        }
    }

    /// Posts a message; it takes its place in the order at once.
    fn post(
        &mut self,
        ticket: u64,
        id: MessageId,
        content: MessageText,
        known_users: Option<Vec<Author>>,
    ) {
        let principal = self.session.principal();
        let answer = self.edge.calls.post(Post {
            principal: Arc::clone(principal),
            recipe: self.recipe.clone(),
            id,
            content,
            not_after: principal.token_ends,
            known_users,
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
    ) -> Result<(), End> {
        match result {
            Ok(posted) => self.accepted(ticket, posted).await,
            Err(error) => {
                let Some(id) = self.answers.take(ticket) else {
                    return Ok(());
                };
                let (code, words, retry_after) = refusal(error);
                metrics::count_message(code.name());
                let now = self.edge.clock.now();
                let frame = outbound::error(code, words, Some(id.to_string()), retry_after, now);
                self.write(frame).await
            }
        }
    }

    async fn accepted(&mut self, ticket: u64, posted: Posted) -> Result<(), End> {
        metrics::count_message("accepted");
        let message = posted.message;
        let Some(original) = posted.original else {
            if self.answers.stood_before(ticket, message.revision) {
                // It is new, and yet older than what its author had: the store went back. It is sent again and answered then.
                return Err(End::Closed(Close::ServiceRestart));
            }
            // The room's update answers it; if that was skipped, the original is asked for.
            self.answers.accepted(ticket, message.revision);
            self.ask_for_skipped();
            return Ok(());
        };
        if !self
            .answers
            .answered_directly(ticket, message.revision, self.written.revision)
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
            recovered: None,
        };
        let frame = outbound::recipe_update(payload, self.edge.clock.now());
        self.write(frame).await
    }

    /// Posts those messages again whose updates were skipped: the chat service gives the originals.
    pub(super) fn ask_for_skipped(&mut self) {
        for (ticket, id, content) in self.answers.skipped(self.written.revision) {
            self.post(ticket, id, content, None);
        }
    }

    async fn refuse(
        &mut self,
        code: ErrorCode,
        words: impl Into<String>,
        id: Option<MessageId>,
    ) -> Result<(), End> {
        metrics::count_message(code.name());
        let id = id.map(|id| id.to_string());
        let frame = outbound::error(code, words, id, None, self.edge.clock.now());
        self.write(frame).await
    }
}

fn refusal(error: ChatError) -> (ErrorCode, String, Option<Duration>) {
    let (code, words) = match error {
        ChatError::NotFound => (
            ErrorCode::Forbidden,
            "You may not see this recipe any more".to_owned(),
        ),
        ChatError::Forbidden(words) => (ErrorCode::Forbidden, words),
        ChatError::Conflict(words) => (ErrorCode::Conflict, words),
        ChatError::Invalid(words) => (ErrorCode::InvalidMessage, words),
        ChatError::TooMuch { words, retry_after } => {
            return (ErrorCode::RateLimited, words, retry_after);
        }
        ChatError::TooLate => (
            ErrorCode::Unavailable,
            "The message came after your sign-in had ended; send it again with the same id"
                .to_owned(),
        ),
        ChatError::Unavailable => (
            ErrorCode::Unavailable,
            "The recipe service cannot be reached; send the message again with the same id"
                .to_owned(),
        ),
    };
    (code, words, None)
}
