//! What [`Presence`] says, told to the edges that are attached when it is time. One lock, one task.

use std::{
    future::pending,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use proto::ids::RecipeId;
use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{Change, LinkId, Presence, Present};

/// Who is on which recipe, for all links of this replica.
#[derive(Debug, Default)]
pub(crate) struct PresenceBoard {
    presence: Mutex<Presence>,
    links: AtomicU64,
    /// Rung when somebody must be told sooner than it was known.
    sooner: Notify,
}

impl PresenceBoard {
    /// Names a link that has opened.
    pub(crate) fn open_link(&self) -> LinkId {
        LinkId(self.links.fetch_add(1, Ordering::Relaxed))
    }

    /// Takes in what an edge tells of a recipe that is attached on its link.
    pub(crate) fn change(&self, link: LinkId, recipe: &RecipeId, change: Change) {
        self.with(|presence, now| presence.change(link, recipe, change, now));
    }

    /// A recipe is attached no more on a link.
    pub(crate) fn leave(&self, link: LinkId, recipe: &RecipeId) {
        self.with(|presence, now| presence.leave(link, recipe, now));
    }

    /// How many people there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().count()
    }

    /// Gives what edges must be told to `tell`, when it is time; never returns.
    pub(crate) async fn run(&self, tell: impl Fn(&RecipeId, Present)) {
        loop {
            let sooner = self.sooner.notified();
            let due = self.lock().next_due();
            let time = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            select! {
                () = time => {}
                () = sooner => continue,
            }
            let told = self.lock().due(Instant::now());
            for (recipe, present) in told {
                tell(&recipe, present);
            }
        }
    }

    fn with(&self, change: impl FnOnce(&mut Presence, Instant)) {
        let mut presence = self.lock();
        let before = presence.next_due();
        change(&mut presence, Instant::now());
        let after = presence.next_due();
        drop(presence);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.sooner.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Presence> {
        // Nothing panics while it is held.
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
