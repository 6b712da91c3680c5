//! Exact, non-negative fractions with a ceiling, so that scaling up and down loses nothing and no input can overflow.
//! It does not know about kitchens; `quantity` decides how a fraction is written.

use std::cmp::Ordering;
use std::fmt;

/// A reduced fraction. Numerator and denominator never exceed [`Rational::CEILING`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: u64,
    denominator: u64,
}

impl Rational {
    /// The largest numerator or denominator; every operation beyond it answers `None`.
    pub const CEILING: u64 = 1_000_000_000_000;
    pub const ZERO: Self = Self::whole(0);
    pub const ONE: Self = Self::whole(1);

    pub const fn whole(number: u32) -> Self {
        Self {
            numerator: number as u64,
            denominator: 1,
        }
    }

    /// `None` when the denominator is zero or the reduced fraction is beyond the ceiling.
    pub fn new(numerator: u128, denominator: u128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        let within = |part: u128| {
            u64::try_from(part / divisor)
                .ok()
                .filter(|n| *n <= Self::CEILING)
        };
        Some(Self {
            numerator: within(numerator)?,
            denominator: within(denominator)?,
        })
    }

    pub fn numerator(self) -> u64 {
        self.numerator
    }

    pub fn denominator(self) -> u64 {
        self.denominator
    }

    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The number itself when nothing is left over.
    pub fn as_whole(self) -> Option<u64> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        let (a, b, c, d) = self.crossed(other);
        Self::new(a * d + c * b, b * d)
    }

    /// `None` when the result would be below zero.
    pub fn minus(self, other: Self) -> Option<Self> {
        let (a, b, c, d) = self.crossed(other);
        Self::new((a * d).checked_sub(c * b)?, b * d)
    }

    pub fn times(self, other: Self) -> Option<Self> {
        let (a, b, c, d) = self.crossed(other);
        Self::new(a * c, b * d)
    }

    /// `None` when `other` is zero.
    pub fn over(self, other: Self) -> Option<Self> {
        let (a, b, c, d) = self.crossed(other);
        Self::new(a * d, b * c)
    }

    /// The nearest multiple of `step`, halves upwards. A zero step changes nothing.
    pub fn rounded_to(self, step: Self) -> Option<Self> {
        if step.is_zero() {
            return Some(self);
        }
        let steps = self.over(step)?;
        Self::new(u128::from(steps.rounded()), 1)?.times(step)
    }

    /// The nearest whole number, halves upwards.
    pub fn rounded(self) -> u64 {
        let doubled = 2 * self.numerator + self.denominator;
        doubled / (2 * self.denominator)
    }

    /// Both fractions as wide integers: below the ceiling no product or sum of two overflows.
    fn crossed(self, other: Self) -> (u128, u128, u128, u128) {
        (
            u128::from(self.numerator),
            u128::from(self.denominator),
            u128::from(other.numerator),
            u128::from(other.denominator),
        )
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b, c, d) = self.crossed(*other);
        (a * d).cmp(&(c * b))
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rational {
    /// The exact form, `3/2` or `2`, as it is stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: u128, denominator: u128) -> Rational {
        Rational::new(numerator, denominator).unwrap()
    }

    #[test]
    fn fractions_are_kept_reduced() {
        assert_eq!(fraction(6, 4), fraction(3, 2));
        assert_eq!(fraction(6, 4).to_string(), "3/2");
    }

    #[test]
    fn what_is_beyond_the_ceiling_is_refused_and_never_wraps() {
        let large = fraction(u128::from(Rational::CEILING), 1);
        assert_eq!(large.times(large), None);
        assert_eq!(large.plus(Rational::ONE), None);
        assert_eq!(Rational::new(1, 0), None);
        assert_eq!(Rational::ONE.minus(Rational::whole(2)), None);
    }

    #[test]
    fn rounds_to_the_nearest_step() {
        assert_eq!(
            fraction(9, 10).rounded_to(fraction(1, 4)),
            Some(Rational::ONE)
        );
        assert_eq!(
            fraction(1765, 10).rounded_to(Rational::whole(5)),
            Some(Rational::whole(175))
        );
        assert_eq!(fraction(1, 2).rounded(), 1);
    }
}
