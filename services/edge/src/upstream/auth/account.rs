//! What a user asks of the auth service about their own account, each time shown by their access token.

use std::sync::Arc;

use proto::auth::{
    Account as ProtoAccount, BeginDeletionRequest, ChangePasswordRequest, ClaimGuestRequest,
    Deletion, EndSessionRequest, FinishDeletionRequest, GetAccountRequest, ListDeletionsRequest,
    LoginSession as ProtoLoginSession, RegisterGuestRequest, UpdateAccountRequest,
    auth_service_client::AuthServiceClient,
};
use proto::ids::UserId;
use runtime::{
    clock::Timestamp,
    grpc::{Channel, Repeat},
    trace_context::request,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    AuthClient, AuthError, OnBehalfOf, Tokens, User, convert::timestamp, read_user, shown_name,
    tokens,
};
use crate::upstream::{AccessToken, Principal};

/// A user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// When they registered.
    pub created_at: Timestamp,
}

/// A login session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginSession {
    /// Its id.
    pub id: String,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When its tokens were last refreshed.
    pub refreshed_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl AuthClient {
    /// Makes a guest and signs them in.
    ///
    /// # Errors
    /// `TooMany` or `Unavailable`.
    pub async fn register_guest(&self, client: OnBehalfOf) -> Result<Tokens, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(RegisterGuestRequest {
                client_address: client.address(),
            });
            async move { service.register_guest(question).await }
        };
        tokens(self.call(Repeat::Never, call).await?.tokens)
    }

    /// The caller's account and login sessions.
    ///
    /// # Errors
    /// `Unauthenticated` or `Unavailable`, as in every call below.
    pub async fn account(
        &self,
        token: &AccessToken,
        client: OnBehalfOf,
    ) -> Result<(Account, Vec<LoginSession>), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(GetAccountRequest {
                access_token: token.expose_secret().to_owned(),
            });
            async move { service.get_account(question).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        let own = answer.session_id;
        let sessions = answer.sessions.into_iter();
        let sessions = sessions.map(|session| login_session(session, &own));
        Ok((account(answer.account)?, sessions.collect()))
    }

    /// Gives the caller another display name; empty: their username.
    ///
    /// # Errors
    /// `Invalid` as well.
    pub async fn rename(
        &self,
        token: &AccessToken,
        display_name: String,
        client: OnBehalfOf,
    ) -> Result<Account, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(UpdateAccountRequest {
                access_token: token.expose_secret().to_owned(),
                display_name: display_name.clone(),
            });
            async move { service.update_account(question).await }
        };
        account(self.call(Repeat::Idempotent, call).await?.account)
    }

    /// Gives the caller another password and ends their other login sessions.
    ///
    /// # Errors
    /// `Forbidden` when the current one is wrong, `Invalid`, `Conflict` or `TooMany` as well.
    pub async fn change_password(
        &self,
        token: &AccessToken,
        current: &SecretString,
        new: &SecretString,
        client: OnBehalfOf,
    ) -> Result<(), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(ChangePasswordRequest {
                access_token: token.expose_secret().to_owned(),
                current_password: current.expose_secret().to_owned(),
                new_password: new.expose_secret().to_owned(),
                client_address: client.address(),
            });
            async move { service.change_password(question).await }
        };
        self.call(Repeat::Never, call).await.map(drop)
    }

    /// Makes an account of the caller, who is a guest.
    ///
    /// # Errors
    /// `Invalid`, `Taken`, `Conflict` or `TooMany` as well.
    pub async fn claim(
        &self,
        token: &AccessToken,
        username: String,
        password: &SecretString,
        client: OnBehalfOf,
    ) -> Result<Account, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(ClaimGuestRequest {
                access_token: token.expose_secret().to_owned(),
                username: username.clone(),
                password: password.expose_secret().to_owned(),
                client_address: client.address(),
            });
            async move { service.claim_guest(question).await }
        };
        account(self.call(Repeat::Never, call).await?.account)
    }

    /// Begins to delete the caller; a guest needs no password.
    ///
    /// # Errors
    /// `Forbidden` when the password is wrong, or `TooMany` as well.
    pub async fn begin_deletion(
        &self,
        token: &AccessToken,
        password: &SecretString,
        client: OnBehalfOf,
    ) -> Result<(), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(BeginDeletionRequest {
                access_token: token.expose_secret().to_owned(),
                password: password.expose_secret().to_owned(),
                client_address: client.address(),
            });
            async move { service.begin_deletion(question).await }
        };
        self.call(Repeat::Never, call).await.map(drop)
    }

    /// Users whose deletion has begun, each with a token that shows the chat service for whom it is asked.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn deletions(&self) -> Result<Vec<Principal>, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| async move {
            service
                .list_deletions(request(ListDeletionsRequest {}))
                .await
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        let deletions = answer.deletions.into_iter().filter_map(leaving);
        Ok(deletions.collect())
    }

    /// Ends the deletion of a user of whom nothing is left elsewhere.
    ///
    /// # Errors
    /// `Conflict` when it has not begun, or `Unavailable`.
    pub async fn finish_deletion(&self, user: &UserId) -> Result<(), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| async move {
            let question = request(FinishDeletionRequest {
                user_id: user.to_string(),
            });
            service.finish_deletion(question).await
        };
        self.call(Repeat::Idempotent, call).await.map(drop)
    }

    /// Ends one of the caller's login sessions.
    ///
    /// # Errors
    /// `NotFound` or `Invalid` as well.
    pub async fn end_session(
        &self,
        token: &AccessToken,
        session: String,
        client: OnBehalfOf,
    ) -> Result<(), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(EndSessionRequest {
                access_token: token.expose_secret().to_owned(),
                session_id: session.clone(),
            });
            async move { service.end_session(question).await }
        };
        self.call(Repeat::Idempotent, call).await.map(drop)
    }
}

/// `None`: of a kind that this edge does not know.
fn leaving(deletion: Deletion) -> Option<Principal> {
    let user = deletion.user?;
    Some(Principal {
        user: user.id.parse().ok()?,
        shown_name: shown_name(&user).into(),
        name: user.name.into(),
        login_session: "deletion".parse().ok()?,
        validated_at: Timestamp::from_unix_millis(0),
        token_id: Arc::from(""),
        scope: Arc::from(""),
        token_ends: Timestamp::from_unix_millis(0),
        token: AccessToken::new(deletion.access_token.into()),
    })
}

fn account(account: Option<ProtoAccount>) -> Result<Account, AuthError> {
    let account = account.ok_or(AuthError::Unavailable)?;
    Ok(Account {
        user: read_user(account.user)?,
        created_at: timestamp(account.created_at.as_ref()),
    })
}

fn login_session(session: ProtoLoginSession, own: &str) -> LoginSession {
    LoginSession {
        current: session.session_id == own,
        id: session.session_id,
        created_at: timestamp(session.created_at.as_ref()),
        refreshed_at: timestamp(session.refreshed_at.as_ref()),
        expires_at: timestamp(session.expires_at.as_ref()),
    }
}
