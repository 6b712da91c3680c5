//! Hears of revoked and reviewed login sessions, by two ways that each suffice: a stream from the auth service, and the
//! marks that it leaves in Redis.

use std::{sync::Arc, time::Duration};

use proto::ids::LoginSessionId;
use runtime::{
    clock::Timestamp,
    lifecycle::Lifecycle,
    redis::{Followed, Redis, SelfTest, StreamEntry},
};
use tokio::{
    select,
    time::{Instant, sleep},
};
use tracing::{info, warn};

use crate::{
    edge::Edge,
    metrics,
    upstream::auth::{AuthError, SessionMark},
};

/// How long until the auth service's stream is opened again.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// The stream of marks in Redis, written by the auth service.
const MARKS: &str = "rc:revocations";
/// How many marks may wait to be read.
const MAX_QUEUED: usize = 1024;
/// The fields of a mark: the login session that was revoked, or is under review, and when.
const REVOKED: &str = "session";
const REVIEWED: &str = "review";
/// The field of a mark that is about all login sessions.
const ALL_REVIEWED: &str = "review_all";
const AT: &str = "at";

/// What this does with Redis, to be tried before it is relied on.
pub(crate) fn redis_self_test(rest: SelfTest) -> SelfTest {
    rest.stream(MARKS)
}

/// Follows revocations until everything ends.
pub(crate) async fn follow(edge: Arc<Edge>, redis: Option<Redis>, lifecycle: Lifecycle) {
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
        sleep(RETRY_DELAY).await;
    }
}

async fn watch(edge: &Edge) -> Result<(), AuthError> {
    let mut revocations = edge.auth.revocations().await?;
    loop {
        let mark = revocations.next().await?;
        apply(edge, &mark);
    }
}

/// Closes the connections of a login session that was revoked so long ago. Whoever hears of it first does and measures it:
/// who comes later finds none that is open.
pub(crate) fn close(edge: &Edge, login: &LoginSessionId, lag: Duration, now: Instant) {
    for _ in 0..edge.registry.revoke(login, now) {
        metrics::count_revoked(lag);
    }
}

/// Each mark comes at least twice, and again after a break: the registry acts on what is new.
fn apply(edge: &Edge, mark: &SessionMark) {
    let now = Instant::now();
    match mark {
        SessionMark::Revoked(login, at) => {
            info!(login.session.id = %login, "login session revoked");
            close(edge, login, edge.clock.now().since(*at), now);
        }
        SessionMark::Reviewed(login, at) => {
            let asked = edge.registry.review(login, *at, now);
            info!(login.session.id = %login, asked, "login session under review");
        }
        SessionMark::AllReviewed(at) => {
            let asked = edge.registry.review_all(*at);
            info!(asked, "every login session is under review");
        }
    }
}

/// Marks are read forward from the oldest that Redis keeps, so that none is missed, also after a break.
async fn follow_marks(edge: &Edge, redis: &Redis) {
    let mut marks = redis.follow_stream(MARKS, "0", MAX_QUEUED);
    let mut has_begun = false;
    loop {
        match marks.next().await {
            Followed::Entry(entry) => match read_mark(&entry) {
                Some(mark) => apply(edge, &mark),
                None => warn!(entry = %entry.id, "a revocation mark names no session"),
            },
            // The first one tells that reading begins.
            Followed::Gap if !has_begun => has_begun = true,
            Followed::Gap => warn!("Redis was away: revocation marks may have been missed there"),
        }
    }
}

fn read_mark(entry: &StreamEntry) -> Option<SessionMark> {
    let field = |name: &str| {
        let (_, value) = entry.fields.iter().find(|(field, _)| field == name)?;
        std::str::from_utf8(value).ok()
    };
    let at = field(AT).and_then(|text| text.parse().ok());
    let at = at.map(Timestamp::from_unix_millis);
    if let Some(login) = field(REVOKED) {
        // When is only measured by: without it the session is revoked all the same.
        let at = at.unwrap_or(Timestamp::from_unix_millis(0));
        return Some(SessionMark::Revoked(login.parse().ok()?, at));
    }
    match field(REVIEWED) {
        Some(login) => Some(SessionMark::Reviewed(login.parse().ok()?, at?)),
        None => field(ALL_REVIEWED).and(at).map(SessionMark::AllReviewed),
    }
}
