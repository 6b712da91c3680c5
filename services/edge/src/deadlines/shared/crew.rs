//! Which edges there are: each gives a sign of life that lapses by itself, and learns of the others. It decides who
//! is in charge of which shard; a wrong view costs a second look, never a prompt.

use std::sync::Arc;

use runtime::redis::Failure;
use tokio::time::sleep;
use tracing::debug;

use super::{
    super::{Tasks, record::EdgeId},
    Desk,
    inbox::Note,
    store::Duty,
};

pub(super) async fn work(desk: Arc<Desk>, tasks: Tasks) {
    let mut known = Known::default();
    loop {
        if let Err(failure) = call_the_roll(&desk, &mut known).await {
            debug!(%failure, "no sign of life could be given");
        }
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => break,
            () = desk.muster.notified() => {}
            () = return_of(&desk) => {}
            () = sleep(desk.config.heartbeat / 3) => {}
        }
    }
    if let Err(failure) = leave(&desk, &known).await {
        debug!(%failure, "the other edges find out by themselves that this one left");
    }
}

#[derive(Default)]
struct Known {
    /// Whether this edge gave a sign of life before.
    enlisted: bool,
    others: Vec<EdgeId>,
}

/// Resolves when the store comes back; never while it stays.
async fn return_of(desk: &Desk) {
    desk.store.becomes(false).await;
    desk.store.becomes(true).await;
}

/// Gives a sign of life, and looks who else does.
async fn call_the_roll(desk: &Desk, known: &mut Known) -> Result<(), Failure> {
    let duty = if desk.config.claims {
        Duty::Claims
    } else {
        Duty::OwnsOnly
    };
    let roll = desk
        .store
        .enlist(&desk.edge, duty, desk.config.heartbeat)
        .await?;
    if known.enlisted && !roll.was_alive {
        // It had lapsed: whatever else lapsed, write it anew.
        desk.repairs.order_all();
    }
    let mut others = roll.members;
    others.retain(|member| *member != desk.edge);
    let claimers = look_up(desk, others, known).await?;
    if !std::mem::replace(&mut known.enlisted, true) {
        muster_others(desk, known);
    }
    desk.crew.send_if_modified(|crew| {
        let changed = *crew != claimers;
        *crew = claimers;
        changed
    });
    Ok(())
}

/// Finds out who of the others is there, and which edges claim.
async fn look_up(
    desk: &Desk,
    others: Vec<EdgeId>,
    known: &mut Known,
) -> Result<Vec<EdgeId>, Failure> {
    let duties = desk.store.duties(&others).await?;
    let mut claimers = Vec::new();
    if desk.config.claims {
        claimers.push(desk.edge.clone());
    }
    let mut gone = Vec::new();
    known.others.clear();
    for (other, duty) in others.into_iter().zip(duties) {
        match duty {
            None => gone.push(other),
            Some(Duty::OwnsOnly) => known.others.push(other),
            Some(Duty::Claims) => {
                claimers.push(other.clone());
                known.others.push(other);
            }
        }
    }
    claimers.sort();
    if !gone.is_empty() {
        desk.store.strike(&gone).await?;
    }
    Ok(claimers)
}

/// Frees the shards of this edge for the others at once.
async fn leave(desk: &Desk, known: &Known) -> Result<(), Failure> {
    desk.store.leave(&desk.edge).await?;
    let muster: Vec<(EdgeId, String)> = known
        .others
        .iter()
        .map(|other| (other.clone(), Note::Muster.to_line()))
        .collect();
    desk.store.send(&muster).await
}

/// Has the others look at once who is there.
fn muster_others(desk: &Desk, known: &Known) {
    for other in &known.others {
        desk.post(other.clone(), Note::Muster);
    }
}
