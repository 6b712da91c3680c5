//! The pipeline with real databases: exactly once, one dense order, nothing forked, nothing falsely accepted.

mod history;
mod retention;

use std::time::Duration;

use futures_util::future::join_all;
use runtime::clock::SystemClock;
use tokio::{task::JoinSet, time::timeout};

use super::*;
use crate::{
    recipe::Visibility,
    recipes::{JoinAs, Recipes},
    store::tests::{Databases, draft, someone},
};

const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A chat service without its borders, as one process has it.
pub(super) struct Replica {
    recipes: Recipes,
    shards: JoinSet<()>,
}

impl Replica {
    fn on(store: &Store) -> Self {
        let (recipes, shards) = idle(store, 1_000);
        Self {
            recipes,
            shards: shards.into_iter().map(Shard::run).collect(),
        }
    }

    async fn join(&self, recipe: &str, who: &str) {
        let (who, recipe) = (someone(who), recipe.parse::<RecipeId>().unwrap());
        let created = self
            .recipes
            .create(&who, recipe.clone(), None, Visibility::Open);
        match created.await {
            Ok(_) | Err(Refused::RecipeIdTaken) => {}
            Err(refused) => panic!("{refused}"),
        }
        let join = JoinAs {
            who,
            recipe,
            after: None,
        };
        self.recipes.join(join).await.unwrap();
    }

    /// Puts a post in at once; gives what becomes of it.
    fn submit(&self, draft: Draft) -> impl Future<Output = Result<Posted, Refused>> + use<> {
        let submitted = self.recipes.submit(draft, &Span::none());
        async {
            let settled = async { submitted?.settled().await };
            timeout(TEST_TIMEOUT, settled).await.expect("no answer")
        }
    }

    async fn post(
        &self,
        recipe: &str,
        who: &str,
        id: &str,
        content: &str,
    ) -> Result<Posted, Refused> {
        self.submit(draft(recipe, who, id, content)).await
    }

    /// Ends as a process does in good order.
    async fn stop(self) {
        drop(self.recipes);
        self.shards.join_all().await;
    }

    async fn ingredients(&self, recipe: &str) -> Vec<String> {
        let recipe = recipe.parse().unwrap();
        let at_revision = self.recipes.get(&someone("ada"), &recipe, None).await;
        let recipe = at_revision.unwrap().recipe;
        recipe.ingredients.iter().map(|i| i.in_words()).collect()
    }
}

fn idle(store: &Store, queue: usize) -> (Recipes, Vec<Shard>) {
    let dependencies = Dependencies {
        store: store.clone(),
        hub: Arc::default(),
        hints: None,
        clock: SystemClock::shared(),
        metrics: Arc::default(),
        quotas: Arc::default(),
        audit: runtime::audit::queue(1, Arc::new(|_, _| {})).0,
    };
    let limits = Limits { queue, cached: 64 };
    let (pipeline, shards) = Pipeline::new(limits, &dependencies);
    (Recipes::new(pipeline, dependencies), shards)
}

fn revision(posted: &Result<Posted, Refused>) -> u64 {
    posted.as_ref().unwrap().message.revision
}

#[tokio::test]
async fn what_is_remembered_of_a_history_that_is_gone_is_not_built_upon() {
    Databases::each(async |store| {
        let (old, new) = (Replica::on(&store), Replica::on(&store));
        old.join("pie", "ada").await;
        for n in 1..=3 {
            let content = format!("add {n} eggs");
            old.post("pie", "ada", &format!("old {n}"), &content)
                .await
                .unwrap();
        }
        store.go_back("pie", 1).await;
        // Another replica brings the recipe back to the revision that the first one remembers.
        new.post("pie", "ada", "new 2", "add 1 cup milk")
            .await
            .unwrap();
        new.post("pie", "ada", "new 3", "hello").await.unwrap();

        let posted = old.post("pie", "ada", "next", "add 1 tsp salt").await;

        assert_eq!(revision(&posted), 4);
        assert_eq!(
            old.ingredients("pie").await,
            ["1 egg", "1 cup milk", "1 tsp salt"]
        );
        let again = old.post("pie", "ada", "old 2", "add 2 eggs").await.unwrap();
        assert!(!again.duplicate, "it is gone, so it is new");
    })
    .await;
}

#[tokio::test]
async fn fifty_duplicates_at_once_are_one_message() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        replica.post("pie", "bob", "before", "hi").await.unwrap();

        let posts = (0..50).map(|_| replica.submit(draft("pie", "ada", "m1", "add 1 egg")));
        let posted: Vec<_> = join_all(posts)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();

        assert_eq!(posted.iter().filter(|p| !p.duplicate).count(), 1);
        assert!(posted.iter().all(|p| p.message.revision == 2));
        assert_eq!(replica.ingredients("pie").await, ["1 egg"]);
        assert_eq!(revision(&replica.post("pie", "ada", "m2", "next").await), 3);
    })
    .await;
}

#[tokio::test]
async fn many_authors_get_one_dense_order_in_each_recipe() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        for recipe in ["pie", "soup", "stew"] {
            replica.join(recipe, "ada").await;
        }
        let posts = (0..300).map(|n| {
            let recipe = ["pie", "soup", "stew"][n % 3];
            replica.submit(draft(
                recipe,
                &format!("cook{}", n % 10),
                &format!("m{n}"),
                "add 1 egg",
            ))
        });
        let mut revisions: Vec<_> = join_all(posts).await.iter().map(revision).collect();

        // Submitted in this order, so accepted in this order.
        assert_eq!(revisions, (0..300).map(|n| n / 3 + 1).collect::<Vec<_>>());
        revisions.sort_unstable();
        assert_eq!(replica.ingredients("stew").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_id_with_other_words_is_a_conflict_but_not_for_another_author() {
    Box::pin(Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        let (first, conflict, other) = tokio::join!(
            replica.submit(draft("pie", "ada", "m1", "one")),
            replica.submit(draft("pie", "ada", "m1", "two")),
            replica.submit(draft("pie", "bob", "m1", "two")),
        );
        assert_eq!(revision(&first), 1);
        assert_eq!(conflict.unwrap_err(), Refused::MessageIdReused);
        assert_eq!(revision(&other), 2);
    }))
    .await;
}

#[tokio::test]
async fn a_duplicate_is_answered_with_the_recipe_as_it_stood_then() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        let first = replica.post("pie", "ada", "m1", "add 1 egg").await.unwrap();
        replica
            .post("pie", "bob", "m2", "add 2 cups flour")
            .await
            .unwrap();
        replica.stop().await;

        let replica = Replica::on(&store);
        let again = replica.post("pie", "ada", "m1", "add 1 egg").await.unwrap();

        assert!(again.duplicate);
        assert_eq!(again.message.as_stored(), first.message.as_stored());
        assert_eq!(again.recipe.unwrap(), first.recipe.unwrap());
    })
    .await;
}

#[tokio::test]
async fn undo_goes_back_through_the_past_in_one_batch_and_after_a_restart() {
    Databases::each(async |store| {
        let replica = Replica::on(&store);
        replica.join("pie", "ada").await;
        let posts = (1..=8).map(|n| {
            let (id, content) = (format!("m{n}"), format!("add {n} cups flour{n}"));
            replica.submit(draft("pie", "ada", &id, &content))
        });
        join_all(posts).await;
        replica.stop().await;

        let replica = Replica::on(&store);
        let posts = ["undo", "undo", "add 1 egg", "undo", "undo"]
            .iter()
            .enumerate();
        let posts = posts
            .map(|(n, content)| replica.submit(draft("pie", "bob", &format!("u{n}"), content)));
        let posted: Vec<_> = join_all(posts)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();

        let left = replica.ingredients("pie").await;
        assert_eq!(left.len(), 5, "{left:?}");
        let effect = posted[0].message.effect.clone().unwrap();
        assert!(effect.starts_with("Undid ada's \"Added"), "{effect}");
        for n in 0..6 {
            let undone = replica
                .post("pie", "ada", &format!("v{n}"), "undo")
                .await
                .unwrap();
            assert_eq!(undone.message.hint.is_some(), n == 5);
        }
        assert_eq!(replica.ingredients("pie").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn two_replicas_never_fork_a_recipe() {
    let databases = Databases::postgres();
    let store = databases.open().await;
    let replicas = [Replica::on(&store), Replica::on(&databases.open().await)];
    for recipe in ["pie", "soup"] {
        replicas[0].join(recipe, "ada").await;
    }

    let mut revisions = [Vec::new(), Vec::new()];
    for round in 0..30 {
        let posts = (0..8).map(|n| {
            let recipe = ["pie", "soup"][n % 2];
            // Every message goes to both replicas, as after a failover.
            let draft = draft(recipe, "ada", &format!("m{round}-{}", n / 2), "add 1 egg");
            let (one, other) = (replicas[0].submit(draft.clone()), replicas[1].submit(draft));
            async move {
                let (one, other) = tokio::join!(one, other);
                let (of_one, of_other) = (&one.as_ref().unwrap().message, other.unwrap().message);
                assert_eq!(of_one.as_stored(), of_other.as_stored());
                (n % 2, revision(&one))
            }
        });
        for (recipe, revision) in join_all(posts).await {
            revisions[recipe].push(revision);
        }
    }
    for revisions in &mut revisions {
        revisions.sort_unstable();
        assert_eq!(*revisions, (1..=120).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_refusal_never_rests_on_what_another_replica_has_changed() {
    let databases = Databases::postgres();
    let store = databases.open().await;
    let (here, there) = (Replica::on(&store), Replica::on(&store));
    here.join("pie", "ada").await;
    here.post("pie", "ada", "m1", "/private").await.unwrap();
    let shut_out = there.post("pie", "bob", "m1", "hello").await;
    assert_eq!(shut_out.unwrap_err(), Refused::NoSuchRecipe);

    here.post("pie", "ada", "m2", "/invite bob").await.unwrap();

    assert_eq!(revision(&there.post("pie", "bob", "m1", "hello").await), 3);
}

#[tokio::test]
async fn a_full_queue_is_told_at_once() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    let (recipes, shards) = idle(&store, 2);
    let submit = |n: usize| {
        let draft = draft("pie", "ada", &format!("m{n}"), "hello");
        recipes.submit(draft, &Span::none())
    };
    let waiting: Vec<_> = (0..2).map(|n| submit(n).unwrap()).collect();

    assert_eq!(submit(2).unwrap_err(), Refused::Busy);

    drop((waiting, shards));
    assert_eq!(submit(3).unwrap_err(), Refused::Unavailable);
}

#[tokio::test]
async fn a_post_that_the_store_could_not_take_is_accepted_when_it_comes_again() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    let replica = Replica::on(&store);
    replica.join("pie", "ada").await;
    replica.post("pie", "ada", "m1", "add 1 egg").await.unwrap();
    let long = "x".repeat(4_000);
    let Store::Sqlite(sqlite) = &store else {
        panic!("not SQLite");
    };
    sqlite.limit_pages(Some(0)).await;

    let posts = (0..20).map(|n| replica.submit(draft("pie", "bob", &format!("m{n}"), &long)));
    let refused = join_all(posts).await;
    assert!(
        refused
            .iter()
            .any(|posted| matches!(posted, Err(Refused::Unavailable)))
    );

    sqlite.limit_pages(None).await;
    let posts = (0..20).map(|n| replica.submit(draft("pie", "bob", &format!("m{n}"), &long)));
    let mut revisions: Vec<_> = join_all(posts).await.iter().map(revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=21).collect::<Vec<_>>());
    assert_eq!(replica.ingredients("pie").await, ["1 egg"]);
}
