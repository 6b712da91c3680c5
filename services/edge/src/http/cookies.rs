//! The cookies of the sign-in calls: the refresh token, which no script can read, and the token of the device. Over TLS
//! their names begin with `__Host-`, so that no other host, and nobody on the way, can put theirs in their place.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};

use super::{forwarded::FORWARDED_PROTO, problem::Problem};
use crate::config::Config;

/// The name of builds before `--cookie-name`.
const OLD_NAME: &str = "refresh_token";
/// How long a device is known.
const DEVICE_COOKIE_AGE: Duration = Duration::from_secs(365 * 86_400);
/// How long a sign-in at an issuer may take: no longer than the auth service knows it.
const SIGN_IN_COOKIE_AGE: Duration = Duration::from_secs(600);

/// Reads and writes the cookies of one request.
#[derive(Debug)]
pub(super) struct Cookies<'a> {
    headers: &'a HeaderMap,
    over_tls: bool,
    refresh: Name,
    device: Name,
    sign_in: Name,
    /// The name of builds before, where that is accepted.
    old: Option<Name>,
}

/// A cookie's name, and for which paths it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
    path: &'static str,
}

/// With which requests a browser sends a cookie.
#[derive(Debug, Clone, Copy)]
enum SameSite {
    /// Those of our own pages.
    Strict,
    /// Also when another site's page sends the browser here.
    Lax,
}

/// A sign-in at an issuer that has begun in this browser.
#[derive(Debug, Clone)]
pub(super) struct SignInCookie {
    /// What the auth service has given the browser to keep.
    pub(super) secret: SecretString,
    /// The page to come back to, as the browser says.
    pub(super) page: String,
}

/// A refresh token that came in a cookie.
#[derive(Debug)]
pub(super) struct RefreshCookie {
    pub(super) token: SecretString,
    /// The cookie to answer with. A session that began under the old name stays there, so that edges of both builds
    /// know it while one takes the place of the other.
    pub(super) name: Name,
}

impl<'a> Cookies<'a> {
    pub(super) fn new(config: &Config, headers: &'a HeaderMap) -> Self {
        // Said by a trusted proxy, which ends TLS before the edge.
        let over_tls = headers
            .get(FORWARDED_PROTO)
            .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
        let name = |text: &str| match over_tls {
            true => Name {
                text: format!("__Host-{text}"),
                path: "/",
            },
            false => Name::of_sign_in(text),
        };
        let old = config.accept_old_cookie && config.cookie_name != OLD_NAME;
        Self {
            headers,
            over_tls,
            refresh: name(&config.cookie_name),
            device: name(&format!("{}_device", config.cookie_name)),
            sign_in: name(&format!("{}_sign_in", config.cookie_name)),
            old: old.then(|| Name::of_sign_in(OLD_NAME)),
        }
    }

    /// The refresh token, if there is one.
    ///
    /// # Errors
    /// When there are two of the name: one of them was put there by somebody else.
    pub(super) fn refresh(&self) -> Result<Option<RefreshCookie>, Problem> {
        for name in [Some(&self.refresh), self.old.as_ref()]
            .into_iter()
            .flatten()
        {
            let mut values = self.values(name);
            if let Some(value) = values.next() {
                return match values.next() {
                    Some(_) => Err(two_of(name)),
                    None => Ok(Some(RefreshCookie {
                        token: value.into(),
                        name: name.clone(),
                    })),
                };
            }
        }
        Ok(None)
    }

    /// The token of the device: none when there are two, since it only helps.
    pub(super) fn device(&self) -> SecretString {
        let mut values = self.values(&self.device);
        let value = values.next().filter(|_| values.next().is_none());
        value.unwrap_or_default().into()
    }

    /// Keeps the refresh token of a new login session; one under the old name goes.
    pub(super) fn keep_new(&self, token: &str, life: Duration) -> Vec<HeaderValue> {
        let old = self
            .old
            .iter()
            .filter(|old| self.values(old).next().is_some());
        std::iter::once(self.keep(&self.refresh, token, life))
            .chain(old.map(|old| self.clear(old)))
            .collect()
    }

    /// Keeps a refresh token under the name that it came by, or the usual one.
    pub(super) fn keep_again(
        &self,
        name: Option<&Name>,
        token: &str,
        life: Duration,
    ) -> HeaderValue {
        self.keep(name.unwrap_or(&self.refresh), token, life)
    }

    /// Keeps the token of the device.
    pub(super) fn keep_device(&self, token: &str) -> HeaderValue {
        self.keep(&self.device, token, DEVICE_COOKIE_AGE)
    }

    /// The sign-in at an issuer that has begun here: none when there are two, one of which somebody else has put
    /// there.
    pub(super) fn sign_in(&self) -> Option<SignInCookie> {
        let mut values = self.values(&self.sign_in);
        let value = values.next().filter(|_| values.next().is_none())?;
        let (secret, page) = value.split_once('.')?;
        Some(SignInCookie {
            secret: secret.into(),
            page: page.to_owned(),
        })
    }

    /// Keeps a sign-in at an issuer while the browser is there: it comes back from another site's page.
    pub(super) fn keep_sign_in(&self, secret: &SecretString, page: &str) -> HeaderValue {
        let value = format!("{}.{page}", secret.expose_secret());
        self.keep_for(&self.sign_in, &value, SIGN_IN_COOKIE_AGE, SameSite::Lax)
    }

    /// Forgets it.
    pub(super) fn clear_sign_in(&self) -> HeaderValue {
        self.keep_for(&self.sign_in, "", Duration::ZERO, SameSite::Lax)
    }

    /// Clears the refresh token, under whichever names it came.
    pub(super) fn clear_all(&self) -> Vec<HeaderValue> {
        let old = self
            .old
            .iter()
            .filter(|old| self.values(old).next().is_some());
        std::iter::once(&self.refresh)
            .chain(old)
            .map(|name| self.clear(name))
            .collect()
    }

    fn clear(&self, name: &Name) -> HeaderValue {
        self.keep(name, "", Duration::ZERO)
    }

    fn keep(&self, name: &Name, value: &str, life: Duration) -> HeaderValue {
        self.keep_for(name, value, life, SameSite::Strict)
    }

    fn keep_for(
        &self,
        name: &Name,
        value: &str,
        life: Duration,
        same_site: SameSite,
    ) -> HeaderValue {
        let Name { text, path } = name;
        let secure = if self.over_tls { "; Secure" } else { "" };
        let text = format!(
            "{text}={value}; HttpOnly; SameSite={same_site:?}; Path={path}; Max-Age={}{secure}",
            life.as_secs(),
        );
        let header = HeaderValue::try_from(text);
        let mut header = header.unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }

    fn values<'n>(&self, name: &'n Name) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(found, value)| *found == name.text && !value.is_empty())
            .map(|(_, value)| value)
    }
}

impl Name {
    fn of_sign_in(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            path: "/v1/auth",
        }
    }
}

fn two_of(name: &Name) -> Problem {
    let words = format!(
        "There are two cookies of the name {}; delete the cookies of this site and sign in again",
        name.text
    );
    Problem::new(StatusCode::BAD_REQUEST, words)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn config(flags: &[&str]) -> Config {
        Flags::parse_from(["edge"].iter().chain(flags)).config
    }

    fn headers(cookies: &[&str], over_tls: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        if over_tls {
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        }
        headers
    }

    /// The token that is found and what the next one is kept as, up to the value; or that there are two.
    #[track_caller]
    fn check(
        flags: &[&str],
        cookies: &[&str],
        over_tls: bool,
        expected: Result<Option<(&str, &str)>, ()>,
    ) {
        let (config, headers) = (config(flags), headers(cookies, over_tls));
        let all = Cookies::new(&config, &headers);
        let found = all.refresh().map_err(|_| ()).map(|found| {
            found.map(|found| {
                let kept = all.keep_again(Some(&found.name), "next", Duration::from_secs(60));
                (
                    found.token.expose_secret().to_owned(),
                    kept.to_str().unwrap().to_owned(),
                )
            })
        });
        let expected =
            expected.map(|found| found.map(|(token, kept)| (token.to_owned(), kept.to_owned())));
        assert_eq!(found, expected, "{cookies:?}");
    }

    const PLAIN: &str =
        "recipe_chat_refresh=next; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=60";
    const HOST: &str =
        "__Host-recipe_chat_refresh=next; HttpOnly; SameSite=Strict; Path=/; Max-Age=60; Secure";
    const OLD: &str = "refresh_token=next; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=60";

    #[test]
    fn a_token_is_read_and_kept_under_one_name() {
        check(&[], &[], false, Ok(None));
        check(&[], &["recipe_chat_refresh="], false, Ok(None));
        check(
            &[],
            &["a=b; recipe_chat_refresh=t"],
            false,
            Ok(Some(("t", PLAIN))),
        );
        check(
            &[],
            &["__Host-recipe_chat_refresh=t"],
            true,
            Ok(Some(("t", HOST))),
        );
        let named = "mine=next; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=60";
        check(
            &["--cookie-name=mine"],
            &["mine=t"],
            false,
            Ok(Some(("t", named))),
        );
        check(
            &["--cookie-name=mine"],
            &["recipe_chat_refresh=t"],
            false,
            Ok(None),
        );
    }

    #[test]
    fn over_tls_only_the_name_that_no_other_host_can_set_counts() {
        check(&[], &["recipe_chat_refresh=t"], true, Ok(None));
        let both = ["recipe_chat_refresh=evil; __Host-recipe_chat_refresh=t"];
        check(&[], &both, true, Ok(Some(("t", HOST))));
        check(&[], &["__Host-recipe_chat_refresh=t"], false, Ok(None));
    }

    #[test]
    fn two_of_a_name_are_refused() {
        check(
            &[],
            &["recipe_chat_refresh=a; recipe_chat_refresh=b"],
            false,
            Err(()),
        );
        check(
            &[],
            &["recipe_chat_refresh=a", "recipe_chat_refresh=a"],
            false,
            Err(()),
        );
        check(&[], &["refresh_token=a; refresh_token=b"], false, Err(()));
    }

    #[test]
    fn a_session_that_began_under_the_old_name_stays_there() {
        check(&[], &["refresh_token=t"], false, Ok(Some(("t", OLD))));
        let secure = format!("{OLD}; Secure");
        check(&[], &["refresh_token=t"], true, Ok(Some(("t", &secure))));
        let both = ["refresh_token=old; recipe_chat_refresh=t"];
        check(&[], &both, false, Ok(Some(("t", PLAIN))));
        check(
            &["--accept-old-cookie=false"],
            &["refresh_token=t"],
            false,
            Ok(None),
        );
    }

    #[test]
    fn a_new_login_session_and_a_logout_clear_the_old_name_too() {
        let (config, headers) = (config(&[]), headers(&["refresh_token=t"], false));
        let cookies = Cookies::new(&config, &headers);
        let text = |headers: Vec<HeaderValue>| {
            let lines = headers
                .iter()
                .map(|header| header.to_str().unwrap().to_owned());
            lines.collect::<Vec<_>>().join("\n")
        };
        let kept = text(cookies.keep_new("next", Duration::from_secs(60)));
        let cleared = text(cookies.clear_all());
        let clears = |name| format!("{name}=; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=0");
        assert_eq!(kept, format!("{PLAIN}\n{}", clears("refresh_token")));
        let both = [clears("recipe_chat_refresh"), clears("refresh_token")];
        assert_eq!(cleared, both.join("\n"));
    }

    #[test]
    fn a_sign_in_at_an_issuer_is_kept_for_the_way_back() {
        let config = config(&[]);
        for (cookie, found) in [
            (
                "recipe_chat_refresh_sign_in=s-1./r/soup",
                Some(("s-1", "/r/soup")),
            ),
            ("recipe_chat_refresh_sign_in=s-1", None),
            (
                "recipe_chat_refresh_sign_in=s-1./; recipe_chat_refresh_sign_in=s-2./",
                None,
            ),
            ("__Host-recipe_chat_refresh_sign_in=s-1./", None),
        ] {
            let headers = headers(&[cookie], false);
            let kept = Cookies::new(&config, &headers).sign_in();
            let kept = kept
                .as_ref()
                .map(|kept| (kept.secret.expose_secret(), kept.page.as_str()));
            assert_eq!(kept, found, "{cookie}");
        }
        let headers = headers(&[], true);
        let cookies = Cookies::new(&config, &headers);
        let kept = cookies.keep_sign_in(&"s-1".into(), "/r/soup");
        let text = "__Host-recipe_chat_refresh_sign_in=s-1./r/soup; HttpOnly; SameSite=Lax; Path=/; Max-Age=600; Secure";
        assert_eq!(kept.to_str().unwrap(), text);
        assert!(kept.is_sensitive());
    }

    #[test]
    fn the_device_is_known_unless_there_are_two() {
        let config = config(&[]);
        for (cookie, found) in [
            ("recipe_chat_refresh_device=d", "d"),
            (
                "recipe_chat_refresh_device=d; recipe_chat_refresh_device=e",
                "",
            ),
            ("a=b", ""),
        ] {
            let headers = headers(&[cookie], false);
            let device = Cookies::new(&config, &headers).device();
            assert_eq!(device.expose_secret(), found, "{cookie}");
        }
    }
}
