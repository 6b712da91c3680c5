//! Reads the address of a Redis: which servers, how to sign in, whom to trust. Its errors name the part that is
//! wrong, never the password.

use std::{collections::HashMap, fmt, path::PathBuf};

use ::redis::{ClientTlsConfig, ConnectionInfo, IntoConnectionInfo, TlsCertificates};
use url::form_urlencoded;

/// An address of Redis that makes no sense, told without its password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUrl {
    /// It starts with something else.
    #[error(
        "a Redis address starts with redis://, rediss://, redis+cluster://, rediss+cluster://, redis+sentinel:// or rediss+sentinel://"
    )]
    Scheme,
    /// Where the password ends is in doubt.
    #[error(
        "the user or password in the Redis address holds one of @ / ? # as it is: write %40 %2F %3F %23"
    )]
    Unescaped,
    /// One of its servers cannot be read.
    #[error("server {position} in the Redis address is not host:port")]
    Server {
        /// Which, from 1.
        position: usize,
    },
    /// Several servers, but neither a cluster nor sentinels.
    #[error("several servers in a Redis address need redis+cluster:// or redis+sentinel://")]
    SeveralServers,
    /// What follows the servers is no database number.
    #[error("the database in the Redis address is not a number")]
    Database,
    /// Sentinels have to be asked for somebody.
    #[error("name the master after the sentinels: redis+sentinel://host:port/master-name")]
    NoMaster,
    /// A query parameter that is not known.
    #[error("unknown parameter in the Redis address: use ca, cert and key, with rediss")]
    Parameter,
    /// A certificate file cannot be read.
    #[error("cannot read {file} named in the Redis address: {cause}", file = .file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// Which servers, and how to talk to them.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) servers: Vec<ConnectionInfo>,
    pub(super) tls: Option<TlsCertificates>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Single,
    Cluster,
    Sentinel { master: String, database: i64 },
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let parts = Parts::of(text)?;
        let (transport, form) = parts.scheme.split_once('+').unwrap_or((parts.scheme, ""));
        let encrypted = match transport {
            "redis" => false,
            "rediss" => true,
            _ => return Err(InvalidUrl::Scheme),
        };
        let (kind, database) = match form {
            "" => (Kind::Single, database(parts.path)?),
            "cluster" => (Kind::Cluster, database(parts.path)?),
            "sentinel" => (sentinel(parts.path)?, 0),
            _ => return Err(InvalidUrl::Scheme),
        };
        let servers = (1..)
            .zip(parts.servers.split(','))
            .map(|(position, server)| {
                server_info(transport, parts.sign_in, server, database)
                    .ok_or(InvalidUrl::Server { position })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if kind == Kind::Single && servers.len() > 1 {
            return Err(InvalidUrl::SeveralServers);
        }
        Ok(Self {
            kind,
            servers,
            tls: certificates(encrypted, parts.query)?,
        })
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.kind == Kind::Cluster
    }

    /// Its servers as text, `host:port` each, without anything secret.
    pub(super) fn servers_text(&self) -> String {
        let servers = self.servers.iter().map(|server| server.addr().to_string());
        servers.collect::<Vec<_>>().join(", ")
    }
}

/// Servers only: the rest may hold secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        f.debug_list()
            .entries(self.servers.iter().map(|server| server.addr().to_string()))
            .finish()
    }
}

/// `scheme://sign_in@servers/path?query`; a list of servers is beyond what reads ordinary addresses.
struct Parts<'a> {
    scheme: &'a str,
    sign_in: Option<&'a str>,
    servers: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl::Scheme)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (sign_in, rest) = match rest.rsplit_once('@') {
            Some((sign_in, rest)) => (Some(sign_in), rest),
            None => (None, rest),
        };
        if query.contains('@') || sign_in.is_some_and(|text| text.contains(['@', '/', '#'])) {
            return Err(InvalidUrl::Unescaped);
        }
        let (servers, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self {
            scheme,
            sign_in,
            servers,
            path,
            query,
        })
    }
}

fn database(path: &str) -> Result<i64, InvalidUrl> {
    match path.trim_matches('/') {
        "" => Ok(0),
        number => number.parse().map_err(|_| InvalidUrl::Database),
    }
}

fn sentinel(path: &str) -> Result<Kind, InvalidUrl> {
    let (master, rest) = path.split_once('/').unwrap_or((path, ""));
    if master.is_empty() {
        return Err(InvalidUrl::NoMaster);
    }
    Ok(Kind::Sentinel {
        master: master.into(),
        database: database(rest)?,
    })
}

/// Has the client library read a plain address of one server, for its rules on names and escapes.
fn server_info(
    transport: &str,
    sign_in: Option<&str>,
    server: &str,
    database: i64,
) -> Option<ConnectionInfo> {
    let sign_in = sign_in.map(|text| format!("{text}@")).unwrap_or_default();
    format!("{transport}://{sign_in}{server}/{database}")
        .into_connection_info()
        .ok()
}

fn certificates(encrypted: bool, query: &str) -> Result<Option<TlsCertificates>, InvalidUrl> {
    let mut files: HashMap<String, String> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let mut file = |name: &str| files.remove(name).map(read).transpose();
    let (ca, cert, key) = (file("ca")?, file("cert")?, file("key")?);
    let client_tls = match (cert, key) {
        (Some(client_cert), Some(client_key)) => Some(ClientTlsConfig {
            client_cert,
            client_key,
        }),
        (None, None) => None,
        _ => return Err(InvalidUrl::Parameter),
    };
    let named = ca.is_some() || client_tls.is_some();
    if !files.is_empty() || (named && !encrypted) {
        return Err(InvalidUrl::Parameter);
    }
    Ok(named.then_some(TlsCertificates {
        client_tls,
        root_cert: ca,
    }))
}

fn read(file: String) -> Result<Vec<u8>, InvalidUrl> {
    std::fs::read(&file).map_err(|cause| InvalidUrl::Certificate {
        file: file.into(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(format!("{:?}", Target::parse(url).unwrap()), expected);
    }

    #[track_caller]
    fn refuse(url: &str, expected: &str) {
        let error = Target::parse(url).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn reads_every_form_of_address() {
        check("redis://localhost", r#"Single["localhost:6379"]"#);
        check("redis://:hunter2@db:7/3", r#"Single["db:7"]"#);
        check("rediss://ada:hunter2@[::1]:7", r#"Single["::1:7"]"#);
        check(
            "redis+cluster://:hunter2@a:1,b:2,c:3",
            r#"Cluster["a:1", "b:2", "c:3"]"#,
        );
        check(
            "redis+sentinel://:hunter2@a:26379,b:26379/main/2",
            r#"Sentinel { master: "main", database: 2 }["a:26379", "b:26379"]"#,
        );
    }

    #[test]
    fn an_address_keeps_its_password_and_database() {
        let target = Target::parse("redis://ada:hunter2%21@db/3").unwrap();
        let settings = target.servers[0].redis_settings();
        assert_eq!(settings.username(), Some("ada"));
        assert_eq!(settings.password(), Some("hunter2!"));
        assert_eq!(settings.db(), 3);
    }

    #[test]
    fn says_what_is_wrong_without_the_password() {
        refuse("hunter2", "starts with");
        refuse("http://:hunter2@db", "starts with");
        refuse("redis+magic://:hunter2@db", "starts with");
        refuse("redis+cluster://:hunter2@a:1,b:x", "server 2");
        refuse("redis://:hunter2@a:1,b:2", "several servers");
        refuse("redis://:hunter2@db/first", "database");
        refuse("redis+sentinel://:hunter2@db", "name the master");
        refuse("redis://db?password=hunter2", "unknown parameter");
        refuse("redis://db?ca=/etc/hosts", "with rediss");
        refuse("rediss://:hunter2@db?ca=/no/such/file", "/no/such/file");
    }
}
