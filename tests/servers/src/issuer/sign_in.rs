//! What an identity provider does when somebody signs in there: the authorization code flow with PKCE, and the device
//! flow. Who signs in is said by the test; there is no page.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

/// As what a server is known there that signs people in.
pub(super) const CLIENT_ID: &str = "kitchen";
/// As what a program without a secret is known there.
pub(super) const DEVICE_CLIENT_ID: &str = "terminal";
/// How long its tokens live, in seconds.
const LIFE: i64 = 300;

/// Whoever has signed in, and for whom.
#[derive(Debug, Clone)]
struct Grant {
    subject: String,
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

/// What somebody says to a program that waits for them.
#[derive(Debug, Clone)]
enum Decision {
    Pending,
    Refused,
    ApprovedBy(String),
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    /// The secret of the server, where it has one.
    pub(super) secret: Option<String>,
    /// The second that it is, where the clock of the machine does not count.
    pub(super) second: Option<i64>,
    /// How long access tokens live, in seconds.
    pub(super) access_token_life: Option<i64>,
    /// Claims that ID tokens carry beside the usual ones, or in their place.
    pub(super) claims: Value,
    /// Errors that programs get before any other answer, such as `slow_down`.
    pub(super) first_answers: Vec<&'static str>,
    pub(super) exchanges: usize,
    pub(super) polls: usize,
    pub(super) renewals: usize,
    /// Who approves every program that begins, or that somebody refuses; `None`: nobody does anything.
    pub(super) decision: Option<Result<String, ()>>,
    grants: BTreeMap<String, Grant>,
    /// By device code.
    devices: BTreeMap<String, Decision>,
    counter: u64,
}

/// What the token endpoint gives: claims are still to be signed.
pub(super) enum Answer {
    Refused(&'static str),
    Tokens {
        id_token: Option<Value>,
        access_token: Value,
        refresh_token: String,
    },
}

impl SignIns {
    fn next(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind}-{}", self.counter)
    }

    fn now(&self) -> i64 {
        let machine = || {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
            i64::try_from(now.as_secs()).unwrap()
        };
        self.second.unwrap_or_else(machine)
    }

    /// Somebody signs in at the address that a server has sent the browser to, or refuses; gives where the browser is
    /// sent back to.
    pub(super) fn authorize(
        &mut self,
        issuer: &str,
        address: &str,
        subject: Option<&str>,
    ) -> String {
        let url = Url::parse(address).unwrap();
        assert!(
            address.starts_with(&format!("{issuer}/authorize?")),
            "{address}"
        );
        let asked: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
        assert_eq!(get("response_type"), "code");
        assert_eq!(get("client_id"), CLIENT_ID);
        assert_eq!(get("code_challenge_method"), "S256");
        assert!(
            get("scope").split(' ').any(|scope| scope == "openid"),
            "{address}"
        );
        let mut back = Url::parse(&get("redirect_uri")).unwrap();
        back.query_pairs_mut()
            .append_pair("state", &get("state"))
            .append_pair("iss", issuer);
        let Some(subject) = subject else {
            back.query_pairs_mut().append_pair("error", "access_denied");
            return back.to_string();
        };
        let code = self.next("code");
        back.query_pairs_mut().append_pair("code", &code);
        let grant = Grant {
            subject: subject.to_owned(),
            nonce: get("nonce"),
            challenge: get("code_challenge"),
            redirect_uri: get("redirect_uri"),
        };
        self.grants.insert(code, grant);
        back.to_string()
    }

    /// The device authorization endpoint (RFC 8628, section 3.2).
    pub(super) fn begin_device(&mut self, issuer: &str, body: &str) -> Value {
        assert_eq!(form(body)["client_id"], DEVICE_CLIENT_ID);
        let (device_code, user_code) = (self.next("device"), self.next("CODE"));
        let decision = match self.decision.clone() {
            None => Decision::Pending,
            Some(Err(())) => Decision::Refused,
            Some(Ok(subject)) => Decision::ApprovedBy(subject),
        };
        self.devices.insert(device_code.clone(), decision);
        json!({
            "device_code": device_code, "user_code": user_code, "verification_uri": format!("{issuer}/device"),
            "expires_in": 600, "interval": 1,
        })
    }

    /// The token endpoint.
    pub(super) fn exchange(&mut self, authorization: &str, body: &str) -> Answer {
        let asked = form(body);
        let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
        match get("grant_type").as_str() {
            "authorization_code" => {
                self.exchanges += 1;
                let Some(grant) = self.grants.remove(&get("code")) else {
                    return Answer::Refused("invalid_grant");
                };
                let challenge = digest(&SHA256, get("code_verifier").as_bytes());
                let is_same = URL_SAFE_NO_PAD.encode(challenge) == grant.challenge
                    && get("redirect_uri") == grant.redirect_uri;
                match (self.is_client(authorization, &get("client_id")), is_same) {
                    (false, _) => Answer::Refused("invalid_client"),
                    (true, false) => Answer::Refused("invalid_grant"),
                    (true, true) => self.tokens(&grant.subject, CLIENT_ID, Some(&grant.nonce)),
                }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => self.poll(&get("device_code")),
            "refresh_token" => match get("refresh_token").strip_prefix("refresh-of-") {
                Some(subject) => {
                    self.renewals += 1;
                    self.tokens(subject, DEVICE_CLIENT_ID, None)
                }
                None => Answer::Refused("invalid_grant"),
            },
            _ => Answer::Refused("unsupported_grant_type"),
        }
    }

    fn is_client(&self, authorization: &str, client_id: &str) -> bool {
        match &self.secret {
            None => authorization.is_empty() && client_id == CLIENT_ID,
            Some(secret) => {
                // Both halves are form-encoded first (RFC 6749, section 2.3.1).
                let encode = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let shown = format!("{}:{}", encode(CLIENT_ID), encode(secret));
                authorization == format!("Basic {}", STANDARD.encode(shown))
            }
        }
    }

    fn poll(&mut self, device_code: &str) -> Answer {
        self.polls += 1;
        if !self.first_answers.is_empty() {
            return Answer::Refused(self.first_answers.remove(0));
        }
        let Some(decision) = self.devices.get(device_code).cloned() else {
            return Answer::Refused("invalid_grant");
        };
        match decision {
            Decision::Pending => Answer::Refused("authorization_pending"),
            Decision::Refused => Answer::Refused("access_denied"),
            Decision::ApprovedBy(subject) => {
                self.devices.remove(device_code);
                self.tokens(&subject, DEVICE_CLIENT_ID, None)
            }
        }
    }

    fn tokens(&mut self, subject: &str, client: &str, nonce: Option<&str>) -> Answer {
        let now = self.now();
        let id_token = nonce.map(|nonce| {
            let mut claims = json!({
                "aud": client, "sub": subject, "iat": now, "exp": now + LIFE, "preferred_username": subject,
                "nonce": nonce,
            });
            for (name, value) in self.claims.as_object().into_iter().flatten() {
                claims[name] = value.clone();
            }
            claims
        });
        let life = self.access_token_life.unwrap_or(LIFE);
        Answer::Tokens {
            id_token,
            access_token: json!({
                "aud": "cook", "sub": subject, "iat": now, "exp": now + life, "jti": self.next("token"),
                "preferred_username": subject,
            }),
            refresh_token: format!("refresh-of-{subject}"),
        }
    }
}

fn form(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}
