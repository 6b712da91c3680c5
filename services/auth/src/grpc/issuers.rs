//! The calls about signing in at trusted issuers, between protobuf and the domain.

use proto::auth as pb;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::{client, status::status};
use crate::{
    authority::{Authority, IssuerCallback},
    issuers::SignInIssuer,
};

pub(super) fn list(authority: &Authority) -> Response<pb::ListIssuersResponse> {
    let issuers = authority.sign_in_issuers().map(Into::into).collect();
    Response::new(pb::ListIssuersResponse { issuers })
}

pub(super) async fn begin(
    authority: &Authority,
    request: Request<pb::BeginIssuerSignInRequest>,
) -> Result<Response<pb::BeginIssuerSignInResponse>, Status> {
    let client = client(&request, &request.get_ref().client_address);
    let request = request.into_inner();
    let begun = authority.begin_issuer_sign_in(&request.issuer, &request.redirect_uri, &client);
    let begun = begun.await.map_err(status)?;
    Ok(Response::new(pb::BeginIssuerSignInResponse {
        authorization_url: begun.authorization_url.expose_secret().to_owned(),
        browser_secret: begun.browser_secret.expose_secret().to_owned(),
    }))
}

pub(super) async fn finish(
    authority: &Authority,
    request: Request<pb::FinishIssuerSignInRequest>,
) -> Result<Response<pb::FinishIssuerSignInResponse>, Status> {
    let client = client(&request, &request.get_ref().client_address);
    let request = request.into_inner();
    let callback = IssuerCallback {
        issuer: request.issuer,
        browser_secret: request.browser_secret.into(),
        state: request.state.into(),
        code: request.code.into(),
        iss: request.iss,
    };
    let tokens = authority.finish_issuer_sign_in(callback, &client).await;
    Ok(Response::new(pb::FinishIssuerSignInResponse {
        tokens: Some(tokens.map_err(status)?.into()),
    }))
}

impl From<SignInIssuer> for pb::SignInIssuer {
    fn from(issuer: SignInIssuer) -> Self {
        Self {
            name: issuer.name,
            label: issuer.label,
            url: issuer.url,
            device_client_id: issuer.device_client_id.unwrap_or_default(),
        }
    }
}
