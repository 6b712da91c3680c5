//! Where the replicas of the chat service are: what its addresses stand for, looked up again and again.

use std::{collections::BTreeMap, net::SocketAddr};

use runtime::grpc::{self, InvalidAddress};
use tokio::net::lookup_host;
use tonic::transport::Channel;
use tracing::warn;
use url::Url;

use super::switchboard::ReplicaName;

/// How many replicas one edge keeps lines to.
const MOST: usize = 64;

/// The addresses of the chat service.
#[derive(Debug, Default)]
pub struct Replicas {
    fixed: BTreeMap<ReplicaName, Channel>,
    /// Host names and ports; each may stand for several replicas, which come and go.
    names: Vec<(String, u16)>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub replicas: Vec<ReplicaName>,
    /// Whether everything could be looked up.
    pub whole: bool,
}

impl Replicas {
    /// Those at `addresses`, separated by commas. A host name stands for every replica that it resolves to.
    ///
    /// # Errors
    /// When one of them is no address of a gRPC service.
    pub fn at(addresses: &str) -> Result<Self, InvalidAddress> {
        let mut replicas = Self::default();
        for address in addresses.split(',').map(str::trim) {
            let channel = grpc::channel(address)?;
            match named(address) {
                Some(name) => replicas.names.push(name),
                None => {
                    let name = address.trim_end_matches('/').into();
                    replicas.fixed.insert(name, channel);
                }
            }
        }
        Ok(replicas)
    }

    /// The only one, over a channel.
    pub fn over(channel: Channel) -> Self {
        Self {
            fixed: [("the only one".into(), channel)].into(),
            names: Vec::new(),
        }
    }

    /// The replicas that there are now.
    pub(super) async fn look_up(&self) -> Found {
        let mut found = Found {
            replicas: self.fixed.keys().cloned().collect(),
            whole: true,
        };
        for (host, port) in &self.names {
            match lookup_host((host.as_str(), *port)).await {
                Ok(addresses) => found.replicas.extend(of_one_family(addresses.collect())),
                Err(cause) => {
                    found.whole = false;
                    warn!(%host, %cause, "an address of the chat service cannot be looked up");
                }
            }
        }
        found.replicas.sort();
        found.replicas.dedup();
        found.replicas.truncate(MOST);
        found
    }

    /// A channel to one of them, which connects when first used.
    pub(super) fn channel(&self, replica: &ReplicaName) -> Result<Channel, InvalidAddress> {
        match self.fixed.get(replica) {
            Some(channel) => Ok(channel.clone()),
            None => grpc::channel(replica),
        }
    }
}

/// The host and port of an address whose host has to be looked up. With TLS the host belongs to the connection, so
/// that such an address stands for one replica, or for a balancer in front of some.
fn named(address: &str) -> Option<(String, u16)> {
    let url = Url::parse(address).ok()?;
    let host = url.domain().filter(|_| url.scheme() == "http")?;
    Some((host.to_owned(), url.port_or_known_default()?))
}

/// A replica that has an address of either kind is still one.
fn of_one_family(addresses: Vec<SocketAddr>) -> impl Iterator<Item = ReplicaName> {
    let v4 = addresses.iter().any(SocketAddr::is_ipv4);
    let addresses = addresses.into_iter();
    addresses
        .filter(move |address| address.is_ipv4() == v4)
        .map(|address| format!("http://{address}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: impl IntoIterator<Item = ReplicaName>) -> Vec<String> {
        names.into_iter().map(|name| name.to_string()).collect()
    }

    async fn found(addresses: &str) -> Vec<String> {
        let found = Replicas::at(addresses).unwrap().look_up().await;
        assert!(found.whole);
        texts(found.replicas)
    }

    #[tokio::test]
    async fn several_addresses_are_several_replicas() {
        let both = found("http://10.0.0.2:50052/, http://10.0.0.1:50052").await;
        assert_eq!(both, ["http://10.0.0.1:50052", "http://10.0.0.2:50052"]);
        let doubled = found("http://10.0.0.1:1,http://10.0.0.1:1/").await;
        assert_eq!(doubled, ["http://10.0.0.1:1"]);
        assert_eq!(
            found("https://chat.example").await,
            ["https://chat.example"]
        );
    }

    #[tokio::test]
    async fn a_host_name_is_looked_up() {
        assert_eq!(
            found("http://localhost:4711").await,
            ["http://127.0.0.1:4711"]
        );
    }

    #[tokio::test]
    async fn a_name_that_is_not_there_leaves_the_others() {
        let replicas = Replicas::at("http://10.0.0.1:1,http://nowhere.invalid:2").unwrap();
        let found = replicas.look_up().await;
        assert!(!found.whole);
        assert_eq!(texts(found.replicas), ["http://10.0.0.1:1"]);
    }

    #[tokio::test]
    async fn what_is_no_address_is_refused() {
        for addresses in ["", "localhost:1", "http://a:1,,http://b:2", "ftp://a"] {
            assert!(Replicas::at(addresses).is_err(), "{addresses}");
        }
    }

    #[test]
    fn addresses_of_both_kinds_are_the_same_replicas() {
        let addresses = ["[::1]:1", "127.0.0.1:1", "127.0.0.2:1"].map(|a| a.parse().unwrap());
        let names = texts(of_one_family(addresses.into()));
        assert_eq!(names, ["http://127.0.0.1:1", "http://127.0.0.2:1"]);
        let names = texts(of_one_family(vec!["[::1]:1".parse().unwrap()]));
        assert_eq!(names, ["http://[::1]:1"]);
    }
}
