//! Keyed hashes that stand for accounts and addresses where those must not be told: in log lines, in the buckets of the
//! rate limiter and beside login sessions. The same one always stands for the same thing, on every replica, and nobody
//! without the server's secret can tell for what.

use std::fmt;

use aws_lc_rs::hmac;
use runtime::network::AddressBlock;
use secrecy::SecretSlice;

use crate::{derived_key::derived_key, device::DeviceId, user::Username};

/// How much of a hash is kept: two of as many as there are people never meet.
const HASH_LENGTH: usize = 16;

/// Hashes with a key of the server.
pub(crate) struct Pseudonyms(hmac::Key);

/// Stands for an address block from which somebody has signed in to one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Source(pub(crate) [u8; HASH_LENGTH]);

impl Pseudonyms {
    pub(crate) fn new(secret: &SecretSlice<u8>) -> Self {
        Self(derived_key(secret, b"pseudonyms"))
    }

    /// Stands for an account. All texts that can be nobody's name count as one.
    pub(crate) fn account(&self, name: Option<&Username>) -> String {
        let name = name.map(Username::key).unwrap_or_default();
        hex(&self.hash(&[b"account", name.as_bytes()]))
    }

    /// Stands for an address block in the limiter; `None` for callers that do not tell theirs.
    pub(crate) fn address(&self, block: Option<AddressBlock>) -> String {
        hex(&self.hash(&[b"address", text(block).as_bytes()]))
    }

    /// Stands for an address block that tries an account.
    pub(crate) fn account_at(&self, account: &str, block: Option<AddressBlock>) -> String {
        hex(&self.hash(&[b"place", account.as_bytes(), text(block).as_bytes()]))
    }

    /// Stands for a device that tries an account.
    pub(crate) fn account_on(&self, account: &str, device: DeviceId) -> String {
        hex(&self.hash(&[b"device", account.as_bytes(), &device.0]))
    }

    /// Stands for an address block beside the login sessions of an account.
    pub(crate) fn source(&self, name: &Username, block: AddressBlock) -> Source {
        let (name, block) = (name.key(), block.to_string());
        Source(self.hash(&[b"source", name.as_bytes(), block.as_bytes()]))
    }

    /// The parts cannot run into one another: none holds the byte between them, and only the last has any length.
    fn hash(&self, parts: &[&[u8]]) -> [u8; HASH_LENGTH] {
        let mut mac = hmac::Context::with_key(&self.0);
        for part in parts {
            mac.update(part);
            mac.update(&[0xff]);
        }
        let mut hash = [0; HASH_LENGTH];
        hash.copy_from_slice(&mac.sign().as_ref()[..HASH_LENGTH]);
        hash
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms { [redacted] }")
    }
}

fn text(block: Option<AddressBlock>) -> String {
    block.map_or_else(String::new, |block| block.to_string())
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a text cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn block(address: &str) -> AddressBlock {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn the_same_stands_for_the_same_and_nothing_else() {
        let secret = |byte| vec![byte; 32].into();
        let ours = Pseudonyms::new(&secret(1));
        let (ada, grace) = ("ada".parse().unwrap(), "grace".parse().unwrap());
        let account = ours.account(Some(&ada));
        assert_eq!(account, ours.account(Some(&"ADA".parse().unwrap())));
        assert_eq!(account.len(), 32);
        let others = [
            ours.account(Some(&grace)),
            ours.account(None),
            ours.address(Some(block("192.0.2.1"))),
            ours.address(None),
            ours.account_at(&account, Some(block("192.0.2.1"))),
            ours.account_on(&account, DeviceId([0; 16])),
            Pseudonyms::new(&secret(2)).account(Some(&ada)),
        ];
        assert!(others.iter().all(|other| *other != account));

        let one = ours.source(&ada, block("2001:db8:1:2::1"));
        assert_eq!(one, ours.source(&ada, block("2001:db8:1:2::ffff")));
        assert_ne!(one, ours.source(&ada, block("2001:db8:1:3::1")));
        assert_ne!(one, ours.source(&grace, block("2001:db8:1:2::1")));
    }
}
