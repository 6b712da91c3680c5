//! Looks at shards in the order of the rota, and passes what it finds due on to the owners: its own connections at
//! once, those of other edges by a note.

use std::sync::Arc;

use futures_util::future::join_all;
use rand::{RngExt as _, rngs::SmallRng};
use runtime::redis::Failure;
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
    rota::{First, Found, Look, Rota},
    store::Claimable,
};

/// How many shards are looked at in one round trip.
const TOGETHER: usize = 64;
const DICE: u64 = 1;

pub(super) async fn work(desk: Arc<Desk>, tasks: Tasks) {
    let shards = desk.shards.count();
    let mut rota = Rota::new(desk.edge.clone(), &desk.config, shards, Instant::now());
    let mut dice = desk.dice(DICE);
    let mut crew = desk.crew.subscribe();
    loop {
        if !desk.store.is_up() {
            tokio::select! {
                biased;
                () = tasks.closing() => return,
                () = desk.reachable() => rota.restart(Instant::now()),
            }
        }
        let next = rota.next().unwrap_or_else(Instant::now);
        tokio::select! {
            biased; // there may always be more to look at
            () = tasks.closing() => return,
            Ok(()) = crew.changed() => {
                rota.divide(&crew.borrow_and_update(), Instant::now());
            }
            () = sleep_until(next) => look(&desk, &mut rota, &mut dice).await,
        }
    }
}

/// Looks and peeks at all that is due for it, in a few round trips at the same time.
async fn look(desk: &Desk, rota: &mut Rota, dice: &mut SmallRng) {
    let now = Instant::now();
    let (looks, peeks) = (rota.due(now), rota.peeks(now));
    let (answers, firsts) = tokio::join!(
        join_all(looks.chunks(TOGETHER).map(|looks| ask(desk, looks))),
        peek(desk, &peeks),
    );
    let now = Instant::now();
    for (look, answer) in looks.iter().zip(answers.into_iter().flatten()) {
        let (found, first) = take(desk, look, answer);
        rota.looked(look.shard, found, first, now, dice.random());
    }
    for (shard, first) in peeks.iter().zip(firsts) {
        rota.peeked(*shard, first.as_ref(), now);
    }
}

async fn peek(desk: &Desk, shards: &[u16]) -> Vec<Option<First>> {
    if shards.is_empty() {
        return Vec::new();
    }
    match desk.store.peek(shards).await {
        Ok(answers) => answers.into_iter().map(Result::ok).collect(),
        Err(_) => vec![None; shards.len()],
    }
}

async fn ask(desk: &Desk, looks: &[Look]) -> Vec<Result<Claimable, Failure>> {
    match desk.store.claim(looks, desk.config.lease).await {
        Ok(answers) => answers,
        Err(failure) => looks.iter().map(|_| Err(failure.clone())).collect(),
    }
}

fn take(desk: &Desk, look: &Look, answer: Result<Claimable, Failure>) -> (Found, First) {
    let Claimable {
        claim,
        epoch,
        first,
    } = match answer {
        Ok(claimable) => claimable,
        Err(failure) => {
            debug!(%failure, shard = look.shard, "could not look for what is due");
            return (Found::Nothing, First::new());
        }
    };
    desk.repairs.saw(look.shard, &epoch);
    let found = found(look, &claim);
    for claimed in claim.sessions {
        pass_on(desk, claimed);
    }
    (found, first)
}

fn found(look: &Look, claim: &Claim) -> Found {
    if look.max > 0 && claim.sessions.len() >= look.max {
        Found::Full
    } else {
        Found::Next(claim.next_in)
    }
}

fn pass_on(desk: &Desk, claimed: Claimed) {
    let (session, generation) = (claimed.session.clone(), claimed.generation);
    if claimed.owner == desk.edge {
        desk.metrics.claimed(Issuer::OwnNode, &claimed);
        desk.owners.prompt(Prompt {
            session,
            generation,
            issuer: Issuer::OwnNode,
        });
    } else {
        desk.metrics.claimed(Issuer::OtherNode, &claimed);
        let note = Note::Prompt {
            session,
            generation,
        };
        desk.post(claimed.owner, note);
    }
}
