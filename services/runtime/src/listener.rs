//! Opens the ports that services listen on, and says plainly why one cannot be had.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// How many connections the kernel keeps waiting; tokio's own `bind` gives 128.
const LISTEN_BACKLOG: u32 = 4096;

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process has it.
    #[error("{flag} {address}: the port is taken; end the other process or choose another port")]
    Taken {
        /// The flag that named the address.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("{flag} {address}: cannot listen: {cause}")]
    Refused {
        /// The flag that named the address.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// Listens on `address`; port 0 picks a free one. `flag` is named in the error.
///
/// # Errors
/// When the port is taken or may not be had.
pub fn bind(flag: &'static str, address: SocketAddr) -> Result<TcpListener, BindError> {
    open(address).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => BindError::Taken { flag, address },
        _ => BindError::Refused {
            flag,
            address,
            cause,
        },
    })
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = bind("--listen", "127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();

        let error = bind("--listen", address).unwrap_err().to_string();

        assert!(error.contains("--listen"), "{error}");
        assert!(error.contains("is taken"), "{error}");
    }
}
