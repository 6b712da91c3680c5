//! Finds cooking times in the text of a step, for clients that want to offer a timer. The text itself stays as it is.

use std::ops::Range;

/// A time that a step names: "20 minutes", "1 hour 30 min", "20-25 min".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// The shorter time of a range, else the time.
    pub seconds: u64,
    /// The longer time of a range.
    pub up_to_seconds: Option<u64>,
}

/// All times in the text, in order.
pub fn find(text: &str) -> Vec<Timer> {
    let mut found: Vec<Timer> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..]
        .find(|c: char| c.is_ascii_digit())
        .map(|at| from + at)
    {
        match read(text, start) {
            Some(timer) => {
                from = timer.at.end;
                push_or_join(text, &mut found, timer);
            }
            None => {
                from = start
                    + text[start..]
                        .find(|c: char| !c.is_ascii_digit())
                        .unwrap_or(text.len() - start)
            }
        }
    }
    found
}

/// "1 hour 30 minutes" and "1 hour and 30 minutes" are one time.
fn push_or_join(text: &str, found: &mut Vec<Timer>, timer: Timer) {
    if let Some(last) = found.last_mut() {
        let between = text[last.at.end..timer.at.start].trim();
        let is_smaller =
            timer.seconds < 3600 && last.seconds >= 3600 && last.seconds.is_multiple_of(3600);
        if matches!(between, "" | "and")
            && is_smaller
            && last.up_to_seconds.is_none()
            && timer.up_to_seconds.is_none()
        {
            last.seconds = last.seconds.saturating_add(timer.seconds);
            last.at.end = timer.at.end;
            return;
        }
    }
    found.push(timer);
}

fn read(text: &str, start: usize) -> Option<Timer> {
    let (low, rest) = number(&text[start..])?;
    let (high, rest) = match upper_end(rest) {
        Some((high, rest)) => (Some(high), rest),
        None => (None, rest),
    };
    let rest = rest.trim_start_matches([' ', '-']);
    let letters = rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len());
    let unit = match rest[..letters].to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "day" | "days" => 86_400.0,
        _ => return None,
    };
    Some(Timer {
        at: start..text.len() - rest.len() + letters,
        seconds: seconds(low * unit),
        up_to_seconds: high.map(|high| seconds(high * unit)),
    })
}

fn upper_end(rest: &str) -> Option<(f64, &str)> {
    let rest = rest.trim_start();
    let rest = ["-", "–", "to ", "or "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))?;
    number(rest.trim_start())
}

/// "20", "1.5", "1/2", "1 1/2", "1½".
fn number(text: &str) -> Option<(f64, &str)> {
    let (whole, rest) = plain(text)?;
    if let Some((divisor, rest)) = rest.strip_prefix('/').and_then(plain) {
        return (divisor > 0.0).then_some((whole / divisor, rest));
    }
    let spaced = rest.trim_start();
    if let Some(half) = spaced.strip_prefix('½') {
        return Some((whole + 0.5, half));
    }
    if let Some((top, tail)) = plain(spaced)
        && let Some((bottom, tail)) = tail.strip_prefix('/').and_then(plain)
        && bottom > top
    {
        return Some((whole + top / bottom, tail));
    }
    Some((whole, rest))
}

fn plain(text: &str) -> Option<(f64, &str)> {
    // No further than one digit too many: "1.1.1.1…" would else be read to its end from each "1".
    let part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let end = text.bytes().take(8).take_while(part).count();
    let digits = text[..end].trim_end_matches('.');
    (1..=6).contains(&digits.len()).then_some(())?;
    Some((digits.parse().ok()?, &text[digits.len()..]))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "six digits of days at most, none negative"
)]
fn seconds(exact: f64) -> u64 {
    exact.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_times_that_cooks_write() {
        for (text, seconds, up_to) in [
            ("Bake for 20 minutes.", 1200, None),
            ("Rest 1 1/2 hours", 5400, None),
            ("20-25 min", 1200, Some(1500)),
            ("boil 3 to 4 minutes", 180, Some(240)),
            ("1 hour and 30 minutes", 5400, None),
            ("1h 30min", 5400, None),
            ("a 90-second blast", 90, None),
        ] {
            let found = find(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(
                (found[0].seconds, found[0].up_to_seconds),
                (seconds, up_to),
                "{text}"
            );
        }
    }

    #[test]
    fn says_where_in_the_text_they_stand() {
        let text = "Fry 5 min, then bake 1 hour.";
        let found: Vec<&str> = find(text)
            .into_iter()
            .map(|timer| &text[timer.at])
            .collect();
        assert_eq!(found, ["5 min", "1 hour"]);
        assert_eq!(find("Add 2 eggs and 200 ml milk"), []);
    }
}
