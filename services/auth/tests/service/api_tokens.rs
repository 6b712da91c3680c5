//! API tokens: what programs ask by, for a user who has made them.

use std::{slice, time::Duration};

use proto::auth::{
    ApiToken, CreateApiTokenRequest, DeleteApiTokenRequest, DisableUserRequest,
    ExchangeApiTokenRequest, ExchangeApiTokenResponse, GetAccountRequest, ListApiTokensRequest,
    RegisterGuestRequest, ShowUserRequest, revoke_session_request::By,
};
use tonic::{Code, Status};

use crate::{
    harness::{Database, PASSWORD, Service, by_operator, next, refused},
    on_both_stores,
};

const INVALID: &str = "Invalid API token";

impl Service {
    async fn create_token(
        &self,
        token: &str,
        scopes: &[&str],
        expires_in: Option<i64>,
    ) -> Result<(ApiToken, String), Status> {
        let request = CreateApiTokenRequest {
            access_token: token.into(),
            name: " timer bot ".into(),
            scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
            expires_in: expires_in.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
            client_address: String::new(),
        };
        let answer = self.client.clone().create_api_token(request).await?;
        let answer = answer.into_inner();
        Ok((answer.api_token.unwrap(), answer.token))
    }

    async fn tokens(&self, token: &str) -> Result<Vec<ApiToken>, Status> {
        let request = ListApiTokensRequest {
            access_token: token.into(),
        };
        let answer = self.client.clone().list_api_tokens(request).await?;
        Ok(answer.into_inner().api_tokens)
    }

    async fn delete_token(&self, token: &str, id: &str) -> Result<(), Status> {
        let request = DeleteApiTokenRequest {
            access_token: token.into(),
            id: id.into(),
            client_address: String::new(),
        };
        self.client
            .clone()
            .delete_api_token(request)
            .await
            .map(drop)
    }

    async fn exchange(&self, api_token: &str) -> Result<ExchangeApiTokenResponse, Status> {
        let request = ExchangeApiTokenRequest {
            api_token: api_token.into(),
            client_address: String::new(),
        };
        let answer = self.client.clone().exchange_api_token(request).await?;
        Ok(answer.into_inner())
    }
}

on_both_stores! {
    async fn a_token_is_exchanged_until_it_is_taken_back(service: Service) {
        let ada = service.ada().await;
        let token = &ada.access_token;
        let scopes = ["recipes:read", "recipe:pie"];
        let (made, text) = service.create_token(token, &scopes, None).await.unwrap();
        assert_eq!((made.name.as_str(), &made.scopes), ("timer bot", &scopes.map(String::from).to_vec()));
        assert!(made.expires_at.is_none() && made.used_at.is_none(), "{made:?}");
        assert_eq!(service.tokens(token).await.unwrap(), slice::from_ref(&made));

        let exchanged = service.exchange(&text).await.unwrap();
        assert_eq!(exchanged.scope, "recipes:read recipe:pie");
        let principal = service.validate(&exchanged.access_token).await.unwrap();
        assert_eq!(principal.user, ada.user);
        assert_eq!((principal.session_id, principal.scope), (made.id.clone(), exchanged.scope));
        assert_eq!(service.validate(token).await.unwrap().scope, "");
        assert!(service.tokens(token).await.unwrap()[0].used_at.is_some());
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1, "it is no sign-in");

        let mut watch = service.watch().await;
        service.delete_token(token, &made.id).await.unwrap();
        assert_eq!(next(&mut watch).await, Some(made.id.clone()));
        refused(service.validate(&exchanged.access_token).await, Code::Unauthenticated, "Invalid token");
        refused(service.exchange(&text).await, Code::Unauthenticated, INVALID);
        refused(service.delete_token(token, &made.id).await, Code::NotFound, "No such API token");
        assert_eq!(service.tokens(token).await.unwrap(), []);
    }

    async fn by_a_token_nobody_touches_the_account(service: Service) {
        let ada = service.ada().await;
        let (made, text) = service.create_token(&ada.access_token, &["recipes:manage"], None).await.unwrap();
        let bot = service.exchange(&text).await.unwrap().access_token;
        let words = "An API token may not touch the account; sign in for that";
        refused(service.create_token(&bot, &["recipes:read"], None).await, Code::PermissionDenied, words);
        refused(service.tokens(&bot).await, Code::PermissionDenied, words);
        refused(service.delete_token(&bot, &made.id).await, Code::PermissionDenied, words);
        refused(service.change_password(&bot, PASSWORD, "another battery").await, Code::PermissionDenied, words);
        let request = GetAccountRequest { access_token: bot.clone() };
        refused(service.client.clone().get_account(request).await, Code::PermissionDenied, words);
        // A program signs itself out as anybody does.
        assert_eq!(service.revoke(Some(By::AccessToken(bot))).await.unwrap(), made.id);
        refused(service.exchange(&text).await, Code::Unauthenticated, INVALID);
    }

    async fn only_its_user_takes_a_token_back_and_operators_see_it(service: Service) {
        let (ada, grace) = (service.ada().await, service.register("grace", PASSWORD).await.unwrap());
        let (made, text) = service.create_token(&ada.access_token, &["recipes:read"], None).await.unwrap();
        let answer = service.delete_token(&grace.access_token, &made.id).await;
        refused(answer, Code::NotFound, "No such API token");
        let answer = service.delete_token(&ada.access_token, &ada.session_id).await;
        refused(answer, Code::NotFound, "No such API token");
        let question = by_operator(ShowUserRequest { username: "ada".into() });
        let shown = service.client.clone().show_user(question).await.unwrap().into_inner();
        assert_eq!((shown.sessions.len(), shown.api_tokens), (1, vec![made.clone()]));
        assert_eq!(service.revoke(Some(By::SessionId(made.id.clone()))).await.unwrap(), made.id);
        refused(service.exchange(&text).await, Code::Unauthenticated, INVALID);
    }

    async fn a_token_ends_with_its_time_with_the_password_and_with_its_user(service: Service) {
        let ada = service.ada().await;
        let token = &ada.access_token;
        let (short, hour) = service.create_token(token, &["recipes:read"], Some(100)).await.unwrap();
        assert!(short.expires_at.is_some());
        let exchanged = service.exchange(&hour).await.unwrap();
        assert_eq!(exchanged.expires_in.unwrap().seconds, 100, "it never outlives the API token");
        service.clock.advance(Duration::from_secs(100));
        refused(service.exchange(&hour).await, Code::Unauthenticated, INVALID);
        assert_eq!(service.tokens(token).await.unwrap(), []);

        let (_, first) = service.create_token(token, &["recipes:read"], None).await.unwrap();
        service.change_password(token, PASSWORD, "another battery staple").await.unwrap();
        refused(service.exchange(&first).await, Code::Unauthenticated, INVALID);
        let (_, second) = service.create_token(token, &["recipes:read"], None).await.unwrap();
        service.exchange(&second).await.unwrap();
        let question = by_operator(DisableUserRequest { username: "ada".into() });
        service.client.clone().disable_user(question).await.unwrap();
        refused(service.exchange(&second).await, Code::Unauthenticated, INVALID);
    }

    async fn what_cannot_be_a_token_is_refused(service: Service) {
        let ada = service.ada().await;
        let token = &ada.access_token;
        for (scopes, life) in [
            (vec![], None),
            (vec!["account"], None),
            (vec!["recipe:pie"], None),
            (vec!["recipes:read"], Some(0)),
            (vec!["recipes:read"], Some(-5)),
        ] {
            let status = service.create_token(token, &scopes, life).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{scopes:?} {life:?}");
        }
        let (_, text) = service.create_token(token, &["recipes:read"], Some(i64::MAX / 1000)).await.unwrap();
        assert!(service.exchange(&text).await.is_ok());
        let (start, end) = text.split_at(40);
        let other = if end.starts_with('A') { 'B' } else { 'A' };
        let forged = format!("{start}{other}{}", &end[1..]);
        for text in ["", "rct_", token, &ada.refresh_token, &forged] {
            refused(service.exchange(text).await, Code::Unauthenticated, INVALID);
        }
        refused(service.refresh(&text).await, Code::Unauthenticated, "Invalid refresh token");
        let guest = service.client.clone().register_guest(RegisterGuestRequest::default()).await;
        let guest = guest.unwrap().into_inner().tokens.unwrap();
        let answer = service.create_token(&guest.access_token, &["recipes:read"], None).await;
        refused(answer, Code::FailedPrecondition, "A guest has no API tokens; make an account of it first");
    }
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_tokens() {
    let flags = ["--max-api-tokens-per-user", "2"];
    let service = Service::start_with(Database::sqlite(), &flags, None).await;
    let ada = service.ada().await;
    let create = || service.create_token(&ada.access_token, &["recipes:read"], None);
    let (first, _) = create().await.unwrap();
    create().await.unwrap();
    let words = "You have as many API tokens as one user may have; take one back first";
    refused(create().await, Code::FailedPrecondition, words);
    service
        .delete_token(&ada.access_token, &first.id)
        .await
        .unwrap();
    create().await.unwrap();
}
