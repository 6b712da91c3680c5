//! One run of the client from sign-in to sign-out.

use std::io::{self, IsTerminal as _};

use rand::RngExt as _;
use recipe_chat_client::{Account, BadAddress, Chat, Driver, Ending, Front, Server, create_recipe};
use tokio::time::Instant;

use crate::{Config, Format, Lines, lines::lines_of, password, screen::Screen};
use secrecy::SecretString;

/// Why the client ends without having done what it should. Each is one line for people.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("{0}")]
    Password(String),
    #[error("{0}")]
    SignIn(String),
    #[error("the recipe cannot be made: {0}")]
    Creation(String),
    /// The server has ended the chat for good.
    #[error("{0}")]
    Ended(String),
    #[error("cannot use the terminal: {0}")]
    Terminal(#[source] io::Error),
}

/// Finds the password, signs in and chats: on a screen when a person sits at a terminal, else in lines.
///
/// # Errors
/// When signing in fails, or the server ends the chat for good.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let asking = config.clone();
    let password = tokio::task::spawn_blocking(move || password::find(&asking))
        .await
        .map_err(|error| Failure::Password(error.to_string()))?
        .map_err(|error| Failure::Password(error.to_string()))?;
    let lines = |format| {
        let input = lines_of(io::BufReader::new(io::stdin()));
        Lines::new(input, io::stdout(), io::stderr(), format)
    };
    let seen = io::stdin().is_terminal() && io::stdout().is_terminal();
    if config.json {
        chat_in(config, &password, lines(Format::Json), stop).await
    } else if config.plain || !seen {
        chat_in(config, &password, lines(Format::Text), stop).await
    } else {
        converse(config, &password, Screen::open, stop).await
    }
}

/// Signs in and chats in lines.
///
/// # Errors
/// When signing in fails, or the server ends the chat for good.
pub async fn chat_in<O: io::Write, E: io::Write>(
    config: Config,
    password: &SecretString,
    lines: Lines<O, E>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    converse(config, password, |_| Ok(lines), stop).await
}

/// The front is made after the sign-in, whose failure is told on the bare terminal.
async fn converse<F: Front>(
    config: Config,
    password: &SecretString,
    front: impl FnOnce(&Config) -> io::Result<F>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let server = Server::at(config.url.expose())?;
    let signing_in = Account::open(server.clone(), config.register, &config.user, password);
    let (account, token) = signing_in
        .await
        .map_err(|error| Failure::SignIn(error.to_string()))?;
    if config.create {
        create_recipe(&server, &token, &config.recipe)
            .await
            .map_err(|error| Failure::Creation(error.to_string()))?;
    }
    let front = front(&config).map_err(Failure::Terminal)?;
    let chat = Chat::new(token, rand::rng().random(), Instant::now());
    let driver = Driver::new(server, config.recipe, account, chat, front);
    match Box::pin(driver.run(stop)).await {
        Ok(Ending::Left { unsent: 0 }) => Ok(()),
        Ok(Ending::Left { unsent: 1 }) => Err(Failure::Ended("1 message was not sent".to_owned())),
        Ok(Ending::Left { unsent }) => {
            Err(Failure::Ended(format!("{unsent} messages were not sent")))
        }
        Ok(Ending::Failed(words)) => Err(Failure::Ended(words)),
        // Whoever read the lines has gone, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Terminal(error)),
    }
}
