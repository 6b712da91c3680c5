//! Where recipes are kept. This module and what lies in it alone know SQL; both databases keep the same promises
//! and pass the same tests.
//!
//! It decides nothing about recipes. Whoever writes says which revision it expects; a recipe that has moved on
//! is left as it is.

mod differences;
mod error;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod page;
mod postgres;
mod rows;
mod sqlite;

use std::{collections::HashSet, sync::Arc, time::Duration};

use proto::ids::{Position, RecipeId, Revision, UserId};
use runtime::{
    clock::Timestamp,
    config::SecretUrl,
    database::{
        self, Kind,
        plan::{self, Step},
    },
};
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

pub use self::error::OpenError;
pub(crate) use self::{
    compaction::Compacted,
    error::Error,
    page::{Page, Prefer, Snapshot, Tail},
    retention::MAX_OUTDATED,
    user_data::{FORMER_MEMBER, MAX_TRACES, Trace},
    webhooks::Progress,
};
use self::{postgres::Postgres, rows::RecipeRow, sqlite::Sqlite};
use crate::{
    access::Right,
    message::{AcceptedBefore, Message, MessageKey, Principal},
    names::{Called, Candidate},
    recipe::Recipe,
    recipe_state::{Accepted, RecipeState},
    share_link::Link,
};

/// The messages of one recipe, or the decision to write none.
#[derive(Debug)]
pub(crate) struct Write {
    /// The position that the store must still be at.
    pub expected: Position,
    /// The recipe after all of them.
    pub recipe_state: RecipeState,
    /// What was accepted, in order.
    pub accepted: Vec<Accepted>,
}

/// Whose recipes are listed, and which of them.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// Whose.
    pub who: Principal,
    /// What must all be found in the title, the tags or the ingredients: letters and digits, each a word or its beginning.
    pub words: Vec<String>,
    /// The last one of the page before: when it changed, and which it is.
    pub after: Option<(Timestamp, RecipeId)>,
    /// At most so many.
    pub limit: usize,
}

/// A recipe in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Which recipe.
    pub id: RecipeId,
    /// What it is called.
    pub title: String,
    /// How many messages it has.
    pub revision: Revision,
    /// When the last one was accepted.
    pub changed_at: Timestamp,
    /// Who wrote that; `None` when nobody has written anything.
    pub changed_by: Option<Principal>,
    /// Whose it is.
    pub owner: Principal,
    /// What the caller may do.
    pub right: Right,
    /// Its tags.
    pub tags: Vec<String>,
    /// How many it serves.
    pub servings: u32,
    /// The names of its first ingredients, at most three.
    pub first_ingredients: Vec<String>,
    /// Its first members who have come in, at most three; none for those who are not of it.
    pub people: Vec<Principal>,
}

/// A recipe as it became at a revision.
pub(crate) type Version = (Revision, Arc<Recipe>);

/// What became of somebody's coming to a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// Whether they had never come.
    pub first: bool,
    /// What they are called there.
    pub name: Arc<str>,
}

/// The store of a chat service.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// In one file, for one process.
    Sqlite(Arc<Sqlite>),
    /// On a server, for all replicas.
    Postgres(Arc<Postgres>),
}

/// How long a caller waits for an answer, whatever the database does.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// How many times somebody is given a name who is given one at the same time as others on other replicas.
const MAX_NAMING_ATTEMPTS: usize = 10;

/// Calls the same method of whichever database it is, with a time-out and in a span of its own.
macro_rules! ask {
    ($store:expr, $method:ident($($argument:expr),*)) => {{
        let span = debug_span!("store", db.operation.name = stringify!($method));
        let asked = async {
            match $store {
                Store::Sqlite(store) => store.$method($($argument),*).await,
                Store::Postgres(store) => store.$method($($argument),*).await,
            }
        };
        timeout(CALL_TIMEOUT, asked)
            .instrument(span)
            .await
            .unwrap_or(Err(Error::Late))
    }};
}

// They call by the macro above.
mod audit;
mod compaction;
mod emptying;
mod retention;
#[cfg(test)]
pub(crate) mod tests;
mod user_data;
mod webhooks;

/// The migrations that opening the database at `url` would apply. Changes nothing.
///
/// # Errors
/// When it cannot be looked at.
pub async fn missing_migrations(url: &SecretUrl) -> Result<Vec<Step>, database::OpenError> {
    plan::missing(url, sqlite::CONFIG, postgres::CONFIG).await
}

/// Applies them.
///
/// # Errors
/// When the database cannot be used, or a running service has it alone.
pub async fn migrate(url: &SecretUrl) -> Result<(), database::OpenError> {
    Store::open(url, 1, Duration::ZERO).await.map(drop)
}

impl Store {
    /// Opens the database at `url` and brings its tables up to date; `connections` is for a server, which may come within
    /// `wait`.
    ///
    /// # Errors
    /// When it cannot be opened; the error is one line without a password.
    pub(crate) async fn open(
        url: &SecretUrl,
        connections: u32,
        wait: Duration,
    ) -> Result<Self, database::OpenError> {
        Ok(match Kind::of(url)? {
            Kind::Sqlite(path) => Self::Sqlite(Arc::new(Sqlite::open(url, path)?)),
            Kind::Postgres => {
                let store = Postgres::open(url, connections, wait).await?;
                Self::Postgres(Arc::new(store))
            }
        })
    }

    /// Whether other processes may write as well, so that what is remembered may be out of date.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// Whether the database answers at all.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        ask!(self, ping())
    }

    /// Adds a new recipe at revision 0; `false` when its id is taken.
    pub(crate) async fn create(&self, recipe_state: &RecipeState) -> Result<bool, Error> {
        let row = RecipeRow::created(recipe_state)?;
        ask!(self, create(row))
    }

    /// Reads recipes at their newest revision; those that are not there are left out.
    pub(crate) async fn load(&self, recipes: Vec<RecipeId>) -> Result<Vec<RecipeState>, Error> {
        ask!(self, load(recipes))
    }

    /// Reads one recipe at its newest revision.
    pub(crate) async fn load_one(&self, recipe: &RecipeId) -> Result<Option<RecipeState>, Error> {
        Ok(self.load(vec![recipe.clone()]).await?.pop())
    }

    /// Reads what somebody who comes to a recipe finds there, in one turn where the database allows it; `None` when it is
    /// not there.
    pub(crate) async fn snapshot(
        &self,
        recipe: &RecipeId,
        user: &UserId,
        tail: Tail,
    ) -> Result<Option<Snapshot>, Error> {
        // Three queries of PostgreSQL: apart, so that not every call that joins is as large as they are.
        let asked = async { ask!(self, snapshot(recipe.clone(), user.clone(), tail)) };
        Box::pin(asked).await
    }

    /// Finds the messages that were accepted under these keys before.
    pub(crate) async fn find(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, AcceptedBefore)>, Error> {
        ask!(self, find(keys))
    }

    /// Writes what was accepted, all recipes in one transaction. Tells for each whether it was written: a
    /// recipe that was no longer at the expected revision, or has another message there, is left as it is.
    ///
    /// # Errors
    /// When the database failed. Unless it says so, nothing is known about what was written.
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Vec<bool>, Error> {
        let rows: Result<Vec<_>, _> = writes.iter().map(RecipeRow::changed).collect();
        let rows = rows?;
        ask!(self, commit(rows))
    }

    /// Reads messages, oldest first, but for those whose text is gone.
    pub(crate) async fn messages(
        &self,
        recipe: &RecipeId,
        page: Page,
    ) -> Result<Vec<Arc<Message>>, Error> {
        ask!(self, messages(recipe.clone(), page))
    }

    /// Reads the message at a revision, also one whose text is gone.
    pub(crate) async fn message(
        &self,
        recipe: &RecipeId,
        at: Revision,
    ) -> Result<Option<Arc<Message>>, Error> {
        ask!(self, message(recipe.clone(), at))
    }

    /// Reads the messages before a revision that changed the recipe, newest first, also those whose text is gone.
    pub(crate) async fn changes(
        &self,
        recipe: &RecipeId,
        before: Revision,
        limit: usize,
    ) -> Result<Vec<Arc<Message>>, Error> {
        ask!(self, changes(recipe.clone(), before, limit))
    }

    /// Reads the version that a recipe stood at after `from`, and each later one up to `upto`, in order, and tells up
    /// to which revision they are complete: at least two are read, and no more once they have so many bytes.
    pub(crate) async fn versions(
        &self,
        recipe: &RecipeId,
        from: Revision,
        upto: Revision,
        bytes: usize,
    ) -> Result<(Vec<Version>, Revision), Error> {
        ask!(self, versions(recipe.clone(), from, upto, bytes))
    }

    /// Reads the version that a recipe stood at after a revision.
    pub(crate) async fn version(
        &self,
        recipe: &RecipeId,
        at: Revision,
    ) -> Result<Option<Version>, Error> {
        Ok(self.versions(recipe, at, at, usize::MAX).await?.0.pop())
    }

    /// Counts the recipes of an owner.
    pub(crate) async fn owned(&self, owner: &UserId) -> Result<u64, Error> {
        ask!(self, owned(owner.clone()))
    }

    /// Counts the members of all recipes of an owner.
    pub(crate) async fn count_members(&self, owner: &UserId) -> Result<u64, Error> {
        ask!(self, count_members(owner.clone()))
    }

    /// Remembers that somebody came to a recipe, and gives them the first of these names that looks like nobody else's
    /// there; the name that they had there is free again.
    pub(crate) async fn visit(
        &self,
        recipe: &RecipeId,
        who: &Principal,
        names: Vec<Candidate>,
    ) -> Result<Visit, Error> {
        let mut attempts = 0..MAX_NAMING_ATTEMPTS;
        loop {
            let visited = ask!(self, visit(recipe.clone(), who.clone(), names.clone()));
            // Another replica has just given that name to somebody.
            match visited {
                Err(Error::Repeated) if attempts.next().is_some() => {}
                visited => return visited,
            }
        }
    }

    /// Tells what people are called on recipes; those who never came are left out.
    pub(crate) async fn called(
        &self,
        people: Vec<(RecipeId, UserId)>,
    ) -> Result<Vec<(RecipeId, UserId, Called)>, Error> {
        ask!(self, called(people))
    }

    /// Tells what somebody who came to a recipe is called there.
    pub(crate) async fn visitor_name(
        &self,
        recipe: &RecipeId,
        user: &UserId,
    ) -> Result<Option<String>, Error> {
        ask!(self, visitor_name(recipe.clone(), user.clone()))
    }

    /// Forgets that somebody came to a recipe, so that it is not among theirs.
    pub(crate) async fn forget_visit(&self, recipe: &RecipeId, user: &UserId) -> Result<(), Error> {
        ask!(self, forget_visit(recipe.clone(), user.clone()))
    }

    /// Names everybody who ever came to a recipe.
    pub(crate) async fn visitors(&self, recipe: &RecipeId) -> Result<HashSet<UserId>, Error> {
        ask!(self, visitors(recipe.clone()))
    }

    /// Adds a link, by the hash of its token.
    pub(crate) async fn add_link(&self, link: &Link, token_hash: String) -> Result<(), Error> {
        ask!(self, add_link(link.clone(), token_hash))
    }

    /// Lists the links to a recipe that have not expired, the oldest first.
    pub(crate) async fn links(
        &self,
        recipe: &RecipeId,
        now: Timestamp,
    ) -> Result<Vec<Link>, Error> {
        ask!(self, links(recipe.clone(), now))
    }

    /// Counts somebody's links that have not expired.
    pub(crate) async fn count_links(&self, user: &UserId, now: Timestamp) -> Result<u64, Error> {
        ask!(self, count_links(user.clone(), now))
    }

    /// Finds a link by the hash of its token, whether it has expired or not.
    pub(crate) async fn find_link(&self, token_hash: String) -> Result<Option<Link>, Error> {
        ask!(self, find_link(token_hash))
    }

    /// Deletes a link of a recipe; tells whether there was such a one.
    pub(crate) async fn delete_link(&self, recipe: &RecipeId, link: &str) -> Result<bool, Error> {
        ask!(self, delete_link(recipe.clone(), link.to_owned()))
    }

    /// Deletes links that have expired, at most so many; tells how many there were.
    pub(crate) async fn delete_expired_links(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, Error> {
        ask!(self, delete_expired_links(now, limit))
    }

    /// Binds an invitation to the user who came by that name, unless it is bound already.
    pub(crate) async fn bind(
        &self,
        recipe: &RecipeId,
        name: &str,
        user: &UserId,
    ) -> Result<(), Error> {
        ask!(self, bind(recipe.clone(), name.to_owned(), user.clone()))
    }

    /// Lists what somebody owns, is a member of or has come to, and may still see, newest change first.
    pub(crate) async fn list(&self, listing: Listing) -> Result<Vec<Summary>, Error> {
        ask!(self, list(listing))
    }

    /// Deletes all that is of a recipe, and retires its id; tells whether there was one.
    pub(crate) async fn delete(&self, recipe: &RecipeId) -> Result<bool, Error> {
        ask!(self, delete(recipe.clone()))
    }

    /// Whether an id was a recipe's that is deleted.
    pub(crate) async fn is_retired(&self, recipe: &RecipeId) -> Result<bool, Error> {
        ask!(self, is_retired(recipe.clone()))
    }

    /// Loses all that came after a revision of a recipe, as a failover does that loses the last commits.
    #[cfg(test)]
    pub(crate) async fn go_back(&self, recipe: &str, revision: Revision) {
        let statements = [
            format!("DELETE FROM messages WHERE recipe = '{recipe}' AND revision > {revision}"),
            format!("DELETE FROM versions WHERE recipe = '{recipe}' AND revision > {revision}"),
            format!(
                "UPDATE recipes SET revision = {revision}, undo = '[]',
                 state_revision = (SELECT max(revision) FROM versions WHERE recipe = '{recipe}'),
                 state = (SELECT state FROM versions WHERE recipe = '{recipe}'
                     ORDER BY revision DESC LIMIT 1)
                 WHERE id = '{recipe}'"
            ),
        ];
        match self {
            Self::Sqlite(store) => store.run(statements.join(";")).await,
            Self::Postgres(store) => store.run(&statements).await,
        }
    }

    /// How many rows a table has.
    #[cfg(test)]
    pub(crate) async fn count_rows(&self, table: &'static str) -> u64 {
        match self {
            Self::Sqlite(store) => store.count_rows(table).await,
            Self::Postgres(store) => store.count_rows(table).await,
        }
    }

    /// Tells how far recipes have come.
    pub(crate) async fn revisions(
        &self,
        recipes: Vec<RecipeId>,
    ) -> Result<Vec<(RecipeId, Revision)>, Error> {
        ask!(self, revisions(recipes))
    }
}
