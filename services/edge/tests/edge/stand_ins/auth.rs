//! An auth service of few words.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::StreamExt as _;
use proto::auth::{self, auth_service_server::AuthService};
use tokio::{sync::OnceCell, time::Instant};
use tonic::{Request, Response, Status};

use super::Answers;

/// Takes tokens of the form `user:seconds`, each time as another token, and `user:seconds:id`, which ends so long after
/// the first call; every other one is bad.
#[derive(Debug, Default)]
pub(crate) struct FakeAuth {
    /// Whether it says nothing at all.
    pub(crate) silent: AtomicBool,
    /// Whether it says that it is unavailable.
    pub(crate) away: AtomicBool,
    began: OnceCell<Instant>,
    validated: AtomicU64,
}

impl FakeAuth {
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

#[tonic::async_trait]
impl AuthService for FakeAuth {
    async fn validate_token(
        &self,
        request: Request<auth::ValidateTokenRequest>,
    ) -> Result<Response<auth::ValidateTokenResponse>, Status> {
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(Status::unavailable("away"));
        }
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
        }))
    }

    async fn register(
        &self,
        _: Request<auth::RegisterRequest>,
    ) -> Result<Response<auth::RegisterResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn login(
        &self,
        _: Request<auth::LoginRequest>,
    ) -> Result<Response<auth::LoginResponse>, Status> {
        Err(Status::unimplemented(""))
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
        _: Request<auth::RefreshTokenRequest>,
    ) -> Result<Response<auth::RefreshTokenResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn revoke_session(
        &self,
        _: Request<auth::RevokeSessionRequest>,
    ) -> Result<Response<auth::RevokeSessionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_jwks(
        &self,
        _: Request<auth::GetJwksRequest>,
    ) -> Result<Response<auth::GetJwksResponse>, Status> {
        Err(Status::unimplemented(""))
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

    async fn register_guest(
        &self,
        _: Request<auth::RegisterGuestRequest>,
    ) -> Result<Response<auth::RegisterGuestResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_account(
        &self,
        _: Request<auth::GetAccountRequest>,
    ) -> Result<Response<auth::GetAccountResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn update_account(
        &self,
        _: Request<auth::UpdateAccountRequest>,
    ) -> Result<Response<auth::UpdateAccountResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn change_password(
        &self,
        _: Request<auth::ChangePasswordRequest>,
    ) -> Result<Response<auth::ChangePasswordResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn claim_guest(
        &self,
        _: Request<auth::ClaimGuestRequest>,
    ) -> Result<Response<auth::ClaimGuestResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn end_session(
        &self,
        _: Request<auth::EndSessionRequest>,
    ) -> Result<Response<auth::EndSessionResponse>, Status> {
        Err(Status::unimplemented(""))
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
        _: Request<auth::BeginDeletionRequest>,
    ) -> Result<Response<auth::BeginDeletionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn finish_deletion(
        &self,
        _: Request<auth::FinishDeletionRequest>,
    ) -> Result<Response<auth::FinishDeletionResponse>, Status> {
        Err(Status::unimplemented(""))
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
