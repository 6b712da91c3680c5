//! Tells the auth service of operators' orders that were given at this edge, for the audit.

use std::sync::Arc;

use proto::auth::{
    NoteOrderRequest, auth_service_client::AuthServiceClient, note_order_request::Kind,
};
use runtime::{
    grpc::{Channel, Repeat},
    trace_context::request,
};

use super::{AuthClient, AuthError};

/// What an edge is told to do.
#[derive(Debug, Clone, Copy)]
pub enum OrderKind {
    /// To close a connection.
    Disconnect,
    /// To drain.
    Drain,
}

/// An order of an operator.
#[derive(Debug)]
pub struct NotedOrder {
    /// The operator's name.
    pub operator: Arc<str>,
    /// What is to be done.
    pub kind: OrderKind,
    /// The id of whose connection it is; empty: nobody's who is known.
    pub user: String,
    /// Their login session; empty: none.
    pub login_session: String,
    /// The connection or the edge.
    pub about: String,
}

impl AuthClient {
    /// Has an order noted; perhaps twice, where an answer is lost: that is better than not at all.
    ///
    /// # Errors
    /// `Invalid`, or `Unavailable` also where auth is of a build before.
    pub async fn note_order(&self, order: &NotedOrder) -> Result<(), AuthError> {
        let kind = match order.kind {
            OrderKind::Disconnect => Kind::Disconnect,
            OrderKind::Drain => Kind::Drain,
        };
        let call = |mut client: AuthServiceClient<Channel>| {
            let note = NoteOrderRequest {
                operator: order.operator.to_string(),
                kind: kind.into(),
                user_id: order.user.clone(),
                session_id: order.login_session.clone(),
                about: order.about.clone(),
            };
            async move { client.note_order(request(note)).await }
        };
        self.call(Repeat::Idempotent, call).await?;
        Ok(())
    }
}
