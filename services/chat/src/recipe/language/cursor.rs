//! A place in a line of tokens, and the small questions that the grammar asks there. It never moves past the end.

use super::lexer::{Kind, Token};

/// Copying it is cheap, so a rule may look ahead with a copy and keep it only when it fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    line: &'a str,
    tokens: &'a [Token<'a>],
    at: usize,
}

/// How many tokens or phrases without meaning of their own a look ahead passes over.
pub(super) const LOOK_AHEAD: usize = 8;

/// Words that may stand between two changes or two ingredients.
const JOINS: [&str; 3] = ["and", "then", "&"];

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str, tokens: &'a [Token<'a>]) -> Self {
        Self {
            line,
            tokens,
            at: 0,
        }
    }

    pub(super) fn position(self) -> usize {
        self.at
    }

    pub(super) fn token(self) -> Option<&'a Token<'a>> {
        #[cfg(test)]
        super::work::count();
        self.tokens.get(self.at)
    }

    /// The word here in lower case; empty for numbers, marks and the end.
    pub(super) fn word(self) -> &'a str {
        self.word_ahead(0)
    }

    pub(super) fn word_ahead(self, distance: usize) -> &'a str {
        Self {
            at: self.at + distance,
            ..self
        }
        .token()
        .filter(|token| token.kind == Kind::Word)
        .map_or("", |token| &*token.lower)
    }

    pub(super) fn mark(self) -> Option<char> {
        match self.token()?.kind {
            Kind::Mark(mark) => Some(mark),
            Kind::Word | Kind::Number(_) | Kind::TooBig | Kind::Quoted => None,
        }
    }

    /// Whether at most one word follows.
    pub(super) fn rest_is_short(self) -> bool {
        self.tokens.len().saturating_sub(self.at) == 0
    }

    /// A word, a number or a quotation; not a mark.
    pub(super) fn is_said(self) -> bool {
        self.token()
            .is_some_and(|token| !matches!(token.kind, Kind::Mark(_)))
    }

    /// Whether polite words or an emoji stand here.
    pub(super) fn is_small(self) -> bool {
        matches!(self.word(), "please" | "thanks" | "too")
            || self.mark().is_some_and(|mark| !mark.is_ascii())
    }

    pub(super) fn is_quoted(self) -> bool {
        self.token().is_some_and(|token| token.kind == Kind::Quoted)
    }

    pub(super) fn mark_ahead(self, distance: usize) -> Option<char> {
        Self {
            at: self.at + distance,
            ..self
        }
        .mark()
    }

    /// Whether the token here follows the one before it without a space.
    pub(super) fn follows_closely(self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        matches!((before, self.token()), (Some(before), Some(here)) if before.end == here.start)
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len());
    }

    /// Moves back over the last word; answers whether there was one.
    pub(super) fn step_back(&mut self) -> bool {
        let is_word = !self.word_before().is_empty();
        if is_word {
            self.at -= 1;
        }
        is_word
    }

    /// Moves over the words when all of them stand here in this order.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        if !words.starts_with(self.word()) {
            return false;
        }
        let mut ahead = *self;
        for word in words.split(' ') {
            if ahead.word() != word {
                return false;
            }
            ahead.advance();
        }
        *self = ahead;
        true
    }

    /// Moves over the first of the phrases that stands here.
    pub(super) fn eat_any(&mut self, phrases: &[&str]) -> bool {
        let first = self.word();
        let begins = |words: &str| {
            let rest = words.strip_prefix(first);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        !first.is_empty() && phrases.iter().any(|words| begins(words) && self.eat(words))
    }

    /// Whether the words stand here.
    pub(super) fn stands(mut self, words: &str) -> bool {
        self.eat(words)
    }

    pub(super) fn eat_mark(&mut self, mark: char) -> bool {
        let here = self.mark() == Some(mark);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn is_done(self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The end of a sentence or of the line. What stands after it is another clause.
    pub(super) fn at_stop(self) -> bool {
        match self.mark() {
            Some(';' | '!' | '?') => true,
            Some('.') => self
                .tokens
                .get(self.at + 1)
                .is_none_or(|next| next.start > self.end()),
            _ => self.is_done(),
        }
    }

    /// A stop, or a comma or word that may join another clause or item.
    pub(super) fn at_break(self) -> bool {
        self.at_stop() || self.at_join()
    }

    pub(super) fn at_join(self) -> bool {
        matches!(self.mark(), Some(',' | '&' | '+')) || JOINS.contains(&self.word())
    }

    /// Moves over stops and joins alike.
    pub(super) fn skip_breaks(&mut self) {
        while !self.is_done() && self.at_break() {
            self.advance();
        }
    }

    pub(super) fn skip_joins(&mut self) {
        while self.at_join() {
            self.advance();
        }
    }

    /// What stands behind the joins here, to look at it. Only so many are passed over: a rule that looks ahead from
    /// every token would else read a long row of them again and again.
    pub(super) fn behind_joins(self) -> Self {
        self.behind(Self::at_join)
    }

    /// What stands behind the tokens of a kind, as far as a look ahead goes.
    pub(super) fn behind(mut self, passed_over: impl Fn(Self) -> bool) -> Self {
        for _ in 0..LOOK_AHEAD {
            if !passed_over(self) {
                break;
            }
            self.advance();
        }
        self
    }

    /// Where the token here ends in the line, in bytes.
    fn end(self) -> usize {
        self.token().map_or(self.line.len(), |token| token.end)
    }

    /// Moves to the end of the line and gives what stood there, as it was written.
    pub(super) fn take_rest(&mut self) -> &'a str {
        let rest = self.token().map_or("", |token| &self.line[token.start..]);
        self.at = self.tokens.len();
        rest.trim()
    }

    /// What was written from `from` up to here; of a single quotation, what is inside.
    pub(super) fn text_since(self, from: Cursor<'a>) -> &'a str {
        match self.tokens.get(from.at..self.at) {
            Some([quoted]) if quoted.kind == Kind::Quoted => quoted.text,
            Some([first, .., last]) => &self.line[first.start..last.end],
            Some([only]) => &self.line[only.start..only.end],
            _ => "",
        }
    }

    /// This place in a line that ends where `end` stands.
    pub(super) fn up_to(self, end: Cursor<'a>) -> Self {
        Self {
            tokens: &self.tokens[..end.at.max(self.at)],
            ..self
        }
    }

    /// The place of `other`, in the line as far as this cursor sees it.
    pub(super) fn moved_to(self, other: Cursor<'a>) -> Self {
        Self {
            at: other.at,
            ..self
        }
    }

    /// Steps back over marks such as ")" or an emoji at the end of a name, not before `from`.
    pub(super) fn without_trailing_marks(mut self, from: Cursor<'a>) -> Self {
        while self.at > from.at && matches!(self.tokens[self.at - 1].kind, Kind::Mark(_)) {
            self.at -= 1;
        }
        self
    }

    /// The cursor before the last word, when what stands before it from `from` on ends in these words.
    pub(super) fn before_ending(self, from: Cursor<'a>, ending: &str) -> Option<Self> {
        let count = ending.split(' ').count();
        let at = self.at.checked_sub(count).filter(|at| *at >= from.at)?;
        let mut ahead = Self { at, ..self };
        ahead.eat(ending).then_some(Self { at, ..self })
    }

    pub(super) fn word_before(self) -> &'a str {
        match self.at.checked_sub(1) {
            Some(at) => Self { at, ..self }.word(),
            None => "",
        }
    }
}
