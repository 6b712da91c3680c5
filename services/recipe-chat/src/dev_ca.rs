//! `recipe-chat dev-ca`: a certificate authority for development, and a certificate of it for each service, so that
//! mutual TLS can be tried without one of an organisation's own.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use clap::Args;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use runtime::operators;
use time::{Duration, OffsetDateTime};

/// The services, by the names in their certificates.
const ROLES: [&str; 3] = ["auth", "chat", "edge"];
/// How every service of one machine is addressed as well.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// How long the certificates are valid.
const VALIDITY: Duration = Duration::days(365);
/// How far a clock may be behind that reads them.
const CLOCK_SKEW: Duration = Duration::minutes(5);

/// Where the files go.
#[derive(Debug, Args)]
pub(crate) struct DevCa {
    /// The folder for ca.crt, ca.key, and a .crt and .key for each of auth, chat and edge; made when missing. Files that
    /// are there are never replaced
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Also a .crt and a .key for an operator of this name, for an edge's --admin-client-ca: give operators an authority of
    /// their own, in another folder
    #[arg(long = "operator", value_name = "NAME")]
    operators: Vec<String>,
}

/// Makes the files and says how to use them.
///
/// # Errors
/// When a file is there already or cannot be written.
pub(crate) fn run(dev_ca: &DevCa) -> anyhow::Result<()> {
    let folder = &dev_ca.folder;
    make(folder, &dev_ca.operators)?;
    let folder = folder.display();
    writeln!(
        std::io::stdout(),
        "made {folder}/ca.crt and certificates for auth, chat and edge, valid for a year; for example:\n\
         recipe-chat auth --tls-cert {folder}/auth.crt --tls-key {folder}/auth.key --client-ca {folder}/ca.crt"
    )
    .context("cannot write to standard output")
}

fn make(folder: &Path, operators: &[String]) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let authority = authority()?;
    write(folder, "ca.key", &authority.key().serialize_pem())?;
    write(folder, "ca.crt", &authority.pem())?;
    for role in ROLES {
        let key = KeyPair::generate()?;
        let certificate = leaf(role)?.signed_by(&key, &authority)?;
        write(folder, &format!("{role}.key"), &key.serialize_pem())?;
        write(folder, &format!("{role}.crt"), &certificate.pem())?;
    }
    for name in operators {
        let key = KeyPair::generate()?;
        let certificate = operator(name)?.signed_by(&key, &authority)?;
        write(folder, &format!("{name}.key"), &key.serialize_pem())?;
        write(folder, &format!("{name}.crt"), &certificate.pem())?;
    }
    Ok(())
}

fn authority() -> anyhow::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = params(Vec::new(), "Recipe Chat development CA")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// A service is both: a server to its callers, a client to the services that it calls.
fn leaf(role: &str) -> anyhow::Result<CertificateParams> {
    let names = [role].into_iter().chain(LOCAL).map(str::to_owned);
    let mut params = params(names.collect(), role)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    Ok(params)
}

/// An operator is a client alone, made out to a name.
fn operator(name: &str) -> anyhow::Result<CertificateParams> {
    anyhow::ensure!(
        operators::is_name(name),
        "--operator: use 1 to 32 letters, digits, dots, dashes and underscores"
    );
    let mut params = params(vec![name.to_owned()], name)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

fn params(names: Vec<String>, common_name: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let now = OffsetDateTime::now_utc();
    params.not_before = now - CLOCK_SKEW;
    params.not_after = now + VALIDITY;
    Ok(params)
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    let secret = name.ends_with(".key");
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(if secret { 0o600 } else { 0o644 })
        .open(&path)
        .map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => anyhow!(
                "{} is there already: remove it, or name another folder",
                path.display()
            ),
            _ => anyhow!("cannot write {}: {cause}", path.display()),
        })?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}
