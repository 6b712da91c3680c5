//! What the chat service answers other programs.

use proto::chat::{
    CreateRecipeRequest, GetRecipeRequest, ListMessagesRequest, ListRecipesRequest,
    PostMessageRequest, PostMessageResponse, SubscribeRecipeRequest,
    chat_service_client::ChatServiceClient, subscribe_recipe_response::Event,
};
use system_tests::{
    account::Account,
    chat_log::principal,
    client::new_id,
    stack::{Plan, Stack},
    timeouts::within,
};
use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};

use super::assert_refused;

async fn chat(stack: &mut Stack) -> ChatServiceClient<Channel> {
    ChatServiceClient::new(stack.chat().channel().await)
}

fn post(account: &Account, recipe: &str, id: &str, content: &str) -> PostMessageRequest {
    PostMessageRequest {
        principal: Some(principal(account)),
        recipe_id: recipe.to_owned(),
        message_id: id.to_owned(),
        content: content.to_owned(),
        ..PostMessageRequest::default()
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
        ..CreateRecipeRequest::default()
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
        ..ListRecipesRequest::default()
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
        message_id: None,
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
