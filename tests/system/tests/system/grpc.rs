//! The gRPC services as other programs see them: health, reflection, and the statuses of the contract.

use proto::{
    auth::{
        GetJwksRequest, LoginRequest, RefreshTokenRequest, RegisterRequest, RevokeSessionRequest,
        ValidateTokenRequest, auth_service_client::AuthServiceClient, revoke_session_request::By,
    },
    chat::{
        CreateRecipeRequest, GetRecipeRequest, ListMessagesRequest, ListRecipesRequest,
        PostMessageRequest, PostMessageResponse, SubscribeRecipeRequest,
        chat_service_client::ChatServiceClient, subscribe_recipe_response::Event,
    },
};
use system_tests::{
    account::Account,
    chat_log::principal,
    client::new_id,
    forge::Forge,
    patience::within,
    stack::{Plan, Stack},
};
use tokio_stream::StreamExt;
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

const AUTH: &str = "recipechat.auth.v1.AuthService";
const CHAT: &str = "recipechat.chat.v1.ChatService";

async fn auth(stack: &mut Stack) -> AuthServiceClient<Channel> {
    AuthServiceClient::new(stack.auth().channel().await)
}

async fn chat(stack: &mut Stack) -> ChatServiceClient<Channel> {
    ChatServiceClient::new(stack.chat().channel().await)
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code) {
    let status = answer.err().map(|status| status.code());
    assert_eq!(status, Some(code));
}

#[tokio::test]
async fn both_services_report_their_health() {
    let mut stack = Plan::apart(1).start().await;
    for (channel, service) in [
        (stack.auth().channel().await, AUTH),
        (stack.chat().channel().await, CHAT),
    ] {
        for name in ["", service] {
            let request = HealthCheckRequest {
                service: name.to_owned(),
            };
            let answer = HealthClient::new(channel.clone())
                .check(request)
                .await
                .unwrap();
            assert_eq!(
                answer.into_inner().status(),
                ServingStatus::Serving,
                "{service}: {name:?}"
            );
        }
        let unknown = HealthCheckRequest {
            service: "no.such.Service".to_owned(),
        };
        assert_refused(
            HealthClient::new(channel).check(unknown).await,
            Code::NotFound,
        );
    }
}

#[tokio::test]
async fn both_services_describe_themselves() {
    let mut stack = Plan::apart(1).start().await;
    for (channel, service) in [
        (stack.auth().channel().await, AUTH),
        (stack.chat().channel().await, CHAT),
    ] {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(channel);
        let answers = client
            .server_reflection_info(tokio_stream::once(request))
            .await
            .unwrap();
        let answer = within("a reflection", answers.into_inner().next())
            .await
            .unwrap()
            .unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("no list of services");
        };
        let names: Vec<String> = list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect();
        assert!(names.iter().any(|name| name == service), "{names:?}");
    }
}

#[tokio::test]
async fn registering_and_signing_in_have_their_statuses() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut auth = auth(&mut stack).await;
    let register = |username: &str, password: &str| RegisterRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        client_address: String::new(),
    };
    let login = |username: &str, password: &str| LoginRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        client_address: String::new(),
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
    let mut stack = Plan::apart(1).start().await;
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
        let revoked = auth
            .revoke_session(RevokeSessionRequest { by })
            .await
            .unwrap()
            .into_inner();
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
    let forge = Forge::new(&stack.api(), &ada.access_token).await;
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

fn post(account: &Account, recipe: &str, id: &str, content: &str) -> PostMessageRequest {
    PostMessageRequest {
        principal: Some(principal(account)),
        recipe_id: recipe.to_owned(),
        message_id: id.to_owned(),
        content: content.to_owned(),
    }
}

#[tokio::test]
async fn posting_is_idempotent_by_message_id() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await;
    let mut chat = chat(&mut stack).await;
    let id = new_id();

    let first: PostMessageResponse = chat
        .post_message(post(&ada, "soup", &id, "add 2 leeks"))
        .await
        .unwrap()
        .into_inner();
    let again = chat
        .post_message(post(&ada, "soup", &id, "add 2 leeks"))
        .await
        .unwrap()
        .into_inner();

    assert!(!first.duplicate && again.duplicate);
    assert_eq!(first.message, again.message);
    assert_eq!(first.message.unwrap().revision, 1);
    let other = chat
        .post_message(post(&ada, "soup", &id, "add 3 leeks"))
        .await;
    assert_refused(other, Code::AlreadyExists);
}

#[tokio::test]
async fn the_chat_calls_have_their_statuses() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await;
    let mut chat = chat(&mut stack).await;
    let create = |id: &str| CreateRecipeRequest {
        principal: Some(principal(&ada)),
        recipe_id: id.to_owned(),
        title: "Soup".to_owned(),
    };
    let get = |id: &str| GetRecipeRequest {
        principal: Some(principal(&ada)),
        recipe_id: id.to_owned(),
        revision: None,
    };

    assert_refused(
        chat.create_recipe(create("soup")).await,
        Code::AlreadyExists,
    );
    assert_refused(
        chat.create_recipe(create("a b")).await,
        Code::InvalidArgument,
    );
    assert_refused(chat.get_recipe(get("nowhere")).await, Code::NotFound);
    assert_refused(
        chat.post_message(post(&ada, "nowhere", "1", "hi")).await,
        Code::NotFound,
    );
    for (id, content) in [
        ("", "hi"),
        (&"i".repeat(129), "hi"),
        ("1", ""),
        ("1", "  "),
        ("1", &"c".repeat(4_001)),
    ] {
        assert_refused(
            chat.post_message(post(&ada, "soup", id, content)).await,
            Code::InvalidArgument,
        );
    }
    let nobody = PostMessageRequest {
        principal: None,
        ..post(&ada, "soup", "1", "hi")
    };
    let refusal = chat.post_message(nobody).await.unwrap_err().code();
    assert!(
        matches!(refusal, Code::InvalidArgument | Code::Unauthenticated),
        "{refusal:?}"
    );
    let messages = ListMessagesRequest {
        principal: Some(principal(&ada)),
        recipe_id: "nowhere".to_owned(),
        ..ListMessagesRequest::default()
    };
    assert_refused(chat.list_messages(messages).await, Code::NotFound);
    let list = ListRecipesRequest {
        principal: Some(principal(&ada)),
        limit: 0,
    };
    let recipes = chat.list_recipes(list).await.unwrap().into_inner().recipes;
    assert_eq!(
        recipes
            .iter()
            .map(|recipe| recipe.recipe_id.as_str())
            .collect::<Vec<_>>(),
        ["soup"]
    );
}

#[tokio::test]
async fn a_subscription_is_a_snapshot_and_then_what_happens() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("first").await;
    let subscribe = |after| SubscribeRecipeRequest {
        principal: Some(principal(&ada)),
        recipe_id: "soup".to_owned(),
        after,
    };
    let mut chat = chat(&mut stack).await;
    let mut live = chat
        .subscribe_recipe(subscribe(None))
        .await
        .unwrap()
        .into_inner();
    let Some(Event::Snapshot(snapshot)) = within("a snapshot", live.next())
        .await
        .unwrap()
        .unwrap()
        .event
    else {
        panic!("no snapshot");
    };
    assert_eq!(snapshot.revision, 1);

    client.say("second").await;

    let mut resumed = chat
        .subscribe_recipe(subscribe(Some(1)))
        .await
        .unwrap()
        .into_inner();
    for stream in [&mut live, &mut resumed] {
        let Some(Event::Update(update)) = within("an update", stream.next())
            .await
            .unwrap()
            .unwrap()
            .event
        else {
            panic!("no update");
        };
        assert_eq!(
            (update.revision, update.message.unwrap().content.as_str()),
            (2, "second")
        );
    }
    let nowhere = SubscribeRecipeRequest {
        recipe_id: "nowhere".to_owned(),
        ..subscribe(None)
    };
    assert_refused(chat.subscribe_recipe(nowhere).await, Code::NotFound);
}
