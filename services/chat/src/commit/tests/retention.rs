//! What people are told and can do once old versions and texts are gone.

use runtime::clock::Timestamp;

use proto::ids::Position;

use super::*;
use crate::{
    catch_up::Recovery,
    recipes::PageStart,
    store::tests::{compaction::compact, emptying::empty_old, retention::delete_old},
};

/// Puts messages in, all at once; each is accepted.
async fn post_all(replica: &Replica, messages: impl Iterator<Item = (String, String)>) {
    let posts = messages.map(|(id, content)| replica.submit(draft("pie", "ada", &id, &content)));
    let posted = join_all(posts.collect::<Vec<_>>()).await;
    assert!(posted.iter().all(Result::is_ok));
}

#[tokio::test]
async fn without_old_versions_messages_are_still_accepted_once_and_changes_undone() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        let titles = (1..=320).map(|at| (format!("m{at}"), format!("title: Pie {at}")));
        post_all(&replica, titles).await;
        let talk = (0..510).map(|at| (format!("talk{at}"), "hello there".to_owned()));
        post_all(&replica, talk).await;
        replica.stop().await;
        compact(&store).await;
        let deleted = delete_old(&store, Timestamp::from_unix_millis(i64::MAX)).await;
        assert!((200..=270).contains(&deleted), "{deleted}");
        let replica = Replica::on(&store);
        let (ada, pie) = (someone("ada"), "pie".parse().unwrap());

        let gone = replica.recipes.get(&ada, &pie, Some(3)).await;
        assert_eq!(gone.unwrap_err(), Refused::NoSuchRevision);
        let again = replica
            .post("pie", "ada", "m3", "title: Pie 3")
            .await
            .unwrap();
        assert!(again.duplicate);
        assert_eq!(again.message.revision, 3);
        assert_eq!(again.recipe.unwrap().title, "Pie 320");
        for at in (270..320).rev() {
            let undone = replica
                .post("pie", "ada", &format!("u{at}"), "undo")
                .await
                .unwrap();
            assert_eq!(undone.recipe.unwrap().title, format!("Pie {at}"));
        }
        let none = replica.post("pie", "ada", "last", "undo").await.unwrap();
        assert!(none.message.hint.is_some());
    })
    .await;
}

#[tokio::test]
async fn without_their_texts_messages_are_still_accepted_once_and_everybody_finds_what_is_left() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        let first = replica
            .post("pie", "ada", "egg", "add 1 egg")
            .await
            .unwrap();
        let second = replica.post("pie", "ada", "hi", "hello").await.unwrap();
        let talk = (0..510).map(|at| (format!("talk{at}"), "hello there".to_owned()));
        post_all(&replica, talk).await;
        replica.stop().await;
        let emptied = empty_old(&store, Timestamp::from_unix_millis(i64::MAX)).await;
        assert_eq!(emptied, 11);
        let replica = Replica::on(&store);
        let (ada, pie) = (someone("ada"), "pie".parse().unwrap());

        for (id, content, said) in [("egg", "add 1 egg", &first), ("hi", "hello", &second)] {
            let again = replica.post("pie", "ada", id, content).await.unwrap();
            assert!(again.duplicate);
            assert_eq!(again.message, said.message);
            assert_eq!(again.recipe, said.recipe);
            let other = replica.post("pie", "ada", id, "something else").await;
            assert_eq!(other.unwrap_err(), Refused::MessageIdReused);
        }
        let page = async |before| {
            let start = PageStart::Before(before);
            let page = replica
                .recipes
                .messages(&ada, &pie, start, 5)
                .await
                .unwrap();
            let revisions = page.messages.iter().map(|message| message.revision);
            (revisions.collect::<Vec<_>>(), page.truncated)
        };
        assert_eq!(page(20).await, ((15..20).collect(), true));
        assert_eq!(page(15).await, ((12..15).collect(), false));
        assert_eq!(page(12).await, (Vec::new(), false));
        let join = JoinAs {
            who: ada.clone(),
            recipe: pie.clone(),
            after: Some(Position {
                revision: 2,
                message: Some("hi".parse().unwrap()),
            }),
        };
        let joined = replica.recipes.join(join).await.unwrap();
        assert_eq!(
            joined.recovery,
            Recovery::Truncated,
            "the history is the same"
        );
        let undone = replica.post("pie", "ada", "undo", "undo").await.unwrap();
        assert_eq!(
            undone.message.effect.as_deref(),
            Some("Undid ada's \"Added 1 egg\"")
        );
    })
    .await;
}
