//! Oven and meat temperatures in the text of a step: finds them and writes them in the other scale.
//! It leaves every other character as it is.

use std::fmt::Write as _;

use super::unit::System;

/// The text with its temperatures in the scale of `system`; `None` when there is nothing to change.
pub(super) fn converted(text: &str, system: System) -> Option<String> {
    let mut rewritten = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(digit) = text.as_bytes()[at..].iter().position(u8::is_ascii_digit) {
        let start = at + digit;
        at = start + 1;
        if starts_a_number(text, start)
            && let Some(found) = read(&text[start..])
            && found.scale != scale_of(system)
        {
            rewritten.push_str(&text[copied..start]);
            found.write_in_scale_of(system, &mut rewritten);
            copied = start + found.length;
            at = copied;
        }
    }
    (copied > 0).then(|| {
        rewritten.push_str(&text[copied..]);
        rewritten
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Celsius,
    Fahrenheit,
}

fn scale_of(system: System) -> Scale {
    match system {
        System::Metric => Scale::Celsius,
        System::Us => Scale::Fahrenheit,
    }
}

struct Temperature {
    degrees: i32,
    /// The upper end, in "180-200 °C".
    up_to: Option<i32>,
    scale: Scale,
    /// Bytes of text that it takes.
    length: usize,
}

impl Temperature {
    fn write_in_scale_of(&self, system: System, written: &mut String) {
        let convert = match system {
            System::Metric => celsius,
            System::Us => fahrenheit,
        };
        let unit = match system {
            System::Metric => "°C",
            System::Us => "°F",
        };
        let degrees = convert(self.degrees);
        // Writing to a String cannot fail.
        match self.up_to {
            Some(up_to) => write!(written, "{degrees}-{} {unit}", convert(up_to)),
            None => write!(written, "{degrees} {unit}"),
        }
        .ok();
    }
}

/// Ovens are set in tens; a thermometer in meat or milk is read to the degree.
fn celsius(fahrenheit: i32) -> i32 {
    let exact = f64::from(fahrenheit - 32) * 5.0 / 9.0;
    nearest(exact, if exact >= 120.0 { 10 } else { 1 })
}

/// Ovens are marked every 25 degrees: 180 °C is written 350 °F, as in any cookbook's table.
fn fahrenheit(celsius: i32) -> i32 {
    let exact = f64::from(celsius) * 9.0 / 5.0 + 32.0;
    nearest(exact, if exact >= 250.0 { 25 } else { 1 })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most four digits come in"
)]
fn nearest(exact: f64, step: i32) -> i32 {
    (exact / f64::from(step)).round() as i32 * step
}

fn starts_a_number(text: &str, start: usize) -> bool {
    let before = text[..start].chars().next_back();
    text[start..].starts_with(|c: char| c.is_ascii_digit())
        && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | '/'))
}

/// "350F", "350 °F", "350 degrees Fahrenheit", "180-200C". A bare "350°" has no scale and is no temperature here.
fn read(text: &str) -> Option<Temperature> {
    let (degrees, rest) = digits(text)?;
    let after_dash = rest
        .trim_start()
        .strip_prefix(['-', '–'])
        .map(str::trim_start);
    let (up_to, rest) = match after_dash.and_then(digits) {
        Some((up_to, rest)) => (Some(up_to), rest),
        None => (None, rest),
    };
    let rest = rest.trim_start();
    let rest = ["°", "º", "degrees", "degree", "deg"]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
        .unwrap_or(rest)
        .trim_start();
    let letters = rest
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(rest.len());
    let scale = match &rest[..letters] {
        "F" | "f" | "Fahrenheit" | "fahrenheit" => Scale::Fahrenheit,
        "C" | "c" | "Celsius" | "celsius" | "Centigrade" | "centigrade" => Scale::Celsius,
        _ => return None,
    };
    let length = text.len() - rest.len() + letters;
    Some(Temperature {
        degrees,
        up_to,
        scale,
        length,
    })
}

/// Two to four digits: fewer or more are no temperature in a kitchen.
fn digits(text: &str) -> Option<(i32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    if !(2..=4).contains(&end) {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oven_temperatures_follow_the_cookbook_table() {
        for (us, metric) in [
            ("Bake at 350F.", "Bake at 180 °C."),
            ("Bake at 400 °F for 20 min", "Bake at 200 °C for 20 min"),
            ("325-350 degrees Fahrenheit", "160-180 °C"),
            (
                "until it reaches 165°F inside",
                "until it reaches 74 °C inside",
            ),
        ] {
            assert_eq!(converted(us, System::Metric).as_deref(), Some(metric));
        }
        assert_eq!(
            converted("at 180C (fan)", System::Us).as_deref(),
            Some("at 350 °F (fan)")
        );
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "Add 200 Cherries",
            "20 minutes",
            "step 3",
            "12345F",
            "Bake at 350°",
            "1/20F",
        ] {
            assert_eq!(converted(text, System::Metric), None, "{text}");
        }
    }
}
