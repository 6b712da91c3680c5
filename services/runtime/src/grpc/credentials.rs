//! How services of one deployment prove themselves to one another: mutual TLS, a service token, or both. The files
//! are read again when they change, so that certificates and tokens are rotated without a restart. It knows no
//! users: their tokens are checked by the auth service.

pub(crate) mod files;
pub(crate) mod tls;

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use rustls::{ClientConfig, ServerConfig, pki_types::ServerName};
use tracing::warn;

use self::{files::Reloaded, tls::TlsFiles};

/// Shorter service tokens could be guessed.
const MIN_TOKEN_LENGTH: usize = 16;
/// More tokens than a rotation needs at any time.
const MAX_TOKENS: usize = 16;
/// The flags of TLS between services.
const TLS_FLAGS: [&str; 3] = ["--tls-cert", "--tls-key", "--client-ca"];
/// HTTP/2, which is all that gRPC speaks.
const ALPN: &[u8] = b"h2";
/// How many values of `authorization` are looked at: an operator's may stand beside the service's.
const MAX_SHOWN: usize = 4;

/// Where a service finds what it proves itself with, and what callers must show.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Proof between services")]
#[group(id = "credentials")]
pub struct CredentialArgs {
    /// This service's certificate chain (PEM), with --tls-key and --client-ca: all calls between services are then
    /// mutual TLS. Read again when it changes
    #[arg(long, env = "SERVICE_TLS_CERT", value_name = "FILE", global = true)]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM)
    #[arg(long, env = "SERVICE_TLS_KEY", value_name = "FILE", global = true)]
    pub tls_key: Option<PathBuf>,

    /// The certificate authorities (PEM) that the certificates of all services of this deployment come from
    #[arg(long, env = "SERVICE_CLIENT_CA", value_name = "FILE", global = true)]
    pub client_ca: Option<PathBuf>,

    /// A file with one token a line (16 characters or more): the first is sent with every call, all are accepted. Read
    /// again when it changes
    #[arg(long, env = "SERVICE_TOKEN_FILE", value_name = "FILE", global = true)]
    pub service_token_file: Option<PathBuf>,
}

impl CredentialArgs {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else, or a part of the three that make TLS is missing.
    pub fn open(&self) -> Result<Credentials, CredentialError> {
        let tls = match (&self.tls_cert, &self.tls_key, &self.client_ca) {
            (None, None, None) => None,
            (Some(cert), Some(key), Some(ca)) => Some(Reloaded::open(TlsFiles {
                flags: TLS_FLAGS,
                alpn: ALPN,
                cert: cert.clone(),
                key: key.clone(),
                ca: ca.clone(),
            })?),
            _ => return Err(CredentialError::IncompleteTls(TLS_FLAGS)),
        };
        let tokens = match &self.service_token_file {
            Some(path) => Some(Reloaded::open(TokenFile(path.clone()))?),
            None => None,
        };
        Ok(Credentials(Arc::new(Inner { tls, tokens })))
    }
}

/// Credentials that cannot be used, in one line that names the flag.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Only some of the three flags of TLS are set.
    #[error("{}, {} and {} belong together: set all three or none", .0[0], .0[1], .0[2])]
    IncompleteTls([&'static str; 3]),
    /// A certificate without its key, or a key without its certificate.
    #[error("--operator-cert and --operator-key belong together: set both or none")]
    IncompletePair,
    /// A file cannot be read.
    #[error("{flag}: {path} cannot be read: {cause}")]
    Unreadable {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A file holds something else.
    #[error("{flag}: {path} {fault}")]
    Malformed {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A service without credentials must not be reachable from elsewhere.
    #[error(
        "{flag} {address} can be reached from other machines: give --service-token-file, or --tls-cert, --tls-key and \
         --client-ca, so that callers must prove that they are services, or listen on 127.0.0.1"
    )]
    Unprotected {
        /// The flag that names the address.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// An address that asks for TLS, without the files for it.
    #[error("{0} asks for TLS: give --tls-cert, --tls-key and --client-ca")]
    NoTls(String),
}

/// What a service proves itself with, and how it judges its callers. Cheap to clone; the default proves nothing and
/// accepts everybody.
#[derive(Clone, Default)]
pub struct Credentials(Arc<Inner>);

#[derive(Default)]
struct Inner {
    tls: Option<Reloaded<TlsFiles>>,
    tokens: Option<Reloaded<TokenFile>>,
}

impl Credentials {
    /// Whether callers need no proof.
    pub fn are_none(&self) -> bool {
        self.0.tls.is_none() && self.0.tokens.is_none()
    }

    /// Whether calls are made and taken over TLS.
    pub fn have_tls(&self) -> bool {
        self.0.tls.is_some()
    }

    /// Without credentials a service listens on loopback only.
    ///
    /// # Errors
    /// When there are none and other machines could reach `address`, the value of `flag`.
    pub fn check_listen(
        &self,
        flag: &'static str,
        address: SocketAddr,
    ) -> Result<(), CredentialError> {
        if self.are_none() && !address.ip().to_canonical().is_loopback() {
            return Err(CredentialError::Unprotected { flag, address });
        }
        Ok(())
    }

    /// The `authorization` that goes with every call.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        Some(self.0.tokens.as_ref()?.current().sent.clone())
    }

    /// Whether a caller has proved all that is asked for. `certified`: its certificate was checked by TLS.
    pub(super) fn accept(&self, certified: bool, headers: &HeaderMap) -> bool {
        let tokens = self.0.tokens.as_ref().map(Reloaded::current);
        (certified || self.0.tls.is_none()) && tokens.is_none_or(|tokens| tokens.accept(headers))
    }

    /// How callers are met, when TLS is asked for.
    pub(super) fn server_tls(&self) -> Option<Arc<ServerConfig>> {
        Some(Arc::clone(&self.0.tls.as_ref()?.current().server))
    }

    /// How a service that may have any of these names is called, when TLS is asked for.
    pub(super) fn client_tls(
        &self,
        names: &Arc<[ServerName<'static>]>,
    ) -> Option<Arc<ClientConfig>> {
        Some(self.0.tls.as_ref()?.current().client(names))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("tls", &self.0.tls.is_some())
            .field("token", &self.0.tokens.is_some())
            .finish()
    }
}

/// A file with one service token a line.
struct TokenFile(PathBuf);

/// The tokens of a file.
struct Tokens {
    sent: HeaderValue,
    /// The SHA-256 of each, so that comparing takes the same time whatever their length.
    accepted: Vec<[u8; 32]>,
}

impl Tokens {
    fn accept(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(AUTHORIZATION).iter().take(MAX_SHOWN);
        let bearers = values.filter_map(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let mut shown = bearers.map(sha256);
        shown.any(|shown| {
            let equal =
                |known: &&[u8; 32]| verify_slices_are_equal(known.as_slice(), &shown).is_ok();
            // All are compared, whichever fits.
            self.accepted.iter().filter(equal).count() > 0
        })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

impl files::Source for TokenFile {
    type Value = Tokens;

    fn read(&self) -> Result<files::Contents, CredentialError> {
        files::read_all(&[("--service-token-file", &self.0)])
    }

    fn parse(&self, contents: &files::Contents) -> Result<Tokens, CredentialError> {
        let malformed = |fault: &str| CredentialError::Malformed {
            flag: "--service-token-file",
            path: self.0.display().to_string(),
            fault: fault.to_owned(),
        };
        let text = contents.first().map(Vec::as_slice).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| malformed("is not text"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let tokens: Vec<&str> = lines.collect();
        let Some(first) = tokens.first() else {
            return Err(malformed("holds no token: write one a line"));
        };
        if tokens.len() > MAX_TOKENS {
            return Err(malformed("holds more than 16 tokens"));
        }
        if tokens.iter().any(|token| token.len() < MIN_TOKEN_LENGTH) {
            return Err(malformed("holds a token of less than 16 characters"));
        }
        let visible = |token: &&str| token.bytes().all(|byte| byte.is_ascii_graphic());
        if !tokens.iter().all(visible) {
            return Err(malformed(
                "holds a token with characters that cannot be sent",
            ));
        }
        let mut sent = HeaderValue::try_from(format!("Bearer {first}"))
            .map_err(|_| malformed("holds a token with characters that cannot be sent"))?;
        sent.set_sensitive(true);
        Ok(Tokens {
            sent,
            accepted: tokens
                .iter()
                .map(|token| sha256(token.as_bytes()))
                .collect(),
        })
    }
}

/// A change that cannot be used is told once; what was read before stays in force.
fn keep_the_old(error: &CredentialError) {
    warn!(%error, "credentials changed and cannot be used; the ones before stay in force");
}

#[cfg(test)]
mod tests;
