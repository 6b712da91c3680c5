//! Takes up deletions of users that have begun and are not finished: an edge may have stopped in between, and those of
//! guests and by operators begin without one. Each step may be done twice.

use std::{sync::Arc, time::Duration};

use rand::RngExt as _;
use runtime::lifecycle::Lifecycle;
use tokio::{select, time::sleep};
use tracing::{info, warn};

use crate::{
    edge::Edge,
    upstream::{Principal, auth::AuthError},
};

/// How long each edge waits between two looks, at least; at most twice as long, so that edges take turns.
const INTERVAL: Duration = Duration::from_secs(20);

/// Looks for deletions until everything ends.
pub(crate) async fn take_up(edge: Arc<Edge>, lifecycle: Lifecycle) {
    loop {
        let pause = rand::rng().random_range(INTERVAL..=INTERVAL * 2);
        select! {
            () = lifecycle.stopping() => return,
            () = sleep(pause) => {}
        }
        select! {
            () = lifecycle.stopping() => return,
            () = finish_all(&edge) => {}
        }
    }
}

async fn finish_all(edge: &Edge) {
    let deletions = match edge.auth.deletions().await {
        Ok(deletions) => deletions,
        Err(error) => {
            warn!(%error, "it cannot be asked which users are being deleted");
            return;
        }
    };
    for user in deletions {
        finish(edge, &user).await;
    }
}

/// Has everything of a user deleted whose deletion has begun; tells whether it is all done. What is not done is taken up
/// later.
pub(crate) async fn finish(edge: &Edge, user: &Principal) -> bool {
    if let Err(error) = edge.chat.forget_user(user).await {
        warn!(user.id = %user.user, %error, "what a user has in recipes cannot be deleted now");
        return false;
    }
    match edge.auth.finish_deletion(&user.user).await {
        Ok(()) => {
            info!(user.id = %user.user, "a user is deleted");
            true
        }
        // Another edge was faster.
        Err(AuthError::Conflict(_)) => true,
        Err(error) => {
            warn!(user.id = %user.user, %error, "a user cannot be deleted now");
            false
        }
    }
}
