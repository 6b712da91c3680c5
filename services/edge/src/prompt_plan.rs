//! When each session of this edge is asked for a fresh token, where the tokens of many end together: each at its fixed
//! point while auth can answer so many, the others a little earlier, never later. Pure but for the lock: the time and
//! the number of prompts that may go out come in by argument.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How finely prompts are spread.
pub(crate) const SLOT: Duration = Duration::from_millis(100);
/// How many slots a second has.
const SLOTS_IN_A_SECOND: u32 = 10;
/// How much earlier than the fixed point a session is asked at most.
pub(crate) const MAX_EARLIER: Duration = Duration::from_secs(30);

/// How many prompts are planned, by tenths of a second.
#[derive(Debug)]
pub(crate) struct PromptPlan {
    began: Instant,
    /// Only slots for which something is planned.
    slots: Mutex<HashMap<u64, u32>>,
}

/// One planned prompt; given back when dropped.
#[derive(Debug)]
pub(crate) struct PlannedPrompt {
    slot: u64,
    earlier: Duration,
    plan: Arc<PromptPlan>,
}

/// How many prompts this edge may send in a slot, when all edges together may send so many a second; `None`: no limit.
pub(crate) fn in_a_slot(rate: u32, edges: usize) -> Option<u32> {
    let edges = u32::try_from(edges.max(1)).unwrap_or(u32::MAX);
    let slots = SLOTS_IN_A_SECOND.saturating_mul(edges);
    (rate > 0).then(|| rate.div_ceil(slots))
}

impl PromptPlan {
    /// Nothing is planned yet.
    pub(crate) fn new(began: Instant) -> Arc<Self> {
        Arc::new(Self {
            began,
            slots: Mutex::default(),
        })
    }

    /// Plans the prompt of a session whose fixed point is `ask_at`: in the latest slot until then that has room, or in the
    /// emptiest one when none has. Not earlier than half-way from now, nor than [`MAX_EARLIER`].
    pub(crate) fn plan(
        self: &Arc<Self>,
        ask_at: Instant,
        now: Instant,
        in_a_slot: Option<u32>,
    ) -> PlannedPrompt {
        let fixed = self.slot_of(ask_at);
        let window = (ask_at.saturating_duration_since(now) / 2).min(MAX_EARLIER);
        let mut slots = self.slots();
        let slot = match in_a_slot {
            Some(room) => choose(&slots, fixed, window, room),
            None => fixed,
        };
        *slots.entry(slot).or_default() += 1;
        drop(slots);
        PlannedPrompt {
            slot,
            earlier: SLOT * u32::try_from(fixed - slot).unwrap_or_default(),
            plan: Arc::clone(self),
        }
    }

    fn slot_of(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began);
        u64::try_from(since.as_millis() / SLOT.as_millis()).unwrap_or(u64::MAX)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<u64, u32>> {
        // Nothing panics while it is held.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The latest slot with room, or else the emptiest one, and of those the latest.
fn choose(slots: &HashMap<u64, u32>, fixed: u64, window: Duration, room: u32) -> u64 {
    let back = u64::try_from(window.as_millis() / SLOT.as_millis()).unwrap_or_default();
    let planned = |slot: u64| slots.get(&slot).copied().unwrap_or_default();
    let candidates = || (fixed.saturating_sub(back)..=fixed).rev();
    candidates()
        .find(|slot| planned(*slot) < room)
        .or_else(|| candidates().min_by_key(|slot| planned(*slot)))
        .unwrap_or(fixed)
}

impl PlannedPrompt {
    /// How much earlier than at the fixed point the session is asked.
    pub(crate) fn earlier(&self) -> Duration {
        self.earlier
    }
}

impl Drop for PlannedPrompt {
    fn drop(&mut self) {
        let mut slots = self.plan.slots();
        if let Some(planned) = slots.get_mut(&self.slot) {
            *planned -= 1;
            if *planned == 0 {
                slots.remove(&self.slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIFE: Duration = Duration::from_secs(840);

    fn plan_many(plan: &Arc<PromptPlan>, count: usize, room: Option<u32>) -> Vec<PlannedPrompt> {
        let now = plan.began;
        (0..count)
            .map(|_| plan.plan(now + LIFE, now, room))
            .collect()
    }

    /// How many are asked in each second before the fixed point, the last one first.
    fn by_second(planned: &[PlannedPrompt]) -> Vec<usize> {
        let mut seconds = vec![0; 31];
        for prompt in planned {
            seconds[prompt.earlier().as_secs() as usize] += 1;
        }
        seconds
    }

    #[test]
    fn so_many_prompts_of_one_moment_as_may_go_out_are_not_moved() {
        let plan = PromptPlan::new(Instant::now());
        let few = plan_many(&plan, 100, in_a_slot(1000, 1));
        assert!(few.iter().all(|prompt| prompt.earlier() == Duration::ZERO));
        let next = plan_many(&plan, 1, in_a_slot(1000, 1));
        assert_eq!(next[0].earlier(), SLOT);
    }

    #[test]
    fn twenty_thousand_of_one_second_are_asked_over_twenty_seconds_and_none_later() {
        let plan = PromptPlan::new(Instant::now());
        let planned = plan_many(&plan, 20_000, in_a_slot(1000, 1));
        let seconds = by_second(&planned);
        assert_eq!(seconds[..20], [1000; 20]);
        assert_eq!(seconds[20..], [0; 11]);
    }

    #[test]
    fn beyond_what_the_window_holds_they_are_spread_evenly() {
        let plan = PromptPlan::new(Instant::now());
        let planned = plan_many(&plan, 60_200, in_a_slot(1000, 1));
        assert_eq!(by_second(&planned)[..30], [2_000; 30]);
        assert!(planned.iter().all(|prompt| prompt.earlier() <= MAX_EARLIER));
    }

    #[test]
    fn a_short_life_is_not_made_shorter_than_by_half() {
        let (began, plan) = {
            let now = Instant::now();
            (now, PromptPlan::new(now))
        };
        let ask_at = began + 4 * SECOND;
        let prompts: Vec<_> = (0..100)
            .map(|_| plan.plan(ask_at, began, Some(1)))
            .collect();
        let earliest = prompts.iter().map(PlannedPrompt::earlier).max();
        assert_eq!(earliest, Some(2 * SECOND));
        // What is due already is asked for at once.
        assert_eq!(plan.plan(began, ask_at, Some(1)).earlier(), Duration::ZERO);
    }

    #[test]
    fn whoever_goes_or_comes_back_makes_room() {
        let plan = PromptPlan::new(Instant::now());
        drop(plan_many(&plan, 500, Some(1)));
        assert!(plan.slots().is_empty());
        assert_eq!(plan_many(&plan, 1, Some(1))[0].earlier(), Duration::ZERO);
    }

    #[test]
    fn edges_share_what_may_go_out_and_zero_is_no_limit() {
        assert_eq!(in_a_slot(1000, 1), Some(100));
        assert_eq!(in_a_slot(1000, 4), Some(25));
        assert_eq!(in_a_slot(1000, 1000), Some(1));
        assert_eq!(in_a_slot(1000, 0), Some(100));
        assert_eq!(in_a_slot(0, 4), None);
        let plan = PromptPlan::new(Instant::now());
        let planned = plan_many(&plan, 5_000, None);
        assert_eq!(by_second(&planned)[0], 5_000);
    }
}
