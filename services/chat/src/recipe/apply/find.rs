//! Finds the ingredient or step that is meant, or says what there is instead.

use crate::recipe::change::{StepNumber, Which};
use crate::recipe::model::{Ingredient, Recipe};
use crate::recipe::naming;
use crate::recipe::quantity::Amount;
use crate::recipe::refusal::{Has, Refusal};

/// The one line that is meant. Several lines of a name are told apart by the unit, then by the amount, if one is given.
pub(super) fn line(
    recipe: &Recipe,
    which: &Which,
    amount: Option<&Amount>,
) -> Result<usize, Refusal> {
    let mut found = lines(recipe, which)?;
    if let Some(amount) = amount {
        keep_if_any(&mut found, |index| {
            recipe.ingredients[index].unit == amount.unit
        });
        keep_if_any(&mut found, |index| {
            recipe.ingredients[index].quantity == Some(amount.quantity)
        });
    }
    match found.as_slice() {
        [only] => Ok(*only),
        several => Err(ambiguous(recipe, which, several)),
    }
}

/// Every line that is meant; at least one.
pub(super) fn lines(recipe: &Recipe, which: &Which) -> Result<Vec<usize>, Refusal> {
    let count = recipe.ingredients.len();
    match which {
        Which::Named(name) | Which::EveryNamed(name) => {
            let found = named(recipe, name);
            if found.is_empty() {
                Err(no_such(recipe, name))
            } else {
                Ok(found)
            }
        }
        Which::Numbered(number) => usize::try_from(*number)
            .ok()
            .filter(|place| (1..=count).contains(place))
            .map(|place| vec![place - 1])
            .ok_or(Refusal::NoIngredientNumbered {
                number: *number,
                count,
            }),
        Which::Last => count
            .checked_sub(1)
            .map(|last| vec![last])
            .ok_or(Refusal::NothingToRemove { what: "ingredient" }),
    }
}

/// Lines of just that name; if there are none, lines whose name has all its words ("flour" finds "plain flour").
fn named(recipe: &Recipe, name: &str) -> Vec<usize> {
    let wanted = naming::words(name);
    if wanted.is_empty() {
        return Vec::new();
    }
    let matching = |fits: &dyn Fn(&[String]) -> bool| -> Vec<usize> {
        let line =
            |(index, line): (usize, &Ingredient)| fits(&naming::words(&line.name)).then_some(index);
        recipe
            .ingredients
            .iter()
            .enumerate()
            .filter_map(line)
            .collect()
    };
    let same = matching(&|words| words == wanted.as_slice());
    if same.is_empty() {
        matching(&|words| wanted.iter().all(|word| words.contains(word)))
    } else {
        same
    }
}

pub(super) fn step(recipe: &Recipe, step: StepNumber) -> Result<usize, Refusal> {
    let count = recipe.steps.len();
    match step {
        _ if count == 0 => Err(Refusal::NoSteps),
        StepNumber::Last => Ok(count - 1),
        StepNumber::Number(number) => usize::try_from(number)
            .ok()
            .filter(|place| (1..=count).contains(place))
            .map(|place| place - 1)
            .ok_or(Refusal::NoSuchStep { number, count }),
    }
}

fn keep_if_any(found: &mut Vec<usize>, fits: impl Fn(usize) -> bool) {
    let fitting: Vec<usize> = found.iter().copied().filter(|index| fits(*index)).collect();
    if !fitting.is_empty() {
        *found = fitting;
    }
}

fn ambiguous(recipe: &Recipe, which: &Which, found: &[usize]) -> Refusal {
    let name = match which {
        Which::Named(name) | Which::EveryNamed(name) => naming::one_line(name),
        Which::Numbered(_) | Which::Last => "That".to_owned(),
    };
    let candidates = found
        .iter()
        .map(|index| recipe.ingredients[*index].in_words())
        .collect();
    Refusal::AmbiguousIngredient { name, candidates }
}

fn no_such(recipe: &Recipe, name: &str) -> Refusal {
    let wanted = naming::key(name);
    let apart = |line: &Ingredient| {
        let words = naming::words(&line.name);
        let whole = std::iter::once(naming::key(&line.name));
        whole
            .chain(words)
            .map(|known| letters_apart(&wanted, &known))
            .min()
    };
    let similar = recipe
        .ingredients
        .iter()
        .filter_map(|line| Some((apart(line)?, line)))
        .min_by_key(|(apart, _)| *apart)
        .filter(|(apart, _)| *apart <= 2 && *apart * 3 <= wanted.chars().count());
    let has = match similar {
        _ if recipe.ingredients.is_empty() => Has::Nothing,
        Some((_, line)) => Has::Similar(line.name.clone()),
        None => Has::Others(
            recipe
                .ingredients
                .iter()
                .map(|line| line.name.clone())
                .collect(),
        ),
    };
    Refusal::NoSuchIngredient {
        name: naming::one_line(name),
        has,
    }
}

/// How many letters have to change to make one word of the other (Levenshtein); letters in another order count as one.
/// Names that differ much in length are not measured.
fn letters_apart(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > 2 {
        return usize::MAX / 4;
    }
    if one != other && same_letters(&one, &other) {
        return 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

fn same_letters(one: &[char], other: &[char]) -> bool {
    let sorted = |letters: &[char]| {
        let mut letters = letters.to_vec();
        letters.sort_unstable();
        letters
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}
