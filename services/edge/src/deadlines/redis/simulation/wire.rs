//! One edge's way to the [`Servers`], with all that can happen to a network: it takes time, loses messages, is cut, and
//! the process at its end may be frozen. It gives up after the same timeout as the one in production, notices in the
//! same way that Redis is away, and comes back by itself.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use proto::ids::SessionId;
use rand::{RngExt as _, rngs::SmallRng};
use runtime::redis::Failure;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, sleep_until},
};

use super::{
    super::{
        super::{
            in_memory_schedule::{InMemorySchedule, TakenOver},
            record::{EdgeId, Phase, Scope},
        },
        pending::Write,
        poll_plan::{First, ShardPoll},
        shards::Shards,
        store::{Answer, Answers, Claimable, Heartbeat, Store, Written},
    },
    TIMINGS,
    bugs::Bug,
    servers::{Primary, Servers},
    switch::Switch,
};

const CALL_TIMEOUT: Duration = Duration::from_millis(500);
const CHECK_EVERY: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Longer than any token lives.
const FOR_GOOD: Duration = Duration::from_secs(3600);

pub(super) struct Wire {
    pub(super) edge: EdgeId,
    pub(super) servers: Arc<Servers>,
    pub(super) shards: Shards,
    /// Off while the process is frozen.
    pub(super) awake: Arc<Switch>,
    pub(super) up: Switch,
    pub(super) check_now: Notify,
    pub(super) rng: Mutex<SmallRng>,
    pub(super) bug: Option<Bug>,
}

impl Wire {
    /// Watches over the connection, as the link in production does.
    pub(super) async fn keep(&self) {
        loop {
            let run = self.run();
            self.up.turn(true);
            self.watch_over(run).await;
            self.up.turn(false);
            let mut pause = Duration::from_millis(50);
            loop {
                let part = self.rng.lock().unwrap().random_range(0.5..1.0);
                sleep(pause.mul_f64(part)).await;
                if self.ping().await {
                    break;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn watch_over(&self, run: Option<u64>) {
        loop {
            tokio::select! {
                biased;
                () = self.check_now.notified() => {}
                () = sleep(CHECK_EVERY) => {}
            }
            let alive = self.ping().await || self.ping().await;
            if !alive || self.run() != run {
                return;
            }
        }
    }

    /// Which run of the server the connection is to. A cluster's client mends its connections unnoticed.
    fn run(&self) -> Option<u64> {
        let state = self.servers.state();
        (!state.is_cluster()).then(|| state.primaries[0].run)
    }

    async fn ping(&self) -> bool {
        let alive = || {
            let state = self.servers.state();
            state
                .primaries
                .iter()
                .any(|primary| primary.up)
                .then_some(())
        };
        self.trip(&[], alive).await.is_ok()
    }

    /// One round trip that concerns these shards (none: the first primary).
    async fn trip<T>(&self, shards: &[u16], ask: impl FnOnce() -> Option<T>) -> Result<T, Failure> {
        self.awake.wait_until(true).await;
        let deadline = Instant::now() + CALL_TIMEOUT;
        let slow = self.slow(shards) / 2;
        let answer = async {
            self.travel(slow, deadline).await?;
            let answer = ask()?;
            self.travel(slow, deadline).await?;
            Some(answer)
        };
        let answer = answer.await;
        if answer.is_none() {
            sleep_until(deadline).await;
        }
        self.awake.wait_until(true).await;
        answer.ok_or(Failure::TimedOut)
    }

    /// As [`Wire::trip`], for what needs a connection.
    async fn call<T>(&self, shards: &[u16], ask: impl FnOnce() -> Option<T>) -> Result<T, Failure> {
        if !self.up.is_on() {
            return Err(Failure::Down);
        }
        let answer = self.trip(shards, ask).await;
        if answer.is_err() {
            self.check_now.notify_one();
        }
        answer
    }

    /// Many questions at once: those to primaries that are away cost all the time that there is.
    async fn each<Q, T>(
        &self,
        questions: &[Q],
        shard: impl Fn(&Q) -> u16,
        mut ask: impl FnMut(&Q) -> Option<T>,
    ) -> Result<Vec<Result<T, Failure>>, Failure> {
        let began = Instant::now();
        let shards: Vec<u16> = questions.iter().map(shard).collect();
        let answer = self.call(&shards, || {
            Some(questions.iter().map(&mut ask).collect::<Vec<_>>())
        });
        let answers = answer.await?;
        if answers.iter().any(Option::is_none) {
            sleep_until(began + CALL_TIMEOUT).await;
            self.check_now.notify_one();
            if answers.iter().all(Option::is_none) {
                return Err(Failure::TimedOut);
            }
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.ok_or(Failure::TimedOut))
            .collect())
    }

    /// One way; `None` when it is lost, or does not arrive in time.
    async fn travel(&self, slow: Duration, deadline: Instant) -> Option<()> {
        let (time, luck) = {
            let mut rng = self.rng.lock().unwrap();
            (rng.random_range(1..4), rng.random_range(0..1000))
        };
        sleep(Duration::from_millis(time) + slow).await;
        let state = self.servers.state();
        let lost = luck < state.lossy || state.cut.contains(&self.edge);
        (!lost && Instant::now() < deadline).then_some(())
    }

    /// Whether nothing is wrong between this edge and any primary.
    fn is_fair(&self) -> bool {
        let state = self.servers.state();
        let fair = |primary: &Primary| primary.up && primary.slow.is_zero();
        self.up.is_on()
            && self.awake.is_on()
            && state.lossy == 0
            && !state.cut.contains(&self.edge)
            && state.primaries.iter().all(fair)
    }

    fn slow(&self, shards: &[u16]) -> Duration {
        let state = self.servers.state();
        let slow = |shard: &u16| state.primaries[state.primary_of(*shard)].slow;
        let of_shards = shards.iter().map(slow).max();
        of_shards.unwrap_or(state.primaries[0].slow)
    }

    /// When a write of that moment was prepared: one who is frozen prepares nothing until it wakes.
    fn prepared(&self, now: Instant) -> Instant {
        match self.awake.is_on() {
            true => now.max(self.awake.turned()),
            false => now,
        }
    }

    fn write_one(&self, session: &SessionId, write: &Write, now: Instant) -> Option<Written> {
        self.servers
            .run(self.shards.of(session), |book, moment, epoch| match write {
                Write::Put(record) => {
                    if self.bug == Some(Bug::OlderWritesWin) {
                        book.forget(session);
                    }
                    let record = record.by_clock(now, moment);
                    Written {
                        outcome: book.schedule(moment, record, &self.edge),
                        epoch: Some(epoch.to_owned()),
                    }
                }
                Write::Cancel { generation } => Written {
                    outcome: book.cancel(moment, session, *generation, &self.edge),
                    epoch: None,
                },
            })
    }

    fn claim_some(&self, look: &ShardPoll, lease: Duration) -> Option<Claimable> {
        let lease = if self.bug == Some(Bug::TakenInsteadOfLeased) {
            FOR_GOOD
        } else {
            lease
        };
        self.servers
            .run(look.shard, |book, moment, epoch| Claimable {
                claim: book.claim(moment, look.overdue, look.max, lease),
                epoch: epoch.to_owned(),
                first: first(book),
            })
    }

    fn deliver(&self, edge: &EdgeId, text: &str) {
        let lost = self.bug == Some(Bug::NoNotes) || {
            let lossy = self.servers.state().lossy;
            self.rng.lock().unwrap().random_range(0..1000) < lossy
        };
        let state = self.servers.state();
        if state.silent || state.cut.contains(edge) || lost {
            return;
        }
        if let Some(inbox) = state.inboxes.get(edge) {
            // A full inbox loses messages, as a slow reader of Redis does.
            inbox.try_send(text.into()).ok();
        }
    }
}

/// What is first in a shard, as Redis tells it.
fn first(book: &InMemorySchedule) -> First {
    book.first().map_or_else(Vec::new, |(score, session)| {
        vec![session.to_string(), format!("{score:?}")]
    })
}

impl Store for Wire {
    fn is_up(&self) -> bool {
        self.up.is_on()
    }

    fn wait_until(&self, up: bool) -> BoxFuture<'_, ()> {
        self.up.wait_until(up).boxed()
    }

    fn write<'a>(
        &'a self,
        _edge: &'a EdgeId,
        writes: &'a [(SessionId, Write)],
        now: Instant,
    ) -> Answers<'a, Written> {
        self.each(
            writes,
            |(session, _)| self.shards.of(session),
            move |(session, write)| self.write_one(session, write, self.prepared(now)),
        )
        .boxed()
    }

    fn claim<'a>(&'a self, polls: &'a [ShardPoll], lease: Duration) -> Answers<'a, Claimable> {
        self.each(
            polls,
            |look| look.shard,
            move |look| self.claim_some(look, lease),
        )
        .boxed()
    }

    fn peek<'a>(&'a self, shards: &'a [u16]) -> Answers<'a, First> {
        let peek = |shard: &u16| self.servers.run(*shard, |book, _, _| first(book));
        if self.is_fair() {
            // It changes nothing and happens all the time: the answer need not take any.
            let firsts = shards.iter().map(|shard| peek(shard).ok_or(Failure::Down));
            return ready(Ok(firsts.collect())).boxed();
        }
        self.each(shards, |shard| *shard, peek).boxed()
    }

    fn take_over<'a>(
        &'a self,
        edge: &'a EdgeId,
        session: &'a SessionId,
        scope: &'a Scope,
    ) -> Answer<'a, Option<TakenOver>> {
        async move {
            let shard = self.shards.of(session);
            let take = || {
                self.servers.run(shard, |book, moment, _| {
                    let taken = book.take_over(moment, session, scope, edge)?;
                    let mut record = taken.record.by_clock(moment, Instant::now());
                    if self.bug == Some(Bug::TimeStartsAnew) && record.phase == Phase::Asked {
                        record.due = Instant::now() + TIMINGS.grace;
                    }
                    Some(TakenOver { record, ..taken })
                })
            };
            self.call(&[shard], take).await
        }
        .boxed()
    }

    fn heartbeat<'a>(&'a self, edge: &'a EdgeId, lifetime: Duration) -> Answer<'a, Heartbeat> {
        self.call(&[], move || self.servers.heartbeat(edge, lifetime))
            .boxed()
    }

    fn alive<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, Vec<bool>> {
        self.call(&[], || self.servers.alive(edges)).boxed()
    }

    fn remove_members<'a>(&'a self, edges: &'a [EdgeId]) -> Answer<'a, ()> {
        self.call(&[], || self.servers.remove_members(edges))
            .boxed()
    }

    fn leave<'a>(&'a self, edge: &'a EdgeId) -> Answer<'a, ()> {
        self.call(&[], || self.servers.leave(edge)).boxed()
    }

    fn send<'a>(&'a self, texts: &'a [(EdgeId, String)]) -> Answer<'a, ()> {
        self.call(&[], || {
            let is_up = self.servers.state().primaries[0].up;
            is_up.then(|| {
                texts
                    .iter()
                    .for_each(|(edge, text)| self.deliver(edge, text))
            })
        })
        .boxed()
    }

    fn inbox(&self, edge: &EdgeId) -> BoxStream<'static, Vec<u8>> {
        let (sender, texts) = mpsc::channel(1000);
        self.servers.state().inboxes.insert(edge.clone(), sender);
        let awake = self.awake.clone();
        stream::unfold((texts, awake), |(mut texts, awake)| async {
            let text = texts.recv().await?;
            awake.wait_until(true).await;
            Some((text, (texts, awake)))
        })
        .boxed()
    }
}
