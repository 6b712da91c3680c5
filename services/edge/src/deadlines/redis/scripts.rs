//! What is said to Redis and how its answers read: calls of the Lua scripts beside this file, each on one shard.

use std::time::Duration;

use proto::ids::SessionId;
use runtime::redis::{Call, Cmd, Failure, FromRedisValue, Script, Value, cmd};
use tokio::time::Instant;

use super::{
    super::{
        in_memory_schedule::{Claim, Claimed, Outcome, TakenOver},
        record::{EdgeId, Phase, Scope, SessionRecord},
    },
    pending::Write,
    poll_plan::{First, ShardPoll},
    shards::Shards,
    store::{Claimable, Written},
};

pub(super) const CLOCK: &str = include_str!("clock.lua");
pub(super) const RULES: &str = include_str!("rules.lua");
pub(super) const BODIES: [&str; 4] = [
    include_str!("schedule.lua"),
    include_str!("cancel.lua"),
    include_str!("claim.lua"),
    include_str!("take_over.lua"),
];

#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) shards: Shards,
    schedule: Script,
    cancel: Script,
    claim: Script,
    take_over: Script,
}

impl Scripts {
    pub(super) fn new(shards: Shards) -> Self {
        Self::edited(shards, str::to_owned)
    }

    /// With their code changed, for tests.
    pub(super) fn edited(shards: Shards, edit: impl Fn(&str) -> String) -> Self {
        let script = |body: &str| Script::new(edit(&[CLOCK, RULES, body].join("\n")));
        let [schedule, cancel, claim, take_over] = BODIES.map(script);
        Self {
            shards,
            schedule,
            cancel,
            claim,
            take_over,
        }
    }

    pub(super) fn write(
        &self,
        edge: &EdgeId,
        session: &SessionId,
        write: &Write,
        now: Instant,
    ) -> Call<'_> {
        let call = |script| self.on_session(script, session).arg(edge.as_str());
        match write {
            Write::Put(record) => call(&self.schedule)
                .key(self.shards.epoch(self.shards.of(session)))
                .arg(record.generation)
                .arg(phase_text(record.phase))
                .arg(millis(record.due - now))
                .arg(millis(record.expires - now))
                .arg(record.scope.login_session.as_str())
                .arg(record.scope.user.as_str())
                .arg(record.scope.recipe.as_str())
                .arg(fresh_epoch()),
            Write::Cancel { generation } => call(&self.cancel).arg(*generation),
        }
    }

    pub(super) fn claim(&self, look: &ShardPoll, lease: Duration) -> Call<'_> {
        self.claim
            .call()
            .key(self.shards.due(look.shard))
            .key(self.shards.epoch(look.shard))
            .arg(self.shards.session_prefix(look.shard))
            .arg(look.max)
            .arg(millis(look.overdue))
            .arg(millis(lease))
            .arg(fresh_epoch())
    }

    /// Asks what is first in a shard: far cheaper than a claim.
    pub(super) fn peek(&self, shard: u16) -> Cmd {
        let mut command = cmd("ZRANGE");
        command
            .arg(self.shards.due(shard))
            .arg(0)
            .arg(0)
            .arg("WITHSCORES");
        command
    }

    pub(super) fn take_over(&self, edge: &EdgeId, session: &SessionId, scope: &Scope) -> Call<'_> {
        self.on_session(&self.take_over, session)
            .arg(edge.as_str())
            .arg(scope.user.as_str())
            .arg(scope.login_session.as_str())
            .arg(scope.recipe.as_str())
    }

    fn on_session<'a>(&'a self, script: &'a Script, session: &SessionId) -> Call<'a> {
        script
            .call()
            .key(self.shards.due(self.shards.of(session)))
            .key(self.shards.session(session))
            .arg(session.as_str())
    }
}

/// The answer to a write.
pub(super) fn written(answer: Value) -> Result<Written, Failure> {
    let (outcome, epoch, generation, owner) =
        <(u8, String, u64, String)>::from_redis_value(answer).map_err(Failure::Unexpected)?;
    let outcome = match outcome {
        1 => Outcome::Stored,
        0 => Outcome::Missing,
        _ => Outcome::Stale {
            generation,
            owner: EdgeId::stored(&owner),
        },
    };
    let epoch = Some(epoch).filter(|epoch| !epoch.is_empty());
    Ok(Written { outcome, epoch })
}

/// The answer to a claim.
pub(super) fn claimed(answer: Value) -> Result<Claimable, Failure> {
    type Row = (String, u64, String, u64);
    let (epoch, next_in, rows, first) =
        <(String, i64, Vec<Row>, First)>::from_redis_value(answer).map_err(Failure::Unexpected)?;
    let sessions = rows
        .into_iter()
        .filter_map(|(session, generation, owner, late)| {
            Some(Claimed {
                // Written by edges only, so it always is one.
                session: session.parse().ok()?,
                generation,
                owner: EdgeId::stored(&owner),
                late: Duration::from_millis(late),
            })
        })
        .collect();
    let claim = Claim {
        sessions,
        next_in: u64::try_from(next_in).ok().map(Duration::from_millis),
    };
    Ok(Claimable {
        claim,
        epoch,
        first,
    })
}

/// The answer to a take-over: generation, owner before, phase, time left to the deadline and to the end.
pub(super) type TakeOverAnswer = Option<(u64, String, String, u64, u64)>;

pub(super) fn taken_over(
    answer: TakeOverAnswer,
    session: &SessionId,
    scope: &Scope,
    now: Instant,
) -> Option<TakenOver> {
    let (generation, previous, phase, due_in, expires_in) = answer?;
    Some(TakenOver {
        record: SessionRecord {
            session: session.clone(),
            scope: scope.clone(),
            generation,
            phase: if phase == phase_text(Phase::Asked) {
                Phase::Asked
            } else {
                Phase::Active
            },
            due: now + Duration::from_millis(due_in),
            expires: now + Duration::from_millis(expires_in),
        },
        previous: EdgeId::stored(&previous),
    })
}

fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Active => "a",
        Phase::Asked => "q",
    }
}

/// A new one each time: had one edge a fixed one, others would not notice that Redis was emptied twice.
fn fresh_epoch() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
