//! A chat in the terminal: signs in over HTTP, talks over a WebSocket, and shows the recipe beside the chat, or
//! plain lines when it stands in a pipe.
//!
//! What the client does is in `recipe_chat_client`; here is how it looks. Tokens and the password are kept in memory
//! only and never printed.

mod config;
mod lines;
mod password;
mod recipe_card;
mod screen;
mod session;

pub use config::Config;
pub use lines::{Format, Lines, lines_of};
pub use session::{Failure, chat_in, run};
