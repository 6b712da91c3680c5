//! Reads which system of units the whole recipe is to be in: "metric please", "show it in US units".

use super::cursor::Cursor;
use super::outcome::{Miss, Outcome, one};
use super::politeness::finish;
use crate::recipe::change::Change;
use crate::recipe::unit::System;

/// "metric", "US units", "imperial": the imperial cups and spoons of old books are not told apart from the US ones.
pub(super) fn system(cursor: &mut Cursor<'_>) -> Option<System> {
    cursor.eat("the");
    let system = if cursor.eat("metric") {
        System::Metric
    } else if cursor.eat_any(&["us customary", "us", "american", "imperial", "customary"]) {
        System::Us
    } else {
        return None;
    };
    cursor.eat_any(&["units", "unit", "measurements", "measures", "system"]);
    Some(system)
}

/// "metric please", "metric units".
pub(super) fn metric(cursor: &mut Cursor<'_>) -> Outcome {
    let units = cursor.eat("units");
    let please = cursor.stands("please");
    finish(cursor)?;
    if units || please {
        one(Change::Convert(System::Metric))
    } else {
        Err(Miss::Talk)
    }
}

/// After "in": "metric please", "US units".
pub(super) fn in_units(cursor: &mut Cursor<'_>) -> Outcome {
    let system = system(cursor).ok_or(Miss::Talk)?;
    let units = matches!(cursor.word_before(), "units" | "measures" | "measurements");
    let please = cursor.stands("please");
    finish(cursor)?;
    match units || please {
        true => one(Change::Convert(system)),
        false => Err(Miss::Talk),
    }
}

/// After "show" or "give": "it in metric", "me everything in US units".
pub(super) fn shown_in_units(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat("me");
    let everything = [
        "it",
        "this",
        "everything",
        "all",
        "the recipe",
        "the amounts",
        "the ingredients",
    ];
    cursor.eat_any(&everything);
    if !cursor.eat("in") {
        return Err(Miss::Talk);
    }
    let system = system(cursor).ok_or(Miss::Talk)?;
    finish(cursor)?;
    one(Change::Convert(system))
}
