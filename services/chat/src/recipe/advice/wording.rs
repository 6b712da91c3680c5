//! Requests that are clear but for their wording: asked politely, misspelt, with an arrow, a label without its colon.

use super::requests::is_counted;
use super::said::Said;
use crate::recipe::language;
use crate::recipe::naming;
use crate::recipe::unit::Unit;
use crate::recipe::word_list::words;

/// How many conversions are tried for an example.
const MOST_TRIED: usize = 12;

impl Said<'_> {
    /// The hint, where its example of a conversion is one that this recipe can follow.
    pub(super) fn with_an_example_that_works(&self, hint: String) -> String {
        const EXAMPLE: &str = "convert butter to grams";
        if !hint.contains(EXAMPLE) || self.works(EXAMPLE) {
            return hint;
        }
        let lines = self.recipe.ingredients.iter();
        let other = lines
            .filter(|line| line.unit.is_some())
            .flat_map(|line| {
                ["ml", "grams", "ounces", "cups"]
                    .map(|unit| format!("convert {} to {unit}", line.name))
            })
            .take(MOST_TRIED)
            .find(|message| self.works(message));
        match other {
            Some(other) => hint.replace(EXAMPLE, &other),
            None => hint,
        }
    }

    /// "Is it possible to remove the sugar": what is asked for would work on its own.
    pub(super) fn asked_politely(&self) -> Option<String> {
        let said = self.said();
        let works = self.asked && self.words.len() <= 9 && self.works(said);
        works.then(|| format!("To do that, write \"{said}\"."))
    }

    /// "Slowly add the milk" is a step; "throw the nuts in" and "drop the salt" ask for a change.
    pub(super) fn taken_out(&self) -> Option<String> {
        let first = self.word(0);
        let done = language::is_kitchen_work(self.word(1))
            || matches!(
                self.word(1),
                "add" | "put" | "bring" | "turn" | "place" | "set"
            );
        if first.ends_with("ly") && done && self.words.len() > 2 {
            let text = language::sentence(self.content.trim());
            return Some(format!("To make it a step, write \"add step: {text}\"."));
        }
        if self.begins("for a crowd")
            || self.begins("for me")
            || self.begins("for the whole")
            || self.begins("for everyone")
            || self.begins("for us")
            || self.begins("serving size")
            || self.begins("for my")
        {
            return Some("Say for how many, as in \"for 6 people\".".to_owned());
        }
        if matches!(first, "times" | "x") && self.words.len() == 2 {
            return Some("To multiply the whole recipe, write \"scale by 2\".".to_owned());
        }
        if first == "use" && self.has(&["celsius", "fahrenheit"]) {
            return Some(
                "Say \"convert to metric\" or \"convert to US units\"; temperatures follow."
                    .to_owned(),
            );
        }
        let done = self.has_any(words!("done finished ready complete over now next is was"));
        if first == "step" && !done && self.words.len() <= 9 && !self.content.contains('?') {
            return Some("Write the step after a colon, as in \"step 2: Rest 30 minutes.\", or move it, as in \"move step 2 to 1\".".to_owned());
        }
        if self.words.len() == 1 && matches!(first, "title" | "name")
            || self.content.trim().eq_ignore_ascii_case("call it")
        {
            return Some("Write the title, as in \"title: Pancakes\".".to_owned());
        }
        None
    }

    /// "Ada, add 2 eggs", "@ada can you add 2 eggs?", "\"add 2 eggs\"": said to somebody, or quoted.
    pub(super) fn addressed(&self) -> Option<String> {
        const MOST_NAMES: usize = 2;
        let content = self.content.trim();
        let quoted = content.starts_with(['"', '“']) && content.ends_with(['"', '”']);
        let named = content.starts_with('@')
            || content
                .split_whitespace()
                .take(MOST_NAMES)
                .any(|word| word.ends_with([',', ':']));
        let rest = (usize::from(!quoted)..=MOST_NAMES).map(|count| self.after(count));
        rest.filter(|_| quoted || named)
            .find(|rest| self.works(rest))
            .map(|rest| format!("To do that, write \"{rest}\"."))
    }

    /// "Name: Pancakes", "the title should be Pancakes".
    pub(super) fn titled(&self) -> Option<String> {
        let label = self.word(0) == "name" && self.words.len() > 1;
        let title = match self.content.split_once(':').filter(|_| label) {
            Some((_, title)) => title.trim().to_owned(),
            None => {
                const PHRASES: &[&str] = &[
                    "the title should be",
                    "the name should be",
                    "title should be",
                    "name should be",
                    "the title is",
                    "the name is",
                    "the new title is",
                    "new title",
                    "new name",
                ];
                let phrase = PHRASES.iter().find(|phrase| self.begins(phrase))?;
                let words = self.content.split_whitespace();
                let title: Vec<&str> = words.skip(phrase.split(' ').count()).collect();
                Some(title.join(" ")).filter(|title| !title.is_empty())?
            }
        };
        Some(format!("Write \"title: {title}\"."))
    }

    /// "Ad 2 eggs".
    pub(super) fn misspelt(&self) -> Option<String> {
        const VERBS: &[&str] = &[
            "add",
            "remove",
            "replace",
            "change",
            "double",
            "halve",
            "convert",
            "delete",
            "increase",
            "reduce",
            "rename",
            "swap",
            "substitute",
            "triple",
            "undo",
        ];
        const WORDS: &[&str] = &[
            "and", "a", "an", "had", "dad", "bad", "sad", "mad", "as", "at", "ask", "range",
            "place", "have", "order", "half", "trouble", "exchange",
        ];
        let first = self.word(0);
        if first.len() < 2
            || WORDS.contains(&first)
            || VERBS.contains(&first)
            || self.words.len() < 2
        {
            return None;
        }
        if self.works(&self.after(1)) {
            return None;
        }
        let verb = VERBS.iter().find(|verb| one_letter_apart(first, verb))?;
        Some(format!("Did you mean \"{verb} {}\"?", self.after(1)))
    }

    pub(super) fn labelled(&self) -> Option<String> {
        let first = self.word(0);
        let rest = self.content.trim();
        let rest = rest
            .split_once(char::is_whitespace)
            .map_or("", |(_, rest)| rest);
        match first {
            "title" | "description" if self.words.len() > 1 => Some(format!("Write \"{first}: {rest}\".")),
            _ if ["→", "->", "=>"].iter().any(|arrow| self.content.contains(arrow)) => {
                let (old, new) = ["→", "->", "=>"].iter().find_map(|arrow| self.content.split_once(arrow))?;
                let (old, new) = (old.trim(), new.trim().trim_start_matches('>').trim());
                let line = self.ingredient(old)?;
                Some(match is_counted(new) {
                    true => format!("To change it, write \"change {} to {new}\".", line.name),
                    false => format!("To replace it, write \"replace {old} with {new}\"."),
                })
            }
            "call" | "name" => {
                let rest = self.after(1);
                let rest = rest.trim_start_matches("the ");
                let line = self.recipe.ingredients.iter().find(|line| rest.starts_with(&format!("{} ", line.name.to_lowercase())))?;
                let new = rest[line.name.len()..].trim();
                Some(format!("To rename it, write \"rename {} to {new}\".", line.name))
            }
            "move" if self.works(&format!("move step {}", self.after(1))) => {
                Some(format!("To move a step, write \"move step {}\".", self.after(1)))
            }
            "clear" if self.has(&["steps"]) => Some("To take out every step, write \"remove all steps\".".to_owned()),
            "split" | "join" | "divide" if self.has(&["step", "steps"]) => Some(
                "Write the step anew and add the other, as in \"step 1: Whisk the eggs.; add step 2: Add the flour.\"".to_owned(),
            ),
            "move" | "put" if self.has(&["step", "steps", "start", "end", "before", "after"]) => Some("Say which step and where to, as in \"move step 3 to 1\" or \"move step 3 before step 2\".".to_owned()),
            "for" if self.has(&["step"]) => Some("Write the whole step anew, as in \"step 2: Rest 30 minutes.\"".to_owned()),
            "grams" | "ounces" | "celsius" | "fahrenheit" if self.words.len() == 1 => {
                Some("Say \"convert to metric\" or \"convert to US units\", or name one ingredient, as in \"convert butter to grams\".".to_owned())
            }
            "use" if self.words.len() > 2 => None,
            "in" | "to" | "into" | "convert" | "show" | "use" if self.words.iter().any(|word| Unit::recognise(word).is_some() || word == "metric" || word == "imperial") => {
                Some("Say \"convert to metric\" or \"convert to US units\", or name one ingredient, as in \"convert butter to grams\".".to_owned())
            }
            "note" => {
                let line = self.recipe.ingredients.iter().find(|line| self.words.iter().any(|word| naming::key(word) == naming::key(&line.name)))?;
                Some(format!("Say what it is about, as in \"note on {}: at room temperature\".", line.name))
            }
            _ => None,
        }
    }
}

/// One letter is missing, too many, another one, or two are in the other order.
fn one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (rest, more) = (&one[same..], &other[same..]);
    match (rest, more) {
        ([], [_]) | ([_], []) => true,
        ([_, a @ ..], b) if a == b => true,
        (a, [_, b @ ..]) if a == b => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([a, b, tail @ ..], [c, d, end @ ..]) => a == d && b == c && tail == end,
        _ => false,
    }
}
