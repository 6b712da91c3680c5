//! `AuthService` over gRPC: reads requests, asks the authority, writes responses. It decides nothing; every
//! failure becomes a status with fixed words in one place (`status`), every value a message in one (`responses`).

mod api_tokens;
mod issuers;
mod orders;
mod responses;
mod status;

use std::sync::Arc;

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use proto::{
    auth::{
        self as pb,
        auth_service_server::{AuthService, AuthServiceServer},
        revoke_session_request::By,
    },
    ids::LoginSessionId,
};
use runtime::lifecycle::Lifecycle;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::broadcast::error::RecvError;
use tonic::{Request, Response, Status};

use self::{
    responses::{duration, timestamp},
    status::{internal, status},
};
use crate::{
    authority::{
        AuditQuery, Authority, Claim, Client, Credentials, PasswordChange, SessionName, SignedIn,
        Validated,
    },
    revocations::Watch,
};

/// No request is near this; a token has 4 KiB at most.
const MAX_MESSAGE_SIZE: usize = 64 * 1024;

/// The service, ready to be served.
pub(crate) fn service(authority: Arc<Authority>, lifecycle: Lifecycle) -> AuthServiceServer<Auth> {
    AuthServiceServer::new(Auth {
        authority,
        lifecycle,
    })
    .max_decoding_message_size(MAX_MESSAGE_SIZE)
}

/// The authority behind gRPC.
#[derive(Debug)]
pub(crate) struct Auth {
    authority: Arc<Authority>,
    lifecycle: Lifecycle,
}

impl Auth {
    /// Lets operators through, and nobody when no operator token is configured; gives the operator's name.
    fn require_operator<T>(&self, request: &Request<T>) -> Result<Arc<str>, Status> {
        let metadata = request.metadata();
        let own = metadata.get_all(proto::OPERATOR_TOKEN).into_iter();
        let own = own.filter_map(|value| value.to_str().ok());
        // Where commands of the build before send it.
        let bearers = metadata.get_all("authorization").into_iter();
        let bearers = bearers.filter_map(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let is_shown = metadata.contains_key(proto::OPERATOR_TOKEN);
        own.chain(bearers)
            .find_map(|token| self.authority.operator(token))
            .ok_or_else(|| {
                if is_shown {
                    self.authority.note_refused_operator();
                }
                Status::permission_denied("For operators only")
            })
    }
}

#[tonic::async_trait]
impl AuthService for Auth {
    async fn register(
        &self,
        request: Request<pb::RegisterRequest>,
    ) -> Result<Response<pb::RegisterResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let request = request.into_inner();
        let credentials = Credentials {
            username: request.username.into(),
            password: request.password.into(),
            device_token: SecretString::default(),
        };
        let display_name = request.display_name;
        let registered = self.authority.register(credentials, &display_name, &client);
        let SignedIn {
            tokens,
            device_token,
        } = registered.await.map_err(status)?;
        Ok(Response::new(pb::RegisterResponse {
            tokens: Some(tokens.into()),
            device_token: device_token.expose_secret().to_owned(),
        }))
    }

    async fn register_guest(
        &self,
        request: Request<pb::RegisterGuestRequest>,
    ) -> Result<Response<pb::RegisterGuestResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let tokens = self.authority.register_guest(&client).await;
        Ok(Response::new(pb::RegisterGuestResponse {
            tokens: Some(tokens.map_err(status)?.into()),
        }))
    }

    async fn login(
        &self,
        request: Request<pb::LoginRequest>,
    ) -> Result<Response<pb::LoginResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let request = request.into_inner();
        let credentials = Credentials {
            username: request.username.into(),
            password: request.password.into(),
            device_token: request.device_token.into(),
        };
        let signed_in = self.authority.log_in(credentials, &client).await;
        let SignedIn {
            tokens,
            device_token,
        } = signed_in.map_err(status)?;
        Ok(Response::new(pb::LoginResponse {
            tokens: Some(tokens.into()),
            device_token: device_token.expose_secret().to_owned(),
        }))
    }

    async fn list_issuers(
        &self,
        _request: Request<pb::ListIssuersRequest>,
    ) -> Result<Response<pb::ListIssuersResponse>, Status> {
        Ok(issuers::list(&self.authority))
    }

    async fn begin_issuer_sign_in(
        &self,
        request: Request<pb::BeginIssuerSignInRequest>,
    ) -> Result<Response<pb::BeginIssuerSignInResponse>, Status> {
        issuers::begin(&self.authority, request).await
    }

    async fn finish_issuer_sign_in(
        &self,
        request: Request<pb::FinishIssuerSignInRequest>,
    ) -> Result<Response<pb::FinishIssuerSignInResponse>, Status> {
        issuers::finish(&self.authority, request).await
    }

    async fn validate_token(
        &self,
        request: Request<pb::ValidateTokenRequest>,
    ) -> Result<Response<pb::ValidateTokenResponse>, Status> {
        let token = request.into_inner().access_token.into();
        let Validated {
            principal,
            left,
            exchanged,
        } = self.authority.validate(&token).await.map_err(status)?;
        let exchanged = exchanged.as_ref().map_or("", ExposeSecret::expose_secret);
        Ok(Response::new(pb::ValidateTokenResponse {
            exchanged_token: exchanged.to_owned(),
            principal: Some(pb::Principal {
                user: Some(principal.user.into()),
                session_id: principal.session.to_string(),
                expires_at: Some(timestamp(principal.expires_at)),
                expires_in: duration(left),
                issued_at: Some(timestamp(principal.issued_at)),
                token_id: principal.token_id,
                scope: principal
                    .scope
                    .map(|scope| scope.to_string())
                    .unwrap_or_default(),
            }),
        }))
    }

    async fn refresh_token(
        &self,
        request: Request<pb::RefreshTokenRequest>,
    ) -> Result<Response<pb::RefreshTokenResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let token = request.into_inner().refresh_token.into();
        let refreshed = self.authority.refresh(&token, &client).await;
        let tokens = refreshed.map_err(status)?;
        Ok(Response::new(pb::RefreshTokenResponse {
            tokens: Some(tokens.into()),
        }))
    }

    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        // An id is no secret like a token: where there are operators, they alone end sessions by it.
        let by_id = matches!(request.get_ref().by, Some(By::SessionId(_)));
        let operator = match by_id && self.authority.has_operators() {
            true => Some(self.require_operator(&request)?),
            false => None,
        };
        let client = client(&request, "");
        let name = session_name(request.into_inner())?;
        let revoked = match (operator, name) {
            (Some(operator), SessionName::Id(id)) => self.authority.revoke_for(&operator, id).await,
            (_, name) => self.authority.revoke(name, &client).await,
        };
        let id = revoked.map_err(status)?;
        Ok(Response::new(pb::RevokeSessionResponse {
            session_id: id.to_string(),
        }))
    }

    async fn get_jwks(
        &self,
        _request: Request<pb::GetJwksRequest>,
    ) -> Result<Response<pb::GetJwksResponse>, Status> {
        let jwks_json = self.authority.jwks().map_err(|cause| internal(&cause))?;
        let claims = self.authority.claims();
        Ok(Response::new(pb::GetJwksResponse {
            jwks_json,
            issuer: claims.issuer.to_owned(),
            audience: claims.audience.to_owned(),
            access_ttl: duration(claims.longest_life),
        }))
    }

    async fn find_user(
        &self,
        request: Request<pb::FindUserRequest>,
    ) -> Result<Response<pb::FindUserResponse>, Status> {
        let name = request.into_inner().name;
        let user = self.authority.find_user(&name).await.map_err(status)?;
        Ok(Response::new(pb::FindUserResponse {
            user: Some(user.into()),
        }))
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        self.require_operator(&request)?;
        let user = request.into_inner().username;
        let found = self.authority.sessions_of(&user).await.map_err(status)?;
        Ok(Response::new(pb::ListSessionsResponse {
            sessions: found.into_iter().map(Into::into).collect(),
        }))
    }

    async fn review_session(
        &self,
        request: Request<pb::ReviewSessionRequest>,
    ) -> Result<Response<pb::ReviewSessionResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let id = session_id(&request.into_inner().session_id)?;
        let reviewed_at = self
            .authority
            .review(&operator, &id)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::ReviewSessionResponse {
            reviewed_at: Some(timestamp(reviewed_at)),
        }))
    }

    async fn list_keys(
        &self,
        request: Request<pb::ListKeysRequest>,
    ) -> Result<Response<pb::ListKeysResponse>, Status> {
        self.require_operator(&request)?;
        let keys = self.authority.list_keys().await.map_err(status)?;
        Ok(Response::new(pb::ListKeysResponse {
            keys: keys.into_iter().map(Into::into).collect(),
        }))
    }

    async fn rotate_keys(
        &self,
        request: Request<pb::RotateKeysRequest>,
    ) -> Result<Response<pb::RotateKeysResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let promotion = self
            .authority
            .rotate_keys(&operator)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::RotateKeysResponse {
            kid: promotion.kid,
            signs_from: Some(timestamp(promotion.signs_from)),
        }))
    }

    async fn revoke_key(
        &self,
        request: Request<pb::RevokeKeyRequest>,
    ) -> Result<Response<pb::RevokeKeyResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let kid = request.into_inner().kid;
        self.authority
            .revoke_key(&operator, &kid)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::RevokeKeyResponse {}))
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let token = request.into_inner().access_token.into();
        let view = self.authority.account(&token).await.map_err(status)?;
        Ok(Response::new(pb::GetAccountResponse {
            account: Some(view.account.into()),
            sessions: view.sessions.into_iter().map(Into::into).collect(),
            session_id: view.own.to_string(),
        }))
    }

    async fn update_account(
        &self,
        request: Request<pb::UpdateAccountRequest>,
    ) -> Result<Response<pb::UpdateAccountResponse>, Status> {
        let request = request.into_inner();
        let token = request.access_token.into();
        let renamed = self.authority.rename(&token, &request.display_name);
        Ok(Response::new(pb::UpdateAccountResponse {
            account: Some(renamed.await.map_err(status)?.into()),
        }))
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let request = request.into_inner();
        let token = request.access_token.into();
        let change = PasswordChange {
            current: request.current_password.into(),
            new: request.new_password.into(),
        };
        let changed = self.authority.change_password(&token, change, &client);
        changed.await.map_err(status)?;
        Ok(Response::new(pb::ChangePasswordResponse {}))
    }

    async fn claim_guest(
        &self,
        request: Request<pb::ClaimGuestRequest>,
    ) -> Result<Response<pb::ClaimGuestResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let request = request.into_inner();
        let token = request.access_token.into();
        let claim = Claim {
            username: request.username.into(),
            password: request.password.into(),
        };
        let claimed = self.authority.claim(&token, claim, &client).await;
        Ok(Response::new(pb::ClaimGuestResponse {
            account: Some(claimed.map_err(status)?.into()),
        }))
    }

    async fn end_session(
        &self,
        request: Request<pb::EndSessionRequest>,
    ) -> Result<Response<pb::EndSessionResponse>, Status> {
        let request = request.into_inner();
        let token = request.access_token.into();
        let id = session_id(&request.session_id)?;
        let ended = self.authority.end_session(&token, &id).await;
        ended.map_err(status)?;
        Ok(Response::new(pb::EndSessionResponse {}))
    }

    async fn create_api_token(
        &self,
        request: Request<pb::CreateApiTokenRequest>,
    ) -> Result<Response<pb::CreateApiTokenResponse>, Status> {
        api_tokens::create(&self.authority, request).await
    }

    async fn list_api_tokens(
        &self,
        request: Request<pb::ListApiTokensRequest>,
    ) -> Result<Response<pb::ListApiTokensResponse>, Status> {
        api_tokens::list(&self.authority, request).await
    }

    async fn delete_api_token(
        &self,
        request: Request<pb::DeleteApiTokenRequest>,
    ) -> Result<Response<pb::DeleteApiTokenResponse>, Status> {
        api_tokens::delete(&self.authority, request).await
    }

    async fn exchange_api_token(
        &self,
        request: Request<pb::ExchangeApiTokenRequest>,
    ) -> Result<Response<pb::ExchangeApiTokenResponse>, Status> {
        api_tokens::exchange(&self.authority, request).await
    }

    async fn begin_deletion(
        &self,
        request: Request<pb::BeginDeletionRequest>,
    ) -> Result<Response<pb::BeginDeletionResponse>, Status> {
        let client = client(&request, &request.get_ref().client_address);
        let request = request.into_inner();
        let (token, password) = (request.access_token.into(), request.password.into());
        let begun = self.authority.begin_deletion(&token, password, &client);
        begun.await.map_err(status)?;
        Ok(Response::new(pb::BeginDeletionResponse {}))
    }

    async fn list_deletions(
        &self,
        _request: Request<pb::ListDeletionsRequest>,
    ) -> Result<Response<pb::ListDeletionsResponse>, Status> {
        let deletions = self.authority.deletions().await.map_err(status)?;
        Ok(Response::new(pb::ListDeletionsResponse {
            deletions: deletions.into_iter().map(Into::into).collect(),
        }))
    }

    async fn finish_deletion(
        &self,
        request: Request<pb::FinishDeletionRequest>,
    ) -> Result<Response<pb::FinishDeletionResponse>, Status> {
        let user = request.into_inner().user_id.parse();
        let user = user.map_err(|_| Status::invalid_argument("The user id is malformed"))?;
        self.authority
            .finish_deletion(&user)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::FinishDeletionResponse {}))
    }

    async fn delete_user(
        &self,
        request: Request<pb::DeleteUserRequest>,
    ) -> Result<Response<pb::DeleteUserResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let name = request.into_inner().username;
        self.authority
            .delete_user(&operator, &name)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::DeleteUserResponse {}))
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        self.require_operator(&request)?;
        let request = request.into_inner();
        let page = self.authority.list_users(&request.after, request.limit);
        let page = page.await.map_err(status)?;
        Ok(Response::new(pb::ListUsersResponse {
            accounts: page.accounts.into_iter().map(Into::into).collect(),
            next: page.next.unwrap_or_default(),
        }))
    }

    async fn show_user(
        &self,
        request: Request<pb::ShowUserRequest>,
    ) -> Result<Response<pb::ShowUserResponse>, Status> {
        self.require_operator(&request)?;
        let name = request.into_inner().username;
        let view = self.authority.show_user(&name).await.map_err(status)?;
        Ok(Response::new(pb::ShowUserResponse {
            account: Some(view.account.into()),
            sessions: view.sessions.into_iter().map(Into::into).collect(),
            api_tokens: view.api_tokens.into_iter().map(Into::into).collect(),
        }))
    }

    async fn disable_user(
        &self,
        request: Request<pb::DisableUserRequest>,
    ) -> Result<Response<pb::DisableUserResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let name = request.into_inner().username;
        self.authority
            .disable_user(&operator, &name)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::DisableUserResponse {}))
    }

    async fn enable_user(
        &self,
        request: Request<pb::EnableUserRequest>,
    ) -> Result<Response<pb::EnableUserResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let name = request.into_inner().username;
        self.authority
            .enable_user(&operator, &name)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::EnableUserResponse {}))
    }

    async fn reset_password(
        &self,
        request: Request<pb::ResetPasswordRequest>,
    ) -> Result<Response<pb::ResetPasswordResponse>, Status> {
        let operator = self.require_operator(&request)?;
        let name = request.into_inner().username;
        let reset = self
            .authority
            .reset_password(&operator, &name)
            .await
            .map_err(status)?;
        Ok(Response::new(pb::ResetPasswordResponse {
            code: reset.code.expose_secret().to_owned(),
            expires_at: Some(timestamp(reset.until)),
        }))
    }

    async fn list_audit_events(
        &self,
        request: Request<pb::ListAuditEventsRequest>,
    ) -> Result<Response<pb::ListAuditEventsResponse>, Status> {
        self.require_operator(&request)?;
        let request = request.into_inner();
        let query = AuditQuery {
            user: request.user,
            kind: request.kind,
            since: request.since.as_ref().map(responses::moment),
            before: request.before,
            limit: request.limit,
        };
        let (events, next) = self.authority.audit_events(query).await.map_err(status)?;
        Ok(Response::new(pb::ListAuditEventsResponse {
            events: events.into_iter().map(Into::into).collect(),
            next: next.unwrap_or_default(),
        }))
    }

    async fn note_order(
        &self,
        request: Request<pb::NoteOrderRequest>,
    ) -> Result<Response<pb::NoteOrderResponse>, Status> {
        let (operator, event) = orders::read(request.into_inner())?;
        self.authority.note_order_at_an_edge(&operator, event);
        Ok(Response::new(pb::NoteOrderResponse {}))
    }

    type WatchRevocationsStream = BoxStream<'static, Result<pb::WatchRevocationsResponse, Status>>;

    async fn watch_revocations(
        &self,
        _request: Request<pb::WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        let too_many = || Status::resource_exhausted("Too many watchers");
        let watch = self.authority.watch_revocations().ok_or_else(too_many)?;
        let lifecycle = self.lifecycle.clone();
        let marks = marks(watch).take_until(async move { lifecycle.stopping().await });
        Ok(Response::new(marks.boxed()))
    }
}

/// The marks so far, then each new one; a watcher that fell behind must begin anew.
fn marks(
    watch: Watch,
) -> impl futures_util::Stream<Item = Result<pb::WatchRevocationsResponse, Status>> {
    let news = stream::unfold(watch.news, |mut news| async move {
        match news.recv().await {
            Ok(mark) => Some((Ok(mark.into()), news)),
            Err(RecvError::Lagged(_)) => Some((
                Err(Status::unavailable("Too far behind: watch again")),
                news,
            )),
            Err(RecvError::Closed) => None,
        }
    });
    stream::iter(watch.so_far)
        .map(|mark| Ok(mark.into()))
        .chain(news)
}

/// For whom a service asks.
fn client<T>(request: &Request<T>, address: &str) -> Client {
    let id = request.metadata().get(proto::REQUEST_ID);
    Client::new(address, id.and_then(|id| id.to_str().ok()))
}

fn session_name(request: pb::RevokeSessionRequest) -> Result<SessionName, Status> {
    match request.by {
        Some(By::SessionId(id)) => session_id(&id).map(SessionName::Id),
        Some(By::RefreshToken(token)) => Ok(SessionName::RefreshToken(token.into())),
        Some(By::AccessToken(token)) => Ok(SessionName::AccessToken(token.into())),
        None => Err(Status::invalid_argument("Name the session to revoke")),
    }
}

fn session_id(text: &str) -> Result<LoginSessionId, Status> {
    text.parse()
        .map_err(|_| Status::invalid_argument("The session id is malformed"))
}
