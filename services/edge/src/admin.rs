//! What the operators' port of an edge answers: the shapes of its JSON, for the edge that writes and the command line
//! that reads it, and events in words. Fields that another build does not send have their defaults.

mod words;

use serde::{Deserialize, Serialize};

/// What an edge does at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overview {
    /// The edge, as other edges know it: another one after each start.
    pub edge: String,
    /// Its build.
    pub version: String,
    /// When it was asked, in RFC 3339.
    pub at: String,
    /// Whether it closes its connections to stop.
    pub draining: bool,
    /// Its connections, by state.
    pub connections: Connections,
    /// How connections ended since the start.
    pub closes: Vec<Closes>,
    /// When tokens end that connections live by, in ranges that follow each other.
    pub expiries: Vec<Expiries>,
    /// Recipes that somebody here looks at.
    pub rooms: Rooms,
    /// The services behind the edge.
    pub services: Services,
    /// Where the deadlines of sessions are kept.
    pub schedule: Schedule,
    /// Whether it keeps what happened to connections.
    pub keeps_events: bool,
}

/// Connections, by state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    /// Those whose clients have not proved who they are.
    pub unauthenticated: u64,
    /// Those whose clients have.
    pub active: u64,
    /// Those whose clients must prove it again.
    pub asked: u64,
}

/// How many connections ended in one way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closes {
    /// The close code; 1005 and 1006, which no frame carries: it left without one, it was lost.
    pub code: u16,
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// How many tokens end within a time, and not within that of the range before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expiries {
    /// The time in seconds; none: later.
    pub within_seconds: Option<u64>,
    /// How many.
    pub sessions: u64,
}

/// The rooms of an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rooms {
    /// How many have up to so many connections, and more than the range before.
    pub by_size: Vec<RoomsOfSize>,
    /// Those with the most connections, the largest first.
    pub largest: Vec<LargeRoom>,
}

/// How many rooms are about as large.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomsOfSize {
    /// Up to so many connections; none: more.
    pub at_most: Option<u64>,
    /// How many.
    pub rooms: u64,
}

/// A room with many connections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LargeRoom {
    /// Its recipe.
    pub recipe: String,
    /// How many.
    pub connections: u64,
}

/// The services behind an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Services {
    /// The auth service.
    pub auth: Service,
    /// The chat service.
    pub chat: Service,
    /// To how many replicas of the chat service the link is open.
    pub open_links: u64,
}

/// A service behind an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Whether one of its replicas says that it serves.
    pub serves: bool,
    /// The replicas that its address stands for.
    pub replicas: Vec<String>,
}

/// Where an edge keeps the deadlines of its sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// Whether that is Redis, for all edges; else its own memory.
    pub in_redis: bool,
    /// How many edges there are.
    pub edges: u64,
    /// How many writes have not reached Redis yet.
    pub unwritten: u64,
    /// Why Redis cannot be used at the moment.
    pub redis_problem: Option<String>,
}

/// What happened to the connections that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    /// The edge that answers.
    pub edge: String,
    /// Whether it keeps what happened to connections; if not, this is empty.
    pub keeps_events: bool,
    /// The newest events of the last hour, the oldest first.
    pub events: Vec<TimelineEvent>,
    /// Whether there were more, which are older.
    pub truncated: bool,
}

/// Something that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEvent {
    /// When, in RFC 3339 with milliseconds: texts are in the order of time.
    pub at: String,
    /// On which edge.
    pub edge: String,
    /// The connection.
    pub connection: String,
    /// The recipe in its address.
    pub recipe: String,
    /// The client's address.
    pub address: String,
    /// Who its client proved to be; none: nobody yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Who a connection's client proved to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// The user's id.
    pub user: String,
    /// The user's name, as others see it.
    pub name: String,
    /// The sign-in that the token came from.
    pub login_session: String,
    /// The session that the connection carries.
    pub session: String,
}

/// What happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It was opened.
    Connected,
    /// Its first `auth` was accepted.
    Authenticated {
        /// Whether it goes on with a session that another connection began.
        resumed: bool,
    },
    /// Its client was sent `auth_required`.
    Asked {
        /// Whether an operator's review asked for it; else its token was about to end.
        review: bool,
        /// Who found it due.
        by: AskedBy,
        /// How long it had to answer.
        answer_in_ms: u64,
    },
    /// Its client showed a fresh token, which was accepted.
    Answered {
        /// Whether it had been asked for.
        was_asked: bool,
    },
    /// It answered no pings, and was given up.
    Unresponsive,
    /// The edge closed it.
    Closed {
        /// The close code that it was told.
        code: u16,
        /// The reason that it was told.
        reason: String,
        /// Whether a `closing` message with advice came before.
        announced: bool,
        /// Why, where the reason alone does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// Its client closed it.
    Left {
        /// With which code, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
    },
    /// It broke.
    Lost,
    /// Something that only a newer build knows of.
    #[serde(other)]
    Unknown,
}

/// Who found that a client had to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// The edge that holds the connection, by the schedule.
    OwnEdge,
    /// Another edge, by the schedule.
    OtherEdge,
    /// The connection itself, since nobody else did in time.
    Fallback,
    /// An operator.
    Operator,
    /// Somebody whom only a newer build knows of.
    #[serde(other)]
    Unknown,
}

/// Why a connection was told that the service restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The edge stopped.
    Drain,
    /// It was older than `--max-connection-age`.
    MaxAge,
    /// An operator wanted it.
    Operator,
    /// Something that only a newer build knows of.
    #[serde(other)]
    Unknown,
}
