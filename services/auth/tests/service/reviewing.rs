//! What operators may ask: lists and reviews of login sessions.

use std::time::Duration;

use proto::auth::{
    ListSessionsRequest, ReviewSessionRequest, RevokeSessionRequest, SessionReview,
    revoke_session_request::By,
};
use tonic::{Code, Request};

use crate::{
    harness::{Database, OPERATOR, PASSWORD, Service, TEST_TIMEOUT, refused},
    on_both_stores,
};

/// The next review that a watcher hears of.
async fn reviewed(
    watch: &mut tonic::Streaming<proto::auth::WatchRevocationsResponse>,
) -> SessionReview {
    let message = tokio::time::timeout(TEST_TIMEOUT, watch.message()).await;
    let mark = message.expect("a mark in time").unwrap().unwrap();
    assert_eq!(
        mark.session_id, "",
        "an older edge must not take it for a revocation"
    );
    mark.review.unwrap()
}

on_both_stores! {
    async fn a_review_is_told_to_watchers_and_leaves_tokens_alone(service: Service) {
        let tokens = service.ada().await;
        service.review(&tokens.session_id).await.unwrap();
        let mut watch = service.watch().await;
        let first = reviewed(&mut watch).await;
        assert_eq!(first.session_id, tokens.session_id);

        service.clock.advance(Duration::from_secs(1));
        service.review(&tokens.session_id).await.unwrap();
        let second = reviewed(&mut watch).await;
        let seconds = |review: &SessionReview| review.reviewed_at.unwrap().seconds;
        assert_eq!(seconds(&second), seconds(&first) + 1);
        assert!(service.validate(&tokens.access_token).await.is_ok());
        assert!(service.refresh(&tokens.refresh_token).await.is_ok());
    }

    async fn the_sessions_of_a_user_are_listed_until_they_end(service: Service) {
        let first = service.ada().await;
        let second = service.log_in("ada", PASSWORD).await.unwrap();
        service.register("bob", PASSWORD).await.unwrap();
        service.clock.advance(Duration::from_secs(60));
        service.refresh(&first.refresh_token).await.unwrap();

        let listed = service.sessions_of("ADA").await.unwrap();
        let ids: Vec<&str> = listed.iter().map(|session| session.session_id.as_str()).collect();
        assert_eq!(ids, [&first.session_id, &second.session_id]);
        assert_eq!(listed[0].user.as_ref().unwrap().name, "ada");
        let refreshed = |n: usize| listed[n].refreshed_at.unwrap().seconds;
        assert_eq!(refreshed(0), refreshed(1) + 60);
        assert!(listed[0].created_at.is_some());

        let by = By::SessionId(first.session_id);
        service.revoke(Some(by)).await.unwrap();
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
        refused(service.sessions_of("nobody").await, Code::NotFound, "No such user");
    }
}

#[tokio::test]
async fn a_review_reaches_the_other_replica() {
    let one = Service::start(Database::postgres()).await;
    let two = one.replica().await;
    let tokens = one.ada().await;
    let mut watch = two.watch().await;

    one.review(&tokens.session_id).await.unwrap();

    assert_eq!(reviewed(&mut watch).await.session_id, tokens.session_id);
}

#[tokio::test]
async fn a_session_that_has_ended_cannot_be_reviewed() {
    let service = Service::start(Database::sqlite()).await;
    let session = service.ada().await.session_id;
    service
        .revoke(Some(By::SessionId(session.clone())))
        .await
        .unwrap();
    refused(
        service.review(&session).await,
        Code::NotFound,
        "No such login session",
    );
    refused(
        service.review("a b").await,
        Code::InvalidArgument,
        "The session id is malformed",
    );
}

fn with_proof<T>(request: T, proof: Option<&str>) -> Request<T> {
    let mut request = Request::new(request);
    if let Some(proof) = proof {
        let proof = proof.parse().unwrap();
        request.metadata_mut().insert("authorization", proof);
    }
    request
}

#[tokio::test]
async fn nobody_but_an_operator_may_ask() {
    let service = Service::start(Database::sqlite()).await;
    let session_id = service.ada().await.session_id;
    let wrong = [
        None,
        Some("Bearer operator-of-these-test".to_owned()),
        Some("Bearer ".to_owned()),
        Some(OPERATOR.to_owned()),
    ];
    for proof in wrong {
        let proof = proof.as_deref();
        let mut client = service.client.clone();
        let list = ListSessionsRequest {
            username: "ada".into(),
        };
        let review = ReviewSessionRequest {
            session_id: session_id.clone(),
        };
        let revoke = RevokeSessionRequest {
            by: Some(By::SessionId(session_id.clone())),
        };
        let answers = [
            client.list_sessions(with_proof(list, proof)).await.err(),
            client.review_session(with_proof(review, proof)).await.err(),
            client.revoke_session(with_proof(revoke, proof)).await.err(),
        ];
        for status in answers {
            let status = status.unwrap();
            assert_eq!(status.code(), Code::PermissionDenied);
            assert_eq!(status.message(), "For operators only");
        }
    }
    assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
}

#[tokio::test]
async fn without_an_operator_token_only_a_session_whose_id_is_known_can_be_ended() {
    let service = Service::start_without_operators(Database::sqlite()).await;
    let session_id = service.ada().await.session_id;
    let refused = service.sessions_of("ada").await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let revoke = RevokeSessionRequest {
        by: Some(By::SessionId(session_id.clone())),
    };
    let answer = service.client.clone().revoke_session(revoke).await;
    assert_eq!(answer.unwrap().into_inner().session_id, session_id);
}
