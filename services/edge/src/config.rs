//! Everything about an edge that can be set, with its defaults.

mod reloadable;

use std::{net::SocketAddr, time::Duration};

use runtime::{
    config::{duration, listen_address},
    operator_tls::OperatorTlsArgs,
};

pub use self::reloadable::Reloadable;
use crate::{public_url::PublicUrl, web_page::Fetcher};

/// How many events of connections an edge may be told to keep.
const MAX_CONNECTION_EVENTS: usize = 1_000_000;

/// How an edge behaves.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Edge")]
#[group(id = "edge")]
pub struct Config {
    /// How long a new connection may take to send its `auth`
    #[arg(long, env = "EDGE_AUTH_TIMEOUT", value_parser = duration, default_value = "5s")]
    pub auth_timeout: Duration,

    /// How long before a token ends its holder is asked for a fresh one
    #[arg(long, env = "EDGE_REAUTH_LEAD", value_parser = duration, default_value = "60s")]
    pub reauth_lead: Duration,

    /// How long the holder has to send it
    #[arg(long, env = "EDGE_REAUTH_GRACE", value_parser = duration, default_value = "30s")]
    pub reauth_grace: Duration,

    /// The addresses that the edge is reached under from outside, such as `https://cook.example`: requests for other
    /// hosts and from other origins are refused; unset: any host
    #[arg(long = "public-url", env = "EDGE_PUBLIC_URL", value_delimiter = ',')]
    pub public_urls: Vec<PublicUrl>,

    /// Over how long connections are closed when the edge stops
    #[arg(long, env = "EDGE_DRAIN_TIMEOUT", value_parser = duration, default_value = "20s")]
    pub drain_timeout: Duration,

    /// What may change while the edge runs: this is how it was at the start, `Edge::settings` has how it is
    #[command(flatten)]
    pub reloadable: Reloadable,

    /// Whether people are told who else is on their recipe, and who types
    #[arg(long, env = "EDGE_PRESENCE", default_value_t = true, action = clap::ArgAction::Set)]
    pub presence: bool,

    /// The name of the cookie with the refresh token, of edges that share a host; over TLS it begins with `__Host-`
    #[arg(long, env = "EDGE_COOKIE_NAME", value_parser = cookie_name, default_value = "recipe_chat_refresh")]
    pub cookie_name: String,

    /// Whether sessions that began under the cookie name of earlier builds, `refresh_token`, go on
    #[arg(long, env = "EDGE_ACCEPT_OLD_COOKIE", default_value_t = true, action = clap::ArgAction::Set)]
    pub accept_old_cookie: bool,

    /// Whether the edge fetches pages of the web that users want to import: public ones, at http and https
    #[arg(long, env = "EDGE_IMPORT_FROM_WEB", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub import_from_web: Option<bool>,

    /// Addresses such as 10.0.0.7:8080 that may be fetched though they are not public or at another port
    #[arg(long, env = "EDGE_IMPORT_ALLOWED_ADDRESSES", value_delimiter = ',')]
    pub import_allowed_addresses: Vec<SocketAddr>,

    /// How often the edge pings a connection; two pings without a pong end it
    #[arg(long, env = "EDGE_PING_INTERVAL", value_parser = duration, default_value = "25s")]
    pub ping_interval: Duration,

    /// How far behind 1 KiB a second a reader may be before its connection is closed as too slow: one that takes
    /// nothing is so after this time
    #[arg(long, env = "EDGE_WRITE_TIMEOUT", value_parser = duration, default_value = "10s")]
    pub write_timeout: Duration,

    /// Where operators are told what this edge does and what happened to its connections, such as 127.0.0.1:9465, over
    /// HTTP; an address of other machines needs an operator's token, or TLS with certificates [default: nowhere]
    #[arg(long, env = "EDGE_ADMIN_LISTEN", value_parser = listen_address, help_heading = "Telemetry")]
    pub admin_listen: Option<SocketAddr>,

    /// Certificates at that port
    #[command(flatten)]
    pub admin_tls: OperatorTlsArgs,

    /// How many events of connections of the last hour are kept in memory, for operators who ask why somebody was
    /// disconnected; a user who stays makes 9 an hour; 0: none
    #[arg(long, env = "EDGE_CONNECTION_EVENTS", default_value_t = 50_000, value_parser = connection_events, help_heading = "Telemetry")]
    pub connection_events: usize,

    /// Where Prometheus may read the metrics, such as 0.0.0.0:9464; then they are not at /metrics beside everything
    /// else [default: at /metrics of --listen]
    #[arg(long, env = "EDGE_METRICS_LISTEN", value_parser = listen_address, help_heading = "Telemetry")]
    pub metrics_listen: Option<SocketAddr>,
}

/// A number of events whose memory is some hundred megabytes at most.
fn connection_events(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| *number <= MAX_CONNECTION_EVENTS)
        .ok_or_else(|| format!("write a number from 0 to {MAX_CONNECTION_EVENTS}"))
}

/// A cookie's name that needs no quoting and claims nothing.
fn cookie_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let good = (1..=64).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with("__");
    good.then(|| text.to_owned()).ok_or_else(|| {
        "use 1 to 64 letters, digits, dots, hyphens and underscores, and no two underscores first"
            .to_owned()
    })
}

impl Config {
    /// What fetches pages of the web, where it may.
    pub fn web_pages(&self) -> Option<Fetcher> {
        self.import_from_web
            .unwrap_or_default()
            .then(|| Fetcher::new(self.import_allowed_addresses.clone()))
    }

    /// All that is wrong with it, in words for the operator.
    pub fn faults(&self) -> Vec<String> {
        let positive = [
            ("--auth-timeout", self.auth_timeout),
            ("--reauth-lead", self.reauth_lead),
            ("--reauth-grace", self.reauth_grace),
            ("--ping-interval", self.ping_interval),
            ("--write-timeout", self.write_timeout),
        ];
        positive
            .iter()
            .filter(|(_, duration)| duration.is_zero())
            .map(|(flag, _)| format!("{flag} must be longer than 0s"))
            .chain(self.reloadable.faults())
            .collect()
    }
}
