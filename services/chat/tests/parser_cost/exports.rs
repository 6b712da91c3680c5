//! Recipes on their way out: Cooklang and schema.org.

use allocation_counter::measure;
use chat::recipe::{PlainIngredient, PlainRecipe, Recipe, from_plain, to_cooklang, to_schema_org};

use crate::limits::{all_hold, is_linear};

/// How many steps of how many characters, beside full lists of ingredients.
fn recipe(steps: usize, piece: &str, name: &str) -> Recipe {
    let plain = PlainRecipe {
        title: "x".to_owned(),
        ingredients: (0..200)
            .map(|number| PlainIngredient {
                name: format!("{} {number}", name.repeat(190 / name.len())),
                ..PlainIngredient::default()
            })
            .collect(),
        steps: vec![piece.repeat(1_900 / piece.len()); steps],
        ..PlainRecipe::default()
    };
    from_plain(&plain).unwrap()
}

#[test]
fn exports_cost_no_more_than_the_size_of_the_recipe() {
    let mut results = Vec::new();
    for (piece, name) in [
        ("a ", "a "),
        ("1 h ", "1 h "),
        ("aa-", "aa-"),
        ("@{", "@{"),
        ("ß ", "b"),
    ] {
        // The text only says how many steps there are: the recipe is made beforehand.
        let recipes = [25, 50, 100, 200].map(|steps| recipe(steps, piece, name));
        let shape = |size: usize| "s".repeat(size);
        let with = |text: &str| {
            &recipes[match text.len() {
                0..=100_000 => 1,
                100_001..=200_000 => 2,
                _ => 3,
            }]
        };
        let sizes = [90_000, 180_000, 360_000];
        results.push(is_linear(
            &format!("Cooklang with {piece:?}"),
            sizes,
            40,
            shape,
            |text| to_cooklang(with(text)),
        ));
        results.push(is_linear(
            &format!("JSON-LD with {piece:?}"),
            sizes,
            40,
            shape,
            |text| to_schema_org(with(text)).to_string(),
        ));
    }
    all_hold(results);
}

#[test]
fn exports_allocate_by_the_mark_and_not_by_the_letter() {
    let recipe = recipe(200, "a ", "a ");
    let letters: usize = recipe.steps.iter().map(|step| step.text.len()).sum();
    let count = measure(|| drop(to_cooklang(&recipe))).count_total;
    assert!(
        count < letters as u64 / 5,
        "{count} allocations for {letters} letters"
    );
}
