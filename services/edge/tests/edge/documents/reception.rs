//! A stand-in for the auth service that signs people in, by rules that a test can see: the name `taken` is
//! taken, `crowd` comes too often, a short password is weak, the password `wrong password` is wrong, and the
//! tokens `spent` and `unknown` are no good.

use std::sync::atomic::{AtomicBool, Ordering};

use proto::auth::{self, auth_service_server::AuthService, revoke_session_request::By};
use tonic::{Request, Response, Status};

use crate::stand_ins::FakeAuth;

#[derive(Debug, Default)]
pub(super) struct Reception {
    /// Validates access tokens.
    pub(super) tokens: FakeAuth,
    /// Whether it cannot be asked.
    pub(super) away: AtomicBool,
}

impl Reception {
    pub(super) fn leave(&self) {
        self.away.store(true, Ordering::SeqCst);
        self.tokens.away.store(true, Ordering::SeqCst);
    }

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
        }),
        session_id: "login-of-ada".into(),
    })
}

#[tonic::async_trait]
impl AuthService for Reception {
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
        self.tokens.find_user(request).await
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

    async fn validate_token(
        &self,
        request: Request<auth::ValidateTokenRequest>,
    ) -> Result<Response<auth::ValidateTokenResponse>, Status> {
        self.tokens.validate_token(request).await
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

    type WatchRevocationsStream = <FakeAuth as AuthService>::WatchRevocationsStream;

    async fn watch_revocations(
        &self,
        request: Request<auth::WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        self.tokens.watch_revocations(request).await
    }
}
