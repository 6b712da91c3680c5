//! What users do with their own accounts, and what becomes of guests.

use proto::auth::{
    ChangePasswordRequest, ClaimGuestRequest, EndSessionRequest, GetAccountRequest,
    GetAccountResponse, RegisterGuestRequest, RegisterRequest, TokenPair, UpdateAccountRequest,
    User,
};
use tonic::{Code, Status};

use crate::{
    harness::{Database, PASSWORD, Service, next, refused},
    on_both_stores,
};

const OTHER_PASSWORD: &str = "another battery staple";

impl Service {
    async fn guest(&self) -> TokenPair {
        let request = RegisterGuestRequest::default();
        let answer = self.client.clone().register_guest(request).await;
        answer.unwrap().into_inner().tokens.unwrap()
    }

    async fn account(&self, token: &str) -> Result<GetAccountResponse, Status> {
        let request = GetAccountRequest {
            access_token: token.into(),
        };
        let answer = self.client.clone().get_account(request).await?;
        Ok(answer.into_inner())
    }

    async fn rename(&self, token: &str, name: &str) -> Result<User, Status> {
        let request = UpdateAccountRequest {
            access_token: token.into(),
            display_name: name.into(),
        };
        let answer = self.client.clone().update_account(request).await?;
        Ok(answer.into_inner().account.unwrap().user.unwrap())
    }

    pub(crate) async fn change_password(
        &self,
        token: &str,
        current: &str,
        new: &str,
    ) -> Result<(), Status> {
        let request = ChangePasswordRequest {
            access_token: token.into(),
            current_password: current.into(),
            new_password: new.into(),
            client_address: String::new(),
        };
        self.client.clone().change_password(request).await.map(drop)
    }

    async fn claim(&self, token: &str, name: &str, password: &str) -> Result<User, Status> {
        let request = ClaimGuestRequest {
            access_token: token.into(),
            username: name.into(),
            password: password.into(),
            client_address: String::new(),
        };
        let answer = self.client.clone().claim_guest(request).await?;
        Ok(answer.into_inner().account.unwrap().user.unwrap())
    }

    async fn end_session(&self, token: &str, session: &str) -> Result<(), Status> {
        let request = EndSessionRequest {
            access_token: token.into(),
            session_id: session.into(),
        };
        self.client.clone().end_session(request).await.map(drop)
    }
}

on_both_stores! {
    async fn a_guest_becomes_an_account_and_stays_who_they_are(service: Service) {
        let guest = service.guest().await;
        let before = guest.user.clone().unwrap();
        assert!(before.guest && before.name.starts_with("guest-"), "{before:?}");
        let answer = service.log_in(&before.name, PASSWORD).await;
        refused(answer, Code::Unauthenticated, "Invalid username or password");
        let answer = service.change_password(&guest.access_token, "", OTHER_PASSWORD).await;
        refused(answer, Code::FailedPrecondition, "This account has no password");

        service.ada().await;
        let token = &guest.access_token;
        refused(service.claim(token, "ADA", PASSWORD).await, Code::AlreadyExists, "The username is taken");
        let claimed = service.claim(token, "Grace", PASSWORD).await.unwrap();
        assert_eq!((claimed.id, claimed.name.as_str(), claimed.guest), (before.id.clone(), "Grace", false));
        refused(service.claim(token, "hedy", PASSWORD).await, Code::FailedPrecondition, "This is an account already");

        let refreshed = service.refresh(&guest.refresh_token).await.unwrap();
        assert_eq!(refreshed.session_id, guest.session_id, "the login session goes on");
        let principal = service.validate(&refreshed.access_token).await.unwrap().user.unwrap();
        assert_eq!((principal.id, principal.name), (before.id.clone(), "Grace".to_owned()));
        let signed_in = service.log_in("grace", PASSWORD).await.unwrap();
        assert_eq!(signed_in.user.unwrap().id, before.id);
    }

    async fn a_display_name_is_in_tokens_from_the_next_refresh_on(service: Service) {
        let request = RegisterRequest {
            username: "ada".into(),
            password: PASSWORD.into(),
            display_name: " Ada  Lovelace ".into(),
            ..RegisterRequest::default()
        };
        let answer = service.client.clone().register(request).await.unwrap();
        let ada = answer.into_inner().tokens.unwrap();
        let names = async |token: &str| {
            let user = service.validate(token).await.unwrap().user.unwrap();
            (user.name, user.display_name)
        };
        assert_eq!(names(&ada.access_token).await, ("ada".into(), "Ada Lovelace".into()));

        let renamed = service.rename(&ada.access_token, "Gräfin Ada").await.unwrap();
        assert_eq!(renamed.display_name, "Gräfin Ada");
        assert_eq!(names(&ada.access_token).await.1, "Ada Lovelace");
        let ada = service.refresh(&ada.refresh_token).await.unwrap();
        assert_eq!(names(&ada.access_token).await, ("ada".into(), "Gräfin Ada".into()));
        assert_eq!(service.rename(&ada.access_token, "").await.unwrap().display_name, "ada");
        let status = service.rename(&ada.access_token, "\u{202e}ada").await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }

    async fn another_password_ends_all_other_sessions(service: Service) {
        let ada = service.ada().await;
        let thief = service.log_in("ada", PASSWORD).await.unwrap();
        let stranger = service.register("grace", PASSWORD).await.unwrap();
        let mut watch = service.watch().await;
        let token = &ada.access_token;
        for (current, new, code, words) in [
            ("a guess at it", OTHER_PASSWORD, Code::PermissionDenied, "The current password is wrong"),
            (PASSWORD, "short", Code::InvalidArgument, "The password must have at least 8 characters"),
        ] {
            refused(service.change_password(token, current, new).await, code, words);
        }
        service.change_password(token, PASSWORD, OTHER_PASSWORD).await.unwrap();

        assert_eq!(next(&mut watch).await, Some(thief.session_id));
        refused(service.validate(&thief.access_token).await, Code::Unauthenticated, "Invalid token");
        refused(service.refresh(&thief.refresh_token).await, Code::Unauthenticated, "Invalid refresh token");
        assert!(service.refresh(&ada.refresh_token).await.is_ok());
        assert!(service.refresh(&stranger.refresh_token).await.is_ok());
        let old = service.log_in("ada", PASSWORD).await;
        refused(old, Code::Unauthenticated, "Invalid username or password");
        assert!(service.log_in("ada", OTHER_PASSWORD).await.is_ok());
    }

    async fn a_user_sees_and_ends_their_own_sessions_and_no_others(service: Service) {
        let ada = service.ada().await;
        let other = service.log_in("ada", PASSWORD).await.unwrap();
        let stranger = service.register("grace", PASSWORD).await.unwrap();
        let account = service.account(&ada.access_token).await.unwrap();
        assert_eq!(account.session_id, ada.session_id);
        assert_eq!(account.account.unwrap().user.unwrap(), ada.user.clone().unwrap());
        assert_eq!(account.sessions.len(), 2);

        let token = &ada.access_token;
        for unknown in [&stranger.session_id, "0199d7b0-0000-7000-8000-000000000000"] {
            refused(service.end_session(token, unknown).await, Code::NotFound, "No such login session");
        }
        service.end_session(token, &other.session_id).await.unwrap();
        service.end_session(token, &other.session_id).await.unwrap();
        refused(service.validate(&other.access_token).await, Code::Unauthenticated, "Invalid token");
        assert_eq!(service.account(token).await.unwrap().sessions.len(), 1);
        refused(service.account(&other.access_token).await, Code::Unauthenticated, "Invalid token");
    }
}

#[tokio::test]
async fn guesses_at_the_current_password_have_to_wait() {
    let service = Service::start_with(Database::sqlite(), &["--sign-in-failures", "2"], None).await;
    let ada = service.ada().await;
    for _ in 0..2 {
        let guess = service
            .change_password(&ada.access_token, "a guess", OTHER_PASSWORD)
            .await;
        refused(
            guess,
            Code::PermissionDenied,
            "The current password is wrong",
        );
    }
    let answer = service
        .change_password(&ada.access_token, PASSWORD, OTHER_PASSWORD)
        .await;
    refused(answer, Code::ResourceExhausted, "Too many sign-ins");
}

#[tokio::test]
async fn nobody_chooses_the_name_of_a_guest() {
    let service = Service::start(Database::sqlite()).await;
    let words = "The username may not begin with guest-, as the made-up names of guests do";
    let answer = service.register("Guest-abc", PASSWORD).await;
    refused(answer, Code::InvalidArgument, words);
    let guest = service.guest().await;
    let answer = service
        .claim(&guest.access_token, "guest-abc", PASSWORD)
        .await;
    refused(answer, Code::InvalidArgument, words);
}
