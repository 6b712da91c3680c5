//! The auth service, as the edge sees it: every call has a time-out, and a service that cannot be asked is
//! never taken for a token that is not good.

use std::{fmt, sync::Arc, time::Duration};

use proto::{
    auth::{
        GetJwksRequest, LoginRequest, Principal as ProtoPrincipal, RefreshTokenRequest,
        RegisterRequest, RevokeSessionRequest, TokenPair, ValidateTokenRequest,
        WatchRevocationsRequest, auth_service_client::AuthServiceClient,
        revoke_session_request::By,
    },
    ids::LoginSessionId,
};
use runtime::{clock::Timestamp, trace_context::request};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};
use tonic::{Code, Status, Streaming, transport::Channel};
use tracing::warn;

use super::Principal;

/// How long a call may take. Hashing a password behind a queue of others is the slowest.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the auth service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The credential is not good.
    #[error("the credential is not good")]
    Unauthenticated(Words),
    /// The request is malformed: a bad name, a weak password.
    #[error("the request is malformed")]
    Invalid(Words),
    /// The name is taken.
    #[error("the name is taken")]
    Taken(Words),
    /// Too many sign-ins.
    #[error("too many sign-ins")]
    TooMany {
        /// When to try again.
        retry_after: Duration,
    },
    /// The service cannot be asked.
    #[error("the auth service cannot be asked")]
    Unavailable,
}

/// The auth service's own words, which may be shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub String);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a signed-in client holds.
#[derive(Debug)]
pub struct Tokens {
    /// The access token.
    pub access: SecretString,
    /// Its life from now.
    pub expires_in: Duration,
    /// The refresh token.
    pub refresh: SecretString,
    /// Its life from now.
    pub refresh_expires_in: Duration,
    /// The user's id.
    pub user_id: String,
    /// The user's name.
    pub user_name: String,
}

/// What names the login session that is to end.
#[derive(Debug)]
pub enum Revoke {
    /// One of its refresh tokens.
    RefreshToken(SecretString),
    /// One of its access tokens.
    AccessToken(SecretString),
}

/// A client of the auth service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AuthClient(AuthServiceClient<Channel>);

impl AuthClient {
    /// Over a channel that connects when first used.
    pub fn new(channel: Channel) -> Self {
        Self(AuthServiceClient::new(channel))
    }

    /// Tells whom an access token belongs to, and when it ends by this process's monotonic clock.
    ///
    /// # Errors
    /// `Unauthenticated` when it is not good, `Unavailable` when that cannot be told.
    pub async fn validate(&self, token: &SecretString) -> Result<(Principal, Instant), AuthError> {
        // Counted from before the question, so that a slow answer never lengthens a token's life.
        let asked = Instant::now();
        let question = ValidateTokenRequest {
            access_token: token.expose_secret().to_owned(),
        };
        let mut client = self.0.clone();
        let answer = bounded(client.validate_token(request(question))).await?;
        let principal = answer.principal.ok_or(AuthError::Unavailable)?;
        let expires = asked + duration(principal.expires_in.as_ref());
        Ok((read_principal(principal)?, expires))
    }

    /// Registers a user and signs them in.
    ///
    /// # Errors
    /// `Invalid`, `Taken`, `TooMany` or `Unavailable`.
    pub async fn register(
        &self,
        username: String,
        password: SecretString,
        client_address: String,
    ) -> Result<Tokens, AuthError> {
        let question = RegisterRequest {
            username,
            password: password.expose_secret().to_owned(),
            client_address,
        };
        let mut client = self.0.clone();
        let answer = bounded(client.register(request(question))).await?;
        tokens(answer.tokens)
    }

    /// Signs a user in.
    ///
    /// # Errors
    /// `Unauthenticated`, `Invalid`, `TooMany` or `Unavailable`.
    pub async fn login(
        &self,
        username: String,
        password: SecretString,
        client_address: String,
    ) -> Result<Tokens, AuthError> {
        let question = LoginRequest {
            username,
            password: password.expose_secret().to_owned(),
            client_address,
        };
        let mut client = self.0.clone();
        let answer = bounded(client.login(request(question))).await?;
        tokens(answer.tokens)
    }

    /// Exchanges a refresh token for a new pair.
    ///
    /// # Errors
    /// `Unauthenticated` or `Unavailable`.
    pub async fn refresh(&self, token: &SecretString) -> Result<Tokens, AuthError> {
        let question = RefreshTokenRequest {
            refresh_token: token.expose_secret().to_owned(),
        };
        let mut client = self.0.clone();
        let answer = bounded(client.refresh_token(request(question))).await?;
        tokens(answer.tokens)
    }

    /// Ends a login session.
    ///
    /// # Errors
    /// `Unauthenticated` when nothing is known of what names it, or `Unavailable`.
    pub async fn revoke(&self, by: Revoke) -> Result<LoginSessionId, AuthError> {
        let by = match by {
            Revoke::RefreshToken(token) => By::RefreshToken(token.expose_secret().to_owned()),
            Revoke::AccessToken(token) => By::AccessToken(token.expose_secret().to_owned()),
        };
        let question = RevokeSessionRequest { by: Some(by) };
        let mut client = self.0.clone();
        let answer = bounded(client.revoke_session(request(question))).await?;
        answer
            .session_id
            .parse()
            .map_err(|_| AuthError::Unavailable)
    }

    /// The public keys, as JSON.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn jwks(&self) -> Result<String, AuthError> {
        let mut client = self.0.clone();
        Ok(bounded(client.get_jwks(request(GetJwksRequest {})))
            .await?
            .jwks_json)
    }

    /// Follows revocations: those that still matter, then each new one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revocations(&self) -> Result<Revocations, AuthError> {
        let mut client = self.0.clone();
        let call = client.watch_revocations(request(WatchRevocationsRequest {}));
        Ok(Revocations(bounded(call).await?))
    }
}

/// A login session that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which.
    pub session: LoginSessionId,
    /// When, by the clock of the auth service.
    pub revoked_at: Timestamp,
}

/// A live stream of revoked login sessions.
#[derive(Debug)]
pub struct Revocations(Streaming<proto::auth::WatchRevocationsResponse>);

impl Revocations {
    /// The next one.
    ///
    /// # Errors
    /// `Unavailable` when the stream has ended and must be opened again.
    pub async fn next(&mut self) -> Result<Mark, AuthError> {
        loop {
            let mark = self.0.message().await.map_err(|status| read(&status))?;
            let mark = mark.ok_or(AuthError::Unavailable)?;
            if let Ok(session) = mark.session_id.parse() {
                let revoked_at = timestamp(mark.revoked_at.unwrap_or_default());
                return Ok(Mark {
                    session,
                    revoked_at,
                });
            }
        }
    }
}

async fn bounded<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, AuthError> {
    match timeout(TIMEOUT, call).await {
        Ok(Ok(answer)) => Ok(answer.into_inner()),
        Ok(Err(status)) => Err(read(&status)),
        Err(_) => Err(AuthError::Unavailable),
    }
}

fn read(status: &Status) -> AuthError {
    let words = || Words(status.message().to_owned());
    match status.code() {
        Code::Unauthenticated => AuthError::Unauthenticated(words()),
        Code::InvalidArgument => AuthError::Invalid(words()),
        Code::AlreadyExists => AuthError::Taken(words()),
        Code::ResourceExhausted => AuthError::TooMany {
            retry_after: status
                .metadata()
                .get("retry-after-ms")
                .and_then(|text| text.to_str().ok()?.parse().ok())
                .map_or(Duration::from_secs(1), Duration::from_millis),
        },
        code => {
            warn!(%code, "the auth service cannot be asked");
            AuthError::Unavailable
        }
    }
}

fn read_principal(principal: ProtoPrincipal) -> Result<Principal, AuthError> {
    let user = principal.user.ok_or(AuthError::Unavailable)?;
    Ok(Principal {
        user: user.id.parse().map_err(|_| AuthError::Unavailable)?,
        name: Arc::from(user.name),
        login_session: principal
            .session_id
            .parse()
            .map_err(|_| AuthError::Unavailable)?,
    })
}

fn tokens(pair: Option<TokenPair>) -> Result<Tokens, AuthError> {
    let pair = pair.ok_or(AuthError::Unavailable)?;
    let user = pair.user.ok_or(AuthError::Unavailable)?;
    Ok(Tokens {
        access: pair.access_token.into(),
        expires_in: duration(pair.expires_in.as_ref()),
        refresh: pair.refresh_token.into(),
        refresh_expires_in: duration(pair.refresh_expires_in.as_ref()),
        user_id: user.id,
        user_name: user.name,
    })
}

fn timestamp(moment: prost_types::Timestamp) -> Timestamp {
    Timestamp::from_unix_millis(moment.seconds * 1_000 + i64::from(moment.nanos) / 1_000_000)
}

/// Negative durations count as nothing.
fn duration(duration: Option<&prost_types::Duration>) -> Duration {
    duration
        .and_then(|duration| Duration::try_from(*duration).ok())
        .unwrap_or_default()
}
