//! The schedule in Redis: the Lua scripts for sessions, plain commands for who is there, pub/sub for notes.

use std::time::Duration;

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use proto::ids::SessionId;
use runtime::redis::{
    Call, Cmd, Failure, FromRedisValue, Problem, Push, Redis, Subscription, Value, cmd,
};
use tokio::time::Instant;

use super::{
    super::{
        in_memory_schedule::TakenOver,
        record::{EdgeId, Scope},
    },
    pending::Write,
    poll_plan::{First, ShardPoll},
    scripts::{self, Scripts, TakeOverAnswer},
    shards::Shards,
    store::{Answer, Answers, Claimable, Heartbeat, Store, Written},
};

/// How long one round trip may take.
const ROUND_TRIP_TIMEOUT: Duration = Duration::from_millis(500);
/// How many messages wait for this edge at most.
const MAX_INCOMING: usize = 10_000;

/// All edges that ever gave a sign of life and were not yet found gone.
pub(super) const EDGES: &str = "rc:edges";
/// What a heartbeat says. Older builds also wrote and read `owns`, of an edge that claims nothing.
const CLAIMS: &str = "claims";

pub(super) struct RedisStore {
    redis: Redis,
    scripts: Scripts,
}

impl RedisStore {
    pub(super) fn new(redis: &Redis, shards: u16) -> Self {
        Self {
            redis: redis.with_timeout(ROUND_TRIP_TIMEOUT),
            scripts: Scripts::new(Shards::new(shards)),
        }
    }

    async fn give_sign_of_life(
        &self,
        edge: &EdgeId,
        lifetime: Duration,
    ) -> Result<Heartbeat, Failure> {
        let commands = [
            sign_of_life(edge, lifetime),
            command(&["SADD", EDGES, edge.as_str()]),
            command(&["SMEMBERS", EDGES]),
        ];
        let mut answers = self.redis.run_all(&commands).await?.into_iter();
        let mut next = || answers.next().unwrap_or(Ok(Value::Nil));
        let before = next()?;
        next()?;
        let members: Vec<String> = read(next()?)?;
        Ok(Heartbeat {
            was_alive: before != Value::Nil,
            members: members.iter().map(|edge| EdgeId::stored(edge)).collect(),
        })
    }

    async fn are_alive(&self, edges: &[EdgeId]) -> Result<Vec<bool>, Failure> {
        let questions: Vec<Cmd> = edges
            .iter()
            .map(|edge| command(&["GET", &heartbeat_key(edge)]))
            .collect();
        let answers = self.all(&questions).await?;
        let is_alive =
            |answer: Result<Value, Failure>| Ok(read::<Option<String>>(answer?)?.is_some());
        answers.into_iter().map(is_alive).collect()
    }

    /// A pipeline without commands would be an error.
    async fn all(&self, commands: &[Cmd]) -> Result<Vec<Result<Value, Failure>>, Failure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.redis.run_all(commands).await
    }

    async fn each<T>(
        &self,
        calls: &[Call<'_>],
        read: impl Fn(Value) -> Result<T, Failure>,
    ) -> Result<Vec<Result<T, Failure>>, Failure> {
        let answers = self.redis.scripts(calls).await?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.and_then(&read))
            .collect())
    }
}

impl Store for RedisStore {
    fn is_up(&self) -> bool {
        self.redis.is_up()
    }

    fn problem(&self) -> Option<Problem> {
        self.redis.problem()
    }

    fn wait_until(&self, up: bool) -> BoxFuture<'_, ()> {
        async move {
            // The handle outlives this wait, so the channel does not close.
            self.redis.watch().wait_for(|is_up| *is_up == up).await.ok();
        }
        .boxed()
    }

    fn write<'a>(
        &'a self,
        edge: &'a EdgeId,
        writes: &'a [(SessionId, Write)],
        now: Instant,
    ) -> Answers<'a, Written> {
        async move {
            let calls: Vec<Call<'_>> = writes
                .iter()
                .map(|(session, write)| self.scripts.write(edge, session, write, now))
                .collect();
            self.each(&calls, scripts::written).await
        }
        .boxed()
    }

    fn claim<'a>(&'a self, polls: &'a [ShardPoll], lease: Duration) -> Answers<'a, Claimable> {
        async move {
            let calls: Vec<Call<'_>> = polls
                .iter()
                .map(|look| self.scripts.claim(look, lease))
                .collect();
            self.each(&calls, scripts::claimed).await
        }
        .boxed()
    }

    fn peek<'a>(&'a self, shards: &'a [u16]) -> Answers<'a, First> {
        async move {
            let commands: Vec<Cmd> = shards
                .iter()
                .map(|shard| self.scripts.peek(*shard))
                .collect();
            let answers = self.all(&commands).await?;
            Ok(answers.into_iter().map(|answer| read(answer?)).collect())
        }
        .boxed()
    }

    fn take_over<'a>(
        &'a self,
        edge: &'a EdgeId,
        session: &'a SessionId,
        scope: &'a Scope,
    ) -> Answer<'a, Option<TakenOver>> {
        async move {
            let call = self.scripts.take_over(edge, session, scope);
            let answer = self.redis.script::<TakeOverAnswer>(&call).await?;
            Ok(scripts::taken_over(answer, session, scope, Instant::now()))
        }
        .boxed()
    }

    fn heartbeat<'a>(&'a self, edge: &'a EdgeId, lifetime: Duration) -> Answer<'a, Heartbeat> {
        self.give_sign_of_life(edge, lifetime).boxed()
    }

    fn alive<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, Vec<bool>> {
        self.are_alive(edges).boxed()
    }

    fn remove_members<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, ()> {
        async move {
            let mut command = cmd("SREM");
            command
                .arg(EDGES)
                .arg(edges.iter().map(EdgeId::as_str).collect::<Vec<_>>());
            self.redis.run::<u64>(&command).await.map(drop)
        }
        .boxed()
    }

    fn leave<'a>(&'a self, edge: &'a EdgeId) -> Answer<'a, ()> {
        async move {
            let commands = [
                command(&["DEL", &heartbeat_key(edge)]),
                command(&["SREM", EDGES, edge.as_str()]),
            ];
            self.all(&commands).await.map(drop)
        }
        .boxed()
    }

    fn send<'a>(&'a self, texts: &'a [(EdgeId, String)]) -> Answer<'a, ()> {
        async move {
            let publications: Vec<Cmd> = texts
                .iter()
                .map(|(edge, text)| self.redis.publication(&channel(edge), text.as_bytes()))
                .collect();
            self.all(&publications).await.map(drop)
        }
        .boxed()
    }

    fn inbox(&self, edge: &EdgeId) -> BoxStream<'static, Vec<u8>> {
        let subscription = self.redis.subscribe(vec![channel(edge)], MAX_INCOMING);
        stream::unfold(subscription, next_text).boxed()
    }
}

async fn next_text(mut subscription: Subscription) -> Option<(Vec<u8>, Subscription)> {
    loop {
        match subscription.next().await {
            Push::Message { payload, .. } => return Some((payload, subscription)),
            // What was missed comes again.
            Push::Gap => {}
        }
    }
}

/// Answers what it said before, which tells whether it had lapsed.
pub(super) fn sign_of_life(edge: &EdgeId, lifetime: Duration) -> Cmd {
    let mut command = command(&["SET", &heartbeat_key(edge), CLAIMS, "PX"]);
    let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    command.arg(millis.max(1)).arg("GET");
    command
}

pub(super) fn channel(edge: &EdgeId) -> String {
    format!("rc:inbox:{edge}")
}

fn heartbeat_key(edge: &EdgeId) -> String {
    format!("rc:edge:{edge}")
}

pub(super) fn command(parts: &[&str]) -> Cmd {
    let mut command = cmd(parts.first().copied().unwrap_or_default());
    command.arg(parts.get(1..).unwrap_or_default());
    command
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, Failure> {
    T::from_redis_value(value).map_err(Failure::Unexpected)
}
