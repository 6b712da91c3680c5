//! Looks at shards in the order of the poll plan, and passes what it finds due on to the owners: its own connections at
//! once, those of other edges by a message.

use std::sync::Arc;

use futures_util::future::join_all;
use rand::{RngExt as _, rngs::SmallRng};
use runtime::redis::Failure;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{
    super::{
        Tasks,
        in_memory_schedule::{Claim, Claimed},
        record::Issuer,
    },
    RedisSchedule,
    inbox::EdgeMessage,
    poll_plan::{First, PollPlan, PollResult, ShardPoll},
    store::Claimable,
};

/// How many shards are looked at in one round trip.
const MAX_SHARDS_PER_CALL: usize = 64;
const RNG_STREAM: u64 = 1;

pub(super) async fn work(schedule: Arc<RedisSchedule>, tasks: Tasks) {
    let shards = schedule.shards.count();
    let mut poll_plan = PollPlan::new(
        schedule.edge.clone(),
        &schedule.config,
        shards,
        Instant::now(),
    );
    let mut rng = schedule.rng(RNG_STREAM);
    let mut membership = schedule.membership.subscribe();
    loop {
        if !schedule.store.is_up() {
            tokio::select! {
                biased;
                () = tasks.closing() => return,
                () = schedule.reachable() => poll_plan.restart(Instant::now()),
            }
        }
        let next = poll_plan.next().unwrap_or_else(Instant::now);
        tokio::select! {
            biased; // there may always be more to poll
            () = tasks.closing() => return,
            Ok(()) = membership.changed() => {
                poll_plan.assign(&membership.borrow_and_update(), Instant::now());
            }
            () = sleep_until(next) => poll(&schedule, &mut poll_plan, &mut rng).await,
        }
    }
}

/// Polls and peeks at all that is due for it, in a few round trips at the same time.
async fn poll(schedule: &RedisSchedule, poll_plan: &mut PollPlan, rng: &mut SmallRng) {
    let now = Instant::now();
    let (polls, peeks) = (poll_plan.due(now), poll_plan.peeks(now));
    let (answers, firsts) = tokio::join!(
        join_all(
            polls
                .chunks(MAX_SHARDS_PER_CALL)
                .map(|polls| ask(schedule, polls))
        ),
        peek(schedule, &peeks),
    );
    let now = Instant::now();
    for (poll, answer) in polls.iter().zip(answers.into_iter().flatten()) {
        let (found, first) = take(schedule, poll, answer);
        poll_plan.looked(poll.shard, found, first, now, rng.random());
    }
    for (shard, first) in peeks.iter().zip(firsts) {
        poll_plan.peeked(*shard, first.as_ref(), now);
    }
}

async fn peek(schedule: &RedisSchedule, shards: &[u16]) -> Vec<Option<First>> {
    if shards.is_empty() {
        return Vec::new();
    }
    match schedule.store.peek(shards).await {
        Ok(answers) => answers.into_iter().map(Result::ok).collect(),
        Err(_) => vec![None; shards.len()],
    }
}

async fn ask(schedule: &RedisSchedule, polls: &[ShardPoll]) -> Vec<Result<Claimable, Failure>> {
    match schedule.store.claim(polls, schedule.config.lease).await {
        Ok(answers) => answers,
        Err(failure) => polls.iter().map(|_| Err(failure.clone())).collect(),
    }
}

fn take(
    schedule: &RedisSchedule,
    poll: &ShardPoll,
    answer: Result<Claimable, Failure>,
) -> (PollResult, First) {
    let Claimable {
        claim,
        epoch,
        first,
    } = match answer {
        Ok(claimable) => claimable,
        Err(failure) => {
            debug!(%failure, shard = poll.shard, "could not poll for what is due");
            return (PollResult::Nothing, First::new());
        }
    };
    schedule.repairs.saw(poll.shard, &epoch);
    let found = found(poll, &claim);
    for claimed in claim.sessions {
        pass_on(schedule, claimed);
    }
    (found, first)
}

fn found(poll: &ShardPoll, claim: &Claim) -> PollResult {
    if poll.max > 0 && claim.sessions.len() >= poll.max {
        PollResult::Full
    } else {
        PollResult::Next(claim.next_in)
    }
}

fn pass_on(schedule: &RedisSchedule, claimed: Claimed) {
    let (session, generation) = (claimed.session.clone(), claimed.generation);
    if claimed.owner == schedule.edge {
        schedule.metrics.claimed(Issuer::OwnNode, &claimed);
        schedule.prompt(&session, generation, Issuer::OwnNode);
    } else {
        schedule.metrics.claimed(Issuer::OtherNode, &claimed);
        let note = EdgeMessage::Prompt {
            session,
            generation,
        };
        schedule.post(claimed.owner, note);
    }
}
