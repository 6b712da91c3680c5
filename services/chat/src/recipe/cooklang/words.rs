//! What tokens say, as words.

use super::lexer::{Kind, Token};

/// What the tokens say: without comments, a space for a new line, and escaped characters as they are.
pub(super) fn plain(text: &str, tokens: &[Token]) -> String {
    let mut said = String::new();
    for token in tokens {
        match token.kind {
            Kind::Newline => said.push(' '),
            Kind::Comment => {}
            Kind::Escaped => said.push_str(&text[token.start + 1..token.end]),
            _ => said.push_str(&text[token.start..token.end]),
        }
    }
    said
}

/// As `plain`, with single spaces inside and none at the ends.
pub(super) fn trimmed(text: &str, tokens: &[Token]) -> String {
    let said = plain(text, tokens);
    let mut before = ' ';
    let mut kept = said.trim().to_owned();
    kept.retain(|letter| {
        let kept = letter != ' ' || before != ' ';
        before = letter;
        kept
    });
    kept
}
