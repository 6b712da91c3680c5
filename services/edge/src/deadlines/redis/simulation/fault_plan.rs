//! What goes wrong in a run, and when: drawn from the seed before the run begins, so that the oracle can tell what may
//! be expected at any time.

use std::time::Duration;

use rand::{RngExt as _, rngs::SmallRng};
use tokio::time::Instant;

use super::edge::DRAIN_TIMEOUT;

/// Nothing goes wrong before and after this.
const FIRST: Duration = Duration::from_secs(20);
const LAST: Duration = Duration::from_secs(110);

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub(super) struct FaultWindow {
    pub(super) from: Instant,
    pub(super) until: Instant,
    pub(super) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A primary is away, and comes back with what it had some time before it went; `None`: with nothing.
    Away {
        primary: usize,
        older_by: Option<Duration>,
    },
    /// A primary loses everything, without a break.
    Emptied { primary: usize },
    /// A primary's clock jumps.
    ClockJump {
        primary: usize,
        ahead: bool,
        by: Duration,
    },
    /// Nobody hears what is published.
    Silence,
    /// Each round trip takes longer.
    Slow { primary: usize, by: Duration },
    /// Some messages are lost.
    Loss { of_thousand: u32 },
    /// An edge cannot reach Redis.
    Cut { place: usize },
    /// An edge dies, and another one comes in its place.
    Crash { place: usize },
    /// An edge drains and ends in order, and another one comes in its place.
    Leave { place: usize },
    /// An edge does nothing for a while.
    Freeze { place: usize },
    /// The machine of an edge is suspended: meanwhile the edge's timers stand still.
    Sleep { place: usize },
    /// The auth service cannot be asked.
    NoAuth,
    /// The chat service cannot be asked.
    NoChat,
}

#[derive(Debug)]
pub(super) struct FaultPlan {
    pub(super) windows: Vec<FaultWindow>,
    /// When an operator has everybody asked.
    pub(super) review: Option<Instant>,
    is_cluster: bool,
}

impl FaultPlan {
    /// Fair in one run of four.
    pub(super) fn draw(rng: &mut SmallRng, edges: usize, primaries: usize) -> Self {
        let now = Instant::now();
        let count = if rng.random_range(0..4) == 0 {
            0
        } else {
            rng.random_range(1..8)
        };
        let windows = (0..count).map(|_| {
            let (kind, longest) = draw(rng, edges, primaries);
            let from = rng.random_range(FIRST.as_millis()..LAST.as_millis() - 2_000);
            let room = LAST.as_millis() - from;
            let longest = longest.as_millis().min(room);
            let lasts = rng.random_range(0..=longest);
            let moment = |millis: u128| now + Duration::from_millis(millis.try_into().unwrap());
            FaultWindow {
                from: moment(from),
                until: moment(from + lasts),
                kind,
            }
        });
        let mut windows: Vec<FaultWindow> = windows.collect();
        windows.sort_by_key(|window| window.from);
        let review = (rng.random_range(0..2) == 0)
            .then(|| now + Duration::from_millis(rng.random_range(20_000..150_000)));
        Self {
            windows,
            review,
            is_cluster: primaries > 1,
        }
    }

    /// Whether nothing is wrong all that time.
    pub(super) fn is_calm(&self, from: Instant, until: Instant) -> bool {
        !self
            .windows
            .iter()
            .any(|window| window.touches(from, until))
    }

    /// Whether nothing is wrong with Redis and the ways to it all that time.
    pub(super) fn is_redis_calm(&self, from: Instant, until: Instant) -> bool {
        let edges_only = |kind| {
            matches!(
                kind,
                FaultKind::Crash { .. }
                    | FaultKind::Leave { .. }
                    | FaultKind::Freeze { .. }
                    | FaultKind::Sleep { .. }
                    | FaultKind::NoAuth
                    | FaultKind::NoChat
            )
        };
        !self
            .windows
            .iter()
            .any(|window| !edges_only(window.kind) && window.touches(from, until))
    }

    /// Whether the auth service could be asked all that time.
    pub(super) fn has_auth(&self, from: Instant, until: Instant) -> bool {
        self.is_free_of(FaultKind::NoAuth, from, until)
    }

    /// Whether newcomers could be let in all that time.
    pub(super) fn has_services(&self, from: Instant, until: Instant) -> bool {
        self.has_auth(from, until) && self.is_free_of(FaultKind::NoChat, from, until)
    }

    /// Whether some edge did nothing for a while in that time.
    pub(super) fn froze(&self, from: Instant, until: Instant) -> bool {
        let mut windows = self.windows.iter();
        windows.any(|window| {
            let stands_still = matches!(
                window.kind,
                FaultKind::Freeze { .. } | FaultKind::Sleep { .. }
            );
            stands_still && window.touches(from, until)
        })
    }

    /// Whether some edge told its clients to go elsewhere in that time.
    pub(super) fn drained(&self, from: Instant, until: Instant) -> bool {
        let mut windows = self.windows.iter();
        windows.any(|window| {
            let drains = matches!(window.kind, FaultKind::Leave { .. });
            drains && window.from <= until && window.until + DRAIN_TIMEOUT >= from
        })
    }

    /// Whether Redis came back with something older than it had known.
    pub(super) fn was_set_back_before(&self, now: Instant) -> bool {
        let older =
            |kind| matches!(kind, FaultKind::Away { older_by: Some(by), .. } if !by.is_zero());
        let mut windows = self.windows.iter();
        windows.any(|window| older(window.kind) && window.until <= now)
    }

    fn is_free_of(&self, kind: FaultKind, from: Instant, until: Instant) -> bool {
        let mut windows = self.windows.iter();
        !windows.any(|window| window.kind == kind && window.touches(from, until))
    }

    /// Whether something was lost after `since` that nobody can notice, so that it is only made good by the next
    /// write of each session.
    pub(super) fn lost_unnoticed(&self, since: Instant, now: Instant) -> bool {
        let unnoticed = |kind| match kind {
            FaultKind::ClockJump { .. } => true,
            // The clients of a cluster mend their connections by themselves, and the epoch is as it was.
            FaultKind::Away { older_by, .. } => older_by.is_some() && self.is_cluster,
            _ => false,
        };
        self.windows
            .iter()
            .any(|window| unnoticed(window.kind) && window.from < now && window.until >= since)
    }
}

impl FaultWindow {
    fn touches(&self, from: Instant, until: Instant) -> bool {
        self.from <= until && self.until >= from
    }
}

/// Some kind, and how long it lasts at most.
fn draw(rng: &mut SmallRng, edges: usize, primaries: usize) -> (FaultKind, Duration) {
    let primary = rng.random_range(0..primaries);
    let place = rng.random_range(0..edges);
    let seconds = Duration::from_secs;
    match rng.random_range(0..16) {
        0 => {
            let older_by = None;
            (FaultKind::Away { primary, older_by }, seconds(120))
        }
        1 => {
            let older_by = Some(Duration::ZERO);
            (FaultKind::Away { primary, older_by }, seconds(120))
        }
        // A failover.
        2 => {
            let older_by = Some(seconds(1));
            (FaultKind::Away { primary, older_by }, seconds(3))
        }
        // An old copy is restored.
        3 => {
            let older_by = Some(seconds(rng.random_range(5..40)));
            (FaultKind::Away { primary, older_by }, seconds(5))
        }
        4 => (FaultKind::Emptied { primary }, Duration::ZERO),
        5 => {
            let by = Duration::from_millis(1 << rng.random_range(8..22));
            let ahead = rng.random();
            (FaultKind::ClockJump { primary, ahead, by }, Duration::ZERO)
        }
        6 => (FaultKind::Silence, seconds(60)),
        7 => {
            let by = Duration::from_millis(rng.random_range(100..800));
            (FaultKind::Slow { primary, by }, seconds(60))
        }
        8 => {
            let of_thousand = rng.random_range(10..300);
            (FaultKind::Loss { of_thousand }, seconds(60))
        }
        9 => (FaultKind::Cut { place }, seconds(90)),
        10 => (FaultKind::Crash { place }, seconds(20)),
        11 => (FaultKind::Leave { place }, seconds(20)),
        12 => (FaultKind::Freeze { place }, seconds(60)),
        13 => (FaultKind::Sleep { place }, seconds(60)),
        14 => (FaultKind::NoAuth, seconds(20)),
        _ => (FaultKind::NoChat, seconds(80)),
    }
}
