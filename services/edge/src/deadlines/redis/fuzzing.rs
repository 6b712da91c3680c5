//! The readers of what Redis answers and of what other edges send, for `crate::fuzzing`.

use proto::ids::SessionId;
use runtime::redis::{FromRedisValue as _, Value};
use tokio::time::Instant;

use super::{
    super::record::Scope,
    inbox::EdgeMessage,
    poll_plan::First,
    scripts::{self, TakeOverAnswer},
};

/// Reads an answer as each of those that the schedule waits for, and its text as notes of other edges.
///
/// # Panics
/// When something is read that cannot be.
pub fn redis_reply(answer: &Value, text: &[u8]) {
    let session: SessionId = "s1".parse().unwrap_or_else(|_| unreachable!("a good id"));
    let scope = Scope {
        user: "u1".parse().unwrap_or_else(|_| unreachable!("a good id")),
        login_session: "l1".parse().unwrap_or_else(|_| unreachable!("a good id")),
        recipe: "soup".parse().unwrap_or_else(|_| unreachable!("a good id")),
    };
    if let Ok(written) = scripts::written(answer.clone()) {
        assert!(written.epoch.is_none_or(|epoch| !epoch.is_empty()));
    }
    scripts::claimed(answer.clone()).ok();
    First::from_redis_value(answer.clone()).ok();
    if let Ok(taken) = TakeOverAnswer::from_redis_value(answer.clone())
        && let Some(taken) = scripts::taken_over(taken, &session, &scope, Instant::now())
    {
        assert_eq!((taken.record.session, taken.record.scope), (session, scope));
    }
    let text = String::from_utf8_lossy(text);
    for note in text.lines().filter_map(EdgeMessage::from_line) {
        assert_eq!(EdgeMessage::from_line(&note.to_line()), Some(note));
    }
}
