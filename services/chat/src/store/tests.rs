//! What both databases promise: each case runs on SQLite, and on a real PostgreSQL server.

mod audit;
pub(crate) mod compaction;
mod databases;
pub(crate) mod emptying;
mod first_schema;
mod lists;
mod migrating;
mod newer;
mod people;
pub(crate) mod retention;
mod snapshot;
mod sqlite;

use std::sync::Arc;

pub(crate) use self::databases::Databases;
use super::*;
use crate::{
    access::Member,
    message::Principal,
    names::candidates,
    recipe::{Role, Visibility},
    recipe_state::{AccessChange, Draft, RecipeLimits},
};

pub(crate) fn someone(name: &str) -> Principal {
    Principal::new(format!("id-{name}").parse().unwrap(), name).unwrap()
}

pub(crate) fn draft(recipe: &str, who: &str, id: &str, content: &str) -> Draft {
    Draft::new(
        recipe.parse().unwrap(),
        someone(who),
        id.parse().unwrap(),
        content.parse().unwrap(),
    )
}

fn recipe_state(id: &str, owner: &str) -> RecipeState {
    let now = Timestamp::from_unix_millis(1_000);
    let owner = someone(owner).user;
    RecipeState::new(id.parse().unwrap(), owner, Visibility::Open, id, now)
}

/// What posting these messages in turn would write.
fn write(mut recipe_state: RecipeState, posts: &[(&str, &str, &str)]) -> Write {
    let expected = recipe_state.position();
    let accepted = posts.iter().map(|(who, id, content)| {
        let draft = draft(recipe_state.id.clone().as_str(), who, id, content);
        let now = Timestamp::from_unix_millis(2_000);
        recipe_state
            .accept(&draft, &RecipeLimits::default(), now)
            .unwrap()
    });
    let accepted = accepted.collect();
    Write {
        expected,
        recipe_state,
        accepted,
    }
}

/// Comes to a recipe that invites nobody.
async fn visit(store: &Store, recipe: &RecipeId, who: &Principal) -> Visit {
    let access = recipe_state(recipe.as_str(), "nobody").access;
    let names = candidates(who, &access);
    store.visit(recipe, who, names).await.unwrap()
}

fn shown(name: &str, shown_name: &str) -> Principal {
    someone(name).shown_as(shown_name).unwrap()
}

async fn stored(store: &Store, id: &str) -> RecipeState {
    store.load_one(&id.parse().unwrap()).await.unwrap().unwrap()
}

/// What survives a round trip: past versions are not kept at hand.
fn as_stored(mut recipe_state: RecipeState) -> RecipeState {
    let undo = serde_json::to_string(&recipe_state.undo).unwrap();
    recipe_state.undo = serde_json::from_str(&undo).unwrap();
    recipe_state
}

#[tokio::test]
async fn what_was_written_is_read_back() {
    Databases::each(async |store| {
        let created = recipe_state("pie", "ada");
        assert!(store.create(&created).await.unwrap());
        assert!(!store.create(&recipe_state("pie", "bob")).await.unwrap());
        assert_eq!(stored(&store, "pie").await, created);

        let write = write(
            created,
            &[
                ("ada", "m1", "add 2 cups flour"),
                ("bob", "m2", "hello"),
                ("ada", "m3", "/invite eve as viewer"),
                ("ada", "m4", "add 3 eggs"),
            ],
        );
        assert_eq!(
            store.commit(std::slice::from_ref(&write)).await.unwrap(),
            [true]
        );

        assert_eq!(stored(&store, "pie").await, as_stored(write.recipe_state));
        let all = Page {
            after: 0,
            upto: 9,
            limit: 9,
            prefer: Prefer::Oldest,
        };
        let messages = store.messages(&"pie".parse().unwrap(), all).await.unwrap();
        let accepted: Vec<_> = write
            .accepted
            .iter()
            .map(|a| Arc::new(a.message.as_stored()))
            .collect();
        assert_eq!(messages, accepted);
    })
    .await;
}

#[tokio::test]
async fn talk_moves_a_recipe_on_and_leaves_all_else_as_it_is() {
    Databases::each(async |store| {
        let created = recipe_state("pie", "ada");
        store.create(&created).await.unwrap();
        let posts = [
            "add 2 eggs",
            "/invite eve",
            "/private",
            "yummy",
            "what a pie",
        ];
        let mut now = created;
        for (at, content) in posts.into_iter().enumerate() {
            let late = write(now.clone(), &[("ada", "late", "too late")]);
            let next = write(now, &[("ada", &format!("m{at}"), content)]);
            assert_eq!(
                store.commit(std::slice::from_ref(&next)).await.unwrap(),
                [true]
            );
            assert_eq!(store.commit(&[late]).await.unwrap(), [false]);

            now = as_stored(next.recipe_state);
            assert_eq!(stored(&store, "pie").await, now, "{content}");
        }
        assert_eq!((now.revision, now.recipe_revision), (5, 1));
    })
    .await;
}

#[tokio::test]
async fn a_recipe_that_has_moved_on_is_left_alone_and_the_others_are_written() {
    Databases::each(async |store| {
        for id in ["pie", "soup"] {
            store.create(&recipe_state(id, "ada")).await.unwrap();
        }
        let first = write(recipe_state("pie", "ada"), &[("ada", "m1", "add 1 egg")]);
        let late = write(recipe_state("pie", "ada"), &[("bob", "m1", "add 9 eggs")]);
        let other = write(recipe_state("soup", "ada"), &[("bob", "m1", "hi")]);
        assert_eq!(store.commit(&[first]).await.unwrap(), [true]);

        assert_eq!(store.commit(&[late, other]).await.unwrap(), [false, true]);

        let pie = stored(&store, "pie").await;
        assert_eq!(pie.revision, 1);
        assert_eq!(pie.recipe.ingredients[0].in_words(), "1 egg");
        assert_eq!(stored(&store, "soup").await.revision, 1);
        let late = draft("pie", "bob", "m1", "add 9 eggs").key();
        assert_eq!(store.find(vec![late]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_recipe_that_has_another_message_at_the_revision_is_left_alone() {
    Databases::each(async |store| {
        let created = recipe_state("pie", "ada");
        store.create(&created).await.unwrap();
        let first = write(created.clone(), &[("ada", "lost", "add 1 egg")]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        store.go_back("pie", 0).await;
        let again = write(created, &[("ada", "kept", "add 2 eggs")]);
        assert_eq!(store.commit(&[again]).await.unwrap(), [true]);

        let on_what_is_gone = write(first.recipe_state, &[("bob", "m2", "add milk")]);
        assert_eq!(store.commit(&[on_what_is_gone]).await.unwrap(), [false]);

        let pie = stored(&store, "pie").await;
        assert_eq!(pie.last_message.as_ref().unwrap().as_str(), "kept");
        let on_what_is_there = write(pie, &[("bob", "m2", "add milk")]);
        assert_eq!(store.commit(&[on_what_is_there]).await.unwrap(), [true]);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_found_by_recipe_author_and_id() {
    Databases::each(async |store| {
        for id in ["pie", "soup"] {
            store.create(&recipe_state(id, "ada")).await.unwrap();
        }
        let write = write(
            recipe_state("pie", "ada"),
            &[("ada", "m1", "one"), ("bob", "m1", "two")],
        );
        store.commit(std::slice::from_ref(&write)).await.unwrap();

        let keys = [
            draft("pie", "bob", "m1", "x"),
            draft("pie", "ada", "m2", "x"),
            draft("soup", "ada", "m1", "x"),
        ];
        let found = store.find(keys.iter().map(Draft::key).collect()).await;

        let accepted = AcceptedBefore {
            message: Arc::clone(&write.accepted[1].message),
            digest: None,
        };
        assert_eq!(found.unwrap(), [(keys[0].key(), accepted)]);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_cut_at_the_end_that_is_not_preferred() {
    Databases::each(async |store| {
        let id: RecipeId = "pie".parse().unwrap();
        store.create(&recipe_state("pie", "ada")).await.unwrap();
        let posts: Vec<_> = (1..=9).map(|n| format!("m{n}")).collect();
        let posts: Vec<_> = posts.iter().map(|id| ("ada", id.as_str(), "hi")).collect();
        store
            .commit(&[write(recipe_state("pie", "ada"), &posts)])
            .await
            .unwrap();

        let page = async |after, upto, limit, prefer| -> Vec<_> {
            let page = Page {
                after,
                upto,
                limit,
                prefer,
            };
            let messages = store.messages(&id, page).await.unwrap();
            messages.iter().map(|message| message.revision).collect()
        };
        assert_eq!(page(2, 8, 3, Prefer::Oldest).await, [3, 4, 5]);
        assert_eq!(page(2, 8, 3, Prefer::Newest).await, [6, 7, 8]);
        assert_eq!(page(8, 20, 50, Prefer::Newest).await, [9]);
    })
    .await;
}

#[tokio::test]
async fn every_past_version_can_be_read() {
    Databases::each(async |store| {
        let id: RecipeId = "pie".parse().unwrap();
        store.create(&recipe_state("pie", "ada")).await.unwrap();
        let posts = [
            ("ada", "m1", "hello"),
            ("ada", "m2", "add 1 egg"),
            ("ada", "m3", "yes"),
            ("ada", "m4", "add 2 cups milk"),
        ];
        store
            .commit(&[write(recipe_state("pie", "ada"), &posts)])
            .await
            .unwrap();

        let versions = async |from, upto| -> Vec<_> {
            let versions = store.versions(&id, from, upto, usize::MAX).await.unwrap();
            let (versions, complete) = versions;
            assert_eq!(complete, upto);
            let counted = versions
                .iter()
                .map(|(at, recipe)| (*at, recipe.ingredients.len()));
            counted.collect()
        };
        assert_eq!(versions(0, 0).await, [(0, 0)]);
        assert_eq!(versions(1, 1).await, [(0, 0)]);
        assert_eq!(versions(3, 3).await, [(2, 1)]);
        assert_eq!(versions(1, 4).await, [(0, 0), (2, 1), (4, 2)]);

        let (piece, complete) = store.versions(&id, 0, 4, 1).await.unwrap();
        assert_eq!((piece.len(), complete), (2, 3), "up to before the third");
        let (piece, complete) = store.versions(&id, 3, 9, 1).await.unwrap();
        assert_eq!((piece.len(), complete), (2, 9), "there is no third");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_recipe_but_that_its_id_is_never_given_again() {
    Databases::each(async |store| {
        let id: RecipeId = "pie".parse().unwrap();
        store.create(&recipe_state("pie", "ada")).await.unwrap();
        let said = [("ada", "m1", "/invite bob"), ("ada", "m2", "add 1 egg")];
        let write = write(recipe_state("pie", "ada"), &said);
        store.commit(std::slice::from_ref(&write)).await.unwrap();
        visit(&store, &id, &someone("bob")).await;

        assert!(store.delete(&id).await.unwrap());
        assert!(!store.delete(&id).await.unwrap());
        assert!(store.is_retired(&id).await.unwrap());
        for table in [
            "recipes", "messages", "versions", "members", "visits", "links",
        ] {
            assert_eq!(store.count_rows(table).await, 0, "{table}");
        }
        assert!(!store.create(&recipe_state("pie", "bob")).await.unwrap());
        assert!(store.load_one(&id).await.unwrap().is_none());
        let late = store.commit(&[write]).await.unwrap();
        assert_eq!(late, [false], "a commit that was under way");
    })
    .await;
}
