//! What a link promises: order, nothing lost, nothing twice.

use proto::chat::{answer, link_response};

use crate::harness::{Service, attach, detach, join, post};

#[tokio::test]
async fn an_author_gets_the_update_before_the_answer() {
    let service = Service::start().await;
    let mut link = service.link().await;
    assert_eq!(link.join("pie", "ada").await.revision, 0);
    assert_eq!(link.attach("pie", None).await, 0);

    let number = link.send(post("pie", "ada", "m1", "hello")).await;

    let update = link.next_update().await;
    assert_eq!((update.revision, update.recipe_id.as_str()), (1, "pie"));
    assert_eq!(update.message.unwrap().content, "hello");
    match link.next().await {
        link_response::Event::Answer(answer) => assert_eq!(answer.number, number),
        other => panic!("not the answer: {other:?}"),
    }
    service.stop().await;
}

#[tokio::test]
async fn calls_may_be_pipelined_and_answers_never_overtake_updates() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.send(attach("pie", None)).await;
    link.send(join("pie", "ada", None)).await;
    for n in 0..200 {
        link.send(post(
            "pie",
            "ada",
            &format!("m{n}"),
            &format!("message {n}"),
        ))
        .await;
        if n % 20 == 0 {
            link.send(join("pie", &format!("guest{n}"), None)).await;
        }
    }
    let calls = 2 + 200 + 10;

    let (mut revision, mut answers) = (0, 0);
    while answers < calls {
        match link.next().await {
            link_response::Event::Update(update) => {
                assert_eq!(update.revision, revision + 1, "updates come without gaps");
                revision = update.revision;
                let text = update.message.unwrap().content;
                assert_eq!(
                    text,
                    format!("message {}", revision - 1),
                    "in posting order"
                );
            }
            link_response::Event::Answer(answer) => {
                answers += 1;
                let answered = match answer.result.unwrap() {
                    answer::Result::Attached(attached) => attached.revision,
                    answer::Result::Joined(joined) => joined.revision,
                    answer::Result::Posted(posted) => posted.message.unwrap().revision,
                    answer::Result::Failure(failure) => panic!("{failure:?}"),
                };
                assert!(
                    answered <= revision,
                    "answer {answered} before update {revision}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(revision, 200);
}

#[tokio::test]
async fn a_post_sent_again_after_a_break_is_accepted_once() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.send(post("pie", "ada", "m1", "once")).await;
    drop(link);

    let mut link = service.link().await;
    link.attach("pie", Some(0)).await;
    let answer = link.post("pie", "ada", "m1", "once").await;
    let again = link.post("pie", "ada", "m1", "once").await;

    assert_eq!(answer.message.as_ref().unwrap().revision, 1);
    assert!(again.duplicate);
    assert_eq!(again.message, answer.message);
    assert!(again.recipe.is_some());
    assert_eq!(link.next_update().await.revision, 1);
    assert_eq!(link.join("pie", "ada").await.messages.len(), 1);
}

#[tokio::test]
async fn attaching_after_a_revision_sends_what_was_missed_first() {
    let service = Service::start().await;
    let mut author = service.link().await;
    author.join("pie", "ada").await;
    for n in 1..=30 {
        author
            .post("pie", "ada", &format!("m{n}"), "still here")
            .await;
    }

    let mut link = service.link().await;
    let number = link.send(attach("pie", Some(12))).await;
    for expected in 13..=30 {
        assert_eq!(link.next_update().await.revision, expected);
    }
    match link.answer_to(number).await {
        answer::Result::Attached(attached) => assert_eq!(attached.revision, 30),
        other => panic!("{other:?}"),
    }
    author.post("pie", "ada", "m31", "and on").await;
    assert_eq!(link.next_update().await.revision, 31);
}

#[tokio::test]
async fn a_link_that_missed_too_much_gets_the_newest_and_can_join_for_the_rest() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    for n in 1..=620 {
        link.send(post("pie", "ada", &format!("m{n}"), "more"))
            .await;
    }
    link.post("pie", "ada", "last", "last").await;

    let mut late = service.link().await;
    assert_eq!(late.attach("pie", Some(1)).await, 621);
    assert_eq!(late.next_update().await.revision, 621);
    let number = late.send(join("pie", "ada", Some(1))).await;
    let answer::Result::Joined(joined) = late.answer_to(number).await else {
        panic!("not joined");
    };
    assert_eq!(joined.messages.len(), 50);
    assert!(joined.messages_truncated);
    assert_eq!(joined.messages.last().unwrap().revision, 621);
}

#[tokio::test]
async fn two_links_see_one_order() {
    let service = Service::start().await;
    let (mut one, mut other) = (service.link().await, service.link().await);
    one.join("pie", "ada").await;
    one.attach("pie", None).await;
    other.attach("pie", None).await;
    for n in 0..100 {
        one.send(post("pie", "ada", &format!("a{n}"), "from ada"))
            .await;
        other
            .send(post("pie", "bob", &format!("b{n}"), "from bob"))
            .await;
    }

    let mut seen = [Vec::new(), Vec::new()];
    for (link, seen) in [&mut one, &mut other].into_iter().zip(&mut seen) {
        while seen.len() < 200 {
            if let link_response::Event::Update(update) = link.next().await {
                seen.push((update.revision, update.message.unwrap().id));
            }
        }
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].iter().map(|(revision, _)| *revision).eq(1..=200));
}

#[tokio::test]
async fn nothing_comes_after_a_detach() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.attach("pie", None).await;
    link.post("pie", "ada", "m1", "one").await;
    assert_eq!(link.next_update().await.revision, 1);

    link.send(detach("pie")).await;
    link.post("pie", "ada", "m2", "two").await;
    link.attach("pie", None).await;
    link.post("pie", "ada", "m3", "three").await;

    assert_eq!(link.next_update().await.revision, 3);
}

#[tokio::test]
async fn a_call_that_makes_no_sense_is_refused_alone() {
    let service = Service::start().await;
    let mut link = service.link().await;
    let answer = link.call(post("no/recipe", "ada", "m1", "hi")).await;
    assert!(
        matches!(&answer, answer::Result::Failure(f) if f.code == 3),
        "{answer:?}"
    );
    let answer = link.call(post("pie", "ada", "m1", "  ")).await;
    assert!(
        matches!(&answer, answer::Result::Failure(f) if f.code == 3),
        "{answer:?}"
    );
    let answer = link.call(post("missing", "ada", "m1", "hi")).await;
    assert!(
        matches!(&answer, answer::Result::Failure(f) if f.code == 5),
        "{answer:?}"
    );
    link.join("pie", "ada").await;
}

#[tokio::test]
async fn stopping_answers_what_is_under_way_and_ends_the_links() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.attach("pie", None).await;

    let stopping = tokio::spawn(service.stop());

    assert!(link.ended().await);
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_slow_edge_gets_the_newest_and_finds_the_rest_by_joining() {
    let config = chat::Config {
        link_queue: 8,
        ..chat::Config::default()
    };
    let service = Service::start_with(&config).await;
    let mut author = service.link().await;
    author.join("pie", "ada").await;
    let mut slow = service.link().await;
    slow.attach("pie", None).await;

    // Enough to fill what the transport holds as well.
    let long = "x".repeat(4_000);
    let mut last = 0;
    for n in 0..500 {
        last = author
            .send(post("pie", "ada", &format!("m{n}"), &long))
            .await;
    }
    author.answer_to(last).await;

    let (mut revisions, mut text) = (Vec::new(), 0);
    while revisions.last() != Some(&500) {
        let update = slow.next_update().await;
        text += update.message.unwrap().content.len();
        revisions.push(update.revision);
    }
    assert!(revisions.is_sorted());
    assert!(
        revisions.len() < 500,
        "{} updates, {text} bytes",
        revisions.len()
    );
    let before_gap = revisions
        .iter()
        .zip(1..)
        .take_while(|(r, n)| **r == *n)
        .count() as u64;
    let number = slow.send(join("pie", "ada", Some(before_gap))).await;
    let answer::Result::Joined(joined) = slow.answer_to(number).await else {
        panic!("not joined");
    };
    assert_eq!(joined.messages.last().unwrap().revision, 500);
    author.post("pie", "ada", "more", "more").await;
    assert_eq!(slow.next_update().await.revision, 501);
}

#[tokio::test]
async fn what_was_missed_of_a_large_recipe_is_sent_whole_in_pieces() {
    let service = Service::start().await;
    let mut author = service.link().await;
    author.join("pie", "ada").await;
    for n in 1..=60 {
        let step = format!("add step: {n} {}", "x".repeat(1_900));
        author.post("pie", "ada", &format!("m{n}"), &step).await;
    }
    for n in 61..=100 {
        author
            .post("pie", "ada", &format!("m{n}"), "just talk")
            .await;
    }
    let subscribe = proto::chat::SubscribeRecipeRequest {
        principal: crate::harness::someone("ada"),
        recipe_id: "pie".to_owned(),
        after: Some(1),
        message_id: None,
    };
    let mut client = service.client();
    let mut events = client
        .subscribe_recipe(subscribe)
        .await
        .unwrap()
        .into_inner();
    let mut link = service.link().await;
    let number = link.send(attach("pie", Some(1))).await;

    for revision in 2..=100 {
        let update = link.next_update().await;
        assert_eq!(update.revision, revision);
        let steps = update.recipe.unwrap().steps.len();
        assert_eq!(steps as u64, revision.min(60));
        let event = events.message().await.unwrap().unwrap().event;
        let Some(proto::chat::subscribe_recipe_response::Event::Update(update)) = event else {
            panic!("not an update: {event:?}");
        };
        assert_eq!(update.revision, revision);
    }
    match link.answer_to(number).await {
        answer::Result::Attached(attached) => assert_eq!(attached.revision, 100),
        other => panic!("{other:?}"),
    }
}
