//! Which replicas of the chat service there are, and a channel to each.

use std::net::SocketAddr;

use runtime::{
    grpc::{Channel, Dialer, InvalidAddress},
    replicas,
};

use super::router::ReplicaName;

/// How the name of a replica begins, whether it is called over TLS or not: edges of all builds hash the same names.
const SCHEME: &str = "http://";

/// The replicas of the chat service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Replicas {
    addresses: replicas::Replicas,
    dialer: Dialer,
}

impl Replicas {
    /// Addresses that come and go, and what makes a channel to each.
    pub fn new(addresses: replicas::Replicas, dialer: Dialer) -> Self {
        Self { addresses, dialer }
    }

    /// The only one, in the same process.
    pub fn over(channel: Channel) -> Self {
        Self::new(replicas::Replicas::one(), Dialer::over(channel))
    }

    /// The names of those that there are now.
    pub(super) fn now(&self) -> Vec<ReplicaName> {
        let name = |address| format!("{SCHEME}{address}").into();
        self.addresses.now().iter().map(name).collect()
    }

    /// Waits until some have come or gone since it was last waited for.
    pub(super) async fn changed(&mut self) {
        self.addresses.changed().await;
    }

    /// Hears that one does not answer: it may be elsewhere.
    pub(super) fn look_again(&self) {
        self.addresses.look_again();
    }

    /// A channel to one of them, which connects when first used.
    pub(super) fn channel(&self, replica: &ReplicaName) -> Result<Channel, InvalidAddress> {
        let invalid = || InvalidAddress(replica.to_string());
        let address = replica.strip_prefix(SCHEME).ok_or_else(invalid)?;
        let address: SocketAddr = address.parse().map_err(|_| invalid())?;
        Ok(self.dialer.channel(address))
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
        let replicas = Replicas::new(
            addresses.clone().follow(&Lifecycle::new()),
            addresses.dialer("chat", &Credentials::default()).unwrap(),
        );
        let names: Vec<String> = replicas.now().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["http://10.0.0.1:50052", "http://10.0.0.2:50052"]);
    }
}
