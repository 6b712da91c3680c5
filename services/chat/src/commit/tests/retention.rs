//! What people are told and can do once old versions are gone.

use runtime::clock::Timestamp;

use super::*;
use crate::store::tests::{compaction::compact, retention::delete_old};

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
