//! Reads for how many a recipe is, in the words of sites and books.

use super::word_list::WordList;

/// Words that follow or go before a number of people.
static PEOPLE: WordList = WordList::new(
    "serves serving servings people persons person portion portions portionen portion(en) personen personnes \
    pers porties personer porsjoner portioner personas porciones persone porzioni pessoas porções serving(s) serve feeds for eaters \
    guests porcje porcí porcie porcií annosta",
);

/// For how many a recipe is: "Serves four", "9x13 pan, 12 servings", "3 dozen". The limits are for the caller to see to.
pub(super) fn in_words(text: &str) -> Option<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '-' | '–' | ';'))
        .map(|word| word.trim_matches(['.', '"', '”', '~', '(', '*']))
        .filter(|word| !word.is_empty())
        .collect();
    let people = |word: &str| PEOPLE.contains(word);
    let numbers = || {
        words
            .iter()
            .enumerate()
            .filter_map(|(at, word)| Some((at, number(word)?)))
    };
    // "One 23 cm cake, serves 8", "9x13 pan, 12 servings"
    let after = numbers().find(|(at, _)| {
        *at > 0 && people(words[at - 1])
            || *at > 1 && words[at - 1] == "about" && people(words[at - 2])
    });
    let before = || numbers().find(|(at, _)| words.get(at + 1).is_some_and(|next| people(next)));
    let range = || {
        numbers().find(|(at, _)| {
            words.get(at + 3).is_some_and(|next| people(next)) && words.get(at + 1) == Some(&"to")
        })
    };
    if let Some((_, number)) = after.or_else(range).or_else(before) {
        return Some(number);
    }
    if let Some(at) = words
        .iter()
        .position(|word| matches!(*word, "dozen" | "dozens"))
    {
        let half = at.checked_sub(1).map_or("", |before| words[before]);
        let count = match half {
            "1/2" | "½" if at > 1 => number(words[at - 2])? * 12 + 6,
            "1/2" | "½" | "half" => 6,
            _ => number(half).unwrap_or(1) * 12,
        };
        return Some(count);
    }
    let measured = |word: &str| {
        matches!(
            word,
            "cm" | "inch"
                | "inches"
                | "in"
                | "g"
                | "kg"
                | "ml"
                | "l"
                | "cups"
                | "cup"
                | "oz"
                | "ounces"
                | "x"
                | "quart"
                | "quarts"
                | "tablespoons"
                | "minutes"
        )
    };
    let mut alone =
        numbers().filter(|(at, _)| !words.get(at + 1).is_some_and(|next| measured(next)));
    alone.next().map(|(_, number)| number)
}

/// A whole number in digits or in words; "23cm" and "9x13" are none.
fn number(word: &str) -> Option<u64> {
    const WORDS: [&str; 12] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let digits = word.trim_end_matches(['+', '.']);
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return digits.parse().ok();
    }
    let known = WORDS.iter().position(|known| *known == word)?;
    u64::try_from(known + 1).ok()
}
