//! The orders that the operators' port takes. The log tells each by the operator's name, and so does auth's audit: an order
//! is carried out whether or not auth can be told of it, and is told also when its operator does not wait for the answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use runtime::lifecycle::Lifecycle;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::warn;

use super::{Problem, Shared, access::Operator, collect};
use crate::{
    event_log::Filter,
    upstream::auth::{AuthClient, NotedOrder, OrderKind},
};

/// How many orders may wait to be noted.
const MAX_WAITING: usize = 64;
/// How long auth may take to note one; a drain waits for it.
const NOTE_TIMEOUT: Duration = Duration::from_secs(2);

/// Orders on their way to the audit.
pub(super) struct Notes {
    room: Arc<Semaphore>,
    lifecycle: Lifecycle,
}

impl Notes {
    /// None is under way. They go on until the lifecycle ends.
    pub(super) fn new(lifecycle: Lifecycle) -> Self {
        Self {
            room: Arc::new(Semaphore::new(MAX_WAITING)),
            lifecycle,
        }
    }

    /// Has an order noted, and then does what follows.
    fn note(&self, auth: AuthClient, order: NotedOrder, then: impl FnOnce() + Send + 'static) {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok();
        self.lifecycle.spawn(async move {
            write(&auth, &order, permit).await;
            then();
        });
    }
}

async fn write(auth: &AuthClient, order: &NotedOrder, permit: Option<OwnedSemaphorePermit>) {
    if permit.is_none() {
        return warn!(
            ?order,
            "too many orders wait to be noted, this one is missing in the audit"
        );
    }
    match timeout(NOTE_TIMEOUT, auth.note_order(order)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, ?order, "an order is missing in the audit"),
        Err(_) => warn!(
            ?order,
            "an order is perhaps missing in the audit: auth did not answer in time"
        ),
    }
}

pub(super) async fn disconnect(
    State(admin): Shared,
    Extension(Operator(operator)): Extension<Operator>,
    Path(connection): Path<String>,
) -> Response {
    if !admin.edge.registry.disconnect(&connection) {
        return Problem::new(StatusCode::NOT_FOUND, "This edge has no such connection")
            .into_response();
    }
    warn!(
        connection.id = connection,
        %operator,
        "an operator disconnects a connection"
    );
    let filter = Filter {
        connection: Some(connection.clone()),
        ..Filter::default()
    };
    let known = collect::timeline(&admin.edge, &filter);
    let holder = known
        .events
        .into_iter()
        .rev()
        .find_map(|event| event.holder);
    let holder = holder.unwrap_or_default();
    let order = NotedOrder {
        operator,
        kind: OrderKind::Disconnect,
        user: holder.user,
        login_session: holder.login_session,
        about: connection,
    };
    admin.notes.note(admin.edge.auth.clone(), order, || {});
    StatusCode::NO_CONTENT.into_response()
}

pub(super) async fn drain(
    State(admin): Shared,
    Extension(Operator(operator)): Extension<Operator>,
) -> StatusCode {
    warn!(%operator, "an operator drains this edge");
    let order = NotedOrder {
        operator,
        kind: OrderKind::Drain,
        user: String::new(),
        login_session: String::new(),
        about: admin.edge.deadlines.edge().to_string(),
    };
    let edge = Arc::clone(&admin.edge);
    let stop = move || edge.lifecycle.stop();
    admin.notes.note(admin.edge.auth.clone(), order, stop);
    StatusCode::ACCEPTED
}
