//! The TLS of an accepted connection, and whose certificate it has shown.

use std::time::Duration;

use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tracing::debug;

use super::connection::Accepted;
use crate::operator_tls::{CertifiedOperator, OperatorTls};

/// How long the handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The connection over TLS; `None` when the handshake fails or takes too long.
pub(super) async fn open(
    accepted: Accepted<TcpStream>,
    tls: &OperatorTls,
) -> Option<Accepted<TlsStream<TcpStream>>> {
    let Accepted {
        stream,
        peer,
        permit,
        socket,
        certified: _,
    } = accepted;
    let handshake = TlsAcceptor::from(tls.server()).accept(stream);
    let stream = match timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(cause)) => {
            debug!(%peer, %cause, "a TLS handshake failed");
            return None;
        }
        Err(_) => return None,
    };
    // The handshake has verified it.
    let chain = stream.get_ref().1.peer_certificates();
    let certificate = chain.and_then(<[_]>::first);
    let certified = certificate.and_then(|certificate| CertifiedOperator::of(certificate));
    Some(Accepted {
        stream,
        peer,
        permit,
        socket,
        certified,
    })
}
