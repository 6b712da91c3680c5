//! Edge membership by heartbeats that expire: each edge sends its own and learns of the others. It decides who
//! is in charge of which shard; a wrong view costs a second look, never a prompt.

use std::sync::Arc;

use runtime::redis::Failure;
use tokio::time::sleep;
use tracing::debug;

use super::{
    super::{Tasks, record::EdgeId},
    RedisSchedule,
    inbox::EdgeMessage,
};

pub(super) async fn work(schedule: Arc<RedisSchedule>, tasks: Tasks) {
    let mut known = Known::default();
    loop {
        if let Err(failure) = heartbeat(&schedule, &mut known).await {
            debug!(%failure, "no sign of life could be given");
        }
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => break,
            () = schedule.members_changed.notified() => {}
            () = return_of(&schedule) => {}
            () = sleep(schedule.config.heartbeat / 3) => {}
        }
    }
    if let Err(failure) = leave(&schedule, &known).await {
        debug!(%failure, "the other edges find out by themselves that this one left");
    }
}

#[derive(Default)]
struct Known {
    /// Whether this edge gave a sign of life before.
    announced: bool,
    others: Vec<EdgeId>,
}

/// Resolves when the store comes back; never while it stays.
async fn return_of(schedule: &RedisSchedule) {
    schedule.store.wait_until(false).await;
    schedule.store.wait_until(true).await;
}

/// Sends a heartbeat, and learns which other edges do.
async fn heartbeat(schedule: &RedisSchedule, known: &mut Known) -> Result<(), Failure> {
    let answer = schedule
        .store
        .heartbeat(&schedule.edge, schedule.config.heartbeat)
        .await?;
    if known.announced && !answer.was_alive {
        // It had lapsed: whatever else lapsed, write it anew.
        schedule.repairs.order_all();
    }
    let mut others = answer.members;
    others.retain(|member| *member != schedule.edge);
    let members = look_up(schedule, others, known).await?;
    if !std::mem::replace(&mut known.announced, true) {
        notify_members(schedule, known);
    }
    schedule.membership.send_if_modified(|membership| {
        let changed = *membership != members;
        *membership = members;
        changed
    });
    Ok(())
}

/// Finds out who of the others is there; gives all that are, this edge included.
async fn look_up(
    schedule: &RedisSchedule,
    others: Vec<EdgeId>,
    known: &mut Known,
) -> Result<Vec<EdgeId>, Failure> {
    let alive = schedule.store.alive(&others).await?;
    let mut gone = Vec::new();
    known.others.clear();
    for (other, alive) in others.into_iter().zip(alive) {
        match alive {
            true => known.others.push(other),
            false => gone.push(other),
        }
    }
    let mut members = known.others.clone();
    members.push(schedule.edge.clone());
    members.sort();
    if !gone.is_empty() {
        schedule.store.remove_members(&gone).await?;
    }
    Ok(members)
}

/// Frees the shards of this edge for the others at once.
async fn leave(schedule: &RedisSchedule, known: &Known) -> Result<(), Failure> {
    schedule.store.leave(&schedule.edge).await?;
    let members_changed: Vec<(EdgeId, String)> = known
        .others
        .iter()
        .map(|other| (other.clone(), EdgeMessage::MembersChanged.to_line()))
        .collect();
    schedule.store.send(&members_changed).await
}

/// Has the others look at once who is there.
fn notify_members(schedule: &RedisSchedule, known: &Known) {
    for other in &known.others {
        schedule.post(other.clone(), EdgeMessage::MembersChanged);
    }
}
