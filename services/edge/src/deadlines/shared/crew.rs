//! Which edges there are: each gives a sign of life that lapses by itself, and learns of the others. It decides who
//! is in charge of which shard; a wrong view costs a second look, never a prompt.

use std::{sync::Arc, time::Duration};

use runtime::redis::{Cmd, Failure, FromRedisValue, Value, cmd};
use tokio::time::sleep;
use tracing::debug;

use super::{
    super::{Tasks, record::EdgeId},
    Desk,
    inbox::Note,
};

/// All edges that ever gave a sign of life and were not yet found gone.
const EDGES: &str = "rc:edges";
/// What an edge says of itself.
const CLAIMS: &str = "claims";
const OWNS_ONLY: &str = "owns";

pub(super) async fn work(desk: Arc<Desk>, tasks: Tasks) {
    let mut known = Known::default();
    loop {
        if let Err(failure) = call_the_roll(&desk, &mut known).await {
            debug!(%failure, "no sign of life could be given");
        }
        tokio::select! {
            () = sleep(desk.config.heartbeat / 3) => {}
            () = desk.muster.notified() => {}
            () = return_of(&desk) => {}
            () = tasks.closing() => break,
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

/// Resolves when Redis comes back; never while it stays.
async fn return_of(desk: &Desk) {
    let mut up = desk.redis.watch();
    up.wait_for(|up| !up).await.ok();
    up.wait_for(|up| *up).await.ok();
}

/// Gives a sign of life, and looks who else does.
async fn call_the_roll(desk: &Desk, known: &mut Known) -> Result<(), Failure> {
    let edge = desk.edge.as_str();
    let says = if desk.config.claims {
        CLAIMS
    } else {
        OWNS_ONLY
    };
    let mut answers = desk
        .redis
        .run_all(&[
            sign_of_life(desk, says),
            enlist(edge),
            command(&["SMEMBERS", EDGES]),
        ])
        .await?
        .into_iter();
    let mut next = || answers.next().unwrap_or(Ok(Value::Nil));
    let before = next()?;
    next()?;
    let members: Vec<String> = read(next()?)?;
    if known.enlisted && before == Value::Nil {
        // It had lapsed: whatever else lapsed, write it anew.
        desk.repairs.order_all();
    }
    let others: Vec<EdgeId> = members
        .iter()
        .filter(|member| *member != edge)
        .map(|member| EdgeId::stored(member))
        .collect();
    let claimers = look_up(desk, &others, known).await?;
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
    others: &[EdgeId],
    known: &mut Known,
) -> Result<Vec<EdgeId>, Failure> {
    let questions: Vec<Cmd> = others
        .iter()
        .map(|other| command(&["GET", &heartbeat_key(other)]))
        .collect();
    let answers = if questions.is_empty() {
        Vec::new()
    } else {
        desk.redis.run_all(&questions).await?
    };
    let mut claimers: Vec<EdgeId> = desk
        .config
        .claims
        .then(|| desk.edge.clone())
        .into_iter()
        .collect();
    let mut gone = vec!["SREM", EDGES];
    known.others.clear();
    for (other, answer) in others.iter().zip(answers) {
        match read::<Option<String>>(answer?)?.as_deref() {
            None => gone.push(other.as_str()),
            Some(says) => {
                known.others.push(other.clone());
                if says == CLAIMS {
                    claimers.push(other.clone());
                }
            }
        }
    }
    claimers.sort();
    if gone.len() > 2 {
        desk.redis.run::<u64>(&command(&gone)).await?;
    }
    Ok(claimers)
}

/// Frees the shards of this edge for the others at once.
async fn leave(desk: &Desk, known: &Known) -> Result<(), Failure> {
    let edge = &desk.edge;
    desk.redis
        .run_all(&[
            command(&["DEL", &heartbeat_key(edge)]),
            command(&["SREM", EDGES, edge.as_str()]),
        ])
        .await?;
    let muster: Vec<Cmd> = known
        .others
        .iter()
        .map(|other| Note::Muster.publication(&desk.redis, other))
        .collect();
    desk.redis.run_all(&muster).await?;
    Ok(())
}

/// Has the others look at once who is there.
fn muster_others(desk: &Desk, known: &Known) {
    for other in &known.others {
        desk.post(other.clone(), Note::Muster);
    }
}

/// Answers what it said before, which tells whether it had lapsed.
fn sign_of_life(desk: &Desk, says: &str) -> Cmd {
    let lifetime: Duration = desk.config.heartbeat;
    let mut command = command(&["SET", &heartbeat_key(&desk.edge), says, "PX"]);
    let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    command.arg(millis.max(1)).arg("GET");
    command
}

fn enlist(edge: &str) -> Cmd {
    command(&["SADD", EDGES, edge])
}

fn heartbeat_key(edge: &EdgeId) -> String {
    format!("rc:edge:{edge}")
}

fn command(parts: &[&str]) -> Cmd {
    let mut command = cmd(parts.first().copied().unwrap_or_default());
    command.arg(parts.get(1..).unwrap_or_default());
    command
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, Failure> {
    T::from_redis_value(value).map_err(Failure::Unexpected)
}
