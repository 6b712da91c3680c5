//! The Lua scripts against the book: the same steps, at the same moments, must have the same answers. And changed
//! scripts against it, which must not.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{TestError, TestRng, TestRunner},
};
use runtime::redis::{Failure, Redis, Value, cmd};
use tokio::{runtime::Runtime, time::Instant};

use super::{
    super::{
        pending::Write,
        poll_plan::ShardPoll,
        scripts::{self, Scripts, TakeOverAnswer, claimed, taken_over, written},
        shards::Shards,
        store::{Claimable, Written},
    },
    servers::{Server, id, record, scope},
};
use crate::deadlines::{
    EdgeId, Phase, SessionRecord,
    in_memory_schedule::{Claim, InMemorySchedule, TakenOver},
};

const CLOCK: &str = "local function now() return tonumber(redis.call('GET', 'now')) end";
/// As large as real ones, so that numbers that Lua would round are found.
const ORIGIN: Duration = Duration::from_millis(1_795_379_762_123);
const LEASE: Duration = Duration::from_secs(5);

/// Each is one rule taken away: what is written there, and what is put in its place.
const CHANGES: [(&str, &str); 14] = [
    ("tonumber(expires) > at", "tonumber(expires) >= at"),
    (
        "known_generation > generation",
        "known_generation >= generation",
    ),
    ("known_owner ~= owner", "false"),
    ("redis.call('SET', key, epoch)", ""),
    ("known[3] == 'q' and phase == 'a'", "false"),
    ("if is_stale(known[1]", "if false and is_stale(known[1]"),
    ("at - overdue", "at"),
    ("'LIMIT', 0, max", "'LIMIT', 0, max + 1"),
    ("math.max(lease, late)", "lease"),
    ("elseif known[3] == 'q' then", "elseif false then"),
    ("redis.call('ZADD', due, math.min", "local _ = (math.min"),
    ("known[7] ~= login_session", "false"),
    ("known[8] ~= recipe", "false"),
    ("tonumber(known[1]) + 1", "tonumber(known[1])"),
];

#[test]
fn the_scripts_do_what_the_book_does() {
    let bench = Bench::new();
    bench.compare(600, str::to_owned).unwrap();
}

#[test]
fn a_script_that_does_anything_else_is_found_out() {
    let bench = Bench::new();
    for (rule, change) in CHANGES {
        let mut codes = scripts::BODIES.into_iter().chain([scripts::RULES]);
        assert!(codes.any(|code| code.contains(rule)), "nothing says {rule}");
        let found = bench.compare(600, |code| code.replace(rule, change));
        assert!(found.is_err(), "{change} instead of {rule} went unnoticed");
    }
}

/// A Redis for many comparisons.
struct Bench {
    runtime: Runtime,
    _server: Server,
    redis: Redis,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, redis) = runtime.block_on(async {
            let server = Server::start().await;
            let redis = server.redis().await;
            (server, redis)
        });
        Self {
            runtime,
            _server: server,
            redis,
        }
    }

    /// Follows `cases` lists of steps, or as many as it takes to find a difference; always the same ones.
    fn compare(
        &self,
        cases: u32,
        edit: impl Fn(&str) -> String,
    ) -> Result<(), TestError<Vec<Step>>> {
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            max_shrink_iters: 200,
            ..ProptestConfig::default()
        };
        let rng = TestRng::deterministic_rng(config.rng_algorithm);
        let mut runner = TestRunner::new_with_rng(config, rng);
        runner.run(&vec(step(), 1..60), |steps| {
            let follow = follow(&self.redis, &steps, |code| {
                edit(&code.replace(scripts::CLOCK, CLOCK))
            });
            self.runtime.block_on(follow)
        })
    }
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

    assert_eq!(claimed(answer).unwrap().claim, Claim::default());
    assert_eq!(redis.run::<u64>(cmd("EXISTS").arg(&due)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_record_is_gone_some_time_after_its_end() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let scripts = Scripts::new(Shards::new(1));
    let (edge, now) = (EdgeId::random(), Instant::now());
    let write = Write::Put(record("s1", 1, Duration::from_secs(60)));
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
        1 => whose.prop_map(|(session, owner, generation)| Step::Cancel { session, owner, generation }),
        4 => (0..3_u64, 0..4_usize).prop_map(|(seconds, max)| Step::Claim { overdue: seconds * 1000, max }),
        2 => (session.clone(), owner, 0..5_u8).prop_map(|(session, owner, user)| Step::TakeOver {
            session, owner, user
        }),
        4 => time().prop_map(|millis| Step::Pass { millis }),
    ]
}

async fn follow(
    redis: &Redis,
    steps: &[Step],
    edit: impl Fn(&str) -> String,
) -> Result<(), TestCaseError> {
    redis.run::<()>(&cmd("FLUSHALL")).await.unwrap();
    let mut pair = Pair {
        redis,
        scripts: Scripts::edited(Shards::new(1), edit),
        book: InMemorySchedule::default(),
        began: Instant::now(),
        passed: Duration::ZERO,
        epoch: None,
    };
    pair.pass(Duration::ZERO).await;
    for step in steps {
        pair.take(step).await?;
    }
    Ok(())
}

/// Redis and the book, side by side.
struct Pair<'a> {
    redis: &'a Redis,
    scripts: Scripts,
    book: InMemorySchedule,
    began: Instant,
    passed: Duration,
    /// What was told first.
    epoch: Option<String>,
}

impl Pair<'_> {
    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
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
                // At the very moment of the write, so that no time passes on the way.
                let record = SessionRecord {
                    phase,
                    due: self.now() + Duration::from_millis(due),
                    expires: self.now() + Duration::from_millis(expires),
                    ..record(&name(session), generation, Duration::ZERO)
                };
                let write = Write::Put(record.clone());
                let expected = self.book.schedule(self.now(), record, &edge(owner));
                let Written { outcome, epoch } = self.write(session, owner, &write).await?;
                prop_assert_eq!(outcome, expected, "{:?}", step);
                self.same_epoch(&epoch.unwrap_or_default())
            }
            Step::Cancel {
                session,
                owner,
                generation,
            } => {
                let session_id = id(&name(session));
                let expected = self
                    .book
                    .cancel(self.now(), &session_id, generation, &edge(owner));
                let write = Write::Cancel { generation };
                let written = self.write(session, owner, &write).await?;
                prop_assert_eq!(written.outcome, expected, "{:?}", step);
                Ok(())
            }
            Step::Claim { overdue, max } => self.claim(overdue, max).await,
            Step::TakeOver {
                session,
                owner,
                user,
            } => self.take_over(session, owner, user).await,
            Step::Pass { millis } => {
                self.pass(Duration::from_millis(millis)).await;
                Ok(())
            }
        }
    }

    async fn write(&self, session: u8, owner: u8, write: &Write) -> Result<Written, TestCaseError> {
        let session = id(&name(session));
        let call = self
            .scripts
            .write(&edge(owner), &session, write, self.now());
        ask(self.redis.script(&call).await.and_then(written))
    }

    async fn claim(&mut self, overdue: u64, max: usize) -> Result<(), TestCaseError> {
        let look = look(overdue, max);
        let call = self.scripts.claim(&look, LEASE);
        let Claimable {
            claim,
            epoch,
            first,
        } = ask(self.redis.script(&call).await.and_then(claimed))?;
        let expected = self.book.claim(self.now(), look.overdue, max, LEASE);
        prop_assert_eq!(claim, expected);
        let expected = self.book.first().map(|(score, session)| {
            let score = ORIGIN + (*score - self.began);
            [session.to_string(), score.as_millis().to_string()]
        });
        prop_assert_eq!(first, expected.map(Vec::from).unwrap_or_default());
        self.same_epoch(&epoch)
    }

    async fn take_over(&mut self, session: u8, owner: u8, user: u8) -> Result<(), TestCaseError> {
        let session = id(&name(session));
        let mut scope = scope("ada", "pancakes");
        match user {
            0 => scope.user = "eve".parse().unwrap(),
            1 => scope.login_session = "another".parse().unwrap(),
            2 => scope.recipe = "bread".parse().unwrap(),
            _ => {}
        }
        let call = self.scripts.take_over(&edge(owner), &session, &scope);
        let answer: TakeOverAnswer = ask(self.redis.script(&call).await)?;
        let taken: Option<TakenOver> = taken_over(answer, &session, &scope, self.now());
        let expected = self
            .book
            .take_over(self.now(), &session, &scope, &edge(owner))
            .map(|taken| TakenOver {
                record: taken.record.by_clock(self.now(), self.now()),
                ..taken
            });
        prop_assert_eq!(taken, expected);
        Ok(())
    }

    /// The moment of both.
    fn now(&self) -> Instant {
        self.began + self.passed
    }

    /// An epoch stays until Redis is emptied.
    fn same_epoch(&mut self, told: &str) -> Result<(), TestCaseError> {
        let known = self.epoch.get_or_insert(told.to_owned());
        prop_assert_eq!(known, told);
        Ok(())
    }

    async fn pass(&mut self, time: Duration) {
        self.passed += time;
        let millis = u64::try_from((ORIGIN + self.passed).as_millis()).unwrap();
        self.redis
            .run::<()>(cmd("SET").arg("now").arg(millis))
            .await
            .unwrap();
    }
}

/// A script that fails is a difference too.
fn ask<T>(answer: Result<T, Failure>) -> Result<T, TestCaseError> {
    answer.map_err(|failure| TestCaseError::fail(failure.to_string()))
}

fn look(overdue: u64, max: usize) -> ShardPoll {
    ShardPoll {
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
