//! The text of a message as every service keeps it. It is read by one rule everywhere, so that the edge knows the
//! text that the chat service stores, and both count the same.

use std::{fmt, str::FromStr, sync::Arc};

/// How many characters a message may have.
pub const MAX_MESSAGE_CHARS: usize = 4_000;

/// Text that cannot be a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessageText {
    /// Nothing that can be read is in it.
    #[error("a message must have at least one character that can be read")]
    Empty,
    /// It has more than [`MAX_MESSAGE_CHARS`] characters.
    #[error("a message may have at most 4,000 characters; send it in parts")]
    TooLong,
}

/// What was written: 1 to 4,000 characters, trimmed. Line breaks of every kind are `\n`; tabs stay; other control
/// characters are left out, since nobody can read them, and not every database can keep them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MessageText(Arc<str>);

impl MessageText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Text that was accepted before, by whatever rule held then: nothing of it is refused.
    pub fn stored(text: &str) -> Self {
        match readable(text) {
            kept if kept.is_empty() => Self("\u{fffd}".into()),
            kept => Self(kept.into()),
        }
    }
}

impl FromStr for MessageText {
    type Err = InvalidMessageText;

    fn from_str(text: &str) -> Result<Self, InvalidMessageText> {
        let kept = readable(text);
        // A character has at least one byte, so most texts need no counting.
        if kept.len() > MAX_MESSAGE_CHARS && kept.chars().count() > MAX_MESSAGE_CHARS {
            return Err(InvalidMessageText::TooLong);
        }
        match kept.is_empty() {
            true => Err(InvalidMessageText::Empty),
            false => Ok(Self(kept.into())),
        }
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn readable(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            // Vertical tab, form feed and next line are line breaks of other programs.
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' => kept.push('\n'),
            '\n' | '\t' => kept.push(character),
            control if control.is_control() => {}
            other => kept.push(other),
        }
    }
    let trimmed = kept.trim();
    match trimmed.len() == kept.len() {
        true => kept,
        false => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, InvalidMessageText>) {
        let read = text.parse::<MessageText>();
        assert_eq!(
            read.as_ref().map(MessageText::as_str),
            expected.as_ref().copied()
        );
        if let Ok(read) = read {
            assert_eq!(
                read.as_str().parse(),
                Ok(read),
                "reading it again changes nothing"
            );
        }
    }

    #[test]
    fn a_message_is_trimmed_and_counted_in_characters() {
        check("  hi \n", Ok("hi"));
        check(&"é".repeat(4_000), Ok(&"é".repeat(4_000)));
        check(&"é".repeat(4_001), Err(InvalidMessageText::TooLong));
        check(" \t\n ", Err(InvalidMessageText::Empty));
    }

    #[test]
    fn control_characters_are_left_out_and_line_breaks_are_of_one_kind() {
        check("a\0b\u{7}c\u{1b}[31m\u{7f}\u{9b}", Ok("abc[31m"));
        check(
            "one\r\ntwo\rthree\u{b}four\tfive",
            Ok("one\ntwo\nthree\nfour\tfive"),
        );
        check(&"\u{7}".repeat(4_000), Err(InvalidMessageText::Empty));
        check("\0 hi \0", Ok("hi"));
    }

    #[test]
    fn what_was_accepted_before_can_always_be_read() {
        for (stored, read) in [
            ("a\u{7}b", "ab"),
            ("\u{7}\u{7}", "\u{fffd}"),
            ("", "\u{fffd}"),
        ] {
            assert_eq!(MessageText::stored(stored).as_str(), read);
        }
        let long = "x".repeat(5_000);
        assert_eq!(MessageText::stored(&long).as_str(), long);
    }
}
