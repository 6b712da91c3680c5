//! Cuts Cooklang tokens into blocks: metadata, sections, steps, and the notes that no step needs.

use super::lexer::{Kind, Lexer, Token};

/// A part of a document. Step tokens are without the empty lines around them.
#[derive(Debug)]
pub(super) enum Block<'b> {
    /// ">> key: value", where there is no front matter.
    Metadata {
        key: &'b [Token],
        value: &'b [Token],
    },
    /// "= name =".
    Section {
        name: &'b [Token],
    },
    Step(&'b [Token]),
    /// "> …": a note to the reader.
    Note(&'b [Token]),
}

/// The blocks of a text, read one after the other into one buffer.
#[derive(Debug)]
pub(super) struct Blocks<'t> {
    tokens: std::iter::Peekable<Lexer<'t>>,
    buffer: Vec<Token>,
    /// Whether ">>" begins metadata. Under front matter it is text.
    metadata: bool,
}

impl<'t> Blocks<'t> {
    pub(super) fn new(text: &'t str, metadata: bool) -> Self {
        Self {
            tokens: Lexer::new(text).peekable(),
            buffer: Vec::new(),
            metadata,
        }
    }

    /// The next block, or `None` at the end.
    pub(super) fn next(&mut self) -> Option<Block<'_>> {
        self.fill()?;
        let block = self.buffer.as_slice();
        if block.first()?.kind == Kind::Sign('>') {
            return Some(Block::Note(&block[1..]));
        }
        let other = match block.first()?.kind {
            Kind::Metadata if self.metadata => metadata(block),
            Kind::Sign('=') => section(block),
            _ => None,
        };
        Some(other.unwrap_or(Block::Step(block)))
    }

    /// Reads lines up to an empty one; those that begin with ">>" or "=" stand alone.
    fn fill(&mut self) -> Option<()> {
        loop {
            self.buffer.clear();
            let alone = self.single_line_ahead();
            let empty = self.pull_line()?;
            if empty {
                continue;
            }
            while !alone && !self.single_line_ahead() {
                let before = self.buffer.len();
                match self.pull_line() {
                    None => break,
                    Some(true) => {
                        self.buffer.truncate(before);
                        break;
                    }
                    Some(false) => {}
                }
            }
            while self
                .buffer
                .last()
                .is_some_and(|last| last.kind == Kind::Newline)
            {
                self.buffer.pop();
            }
            return Some(());
        }
    }

    fn single_line_ahead(&mut self) -> bool {
        let first = self.tokens.peek().map(|token| token.kind);
        matches!(first, Some(Kind::Metadata | Kind::Sign('=')))
    }

    /// Takes a line, and tells whether it is empty but for spaces and comments. `None` at the end.
    fn pull_line(&mut self) -> Option<bool> {
        self.tokens.peek()?;
        let mut empty = true;
        for token in self.tokens.by_ref() {
            self.buffer.push(token);
            empty &= matches!(token.kind, Kind::Space | Kind::Comment | Kind::Newline);
            if token.kind == Kind::Newline {
                break;
            }
        }
        Some(empty)
    }
}

fn metadata(block: &[Token]) -> Option<Block<'_>> {
    let colon = block
        .iter()
        .position(|token| token.kind == Kind::Sign(':'))?;
    Some(Block::Metadata {
        key: &block[1..colon],
        value: &block[colon + 1..],
    })
}

/// `None` when more than the name stands between and behind the signs.
fn section(block: &[Token]) -> Option<Block<'_>> {
    let sign = |token: &&Token| token.kind == Kind::Sign('=');
    let rest = &block[block.iter().take_while(sign).count()..];
    let (name, rest) = rest.split_at(rest.iter().take_while(|token| !sign(token)).count());
    let mut rest = rest.iter().skip_while(sign);
    let ends = rest.all(|token| matches!(token.kind, Kind::Space | Kind::Comment));
    ends.then_some(Block::Section { name })
}
