//! Times and temperatures, which stand in the steps, and kitchen work, which is a step.

use super::said::Said;
use super::times::is_temperature;
use crate::recipe::language;
use crate::recipe::word_list::{WordList, words};

impl Said<'_> {
    /// Times and temperatures that a step of the recipe has otherwise.
    pub(super) fn in_a_step(&self) -> Option<String> {
        // "From 350F to 180C", but "180C instead of 350F".
        let mut degrees = self.words.iter().filter(|word| is_temperature(word));
        let wanted = match self.lower().contains("instead of") {
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
        if let Some(either) = self.another_time_or_heat() {
            return Some(either);
        }
        let verb = [
            "change", "make", "set", "adjust", "turn", "use", "replace", "reduce", "lower",
            "raise", "increase",
        ]
        .contains(&self.word(0));
        let hot = self.has(&["oven", "temperature", "temp", "heat"]);
        // "Set the oven to 375"
        let degrees = degrees.or_else(|| {
            let at = self
                .words
                .iter()
                .rposition(|word| matches!(word.as_str(), "to" | "at" | "oven"))?;
            let number = self.word(at + 1);
            let degrees = number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit());
            (hot && degrees).then(|| number.to_owned())
        });
        // "By 25F" is a difference.
        let degrees = degrees.filter(|_| !self.has(&["by"]));
        let changes_it = (verb || hot || self.has(&["instead"]))
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
        let told = self.has(&["time"]) && self.has(&["should"])
            || self.word(1) == "time"
            || self.begins("make it")
            || self.begins("make that");
        if minutes && told && !self.begins("add") {
            return Some(self.retime());
        }
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
        let only_hot =
            self.words.first().is_some_and(|word| is_temperature(word)) && self.words.len() <= 3;
        if alone && !self.content.contains('?') {
            return Some(self.retime());
        }
        if only_hot && let Some(degrees) = self.words.first() {
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

    /// What is done in a kitchen is a step.
    pub(super) fn work(&self) -> Option<String> {
        static MORE_WORK: WordList = WordList::new(
            "divide quarter halve scale cut reduce turn set scrape drop shape flip place leave remove put lower raise",
        );
        let content = self.content.trim();
        let content = content.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '.' | ')' | '*' | '-' | '•' | ' ')
        });
        let first = content
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let more = MORE_WORK.contains(&first);
        let served = first == "serve" && self.words.len() == 2;
        let topped = first == "top" && self.word(1) == "with";
        static PANS: WordList =
            WordList::new("pan tin tray dish skillet pot mould mold griddle wok casserole");
        static HOW: WordList =
            WordList::new("well everything until again overnight together gently");
        let pan = matches!(first.as_str(), "use" | "take")
            && self.words.last().is_some_and(|last| PANS.contains(last));
        // "Stir well", "cool completely", "let cool"
        let second = self.word(1);
        let two = self.words.len() == 2
            && (second.ends_with("ly")
                || HOW.contains(second)
                || first == "let" && self.lets_stand());
        if !(language::is_kitchen_work(&first) || more || topped || pan)
            || (content.split_whitespace().count() < 3 && !served && !two)
            || (first == "let" && !self.lets_stand())
            || first == "rest" && self.words.len() < 3
        {
            return None;
        }
        if self.has_any(words!(
            "sale party contest monday tuesday wednesday thursday friday saturday sunday weekend"
        )) {
            return None;
        }
        if more
            && self.has_any(words!(
                "me you us him them table light lights phone music dishes"
            ))
        {
            return None;
        }
        let text = language::sentence(content);
        Some(format!("To make it a step, write \"add step: {text}\"."))
    }
}

impl Said<'_> {
    /// "Let it rest", "let the dough rise for an hour".
    pub(super) fn lets_stand(&self) -> bool {
        static ITSELF: WordList = WordList::new(
            "rest cool stand sit rise chill simmer soak set prove proof dry cook bake boil marinate steep",
        );
        !self.has_any(words!("me us him her them you")) && self.has_any(&ITSELF)
    }
}
