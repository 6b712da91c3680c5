//! Sign-in at an issuer by the authorization code flow of OpenID Connect, with PKCE (RFC 7636). What is asked and
//! answered is put in words and read by the crate `oauth2`; the ID token is verified as every token is here.

use std::time::Duration;

use aws_lc_rs::{
    error::Unspecified,
    rand::{SecureRandom as _, SystemRandom},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenIntrospectionResponse, StandardTokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenType},
};
use runtime::{http_call::CallFailed, https_client::HttpsClient};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tracing::warn;
use url::Url;

use super::{
    client_secret::{ClientSecretFile, Unreadable},
    discovery::{Discovery, FetchError, discover, private},
    setting::SignInSetting,
};

/// For how long endpoints that were discovered are good.
const ENDPOINTS_LAST: Duration = Duration::from_secs(300);
/// For how long an issuer is not asked again that did not tell its endpoints.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long an issuer may take for its discovery document, and to exchange a code.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// What is asked to know about a user. `openid` asks for the ID token.
const SCOPES: [&str; 2] = ["openid", "profile"];
/// No code and no address of a provider is near this.
const MAX_TEXT: usize = 2048;

/// Why a sign-in cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// Nothing is known against the user.
    #[error("the issuer cannot be asked now")]
    IssuerAway,
    /// What the caller has given cannot be sent there.
    #[error("an address or a code that is none")]
    Malformed,
    /// The issuer does not take the code.
    #[error("the issuer does not take the code")]
    Refused,
    #[error("there is no randomness")]
    NoRandomness(#[from] Unspecified),
}

/// A sign-in that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where to send the browser.
    pub(crate) authorization_url: SecretString,
    pub(crate) secrets: Secrets,
}

/// What this server must know again when the browser comes back.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    /// Comes back in the address.
    pub(crate) state: SecretString,
    /// Comes back in the ID token.
    pub(crate) nonce: SecretString,
    /// Of PKCE: shows that whoever has a code is who asked for it.
    pub(crate) verifier: SecretString,
}

/// How users sign in at one issuer.
#[derive(Debug)]
pub(super) struct CodeFlow {
    setting: SignInSetting,
    secret: Option<ClientSecretFile>,
    issuer: String,
    client: HttpsClient,
    /// One caller discovers, the others wait for it.
    endpoints: Mutex<Option<Discovered>>,
}

#[derive(Debug)]
struct Discovered {
    at: Instant,
    /// `None`: the issuer could not be asked.
    endpoints: Option<Endpoints>,
}

#[derive(Debug, Clone)]
struct Endpoints {
    authorization: AuthUrl,
    token: TokenUrl,
    auth_type: AuthType,
}

/// What stands in an answer to a code beside what OAuth knows.
#[derive(Deserialize, Serialize)]
struct WithIdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

impl std::fmt::Debug for WithIdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WithIdToken { [redacted] }")
    }
}

/// A client that can ask for nothing yet.
type OpenIdClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<WithIdToken, BasicTokenType>,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

impl CodeFlow {
    /// # Errors
    /// When the client secret cannot be read.
    pub(super) fn new(
        setting: &SignInSetting,
        issuer: &str,
        client: HttpsClient,
    ) -> Result<Self, Unreadable> {
        let secret = setting.client_secret_file.clone();
        Ok(Self {
            secret: secret.map(ClientSecretFile::new).transpose()?,
            setting: setting.clone(),
            issuer: issuer.to_owned(),
            client,
            endpoints: Mutex::default(),
        })
    }

    pub(super) fn setting(&self) -> &SignInSetting {
        &self.setting
    }

    /// Begins a sign-in, after which the issuer shall send the browser to `redirect_uri`.
    pub(super) async fn begin(&self, redirect_uri: &str) -> Result<Begun, Failed> {
        let redirect_uri = redirect_url(redirect_uri)?;
        let endpoints = self.endpoints().await?;
        let secrets = Secrets {
            state: random_text()?,
            nonce: random_text()?,
            verifier: random_text()?,
        };
        let verifier = PkceCodeVerifier::new(secrets.verifier.expose_secret().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let state = secrets.state.expose_secret().to_owned();
        let client = OpenIdClient::new(ClientId::new(self.setting.client_id.clone()))
            .set_auth_uri(endpoints.authorization);
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .add_extra_param("nonce", secrets.nonce.expose_secret().to_owned())
            .set_pkce_challenge(challenge)
            .set_redirect_uri(std::borrow::Cow::Owned(redirect_uri))
            .url();
        Ok(Begun {
            authorization_url: String::from(url).into(),
            secrets,
        })
    }

    /// Exchanges a code for an ID token, of which nothing is verified yet.
    pub(super) async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
    ) -> Result<SecretString, Failed> {
        let redirect_uri = redirect_url(redirect_uri)?;
        let code = code.expose_secret().to_owned();
        if !(1..=MAX_TEXT).contains(&code.len()) {
            return Err(Failed::Malformed);
        }
        let endpoints = self.endpoints().await?;
        let mut client = OpenIdClient::new(ClientId::new(self.setting.client_id.clone()))
            .set_auth_type(endpoints.auth_type)
            .set_token_uri(endpoints.token);
        if let Some(file) = &self.secret {
            let secret = file.read().await.map_err(|error| {
                warn!(issuer = %self.issuer, %error, "nobody can sign in at a trusted issuer");
                Failed::IssuerAway
            })?;
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(redirect_uri))
            .request_async(&self.client);
        let answer = match timeout(ANSWER_TIMEOUT, answer).await {
            Ok(answer) => answer.map_err(|error| self.tell(&error))?,
            Err(_) => {
                warn!(issuer = %self.issuer, "a trusted issuer did not answer to a code in time");
                return Err(Failed::IssuerAway);
            }
        };
        let token = answer.extra_fields().id_token.clone();
        token.map(Into::into).ok_or(Failed::Refused)
    }

    /// The causes of errors may hold what was answered, tokens among it: only their kinds are told.
    fn tell(&self, error: &RequestTokenError<CallFailed, BasicErrorResponse>) -> Failed {
        let (error, failed) = match error {
            // Its words are of the issuer's making; its code is one of a list.
            RequestTokenError::ServerResponse(refused) => {
                (format!("{:?}", refused.error()), Failed::Refused)
            }
            RequestTokenError::Request(error) => (error.to_string(), Failed::IssuerAway),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ("its answer cannot be read".to_owned(), Failed::IssuerAway)
            }
        };
        let error: String = error.chars().take(200).collect();
        warn!(issuer = %self.issuer, error, "a trusted issuer gives no tokens for a code");
        failed
    }

    async fn endpoints(&self) -> Result<Endpoints, Failed> {
        let mut known = self.endpoints.lock().await;
        let now = Instant::now();
        if let Some(Discovered { at, endpoints }) = &*known {
            let (age, lasts) = match endpoints {
                Some(_) => (now.duration_since(*at), ENDPOINTS_LAST),
                None => (now.duration_since(*at), RETRY_INTERVAL),
            };
            if age < lasts {
                return endpoints.clone().ok_or(Failed::IssuerAway);
            }
        }
        let asked = timeout(ANSWER_TIMEOUT, discover(&self.client, &self.issuer)).await;
        let found = asked
            .unwrap_or(Err(FetchError::TimedOut))
            .and_then(|document| read(&document));
        let endpoints = match found {
            Ok(endpoints) => Some(endpoints),
            Err(error) => {
                warn!(issuer = %self.issuer, %error, "nobody can sign in at a trusted issuer");
                None
            }
        };
        *known = Some(Discovered {
            at: Instant::now(),
            endpoints: endpoints.clone(),
        });
        endpoints.ok_or(Failed::IssuerAway)
    }
}

fn read(document: &Discovery) -> Result<Endpoints, FetchError> {
    let private = |url: &Option<String>| private(url.as_deref()?);
    let authorization = private(&document.authorization_endpoint);
    let token = private(&document.token_endpoint);
    let methods = document.token_endpoint_auth_methods_supported.as_ref();
    let takes = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one == method));
    // Without a list it takes the secret in the header (OpenID Connect Discovery 1.0, section 3).
    let in_body = takes("client_secret_post") && !takes("client_secret_basic");
    Ok(Endpoints {
        authorization: AuthUrl::from_url(authorization.ok_or(FetchError::NoEndpoints)?),
        token: TokenUrl::from_url(token.ok_or(FetchError::NoEndpoints)?),
        auth_type: match in_body {
            true => AuthType::RequestBody,
            false => AuthType::BasicAuth,
        },
    })
}

fn redirect_url(text: &str) -> Result<RedirectUrl, Failed> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && text.len() <= MAX_TEXT
    });
    url.map(RedirectUrl::from_url).ok_or(Failed::Malformed)
}

/// 256 random bits.
pub(crate) fn random_text() -> Result<SecretString, Unspecified> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}
