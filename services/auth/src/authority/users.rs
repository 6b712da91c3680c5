//! What operators may do with users.

use std::sync::Arc;

use runtime::clock::Timestamp;
use secrecy::SecretString;
use tracing::info;

use super::{Authority, Error};
use crate::{
    api_token::ApiToken,
    refresh::LoginSession,
    reset_code,
    store::{Account, MAX_PAGE},
};

/// How many users a page has where nobody says.
const DEFAULT_PAGE: u32 = 100;

/// A page of users, by name.
#[derive(Debug)]
pub(crate) struct UserPage {
    pub(crate) accounts: Vec<Account>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
}

/// A user, as operators see them.
#[derive(Debug)]
pub(crate) struct UserView {
    pub(crate) account: Account,
    /// Those that have not ended, as the API tokens.
    pub(crate) sessions: Vec<LoginSession>,
    pub(crate) api_tokens: Vec<ApiToken>,
}

/// What stands for a password that was lost.
#[derive(Debug)]
pub(crate) struct ResetPassword {
    pub(crate) code: SecretString,
    pub(crate) until: Timestamp,
}

impl Authority {
    /// Users whose names come after that one.
    pub(crate) async fn list_users(&self, after: &str, limit: u32) -> Result<UserPage, Error> {
        let limit = match limit {
            0 => DEFAULT_PAGE,
            limit => limit.min(MAX_PAGE),
        };
        let mut accounts = self.store.users_after(after, limit + 1).await?;
        let more = accounts.len() > limit as usize;
        accounts.truncate(limit as usize);
        let last = accounts.last().filter(|_| more);
        Ok(UserPage {
            next: last.map(|last| last.user.name.as_str().to_owned()),
            accounts,
        })
    }

    /// A user, and their sessions and API tokens that have not ended.
    pub(crate) async fn show_user(&self, name: &str) -> Result<UserView, Error> {
        let account = self.named(name).await?;
        let (user, now) = (&account.user.id, self.clock.now());
        Ok(UserView {
            sessions: self.open_sessions(user).await?,
            api_tokens: self.store.api_tokens(user, now).await?,
            account,
        })
    }

    /// Shuts a user out.
    pub(crate) async fn disable_user(&self, operator: &Arc<str>, name: &str) -> Result<(), Error> {
        let answer = self.try_disable_user(name).await;
        self.note_order(operator, self.order_about("disable_user", name), &answer);
        answer
    }

    async fn try_disable_user(&self, name: &str) -> Result<(), Error> {
        let user = self.named(name).await?.user;
        let now = self.clock.now();
        let ended = self.store.disable(&user.id, now).await?;
        info!(user.id = %user.id, sessions = ended.len(), "a user is disabled");
        self.tell_ended(ended, "disabled", now).await;
        Ok(())
    }

    /// Lets a user in again.
    pub(crate) async fn enable_user(&self, operator: &Arc<str>, name: &str) -> Result<(), Error> {
        let answer = self.try_enable_user(name).await;
        self.note_order(operator, self.order_about("enable_user", name), &answer);
        answer
    }

    async fn try_enable_user(&self, name: &str) -> Result<(), Error> {
        let user = self.named(name).await?.user;
        self.store.enable(&user.id).await?;
        info!(user.id = %user.id, "a user is enabled");
        Ok(())
    }

    /// Puts a code in the place of a user's password.
    pub(crate) async fn reset_password(
        &self,
        operator: &Arc<str>,
        name: &str,
    ) -> Result<ResetPassword, Error> {
        let answer = self.try_reset_password(name).await;
        self.note_order(operator, self.order_about("reset_password", name), &answer);
        answer
    }

    async fn try_reset_password(&self, name: &str) -> Result<ResetPassword, Error> {
        let user = self.named(name).await?.user;
        if user.guest {
            return Err(Error::NoPassword);
        }
        let now = self.clock.now();
        let (code, stored) = reset_code::generate(now).map_err(|_| Error::NoRandomness)?;
        let ended = self.store.reset_password(&user.id, &stored, now).await?;
        info!(user.id = %user.id, sessions = ended.len(), "a password is reset");
        self.tell_ended(ended, "password_reset", now).await;
        Ok(ResetPassword {
            code,
            until: stored.until,
        })
    }

    pub(super) async fn named(&self, name: &str) -> Result<Account, Error> {
        let found = self.store.user(&name.parse()?).await?;
        found.ok_or(Error::NoSuchUser)
    }
}
