//! Times and temperatures, which stand in the steps, and kitchen work, which is a step.

use super::said::Said;
use crate::recipe::language;

impl Said<'_> {
    /// Times and temperatures that a step of the recipe has otherwise.
    pub(super) fn in_a_step(&self) -> Option<String> {
        let degrees = self
            .words
            .iter()
            .rfind(|word| is_temperature(word))
            .cloned()
            .or_else(|| {
                let at = self.words.iter().position(|word| {
                    matches!(word.as_str(), "c" | "f" | "°c" | "°f" | "degrees")
                })?;
                let number = self.word(at.checked_sub(1)?);
                number
                    .parse::<u32>()
                    .ok()
                    .map(|_| format!("{number} {}", self.word(at)))
            });
        if self.has(&["timer", "alarm"]) {
            return Some("To start a timer, write \"timer 9 minutes for the pasta\".".to_owned());
        }
        let verb =
            ["change", "make", "set", "adjust", "turn", "use", "replace"].contains(&self.word(0));
        let changes_it = (verb || self.has(&["oven", "temperature", "instead"]))
            && !self.has(&["preheat"])
            && !self.begins("add");
        let minutes = self.has(&["minutes", "minute", "mins", "min", "hours", "hour"]);
        if changes_it && let Some(degrees) = degrees {
            return Some(self.rewrite(&degrees, |step| {
                step.split_whitespace()
                    .find(|word| is_temperature(word))
                    .map(str::to_owned)
            }));
        }
        let times = self.has(&["minutes", "minute", "mins", "hours", "hour", "rest", "time"]);
        let retimed =
            verb && times && self.words.iter().any(|word| word == "to") && !self.has(&["step"]);
        let other = self.content.contains("instead") || self.has(&["longer", "shorter"]);
        if (minutes && other || retimed) && !self.begins("add") {
            return Some(
                "Times stand in the steps; write the step anew, as in \"step 2: Rest 30 minutes.\""
                    .to_owned(),
            );
        }
        None
    }

    /// The one step that has such a part, written anew with the other.
    fn rewrite(&self, new: &str, part: impl Fn(&str) -> Option<String>) -> String {
        let mut steps = self
            .recipe
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((at, step, part(&step.text)?)));
        match (steps.next(), steps.next()) {
            (Some((at, step, old)), None) => {
                let old = old.trim_end_matches(['.', ',', ';']);
                let text = step.text.replace(old, &new.to_uppercase());
                format!("Temperatures stand in the steps; write \"step {}: {text}\".", at + 1)
            }
            _ => "Temperatures stand in the steps; write the step anew, as in \"step 3: Bake at 180 °C.\"".to_owned(),
        }
    }

    /// What is done in a kitchen is a step.
    pub(super) fn work(&self) -> Option<String> {
        const MORE_WORK: &str =
            "divide cut reduce turn set scrape drop shape flip place leave remove put lower raise";
        let content = self.content.trim();
        let content = content.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '.' | ')' | '*' | '-' | '•' | ' ')
        });
        let first = content
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let more = MORE_WORK.split_whitespace().any(|work| work == first);
        if !(language::is_kitchen_work(&first) || more)
            || content.split_whitespace().count() < 3
            || first == "let"
            || first == "rest" && self.words.len() < 3
        {
            return None;
        }
        if more && self.has_any("me you us him them table light lights phone music dishes") {
            return None;
        }
        let text = language::sentence(content);
        Some(format!("To make it a step, write \"add step: {text}\"."))
    }
}

fn is_temperature(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';']).to_lowercase();
    let digits = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    (2..=3).contains(&digits)
        && matches!(&word[digits..], "c" | "f" | "°c" | "°f" | "°" | "ºc" | "ºf")
}
