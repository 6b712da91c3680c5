use std::sync::Mutex;

use tokio::{sync::mpsc, time::Instant};

use super::*;
use crate::deadlines::{Deadlines, Delivery, Phase, start};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_session_is_prompted_when_it_is_due() {
    let mut edge = Edge::start();
    let began = Instant::now();
    edge.deadlines.schedule(record("s1", 1, 14 * MINUTE));

    let prompt = edge.prompt().await;

    assert_eq!(began.elapsed().as_secs(), 14 * 60);
    assert_eq!(prompt.session, id("s1"));
    assert_eq!(prompt.issuer, Issuer::OwnNode);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_overtakes_a_later_one() {
    let mut edge = Edge::start();
    edge.deadlines.schedule(record("late", 1, 10 * MINUTE));
    edge.nothing_within(MINUTE).await;
    edge.deadlines.schedule(record("early", 1, MINUTE));

    assert_eq!(edge.prompt().await.session, id("early"));
    edge.deadlines.cancel(&id("early"), 1);
    assert_eq!(edge.prompt().await.session, id("late"));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_claim_comes_again_after_its_lease() {
    let mut edge = Edge::start();
    edge.deadlines.schedule(record("s1", 1, MINUTE));
    edge.prompt().await;
    let first = Instant::now();

    edge.prompt().await;

    assert_eq!(first.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_asked_is_left_alone() {
    let mut edge = Edge::start();
    edge.deadlines.schedule(record("s1", 1, MINUTE));
    let prompt = edge.prompt().await;
    edge.deadlines.schedule(asked(prompt.session.as_str(), 1));

    edge.nothing_within(15 * MINUTE).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_session_is_forgotten() {
    let mut edge = Edge::start();
    edge.deadlines.schedule(record("s1", 2, MINUTE));
    edge.deadlines.cancel(&id("s1"), 1); // too old to count
    assert_eq!(edge.prompt().await.generation, 2);
    edge.deadlines.cancel(&id("s1"), 2);

    edge.nothing_within(15 * MINUTE).await;
}

#[tokio::test(start_paused = true)]
async fn a_take_over_keeps_deadline_and_phase_and_tells_the_owner_before() {
    let mut edge = Edge::start();
    edge.deadlines.schedule(record("s1", 1, MINUTE));
    edge.prompt().await;
    edge.deadlines.schedule(asked("s1", 1));
    tokio::time::advance(Duration::from_secs(10)).await;

    let record = edge.take_over("s1", "ada").await.unwrap();

    assert_eq!(record.generation, 2);
    assert_eq!(record.phase, Phase::Asked);
    assert_eq!((record.due - Instant::now()).as_secs(), 20);
    assert_eq!((record.expires - Instant::now()).as_secs(), 50);
    assert_eq!(edge.moved(), [(id("s1"), 2)]);
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_over_the_session_of_another_user_or_recipe() {
    let edge = Edge::start();
    edge.deadlines.schedule(record("s1", 1, MINUTE));

    assert_eq!(edge.take_over("s1", "eve").await, None);
    assert_eq!(edge.take_over("s2", "ada").await, None);
    let elsewhere = scope("ada", "bread");
    let taken = edge.deadlines.take_over(&id("s1"), &elsewhere).await;
    assert_eq!(taken, Ok(None));
    assert_eq!(edge.moved(), []);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_the_task() {
    let edge = Edge::start();
    assert!(edge.deadlines.close(MINUTE).await);
}

struct Edge {
    deadlines: Deadlines,
    prompts: mpsc::Receiver<Prompt>,
    heard: Arc<RecordingOwners>,
}

struct RecordingOwners {
    prompts: mpsc::Sender<Prompt>,
    moved: Mutex<Vec<(SessionId, u64)>>,
}

impl Owners for RecordingOwners {
    fn prompt(&self, prompt: Prompt) -> Delivery {
        self.prompts.try_send(prompt).unwrap();
        Delivery::Delivered
    }

    fn moved(&self, session: &SessionId, generation: u64) {
        self.moved
            .lock()
            .unwrap()
            .push((session.clone(), generation));
    }

    fn sessions(&self) -> Vec<SessionRecord> {
        Vec::new()
    }
}

impl Edge {
    fn start() -> Self {
        Self::with(DeadlineConfig::default())
    }

    fn with(config: DeadlineConfig) -> Self {
        let (sender, prompts) = mpsc::channel(1000);
        let heard = Arc::new(RecordingOwners {
            prompts: sender,
            moved: Mutex::default(),
        });
        let lifecycle = runtime::lifecycle::Lifecycle::new();
        let deadlines = start(config, EdgeId::random(), None, heard.clone(), &lifecycle);
        Self {
            deadlines,
            prompts,
            heard,
        }
    }

    async fn prompt(&mut self) -> Prompt {
        self.prompts.recv().await.unwrap()
    }

    async fn nothing_within(&mut self, timeout: Duration) {
        let prompt = tokio::time::timeout(timeout, self.prompts.recv()).await;
        assert!(prompt.is_err(), "{prompt:?}");
    }

    async fn take_over(&self, session: &str, user: &str) -> Option<SessionRecord> {
        self.deadlines
            .take_over(&id(session), &scope(user, "pancakes"))
            .await
            .unwrap()
    }

    fn moved(&self) -> Vec<(SessionId, u64)> {
        self.heard.moved.lock().unwrap().clone()
    }
}

fn scope(user: &str, recipe: &str) -> Scope {
    Scope {
        user: user.parse().unwrap(),
        login_session: "login".parse().unwrap(),
        recipe: recipe.parse().unwrap(),
    }
}

fn id(session: &str) -> SessionId {
    session.parse().unwrap()
}

/// With half of its last minute to answer.
fn asked(session: &str, generation: u64) -> SessionRecord {
    SessionRecord {
        phase: Phase::Asked,
        expires: Instant::now() + MINUTE,
        ..record(session, generation, MINUTE / 2)
    }
}

fn record(session: &str, generation: u64, due_in: Duration) -> SessionRecord {
    let due = Instant::now() + due_in;
    SessionRecord {
        session: id(session),
        scope: scope("ada", "pancakes"),
        generation,
        phase: Phase::Active,
        due,
        expires: due + MINUTE,
    }
}
