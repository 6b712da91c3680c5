//! Runs the same statements on SQLite and on PostgreSQL. Parameters are written `$1`, `$2`, …; both databases know
//! text, integers and bytes, and nothing else is stored.

use std::time::Duration;

use runtime::{
    config::SecretUrl,
    database::{
        Kind, Online, OpenError,
        plan::{self, Step},
        postgres, sqlite,
    },
};
use rusqlite::{Connection, types::ValueRef};
use secrecy::{ExposeSecret, SecretSlice};
use sqlx::{Column as _, Row as _, TypeInfo as _, postgres::PgRow};

use super::Error;

const SQLITE: sqlite::Config = sqlite::Config {
    service: "auth",
    migrations: &[
        include_str!("../../migrations/sqlite/0001_init.sql"),
        include_str!("../../migrations/sqlite/0002_reviews.sql"),
        include_str!("../../migrations/sqlite/0003_revoked_keys_and_sources.sql"),
        include_str!("../../migrations/sqlite/0004_accounts.sql"),
        include_str!("../../migrations/sqlite/0005_deletions.sql"),
        include_str!("../../migrations/sqlite/0006_audit.sql"),
        include_str!("../../migrations/sqlite/0007_federation.sql"),
        include_str!("../../migrations/sqlite/0008_api_tokens.sql"),
        include_str!("../../migrations/sqlite/0009_issuer_sign_ins.sql"),
    ],
    readers: 0,
    // What is forgotten, such as an old signing key, is overwritten.
    pragmas: "PRAGMA secure_delete = ON",
};

pub(super) const POSTGRES: postgres::Config = postgres::Config {
    schema: "recipe_chat_auth",
    migrations: &[
        (
            "users, sessions and keys",
            include_str!("../../migrations/postgres/0001_init.sql"),
        ),
        (
            "reviews of sessions",
            include_str!("../../migrations/postgres/0002_reviews.sql"),
        ),
        (
            "revoked keys and known sources",
            include_str!("../../migrations/postgres/0003_revoked_keys_and_sources.sql"),
        ),
        (
            "accounts with a life",
            include_str!("../../migrations/postgres/0004_accounts.sql"),
        ),
        (
            "deletions of users",
            include_str!("../../migrations/postgres/0005_deletions.sql"),
        ),
        (
            "audit",
            include_str!("../../migrations/postgres/0006_audit.sql"),
        ),
        (
            "federated identities",
            include_str!("../../migrations/postgres/0007_federation.sql"),
        ),
        (
            "API tokens",
            include_str!("../../migrations/postgres/0008_api_tokens.sql"),
        ),
        (
            "sign-ins at issuers",
            include_str!("../../migrations/postgres/0009_issuer_sign_ins.sql"),
        ),
    ],
    online: &[
        Online {
            version: 2,
            sql: include_str!("../../migrations/postgres/0002_reviews.online.sql"),
            last: "",
        },
        Online {
            version: 3,
            sql: include_str!("../../migrations/postgres/0003_revoked_keys_and_sources.online.sql"),
            last: "",
        },
        Online {
            version: 7,
            sql: include_str!("../../migrations/postgres/0007_federation.online.sql"),
            last: "",
        },
    ],
    settings: &[],
    max_connections: 16,
    wait: Duration::ZERO,
};

/// A database, whichever it is.
#[derive(Debug)]
pub(super) enum Database {
    Sqlite(sqlite::Database),
    Postgres(postgres::Pool),
}

/// SQL with its parameters, the first of which is `$1`.
#[derive(Debug)]
pub(super) struct Statement {
    sql: &'static str,
    parameters: Vec<Value>,
}

/// A parameter, or a value in a row.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Secret(SecretSlice<u8>),
}

/// A row of an answer.
#[derive(Debug)]
pub(super) struct Row(Vec<Value>);

/// What opening a database would change in it.
pub(super) async fn missing(url: &SecretUrl) -> Result<Vec<Step>, OpenError> {
    plan::missing(url, SQLITE, POSTGRES).await
}

impl Database {
    pub(super) async fn open(url: &SecretUrl, wait: Duration) -> Result<Self, OpenError> {
        Ok(match Kind::of(url)? {
            Kind::Sqlite(path) => Self::Sqlite(sqlite::Database::open(url, path, SQLITE)?),
            Kind::Postgres => {
                let config = postgres::Config { wait, ..POSTGRES };
                Self::Postgres(postgres::open(url, config).await?)
            }
        })
    }

    /// Runs statements in one transaction; gives the rows of each.
    pub(super) async fn transact(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        match self {
            Self::Sqlite(database) => {
                let run = move |db: &Connection| statements.iter().map(|one| one.run(db)).collect();
                database.write(run).await
            }
            Self::Postgres(pool) => ask(pool, &statements).await,
        }
    }
}

/// Asks in one transaction; one statement alone is one by itself.
async fn ask(pool: &postgres::Pool, statements: &[Statement]) -> Result<Vec<Vec<Row>>, Error> {
    if let [only] = statements {
        return Ok(vec![read_all(&pool.fetch_all(only.query()).await?)?]);
    }
    let mut answers = Vec::with_capacity(statements.len());
    let mut transaction = pool.begin().await?;
    for statement in statements {
        answers.push(read_all(&transaction.fetch_all(statement.query()).await?)?);
    }
    transaction.commit().await?;
    Ok(answers)
}

fn read_all(rows: &[PgRow]) -> Result<Vec<Row>, Error> {
    rows.iter().map(read_postgres).collect()
}

impl Statement {
    pub(super) fn new(sql: &'static str, parameters: impl Into<Vec<Value>>) -> Self {
        Self {
            sql,
            parameters: parameters.into(),
        }
    }

    fn run(&self, db: &Connection) -> Result<Vec<Row>, Error> {
        let mut statement = db.prepare_cached(self.sql)?;
        for (number, value) in (1..).zip(&self.parameters) {
            // SQLite numbers them by where they stand first, PostgreSQL by their names.
            if let Some(index) = statement.parameter_index(&format!("${number}"))? {
                match value {
                    Value::Text(text) => statement.raw_bind_parameter(index, text)?,
                    Value::Integer(number) => statement.raw_bind_parameter(index, number)?,
                    Value::Bytes(bytes) => statement.raw_bind_parameter(index, bytes)?,
                    Value::Secret(secret) => {
                        statement.raw_bind_parameter(index, secret.expose_secret())?;
                    }
                }
            }
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut answer = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| read_sqlite(row.get_ref(column)?));
            answer.push(Row(values.collect::<Result<_, _>>()?));
        }
        Ok(answer)
    }

    fn query(&self) -> postgres::Statement<'_> {
        let mut query = sqlx::query(self.sql);
        for value in &self.parameters {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Secret(secret) => query.bind(secret.expose_secret()),
            };
        }
        query
    }
}

fn read_sqlite(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Integer(None),
        ValueRef::Integer(number) => Value::Integer(Some(number)),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => return Err(Error::Malformed("a text")),
        },
        ValueRef::Blob(bytes) => Value::Bytes(Some(bytes.to_vec())),
        ValueRef::Real(_) => return Err(Error::Malformed("a number with a fraction")),
    })
}

fn read_postgres(row: &PgRow) -> Result<Row, Error> {
    let values = row.columns().iter().map(|column| {
        let at = column.ordinal();
        Ok(match column.type_info().name() {
            "TEXT" => Value::Text(row.try_get(at)?),
            "BYTEA" => Value::Bytes(row.try_get(at)?),
            _ => Value::Integer(row.try_get(at)?),
        })
    });
    Ok(Row(values.collect::<Result<_, Error>>()?))
}

impl Row {
    pub(super) fn text(&self, column: usize) -> Result<&str, Error> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(Error::Malformed("a text is missing")),
        }
    }

    pub(super) fn integer(&self, column: usize) -> Result<i64, Error> {
        self.optional_integer(column)?
            .ok_or(Error::Malformed("a number is missing"))
    }

    pub(super) fn optional_integer(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.0.get(column) {
            Some(Value::Integer(number)) => Ok(*number),
            _ => Err(Error::Malformed("a number is missing")),
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Result<&[u8], Error> {
        match self.0.get(column) {
            Some(Value::Bytes(Some(bytes))) => Ok(bytes),
            _ => Err(Error::Malformed("bytes are missing")),
        }
    }

    pub(super) fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        match self.0.get(column) {
            // What SQLite gives for NULL, and PostgreSQL for NULL in a column of bytes.
            Some(Value::Integer(None) | Value::Bytes(None)) => Ok(None),
            _ => self.bytes(column).map(Some),
        }
    }

    /// Takes bytes out that nobody else may see.
    pub(super) fn secret(mut self, column: usize) -> Result<SecretSlice<u8>, Error> {
        match self.0.get_mut(column) {
            Some(Value::Bytes(bytes)) => bytes.take().map(SecretSlice::from),
            _ => None,
        }
        .ok_or(Error::Malformed("a secret is missing"))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Integer(Some(yes.into()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(number.into()))
    }
}

impl From<runtime::clock::Timestamp> for Value {
    fn from(time: runtime::clock::Timestamp) -> Self {
        Self::Integer(Some(time.unix_millis()))
    }
}

impl From<Option<runtime::clock::Timestamp>> for Value {
    fn from(time: Option<runtime::clock::Timestamp>) -> Self {
        Self::Integer(time.map(runtime::clock::Timestamp::unix_millis))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Option<&[u8]>> for Value {
    fn from(bytes: Option<&[u8]>) -> Self {
        Self::Bytes(bytes.map(<[u8]>::to_vec))
    }
}

impl From<SecretSlice<u8>> for Value {
    fn from(secret: SecretSlice<u8>) -> Self {
        Self::Secret(secret)
    }
}
