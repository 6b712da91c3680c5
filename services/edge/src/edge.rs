//! What every part of an edge node can reach.

use std::sync::Arc;

use arc_swap::ArcSwap;
use proto::ids::{SessionId, UserId};
use runtime::{
    accept, clock::SharedClock, lifecycle::Lifecycle, network::AddressBlock,
    rate_limiter::RateLimiter, telemetry::Prometheus,
};
use tokio::time::Instant;

use crate::{
    api_tokens::ExchangedTokens,
    config::{Config, Reloadable},
    deadlines::Deadlines,
    event_log::EventLog,
    limits::{ClientLimits, ConnectionLimit, UpgradeLimiter, UserLimits},
    prompt_plan::{self, PlannedPrompt, PromptPlan},
    registry::Registry,
    rooms::Rooms,
    session::Timings,
    sign_in_issuers::SignInIssuers,
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
    /// What can be set at the start.
    pub config: Config,
    /// What can also be set afterwards, as it is now.
    pub settings: ArcSwap<Reloadable>,
    /// How many connections the port holds before they become WebSockets.
    pub http_limits: accept::SharedLimits,
    /// Wall-clock time.
    pub clock: SharedClock,
    /// The auth service.
    pub auth: AuthClient,
    /// What programs' API tokens were exchanged for.
    pub exchanged_tokens: ExchangedTokens,
    /// The issuers at which users can sign in.
    pub sign_in_issuers: SignInIssuers,
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
    pub timings: Arc<Timings>,
    /// Makes the id of a new session.
    pub new_session_id: fn(&Principal) -> SessionId,
    /// How fast new connections are taken.
    pub upgrade_limiter: UpgradeLimiter,
    /// How many connections there may be, in all and by address.
    pub places: ConnectionLimit<AddressBlock>,
    /// How many connections a user may have.
    pub users: ConnectionLimit<UserId>,
    /// What one connection may send.
    pub client_limits: ArcSwap<ClientLimits>,
    /// What one user may ask for.
    pub user_limits: UserLimits,
    /// Rate limits that all edges share.
    pub rate_limiter: RateLimiter,
    /// When the prompts of this edge's sessions go out.
    pub(crate) prompt_plan: Arc<PromptPlan>,
    /// Pages of the web, where they may be imported.
    pub web_pages: Option<Fetcher>,
    /// The process's metrics.
    pub prometheus: Prometheus,
    /// The process's life.
    pub lifecycle: Lifecycle,
}

impl Edge {
    /// Plans when a session is asked whose fixed point is `ask_at`: there, or earlier where the tokens of many end
    /// together.
    pub(crate) fn plan_prompt(&self, ask_at: Instant, now: Instant) -> PlannedPrompt {
        let edges = self.deadlines.shared().map_or(1, |shared| shared.edges);
        let in_a_slot = prompt_plan::in_a_slot(self.settings.load().prompt_rate, edges);
        self.prompt_plan.plan(ask_at, now, in_a_slot)
    }

    /// Goes on with other settings, which have no faults. Connections stay as they are, and are held to the new limits.
    pub fn reload(&self, settings: Reloadable) {
        self.upgrade_limiter.set(&settings);
        self.places.set(
            settings.max_connections,
            settings.max_connections_per_address,
        );
        self.users.set(0, settings.max_connections_per_user);
        self.client_limits
            .store(Arc::new(ClientLimits::new(&settings)));
        self.user_limits.set(&settings);
        self.http_limits.set(settings.http_limits());
        self.settings.store(Arc::new(settings));
    }
}
