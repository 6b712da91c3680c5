//! Hears of revoked login sessions, by two ways that each suffice: a stream from the auth service, and the
//! marks that it leaves in Redis.

use std::{sync::Arc, time::Duration};

use proto::ids::LoginSessionId;
use runtime::{
    lifecycle::Lifecycle,
    redis::{Followed, Redis, StreamEntry},
};
use tokio::{
    select,
    time::{Instant, sleep},
};
use tracing::{info, warn};

use crate::{edge::Edge, upstream::auth::AuthError};

/// How long until the auth service's stream is opened again.
const PAUSE: Duration = Duration::from_millis(250);

/// The stream of marks in Redis, written by the auth service.
const MARKS: &str = "rc:revocations";
/// How many marks may wait to be read.
const MARKS_WAITING: usize = 1024;
/// The field of a mark that names the login session.
const MARK_SESSION: &str = "session";

/// Follows revocations until everything ends.
pub async fn follow(edge: Arc<Edge>, redis: Option<Redis>, lifecycle: Lifecycle) {
    let marks = async {
        match redis {
            Some(redis) => follow_marks(&edge, &redis).await,
            None => std::future::pending().await,
        }
    };
    select! {
        () = lifecycle.stopping() => {}
        () = follow_service(&edge) => {}
        () = marks => {}
    }
}

async fn follow_service(edge: &Edge) {
    loop {
        // Logged where the call is made, when it fails.
        watch(edge).await.err();
        sleep(PAUSE).await;
    }
}

async fn watch(edge: &Edge) -> Result<(), AuthError> {
    let mut revocations = edge.auth.revocations().await?;
    loop {
        let login = revocations.next().await?;
        revoke(edge, &login);
    }
}

fn revoke(edge: &Edge, login: &LoginSessionId) {
    info!(login.session.id = %login, "login session revoked");
    edge.registry.revoke(login, Instant::now());
}

/// Marks are read forward from the oldest that Redis keeps, so that none is missed, also after a break.
async fn follow_marks(edge: &Edge, redis: &Redis) {
    let mut marks = redis.follow_stream(MARKS, "0", MARKS_WAITING);
    loop {
        match marks.next().await {
            Followed::Entry(entry) => match read_mark(&entry) {
                Some(login) => revoke(edge, &login),
                None => warn!(entry = %entry.id, "a revocation mark names no session"),
            },
            Followed::Gap => warn!("revocation marks may have been missed"),
        }
    }
}

fn read_mark(entry: &StreamEntry) -> Option<LoginSessionId> {
    let (_, session) = entry
        .fields
        .iter()
        .find(|(field, _)| field == MARK_SESSION)?;
    std::str::from_utf8(session).ok()?.parse().ok()
}
