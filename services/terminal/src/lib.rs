//! A chat in the terminal: signs in over HTTP, talks over a WebSocket, and shows the recipe beside the chat, or
//! plain lines when it stands in a pipe.
//!
//! What the client does is decided in [`chat`], which is pure; [`driver`] alone carries it out. Tokens and the
//! password are kept in memory only and never printed.

mod account;
mod chat;
mod config;
mod dial;
mod driver;
mod front;
mod lines;
mod password;
mod printable;
mod recipe_card;
mod screen;
mod session;
mod socket;

pub use config::Config;
pub use dial::BadAddress;
pub use lines::{Format, Lines, lines_of};
pub use session::{Failure, chat_in, run};
