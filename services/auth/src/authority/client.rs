//! Who asks, as far as the caller tells, and the one log event of each refusal.

use std::net::IpAddr;

use runtime::network::AddressBlock;
use tracing::{info, warn};

use super::Error;
use crate::refresh::Refusal;

/// The longest request id that is logged.
const MAX_REQUEST_ID: usize = 64;

/// The client for whom a service asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    /// Where it is, if that is known.
    pub(crate) address: Option<IpAddr>,
    /// What the edge calls its request.
    request_id: Option<String>,
}

impl Client {
    /// An address that cannot be read is as none; so is an id that does not look like one, since it goes to the log.
    pub(crate) fn new(address: &str, request_id: Option<&str>) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let good = |id: &&str| id.len() <= MAX_REQUEST_ID && id.bytes().all(plain);
        Self {
            address: address.parse::<IpAddr>().ok().map(|ip| ip.to_canonical()),
            request_id: request_id.filter(good).map(str::to_owned),
        }
    }

    /// What limits count as one address.
    pub(crate) fn block(&self) -> Option<AddressBlock> {
        self.address.map(AddressBlock::from)
    }

    /// What the edge calls the request.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Logs why somebody was refused, if they were. The account is its pseudonym. Failures of ours are logged where
    /// they are answered.
    pub(super) fn log_refusal<T>(
        &self,
        action: &'static str,
        account: Option<&str>,
        answer: &Result<T, Error>,
    ) {
        let Err(error) = answer else { return };
        let address = self.address.map(tracing::field::display);
        let request_id = self.request_id.as_deref();
        let reason = error.label();
        if matches!(error, Error::RefreshToken(Refusal::Stolen)) {
            warn!(
                action,
                reason,
                account,
                client.address = address,
                request.id = request_id,
                "refused: a spent refresh token came back, its login session is revoked"
            );
        } else if error.is_refusal() {
            info!(
                action,
                reason,
                account,
                client.address = address,
                request.id = request_id,
                "refused"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_the_log_looks_like_what_it_is() {
        let client = Client::new("::ffff:192.0.2.1", Some("0199d7b0-0000"));
        assert_eq!(client.address, "192.0.2.1".parse().ok());
        assert_eq!(client.request_id.as_deref(), Some("0199d7b0-0000"));
        for id in ["a b", "a\nrefused", "\u{1b}[31m", &"x".repeat(65)] {
            let client = Client::new("nowhere", Some(id));
            assert_eq!((client.address, client.request_id), (None, None));
        }
    }
}
