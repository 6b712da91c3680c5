//! Mutual TLS between services: the certificates of all come from one authority. A client is any service of the
//! deployment; a server must be the one that was meant, by its role or its host name.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, ServerConfig,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use super::{
    CredentialError,
    files::{Contents, Source, read_all},
};

/// The files that make a server's TLS and that of its callers.
pub(crate) struct TlsFiles {
    /// The flags that name certificate, key and authorities.
    pub(crate) flags: [&'static str; 3],
    /// What is spoken over it: one protocol.
    pub(crate) alpn: &'static [u8],
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: PathBuf,
}

/// What a server's certificate may be made out to.
type Names = Arc<[ServerName<'static>]>;

/// What the files make.
pub(crate) struct Tls {
    /// For callers. Their certificate is checked when they show one; whether they must is no matter of TLS.
    pub(crate) server: Arc<ServerConfig>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    verifier: Arc<WebPkiServerVerifier>,
    alpn: &'static [u8],
    /// For services called before, by the names that they may have: there are two or three.
    clients: Mutex<Vec<(Names, Arc<ClientConfig>)>>,
}

impl Tls {
    /// For calls to a service that may have any of these names.
    pub(super) fn client(&self, names: &Names) -> Arc<ClientConfig> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = clients.iter().find(|(known, _)| known == names) {
            return Arc::clone(config);
        }
        let verifier = AnyName {
            names: Arc::clone(names),
            verifier: Arc::clone(&self.verifier),
        };
        let mut config = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .unwrap_or_else(|_| {
                // The same chain and key made the server's configuration: this does not happen. Without a
                // certificate the call is refused.
                ClientConfig::builder()
                    .with_webpki_verifier(Arc::clone(&self.verifier))
                    .with_no_client_auth()
            });
        config.alpn_protocols = vec![self.alpn.to_vec()];
        let config = Arc::new(config);
        clients.push((Arc::clone(names), Arc::clone(&config)));
        config
    }
}

impl Source for TlsFiles {
    type Value = Tls;

    fn read(&self) -> Result<Contents, CredentialError> {
        let [cert, key, ca] = self.flags;
        read_all(&[(cert, &self.cert), (key, &self.key), (ca, &self.ca)])
    }

    fn parse(&self, contents: &Contents) -> Result<Tls, CredentialError> {
        let part = |index: usize| contents.get(index).map(Vec::as_slice).unwrap_or_default();
        let malformed = |flag, path: &PathBuf, fault: String| CredentialError::Malformed {
            flag,
            path: path.display().to_string(),
            fault,
        };
        let [cert_flag, key_flag, ca_flag] = self.flags;
        let bad_cert = |fault| malformed(cert_flag, &self.cert, fault);
        let bad_key = |fault| malformed(key_flag, &self.key, fault);
        let bad_ca = |fault| malformed(ca_flag, &self.ca, fault);

        let chain = certificates(part(0)).ok_or_else(|| bad_cert(NO_CERTIFICATE.to_owned()))?;
        let key = PrivateKeyDer::from_pem_slice(part(1))
            .map_err(|_| bad_key("holds no private key in PEM".to_owned()))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates(part(2)).ok_or_else(|| bad_ca(NO_CERTIFICATE.to_owned()))? {
            roots
                .add(certificate)
                .map_err(|cause| bad_ca(format!("cannot be used: {cause}")))?;
        }
        let roots = Arc::new(roots);
        let callers = WebPkiClientVerifier::builder(Arc::clone(&roots))
            .allow_unauthenticated()
            .build()
            .map_err(|cause| bad_ca(format!("cannot be used: {cause}")))?;
        let verifier = WebPkiServerVerifier::builder(roots)
            .build()
            .map_err(|cause| bad_ca(format!("cannot be used: {cause}")))?;
        let mut server = ServerConfig::builder()
            .with_client_cert_verifier(callers)
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(|cause| bad_cert(format!("does not go with {key_flag}: {cause}")))?;
        server.alpn_protocols = vec![self.alpn.to_vec()];
        Ok(Tls {
            server: Arc::new(server),
            chain,
            key,
            verifier,
            alpn: self.alpn,
            clients: Mutex::default(),
        })
    }
}

const NO_CERTIFICATE: &str = "holds no certificate in PEM";

/// All certificates of a PEM text; `None` when there is none, or one is malformed.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}

/// Accepts a server whose certificate names it by any of several names.
struct AnyName {
    names: Names,
    verifier: Arc<WebPkiServerVerifier>,
}

impl fmt::Debug for AnyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyName({:?})", self.names)
    }
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialed: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut refused = Error::InvalidCertificate(CertificateError::NotValidForName);
        for name in self.names.iter() {
            match self.verifier.verify_server_cert(
                end_entity,
                intermediates,
                name,
                ocsp_response,
                now,
            ) {
                Ok(verified) => return Ok(verified),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
