//! Reads one Cooklang step: its text, and the ingredients, cookware and timers that are marked in it.
//!
//! It is linear: a closing sign is looked for once, and when there is none in the rest of the step, not again.

use super::lexer::{Kind, Token};
use super::quantity::{Fault, Quantity};
use super::words::{plain, trimmed};
use crate::recipe::model::limits;
use crate::recipe::naming;

/// A step as it reads without its marks.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) text: String,
    pub(super) ingredients: Vec<Component>,
    /// Whether it consists of marked ingredients and spaces.
    pub(super) only_ingredients: bool,
}

/// An ingredient as it is marked: "@flour{1%cup}(sifted)".
#[derive(Debug)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) quantity: Option<Quantity>,
    pub(super) note: Option<String>,
}

/// What a step cannot be read for, and where: in bytes of the text.
#[derive(Debug)]
pub(super) struct StepError {
    pub(super) at: usize,
    pub(super) fault: Fault,
}

/// Reads the tokens of a step of `text`.
pub(super) fn read(text: &str, tokens: &[Token]) -> Result<Step, StepError> {
    let mut reader = Reader {
        text,
        tokens,
        at: 0,
        braces: true,
        brackets: true,
    };
    let mut step = Step {
        only_ingredients: true,
        ..Step::default()
    };
    while let Some(sign) = reader.kind() {
        let start = reader.at;
        let found = match sign {
            Kind::Sign(sign @ ('@' | '#' | '~')) => reader.component(sign)?,
            _ => None,
        };
        match (sign, found) {
            (Kind::Sign('@'), Some(component)) => {
                step.text.push_str(&component.name);
                // One too many is enough to be refused.
                if step.ingredients.len() <= limits::INGREDIENTS {
                    step.ingredients.push(component);
                }
            }
            (Kind::Sign('~'), Some(timer)) => {
                let time = timer.quantity.map(|quantity| quantity.in_words());
                step.text.push_str(&time.unwrap_or(timer.name));
                step.only_ingredients = false;
            }
            (_, Some(cookware)) => {
                step.text.push_str(&cookware.name);
                step.only_ingredients = false;
            }
            (_, None) => {
                reader.at = start + 1;
                reader.skip_until(|kind| matches!(kind, Kind::Sign('@' | '#' | '~')));
                let plain = plain(text, &tokens[start..reader.at]);
                step.only_ingredients &= plain.trim().is_empty();
                step.text.push_str(&plain);
            }
        }
    }
    Ok(step)
}

#[derive(Debug)]
struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    /// Whether a "}", and a ")", may still come.
    braces: bool,
    brackets: bool,
}

impl<'t> Reader<'t> {
    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn skip_until(&mut self, stops: impl Fn(Kind) -> bool) {
        let rest = &self.tokens[self.at..];
        self.at += rest
            .iter()
            .position(|token| stops(token.kind))
            .unwrap_or(rest.len());
    }

    /// A component of the kind that `sign` marks; `None` when the sign is a mere character.
    fn component(&mut self, sign: char) -> Result<Option<Component>, StepError> {
        let place = self.tokens[self.at].start;
        let misread = |fault| StepError { at: place, fault };
        self.at += 1;
        // "@?thyme{}" is optional; so much is part of the core syntax.
        if sign != '~' && self.kind() == Some(Kind::Sign('?')) {
            self.at += 1;
        }
        let Some((name, quantity)) = self.body() else {
            return Ok(None);
        };
        let note = if sign == '~' { None } else { self.note() };
        let mut name = trimmed(self.text, name);
        let mut quantity = Quantity::read(self.text, quantity).map_err(misread)?;
        // "#{dutch oven}": cookware with its name in the wrong place.
        if sign == '#'
            && name.is_empty()
            && let Some(words) = quantity.take_if(|words| words.unit.is_none())
        {
            name = words.value;
        }
        if name.is_empty() && (sign != '~' || quantity.is_none()) {
            return Err(misread(match sign {
                '~' => Fault::EmptyTimer,
                _ => Fault::NoName { sign },
            }));
        }
        Ok(Some(Component {
            // What cannot be seen before a path is not kept, and would hide it.
            name: without_path(naming::one_line(&name)),
            quantity,
            note,
        }))
    }

    /// "name of many words{1%cup}", or a single word.
    fn body(&mut self) -> Option<(&'t [Token], &'t [Token])> {
        let start = self.at;
        self.skip_until(|kind| matches!(kind, Kind::Sign('{' | '@' | '#' | '~')));
        if self.braces && self.kind() == Some(Kind::Sign('{')) {
            let open = self.at;
            self.at += 1;
            self.skip_until(|kind| matches!(kind, Kind::Sign('}' | '{' | ')')));
            let first = self.at;
            if self.kind() != Some(Kind::Sign('}')) {
                self.skip_until(|kind| matches!(kind, Kind::Sign('}' | '{')));
            }
            // "@soy sauce{2%tbsp), @vinegar{1%tbsp}": the wrong bracket closes it.
            if self.kind() == Some(Kind::Sign('{')) {
                let mistyped = self.tokens[first].kind == Kind::Sign(')');
                if mistyped {
                    self.at = first + 1;
                    return Some((&self.tokens[start..open], &self.tokens[open + 1..first]));
                }
                self.skip_until(|kind| kind == Kind::Sign('}'));
            }
            if self.at < self.tokens.len() {
                let close = self.at;
                self.at += 1;
                return Some((&self.tokens[start..open], &self.tokens[open + 1..close]));
            }
            self.braces = false;
        }
        self.at = start;
        self.skip_until(|kind| kind != Kind::Word);
        (self.at > start).then(|| (&self.tokens[start..self.at], &[][..]))
    }

    fn note(&mut self) -> Option<String> {
        if !self.brackets || self.kind() != Some(Kind::Sign('(')) {
            return None;
        }
        let open = self.at;
        self.skip_until(|kind| kind == Kind::Sign(')'));
        if self.at == self.tokens.len() {
            self.brackets = false;
            self.at = open;
            return None;
        }
        let note = trimmed(self.text, &self.tokens[open + 1..self.at]);
        self.at += 1;
        Some(note)
    }
}

/// "./sauces/Pesto" means the recipe "Pesto" in another file.
fn without_path(name: String) -> String {
    let is_path = ["./", "../", ".\\", "..\\"]
        .iter()
        .any(|beginning| name.starts_with(beginning));
    match name.rsplit(['/', '\\']).next() {
        Some(last) if is_path && !last.is_empty() => last.to_owned(),
        _ => name,
    }
}
