//! What takes weeks: keys that rotate without a restart, and memory that does not grow.

use std::sync::Arc;

use runtime::clock::ManualClock;
use secrecy::ExposeSecret;

use super::*;
use crate::refresh::Refusal;

const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

async fn authority(arguments: &[&str]) -> (Authority, ManualClock) {
    let clock = ManualClock::at(START);
    let config = crate::config::tests::config(arguments);
    let database = "sqlite::memory:".parse().unwrap();
    let authority = Authority::open(config, &database, None, Arc::new(clock.clone())).await;
    (authority.unwrap().0, clock)
}

async fn ada(authority: &Authority) -> TokenPair {
    let client = Client::default();
    let registered = authority.register(credentials("ada"), "", &client).await;
    registered.unwrap().tokens
}

fn credentials(name: &str) -> Credentials {
    Credentials {
        username: name.into(),
        password: "correct horse".into(),
        device_token: SecretString::default(),
    }
}

fn kid(token: &SecretString) -> String {
    jsonwebtoken::decode_header(token.expose_secret())
        .unwrap()
        .kid
        .unwrap()
}

#[tokio::test]
async fn keys_rotate_for_weeks_without_a_restart_and_without_one_refused_token() {
    let (authority, clock) = authority(&["--key-max-age", "12h", "--refresh-ttl", "60d"]).await;
    let mut tokens = ada(&authority).await;
    let mut signers = vec![kid(&tokens.access)];
    let mut published = authority.jwks().unwrap();
    for _ in 0..20 * 24 * 6 {
        clock.advance(HOUR / 6);
        assert!(
            authority.validate(&tokens.access).await.is_ok(),
            "ten minutes old"
        );
        tokens = authority
            .refresh(&tokens.refresh, &Client::default())
            .await
            .unwrap();
        assert!(
            published.contains(&kid(&tokens.access)),
            "published before it signed"
        );
        authority.update_keys().await.unwrap();
        published = authority.jwks().unwrap();
        assert!(
            published.matches("\"kid\"").count() <= 3,
            "old keys are forgotten"
        );
        signers.push(kid(&tokens.access));
    }
    signers.dedup();
    assert_eq!(signers.len(), 41, "two rotations a day");
    let forgotten = signers.first().unwrap();
    assert!(!published.contains(forgotten));
}

#[tokio::test]
async fn a_session_is_forgotten_a_while_after_its_end() {
    let (authority, clock) = authority(&["--refresh-ttl", "1h"]).await;
    let tokens = ada(&authority).await;
    clock.advance(HOUR);
    let ended = tokens.session.expires_at;
    authority.store.forget_sessions(ended).await.unwrap();
    assert!(
        authority
            .store
            .session(&tokens.session.id)
            .await
            .unwrap()
            .is_some()
    );
    let later = ended + Duration::from_millis(1);
    assert_eq!(authority.store.forget_sessions(later).await.unwrap(), 1);
    assert!(
        authority
            .store
            .session(&tokens.session.id)
            .await
            .unwrap()
            .is_none()
    );
    let answer = authority.refresh(&tokens.refresh, &Client::default()).await;
    assert!(
        matches!(answer, Err(Error::RefreshToken(Refusal::Unknown))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_no_attempt_under_way() {
    let (authority, _) = authority(&["--sign-in-failures", "1"]).await;
    ada(&authority).await;
    let client = Client::new("192.0.2.1", None);
    for _ in 0..5 {
        let log_in = authority.log_in(credentials("ada"), &client);
        let hung_up = tokio::time::timeout(Duration::ZERO, log_in).await;
        assert!(hung_up.is_err());
    }
    assert!(authority.log_in(credentials("ada"), &client).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_costs_one_verification_whatever_is_wrong_with_it() {
    let (authority, _) = authority(&[]).await;
    ada(&authority).await;
    let endless = "x".repeat(60_000);
    for (name, password) in [
        ("ada", "a guess"),
        ("nobody", "a guess"),
        ("no such name!", "a guess"),
        ("", ""),
        ("ada", &endless),
        ("nobody", &endless),
    ] {
        let guess = Credentials {
            password: password.into(),
            ..credentials(name)
        };
        let before = authority.passwords.completed();
        let answer = authority.log_in(guess, &Client::default()).await;
        assert!(matches!(answer, Err(Error::BadCredentials)), "{answer:?}");
        assert_eq!(authority.passwords.completed(), before + 1, "{name}");
    }
}
