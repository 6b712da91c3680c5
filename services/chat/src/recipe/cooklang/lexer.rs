//! Cuts Cooklang text into tokens, each with its place in the text. It looks at every character once and knows no grammar.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// ">>"
    Metadata,
    /// A character that means something in some place.
    Sign(char),
    /// Letters, digits and what is neither space nor punctuation.
    Word,
    /// A backslash and the character that it takes the meaning from.
    Escaped,
    Space,
    Newline,
    /// "-- to the end of the line", "[- to the next -]", and a backslash at the very end.
    Comment,
    /// Any other punctuation.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// In bytes.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of a text, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let (kind, length) = read(&self.text[start..])?;
        self.at += length;
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }
}

/// The kind and length of the token that the text begins with.
fn read(rest: &str) -> Option<(Kind, usize)> {
    let mut letters = rest.chars();
    let first = letters.next()?;
    let next = letters.next();
    let own = first.len_utf8();
    let run = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
    Some(match (first, next) {
        ('\\', Some(next)) => (Kind::Escaped, own + next.len_utf8()),
        ('\\', None) => (Kind::Comment, own),
        ('>', Some('>')) => (Kind::Metadata, 2),
        ('-', Some('-')) => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        ('[', Some('-')) => {
            let close = rest[2..].find("-]").map(|at| at + 4);
            (Kind::Comment, close.unwrap_or(rest.len()))
        }
        ('\n', _) => (Kind::Newline, 1),
        ('\r', Some('\n')) => (Kind::Newline, 2),
        ('>' | ':' | '@' | '#' | '~' | '?' | '=' | '%' | '{' | '}' | '(' | ')', _) => {
            (Kind::Sign(first), own)
        }
        _ if is_space(first) => (Kind::Space, run(is_space)),
        _ if is_word(first) => (Kind::Word, run(is_word)),
        _ => (Kind::Other, own),
    })
}

fn is_space(letter: char) -> bool {
    letter.is_whitespace() && letter != '\n'
}

/// Symbols such as "°" and "$" may stand in a name of one word; punctuation of any script ends it.
fn is_word(letter: char) -> bool {
    match letter {
        _ if letter.is_alphanumeric() => true,
        '$' | '^' | '`' | '<' => true,
        _ => !(letter.is_ascii() || letter.is_whitespace() || is_punctuation(letter)),
    }
}

/// The punctuation outside ASCII that stands in recipes.
fn is_punctuation(letter: char) -> bool {
    matches!(
        letter,
        '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{37e}' | '\u{387}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{2043}'
            | '\u{2045}'..='\u{2051}' | '\u{2053}'..='\u{205e}' | '\u{2e00}'..='\u{2e5d}' | '\u{3001}'..='\u{3003}'
            | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{30fb}' | '\u{ff01}'..='\u{ff03}' | '\u{ff05}'..='\u{ff0a}'
            | '\u{ff0c}'..='\u{ff0f}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff1f}' | '\u{ff20}' | '\u{ff3b}'..='\u{ff3d}'
            | '\u{ff5f}'..='\u{ff65}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        Lexer::new(text)
            .map(|token| (token.kind, &text[token.start..token.end]))
            .collect()
    }

    #[test]
    fn every_byte_belongs_to_one_token() {
        let text = "@crème fraîche{1/2%cup}(warm) -- so\r\n>> a: b\n\\@é\\";
        let mut at = 0;
        for token in Lexer::new(text) {
            assert_eq!(token.start, at);
            at = token.end;
        }
        assert_eq!(at, text.len());
    }

    #[test]
    fn comments_and_escapes_are_told_from_text() {
        use Kind::{Comment, Escaped, Newline, Other, Sign, Space, Word};
        assert_eq!(
            kinds("a- [-b\n-]\\@-- c\n[-"),
            [
                (Word, "a"),
                (Other, "-"),
                (Space, " "),
                (Comment, "[-b\n-]"),
                (Escaped, "\\@"),
                (Comment, "-- c"),
                (Newline, "\n"),
                (Comment, "[-")
            ]
        );
        assert_eq!(
            kinds("@20°—x"),
            [(Sign('@'), "@"), (Word, "20°"), (Other, "—"), (Word, "x")]
        );
    }
}
