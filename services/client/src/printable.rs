//! Text of others made safe for a terminal: what they write can be read, but moves no cursor, sets no colour and
//! hides nothing.

use std::borrow::Cow;

/// One line of text without anything that a terminal obeys. Breaks and tabs become spaces.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|c| match c {
        '\n' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_obeyed(c) => None,
        c => Some(c),
    });
    Cow::Owned(kept.collect())
}

/// A JSON text on one line, with every control character escaped. Its meaning stays.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // JSON has these between its parts only, never inside a string.
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control() => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => line.push(c),
        }
    }
    Cow::Owned(line)
}

/// Control characters, line separators, and the marks that turn the direction of what follows them.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(line("add \u{1b}[31mmilk\u{7}"), "add [31mmilk");
        assert_eq!(line("two\nlines\tand\r\nmore"), "two lines and more");
        assert_eq!(line("\u{9b}2J\u{202e}klim"), "2Jklim");
        assert_eq!(line("crème brûlée 🍮"), "crème brûlée 🍮");
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = "{\n\t\"a\":\r\n\"b\u{7f}\u{9b}\"}";
        let printed = json(text);
        assert!(!printed.chars().any(char::is_control));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&printed), value(text));
    }

    proptest! {
        #[test]
        fn a_line_has_no_control_character(text in "\\PC*|(?s).*") {
            prop_assert!(!line(&text).chars().any(is_obeyed));
        }

        #[test]
        fn plain_text_is_left_alone(text in "[a-zA-Zà-ÿ0-9 ,.!🍮]*") {
            prop_assert_eq!(line(&text), text.as_str());
        }
    }
}
