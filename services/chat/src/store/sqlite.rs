//! Recipes in one SQLite file, for one process. What its threads run is in `queries`.

mod links;
mod lists;
mod messages;
mod queries;
mod visits;

use std::{collections::HashSet, sync::Arc};

use proto::ids::{RecipeId, Revision, UserId};
use runtime::{
    clock::Timestamp,
    config::SecretUrl,
    database::{OpenError, sqlite},
};
use rusqlite::Connection;

use super::{Error, Listing, Page, Snapshot, Summary, Tail, Version, Visit, rows::RecipeRow};
use crate::{
    message::{AcceptedBefore, Message, MessageKey, Principal},
    names::{Called, Candidate},
    recipe_state::RecipeState,
    share_link::Link,
};

pub(super) const CONFIG: sqlite::Config = sqlite::Config {
    service: "chat",
    migrations: &[
        include_str!("../../migrations/sqlite/0001_init.sql"),
        include_str!("../../migrations/sqlite/0002_messages_by_id.sql"),
        include_str!("../../migrations/sqlite/0003_access.sql"),
        include_str!("../../migrations/sqlite/0004_lists.sql"),
        include_str!("../../migrations/sqlite/0005_owner_index.sql"),
        include_str!("../../migrations/sqlite/0006_names.sql"),
        include_str!("../../migrations/sqlite/0007_audit.sql"),
        include_str!("../../migrations/sqlite/0008_webhooks.sql"),
        include_str!("../../migrations/sqlite/0009_version_differences.sql"),
        include_str!("../../migrations/sqlite/0010_message_retention.sql"),
    ],
    readers: 2,
    pragmas: "
        PRAGMA wal_autocheckpoint = 8192;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -32768;
        PRAGMA mmap_size = 268435456;",
};

/// An open SQLite database.
#[derive(Debug)]
pub(crate) struct Sqlite(pub(super) sqlite::Database);

impl Sqlite {
    /// Opens the file, which is created with its folder when missing.
    pub(super) fn open(url: &SecretUrl, path: &str) -> Result<Self, OpenError> {
        sqlite::Database::open(url, path, CONFIG).map(Self)
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        let one = |db: &Connection| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?);
        self.0.read(one).await
    }

    pub(super) async fn create(&self, row: RecipeRow) -> Result<bool, Error> {
        self.0.write(move |db| queries::create(db, &row)).await
    }

    pub(super) async fn load(&self, recipes: Vec<RecipeId>) -> Result<Vec<RecipeState>, Error> {
        self.0.read(move |db| queries::load(db, &recipes)).await
    }

    pub(super) async fn snapshot(
        &self,
        recipe: RecipeId,
        user: UserId,
        tail: Tail,
    ) -> Result<Option<Snapshot>, Error> {
        self.0
            .read(move |db| queries::snapshot(db, &recipe, &user, tail))
            .await
    }

    pub(super) async fn find(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, AcceptedBefore)>, Error> {
        self.0.read(move |db| messages::find(db, &keys)).await
    }

    pub(super) async fn commit(&self, rows: Vec<RecipeRow>) -> Result<Vec<bool>, Error> {
        self.0
            .write(move |db| rows.iter().map(|row| queries::advance(db, row)).collect())
            .await
    }

    pub(super) async fn messages(
        &self,
        recipe: RecipeId,
        page: Page,
    ) -> Result<Vec<Arc<Message>>, Error> {
        self.0
            .read(move |db| messages::of_page(db, &recipe, page))
            .await
    }

    pub(super) async fn message(
        &self,
        recipe: RecipeId,
        at: Revision,
    ) -> Result<Option<Arc<Message>>, Error> {
        self.0.read(move |db| messages::at(db, &recipe, at)).await
    }

    pub(super) async fn changes(
        &self,
        recipe: RecipeId,
        before: Revision,
        limit: usize,
    ) -> Result<Vec<Arc<Message>>, Error> {
        let changes = move |db: &_| messages::changes(db, &recipe, before, limit);
        self.0.read(changes).await
    }

    pub(super) async fn versions(
        &self,
        recipe: RecipeId,
        from: Revision,
        upto: Revision,
        bytes: usize,
    ) -> Result<(Vec<Version>, Revision), Error> {
        self.0
            .read(move |db| queries::versions(db, &recipe, from, upto, bytes))
            .await
    }

    pub(super) async fn owned(&self, owner: UserId) -> Result<u64, Error> {
        self.0.read(move |db| queries::owned(db, &owner)).await
    }

    pub(super) async fn count_members(&self, owner: UserId) -> Result<u64, Error> {
        let count = move |db: &_| queries::count_members(db, &owner);
        self.0.read(count).await
    }

    pub(super) async fn visit(
        &self,
        recipe: RecipeId,
        who: Principal,
        names: Vec<Candidate>,
    ) -> Result<Visit, Error> {
        self.0
            .write(move |db| visits::visit(db, &recipe, &who, &names))
            .await
    }

    pub(super) async fn called(
        &self,
        people: Vec<(RecipeId, UserId)>,
    ) -> Result<Vec<(RecipeId, UserId, Called)>, Error> {
        self.0.read(move |db| visits::called(db, &people)).await
    }

    pub(super) async fn visitor_name(
        &self,
        recipe: RecipeId,
        user: UserId,
    ) -> Result<Option<String>, Error> {
        self.0
            .read(move |db| visits::visitor_name(db, &recipe, &user))
            .await
    }

    pub(super) async fn bind(
        &self,
        recipe: RecipeId,
        name: String,
        user: UserId,
    ) -> Result<(), Error> {
        self.0
            .write(move |db| queries::bind(db, &recipe, &name, &user))
            .await
    }

    pub(super) async fn forget_visit(&self, recipe: RecipeId, user: UserId) -> Result<(), Error> {
        self.0
            .write(move |db| visits::forget_visit(db, &recipe, &user))
            .await
    }

    pub(super) async fn visitors(&self, recipe: RecipeId) -> Result<HashSet<UserId>, Error> {
        self.0.read(move |db| visits::visitors(db, &recipe)).await
    }

    pub(super) async fn add_link(&self, link: Link, token_hash: String) -> Result<(), Error> {
        self.0
            .write(move |db| links::add(db, &link, &token_hash))
            .await
    }

    pub(super) async fn links(&self, recipe: RecipeId, now: Timestamp) -> Result<Vec<Link>, Error> {
        self.0.read(move |db| links::of(db, &recipe, now)).await
    }

    pub(super) async fn count_links(&self, user: UserId, now: Timestamp) -> Result<u64, Error> {
        self.0.read(move |db| links::count(db, &user, now)).await
    }

    pub(super) async fn find_link(&self, token_hash: String) -> Result<Option<Link>, Error> {
        self.0.read(move |db| links::find(db, &token_hash)).await
    }

    pub(super) async fn delete_link(&self, recipe: RecipeId, link: String) -> Result<bool, Error> {
        self.0
            .write(move |db| links::delete(db, &recipe, &link))
            .await
    }

    pub(super) async fn delete_expired_links(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, Error> {
        self.0
            .write(move |db| links::delete_expired(db, now, limit))
            .await
    }

    pub(super) async fn list(&self, listing: Listing) -> Result<Vec<Summary>, Error> {
        self.0.read(move |db| lists::list(db, &listing)).await
    }

    pub(super) async fn delete(&self, recipe: RecipeId) -> Result<bool, Error> {
        self.0.write(move |db| queries::delete(db, &recipe)).await
    }

    pub(super) async fn is_retired(&self, recipe: RecipeId) -> Result<bool, Error> {
        self.0
            .read(move |db| queries::is_retired(db, &recipe))
            .await
    }

    pub(super) async fn revisions(
        &self,
        recipes: Vec<RecipeId>,
    ) -> Result<Vec<(RecipeId, Revision)>, Error> {
        self.0
            .read(move |db| queries::revisions(db, &recipes))
            .await
    }
}

#[cfg(test)]
impl Sqlite {
    pub(crate) async fn count_rows(&self, table: &'static str) -> u64 {
        let counted = self.0.read(move |db| -> Result<u64, Error> {
            let count = format!("SELECT count(*) FROM {table}");
            Ok(super::rows::unsigned(
                db.query_row(&count, [], |row| row.get(0))?,
            ))
        });
        counted.await.unwrap()
    }

    pub(crate) async fn run(&self, statements: String) {
        let ran = self
            .0
            .write(move |db| -> Result<(), Error> { Ok(db.execute_batch(&statements)?) });
        ran.await.unwrap();
    }

    /// Acts as if the disk had room for no more pages than there are, and so many; `None`: as much as one likes.
    pub(crate) async fn limit_pages(&self, more: Option<u32>) {
        let limited = self.0.write(move |db| -> Result<(), Error> {
            let pages: u32 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let limit = more.map_or(u32::MAX / 4, |more| pages + more);
            db.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))?;
            Ok(())
        });
        limited.await.unwrap();
    }
}
