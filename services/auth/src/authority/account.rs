//! What a user may do with their own account, shown by an access token.

use proto::ids::LoginSessionId;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use super::{Authority, Client, Error, outcome, sign_in::chosen_display_name};
use crate::{
    attempts::Key,
    audit::Subject,
    refresh::LoginSession,
    reset_code,
    store::{Account, NewPassword},
    token::Principal,
    user::{Username, check_chosen},
};

/// An account and its login sessions that have not ended.
#[derive(Debug)]
pub(crate) struct AccountView {
    pub(crate) account: Account,
    pub(crate) sessions: Vec<LoginSession>,
    /// The session that asks.
    pub(crate) own: LoginSessionId,
}

/// What somebody types to change their password.
#[derive(Debug)]
pub(crate) struct PasswordChange {
    pub(crate) current: SecretString,
    pub(crate) new: SecretString,
}

/// What a guest types to become an account. The name is not shown: people mistype passwords there.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) username: SecretString,
    pub(crate) password: SecretString,
}

impl Authority {
    /// Whose token it is, and their account. Whose account is gone has no good token; by an API token nobody touches the
    /// account.
    pub(super) async fn own_account(
        &self,
        token: &SecretString,
    ) -> Result<(Principal, Account), Error> {
        let principal = self.validate(token).await?.principal;
        if principal.scope.is_some() {
            return Err(Error::OutOfScope);
        }
        let account = self.store.user_by_id(&principal.user.id).await?;
        let account = account.filter(|account| account.disabled_at.is_none());
        Ok((principal, account.ok_or(Error::Revoked)?))
    }

    /// The caller's account.
    pub(crate) async fn account(&self, token: &SecretString) -> Result<AccountView, Error> {
        let (principal, account) = self.own_account(token).await?;
        Ok(AccountView {
            sessions: self.open_sessions(&account.user.id).await?,
            account,
            own: principal.session,
        })
    }

    /// Gives the caller another display name; empty: their username.
    pub(crate) async fn rename(&self, token: &SecretString, name: &str) -> Result<Account, Error> {
        let (_, mut account) = self.own_account(token).await?;
        let chosen = chosen_display_name(name, &account.user.name)?;
        let user = &account.user.id;
        self.store.rename(user, chosen.as_ref()).await?;
        info!(user.id = %user, "another display name");
        account.user.display_name = chosen;
        Ok(account)
    }

    /// Gives the caller another password and ends their other sessions.
    pub(crate) async fn change_password(
        &self,
        token: &SecretString,
        change: PasswordChange,
        client: &Client,
    ) -> Result<(), Error> {
        let (principal, account) = self.own_account(token).await?;
        let pseudonym = self.pseudonyms.account(Some(&account.user.name));
        let answer = self
            .try_change_password(&principal, account, change, &pseudonym, client)
            .await;
        self.metrics.sign_in("password_change", outcome(&answer));
        client.log_refusal("password_change", Some(&pseudonym), &answer);
        let subject = Subject::User(principal.user.id.clone());
        let session = Some(principal.session.clone());
        self.note_answer("password_change", subject, session, client, &answer);
        answer
    }

    async fn try_change_password(
        &self,
        principal: &Principal,
        account: Account,
        change: PasswordChange,
        pseudonym: &str,
        client: &Client,
    ) -> Result<(), Error> {
        check_chosen(&change.new, &account.user.name)?;
        self.prove(principal, &account, change.current, pseudonym, client)
            .await?;
        let now = self.clock.now();
        let new = NewPassword {
            user: account.user.id.clone(),
            before: account.password,
            password: self.passwords.hash(change.new).await?,
            kept: principal.session.clone(),
        };
        let ended = self.store.change_password(new, now).await?;
        let ended = ended.ok_or(Error::WrongPassword)?;
        info!(user.id = %account.user.id, sessions = ended.len(), "another password; other sessions end");
        self.tell_ended(ended, "password_change", now).await;
        Ok(())
    }

    /// Has the caller show their password once more, or the code that opened the session. Guesses are counted as at
    /// sign-in, so that a token that was stolen does not help to learn the password.
    pub(super) async fn prove(
        &self,
        principal: &Principal,
        account: &Account,
        typed: SecretString,
        pseudonym: &str,
        client: &Client,
    ) -> Result<(), Error> {
        if self.is_without_password(account).await? {
            return Err(Error::NoPassword);
        }
        let mut attempt = self.attempts.begin();
        let place = self.pseudonyms.account_at(pseudonym, client.block());
        attempt.take(Key::Place(place)).await?;
        let now = self.clock.now();
        let by_code = account.reset.as_ref().is_some_and(|code| {
            let own = code
                .session
                .as_ref()
                .is_none_or(|id| *id == principal.session);
            own && reset_code::is(code, &typed, now)
        });
        let stored = Some(account.password.clone());
        let right = self.passwords.verify(typed, stored).await?;
        match right || by_code {
            true => Ok(()),
            false => {
                attempt.fail();
                Err(Error::WrongPassword)
            }
        }
    }

    /// Whether the user signs in without a password: a guest, or one of another issuer to whom no operator has given a
    /// code to choose one.
    pub(super) async fn is_without_password(&self, account: &Account) -> Result<bool, Error> {
        let has_none = account.password.is_none() && account.reset.is_none();
        Ok(account.user.guest || has_none && self.store.is_federated(&account.user.id).await?)
    }

    /// Makes an account of a guest, who keeps all that is theirs.
    pub(crate) async fn claim(
        &self,
        token: &SecretString,
        claim: Claim,
        client: &Client,
    ) -> Result<Account, Error> {
        let answer = self.try_claim(token, claim, client).await;
        self.metrics.sign_in("claim", outcome(&answer));
        client.log_refusal("claim", None, &answer);
        let subject = match &answer {
            Ok(account) => Subject::User(account.user.id.clone()),
            Err(_) => Subject::Unknown,
        };
        self.note_answer("claim", subject, None, client, &answer);
        answer
    }

    async fn try_claim(
        &self,
        token: &SecretString,
        claim: Claim,
        client: &Client,
    ) -> Result<Account, Error> {
        let (_, mut account) = self.own_account(token).await?;
        if !account.user.guest {
            return Err(Error::NoGuest);
        }
        let name: Username = claim.username.expose_secret().parse()?;
        let name = name.chosen()?;
        check_chosen(&claim.password, &name)?;
        // Names that are taken are counted as at registration.
        let mut attempt = self.attempts.begin();
        let address = self.pseudonyms.address(client.block());
        attempt.take(Key::Address(address)).await?;
        let password = self.passwords.hash(claim.password).await?;
        if !self.store.claim(&account.user.id, &name, &password).await? {
            attempt.fail();
            return Err(Error::NameTaken);
        }
        info!(user.id = %account.user.id, "a guest has become an account");
        account.user.name = name;
        account.user.guest = false;
        Ok(account)
    }

    /// Ends one of the caller's own sessions.
    pub(crate) async fn end_session(
        &self,
        token: &SecretString,
        id: &LoginSessionId,
    ) -> Result<(), Error> {
        let (principal, _) = self.own_account(token).await?;
        let session = self.store.session(id).await?;
        let own = session.filter(|session| session.user.id == principal.user.id);
        let own = own.ok_or(Error::NoSuchSession)?;
        let answer = self.revoke_session(&own.id, "request").await;
        let subject = Subject::User(own.user.id);
        let client = Client::default();
        self.note_answer("end_session", subject, Some(own.id), &client, &answer);
        answer
    }
}
