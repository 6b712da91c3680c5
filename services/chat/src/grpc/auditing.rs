//! What operators ask for of what was noted, between protobuf and the domain.

use proto::chat as wire;
use runtime::clock::Timestamp;

use super::responses::timestamp;
use crate::audit::{AuditFilter, Noted};

impl From<wire::ListAuditEventsRequest> for AuditFilter {
    fn from(request: wire::ListAuditEventsRequest) -> Self {
        let since = request.since.map(|since| {
            let millis = since.seconds.saturating_mul(1000);
            Timestamp::from_unix_millis(millis.saturating_add(i64::from(since.nanos / 1_000_000)))
        });
        Self {
            user_id: request.user_id,
            recipe: request.recipe_id,
            kind: request.kind,
            since: since.unwrap_or_default(),
            before: request.before,
            limit: request.limit,
        }
    }
}

impl From<Noted> for wire::AuditEvent {
    fn from(event: Noted) -> Self {
        Self {
            id: event.id,
            at: Some(timestamp(event.at)),
            kind: event.kind,
            user_id: event.user_id,
            recipe_id: event.recipe,
            about: event.about,
        }
    }
}
