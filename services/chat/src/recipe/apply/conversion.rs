//! Turning a recipe, or one ingredient, into metric or US units. The factors are exact; what they give is rounded
//! to what a scale or a measuring spoon can show, unless that would change it by more than a twentieth.

use super::find;
use super::ingredients::put_amount;
use super::working::Working;
use crate::recipe::change::Which;
use crate::recipe::model::Recipe;
use crate::recipe::quantity::{Amount, Quantity};
use crate::recipe::rational::Rational;
use crate::recipe::refusal::Refusal;
use crate::recipe::temperature;
use crate::recipe::unit::{Measure, System, Unit};

/// Every ingredient measured in the other system, and the temperatures in the steps.
pub(super) fn convert(recipe: &mut Recipe, system: System) -> Result<String, Refusal> {
    let mut converted = false;
    for line in &mut recipe.ingredients {
        let Some(amount) = line.amount() else {
            continue;
        };
        if let Some(amount) = into_system(&amount, system)? {
            (line.quantity, line.unit) = (Some(amount.quantity), amount.unit);
            converted = true;
        }
    }
    for step in &mut recipe.steps {
        if let Some(text) = temperature::converted(&step.text, system) {
            step.text = text;
            converted = true;
        }
    }
    let name = match system {
        System::Metric => "metric",
        System::Us => "US",
    };
    if converted {
        Ok(format!("Converted to {name} units"))
    } else {
        Err(Refusal::NothingToConvert { to: name })
    }
}

pub(super) fn convert_ingredient(
    working: &mut Working<'_>,
    which: &Which,
    unit: &Unit,
) -> Result<String, Refusal> {
    let index = find::line(working, which, None)?;
    let line = &working.recipe.ingredients[index];
    let cannot = || Refusal::CannotConvert {
        name: line.name.clone(),
        has: line.unit.as_ref().map_or("a count", Unit::name).to_owned(),
        unit: unit.name().to_owned(),
    };
    let own = line.unit.as_ref().ok_or_else(cannot)?;
    let factor = own.ratio_to(unit).ok_or_else(cannot)?;
    let quantity = line.quantity.ok_or_else(cannot)?;
    let amount = measured(quantity, factor, unit)?;
    put_amount(working, index, amount)
}

/// `None` when the amount is not measured, or is in that system already.
fn into_system(amount: &Amount, system: System) -> Result<Option<Amount>, Refusal> {
    let Some(unit) = &amount.unit else {
        return Ok(None);
    };
    let (Some(size), Some((_, high))) = (unit.size(), amount.quantity.bounds()) else {
        return Ok(None);
    };
    if unit.system() == Some(system) {
        return Ok(None);
    }
    let base = high.times(size).ok_or(Refusal::BeyondMeasure)?;
    let Some(target) = Unit::recognise(fitting_unit(unit.measure(), system, base)) else {
        return Ok(None);
    };
    let factor = unit.ratio_to(&target).ok_or(Refusal::BeyondMeasure)?;
    measured(amount.quantity, factor, &target).map(Some)
}

/// The unit in which a cook would measure so many grams or millilitres.
fn fitting_unit(measure: Measure, system: System, base: Rational) -> &'static str {
    let below = |limit: u32| base < Rational::whole(limit);
    match (measure, system) {
        (Measure::Weight(_), System::Metric) => {
            if below(1000) {
                "g"
            } else {
                "kg"
            }
        }
        (Measure::Weight(_), System::Us) => {
            if below(450) {
                "oz"
            } else {
                "lb"
            }
        }
        (_, System::Metric) => {
            if below(1000) {
                "ml"
            } else {
                "l"
            }
        }
        (_, System::Us) if below(14) => "tsp",
        (_, System::Us) if below(58) => "tbsp",
        (_, System::Us) => "cup",
    }
}

fn measured(quantity: Quantity, factor: Rational, unit: &Unit) -> Result<Amount, Refusal> {
    let quantity = quantity
        .map(|number| {
            number
                .times(factor)
                .and_then(|exact| to_the_mark(exact, unit))
        })
        .ok_or(Refusal::BeyondMeasure)?;
    Ok(Amount::of(quantity, Some(unit.clone())))
}

/// Rounded to the marks that scales, jugs and spoons have; the exact amount where that would be too far from it.
fn to_the_mark(exact: Rational, unit: &Unit) -> Option<Rational> {
    let rounded = nearest_mark(exact, unit)?;
    let (low, high) = (rounded.min(exact), rounded.max(exact));
    let furthest = exact.times(Rational::new(FURTHEST_PERCENT, 100)?)?;
    Some(match high.minus(low)? > furthest {
        true => exact,
        false => rounded,
    })
}

/// How far an amount may be rounded, so that what comes back is still what was there.
const FURTHEST_PERCENT: u128 = 5;

fn nearest_mark(exact: Rational, unit: &Unit) -> Option<Rational> {
    let below = |limit: u32| exact < Rational::whole(limit);
    let per = |parts: u128| Rational::new(1, parts);
    let mark = match unit.name() {
        "g" | "ml" if below(1) => per(10)?,
        "g" | "ml" if below(10) => per(2)?,
        "g" | "ml" | "mg" => Rational::ONE,
        "kg" | "l" | "dl" | "cl" => per(100)?,
        "tsp" => per(8)?,
        "oz" if below(1) => per(20)?,
        "tbsp" => per(2)?,
        "cup" => return nearest_cup(exact),
        _ => per(4)?,
    };
    exact
        .rounded_to(mark)
        .map(|rounded| if rounded.is_zero() { exact } else { rounded })
}

/// Measuring cups come in quarters and thirds.
fn nearest_cup(exact: Rational) -> Option<Rational> {
    let apart = |other: Rational| {
        if other < exact {
            exact.minus(other)
        } else {
            other.minus(exact)
        }
    };
    let quarters = exact.rounded_to(Rational::new(1, 4)?)?;
    let thirds = exact.rounded_to(Rational::new(1, 3)?)?;
    let nearest = if apart(thirds)? < apart(quarters)? {
        thirds
    } else {
        quarters
    };
    Some(if nearest.is_zero() { exact } else { nearest })
}
