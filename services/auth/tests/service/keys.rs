//! Signing keys, as operators change them.

use proto::auth::{
    ListKeysRequest, RevokeKeyRequest, RotateKeysRequest, SigningKeyState, WatchRevocationsResponse,
};
use std::time::Duration;
use tonic::Code;

use crate::{
    harness::{Database, Service, TEST_TIMEOUT, by_operator, refused},
    on_both_stores,
};

on_both_stores! {
    async fn a_revoked_key_signs_and_proves_nothing(service: Service) {
        let tokens = service.ada().await;
        let signing = service.keys(SigningKeyState::Signing).await;
        let next = service.keys(SigningKeyState::Next).await;

        for _ in 0..2 {
            service.revoke_key(&signing[0]).await.unwrap();
        }

        refused(service.validate(&tokens.access_token).await, Code::Unauthenticated, "Invalid token");
        assert!(!service.jwks().await.contains(&signing[0]));
        assert_eq!(service.keys(SigningKeyState::Signing).await, next);
        assert_eq!(service.keys(SigningKeyState::Revoked).await, signing);
        let fresh = service.refresh(&tokens.refresh_token).await.unwrap();
        assert!(service.validate(&fresh.access_token).await.is_ok());
        refused(service.revoke_key("no such key").await, Code::NotFound, "No such key");

        // Also after a restart nothing of it is left.
        let service = service.restart().await;
        refused(service.validate(&tokens.access_token).await, Code::Unauthenticated, "Invalid token");
        assert!(service.validate(&fresh.access_token).await.is_ok());
    }
}

#[tokio::test]
async fn everybody_is_under_review_once_no_replica_takes_a_revoked_key() {
    let one = Service::start(Database::postgres()).await;
    let two = one.replica().await;
    let tokens = one.ada().await;
    let revoked_at = runtime::clock::Clock::now(&one.clock);
    let signing = one.keys(SigningKeyState::Signing).await;
    one.revoke_key(&signing[0]).await.unwrap();
    let mut watch = one.watch().await;

    let refused_there = async {
        while two.validate(&tokens.access_token).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let refused_there = tokio::time::timeout(TEST_TIMEOUT, refused_there).await;
    refused_there.expect("the other replica reads the keys anew");

    one.clock.advance(Duration::from_secs(10));
    assert_eq!(one.keys(SigningKeyState::Revoked).await, signing);
    let told = tokio::time::timeout(TEST_TIMEOUT, watch.message()).await;
    let told: WatchRevocationsResponse = told.expect("in time").unwrap().unwrap();
    assert_eq!((told.session_id.as_str(), told.review), ("", None));
    let since = told.all_reviewed_at.unwrap();
    let wanted = revoked_at + Duration::from_secs(10);
    assert_eq!(since.seconds, wanted.unix_millis() / 1000);
}

#[tokio::test]
async fn keys_are_for_operators_only() {
    let service = Service::start(Database::sqlite()).await;
    let mut client = service.client.clone();
    let kid = service.keys(SigningKeyState::Signing).await.remove(0);
    let words = "For operators only";
    refused(
        client.list_keys(ListKeysRequest {}).await,
        Code::PermissionDenied,
        words,
    );
    refused(
        client.rotate_keys(RotateKeysRequest {}).await,
        Code::PermissionDenied,
        words,
    );
    let revoke = RevokeKeyRequest { kid: kid.clone() };
    refused(
        client.revoke_key(revoke).await,
        Code::PermissionDenied,
        words,
    );
    assert_eq!(service.keys(SigningKeyState::Signing).await, [kid]);
}

#[tokio::test]
async fn the_next_key_signs_at_a_word() {
    let service = Service::start(Database::sqlite()).await;
    service.ada().await;
    service.clock.advance(Duration::from_secs(60));
    let old = service.keys(SigningKeyState::Signing).await;
    let next = service.keys(SigningKeyState::Next).await;
    let rotated = service
        .client
        .clone()
        .rotate_keys(by_operator(RotateKeysRequest {}))
        .await;
    assert_eq!(rotated.unwrap().into_inner().kid, next[0]);
    assert_eq!(service.keys(SigningKeyState::Signing).await, next);
    assert_eq!(service.keys(SigningKeyState::Retired).await, old);
}

#[tokio::test]
async fn keys_move_from_the_database_to_a_folder_and_tokens_stay_good() {
    let service = Service::start(Database::sqlite()).await;
    let tokens = service.ada().await;
    let (database, clock) = service.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let key_dir = folder.path().join("keys");
    let flags = ["--key-dir", key_dir.to_str().unwrap()];

    let service = Service::start_again(database, &flags, clock).await;
    assert!(service.validate(&tokens.access_token).await.is_ok());
    let fresh = service.refresh(&tokens.refresh_token).await.unwrap();
    let (database, _) = service.stop().await;

    let url = database.url();
    let path = url.expose().strip_prefix("sqlite:").unwrap();
    let file = rusqlite::Connection::open(path).unwrap();
    for table in ["signing_keys", "secrets"] {
        let count = format!("SELECT count(*) FROM {table}");
        let rows: i64 = file.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    drop((file, fresh));
}
