//! Recipes in PostgreSQL, in a schema of its own, shared by all replicas of the chat service.
//!
//! A commit is one statement, so it takes one round trip and is one transaction. What is sent is in `statements`.

mod binding;
mod links;
mod lists;
mod reading;
mod statements;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use proto::ids::{RecipeId, Revision, UserId};
use runtime::{
    config::SecretUrl,
    database::{Online, OpenError, postgres},
};
use sqlx::{Row, postgres::PgRow};

use self::{
    binding::{bind_members, bind_messages, bind_versions, column},
    reading::{message, parsed, recipe_state},
};
use super::{
    Error, Page, Prefer, Snapshot, Tail, Version, Visit,
    rows::{RecipeRow, from_json, signed, unsigned},
};
use crate::{
    message::{AcceptedBefore, ContentDigest, Message, MessageKey, Principal},
    names::{Called, Candidate},
    recipe_state::RecipeState,
};

pub(super) const CONFIG: postgres::Config = postgres::Config {
    schema: "recipe_chat_chat",
    migrations: &[
        (
            "recipes and their messages",
            include_str!("../../migrations/postgres/0001_init.sql"),
        ),
        (
            "who may do what",
            include_str!("../../migrations/postgres/0002_access.sql"),
        ),
        (
            "what lists show and find",
            include_str!("../../migrations/postgres/0003_lists.sql"),
        ),
        (
            "no index of when recipes changed",
            include_str!("../../migrations/postgres/0004_owner_index.sql"),
        ),
        (
            "what people are called",
            include_str!("../../migrations/postgres/0005_names.sql"),
        ),
        (
            "audit",
            include_str!("../../migrations/postgres/0006_audit.sql"),
        ),
        (
            "webhooks",
            include_str!("../../migrations/postgres/0007_webhooks.sql"),
        ),
        (
            "versions as differences",
            include_str!("../../migrations/postgres/0008_version_differences.sql"),
        ),
        (
            "how long messages are kept",
            include_str!("../../migrations/postgres/0009_message_retention.sql"),
        ),
    ],
    online: &[
        Online {
            version: 5,
            sql: include_str!("../../migrations/postgres/0005_names.online.sql"),
            last: "",
        },
        Online {
            version: 8,
            sql: include_str!("../../migrations/postgres/0008_version_differences.online.sql"),
            last: include_str!("../../migrations/postgres/0008_version_differences.last.sql"),
        },
    ],
    // The statements are few and go by keys: planning each anew would cost more than running it.
    settings: &[("plan_cache_mode", "force_generic_plan"), ("jit", "off")],
    max_connections: 1,
    wait: Duration::ZERO,
};

/// An open PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres(pub(super) postgres::Pool);

impl Postgres {
    /// Connects and brings the tables up to date, under a lock that replicas share.
    pub(super) async fn open(
        url: &SecretUrl,
        max_connections: u32,
        wait: Duration,
    ) -> Result<Self, OpenError> {
        let config = postgres::Config {
            max_connections,
            wait,
            ..CONFIG
        };
        postgres::open(url, config).await.map(Self)
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.rows(sqlx::query("SELECT 1")).await.map(drop)
    }

    pub(super) async fn create(&self, row: RecipeRow) -> Result<bool, Error> {
        let created = sqlx::query(statements::CREATE)
            .bind(&row.id)
            .bind(&row.owner)
            .bind(row.visibility)
            .bind(&row.title)
            .bind(row.revision)
            .bind(row.versions.last().map(|(_, state)| state))
            .bind(row.state_revision)
            .bind(&row.undo)
            .bind(row.changed_at)
            .bind(row.published);
        Ok(!self.rows(created).await?.is_empty())
    }

    pub(super) async fn load(&self, recipes: Vec<RecipeId>) -> Result<Vec<RecipeState>, Error> {
        let ids: Vec<_> = recipes.iter().map(RecipeId::as_str).collect();
        let rows = self.rows(sqlx::query(statements::LOAD).bind(ids)).await?;
        rows.iter().map(recipe_state).collect()
    }

    pub(super) async fn snapshot(
        &self,
        recipe: RecipeId,
        user: UserId,
        tail: Tail,
    ) -> Result<Option<Snapshot>, Error> {
        let Some(recipe_state) = self.load(vec![recipe.clone()]).await?.pop() else {
            return Ok(None);
        };
        let called = self.called(vec![(recipe.clone(), user)]).await?.pop();
        let messages = match tail.page(recipe_state.revision) {
            Some(page) => self.messages(recipe, page).await?,
            None => Vec::new(),
        };
        Ok(Some(Snapshot {
            called: called.map(|(_, _, called)| called),
            messages,
            recipe_state,
        }))
    }

    pub(super) async fn find(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, AcceptedBefore)>, Error> {
        let found = sqlx::query(statements::FIND)
            .bind(column(&keys, |key| key.recipe.as_str()))
            .bind(column(&keys, |key| key.author.as_str()))
            .bind(column(&keys, |key| key.id.as_str()));
        let rows = self.rows(found).await?;
        rows.iter()
            .map(|row| {
                let message = message(row)?;
                let key = MessageKey {
                    recipe: parsed(row, 8)?,
                    author: message.author.user.clone(),
                    id: message.id.clone(),
                };
                let digest: Option<String> = row.try_get(9)?;
                let accepted = AcceptedBefore {
                    message: Arc::new(message),
                    digest: digest.map(ContentDigest::stored),
                };
                Ok((key, accepted))
            })
            .collect()
    }

    pub(super) async fn commit(&self, rows: Vec<RecipeRow>) -> Result<Vec<bool>, Error> {
        let state = |row: &RecipeRow| row.versions.last().map(|(_, state)| state.clone());
        let undo = |row: &RecipeRow| row.versions.last().map(|_| row.undo.clone());
        let query = sqlx::query(statements::COMMIT)
            .bind(column(&rows, |row| row.id.as_str()))
            .bind(column(&rows, |row| row.expected))
            .bind(column(&rows, |row| row.revision))
            .bind(column(&rows, |row| row.visibility))
            .bind(column(&rows, |row| row.changed_at))
            .bind(column(&rows, |row| row.title.as_str()))
            .bind(column(&rows, |row| row.state_revision))
            .bind(column(&rows, state))
            .bind(column(&rows, undo));
        let query = bind_messages(query, &rows);
        let query = bind_versions(query, &rows);
        let query = bind_members(query, &rows);
        let query = query
            .bind(column(&rows, |row| row.expected_message.clone()))
            .bind(column(&rows, |row| row.published))
            .bind(column(&rows, |row| row.owner.as_str()));
        let written = self.rows(query).await?;
        let written: Result<Vec<&str>, _> = written.iter().map(|row| row.try_get(0)).collect();
        let written = written?;
        Ok(column(&rows, |row| written.contains(&row.id.as_str())))
    }

    pub(super) async fn messages(
        &self,
        recipe: RecipeId,
        page: Page,
    ) -> Result<Vec<Arc<Message>>, Error> {
        let statement = match page.prefer {
            Prefer::Oldest => statements::OLDEST,
            Prefer::Newest => statements::NEWEST,
        };
        let query = sqlx::query(statement)
            .bind(recipe.as_str())
            .bind(signed(page.after))
            .bind(signed(page.upto))
            .bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        rows.iter().map(|row| Ok(Arc::new(message(row)?))).collect()
    }

    pub(super) async fn message(
        &self,
        recipe: RecipeId,
        at: Revision,
    ) -> Result<Option<Arc<Message>>, Error> {
        let query = sqlx::query(statements::MESSAGE)
            .bind(recipe.as_str())
            .bind(signed(at));
        let rows = self.rows(query).await?;
        let found = rows.first().map(message).transpose()?;
        Ok(found.map(Arc::new))
    }

    pub(super) async fn changes(
        &self,
        recipe: RecipeId,
        before: Revision,
        limit: usize,
    ) -> Result<Vec<Arc<Message>>, Error> {
        let query = sqlx::query(statements::CHANGES)
            .bind(recipe.as_str())
            .bind(signed(before))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        rows.iter().map(|row| Ok(Arc::new(message(row)?))).collect()
    }

    pub(super) async fn versions(
        &self,
        recipe: RecipeId,
        from: Revision,
        upto: Revision,
        bytes: usize,
    ) -> Result<(Vec<Version>, Revision), Error> {
        let query = sqlx::query(statements::VERSIONS)
            .bind(recipe.as_str())
            .bind(signed(from))
            .bind(signed(upto))
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        let following: Option<i64> = match rows.last() {
            Some(last) => last.try_get(2)?,
            None => None,
        };
        let versions: Result<Vec<_>, Error> = rows
            .iter()
            .map(|row| {
                let state = from_json(row.try_get(1)?)?;
                Ok((unsigned(row.try_get(0)?), Arc::new(state)))
            })
            .collect();
        Ok((versions?, following.map_or(upto, |next| unsigned(next) - 1)))
    }

    pub(super) async fn owned(&self, owner: UserId) -> Result<u64, Error> {
        self.counted(statements::OWNED, &owner).await
    }

    pub(super) async fn count_members(&self, owner: UserId) -> Result<u64, Error> {
        self.counted(statements::COUNT_MEMBERS, &owner).await
    }

    async fn counted(&self, statement: &'static str, owner: &UserId) -> Result<u64, Error> {
        let rows = self
            .rows(sqlx::query(statement).bind(owner.as_str()))
            .await?;
        let count = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(unsigned(count.unwrap_or_default()))
    }

    pub(super) async fn visit(
        &self,
        recipe: RecipeId,
        who: Principal,
        names: Vec<Candidate>,
    ) -> Result<Visit, Error> {
        let query = sqlx::query(statements::VISIT)
            .bind(who.user.as_str())
            .bind(recipe.as_str())
            .bind(who.name())
            .bind(who.shown_name())
            .bind(column(&names, |candidate| candidate.name.as_str()))
            .bind(column(&names, |candidate| candidate.look.as_str()));
        let rows = self.rows(query).await?;
        let row = rows.first().ok_or(Error::Repeated)?;
        Ok(Visit {
            first: row.try_get(0)?,
            name: row.try_get::<&str, _>(1)?.into(),
        })
    }

    pub(super) async fn called(
        &self,
        people: Vec<(RecipeId, UserId)>,
    ) -> Result<Vec<(RecipeId, UserId, Called)>, Error> {
        let query = sqlx::query(statements::CALLED)
            .bind(column(&people, |(recipe, _)| recipe.as_str()))
            .bind(column(&people, |(_, user)| user.as_str()));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| {
                let called = Called {
                    chosen: row.try_get::<&str, _>(2)?.into(),
                    name: row.try_get::<&str, _>(3)?.into(),
                };
                Ok((parsed(row, 0)?, parsed(row, 1)?, called))
            })
            .collect()
    }

    pub(super) async fn visitor_name(
        &self,
        recipe: RecipeId,
        user: UserId,
    ) -> Result<Option<String>, Error> {
        let query = sqlx::query(statements::VISITOR_NAME)
            .bind(user.as_str())
            .bind(recipe.as_str());
        let rows = self.rows(query).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    pub(super) async fn bind(
        &self,
        recipe: RecipeId,
        name: String,
        user: UserId,
    ) -> Result<(), Error> {
        let query = sqlx::query(statements::BIND)
            .bind(recipe.as_str())
            .bind(&name)
            .bind(user.as_str());
        self.rows(query).await?;
        Ok(())
    }

    pub(super) async fn forget_visit(&self, recipe: RecipeId, user: UserId) -> Result<(), Error> {
        let query = sqlx::query(statements::FORGET_VISIT)
            .bind(user.as_str())
            .bind(recipe.as_str());
        self.rows(query).await?;
        Ok(())
    }

    pub(super) async fn visitors(&self, recipe: RecipeId) -> Result<HashSet<UserId>, Error> {
        let query = sqlx::query(statements::VISITORS).bind(recipe.as_str());
        let rows = self.rows(query).await?;
        rows.iter().map(|row| parsed(row, 0)).collect()
    }

    pub(super) async fn delete(&self, recipe: RecipeId) -> Result<bool, Error> {
        let query = sqlx::query(statements::DELETE).bind(recipe.as_str());
        Ok(!self.rows(query).await?.is_empty())
    }

    pub(super) async fn is_retired(&self, recipe: RecipeId) -> Result<bool, Error> {
        let query = sqlx::query(statements::IS_RETIRED).bind(recipe.as_str());
        Ok(!self.rows(query).await?.is_empty())
    }

    pub(super) async fn revisions(
        &self,
        recipes: Vec<RecipeId>,
    ) -> Result<Vec<(RecipeId, Revision)>, Error> {
        let query = sqlx::query(statements::REVISIONS).bind(column(&recipes, RecipeId::as_str));
        let rows = self.rows(query).await?;
        let revisions: Result<HashMap<&str, i64>, Error> = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect();
        let revisions = revisions?;
        Ok(recipes
            .iter()
            .filter_map(|id| Some((id.clone(), unsigned(*revisions.get(id.as_str())?))))
            .collect())
    }

    async fn rows(&self, query: postgres::Statement<'_>) -> Result<Vec<PgRow>, Error> {
        Ok(self.0.fetch_all(query).await?)
    }
}

#[cfg(test)]
impl Postgres {
    pub(crate) async fn count_rows(&self, table: &'static str) -> u64 {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows = self.rows(sqlx::query(count)).await.unwrap();
        unsigned(rows[0].try_get(0).unwrap())
    }

    pub(crate) async fn run(&self, statements: &[String]) {
        for statement in statements {
            let statement = sqlx::AssertSqlSafe(statement.clone());
            self.rows(sqlx::query(statement)).await.unwrap();
        }
    }
}
