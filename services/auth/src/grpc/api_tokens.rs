//! The calls about API tokens, between protobuf and the domain.

use std::time::Duration;

use proto::auth as pb;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::{
    client,
    responses::{duration, timestamp},
    status::status,
};
use crate::{
    api_token::{ApiToken, NEVER},
    authority::{Authority, NewApiToken},
    refresh::created_at,
};

pub(super) async fn create(
    authority: &Authority,
    request: Request<pb::CreateApiTokenRequest>,
) -> Result<Response<pb::CreateApiTokenResponse>, Status> {
    let client = client(&request, &request.get_ref().client_address);
    let request = request.into_inner();
    let wanted = NewApiToken {
        name: request.name,
        scopes: request.scopes,
        // A negative one is none.
        life: request
            .expires_in
            .map(|life| Duration::try_from(life).unwrap_or_default()),
    };
    let token = request.access_token.into();
    let created = authority.create_api_token(&token, wanted, &client).await;
    let (made, text) = created.map_err(status)?;
    Ok(Response::new(pb::CreateApiTokenResponse {
        api_token: Some(made.into()),
        token: text.expose_secret().to_owned(),
    }))
}

pub(super) async fn list(
    authority: &Authority,
    request: Request<pb::ListApiTokensRequest>,
) -> Result<Response<pb::ListApiTokensResponse>, Status> {
    let token = request.into_inner().access_token.into();
    let listed = authority.api_tokens(&token).await.map_err(status)?;
    Ok(Response::new(pb::ListApiTokensResponse {
        api_tokens: listed.into_iter().map(Into::into).collect(),
    }))
}

pub(super) async fn delete(
    authority: &Authority,
    request: Request<pb::DeleteApiTokenRequest>,
) -> Result<Response<pb::DeleteApiTokenResponse>, Status> {
    let client = client(&request, &request.get_ref().client_address);
    let request = request.into_inner();
    let token = request.access_token.into();
    let deleted = authority.delete_api_token(&token, &request.id, &client);
    deleted.await.map_err(status)?;
    Ok(Response::new(pb::DeleteApiTokenResponse {}))
}

pub(super) async fn exchange(
    authority: &Authority,
    request: Request<pb::ExchangeApiTokenRequest>,
) -> Result<Response<pb::ExchangeApiTokenResponse>, Status> {
    let client = client(&request, &request.get_ref().client_address);
    let token = request.into_inner().api_token.into();
    let exchanged = authority.exchange_api_token(&token, &client).await;
    let exchanged = exchanged.map_err(status)?;
    Ok(Response::new(pb::ExchangeApiTokenResponse {
        access_token: exchanged.access.expose_secret().to_owned(),
        expires_in: duration(exchanged.expires_in),
        scope: exchanged.scope.to_string(),
    }))
}

impl From<ApiToken> for pb::ApiToken {
    fn from(token: ApiToken) -> Self {
        let scope = token.scope.to_string();
        Self {
            created_at: created_at(&token.id).map(timestamp),
            id: token.id.to_string(),
            name: token.name,
            scopes: scope.split(' ').map(str::to_owned).collect(),
            expires_at: (token.expires_at < NEVER).then(|| timestamp(token.expires_at)),
            used_at: token.used_at.map(timestamp),
        }
    }
}
