//! The one way to servers of the web whose addresses users name: public addresses only. It connects, and knows nothing of
//! what is said there.
//!
//! Each name is resolved once, and the connection goes to the addresses that were looked at, so that a name server cannot
//! say one thing to the check and another to the connection.

mod address;

use std::{net::SocketAddr, time::Duration};

use url::Url;

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

    /// Checks what can be told of an address without asking anybody.
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
        match url.host() {
            Some(_) => Ok(()),
            None => Err(NoWay::NoAddress),
        }
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
        let are_allowed = !addresses.is_empty()
            && addresses
                .iter()
                .all(|address| self.allowed.contains(address));
        if are_allowed {
            return Ok(addresses);
        }
        if url.port().is_some() {
            return Err(NoWay::Port);
        }
        let are_public =
            !addresses.is_empty() && addresses.iter().all(|found| address::is_public(found.ip()));
        match are_public {
            true => Ok(addresses),
            false => Err(NoWay::NotPublic(host.to_string())),
        }
    }

    /// Connects to addresses that were resolved of this URL; `None`: none of them answers.
    pub async fn connect(&self, url: &Url, addresses: &[SocketAddr]) -> Option<Box<dyn Stream>> {
        self.dialer.connect(url, addresses).await.ok()
    }
}
