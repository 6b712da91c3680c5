//! The table of sentences in `sentences.txt`, and the answers that need more than one line.

use chat::recipe::{Change, Parsed, Quantity, Recipe, follow, parse, timers};

use crate::fixture::{lines_with_notes, outcome, pancakes, written};

#[test]
fn every_sentence_comes_to_what_the_table_says() {
    let recipe = pancakes();
    let wrong: Vec<String> = rows()
        .into_iter()
        .filter_map(|(message, expected)| {
            let got = outcome(&recipe, &message);
            (got != expected).then(|| format!("{message}\n  expected {expected}\n  got      {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_long_and_no_sentence_stands_twice() {
    let mut messages: Vec<String> = rows().into_iter().map(|(message, _)| message).collect();
    let all = messages.len();
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), all);
    assert!(all > 300, "{all}");
}

pub(crate) fn rows() -> Vec<(String, String)> {
    include_str!("sentences.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| {
            let (message, expected) = line.split_once("=>").expect(line);
            (
                message.trim().replace(" ⏎ ", "\n"),
                expected.trim().to_owned(),
            )
        })
        .collect()
}

#[test]
fn one_refused_change_leaves_the_whole_message_undone() {
    let recipe = pancakes();
    assert_eq!(
        outcome(&recipe, "add 2 carrots; remove step 7; double it"),
        "hint: There is no step 7; the recipe has 3 steps."
    );
}

#[test]
fn the_text_of_a_step_is_kept_as_it_was_written() {
    let recipe =
        after("add step: Mix 1 1/2 cups \"00\" flour, eggs and then add salt; rest — 20 min.");
    assert_eq!(
        recipe.steps[3].text,
        "Mix 1 1/2 cups \"00\" flour, eggs and then add salt; rest — 20 min."
    );
    assert_eq!(timers::find(&recipe.steps[3].text)[0].seconds, 1200);
}

#[test]
fn a_replaced_ingredient_keeps_its_place_its_id_and_its_amount() {
    let recipe = after("replace milk with oat milk");
    let line = &recipe.ingredients[1];
    assert_eq!(
        (line.id.as_str(), line.in_words().as_str()),
        ("i2", "1 cup oat milk")
    );
}

#[test]
fn metric_turns_cups_into_millilitres_and_the_oven_into_celsius() {
    let recipe = after("add 8 oz butter; add 2 lb potatoes; add 1 tsp vanilla\nconvert to metric");
    let lines: Vec<String> = recipe
        .ingredients
        .iter()
        .map(|line| line.in_words())
        .collect();
    assert_eq!(
        lines,
        [
            "355 ml flour",
            "237 ml milk",
            "2 eggs",
            "salt to taste",
            "50 g sugar",
            "2 cloves garlic",
            "237 ml plain yogurt",
            "227 g butter",
            "907 g potatoes",
            "5 ml vanilla"
        ]
    );
    assert_eq!(recipe.steps[2].text, "Fry at 180 °C.");
}

#[test]
fn us_units_are_the_cups_and_spoons_of_a_kitchen() {
    let recipe = written(
        "Soup",
        "add:\n250 ml milk\n15 ml oil\n5 ml salt\n450 g flour\n1 kg potatoes\n10 g yeast",
    );
    let Parsed::Changes(changes) = parse("convert to US units") else {
        panic!("no change");
    };
    let (recipe, _) = follow(&recipe, &changes).unwrap();
    let lines: Vec<String> = recipe
        .ingredients
        .iter()
        .map(|line| line.in_words())
        .collect();
    assert_eq!(
        lines,
        [
            "1.06 cup milk",
            "1 tbsp oil",
            "1 tsp salt",
            "1 lb flour",
            "2 1/4 lb potatoes",
            "0.35 oz yeast"
        ]
    );
}

#[test]
fn two_lines_of_one_name_are_told_apart_by_unit_and_amount() {
    let recipe = after("add 100 g flour");
    assert_eq!(
        outcome(&recipe, "remove flour"),
        "hint: \"flour\" could be 1 1/2 cup flour or 100 g flour; say which one."
    );
    assert_eq!(outcome(&recipe, "remove 100 g flour"), "Removed flour");
    assert_eq!(
        outcome(&recipe, "change flour to 120 g"),
        "Changed flour to 120 g"
    );
    let all = "remove all the flour";
    let Parsed::Changes(changes) = parse(all) else {
        panic!("{all}")
    };
    assert!(
        follow(&recipe, &changes)
            .unwrap()
            .0
            .ingredients
            .iter()
            .all(|line| line.name != "flour")
    );
}

#[test]
fn halving_an_odd_number_of_servings_is_exact_for_the_amounts() {
    let recipe = after("serves 3\nhalve it");
    assert_eq!(
        (recipe.servings, recipe.ingredients[1].quantity_text()),
        (2, "1/2".to_owned())
    );
    assert_eq!(
        outcome(&after("serves 3"), "halve it"),
        "Scaled by 1/2, from 3 to about 2 servings"
    );
}

#[test]
fn an_empty_recipe_says_how_to_begin() {
    let empty = Recipe::new("Soup");
    assert_eq!(
        outcome(&empty, "remove milk"),
        "hint: The recipe has no milk yet; try \"add 2 cups flour\"."
    );
    assert_eq!(
        outcome(&empty, "remove step 1"),
        "hint: The recipe has no steps yet; try \"add step: Whisk the eggs.\""
    );
}

#[test]
fn the_limits_are_refused_with_words() {
    let lines = (0..201)
        .map(|n| format!("{n} g item{n}x"))
        .collect::<Vec<_>>()
        .join("\n");
    let full = outcome(
        &Recipe::new("Stew"),
        &format!("add:\n{}", lines.replacen("0 g", "1 g", 1)),
    );
    assert_eq!(
        full,
        "hint: A recipe holds at most 200 ingredients; remove one first."
    );
    let recipe = pancakes();
    for (message, hint) in [
        (
            format!("call it {}", "a".repeat(201)),
            "hint: That title is too long: at most 200 characters fit.",
        ),
        (
            format!("add {}", "b".repeat(201)),
            "hint: That name is too long: at most 200 characters fit.",
        ),
        (
            format!("step: {}", "c".repeat(2_001)),
            "hint: That text of the step is too long: at most 2000 characters fit.",
        ),
    ] {
        assert_eq!(outcome(&recipe, &message), hint);
    }
}

#[test]
fn a_pasted_recipe_is_one_message_and_may_fill_the_recipe() {
    let lines: Vec<String> = (0..200).map(|n| format!("a{n}x")).collect();
    let pasted = format!(
        "ingredients:\n{}\nsteps:\n{}",
        lines.join("\n"),
        lines.join("\n")
    );
    let full = written("Stew", &pasted);
    assert_eq!((full.ingredients.len(), full.steps.len()), (200, 200));
    assert_eq!(
        outcome(&full, "add saffron"),
        "hint: A recipe holds at most 200 ingredients; remove one first."
    );
}

#[test]
fn more_changes_than_anybody_writes_are_refused_together() {
    let recipe = pancakes();
    let most = "eggs: 3; ".repeat(50);
    assert!(outcome(&recipe, &most).starts_with("Changed eggs to 3; "));
    let too_many = "hint: Nothing was changed: one message makes at most 50 changes beside what it adds, and at most 1 \
         conversion of the whole recipe; send the others in another message.";
    assert_eq!(outcome(&recipe, &format!("{most}eggs: 4")), too_many);
    assert_eq!(outcome(&recipe, &"eggs: 3\n".repeat(51)), too_many);
    assert_eq!(outcome(&recipe, &"convert to metric; ".repeat(2)), too_many);
    assert_eq!(
        outcome(&recipe, &format!("remove {}", ["eggs"; 51].join(", "))),
        too_many
    );
    assert_eq!(
        outcome(&recipe, "remove steps 1-400, 1-400, 1-400"),
        "hint: That names more steps than a recipe can have; name each one once."
    );
}

#[test]
fn a_name_that_no_ingredient_can_have_is_not_searched() {
    assert_eq!(
        outcome(&pancakes(), &format!("remove {}", "a ".repeat(200))),
        "hint: That name is too long: at most 200 characters fit."
    );
}

#[test]
fn a_quantity_is_exact_inside() {
    let Parsed::Changes(changes) = parse("add 1/3 cup oil") else {
        panic!("no change")
    };
    let [Change::AddIngredient(oil)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    let third = oil.amount.as_ref().unwrap().quantity;
    assert_eq!(String::from(third), "1/3");
    assert_eq!(third, Quantity::try_from("2/6".to_owned()).unwrap());
}

fn after(message: &str) -> Recipe {
    match parse(message) {
        Parsed::Changes(changes) => follow(&pancakes(), &changes).unwrap().0,
        other => panic!("{message}: {other:?}"),
    }
}

const PASTED: &str = "Leek Pie\n\nA pie for cold days, as my aunt makes it.\nServes 6\nPrep Time: 20 minutes\n\nIngredients\n\
    For the dough:\n250 g flour\nSalt\nFor the filling:\n3 leeks, sliced\nSalt\nRemove nothing\n\nDirections\nStep 1\n\
    Remove the leeks from the water.\n2. Bake for 40 minutes.\n\nNotes\nServe warm.\n\nNutrition\nCalories: 300 kcal";

#[test]
fn a_recipe_pasted_from_a_page_is_taken_whole() {
    let recipe = written("New recipe", PASTED);
    assert_eq!((recipe.title.as_str(), recipe.servings), ("Leek Pie", 6));
    let lines = lines_with_notes(&recipe);
    assert_eq!(
        lines,
        [
            "250 g flour | for the dough",
            "Salt | for the dough",
            "3 leeks | sliced, for the filling",
            "Salt | for the filling",
            "Remove nothing | for the filling",
        ]
    );
    let steps: Vec<&str> = recipe.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(
        steps,
        [
            "Remove the leeks from the water.",
            "Bake for 40 minutes.",
            "Note: Serve warm."
        ]
    );
    assert_eq!(
        recipe.description.as_deref(),
        Some("A pie for cold days, as my aunt makes it. Prep Time: 20 minutes")
    );
}

#[test]
fn headings_of_a_pasted_recipe_are_read_in_every_style() {
    for (ingredients, steps) in [
        ("Ingredients", "Directions"),
        ("INGREDIENTS", "METHOD"),
        ("**Ingredients**", "**Instructions**"),
        ("## Ingredients", "## Method"),
        ("Ingredients:", "Steps:"),
        ("What you need", "How to make it"),
        ("Ingredients (serves 4)", "Preparation"),
    ] {
        for (bullet, number) in [("", ""), ("- ", "1. "), ("• ", "1) "), ("▢ ", "Step 1: ")] {
            let recipe = written(
                "New recipe",
                &format!(
                    "# Leek soup\n{ingredients}\n{bullet}2 leeks\n{bullet}1 l stock\n{steps}\n{number}Boil."
                ),
            );
            assert_eq!(recipe.title, "Leek soup", "{ingredients} {bullet}");
            assert_eq!(recipe.ingredients.len(), 2, "{ingredients} {bullet}");
            assert_eq!(recipe.steps[0].text, "Boil.", "{steps} {number}");
        }
    }
}

#[test]
fn servings_keep_the_exact_ratio() {
    let before = after("serves 3");
    let mut recipe = before.clone();
    for message in ["halve it", "for 3"] {
        let Parsed::Changes(changes) = parse(message) else {
            panic!("{message}")
        };
        recipe = follow(&recipe, &changes).unwrap().0;
    }
    assert_eq!(recipe, before);
}

#[test]
fn what_cannot_be_measured_nearly_stays_exact_and_comes_back() {
    let before = written(
        "Soup",
        "add:\n500 g leeks\n100 ml stock\n2 dl cream\n1 ml vanilla",
    );
    let mut recipe = before.clone();
    for message in ["convert to US units", "convert to metric"] {
        let Parsed::Changes(changes) = parse(message) else {
            panic!("{message}")
        };
        recipe = follow(&recipe, &changes).unwrap().0;
    }
    let lines: Vec<String> = recipe
        .ingredients
        .iter()
        .map(|line| line.in_words())
        .collect();
    assert_eq!(
        lines,
        [
            "500 g leeks",
            "100 ml stock",
            "200 ml cream",
            "1 ml vanilla"
        ]
    );
}

#[test]
fn other_ways_to_say_how_much_are_scaled_with_the_amount() {
    let recipe = written(
        "Soup",
        "add:\n500 g (1 lb) leeks\n1 tbsp plus 1 tsp oil\n2 cans (400 g) tomatoes\ndouble it",
    );
    let notes: Vec<&str> = recipe
        .ingredients
        .iter()
        .map(|line| line.note.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(notes, ["2 lb", "plus 2 tsp", "400 g"]);
}
