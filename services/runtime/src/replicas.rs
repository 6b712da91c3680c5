//! Where the replicas of a service are: what its addresses stand for, looked up again and again. It opens no
//! connections and does not know which replicas are well.

use std::{fmt, future::pending, io, net::SocketAddr, str::FromStr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    net::lookup_host,
    select,
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::{info, warn};
use url::{Host, Url};

use crate::{
    grpc::{CredentialError, Credentials, Dialer, InvalidAddress},
    lifecycle::Lifecycle,
};

/// How often names are looked up.
const LOOKUP_INTERVAL: Duration = Duration::from_secs(5);
/// How soon they are looked up again when somebody asks for it.
const MIN_LOOKUP_INTERVAL: Duration = Duration::from_millis(500);
/// How long one look may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);
/// How many replicas of one service are known at most.
const MAX_REPLICAS: usize = 64;

/// The addresses of a service, separated by commas. A host name stands for every replica that it resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    text: String,
    fixed: Vec<SocketAddr>,
    names: Vec<(String, u16)>,
    /// Whether one of them is `https`.
    tls: bool,
}

impl ServiceAddress {
    /// Makes the channels to its replicas: those of the service of this role (`auth`, `chat`).
    ///
    /// # Errors
    /// When the address asks for TLS and the credentials have none.
    pub fn dialer(&self, role: &str, credentials: &Credentials) -> Result<Dialer, CredentialError> {
        if self.tls && !credentials.have_tls() {
            return Err(CredentialError::NoTls(self.text.clone()));
        }
        let hosts = self.names.iter().map(|(host, _)| host.clone());
        let addresses = self.fixed.iter().map(|address| address.ip().to_string());
        let names = [role.to_owned()].into_iter().chain(hosts).chain(addresses);
        Ok(Dialer::new(credentials, names))
    }

    /// Follows the replicas by the system's resolver; ends when the lifecycle stops.
    pub fn follow(self, lifecycle: &Lifecycle) -> Replicas {
        let by_system: Lookup = Arc::new(|host, port| {
            Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) })
        });
        self.follow_by(by_system, lifecycle)
    }

    /// Follows the replicas by a resolver of one's own.
    pub fn follow_by(self, lookup: Lookup, lifecycle: &Lifecycle) -> Replicas {
        let (sender, addresses) = watch::channel(self.fixed.as_slice().into());
        let again = Arc::new(Notify::new());
        if !self.names.is_empty() {
            let names = self.names.into_iter().map(|name| (name, Vec::new()));
            let follower = Follower {
                fixed: self.fixed,
                names: names.collect(),
                lookup,
                sender,
                again: Arc::clone(&again),
            };
            let until = lifecycle.clone();
            lifecycle.spawn(async move {
                select! {
                    () = follower.run() => {}
                    () = until.stopping() => {}
                }
            });
        }
        Replicas { addresses, again }
    }
}

impl FromStr for ServiceAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let mut read = Self {
            text: text.to_owned(),
            fixed: Vec::new(),
            names: Vec::new(),
            tls: false,
        };
        // Lists may have empty elements, as templates leave them; nothing else is no address.
        let named = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        if named.clone().next().is_none() {
            return Err(InvalidAddress(text.to_owned()));
        }
        for address in named {
            let invalid = || InvalidAddress(address.to_owned());
            let url = Url::parse(address).map_err(|_| invalid())?;
            // Nobody listens at the port that the scheme stands for, unless it is written.
            let port = url.port_or_known_default().filter(|_| names_port(address));
            let port = port.ok_or_else(invalid)?;
            if !matches!(url.scheme(), "http" | "https") || !matches!(url.path(), "" | "/") {
                return Err(invalid());
            }
            read.tls |= url.scheme() == "https";
            match url.host().ok_or_else(invalid)? {
                Host::Ipv4(ip) => read.fixed.push(SocketAddr::from((ip, port))),
                Host::Ipv6(ip) => read.fixed.push(SocketAddr::from((ip, port))),
                Host::Domain(name) => read.names.push((name.to_owned(), port)),
            }
        }
        read.fixed = orderly(read.fixed);
        Ok(read)
    }
}

/// Whether the address has a port, also one that a URL may leave out.
fn names_port(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Finds the addresses of a host and port.
pub type Lookup =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The replicas of a service as they are known now. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Replicas {
    addresses: watch::Receiver<Arc<[SocketAddr]>>,
    again: Arc<Notify>,
}

impl Replicas {
    /// One replica that is always there, for a [`Dialer`] that has a channel to it.
    pub fn one() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let (_, addresses) = watch::channel([address].as_slice().into());
        Self {
            addresses,
            again: Arc::default(),
        }
    }

    /// Their addresses now, in order, each once; none until a name was looked up for the first time.
    pub fn now(&self) -> Arc<[SocketAddr]> {
        Arc::clone(&self.addresses.borrow())
    }

    /// Their addresses, once there are any. The caller bounds the time.
    pub async fn some(&self) -> Arc<[SocketAddr]> {
        let mut addresses = self.addresses.clone();
        let some = addresses.wait_for(|addresses| !addresses.is_empty());
        let found = some.await.is_ok();
        if !found {
            // Nobody looks any more: there will be none.
            pending::<()>().await;
        }
        self.now()
    }

    /// Waits until they have changed since this was last waited for: for whoever keeps something per replica.
    pub async fn changed(&mut self) {
        if self.addresses.changed().await.is_err() {
            // Nobody looks any more.
            pending::<()>().await;
        }
    }

    /// Asks for a look ahead of time, since a replica does not answer.
    pub fn look_again(&self) {
        self.again.notify_one();
    }
}

/// Looks names up, until its task ends.
struct Follower {
    fixed: Vec<SocketAddr>,
    /// Each name with what it stood for last.
    names: Vec<((String, u16), Vec<SocketAddr>)>,
    lookup: Lookup,
    sender: watch::Sender<Arc<[SocketAddr]>>,
    again: Arc<Notify>,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let begun = Instant::now();
            self.look().await;
            sleep(MIN_LOOKUP_INTERVAL).await;
            // Nobody who asks waits longer than MIN_LOOKUP_INTERVAL; asking often costs no more than that.
            select! {
                () = sleep_until(begun + LOOKUP_INTERVAL) => {}
                () = self.again.notified() => {}
            }
        }
    }

    /// A name that cannot be looked up, or stands for nothing, is taken to be as it was.
    async fn look(&mut self) {
        for ((host, port), found) in &mut self.names {
            let answer = timeout(LOOKUP_TIMEOUT, (self.lookup)(host.clone(), *port)).await;
            match answer {
                Ok(Ok(addresses)) if !addresses.is_empty() => *found = addresses,
                Ok(Ok(_)) => warn!(%host, "the name stands for no address"),
                Ok(Err(cause)) => warn!(%host, %cause, "the name cannot be looked up"),
                Err(_) => warn!(%host, "looking the name up takes too long"),
            }
        }
        let of_names = self.names.iter().flat_map(|(_, found)| found);
        let all = orderly(self.fixed.iter().chain(of_names).copied().collect());
        self.sender.send_if_modified(|known| {
            let changed = **known != *all;
            if changed {
                info!(replicas = ?all, "the replicas of a service changed");
                *known = all.into();
            }
            changed
        });
    }
}

/// In order, each once, and not too many. Where there are addresses of both families, those of the first: a
/// replica that has one of each is still one.
fn orderly(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    if addresses.iter().any(SocketAddr::is_ipv4) {
        addresses.retain(SocketAddr::is_ipv4);
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses.truncate(MAX_REPLICAS);
    addresses
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_are_listed_by_commas_and_have_no_path() {
        let read: ServiceAddress = "http://10.0.0.2:1, http://10.0.0.1:1/,,http://auth:50051,"
            .parse()
            .unwrap();
        assert_eq!(read.fixed, addresses(&["10.0.0.1:1", "10.0.0.2:1"]));
        assert_eq!(read.names, [("auth".to_owned(), 50051)]);
        for wrong in [
            "",
            "auth:50051",
            "ftp://auth:1",
            " , ",
            "http://auth:1/x",
            "http://auth",
            "http://auth:",
            "https://[::1]",
            "http://10.0.0.1",
        ] {
            assert!(wrong.parse::<ServiceAddress>().is_err(), "{wrong}");
        }
    }

    type Answer = Arc<Mutex<io::Result<Vec<SocketAddr>>>>;

    /// A resolver that answers what it is told to, and how to tell it.
    fn stub() -> (Lookup, Answer) {
        let answer: Answer = Arc::new(Mutex::new(Ok(Vec::new())));
        let told = Arc::clone(&answer);
        let lookup: Lookup = Arc::new(move |_, _| {
            let answer = match &*told.lock().unwrap() {
                Ok(addresses) => Ok(addresses.clone()),
                Err(cause) => Err(io::Error::from(cause.kind())),
            };
            Box::pin(async move { answer })
        });
        (lookup, answer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_again_and_keeps_its_addresses_when_that_fails() {
        let (lookup, answer) = stub();
        let (one, two) = (addresses(&["10.0.0.1:9"]), addresses(&["10.0.0.2:9"]));
        *answer.lock().unwrap() = Ok(one.clone());
        let lifecycle = Lifecycle::new();
        let service: ServiceAddress = "http://auth:9".parse().unwrap();
        let mut replicas = service.follow_by(lookup, &lifecycle);

        assert_eq!(*replicas.some().await, *one);
        replicas.changed().await;
        *answer.lock().unwrap() = Ok([two.clone(), one.clone(), one.clone()].concat());
        replicas.changed().await;
        assert_eq!(*replicas.now(), *[one, two.clone()].concat());

        *answer.lock().unwrap() = Err(io::ErrorKind::NotFound.into());
        sleep(3 * LOOKUP_INTERVAL).await;
        assert_eq!(replicas.now().len(), 2);
        *answer.lock().unwrap() = Ok(Vec::new());
        sleep(3 * LOOKUP_INTERVAL).await;
        assert_eq!(replicas.now().len(), 2);

        *answer.lock().unwrap() = Ok(two.clone());
        replicas.changed().await;
        assert_eq!(*replicas.now(), *two);
        lifecycle.stop();
        assert!(lifecycle.finished(LOOKUP_INTERVAL).await);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_misses_a_replica_has_it_looked_up_soon() {
        let (lookup, answer) = stub();
        *answer.lock().unwrap() = Ok(addresses(&["10.0.0.1:9"]));
        let lifecycle = Lifecycle::new();
        let service: ServiceAddress = "http://auth:9".parse().unwrap();
        let mut replicas = service.follow_by(lookup, &lifecycle);
        replicas.changed().await;

        *answer.lock().unwrap() = Ok(addresses(&["10.0.0.2:9"]));
        let asked = Instant::now();
        replicas.look_again();
        replicas.changed().await;

        assert!(
            asked.elapsed() <= MIN_LOOKUP_INTERVAL,
            "{:?}",
            asked.elapsed()
        );
        lifecycle.stop();
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_gets_no_answer_is_given_up() {
        let asked = Mutex::new(false);
        let lookup: Lookup = Arc::new(move |_, _| {
            if std::mem::replace(&mut *asked.lock().unwrap(), true) {
                Box::pin(async { Ok(addresses(&["10.0.0.1:9"])) })
            } else {
                Box::pin(pending())
            }
        });
        let lifecycle = Lifecycle::new();
        let service: ServiceAddress = "http://auth:9".parse().unwrap();
        let replicas = service.follow_by(lookup, &lifecycle);
        let begun = Instant::now();

        assert_eq!(replicas.some().await.len(), 1);
        assert!(begun.elapsed() <= LOOKUP_TIMEOUT + LOOKUP_INTERVAL);
        lifecycle.stop();
    }
}
