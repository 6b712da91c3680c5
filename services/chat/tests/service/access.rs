//! Who may come in, and who is shown out.

use proto::chat::{self as wire, answer, link_response};
use tonic::Code;

use crate::harness::{Link, Service, join, post, someone};

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
        let refused = client.get_recipe(request).await.unwrap_err();
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

    let mut out = Vec::new();
    let update = loop {
        match link.next().await {
            link_response::Event::Expulsion(expulsion) => out.push(expulsion.user_id),
            link_response::Event::Update(update) => break update,
            other => panic!("too early: {other:?}"),
        }
    };
    out.sort_unstable();
    assert_eq!(out, ["id-eve", "id-mallory"]);
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

    let expulsion = link_response::Event::Expulsion(wire::Expulsion {
        recipe_id: "pie".to_owned(),
        user_id: "id-bob".to_owned(),
    });
    assert_eq!(link.next().await, expulsion);
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

    assert!(
        matches!(back.next().await, link_response::Event::Expulsion(e) if e.user_id == "id-eve")
    );
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
    let mut link = service.link().await;
    let mut numbers = Vec::new();
    for n in 0..50 {
        numbers.push(link.send(join("pie", &format!("cook{n}"), None)).await);
    }
    for number in numbers {
        assert!(matches!(
            link.answer_to(number).await,
            answer::Result::Joined(_)
        ));
    }
    let mut owners = 0;
    let mut client = service.client();
    for n in 0..50 {
        let request = wire::ListRecipesRequest {
            principal: someone(&format!("cook{n}")),
            limit: 0,
        };
        let listed = client.list_recipes(request).await.unwrap().into_inner();
        assert_eq!(listed.recipes.len(), 1);
        owners += usize::from(listed.recipes[0].owned);
    }
    assert_eq!(owners, 1);
}
