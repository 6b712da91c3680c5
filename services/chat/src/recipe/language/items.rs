//! Reads ingredients as they are listed: "2 eggs, 1 cup milk (warm) and a pinch of salt".
//!
//! After a comma comes a note if it reads like one ("finely chopped"), a new ingredient if it begins with an amount,
//! and another command if it begins like one. "And" joins ingredients, except in a few names such as "half and half".

use super::Miss;
use super::cursor::Cursor;
use super::names::{keeps_together, name, name_since};
use super::numbers;
use super::{amounts, coverage, line, politeness, verbs};
use crate::recipe::change::{NewIngredient, Which};
use crate::recipe::model;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::rational::Rational;
use crate::recipe::unit::{Measure, Unit};

/// All the ingredients up to the end of the clause; at least one.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Vec<NewIngredient>, Miss> {
    skip_bullet(cursor);
    if let Some((mut inside, end)) = in_brackets(*cursor) {
        let items = list(&mut inside)?;
        politeness::left_over(&mut inside)?;
        *cursor = end;
        return Ok(items);
    }
    if let Some(single) = single(cursor) {
        return single.map(|item| vec![item]);
    }
    let each = amount_of_each(*cursor);
    let mut items = vec![item(cursor)?];
    while another(cursor) {
        let item = item(cursor)?;
        let amount = item.amount.or_else(|| each.clone());
        items.push(NewIngredient { amount, ..item });
    }
    Ok(items)
}

/// "– 2 eggs": what a list puts before its lines.
fn skip_bullet(cursor: &mut Cursor<'_>) {
    let mut after = *cursor;
    after.advance();
    let bullet = match cursor.mark() {
        Some('-') => !after.follows_closely(),
        Some(mark) => matches!(mark, '–' | '—' | '•' | '*' | '·'),
        None => false,
    };
    if bullet && after.is_said() {
        *cursor = after;
    }
}

/// "(1 egg)": what is inside of brackets around the rest of the clause, and what follows them.
fn in_brackets(cursor: Cursor<'_>) -> Option<(Cursor<'_>, Cursor<'_>)> {
    let mut end = cursor;
    if !end.eat_mark('(') {
        return None;
    }
    let start = end;
    while !end.at_stop() && !matches!(end.mark(), Some('(' | ')')) {
        end.advance();
    }
    let inside = start.up_to(end);
    (end.eat_mark(')') && end.at_stop() && !inside.is_done()).then_some((inside, end))
}

/// The rest of the clause when it is one ingredient, read as a line of a list is.
fn single(cursor: &mut Cursor<'_>) -> Option<Result<NewIngredient, Miss>> {
    let mut start = *cursor;
    while start.eat_any(&["in", "the", "back"]) {}
    amounts::read(&mut { start }).ok()?;
    let end = line::single(start)?;
    let inside = politeness::without_words_after(end, start);
    let new = line::read(&mut start.up_to(inside));
    if new.name.is_empty() || is_no_ingredient(&new.name) {
        return None;
    }
    if matches!(new.name.as_str(), "F" | "C" | "f" | "c") {
        return Some(Err(Miss::LeftOver(new.name)));
    }
    *cursor = end;
    let checked =
        coverage::name(&new.name).and_then(|()| new.note.as_deref().map_or(Ok(()), coverage::note));
    Some(checked.map(|()| new))
}

/// Moves to the next item of a list, if there is one.
pub(super) fn another(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.skip_joins();
    if politeness::is_small_talk(ahead) {
        return false;
    }
    let continues =
        ahead.position() > cursor.position() && !ahead.at_stop() && !verbs::begin_here(ahead);
    if continues {
        *cursor = ahead;
    }
    continues
}

/// "1 tbsp each of cumin and coriander".
fn amount_of_each(mut cursor: Cursor<'_>) -> Option<Amount> {
    let measured = amounts::read(&mut cursor).ok()??;
    cursor.stands("each").then_some(measured.amount)
}

/// An ingredient whose amount stands behind its name.
struct Behind<'a> {
    name: String,
    measured: amounts::Measured,
    after: Cursor<'a>,
}

/// "milk 200 ml", "baking powder - 2 tsp". A number in a name has no unit: "5 spice powder".
fn amount_behind(start: Cursor<'_>) -> Option<Behind<'_>> {
    let mut at = start;
    at.advance();
    while !at.at_break() && at.mark() != Some('(') {
        let mut after = at;
        if numbers::number_ahead(at)
            && let Ok(Some(measured)) = amounts::read(&mut after)
            && (measured.amount.unit.is_some() || is_count(&measured.amount))
            && after.at_break()
        {
            let name = name_since(start, at.without_trailing_marks(start));
            return (!name.is_empty()).then_some(Behind {
                name,
                measured,
                after,
            });
        }
        at.advance();
    }
    None
}

/// "onions 2": so many, and no number of a kind.
fn is_count(amount: &Amount) -> bool {
    let few = |number: Rational| number <= Rational::whole(24) && !number.is_zero();
    amount
        .quantity
        .bounds()
        .is_some_and(|(low, high)| few(low) && few(high))
}

/// "1 tbsp extra virgin olive oil", not "1 extra tbsp".
const EXTRA_IS_THE_NAME: [&str; 8] = [
    "virgin", "firm", "large", "lean", "dark", "fine", "hot", "sharp",
];

/// One ingredient: its amount, its name, and what is said about it.
pub(super) fn item(cursor: &mut Cursor<'_>) -> Result<NewIngredient, Miss> {
    while cursor.eat_any(&["in", "the", "more", "back"]) {}
    let start = *cursor;
    let measured = amounts::read(cursor)?;
    let (mut amount, mut notes) = match measured {
        Some(measured) => (Some(measured.amount), measured.note.into_iter().collect()),
        None => (None, Vec::new()),
    };
    cursor.eat("more");
    if !EXTRA_IS_THE_NAME.contains(&cursor.word_ahead(1)) {
        cursor.eat("extra");
    }
    let each = cursor.eat_any(&["each of", "each"]);
    if cursor.at_break() {
        give_back_a_unit(cursor, &mut amount);
    }
    if amount.is_none() && verbs::begin_here(*cursor) {
        return Err(Miss::LeftOver({ *cursor }.take_rest().to_owned()));
    }
    let mut after = *cursor;
    after.advance();
    let start_is_quoted =
        cursor.is_quoted() && (after.at_break() || after.mark() == Some('(') || after.is_small());
    let name = match amount_behind(*cursor).filter(|_| amount.is_none()) {
        Some(behind) => {
            *cursor = behind.after;
            notes.extend(behind.measured.note);
            amount = Some(behind.measured.amount);
            behind.name
        }
        None => name(cursor, amount.is_some() && !each, &mut notes, &mut amount),
    };
    let vague = amount
        .as_ref()
        .is_none_or(|amount| matches!(amount.quantity, Quantity::Vaguely(Vague::Some)));
    if let ([only], true) = (notes.as_slice(), vague)
        && let Some(told) = amounts::alone(only)
    {
        // "flour (2 cups)", "some vanilla, about 1 tsp"
        amount = Some(told);
        notes.clear();
    }
    if name.is_empty() || is_no_ingredient(&name) {
        let said = cursor.text_since(start);
        return Err(Miss::Unclear(missing_name(said, amount.as_ref())));
    }
    if !start_is_quoted {
        coverage::name(&name)?;
        // "350F"
        if matches!(name.as_str(), "F" | "C" | "f" | "c") && amount.is_some() {
            return Err(Miss::LeftOver(name));
        }
    }
    notes.iter().try_for_each(|note| coverage::note(note))?;
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    Ok(NewIngredient { name, amount, note })
}

/// An ingredient that is already there: "the flour", "all the flour", "ingredient 3", "the last ingredient".
/// It ends before `until`, or at the end of the item.
pub(super) fn which(cursor: &mut Cursor<'_>, until: &[&str]) -> Result<Option<Which>, Miss> {
    let every = cursor.eat("all") && !matches!(cursor.word(), "");
    while cursor.eat_any(&[
        "amount of",
        "quantity of",
        "number of",
        "of",
        "the",
        "some",
        "our",
        "my",
    ]) {}
    if cursor.eat("last ingredient") {
        return Ok(Some(Which::Last));
    }
    const ORDINALS: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    if cursor.word_ahead(1) == "ingredient"
        && let Some(number) = (1..).zip(ORDINALS).find(|(_, word)| *word == cursor.word())
    {
        cursor.advance();
        cursor.advance();
        return Ok(Some(Which::Numbered(number.0)));
    }
    let mut ahead = *cursor;
    if ahead.eat_any(&["ingredient", "ingredient number"])
        && let Some(number) = numbers::whole(&mut ahead)?
    {
        *cursor = ahead;
        return Ok(Some(Which::Numbered(number)));
    }
    let start = *cursor;
    if is_a_person(cursor.word()) {
        return Ok(None);
    }
    while !cursor.at_stop()
        && !cursor
            .mark()
            .is_some_and(|mark| matches!(mark, ',' | ':' | '=' | '('))
    {
        let joined = cursor.at_join() && !keeps_together(*cursor);
        if joined || until.iter().any(|word| cursor.stands(word)) {
            break;
        }
        cursor.advance();
    }
    let mut end = politeness::without_after(*cursor, start);
    // "The sugar amount" is what there is of sugar.
    if let Some(shorter) = ["amount", "quantity"]
        .iter()
        .find_map(|word| end.before_ending(start, word))
        .filter(|shorter| shorter.position() > start.position())
    {
        end = shorter;
    }
    let name = name_since(start, end);
    if !start.is_quoted() {
        coverage::which(&name)?;
    }
    Ok((!name.is_empty()).then_some(if every {
        Which::EveryNamed(name)
    } else {
        Which::Named(name)
    }))
}

/// "3 cloves" with nothing behind it: the cloves are the ingredient.
pub(super) fn give_back_a_unit(cursor: &mut Cursor<'_>, amount: &mut Option<Amount>) {
    let counts = |unit: &Unit| matches!(unit.measure(), Measure::Count);
    if let Some(amount) = amount
        && amount.unit.as_ref().is_some_and(counts)
        && cursor.step_back()
    {
        amount.unit = None;
    }
}

/// "Drop me a line", "remove him": no ingredient begins like that.
fn is_a_person(word: &str) -> bool {
    matches!(
        word,
        "i" | "me" | "you" | "him" | "her" | "us" | "them" | "everyone"
    )
}

/// Words that stand for an ingredient without naming one.
fn is_no_ingredient(name: &str) -> bool {
    matches!(
        naming::one_line(&name.to_lowercase()).as_str(),
        "it" | "that"
            | "this"
            | "them"
            | "these"
            | "those"
            | "something"
            | "anything"
            | "everything"
            | "stuff"
            | "ingredient"
            | "ingredients"
            | "more"
            | "me"
            | "you"
            | "us"
    )
}

fn missing_name(said: &str, amount: Option<&Amount>) -> String {
    match amount {
        Some(amount) => {
            let example = match (&amount.unit, amount.quantity) {
                (None, Quantity::Vaguely(Vague::AFew | Vague::Several)) => "almonds",
                (None, Quantity::Vaguely(_)) => "milk",
                (None, _) => "eggs",
                (Some(_), _) => "flour",
            };
            let example = model::in_words(example, Some(amount));
            format!(
                "Say what it is {} of, as in \"add {example}\".",
                amount.in_words()
            )
        }
        None if said.is_empty() => "Say what to add, as in \"add 2 cups flour\".".to_owned(),
        None => "Name the ingredient, as in \"add 2 cups flour\".".to_owned(),
    }
}
