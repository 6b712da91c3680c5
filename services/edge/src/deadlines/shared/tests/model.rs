//! The Lua scripts against the book: the same steps, at the same moments, must have the same answers.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use runtime::redis::{Redis, Value, cmd};
use tokio::time::Instant;

use super::{
    super::{
        pending::Write,
        rota::Look,
        scripts::{Scripts, TakeOverAnswer, claimed, taken_over, written},
        shards::Shards,
    },
    servers::{Server, id, record},
};
use crate::deadlines::{
    EdgeId, Phase, Record,
    book::{Book, Claim, Outcome, TakenOver},
};

const CLOCK: &str = "local function now() return tonumber(redis.call('GET', 'now')) end";
/// As large as real ones, so that numbers that Lua would round are found.
const ORIGIN: Duration = Duration::from_millis(1_795_379_762_123);
const LEASE: Duration = Duration::from_secs(5);

#[test]
fn the_scripts_do_what_the_book_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_server, redis) = runtime.block_on(async {
        let server = Server::start().await;
        let redis = server.redis().await;
        (server, redis)
    });
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&vec(step(), 1..40), |steps| {
        runtime.block_on(follow(&redis, &steps));
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_member_without_a_record_is_removed() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let scripts = Scripts::new(Shards::new(1));
    let due = scripts.shards.due(0);
    redis
        .run::<()>(cmd("ZADD").arg(&due).arg(1).arg("s1"))
        .await
        .unwrap();

    let answer: Value = redis
        .script(&scripts.claim(&look(0, 10), LEASE))
        .await
        .unwrap();

    assert_eq!(claimed(answer).unwrap().0, Claim::default());
    assert_eq!(redis.run::<u64>(cmd("EXISTS").arg(&due)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_record_is_gone_some_time_after_its_end() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let scripts = Scripts::new(Shards::new(1));
    let (edge, now) = (EdgeId::random(), Instant::now());
    let write = Write::put(record("s1", 1, Duration::from_secs(60)), now);
    redis
        .script::<Value>(&scripts.write(&edge, &id("s1"), &write, now))
        .await
        .unwrap();

    let mut ttl = cmd("PTTL");
    ttl.arg(scripts.shards.session(&id("s1")));
    let ttl: u64 = redis.run(&ttl).await.unwrap();
    assert!((170_000..=180_000).contains(&ttl), "{ttl}");
}

#[derive(Debug, Clone)]
enum Step {
    Put {
        session: u8,
        owner: u8,
        generation: u64,
        asked: bool,
        due: u64,
        expires: u64,
    },
    Ask {
        session: u8,
        owner: u8,
        generation: u64,
        answer: u64,
        expires: u64,
    },
    Cancel {
        session: u8,
        owner: u8,
        generation: u64,
    },
    Claim {
        overdue: u64,
        max: usize,
    },
    TakeOver {
        session: u8,
        owner: u8,
        user: u8,
    },
    Review {
        session: u8,
    },
    Pass {
        millis: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (session, owner, generation) = (0..3_u8, 0..2_u8, 0..4_u64);
    // Coarse, so that moments coincide now and then.
    let time = || (0..30_u64).prop_map(|half_seconds| half_seconds * 500);
    let whose = (session.clone(), owner.clone(), generation);
    prop_oneof![
        4 => (whose.clone(), any::<bool>(), time(), time()).prop_map(
            |((session, owner, generation), asked, due, expires)| Step::Put {
                session, owner, generation, asked, due, expires: due + expires
            }
        ),
        2 => (whose.clone(), time(), time()).prop_map(
            |((session, owner, generation), answer, expires)| Step::Ask {
                session, owner, generation, answer, expires
            }
        ),
        1 => whose.prop_map(|(session, owner, generation)| Step::Cancel { session, owner, generation }),
        4 => (0..3_u64, 0..4_usize).prop_map(|(seconds, max)| Step::Claim { overdue: seconds * 1000, max }),
        2 => (session.clone(), owner, 0..4_u8).prop_map(|(session, owner, user)| Step::TakeOver {
            session, owner, user
        }),
        1 => session.prop_map(|session| Step::Review { session }),
        4 => time().prop_map(|millis| Step::Pass { millis }),
    ]
}

async fn follow(redis: &Redis, steps: &[Step]) {
    redis.run::<()>(&cmd("FLUSHALL")).await.unwrap();
    let mut pair = Pair {
        redis,
        scripts: Scripts::with_clock(CLOCK, Shards::new(1)),
        book: Book::default(),
        now: ORIGIN,
    };
    pair.pass(Duration::ZERO).await;
    for step in steps {
        pair.take(step).await;
    }
}

/// Redis and the book, side by side.
struct Pair<'a> {
    redis: &'a Redis,
    scripts: Scripts,
    book: Book,
    now: Duration,
}

impl Pair<'_> {
    async fn take(&mut self, step: &Step) {
        let now = Instant::now();
        match *step {
            Step::Put {
                session,
                owner,
                generation,
                asked,
                due,
                expires,
            } => {
                let phase = if asked { Phase::Asked } else { Phase::Active };
                let expires_in = Duration::from_millis(expires);
                let record = Record {
                    phase,
                    expires_in,
                    ..record(&name(session), generation, Duration::from_millis(due))
                };
                let write = Write::put(record.clone(), now);
                let expected = self.book.schedule(self.now, &record, &edge(owner));
                assert_eq!(
                    self.write(session, owner, &write, now).await,
                    expected,
                    "{step:?}"
                );
            }
            Step::Ask {
                session,
                owner,
                generation,
                answer,
                expires,
            } => {
                let (answer, expires) = (
                    Duration::from_millis(answer),
                    Duration::from_millis(expires),
                );
                let write = Write::ask(generation, answer, expires, now);
                let expected = self.book.acknowledge(
                    self.now,
                    &id(&name(session)),
                    generation,
                    &edge(owner),
                    answer,
                    expires,
                );
                assert_eq!(
                    self.write(session, owner, &write, now).await,
                    expected,
                    "{step:?}"
                );
            }
            Step::Cancel {
                session,
                owner,
                generation,
            } => {
                let write = Write::Cancel { generation };
                let expected =
                    self.book
                        .cancel(self.now, &id(&name(session)), generation, &edge(owner));
                assert_eq!(
                    self.write(session, owner, &write, now).await,
                    expected,
                    "{step:?}"
                );
            }
            Step::Claim { overdue, max } => self.claim(overdue, max).await,
            Step::TakeOver {
                session,
                owner,
                user,
            } => self.take_over(session, owner, user).await,
            Step::Review { session } => {
                let session = id(&name(session));
                let known: bool = self
                    .redis
                    .script(&self.scripts.review(&session))
                    .await
                    .unwrap();
                assert_eq!(known, self.book.review(self.now, &session), "{step:?}");
            }
            Step::Pass { millis } => self.pass(Duration::from_millis(millis)).await,
        }
    }

    /// At the very moment of the write, so that no time passes on the way.
    async fn write(&self, session: u8, owner: u8, write: &Write, now: Instant) -> Outcome {
        let session = id(&name(session));
        let call = self.scripts.write(&edge(owner), &session, write, now);
        written(self.redis.script(&call).await.unwrap()).unwrap().0
    }

    async fn claim(&mut self, overdue: u64, max: usize) {
        let look = look(overdue, max);
        let answer = self
            .redis
            .script(&self.scripts.claim(&look, LEASE))
            .await
            .unwrap();
        let expected = self.book.claim(self.now, look.overdue, max, LEASE);
        assert_eq!(claimed(answer).unwrap().0, expected);
    }

    async fn take_over(&mut self, session: u8, owner: u8, user: u8) {
        let session = id(&name(session));
        let user = if user == 0 { "eve" } else { "ada" }.parse().unwrap();
        let login = "login".parse().unwrap();
        let call = self
            .scripts
            .take_over(&edge(owner), &session, &user, &login);
        let answer: TakeOverAnswer = self.redis.script(&call).await.unwrap();
        let taken: Option<TakenOver> = taken_over(answer, &session, &user, &login);
        let expected = self
            .book
            .take_over(self.now, &session, &user, &login, &edge(owner));
        assert_eq!(taken, expected);
    }

    async fn pass(&mut self, time: Duration) {
        self.now += time;
        let millis = u64::try_from(self.now.as_millis()).unwrap();
        self.redis
            .run::<()>(cmd("SET").arg("now").arg(millis))
            .await
            .unwrap();
    }
}

fn look(overdue: u64, max: usize) -> Look {
    Look {
        shard: 0,
        overdue: Duration::from_millis(overdue),
        max,
    }
}

fn name(session: u8) -> String {
    format!("s{session}")
}

fn edge(owner: u8) -> EdgeId {
    EdgeId::stored(&format!("edge{owner}"))
}
