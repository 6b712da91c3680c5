//! Values that every configuration is made of: durations as people write them, and addresses that may hold a
//! password and therefore never print it.

mod network;

use std::{convert::Infallible, fmt, str::FromStr, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use self::network::{Network, NotANetwork};

/// What is printed of an address whose parts are in doubt, and how it is mended.
const DOUBTFUL: &str =
    "[an address whose user or password holds one of @ / ? # as it is: write %40 %2F %3F %23]";

/// Reads a duration as people write it: `250ms`, `5s`, `15m`, `30d`, `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        "write a duration as a number and a unit, such as 250ms, 5s, 15m or 30d".into()
    })
}

/// Reads a password or token from the command line, so that it never prints.
///
/// # Errors
/// Never.
pub fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

/// The address of a service or database. It may hold a password, so it prints without one, and reading it
/// from the command line never fails: a bad one is reported, without its text, by whoever opens it. Of one whose parts
/// are in doubt nothing prints: what looks like its host may be the end of a password.
#[derive(Clone)]
pub struct SecretUrl(SecretString);

impl SecretUrl {
    /// The address with everything in it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether its user or password holds a sign that ends them (`@`, `/`, `?`, `#`) and is not escaped.
    pub fn is_in_doubt(&self) -> bool {
        let Some((_, rest)) = self.expose().split_once("://") else {
            return false;
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        rest.contains('@') || authority.matches('@').count() > 1
    }
}

impl FromStr for SecretUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.expose();
        if self.is_in_doubt() {
            return f.write_str(DOUBTFUL);
        }
        if !text.contains('@') {
            // Query parameters may hold passwords too.
            return f.write_str(text.split('?').next().unwrap_or_default());
        }
        match Url::parse(text) {
            Ok(url) => {
                write!(f, "{}://", url.scheme())?;
                f.write_str(url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Err(_) => f.write_str("[unreadable address]"),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_people_write_them() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert!(duration("5").is_err());
        assert!(duration("soon").is_err());
    }

    #[track_caller]
    fn check(url: &str, printed: &str) {
        let url: SecretUrl = url.parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), format!("{printed} {printed}"));
    }

    #[test]
    fn an_address_prints_without_its_password() {
        check("redis://127.0.0.1:6379", "redis://127.0.0.1:6379");
        check("redis://:hunter2@db:6379/1", "redis://db:6379/1");
        check(
            "postgres://ada:hunter2@db/auth?sslmode=require",
            "postgres://db/auth",
        );
        check("postgres://db/auth?password=hunter2", "postgres://db/auth");
        check("hunter2@what is this", "[unreadable address]");
        for password in ["hun@ter", "hun/ter", "hun?ter", "hun#ter", "h/u@n"] {
            check(&format!("postgres://ada:{password}@db/auth"), DOUBTFUL);
            check(&format!("redis://:{password}@db:6379"), DOUBTFUL);
        }
        check("postgres://ada:hun%40ter@db/auth", "postgres://db/auth");
        check(
            "postgres://ada@/auth?host=/run/postgresql",
            "[unreadable address]",
        );
    }
}
