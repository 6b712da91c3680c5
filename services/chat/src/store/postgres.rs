//! Recipes in PostgreSQL, in a schema of its own, shared by all replicas of the chat service.
//!
//! A commit is one statement, so it takes one round trip and is one transaction. What is sent is in `statements`.

mod statements;

use std::{collections::HashMap, future::Future, str::FromStr, sync::Arc, time::Duration};

use proto::ids::{RecipeId, Revision, UserId};
use runtime::{clock::Timestamp, config::SecretUrl};
use sqlx::{
    Connection, PgConnection, PgPool, Row,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};
use sqlx::{SqlSafeStr, postgres::PgArguments, query::Query};
use tokio::time::timeout;

use super::{
    Error, OpenError, Page, Prefer, Summary, Version,
    rows::{RecipeRow, from_json, role, role_text, signed, unsigned, visibility},
};
use crate::{
    access::{Access, Member, folded},
    ledger::Ledger,
    message::{Message, MessageKey, Principal},
};

/// Holds every table, the migrations' own included, so that other programs can share the database.
const SCHEMA: &str = "recipe_chat_chat";
/// How long opening the first connection may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one may wait for a connection of the pool.
const POOL_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a statement may take, and how long an answer may be waited for when the server says nothing at all.
const STATEMENT_TIMEOUT: &str = "5s";
const PATIENCE: Duration = Duration::from_secs(8);

/// An open PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres(PgPool);

impl Postgres {
    /// Connects and brings the tables up to date, under a lock that replicas share.
    pub(super) async fn open(url: &SecretUrl, connections: u32) -> Result<Self, OpenError> {
        let refused = |cause| OpenError::Postgres {
            url: url.clone(),
            cause,
        };
        let options: PgConnectOptions = url.expose().parse().map_err(refused)?;
        let options = options.options([
            ("search_path", SCHEMA),
            ("statement_timeout", STATEMENT_TIMEOUT),
        ]);
        // The first connection is made here, so that the reason is told when it fails; a pool would only say
        // that it waited.
        let first = timeout(OPEN_TIMEOUT, PgConnection::connect_with(&options));
        let first = first.await.map_err(|_| OpenError::Silent(url.clone()))?;
        let mut first = first.map_err(refused)?;
        let migrated = migrations().run(&mut first).await;
        migrated.map_err(|cause| OpenError::Migration {
            url: url.clone(),
            cause,
        })?;
        // What the server thinks of the goodbye does not matter.
        first.close().await.ok();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(POOL_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self(pool))
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
            .bind(row.changed_at);
        Ok(!self.rows(created).await?.is_empty())
    }

    pub(super) async fn load(&self, recipes: Vec<RecipeId>) -> Result<Vec<Ledger>, Error> {
        let ids: Vec<_> = recipes.iter().map(RecipeId::as_str).collect();
        let rows = self.rows(sqlx::query(statements::LOAD).bind(ids)).await?;
        rows.iter().map(ledger).collect()
    }

    pub(super) async fn find(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, Arc<Message>)>, Error> {
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
                Ok((key, Arc::new(message)))
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

    pub(super) async fn versions(
        &self,
        recipe: RecipeId,
        from: Revision,
        upto: Revision,
    ) -> Result<Vec<Version>, Error> {
        let query = sqlx::query(statements::VERSIONS)
            .bind(recipe.as_str())
            .bind(signed(from))
            .bind(signed(upto));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| {
                let state = from_json(row.try_get(1)?)?;
                Ok((unsigned(row.try_get(0)?), Arc::new(state)))
            })
            .collect()
    }

    pub(super) async fn visit(&self, recipe: RecipeId, who: Principal) -> Result<bool, Error> {
        let query = sqlx::query(statements::VISIT)
            .bind(who.user.as_str())
            .bind(recipe.as_str())
            .bind(who.name());
        Ok(!self.rows(query).await?.is_empty())
    }

    pub(super) async fn visitors(
        &self,
        recipe: RecipeId,
        limit: usize,
    ) -> Result<Vec<Principal>, Error> {
        let query = sqlx::query(statements::VISITORS)
            .bind(recipe.as_str())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        rows.iter().map(|row| principal(row, 0)).collect()
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

    pub(super) async fn list(&self, who: Principal, limit: usize) -> Result<Vec<Summary>, Error> {
        let query = sqlx::query(statements::LIST)
            .bind(who.user.as_str())
            .bind(folded(who.name()))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| {
                Ok(Summary {
                    id: parsed(row, 0)?,
                    title: row.try_get(1)?,
                    revision: unsigned(row.try_get(2)?),
                    changed_at: Timestamp::from_unix_millis(row.try_get(3)?),
                    owned: row.try_get(4)?,
                })
            })
            .collect()
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

    async fn rows(
        &self,
        query: Query<'_, sqlx::Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, Error> {
        in_time(query.fetch_all(&self.0)).await
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
    let answered = timeout(PATIENCE, asked).await;
    Ok(answered.map_err(|_| Error::Late)??)
}

type Asked<'q> = Query<'q, sqlx::Postgres, PgArguments>;

fn bind_messages<'q>(query: Asked<'q>, rows: &[RecipeRow]) -> Asked<'q> {
    let messages: Vec<(&str, &Message)> = rows
        .iter()
        .flat_map(|row| row.messages.iter().map(|m| (row.id.as_str(), &**m)))
        .collect();
    query
        .bind(column(&messages, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&messages, |(_, m)| signed(m.revision)))
        .bind(column(&messages, |(_, m)| m.id.to_string()))
        .bind(column(&messages, |(_, m)| m.author.user.to_string()))
        .bind(column(&messages, |(_, m)| m.author.name().to_owned()))
        .bind(column(&messages, |(_, m)| m.content.as_str().to_owned()))
        .bind(column(&messages, |(_, m)| m.effect.clone()))
        .bind(column(&messages, |(_, m)| m.hint.clone()))
        .bind(column(&messages, |(_, m)| m.accepted_at.unix_millis()))
}

fn bind_versions<'q>(query: Asked<'q>, rows: &[RecipeRow]) -> Asked<'q> {
    let versions: Vec<_> = rows
        .iter()
        .flat_map(|row| row.versions.iter().map(|version| (row.id.clone(), version)))
        .collect();
    query
        .bind(column(&versions, |(recipe, _)| recipe.clone()))
        .bind(column(&versions, |(_, (revision, _))| *revision))
        .bind(column(&versions, |(_, (_, state))| state.clone()))
}

/// Those who are members now, then those who are not any more.
fn bind_members<'q>(query: Asked<'q>, rows: &[RecipeRow]) -> Asked<'q> {
    let members = || {
        rows.iter().flat_map(|row| {
            row.members
                .iter()
                .map(move |(name, member)| (row, name, member))
        })
    };
    let present: Vec<(&str, &Member)> = members()
        .filter_map(|(row, _, member)| Some((row.id.as_str(), member.as_ref()?)))
        .collect();
    let gone: Vec<(&str, &str)> = members()
        .filter(|(_, _, member)| member.is_none())
        .map(|(row, name, _)| (row.id.as_str(), name.as_str()))
        .collect();
    query
        .bind(column(&present, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&present, |(_, member)| member.name.clone()))
        .bind(column(&present, |(_, member)| {
            member.user.as_ref().map(ToString::to_string)
        }))
        .bind(column(&present, |(_, member)| role_text(member.role)))
        .bind(column(&gone, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&gone, |(_, name)| (*name).to_owned()))
}

/// One column of what is sent: a statement takes many rows as one array for each.
fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn ledger(row: &PgRow) -> Result<Ledger, Error> {
    Ok(Ledger {
        id: parsed(row, 0)?,
        access: Access {
            owner: parsed(row, 1)?,
            visibility: visibility(row.try_get(2)?),
            members: members(row)?,
        },
        revision: unsigned(row.try_get(3)?),
        recipe: Arc::new(from_json(row.try_get(4)?)?),
        recipe_revision: unsigned(row.try_get(5)?),
        undo: from_json(row.try_get(6)?)?,
        changed_at: Timestamp::from_unix_millis(row.try_get(7)?),
    })
}

fn members(row: &PgRow) -> Result<Vec<Member>, Error> {
    let names: Vec<String> = row.try_get(8)?;
    let users: Vec<Option<String>> = row.try_get(9)?;
    let roles: Vec<String> = row.try_get(10)?;
    let members = names.into_iter().zip(users).zip(roles);
    members
        .map(|((name, user), stored)| {
            Ok(Member {
                name,
                user: user.map(|user| parse(&user)).transpose()?,
                role: role(&stored),
            })
        })
        .collect()
}

fn message(row: &PgRow) -> Result<Message, Error> {
    Ok(Message {
        revision: unsigned(row.try_get(0)?),
        id: parsed(row, 1)?,
        author: principal(row, 2)?,
        content: parsed(row, 4)?,
        effect: row.try_get(5)?,
        hint: row.try_get(6)?,
        accepted_at: Timestamp::from_unix_millis(row.try_get(7)?),
    })
}

/// A user's id, and the name beside it.
fn principal(row: &PgRow, column: usize) -> Result<Principal, Error> {
    Principal::new(parsed(row, column)?, row.try_get(column + 1)?).map_err(Error::malformed)
}

fn parsed<T>(row: &PgRow, column: usize) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    parse(row.try_get(column)?)
}

fn parse<T>(text: &str) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(Error::malformed)
}

fn migrations() -> Migrator {
    let first = Migration::new(
        1,
        "recipes and their messages".into(),
        MigrationType::Simple,
        include_str!("../../migrations/postgres/0001_init.sql").into_sql_str(),
        false,
    );
    let mut migrator = Migrator::with_migrations(vec![first]);
    migrator.create_schema(SCHEMA);
    migrator.dangerous_set_table_name(format!("{SCHEMA}.migrations"));
    migrator
}
