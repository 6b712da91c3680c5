//! Looks at shards in the order of the rota, and passes what it finds due on to the owners: its own connections at
//! once, those of other edges by a note.

use std::sync::Arc;

use futures_util::future::join_all;
use runtime::redis::{Call, Failure, Value};
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{
    super::{
        Tasks,
        book::{Claim, Claimed},
        record::{Issuer, Prompt},
    },
    Desk,
    inbox::Note,
    rota::{Found, Look, Rota},
    scripts,
};

/// How many shards are looked at in one round trip.
const TOGETHER: usize = 64;

pub(super) async fn work(desk: Arc<Desk>, tasks: Tasks) {
    let shards = desk.scripts.shards.count();
    let mut rota = Rota::new(desk.edge.clone(), &desk.config, shards, Instant::now());
    let mut crew = desk.crew.subscribe();
    loop {
        if !desk.redis.is_up() {
            tokio::select! {
                () = desk.reachable() => rota.restart(Instant::now()),
                () = tasks.closing() => return,
            }
        }
        let next = rota.next().unwrap_or_else(Instant::now);
        tokio::select! {
            () = sleep_until(next) => look(&desk, &mut rota).await,
            Ok(()) = crew.changed() => {
                rota.divide(&crew.borrow_and_update(), Instant::now());
            }
            () = tasks.closing() => return,
        }
    }
}

/// Looks at all that is due for it, in a few round trips at the same time.
async fn look(desk: &Desk, rota: &mut Rota) {
    let looks = rota.due(Instant::now());
    let answers = join_all(looks.chunks(TOGETHER).map(|looks| ask(desk, looks))).await;
    let now = Instant::now();
    for (look, answer) in looks.iter().zip(answers.into_iter().flatten()) {
        let found = take(desk, look, answer);
        rota.looked(look.shard, found, now, rand::random());
    }
}

async fn ask(desk: &Desk, looks: &[Look]) -> Vec<Result<Value, Failure>> {
    let calls: Vec<Call<'_>> = looks
        .iter()
        .map(|look| desk.scripts.claim(look, desk.config.lease))
        .collect();
    match desk.redis.scripts(&calls).await {
        Ok(answers) => answers,
        Err(failure) => looks.iter().map(|_| Err(failure.clone())).collect(),
    }
}

fn take(desk: &Desk, look: &Look, answer: Result<Value, Failure>) -> Found {
    let (claim, epoch) = match answer.and_then(scripts::claimed) {
        Ok(found) => found,
        Err(failure) => {
            debug!(%failure, shard = look.shard, "could not look for what is due");
            return Found::Nothing;
        }
    };
    desk.repairs.saw(look.shard, &epoch);
    let found = found(look, &claim);
    for claimed in claim.sessions {
        pass_on(desk, claimed);
    }
    found
}

fn found(look: &Look, claim: &Claim) -> Found {
    if look.max > 0 && claim.sessions.len() >= look.max {
        Found::Full
    } else {
        Found::Next(claim.next_in)
    }
}

fn pass_on(desk: &Desk, claimed: Claimed) {
    let (session, generation, reason) =
        (claimed.session.clone(), claimed.generation, claimed.reason);
    if claimed.owner == desk.edge {
        desk.metrics.claimed(Issuer::OwnNode, &claimed);
        desk.owners.prompt(Prompt {
            session,
            generation,
            issuer: Issuer::OwnNode,
            reason,
        });
    } else {
        desk.metrics.claimed(Issuer::OtherNode, &claimed);
        let note = Note::Prompt {
            session,
            generation,
            reason,
        };
        desk.post(claimed.owner, note);
    }
}
