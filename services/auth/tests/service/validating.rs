//! Access tokens and the keys that verify them.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use tonic::Code;

use crate::{
    harness::{Database, START, Service, refused},
    on_both_stores,
};

const DAY: Duration = Duration::from_secs(86_400);

on_both_stores! {
    async fn a_good_token_says_whom_it_belongs_to(service: Service) {
        let tokens = service.ada().await;
        service.clock.advance(Duration::from_secs(100));
        let principal = service.validate(&tokens.access_token).await.unwrap();
        assert_eq!(principal.user, tokens.user);
        assert_eq!(principal.session_id, tokens.session_id);
        assert_eq!(principal.expires_in.unwrap().seconds, 800);
        assert_eq!(principal.expires_at.unwrap().seconds, START.unix_seconds() + 900);
        assert_eq!(principal.issued_at.unwrap().seconds, START.unix_seconds());
    }

    async fn a_token_ends_to_the_millisecond(service: Service) {
        let tokens = service.ada().await;
        service.clock.advance(Duration::from_millis(899_999));
        assert!(service.validate(&tokens.access_token).await.is_ok());
        service.clock.advance(Duration::from_millis(1));
        let answer = service.validate(&tokens.access_token).await;
        refused(answer, Code::Unauthenticated, "Invalid token");
    }

    async fn everything_outlives_a_restart(service: Service) {
        let kept = service.ada().await;
        let revoked = service.log_in("ada", crate::harness::PASSWORD).await.unwrap();
        service.revoke(Some(super::by_id(&revoked))).await.unwrap();
        let jwks = service.jwks().await;

        let service = service.restart().await;

        assert_eq!(service.jwks().await, jwks);
        assert!(service.validate(&kept.access_token).await.is_ok());
        assert!(service.refresh(&kept.refresh_token).await.is_ok());
        let answer = service.validate(&revoked.access_token).await;
        refused(answer, Code::Unauthenticated, "Invalid token");
    }
}

fn by_id(tokens: &proto::auth::TokenPair) -> proto::auth::revoke_session_request::By {
    proto::auth::revoke_session_request::By::SessionId(tokens.session_id.clone())
}

#[tokio::test]
async fn anybody_can_verify_a_token_with_the_published_keys() {
    let service = Service::start(Database::sqlite()).await;
    let tokens = service.ada().await;
    let keys: JwkSet = serde_json::from_str(&service.jwks().await).unwrap();
    assert_eq!(keys.keys.len(), 2, "the one that signs, and the next one");

    let header = decode_header(&tokens.access_token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["recipe-chat"]);
    validation.set_audience(&["recipe-chat"]);
    let claims = decode::<serde_json::Value>(&tokens.access_token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["sid"], tokens.session_id);
    assert_eq!(claims["sub"], tokens.user.unwrap().id);
}

#[tokio::test]
async fn the_published_next_key_takes_over_when_its_time_comes() {
    let service = Service::start(Database::sqlite()).await;
    let kid = |token: &str| decode_header(token).unwrap().kid.unwrap();
    let before = service.ada().await;
    let published = service.jwks().await;

    service.clock.advance(DAY * 30 - Duration::from_secs(60));
    let last = service
        .log_in("ada", crate::harness::PASSWORD)
        .await
        .unwrap();
    assert_eq!(kid(&last.access_token), kid(&before.access_token));
    service.clock.advance(Duration::from_secs(60));
    let first = service
        .log_in("ada", crate::harness::PASSWORD)
        .await
        .unwrap();

    assert_ne!(kid(&first.access_token), kid(&before.access_token));
    assert!(
        published.contains(&kid(&first.access_token)),
        "published long before its use"
    );
    assert!(
        service.validate(&last.access_token).await.is_ok(),
        "signed by the old key"
    );
    assert!(service.validate(&first.access_token).await.is_ok());
}

#[tokio::test]
async fn no_token_stands_for_one_of_another_kind() {
    let service = Service::start(Database::sqlite()).await;
    let tokens = service.ada().await;
    let answer = service.validate(&tokens.refresh_token).await;
    refused(answer, Code::Unauthenticated, "Invalid token");
    let answer = service.refresh(&tokens.access_token).await;
    refused(answer, Code::Unauthenticated, "Invalid refresh token");
    for nonsense in ["", "x", "rcr_", &"x".repeat(5000)] {
        refused(
            service.validate(nonsense).await,
            Code::Unauthenticated,
            "Invalid token",
        );
        refused(
            service.refresh(nonsense).await,
            Code::Unauthenticated,
            "Invalid refresh token",
        );
    }
}

#[tokio::test]
async fn tokens_of_another_installation_are_refused() {
    let ours = Service::start(Database::sqlite()).await;
    let theirs = Service::start(Database::sqlite()).await;
    let tokens = theirs.ada().await;
    refused(
        ours.validate(&tokens.access_token).await,
        Code::Unauthenticated,
        "Invalid token",
    );
    refused(
        ours.refresh(&tokens.refresh_token).await,
        Code::Unauthenticated,
        "Invalid refresh token",
    );
}
