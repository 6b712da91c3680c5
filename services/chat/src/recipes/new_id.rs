//! Ids of recipes whose creator names none: readable by the title, and not to be guessed.

use aws_lc_rs::rand;
use proto::ids::RecipeId;
use unicode_normalization::UnicodeNormalization as _;

use crate::refused::Refused;

/// How many characters of the title an id begins with at most.
const MAX_SLUG: usize = 40;
/// How many random characters it ends with, of five bits each.
const RANDOM_CHARACTERS: usize = 12;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new id for a recipe of this title.
///
/// # Errors
/// `Unavailable` when the machine gives no random numbers.
pub(crate) fn new_recipe_id(title: &str) -> Result<RecipeId, Refused> {
    let mut random = [0; RANDOM_CHARACTERS];
    rand::fill(&mut random).map_err(|_| Refused::Unavailable)?;
    let ending = random.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let slug = slug(title);
    let hyphen = if slug.is_empty() { "" } else { "-" };
    let id = format!("{slug}{hyphen}{}", String::from_iter(ending));
    id.parse().map_err(|_| Refused::Unavailable)
}

/// The title in small letters without marks, digits and single hyphens; empty when nothing of it is left.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.nfkd().flat_map(char::to_lowercase) {
        if slug.len() >= MAX_SLUG {
            break;
        }
        let separates =
            letter.is_alphanumeric() || letter.is_whitespace() || letter.is_ascii_punctuation();
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if separates && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_begins_with_the_title_as_far_as_it_can_be_written() {
        for (title, expected) in [
            ("Pancakes", "pancakes"),
            ("  Crème brûlée & Co. ", "creme-brulee-co"),
            ("A/B -- C", "a-b-c"),
            ("水餃", ""),
            ("Käsespätzle №1", "kasespatzle-no1"),
        ] {
            assert_eq!(slug(title), expected, "{title}");
        }
        assert!(slug(&"long title ".repeat(20)).len() <= MAX_SLUG);
    }

    #[test]
    fn an_id_ends_with_at_least_fifty_random_bits() {
        const { assert!(RANDOM_CHARACTERS * 5 >= 50) };
        let ids: HashSet<_> = (0..100).map(|_| new_recipe_id("Pie").unwrap()).collect();
        assert_eq!(ids.len(), 100);
        assert!(ids.iter().all(|id| id.as_str().starts_with("pie-")));
        assert!(new_recipe_id(&"水".repeat(200)).is_ok());
    }
}
