//! Invitations by link in PostgreSQL.

use proto::ids::{RecipeId, UserId};
use runtime::clock::Timestamp;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    super::{
        Error,
        rows::{role, role_text, unsigned},
    },
    Postgres,
    reading::parsed,
    statements,
};
use crate::share_link::Link;

impl Postgres {
    pub(in crate::store) async fn add_link(
        &self,
        link: Link,
        token_hash: String,
    ) -> Result<(), Error> {
        let query = sqlx::query(statements::ADD_LINK)
            .bind(&link.id)
            .bind(link.recipe.as_str())
            .bind(&token_hash)
            .bind(role_text(link.role))
            .bind(link.created_by.as_str())
            .bind(link.created_at.unix_millis())
            .bind(link.expires_at.unix_millis());
        self.rows(query).await?;
        Ok(())
    }

    pub(in crate::store) async fn links(
        &self,
        recipe: RecipeId,
        now: Timestamp,
    ) -> Result<Vec<Link>, Error> {
        let query = sqlx::query(statements::LINKS)
            .bind(recipe.as_str())
            .bind(now.unix_millis());
        self.rows(query).await?.iter().map(link).collect()
    }

    pub(in crate::store) async fn count_links(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let query = sqlx::query(statements::COUNT_LINKS)
            .bind(user.as_str())
            .bind(now.unix_millis());
        let rows = self.rows(query).await?;
        let count = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(unsigned(count.unwrap_or_default()))
    }

    pub(in crate::store) async fn find_link(
        &self,
        token_hash: String,
    ) -> Result<Option<Link>, Error> {
        let query = sqlx::query(statements::FIND_LINK).bind(&token_hash);
        self.rows(query).await?.first().map(link).transpose()
    }

    pub(in crate::store) async fn delete_link(
        &self,
        recipe: RecipeId,
        id: String,
    ) -> Result<bool, Error> {
        let query = sqlx::query(statements::DELETE_LINK)
            .bind(recipe.as_str())
            .bind(&id);
        Ok(!self.rows(query).await?.is_empty())
    }

    pub(in crate::store) async fn delete_expired_links(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, Error> {
        let query = sqlx::query(statements::DELETE_EXPIRED_LINKS)
            .bind(now.unix_millis())
            .bind(i64::from(limit));
        Ok(self.rows(query).await?.len() as u64)
    }
}

fn link(row: &PgRow) -> Result<Link, Error> {
    Ok(Link {
        id: row.try_get(0)?,
        recipe: parsed(row, 1)?,
        role: role(row.try_get(2)?),
        created_by: parsed(row, 3)?,
        created_at: Timestamp::from_unix_millis(row.try_get(4)?),
        expires_at: Timestamp::from_unix_millis(row.try_get(5)?),
    })
}
