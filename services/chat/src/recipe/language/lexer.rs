//! Cuts a line into words, numbers, quoted names and marks, each with its place in the line.
//! Numbers are read in every form that cooks type: 2, 1.5, 1,5, 1,000, 1/2, ½. It knows no grammar.

use std::borrow::Cow;

use crate::recipe::quantity::MAX_DECIMALS;
use crate::recipe::rational::Rational;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As it stands in the line; what is inside, for a quotation.
    pub(super) text: &'a str,
    pub(super) lower: Cow<'a, str>,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Word,
    Number(Rational),
    /// Digits beyond any amount that can be kept.
    TooBig,
    Quoted,
    Mark(char),
}

pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = line[at..].chars().next() {
        if first.is_whitespace() || first.is_control() {
            at += first.len_utf8();
            continue;
        }
        let token = read(line, at, first);
        at = token.end;
        found.push(token);
    }
    found
}

fn read(line: &str, start: usize, first: char) -> Token<'_> {
    let rest = &line[start..];
    if first.is_ascii_digit()
        || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        return number(line, start);
    }
    if let Some(fraction) = vulgar_fraction(first) {
        return token(
            line,
            start,
            start + first.len_utf8(),
            Kind::Number(fraction),
        );
    }
    if let Some(quoted) = quotation(line, start, first) {
        return quoted;
    }
    if first.is_alphanumeric() {
        return word(line, start);
    }
    let mark = match first {
        '[' | '{' | '（' => '(',
        ']' | '}' | '）' => ')',
        other => other,
    };
    token(line, start, start + first.len_utf8(), Kind::Mark(mark))
}

fn token(line: &str, start: usize, end: usize, kind: Kind) -> Token<'_> {
    let text = &line[start..end];
    Token {
        kind,
        text,
        lower: lower(text),
        start,
        end,
    }
}

/// In lower case, and with plain apostrophes. Most words are so as they stand, and are not copied.
fn lower(text: &str) -> Cow<'_, str> {
    let as_it_stands = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    match text.bytes().all(as_it_stands) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_lowercase().replace('’', "'")),
    }
}

/// Letters and digits; apostrophes and hyphens between them ("baker's", "all-purpose"); the full stop of "tsp.".
fn word(line: &str, start: usize) -> Token<'_> {
    let end = word_end(line, start);
    let token = token(line, start, end, Kind::Word);
    let last = token.lower.rsplit('-').next().unwrap_or_default();
    let counted = line[..start]
        .trim_end()
        .ends_with(|c: char| c.is_ascii_digit() || vulgar_fraction(c).is_some());
    let abbreviated = is_abbreviation(last) || (counted && matches!(last, "t" | "c" | "tb" | "dz"));
    if abbreviated && continues_after_full_stop(&line[end..]) {
        return Token {
            end: end + 1,
            ..token
        };
    }
    token
}

fn word_end(line: &str, start: usize) -> usize {
    let mut end = start;
    let mut letters = line[start..].chars().peekable();
    while let Some(letter) = letters.next() {
        let joins = matches!(letter, '\'' | '’' | '-')
            && letters.peek().is_some_and(|next| next.is_alphanumeric());
        let is_part = letter.is_alphanumeric() && vulgar_fraction(letter).is_none();
        if !(is_part || letter == '%' || (joins && end > start)) {
            break;
        }
        end += letter.len_utf8();
    }
    end
}

fn is_abbreviation(word: &str) -> bool {
    const ABBREVIATIONS: [&str; 16] = [
        "tsp", "tsps", "tbsp", "tbsps", "tbs", "oz", "lb", "lbs", "pkg", "g", "kg", "ml", "l",
        "fl", "pt", "approx",
    ];
    ABBREVIATIONS.contains(&word)
}

fn continues_after_full_stop(rest: &str) -> bool {
    rest.strip_prefix(". ")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_lowercase()))
}

const LONGEST_QUOTATION: usize = 250;

fn quotation(line: &str, start: usize, first: char) -> Option<Token<'_>> {
    let close: &[char] = match first {
        '"' => &['"'],
        '“' | '”' | '„' => &['”', '“'],
        '«' => &['»'],
        _ => return None,
    };
    let inside = start + first.len_utf8();
    // A quotation is short; looking further would make many unclosed ones slow.
    let (length, _) = line[inside..]
        .char_indices()
        .take(LONGEST_QUOTATION)
        .find(|(_, letter)| close.contains(letter))?;
    let closing = line[inside + length..].chars().next()?;
    Some(Token {
        kind: Kind::Quoted,
        end: inside + length + closing.len_utf8(),
        start,
        ..token(line, inside, inside + length, Kind::Quoted)
    })
}

fn number(line: &str, start: usize) -> Token<'_> {
    let rest = &line[start..];
    let (value, length) = number_value(rest);
    let after = &rest[length..];
    let is_name = rest.starts_with('0') && rest[1..].starts_with(|c: char| c.is_ascii_digit())
        || after.starts_with('%')
        || hyphen_and_letter(after)
        || is_ordinal(after);
    if is_name {
        // "00 flour", "2% milk", "5-spice powder", "2nd"
        return token(
            line,
            start,
            word_end(line, start).max(start + length),
            Kind::Word,
        );
    }
    token(
        line,
        start,
        start + length,
        value.map_or(Kind::TooBig, Kind::Number),
    )
}

fn hyphen_and_letter(after: &str) -> bool {
    after
        .strip_prefix('-')
        .is_some_and(|after| after.starts_with(|c: char| c.is_alphabetic()))
}

fn is_ordinal(after: &str) -> bool {
    ["st", "nd", "rd", "th"].iter().any(|suffix| {
        after
            .strip_prefix(suffix)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

/// The number at the beginning of `text` and its length in bytes; no number when it is too big.
fn number_value(text: &str) -> (Option<Rational>, usize) {
    let (mut digits, mut length) = leading_digits(text);
    // 1,000 and 12,000,000
    while let Some(group) = text[length..].strip_prefix(',').map(leading_digits)
        && group.1 == 3
        && (1..=3).contains(&digits.len()) | (digits.len() > 3)
    {
        digits.push_str(&group.0);
        length += 4;
    }
    let after = &text[length..];
    let decimals = after.strip_prefix(['.', ',']).map(leading_digits);
    match decimals {
        Some((decimals, count)) if count > 0 && (after.starts_with('.') || count <= 2) => {
            (decimal(&digits, &decimals), length + 1 + count)
        }
        _ => match after.strip_prefix('/').or_else(|| after.strip_prefix('⁄')) {
            Some(below) if below.starts_with(|c: char| c.is_ascii_digit()) => {
                let (denominator, count) = leading_digits(below);
                let slash = after.len() - below.len();
                (fraction(&digits, &denominator), length + slash + count)
            }
            _ => (fraction(&digits, "1"), length),
        },
    }
}

fn leading_digits(text: &str) -> (String, usize) {
    let length = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..length].to_owned(), length)
}

/// Programs write a third as 0.3333 and longer.
fn decimal(whole: &str, decimals: &str) -> Option<Rational> {
    const ENDLESS: [(&str, u128, u128); 6] = [
        ("3333", 1, 3),
        ("6666", 2, 3),
        ("6667", 2, 3),
        ("1666", 1, 6),
        ("1667", 1, 6),
        ("8333", 5, 6),
    ];
    let decimals = decimals
        .get(..decimals.len().min(MAX_DECIMALS as usize))
        .unwrap_or(decimals);
    let endless = ENDLESS
        .iter()
        .find(|(digits, _, _)| decimals.starts_with(digits));
    if let Some((_, numerator, denominator)) = endless {
        return Rational::new(whole.parse().ok()?, 1)?
            .plus(Rational::new(*numerator, *denominator)?);
    }
    let shift = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    Rational::new(format!("{whole}{decimals}").parse().ok()?, shift)
}

fn fraction(numerator: &str, denominator: &str) -> Option<Rational> {
    Rational::new(numerator.parse().ok()?, denominator.parse().ok()?)
}

fn vulgar_fraction(sign: char) -> Option<Rational> {
    const SIGNS: [(char, u128, u128); 18] = [
        ('½', 1, 2),
        ('⅓', 1, 3),
        ('⅔', 2, 3),
        ('¼', 1, 4),
        ('¾', 3, 4),
        ('⅕', 1, 5),
        ('⅖', 2, 5),
        ('⅗', 3, 5),
        ('⅘', 4, 5),
        ('⅙', 1, 6),
        ('⅚', 5, 6),
        ('⅐', 1, 7),
        ('⅛', 1, 8),
        ('⅜', 3, 8),
        ('⅝', 5, 8),
        ('⅞', 7, 8),
        ('⅑', 1, 9),
        ('⅒', 1, 10),
    ];
    let (_, numerator, denominator) = SIGNS.into_iter().find(|(known, _, _)| *known == sign)?;
    Rational::new(numerator, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(line: &str) -> Vec<String> {
        tokens(line)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Word => token.lower.into_owned(),
                Kind::Number(number) => format!("={number}"),
                Kind::TooBig => "too big".to_owned(),
                Kind::Quoted => format!("\"{}\"", token.text),
                Kind::Mark(mark) => mark.to_string(),
            })
            .collect()
    }

    #[test]
    fn numbers_come_in_all_forms() {
        assert_eq!(
            kinds("2 1.5 1,5 1,000 1/2 ½ 1⁄4 .5 200g 2-3"),
            [
                "=2", "=3/2", "=3/2", "=1000", "=1/2", "=1/2", "=1/4", "=1/2", "=200", "g", "=2",
                "-", "=3"
            ]
        );
        assert_eq!(
            kinds("99999999999999999999999999999999999999999999999999"),
            ["too big"]
        );
        assert_eq!(kinds("1/0"), ["too big"]);
    }

    #[test]
    fn names_may_begin_with_digits() {
        assert_eq!(kinds("00 2% 5-spice 2nd"), ["00", "2%", "5-spice", "2nd"]);
    }

    #[test]
    fn a_full_stop_belongs_to_an_abbreviation_only_inside_a_sentence() {
        assert_eq!(
            kinds("1 tsp. salt. Bake"),
            ["=1", "tsp", "salt", ".", "bake"]
        );
        assert_eq!(
            kinds("let’s add \"salt and pepper\""),
            ["let's", "add", "\"salt and pepper\""]
        );
    }
}
