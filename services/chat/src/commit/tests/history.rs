//! Random histories: posts, repeats, conflicts and restarts, in chunks that are under way together, checked
//! against what the answers and the store say afterwards.

use std::collections::HashMap;

use proptest::prelude::*;
use proto::ids::Revision;
use runtime::clock::Timestamp;

use super::*;
use crate::{
    message::{Message, MessageKey},
    recipe_state::{RecipeLimits, RecipeState},
    store::{Page, Prefer},
};

const PHRASES: [&str; 10] = [
    "hello there",
    "add 2 cups flour",
    "add 3 eggs",
    "remove flour",
    "double it",
    "for 6 people",
    "undo",
    "add step: Whisk the eggs.",
    "remove step 1",
    "remove the saffron",
];

#[derive(Debug, Clone)]
enum Event {
    /// By which cook, under which id, which phrase.
    Post(usize, usize, usize),
    /// Everything before it is answered, and nothing is remembered after it.
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        30 => (0..3usize, 0..30usize, 0..PHRASES.len())
            .prop_map(|(who, id, phrase)| Event::Post(who, id, phrase)),
        1 => Just(Event::Restart),
    ]
}

type Log = Vec<(Draft, Result<Posted, Refused>)>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn answers_and_store_agree_on_one_history(
        events in prop::collection::vec(event(), 1..120),
        together in 1..40usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let databases = Databases::sqlite();
            let store = databases.open().await;
            let log = play(&store, &events, together).await;
            check(&store, &log).await;
        });
    }
}

async fn play(store: &Store, events: &[Event], together: usize) -> Log {
    let mut replica = Replica::on(store);
    replica.join("pie", "cook0").await;
    let mut log = Vec::new();
    for chunk in events.chunks(together) {
        let mut under_way = Vec::new();
        for event in chunk {
            match event {
                Event::Post(who, id, phrase) => {
                    let draft = draft(
                        "pie",
                        &format!("cook{who}"),
                        &format!("m{id}"),
                        PHRASES[*phrase],
                    );
                    let posted = replica.submit(draft.clone());
                    under_way.push(async { (draft, posted.await) });
                }
                Event::Restart => {
                    log.extend(join_all(std::mem::take(&mut under_way)).await);
                    replica.stop().await;
                    replica = Replica::on(store);
                }
            }
        }
        log.extend(join_all(under_way).await);
    }
    log
}

async fn check(store: &Store, log: &Log) {
    let id = "pie".parse().unwrap();
    let stored = store.load_one(&id).await.unwrap().unwrap();
    let all = Page {
        after: 0,
        upto: Revision::MAX,
        limit: 10_000,
        prefer: Prefer::Oldest,
    };
    let messages = store.messages(&id, all).await.unwrap();
    let dense = messages.iter().map(|m| m.revision).eq(1..=stored.revision);
    assert!(dense, "revisions are dense");

    let mut accepted: HashMap<MessageKey, &Posted> = HashMap::new();
    for (draft, posted) in log {
        let first = accepted.get(&draft.key());
        match (first, posted) {
            (None, Ok(posted)) => {
                assert!(!posted.duplicate, "the first of its id is accepted");
                accepted.insert(draft.key(), posted);
            }
            (Some(first), Ok(again)) => {
                assert!(again.duplicate);
                assert_eq!(first.message.as_stored(), again.message.as_stored());
                assert_eq!(first.recipe, again.recipe, "the recipe as it stood then");
            }
            (Some(first), Err(refused)) => {
                assert_eq!(*refused, Refused::MessageIdReused);
                assert_ne!(first.message.content, draft.content);
            }
            (None, Err(refused)) => panic!("refused for no reason: {refused}"),
        }
    }
    assert_eq!(accepted.len(), messages.len(), "each id once");
    replay(store, &messages, &stored).await;
}

/// Applying the stored messages to a new recipe gives the stored recipe, at every revision.
async fn replay(store: &Store, messages: &[Arc<Message>], stored: &RecipeState) {
    let owner = stored.access.owner.clone();
    let mut recipe_state = RecipeState::new(
        stored.id.clone(),
        owner,
        Visibility::Open,
        "Pie",
        Timestamp::default(),
    );
    for message in messages {
        let draft = Draft::new(
            stored.id.clone(),
            message.author.clone(),
            message.id.clone(),
            message.content.clone(),
        );
        let again = recipe_state
            .accept(&draft, &RecipeLimits::default(), message.accepted_at)
            .unwrap();
        assert_eq!(again.message.as_stored(), **message, "the same effect");
        let at = message.revision;
        let version = store.version(&stored.id, at).await.unwrap();
        assert_eq!(version.unwrap().1, again.recipe, "the same recipe at {at}");
    }
    assert_eq!(recipe_state.recipe, stored.recipe);
}
