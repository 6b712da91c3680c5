//! Reads what edges tell of operators' orders that were given there.

use std::sync::Arc;

use proto::auth::{NoteOrderRequest, note_order_request::Kind};
use runtime::audit::cut;
use tonic::Status;

use crate::{
    audit::Subject,
    authority::{OrderAtAnEdge, OrderKind},
};

/// The operator's name, and the order.
pub(super) fn read(request: NoteOrderRequest) -> Result<(Arc<str>, OrderAtAnEdge), Status> {
    if request.operator.is_empty() {
        return Err(malformed());
    }
    let kind = match request.kind() {
        Kind::Unspecified => return Err(malformed()),
        Kind::Disconnect => OrderKind::Disconnect,
        Kind::Drain => OrderKind::Drain,
    };
    let subject = match request.user_id.as_str() {
        "" => Subject::Unknown,
        id => Subject::User(id.parse().map_err(|_| malformed())?),
    };
    let session = match request.session_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| malformed())?),
    };
    let order = OrderAtAnEdge {
        kind,
        subject,
        session,
        about: request.about,
    };
    Ok((cut(&request.operator).into(), order))
}

fn malformed() -> Status {
    Status::invalid_argument("Malformed order")
}
