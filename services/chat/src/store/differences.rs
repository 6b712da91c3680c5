//! What a version of a recipe has beside an earlier one, as text that the database puts together. Pure.

use std::iter::once;

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::Serialize;

use super::{Error, rows::json};

/// What is not longer is written out: naming it would take as much.
const MIN_COPIED: usize = 12;
/// How much of a version its difference may have; of a longer one a whole version is worth more.
const MAX_SHARE: usize = 2;

/// A part of a version.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Piece<'a> {
    /// Characters of the base: the first one, counted from 1, and how many.
    Copied(usize, usize),
    /// What the base does not have there.
    New(&'a str),
}

/// The difference of a version to its base, both JSON, in the form that the migrations tell of; `None` when it is too
/// long to be worth it.
///
/// # Errors
/// Never, as far as is known: when it cannot be written as JSON.
pub(super) fn difference(base: &str, state: &str) -> Result<Option<String>, Error> {
    let written = json(&pieces(base, state))?;
    Ok((written.len() * MAX_SHARE <= state.len()).then_some(written))
}

fn pieces<'a>(base: &str, state: &'a str) -> Vec<Piece<'a>> {
    let mut input = InternedInput::default();
    input.update_before(tokens(base));
    input.update_after(tokens(state));
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let base_chars = ends(tokens(base).map(|token| token.chars().count()));
    let state_bytes = ends(tokens(state).map(str::len));
    let mut pieces = Vec::new();
    // From where on nothing is in a piece yet: a byte of the version, and the tokens of both.
    let (mut rest, mut before, mut after) = (0, 0, 0);
    let end = once((base_chars.len() - 1, 0, state_bytes.len() - 1, 0));
    let hunks = diff.hunks().map(|hunk| {
        let (before, after) = (hunk.before, hunk.after);
        (
            before.start as usize,
            before.len(),
            after.start as usize,
            after.len(),
        )
    });
    for (before_end, removed, after_end, added) in hunks.chain(end) {
        let copied = base_chars[before_end] - base_chars[before];
        if copied > MIN_COPIED {
            let begin = state_bytes[after];
            pieces.extend((rest < begin).then(|| Piece::New(&state[rest..begin])));
            pieces.push(Piece::Copied(base_chars[before] + 1, copied));
            rest = state_bytes[after_end];
        }
        (before, after) = (before_end + removed, after_end + added);
    }
    pieces.extend((rest < state.len()).then(|| Piece::New(&state[rest..])));
    pieces
}

/// Words, numbers and names of JSON, each with what separates it from the next one.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([',', ':', '{', '}', '[', ']', ' '])
}

/// Where each of so many lengths ends, the first at 0.
fn ends(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let sums = lengths.scan(0, |sum, length| {
        *sum += length;
        Some(*sum)
    });
    once(0).chain(sums).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the databases do it.
    fn rebuilt(base: &str, pieces: &[Piece<'_>]) -> String {
        let text = |piece: &Piece<'_>| match piece {
            Piece::Copied(first, count) => base.chars().skip(first - 1).take(*count).collect(),
            Piece::New(text) => (*text).to_owned(),
        };
        pieces.iter().map(text).collect()
    }

    #[test]
    fn what_is_the_same_is_named_and_what_is_new_is_written() {
        let base = r#"{"name":"Crème brûlée, the whole of it","quantity":"2"}"#;
        let state = r#"{"name":"Crème brûlée, the whole of it","quantity":"300"}"#;
        assert_eq!(
            pieces(base, state),
            [Piece::Copied(1, 51), Piece::New("\"300\"}")]
        );
        let same = difference(base, base).unwrap();
        assert_eq!(same.as_deref(), Some("[[1,55]]"));
    }

    #[test]
    fn another_text_is_not_worth_a_difference() {
        let differs = difference("one thing", "quite another text").unwrap();
        assert_eq!(differs, None);
        assert_eq!(difference("", "something").unwrap(), None);
    }

    proptest! {
        #[test]
        fn a_version_is_its_base_and_the_difference(
            words in prop::collection::vec("[a-zé{,:\"\\\\ ]{0,9}", 0..60),
            edits in prop::collection::vec((0_usize..60, "[a-zü, ]{0,20}"), 0..8),
        ) {
            let base = words.concat();
            let mut changed = words;
            for (at, word) in edits {
                let at = at.min(changed.len());
                match word.len() % 3 {
                    0 if at < changed.len() => drop(changed.remove(at)),
                    1 if at < changed.len() => changed[at] = word,
                    _ => changed.insert(at, word),
                }
            }
            let state = changed.concat();
            prop_assert_eq!(rebuilt(&base, &pieces(&base, &state)), state);
        }
    }
}
