//! Requests about one step, by its number, its place or the work that is done in it.

use super::said::{Said, whole};
use super::times::{in_words_of_time, is_temperature, work_of};
use crate::recipe::language;
use crate::recipe::model::Step;
use crate::recipe::word_list::WordList;

/// A request is short.
const MOST_WORDS: usize = 14;

impl Said<'_> {
    pub(super) fn about_a_named_step(&self) -> Option<String> {
        let question = self.content.trim_end().ends_with('?') && !self.asked;
        if question || self.words.len() > MOST_WORDS || self.words.len() < 2 {
            return None;
        }
        self.last_steps()
            .or_else(|| self.two_steps_anew())
            .or_else(|| self.step_put_first())
            .or_else(|| self.placed_behind_its_text())
            .or_else(|| self.before_the_work())
            .or_else(|| self.step_by_its_work())
            .or_else(|| self.step_anew())
    }

    fn step(&self, number: usize) -> Option<&Step> {
        self.recipe.steps.get(number.checked_sub(1)?)
    }

    /// The number behind the word "step", and where it stands.
    fn numbered_step(&self) -> Option<(usize, usize)> {
        let at = self.words.iter().position(|word| word == "step")?;
        let number = whole(self.word(at + 1))
            .or_else(|| matches!(self.word(at + 1), "one" | "1").then(|| "1".to_owned()))?;
        Some((at + 1, number.parse().ok()?))
    }

    fn written(&self, message: &str, said: &str) -> Option<String> {
        self.works(message)
            .then(|| format!("{said}, write \"{message}\"."))
    }

    /// "Remove the last two steps".
    fn last_steps(&self) -> Option<String> {
        if !matches!(self.word(0), "remove" | "delete" | "skip" | "drop" | "omit") {
            return None;
        }
        let at = self.words.iter().position(|word| word == "last")?;
        let count: usize = whole(self.word(at + 1))?.parse().ok()?;
        let all = self.recipe.steps.len();
        if self.word(at + 2) != "steps" || count >= all {
            return None;
        }
        let message = format!("remove steps {}-{all}", all - count + 1);
        self.written(&message, "To take them out")
    }

    /// "Change step 1 to Whisk and step 2 to Rest".
    fn two_steps_anew(&self) -> Option<String> {
        let (one, other) = self.content.trim().split_once(" and step ")?;
        if !one.to_lowercase().starts_with("change step ") {
            return None;
        }
        let message = format!("{one}; change step {other}");
        self.written(&message, "To write both anew")
    }

    /// "Step 3 first", "do step 1 last".
    fn step_put_first(&self) -> Option<String> {
        let (at, number) = self.numbered_step()?;
        let begins = matches!(self.word(0), "step" | "do" | "put" | "make");
        let place = match self.after(at + 1).as_str() {
            "first" | "at the start" => "to 1".to_owned(),
            "last" | "at the end" => format!("to {}", self.recipe.steps.len()),
            rest if rest.starts_with("before step ") || rest.starts_with("after step ") => {
                rest.to_owned()
            }
            _ => return None,
        };
        let message = format!("move step {number} {place}");
        begins
            .then(|| self.written(&message, "To move it"))
            .flatten()
    }

    /// "Insert Fold in the eggs after step 1".
    fn placed_behind_its_text(&self) -> Option<String> {
        let (verb, rest) = self.content.trim().split_once(' ')?;
        if !matches!(verb.to_lowercase().as_str(), "insert" | "add" | "put") {
            return None;
        }
        let (text, place, number) = [" after step ", " before step "].iter().find_map(|mark| {
            rest.split_once(mark)
                .map(|(text, number)| (text, mark.trim(), number))
        })?;
        let first = text.split(' ').next().unwrap_or_default().to_lowercase();
        if !language::is_kitchen_work(&first) {
            return None;
        }
        let place = place.trim_end_matches(" step");
        let number = number.trim_end_matches(['.', '!']);
        let message = format!("insert step {place} {number}: {}", language::sentence(text));
        self.written(&message, "To make it a step there")
    }

    /// "Before baking, preheat the oven".
    fn before_the_work(&self) -> Option<String> {
        let (place, text) = self.content.trim().split_once(',')?;
        let (place, work) = place.trim().split_once(' ')?;
        let place = place.to_lowercase();
        let first = text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_lowercase();
        if !matches!(place.as_str(), "before" | "after") || !language::is_kitchen_work(&first) {
            return None;
        }
        let (number, _) = self.one_step_of(&work.to_lowercase())?;
        let message = format!("insert step {place} {number}: {}", language::sentence(text));
        self.written(&message, "To make it a step there")
    }

    /// "Remove the resting step", "skip the resting".
    fn step_by_its_work(&self) -> Option<String> {
        if !matches!(
            self.word(0),
            "remove" | "delete" | "skip" | "drop" | "omit" | "forget" | "lose"
        ) {
            return None;
        }
        let rest = self.after(1);
        let work = rest.trim_start_matches("the ").trim_end_matches(" step");
        let (number, _) = self.one_step_of(work)?;
        self.written(&format!("remove step {number}"), "To take it out")
    }

    /// The one step in which such work is done: "resting".
    fn one_step_of(&self, work: &str) -> Option<(usize, &Step)> {
        let work = work_of(work)?;
        let mut steps = (1..).zip(&self.recipe.steps).filter(|(_, step)| {
            let mut words = step.text.split(|c: char| !c.is_alphabetic());
            words.any(|word| word.to_lowercase() == work)
        });
        match (steps.next(), steps.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// "Change 20 to 30 minutes in step 2": the step with the one for the other.
    fn replaced_in(&self, step: &Step, at: usize) -> Option<String> {
        let said = self.words.get(1..at.checked_sub(2)?)?.join(" ");
        let (old, new) = said
            .split_once(" to ")
            .or_else(|| said.split_once(" with "))?;
        let unit = new.split_once(' ').map_or("", |(_, unit)| unit);
        let whole = format!("{old} {unit}");
        let old = match step.text.contains(&whole) {
            true => whole.trim_end(),
            false => old,
        };
        let there = self.word(at - 2) == "in" && !old.is_empty() && step.text.contains(old);
        there.then(|| step.text.replacen(old, new, 1))
    }

    /// "Step 2 should be 30 minutes", "in step 2, rest 30 minutes", "in step 2 change 20 to 30", "fix step 2".
    fn step_anew(&self) -> Option<String> {
        static NO_WISH: WordList = WordList::new(
            "done finished ready complete over now next is was are were remove delete skip drop move swap add insert put \
            into to-do on who why what",
        );
        let (at, number) = self.numbered_step()?;
        let step = self.step(number)?;
        let first = self.word(0);
        if !matches!(
            first,
            "step" | "in" | "for" | "make" | "fix" | "correct" | "change" | "edit"
        ) || self.has_any(&NO_WISH)
        {
            return None;
        }
        let rest = self.after(at + 1);
        let rest = [
            "should say ",
            "should be ",
            "must be ",
            "to say ",
            "to be ",
            "to ",
            "instead ",
        ]
        .iter()
        .fold(rest.as_str(), |rest, before| {
            rest.strip_prefix(before).unwrap_or(rest)
        });
        let work = rest.split(' ').next().unwrap_or_default();
        let text = if language::is_kitchen_work(work) {
            format!("{}.", language::sentence(rest))
        } else if let Some((old, new)) = rest
            .strip_prefix("change ")
            .and_then(|rest| rest.split_once(" to "))
            && step.text.contains(old)
        {
            step.text.replacen(old, new, 1)
        } else if let (Some(new), Some(old)) = (
            in_words_of_time(rest),
            in_words_of_time(&step.text.to_lowercase()),
        ) && step.text.contains(&old)
        {
            step.text.replacen(&old, &new, 1)
        } else if let (Some(new), Some(old)) = (
            rest.split(' ').find(|word| is_temperature(word)),
            step.text
                .split_whitespace()
                .find(|word| is_temperature(word)),
        ) {
            let old = old.trim_end_matches(['.', ',', ';']);
            step.text.replacen(old, &new.to_uppercase(), 1)
        } else if let Some(text) = self.replaced_in(step, at) {
            text
        } else if rest.is_empty() {
            return Some(format!(
                "Write the whole step anew, as in \"step {number}: {}\"",
                step.text
            ));
        } else {
            return None;
        };
        self.written(&format!("step {number}: {text}"), "To write it anew")
    }
}
