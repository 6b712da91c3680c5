//! Requests for another amount, put into words that work: "sugar down to 40 g", "go easy on the salt", "eggs +1".

use super::other_words::without_article;
use super::requests::is_counted;
use super::said::Said;
use crate::recipe::model::Ingredient;
use crate::recipe::unit::Unit;
use crate::recipe::word_list::{WordList, words};
use crate::recipe::{language, naming};

impl Said<'_> {
    /// "Sugar down to 40 g", "bring the milk up to 2 cups", "take the sugar down by 10 g".
    pub(super) fn up_or_down_to(&self) -> Option<String> {
        static BEFORE: WordList = WordList::new("bring turn take dial get put move crank go scale");
        let said = self.said();
        let marks = [
            (" down to ", "change"),
            (" up to ", "change"),
            (" back to ", "change"),
            (" down by ", "reduce"),
            (" up by ", "increase"),
        ];
        let (verb, (name, amount)) = marks
            .iter()
            .find_map(|(mark, verb)| Some((verb, said.split_once(mark)?)))?;
        let name = match name.split_once(' ') {
            Some((before, name)) if BEFORE.contains(before) => name,
            _ => name,
        };
        let line = self.exactly(name).filter(|_| is_counted(amount))?;
        let to = match *verb {
            "change" => "to",
            _ => "by",
        };
        self.working(
            "To change it",
            &format!("{verb} {} {to} {amount}", line.name),
        )
    }

    /// "Go easy on the salt", "cut back on sugar".
    pub(super) fn easy_on(&self) -> Option<String> {
        const LESS: &[&str] = &[
            "go easy on",
            "go easier on",
            "easy on",
            "go light on",
            "go lighter on",
            "cut back on",
            "cut down on",
            "ease up on",
            "hold back on",
            "go down on",
            "dial back",
            "tone down",
            "scale back",
            "not so much",
            "not too much",
            "not that much",
            "too much",
            "too many",
            "that's too much",
            "that's too many",
            "way too much",
            "way too many",
        ];
        const MORE: &[&str] = &[
            "go heavy on",
            "go heavier on",
            "go up on",
            "don't skimp on",
            "be generous with",
        ];
        let begun = |phrases: &[&str]| {
            let phrase = phrases.iter().find(|phrase| self.begins(phrase))?;
            self.exactly(&self.after(phrase.split(' ').count()))
        };
        match (begun(LESS), begun(MORE)) {
            (Some(line), _) => Some(how_much(line, false)),
            (None, Some(line)) => Some(how_much(line, true)),
            (None, None) => None,
        }
    }

    /// "An extra egg", "an egg more", "add a third egg".
    pub(super) fn one_more(&self) -> Option<String> {
        let at = usize::from(self.word(0) == "add");
        if !words!("a an one 1").contains(self.word(at)) {
            return None;
        }
        let name = match self.word(at + 1) {
            "extra" | "additional" | "second" | "third" | "fourth" | "fifth" => self.after(at + 2),
            _ => self.after(at + 1).strip_suffix(" more")?.to_owned(),
        };
        let line = self.ingredient(&name)?;
        let name = naming::of_one(&line.name).into_owned();
        self.working("To add one", &format!("add 1 more {name}"))
    }

    /// "Reduce sugar 10 g".
    pub(super) fn by_an_amount(&self) -> Option<String> {
        if let Some(percent) = self.word(0).strip_suffix('%')
            && let Some(line) = self.exactly(&self.after(2))
        {
            let verb = match self.word(1) {
                "less" | "fewer" => "reduce",
                "more" => "increase",
                _ => return None,
            };
            return self.working("To do that", &format!("{verb} {} by {percent}%", line.name));
        }
        let verb = match self.word(0) {
            "reduce" | "decrease" | "lower" | "cut" => "reduce",
            "increase" | "raise" | "bump" => "increase",
            _ => return None,
        };
        let at = (2..self.words.len()).find(|at| is_counted(self.word(*at)))?;
        let line = self.exactly(&self.words.get(1..at)?.join(" "))?;
        let by = format!("{verb} {} by {}", line.name, self.after(at));
        let to = format!("change {} to {}", line.name, self.after(at));
        (self.works(&by) && self.works(&to))
            .then(|| format!("To do that, write \"{by}\"; to have so much of it, \"{to}\"."))
    }

    /// "Sugar -10g", "eggs +1", "eggs x2".
    pub(super) fn with_a_sign(&self) -> Option<String> {
        let (name, rest) = self.content.trim().split_once(' ')?;
        let signed = rest.starts_with(['-', '−', '+', 'x', '×']);
        let line = signed.then(|| self.exactly(name))??;
        let counted = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        let by = |verb: &str, amount: &str| {
            let message = format!("{verb} {} by {amount}", line.name);
            counted(amount)
                .then(|| self.working("To do that", &message))
                .flatten()
        };
        match (
            rest.strip_prefix(['-', '−']),
            rest.strip_prefix('+'),
            rest.strip_prefix(['x', '×']),
        ) {
            (Some(less), _, _) => by("reduce", less),
            (_, Some(more), _) => by("increase", more),
            (_, _, Some(times)) => by("multiply", times),
            (None, None, None) => None,
        }
    }

    /// "Flour in ml", "show the flour in grams", "use grams instead of cups".
    pub(super) fn in_other_units(&self) -> Option<String> {
        let said = self.said();
        let said = said.strip_prefix("show ").unwrap_or(said);
        if let Some((name, unit)) = said.rsplit_once(" in ")
            && let Some(line) = self.exactly(name)
            && Unit::recognise(unit).is_some()
        {
            return self.working("To turn it", &format!("convert {} to {unit}", line.name));
        }
        let (new, old) = said.strip_prefix("use ")?.split_once(" instead of ")?;
        let units = Unit::recognise(new).is_some() && Unit::recognise(old).is_some();
        units.then(|| "Say \"convert to metric\" or \"convert to US units\".".to_owned())
    }

    /// "1 tsp vanilla is missing".
    pub(super) fn missing(&self) -> Option<String> {
        let said = self.said();
        let what = [" is missing", " are missing"]
            .iter()
            .find_map(|missing| said.strip_suffix(missing))?;
        let what = without_article(what);
        (what.split(' ').count() <= 4)
            .then(|| self.working("To add it", &format!("add {what}")))
            .flatten()
    }

    /// "I only have 1 egg", "there's only 100 g flour left", "we only have oat milk".
    pub(super) fn all_that_is_left(&self) -> Option<String> {
        const ONLY: &[&str] = &[
            "only have",
            "have only",
            "only got",
            "just have",
            "there's only",
            "there is only",
            "down to",
        ];
        let said = self.said();
        let rest = ONLY
            .iter()
            .find_map(|only| said.split_once(only))
            .filter(|(before, _)| before.split_whitespace().count() <= 2)
            .map(|(_, rest)| rest.trim())?;
        let rest = [
            " left",
            " at home",
            " in the house",
            " here",
            " today",
            " though",
        ]
        .iter()
        .fold(rest, |rest, end| rest.strip_suffix(end).unwrap_or(rest));
        let rest = without_article(rest);
        if is_counted(rest) {
            let read = language::ingredient_line(rest).ok()?;
            let line = self.exactly(&read.name)?;
            let amount = read.amount?.in_words();
            return self.working("To change it", &format!("change {} to {amount}", line.name));
        }
        let line = self.ingredient(rest)?;
        let other = naming::key(&line.name) != naming::key(rest);
        other
            .then(|| {
                self.working(
                    "To replace it",
                    &format!("replace {} with {rest}", line.name),
                )
            })
            .flatten()
    }
}

/// What to say when somebody wants less or more of an ingredient.
pub(super) fn how_much(line: &Ingredient, more: bool) -> String {
    let name = &line.name;
    let counted = line
        .quantity
        .is_some_and(|quantity| quantity.bounds().is_some());
    match (counted, more) {
        (false, _) => format!("Say how much, as in \"change {name} to 1 tsp\"."),
        (true, true) => format!("Say how much more, as in \"increase {name} by 50%\"."),
        (true, false) => format!("Say how much less, as in \"reduce {name} by half\"."),
    }
}
