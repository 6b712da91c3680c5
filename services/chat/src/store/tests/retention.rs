//! Old versions go, and nothing that anybody is still promised.

use super::{
    compaction::{Kept, compact},
    *,
};
use crate::webhooks::{Secret, Webhook};

/// After all messages of these tests.
pub(super) fn later() -> Timestamp {
    Timestamp::from_unix_millis(10_000)
}

/// Deletes what was followed by something else before then; tells how much that was.
pub(crate) async fn delete_old(store: &Store, before: Timestamp) -> u64 {
    let mut deleted = 0;
    for (recipe, upto) in store.outdated_versions("", before).await.unwrap() {
        let Some(upto) = upto else { continue };
        loop {
            match store.delete_versions(&recipe, upto).await.unwrap() {
                0 => break,
                some => deleted += some,
            }
        }
    }
    deleted
}

pub(super) async fn talk(kept: &mut Kept<'_>, times: u64) {
    let ids: Vec<_> = (0..times)
        .map(|at| format!("talk {} {at}", kept.now.revision))
        .collect();
    let posts: Vec<_> = ids
        .iter()
        .map(|id| ("bob", id.as_str(), "hello there"))
        .collect();
    let write = write(kept.now.clone(), &posts);
    let written = kept.store.commit(std::slice::from_ref(&write)).await;
    assert_eq!(written.unwrap(), [true]);
    kept.now = write.recipe_state;
}

/// Of a receiver that was told the first messages, and fails since.
pub(super) fn failing_webhook(recipe: &RecipeId, told: Revision) -> Webhook {
    Webhook {
        id: "hook".to_owned(),
        recipe: recipe.clone(),
        url: "https://receiver.example/".to_owned(),
        secret: Secret::random().unwrap(),
        talk: true,
        created_by: someone("ada").user,
        created_at: Timestamp::from_unix_millis(0),
        told,
        failures: 3,
        failing_since: None,
        off_at: None,
    }
}

/// The versions that are there, oldest first.
async fn versions(store: &Store, recipe: &str) -> Vec<Revision> {
    const SQL: &str = "SELECT CAST(revision AS TEXT) FROM stored_versions v WHERE recipe = $1 ORDER BY v.revision";
    let rows = ask!(store, texts(SQL, vec![recipe.to_owned()], 1)).unwrap();
    rows.iter().map(|row| row[0].parse().unwrap()).collect()
}

#[tokio::test]
async fn old_versions_go_up_to_a_whole_one_and_all_others_are_read_as_before() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        let mut soup = Kept::create(&store, "soup").await;
        pie.fill(30, 0).await;
        soup.fill(30, 0).await;
        pie.change_often(400).await;
        compact(&store).await;
        assert_eq!(
            delete_old(&store, later()).await,
            0,
            "of the last 500 messages"
        );
        pie.change_often(200).await;
        compact(&store).await;
        talk(&mut pie, 600).await;
        assert_eq!(
            delete_old(&store, Timestamp::from_unix_millis(2_000)).await,
            0,
            "not old yet"
        );

        let deleted = delete_old(&store, later()).await;

        let (left, newest) = (versions(&store, "pie").await, 630);
        assert_eq!(left.len() as u64 + deleted, newest + 1);
        let first = left[0];
        assert!((newest - 50 - 256..newest - 50).contains(&first), "{first}");
        assert_eq!(left, (first..=newest).collect::<Vec<_>>());
        let id = pie.now.id.clone();
        for at in left {
            let found = store.version(&id, at).await.unwrap().unwrap();
            assert_eq!(found.1, pie.was[usize::try_from(at).unwrap()]);
        }
        assert_eq!(store.version(&id, first - 1).await.unwrap(), None);
        let all = store.changes(&id, Revision::MAX, 1_000).await.unwrap();
        assert_eq!(all.last().unwrap().revision, first);
        // What comes later goes on from there.
        pie.was.resize(
            usize::try_from(pie.now.revision + 1).unwrap(),
            pie.now.recipe.clone(),
        );
        pie.change_often(20).await;
        compact(&store).await;
        let version = store.version(&id, pie.now.revision).await.unwrap().unwrap();
        assert_eq!(version.1, pie.now.recipe);
        assert_eq!(versions(&store, "soup").await.len(), 31);
    })
    .await;
}

#[tokio::test]
async fn what_a_webhook_was_not_told_keeps_its_version() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(30, 0).await;
        pie.change_often(400).await;
        compact(&store).await;
        talk(&mut pie, 600).await;
        let webhook = failing_webhook(&pie.now.id, 20);
        assert!(store.add_webhook(&webhook, 9).await.unwrap());
        delete_old(&store, later()).await;
        assert!(store.version(&pie.now.id, 20).await.unwrap().is_some());

        assert!(
            store
                .delete_webhook(&pie.now.id, &webhook.id)
                .await
                .unwrap()
        );
        assert!(delete_old(&store, later()).await > 0);
        assert_eq!(store.version(&pie.now.id, 20).await.unwrap(), None);
    })
    .await;
}
