//! Under which addresses an edge is reached from outside.

use std::str::FromStr;

use url::{Origin, Url};

/// What the edge is reached under from outside: `https://cook.example`, with a port where it is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
}

/// What is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write it as https://host or https://host:port, without a path")]
pub struct NotAPublicUrl;

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let url = Url::parse(text.trim()).map_err(|_| NotAPublicUrl)?;
        let bare = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        bare.then_some(Self { url }).ok_or(NotAPublicUrl)
    }
}

impl PublicUrl {
    /// The address, without a slash at its end.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether pages from there have this origin.
    pub fn has_origin(&self, origin: &Origin) -> bool {
        self.url.origin() == *origin
    }

    /// Whether a request for this host, perhaps with a port, is for it.
    pub fn has_host(&self, host: &str) -> bool {
        let asked = Url::parse(&format!("{}://{host}", self.url.scheme()));
        asked.is_ok_and(|asked| {
            asked.host() == self.url.host()
                && asked.port_or_known_default() == self.url.port_or_known_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, good: bool) {
        assert_eq!(text.parse::<PublicUrl>().is_ok(), good, "{text}");
    }

    #[test]
    fn a_public_url_is_a_scheme_a_host_and_perhaps_a_port() {
        check("https://cook.example", true);
        check("http://cook.example:8080/", true);
        check("http://[2001:db8::1]:8080", true);
        check("cook.example", false);
        check("ftp://cook.example", false);
        check("https://cook.example/app", false);
        check("https://ada@cook.example", false);
        check("https://cook.example/?a", false);
    }

    #[test]
    fn a_host_is_pinned_with_its_port() {
        let url: PublicUrl = "https://cook.example".parse().unwrap();
        for host in ["cook.example", "COOK.example", "cook.example:443"] {
            assert!(url.has_host(host), "{host}");
        }
        for host in [
            "cook.example:80",
            "evil.example",
            "cook.example.evil.example",
            "",
        ] {
            assert!(!url.has_host(host), "{host}");
        }
    }
}
