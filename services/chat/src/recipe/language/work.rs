//! Counts how often the grammar looks at a token, and checks that a message of twice the length takes no more than about
//! twice as many looks, whatever words it repeats.

use std::cell::Cell;

thread_local! {
    static TOKENS_READ: Cell<u64> = const { Cell::new(0) };
}

/// Notes a look at a token.
pub(super) fn count() {
    TOKENS_READ.set(TOKENS_READ.get() + 1);
}

fn looks(message: &str) -> u64 {
    TOKENS_READ.set(0);
    super::parse(message);
    TOKENS_READ.get()
}

/// Pieces that the grammar gives a meaning to. Each pair of them is repeated.
const PIECES: [&str; 62] = [
    "add ",
    "remove ",
    "change ",
    "a ",
    "flour ",
    "1 ",
    "2 cups ",
    "½ ",
    ", ",
    "; ",
    ". ",
    ": ",
    "(",
    ") ",
    "and ",
    "& ",
    "+ ",
    "then ",
    "and then ",
    "so ",
    "please ",
    "ok, ",
    "thank you ",
    "could you ",
    "to ",
    "with ",
    "from ",
    "by ",
    "for 6 ",
    "of ",
    "the ",
    "about ",
    "half ",
    "a few ",
    "to taste ",
    "plus more ",
    "instead of ",
    "use ",
    "rather than ",
    "step: ",
    "step 2 ",
    "first, ",
    "bake ",
    "finally ",
    "tag ",
    "#",
    "title: ",
    "note on ",
    "double it ",
    "convert to ",
    "metric ",
    "all ",
    "finely ",
    "chopped ",
    "x ",
    "400 g cans ",
    "- ",
    "/",
    "\"",
    "in ",
    "more ",
    "\n",
];

/// How many looks a character may take. The dearest clauses compare the word where they stand with every polite phrase.
const LOOKS_PER_CHARACTER: u64 = 400;

#[test]
fn no_words_are_looked_at_again_and_again() {
    const SIZES: [usize; 2] = [1_000, 4_000];
    let mut failures = Vec::new();
    for first in PIECES {
        for second in PIECES {
            for before in ["", "add 1 cup x, "] {
                let [short, long] = SIZES.map(|size| {
                    let times = (size - before.len()) / (first.len() + second.len());
                    looks(&format!(
                        "{before}{}",
                        format!("{first}{second}").repeat(times)
                    ))
                });
                if long > 6 * short + 20_000 || long > LOOKS_PER_CHARACTER * 4_000 {
                    failures.push(format!(
                        "{before:?} {first:?} {second:?}: {short} looks, then {long}"
                    ));
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of them:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
