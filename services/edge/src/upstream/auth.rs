//! The auth service, as the edge sees it: every call has a time-out, and a service that cannot be asked is
//! never taken for a token that is not good.

mod account;
mod api_tokens;
mod issuers;
mod orders;

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use proto::{
    auth::{
        FindUserRequest, GetJwksRequest, LoginRequest, Principal as ProtoPrincipal,
        RefreshTokenRequest, RegisterRequest, RevokeSessionRequest, TokenPair, User as ProtoUser,
        ValidateTokenRequest, WatchRevocationsRequest, WatchRevocationsResponse,
        auth_service_client::AuthServiceClient, revoke_session_request::By,
    },
    ids::LoginSessionId,
    websocket::frames::Author,
};
use runtime::{
    clock::Timestamp,
    grpc::{Channel, Pool, Repeat},
    trace_context::request,
    warning_limiter::WarningLimiter,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataValue};
use tracing::warn;

pub(crate) use self::{
    account::{Account, LoginSession},
    api_tokens::{ApiToken, NewApiToken, ScopedToken},
    issuers::{IssuerCallback, SignInIssuer},
    orders::{NotedOrder, OrderKind},
};
use super::{AccessToken, Principal, convert};

/// How long a call may take. Hashing a password behind a queue of others is the slowest.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the auth service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The credential is not good.
    #[error("the credential is not good")]
    Unauthenticated(Explanation),
    /// The request is malformed: a bad name, a weak password.
    #[error("the request is malformed")]
    Invalid(Explanation),
    /// The name is taken.
    #[error("the name is taken")]
    Taken(Explanation),
    /// The caller may not: the password is wrong, or the user is disabled.
    #[error("the caller may not")]
    Forbidden(Explanation),
    /// There is no such thing of the caller's.
    #[error("there is no such thing")]
    NotFound,
    /// The user is none of whom that can be asked.
    #[error("not with this user")]
    Conflict(Explanation),
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
pub struct Explanation(pub String);

impl fmt::Display for Explanation {
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
    /// Whose they are.
    pub user: User,
}

/// A user, as the auth service knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id, which never changes.
    pub id: String,
    /// What others see.
    pub name: String,
    /// What they sign in with, and are invited by.
    pub username: String,
    /// Whether they have no password, and are deleted when they are not seen for long.
    pub guest: bool,
}

/// Somebody who has registered or signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// What they hold.
    pub tokens: Tokens,
    /// Shows at the next sign-in that somebody has signed in to this account on this device.
    pub device_token: SecretString,
}

/// The client for whom the auth service is asked.
#[derive(Debug, Clone)]
pub struct OnBehalfOf {
    /// Its address.
    pub address: Option<IpAddr>,
    /// The name of its request.
    pub request_id: Arc<str>,
}

impl OnBehalfOf {
    fn address(&self) -> String {
        self.address.map_or_else(String::new, |ip| ip.to_string())
    }

    /// A request that carries the name of the client's.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = request(message);
        if let Ok(id) = MetadataValue::try_from(&*self.request_id) {
            request.metadata_mut().insert(proto::REQUEST_ID, id);
        }
        request
    }
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
pub struct AuthClient(Pool);

impl AuthClient {
    /// Of its replicas.
    pub fn new(replicas: Pool) -> Self {
        Self(replicas)
    }

    /// Tells whom an access token belongs to, and when it ends by this process's monotonic clock.
    ///
    /// # Errors
    /// `Unauthenticated` when it is not good, `Unavailable` when that cannot be told.
    pub async fn validate(&self, token: &SecretString) -> Result<(Principal, Instant), AuthError> {
        // Counted from before the question, so that a slow answer never lengthens a token's life.
        let asked = Instant::now();
        let call = |mut client: AuthServiceClient<Channel>| {
            let question = ValidateTokenRequest {
                access_token: token.expose_secret().to_owned(),
            };
            async move { client.validate_token(request(question)).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        let principal = answer.principal.ok_or(AuthError::Unavailable)?;
        let expires = asked + duration(principal.expires_in.as_ref());
        // What is good in every service: a token of another issuer is good in the auth service alone.
        let token = match answer.exchanged_token {
            none if none.is_empty() => token.clone(),
            exchanged => exchanged.into(),
        };
        Ok((read_principal(principal, token)?, expires))
    }

    /// Registers a user and signs them in. `display_name` is what others shall see; empty: the username.
    ///
    /// # Errors
    /// `Invalid`, `Taken`, `TooMany` or `Unavailable`.
    pub async fn register(
        &self,
        username: String,
        password: SecretString,
        display_name: String,
        client: OnBehalfOf,
    ) -> Result<SignedIn, AuthError> {
        let question = RegisterRequest {
            username,
            password: password.expose_secret().to_owned(),
            client_address: client.address(),
            display_name,
        };
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(question.clone());
            async move { service.register(question).await }
        };
        let answer = self.call(Repeat::Never, call).await?;
        Ok(SignedIn {
            tokens: tokens(answer.tokens)?,
            device_token: answer.device_token.into(),
        })
    }

    /// Signs a user in. `device_token` is what an earlier sign-in gave, or empty.
    ///
    /// # Errors
    /// `Unauthenticated`, `Invalid`, `TooMany` or `Unavailable`.
    pub async fn login(
        &self,
        username: String,
        password: SecretString,
        device_token: SecretString,
        client: OnBehalfOf,
    ) -> Result<SignedIn, AuthError> {
        let question = LoginRequest {
            username,
            password: password.expose_secret().to_owned(),
            client_address: client.address(),
            device_token: device_token.expose_secret().to_owned(),
        };
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(question.clone());
            async move { service.login(question).await }
        };
        let answer = self.call(Repeat::Never, call).await?;
        Ok(SignedIn {
            tokens: tokens(answer.tokens)?,
            device_token: answer.device_token.into(),
        })
    }

    /// Exchanges a refresh token for a new pair. Asking twice within seconds gives the same pair.
    ///
    /// # Errors
    /// `Unauthenticated` or `Unavailable`.
    pub async fn refresh(
        &self,
        token: &SecretString,
        client: OnBehalfOf,
    ) -> Result<Tokens, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(RefreshTokenRequest {
                refresh_token: token.expose_secret().to_owned(),
                client_address: client.address(),
            });
            async move { service.refresh_token(question).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        tokens(answer.tokens)
    }

    /// Finds a user by name; `None` when nobody has that name.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn find_user(&self, name: &str) -> Result<Option<Author>, AuthError> {
        let call = |mut client: AuthServiceClient<Channel>| {
            let question = request(FindUserRequest {
                name: name.to_owned(),
            });
            async move { client.find_user(question).await }
        };
        let over = |channel| call(AuthServiceClient::new(channel));
        match self.0.call(Repeat::Idempotent, CALL_TIMEOUT, over).await {
            Ok(answer) => Ok(answer.user.map(|user| Author {
                id: user.id,
                name: user.name,
            })),
            Err(status) => match status.code() {
                Code::NotFound | Code::InvalidArgument => Ok(None),
                _ => Err(read(&status)),
            },
        }
    }

    /// Ends a login session.
    ///
    /// # Errors
    /// `Unauthenticated` when nothing is known of what names it, or `Unavailable`.
    pub async fn revoke(
        &self,
        by: Revoke,
        client: OnBehalfOf,
    ) -> Result<LoginSessionId, AuthError> {
        let by = match by {
            Revoke::RefreshToken(token) => By::RefreshToken(token.expose_secret().to_owned()),
            Revoke::AccessToken(token) => By::AccessToken(token.expose_secret().to_owned()),
        };
        let question = RevokeSessionRequest { by: Some(by) };
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(question.clone());
            async move { service.revoke_session(question).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
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
        let call = |mut client: AuthServiceClient<Channel>| async move {
            client.get_jwks(request(GetJwksRequest {})).await
        };
        Ok(self.call(Repeat::Idempotent, call).await?.jwks_json)
    }

    /// Follows revocations and reviews: those that still matter, then each new one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revocations(&self) -> Result<Revocations, AuthError> {
        let call = |mut client: AuthServiceClient<Channel>| async move {
            let question = request(WatchRevocationsRequest {});
            client.watch_revocations(question).await
        };
        Ok(Revocations(self.call(Repeat::Idempotent, call).await?))
    }

    async fn call<T, F>(
        &self,
        repeat: Repeat,
        call: impl Fn(AuthServiceClient<Channel>) -> F,
    ) -> Result<T, AuthError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let over = |channel| call(AuthServiceClient::new(channel));
        let answer = self.0.call(repeat, CALL_TIMEOUT, over).await;
        answer.map_err(|status| read(&status))
    }
}

/// What happened to one login session, or to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionMark {
    /// It ended then, by the auth service's clock.
    Revoked(LoginSessionId, Timestamp),
    /// Whoever authenticated before then, by the auth service's clock, shall do it again.
    Reviewed(LoginSessionId, Timestamp),
    /// Whoever authenticated before then, by the auth service's clock, in any login session, shall do it again.
    AllReviewed(Timestamp),
}

/// A live stream of what happens to login sessions.
#[derive(Debug)]
pub struct Revocations(Streaming<WatchRevocationsResponse>);

impl Revocations {
    /// The next one.
    ///
    /// # Errors
    /// `Unavailable` when the stream has ended and must be opened again.
    pub async fn next(&mut self) -> Result<SessionMark, AuthError> {
        loop {
            let mark = self.0.message().await.map_err(|status| read(&status))?;
            if let Some(mark) = read_mark(mark.ok_or(AuthError::Unavailable)?) {
                return Ok(mark);
            }
        }
    }
}

/// `None`: of a kind that this edge does not know.
fn read_mark(mark: WatchRevocationsResponse) -> Option<SessionMark> {
    if let Some(at) = &mark.all_reviewed_at {
        return Some(SessionMark::AllReviewed(convert::timestamp(Some(at))));
    }
    match mark.review {
        Some(review) => {
            let at = convert::timestamp(review.reviewed_at.as_ref());
            Some(SessionMark::Reviewed(review.session_id.parse().ok()?, at))
        }
        None => {
            let at = convert::timestamp(mark.revoked_at.as_ref());
            Some(SessionMark::Revoked(mark.session_id.parse().ok()?, at))
        }
    }
}

/// During an outage each call would tell it.
static CANNOT_ASK: WarningLimiter = WarningLimiter::new();

fn read(status: &Status) -> AuthError {
    let words = || Explanation(status.message().to_owned());
    match status.code() {
        Code::Unauthenticated => AuthError::Unauthenticated(words()),
        Code::InvalidArgument => AuthError::Invalid(words()),
        Code::AlreadyExists => AuthError::Taken(words()),
        Code::PermissionDenied => AuthError::Forbidden(words()),
        Code::NotFound => AuthError::NotFound,
        Code::FailedPrecondition => AuthError::Conflict(words()),
        Code::ResourceExhausted => AuthError::TooMany {
            retry_after: status
                .metadata()
                .get("retry-after-ms")
                .and_then(|text| text.to_str().ok()?.parse().ok())
                .map_or(Duration::from_secs(1), Duration::from_millis),
        },
        code => {
            if let Some(untold) = CANNOT_ASK.admit(Instant::now()) {
                warn!(%code, untold, "the auth service cannot be asked");
            }
            AuthError::Unavailable
        }
    }
}

fn read_principal(principal: ProtoPrincipal, token: SecretString) -> Result<Principal, AuthError> {
    let expires_in = duration(principal.expires_in.as_ref());
    let token_ends = convert::timestamp(principal.expires_at.as_ref());
    let user = principal.user.ok_or(AuthError::Unavailable)?;
    Ok(Principal {
        validated_at: token_ends.before(expires_in),
        token_id: Arc::from(principal.token_id),
        scope: Arc::from(principal.scope),
        token_ends,
        token: AccessToken::new(token),
        user: user.id.parse().map_err(|_| AuthError::Unavailable)?,
        shown_name: shown_name(&user).into(),
        name: Arc::from(user.name),
        login_session: principal
            .session_id
            .parse()
            .map_err(|_| AuthError::Unavailable)?,
    })
}

fn tokens(pair: Option<TokenPair>) -> Result<Tokens, AuthError> {
    let pair = pair.ok_or(AuthError::Unavailable)?;
    let user = read_user(pair.user)?;
    Ok(Tokens {
        access: pair.access_token.into(),
        expires_in: duration(pair.expires_in.as_ref()),
        refresh: pair.refresh_token.into(),
        refresh_expires_in: duration(pair.refresh_expires_in.as_ref()),
        user,
    })
}

fn read_user(user: Option<ProtoUser>) -> Result<User, AuthError> {
    let user = user.ok_or(AuthError::Unavailable)?;
    Ok(User {
        name: shown_name(&user).to_owned(),
        id: user.id,
        username: user.name,
        guest: user.guest,
    })
}

/// A service of before display names tells none.
fn shown_name(user: &ProtoUser) -> &str {
    match user.display_name.as_str() {
        "" => &user.name,
        shown => shown,
    }
}

/// Negative durations count as nothing.
fn duration(duration: Option<&prost_types::Duration>) -> Duration {
    duration
        .and_then(|duration| Duration::try_from(*duration).ok())
        .unwrap_or_default()
}
