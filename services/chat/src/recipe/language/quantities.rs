//! Commands about how much of an ingredient: "change flour to 2 cups", "reduce sugar by half", "make it 3 eggs",
//! "flour: 250 g". When another ingredient is named instead of an amount, it is replaced.

use super::cursor::Cursor;
use super::differences::{self, fraction_of, part_of_it};
use super::numbers;
use super::politeness::{self, finish};
use super::{Miss, Outcome, one};
use super::{amounts, items, names, servings};
use crate::recipe::change::{Change, NewIngredient, Part, Which};
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::rational::Rational;
use crate::recipe::unit::Unit;

/// After "change", "set", "adjust" and the like: "flour to 2 cups", "milk to oat milk", "2 eggs to 3".
/// Only a verb that `clearly` means a change is answered with a hint when nothing follows.
pub(super) fn change(cursor: &mut Cursor<'_>, clearly: bool) -> Outcome {
    let unclear = |which: &Which| match which {
        _ if !clearly => Miss::Talk,
        Which::Named(name)
            if name.split(' ').count() <= 3 && !name.split(' ').any(|word| word == "is") =>
        {
            Miss::Unclear(format!(
                "Say what to change it to, as in \"change {name} to 2 cups\" or \"change {name} to honey\"."
            ))
        }
        _ => Miss::Talk,
    };
    if let Some(fraction) = fraction_of(cursor) {
        return change_part(cursor, fraction);
    }
    if clearly && matches!(cursor.word(), "it" | "this" | "that") && cursor.word_ahead(1).is_empty()
    {
        return Err(Miss::unclear(
            "Say what to change, as in \"change flour to 2 cups\" or \"change milk to oat milk\".",
        ));
    }
    // "Change 2 eggs to 3": the 2 only says how many there were.
    let before = amounts::read(cursor)?;
    let ends = ["from", "to taste", "to", "into", "by", "for", "with"];
    let which = items::which(cursor, &ends)
        .map_err(|_| Miss::Talk)?
        .ok_or(Miss::Talk)?;
    if cursor.eat("from")
        && let Some(measured) = amounts::read(cursor)?
        && let Quantity::Between(_, high) = measured.amount.quantity
        && cursor.at_break()
    {
        // "From 1 cup to 2 cups" reads like a range, too.
        let amount = Amount::of(Quantity::Exactly(high), measured.amount.unit);
        return one(set(which, amount, None));
    }
    // "Change 2 to 3 eggs" reads like a range.
    if let Some(Quantity::Between(_, high)) = before.map(|measured| measured.amount.quantity)
        && cursor.at_break()
    {
        return one(set(which, Amount::of(Quantity::Exactly(high), None), None));
    }
    if let Which::Named(name) | Which::EveryNamed(name) = &which
        && Unit::recognise(name).is_some()
    {
        return Err(units_of_all());
    }
    // "Change milk for oat milk"
    let mut ahead = *cursor;
    if ahead.eat_any(&["for", "with"])
        && let Ok(with) = items::item(&mut ahead)
        && ahead.at_break()
    {
        *cursor = ahead;
        let part = None;
        return one(Change::ReplaceIngredient { which, part, with });
    }
    // "Change butter to grams"
    let mut ahead = *cursor;
    if ahead.eat_any(&["to", "into"])
        && let Some(unit) = amounts::unit(&mut ahead)
        && finish(&mut ahead).is_ok()
    {
        *cursor = ahead;
        return one(Change::ConvertIngredient { which, unit });
    }
    if cursor.stands("to taste") || !cursor.eat_any(&["to be", "to", "into"]) {
        return match to_taste(cursor) {
            Some(amount) => finish_set(cursor, which, amount),
            None => Err(unclear(&which)),
        };
    }
    if let Some(amount) = to_taste(cursor) {
        return finish_set(cursor, which, amount);
    }
    let mut changes = amount_or_other(cursor, which).map_err(|miss| match miss {
        Miss::Talk => Miss::unclear("Say it as in \"change flour to 2 cups\"."),
        miss => miss,
    })?;
    while let Some(change) = another_amount(cursor) {
        changes.push(change);
    }
    Ok(changes)
}

/// "… and sugar to 50 g".
fn another_amount(cursor: &mut Cursor<'_>) -> Option<Change> {
    let mut ahead = *cursor;
    if !items::another(&mut ahead) {
        return None;
    }
    let which = items::which(&mut ahead, &["to"]).ok()??;
    let measured = ahead.eat("to").then(|| amounts::read(&mut ahead))?.ok()??;
    ahead.at_break().then(|| *cursor = ahead)?;
    Some(set(which, measured.amount, measured.note))
}

/// After "to": an amount, or another ingredient.
pub(super) fn amount_or_other(cursor: &mut Cursor<'_>, which: Which) -> Outcome {
    // "To half": of what is there.
    if !cursor.word().is_empty()
        && let Some(factor) = part_of_it(&mut { *cursor })
    {
        part_of_it(cursor);
        return one(Change::MultiplyAmount { which, factor });
    }
    let start = *cursor;
    if let Some(measured) = amounts::read(cursor)? {
        differences::rather_than(cursor);
        politeness::skip_after(cursor);
        if cursor.at_break() || cursor.mark() == Some('(') {
            let note = names::trailing_notes(cursor).or(measured.note);
            return one(set(which, measured.amount, note));
        }
    }
    *cursor = start;
    let with = items::item(cursor)?;
    if let (Some(amount), true) = (&with.amount, is_size(&with.name)) {
        return one(set(which, amount.clone(), Some(with.name)));
    }
    let same_name =
        matches!(&which, Which::Named(name) if naming::key(name) == naming::key(&with.name));
    match with.amount {
        Some(amount) if same_name => one(set(which, amount, with.note)),
        amount => one(Change::ReplaceIngredient {
            which,
            part: None,
            with: NewIngredient { amount, ..with },
        }),
    }
}

/// After "change half the butter": "to oil".
fn change_part(cursor: &mut Cursor<'_>, fraction: Rational) -> Outcome {
    let unclear = || Miss::unclear("Say into what, as in \"replace half the milk with cream\".");
    let which = items::which(cursor, &["to", "into", "for", "with"])?.ok_or_else(unclear)?;
    if !cursor.eat_any(&["to", "into", "for", "with"]) {
        return Err(unclear());
    }
    let with = items::item(cursor)?;
    let part = Some(Part::Fraction(fraction));
    one(Change::ReplaceIngredient { which, part, with })
}

/// The whole recipe does not turn into one unit.
pub(super) fn units_of_all() -> Miss {
    Miss::unclear(
        "Say \"convert to metric\" or \"convert to US units\" for the whole recipe, or name one ingredient, as in \
         \"convert butter to grams\".",
    )
}

/// "3 large" says what the three are like, not what they are.
fn is_size(name: &str) -> bool {
    matches!(
        name,
        "small" | "medium" | "large" | "big" | "extra large" | "whole" | "heaped" | "level"
    )
}

/// After "make it": "3 eggs", "250 g flour". Digits are needed: "make it a treat" is talk.
pub(super) fn make_it(cursor: &mut Cursor<'_>) -> Outcome {
    if !numbers::starts_with_number(*cursor) {
        return Err(Miss::Talk);
    }
    if let Some(hint) = time_in_a_step(*cursor) {
        return Err(hint);
    }
    let mut end = *cursor;
    while !end.at_stop() && !end.stands("instead of") {
        end.advance();
    }
    let mut said = cursor.up_to(end);
    let item = items::item(&mut said).map_err(|_| {
        Miss::unclear("Say of what, as in \"make it 3 eggs\" or \"make it 6 servings\".")
    })?;
    *cursor = cursor.moved_to(said);
    differences::rather_than(cursor);
    match item.amount {
        Some(amount) => one(set(Which::Named(item.name), amount, item.note)),
        None => Err(Miss::Talk),
    }
}

/// "10 minutes", "180C": those stand in the steps.
fn time_in_a_step(mut cursor: Cursor<'_>) -> Option<Miss> {
    const TIMES: &[&str] = &[
        "minutes", "minute", "mins", "min", "hours", "hour", "seconds", "degrees", "c", "f", "°",
    ];
    numbers::number(&mut cursor).ok()??;
    cursor.eat_mark('°');
    (TIMES.contains(&cursor.word())).then(|| {
        Miss::unclear(
            "Times and temperatures stand in the steps; write the step anew, as in \"step 2: Rest 30 minutes.\"",
        )
    })
}

/// After "make": "the flour 250 g", "pancakes for 6", "the yogurt optional".
pub(super) fn make(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat("the");
    let start = *cursor;
    while !cursor.at_break() && !numbers::starts_with_number(*cursor) {
        cursor.advance();
    }
    let name = cursor.text_since(start);
    if let Some(name) = name.strip_suffix(" optional")
        && cursor.at_stop()
    {
        return one(Change::SetNote {
            which: Which::Named(name.to_owned()),
            note: Some("optional".to_owned()),
        });
    }
    if name.is_empty() || !numbers::starts_with_number(*cursor) {
        return Err(Miss::Talk);
    }
    if cursor.word_before() == "for" {
        return dish_for(cursor, name);
    }
    let measured = amounts::read(cursor)?.ok_or(Miss::Talk)?;
    differences::rather_than(cursor);
    finish(cursor)?;
    one(set(
        Which::Named(name.to_owned()),
        measured.amount,
        measured.note,
    ))
}

/// "Pancakes for 6": which dish it is, is for the recipe to say.
fn dish_for(cursor: &mut Cursor<'_>, name: &str) -> Outcome {
    const ANY: [&str; 8] = [
        "recipe", "dish", "meal", "batch", "enough", "dinner", "lunch", "this",
    ];
    let mut changes = servings::to_servings(cursor, true)?;
    let dish = name.strip_suffix("for").unwrap_or(name).trim();
    let any = dish.split(' ').all(|word| {
        ANY.iter().any(|any| word.eq_ignore_ascii_case(any))
            || matches!(word, "a" | "this" | "the" | "whole")
    });
    if let ([Change::Scale(scaling)], false) = (changes.as_slice(), any) {
        let scaling = *scaling;
        let dish = dish.to_owned();
        changes = vec![Change::ScaleDish { dish, scaling }];
    }
    Ok(changes)
}

/// "2 cups flour" without a verb: most likely meant to be added, but that is not said.
pub(super) fn bare(cursor: &mut Cursor<'_>) -> Outcome {
    const LONGEST_NAME: usize = 3;
    let start = *cursor;
    let item = items::item(cursor).map_err(|_| Miss::Talk)?;
    let measured = item
        .amount
        .and_then(|amount| amount.unit)
        .and_then(|unit| unit.size());
    if measured.is_some() && cursor.is_done() && item.name.split(' ').count() <= LONGEST_NAME {
        let said = cursor.text_since(start);
        return Err(Miss::Unclear(format!("To add it, write \"add {said}\".")));
    }
    Err(Miss::Talk)
}

/// What labels of food say, and no ingredient.
const NUTRITION: [&str; 14] = [
    "protein",
    "proteins",
    "calories",
    "carbs",
    "carbohydrates",
    "fibre",
    "fiber",
    "energy",
    "kcal",
    "cholesterol",
    "sodium",
    "time",
    "total",
    "yield",
];

/// "flour: 250 g" at the beginning of a clause; adds the flour when it is not there yet and a unit says what is meant.
pub(super) fn label(cursor: &mut Cursor<'_>) -> Outcome {
    const LONGEST_NAME: usize = 5;
    let start = *cursor;
    while !cursor.at_break() && !matches!(cursor.mark(), Some(':' | '=')) {
        cursor.advance();
    }
    let words = cursor.position() - start.position();
    let name = cursor.text_since(start).to_owned();
    if NUTRITION.contains(&cursor.word_before()) {
        return Err(Miss::Talk);
    }
    let named = (1..=LONGEST_NAME).contains(&words)
        && name.starts_with(char::is_alphabetic)
        && !cursor.word_before().is_empty();
    if !named || !(cursor.eat_mark(':') || cursor.eat_mark('=')) {
        return Err(Miss::Talk);
    }
    let amount = match to_taste(cursor) {
        Some(amount) => amount,
        None => amounts::read(cursor)?.ok_or(Miss::Talk)?.amount,
    };
    let note = names::trailing_notes(cursor);
    finish(cursor)?;
    one(Change::SetAmount {
        which: Which::Named(name),
        add_if_missing: amount.unit.is_some() || amount.quantity.bounds().is_none(),
        amount,
        note,
    })
}

fn to_taste(cursor: &mut Cursor<'_>) -> Option<Amount> {
    let vague = if cursor.eat_any(&["to taste", "taste"]) {
        Vague::ToTaste
    } else if cursor.eat("as needed") {
        Vague::AsNeeded
    } else {
        return None;
    };
    Some(Amount::of(Quantity::Vaguely(vague), None))
}

fn finish_set(cursor: &mut Cursor<'_>, which: Which, amount: Amount) -> Outcome {
    finish(cursor)?;
    one(set(which, amount, None))
}

pub(super) fn set(which: Which, amount: Amount, note: Option<String>) -> Change {
    Change::SetAmount {
        which,
        amount,
        note,
        add_if_missing: false,
    }
}
