//! The one way to servers of the web whose addresses users name: public addresses only. It connects, and knows nothing of
//! what is said there.
//!
//! Each name is resolved once, and the connection goes to the addresses that were looked at, so that a name server cannot
//! say one thing to the check and another to the connection.

mod address;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use url::{Host, Url};

use crate::dial::{self, Dialer, Stream};

/// How long one address has to answer the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why nobody connects there. The words are for the user who named the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// It is no address of a server.
    #[error("This is no address of the web; write it as https://example.org/pancakes")]
    NoAddress,
    /// Another scheme.
    #[error("Only addresses at http:// and https:// can be reached")]
    Scheme,
    /// A name or a password stands in the address.
    #[error("The address holds a name or a password; write it without them")]
    Credentials,
    /// Another port than that of the scheme.
    #[error("Only the usual port can be reached; write the address without a port")]
    Port,
    /// Its name leads to no address, or to one that is not public.
    #[error("{0} is no public address of the web")]
    NotPublic(String),
    /// The server cannot be reached.
    #[error("{0} cannot be reached")]
    Unreachable(String),
}

/// Connects to servers at public addresses, and to those that are named beside them.
#[derive(Debug)]
pub struct PublicWeb {
    dialer: Dialer,
    /// Addresses that may be asked though they are not public, and at ports that are not usual.
    allowed: Vec<SocketAddr>,
}

impl PublicWeb {
    /// One that goes to public addresses, and to those that are named.
    pub fn new(allowed: Vec<SocketAddr>) -> Self {
        Self {
            dialer: Dialer::new(CONNECT_TIMEOUT),
            allowed,
        }
    }

    /// Checks what can be told of an address without asking anybody: where it is a number instead of a name, whether that
    /// may be reached, and a port that no name could make good.
    ///
    /// # Errors
    /// Why nobody connects there, whatever its name leads to.
    pub fn check(&self, url: &Url) -> Result<(), NoWay> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NoWay::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoWay::Credentials);
        }
        let ip = match url.host() {
            Some(Host::Domain(_)) if self.allowed.is_empty() && url.port().is_some() => {
                return Err(NoWay::Port);
            }
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            None => return Err(NoWay::NoAddress),
        };
        let port = url.port_or_known_default().ok_or(NoWay::NoAddress)?;
        self.judge(url, &[SocketAddr::new(ip, port)])
    }

    /// Where a server is. All that the name leads to must be public: whoever mixes both is up to something.
    ///
    /// # Errors
    /// Why nobody connects there.
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, NoWay> {
        self.check(url)?;
        let host = url.host().ok_or(NoWay::NoAddress)?;
        let addresses = dial::resolve(url).await;
        let addresses = addresses.map_err(|_| NoWay::Unreachable(host.to_string()))?;
        self.judge(url, &addresses)?;
        Ok(addresses)
    }

    /// Whether all of these may be reached: they are named, or public and at the usual port.
    fn judge(&self, url: &Url, addresses: &[SocketAddr]) -> Result<(), NoWay> {
        let named = |address| self.allowed.contains(address);
        if !addresses.is_empty() && addresses.iter().all(named) {
            return Ok(());
        }
        let public = |address: &SocketAddr| address::is_public(address.ip());
        if addresses.is_empty() || !addresses.iter().all(public) {
            let host = url.host().ok_or(NoWay::NoAddress)?;
            return Err(NoWay::NotPublic(host.to_string()));
        }
        match url.port() {
            Some(_) => Err(NoWay::Port),
            None => Ok(()),
        }
    }

    /// Connects to addresses that were resolved of this URL; `None`: none of them answers.
    pub async fn connect(&self, url: &Url, addresses: &[SocketAddr]) -> Option<Box<dyn Stream>> {
        self.dialer.connect(url, addresses).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allowed: &[&str], url: &str, verdict: &Result<(), NoWay>) {
        let allowed = allowed.iter().map(|address| address.parse().unwrap());
        let web = PublicWeb::new(allowed.collect());
        assert_eq!(&web.check(&url.parse().unwrap()), verdict, "{url}");
    }

    #[test]
    fn a_number_that_is_not_public_is_refused_before_anybody_is_asked() {
        let private = |host: &str| Err(NoWay::NotPublic(host.to_owned()));
        check(&[], "http://10.0.0.1:99/", &private("10.0.0.1"));
        check(&[], "https://127.0.0.1/hook", &private("127.0.0.1"));
        // The same number, as some write it.
        check(&[], "http://0x7f.1/", &private("127.0.0.1"));
        check(&[], "http://169.254.169.254/", &private("169.254.169.254"));
        check(&[], "http://[::1]/", &private("[::1]"));
        check(&[], "http://[::ffff:10.0.0.1]/", &private("[::ffff:a00:1]"));
        check(&[], "https://1.1.1.1/", &Ok(()));
        check(&[], "https://[2606:4700:4700::1111]/", &Ok(()));
    }

    #[test]
    fn another_port_than_the_usual_one_is_for_addresses_that_are_named() {
        check(&[], "https://1.1.1.1:8443/", &Err(NoWay::Port));
        check(&[], "https://example.org:8443/", &Err(NoWay::Port));
        check(&[], "https://example.org:443/", &Ok(()));
        let named = ["10.0.0.7:9000"];
        check(&named, "http://10.0.0.7:9000/", &Ok(()));
        let private = Err(NoWay::NotPublic("10.0.0.7".to_owned()));
        check(&named, "http://10.0.0.7:9001/", &private);
        // It may lead to the one that is named.
        check(&named, "http://wiki.example:9000/", &Ok(()));
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        check(&[], "ftp://example.org/", &Err(NoWay::Scheme));
        check(&[], "https://ada@example.org/", &Err(NoWay::Credentials));
        check(&[], "https://a:b@example.org/", &Err(NoWay::Credentials));
    }
}
