//! Values that every configuration is made of: durations as people write them, and addresses that may hold a
//! password and therefore never print it.

mod network;

use std::{convert::Infallible, fmt, net::SocketAddr, str::FromStr, time::Duration};

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

/// Reads the address and port of a listener: `127.0.0.1:8080`, `[::]:8080`. Names and missing parts are refused, so that
/// nobody listens where they did not mean to.
///
/// # Errors
/// How it is written.
pub fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| {
        "write it as IP:PORT, such as 127.0.0.1:8080, or 0.0.0.0:8080 for all addresses of this machine"
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

    /// The same with `localhost` for a host that is left out after the user, where `host=` tells it, as libpq has it for
    /// sockets: `postgres://ada@/auth?host=/run/postgresql`. `None` when nothing is left out.
    pub fn with_host(&self) -> Option<SecretString> {
        let (scheme, rest) = self.expose().split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@')?;
        let left_out = host.is_empty() || host.starts_with(':');
        let told_after = after.contains("?host=") || after.contains("&host=");
        (left_out && told_after)
            .then(|| SecretString::from(format!("{scheme}://{user}@localhost{host}{after}")))
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
        let with_host = self.with_host();
        let complete = with_host.as_ref().map_or(text, ExposeSecret::expose_secret);
        match Url::parse(complete) {
            Ok(url) => {
                write!(f, "{}://", url.scheme())?;
                if with_host.is_none() {
                    f.write_str(url.host_str().unwrap_or_default())?;
                }
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
            "postgres://ada:hunter2@/auth?host=/run/postgresql",
            "postgres:///auth",
        );
        check("postgres://ada:hunter2@/auth", "[unreadable address]");
    }

    #[test]
    fn a_host_that_is_told_behind_is_filled_in() {
        let filled = |text: &str| {
            let url: SecretUrl = text.parse().unwrap();
            let filled = url.with_host();
            filled.map(|url| url.expose_secret().to_owned())
        };
        let sockets = "/auth?sslmode=disable&host=/run/postgresql";
        assert_eq!(
            filled(&format!("postgres://ada:x@{sockets}")).unwrap(),
            format!("postgres://ada:x@localhost{sockets}")
        );
        assert_eq!(
            filled(&format!("postgres://ada@:5433{sockets}")).unwrap(),
            format!("postgres://ada@localhost:5433{sockets}")
        );
        assert_eq!(filled(&format!("postgres://ada@db{sockets}")), None);
        assert_eq!(filled("postgres://ada@/auth"), None);
        assert_eq!(filled("postgres:///auth?host=/run/postgresql"), None);
    }

    #[test]
    fn listeners_are_named_by_address_and_port() {
        assert!(listen_address("127.0.0.1:0").is_ok());
        assert!(listen_address("[::]:8080").is_ok());
        for text in ["localhost:8080", ":8080", "8080", "127.0.0.1", ""] {
            let told = listen_address(text).unwrap_err();
            assert!(told.contains("IP:PORT"), "{text}: {told}");
        }
    }
}
