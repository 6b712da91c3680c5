//! What every part of an edge node can reach.

use std::sync::Arc;

use proto::ids::{SessionId, UserId};
use runtime::{
    clock::SharedClock,
    lifecycle::Lifecycle,
    network::AddressBlock,
    rate_limiter::{Limit, RateLimiter},
    telemetry::Prometheus,
};

use crate::{
    api_tokens::ExchangedTokens,
    config::Config,
    deadlines::Deadlines,
    event_log::EventLog,
    limits::{ClientLimits, ConnectionLimit, UpgradeLimiter, UserLimits},
    registry::Registry,
    rooms::Rooms,
    session::Timings,
    upstream::{
        Calls, Principal,
        auth::AuthClient,
        chat::{ChatClient, Link},
        health::Health,
    },
    web_page::Fetcher,
};

/// What every part of the edge can reach.
#[derive(Debug)]
pub struct Edge {
    /// What can be set.
    pub config: Config,
    /// Wall-clock time.
    pub clock: SharedClock,
    /// The auth service.
    pub auth: AuthClient,
    /// What programs' API tokens were exchanged for.
    pub exchanged_tokens: ExchangedTokens,
    /// The chat service, for single calls.
    pub chat: ChatClient,
    /// The chat service, for joins, posts and updates.
    pub link: Link,
    /// What connections ask of both.
    pub calls: Arc<dyn Calls>,
    /// Whether the services behind the edge serve.
    pub health: Health,
    /// The recipes that somebody here looks at.
    pub rooms: Arc<Rooms>,
    /// The connections.
    pub registry: Arc<Registry>,
    /// What happened to them.
    pub event_log: EventLog,
    /// The schedule.
    pub deadlines: Deadlines,
    /// When the holders of sessions are asked.
    pub timings: Timings,
    /// Makes the id of a new session.
    pub new_session_id: fn(&Principal) -> SessionId,
    /// How fast new connections are taken.
    pub upgrade_limiter: UpgradeLimiter,
    /// How many connections there may be, in all and by address.
    pub places: ConnectionLimit<AddressBlock>,
    /// How many connections a user may have.
    pub users: ConnectionLimit<UserId>,
    /// What one connection may send.
    pub client_limits: ClientLimits,
    /// What one user may ask for.
    pub user_limits: UserLimits,
    /// Rate limits that all edges share.
    pub rate_limiter: RateLimiter,
    /// How fast one address may sign in.
    pub sign_in_limit: Option<Limit>,
    /// How fast one address may ask for what needs no account.
    pub anonymous_limit: Option<Limit>,
    /// Pages of the web, where they may be imported.
    pub web_pages: Option<Fetcher>,
    /// The process's metrics.
    pub prometheus: Prometheus,
    /// The process's life.
    pub lifecycle: Lifecycle,
}
