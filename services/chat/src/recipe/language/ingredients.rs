//! Commands about which ingredients there are: add, remove, replace, rename; and about their notes.

use super::cursor::Cursor;
use super::numbers;
use super::politeness::{self, finish, left_over};
use super::{Miss, Outcome, one};
use super::{amounts, coverage, differences, items, quantities};
use crate::recipe::change::{Change, Part, Which};
use crate::recipe::rational::Rational;

/// After "add".
pub(super) fn add(cursor: &mut Cursor<'_>) -> Outcome {
    let items = items::list(cursor)?;
    politeness::left_over(cursor)?;
    Ok(items.into_iter().map(Change::AddIngredient).collect())
}

/// After "remove".
pub(super) fn remove(cursor: &mut Cursor<'_>) -> Outcome {
    let every = cursor.eat_any(&["all of the", "all the", "all"]);
    let mut whole = *cursor;
    whole.eat("the");
    if whole.eat_any(&["ingredients", "everything"]) && finish(&mut whole).is_ok() {
        *cursor = whole;
        return one(Change::ClearIngredients);
    }
    let mut changes = vec![remove_one(cursor, every)?];
    while items::another(cursor) {
        changes.push(remove_one(cursor, false)?);
    }
    Ok(changes)
}

fn remove_one(cursor: &mut Cursor<'_>, every: bool) -> Result<Change, Miss> {
    if let Some(part) = differences::fraction_of(cursor) {
        let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
        left_over(cursor)?;
        let factor = Rational::ONE.minus(part).ok_or(Miss::Talk)?;
        return Ok(Change::MultiplyAmount { which, factor });
    }
    let measured = amounts::read(cursor)?;
    if let Some(measured) = &measured
        && measured.amount.quantity.bounds().is_none()
    {
        return Err(Miss::unclear(
            "Say how much of it, as in \"remove half the milk\" or \"remove 1/2 cup milk\".",
        ));
    }
    let ends = [
        "from the",
        "from this",
        "from it",
        "from our",
        "because",
        "since",
    ];
    let which = items::which(cursor, &ends)?.ok_or_else(|| {
        Miss::unclear("Say what to remove, as in \"remove milk\" or \"remove step 2\".")
    })?;
    if cursor.eat("from") {
        cursor.eat_any(&[
            "the recipe",
            "this recipe",
            "the list",
            "the ingredients",
            "it",
            "our recipe",
        ]);
    }
    left_over(cursor)?;
    let which = match which {
        Which::Named(name) if every => Which::EveryNamed(name),
        which => which,
    };
    // "Remove the flour" says nothing of how much.
    let amount = measured
        .map(|measured| measured.amount)
        .filter(|amount| amount.quantity.bounds().is_some());
    Ok(Change::RemoveIngredient { which, amount })
}

/// After "replace", "swap" or "switch": X with Y.
pub(super) fn replace(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear =
        || Miss::unclear("Say what to put in its place, as in \"replace milk with oat milk\".");
    cursor.eat("out");
    let part = differences::part(cursor)?;
    let which = items::which(cursor, &["with", "by", "for", "to"])?.ok_or_else(unclear)?;
    if !cursor.eat_any(&["with", "by", "for", "to"]) {
        return Err(unclear());
    }
    let with = items::item(cursor).map_err(|miss| match miss {
        Miss::LeftOver(_) => miss,
        _ => unclear(),
    })?;
    let halves = with.amount.as_ref().is_some_and(|amount| {
        amount.unit.is_none()
            && amount
                .quantity
                .bounds()
                .is_some_and(|(_, high)| high < Rational::ONE)
    });
    if halves && cursor.at_join() {
        return Err(Miss::unclear(
            "Say how much of each, as in \"replace milk with 1/2 cup cream and 1/2 cup water\".",
        ));
    }
    let mut changes = vec![Change::ReplaceIngredient { which, part, with }];
    while items::another(cursor) {
        // "… and sugar with honey"
        let mut ahead = *cursor;
        if let Ok(Some(which)) = items::which(&mut ahead, &["with", "by", "for"])
            && ahead.eat_any(&["with", "by", "for"])
        {
            *cursor = ahead;
            let with = items::item(cursor)?;
            let part = None;
            changes.push(Change::ReplaceIngredient { which, part, with });
            continue;
        }
        changes.push(Change::AddIngredient(items::item(cursor)?));
    }
    Ok(changes)
}

/// After "substitute": Y for X, or X with Y.
pub(super) fn substitute(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear =
        || Miss::unclear("Say what goes in for what, as in \"substitute oat milk for milk\".");
    let mut ahead = *cursor;
    amounts::read(&mut ahead)?;
    items::which(&mut ahead, &["with", "by", "for"])?;
    if !ahead.stands("for") {
        return replace(cursor).map_err(|_| unclear());
    }
    let with = items::item(&mut cursor.up_to(ahead)).map_err(|_| unclear())?;
    *cursor = ahead;
    cursor.eat("for");
    let part = differences::part(cursor)?;
    let which = items::which(cursor, &[])?.ok_or_else(unclear)?;
    finish(cursor).map_err(|_| unclear())?;
    one(Change::ReplaceIngredient { which, part, with })
}

/// After "use": "oat milk instead of milk", "3 eggs", "3 eggs instead of 2".
pub(super) fn use_instead(cursor: &mut Cursor<'_>) -> Outcome {
    let start = *cursor;
    while !cursor.at_stop() && !stands_instead(*cursor) {
        cursor.advance();
    }
    let mut first = start.up_to(*cursor);
    let no_more = !stands_instead(*cursor);
    if no_more && cursor.word_before() == "instead" {
        return Err(Miss::unclear(
            "Say instead of what, as in \"use oat milk instead of milk\".",
        ));
    }
    let with = items::item(&mut first).map_err(|_| Miss::Talk)?;
    if no_more {
        let Some(amount) = with.amount.filter(|_| numbers::starts_with_number(start)) else {
            return Err(Miss::Talk);
        };
        coverage::which(&with.name).map_err(|_| Miss::Talk)?;
        // Only the first item: another may follow.
        *cursor = start.moved_to(first);
        return one(quantities::set(Which::Named(with.name), amount, with.note));
    }
    cursor.eat_any(&["instead of", "in place of", "rather than"]);
    cursor.eat_any(&["just", "only"]);
    let number = amounts::read(cursor)?;
    if let (Some(_), Some(amount)) = (&number, &with.amount)
        && cursor.at_break()
    {
        return one(quantities::set(
            Which::Named(with.name),
            amount.clone(),
            with.note,
        ));
    }
    let part = number.map(|measured| Part::Amount(measured.amount));
    let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
    left_over(cursor)?;
    one(Change::ReplaceIngredient { which, part, with })
}

fn stands_instead(cursor: Cursor<'_>) -> bool {
    ["instead of", "in place of", "rather than"]
        .iter()
        .any(|words| cursor.stands(words))
}

/// After "instead of": "milk, use oat milk".
pub(super) fn instead_of(cursor: &mut Cursor<'_>) -> Outcome {
    let part = differences::part(cursor)?;
    let which = items::which(cursor, &["use", "take", "let's"])?.ok_or(Miss::Talk)?;
    cursor.eat_mark(',');
    politeness::skip_before(cursor);
    if !cursor.eat_any(&["use", "take", "add"]) {
        return Err(Miss::Talk);
    }
    let with = items::item(cursor)?;
    one(Change::ReplaceIngredient { which, part, with })
}

/// After "rename": X to Y.
pub(super) fn rename(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear = || {
        Miss::unclear(
            "Say the new name, as in \"rename flour to rye flour\" or \"rename it to Pancakes\".",
        )
    };
    let which = items::which(cursor, &["to", "as", "into"])?.ok_or_else(unclear)?;
    if !cursor.eat_any(&["to", "as", "into"]) {
        return Err(unclear());
    }
    let with = items::which(cursor, &[])?.ok_or_else(unclear)?;
    finish(cursor).map_err(|_| unclear())?;
    match with {
        Which::Named(name) | Which::EveryNamed(name) => {
            one(Change::RenameIngredient { which, name })
        }
        Which::Numbered(_) | Which::Last => Err(unclear()),
    }
}

/// "on flour: sifted", "to the onions: finely chopped".
pub(super) fn note(cursor: &mut Cursor<'_>) -> Outcome {
    if !cursor.eat_any(&["on", "to", "for", "about"]) {
        return Err(Miss::Talk);
    }
    if cursor.stands("self") || cursor.stands("myself") {
        return Err(Miss::Talk);
    }
    let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
    if !(cursor.eat_mark(':') || cursor.eat_mark(',')) {
        return Err(Miss::unclear(
            "Write the note after a colon, as in \"note on flour: sifted\".",
        ));
    }
    let note = cursor.take_rest().to_owned();
    one(Change::SetNote {
        which,
        note: Some(note),
    })
}

/// After "mark": "garlic as optional".
pub(super) fn mark(cursor: &mut Cursor<'_>) -> Outcome {
    let which = items::which(cursor, &["as"])?.ok_or(Miss::Talk)?;
    if !cursor.eat("as optional") {
        return Err(Miss::Talk);
    }
    finish(cursor)?;
    let note = Some("optional".to_owned());
    one(Change::SetNote { which, note })
}

/// After "remove the note": "from flour".
pub(super) fn remove_note(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear = || Miss::unclear("Say whose note, as in \"remove the note on flour\".");
    if !cursor.eat_any(&["on", "from", "for", "of"]) {
        return Err(unclear());
    }
    let which = items::which(cursor, &[])?.ok_or_else(unclear)?;
    finish(cursor).map_err(|_| unclear())?;
    one(Change::SetNote { which, note: None })
}
