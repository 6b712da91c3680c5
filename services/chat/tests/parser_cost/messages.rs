//! Chat messages: what reading and following one costs, also on a recipe that is as full as it can be.

use std::fmt::Write as _;

use allocation_counter::measure;
use chat::recipe::{Parsed, PlainIngredient, PlainRecipe, Recipe, follow, from_plain, parse};

use crate::limits::{all_hold, is_linear, repeated};

const LONGEST: usize = 4_000;

/// 199 ingredients with names of many words, one named "a", and steps full of temperatures.
fn full() -> Recipe {
    let line = |name: String| PlainIngredient {
        name,
        quantity: "1".to_owned(),
        ..PlainIngredient::default()
    };
    let long = |number: usize| {
        let words: Vec<String> = (0..33)
            .map(|word| format!("x{:04}", number * 33 + word))
            .collect();
        line(words.join(" "))
    };
    let plain = PlainRecipe {
        title: "Full".to_owned(),
        ingredients: (1..200).map(long).chain([line("a".to_owned())]).collect(),
        steps: vec!["350F ".repeat(390); 200],
        ..PlainRecipe::default()
    };
    from_plain(&plain).unwrap()
}

/// What the message comes to.
fn outcome(recipe: &Recipe, message: &str) -> String {
    match parse(message) {
        Parsed::Changes(changes) => match follow(recipe, &changes) {
            Ok((_, effect)) => effect,
            Err(refusal) => refusal.to_string(),
        },
        Parsed::Unclear { hint } => hint,
        Parsed::Timer(command) => format!("{command:?}"),
        Parsed::Talk => "talk".to_owned(),
        Parsed::Command(_) => "command".to_owned(),
    }
}

#[test]
fn reading_a_message_costs_no_more_than_its_size() {
    let pieces = [
        "add ",
        "(",
        "a (b) ",
        "a, ",
        ",",
        ", and ",
        "and ",
        ";",
        "1 ",
        "1/",
        "9",
        "\"",
        "so ",
        "and so ",
        "please ",
        "then bake, ",
        "then bake,,,",
        "a: 2; ",
        "remove x; ",
        "remove steps 1-200, ",
        "step: x\n",
        "#a ",
        "to taste ",
        "1 x 1 g can ",
        "½",
        "change a to 2, ",
        "1 egg instead of 2, ",
        "finely , ",
        "and then ",
        "🙂",
        "1 cup a plus more ",
    ];
    let sizes = [LONGEST / 4, LONGEST / 2, LONGEST];
    let mut results = Vec::new();
    for piece in pieces {
        for before in ["", "add 1 cup x, ", "remove steps 1-200, ", "then bake, "] {
            let name = format!("message {piece:?} after {before:?}");
            results.push(is_linear(
                &name,
                sizes,
                300,
                repeated(before, piece, ""),
                parse,
            ));
        }
    }
    all_hold(results);
}

#[test]
fn a_message_on_a_full_recipe_costs_little_more_than_a_copy_of_the_recipe() {
    let recipe = full();
    let copy = measure(|| drop(recipe.clone()));
    let alternating = |one: &str, other: &str| {
        let mut text = String::new();
        while text.len() + one.len() + other.len() < LONGEST {
            write!(text, "{one}{other}").unwrap();
        }
        text
    };
    let mut failures = Vec::new();
    for message in [
        alternating("a: 2; ", "a: 3; "),
        alternating("b: 2 g; ", "c: 3 g; "),
        alternating("remove x0040 x0041; ", "remove y; "),
        alternating("add 1 b, ", "add 2 b, "),
        alternating("add b\n", "add c\n"),
        alternating("convert to metric; ", "convert to us; "),
        "convert to metric".to_owned(),
        alternating("double it; ", "halve it; "),
        alternating("rename a to b; ", "rename b to a; "),
        format!("remove {}", "a ".repeat(1_900)),
        format!("change {} to 2", "x0040 ".repeat(600)),
        "remove steps 1-200, ".repeat(199),
    ] {
        let info = measure(|| drop(outcome(&recipe, &message)));
        let (bytes, count) = (
            copy.bytes_total * 4 + (2 << 20),
            copy.count_total * 4 + 40_000,
        );
        if info.bytes_total > bytes || info.count_total > count {
            let beginning: String = message.chars().take(40).collect();
            failures.push(format!(
                "{beginning}…: {} bytes in {} allocations, allowed are {bytes} in {count}",
                info.bytes_total, info.count_total
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
