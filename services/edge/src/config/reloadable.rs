//! What of an edge's settings may change while it runs: who may connect, and how much of the edge one client may take.

use std::time::Duration;

use runtime::{
    accept,
    config::{Network, duration},
    descriptors,
};

/// How many connections an edge holds where nobody has said.
const DEFAULT_MAX_CONNECTIONS: usize = 100_000;

/// What may change while an edge runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Edge")]
#[group(id = "edge-reloadable")]
pub struct Reloadable {
    /// Origins other than the edge's own from which browsers may connect, such as `https://cook.example`
    #[arg(long, env = "EDGE_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// How long a connection stays, give or take a tenth, before its client is told to reconnect, so that new edges
    /// fill; at most 50 a second; 0s: no limit
    #[arg(long, env = "EDGE_MAX_CONNECTION_AGE", value_parser = duration, default_value = "0s")]
    pub max_connection_age: Duration,

    /// How many prompts for a fresh token all edges together send a second where the tokens of many end together, as many
    /// as auth answers; the others are asked up to 30s earlier; 0: no limit
    #[arg(long, env = "EDGE_PROMPT_RATE", default_value_t = 0)]
    pub prompt_rate: u32,

    /// How many messages a second a connection may send; 0: no limit
    #[arg(long, env = "EDGE_MESSAGE_RATE", default_value_t = 5)]
    pub message_rate: u32,

    /// How many messages a connection may send at once
    #[arg(long, env = "EDGE_MESSAGE_BURST", default_value_t = 20)]
    pub message_burst: u32,

    /// How many messages a second one user may send over all connections to all edges, and four times as many at
    /// once; 0: no limit; unset: twice `--message-rate`
    #[arg(long, env = "EDGE_MESSAGE_RATE_PER_USER")]
    pub message_rate_per_user: Option<u32>,

    /// How many `auth`, how many `ping` and how many WebSocket pings a second a connection may send; 0: no limit
    #[arg(long, env = "EDGE_CONTROL_RATE", default_value_t = 2)]
    pub control_rate: u32,

    /// How many of each a connection may send at once
    #[arg(long, env = "EDGE_CONTROL_BURST", default_value_t = 20)]
    pub control_burst: u32,

    /// How many times a minute a connection may be told that it sends too much, until it is closed; 0: no limit
    #[arg(long, env = "EDGE_MAX_REFUSALS", default_value_t = 100)]
    pub max_refusals: usize,

    /// How many times a second one user may send `auth` over all connections to all edges, and ten times as many at
    /// once; 0: no limit; unset: a fifth of `--max-connections-per-user`
    #[arg(long, env = "EDGE_AUTH_RATE_PER_USER")]
    pub auth_rate_per_user: Option<u32>,

    /// How many calls of the API a second one user may make at all edges, and ten times as many at once; 0: no limit
    #[arg(long, env = "EDGE_REQUEST_RATE_PER_USER", default_value_t = 50)]
    pub request_rate_per_user: u32,

    /// How many connections the edge holds; 0: no limit
    #[arg(long, env = "EDGE_MAX_CONNECTIONS", default_value_t = DEFAULT_MAX_CONNECTIONS)]
    pub max_connections: usize,

    /// How many connections one address may have; 0: no limit
    #[arg(
        long,
        env = "EDGE_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 1_000
    )]
    pub max_connections_per_address: usize,

    /// How many connections the edge holds that are no WebSockets; 0: no limit. Beyond it the one that has waited
    /// longest for a request makes room
    #[arg(long, env = "EDGE_MAX_HTTP_CONNECTIONS", default_value_t = 10_000)]
    pub max_http_connections: usize,

    /// How many of them one address may have, trusted proxies aside; 0: no limit; unset: as many as
    /// --max-connections-per-address
    #[arg(long, env = "EDGE_MAX_HTTP_CONNECTIONS_PER_ADDRESS")]
    pub max_http_connections_per_address: Option<usize>,

    /// How many connections one user may have on this edge; 0: no limit
    #[arg(long, env = "EDGE_MAX_CONNECTIONS_PER_USER", default_value_t = 50)]
    pub max_connections_per_user: usize,

    /// How many WebSocket upgrades the edge takes a second, and twice as many at once; 0: no limit
    #[arg(long, env = "EDGE_UPGRADE_RATE", default_value_t = 2_000)]
    pub upgrade_rate: u32,

    /// How many upgrades a second one address may ask for, and ten times as many at once; 0: no limit
    #[arg(long, env = "EDGE_UPGRADE_RATE_PER_ADDRESS", default_value_t = 500)]
    pub upgrade_rate_per_address: u32,

    /// How many connections may be open that have not sent a good `auth` yet; 0: no limit
    #[arg(long, env = "EDGE_MAX_UNAUTHENTICATED", default_value_t = 10_000)]
    pub max_unauthenticated: usize,

    /// How many of them one address may have; 0: no limit
    #[arg(
        long,
        env = "EDGE_MAX_UNAUTHENTICATED_PER_ADDRESS",
        default_value_t = 500
    )]
    pub max_unauthenticated_per_address: usize,

    /// Networks of proxies whose word is taken for who the client is (`X-Forwarded-For`, `Forwarded`), which host
    /// it asked for (`X-Forwarded-Host`) and whether over TLS (`X-Forwarded-Proto`), such as `10.0.0.0/8,fd00::/8`
    #[arg(long, env = "EDGE_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// How many times a minute one address may sign in or sign up, over all edges; 0: no limit
    #[arg(long, env = "EDGE_SIGN_IN_RATE", default_value_t = 30)]
    pub sign_in_rate: u32,

    /// How many public recipes and invitations a minute one address may ask for without an account, over all edges; 0: no
    /// limit
    #[arg(long, env = "EDGE_ANONYMOUS_RATE", default_value_t = 300)]
    pub anonymous_rate: u32,
}

impl Reloadable {
    /// How many connections the port holds before they become WebSockets.
    pub fn http_limits(&self) -> accept::Limits {
        accept::Limits {
            in_all: self.max_http_connections,
            per_address: self
                .max_http_connections_per_address
                .unwrap_or(self.max_connections_per_address),
            exempt: self.trusted_proxies.clone(),
        }
    }

    /// How many messages a second one user may send; 0: no limit.
    pub fn message_rate_per_user(&self) -> u32 {
        self.message_rate_per_user
            .unwrap_or(self.message_rate.saturating_mul(2))
    }

    /// How many times a second one user may authenticate; 0: no limit.
    pub fn auth_rate_per_user(&self) -> u32 {
        let fifth = self.max_connections_per_user.div_ceil(5);
        self.auth_rate_per_user
            .unwrap_or(u32::try_from(fifth).unwrap_or(u32::MAX))
    }

    /// What the limit of file descriptors has against the number of connections, and whether somebody has asked for so many.
    pub fn descriptors_fault(&self) -> Option<(String, bool)> {
        let was_asked_for = self.max_connections != DEFAULT_MAX_CONNECTIONS;
        descriptors::fault(self.max_connections).map(|fault| (fault, was_asked_for))
    }

    /// All that is wrong with it, in words for the operator.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.message_rate > 0 && self.message_burst == 0 {
            faults.push("--message-burst must be at least 1 when --message-rate is set".to_owned());
        }
        if self.control_rate > 0 && self.control_burst == 0 {
            faults.push("--control-burst must be at least 1 when --control-rate is set".to_owned());
        }
        for origin in &self.allowed_origins {
            let good = url::Url::parse(origin)
                .is_ok_and(|url| url.has_host() && url.path() == "/" && url.query().is_none());
            if !good {
                faults.push(format!(
                    "--allowed-origins: {origin:?} is not an origin; write it as https://host or https://host:port"
                ));
            }
        }
        faults
    }
}
