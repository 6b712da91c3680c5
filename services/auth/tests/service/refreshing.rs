//! Refresh tokens: rotation, the grace, and theft.

use std::{collections::HashSet, time::Duration};

use tonic::Code;

use crate::{
    harness::{Database, Service, refused, seconds},
    on_both_stores,
};

const INVALID: &str = "Invalid refresh token";

on_both_stores! {
    async fn each_use_gives_a_new_pair_of_the_same_session(service: Service) {
        let first = service.ada().await;
        service.clock.advance(Duration::from_secs(600));
        let second = service.refresh(&first.refresh_token).await.unwrap();
        assert_ne!(second.refresh_token, first.refresh_token);
        assert_ne!(second.access_token, first.access_token);
        assert_eq!((&second.session_id, &second.user), (&first.session_id, &first.user));
        assert_eq!(seconds(second.expires_in), 900);
        assert_eq!(seconds(second.refresh_expires_in), 7 * 86_400, "until it must be used");
        assert!(service.validate(&second.access_token).await.is_ok());
        assert!(service.refresh(&second.refresh_token).await.is_ok());
    }

    async fn a_lost_answer_is_given_again_for_ten_seconds(service: Service) {
        let first = service.ada().await;
        let second = service.refresh(&first.refresh_token).await.unwrap();
        service.clock.advance(Duration::from_secs(10));
        let again = service.refresh(&first.refresh_token).await.unwrap();
        assert_eq!(again.refresh_token, second.refresh_token);
        assert!(service.refresh(&second.refresh_token).await.is_ok());
    }

    async fn a_spent_token_that_comes_back_ends_the_session(service: Service) {
        let first = service.ada().await;
        let second = service.refresh(&first.refresh_token).await.unwrap();
        let other = service.log_in("ada", crate::harness::PASSWORD).await.unwrap();
        service.clock.advance(Duration::from_millis(10_001));

        refused(service.refresh(&first.refresh_token).await, Code::Unauthenticated, INVALID);

        refused(service.refresh(&second.refresh_token).await, Code::Unauthenticated, INVALID);
        refused(service.validate(&first.access_token).await, Code::Unauthenticated, "Invalid token");
        refused(service.validate(&second.access_token).await, Code::Unauthenticated, "Invalid token");
        assert!(service.validate(&other.access_token).await.is_ok(), "the other session goes on");
    }

    async fn fifty_uses_at_once_give_one_successor(service: Service) {
        let first = service.ada().await;
        let uses = (0..50).map(|_| service.refresh(&first.refresh_token));
        let answers = futures_util::future::join_all(uses).await;
        let successors: HashSet<_> =
            answers.into_iter().map(|answer| answer.unwrap().refresh_token).collect();
        assert_eq!(successors.len(), 1);
        let successor = successors.into_iter().next().unwrap();
        assert!(service.refresh(&successor).await.is_ok(), "nobody was taken for a thief");
    }

    async fn a_session_that_is_not_refreshed_for_seven_days_ends(service: Service) {
        const WEEK: Duration = Duration::from_secs(7 * 86_400);
        let mut tokens = service.ada().await;
        for _ in 0..3 {
            service.clock.advance(WEEK - Duration::from_secs(1));
            tokens = service.refresh(&tokens.refresh_token).await.unwrap();
        }
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
        service.clock.advance(WEEK);
        refused(service.refresh(&tokens.refresh_token).await, Code::Unauthenticated, INVALID);
        assert!(service.sessions_of("ada").await.unwrap().is_empty(), "it has ended");
    }

    async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed(service: Service) {
        let mut tokens = service.ada().await;
        for _ in 0..29 {
            service.clock.advance(Duration::from_secs(86_400));
            tokens = service.refresh(&tokens.refresh_token).await.unwrap();
        }
        service.clock.advance(Duration::from_secs(86_400 - 60));
        tokens = service.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(seconds(tokens.expires_in), 60, "no token outlives its session");
        service.clock.advance(Duration::from_secs(60));
        refused(service.refresh(&tokens.refresh_token).await, Code::Unauthenticated, INVALID);
        refused(service.validate(&tokens.access_token).await, Code::Unauthenticated, "Invalid token");
    }
}
