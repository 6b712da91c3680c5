//! Amounts and ingredients without a word of what to do with them.

use super::help::CORRECTION;
use super::said::{Said, whole};
use crate::recipe::word_list::WordList;
use crate::recipe::{language, naming};

impl Said<'_> {
    /// "Needs more salt", "a bit more salt", "fewer eggs", "cut sugar".
    pub(super) fn more_or_less(&self) -> Option<String> {
        let enough = self.has(&["enough"]) && !self.lower().contains("not enough");
        if enough {
            return None;
        }
        let at = self.words.iter().position(|word| {
            matches!(
                word.as_str(),
                "more"
                    | "less"
                    | "fewer"
                    | "extra"
                    | "cut"
                    | "much"
                    | "reduce"
                    | "enough"
                    | "increase"
                    | "decrease"
                    | "raise"
                    | "lower"
                    | "bump"
                    | "up"
            )
        })?;
        let rest = self.after(at + 1);
        let rest = rest.trim_start_matches("of ").trim_start_matches("the ");
        // "An egg less", "the milk is too much"
        let line = match rest {
            "" => self
                .words
                .get(..at)?
                .iter()
                .find_map(|word| self.ingredient(word)),
            rest => self.ingredient(rest),
        }?;
        let name = &line.name;
        Some(
            match (
                self.word(at),
                line.quantity
                    .is_some_and(|quantity| quantity.bounds().is_some()),
            ) {
                (_, false) => format!("Say how much, as in \"change {name} to 1 tsp\"."),
                ("more" | "extra" | "enough" | "increase" | "raise" | "bump" | "up", _) => {
                    format!("Say how much more, as in \"increase {name} by 50%\".")
                }
                _ => format!("Say how much less, as in \"reduce {name} by half\"."),
            },
        )
    }

    /// A hint that says how much more or less of something, where there is none of it.
    pub(super) fn about_what_is_there(&self, given: String) -> String {
        if !given.starts_with("Say how much ") {
            return given;
        }
        let Some(message) = given.split('"').nth(1) else {
            return given;
        };
        let name = message
            .strip_prefix("increase ")
            .and_then(|rest| rest.strip_suffix(" by 50%"));
        match name {
            _ if self.works(message) => given,
            Some(name) if self.ingredient(name).is_none() => {
                format!("Say how much of it, as in \"add 1 tsp {name}\".")
            }
            _ if self.names_an_ingredient() => given,
            _ => "Say which ingredient to change, as in \"reduce sugar by half\" or \"increase sugar by 50%\".".to_owned(),
        }
    }

    /// An ingredient with its amount, and no word of what to do with it.
    pub(super) fn amount(&self) -> Option<String> {
        const FILLING: &[&str] = &[
            "try", "go", "do", "have", "only", "just", "actually", "now", "with", "plus", "some",
            "and", "meant", "mean", "another", "one", "the", "make", "set", "change", "use",
        ];
        let content = self
            .content
            .trim()
            .trim_start_matches(['*', '-', '•', '–'])
            .trim();
        let skip = self
            .words
            .iter()
            .take_while(|word| FILLING.contains(&word.as_str()))
            .count();
        let words = self.words.get(skip..).unwrap_or_default();
        let line = words.join(" ");
        if words.is_empty()
            || words.len() > 8
            || self.has(&[
                "minutes", "minute", "hours", "hour", "instead", "people", "per",
            ])
        {
            return None;
        }
        let counted = words
            .first()
            .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        if self.has(&["another", "one"]) && skip > 0 && !counted && self.ingredient(&line).is_some()
        {
            return Some(format!("To add one, write \"add 1 more {line}\"."));
        }
        let read = language::ingredient_line(&line).ok()?;
        let amount = read.amount?;
        let known = self.ingredient(&read.name);
        let unit = amount
            .unit
            .as_ref()
            .is_some_and(|unit| unit.size().is_some() || known.is_some() || skip == 0);
        match known {
            Some(_) if amount.quantity.bounds().is_some() => self.amount_of_known(&line),
            _ if unit && read.name.split(' ').count() <= 3 => {
                let bare = self.bare_content();
                let said = match skip {
                    0 if self
                        .words
                        .first()
                        .is_some_and(|word| content.to_lowercase().starts_with(word.as_str())) =>
                    {
                        bare.trim_start_matches(['*', '-', '•', '–']).trim()
                    }
                    _ => line.as_str(),
                };
                let add = format!("add {said}");
                self.works(&add)
                    .then(|| format!("To add it, write \"{add}\"."))
            }
            _ => None,
        }
    }

    /// "300 g flour", of which there is some: changed, or added?
    pub(super) fn amount_of_known(&self, line: &str) -> Option<String> {
        let read = language::ingredient_line(line).ok()?;
        let amount = read
            .amount
            .filter(|amount| amount.quantity.bounds().is_some())?;
        self.ingredient(&read.name)?;
        let (name, amount) = (&read.name, amount.in_words());
        let (change, add) = (
            format!("change {name} to {amount}"),
            format!("add {amount} {name}"),
        );
        match (self.works(&change), self.works(&add)) {
            (true, _) => Some(format!(
                "To change it, write \"{change}\"; to add it, \"{add}\"."
            )),
            // There is just so much of it already.
            (false, true) => Some(format!("To add it, write \"{add}\".")),
            (false, false) => None,
        }
    }

    /// "I meant tablespoons", "no, 3", "eggs 3", "sugar to 40 g", "sugar: less".
    pub(super) fn correction(&self) -> Option<String> {
        if self.words.len() == 1 && whole(self.word(0)).is_some() && !self.content.contains('+') {
            return Some(CORRECTION.to_owned());
        }
        let at = self.words.iter().position(|word| word == "to").unwrap_or(1);
        let (name, rest) = (self.words.get(..at)?.join(" "), self.after(at));
        let line = self.ingredient(&name).filter(|_| self.words.len() <= 5)?;
        let to = rest.strip_prefix("to ").unwrap_or(&rest);
        let says_to = rest.starts_with("to ");
        let counted = to.starts_with(|c: char| c.is_ascii_digit())
            && (says_to || to.bytes().all(|b| b.is_ascii_digit()));
        let labelled = self.content.contains(':');
        match () {
            () if counted => Some(format!(
                "To change it, write \"change {} to {to}\".",
                line.name
            )),
            () if says_to && self.works(&format!("replace {} with {to}", line.name)) => Some(
                format!("To replace it, write \"replace {} with {to}\".", line.name),
            ),
            () if labelled => Some(format!(
                "Say how much, as in \"{0}: 50 g\", or what goes in its place, as in \"replace {0} with honey\".",
                line.name
            )),
            () => None,
        }
    }

    /// Nothing but the name of an ingredient, or which kind of it.
    pub(super) fn only_named(&self) -> Option<String> {
        static HOW: WordList = WordList::new(
            "melted softened warm cold chopped diced sliced grated sifted optional peeled beaten toasted ground \
            crushed minced",
        );
        let said = self.said();
        if let [name, how @ ..] = self.words.as_slice()
            && let Some(line) = self.ingredient(name)
            && let Some(first) = how.first()
            && how.len() <= 3
            && (said.ends_with("at room temperature") || HOW.contains(first))
        {
            return Some(format!(
                "To note it, write \"note on {}: {}\".",
                line.name,
                how.join(" ")
            ));
        }
        let instead = self.asked || self.lower().contains("instead");
        if let [kind, name] = self.words.as_slice()
            && !instead
            && let Some(line) = self.ingredient(name)
            && self.ingredient(kind).is_none()
            && kind.chars().all(char::is_alphabetic)
            && naming::key(&line.name) == naming::key(name)
            && !self.content.contains(['!', '?'])
        {
            let rename = format!("rename {} to {said}", line.name);
            if self.works(&rename) {
                return Some(format!("To say which kind, write \"{rename}\"."));
            }
        }
        let line = self.ingredient(said).filter(|_| self.words.len() <= 2)?;
        (naming::key(&line.name) == naming::key(said)).then(|| {
            format!(
                "Say what to do with it, as in \"change {0} to 50 g\" or \"remove {0}\".",
                line.name
            )
        })
    }
}
