//! Tries a server against the protocol's table: the cases of `proto/websocket/conformance.json`, each on a new recipe.
//! `tests/conformance/README.md` says what the steps do.

mod case;
mod connection;
mod pattern;
mod people;
mod table;

use std::time::Duration;

use recipe_chat_client::{Server, Unreachable, http::NoAnswer};
use tokio_tungstenite::tungstenite;

pub use self::table::{Case, cases};
use self::{
    case::Trial,
    people::{NAMES, Person},
};

/// How long an answer may take, unless the step says otherwise.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What is other than the protocol says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

impl From<&str> for Fault {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

impl From<Unreachable> for Fault {
    fn from(error: Unreachable) -> Self {
        Self(error.to_string())
    }
}

impl From<NoAnswer> for Fault {
    fn from(error: NoAnswer) -> Self {
        Self(error.to_string())
    }
}

impl From<tungstenite::Error> for Fault {
    fn from(error: tungstenite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<tungstenite::http::header::InvalidHeaderValue> for Fault {
    fn from(error: tungstenite::http::header::InvalidHeaderValue) -> Self {
        Self(error.to_string())
    }
}

/// Runs the cases one after the other, and tells what became of each.
///
/// # Errors
/// When nobody can sign up at the server.
pub async fn run(
    server: &Server,
    cases: &[Case],
    mut tell: impl FnMut(&Case, Result<(), Fault>),
) -> Result<(), Fault> {
    let mut people = Vec::new();
    for name in NAMES {
        people.push(Person::sign_up(server, name).await?);
    }
    for case in cases {
        let tried = async {
            let trial = Trial::prepare(server, &mut people, case).await?;
            trial.run(&case.steps).await
        };
        tell(case, tried.await);
    }
    Ok(())
}
