//! How much of an ingredient: an exact number, a range, or words such as "to taste"; and how a cook writes it.
//! It does not read what people type (that is `language`); it reads back only its own stored form.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::rational::Rational;
use super::unit::Unit;

/// How much, without the unit. Stored as text in its exact form: `3/2`, `2-3`, `to taste`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Quantity {
    Exactly(Rational),
    /// From the smaller to the larger, both included.
    Between(Rational, Rational),
    Vaguely(Vague),
}

/// Quantities that are words and stay as they are when a recipe is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vague {
    ToTaste,
    AsNeeded,
    Some,
    AFew,
    ALittle,
    Several,
    Plenty,
}

impl Vague {
    pub const ALL: [Self; 7] = [
        Self::ToTaste,
        Self::AsNeeded,
        Self::Some,
        Self::AFew,
        Self::ALittle,
        Self::Several,
        Self::Plenty,
    ];

    pub const fn words(self) -> &'static str {
        match self {
            Self::ToTaste => "to taste",
            Self::AsNeeded => "as needed",
            Self::Some => "some",
            Self::AFew => "a few",
            Self::ALittle => "a little",
            Self::Several => "several",
            Self::Plenty => "plenty",
        }
    }

    /// "salt to taste", but "some salt".
    pub const fn follows_the_name(self) -> bool {
        matches!(self, Self::ToTaste | Self::AsNeeded)
    }
}

/// A quantity and its unit, as in "1 1/2 cup".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub quantity: Quantity,
    pub unit: Option<Unit>,
}

impl Amount {
    pub fn of(quantity: Quantity, unit: Option<Unit>) -> Self {
        Self { quantity, unit }
    }

    /// As a cook writes it: "1 1/2 cup", "2 cups", "250 g", "3", "to taste".
    pub fn in_words(&self) -> String {
        let quantity = self.quantity.written_for(self.unit.as_ref());
        match &self.unit {
            Some(unit) if self.quantity.is_plural() => format!("{quantity} {}", unit.plural()),
            Some(unit) => format!("{quantity} {unit}"),
            None => quantity,
        }
    }
}

impl Quantity {
    /// `None` when a bound is zero or the range does not rise.
    pub fn between(low: Rational, high: Rational) -> Option<Self> {
        (!low.is_zero() && low < high).then_some(Self::Between(low, high))
    }

    /// Metric units are written with decimals, all others with kitchen fractions.
    pub fn written_for(self, unit: Option<&Unit>) -> String {
        let write = if unit.is_some_and(|unit| matches!(unit.name(), "g" | "ml")) {
            on_a_scale
        } else if unit.is_some_and(Unit::is_decimal) {
            as_decimal
        } else {
            as_fraction
        };
        match self {
            Self::Exactly(number) => write(number),
            Self::Between(low, high) => format!("{}-{}", write(low), write(high)),
            Self::Vaguely(vague) => vague.words().to_owned(),
        }
    }

    /// Whether what it counts stands in the plural: two or more.
    pub fn is_plural(self) -> bool {
        self.bounds()
            .is_some_and(|(_, high)| high >= Rational::whole(2))
    }

    /// Whether what it counts stands in the singular: one, or a part of one.
    pub fn is_singular(self) -> bool {
        self.bounds().is_some_and(|(_, high)| high <= Rational::ONE)
    }

    /// Applies `change` to every number in it; words stay. `None` when a number leaves the limits.
    pub fn map(self, change: impl Fn(Rational) -> Option<Rational>) -> Option<Self> {
        Some(match self {
            Self::Exactly(number) => Self::Exactly(change(number)?),
            Self::Between(low, high) => match (change(low)?, change(high)?) {
                (low, high) if low == high => Self::Exactly(low),
                (low, high) => Self::Between(low, high),
            },
            Self::Vaguely(vague) => Self::Vaguely(vague),
        })
    }

    /// The sum of two numbers or ranges; `None` for words and beyond the limits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let (low, high) = self.bounds()?;
        let (other_low, other_high) = other.bounds()?;
        let (low, high) = (low.plus(other_low)?, high.plus(other_high)?);
        Some(if low == high {
            Self::Exactly(low)
        } else {
            Self::Between(low, high)
        })
    }

    /// The smallest and the largest number that it stands for; `None` for words.
    pub fn bounds(self) -> Option<(Rational, Rational)> {
        match self {
            Self::Exactly(number) => Some((number, number)),
            Self::Between(low, high) => Some((low, high)),
            Self::Vaguely(_) => None,
        }
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        match quantity {
            Quantity::Exactly(number) => number.to_string(),
            Quantity::Between(low, high) => format!("{low}-{high}"),
            Quantity::Vaguely(vague) => vague.words().to_owned(),
        }
    }
}

/// The stored form of a quantity could not be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no stored quantity")]
pub struct NotAQuantity(String);

impl TryFrom<String> for Quantity {
    type Error = NotAQuantity;

    fn try_from(stored: String) -> Result<Self, NotAQuantity> {
        if let Some(vague) = Vague::ALL.into_iter().find(|vague| vague.words() == stored) {
            return Ok(Self::Vaguely(vague));
        }
        let read = match stored.split_once('-') {
            Some((low, high)) => exact(low)
                .zip(exact(high))
                .and_then(|(low, high)| Self::between(low, high)),
            None => exact(&stored).map(Self::Exactly),
        };
        read.ok_or(NotAQuantity(stored))
    }
}

fn exact(stored: &str) -> Option<Rational> {
    let (numerator, denominator) = stored.split_once('/').unwrap_or((stored, "1"));
    Rational::new(numerator.parse().ok()?, denominator.parse().ok()?)
}

/// "1 1/2"; denominators that no measuring cup has become decimals.
pub(super) fn as_fraction(number: Rational) -> String {
    let number = shown(near_a_kitchen_fraction(number).unwrap_or(number));
    let (numerator, denominator) = (number.numerator(), number.denominator());
    if !matches!(denominator, 2 | 3 | 4 | 6 | 8 | 12 | 16) {
        return as_decimal(number);
    }
    match numerator / denominator {
        0 => format!("{numerator}/{denominator}"),
        whole => format!("{whole} {}/{denominator}", numerator % denominator),
    }
}

/// How many decimals of a number are read.
pub(super) const MAX_DECIMALS: u32 = 6;

/// Up to three decimals where that is exact, else three significant digits.
pub(super) fn as_decimal(number: Rational) -> String {
    let (numerator, denominator) = wide(number);
    let places = exact_places(number).unwrap_or_else(|| significant_places(number));
    let shift = 10_u128.pow(places);
    let digits = (2 * numerator * shift + denominator) / (2 * denominator);
    let mut written = (digits / shift).to_string();
    if !digits.is_multiple_of(shift) {
        let width = places as usize;
        let decimals = format!("{:0width$}", digits % shift);
        // Writing to a String cannot fail.
        write!(written, ".{}", decimals.trim_end_matches('0')).ok();
    }
    written
}

/// Grams and millilitres as a scale or a jug shows them: whole ones from ten on, where the exact number is no short decimal.
fn on_a_scale(number: Rational) -> String {
    let whole = exact_places(number).is_none() && number >= Rational::whole(10);
    let shown = if whole {
        number.rounded_to(Rational::ONE)
    } else {
        None
    };
    as_decimal(shown.unwrap_or(number))
}

/// The number as far as it is shown: kitchen fractions as they are, others as the decimals that stand for them.
/// So "2.5" is never shown where a cook would read "2 1/2".
fn shown(number: Rational) -> Rational {
    let kitchen = matches!(number.denominator(), 1 | 2 | 3 | 4 | 6 | 8 | 12 | 16);
    if kitchen || exact_places(number).is_some() {
        return number;
    }
    let mark = Rational::new(1, 10_u128.pow(significant_places(number)));
    mark.and_then(|mark| number.rounded_to(mark))
        .unwrap_or(number)
}

/// How far from the exact number what is read may be where no spoon or cup shows it, in percent.
const READING_PERCENT: u128 = 2;

/// The fraction on a measuring cup that is close to a number which is neither one nor a short decimal: 15/7 is read as
/// 2 1/8.
fn near_a_kitchen_fraction(number: Rational) -> Option<Rational> {
    let kitchen = matches!(number.denominator(), 1 | 2 | 3 | 4 | 6 | 8 | 12 | 16);
    if kitchen || exact_places(number).is_some() {
        return None;
    }
    [1, 2, 3, 4, 8].into_iter().find_map(|parts| {
        let near = number.rounded_to(Rational::new(1, parts)?)?;
        let apart = near.max(number).minus(near.min(number))?;
        let furthest = number.times(Rational::new(READING_PERCENT, 100)?)?;
        (!near.is_zero() && apart <= furthest).then_some(near)
    })
}

/// How many decimals write it exactly, when three are enough.
fn exact_places(number: Rational) -> Option<u32> {
    let (numerator, denominator) = wide(number);
    (0..=3).find(|places| (numerator * 10_u128.pow(*places)).is_multiple_of(denominator))
}

/// How many decimals show three significant digits; of what is smaller than a cook writes, as many as are read.
fn significant_places(number: Rational) -> u32 {
    let (numerator, denominator) = wide(number);
    let shows = |digits, places: u32| numerator * 10_u128.pow(places) >= digits * denominator;
    let places = (0..=14).find(|places| shows(100, *places)).unwrap_or(14);
    match shows(1, MAX_DECIMALS) {
        true => places.min(MAX_DECIMALS),
        false => places,
    }
}

fn wide(number: Rational) -> (u128, u128) {
    (
        u128::from(number.numerator()),
        u128::from(number.denominator()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(numerator: u128, denominator: u128) -> Rational {
        Rational::new(numerator, denominator).unwrap()
    }

    #[test]
    fn fractions_are_written_as_on_a_measuring_cup() {
        assert_eq!(as_fraction(number(3, 2)), "1 1/2");
        assert_eq!(as_fraction(number(1, 3)), "1/3");
        assert_eq!(as_fraction(number(4, 2)), "2");
        assert_eq!(as_fraction(number(22, 10)), "2.2");
        assert_eq!(as_fraction(number(1, 7)), "0.143");
    }

    #[test]
    fn metric_amounts_are_written_with_decimals() {
        let kilogram = Unit::recognise("kg");
        let half = Quantity::Exactly(number(1, 2));
        assert_eq!(half.written_for(kilogram.as_ref()), "0.5");
        assert_eq!(half.written_for(None), "1/2");
        assert_eq!(as_decimal(number(1000, 3)), "333");
        assert_eq!(as_decimal(number(1, 1_000_000)), "0.000001");
    }

    #[test]
    fn what_no_cup_and_no_scale_shows_is_read_as_what_is_near() {
        let gram = Unit::recognise("g");
        let cup = Unit::recognise("cup");
        for (quantity, unit, read) in [
            (number(15, 7), &cup, "2 1/8"),
            (number(20, 7), &cup, "2 7/8"),
            (number(1, 7), &cup, "0.143"),
            (number(5, 12), &cup, "5/12"),
            (number(71, 7), &None, "10"),
            (number(100, 3), &gram, "33"),
            (number(25, 3), &gram, "8.33"),
            (number(125, 2), &gram, "62.5"),
        ] {
            let quantity = Quantity::Exactly(quantity);
            assert_eq!(quantity.written_for(unit.as_ref()), read);
        }
    }

    #[test]
    fn two_and_more_stand_in_the_plural() {
        let words = |low, high, unit| {
            let quantity = Quantity::between(low, high).unwrap_or(Quantity::Exactly(low));
            Amount::of(quantity, Unit::recognise(unit)).in_words()
        };
        assert_eq!(words(number(3, 1), number(3, 1), "cup"), "3 cups");
        assert_eq!(words(number(1, 1), number(2, 1), "clove"), "1-2 cloves");
        assert_eq!(words(number(3, 2), number(3, 2), "cup"), "1 1/2 cup");
        assert_eq!(words(number(2, 1), number(2, 1), "l"), "2 l");
    }

    #[test]
    fn ranges_and_words_survive_storage() {
        for stored in ["3/2", "2-3", "1/2-3/4", "to taste", "a few"] {
            let quantity = Quantity::try_from(stored.to_owned()).unwrap();
            assert_eq!(String::from(quantity), stored);
        }
        assert!(Quantity::try_from("3-2".to_owned()).is_err());
        assert!(Quantity::try_from("1/0".to_owned()).is_err());
    }
}
