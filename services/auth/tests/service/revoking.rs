//! Ending login sessions, and hearing of it.

use std::time::Duration;

use proto::auth::revoke_session_request::By;
use tonic::Code;

use crate::{
    harness::{Database, PASSWORD, Service, next, refused},
    on_both_stores,
};

on_both_stores! {
    async fn a_session_is_ended_by_whatever_names_it(service: Service) {
        service.ada().await;
        for which in ["id", "refresh", "spent refresh", "access"] {
            let tokens = service.log_in("ada", PASSWORD).await.unwrap();
            let spent = tokens.refresh_token.clone();
            let newest = service.refresh(&spent).await.unwrap().refresh_token;
            let by = match which {
                "id" => By::SessionId(tokens.session_id.clone()),
                "refresh" => By::RefreshToken(newest.clone()),
                "spent refresh" => By::RefreshToken(spent),
                _ => By::AccessToken(tokens.access_token.clone()),
            };
            for _ in 0..2 {
                let id = service.revoke(Some(by.clone())).await;
                assert_eq!(id.unwrap(), tokens.session_id, "by {which}, and again");
            }
            let answer = service.validate(&tokens.access_token).await;
            refused(answer, Code::Unauthenticated, "Invalid token");
            refused(service.refresh(&newest).await, Code::Unauthenticated, "Invalid refresh token");
        }
    }

    async fn a_watcher_hears_of_every_revocation_once(service: Service) {
        let before = service.ada().await;
        let after = service.log_in("ada", PASSWORD).await.unwrap();
        service.revoke(Some(By::SessionId(before.session_id.clone()))).await.unwrap();

        let mut watch = service.watch().await;
        assert_eq!(next(&mut watch).await, Some(before.session_id.clone()));
        service.revoke(Some(By::SessionId(before.session_id))).await.unwrap();
        service.revoke(Some(By::SessionId(after.session_id.clone()))).await.unwrap();
        assert_eq!(next(&mut watch).await, Some(after.session_id));

        service.stop_soon();
        assert_eq!(next(&mut watch).await, None, "the stream ends when the service stops");
        service.stop().await;
    }
}

#[tokio::test]
async fn a_name_of_no_session_is_refused() {
    let service = Service::start(Database::sqlite()).await;
    let unknown = By::SessionId("0199d7b0-0000-7000-8000-000000000000".into());
    refused(
        service.revoke(Some(unknown)).await,
        Code::NotFound,
        "No such login session",
    );
    let malformed = By::SessionId("a b".into());
    refused(
        service.revoke(Some(malformed)).await,
        Code::InvalidArgument,
        "The session id is malformed",
    );
    refused(
        service.revoke(None).await,
        Code::InvalidArgument,
        "Name the session to revoke",
    );
    let forged = By::RefreshToken("rcr_AAAA".into());
    refused(
        service.revoke(Some(forged)).await,
        Code::Unauthenticated,
        "Invalid refresh token",
    );
    let forged = By::AccessToken("a.b.c".into());
    refused(
        service.revoke(Some(forged)).await,
        Code::Unauthenticated,
        "Invalid token",
    );
}

#[tokio::test]
async fn an_expired_access_token_names_no_session() {
    let service = Service::start(Database::sqlite()).await;
    let tokens = service.ada().await;
    service.clock.advance(Duration::from_secs(900));
    let answer = service
        .revoke(Some(By::AccessToken(tokens.access_token)))
        .await;
    refused(answer, Code::Unauthenticated, "Invalid token");
    assert!(service.refresh(&tokens.refresh_token).await.is_ok());
}
