//! What operators do with users.

use proto::auth::{
    DisableUserRequest, EnableUserRequest, ListUsersRequest, ResetPasswordRequest, ShowUserRequest,
};
use tonic::{Code, Status};

use crate::{
    harness::{Database, PASSWORD, Service, by_operator, next, refused},
    on_both_stores,
};

const WRONG: &str = "Invalid username or password";

impl Service {
    async fn list_users(&self, after: &str, limit: u32) -> (Vec<String>, String) {
        let request = ListUsersRequest {
            after: after.into(),
            limit,
        };
        let answer = self.client.clone().list_users(by_operator(request)).await;
        let answer = answer.unwrap().into_inner();
        let names = answer.accounts.into_iter();
        let names = names.map(|account| account.user.unwrap().name).collect();
        (names, answer.next)
    }

    async fn disable(&self, name: &str) -> Result<(), Status> {
        let request = by_operator(DisableUserRequest {
            username: name.into(),
        });
        self.client.clone().disable_user(request).await.map(drop)
    }

    async fn enable(&self, name: &str) -> Result<(), Status> {
        let request = by_operator(EnableUserRequest {
            username: name.into(),
        });
        self.client.clone().enable_user(request).await.map(drop)
    }

    async fn reset_password(&self, name: &str) -> Result<String, Status> {
        let request = by_operator(ResetPasswordRequest {
            username: name.into(),
        });
        let answer = self.client.clone().reset_password(request).await?;
        Ok(answer.into_inner().code)
    }
}

on_both_stores! {
    async fn users_are_listed_page_by_page(service: Service) {
        for name in ["Carol", "ada", "Bob"] {
            service.register(name, PASSWORD).await.unwrap();
        }
        let (names, next) = service.list_users("", 2).await;
        assert_eq!((names, next.as_str()), (vec!["ada".to_owned(), "Bob".to_owned()], "Bob"));
        assert_eq!(service.list_users(&next, 2).await, (vec!["Carol".to_owned()], String::new()));

        let request = by_operator(ShowUserRequest { username: "CAROL".into() });
        let shown = service.client.clone().show_user(request).await.unwrap().into_inner();
        assert_eq!(shown.account.unwrap().user.unwrap().name, "Carol");
        assert_eq!(shown.sessions.len(), 1);
        refused(service.disable("nobody").await, Code::NotFound, "No such user");
    }

    async fn who_is_disabled_is_out_until_enabled_again(service: Service) {
        let ada = service.ada().await;
        let mut watch = service.watch().await;
        service.disable("ADA").await.unwrap();
        service.disable("ada").await.unwrap();
        assert_eq!(next(&mut watch).await, Some(ada.session_id));
        refused(service.validate(&ada.access_token).await, Code::Unauthenticated, "Invalid token");
        refused(service.refresh(&ada.refresh_token).await, Code::Unauthenticated, "Invalid refresh token");
        let words = "This account is disabled; ask those who run this server";
        refused(service.log_in("ada", PASSWORD).await, Code::PermissionDenied, words);
        refused(service.log_in("ada", "a guess at it").await, Code::Unauthenticated, WRONG);
        service.enable("ada").await.unwrap();
        assert!(service.log_in("ada", PASSWORD).await.is_ok());
    }

    async fn a_reset_code_signs_in_once_and_chooses_a_new_password(service: Service) {
        let before = service.ada().await;
        let code = service.reset_password("ada").await.unwrap();
        refused(service.validate(&before.access_token).await, Code::Unauthenticated, "Invalid token");
        refused(service.log_in("ada", PASSWORD).await, Code::Unauthenticated, WRONG);
        let ada = service.log_in("ada", &code).await.unwrap();
        refused(service.log_in("ada", &code).await, Code::Unauthenticated, WRONG);
        service.change_password(&ada.access_token, &code, "a third battery").await.unwrap();
        let again = service.change_password(&ada.access_token, &code, "a fourth battery").await;
        refused(again, Code::PermissionDenied, "The current password is wrong");
        assert!(service.log_in("ada", "a third battery").await.is_ok());
    }
}

#[tokio::test]
async fn only_operators_may() {
    let service = Service::start_without_operators(Database::sqlite()).await;
    service.ada().await;
    let words = "For operators only";
    refused(service.disable("ada").await, Code::PermissionDenied, words);
    refused(service.enable("ada").await, Code::PermissionDenied, words);
    refused(
        service.reset_password("ada").await,
        Code::PermissionDenied,
        words,
    );
    let mut client = service.client.clone();
    let listed = client
        .list_users(by_operator(ListUsersRequest::default()))
        .await;
    refused(listed, Code::PermissionDenied, words);
    let shown = client
        .show_user(by_operator(ShowUserRequest::default()))
        .await;
    refused(shown, Code::PermissionDenied, words);
}
