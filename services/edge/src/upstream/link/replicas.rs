//! Which replicas of the chat service there are, and a channel to each.

use std::{future::pending, net::SocketAddr};

use runtime::{
    grpc::{Channel, Dialer, InvalidAddress},
    replicas,
};

use super::router::ReplicaName;

/// How the name of a replica begins, whether it is called over TLS or not: edges of all builds hash the same names.
const SCHEME: &str = "http://";

/// The replicas of the chat service. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Replicas {
    /// Addresses that come and go.
    Followed(replicas::Replicas, Dialer),
    /// One channel that is there already: for tests.
    One(Channel),
}

impl Replicas {
    /// The names of those that there are now.
    pub(super) fn now(&self) -> Vec<ReplicaName> {
        match self {
            Self::Followed(replicas, _) => {
                let addresses = replicas.now();
                let name = |address| format!("{SCHEME}{address}").into();
                addresses.iter().map(name).collect()
            }
            Self::One(_) => vec!["the only one".into()],
        }
    }

    /// Waits until some have come or gone since it was last waited for.
    pub(super) async fn changed(&mut self) {
        match self {
            Self::Followed(replicas, _) => replicas.changed().await,
            Self::One(_) => pending().await,
        }
    }

    /// Hears that one does not answer: it may be elsewhere.
    pub(super) fn look_again(&self) {
        match self {
            Self::Followed(replicas, _) => replicas.look_again(),
            Self::One(_) => {}
        }
    }

    /// A channel to one of them, which connects when first used.
    pub(super) fn channel(&self, replica: &ReplicaName) -> Result<Channel, InvalidAddress> {
        match self {
            Self::Followed(_, dialer) => {
                let invalid = || InvalidAddress(replica.to_string());
                let address = replica.strip_prefix(SCHEME).ok_or_else(invalid)?;
                let address: SocketAddr = address.parse().map_err(|_| invalid())?;
                Ok(dialer.channel(address))
            }
            Self::One(channel) => Ok(channel.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::{grpc::Credentials, lifecycle::Lifecycle, replicas::ServiceAddress};

    use super::*;

    #[tokio::test]
    async fn every_edge_names_them_alike_whatever_its_version() {
        let addresses = "http://10.0.0.2:50052/, http://10.0.0.1:50052,http://10.0.0.1:50052/";
        let addresses: ServiceAddress = addresses.parse().unwrap();
        let replicas = Replicas::Followed(
            addresses.clone().follow(&Lifecycle::new()),
            addresses.dialer("chat", &Credentials::default()).unwrap(),
        );
        let names: Vec<String> = replicas.now().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["http://10.0.0.1:50052", "http://10.0.0.2:50052"]);
    }
}
