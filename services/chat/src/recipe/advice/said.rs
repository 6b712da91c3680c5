//! A message as it is looked at for a hint: its words, and what they can be asked.

use crate::recipe::model::{Ingredient, Recipe};
use crate::recipe::naming;

/// A message as words in lower case.
pub(super) struct Said<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) content: &'a str,
    pub(super) words: Vec<String>,
    /// Whether it was asked for politely: "can we …", "I'd like …".
    pub(super) asked: bool,
}

/// Beginnings of a wish.
const POLITE: &[&str] = &[
    "can you",
    "could you",
    "would you mind",
    "would you",
    "can we",
    "could we",
    "can i",
    "could i",
    "i'd like",
    "i would like",
    "we'd like",
    "i want",
    "we want",
    "we could use",
    "i could use",
    "let's",
    "lets",
    "let us",
    "is it possible to",
    "how about",
    "what about",
    "maybe we could",
    "do we want",
    "i need",
    "we need to",
    "you could",
    "why don't we",
    "why not",
    "would it be possible to",
    "could you maybe",
    "can someone",
    "could someone",
    "would it be ok to",
    "i'd rather",
    "i'd prefer to",
    "feel free to",
    "do you mind",
    "please",
];

impl<'a> Said<'a> {
    pub(super) fn new(recipe: &'a Recipe, content: &'a str) -> Self {
        const BEFORE: &[&str] = &[
            "please", "ok", "okay", "oh", "hey", "hi", "and", "also", "so", "well", "but", "no",
            "wait", "nope", "oops", "sorry", "actually", "um", "hmm", "ah", "lol", "haha", "plus",
        ];
        let all: Vec<String> = content
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '!' | ';' | '"' | '(' | ')' | '*' | '•')
            })
            .map(|word| {
                word.trim_matches(['.', '?', ':', '-', '–'])
                    .to_lowercase()
                    .replace('’', "'")
            })
            .filter(|word| !word.is_empty())
            .collect();
        let later = ["next", "time"];
        let counted = all
            .get(2)
            .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let next_time = counted && all.iter().map(String::as_str).take(2).eq(later);
        let all = all.get(if next_time { 2 } else { 0 }..).unwrap_or_default();
        // "No sugar" is a wish, "no, 3 eggs" a correction.
        let lower = content.trim_start().to_lowercase();
        let comma = lower.starts_with("no ") && !lower.starts_with("no wait");
        let skip = all
            .iter()
            .take_while(|word| BEFORE.contains(&word.as_str()) && !(comma && word.as_str() == "no"))
            .count();
        let mut words = all[skip.min(all.len().saturating_sub(1))..].to_vec();
        let polite = POLITE.iter().find(|phrase| {
            let mut said = words.iter();
            words.len() > 2
                && phrase
                    .split(' ')
                    .all(|word| said.next().is_some_and(|said| said == word))
        });
        let asked = polite.is_some();
        if let Some(phrase) = polite {
            words.drain(..phrase.split(' ').count());
            let at = words
                .iter()
                .take_while(|word| matches!(word.as_str(), "to" | "have" | "do" | "please" | "go"))
                .count();
            words.drain(..at.min(words.len() - 1));
        }
        if asked && let Some(first) = words.first_mut() {
            const DOING: [(&str, &str); 10] = [
                ("adding", "add"),
                ("removing", "remove"),
                ("replacing", "replace"),
                ("doubling", "double"),
                ("halving", "halve"),
                ("using", "use"),
                ("swapping", "swap"),
                ("changing", "change"),
                ("reducing", "reduce"),
                ("making", "make"),
            ];
            if let Some((_, plain)) = DOING.iter().find(|(doing, _)| doing == first) {
                *first = (*plain).to_owned();
            }
        }
        while words.len() > 1
            && words.last().is_some_and(|last| {
                matches!(
                    last.as_str(),
                    "please" | "thanks" | "then" | "lol" | "though" | "instead" | "pls"
                )
            })
        {
            words.pop();
        }
        Self {
            recipe,
            content,
            words,
            asked,
        }
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.as_str()))
    }

    pub(super) fn has_any(&self, list: &str) -> bool {
        list.split_whitespace()
            .any(|word| self.words.iter().any(|said| said == word))
    }

    pub(super) fn begins(&self, phrase: &str) -> bool {
        phrase
            .split(' ')
            .enumerate()
            .all(|(at, word)| self.word(at) == word)
    }

    pub(super) fn after(&self, count: usize) -> String {
        self.words.get(count..).unwrap_or_default().join(" ")
    }

    /// The ingredient of the recipe that these words name.
    pub(super) fn ingredient(&self, words: &str) -> Option<&'a Ingredient> {
        let wanted = naming::key(words);
        let mut lines = self.recipe.ingredients.iter();
        (!wanted.is_empty()).then(|| {
            lines.find(|line| {
                let key = naming::key(&line.name);
                key == wanted
                    || key.ends_with(&format!(" {wanted}"))
                    || wanted.ends_with(&format!(" {key}"))
            })
        })?
    }

    /// Whether some word names an ingredient of the recipe.
    pub(super) fn names_an_ingredient(&self) -> bool {
        self.words
            .iter()
            .any(|word| self.ingredient(word).is_some())
    }

    pub(super) fn is_a_link(&self) -> bool {
        self.content.contains("://") || self.content.trim_start().starts_with('/')
    }

    /// Says or asks something rather than wishing for it.
    pub(super) fn is_talk(&self) -> bool {
        const TALK: &str = "i i'm i've i'd i'll we we've we'd he she they you it it's its this that these those there there's maybe \
            perhaps yesterday tomorrow tonight today next don't never why how what what's who who's when where which should does did do \
            is are was were has have mum mom dad grandma my our your looks sounds great nice yum yummy lol haha thanks thank cool wow ok yes \
            yeah hello hi love good perfect see let if as because probably can could would will not the everyone all any anyone \
            don’t someone some time see";
        let first = self.word(0);
        // "The oven to 180" and "some more salt" wish for something, "the cake was great" does not.
        let verb = self.has(&[
            "was", "is", "are", "were", "be", "would", "should", "needs", "need", "think", "had",
            "have", "said", "nice",
        ]);
        let wishes = matches!(first, "some" | "the" | "all") && !verb
            || self.content.to_lowercase().contains("not enough ")
            || (first == "let" && self.lets_stand());
        // "Can you make it sweeter?" is a wish, "can you see it?" nothing that a recipe can follow.
        !self.asked && self.content.trim_end().ends_with('?')
            || (TALK.split_whitespace().any(|talk| talk == first) && !wishes)
    }
}

/// A number of people in digits or in words.
pub(super) fn whole(word: &str) -> Option<String> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let digits = word.trim_end_matches('x');
    let first = digits.split(['-', '–']).next().unwrap_or(digits);
    if let Ok(number) = first.parse::<f32>() {
        return (number > 0.0 && number < 500.0 && !first.starts_with('0'))
            .then(|| first.to_owned());
    }
    WORDS
        .iter()
        .position(|known| *known == word)
        .filter(|number| *number > 1)
        .map(|number| number.to_string())
}
