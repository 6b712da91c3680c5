//! TLS of a port for operators, and of the commands that ask there: whoever shows a certificate of the port's
//! authorities is an operator by the name in it. What the port makes of somebody without one is not decided here.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use webpki::EndEntityCert;

use crate::{
    grpc::{
        CredentialError,
        credentials::{
            files::{Reloaded, read_all},
            tls::{TlsFiles, certificates},
        },
    },
    operators::is_name,
};

/// The flags of the port.
const FLAGS: [&str; 3] = ["--admin-tls-cert", "--admin-tls-key", "--admin-client-ca"];
/// What is spoken there.
const ALPN: &[u8] = b"http/1.1";

/// Where the port finds what it proves itself with, and who its operators' certificates are of.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Telemetry")]
#[group(id = "operator_tls")]
pub struct OperatorTlsArgs {
    /// The certificate chain (PEM) of --admin-listen, with --admin-tls-key and --admin-client-ca: it then speaks TLS
    /// alone. Read again when it changes
    #[arg(long, env = "EDGE_ADMIN_TLS_CERT", value_name = "FILE")]
    pub admin_tls_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM)
    #[arg(long, env = "EDGE_ADMIN_TLS_KEY", value_name = "FILE")]
    pub admin_tls_key: Option<PathBuf>,

    /// The certificate authorities (PEM) of operators and of nobody else: whoever shows a certificate of theirs is an
    /// operator by the DNS name in it
    #[arg(long, env = "EDGE_ADMIN_CLIENT_CA", value_name = "FILE")]
    pub admin_client_ca: Option<PathBuf>,
}

impl OperatorTlsArgs {
    /// Reads the files; `None`: there is no TLS.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else, or one of the three is missing.
    pub fn open(&self) -> Result<Option<OperatorTls>, CredentialError> {
        let files = (
            &self.admin_tls_cert,
            &self.admin_tls_key,
            &self.admin_client_ca,
        );
        let (cert, key, ca) = match files {
            (None, None, None) => return Ok(None),
            (Some(cert), Some(key), Some(ca)) => (cert.clone(), key.clone(), ca.clone()),
            _ => return Err(CredentialError::IncompleteTls(FLAGS)),
        };
        let files = Reloaded::open(TlsFiles {
            flags: FLAGS,
            alpn: ALPN,
            cert,
            key,
            ca,
        })?;
        Ok(Some(OperatorTls(Arc::new(files))))
    }
}

/// How operators are met. Cheap to clone; follows its files.
#[derive(Clone)]
pub struct OperatorTls(Arc<Reloaded<TlsFiles>>);

impl OperatorTls {
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.current().server)
    }
}

impl fmt::Debug for OperatorTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorTls")
    }
}

/// The operator whose certificate a connection has shown, in the extensions of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedOperator(pub Arc<str>);

impl CertifiedOperator {
    /// By a certificate that was verified: the first DNS name that it is made out to and that can be an operator's name;
    /// `None` where there is none.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = EndEntityCert::try_from(certificate).ok()?;
        let name = certificate.valid_dns_names().find(|name| is_name(name));
        name.map(|name| Self(name.into()))
    }
}

/// What a command proves itself with at ports of operators, and whom it believes to be one.
#[derive(Clone)]
pub struct CallerTls(Arc<ClientConfig>);

impl CallerTls {
    /// With a certificate, where one is given, and its key; `ca`: the authorities of the ports' certificates, unless
    /// they are those of the system.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else, or only one of certificate and key is given.
    pub fn open(
        cert: Option<&PathBuf>,
        key: Option<&PathBuf>,
        ca: Option<&PathBuf>,
    ) -> Result<Self, CredentialError> {
        let mut roots = RootCertStore::empty();
        match ca {
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Some(path) => {
                let pem = read_all(&[("--admin-ca", path)])?.concat();
                let bad = || malformed("--admin-ca", path, "holds no certificate in PEM");
                roots.add_parsable_certificates(certificates(&pem).ok_or_else(bad)?);
            }
        }
        let config = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match (cert, key) {
            (None, None) => config.with_no_client_auth(),
            (Some(cert), Some(key)) => {
                let (cert_flag, key_flag) = ("--operator-cert", "--operator-key");
                let chain = certificates(&read_all(&[(cert_flag, cert)])?.concat());
                let chain = chain
                    .ok_or_else(|| malformed(cert_flag, cert, "holds no certificate in PEM"))?;
                let pem = read_all(&[(key_flag, key)])?.concat();
                let secret = PrivateKeyDer::from_pem_slice(&pem)
                    .map_err(|_| malformed(key_flag, key, "holds no private key in PEM"))?;
                config
                    .with_client_auth_cert(chain, secret)
                    .map_err(|_| malformed(cert_flag, cert, "does not go with --operator-key"))?
            }
            _ => return Err(CredentialError::IncompletePair),
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// The connection to a port of this name, once both sides are proved.
    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> std::io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        let name = match host.parse::<IpAddr>() {
            Ok(ip) => ServerName::from(ip),
            Err(_) => ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?,
        };
        let connector = TlsConnector::from(Arc::clone(&self.0));
        connector.connect(name, stream).await
    }
}

impl fmt::Debug for CallerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerTls")
    }
}

fn malformed(flag: &'static str, path: &Path, fault: &str) -> CredentialError {
    CredentialError::Malformed {
        flag,
        path: path.display().to_string(),
        fault: fault.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[track_caller]
    fn check(names: &[&str], operator: Option<&str>) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "common");
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let found = CertifiedOperator::of(certificate.der());
        assert_eq!(found.as_ref().map(|found| &*found.0), operator);
    }

    #[test]
    fn an_operator_is_called_as_the_certificate_is_made_out() {
        check(&["ada"], Some("ada"));
        check(&["bob.ops.example", "bob"], Some("bob.ops.example"));
        // Neither an address nor a common name, which may be any text, is a name of an operator.
        check(&["127.0.0.1"], None);
        check(&[], None);
        // The audit has room for so much.
        let long = "a".repeat(33);
        check(&[&long, "eve"], Some("eve"));
        let nonsense = CertificateDer::from(b"no certificate".to_vec());
        assert_eq!(CertifiedOperator::of(&nonsense), None);
    }

    #[test]
    fn the_three_files_belong_together() {
        let args = OperatorTlsArgs {
            admin_client_ca: Some("ca.crt".into()),
            ..OperatorTlsArgs::default()
        };
        let fault = args.open().unwrap_err().to_string();
        assert!(fault.contains("set all three or none"), "{fault}");
        assert!(OperatorTlsArgs::default().open().unwrap().is_none());
    }
}
