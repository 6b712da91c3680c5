//! Who may come in, and who is shown out.

use std::time::Duration;

use proto::chat::{self as wire, answer};
use tokio::time::Instant;
use tonic::Code;

use crate::harness::{Link, Service, join, post, post_request, someone};

async fn failure(link: &mut Link, call: wire::link_request::Call) -> (i32, String) {
    match link.call(call).await {
        answer::Result::Failure(failure) => (failure.code, failure.message),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn not_yours_and_not_there_look_the_same() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.post("pie", "ada", "m1", "/private").await;
    let mut client = service.client();
    let mut get = async |recipe: &str| {
        let request = wire::GetRecipeRequest {
            principal: someone("mallory"),
            recipe_id: recipe.to_owned(),
            revision: None,
        };
        let asked = Instant::now();
        let refused = client.get_recipe(request).await.unwrap_err();
        // However fast it was found that there is none: longer than it takes to read one.
        assert!(asked.elapsed() >= Duration::from_millis(25), "{recipe}");
        (refused.code(), refused.message().to_owned())
    };

    assert_eq!(get("pie").await, get("nowhere").await);
    assert_eq!(get("pie").await.0, Code::NotFound);
    let not_yours = failure(&mut link, join("pie", "mallory", None)).await;
    let not_there = failure(&mut link, post("nowhere", "mallory", "m1", "hi")).await;
    assert_eq!(not_yours, not_there);
    assert_eq!(
        failure(&mut link, post("pie", "mallory", "m1", "hi")).await,
        not_there
    );
}

#[tokio::test]
async fn going_private_shows_everyone_out_who_is_no_member_before_anything_else_happens() {
    let service = Service::start().await;
    let mut link = service.link().await;
    for who in ["ada", "bob", "eve", "mallory"] {
        link.join("pie", who).await;
    }
    link.attach("pie", None).await;
    link.post("pie", "ada", "m1", "/invite bob").await;
    link.next_update().await;

    link.send(post("pie", "ada", "m2", "/private")).await;
    link.send(post("pie", "ada", "m3", "now we are alone"))
        .await;

    let audience = link.next_audience().await;
    assert!(audience.revision >= 2);
    assert_eq!(audience.user_ids, ["id-ada"]);
    assert_eq!(
        audience.names,
        ["bob"],
        "who was invited and has not come since"
    );
    let update = link.next_update().await;
    assert_eq!(update.revision, 2);
    assert_eq!(link.next_update().await.revision, 3);
    link.post("pie", "bob", "m1", "still here").await;
}

#[tokio::test]
async fn a_removed_member_is_shown_out_and_an_invited_one_comes_in_by_name() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.post("pie", "ada", "m1", "/private").await;
    assert_eq!(
        failure(&mut link, join("pie", "bob", None)).await.0,
        Code::NotFound as i32
    );
    link.post("pie", "ada", "m2", "/invite Bob").await;
    assert_eq!(link.join("pie", "bob").await.revision, 2);
    link.attach("pie", None).await;
    link.post("pie", "bob", "m1", "thanks").await;
    link.next_update().await;

    link.post("pie", "ada", "m3", "/remove bob").await;

    let audience = wire::Audience {
        recipe_id: "pie".to_owned(),
        revision: 4,
        user_ids: vec!["id-ada".to_owned()],
        ..wire::Audience::default()
    };
    assert_eq!(link.next_audience().await, audience);
    assert_eq!(
        failure(&mut link, join("pie", "bob", None)).await.0,
        Code::NotFound as i32
    );
}

#[tokio::test]
async fn a_link_that_was_away_hears_who_was_shown_out_meanwhile() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.join("pie", "eve").await;
    link.post("pie", "ada", "m1", "/private").await;

    let mut back = service.link().await;
    back.attach("pie", Some(0)).await;

    assert_eq!(back.next_audience().await.user_ids, ["id-ada"]);
    assert_eq!(back.next_update().await.revision, 1);
}

#[tokio::test]
async fn a_viewer_reads_and_only_the_owner_commands() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.post("pie", "ada", "m1", "/invite eve as viewer").await;
    link.join("pie", "eve").await;

    let denied = Code::PermissionDenied as i32;
    assert_eq!(
        failure(&mut link, post("pie", "eve", "m1", "hi")).await.0,
        denied
    );
    assert_eq!(
        failure(&mut link, post("pie", "bob", "m1", "/private"))
            .await
            .0,
        denied
    );
    assert_eq!(link.join("pie", "eve").await.revision, 1);
}

#[tokio::test]
async fn fifty_who_create_the_same_recipe_make_one_with_one_owner() {
    let service = Service::start().await;
    let creating = (0..50).map(|n| {
        let mut client = service.client();
        let create = wire::CreateRecipeRequest {
            principal: someone(&format!("cook{n}")),
            recipe_id: "pie".to_owned(),
            visibility: wire::Visibility::Open.into(),
            ..wire::CreateRecipeRequest::default()
        };
        async move { client.create_recipe(create).await.map(drop) }
    });
    let created = futures_util::future::join_all(creating).await;
    assert_eq!(created.iter().filter(|made| made.is_ok()).count(), 1);
    let mut link = service.link().await;
    for n in 0..50 {
        link.join("pie", &format!("cook{n}")).await;
    }
    let mut owners = 0;
    let mut client = service.client();
    for n in 0..50 {
        let request = wire::ListRecipesRequest {
            principal: someone(&format!("cook{n}")),
            ..wire::ListRecipesRequest::default()
        };
        let listed = client.list_recipes(request).await.unwrap().into_inner();
        assert_eq!(listed.recipes.len(), 1);
        owners += usize::from(listed.recipes[0].owned);
    }
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn who_is_invited_in_the_chat_must_be_a_user_where_somebody_has_looked() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    let mut client = service.client();
    let mut say = async |id: &str, content: &str, known: Option<&[&str]>| {
        let users = known.map(|names| names.iter().filter_map(|name| someone(name)).collect());
        let request = wire::PostMessageRequest {
            known_users: users.map(|users| wire::KnownUsers { users }),
            ..post_request("pie", "ada", id, content)
        };
        let posted = client.post_message(request).await.unwrap().into_inner();
        let message = posted.message.unwrap();
        (message.effect, message.hint.unwrap_or_default())
    };

    let (effect, hint) = say("m1", "/invite bobb", Some(&[])).await;
    assert_eq!(effect, None);
    assert!(hint.contains("no user called bobb"), "{hint}");
    let (effect, hint) = say("m2", "/invite a\u{200b}b", None).await;
    assert_eq!(effect, None);
    assert!(hint.contains("letters, digits"), "{hint}");
    let (effect, _) = say("m3", "/invite @Bob", Some(&["bob"])).await;
    assert_eq!(effect.unwrap(), "Invited bob as an editor");
    let (effect, _) = say("m4", "/invite eve", None).await;
    assert_eq!(effect.unwrap(), "Invited eve as an editor");
}

#[tokio::test]
async fn a_message_that_comes_after_its_authors_token_is_not_accepted() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    let late = |id: &str, seconds| {
        wire::link_request::Call::Post(wire::PostMessageRequest {
            not_after: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..post_request("pie", "ada", id, "hi")
        })
    };

    let (code, words) = failure(&mut link, late("m1", 1_000)).await;
    assert_eq!(code, Code::DeadlineExceeded as i32);
    assert!(words.contains("too late"), "{words}");
    let in_time = link.call(late("m1", 99_999_999_999)).await;
    assert!(matches!(in_time, answer::Result::Posted(posted) if !posted.duplicate));
    let again = link.call(late("m1", 1_000)).await;
    assert!(
        matches!(again, answer::Result::Posted(posted) if posted.duplicate),
        "it was accepted"
    );
}

#[tokio::test]
async fn a_user_has_so_many_recipes_and_writes_so_much_a_day() {
    let config = chat::Config {
        reloadable: chat::Reloadable {
            recipes_per_user: 2,
            bytes_per_user: 20_000,
            ..chat::Reloadable::default()
        },
        ..chat::Config::default()
    };
    let service = Service::start_with(&config).await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.join("soup", "ada").await;
    let refused = link.try_create("stew", "ada").await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("as many recipes"), "{refused}");
    link.join("stew", "bob").await;
    link.call(join("stew", "ada", None)).await;

    let long = "x".repeat(4_000);
    let mut accepted = 0;
    let refused = loop {
        match link
            .call(post("pie", "ada", &format!("m{accepted}"), &long))
            .await
        {
            answer::Result::Posted(_) => accepted += 1,
            answer::Result::Failure(failure) => break failure,
            other => panic!("{other:?}"),
        }
        assert!(accepted < 10);
    };
    assert_eq!(
        (accepted, refused.code),
        (5, Code::ResourceExhausted as i32)
    );
    assert!(refused.retry_after_ms.is_some_and(|wait| wait > 1_000));
    let again = link.post("pie", "ada", "m0", &long).await;
    assert!(again.duplicate, "what was accepted is still told");
    link.post("pie", "bob", "m1", &long).await;
    let unary = service
        .client()
        .post_message(post_request("pie", "ada", "n", "hi"))
        .await;
    let status = unary.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.metadata().contains_key("retry-after-ms"));
}
