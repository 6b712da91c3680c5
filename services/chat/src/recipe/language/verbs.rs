//! The verbs of the language: one table of what a clause may begin with, used to read clauses and to tell whether
//! another one begins behind "and" or a comma. Whoever needs to know a verb asks here; no other file lists them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cursor::Cursor;
use super::{Miss, Outcome};
use super::{
    clause, details, differences, ingredients, numbers, politeness, scaling, servings, steps,
};
use crate::recipe::word_list::WordList;

/// Words that a clause may begin with.
pub(super) struct Verb {
    /// The phrases that mean this. Of two that begin alike the longer stands first in the table.
    words: &'static [&'static str],
    /// Whether what follows the words lets them mean this; else the next row that fits is tried.
    when: fn(Cursor<'_>) -> bool,
    read: Reader,
    /// Whether a command begins here when the words stand behind "and" or a comma, judged by what follows them: "salt
    /// and double cream" is no command.
    begins: fn(Cursor<'_>) -> bool,
    /// People use the words for other things too: what cannot be followed is talk and gets no hint.
    weak: bool,
}

/// What reads the clause.
#[derive(Clone, Copy)]
enum Reader {
    /// From behind the words on.
    Rest(fn(&mut Cursor<'_>) -> Outcome),
    /// From the words on.
    Whole(fn(&mut Cursor<'_>) -> Outcome),
}

impl Verb {
    const fn when(self, when: fn(Cursor<'_>) -> bool) -> Self {
        Self { when, ..self }
    }

    const fn begins(self, begins: fn(Cursor<'_>) -> bool) -> Self {
        Self { begins, ..self }
    }

    const fn weak(self) -> Self {
        Self { weak: true, ..self }
    }
}

const fn rest(words: &'static [&'static str], read: fn(&mut Cursor<'_>) -> Outcome) -> Verb {
    Verb {
        words,
        when: always,
        read: Reader::Rest(read),
        begins: never,
        weak: false,
    }
}

const fn whole(words: &'static [&'static str], read: fn(&mut Cursor<'_>) -> Outcome) -> Verb {
    Verb {
        read: Reader::Whole(read),
        ..rest(words, read)
    }
}

/// Words that tell the order of steps: "then bake for 20 minutes".
pub(super) const ORDER: &[&str] = &[
    "first",
    "firstly",
    "then",
    "next",
    "finally",
    "lastly",
    "afterwards",
];

/// The table. Rows are tried from the top.
static VERBS: &[Verb] = &[
    // Ingredients.
    rest(&["add"], clause::add).begins(always),
    rest(&["include"], clause::add).begins(with_object),
    rest(
        &["put in", "throw in", "toss in", "chuck in", "pop in"],
        ingredients::add,
    )
    .begins(always)
    .weak(),
    rest(&["remove", "delete", "omit"], clause::remove).begins(always),
    rest(&["ditch", "skip", "lose"], clause::remove)
        .begins(with_object)
        .weak(),
    rest(&["drop"], clause::reduce).when(to_an_amount).weak(),
    rest(&["drop"], clause::remove).begins(before_the).weak(),
    rest(
        &[
            "leave out",
            "take out",
            "take away",
            "leave off",
            "cut out",
            "do without",
        ],
        clause::remove,
    )
    .begins(always)
    .weak(),
    rest(&["leave", "take"], clause::take_out)
        .when(ends_in_out)
        .weak(),
    rest(&["put", "throw", "toss", "chuck", "pop"], clause::put_in)
        .when(ends_in_in)
        .weak(),
    rest(&["take", "knock", "shave"], differences::taken_off)
        .when(off_something)
        .weak(),
    whole(&["leave", "take"], clause::label).begins(before_the),
    rest(&["get rid of"], clause::remove).begins(always).weak(),
    rest(&["replace"], clause::replace).begins(always),
    rest(&["rewrite", "edit"], clause::replace).begins(with_object),
    rest(&["swap in"], ingredients::substitute).begins(always),
    rest(&["swap"], clause::swap).begins(always),
    rest(&["exchange"], clause::swap).begins(with_object),
    rest(&["trade"], clause::swap).weak(),
    rest(&["switch"], clause::switch).begins(with_object),
    rest(&["substitute"], ingredients::substitute).begins(always),
    // "Salt and sub rolls" are two ingredients.
    rest(&["sub"], ingredients::substitute),
    rest(&["use"], clause::use_it).begins(with_object),
    rest(&["instead of"], ingredients::instead_of),
    rest(&["rename"], clause::rename).begins(always),
    rest(&["retitle"], clause::rename).begins(with_object),
    rest(&["note"], ingredients::note).begins(with_object),
    rest(&["mark"], ingredients::mark).begins(before_the).weak(),
    // How much of one.
    rest(&["change"], clause::change).begins(with_object),
    rest(
        &["set", "adjust", "update", "modify", "correct"],
        clause::set,
    )
    .begins(with_object),
    rest(&["more"], differences::more),
    rest(&["less"], differences::less),
    rest(&["another"], differences::another)
        .when(before_a_number)
        .weak(),
    rest(&["bump up", "bump"], clause::increase)
        .begins(with_object)
        .weak(),
    rest(&["turn up", "crank up", "dial up"], clause::increase)
        .when(to_an_amount)
        .weak(),
    rest(&["turn down", "bring down", "dial down"], clause::reduce)
        .when(to_an_amount)
        .weak(),
    rest(&["up", "boost"], clause::increase).weak(),
    rest(&["increase", "raise"], clause::increase).begins(with_object),
    rest(&["reduce", "decrease", "lower"], clause::reduce).begins(with_object),
    // How much in all.
    rest(&["double"], scaling::double).begins(before_the_whole),
    rest(&["halve"], scaling::halve).begins(always),
    whole(
        &[
            "half as much",
            "half as many",
            "half the amount",
            "half more",
            "half less",
            "twice",
            "three times",
        ],
        differences::compared,
    )
    .weak(),
    rest(&["half"], scaling::halve).begins(before_the_whole),
    rest(&["triple"], scaling::triple).begins(always),
    rest(&["quadruple"], scaling::quadruple).begins(always),
    rest(&["cut"], clause::reduce).when(to_an_amount),
    rest(&["cut"], scaling::cut).begins(before_it),
    rest(&["scale"], scaling::scale).begins(always),
    rest(&["multiply"], scaling::multiply).begins(with_object),
    rest(&["divide"], scaling::divide).begins(with_object),
    rest(&["for"], clause::for_people).begins(before_people),
    rest(&["make"], clause::make).begins(before_it),
    rest(&["serves", "servings"], servings::set_servings).begins(with_object),
    rest(
        &["serving", "it serves", "this serves"],
        servings::set_servings,
    ),
    rest(
        &["makes", "feeds", "yields", "this makes", "it makes"],
        servings::set_servings,
    )
    .when(before_a_number)
    .begins(before_a_number),
    rest(
        &[
            "yield",
            "yields",
            "portions",
            "the recipe serves",
            "the recipe makes",
        ],
        servings::set_servings,
    )
    .when(before_a_number),
    rest(&["convert"], scaling::convert).begins(always),
    rest(&["metric"], scaling::metric),
    rest(&["imperial", "american"], scaling::imperial),
    rest(&["in"], scaling::in_units),
    rest(&["show", "give"], scaling::shown_in_units),
    // Steps.
    rest(&["insert"], clause::insert).begins(always),
    rest(&["put"], clause::insert)
        .when(before_a_new_step)
        .weak(),
    rest(&["put"], steps::relocate).begins(before_a_step).weak(),
    rest(&["move"], steps::relocate).begins(before_a_step),
    rest(&["combine", "merge", "join"], clause::join_steps)
        .when(steps::is_named)
        .begins(steps::is_named),
    rest(&["step"], steps::labelled).begins(with_object),
    rest(&["new step", "next step"], steps::new_step).begins(with_object),
    whole(
        &[
            "first step",
            "the first step",
            "last step",
            "the last step",
            "final step",
            "the final step",
        ],
        steps::first_or_last,
    )
    .when(before_label_mark),
    rest(&["steps"], steps::labelled),
    rest(&["after that", "after this"], clause::after_that),
    whole(&["before", "after"], steps::before_or_after),
    whole(ORDER, clause::narrated_or_joined),
    // Title, description, tags.
    rest(&["title"], details::title)
        .when(before_label_mark)
        .begins(with_object),
    rest(&["call", "name"], clause::call).begins(before_it),
    rest(&["description"], details::description)
        .when(before_label_mark)
        .begins(with_object),
    rest(
        &[
            "describe it as",
            "describe this as",
            "describe it",
            "describe this",
        ],
        details::description,
    ),
    rest(&["tag"], details::tag).begins(with_object),
    rest(&["tags"], details::tag)
        .when(before_colon)
        .begins(with_object),
    rest(&["untag"], details::untag).begins(always),
    // Undo stands alone; behind something else it cannot be followed.
    whole(&["undo"], clause::label).begins(always),
];

/// Reads the clause whose first words stand here by the first row that fits. `None`: it begins with no verb.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let start = *cursor;
    let (verb, after) = rows(start).find(|(verb, after)| (verb.when)(*after))?;
    let outcome = match verb.read {
        Reader::Rest(read) => {
            *cursor = after;
            read(cursor)
        }
        Reader::Whole(read) => read(cursor),
    };
    Some(if verb.weak {
        outcome.map_err(|_| Miss::Talk)
    } else {
        outcome
    })
}

/// Whether a command begins here, politeness skipped. It looks at a few words and never reads the whole clause.
pub(super) fn begin_here(cursor: Cursor<'_>) -> bool {
    let cursor = politeness::behind(cursor.behind_joins());
    rows(cursor).any(|(verb, after)| (verb.begins)(after))
}

/// Whether a command begins here that can't be part of a title: "and double it", "and add 2 eggs", not "and chips".
pub(super) fn clearly_begin_here(cursor: Cursor<'_>) -> bool {
    const PLAIN: &[&str] = &["add", "remove", "delete", "replace", "convert", "rename"];
    let cursor = politeness::behind(cursor.behind_joins());
    rows(cursor).any(|(verb, after)| {
        let object = after.word();
        let plain = verb.words.iter().any(|words| PLAIN.contains(words));
        let said = plain && with_object(after)
            || is_whole_recipe(object)
            || matches!(object, "the" | "step" | "steps")
            || numbers::starts_with_number(after);
        said && (verb.begins)(after)
    })
}

/// Whether a command begins here that can't be part of the text of a step.
pub(super) fn end_a_text(cursor: Cursor<'_>) -> bool {
    let cursor = politeness::behind(cursor.behind_joins());
    let names_a_part = (0..3).any(|ahead| {
        matches!(
            cursor.word_ahead(ahead),
            "step" | "steps" | "title" | "tag" | "tags" | "servings" | "recipe"
        )
    });
    names_a_part && begin_here(cursor)
}

/// The phrases of the table by their first words, each with its row, in the table's order.
static PHRASES: LazyLock<HashMap<&str, Vec<(&Verb, &str)>>> = LazyLock::new(|| {
    let mut phrases: HashMap<_, Vec<_>> = HashMap::new();
    for verb in VERBS {
        for words in verb.words {
            let first = words.split(' ').next().unwrap_or_default();
            phrases.entry(first).or_default().push((verb, *words));
        }
    }
    phrases
});

/// The rows whose words stand here, each with the place behind them.
fn rows(cursor: Cursor<'_>) -> impl Iterator<Item = (&'static Verb, Cursor<'_>)> {
    let phrases = PHRASES.get(cursor.word()).into_iter().flatten();
    phrases.filter_map(move |(verb, words)| {
        let mut after = cursor;
        after.eat(words).then_some((*verb, after))
    })
}

fn always(_: Cursor<'_>) -> bool {
    true
}

fn never(_: Cursor<'_>) -> bool {
    false
}

fn with_object(after: Cursor<'_>) -> bool {
    !after.at_stop()
}

fn before_the(after: Cursor<'_>) -> bool {
    after.word() == "the"
}

fn before_it(after: Cursor<'_>) -> bool {
    matches!(after.word(), "it" | "this" | "that" | "the")
}

fn before_a_step(after: Cursor<'_>) -> bool {
    matches!(after.word(), "step" | "the")
}

/// "a step before 2".
fn before_a_new_step(after: Cursor<'_>) -> bool {
    after.word() == "a" && (after.word_ahead(1) == "step" || after.word_ahead(2) == "step")
}

/// "the salt out", "2 eggs in": the clause ends with the word.
fn ends_in_out(after: Cursor<'_>) -> bool {
    ends_in(after, "out")
}

fn ends_in_in(after: Cursor<'_>) -> bool {
    ends_in(after, "in")
}

fn ends_in(mut after: Cursor<'_>, word: &str) -> bool {
    while !after.at_break() {
        let here = after.eat(word);
        if here && (after.at_break() || after.is_small()) {
            return true;
        }
        if !here {
            after.advance();
        }
    }
    false
}

fn before_colon(after: Cursor<'_>) -> bool {
    after.mark() == Some(':')
}

fn before_a_number(mut after: Cursor<'_>) -> bool {
    let _ = after.eat_mark(':') || after.eat("about");
    numbers::starts_with_number(after)
}

/// "20 g off the sugar".
fn off_something(mut after: Cursor<'_>) -> bool {
    let number = numbers::starts_with_number(after);
    while !after.at_break() && after.word() != "off" {
        after.advance();
    }
    number && !after.at_break()
}

/// "the sugar to 30 g".
fn to_an_amount(mut after: Cursor<'_>) -> bool {
    while !after.at_break() {
        if after.eat("to") {
            return numbers::starts_with_number(after);
        }
        after.advance();
    }
    false
}

fn before_label_mark(after: Cursor<'_>) -> bool {
    matches!(after.mark(), Some(':' | '='))
}

fn before_the_whole(after: Cursor<'_>) -> bool {
    after.at_stop() || is_whole_recipe(after.word()) || after.word() == "the"
}

fn before_people(mut after: Cursor<'_>) -> bool {
    matches!(numbers::whole(&mut after), Ok(Some(_))) && is_people(after.word())
}

pub(super) fn is_whole_recipe(word: &str) -> bool {
    matches!(
        word,
        "it" | "this"
            | "that"
            | "everything"
            | "all"
            | "recipe"
            | "batch"
            | "quantities"
            | "amounts"
            | "ingredients"
    )
}

pub(super) fn is_people(word: &str) -> bool {
    matches!(
        word,
        "people"
            | "persons"
            | "person"
            | "guests"
            | "guest"
            | "servings"
            | "serving"
            | "portions"
            | "portion"
            | "adults"
            | "diners"
            | "eaters"
            | "kids"
            | "children"
            | "friends"
    )
}

/// Words for kitchen work: what begins with one is the text of a step rather than a command.
pub(in crate::recipe) fn is_kitchen_work(word: &str) -> bool {
    static WORK: WordList = WordList::new(
        "arrange bake baste beat blanch blend boil braise bring broil brown brush caramelize chill chop \
        coat combine cook cool cover cream crush cube deglaze dice dissolve drain dredge drizzle dust fold freeze fry \
        garnish grate grease grill grind heat knead let marinate mash melt mince mix pat peel poach pour preheat press \
        puree refrigerate rest rinse roast roll rub saute sauté sear season serve shred sift simmer slice soak spread \
        sprinkle steam stir strain stuff toast toss transfer warm wash whip whisk wrap",
    );
    WORK.contains(word)
}

/// Words for kitchen work that are also names or begin some: "cream cheese", "roast beef", "toast".
pub(super) fn is_noun_too(word: &str) -> bool {
    static NOUNS: WordList = WordList::new(
        "warm cool chill season broil brown cover cream cube dust grill ice mash mince mix peel press puree rest roast roll rub \
        sauté season shred slice spread strain stuff toast wrap dice steam freeze",
    );
    NOUNS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::language::lexer;

    /// Behind "add 2 carrots and", before "the milk" and before nothing.
    fn begins(verb: &Verb, object: &str) -> bool {
        let tokens = lexer::tokens(object);
        (verb.begins)(Cursor::new(object, &tokens))
    }

    /// Each row: its words, before what of "the milk", "milk" and nothing a command begins, and whether it is weak.
    #[test]
    fn the_table_is_what_it_is_meant_to_be() {
        let printed: Vec<String> = VERBS
            .iter()
            .map(|verb| {
                let mut line = verb.words.join(", ");
                for (object, said) in [("the milk", " THE"), ("milk", " ANY"), ("", " ALONE")] {
                    if begins(verb, object) {
                        line.push_str(said);
                    }
                }
                if verb.weak {
                    line.push_str(" WEAK");
                }
                line
            })
            .collect();
        assert_eq!(
            printed,
            TABLE.lines().collect::<Vec<_>>(),
            "{}",
            printed.join("\n")
        );
    }

    #[test]
    fn a_longer_phrase_stands_before_a_shorter_one_that_begins_it() {
        let phrases: Vec<&str> = VERBS.iter().flat_map(|verb| verb.words).copied().collect();
        for (at, phrase) in phrases.iter().enumerate() {
            let before = phrases[..at].iter().find(|before| {
                phrase
                    .strip_prefix(**before)
                    .is_some_and(|rest| rest.starts_with(' '))
            });
            assert_eq!(before, None, "{phrase}");
        }
    }

    const TABLE: &str = "\
add THE ANY ALONE
include THE ANY
put in, throw in, toss in, chuck in, pop in THE ANY ALONE WEAK
remove, delete, omit THE ANY ALONE
ditch, skip, lose THE ANY WEAK
drop WEAK
drop THE WEAK
leave out, take out, take away, leave off, cut out, do without THE ANY ALONE WEAK
leave, take WEAK
put, throw, toss, chuck, pop WEAK
take, knock, shave WEAK
leave, take THE
get rid of THE ANY ALONE WEAK
replace THE ANY ALONE
rewrite, edit THE ANY
swap in THE ANY ALONE
swap THE ANY ALONE
exchange THE ANY
trade WEAK
switch THE ANY
substitute THE ANY ALONE
sub
use THE ANY
instead of
rename THE ANY ALONE
retitle THE ANY
note THE ANY
mark THE WEAK
change THE ANY
set, adjust, update, modify, correct THE ANY
more
less
another WEAK
bump up, bump THE ANY WEAK
turn up, crank up, dial up WEAK
turn down, bring down, dial down WEAK
up, boost WEAK
increase, raise THE ANY
reduce, decrease, lower THE ANY
double THE ALONE
halve THE ANY ALONE
half as much, half as many, half the amount, half more, half less, twice, three times WEAK
half THE ALONE
triple THE ANY ALONE
quadruple THE ANY ALONE
cut
cut THE
scale THE ANY ALONE
multiply THE ANY
divide THE ANY
for
make THE
serves, servings THE ANY
serving, it serves, this serves
makes, feeds, yields, this makes, it makes
yield, yields, portions, the recipe serves, the recipe makes
convert THE ANY ALONE
metric
imperial, american
in
show, give
insert THE ANY ALONE
put WEAK
put THE WEAK
move THE
combine, merge, join
step THE ANY
new step, next step THE ANY
first step, the first step, last step, the last step, final step, the final step
steps
after that, after this
before, after
first, firstly, then, next, finally, lastly, afterwards
title THE ANY
call, name THE
description THE ANY
describe it as, describe this as, describe it, describe this
tag THE ANY
tags THE ANY
untag THE ANY ALONE
undo THE ANY ALONE
";
}
