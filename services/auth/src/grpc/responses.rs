//! Values of the service as messages.

use proto::auth as pb;
use secrecy::ExposeSecret;

use crate::{
    audit::Noted,
    authority::{Deletion, TokenPair},
    keys::{KeyInfo, KeyState},
    refresh::LoginSession,
    revocations::{Event, RevocationEntry},
    store::Account,
    user::User,
};

impl From<TokenPair> for pb::TokenPair {
    fn from(tokens: TokenPair) -> Self {
        Self {
            access_token: tokens.access.expose_secret().to_owned(),
            expires_in: duration(tokens.expires_in),
            refresh_token: tokens.refresh.expose_secret().to_owned(),
            refresh_expires_in: duration(tokens.refresh_expires_in),
            session_id: tokens.session.id.to_string(),
            user: Some(tokens.session.user.into()),
        }
    }
}

impl From<User> for pb::User {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            display_name: user.shown_name().to_owned(),
            name: user.name.as_str().to_owned(),
            guest: user.guest,
        }
    }
}

impl From<Account> for pb::Account {
    fn from(account: Account) -> Self {
        Self {
            user: Some(account.user.into()),
            created_at: Some(timestamp(account.created_at)),
            seen_at: Some(timestamp(account.seen_at)),
            disabled_at: account.disabled_at.map(timestamp),
        }
    }
}

impl From<Deletion> for pb::Deletion {
    fn from(deletion: Deletion) -> Self {
        Self {
            user: Some(deletion.user.into()),
            access_token: deletion.token.expose_secret().to_owned(),
        }
    }
}

impl From<RevocationEntry> for pb::WatchRevocationsResponse {
    fn from(mark: RevocationEntry) -> Self {
        let at = Some(timestamp(mark.at));
        match mark.event {
            Event::Revoked(session) => Self {
                session_id: session.to_string(),
                revoked_at: at,
                ..Self::default()
            },
            Event::Reviewed(session) => Self {
                review: Some(pb::SessionReview {
                    session_id: session.to_string(),
                    reviewed_at: at,
                }),
                ..Self::default()
            },
            Event::AllReviewed => Self {
                all_reviewed_at: at,
                ..Self::default()
            },
        }
    }
}

impl From<LoginSession> for pb::LoginSession {
    fn from(session: LoginSession) -> Self {
        Self {
            session_id: session.id.to_string(),
            created_at: session.created_at().map(timestamp),
            refreshed_at: Some(timestamp(session.rotated_at)),
            expires_at: Some(timestamp(session.expires_at)),
            user: Some(session.user.into()),
        }
    }
}

impl From<KeyInfo> for pb::SigningKey {
    fn from(key: KeyInfo) -> Self {
        let state = match key.state {
            KeyState::Next => pb::SigningKeyState::Next,
            KeyState::Signing => pb::SigningKeyState::Signing,
            KeyState::Retired => pb::SigningKeyState::Retired,
            KeyState::Revoked => pb::SigningKeyState::Revoked,
        };
        Self {
            kid: key.kid,
            generation: key.generation,
            state: state.into(),
            published_at: key.published_at.map(timestamp),
            signs_from: key.signs_from.map(timestamp),
            revoked_at: key.revoked_at.map(timestamp),
        }
    }
}

impl From<Noted> for pb::AuditEvent {
    fn from(event: Noted) -> Self {
        Self {
            id: event.id,
            at: Some(timestamp(event.at)),
            kind: event.kind,
            outcome: event.outcome,
            operator: event.operator,
            user_id: event.user_id,
            username: event.username,
            session_id: event.session,
            client_address: event.address,
            request_id: event.request_id,
            about: event.about,
        }
    }
}

/// What a request tells of a time; of one that is out of reach, the end that is nearest.
pub(super) fn moment(at: &prost_types::Timestamp) -> runtime::clock::Timestamp {
    let millis = at.seconds.saturating_mul(1000);
    let millis = millis.saturating_add(i64::from(at.nanos / 1_000_000));
    runtime::clock::Timestamp::from_unix_millis(millis)
}

pub(super) fn duration(duration: std::time::Duration) -> Option<prost_types::Duration> {
    // Only more than 292 billion years do not fit.
    duration.try_into().ok()
}

pub(super) fn timestamp(moment: runtime::clock::Timestamp) -> prost_types::Timestamp {
    let millis = moment.unix_millis();
    prost_types::Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: i32::try_from(millis.rem_euclid(1000)).unwrap_or(0) * 1_000_000,
    }
}
