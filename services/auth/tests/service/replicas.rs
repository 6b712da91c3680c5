//! Several replicas on one PostgreSQL.

use proto::auth::revoke_session_request::By;
use tonic::Code;

use crate::harness::{Database, Service, next, refused};

#[tokio::test]
async fn replicas_that_start_together_share_their_keys() {
    let database = Database::postgres();
    let (one, two) = tokio::join!(
        Service::start(database.clone()),
        Service::start(database.clone())
    );
    assert_eq!(one.jwks().await, two.jwks().await);
    let tokens = one.ada().await;
    assert!(two.validate(&tokens.access_token).await.is_ok());
    assert!(two.refresh(&tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_token_used_on_two_replicas_at_once_has_one_successor() {
    let one = Service::start(Database::postgres()).await;
    let two = one.replica().await;
    let mut tokens = one.ada().await;
    for _ in 0..20 {
        let spent = tokens.refresh_token;
        let (left, right) = tokio::join!(one.refresh(&spent), two.refresh(&spent));
        tokens = left.unwrap();
        assert_eq!(tokens.refresh_token, right.unwrap().refresh_token);
    }
}

#[tokio::test]
async fn a_revocation_reaches_the_other_replica() {
    let one = Service::start(Database::postgres()).await;
    let two = one.replica().await;
    let tokens = one.ada().await;
    let mut watch = two.watch().await;

    one.revoke(Some(By::SessionId(tokens.session_id.clone())))
        .await
        .unwrap();

    assert_eq!(next(&mut watch).await, Some(tokens.session_id));
    let answer = two.validate(&tokens.access_token).await;
    refused(answer, Code::Unauthenticated, "Invalid token");
}
