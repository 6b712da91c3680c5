//! What both stores promise, said once and tried on each.

mod keys;
mod login_sessions;
mod schema;
mod users;

use runtime::database::postgres;
use test_servers::Postgres;

use super::{database::POSTGRES, *};
use crate::{
    audit::{AuditEvent, Subject},
    keys::{RevokedKey, StoredKey},
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::{LoginSession, RefreshToken, SecretHash},
    revocations::{Event, RevocationEntry},
    user::Username,
};

const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

async fn open(url: &str) -> Store {
    Store::open(&url.parse().unwrap(), Duration::ZERO, Metrics::new())
        .await
        .unwrap()
}

#[tokio::test]
async fn sqlite_keeps_its_promises() {
    keeps_its_promises(&open("sqlite::memory:").await).await;
}

#[tokio::test]
async fn postgres_keeps_its_promises() {
    let server = Postgres::start();
    keeps_its_promises(&open(&server.url()).await).await;
}

async fn keeps_its_promises(store: &Store) {
    users::keeps_users_by_name(store).await;
    login_sessions::rotates_only_what_is_newest_and_not_revoked(store).await;
    login_sessions::remembers_when_a_session_was_first_revoked(store).await;
    login_sessions::remembers_the_newest_review_of_a_session_that_goes_on(store).await;
    login_sessions::forgets_what_has_ended_piece_by_piece(store).await;
    keys::keeps_the_first_key_of_a_generation(store).await;
    keys::keeps_the_first_secret_of_a_name(store).await;
    keys::remembers_of_a_revoked_key_that_it_was_one(store).await;
    login_sessions::knows_from_where_an_account_was_used(store).await;
    login_sessions::lists_the_sessions_of_a_user_that_have_not_ended(store).await;
    users::lets_nobody_in_whose_password_is_another_by_now(store).await;
    login_sessions::lets_a_code_open_one_session(store).await;
    users::reads_users_of_the_build_before(store).await;
    users::leaves_nothing_of_a_user_but_that_their_sessions_are_over(store).await;
    users::finds_guests_who_were_not_seen(store).await;
    forgets_what_was_noted_long_ago(store).await;
}

fn every_event() -> AuditFilter {
    AuditFilter {
        user: None,
        kind: None,
        since: Timestamp::default(),
        before: u64::MAX,
        limit: 10,
    }
}

async fn forgets_what_was_noted_long_ago(store: &Store) {
    let noted = |seconds| AuditEvent::new(after(seconds), "rotate_keys", "ok").about("a key");
    let events = vec![noted(1), noted(2), noted(3)];
    store.add_audit_events(events).await.unwrap();
    assert_eq!(store.forget_audit_events(after(3)).await.unwrap(), 2);
    let left = store.audit_events(&every_event()).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].at, left[0].about.as_str()), (after(3), "a key"));
}

fn user(name: &str) -> StoredUser {
    StoredUser {
        user: User::new(name.parse().unwrap()),
        password: StoredPassword::from_phc("$argon2id$stands-for-a-hash".into()),
    }
}

async fn session(store: &Store, name: &str, expires_at: Timestamp) -> LoginSession {
    let name: Username = name.parse().unwrap();
    let found = store.user(&name).await.unwrap().unwrap();
    let first = RefreshToken::first(uuid::Uuid::now_v7()).unwrap();
    let session = LoginSession {
        id: first.session(),
        user: found.user,
        generation: 0,
        newest: first.hash(),
        rotated_at: START,
        expires_at,
        revoked_at: None,
    };
    let proof = Proof::Password(found.password);
    let added = store.add_session(session.clone(), proof, None).await;
    assert!(added.unwrap());
    session
}

fn opened_by(account: &Account) -> LoginSession {
    let first = RefreshToken::first(uuid::Uuid::now_v7()).unwrap();
    LoginSession {
        id: first.session(),
        user: account.user.clone(),
        generation: 0,
        newest: first.hash(),
        rotated_at: after(7),
        expires_at: after(3600),
        revoked_at: None,
    }
}
