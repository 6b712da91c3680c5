//! Times and temperatures, which stand in the steps, and kitchen work, which is a step.

use super::said::Said;
use crate::recipe::language;

impl Said<'_> {
    /// Times and temperatures that a step of the recipe has otherwise.
    pub(super) fn in_a_step(&self) -> Option<String> {
        // "From 350F to 180C", but "180C instead of 350F".
        let mut degrees = self.words.iter().filter(|word| is_temperature(word));
        let wanted = match self.content.to_lowercase().contains("instead of") {
            true => degrees.next(),
            false => degrees.next_back(),
        };
        let degrees = wanted.cloned().or_else(|| {
            let at = self
                .words
                .iter()
                .position(|word| matches!(word.as_str(), "c" | "f" | "°c" | "°f" | "degrees"))?;
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
        let longer = self.has(&["longer", "shorter"]);
        let other = self.content.contains("instead") || longer;
        let cooks = self.words.len() <= 4 && language::is_kitchen_work(self.word(0));
        if longer && cooks {
            return Some(self.retime());
        }
        let alone = !self.asked
            && self.words.len() <= 2
            && minutes
            && self.word(0).starts_with(|c: char| c.is_ascii_digit());
        let hot =
            self.words.first().is_some_and(|word| is_temperature(word)) && self.words.len() <= 3;
        if alone && !self.content.contains('?') {
            return Some(self.retime());
        }
        if hot && let Some(degrees) = self.words.first() {
            return Some(self.rewrite(degrees, |step| {
                step.split_whitespace()
                    .find(|word| is_temperature(word))
                    .map(str::to_owned)
            }));
        }
        if self.word(0) == "oven"
            && self.words.len() <= 4
            && let Some(number) = self.words.iter().find(|word| word.parse::<u16>().is_ok())
        {
            return Some(format!(
                "Temperatures stand in the steps; write the step anew, as in \"step 3: Bake at {number} °C.\""
            ));
        }
        if (minutes && other || retimed) && !self.begins("add") {
            return Some(self.retime());
        }
        None
    }

    /// The one step that tells a time of the work that is named, written anew with the other time.
    fn retime(&self) -> String {
        let times = |text: &str| {
            let words: Vec<String> = text
                .split_whitespace()
                .map(|word| word.trim_matches(['.', ',', ';']).to_lowercase())
                .collect();
            let at = words.iter().position(|word| {
                matches!(
                    word.as_str(),
                    "minutes" | "minute" | "mins" | "min" | "hours" | "hour"
                )
            })?;
            let number = words.get(at.checked_sub(1)?)?;
            number
                .starts_with(|c: char| c.is_ascii_digit())
                .then(|| format!("{number} {}", words[at]))
        };
        let said = self.words.join(" ");
        let changed_to = said.rsplit_once(" to ").map(|(_, to)| to.to_owned());
        let by = self.has(&["longer", "shorter", "more", "less"]);
        let said = match changed_to {
            _ if by => None,
            Some(to) => times(&to),
            None => times(&said),
        };
        let mut steps = self
            .recipe
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((at, step, times(&step.text)?)))
            .filter(|(_, step, _)| {
                let text = step.text.to_lowercase();
                let work = self
                    .words
                    .iter()
                    .find(|word| language::is_kitchen_work(word));
                work.is_none_or(|work| text.contains(work.as_str()))
            });
        match (said, steps.next(), steps.next()) {
            (Some(new), Some((at, step, old)), None) if new != old && step.text.contains(&old) => {
                let text = step.text.replace(&old, &new);
                format!(
                    "Times stand in the steps; write \"step {}: {text}\".",
                    at + 1
                )
            }
            _ => {
                "Times stand in the steps; write the step anew, as in \"step 2: Rest 30 minutes.\""
                    .to_owned()
            }
        }
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
        const MORE_WORK: &str = "divide quarter halve scale cut reduce turn set scrape drop shape flip place leave remove put lower raise";
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
        let served = first == "serve" && self.words.len() == 2;
        let topped = first == "top" && self.word(1) == "with";
        if !(language::is_kitchen_work(&first) || more || topped)
            || (content.split_whitespace().count() < 3 && !served)
            || (first == "let" && !self.lets_stand())
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

impl Said<'_> {
    /// "Let it rest", "let the dough rise for an hour".
    pub(super) fn lets_stand(&self) -> bool {
        const ITSELF: &str = "rest cool stand sit rise chill simmer soak set prove proof dry cook bake boil marinate steep";
        !self.has_any("me us him her them you") && self.has_any(ITSELF)
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
