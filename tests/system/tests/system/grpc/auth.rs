//! What the auth service answers other programs.

use proto::auth::{
    GetJwksRequest, LoginRequest, RefreshTokenRequest, RegisterRequest, RevokeSessionRequest,
    ValidateTokenRequest, auth_service_client::AuthServiceClient, revoke_session_request::By,
};
use system_tests::{
    forge::TokenForger,
    stack::{Plan, Stack},
};
use tonic::{Code, transport::Channel};

use super::assert_refused;

async fn auth(stack: &mut Stack) -> AuthServiceClient<Channel> {
    AuthServiceClient::new(stack.auth().channel().await)
}

#[tokio::test]
async fn registering_and_signing_in_have_their_statuses() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut auth = auth(&mut stack).await;
    let register = |username: &str, password: &str| RegisterRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        ..RegisterRequest::default()
    };
    let login = |username: &str, password: &str| LoginRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        client_address: String::new(),
        device_token: String::new(),
    };

    assert_refused(
        auth.register(register(&ada.name, "long enough")).await,
        Code::AlreadyExists,
    );
    assert_refused(
        auth.register(register("bob", "short")).await,
        Code::InvalidArgument,
    );
    assert_refused(
        auth.register(register("b o b", "long enough")).await,
        Code::InvalidArgument,
    );
    let wrong = auth
        .login(login(&ada.name, "not the password"))
        .await
        .unwrap_err();
    assert_eq!(
        (wrong.code(), wrong.message()),
        (Code::Unauthenticated, "Invalid username or password")
    );
    let unknown = auth
        .login(login("nobody", "not the password"))
        .await
        .unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.message()),
        (Code::Unauthenticated, "Invalid username or password")
    );
    let tokens = auth
        .login(login(&ada.name, &ada.password))
        .await
        .unwrap()
        .into_inner()
        .tokens
        .unwrap();
    assert_eq!(tokens.user.unwrap().id, ada.id);
    assert!((899..=900).contains(&tokens.expires_in.unwrap().seconds));
}

#[tokio::test]
async fn a_token_is_validated_refreshed_and_revoked() {
    let operator = ["--operator-token", "operator-of-this-test"];
    let mut stack = Plan::apart(1).auth(&operator).start().await;
    let ada = stack.register("ada").await;
    let mut auth = auth(&mut stack).await;
    let validate = |token: &str| ValidateTokenRequest {
        access_token: token.to_owned(),
    };

    let answer = auth
        .validate_token(validate(&ada.access_token))
        .await
        .unwrap()
        .into_inner();
    let found = answer.principal.unwrap();
    assert_eq!(found.user.unwrap().id, ada.id);
    assert!(found.expires_in.unwrap().seconds <= 900);

    let refresh = RefreshTokenRequest {
        refresh_token: ada.refresh_token.clone(),
        client_address: String::new(),
    };
    let fresh = auth
        .refresh_token(refresh)
        .await
        .unwrap()
        .into_inner()
        .tokens
        .unwrap();
    stack.canary().remember(&fresh.access_token);
    stack.canary().remember(&fresh.refresh_token);
    assert_eq!(fresh.session_id, found.session_id);

    for _ in 0..2 {
        let by = Some(By::SessionId(found.session_id.clone()));
        let refused = auth.revoke_session(RevokeSessionRequest { by: by.clone() });
        assert_refused(refused.await, Code::PermissionDenied);
        let mut by_operator = tonic::Request::new(RevokeSessionRequest { by });
        let proof = "Bearer operator-of-this-test".parse().unwrap();
        by_operator.metadata_mut().insert("authorization", proof);
        let revoked = auth.revoke_session(by_operator).await.unwrap().into_inner();
        assert_eq!(revoked.session_id, found.session_id);
    }
    for token in [&ada.access_token, &fresh.access_token] {
        assert_refused(
            auth.validate_token(validate(token)).await,
            Code::Unauthenticated,
        );
    }
    let refresh = RefreshTokenRequest {
        refresh_token: fresh.refresh_token,
        client_address: String::new(),
    };
    assert_refused(auth.refresh_token(refresh).await, Code::Unauthenticated);
    let by = Some(By::AccessToken("nonsense".to_owned()));
    assert_refused(
        auth.revoke_session(RevokeSessionRequest { by }).await,
        Code::Unauthenticated,
    );
    assert_refused(
        auth.revoke_session(RevokeSessionRequest { by: None }).await,
        Code::InvalidArgument,
    );
}

#[tokio::test]
async fn every_hostile_token_is_unauthenticated() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let forge = TokenForger::new(&stack.api(), &ada.access_token).await;
    let mut auth = auth(&mut stack).await;

    for (fault, token) in forge.hostile() {
        stack.canary().remember(&token);
        let answer = auth
            .validate_token(ValidateTokenRequest {
                access_token: token,
            })
            .await;
        assert_eq!(
            answer.err().map(|status| status.code()),
            Some(Code::Unauthenticated),
            "{fault}"
        );
    }
}

/// Signed with the right key, so that nothing but the named claim can be what refuses them.
#[tokio::test]
async fn a_token_of_another_issuer_or_audience_is_unauthenticated() {
    let mut stack = Plan::apart(1)
        .auth(&["--issuer", "elsewhere"])
        .start()
        .await;
    let from_elsewhere = stack.register("ada").await;
    stack
        .auth()
        .restart_with(&["--issuer", "recipe-chat", "--audience", "elsewhere"])
        .await;
    let for_elsewhere = stack.register("bob").await;
    stack
        .auth()
        .restart_with(&["--audience", "recipe-chat"])
        .await;
    let ours = stack.register("eve").await;
    let mut auth = auth(&mut stack).await;

    for stranger in [&from_elsewhere, &for_elsewhere] {
        let request = ValidateTokenRequest {
            access_token: stranger.access_token.clone(),
        };
        assert_refused(auth.validate_token(request).await, Code::Unauthenticated);
        let mut client = stack.connect("soup").await;
        client
            .send_auth(serde_json::json!({"token": stranger.access_token}))
            .await;
        client.expect_close(1008, "Invalid token").await;
    }
    let request = ValidateTokenRequest {
        access_token: ours.access_token,
    };
    auth.validate_token(request).await.unwrap();
}

#[tokio::test]
async fn the_keys_are_the_ones_that_the_edge_publishes() {
    let mut stack = Plan::apart(1).start().await;
    let published = stack
        .api()
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200)
        .json();

    let keys = auth(&mut stack)
        .await
        .get_jwks(GetJwksRequest {})
        .await
        .unwrap()
        .into_inner();

    let keys: serde_json::Value = serde_json::from_str(&keys.jwks_json).unwrap();
    assert_eq!(keys["keys"], published["keys"]);
}
