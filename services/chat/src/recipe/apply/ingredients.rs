//! Adding, taking out and changing ingredients.

use super::working::Working;
use super::{details, find, text_within};
use crate::recipe::change::{Direction, NewIngredient, Part, Which};
use crate::recipe::model::{Ingredient, in_words, limits};
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::rational::Rational;
use crate::recipe::refusal::Refusal;
use crate::recipe::unit::Unit;

/// A line of the same name and unit grows; a line that had no amount gets one; anything else is a new line,
/// a second one if need be ("200 g flour" beside "1 cup flour"). A note keeps lines apart that it does not fit.
pub(super) fn add(working: &mut Working<'_>, new: &NewIngredient) -> Result<String, Refusal> {
    let new = checked(new)?;
    let same_name = working.names().same(&new.name);
    let Some(amount) = new.amount.clone() else {
        return match same_name.first() {
            None => push(working, new),
            Some(index) => Err(already_there(
                &new.name,
                &working.recipe.ingredients[*index],
            )),
        };
    };
    for index in same_name {
        let line = &mut working.recipe.ingredients[index];
        if (new.note.is_none() || new.note == line.note)
            && let Some(effect) = join(line, &new.name, &amount)?
        {
            return Ok(effect);
        }
    }
    push(working, new)
}

/// As `add`, and a line that says no more than one that is there is listed once more.
pub(super) fn list(working: &mut Working<'_>, new: &NewIngredient) -> Result<String, Refusal> {
    match add(working, new) {
        Err(Refusal::AlreadyThere { .. }) => push(working, checked(new)?),
        other => other,
    }
}

/// Adds the amount to a line of the same name; `None` when the two can't be counted together.
fn join(line: &mut Ingredient, name: &str, amount: &Amount) -> Result<Option<String>, Refusal> {
    let Some(has) = line.amount() else {
        (line.quantity, line.unit) = (Some(amount.quantity), amount.unit.clone());
        return Ok(Some(format!(
            "Changed {} to {}",
            line.name,
            amount.in_words()
        )));
    };
    let vaguely_more = matches!(
        amount.quantity,
        Quantity::Vaguely(
            Vague::Some | Vague::ALittle | Vague::AFew | Vague::Several | Vague::Plenty
        )
    );
    if vaguely_more && has.quantity.bounds().is_some() {
        return Err(already_there(name, line));
    }
    if has.unit != amount.unit {
        return Ok(None);
    }
    match (has.quantity.bounds(), amount.quantity.bounds()) {
        (Some(_), Some(_)) => {
            let sum = within_limits(has.quantity.plus(amount.quantity), &line.name)?;
            line.quantity = Some(sum);
            let now = Amount::of(sum, has.unit).in_words();
            Ok(Some(format!(
                "Added {} (now {now})",
                in_words(name, Some(amount))
            )))
        }
        (None, None) if has == *amount => Err(already_there(name, line)),
        _ => Ok(None),
    }
}

fn already_there(name: &str, line: &Ingredient) -> Refusal {
    let counted = line
        .quantity
        .is_some_and(|quantity| quantity.bounds().is_some());
    Refusal::AlreadyThere {
        name: name.to_owned(),
        unit: counted.then(|| line.unit_text().to_owned()),
    }
}

pub(super) fn append(working: &mut Working<'_>, new: &NewIngredient) -> Result<(), Refusal> {
    let new = checked(new)?;
    let unit = new.amount.as_ref().and_then(|amount| amount.unit.as_ref());
    if unit.is_some_and(|unit| unit.name().chars().count() > limits::UNIT) {
        return Err(Refusal::TooLong {
            what: "unit",
            limit: limits::UNIT,
        });
    }
    push(working, new).map(|_| ())
}

fn push(working: &mut Working<'_>, new: NewIngredient) -> Result<String, Refusal> {
    if working.recipe.ingredients.len() >= limits::INGREDIENTS {
        return Err(Refusal::Full {
            what: "ingredients",
            limit: limits::INGREDIENTS,
        });
    }
    let effect = format!("Added {}", described(&new));
    let (quantity, unit) = new
        .amount
        .map_or((None, None), |amount| (Some(amount.quantity), amount.unit));
    let ingredient = Ingredient {
        id: working.recipe.next_ingredient_id(),
        name: new.name,
        quantity,
        unit,
        note: new.note,
    };
    working.push(ingredient);
    Ok(effect)
}

/// With an amount that is less than there is, that much goes; with the amount of the line, the line.
pub(super) fn remove(
    working: &mut Working<'_>,
    which: &Which,
    amount: Option<&Amount>,
) -> Result<String, Refusal> {
    if let Which::EveryNamed(_) = which {
        let found = find::lines(working, which)?;
        let name = working.recipe.ingredients[found[0]].name.clone();
        for index in found.into_iter().rev() {
            working.remove(index);
        }
        return Ok(format!("Removed {name}"));
    }
    let index = find::line(working, which, amount)?;
    let line = &working.recipe.ingredients[index];
    let some_stays = amount.is_some_and(|amount| {
        line.amount().as_ref() != Some(amount)
            && amount.quantity.bounds().is_some()
            && line.quantity.is_some()
    });
    match amount {
        Some(amount) if some_stays => take_some(working, index, amount),
        _ => Ok(format!("Removed {}", working.remove(index).name)),
    }
}

fn take_some(working: &mut Working<'_>, index: usize, amount: &Amount) -> Result<String, Refusal> {
    let line = &working.recipe.ingredients[index];
    match less(line, amount)? {
        Some(left) => {
            let unit = line.unit.clone();
            put_amount(working, index, Amount::of(left, unit))
        }
        None => Err(not_that_much(line)),
    }
}

fn not_that_much(line: &Ingredient) -> Refusal {
    Refusal::NotThatMuch {
        name: line.name.clone(),
        has: line.in_words(),
    }
}

pub(super) fn clear(working: &mut Working<'_>) -> Result<String, Refusal> {
    if working.recipe.ingredients.is_empty() {
        return Err(Refusal::NothingToRemove { what: "ingredient" });
    }
    working.clear();
    Ok("Removed all ingredients".to_owned())
}

/// The note goes with the old ingredient, since it was about that one.
pub(super) fn replace(
    working: &mut Working<'_>,
    which: &Which,
    with: &NewIngredient,
) -> Result<String, Refusal> {
    let index = find::line(working, which, None)?;
    let with = checked(with)?;
    let old = working.rename(index, with.name.clone());
    let line = &mut working.recipe.ingredients[index];
    let effect = format!("Replaced {old} with {}", described(&with));
    if let Some(amount) = with.amount {
        (line.quantity, line.unit) = (Some(amount.quantity), amount.unit);
    }
    line.note = with.note;
    Ok(effect)
}

/// So much of the line goes, and the new one comes beside it: with its own amount, or with the one that goes. The whole
/// of the line is replaced where it stands.
pub(super) fn replace_part(
    working: &mut Working<'_>,
    which: &Which,
    part: &Part,
    with: &NewIngredient,
) -> Result<String, Refusal> {
    let amount = match part {
        Part::Amount(amount) => Some(amount),
        Part::Fraction(_) => None,
    };
    let index = find::line(working, which, amount)?;
    let line = &working.recipe.ingredients[index];
    let gone = match part {
        Part::Fraction(part) => numbers_of(line)?
            .map(|number| number.times(*part))
            .ok_or(Refusal::BeyondMeasure)?,
        Part::Amount(amount) => in_unit_of(line, amount)?,
    };
    let gone = Amount::of(gone, line.unit.clone());
    if line.quantity == Some(gone.quantity) {
        return replace(working, &Which::Numbered(index as u64 + 1), with);
    }
    let name = line.name.clone();
    let left = less(line, &gone)?.ok_or_else(|| not_that_much(line))?;
    let unit = line.unit.clone();
    put_amount(working, index, Amount::of(left, unit))?;
    let taken = in_words(&name, Some(&gone));
    let new = NewIngredient {
        amount: with.amount.clone().or(Some(gone)),
        ..with.clone()
    };
    let described = described(&checked(&new)?);
    add(working, &new)?;
    Ok(format!("Replaced {taken} with {described}"))
}

pub(super) fn rename(
    working: &mut Working<'_>,
    which: &Which,
    name: &str,
) -> Result<String, Refusal> {
    let index = match find::line(working, which, None) {
        Ok(index) => index,
        // "Rename pancakes to crêpes": it may be the dish.
        Err(refusal) => {
            return match which {
                Which::Named(dish) if naming::key(dish) == naming::key(&working.recipe.title) => {
                    details::set_title(working.recipe, name)
                }
                _ => Err(refusal),
            };
        }
    };
    let name = ingredient_name(name)?;
    let old = working.rename(index, name.clone());
    Ok(format!("Renamed {old} to {name}"))
}

pub(super) fn set_amount(
    working: &mut Working<'_>,
    which: &Which,
    amount: &Amount,
    note: Option<&str>,
    add_if_missing: bool,
) -> Result<String, Refusal> {
    if let Which::Named(name) = which
        && add_if_missing
        && working.names().find(name).is_empty()
    {
        let new = NewIngredient {
            name: name.clone(),
            amount: Some(amount.clone()),
            note: note.map(str::to_owned),
        };
        return add(working, &new);
    }
    let index = find::line(working, which, Some(amount))?;
    if let Some(note) = note {
        working.recipe.ingredients[index].note = Some(ingredient_note(note)?);
    }
    let unit = effective_unit(&working.recipe.ingredients[index], amount);
    let effect = put_amount(working, index, Amount::of(amount.quantity, unit))?;
    Ok(match note {
        Some(note) => format!("{effect} ({})", naming::one_line(note)),
        None => effect,
    })
}

pub(super) fn adjust(
    working: &mut Working<'_>,
    which: &Which,
    by: &Amount,
    direction: Direction,
) -> Result<String, Refusal> {
    let index = find::line(working, which, Some(by))?;
    let line = &working.recipe.ingredients[index];
    let quantity = match direction {
        Direction::More => in_unit_of(line, by)?
            .plus(numbers_of(line)?)
            .ok_or(Refusal::BeyondMeasure)?,
        Direction::Less => less(line, by)?.ok_or_else(|| not_that_much(line))?,
    };
    let unit = line.unit.clone();
    put_amount(working, index, Amount::of(quantity, unit))
}

pub(super) fn multiply(
    working: &mut Working<'_>,
    which: &Which,
    factor: Rational,
) -> Result<String, Refusal> {
    let index = find::line(working, which, None)?;
    let line = &working.recipe.ingredients[index];
    let quantity = numbers_of(line)?
        .map(|number| number.times(factor))
        .ok_or(Refusal::BeyondMeasure)?;
    let unit = line.unit.clone();
    put_amount(working, index, Amount::of(quantity, unit))
}

pub(super) fn set_note(
    working: &mut Working<'_>,
    which: &Which,
    note: Option<&str>,
) -> Result<String, Refusal> {
    let index = find::line(working, which, None)?;
    let note = note.map(ingredient_note).transpose()?;
    let line = &mut working.recipe.ingredients[index];
    let effect = match &note {
        Some(note) => format!("Noted {note} on {}", line.name),
        None if line.note.is_none() => return Err(Refusal::NothingToRemove { what: "note on it" }),
        None => format!("Removed the note on {}", line.name),
    };
    line.note = note;
    Ok(effect)
}

pub(super) fn put_amount(
    working: &mut Working<'_>,
    index: usize,
    amount: Amount,
) -> Result<String, Refusal> {
    let line = &mut working.recipe.ingredients[index];
    let quantity = within_limits(Some(amount.quantity), &line.name)?;
    let effect = match amount.quantity {
        Quantity::Vaguely(vague) if vague.follows_the_name() => {
            format!("Changed {} {}", line.name, amount.in_words())
        }
        _ => format!("Changed {} to {}", line.name, amount.in_words()),
    };
    (line.quantity, line.unit) = (Some(quantity), amount.unit);
    Ok(effect)
}

/// Numbers without a unit keep the unit of the line: "change flour to 3" means 3 cups when it was in cups.
fn effective_unit(line: &Ingredient, amount: &Amount) -> Option<Unit> {
    match amount.quantity {
        Quantity::Vaguely(_) => amount.unit.clone(),
        Quantity::Exactly(_) | Quantity::Between(..) => {
            amount.unit.clone().or_else(|| line.unit.clone())
        }
    }
}

fn numbers_of(line: &Ingredient) -> Result<Quantity, Refusal> {
    line.quantity
        .filter(|quantity| quantity.bounds().is_some())
        .ok_or_else(|| Refusal::NoNumber {
            name: line.name.clone(),
        })
}

/// `asked` counted in the unit of the line, when weights or volumes allow that.
fn in_unit_of(line: &Ingredient, asked: &Amount) -> Result<Quantity, Refusal> {
    let other_unit = || Refusal::OtherUnit {
        name: line.name.clone(),
        has: line
            .amount()
            .map(|amount| amount.in_words())
            .unwrap_or_default(),
        asked: asked.in_words(),
    };
    let factor = match (&asked.unit, &line.unit) {
        (None, _) => Rational::ONE,
        (Some(unit), Some(own)) if unit == own => Rational::ONE,
        (Some(unit), Some(own)) => unit.ratio_to(own).ok_or_else(other_unit)?,
        (Some(_), None) => return Err(other_unit()),
    };
    let counted = asked.quantity.map(|number| number.times(factor));
    let counted = counted.ok_or(Refusal::BeyondMeasure)?;
    counted.bounds().map(|_| counted).ok_or_else(other_unit)
}

/// What is left of the line; `None` when it has no more than that.
fn less(line: &Ingredient, by: &Amount) -> Result<Option<Quantity>, Refusal> {
    let (taken, most_taken) = match in_unit_of(line, by)? {
        Quantity::Between(low, high) => (low, high),
        other => match other.bounds() {
            Some(bounds) => bounds,
            None => return Ok(None),
        },
    };
    let left = numbers_of(line)?.map(|number| number.minus(taken.max(most_taken)));
    Ok(left.filter(|left| left.bounds().is_some_and(|(low, _)| !low.is_zero())))
}

fn checked(new: &NewIngredient) -> Result<NewIngredient, Refusal> {
    let name = ingredient_name(&new.name)?;
    if let Some(amount) = &new.amount {
        within_limits(Some(amount.quantity), &name)?;
    }
    Ok(NewIngredient {
        name,
        amount: new.amount.clone(),
        note: new.note.as_deref().map(ingredient_note).transpose()?,
    })
}

/// The quantity, when it is more than nothing and no more than a kitchen holds.
pub(super) fn within_limits(quantity: Option<Quantity>, name: &str) -> Result<Quantity, Refusal> {
    let quantity = quantity.ok_or(Refusal::BeyondMeasure)?;
    match quantity.bounds() {
        Some((low, _)) if low.is_zero() => Err(Refusal::NothingLeft {
            name: name.to_owned(),
        }),
        Some((_, high)) if high > Rational::whole(limits::AMOUNT) => Err(Refusal::BeyondMeasure),
        _ => Ok(quantity),
    }
}

fn ingredient_name(name: &str) -> Result<String, Refusal> {
    text_within(name, "name", limits::NAME, "add 2 cups flour")
}

fn ingredient_note(note: &str) -> Result<String, Refusal> {
    text_within(note, "note", limits::NOTE, "note on flour: sifted")
}

fn described(new: &NewIngredient) -> String {
    let words = in_words(&new.name, new.amount.as_ref());
    match &new.note {
        Some(note) => format!("{words} ({note})"),
        None => words,
    }
}
