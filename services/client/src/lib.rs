//! A client of Recipe Chat for programs: keeps a connection to one recipe, proves who it is again before the token ends,
//! comes back with what was missed, and loses no message.
//!
//! [`Conversation`] is the whole of it in a task. What it does is decided in [`Chat`], a pure state machine that takes
//! time as an argument; [`Driver`] carries it out, and a [`Front`] shows it: the terminal client has two of its own.
//! Access tokens come from an [`Account`] at the server's own auth service, from an [`ApiToken`] that a user has made for a
//! program, from an [`IssuerAccount`] at an identity provider, or from any function, as [`Tokens`].
//!
//! ```no_run
//! use recipe_chat_client::{Account, Conversation, News, Server, create_recipe};
//!
//! # async fn cook() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::at("http://127.0.0.1:8080")?;
//! let password = "correct horse battery".to_owned().into();
//! let (account, token) = Account::open(server.clone(), true, "ada", &password).await?;
//! let recipe = "pancakes".parse()?;
//! create_recipe(&server, &token, &recipe).await?;
//!
//! let mut chat = Conversation::begin(server, recipe, account, token);
//! chat.say("add 2 eggs").await?;
//! while let Some(news) = chat.next().await {
//!     if let News::Said(message) = news {
//!         println!("{}: {} {:?}", message.author.name, message.content, message.effect);
//!         break;
//!     }
//! }
//! chat.leave().await?;
//! # Ok(())
//! # }
//! ```

mod account;
mod api_token;
mod chat;
mod conversation;
mod device;
mod dial;
mod driver;
mod front;
pub mod http;
pub mod printable;
mod socket;
mod tokens;

pub use account::{Account, Error as AccountError, create_recipe};
pub use api_token::ApiToken;
pub use chat::{
    Action, Chat, Ending, Event, History, Line, News, NoToken, NotOpened, Outbox, Outgoing, Status,
    Token, Waiting,
};
pub use conversation::{Conversation, Ended};
pub use device::{DeviceError, IssuerAccount, Prompt};
pub use dial::{BadAddress, Server, Stream, Unreachable};
pub use driver::Driver;
pub use front::{Front, Input};
pub use proto::{ids::RecipeId, websocket::frames::Message};
pub use tokens::Tokens;
