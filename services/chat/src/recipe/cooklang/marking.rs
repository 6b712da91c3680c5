//! Finds the ingredients and times that are marked in the text of a step, in one pass over it.
//!
//! All names are looked for at once, by an Aho-Corasick automaton. Names count as whole words only, so both the names
//! and the text are searched with marks between words: each begins and ends with one.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::recipe::model::Ingredient;
use crate::recipe::timers;

/// What is marked in a text.
#[derive(Debug)]
pub(super) enum Mark<'r, 't> {
    Ingredient(&'r Ingredient),
    Timer { number: &'t str, unit: &'t str },
}

/// The ingredients that no text has named yet.
#[derive(Debug)]
pub(super) struct Marker<'r> {
    /// `None` when there is nothing to find.
    names: Option<AhoCorasick>,
    /// By the number of the name in the automaton; lines of one name in their order.
    waiting: Vec<VecDeque<(usize, &'r Ingredient)>>,
    /// Those that would be taken for a mention of another line of the same name.
    unmarkable: Vec<(usize, &'r Ingredient)>,
}

/// Stands before a word.
const WORD_BEGINS: char = '\u{1}';
/// Stands behind a word.
const WORD_ENDS: char = '\u{2}';

impl<'r> Marker<'r> {
    pub(super) fn new(ingredients: &'r [Ingredient]) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut waiting: Vec<VecDeque<(usize, &'r Ingredient)>> = Vec::new();
        let mut patterns = Vec::new();
        let mut unmarkable = Vec::new();
        let mut lines_of_name: HashMap<String, usize> = HashMap::new();
        for ingredient in ingredients {
            let name = ingredient.name.to_ascii_lowercase();
            *lines_of_name.entry(name).or_default() += 1;
        }
        for (place, ingredient) in ingredients.iter().enumerate() {
            if is_bare(ingredient) && lines_of_name[&ingredient.name.to_ascii_lowercase()] > 1 {
                unmarkable.push((place, ingredient));
                continue;
            }
            let number = *numbers.entry(&ingredient.name).or_insert_with(|| {
                patterns.push(whole_words(&ingredient.name));
                waiting.push(VecDeque::new());
                waiting.len() - 1
            });
            waiting[number].push_back((place, ingredient));
        }
        let names = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // The other kinds need memory for each byte of each name times the alphabet.
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(&patterns)
            .ok();
        Self {
            names,
            waiting,
            unmarkable,
        }
    }

    /// What is marked in a text, in order.
    pub(super) fn marks<'t>(&mut self, text: &'t str) -> Vec<(Range<usize>, Mark<'r, 't>)> {
        let mut marks = Vec::new();
        let mut times = timers::find(text).into_iter().peekable();
        let mut free_from = 0;
        let mut add_times = |marks: &mut Vec<_>, from: usize, upto: usize| {
            while let Some(time) = times.next_if(|time| time.at.start < upto) {
                let mark = timer_mark(&text[time.at.clone()]);
                if time.at.start >= from && time.at.end <= upto {
                    marks.extend(mark.map(|mark| (time.at, mark)));
                }
            }
        };
        for (name, place) in self.named(text) {
            let Some((_, ingredient)) = self.waiting[name].pop_front() else {
                continue;
            };
            add_times(&mut marks, free_from, place.start);
            free_from = place.end;
            marks.push((place, Mark::Ingredient(ingredient)));
        }
        add_times(&mut marks, free_from, text.len() + 1);
        marks
    }

    /// Those that no text has named, in the order of the recipe.
    pub(super) fn unmarked(self) -> impl Iterator<Item = &'r Ingredient> {
        let waiting = self.waiting.into_iter().flatten();
        let mut left: Vec<_> = waiting.chain(self.unmarkable).collect();
        left.sort_unstable_by_key(|(place, _)| *place);
        left.into_iter().map(|(_, ingredient)| ingredient)
    }

    /// The names in the text, of those that begin at one place the longest, with their places.
    fn named(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        let Some(names) = &self.names else {
            return Vec::new();
        };
        let (searched, places) = with_word_marks(text);
        names
            .find_iter(&searched)
            .map(|found| {
                (
                    found.pattern().as_usize(),
                    places[found.start()]..places[found.end()],
                )
            })
            .collect()
    }
}

/// Whether nothing stands beside the name.
fn is_bare(ingredient: &Ingredient) -> bool {
    ingredient.quantity_text().is_empty()
        && ingredient.unit_text().is_empty()
        && ingredient.note.is_none()
}

/// "20 minutes" as "~{20%minutes}"; only where the text comes back the same.
fn timer_mark<'t>(time: &'t str) -> Option<Mark<'static, 't>> {
    let (number, unit) = time.split_once(' ')?;
    let plain = number.chars().all(|c| c.is_ascii_digit()) && unit.chars().all(char::is_alphabetic);
    let same = plain && !number.starts_with('0') && number.len() < 7;
    same.then_some(Mark::Timer { number, unit })
}

/// The text with marks, and for each byte of it the place in the text that it stands for.
fn with_word_marks(text: &str) -> (String, Vec<usize>) {
    let mut marked = String::with_capacity(text.len() * 2);
    let mut places = Vec::with_capacity(text.len() * 2);
    let mut before = None;
    for (at, letter) in text.char_indices() {
        gap(&mut marked, before, Some(letter));
        marked.push(letter);
        places.resize(marked.len(), at);
        before = Some(letter);
    }
    gap(&mut marked, before, None);
    places.resize(marked.len() + 1, text.len());
    (marked, places)
}

/// A name as it is searched: as a whole word or several.
fn whole_words(name: &str) -> String {
    let (marked, _) = with_word_marks(name);
    // What comes before and after the outer marks is the text's.
    marked
        .trim_start_matches(WORD_ENDS)
        .trim_end_matches(WORD_BEGINS)
        .to_owned()
}

/// Between two letters: where a word may end, and where one may begin.
fn gap(marked: &mut String, before: Option<char>, after: Option<char>) {
    let in_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    if !in_word(after) {
        marked.push(WORD_ENDS);
    }
    if !in_word(before) {
        marked.push(WORD_BEGINS);
    }
}
