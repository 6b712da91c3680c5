//! Reads what stands in the braces of a Cooklang component: "1 1/2%cups", "=2", "a good pinch".

use super::lexer::{Kind, Token};
use super::words::trimmed;

/// An amount as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    /// Numbers in the form that the recipe language reads.
    pub(super) value: String,
    pub(super) unit: Option<String>,
}

/// Why a component means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("nothing stands between \"{sign}\" and \"{{\"; write a name there")]
    NoName { sign: char },
    #[error("a timer needs a time, as in \"~{{20%minutes}}\"")]
    EmptyTimer,
    #[error("there is a unit but no amount; write one before the \"%\"")]
    NoAmount,
    #[error("an amount divides by zero")]
    ZeroDivision,
}

impl Quantity {
    /// Reads the tokens inside the braces; `None` when there are none but spaces.
    pub(super) fn read(text: &str, tokens: &[Token]) -> Result<Option<Self>, Fault> {
        let blank = |token: &&Token| matches!(token.kind, Kind::Space | Kind::Comment);
        let mut rest = &tokens[tokens.iter().take_while(blank).count()..];
        if rest.is_empty() {
            return Ok(None);
        }
        // "=" keeps the amount from being scaled.
        if rest[0].kind == Kind::Sign('=') {
            rest = &rest[1..];
        }
        let percent = rest.iter().position(|token| token.kind == Kind::Sign('%'));
        let value = trimmed(text, &rest[..percent.unwrap_or(rest.len())]);
        if value.is_empty() {
            return Err(Fault::NoAmount);
        }
        let unit = percent.map(|percent| trimmed(text, &rest[percent + 1..]));
        Ok(Some(Self {
            value: number(&value)?.unwrap_or(value),
            unit: unit.filter(|unit| !unit.is_empty()),
        }))
    }

    /// "20 minutes".
    pub(super) fn in_words(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} {unit}", self.value),
            None => self.value.clone(),
        }
    }
}

/// More digits than any amount has.
const LONGEST_NUMBER: usize = 40;

/// A number in one form: "1.50" as "1.5", "1 / 2" as "1/2". `None` when it is something else.
fn number(value: &str) -> Result<Option<String>, Fault> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if value.len() > LONGEST_NUMBER {
        return Ok(None);
    }
    if let Some((above, below)) = value.split_once('/') {
        let (below, mut above) = (below.trim(), above.split_whitespace());
        let (first, second) = (above.next().unwrap_or_default(), above.next());
        if above.next().is_some()
            || ![first, second.unwrap_or("0"), below]
                .into_iter()
                .all(digits)
        {
            return Ok(None);
        }
        if below.trim_start_matches('0').is_empty() {
            return Err(Fault::ZeroDivision);
        }
        return Ok(Some(match second {
            Some(second) => format!("{first} {second}/{below}"),
            None => format!("{first}/{below}"),
        }));
    }
    let decimals = value.split_once('.');
    let leading_zero = value.len() > 1 && value.starts_with('0');
    let plain = match decimals {
        Some((whole, decimals)) => (whole.is_empty() || digits(whole)) && digits(decimals),
        None => digits(value) && !leading_zero,
    };
    let number = value.parse::<f64>().ok().filter(|_| plain);
    Ok(number.map(|number| number.to_string()))
}
