//! `recipe-chat explain`: what a close or an error of the protocol means, and what to do about it.

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use clap::Args;
use proto::websocket::codes::{Close, ClosingAction, ErrorCode};

/// What is to be explained.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A close code such as 1013, words of a close's reason such as "try again", or an error's code such as rate_limited;
    /// all of them when nothing is named
    #[arg(value_name = "CODE")]
    what: Vec<String>,
}

/// A close, or the error of a single message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Close(Close),
    Error(ErrorCode),
}

/// Prints the explanations.
///
/// # Errors
/// When no code has that name, or standard output is closed.
pub(crate) fn run(explain: &Explain) -> anyhow::Result<()> {
    let what = explain.what.join(" ").to_lowercase();
    let found: Vec<_> = all().filter(|code| code.is_named(&what)).collect();
    if found.is_empty() {
        let codes: Vec<_> = all().map(Code::name).collect();
        return Err(anyhow!(
            "{what:?} is no code of the protocol; there are {}",
            codes.join(", ")
        ));
    }
    let texts: Vec<_> = found.into_iter().map(Code::text).collect();
    writeln!(std::io::stdout(), "{}", texts.join("\n\n")).context("cannot write to standard output")
}

/// The explanation of a close that a client was told; `None`: the protocol has no such one.
pub(crate) fn of_told(code: u16, reason: &str) -> Option<String> {
    let is_it = |close: &Close| close.code() == code && close.reason() == reason;
    let close = Close::ALL.into_iter().find(is_it)?;
    Some(Code::Close(close).text())
}

fn all() -> impl Iterator<Item = Code> {
    let closes = Close::ALL.into_iter().map(Code::Close);
    closes.chain(ErrorCode::ALL.into_iter().map(Code::Error))
}

impl Code {
    fn name(self) -> String {
        match self {
            Self::Close(close) => format!("{} {}", close.code(), close.reason()),
            Self::Error(error) => error.name().to_owned(),
        }
    }

    /// Whether the lower-case words name it: the number, or a part of the reason or of the name.
    fn is_named(self, words: &str) -> bool {
        self.name().to_lowercase().contains(words)
    }

    fn text(self) -> String {
        let (happened, mend) = match self {
            Self::Close(close) => of_close(close),
            Self::Error(error) => of_error(error),
        };
        let client = match self {
            Self::Close(close) => after_close(close),
            Self::Error(error) if error.retryable() => {
                "sends the same message again under the same id, after `retry_after_ms` when it is told one".to_owned()
            }
            Self::Error(_) => "does not send the same message again".to_owned(),
        };
        format!(
            "{}\n  what happened  {happened}\n  the client     {client}\n  the operator   {mend}",
            self.name()
        )
    }
}

fn after_close(close: Close) -> String {
    let what = match close.action() {
        ClosingAction::Reconnect => "connects again",
        ClosingAction::SignIn => "gets a fresh token, by signing in if need be, and connects again",
        ClosingAction::Stop => "does not connect again by itself",
    };
    match close.retry_after() {
        Some(spread) => format!(
            "{what}, after {:?} to {:?} by chance, or after `retry_after_ms` of `closing`",
            spread.start(),
            spread.end()
        ),
        None => what.to_owned(),
    }
}

/// What happened, and what an operator does about it.
const fn of_close(close: Close) -> (&'static str, &'static str) {
    match close {
        Close::AuthenticationTimeout => (
            "no `auth` came in the time of --auth-timeout",
            "many: clients or the network are slow, or somebody holds sockets open",
        ),
        Close::FirstMessageMustBeAuth => (
            "the first frame was no `auth`",
            "tell the author of the client",
        ),
        Close::MissingAuthToken => (
            "an `auth` had no `token`, or an empty one",
            "tell the author of the client",
        ),
        Close::InvalidToken => (
            "the token was malformed, forged, expired or revoked, or of another installation",
            "many after a change of keys, issuer or audience: compare the settings and clocks of the auth replicas",
        ),
        Close::NotAllowed => (
            "the user may not see the recipe, was removed from it, or it was deleted",
            "nothing",
        ),
        Close::AnotherUser => ("a re-auth came with the token of another user", "nothing"),
        Close::ReauthenticationTimeout => (
            "no fresh token came in the time of --reauth-grace, or the token ended",
            "many: can clients reach /v1/auth/refresh? Does auth serve?",
        ),
        Close::SessionRevoked => (
            "a logout, `recipe-chat sessions revoke`, a changed password, or a stolen refresh token",
            "auth logs theft as a warning",
        ),
        Close::SessionMoved => ("the session goes on over a newer connection", "nothing"),
        Close::TooManyInvalidMessages => (
            "20 messages of one connection were malformed",
            "tell the author of the client",
        ),
        Close::TooManyMessages => (
            "the client went on though it was told to wait, --max-refusals times in a minute, or pinged without end",
            "tell the author of the client; somebody may mean harm",
        ),
        Close::TryAgainLater => (
            "auth or chat could not be asked; the token may be good",
            "look at /readyz and at the services",
        ),
        Close::TooManyConnections => (
            "the user has as many connections to this edge as --max-connections-per-user allows, or comes too often",
            "raise that or --auth-rate-per-user, or find out why",
        ),
        Close::TooSlow => (
            "the client read more slowly than 1 KiB a second for longer than --write-timeout",
            "nothing, unless there are many",
        ),
        Close::ServiceRestart => (
            "the edge drains, the connection is as old as --max-connection-age allows, an operator closed it, or the \
             recipe's store was set back",
            "nothing; a timeline says which it was",
        ),
        Close::MessageTooBig => (
            "a frame had more than 64 KiB, or more than 8 KiB before `auth`",
            "tell the author of the client",
        ),
        Close::TextFramesOnly => ("a binary frame came", "tell the author of the client"),
        Close::InvalidUtf8 => ("a text frame was no UTF-8", "tell the author of the client"),
        Close::ProtocolError => (
            "a frame broke the rules of WebSockets (RFC 6455)",
            "tell the author of the client",
        ),
    }
}

/// What happened, and what an operator does about it.
const fn of_error(error: ErrorCode) -> (&'static str, &'static str) {
    match error {
        ErrorCode::InvalidMessage => (
            "it was no JSON, had no such type, or a field was missing or wrong",
            "tell the author of the client",
        ),
        ErrorCode::MessageTooLong => ("it had more than 4,000 characters", "nothing"),
        ErrorCode::RateLimited => (
            "too much came in too short a time",
            "--message-rate, --message-rate-per-user, --control-rate or --bytes-per-user set the limit",
        ),
        ErrorCode::Forbidden => ("the user may read the recipe, not write it", "nothing"),
        ErrorCode::Conflict => (
            "the id was used before for another content",
            "tell the author of the client",
        ),
        ErrorCode::Unavailable => (
            "the chat service or its database could not be asked",
            "look at /readyz and at the chat service",
        ),
        ErrorCode::Internal => ("a fault of the server", "look at the logs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_number_and_by_words() {
        let found = |words: &str| all().filter(|code| code.is_named(words)).count();
        assert_eq!(found("1012"), 1);
        assert_eq!(found("1013"), 3);
        assert_eq!(found("session moved"), 1);
        assert_eq!(found("rate_limited"), 1);
        assert_eq!(found(""), Close::ALL.len() + ErrorCode::ALL.len());
        assert_eq!(found("4711"), 0);
    }

    #[test]
    fn an_explanation_says_what_client_and_operator_do() {
        let text = Code::Close(Close::ServiceRestart).text();
        assert!(text.starts_with("1012 Service restart\n"), "{text}");
        assert!(
            text.contains("connects again, after 100ms to 1s by chance"),
            "{text}"
        );
        let text = Code::Error(ErrorCode::Unavailable).text();
        assert!(
            text.contains("under the same id") && text.contains("/readyz"),
            "{text}"
        );
    }

    #[test]
    fn the_runbook_lists_every_close() {
        let runbook = include_str!("../../../docs/operations.md");
        for close in Close::ALL {
            assert!(
                runbook.contains(&format!("`{}`", close.reason())),
                "{close:?}"
            );
        }
    }
}
