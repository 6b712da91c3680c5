//! An auth service of few words.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::StreamExt as _;
use proto::auth::{self, auth_service_server::AuthService, revoke_session_request::By};
use tokio::{sync::OnceCell, time::Instant};
use tonic::{Request, Response, Status};

use super::Answers;

/// Takes tokens of the form `user:seconds`, each time as another token, and `user:seconds:id`, which ends so long after
/// the first call; every other one is bad.
///
/// It signs people in by rules that a test can see: the name `taken` is taken, `crowd` comes too often, a short password
/// is weak, the password `wrong password` is wrong, and the refresh tokens `spent` and `unknown` are no good. At the
/// issuer `corp` a sign-in has begun in the browser with `canary-browser` and the state `begun`; the issuer `silent` is
/// away.
#[derive(Debug, Default)]
pub(crate) struct FakeAuth {
    /// Whether it says nothing at all.
    pub(crate) silent: AtomicBool,
    /// Whether it says that it is unavailable.
    pub(crate) away: AtomicBool,
    /// Whether too many guests and programs come.
    pub(crate) crowded: AtomicBool,
    /// How many API tokens were exchanged.
    pub(crate) exchanged: AtomicU64,
    began: OnceCell<Instant>,
    validated: AtomicU64,
}

impl FakeAuth {
    fn here(&self) -> Result<(), Status> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(Status::unavailable("away")),
            false => Ok(()),
        }
    }

    fn authenticate(&self, username: &str) -> Result<(), Status> {
        self.here()?;
        match username {
            "crowd" => Err(Status::resource_exhausted("Too many sign-ins")),
            _ => Ok(()),
        }
    }

    /// Whose token it is, how many seconds it is good for, and its id.
    async fn read(&self, token: &str) -> Option<(String, i64, String)> {
        let began = *self.began.get_or_init(async || Instant::now()).await;
        let mut parts = token.split(':');
        let (user, seconds): (_, i64) = (parts.next()?, parts.next()?.parse().ok()?);
        match parts.next() {
            Some(id) => {
                let gone: i64 = began.elapsed().as_secs().try_into().ok()?;
                (gone < seconds).then(|| (user.into(), seconds - gone, id.into()))
            }
            None => {
                let number = self.validated.fetch_add(1, Ordering::SeqCst);
                Some((user.into(), seconds, format!("token-{number}")))
            }
        }
    }
}

fn pair() -> Option<auth::TokenPair> {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    Some(auth::TokenPair {
        access_token: "ada:900".into(),
        expires_in: seconds(900),
        refresh_token: "refresh".into(),
        refresh_expires_in: seconds(2_592_000),
        user: Some(auth::User {
            id: "1".into(),
            name: "ada".into(),
            ..auth::User::default()
        }),
        session_id: "login-of-ada".into(),
    })
}

fn api_token() -> auth::ApiToken {
    auth::ApiToken {
        id: "bot".into(),
        name: "timer bot".into(),
        scopes: vec!["recipes:read".into()],
        created_at: Some(prost_types::Timestamp::default()),
        used_at: Some(prost_types::Timestamp::default()),
        expires_at: None,
    }
}

/// Refuses the token of `bot`, which stands for an API token.
fn whole(token: &str) -> Result<(), Status> {
    match token.starts_with("bot:") {
        true => Err(Status::permission_denied("not by an API token")),
        false => Ok(()),
    }
}

/// Of whose token it is.
fn account(token: &str) -> auth::Account {
    let name = token.split(':').next().unwrap_or_default();
    auth::Account {
        user: Some(auth::User {
            id: name.into(),
            name: name.into(),
            ..auth::User::default()
        }),
        created_at: Some(prost_types::Timestamp::default()),
        ..auth::Account::default()
    }
}

#[tonic::async_trait]
impl AuthService for FakeAuth {
    async fn validate_token(
        &self,
        request: Request<auth::ValidateTokenRequest>,
    ) -> Result<Response<auth::ValidateTokenResponse>, Status> {
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.here()?;
        let token = request.into_inner().access_token;
        let (user, seconds, token_id) = self
            .read(&token)
            .await
            .ok_or_else(|| Status::unauthenticated("Invalid token"))?;
        let began = *self.began.get_or_init(async || Instant::now()).await;
        let ends = i64::try_from(began.elapsed().as_secs()).unwrap() + seconds;
        Ok(Response::new(auth::ValidateTokenResponse {
            principal: Some(auth::Principal {
                user: Some(auth::User {
                    id: user.clone(),
                    name: user.clone(),
                    ..auth::User::default()
                }),
                session_id: format!("login-of-{user}"),
                expires_at: Some(prost_types::Timestamp {
                    seconds: ends,
                    nanos: 0,
                }),
                expires_in: Some(prost_types::Duration { seconds, nanos: 0 }),
                token_id,
                ..auth::Principal::default()
            }),
            ..auth::ValidateTokenResponse::default()
        }))
    }

    async fn register(
        &self,
        request: Request<auth::RegisterRequest>,
    ) -> Result<Response<auth::RegisterResponse>, Status> {
        let asked = request.into_inner();
        self.authenticate(&asked.username)?;
        match asked.username.as_str() {
            "taken" => Err(Status::already_exists("The username is taken")),
            _ if asked.password.len() < 8 => Err(Status::invalid_argument("weak")),
            _ => Ok(Response::new(auth::RegisterResponse {
                tokens: pair(),
                device_token: "device".into(),
            })),
        }
    }

    async fn login(
        &self,
        request: Request<auth::LoginRequest>,
    ) -> Result<Response<auth::LoginResponse>, Status> {
        let asked = request.into_inner();
        self.authenticate(&asked.username)?;
        match asked.password.as_str() {
            "wrong password" => Err(Status::unauthenticated("Invalid username or password")),
            _ if asked.username == "disabled" => Err(Status::permission_denied("disabled")),
            _ => Ok(Response::new(auth::LoginResponse {
                tokens: pair(),
                device_token: "device".into(),
            })),
        }
    }

    async fn find_user(
        &self,
        request: Request<auth::FindUserRequest>,
    ) -> Result<Response<auth::FindUserResponse>, Status> {
        match request.into_inner().name {
            name if name == "nobody" => Err(Status::not_found("No such user")),
            name => Ok(Response::new(auth::FindUserResponse {
                user: Some(auth::User {
                    id: name.clone(),
                    name,
                    ..auth::User::default()
                }),
            })),
        }
    }

    async fn refresh_token(
        &self,
        request: Request<auth::RefreshTokenRequest>,
    ) -> Result<Response<auth::RefreshTokenResponse>, Status> {
        self.here()?;
        match request.into_inner().refresh_token.as_str() {
            "spent" => Err(Status::unauthenticated("Invalid refresh token")),
            _ => Ok(Response::new(auth::RefreshTokenResponse { tokens: pair() })),
        }
    }

    async fn revoke_session(
        &self,
        request: Request<auth::RevokeSessionRequest>,
    ) -> Result<Response<auth::RevokeSessionResponse>, Status> {
        self.here()?;
        match request.into_inner().by {
            Some(By::RefreshToken(token)) if token == "unknown" => {
                Err(Status::unauthenticated("Invalid refresh token"))
            }
            _ => Ok(Response::new(auth::RevokeSessionResponse {
                session_id: "login-of-ada".into(),
            })),
        }
    }

    async fn get_jwks(
        &self,
        _: Request<auth::GetJwksRequest>,
    ) -> Result<Response<auth::GetJwksResponse>, Status> {
        self.here()?;
        Ok(Response::new(auth::GetJwksResponse {
            jwks_json: r#"{"keys":[{"kty":"OKP"}]}"#.into(),
            ..auth::GetJwksResponse::default()
        }))
    }

    async fn list_sessions(
        &self,
        _: Request<auth::ListSessionsRequest>,
    ) -> Result<Response<auth::ListSessionsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn review_session(
        &self,
        _: Request<auth::ReviewSessionRequest>,
    ) -> Result<Response<auth::ReviewSessionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn note_order(
        &self,
        _: Request<auth::NoteOrderRequest>,
    ) -> Result<Response<auth::NoteOrderResponse>, Status> {
        Err(Status::unimplemented("not asked in these tests"))
    }

    async fn list_audit_events(
        &self,
        _: Request<auth::ListAuditEventsRequest>,
    ) -> Result<Response<auth::ListAuditEventsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_keys(
        &self,
        _: Request<auth::ListKeysRequest>,
    ) -> Result<Response<auth::ListKeysResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn rotate_keys(
        &self,
        _: Request<auth::RotateKeysRequest>,
    ) -> Result<Response<auth::RotateKeysResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn revoke_key(
        &self,
        _: Request<auth::RevokeKeyRequest>,
    ) -> Result<Response<auth::RevokeKeyResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_issuers(
        &self,
        _: Request<auth::ListIssuersRequest>,
    ) -> Result<Response<auth::ListIssuersResponse>, Status> {
        self.here()?;
        let issuer = |name: &str, device: &str| auth::SignInIssuer {
            name: name.into(),
            label: name.to_uppercase(),
            url: format!("https://{name}.example"),
            device_client_id: device.into(),
        };
        Ok(Response::new(auth::ListIssuersResponse {
            issuers: vec![issuer("corp", "tty"), issuer("school", "")],
        }))
    }

    async fn begin_issuer_sign_in(
        &self,
        request: Request<auth::BeginIssuerSignInRequest>,
    ) -> Result<Response<auth::BeginIssuerSignInResponse>, Status> {
        self.here()?;
        let request = request.into_inner();
        match request.issuer.as_str() {
            "corp" => Ok(Response::new(auth::BeginIssuerSignInResponse {
                authorization_url: format!(
                    "https://corp.example/authorize?back={}",
                    request.redirect_uri
                ),
                browser_secret: "canary-browser".into(),
            })),
            "silent" => Err(Status::aborted(
                "The issuer of the token cannot be asked now",
            )),
            _ => Err(Status::not_found("Nobody signs in there from here")),
        }
    }

    async fn finish_issuer_sign_in(
        &self,
        request: Request<auth::FinishIssuerSignInRequest>,
    ) -> Result<Response<auth::FinishIssuerSignInResponse>, Status> {
        self.here()?;
        let request = request.into_inner();
        match (
            request.browser_secret.as_str(),
            request.state.as_str(),
            request.code.as_str(),
        ) {
            ("canary-browser", "begun", "good") => {
                Ok(Response::new(auth::FinishIssuerSignInResponse {
                    tokens: pair(),
                }))
            }
            ("canary-browser", "begun", "") => Err(Status::failed_precondition("not signed in")),
            ("canary-browser", "begun", "disabled") => Err(Status::permission_denied("disabled")),
            _ => Err(Status::unauthenticated("This sign-in is over")),
        }
    }

    async fn register_guest(
        &self,
        _: Request<auth::RegisterGuestRequest>,
    ) -> Result<Response<auth::RegisterGuestResponse>, Status> {
        self.here()?;
        if self.crowded.load(Ordering::SeqCst) {
            return Err(Status::resource_exhausted("Too many sign-ins"));
        }
        let tokens = pair().map(|pair| auth::TokenPair {
            user: pair.user.map(|user| auth::User {
                guest: true,
                ..user
            }),
            ..pair
        });
        Ok(Response::new(auth::RegisterGuestResponse { tokens }))
    }

    async fn get_account(
        &self,
        request: Request<auth::GetAccountRequest>,
    ) -> Result<Response<auth::GetAccountResponse>, Status> {
        self.here()?;
        let account = account(&request.into_inner().access_token);
        let at = Some(prost_types::Timestamp::default());
        let session = auth::LoginSession {
            session_id: "login-of-ada".into(),
            user: account.user.clone(),
            created_at: at,
            refreshed_at: at,
            expires_at: at,
        };
        Ok(Response::new(auth::GetAccountResponse {
            account: Some(account),
            sessions: vec![session],
            session_id: "login-of-ada".into(),
        }))
    }

    async fn update_account(
        &self,
        request: Request<auth::UpdateAccountRequest>,
    ) -> Result<Response<auth::UpdateAccountResponse>, Status> {
        self.here()?;
        let asked = request.into_inner();
        match asked.display_name.as_str() {
            "\n" => Err(Status::invalid_argument("no control characters")),
            _ => Ok(Response::new(auth::UpdateAccountResponse {
                account: Some(account(&asked.access_token)),
            })),
        }
    }

    async fn change_password(
        &self,
        request: Request<auth::ChangePasswordRequest>,
    ) -> Result<Response<auth::ChangePasswordResponse>, Status> {
        self.here()?;
        let asked = request.into_inner();
        if asked.access_token.starts_with("guest") {
            return Err(Status::failed_precondition("This account has no password"));
        }
        match asked.current_password.as_str() {
            "wrong password" => Err(Status::permission_denied("The current password is wrong")),
            "crowd" => Err(Status::resource_exhausted("Too many sign-ins")),
            _ if asked.new_password.len() < 8 => Err(Status::invalid_argument("weak")),
            _ => Ok(Response::new(auth::ChangePasswordResponse {})),
        }
    }

    async fn claim_guest(
        &self,
        request: Request<auth::ClaimGuestRequest>,
    ) -> Result<Response<auth::ClaimGuestResponse>, Status> {
        let asked = request.into_inner();
        self.authenticate(&asked.username)?;
        match asked.username.as_str() {
            "taken" => Err(Status::already_exists("The username is taken")),
            _ if asked.password.len() < 8 => Err(Status::invalid_argument("weak")),
            _ => Ok(Response::new(auth::ClaimGuestResponse {
                account: Some(account(&asked.access_token)),
            })),
        }
    }

    async fn end_session(
        &self,
        request: Request<auth::EndSessionRequest>,
    ) -> Result<Response<auth::EndSessionResponse>, Status> {
        self.here()?;
        match request.into_inner().session_id.as_str() {
            "login-of-ada" => Ok(Response::new(auth::EndSessionResponse {})),
            _ => Err(Status::not_found("No such login session")),
        }
    }

    async fn create_api_token(
        &self,
        request: Request<auth::CreateApiTokenRequest>,
    ) -> Result<Response<auth::CreateApiTokenResponse>, Status> {
        self.here()?;
        let asked = request.into_inner();
        whole(&asked.access_token)?;
        match asked.name.as_str() {
            "one more" => Err(Status::failed_precondition("as many as one may have")),
            _ if asked.scopes == ["everything"] => Err(Status::invalid_argument("no scope")),
            _ => Ok(Response::new(auth::CreateApiTokenResponse {
                api_token: Some(api_token()),
                token: "rct_text".into(),
            })),
        }
    }

    async fn list_api_tokens(
        &self,
        request: Request<auth::ListApiTokensRequest>,
    ) -> Result<Response<auth::ListApiTokensResponse>, Status> {
        self.here()?;
        whole(&request.into_inner().access_token)?;
        let api_tokens = vec![api_token()];
        Ok(Response::new(auth::ListApiTokensResponse { api_tokens }))
    }

    async fn delete_api_token(
        &self,
        request: Request<auth::DeleteApiTokenRequest>,
    ) -> Result<Response<auth::DeleteApiTokenResponse>, Status> {
        self.here()?;
        let asked = request.into_inner();
        whole(&asked.access_token)?;
        match asked.id.as_str() {
            "bot" => Ok(Response::new(auth::DeleteApiTokenResponse {})),
            _ => Err(Status::not_found("No such API token")),
        }
    }

    async fn exchange_api_token(
        &self,
        request: Request<auth::ExchangeApiTokenRequest>,
    ) -> Result<Response<auth::ExchangeApiTokenResponse>, Status> {
        self.here()?;
        if self.crowded.load(Ordering::SeqCst) {
            return Err(Status::resource_exhausted("Too many sign-ins"));
        }
        self.exchanged.fetch_add(1, Ordering::SeqCst);
        let asked = request.into_inner().api_token;
        let user = asked.strip_prefix("rct_").unwrap_or("unknown");
        match user {
            "unknown" => Err(Status::unauthenticated("Invalid API token")),
            user => Ok(Response::new(auth::ExchangeApiTokenResponse {
                access_token: format!("{user}:900"),
                expires_in: Some(prost_types::Duration {
                    seconds: 900,
                    nanos: 0,
                }),
                scope: "recipes:read".into(),
            })),
        }
    }

    async fn list_users(
        &self,
        _: Request<auth::ListUsersRequest>,
    ) -> Result<Response<auth::ListUsersResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn show_user(
        &self,
        _: Request<auth::ShowUserRequest>,
    ) -> Result<Response<auth::ShowUserResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn disable_user(
        &self,
        _: Request<auth::DisableUserRequest>,
    ) -> Result<Response<auth::DisableUserResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn enable_user(
        &self,
        _: Request<auth::EnableUserRequest>,
    ) -> Result<Response<auth::EnableUserResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn reset_password(
        &self,
        _: Request<auth::ResetPasswordRequest>,
    ) -> Result<Response<auth::ResetPasswordResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn begin_deletion(
        &self,
        request: Request<auth::BeginDeletionRequest>,
    ) -> Result<Response<auth::BeginDeletionResponse>, Status> {
        self.here()?;
        match request.into_inner().password.as_str() {
            "wrong password" => Err(Status::permission_denied("The current password is wrong")),
            "crowd" => Err(Status::resource_exhausted("Too many sign-ins")),
            _ => Ok(Response::new(auth::BeginDeletionResponse {})),
        }
    }

    async fn finish_deletion(
        &self,
        _: Request<auth::FinishDeletionRequest>,
    ) -> Result<Response<auth::FinishDeletionResponse>, Status> {
        Ok(Response::new(auth::FinishDeletionResponse {}))
    }

    async fn list_deletions(
        &self,
        _: Request<auth::ListDeletionsRequest>,
    ) -> Result<Response<auth::ListDeletionsResponse>, Status> {
        Ok(Response::new(auth::ListDeletionsResponse::default()))
    }

    async fn delete_user(
        &self,
        _: Request<auth::DeleteUserRequest>,
    ) -> Result<Response<auth::DeleteUserResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type WatchRevocationsStream = Answers<auth::WatchRevocationsResponse>;

    async fn watch_revocations(
        &self,
        _: Request<auth::WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        Ok(Response::new(futures_util::stream::pending().boxed()))
    }
}
