//! A message as it is looked at for a hint: its words, and what they can be asked.

use std::cell::OnceCell;

use crate::recipe::model::{Ingredient, Recipe};
use crate::recipe::naming;
use crate::recipe::word_list::WordList;

/// A message as words in lower case.
pub(super) struct Said<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) content: &'a str,
    pub(super) words: Vec<String>,
    /// Whether it was asked for politely: "can we …", "I'd like …".
    pub(super) asked: bool,
    /// The keys of the recipe's ingredients, in their order: made once, since each word may be looked up among them.
    keys: OnceCell<Vec<String>>,
    /// What many rules look at, made for the first of them: the words with a space between two, and all in lower case.
    said: OnceCell<String>,
    lower: OnceCell<String>,
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
        let mut all: Vec<String> = content
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '!' | ';' | '"' | '(' | ')' | '*' | '•')
            })
            .map(|word| word.trim_matches(['.', '?', ':', '-', '–']))
            .filter(|word| !word.is_empty())
            .map(|word| {
                let lower = word.to_lowercase();
                match lower.contains('’') {
                    true => lower.replace('’', "'"),
                    false => lower,
                }
            })
            .collect();
        let later = ["next", "time"];
        let counted = all
            .get(2)
            .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let next_time = counted && all.iter().map(String::as_str).take(2).eq(later);
        let before = if next_time { 2 } else { 0 };
        // "No sugar" is a wish, "no, 3 eggs" a correction.
        let start = content.trim_start();
        let comma = begins_with(start, "no ") && !begins_with(start, "no wait");
        let skip = all[before..]
            .iter()
            .take_while(|word| BEFORE.contains(&word.as_str()) && !(comma && word.as_str() == "no"))
            .count();
        let rest = all.len() - before;
        let mut words = all.split_off(before + skip.min(rest.saturating_sub(1)));
        let polite = POLITE.iter().find(|phrase| {
            let mut said = words.iter();
            words.len() > 2
                && phrase.starts_with(words[0].as_str())
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
            keys: OnceCell::new(),
            said: OnceCell::new(),
            lower: OnceCell::new(),
        }
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// The words with a space between two.
    pub(super) fn said(&self) -> &str {
        self.said.get_or_init(|| self.words.join(" "))
    }

    /// The content in lower case.
    pub(super) fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.content.to_lowercase())
    }

    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.as_str()))
    }

    pub(super) fn has_any(&self, list: &WordList) -> bool {
        self.words.iter().any(|word| list.contains(word))
    }

    pub(super) fn begins(&self, phrase: &str) -> bool {
        // Nearly no phrase begins with the same word.
        let rest = phrase.strip_prefix(self.word(0));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            && phrase
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
        if wanted.is_empty() {
            return None;
        }
        let named = |key: &str| ends_in_words(key, &wanted) || ends_in_words(&wanted, key);
        let at = self.keys().iter().position(|key| named(key))?;
        self.recipe.ingredients.get(at)
    }

    pub(super) fn keys(&self) -> &[String] {
        let lines = || self.recipe.ingredients.iter();
        let keys = || lines().map(|line| naming::key(&line.name)).collect();
        self.keys.get_or_init(keys)
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
        static TALK: WordList = WordList::new(
            "i i'm i've i'd i'll we we've we'd he she they you it it's its this that these those there there's maybe \
            perhaps yesterday tomorrow tonight today next don't never why how what what's who who's when where which should does did do \
            is are was were has have mum mom dad grandma my our your looks sounds great nice yum yummy lol haha thanks thank cool wow ok yes \
            yeah hello hi love good perfect see let if as because probably can could would will not the everyone all any anyone \
            don’t someone some time see",
        );
        let first = self.word(0);
        // "The oven to 180" and "some more salt" wish for something, "the cake was great" does not.
        let verb = self.has(&[
            "was", "is", "are", "were", "be", "would", "should", "needs", "need", "think", "had",
            "have", "said", "nice",
        ]);
        let wishes = matches!(first, "some" | "the" | "all") && !verb
            || self.lower().contains("not enough ")
            || (first == "let" && self.lets_stand());
        // "Can you make it sweeter?" is a wish, "can you see it?" nothing that a recipe can follow.
        !self.asked && self.content.trim_end().ends_with('?') || (TALK.contains(first) && !wishes)
    }
}

/// Whether a text begins with a lower-case word, in whatever case.
fn begins_with(text: &str, word: &str) -> bool {
    let start = text.get(..word.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a key is another one, or ends in its words.
fn ends_in_words(key: &str, end: &str) -> bool {
    let before = key.strip_suffix(end);
    before.is_some_and(|before| before.is_empty() || before.ends_with(' '))
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
