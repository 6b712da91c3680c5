//! What a comma or an "and" behind an ingredient leads to: more of its name, a note, or something new.

use super::cursor::Cursor;
use super::numbers;
use super::{amounts, opening};

pub(super) enum Joined {
    /// The name goes on.
    Name,
    Note,
    /// Another ingredient or another command begins.
    Another,
}

/// What a comma or an "and" behind a name leads to.
pub(super) fn joined(cursor: Cursor<'_>, measured: bool) -> Joined {
    let comma = cursor.mark() == Some(',');
    let after = cursor.behind_joins();
    if keeps_together(cursor) {
        return Joined::Name;
    }
    if opening::is_here(after) || after.at_stop() {
        return Joined::Another;
    }
    if cursor.word() == "then" {
        return Joined::Name;
    }
    if reads_like_note(after) {
        return if comma { Joined::Note } else { Joined::Name };
    }
    if amounts::starts(after) || !comma || !measured {
        return Joined::Another;
    }
    Joined::Note
}

/// Whether a new ingredient or command follows the join that stands inside a note.
pub(super) fn ends_note(cursor: Cursor<'_>) -> bool {
    let comma = cursor.mark() == Some(',');
    let cursor = cursor.behind_joins();
    let digits = numbers::starts_with_number(cursor) || amounts::starts(cursor);
    opening::is_here(cursor)
        || (digits && !reads_like_note(cursor))
        || (comma && reads_like_note(cursor))
}

/// Names that have an "and" in them. Others can be quoted.
pub(super) fn keeps_together(cursor: Cursor<'_>) -> bool {
    const PAIRS: [(&str, &str); 12] = [
        ("zest", "juice"),
        ("juice", "zest"),
        ("half", "half"),
        ("mac", "cheese"),
        ("macaroni", "cheese"),
        ("pork", "beans"),
        ("bread", "butter"),
        ("salt", "vinegar"),
        ("sweet", "sour"),
        ("peas", "carrots"),
        ("surf", "turf"),
        ("fish", "chips"),
    ];
    let joins = matches!(cursor.word(), "and") || cursor.mark() == Some('&');
    joins && PAIRS.contains(&(cursor.word_before(), cursor.word_ahead(1)))
}

/// "finely chopped", "at room temperature", "optional"; but not "red onion" or "fresh basil".
fn reads_like_note(cursor: Cursor<'_>) -> bool {
    const OPENINGS: [&str; 32] = [
        "at",
        "to",
        "for",
        "plus",
        "or",
        "if",
        "not",
        "about",
        "into",
        "without",
        "with",
        "optional",
        "preferably",
        "such",
        "like",
        "from",
        "cut",
        "room",
        "very",
        "well",
        "as",
        "ground",
        "beaten",
        "frozen",
        "skin",
        "halved",
        "torn",
        "until",
        "in",
        "any",
        "warm",
        "cold",
    ];
    const ALONE: [&str; 9] = [
        "fresh", "dry", "dried", "large", "small", "medium", "hot", "ripe", "thin",
    ];
    const NO_PARTICIPLES: [&str; 6] = ["seed", "linseed", "aniseed", "flaxseed", "bread", "weed"];
    let word = cursor.word();
    let mut next = cursor;
    next.advance();
    let ends_here = next.at_break();
    let warm_milk = matches!(word, "warm" | "cold" | "ground" | "frozen") && !ends_here;
    let participle = word.len() > 4 && word.ends_with("ed") && !NO_PARTICIPLES.contains(&word);
    // "chopped onion" is an ingredient, "chopped" and "chopped and peeled" are notes.
    let goes_on = !ends_here
        && !matches!(
            next.word(),
            "into" | "in" | "with" | "for" | "to" | "or" | "at" | "well" | "thinly" | "finely"
        );
    (OPENINGS.contains(&word) && !warm_milk)
        || (participle && !goes_on)
        || (word.len() > 4 && word.ends_with("ly"))
        || (ALONE.contains(&word) && ends_here)
}
