//! The texts of old messages go, and nothing that anybody is still promised.

use super::{
    compaction::{Kept, compact, size},
    retention::{delete_old, failing_webhook, later, talk},
    *,
};

/// Empties what was written before then; tells how many messages that was.
pub(crate) async fn empty_old(store: &Store, before: Timestamp) -> u64 {
    let mut emptied = 0;
    let recipes = store.outdated_texts("", before).await.unwrap();
    for (recipe, _) in recipes.iter().filter(|(_, first)| first.is_some()) {
        loop {
            match store.empty_messages(recipe, before).await.unwrap() {
                0 => break,
                some => emptied += some,
            }
        }
    }
    emptied
}

/// The revisions of the messages in a part of a recipe's conversation.
async fn page(
    store: &Store,
    recipe: &RecipeId,
    upto: Revision,
    limit: usize,
    prefer: Prefer,
) -> Vec<Revision> {
    let page = Page {
        after: 0,
        upto,
        limit,
        prefer,
    };
    let messages = store.messages(recipe, page).await.unwrap();
    messages.iter().map(|message| message.revision).collect()
}

/// How many messages have a text.
async fn texts(store: &Store) -> i64 {
    const SQL: &str = "SELECT CAST(count(*) AS TEXT) FROM messages WHERE content <> ''";
    let rows = ask!(store, texts(SQL, Vec::new(), 1)).unwrap();
    rows[0][0].parse().unwrap()
}

async fn effect(store: &Store, recipe: &RecipeId, at: Revision) -> Option<String> {
    let message = store.message(recipe, at).await.unwrap();
    message.unwrap().effect.clone()
}

async fn accepted_before(store: &Store, draft: &Draft) -> AcceptedBefore {
    let mut found = store.find(vec![draft.key()]).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0).1
}

#[tokio::test]
async fn old_texts_go_and_pages_of_the_conversation_begin_after_them() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        let mut soup = Kept::create(&store, "soup").await;
        pie.fill(10, 0).await;
        talk(&mut pie, 690).await;
        talk(&mut soup, 501).await;
        let (id, not_yet) = (pie.now.id.clone(), Timestamp::from_unix_millis(2_000));
        assert_eq!(empty_old(&store, not_yet).await, 0);

        assert_eq!(empty_old(&store, later()).await, 199);

        assert_eq!(empty_old(&store, later()).await, 0);
        assert_eq!(store.count_rows("messages").await, 1_201);
        assert_eq!(texts(&store).await, 1_201 - 199);
        assert_eq!(stored(&store, "pie").await.emptied_upto, 199);
        assert_eq!(stored(&store, "soup").await.emptied_upto, 0);
        let oldest = page(&store, &id, 700, 3, Prefer::Oldest).await;
        assert_eq!(oldest, [200, 201, 202]);
        let newest = page(&store, &id, 202, 50, Prefer::Newest).await;
        assert_eq!(newest, [200, 201, 202]);
        assert_eq!(page(&store, &id, 199, 50, Prefer::Newest).await, [0; 0]);
        let there = store.message(&id, 150).await.unwrap().unwrap();
        assert_eq!(
            (there.revision, there.id.as_str()),
            (150, "talk 10 139"),
            "its id and its place stay"
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_message_did_is_told_for_as_long_as_there_is_its_version() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(30, 0).await;
        pie.change_often(400).await;
        compact(&store).await;
        talk(&mut pie, 600).await;
        let id = pie.now.id.clone();
        let said = store.changes(&id, Revision::MAX, 1_000).await.unwrap();

        assert_eq!(empty_old(&store, later()).await, 529);

        let did = |all: &[Arc<Message>]| -> Vec<_> {
            let told = all.iter().map(|one| (one.revision, one.effect.clone()));
            told.collect()
        };
        let still = store.changes(&id, Revision::MAX, 1_000).await.unwrap();
        assert_eq!(did(&still), did(&said));
        assert!(still.iter().all(|message| message.hint.is_none()));
        let deleted = delete_old(&store, later()).await;
        assert!(deleted > 200, "{deleted}");
        assert_eq!(effect(&store, &id, deleted - 1).await, None);
        assert_eq!(
            effect(&store, &id, deleted).await,
            said[430 - usize::try_from(deleted).unwrap()].effect
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_without_its_text_takes_less() {
    for characters in [75, 600] {
        Databases::each(async |store| {
            let pie = Kept::create(&store, "pie").await;
            let before = size(&store).await;
            let content = "x".repeat(characters);
            let ids: Vec<_> = (0..4_500)
                .map(|_| uuid::Uuid::now_v7().to_string())
                .collect();
            let posts = ids.iter().map(|id| ("bob", id.as_str(), content.as_str()));
            let write = write(pie.now, &posts.collect::<Vec<_>>());
            let written = store.commit(std::slice::from_ref(&write)).await;
            assert_eq!(written.unwrap(), [true]);
            let full = size(&store).await;

            let emptied = empty_old(&store, later()).await;

            let whole = (full - before) / ids.len() as i64;
            let less = (full - size(&store).await) / i64::try_from(emptied).unwrap();
            println!(
                "{whole} bytes a message of {characters} characters, {less} fewer without them"
            );
            assert!(characters < 100 || less > 400, "{less}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_a_webhook_was_not_told_keeps_its_text() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        talk(&mut pie, 700).await;
        let webhook = failing_webhook(&pie.now.id, 20);
        assert!(store.add_webhook(&webhook, 9).await.unwrap());
        assert_eq!(empty_old(&store, later()).await, 19);

        assert!(
            store
                .delete_webhook(&pie.now.id, &webhook.id)
                .await
                .unwrap()
        );
        assert_eq!(empty_old(&store, later()).await, 180);
    })
    .await;
}

#[tokio::test]
async fn a_message_without_its_text_is_known_by_its_digest_until_its_author_leaves_for_good() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        talk(&mut pie, 510).await;
        let same = draft("pie", "bob", "talk 0 3", "hello there");
        let before = accepted_before(&store, &same).await;
        empty_old(&store, later()).await;

        let after = accepted_before(&store, &same).await;

        assert_eq!((&before.digest, after.digest.is_some()), (&None, true));
        let other = draft("pie", "bob", "talk 0 3", "hello you");
        for accepted in [&before, &after] {
            let repeated = accepted.repeated_by(&same.key(), &same.content);
            assert_eq!(repeated, Some(before.message.clone()));
            assert_eq!(accepted.repeated_by(&other.key(), &other.content), None);
        }
        let next = draft("pie", "bob", "talk 0 4", "hello there");
        assert_ne!(accepted_before(&store, &next).await.digest, after.digest);
        let trace = Trace {
            recipe: pie.now.id.clone(),
            owned: false,
            successor: None,
        };
        let bob = someone("bob").user;
        store.forget_in(&trace, &bob, "bob").await.unwrap();
        const LEFT: &str = "SELECT content_digest FROM messages WHERE content_digest IS NOT NULL";
        let left = ask!(&store, texts(LEFT, Vec::new(), 1)).unwrap();
        assert_eq!(left, vec![vec![String::new()]; 9]);
    })
    .await;
}

#[tokio::test]
async fn a_step_that_was_interrupted_is_done_again() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        talk(&mut pie, 600).await;
        let same = draft("pie", "bob", "talk 0 3", "hello there");
        empty_old(&store, later()).await;
        let known = accepted_before(&store, &same).await;
        const INTERRUPTED: &str = "UPDATE recipes SET emptied_upto = 1";
        ask!(&store, execute(vec![(INTERRUPTED, Vec::new())])).unwrap();

        let id = pie.now.id.clone();
        assert_eq!(page(&store, &id, 600, 1, Prefer::Oldest).await, [100]);
        empty_old(&store, later()).await;

        assert_eq!(stored(&store, "pie").await.emptied_upto, 99);
        assert_eq!(accepted_before(&store, &same).await, known);
    })
    .await;
}
