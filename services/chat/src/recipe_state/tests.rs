//! Decisions about messages, one recipe, no store.

use super::*;
use crate::recipe::{Visibility, json_size, limits};

struct TestRecipe {
    recipe_state: RecipeState,
    posts: u64,
}

impl TestRecipe {
    fn of(owner: &str) -> Self {
        let id = "pie".parse().unwrap();
        let owner = someone(owner).user;
        Self {
            recipe_state: RecipeState::new(
                id,
                owner,
                Visibility::Open,
                "Pie",
                Timestamp::default(),
            ),
            posts: 0,
        }
    }

    fn says(&mut self, who: &str, content: &str) -> Result<Accepted, Refused> {
        self.posts += 1;
        let draft = Draft::new(
            self.recipe_state.id.clone(),
            someone(who),
            format!("m{}", self.posts).parse().unwrap(),
            content.parse().unwrap(),
        );
        self.recipe_state
            .accept(&draft, &RecipeLimits::default(), Timestamp::default())
    }

    fn effect(&mut self, who: &str, content: &str) -> Option<String> {
        self.says(who, content).unwrap().message.effect.clone()
    }

    fn hint(&mut self, who: &str, content: &str) -> Option<String> {
        self.says(who, content).unwrap().message.hint.clone()
    }

    fn ingredients(&self) -> Vec<String> {
        let recipe = &self.recipe_state.recipe;
        recipe.ingredients.iter().map(|i| i.in_words()).collect()
    }
}

fn someone(name: &str) -> Principal {
    Principal::new(format!("id-{name}").parse().unwrap(), name).unwrap()
}

#[test]
fn every_accepted_message_takes_the_next_revision() {
    let mut kitchen = TestRecipe::of("ada");
    assert_eq!(kitchen.says("ada", "hello").unwrap().message.revision, 1);
    let change = kitchen.says("bob", "add 2 cups flour").unwrap();
    assert_eq!((change.message.revision, change.changed), (2, true));
    assert_eq!(kitchen.recipe_state.recipe_revision, 2);
    assert_eq!(kitchen.ingredients(), ["2 cups flour"]);
}

#[test]
fn an_id_that_was_undone_is_never_given_again() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.effect("ada", "add flour");
    kitchen.effect("ada", "undo");
    kitchen.effect("ada", "add milk");
    assert_eq!(kitchen.recipe_state.recipe.ingredients[0].id, "i2");
}

#[test]
fn undo_takes_back_the_last_change_of_anyone_step_by_step() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "add 2 cups flour").unwrap();
    kitchen.says("bob", "add 3 eggs").unwrap();
    kitchen.says("bob", "looks good").unwrap();

    let undone = kitchen.effect("ada", "undo").unwrap();
    assert!(undone.starts_with("Undid bob's \"Added"), "{undone}");
    assert_eq!(kitchen.ingredients(), ["2 cups flour"]);

    kitchen.says("ada", "undo").unwrap();
    assert_eq!(kitchen.ingredients(), [""; 0]);
    assert!(kitchen.hint("ada", "undo").is_some());
}

#[test]
fn timers_go_on_whatever_is_undone() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "add 2 cups flour").unwrap();
    let started = kitchen
        .says("bob", "timer 9 minutes for the pasta")
        .unwrap();
    assert!(started.changed && started.message.changes.is_empty());
    kitchen.says("ada", "add 3 eggs").unwrap();
    kitchen.says("ada", "undo").unwrap();
    kitchen.says("ada", "undo").unwrap();
    assert_eq!(kitchen.ingredients(), [""; 0]);
    let timers = &kitchen.recipe_state.recipe.timers;
    assert_eq!((timers.len(), timers[0].by.as_str()), (1, "bob"));
    assert!(kitchen.effect("ada", "stop the pasta timer").is_some());
}

#[test]
fn only_what_would_work_is_suggested_and_a_change_says_what_it_touched() {
    let mut kitchen = TestRecipe::of("ada");
    let talk = kitchen.says("ada", "2 onions").unwrap();
    assert_eq!(talk.message.suggestions, ["add 2 onions"]);
    let change = kitchen.says("ada", "add 2 onions").unwrap();
    let onions = recipe::Element::Ingredient("i1".to_owned());
    assert_eq!(
        change.message.changes,
        [(recipe::ElementChange::Added, onions)]
    );
    assert_eq!(change.message.suggestions, [""; 0]);
}

#[test]
fn what_cannot_be_followed_changes_nothing_and_says_what_would_work() {
    let mut kitchen = TestRecipe::of("ada");
    let accepted = kitchen.says("ada", "remove the saffron").unwrap();
    assert!(!accepted.changed);
    assert!(accepted.message.hint.is_some());
    assert!(kitchen.recipe_state.undo.is_empty());
}

#[test]
fn a_viewer_may_not_post_and_a_stranger_finds_nothing() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "/invite eve as viewer").unwrap();
    kitchen.says("ada", "/private").unwrap();
    assert_eq!(kitchen.says("eve", "hello").unwrap_err(), Refused::ReadOnly);
    let stranger = kitchen.says("mallory", "hello");
    assert_eq!(stranger.unwrap_err(), Refused::NoSuchRecipe);
    assert_eq!(kitchen.recipe_state.revision, 2);
}

#[test]
fn only_the_owner_decides_who_comes_in() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "/invite bob").unwrap();
    for command in ["/private", "/public", "/invite eve", "/remove bob"] {
        let refused = kitchen.says("bob", command).unwrap_err();
        assert_eq!(refused, Refused::OwnerOnly, "{command}");
    }
    let removed = kitchen.says("ada", "/remove bob").unwrap();
    assert!(removed.access.tightened);
    assert_eq!(kitchen.recipe_state.access.members, []);
}

#[test]
fn a_command_that_changes_nothing_says_so() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "/invite bob").unwrap();
    for command in [
        "/open",
        "/invite bob",
        "/invite ada",
        "/remove eve",
        "/remove ada",
    ] {
        let accepted = kitchen.says("ada", command).unwrap();
        assert!(accepted.message.hint.is_some(), "{command}");
        assert!(accepted.access.members.is_empty(), "{command}");
    }
}

#[test]
fn an_editor_becomes_a_viewer_by_another_invitation() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.says("ada", "/invite bob").unwrap();
    kitchen.says("ada", "/invite bob as viewer").unwrap();
    assert_eq!(kitchen.recipe_state.access.members.len(), 1);
    assert_eq!(kitchen.says("bob", "hello").unwrap_err(), Refused::ReadOnly);
}

/// A recipe of so many steps that are as long as they may be.
fn long_recipe(steps: usize) -> Recipe {
    let step = |n| serde_json::json!({"id": format!("s{n}"), "text": "😀".repeat(limits::STEP)});
    let steps: Vec<_> = (1..=steps).map(step).collect();
    let recipe =
        serde_json::json!({"title": "Pie", "servings": 4, "steps": steps, "last_step": 900});
    serde_json::from_value(recipe).unwrap()
}

#[test]
fn a_recipe_never_grows_beyond_its_limit() {
    let mut kitchen = TestRecipe::of("ada");
    let step = format!("add step: {}", "😀".repeat(1_990));
    let refusal = (0..limits::STEPS)
        .find_map(|_| {
            let said = kitchen.says("ada", &step).unwrap().message.clone();
            assert!(json_size(&kitchen.recipe_state.recipe) <= limits::JSON);
            said.hint.clone()
        })
        .expect("a hint");
    assert!(refusal.contains("larger than 256 KiB"), "{refusal}");
    assert!(kitchen.recipe_state.recipe.steps.len() > 30);

    assert!(kitchen.effect("ada", "remove step 1").is_some());
    assert!(kitchen.effect("ada", &step).is_some());
}

#[test]
fn a_recipe_from_before_there_was_a_limit_may_only_shrink() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen.recipe_state.recipe = Arc::new(long_recipe(100));

    let refusal = kitchen.hint("ada", "add 1 egg").unwrap();
    assert!(refusal.contains("256 KiB"), "{refusal}");
    assert!(kitchen.effect("ada", "remove step 1").is_some());
    let refusal = kitchen.hint("ada", "undo").unwrap();
    assert!(refusal.contains("256 KiB"), "{refusal}");
    assert!(kitchen.effect("ada", "remove step 2").is_some());
    assert_eq!(kitchen.recipe_state.recipe.steps.len(), 98);
}

#[test]
fn a_document_that_is_too_large_is_refused_and_not_only_hinted_at() {
    let mut kitchen = TestRecipe::of("ada");
    let mut import = |id: &str, steps| {
        let draft = Draft::import(
            kitchen.recipe_state.id.clone(),
            someone("ada"),
            id.parse().unwrap(),
            id.parse().unwrap(),
            long_recipe(steps),
        );
        let accepted =
            kitchen
                .recipe_state
                .accept(&draft, &RecipeLimits::default(), Timestamp::default());
        accepted.map(|accepted| accepted.message.revision)
    };
    assert_eq!(
        import("large", 40),
        Err(Refused::TooMuch(TooMuch::Bytes(limits::JSON)))
    );
    assert_eq!(import("small", 30), Ok(1));
}

#[test]
fn what_is_said_of_a_change_stays_short() {
    let mut kitchen = TestRecipe::of("ada");
    kitchen
        .says("ada", &format!("add 1 {}", "x".repeat(150)))
        .unwrap();
    let again: Vec<_> = (2..40).map(|n| format!("change 1 to {n}")).collect();
    let said = kitchen.says("ada", &again.join("; ")).unwrap();
    let words = said.message.effect.iter().chain(&said.message.hint);
    assert!(words.map(|words| words.chars().count()).sum::<usize>() <= 2_001);
}
