//! Signing in at trusted issuers: what the edge asks of the auth service about it.

use proto::auth::{
    BeginIssuerSignInRequest, FinishIssuerSignInRequest, ListIssuersRequest,
    auth_service_client::AuthServiceClient,
};
use runtime::{
    grpc::{Channel, Repeat},
    trace_context::request,
};
use secrecy::{ExposeSecret as _, SecretString};
use tonic::Code;

use super::{AuthClient, AuthError, CALL_TIMEOUT, OnBehalfOf, Tokens, read, tokens};

/// An issuer at which users can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInIssuer {
    /// What names it in addresses.
    pub name: String,
    /// What people are shown.
    pub label: String,
    /// What its tokens say in `iss`.
    pub url: String,
    /// As what programs without a secret sign in there; empty: they cannot.
    pub device_client_id: String,
}

/// A sign-in that has begun.
#[derive(Debug)]
pub struct IssuerSignIn {
    /// Where to send the browser.
    pub authorization_url: SecretString,
    /// What the browser keeps meanwhile.
    pub browser_secret: SecretString,
}

/// What a browser has brought back from an issuer.
#[derive(Debug)]
pub struct IssuerCallback {
    /// The name of the issuer for which the address is.
    pub issuer: String,
    /// What the browser has kept.
    pub browser_secret: SecretString,
    /// As the issuer has sent it.
    pub state: SecretString,
    /// As the issuer has sent it; empty: it has not signed the user in.
    pub code: SecretString,
    /// What the issuer calls itself, where it does.
    pub iss: String,
}

impl AuthClient {
    /// The issuers at which users can sign in: none, where the auth service is of a build that knows none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sign_in_issuers(&self) -> Result<Vec<SignInIssuer>, AuthError> {
        let call = |channel: Channel| {
            let mut client = AuthServiceClient::new(channel);
            async move { client.list_issuers(request(ListIssuersRequest {})).await }
        };
        match self.0.call(Repeat::Idempotent, CALL_TIMEOUT, call).await {
            Err(status) if status.code() == Code::Unimplemented => Ok(Vec::new()),
            Err(status) => Err(read(&status)),
            Ok(answer) => {
                let issuers = answer.issuers.into_iter().map(|issuer| SignInIssuer {
                    name: issuer.name,
                    label: issuer.label,
                    url: issuer.url,
                    device_client_id: issuer.device_client_id,
                });
                Ok(issuers.collect())
            }
        }
    }

    /// Begins a sign-in, after which the issuer shall send the browser to `redirect_uri`.
    ///
    /// # Errors
    /// `NotFound` when nobody signs in at an issuer of that name, `TooMany`, or `Unavailable`, also when the issuer is.
    pub async fn begin_issuer_sign_in(
        &self,
        issuer: &str,
        redirect_uri: &str,
        client: OnBehalfOf,
    ) -> Result<IssuerSignIn, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(BeginIssuerSignInRequest {
                issuer: issuer.to_owned(),
                redirect_uri: redirect_uri.to_owned(),
                client_address: client.address(),
            });
            async move { service.begin_issuer_sign_in(question).await }
        };
        let begun = self.call(Repeat::Never, call).await?;
        Ok(IssuerSignIn {
            authorization_url: begun.authorization_url.into(),
            browser_secret: begun.browser_secret.into(),
        })
    }

    /// Ends a sign-in and opens a login session.
    ///
    /// # Errors
    /// `Unauthenticated` when none has begun so, or what the issuer says is not good; `Conflict` when the issuer has
    /// not signed the user in; `Forbidden` when the user is disabled; `NotFound` or `Unavailable`.
    pub async fn finish_issuer_sign_in(
        &self,
        callback: IssuerCallback,
        client: OnBehalfOf,
    ) -> Result<Tokens, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(FinishIssuerSignInRequest {
                issuer: callback.issuer.clone(),
                browser_secret: callback.browser_secret.expose_secret().to_owned(),
                state: callback.state.expose_secret().to_owned(),
                code: callback.code.expose_secret().to_owned(),
                iss: callback.iss.clone(),
                client_address: client.address(),
            });
            async move { service.finish_issuer_sign_in(question).await }
        };
        let over = |channel| call(AuthServiceClient::new(channel));
        // Each part of it has a time-out in the auth service.
        let answer = self.0.call(Repeat::Never, 2 * CALL_TIMEOUT, over).await;
        tokens(answer.map_err(|status| read(&status))?.tokens)
    }
}
