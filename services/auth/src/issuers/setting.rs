//! Trusted issuers as operators write them: `name=corp,url=https://login.example,audience=recipe-chat`.

use std::{path::PathBuf, str::FromStr, time::Duration};

use jsonwebtoken::Algorithm;
use runtime::{config::duration, https_client::is_private};
use url::Url;

/// What is taken unless an operator names algorithms: the asymmetric ones that providers use.
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];
/// How long a token may live unless an operator says otherwise.
const DEFAULT_MAX_LIFE: Duration = Duration::from_secs(3_600);
/// How long an operator may let tokens live.
const MAX_MAX_LIFE: Duration = Duration::from_secs(86_400);
/// The longest name of an issuer, which metrics carry.
const MAX_NAME: usize = 32;

/// The longest label and the longest client id.
const MAX_TEXT: usize = 255;

/// How users sign in at an issuer from here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SignInSetting {
    /// As what this server is known there.
    pub(super) client_id: String,
    /// Where the secret is that proves it.
    pub(super) client_secret_file: Option<PathBuf>,
    /// As what programs without a secret are known there.
    pub(super) device_client_id: Option<String>,
    /// What people are shown.
    pub(super) label: String,
}

/// An issuer whose access tokens are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    name: String,
    url: String,
    audiences: Vec<String>,
    jwks: Option<Url>,
    algorithms: Vec<Algorithm>,
    max_life: Duration,
    sign_in: Option<SignInSetting>,
}

impl TrustedIssuer {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Exactly what tokens say in `iss`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// One of these must stand in `aud`.
    pub(super) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Where the keys are; `None`: where the discovery document says.
    pub(super) fn jwks(&self) -> Option<&Url> {
        self.jwks.as_ref()
    }

    pub(super) fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    pub(super) fn max_life(&self) -> Duration {
        self.max_life
    }

    /// `None`: nobody signs in there from here.
    pub(super) fn sign_in(&self) -> Option<&SignInSetting> {
        self.sign_in.as_ref()
    }
}

/// How long a token may live that is given in exchange for one of these issuers, or for none: at least `own`.
pub(crate) fn longest_life(own: Duration, settings: &[TrustedIssuers]) -> Duration {
    let lives = settings.iter().flat_map(TrustedIssuers::iter);
    lives.map(TrustedIssuer::max_life).fold(own, Duration::max)
}

/// Some of them, one after the other: each begins with its `name=`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedIssuers(Vec<TrustedIssuer>);

impl TrustedIssuers {
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, TrustedIssuer> {
        self.0.iter()
    }
}

impl FromStr for TrustedIssuers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(|c: char| c == ',' || c.is_whitespace());
        let mut drafts: Vec<Draft<'_>> = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let pair = part.split_once('=');
            let (key, value) = pair.ok_or("write each part as KEY=VALUE")?;
            match (key, drafts.last_mut()) {
                ("name", _) => drafts.push(Draft::of(value)),
                (_, Some(draft)) => draft.take(key, value)?,
                (_, None) => return Err("an issuer begins with name=".to_owned()),
            }
        }
        let issuers: Result<_, _> = drafts.into_iter().map(Draft::finish).collect();
        issuers.map(Self)
    }
}

/// What was read of one.
struct Draft<'a> {
    name: &'a str,
    url: Option<&'a str>,
    audiences: Vec<String>,
    jwks: Option<Url>,
    algorithms: Vec<Algorithm>,
    max_life: Duration,
    client_id: Option<&'a str>,
    client_secret_file: Option<PathBuf>,
    device_client_id: Option<&'a str>,
    label: Option<&'a str>,
}

impl<'a> Draft<'a> {
    fn of(name: &'a str) -> Self {
        Self {
            name,
            url: None,
            audiences: Vec::new(),
            jwks: None,
            algorithms: Vec::new(),
            max_life: DEFAULT_MAX_LIFE,
            client_id: None,
            client_secret_file: None,
            device_client_id: None,
            label: None,
        }
    }

    fn take(&mut self, key: &str, value: &'a str) -> Result<(), String> {
        let several = || value.split('+');
        match key {
            "url" => self.url = Some(value),
            "audience" => self.audiences.extend(several().map(ToOwned::to_owned)),
            "jwks" => self.jwks = Some(private(value)?),
            "algorithms" => {
                for name in several() {
                    self.algorithms.push(asymmetric(name)?);
                }
            }
            "max_life" => self.max_life = duration(value)?,
            "client_id" => self.client_id = Some(value),
            "client_secret_file" => self.client_secret_file = Some(value.into()),
            "device_client_id" => self.device_client_id = Some(value),
            "label" => self.label = Some(value),
            other => {
                return Err(format!(
                    "{}: there is no key {other:?}; there are name, url, audience, jwks, algorithms, max_life, \
                     client_id, client_secret_file, device_client_id and label",
                    self.name
                ));
            }
        }
        Ok(())
    }

    fn sign_in(&self) -> Result<Option<SignInSetting>, String> {
        let name = self.name;
        let Some(client_id) = self.client_id else {
            let others = [
                ("client_secret_file", self.client_secret_file.is_some()),
                ("device_client_id", self.device_client_id.is_some()),
                ("label", self.label.is_some()),
            ];
            return match others.iter().find(|(_, is_set)| *is_set) {
                Some((key, _)) => Err(format!(
                    "{name}: {key}= is for signing in there, which client_id= makes possible"
                )),
                None => Ok(None),
            };
        };
        // Parts end at spaces, so a label has `+` for each, as in the query of an address.
        let label = self.label.unwrap_or(name).replace('+', " ");
        let texts = [client_id, self.device_client_id.unwrap_or("-"), &label];
        let is_text = |text: &&str| {
            (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control)
        };
        if !texts.iter().all(is_text) {
            return Err(format!(
                "{name}: client_id=, device_client_id= and label= have 1 to {MAX_TEXT} bytes"
            ));
        }
        Ok(Some(SignInSetting {
            client_id: client_id.to_owned(),
            client_secret_file: self.client_secret_file.clone(),
            device_client_id: self.device_client_id.map(ToOwned::to_owned),
            label,
        }))
    }

    fn finish(self) -> Result<TrustedIssuer, String> {
        let name = self.name;
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(plain) {
            return Err("a name= has 1 to 32 of a-z, 0-9, - and _".to_owned());
        }
        let url = self.url.ok_or(format!("{name}: url= is missing"))?;
        let parsed = private(url).map_err(|fault| format!("{name}: {fault}"))?;
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(format!("{name}: url= has no ? and no #"));
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err(format!(
                "{name}: audience= is missing, which says that its tokens are meant for this server"
            ));
        }
        if self.max_life.is_zero() || self.max_life > MAX_MAX_LIFE {
            return Err(format!("{name}: max_life= is more than 0s, and at most 1d"));
        }
        let sign_in = self.sign_in()?;
        Ok(TrustedIssuer {
            name: name.to_owned(),
            url: url.to_owned(),
            audiences: self.audiences,
            jwks: self.jwks,
            algorithms: match self.algorithms.is_empty() {
                true => ALGORITHMS.to_vec(),
                false => self.algorithms,
            },
            max_life: self.max_life,
            sign_in,
        })
    }
}

fn private(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(is_private);
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    url.ok_or_else(|| "an address is https://…, or http://… on this machine".to_owned())
}

/// A shared secret as a key would let whoever knows it be anybody, and `none` everybody.
fn asymmetric(name: &str) -> Result<Algorithm, String> {
    let found: Option<Algorithm> = name.parse().ok();
    let hmac = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    found
        .filter(|algorithm| !hmac.contains(algorithm))
        .ok_or_else(|| {
            format!("{name:?} is no algorithm with a public key, such as RS256, ES256 or EdDSA")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<TrustedIssuer>, String> {
        text.parse().map(|TrustedIssuers(issuers)| issuers)
    }

    #[test]
    fn each_name_begins_another_issuer() {
        let text = "name=corp,url=https://login.example/realms/a,audience=cook+web,algorithms=RS256+ES384,max_life=5m\n\
                    name=dev,url=http://127.0.0.1:9/,audience=x,jwks=http://localhost:9/keys";
        let issuers = read(text).unwrap();
        let [corp, dev] = issuers.as_slice() else {
            panic!("{issuers:?}");
        };
        assert_eq!(
            (corp.name(), corp.url()),
            ("corp", "https://login.example/realms/a")
        );
        assert_eq!(corp.audiences(), ["cook", "web"]);
        assert_eq!(corp.algorithms(), [Algorithm::RS256, Algorithm::ES384]);
        assert_eq!(corp.max_life(), Duration::from_secs(300));
        assert_eq!(
            dev.url(),
            "http://127.0.0.1:9/",
            "as tokens say it, to the last sign"
        );
        assert_eq!(dev.jwks().unwrap().as_str(), "http://localhost:9/keys");
        assert_eq!(dev.algorithms(), ALGORITHMS);
        assert_eq!(read("").unwrap(), []);
        let lists = [text.parse().unwrap()];
        assert_eq!(
            longest_life(Duration::from_secs(900), &lists),
            DEFAULT_MAX_LIFE
        );
    }

    #[test]
    fn with_a_client_id_users_sign_in_there() {
        let issuer = "name=corp,url=https://login.example,audience=cook";
        let sign_in = |more: &str| {
            read(&format!("{issuer}{more}")).unwrap()[0]
                .sign_in()
                .cloned()
        };
        assert_eq!(sign_in(""), None);
        let bare = sign_in(",client_id=kitchen").unwrap();
        assert_eq!(
            (bare.client_id.as_str(), bare.label.as_str()),
            ("kitchen", "corp")
        );
        assert_eq!(
            (bare.client_secret_file, bare.device_client_id),
            (None, None)
        );
        let full = ",client_id=kitchen,client_secret_file=/run/secrets/corp,device_client_id=tty,label=Corp+Kitchens";
        let full = sign_in(full).unwrap();
        assert_eq!(full.label, "Corp Kitchens");
        assert_eq!(full.client_secret_file, Some("/run/secrets/corp".into()));
        assert_eq!(full.device_client_id.as_deref(), Some("tty"));
        for more in [
            "client_secret_file=/x",
            "device_client_id=tty",
            "label=Corp",
        ] {
            check(&format!("{issuer},{more}"), "client_id= makes possible");
        }
        check(&format!("{issuer},client_id="), "1 to 255");
        check(&format!("{issuer},client_id=a,label="), "1 to 255");
    }

    #[track_caller]
    fn check(text: &str, fault: &str) {
        let told = read(text).unwrap_err();
        assert!(told.contains(fault), "{text}: {told}");
    }

    #[test]
    fn what_would_trust_the_wrong_ones_is_refused() {
        check("corp", "KEY=VALUE");
        check("url=https://a.example", "begins with name=");
        check("name=,url=https://a.example,audience=x", "1 to 32");
        check("name=A b", "KEY=VALUE");
        check("name=a,audience=x", "url= is missing");
        check("name=a,url=https://a.example", "audience= is missing");
        check(
            "name=a,url=https://a.example,audience=",
            "audience= is missing",
        );
        check("name=a,url=http://a.example,audience=x", "https://");
        check("name=a,url=https://u:p@a.example,audience=x", "https://");
        check("name=a,url=https://a.example/?x=1,audience=x", "no ?");
        check(
            "name=a,url=https://a.example,audience=x,jwks=http://a.example/k",
            "https://",
        );
        for algorithm in ["none", "HS256", "HS512", "rs256", ""] {
            let text = format!("name=a,url=https://a.example,audience=x,algorithms={algorithm}");
            check(&text, "public key");
        }
        check(
            "name=a,url=https://a.example,audience=x,max_life=2d",
            "at most 1d",
        );
        check(
            "name=a,url=https://a.example,audience=x,max_life=0s",
            "more than 0s",
        );
        check(
            "name=a,url=https://a.example,audience=x,issuer=y",
            "no key \"issuer\"",
        );
    }
}
