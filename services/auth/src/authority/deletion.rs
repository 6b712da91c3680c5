//! Users who leave for good, in two steps: here they are shut out, then what they have elsewhere is deleted by whoever
//! asks for the deletions that have begun, and then they are forgotten here.

use std::sync::Arc;

use proto::ids::{LoginSessionId, UserId};
use secrecy::SecretString;
use tracing::info;

use super::{Authority, Client, Error, outcome};
use crate::{audit::Subject, token::Principal, user::User};

/// The login session that tokens for deletions name. Nobody is let in by it.
const DELETION: &str = "deletion";
/// How many deletions are told of at once.
const MAX_DELETIONS: u32 = 100;

/// A user whose deletion has begun.
#[derive(Debug)]
pub(crate) struct Deletion {
    pub(crate) user: User,
    /// Shows other services for whom they are asked.
    pub(crate) token: SecretString,
}

/// Whether a token is only for having deleted what is its user's.
pub(super) fn is_for_deletion(principal: &Principal) -> bool {
    principal.session.as_str() == DELETION
}

impl Authority {
    /// Begins to delete the caller; who has no password needs none.
    pub(crate) async fn begin_deletion(
        &self,
        token: &SecretString,
        password: SecretString,
        client: &Client,
    ) -> Result<(), Error> {
        let (principal, account) = self.own_account(token).await?;
        let pseudonym = self.pseudonyms.account(Some(&account.user.name));
        let proved = match self.is_without_password(&account).await? {
            true => Ok(()),
            false => {
                self.prove(&principal, &account, password, &pseudonym, client)
                    .await
            }
        };
        self.metrics.sign_in("deletion", outcome(&proved));
        client.log_refusal("deletion", Some(&pseudonym), &proved);
        let subject = Subject::User(account.user.id.clone());
        let session = Some(principal.session.clone());
        self.note_answer("deletion", subject, session, client, &proved);
        proved?;
        self.delete(&account.user.id, "request").await
    }

    /// Begins to delete a user, for an operator.
    pub(crate) async fn delete_user(&self, operator: &Arc<str>, name: &str) -> Result<(), Error> {
        let answer = self.try_delete_user(name).await;
        self.note_order(operator, self.order_about("delete_user", name), &answer);
        answer
    }

    async fn try_delete_user(&self, name: &str) -> Result<(), Error> {
        let user = self.named(name).await?.user;
        self.delete(&user.id, "operator").await
    }

    async fn delete(&self, user: &UserId, cause: &'static str) -> Result<(), Error> {
        let now = self.clock.now();
        let ended = self.store.begin_deletion(user, now).await?;
        info!(user.id = %user, sessions = ended.len(), cause, "a user is being deleted");
        self.tell_ended(ended, "deletion", now).await;
        Ok(())
    }

    /// Users whose deletion has begun.
    pub(crate) async fn deletions(&self) -> Result<Vec<Deletion>, Error> {
        let users = self.store.deletions(MAX_DELETIONS).await?;
        let (now, ring) = (self.clock.now(), self.keys.ring());
        let key = ring.signer(now, self.keys.max_age).ok_or(Error::NoKey)?;
        let session: LoginSessionId = DELETION.parse().map_err(|_| Error::NoSuchSession)?;
        let ends = now + self.config.access_ttl;
        let deletion = |user: User| {
            let token = self.rules.issue(key, &user, &session, now, ends)?;
            Ok(Deletion {
                user,
                token: token.text,
            })
        };
        users.into_iter().map(deletion).collect()
    }

    /// Forgets a user whose deletion has begun.
    pub(crate) async fn finish_deletion(&self, user: &UserId) -> Result<(), Error> {
        if !self.store.finish_deletion(user).await? {
            return Err(Error::NotBegun);
        }
        info!(user.id = %user, "a user is deleted");
        Ok(())
    }

    /// Begins to delete guests who were not seen for long, at most so many; says how many.
    pub(super) async fn delete_guests(&self, limit: u32) -> Result<u64, Error> {
        let ttl = self.config.guest_ttl;
        if ttl.is_zero() {
            return Ok(0);
        }
        let then = self.clock.now().before(ttl);
        let guests = self.store.guests_not_seen_since(then, limit).await?;
        for guest in &guests {
            self.delete(guest, "not seen").await?;
        }
        Ok(guests.len() as u64)
    }
}
