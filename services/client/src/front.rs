//! Where the chat meets a person or a program: a screen, plain lines, or the channels of a
//! [`Conversation`](crate::Conversation). A front shows and listens; it decides nothing.

use std::io;

use tokio::time::Instant;

use crate::chat::{Chat, News};

/// What the person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Says something.
    Say(String),
    /// Nothing more will come.
    End,
    /// Leave now.
    Leave,
    /// Only what is shown has changed.
    Redraw,
}

/// Shows a chat, and says what the person does.
pub trait Front {
    /// Waits for the person. While there is no `room` for another message, it takes none. Cancel-safe.
    fn next(&mut self, room: bool) -> impl Future<Output = io::Result<Input>>;

    /// Passes on what the server has sent, as it came.
    fn frame(&mut self, text: &str) -> io::Result<()>;

    /// Tells something new.
    fn tell(&mut self, news: &News) -> io::Result<()>;

    /// Shows how the chat stands now.
    fn show(&mut self, chat: &Chat, now: Instant) -> io::Result<()>;
}
