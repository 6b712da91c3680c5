//! What the schedule's tasks ask of wherever the schedule is kept: Redis in production, a model of it in the
//! simulation. Every question is answered within the timeout of the one who answers.

use std::time::Duration;

use futures_util::{future::BoxFuture, stream::BoxStream};
use proto::ids::SessionId;
use runtime::redis::{Failure, Problem};
use tokio::time::Instant;

use super::{
    super::{
        in_memory_schedule::{Claim, Outcome, TakenOver},
        record::{EdgeId, Scope},
    },
    pending::Write,
    poll_plan::{First, ShardPoll},
};

pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// An answer to each of many questions that share a round trip; the outer failure says that nothing is known of any.
pub(super) type Answers<'a, T> = Answer<'a, Vec<Result<T, Failure>>>;

pub(super) trait Store: Send + Sync {
    /// Whether it can be reached, as far as is known.
    fn is_up(&self) -> bool;

    /// Why it cannot be used, or not wholly: what operators are told.
    fn problem(&self) -> Option<Problem> {
        None
    }

    /// Resolves when that is so (`true`) or not so (`false`).
    fn wait_until(&self, up: bool) -> BoxFuture<'_, ()>;

    /// Writes sessions of `edge`, with their times as of `now`.
    fn write<'a>(
        &'a self,
        edge: &'a EdgeId,
        writes: &'a [(SessionId, Write)],
        now: Instant,
    ) -> Answers<'a, Written>;

    /// Takes what is due, for a `lease`.
    fn claim<'a>(&'a self, polls: &'a [ShardPoll], lease: Duration) -> Answers<'a, Claimable>;

    /// Tells what is first in shards: far cheaper than a claim.
    fn peek<'a>(&'a self, shards: &'a [u16]) -> Answers<'a, First>;

    /// Makes `edge` the owner of a session that belongs to the same.
    fn take_over<'a>(
        &'a self,
        edge: &'a EdgeId,
        session: &'a SessionId,
        scope: &'a Scope,
    ) -> Answer<'a, Option<TakenOver>>;

    /// Gives a sign of life that lapses after `lifetime`, and tells who else ever gave one.
    fn heartbeat<'a>(&'a self, edge: &'a EdgeId, lifetime: Duration) -> Answer<'a, Heartbeat>;

    /// Tells for each edge whether its heartbeat has not expired.
    fn alive<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, Vec<bool>>;

    /// Removes edges that are gone from the membership.
    fn remove_members<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, ()>;

    /// Removes an edge that leaves from the membership, with its heartbeat.
    fn leave<'a>(&'a self, edge: &'a EdgeId) -> Answer<'a, ()>;

    /// Sends texts to the inboxes of edges. They may be lost.
    fn send<'a>(&'a self, texts: &'a [(EdgeId, String)]) -> Answer<'a, ()>;

    /// What others send to the inbox of `edge`, for as long as the stream is kept.
    fn inbox(&self, edge: &EdgeId) -> BoxStream<'static, Vec<u8>>;
}

/// What became of a write, and the shard's epoch if it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) outcome: Outcome,
    pub(super) epoch: Option<String>,
}

/// What was found in a shard.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claimable {
    pub(super) claim: Claim,
    /// Another one than before: the shard was emptied.
    pub(super) epoch: String,
    /// What is first in it now.
    pub(super) first: First,
}

/// Who is there.
#[derive(Debug)]
pub(super) struct Heartbeat {
    /// Whether the edge's own sign of life before had not lapsed.
    pub(super) was_alive: bool,
    /// All edges that gave a sign of life and were not yet removed, this one included.
    pub(super) members: Vec<EdgeId>,
}
