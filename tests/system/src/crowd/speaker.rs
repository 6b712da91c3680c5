//! What one cook says: one message at a time, and the same one again, under its id, until it is answered.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::{
    client::{Place, new_id},
    history::History,
    timeouts::STEP_TIMEOUT,
};

/// How long until a message that was put off is said again when nobody names a time.
const PAUSE: Duration = Duration::from_millis(100);

/// How a cook talks.
#[derive(Debug, Clone)]
pub struct SpeakingPlan {
    /// What is remembered of its recipe.
    pub history: History,
    /// How long it is silent after each answer.
    pub pace: Duration,
}

/// Where a talking cook stands.
#[derive(Debug)]
pub(super) struct Speaker {
    talk: SpeakingPlan,
    said: Option<Said>,
    /// When to speak; while an answer is awaited, when to give the connection up.
    due: Instant,
    count: usize,
}

#[derive(Debug)]
struct Said {
    id: String,
    content: String,
    since: Instant,
    /// Sent over the connection at hand, and not put off.
    under_way: bool,
}

impl Speaker {
    pub(super) fn new(talk: SpeakingPlan) -> Self {
        Self {
            talk,
            said: None,
            due: Instant::now(),
            count: 0,
        }
    }

    /// When [`Speaker::next`] is due.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Whether nothing waits for an answer.
    pub(super) fn is_over(&self) -> bool {
        self.said.is_none()
    }

    /// A new connection: what is not answered is said over it at once.
    pub(super) fn begin(&mut self) {
        self.due = Instant::now();
        if let Some(said) = &mut self.said {
            said.under_way = false;
        }
    }

    /// What to say now, with its id. `None`: the connection is dead, since no answer came over it.
    pub(super) fn next(&mut self) -> Option<(String, String)> {
        let count = &mut self.count;
        let said = self.said.get_or_insert_with(|| {
            *count += 1;
            Said {
                id: new_id(),
                content: format!("word {count}"),
                since: Instant::now(),
                under_way: false,
            }
        });
        if std::mem::replace(&mut said.under_way, true) {
            return None;
        }
        self.due = Instant::now() + STEP_TIMEOUT;
        self.talk.history.says(&said.id, &said.content);
        Some((said.id.clone(), said.content.clone()))
    }

    /// Takes a server's message; when it accepts what was said, tells how long that took.
    ///
    /// # Panics
    /// When a good message is refused for good.
    pub(super) fn hear(&mut self, message: &Value) -> Option<Duration> {
        let payload = &message["payload"];
        let said = self
            .said
            .take_if(|said| payload["in_reply_to"] == said.id.as_str())?;
        if message["type"] == "error" {
            assert_eq!(payload["retryable"], true, "refused for good: {message}");
            let wait = payload["retry_after_ms"].as_u64();
            self.due = Instant::now() + wait.map_or(PAUSE, Duration::from_millis);
            self.said = Some(Said {
                under_way: false,
                ..said
            });
            return None;
        }
        let revision = payload["message"]["revision"].as_u64().unwrap_or_default();
        self.talk.history.accepted(&said.id, revision);
        self.due = Instant::now() + self.talk.pace;
        Some(said.since.elapsed())
    }

    /// Keeps what a connection that has ended saw.
    pub(super) fn end(&self, place: &Place) {
        self.talk.history.saw(place);
    }
}
