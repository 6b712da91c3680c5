//! The words around a command that do not change what it asks: "could you … please?".

use super::Miss;
use super::cursor::{Cursor, LOOK_AHEAD};
use crate::recipe::word_list::WordList;

const BEFORE: &[&str] = &[
    "lol",
    "haha",
    "omg",
    "yay",
    "mmm",
    "ooh",
    "whoops",
    "anyway",
    "btw",
    "nice",
    "awesome",
    "alternatively",
    "pls",
    "plz",
    "yeah",
    "yep",
    "right",
    "sounds good",
    "oops",
    "no wait",
    "wait",
    "nope",
    "oh no",
    "never mind",
    "nevermind",
    "my bad",
    "um",
    "ah",
    "well",
    "sorry",
    "hmm",
    "thanks",
    "thank you",
    "great",
    "perfect",
    "yes",
    "sure",
    "cool",
    "good idea",
    "please",
    "kindly",
    "okay",
    "ok",
    "hey",
    "hi",
    "hello",
    "alright",
    "now",
    "also",
    "and",
    "so",
    "just",
    "actually",
    "oh",
    "let's",
    "lets",
    "let us",
    "go ahead and",
    "i want to",
    "i'd like to",
    "i would like to",
    "we want to",
    "we'd like to",
    "can you",
    "could you",
    "would you",
    "will you",
    "can we",
    "could we",
    "can i",
    "could i",
    "do me a favor and",
];

const AFTER: &[&str] = &[
    "also",
    "though",
    "tho",
    "pls",
    "plz",
    "asap",
    "thx",
    "please",
    "thanks",
    "thank you",
    "now",
    "too",
    "as well",
    "again",
    "instead",
    "for me",
    "for us",
    "if you can",
    "if possible",
];

/// Small words of talk behind a command: they ask for nothing.
const SMALL_TALK: &[&str] = &[
    "lol",
    "haha",
    "ok",
    "okay",
    "cheers",
    "yum",
    "great",
    "perfect",
    "cool",
    "nice",
    "mate",
    "everyone",
    "everybody",
    "guys",
    "folks",
    "all",
    "chef",
    "i think",
    "i guess",
    "that's it",
    "that's all",
    "right",
    "yes",
    "x",
    "actually",
];

/// Whether nothing but small words of talk stands here up to the end of the sentence.
pub(super) fn is_small_talk(mut cursor: Cursor<'_>) -> bool {
    loop {
        while !cursor.is_done() && !cursor.is_said() {
            cursor.advance();
        }
        if cursor.is_done() {
            return true;
        }
        if !(cursor.eat_any(SMALL_TALK) || cursor.eat_any(AFTER)) {
            return false;
        }
    }
}

const REASON: [&str; 5] = ["because", "since", "so", "cause", "as"];

pub(super) fn skip_before(cursor: &mut Cursor<'_>) {
    while cursor.eat_any(BEFORE) {
        while is_pause(*cursor) {
            cursor.advance();
        }
    }
}

/// What stands behind polite words, to look at it; as far as a look ahead goes.
pub(super) fn behind(mut cursor: Cursor<'_>) -> Cursor<'_> {
    for _ in 0..LOOK_AHEAD {
        if !cursor.eat_any(BEFORE) {
            break;
        }
        cursor = cursor.behind(is_pause);
    }
    cursor
}

fn is_pause(cursor: Cursor<'_>) -> bool {
    matches!(cursor.mark(), Some(',' | '!' | '.' | ':'))
}

pub(super) fn skip_after(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    ahead.eat_mark(',');
    while ahead.eat_any(AFTER) || ahead.mark().is_some_and(is_decoration) {
        if !ahead.is_done() && ahead.mark().is_some_and(is_decoration) {
            ahead.advance();
        }
        *cursor = ahead;
        ahead.eat_mark(',');
    }
}

/// "because ada is here", "so it lasts": why something is asked.
pub(super) fn is_reason(cursor: Cursor<'_>) -> bool {
    static WHO: WordList = WordList::new("i we you they he she it my our the there i'm we're it's");
    let told = WHO.contains(cursor.word_ahead(1));
    match cursor.word() {
        // "Twice as much", "so much": a reason tells of somebody.
        "as" | "so" => told,
        word => REASON.contains(&word),
    }
}

/// The end of a clause: politeness or a reason may follow, nothing else. Else it was talk after all.
pub(super) fn finish(cursor: &mut Cursor<'_>) -> Result<(), Miss> {
    skip_after(cursor);
    if is_reason(*cursor) {
        while !cursor.at_stop() {
            cursor.advance();
        }
    }
    if cursor.at_break() {
        Ok(())
    } else {
        Err(Miss::Talk)
    }
}

/// As `finish`, where the words before are so clearly a command that what follows is left over.
pub(super) fn left_over(cursor: &mut Cursor<'_>) -> Result<(), Miss> {
    finish(cursor).map_err(|_| Miss::LeftOver({ *cursor }.take_rest().to_owned()))
}

/// As `without_after`, and keeps a closing bracket.
pub(super) fn without_words_after<'a>(end: Cursor<'a>, from: Cursor<'a>) -> Cursor<'a> {
    let shorter = without_after(end, from);
    let mut bracket = shorter;
    while bracket.mark() == Some(')') && bracket.position() < end.position() {
        bracket.advance();
    }
    bracket
}

/// Cuts "please" and the like off the end of a name that runs from `from` to `end`.
pub(super) fn without_after<'a>(mut end: Cursor<'a>, from: Cursor<'a>) -> Cursor<'a> {
    loop {
        end = end.without_trailing_marks(from);
        match AFTER
            .iter()
            .filter(|ending| **ending != "instead")
            .find_map(|ending| end.before_ending(from, ending))
        {
            Some(shorter) if shorter.position() > from.position() => end = shorter,
            _ => return end,
        }
    }
}

fn is_decoration(mark: char) -> bool {
    !mark.is_ascii() || matches!(mark, ')' | ':' | '*')
}
