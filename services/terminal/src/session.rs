//! One run of the client from sign-in to sign-out.

use std::io::{self, IsTerminal as _, Write as _};

use futures_util::future::BoxFuture;
use rand::RngExt as _;
use recipe_chat_client::{
    Account, BadAddress, Chat, Driver, Ending, Front, IssuerAccount, NoToken, Prompt, Server,
    Token, Tokens, create_recipe,
};
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
    let password = match config.sign_in {
        Some(_) => SecretString::default(),
        None => tokio::task::spawn_blocking(move || password::find(&asking))
            .await
            .map_err(|error| Failure::Password(error.to_string()))?
            .map_err(|error| Failure::Password(error.to_string()))?,
    };
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

/// Where the tokens of this run come from.
#[derive(Debug)]
enum Source {
    Account(Account),
    Issuer(IssuerAccount),
}

impl Source {
    async fn open(
        config: &Config,
        server: &Server,
        password: &SecretString,
    ) -> Result<(Self, Token), Failure> {
        if let Some(issuer) = &config.sign_in {
            let opened = IssuerAccount::open(server, issuer, tell).await;
            let opened = opened.map(|(account, token)| (Self::Issuer(account), token));
            return opened.map_err(|error| Failure::SignIn(error.to_string()));
        }
        let opened = Account::open(server.clone(), config.register, &config.user, password);
        let opened = opened
            .await
            .map(|(account, token)| (Self::Account(account), token));
        opened.map_err(|error| Failure::SignIn(error.to_string()))
    }
}

impl Tokens for Source {
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>> {
        match self {
            Self::Account(account) => account.renew(),
            Self::Issuer(account) => account.renew(),
        }
    }

    async fn close(self) {
        match self {
            Self::Account(account) => account.close().await,
            Self::Issuer(account) => account.close().await,
        }
    }
}

/// Beside what the chat prints: that may be read by a program.
fn tell(Prompt { address, code }: &Prompt) {
    let words = format!("Sign in: open {address} in a browser and type {code}. Waiting for you…");
    // Whoever does not see it does not sign in, and the code ends.
    writeln!(io::stderr(), "{words}").ok();
}

/// The front is made after the sign-in, whose failure is told on the bare terminal.
async fn converse<F: Front>(
    config: Config,
    password: &SecretString,
    front: impl FnOnce(&Config) -> io::Result<F>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let server = Server::at(config.url.expose())?;
    let (account, token) = Source::open(&config, &server, password).await?;
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
