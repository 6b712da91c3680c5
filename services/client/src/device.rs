//! Access tokens of an identity provider for a program without a browser: the person signs in there with another device
//! (RFC 8628), and the server takes the provider's tokens as they are. The refresh token stays here, in memory.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::Method;
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, DeviceAuthorizationUrl, DeviceCodeErrorResponseType,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse},
};
use runtime::{
    http_call::CallFailed,
    https_client::{HttpsClient, is_private},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::{
    account::ANSWER_TIMEOUT,
    chat::{NoToken, Token},
    dial::Server,
    http, printable,
    tokens::Tokens,
};

/// No discovery document is near this.
const MAX_DOCUMENT: usize = 256 << 10;
/// Below the issuer's address (OpenID Connect Discovery 1.0, section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// What is asked for: that the tokens are of a person, and can be renewed.
const SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];
/// How long a token is taken to last whose life is not told.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);
/// How long anybody may take to sign in, whatever the provider says.
const MAX_WAIT: Duration = Duration::from_secs(1_800);

/// Where a person signs in, and the code that they type there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The address at the provider.
    pub address: String,
    /// The code.
    pub code: String,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The server does not tell at which issuers people sign in.
    #[error("the server does not tell at which issuers people sign in")]
    NoIssuers,
    /// The server knows no such issuer for programs.
    #[error("the server knows no issuer {name:?} at which programs sign in; it knows: {known}")]
    NoSuchIssuer {
        /// The name that was given.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The issuer cannot be asked.
    #[error("the issuer cannot be asked: {0}")]
    IssuerAway(String),
    /// The person has refused.
    #[error("the issuer has not signed you in")]
    Refused,
    /// Nobody has signed in with the code.
    #[error("nobody has signed in with the code in time")]
    TooLate,
}

type DeviceClient =
    BasicClient<EndpointNotSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A sign-in at an issuer.
#[derive(Debug)]
pub struct IssuerAccount {
    client: Arc<DeviceClient>,
    /// The newest one; a renewal that is under way replaces it. `None`: the issuer gives none.
    refresh: Arc<Mutex<Option<SecretString>>>,
}

#[derive(Deserialize)]
struct IssuerList {
    issuers: Vec<Issuer>,
}

/// An issuer, as the server tells of it.
#[derive(Deserialize)]
struct Issuer {
    name: String,
    url: String,
    #[serde(default)]
    device_client_id: String,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    token_endpoint: String,
    #[serde(default)]
    device_authorization_endpoint: Option<String>,
}

impl IssuerAccount {
    /// Has a person sign in at the issuer that the server calls so. `show` tells them where and by which code.
    ///
    /// # Errors
    /// When there is no such issuer, it cannot be asked, or nobody signs in.
    pub async fn open(
        server: &Server,
        issuer: &str,
        show: impl FnOnce(&Prompt),
    ) -> Result<(Self, Token), DeviceError> {
        let issuer = find(server, issuer).await?;
        let client = Arc::new(discover(&issuer).await?);
        let begun = client
            .exchange_device_code()
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())));
        let begun: StandardDeviceAuthorizationResponse =
            begun.request_async(&Bounded::new()).await.map_err(failed)?;
        // What the provider writes goes to a terminal.
        let line = |text: &str| printable::line(text).into_owned();
        show(&Prompt {
            address: line(begun.verification_uri().as_str()),
            code: line(begun.user_code().secret()),
        });
        let http = Bounded::new();
        let signed_in = client.exchange_device_access_token(&begun).request_async(
            &http,
            tokio::time::sleep,
            Some(MAX_WAIT),
        );
        let tokens = signed_in.await.map_err(|error| match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                DeviceCodeErrorResponseType::ExpiredToken => DeviceError::TooLate,
                _ => DeviceError::Refused,
            },
            RequestTokenError::Request(error) => DeviceError::IssuerAway(error.to_string()),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unreadable(),
        })?;
        let refresh = tokens
            .refresh_token()
            .map(|token| token.secret().as_str().into());
        let account = Self {
            client,
            refresh: Arc::new(Mutex::new(refresh)),
        };
        Ok((account, read(&tokens)))
    }
}

impl Tokens for IssuerAccount {
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>> {
        let (client, newest) = (Arc::clone(&self.client), Arc::clone(&self.refresh));
        async move {
            let shown = newest
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let ended = || NoToken::Denied("the sign-in at the issuer has ended".to_owned());
            let shown = RefreshToken::new(shown.ok_or_else(ended)?.expose_secret().to_owned());
            let http = Bounded::new();
            let renewed = client
                .exchange_refresh_token(&shown)
                .request_async(&http)
                .await;
            let tokens = renewed.map_err(|error| match error {
                RequestTokenError::ServerResponse(answer)
                    if *answer.error() == BasicErrorResponseType::InvalidGrant =>
                {
                    ended()
                }
                _ => NoToken::Unavailable,
            })?;
            if let Some(next) = tokens.refresh_token() {
                let next = next.secret().as_str().into();
                *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
            }
            Ok(read(&tokens))
        }
        .boxed()
    }
}

async fn find(server: &Server, name: &str) -> Result<Issuer, DeviceError> {
    let asked = http::call(server, Method::GET, "/v1/auth/issuers", None, None);
    let answer = match timeout(ANSWER_TIMEOUT, asked).await {
        Ok(Ok((status, answer))) if status.is_success() => answer,
        _ => return Err(DeviceError::NoIssuers),
    };
    let list: IssuerList = serde_json::from_slice(&answer).map_err(|_| DeviceError::NoIssuers)?;
    let mut issuers = list.issuers;
    issuers.retain(|issuer| !issuer.device_client_id.is_empty());
    let known: Vec<_> = issuers
        .iter()
        .map(|issuer| printable::line(&issuer.name))
        .collect();
    let known = known.join(", ");
    let found = issuers.into_iter().find(|issuer| issuer.name == name);
    found.ok_or_else(|| DeviceError::NoSuchIssuer {
        name: name.to_owned(),
        known,
    })
}

async fn discover(issuer: &Issuer) -> Result<DeviceClient, DeviceError> {
    let away = |what: &str| DeviceError::IssuerAway(what.to_owned());
    let private = |text: &str| Url::parse(text).ok().filter(is_private);
    let document = format!("{}{DISCOVERY}", issuer.url.trim_end_matches('/'));
    let document = private(&document).ok_or_else(|| away("its address is not https://"))?;
    let http = HttpsClient::new();
    let asked = timeout(ANSWER_TIMEOUT, http.get(&document, MAX_DOCUMENT)).await;
    let (status, body) = asked
        .map_err(|_| away("it did not answer in time"))?
        .map_err(|error| DeviceError::IssuerAway(error.to_string()))?;
    let found = status
        .is_success()
        .then(|| serde_json::from_slice(&body).ok());
    let found: Discovery = found.flatten().ok_or_else(unreadable)?;
    if found.issuer != issuer.url {
        return Err(away("its discovery document is of another issuer"));
    }
    let device = found
        .device_authorization_endpoint
        .as_deref()
        .and_then(private);
    let device = device.ok_or_else(|| away("programs without a browser cannot sign in there"))?;
    let token = private(&found.token_endpoint).ok_or_else(unreadable)?;
    Ok(
        BasicClient::new(ClientId::new(issuer.device_client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(device))
            .set_token_uri(TokenUrl::from_url(token)),
    )
}

fn read(tokens: &BasicTokenResponse) -> Token {
    Token {
        access: tokens.access_token().secret().as_str().into(),
        good_for: tokens.expires_in().unwrap_or(DEFAULT_LIFE),
    }
}

fn unreadable() -> DeviceError {
    DeviceError::IssuerAway("its answer cannot be read".to_owned())
}

/// The causes of some errors quote what was answered, tokens among it.
fn failed<T: oauth2::ErrorResponse>(error: RequestTokenError<CallFailed, T>) -> DeviceError {
    match error {
        RequestTokenError::ServerResponse(_) => DeviceError::Refused,
        RequestTokenError::Request(error) => DeviceError::IssuerAway(error.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unreadable(),
    }
}

/// Asks the issuer, and waits for no answer longer than for any other.
struct Bounded(HttpsClient);

impl Bounded {
    fn new() -> Self {
        Self(HttpsClient::new())
    }
}

impl<'c> AsyncHttpClient<'c> for Bounded {
    type Error = CallFailed;
    type Future = BoxFuture<'c, Result<HttpResponse, CallFailed>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let asked = timeout(ANSWER_TIMEOUT, self.0.call(request));
        asked
            .map(|answer| answer.unwrap_or(Err(CallFailed::Answer("there is no answer in time"))))
            .boxed()
    }
}
