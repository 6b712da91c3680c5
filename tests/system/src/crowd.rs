//! Thousands of clients in one process, light ones, each behaving as a good client does: for scenarios with
//! faults, and for the load generator. They judge the rules of sessions themselves and measure what happens;
//! what was said is judged by a history.

mod connection_run;
mod cook;
mod event_log;
mod line;
mod report;
mod rules;
mod speaker;
mod token_cache;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use self::cook::ClientState;
pub use self::{
    cook::Cook,
    report::{Figures, Report, Spread, Violation},
    rules::Broken,
    speaker::SpeakingPlan,
    token_cache::TokenCache,
};
use crate::{account::Account, http::Api, timeouts::within_at_most};

/// Some clients at work.
#[derive(Debug)]
pub struct Crowd {
    source: Ipv4Addr,
    report: Report,
    present: watch::Sender<usize>,
    stop: CancellationToken,
    cooks: JoinSet<()>,
}

impl Crowd {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::from_address(Ipv4Addr::UNSPECIFIED)
    }

    /// Nobody yet, of those who will connect from this address: one address has some ten thousand ports for connections to
    /// one edge.
    pub fn from_address(source: Ipv4Addr) -> Self {
        Self {
            source,
            report: Report::default(),
            present: watch::Sender::new(0),
            stop: CancellationToken::new(),
            cooks: JoinSet::new(),
        }
    }

    /// Lets cooks come, evenly spread over this time.
    pub fn invite(&mut self, cooks: impl ExactSizeIterator<Item = Cook>, over: Duration) {
        let step = over / u32::try_from(cooks.len().max(1)).unwrap_or(u32::MAX);
        for (number, cook) in (0u32..).zip(cooks) {
            let life = ClientState::new(
                cook,
                self.source,
                self.report.clone(),
                self.present.clone(),
                self.stop.clone(),
            );
            self.cooks.spawn(async move {
                sleep(step * number).await;
                life.live().await;
            });
        }
    }

    /// How many are signed in.
    pub fn present(&self) -> usize {
        *self.present.borrow()
    }

    /// Waits until so many are signed in at once.
    pub async fn until_present(&self, count: usize, time_limit: Duration) {
        let mut present = self.present.subscribe();
        let what = format!("{count} clients to be signed in");
        within_at_most(time_limit, &what, present.wait_for(|now| *now == count))
            .await
            .ok(); // The sender is ours.
    }

    /// Waits until at most so many are signed in.
    pub async fn until_gone(&self, count: usize, time_limit: Duration) {
        let mut present = self.present.subscribe();
        let what = format!("all but {count} clients to be gone");
        within_at_most(time_limit, &what, present.wait_for(|now| *now <= count))
            .await
            .ok(); // The sender is ours.
    }

    /// Waits until they were asked for fresh tokens so many times in all.
    pub async fn until_prompted(&self, count: usize, time_limit: Duration) {
        let what = format!("{count} prompts");
        self.until(&what, time_limit, |figures| figures.prompts.len() >= count)
            .await;
    }

    /// Waits until so many fresh tokens were accepted in all.
    pub async fn until_renewed(&self, count: usize, time_limit: Duration) {
        let what = format!("{count} renewals");
        self.until(&what, time_limit, |figures| figures.renewals.len() >= count)
            .await;
    }

    /// Waits until so many sessions went on over another connection in all.
    pub async fn until_resumed(&self, count: usize, time_limit: Duration) {
        let what = format!("{count} sessions to go on");
        self.until(&what, time_limit, |figures| figures.resumed >= count)
            .await;
    }

    /// Waits until so many messages were answered in all.
    pub async fn until_answered(&self, count: usize, time_limit: Duration) {
        let what = format!("{count} answers");
        self.until(&what, time_limit, |figures| figures.answers.len() >= count)
            .await;
    }

    async fn until(&self, what: &str, time_limit: Duration, done: impl Fn(&Figures) -> bool) {
        let reached = async {
            while !done(&self.report.figures()) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        within_at_most(time_limit, what, reached).await;
    }

    /// What it went through so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Waits until all have been answered and have left.
    ///
    /// # Panics
    /// When one of them found something that the contract does not allow.
    pub async fn leave(self) -> Report {
        self.stop.cancel();
        let time_limit = Duration::from_secs(60);
        within_at_most(time_limit, "everybody to leave", self.cooks.join_all()).await;
        self.report
    }
}

impl Default for Crowd {
    fn default() -> Self {
        Self::new()
    }
}

/// So many login sessions, whose tokens are refreshed at any of `edges`. They are made one after the other: a
/// password costs the auth service much on purpose.
pub async fn token_caches(count: usize, edges: &[SocketAddr], api: &Api) -> Vec<Arc<TokenCache>> {
    let mut token_caches = Vec::new();
    let mut edges = edges.to_vec();
    for _ in 0..count {
        let account = Account::register(api, "cook").await;
        token_caches.push(Arc::new(TokenCache::new(account, &edges, api)));
        // Each user asks another edge first.
        edges.rotate_left(1);
    }
    token_caches
}
