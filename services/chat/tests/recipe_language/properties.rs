//! What holds for every message and every recipe.

use std::collections::HashSet;

use chat::recipe::{Change, Parsed, Quantity, Rational, Recipe, Scaling, follow, limits, parse};
use proptest::prelude::*;

use crate::fixture::pancakes;
use crate::sentences::rows;

/// Words and signs that the grammar gives a meaning to, so that chance hits its corners.
const VOCABULARY: &str = "add remove replace swap use change set make rename scale double halve half convert insert move \
    step steps tag tags title call it the a an of to with for by from instead and then , ; . : - ( ) \" # / ! 1 2 3 0 \
    1/2 ½ 1.5 99999999999999999 2-3 cups g ml kg tsp can cloves flour milk eggs salt taste everything all last first \
    before after at serves servings people metric us undo note on description 50% please x × fl oz dozen few some ⏎ 🙂";

fn from_vocabulary() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = VOCABULARY.split_whitespace().collect();
    proptest::collection::vec(proptest::sample::select(words), 0..30)
        .prop_map(|words| words.join(" ").replace('⏎', "\n"))
}

fn message() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => from_vocabulary(),
        1 => "\\PC{0,200}",
        1 => proptest::collection::vec(any::<char>(), 0..100).prop_map(String::from_iter),
    ]
}

/// Numbers that measuring cups, spoons and scales show.
fn kitchen_number() -> impl Strategy<Value = Rational> {
    let parts = proptest::sample::select(vec![1_u128, 2, 3, 4, 6, 8, 1000]);
    (1_u128..10_000, parts).prop_map(|(number, parts)| Rational::new(number, parts).unwrap())
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let range = (kitchen_number(), kitchen_number())
        .prop_filter_map("a range rises", |(low, high)| Quantity::between(low, high));
    prop_oneof![kitchen_number().prop_map(Quantity::Exactly), range]
}

/// The recipe after the message, if it asked for changes that can be made.
fn after(recipe: &Recipe, message: &str) -> Option<Recipe> {
    match parse(message) {
        Parsed::Changes(changes) => follow(recipe, &changes).ok().map(|(recipe, _)| recipe),
        Parsed::Command(_) | Parsed::Timer(_) | Parsed::Talk | Parsed::Unclear { .. } => None,
    }
}

fn assert_sound(recipe: &Recipe) {
    assert!(limits::SERVINGS.contains(&recipe.servings));
    assert!(recipe.ingredients.len() <= limits::INGREDIENTS && recipe.steps.len() <= limits::STEPS);
    assert!(!recipe.title.is_empty() && recipe.title.chars().count() <= limits::NAME);
    let mut ids = HashSet::new();
    for line in &recipe.ingredients {
        assert!(!line.name.is_empty() && ids.insert(&line.id), "{line:?}");
        assert_eq!(line.quantity.is_some(), !line.quantity_text().is_empty());
    }
    assert!(
        recipe
            .steps
            .iter()
            .all(|step| !step.text.is_empty() && ids.insert(&step.id))
    );
    let stored = serde_json::to_string(recipe).unwrap();
    assert_eq!(&serde_json::from_str::<Recipe>(&stored).unwrap(), recipe);
}

/// Words that no rule of the grammar knows.
const UNKNOWN: [&str; 4] = ["zazu", "quib", "wompy", "flarn"];

/// A clause of words that mean something and of words that no rule knows.
fn half_known() -> impl Strategy<Value = String> {
    let stops = [";", ".", "!", "?", "⏎", ":", "(", ")", "\""];
    let words: Vec<&'static str> = VOCABULARY
        .split_whitespace()
        .chain(
            "more less half of instead skip use cups twice much only fewer make it for people"
                .split(' '),
        )
        .filter(|word| !stops.contains(word))
        .chain(UNKNOWN.into_iter().cycle().take(24))
        .collect();
    proptest::collection::vec(proptest::sample::select(words), 2..12)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A message is understood wholly, or it changes nothing.
    #[test]
    fn every_unknown_word_of_a_message_that_is_followed_is_in_what_it_changes(message in half_known()) {
        if let Parsed::Changes(changes) = parse(&message) {
            let asked = format!("{changes:?}");
            // "Make pancakes for 6": the dish is named, and no ingredient.
            let dish = message.starts_with("make ") && message.contains(" for ");
            for word in UNKNOWN.iter().filter(|word| message.contains(*word) && !dish) {
                prop_assert!(asked.contains(word), "{message:?} lost {word}: {asked}");
            }
        }
    }
}

/// Every word of a message counts, wherever it stands: put anywhere into a sentence that is followed, a word that no rule
/// knows is in what is changed, or nothing is changed.
#[test]
fn an_unknown_word_anywhere_in_a_sentence_is_kept_or_nothing_is_changed() {
    let recipe = pancakes();
    let mut lost = Vec::new();
    for (message, _) in rows() {
        // Why something is asked, a question or talk behind it and a heading above a list may say anything.
        let free = message.contains(['\n', '?'])
            || [" because ", ". I ", ". Don't "]
                .iter()
                .any(|mark| message.contains(mark));
        if free || after(&recipe, &message).is_none() {
            continue;
        }
        let words: Vec<&str> = message.split(' ').collect();
        // Behind its end begins a sentence of its own, which may be talk.
        let ends = usize::from(!message.ends_with(['.', '!']));
        for at in 0..words.len() + ends {
            let with = [&words[..at], &["zazu"], &words[at..]].concat().join(" ");
            let Parsed::Changes(changes) = parse(&with) else {
                continue;
            };
            let done = follow(&recipe, &changes).map(|(_, effect)| effect);
            let asked = format!("{changes:?}");
            if let Ok(effect) = done
                && !asked.contains("zazu")
            {
                lost.push(format!("{with} => {effect}"));
            }
        }
    }
    assert!(lost.is_empty(), "{}:\n{}", lost.len(), lost.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_messages_leave_a_sound_recipe_and_no_id_comes_back(messages in proptest::collection::vec(message(), 1..12)) {
        let mut recipe = pancakes();
        let mut used: HashSet<String> = ids(&recipe).collect();
        for message in &messages {
            let Some(next) = after(&recipe, message) else { continue };
            assert_sound(&next);
            let before: HashSet<String> = ids(&recipe).collect();
            for id in ids(&next).filter(|id| !before.contains(id)) {
                prop_assert!(used.insert(id.clone()), "{id} was used before, {message:?}");
            }
            recipe = next;
        }
    }

    #[test]
    fn what_is_printed_reads_back_the_same(quantity in quantity(), unit in proptest::sample::select(vec!["", "cup", "g", "clove"])) {
        let Some(recipe) = after(&Recipe::new("Soup"), &format!("add {} {unit} rice", quantity.written_for(None))) else {
            return Err(TestCaseError::fail(format!("{} was not read", quantity.written_for(None))));
        };
        let line = &recipe.ingredients[0];
        prop_assert_eq!(line.quantity, Some(quantity));
        prop_assert_eq!(line.unit_text(), unit);
    }

    #[test]
    fn printing_and_reading_any_fraction_settles(numerator in 1_u128..1_000_000, denominator in 1_u128..1_000_000) {
        let quantity = Quantity::Exactly(Rational::new(numerator, denominator).unwrap());
        let printed = quantity.written_for(None);
        let again = after(&Recipe::new("Soup"), &format!("add {printed} rice")).unwrap();
        prop_assert_eq!(again.ingredients[0].quantity_text(), printed);
    }

    #[test]
    fn scaling_by_n_and_then_by_one_nth_changes_nothing(n in 2_u32..100, amounts in proptest::collection::vec(quantity(), 0..8)) {
        let mut recipe = pancakes();
        for (place, amount) in amounts.iter().enumerate() {
            recipe = after(&recipe, &format!("add {} cups thing{place}x", amount.written_for(None))).unwrap();
        }
        let by = |factor| Change::Scale(Scaling::By(factor));
        let n = Rational::whole(n);
        let there_and_back = follow(&recipe, &[by(n), by(Rational::ONE.over(n).unwrap())]);
        prop_assert_eq!(there_and_back.map(|(recipe, _)| recipe), Ok(recipe));
    }

    #[test]
    fn rationals_never_overflow(a in any::<u128>(), b in any::<u128>(), c in any::<u64>(), d in any::<u64>()) {
        if let (Some(one), Some(other)) = (Rational::new(a, b), Rational::new(c.into(), d.into())) {
            for result in [one.plus(other), one.minus(other), one.times(other), one.over(other), one.rounded_to(other)] {
                prop_assert!(result.is_none_or(|result| result.numerator() <= Rational::CEILING));
            }
            prop_assert!(!Quantity::Exactly(one).written_for(None).is_empty());
        }
    }
}

#[test]
fn long_messages_of_any_kind_are_read_in_no_time() {
    let recipe = pancakes();
    for piece in [
        "add ",
        "(",
        ")",
        "\"",
        "“",
        "«",
        ",",
        ", and ",
        "and ",
        ";",
        "1 ",
        "1/",
        "9",
        "a ",
        "half ",
        "-",
        "use ",
        "then ",
        "step ",
        "add step: x; ",
        "then bake, ",
        "add 1 egg, ",
        "remove x and ",
        "#",
        "#a ",
        ":",
        "a:",
        "½",
        "plus more ",
        "to taste ",
        "double it, ",
        "\n",
        "add 1 a\n",
        "🙂",
        "1 x 1 g can ",
        "please ",
        "instead of ",
        "1.",
        "0",
        "%",
    ] {
        let long: String = piece.repeat(4_000 / piece.chars().count());
        after(&recipe, &long);
        after(&recipe, &format!("add 1 cup x, {long}"));
    }
}

fn ids(recipe: &Recipe) -> impl Iterator<Item = String> {
    let ingredients = recipe.ingredients.iter().map(|line| line.id.clone());
    ingredients
        .chain(recipe.steps.iter().map(|step| step.id.clone()))
        .collect::<Vec<_>>()
        .into_iter()
}
