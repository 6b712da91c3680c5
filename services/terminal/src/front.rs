//! Where the chat meets the person: a screen or plain lines. A front shows and listens; it decides nothing.

use std::io;

use tokio::time::Instant;

use crate::chat::{Chat, News};

/// What the person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Say(String),
    /// Nothing more will come.
    End,
    /// Leave now.
    Leave,
    /// Only what is shown has changed.
    Look,
}

pub(crate) trait Front {
    /// Waits for the person. While there is no `room` for another message, it takes none. Cancel-safe.
    fn next(&mut self, room: bool) -> impl Future<Output = io::Result<Input>>;

    /// Passes on what the server has sent, as it came.
    fn frame(&mut self, text: &str) -> io::Result<()>;

    fn tell(&mut self, news: &News) -> io::Result<()>;

    /// Shows how the chat stands now.
    fn show(&mut self, chat: &Chat, now: Instant) -> io::Result<()>;
}
