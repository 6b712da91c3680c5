//! A router while replicas come and go.

use std::collections::HashMap;

use proto::{
    chat::{Attached, PostMessageRequest, link_request::Call},
    ids::Position,
};
use tonic::transport::Endpoint;

use super::{
    super::pending_call::{Answer, Answered, PendingCall},
    super::requester::Requester,
    *,
};
use crate::{rooms::Progress, upstream::Principal};

/// A router with open rooms, and everybody who has asked.
#[derive(Default)]
struct TestRouter {
    inner: Router,
    rooms: HashMap<RecipeId, u64>,
    answers: HashMap<String, Answer>,
}

impl TestRouter {
    fn open(&mut self, replica: &str) {
        let channel = Endpoint::from_static("http://in.memory").connect_lazy();
        self.inner.open(&replica.into(), channel.into());
        self.regroup();
    }

    fn close(&mut self, replica: &str) {
        self.inner.close(&replica.into());
        self.regroup();
    }

    fn regroup(&mut self) {
        let rooms: Vec<_> = self.rooms.keys().cloned().collect();
        self.inner.regroup(&rooms);
    }

    fn open_room(&mut self, recipe: &RecipeId, newest: u64) {
        self.rooms.insert(recipe.clone(), newest);
        self.inner.queue([recipe.clone()]);
    }

    fn ask(&mut self, recipe: &RecipeId, id: &str) {
        let call = Call::Post(PostMessageRequest {
            message_id: id.to_owned(),
            ..PostMessageRequest::default()
        });
        let asking = Requester::from(&Principal::for_tests("ada"));
        let (call, answer) = PendingCall::new(recipe.clone(), asking, call, String::new());
        self.answers.insert(id.to_owned(), answer);
        self.inner.ask(call);
    }

    fn answer(&mut self, replica: &str, number: u64) {
        let answer = Answered::Attached(Attached::default());
        self.inner.answer(&replica.into(), number, Ok(answer));
    }

    /// What a replica is sent now, in words, and the numbers of its calls.
    fn sent(&mut self, replica: &str) -> (Vec<String>, Vec<u64>) {
        let rooms = &self.rooms;
        let position = |recipe: &RecipeId| {
            rooms.get(recipe).map(|revision| Position {
                revision: *revision,
                message: Some("m".parse().unwrap()),
            })
        };
        let attach = |recipe: &RecipeId| {
            position(recipe).map(|newest| Attaching {
                progress: Progress {
                    newest,
                    answered_position: None,
                },
                number: 1,
                member: Arc::new(Principal::for_tests("ada")),
                people: PeopleChange::default(),
            })
        };
        let outgoing = self.inner.outgoing(&replica.into(), attach, position);
        let mut words = Vec::new();
        for (recipe, attaching) in outgoing.rooms {
            words.push(match attaching {
                Some(Attaching { progress, .. }) => {
                    format!("attach {recipe} after {}", progress.newest.revision)
                }
                None => format!("detach {recipe}"),
            });
        }
        let numbers = outgoing.calls.iter().map(|q| q.number).collect();
        words.extend(outgoing.calls.into_iter().map(|q| match q.call {
            Some(Call::Post(post)) => post.message_id,
            other => panic!("{other:?}"),
        }));
        (words, numbers)
    }

    fn words(&mut self, replica: &str) -> Vec<String> {
        self.sent(replica).0
    }
}

/// A recipe that goes to `replica` when both "a" and "b" are open.
fn recipe_of(replica: &str) -> RecipeId {
    let mut both = TestRouter::default();
    both.open("a");
    both.open("b");
    (0..)
        .map(|n| format!("pie{n}").parse().unwrap())
        .find(|recipe| both.inner.preferred(recipe).map(|name| &**name) == Some(replica))
        .unwrap()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn recipes_are_spread_over_the_replicas_and_only_those_of_a_lost_one_move() {
    let recipes: Vec<RecipeId> = (0..300).map(|n| format!("r{n}").parse().unwrap()).collect();
    let replicas = [
        "http://10.0.0.1:1",
        "http://10.0.0.2:1",
        "http://10.0.0.3:1",
    ];
    let mut router = TestRouter::default();
    for replica in replicas {
        router.open(replica);
    }
    let homes = |router: &TestRouter| -> Vec<_> {
        let home = |recipe| router.inner.preferred(recipe).unwrap().to_string();
        recipes.iter().map(home).collect()
    };

    let before = homes(&router);
    for replica in replicas {
        let many = before.iter().filter(|home| *home == replica).count();
        assert!((60..140).contains(&many), "{replica} has {many}");
    }
    router.close(replicas[1]);
    for (before, after) in before.iter().zip(homes(&router)) {
        assert!(before == replicas[1] || *before == after);
        assert_ne!(after, replicas[1]);
    }
}

#[tokio::test]
async fn what_a_lost_replica_was_asked_goes_to_another_in_order() {
    let pie = recipe_of("a");
    let mut router = TestRouter::default();
    router.open("a");
    router.open("b");
    router.open_room(&pie, 7);
    router.ask(&pie, "m1");
    assert_eq!(
        router.words("a"),
        [format!("attach {pie} after 7"), "m1".to_owned()]
    );
    router.ask(&pie, "m2");

    router.close("a");
    router.ask(&pie, "m3");

    let attached = format!("attach {pie} after 7");
    assert_eq!(router.words("b"), [&attached, "m1", "m2", "m3"]);
    assert_eq!(router.words("a"), NOTHING);
}

#[tokio::test]
async fn a_recipe_moves_to_a_better_replica_once_its_questions_are_answered() {
    let pie = recipe_of("b");
    let mut router = TestRouter::default();
    router.open("a");
    router.open_room(&pie, 7);
    router.ask(&pie, "m1");
    router.ask(&pie, "m2");
    let (_, numbers) = router.sent("a");

    router.open("b");
    router.ask(&pie, "m3");
    router.answer("a", numbers[0]);
    assert_eq!(router.words("b"), NOTHING, "m2 is still under way");
    assert_eq!(router.words("a"), NOTHING);
    router.answer("a", numbers[1]);

    assert_eq!(router.words("a"), [format!("detach {pie}")]);
    assert_eq!(
        router.words("b"),
        [format!("attach {pie} after 7"), "m3".to_owned()]
    );
    assert!(router.answers.get_mut("m2").unwrap().try_recv().is_ok());
}

#[tokio::test]
async fn what_is_held_back_for_a_better_replica_survives_the_loss_of_either() {
    let pie = recipe_of("b");
    for lost in ["a", "b"] {
        let mut router = TestRouter::default();
        router.open("a");
        router.ask(&pie, "m1");
        let (_, numbers) = router.sent("a");
        router.open("b");
        router.ask(&pie, "m2");

        router.close(lost);

        if lost == "a" {
            assert_eq!(router.words("b"), ["m1", "m2"]);
        } else {
            router.answer("a", numbers[0]);
            assert_eq!(router.words("a"), ["m2"]);
        }
    }
}

#[tokio::test]
async fn while_no_replica_can_be_reached_questions_wait_unless_who_asked_gives_up() {
    let pie: RecipeId = "pie".parse().unwrap();
    let mut router = TestRouter::default();
    router.ask(&pie, "m1");
    router.ask(&pie, "m2");
    router.ask(&pie, "m3");
    router.answers.remove("m2");
    router.open("a");
    assert_eq!(router.words("a"), ["m1", "m3"]);
}

#[tokio::test]
async fn a_question_for_which_there_is_no_room_is_dropped_and_whoever_asked_knows() {
    let pie: RecipeId = "pie".parse().unwrap();
    let mut router = TestRouter::default();
    for n in 0..=MAX_PENDING_CALLS {
        router.ask(&pie, &n.to_string());
    }
    let last = router
        .answers
        .get_mut(&MAX_PENDING_CALLS.to_string())
        .unwrap();
    assert!(last.try_recv().is_err_and(|error| error == closed()));
    router.answers.remove("5");
    router.ask(&pie, "there is room again");
    let again = router.answers.get_mut("there is room again").unwrap();
    assert!(again.try_recv().is_err_and(|error| error != closed()));
}

fn closed() -> tokio::sync::oneshot::error::TryRecvError {
    tokio::sync::oneshot::error::TryRecvError::Closed
}

#[tokio::test]
async fn a_room_is_attached_where_its_recipe_is_and_detached_when_it_closes() {
    let pie = recipe_of("a");
    let mut router = TestRouter::default();
    router.open("a");
    router.open("b");
    router.open_room(&pie, 3);
    assert_eq!(router.words("a"), [format!("attach {pie} after 3")]);
    assert_eq!(router.words("b"), NOTHING);

    router.rooms.remove(&pie);
    router.inner.queue([pie.clone()]);
    assert_eq!(router.words("a"), [format!("detach {pie}")]);

    router.open_room(&pie, 5);
    router.close("a");
    router.rooms.insert(pie.clone(), 9);
    assert_eq!(router.words("b"), [format!("attach {pie} after 9")]);
    router.open("a");
    assert_eq!(router.words("a"), [format!("attach {pie} after 9")]);
    assert_eq!(router.words("b"), [format!("detach {pie}")]);
}
