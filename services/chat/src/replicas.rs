//! How replicas on one database learn of each other's commits: hints over Redis, and a periodic check of what is
//! attached. The table is the truth; a hint that is lost costs time, nothing else.

use std::{collections::HashMap, sync::Arc, time::Duration};

use proto::ids::{RecipeId, Revision};
use runtime::{
    lifecycle::Lifecycle,
    redis::{Push, Redis, SelfTest},
};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::{hints::Hints, hub::Hub, store::Store};

/// Where hints are published.
const CHANNEL: &str = "rc:chat:hint";
/// How many hints of others may wait.
const MAX_QUEUED_HINTS: usize = 4096;
/// How often attached recipes are checked: with what reading takes, everybody is up to date within 5 s.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// How many recipes are asked for in one query.
const MAX_BATCH: usize = 10_000;

/// What is done with Redis, to be tried before it is relied on.
pub(crate) fn redis_self_test() -> SelfTest {
    // A hint of nothing: nobody heeds it.
    SelfTest::default()
        .publication("hints between replicas (publish to rc:chat:hint)", CHANNEL)
        .channel(CHANNEL)
}

/// What keeping up with other replicas takes.
#[derive(Debug)]
pub(crate) struct Replicas {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) redis: Option<Redis>,
}

impl Replicas {
    /// Keeps up until the service stops.
    pub(crate) async fn run(self, lifecycle: Lifecycle) {
        tokio::select! {
            () = self.check() => {}
            () = self.publish() => {}
            () = self.listen() => {}
            () = lifecycle.stopping() => {}
        }
    }

    /// Compares what is attached with the table, for hints that were lost, and for a table that went back.
    async fn check(&self) {
        let mut times = interval(CHECK_INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            times.tick().await;
            self.check_once().await;
        }
    }

    async fn check_once(&self) {
        for recipes in self.hub.attached().chunks(MAX_BATCH) {
            match self.store.revisions(recipes.to_vec()).await {
                Ok(found) => {
                    let found: HashMap<_, _> = found.into_iter().collect();
                    for recipe in recipes {
                        // One that is not there has come nowhere.
                        let stored = found.get(recipe).copied().unwrap_or_default();
                        self.hub.compare(recipe, stored);
                    }
                }
                Err(error) => warn!(%error, "attached recipes could not be checked"),
            }
        }
    }

    async fn publish(&self) {
        loop {
            let hints = self.hints.gathered().await;
            let Some(redis) = &self.redis else {
                continue;
            };
            let hints: Vec<_> = hints
                .iter()
                .map(|(recipe, revision)| {
                    redis.publication(CHANNEL, format!("{revision} {recipe}").as_bytes())
                })
                .collect();
            if let Err(failure) = redis.run_all(&hints).await {
                debug!(%failure, hints = hints.len(), "hints were not published");
            }
        }
    }

    async fn listen(&self) {
        let Some(redis) = &self.redis else {
            return std::future::pending().await;
        };
        let mut hints = redis.subscribe(vec![CHANNEL.to_owned()], MAX_QUEUED_HINTS);
        loop {
            match hints.next().await {
                Push::Message { payload, .. } => {
                    if let Some((recipe, revision)) = hint(&payload) {
                        self.hub.notice(&recipe, revision);
                    }
                }
                Push::Gap => self.check_once().await,
            }
        }
    }
}

/// Reads "REVISION RECIPE"; what is neither is nobody's hint.
fn hint(payload: &[u8]) -> Option<(RecipeId, Revision)> {
    let (revision, recipe) = std::str::from_utf8(payload).ok()?.split_once(' ')?;
    Some((recipe.parse().ok()?, revision.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_a_recipe_and_a_revision() {
        let pie = "pie".parse().unwrap();
        assert_eq!(hint(b"42 pie"), Some((pie, 42)));
        for other in [b"pie".as_slice(), b"x pie", b"42 a/b", b"42", b"\xff 1"] {
            assert_eq!(hint(other), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_newest_hint_of_a_recipe_is_kept() {
        let hints = Hints::default();
        let pie: RecipeId = "pie".parse().unwrap();
        for revision in 1..=9 {
            hints.note(&pie, revision);
        }
        assert_eq!(hints.gathered().await, [(pie, 9)].into());
    }
}
