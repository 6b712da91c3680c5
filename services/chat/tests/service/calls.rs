//! The unary calls and the subscription.

use proto::chat::{self as wire, list_messages_request::Page, subscribe_recipe_response::Event};
use tonic::Code;

use crate::harness::{Service, post_request, someone};

#[tokio::test]
async fn a_recipe_is_created_once() {
    let service = Service::start().await;
    let mut client = service.client();
    let request = |title: &str| wire::CreateRecipeRequest {
        principal: someone("ada"),
        recipe_id: "sunday-roast".to_owned(),
        title: title.to_owned(),
        visibility: wire::Visibility::Open.into(),
    };

    let created = client
        .create_recipe(request(""))
        .await
        .unwrap()
        .into_inner();
    let again = client.create_recipe(request("Other")).await.unwrap_err();

    assert_eq!(created.recipe.unwrap().title, "Sunday roast");
    assert_eq!(again.code(), Code::AlreadyExists);
    let too_long = client.create_recipe(request(&"x".repeat(201))).await;
    assert_eq!(too_long.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    let first = link.post("pie", "ada", "m1", "hello").await;
    drop(link);

    let service = service.restart().await;
    let mut client = service.client();
    let again = client
        .post_message(post_request("pie", "ada", "m1", "hello"))
        .await
        .unwrap()
        .into_inner();

    assert!(again.duplicate);
    assert_eq!(again.message, first.message);
    let other = client
        .post_message(post_request("pie", "ada", "m1", "other words"))
        .await;
    assert_eq!(other.unwrap_err().code(), Code::AlreadyExists);
    let next = client
        .post_message(post_request("pie", "bob", "m1", "other words"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(next.message.unwrap().revision, 2);
}

#[tokio::test]
async fn messages_are_listed_by_page() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    for n in 1..=120 {
        link.post("pie", "ada", &format!("m{n}"), "hi").await;
    }
    let mut client = service.client();
    let mut page = async |page, limit| {
        let request = wire::ListMessagesRequest {
            principal: someone("ada"),
            recipe_id: "pie".to_owned(),
            limit,
            page,
        };
        let listed = client.list_messages(request).await.unwrap().into_inner();
        let revisions: Vec<_> = listed.messages.iter().map(|m| m.revision).collect();
        (revisions, listed.truncated)
    };

    assert_eq!(page(None, 0).await, ((71..=120).collect(), true));
    assert_eq!(
        page(Some(Page::Before(11)), 50).await,
        ((1..=10).collect(), false)
    );
    assert_eq!(
        page(Some(Page::Before(71)), 3).await,
        (vec![68, 69, 70], true)
    );
    assert_eq!(
        page(Some(Page::After(100)), 5).await,
        ((101..=105).collect(), true)
    );
    assert_eq!(page(Some(Page::After(120)), 5).await, (vec![], false));

    let joined = link.join("pie", "ada").await;
    assert_eq!(joined.messages.len(), 50);
    assert!(joined.messages_truncated);
}

#[tokio::test]
async fn a_subscription_begins_with_a_snapshot_or_with_what_was_missed() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.post("pie", "ada", "m1", "one").await;
    link.post("pie", "ada", "m2", "two").await;
    let mut client = service.client();
    let request = |after| wire::SubscribeRecipeRequest {
        principal: someone("bob"),
        recipe_id: "pie".to_owned(),
        after,
        message_id: None,
    };

    let mut fresh = client
        .subscribe_recipe(request(None))
        .await
        .unwrap()
        .into_inner();
    let mut resumed = client
        .subscribe_recipe(request(Some(1)))
        .await
        .unwrap()
        .into_inner();

    let next = async |stream: &mut tonic::Streaming<wire::SubscribeRecipeResponse>| match stream
        .message()
        .await
        .unwrap()
        .unwrap()
        .event
        .unwrap()
    {
        Event::Snapshot(snapshot) => (snapshot.revision, snapshot.messages.len()),
        Event::Update(update) => (update.revision, 0),
    };
    assert_eq!(next(&mut fresh).await, (2, 2));
    assert_eq!(next(&mut resumed).await, (2, 0));
    link.post("pie", "ada", "m3", "three").await;
    assert_eq!(next(&mut fresh).await, (3, 0));
    assert_eq!(next(&mut resumed).await, (3, 0));

    let missing = client
        .subscribe_recipe(wire::SubscribeRecipeRequest {
            recipe_id: "nowhere".to_owned(),
            ..request(None)
        })
        .await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn recipes_are_listed_newest_change_first() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.join("soup", "bob").await;
    link.join("soup", "ada").await;
    link.join("secret", "bob").await;
    link.post("pie", "ada", "m1", "hi").await;
    let mut client = service.client();

    let listed = client
        .list_recipes(wire::ListRecipesRequest {
            principal: someone("ada"),
            ..wire::ListRecipesRequest::default()
        })
        .await
        .unwrap()
        .into_inner();

    let listed: Vec<_> = listed
        .recipes
        .iter()
        .map(|recipe| (recipe.recipe_id.as_str(), recipe.owned))
        .collect();
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&("pie", true)) && listed.contains(&("soup", false)));
}
