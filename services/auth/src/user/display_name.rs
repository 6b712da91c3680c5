//! The name that others see: any script, and nothing that cannot be seen or that moves the text around it.

use std::{fmt, str::FromStr, sync::Arc};

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// How many characters a display name may have.
const MAX_CHARS: usize = 64;
/// How many marks one letter may carry: no script needs more, and towers of them cover other lines.
const MAX_MARKS: usize = 4;
/// Join and part the letters of some scripts, and the signs of an emoji; between two characters only.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
/// Letters and symbols by category that show nothing.
const BLANKS: [char; 9] = [
    '\u{34f}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{17b5}',
    '\u{2800}',
    '\u{3164}',
    '\u{ffa0}',
    '\u{1d159}',
];

/// 1 to 64 characters, composed (NFC), trimmed, with single spaces.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DisplayName(Arc<str>);

/// Why a text cannot be a display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDisplayName {
    #[error("The display name must have 1 to 64 characters")]
    Length,
    #[error(
        "The display name may hold no control characters, none that cannot be seen, and none that turn the text"
    )]
    Characters,
}

impl DisplayName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = InvalidDisplayName;

    fn from_str(text: &str) -> Result<Self, InvalidDisplayName> {
        // Composing never makes a text of this length many times longer, and nothing longer is composed.
        if text.len() > 16 * MAX_CHARS {
            return Err(InvalidDisplayName::Length);
        }
        let words: Vec<&str> = text
            .split(is_space)
            .filter(|word| !word.is_empty())
            .collect();
        let name: String = words.join(" ").nfc().collect();
        if !(1..=MAX_CHARS).contains(&name.chars().count()) {
            return Err(InvalidDisplayName::Length);
        }
        match is_shown(&name) {
            true => Ok(Self(name.into())),
            false => Err(InvalidDisplayName::Characters),
        }
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn is_space(character: char) -> bool {
    get_general_category(character) == GeneralCategory::SpaceSeparator
}

/// Whether every character can be seen, and at least one stands by itself.
fn is_shown(name: &str) -> bool {
    let (mut marks, mut before, mut stands) = (0, None, false);
    for character in name.chars() {
        let category = get_general_category(character);
        let mark = matches!(
            category,
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        );
        let unseen = match category {
            GeneralCategory::Format => {
                let between = before.is_some_and(|before| before != ' ');
                !(JOINERS.contains(&character) && between && stands)
            }
            GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned => true,
            _ => BLANKS.contains(&character),
        };
        marks = if mark { marks + 1 } else { 0 };
        let joined_twice =
            JOINERS.contains(&character) && before.is_some_and(|before| JOINERS.contains(&before));
        if unseen || joined_twice || marks > MAX_MARKS || (mark && !stands) {
            return false;
        }
        stands |= !mark && character != ' ';
        before = Some(character);
    }
    stands && before.is_some_and(|last| !JOINERS.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, InvalidDisplayName>) {
        let name = text.parse::<DisplayName>();
        let name = name.as_ref().map(DisplayName::as_str).map_err(|why| *why);
        assert_eq!(name, expected, "{text:?}");
    }

    #[test]
    fn a_display_name_has_any_script() {
        for name in [
            "Ada Lovelace",
            "Zoë",
            "山田 太郎",
            "أحمد",
            "דנה",
            "नमस्ते",
            "Анна-Мария O’Neill, PhD",
            "👩‍🍳 Chef",
            "می\u{200c}خواهم",
            "1",
        ] {
            check(name, Ok(name));
        }
        check("  Ada \u{a0}\u{3000} Lovelace ", Ok("Ada Lovelace"));
        check("Zoe\u{308}", Ok("Zoë"));
        check(&"é".repeat(64), Ok(&"é".repeat(64)));
    }

    #[test]
    fn a_display_name_holds_nothing_that_cannot_be_seen_or_turns_the_text() {
        for text in ["", "   ", &"x".repeat(65), &"\u{a0}".repeat(5_000)] {
            check(text, Err(InvalidDisplayName::Length));
        }
        for text in [
            "Ada\nLovelace",
            "Ada\0",
            "\u{202e}ada",
            "a\u{200b}da",
            "a\u{2066}b",
            "\u{200f}ada",
            "\u{feff}ada",
            "ad\u{ad}a",
            "\u{3164}",
            "\u{2800}",
            "\u{301}a",
            "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
            "ada\u{200d}",
            "a\u{200d}\u{200d}b",
            "a \u{200d}b",
            "\u{e000}",
            "a\u{2028}b",
            "a\u{e0041}b",
        ] {
            check(text, Err(InvalidDisplayName::Characters));
        }
    }
}
