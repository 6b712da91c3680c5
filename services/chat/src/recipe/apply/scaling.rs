//! Scaling the quantities, and setting how many the recipe serves.

use super::ingredients::within_limits;
use crate::recipe::change::Scaling;
use crate::recipe::language;
use crate::recipe::model::{Recipe, limits};
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, as_fraction};
use crate::recipe::rational::Rational;
use crate::recipe::refusal::Refusal;

/// Multiplies every number exactly; "to taste" stays. Servings that would not be whole are rounded, never to none.
pub(super) fn scale(recipe: &mut Recipe, scaling: Scaling) -> Result<String, Refusal> {
    let before = match recipe.exact_servings {
        Some(Quantity::Exactly(servings)) if !servings.is_zero() => servings,
        _ => Rational::whole(recipe.servings.max(1)),
    };
    let people = u64::from(recipe.servings);
    let scaling = match scaling {
        Scaling::Plus(more) => Scaling::To(people.saturating_add(more)),
        Scaling::Minus(less) => Scaling::To(people.saturating_sub(less)),
        other => other,
    };
    let (factor, servings) = match scaling {
        Scaling::To(servings) | Scaling::Plus(servings) | Scaling::Minus(servings) => {
            let servings = allowed(servings)?;
            let factor = Rational::whole(servings).over(before);
            (
                factor.ok_or(Refusal::BeyondMeasure)?,
                Rational::whole(servings),
            )
        }
        Scaling::By(factor) => (factor, before.times(factor).ok_or(Refusal::BeyondMeasure)?),
    };
    if factor == Rational::ONE {
        return Err(Refusal::AlreadyServes {
            servings: recipe.servings,
        });
    }
    if factor.is_zero() {
        return Err(Refusal::Servings { asked: 0 });
    }
    for line in &mut recipe.ingredients {
        if let Some(quantity) = line.quantity {
            let scaled = quantity.map(|number| number.times(factor));
            line.quantity = Some(within_limits(scaled, &line.name)?);
            let measured = line.unit.as_ref().is_some_and(|unit| unit.size().is_some());
            if let Some(note) = line.note.as_mut().filter(|_| measured) {
                *note = scaled_note(note, factor);
            }
        }
    }
    let whole = allowed(servings.rounded().max(1))?;
    let old = std::mem::replace(&mut recipe.servings, whole);
    recipe.exact_servings = match servings.as_whole() {
        Some(_) => None,
        None => Some(Quantity::Exactly(servings)),
    };
    Ok(match servings.as_whole() {
        Some(_) => format!("Scaled from {old} to {whole} {}", noun(whole)),
        None => format!(
            "Scaled by {}, from {old} to about {whole} {}",
            as_fraction(factor),
            noun(whole)
        ),
    })
}

/// As `scale`, for a dish by its name: it has to be this one.
pub(super) fn scale_dish(
    recipe: &mut Recipe,
    dish: &str,
    scaling: Scaling,
) -> Result<String, Refusal> {
    let title = naming::key(&recipe.title);
    let named = naming::key(dish);
    let is_in_title = |word: &str| title.split(' ').any(|known| known == word);
    if named.split(' ').any(is_in_title) {
        return scale(recipe, scaling);
    }
    Err(Refusal::OtherDish {
        title: recipe.title.clone(),
        dish: dish.to_owned(),
        scaling: match scaling {
            Scaling::To(servings) => format!("for {servings} people"),
            Scaling::Plus(more) => format!("for {more} more people"),
            Scaling::Minus(less) => format!("for {less} fewer people"),
            Scaling::By(factor) => format!("scale by {}", as_fraction(factor)),
        },
    })
}

/// "7 oz" and "plus 1 tsp" in the note of a measured line are more ways to say how much: they grow with it.
fn scaled_note(note: &str, factor: Rational) -> String {
    let part = |part: &str| {
        let (before, amount) = match part.strip_prefix("plus ") {
            Some(rest) => ("plus ", rest),
            None => ("", part),
        };
        let scaled = language::amount(amount).filter(|amount| {
            amount
                .unit
                .as_ref()
                .is_some_and(|unit| unit.size().is_some())
        });
        let scaled = scaled.and_then(|amount| {
            let quantity = amount.quantity.map(|number| number.times(factor))?;
            Some(Amount::of(quantity, amount.unit).in_words())
        });
        scaled.map_or_else(|| part.to_owned(), |words| format!("{before}{words}"))
    };
    note.split(", ").map(part).collect::<Vec<_>>().join(", ")
}

pub(super) fn set_servings(recipe: &mut Recipe, servings: u64) -> Result<String, Refusal> {
    recipe.servings = allowed(servings)?;
    recipe.exact_servings = None;
    Ok(format!("Servings set to {}", recipe.servings))
}

fn allowed(servings: u64) -> Result<u32, Refusal> {
    u32::try_from(servings)
        .ok()
        .filter(|servings| limits::SERVINGS.contains(servings))
        .ok_or(Refusal::Servings { asked: servings })
}

fn noun(servings: u32) -> &'static str {
    if servings == 1 { "serving" } else { "servings" }
}
