//! What is said when a recipe has no ingredient of a name: one that is spelt almost the same, or what there is instead.

use crate::recipe::model::{Ingredient, Recipe, limits};
use crate::recipe::naming;
use crate::recipe::refusal::{Has, Refusal};

/// How many letters may differ in a name that was perhaps meant.
const FURTHEST: usize = 2;

pub(super) fn no_such(recipe: &Recipe, name: &str) -> Refusal {
    let name = naming::one_line(name);
    if name.chars().count() > limits::NAME {
        return Refusal::TooLong {
            what: "name",
            limit: limits::NAME,
        };
    }
    let wanted: Vec<char> = naming::key(&name).chars().collect();
    let similar = recipe
        .ingredients
        .iter()
        .filter_map(|line| Some((apart(line, &wanted)?, line)))
        .min_by_key(|(apart, _)| *apart)
        .filter(|(apart, _)| *apart * 3 <= wanted.len());
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
    Refusal::NoSuchIngredient { name, has }
}

/// How far the name of the line, or the nearest of its words, is from what was wanted; `None` when it is too far.
fn apart(line: &Ingredient, wanted: &[char]) -> Option<usize> {
    let mut whole: Vec<char> = Vec::new();
    let mut nearest: Option<usize> = None;
    let mut compare = |known: &[char]| {
        let apart = letters_apart(wanted, known);
        nearest = nearest.into_iter().chain(apart).min();
    };
    naming::each_word(&line.name, |word| {
        if !whole.is_empty() {
            whole.push(' ');
        }
        let begins = whole.len();
        whole.extend(word.chars());
        compare(&whole[begins..]);
    });
    compare(&whole);
    nearest
}

/// How many letters have to change to make one word of the other (Levenshtein); letters in another order count as one.
/// `None` when more would have to than may differ: so only a narrow band is computed.
fn letters_apart(one: &[char], other: &[char]) -> Option<usize> {
    if one.len().abs_diff(other.len()) > FURTHEST {
        return None;
    }
    if one != other && same_letters(one, other) {
        return Some(1);
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let first = i.saturating_sub(FURTHEST);
        let last = other.len().min(i + FURTHEST + 1);
        let mut diagonal = row[first];
        row[first] = if first == 0 { i + 1 } else { FURTHEST + 1 };
        for j in first..last {
            // What lies outside the band is further away than anything in it.
            let above = if j + 1 > i + FURTHEST {
                FURTHEST + 1
            } else {
                row[j + 1]
            };
            let replaced = diagonal + usize::from(*a != other[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(above + 1);
        }
        if row[first..=last].iter().all(|apart| *apart > FURTHEST) {
            return None;
        }
    }
    Some(row[other.len()]).filter(|apart| *apart <= FURTHEST)
}

fn same_letters(one: &[char], other: &[char]) -> bool {
    let sorted = |letters: &[char]| {
        let mut letters = letters.to_vec();
        letters.sort_unstable();
        letters
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Without a band.
    fn plainly(one: &[char], other: &[char]) -> usize {
        let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                rows[i][j] = match (i, j) {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => (rows[i - 1][j] + 1)
                        .min(rows[i][j - 1] + 1)
                        .min(rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1])),
                };
            }
        }
        rows[one.len()][other.len()]
    }

    proptest! {
        #[test]
        fn the_band_changes_no_answer_that_counts(one in "[ab]{0,7}", other in "[ab]{0,7}") {
            let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
            let expected = match plainly(&one, &other) {
                _ if one != other && same_letters(&one, &other) => Some(1),
                apart => Some(apart).filter(|apart| *apart <= FURTHEST),
            };
            prop_assert_eq!(letters_apart(&one, &other), expected);
        }
    }
}
