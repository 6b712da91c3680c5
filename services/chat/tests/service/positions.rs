//! Positions: a revision and the message there. Who has another history than the store is told, whatever they ask for.

use proto::chat::{
    self as wire, Recovery, answer, link_request, link_response, subscribe_recipe_response,
};

use crate::harness::{Link, Service, attach_at, join_at, someone};

/// A recipe with so many messages: "m1", "m2"…
async fn with_messages(service: &Service, count: u64) -> Link {
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    for n in 1..=count {
        link.post("pie", "ada", &format!("m{n}"), &format!("message {n}"))
            .await;
    }
    link
}

async fn joined(link: &mut Link, after: u64, message: Option<&str>) -> wire::JoinRecipeResponse {
    match link.call(join_at("pie", "ada", after, message)).await {
        answer::Result::Joined(joined) => joined,
        other => panic!("not joined: {other:?}"),
    }
}

fn revisions(joined: &wire::JoinRecipeResponse) -> Vec<u64> {
    joined.messages.iter().map(|m| m.revision).collect()
}

#[tokio::test]
async fn who_joins_with_a_position_of_the_recipe_gets_what_came_after_it() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 5).await;
    for message in [Some("m3"), None] {
        let joined = joined(&mut link, 3, message).await;
        assert_eq!(joined.recovery(), Recovery::Complete);
        assert_eq!(revisions(&joined), [4, 5]);
        assert_eq!(joined.message_id.as_deref(), Some("m5"));
        assert!(!joined.messages_truncated);
    }
    let newest = joined(&mut link, 5, Some("m5")).await;
    assert_eq!(
        (newest.recovery(), revisions(&newest)),
        (Recovery::Complete, vec![])
    );
    let oldest = joined(&mut link, 0, None).await;
    assert_eq!(oldest.recovery(), Recovery::Complete);
    assert_eq!(oldest.messages.len(), 5);
    let none = link.join("pie", "ada").await;
    assert_eq!(none.recovery(), Recovery::Unspecified);
}

#[tokio::test]
async fn who_joins_with_a_position_of_another_history_gets_a_fresh_start() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 5).await;
    for (after, message) in [
        (3, Some("other")),
        (5, Some("m4")),
        (0, Some("m1")),
        (6, None),
        (u64::MAX, Some("m5")),
    ] {
        let joined = joined(&mut link, after, message).await;
        assert_eq!(joined.recovery(), Recovery::Diverged, "{after} {message:?}");
        assert_eq!(joined.messages.len(), 5);
    }
}

#[tokio::test]
async fn a_recipe_without_messages_has_one_position() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 0).await;
    let at_start = joined(&mut link, 0, None).await;
    assert_eq!(at_start.recovery(), Recovery::Complete);
    assert_eq!(at_start.message_id, None);
    for (after, message) in [(0, Some("m")), (1, Some("m")), (1, None)] {
        let joined = joined(&mut link, after, message).await;
        assert_eq!(joined.recovery(), Recovery::Diverged, "{after} {message:?}");
    }
}

#[tokio::test]
async fn who_missed_too_much_gets_the_latest_and_is_told() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 3).await;
    for n in 4..=503 {
        link.send(crate::harness::post("pie", "ada", &format!("m{n}"), "more"))
            .await;
    }
    link.post("pie", "ada", "last", "last").await;

    assert_eq!(joined(&mut link, 4, Some("m4")).await.messages.len(), 500);
    let late = joined(&mut link, 3, Some("m3")).await;
    assert_eq!(late.recovery(), Recovery::Truncated);
    assert_eq!(late.messages.len(), 50);
    assert!(late.messages_truncated);
}

#[tokio::test]
async fn what_is_changed_beside_the_chat_has_its_place_as_well() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 1).await;
    let import = wire::ImportRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        message_id: "imported".to_owned(),
        document: Some(wire::import_recipe_request::Document::Cooklang(
            "Add @flour{2%cups}.".to_owned(),
        )),
    };
    service.client().import_recipe(import).await.unwrap();
    let joined_after = joined(&mut link, 2, Some("imported")).await;
    assert_eq!(joined_after.recovery(), Recovery::Complete);
    assert_eq!(joined_after.message_id.as_deref(), Some("imported"));
}

#[tokio::test]
async fn each_update_names_the_message_before_it() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 3).await;
    link.send(attach_at("pie", 1, "m1")).await;
    for (revision, previous) in [(2, "m1"), (3, "m2")] {
        let update = link.next_update().await;
        assert_eq!(update.revision, revision);
        assert_eq!(update.previous_id.as_deref(), Some(previous));
    }
    link.send(crate::harness::post("pie", "ada", "m4", "live"))
        .await;
    loop {
        if let link_response::Event::Update(update) = link.next().await {
            assert_eq!(update.previous_id.as_deref(), Some("m3"));
            break;
        }
    }
}

async fn next_divergence(link: &mut Link) -> wire::Divergence {
    loop {
        match link.next().await {
            link_response::Event::Divergence(divergence) => return divergence,
            link_response::Event::Answer(_) => {}
            other => panic!("not a divergence: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_edge_that_attaches_from_another_history_is_told_and_hears_what_comes_next() {
    let service = Service::start().await;
    let mut author = with_messages(&service, 3).await;
    for (after, message) in [(2, "other"), (9, "m9")] {
        let mut link = service.link().await;
        link.send(attach_at("pie", after, message)).await;
        let divergence = next_divergence(&mut link).await;
        assert_eq!(
            (divergence.recipe_id.as_str(), divergence.revision),
            ("pie", after)
        );
        assert_eq!(divergence.message_id.as_deref(), Some(message));
        let id = format!("after {after}");
        let posted = author.post("pie", "ada", &id, "and on").await;
        let update = loop {
            match link.next().await {
                link_response::Event::Update(update) => break update,
                link_response::Event::Answer(_) => {}
                other => panic!("not an update: {other:?}"),
            }
        };
        assert_eq!(Some(update.revision), posted.message.map(|m| m.revision));
    }
}

/// Attaches as an edge does whose room stands at 2, and one of whose members was answered with `told`.
fn attach_told(told: u64, message: &str) -> link_request::Call {
    link_request::Call::Attach(wire::Attach {
        told: Some(told),
        told_message_id: Some(message.to_owned()),
        ..match attach_at("pie", 2, "m2") {
            link_request::Call::Attach(attach) => attach,
            other => panic!("{other:?}"),
        }
    })
}

#[tokio::test]
async fn an_edge_whose_member_was_told_of_what_is_gone_hears_of_it_when_it_attaches() {
    let service = Service::start().await;
    let _author = with_messages(&service, 3).await;
    for (told, message) in [(3, "other"), (5, "m5")] {
        let mut link = service.link().await;
        link.send(attach_told(told, message)).await;
        let divergence = next_divergence(&mut link).await;
        assert_eq!(divergence.revision, told);
        assert_eq!(divergence.message_id.as_deref(), Some(message));
    }
}

/// Updates of the earlier attachment may still be on their way then.
#[tokio::test]
async fn an_edge_that_attaches_again_from_before_what_it_was_sent_hears_when_that_is_gone() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 5).await;
    link.attach("pie", Some(2)).await;
    service.go_back("pie", 2);

    link.send(attach_at("pie", 2, "m2")).await;

    let divergence = loop {
        match link.next().await {
            link_response::Event::Divergence(divergence) => break divergence,
            link_response::Event::Update(_) | link_response::Event::Answer(_) => {}
            other => panic!("not a divergence: {other:?}"),
        }
    };
    assert_eq!(divergence.message_id.as_deref(), Some("m5"));
}

#[tokio::test]
async fn an_edge_whose_member_is_further_than_its_room_still_gets_what_the_room_lacks() {
    let service = Service::start().await;
    let _author = with_messages(&service, 5).await;
    let mut link = service.link().await;
    link.send(attach_told(4, "m4")).await;
    for revision in 3..=5 {
        assert_eq!(link.next_update().await.revision, revision);
    }
}

#[tokio::test]
async fn a_store_that_went_back_is_found_at_the_next_message() {
    let service = Service::start().await;
    let mut link = with_messages(&service, 5).await;
    link.attach("pie", None).await;
    let mut other = service.link().await;
    other.attach("pie", Some(5)).await;
    service.go_back("pie", 2);

    let posted = link.post("pie", "ada", "new", "and on").await;

    assert_eq!(posted.message.unwrap().revision, 3);
    for link in [&mut link, &mut other] {
        let divergence = next_divergence(link).await;
        assert_eq!(divergence.revision, 5);
    }
    let back = joined(&mut link, 5, Some("m5")).await;
    assert_eq!(back.recovery(), Recovery::Diverged);
    assert_eq!(revisions(&back), [1, 2, 3]);
    link.post("pie", "ada", "m4", "the id of one that is gone")
        .await;
    assert_eq!(other.next_update().await.revision, 4);
}

#[tokio::test]
async fn a_subscription_from_another_history_begins_with_a_snapshot_and_ends_when_the_store_goes_back()
 {
    let service = Service::start().await;
    let mut link = with_messages(&service, 3).await;
    let request = |message: &str| wire::SubscribeRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        after: Some(2),
        message_id: Some(message.to_owned()),
    };
    let mut known = service
        .client()
        .subscribe_recipe(request("m2"))
        .await
        .unwrap()
        .into_inner();
    let event = known.message().await.unwrap().unwrap().event.unwrap();
    assert!(matches!(event, subscribe_recipe_response::Event::Update(u) if u.revision == 3));
    let mut other = service
        .client()
        .subscribe_recipe(request("other"))
        .await
        .unwrap()
        .into_inner();
    let event = other.message().await.unwrap().unwrap().event.unwrap();
    assert!(matches!(event, subscribe_recipe_response::Event::Snapshot(s) if s.revision == 3));

    service.go_back("pie", 1);
    link.post("pie", "ada", "new", "and on").await;
    let ended = known.message().await.unwrap_err();
    assert_eq!(ended.code(), tonic::Code::Aborted);
}
