//! Words that say how an ingredient is: where its name goes on behind a comma, and where a note begins without one.

use crate::recipe::language::cursor::Cursor;
use crate::recipe::language::numbers;
use crate::recipe::word_list::WordList;

/// Whether all words between say how an ingredient is.
pub(super) fn only_how(from: Cursor<'_>, to: Cursor<'_>) -> bool {
    let before = to.text_since(from).to_lowercase();
    before
        .split_whitespace()
        .all(|word| says_how(word) || matches!(word, "and" | "or"))
}

/// Whether the comma here stands between words that only say how the ingredient is: "boneless, skinless chicken thighs",
/// or between several of a kind: "chicken, vegetable, or mushroom broth".
pub(super) fn name_goes_on(start: Cursor<'_>, comma: Cursor<'_>, name: &str) -> bool {
    let mut after = comma;
    after.advance();
    if !name.is_empty() || after.is_done() {
        return false;
    }
    let before = comma.text_since(start).to_lowercase();
    if before.contains(',') && after.eat("or") {
        return !ends_in_a_way(after);
    }
    let mut words = before
        .split_whitespace()
        .filter(|word| !matches!(*word, "and" | "or" | "&"));
    let last = before.split_whitespace().next_back().unwrap_or_default();
    // "Any sweet or tart, firm apples"
    let still_to_come = before.contains(" or ") && says_how(last) && !last.ends_with("ed");
    if still_to_come || (!before.trim().is_empty() && words.all(says_how)) {
        return !after.rest_is_short();
    }
    // "A, B, or C": B is one word or two, and brings no amount of its own.
    if numbers::starts_with_number(after) {
        return false;
    }
    let mut next = after;
    for _ in 0..2 {
        if next.is_done() || !next.is_said() || says_how(next.word()) || next.word() == "or" {
            break;
        }
        next.advance();
    }
    let alternatives = next.position() > after.position()
        && {
            next.eat_mark(',');
            true
        }
        && next.eat("or")
        && !next.is_done()
        && !ends_in_a_way(next);
    alternatives && before.split_whitespace().count() <= 4
}

/// "…, diced or sliced": alternatives of how it is done are a note.
fn ends_in_a_way(mut cursor: Cursor<'_>) -> bool {
    let mut last = cursor.word();
    let mut words = 0;
    while !cursor.is_done() && cursor.mark() != Some(',') && cursor.mark() != Some('(') && words < 8
    {
        last = cursor.word();
        words += 1;
        cursor.advance();
    }
    says_how(last) || !(2..=5).contains(&words)
}

/// Words that say how an ingredient is, and never what it is.
pub(super) fn says_how(word: &str) -> bool {
    static HOW: WordList = WordList::new(
        "boneless skinless seedless bone-in skin-on skinned low-sodium low-fat nonfat fresh freshly frozen raw ripe \
        firm large small medium extra-large big fat thin thick hot cold warm lukewarm unsalted unsweetened plain whole \
        dry finely coarsely roughly lightly thinly thickly well very good-quality quality organic free-range reduced-sodium \
        reduced-fat full-fat italian french greek red green yellow white black light dark sweet tart sweet-tart \
        uncooked unpeeled unbleached all-natural best lean long short young tender soft hard day-old heavy about",
    );
    let word = word.trim_matches([',', '.', '(', ')']);
    HOW.contains(word)
        || (word.len() > 4
            && word.ends_with("ed")
            && !matches!(
                word,
                "seed"
                    | "linseed"
                    | "aniseed"
                    | "flaxseed"
                    | "bread"
                    | "seaweed"
                    | "shortbread"
                    | "gingerbread"
                    | "flatbread"
                    | "cornbread"
                    | "sweetbread"
                    | "rapeseed"
                    | "poppyseed"
            ))
        || word.ends_with("-free")
        || word.ends_with("-less")
}

/// Words that begin what is said about an ingredient without a comma before it.
pub(super) fn begins_a_note(cursor: Cursor<'_>, start: Cursor<'_>) -> bool {
    const PHRASES: &[&str] = &[
        "cut into",
        "cut in",
        "peeled and",
        "such as",
        "preferably",
        "plus more",
        "plus extra",
        "plus additional",
        "at room temperature",
        "divided",
        "or more",
        "or to taste",
        "with around",
        "if needed",
        "if necessary",
        "if desired",
        "optional",
        "soaked in",
        "left over",
        "beaten with",
        "mixed with",
        "dissolved in",
        "melted and",
        "sliced into",
        "to garnish",
        "to serve",
        "to finish",
        "to decorate",
        "to drizzle",
        "for the",
        "rinsed and",
        "drained and",
        "for serving",
        "for garnish",
        "for brushing",
        "for frying",
        "for greasing",
        "for dusting",
        "cleaned and",
        "trimmed and",
        "seeded and",
        "chopped into",
        "in cubes",
        "in pieces",
        "in small",
        "in slices",
        "in chunks",
        "in strips",
        "in wedges",
    ];
    // "Tarragon + 1 tbsp leaves", "cake mix plus 1/2 cup"
    let mut more = cursor;
    let is_more = (more.eat_mark('+') || more.eat("plus")) && numbers::number_ahead(more);
    if cursor.position() > start.position() && is_more {
        return true;
    }
    // "Eggs - beaten"
    let mut dashed = cursor;
    let dash = matches!(cursor.mark(), Some('-' | '–' | '—')) && !cursor.follows_closely();
    dashed.advance();
    if dash
        && cursor.position() > start.position()
        && !dashed.follows_closely()
        && (says_how(dashed.word())
            || matches!(
                dashed.word(),
                "beaten" | "cut" | "torn" | "optional" | "at" | "to"
            ))
    {
        return true;
    }
    let mut after = cursor;
    let other = after.eat("or") && numbers::number_ahead(after);
    if cursor.position() > start.position() && other && !only_how(start, cursor) {
        return true;
    }
    if cursor.position() == start.position() || !PHRASES.iter().any(|phrase| cursor.stands(phrase))
    {
        return false;
    }
    // "Peeled and diced potatoes": the name is still to come.
    let before = cursor.text_since(start).to_lowercase();
    !before
        .split_whitespace()
        .all(|word| says_how(word) || matches!(word, "and" | "or" | "salt"))
}
