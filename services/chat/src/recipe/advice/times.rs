//! Steps with another time or at another heat, as messages that write them anew.

use super::said::{Said, whole};
use crate::recipe::language;

const IN_A_STEP: &str =
    "Temperatures stand in the steps; write the step anew, as in \"step 3: Bake at 180 °C.\"";
/// Below it a number that stands alone is no Fahrenheit of an oven, and above the other no Celsius.
const FEWEST_FAHRENHEIT: u32 = 250;
const MOST_CELSIUS: u32 = 300;

impl Said<'_> {
    /// The one step that tells a time of the work that is named, written anew with the other time.
    pub(super) fn retime(&self) -> String {
        let said = self.said();
        let by = match () {
            () if self.has(&["longer", "more"]) => 1,
            () if self.has(&["shorter", "less"]) => -1,
            () => 0,
        };
        let changed_to = said.rsplit_once(" to ").map_or(said, |(_, to)| to);
        // "To 30": in the unit that is there.
        let new = in_words_of_time(changed_to).or_else(|| whole(changed_to));
        let rewritten = new.and_then(|new| self.with_another_time(&new, by));
        match rewritten {
            Some(step) => format!("Times stand in the steps; write \"{step}\"."),
            None => {
                "Times stand in the steps; write the step anew, as in \"step 2: Rest 30 minutes.\""
                    .to_owned()
            }
        }
    }

    /// The one step that has a time, of the work that is named when one is, as a message that changes its time to the
    /// new one; when `by` is not 0, by it: longer or shorter.
    pub(super) fn with_another_time(&self, new: &str, by: i64) -> Option<String> {
        let work = self.words.iter().find_map(|word| work_of(word));
        let mut steps = (1..)
            .zip(&self.recipe.steps)
            .filter_map(|(at, step)| Some((at, step, in_words_of_time(&step.text.to_lowercase())?)))
            .filter(|(_, step, _)| {
                let text = step.text.to_lowercase();
                work.as_ref()
                    .is_none_or(|work| text.contains(work.as_str()))
            });
        let (at, step, old) = steps.next().filter(|_| steps.next().is_none())?;
        let new = match new.bytes().all(|b| b.is_ascii_digit()) {
            true => format!("{new} {}", old.split_once(' ')?.1),
            false => new.to_owned(),
        };
        let new = match by {
            0 => new,
            by => difference(&old, &new, by)?,
        };
        let changes = new != old && step.text.contains(&old);
        changes.then(|| format!("step {at}: {}", step.text.replacen(&old, &new, 1)))
    }

    /// The one step of the work that is named, with the other temperature.
    pub(super) fn with_another_heat(&self) -> Option<String> {
        let work = self.words.iter().find_map(|word| work_of(word))?;
        let new = self
            .words
            .iter()
            .find(|word| is_temperature(word))
            .cloned()
            .or_else(|| {
                let at = self.words.iter().position(|word| word == "at")?;
                let degrees = self.word(at + 1);
                (degrees.len() == 3 && degrees.bytes().all(|b| b.is_ascii_digit()))
                    .then(|| degrees.to_owned())
            })?;
        let mut steps = (1..)
            .zip(&self.recipe.steps)
            .filter_map(|(at, step)| {
                let old = step
                    .text
                    .split_whitespace()
                    .find(|word| is_temperature(word))?;
                Some((at, step, old.trim_end_matches(['.', ',', ';'])))
            })
            .filter(|(_, step, _)| step.text.to_lowercase().contains(&work));
        let (at, step, old) = steps.next().filter(|_| steps.next().is_none())?;
        let digits = |word: &str| {
            word.trim_end_matches(|c: char| !c.is_ascii_digit())
                .to_owned()
        };
        let new = match new.bytes().all(|b| b.is_ascii_digit()) {
            true => old.replacen(&digits(old), &new, 1),
            false => new.to_uppercase(),
        };
        (new != old).then(|| format!("step {at}: {}", step.text.replacen(old, &new, 1)))
    }

    /// "Rest for 30 minutes", "bake at 375F": a step does that already, for another time or at another heat.
    pub(super) fn another_time_or_heat(&self) -> Option<String> {
        let at = usize::from(self.word(0) == "let");
        let does = language::is_kitchen_work(self.word(0)) || (at == 1 && self.lets_stand());
        if !does
            || self.has(&["longer", "shorter", "more", "less"])
            || self.words.len() > 9
            || self.has(&["timer"])
            || self.word(1) == "time"
        {
            return None;
        }
        let said = self.said();
        let time = in_words_of_time(said).and_then(|new| self.with_another_time(&new, 0));
        // Both at once may mean either.
        let ((Some(step), None) | (None, Some(step))) = (time, self.with_another_heat()) else {
            return None;
        };
        let content = self.content.trim().trim_end_matches([' ', '.', '!']);
        // "Bake at 375F for 25 minutes": the step tells one of them so far.
        let both =
            in_words_of_time(said).is_some() && self.words.iter().any(|word| is_temperature(word));
        let step = match step.split_once(": ") {
            Some((number, _)) if both => format!("{number}: {}.", language::sentence(content)),
            _ => step,
        };
        let add = format!("add step: {}", language::sentence(content));
        if content.to_lowercase().contains("instead") {
            return self
                .works(&step)
                .then(|| format!("To change the step, write \"{step}\"."));
        }
        (self.works(&step) && self.works(&add)).then(|| {
            format!("To change the step, write \"{step}\"; to make it another one, \"{add}\".")
        })
    }

    /// The one step that has such a part, written anew with the other.
    pub(super) fn rewrite(&self, new: &str, part: impl Fn(&str) -> Option<String>) -> String {
        let mut steps = self
            .recipe
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((at, step, part(&step.text)?)));
        match (steps.next(), steps.next()) {
            (Some((at, step, old)), None) => {
                let old = old.trim_end_matches(['.', ',', ';']);
                let digits = old.trim_end_matches(|c: char| !c.is_ascii_digit());
                // "To 375": in the degrees that are there, when an oven has so many of them.
                let bare = new.bytes().all(|b| b.is_ascii_digit());
                let fahrenheit = old.to_lowercase().ends_with('f');
                let hot: u32 = new.parse().unwrap_or_default();
                if bare
                    && (fahrenheit && hot < FEWEST_FAHRENHEIT || !fahrenheit && hot > MOST_CELSIUS)
                {
                    return IN_A_STEP.to_owned();
                }
                let new = match bare {
                    true => old.replacen(digits, new, 1),
                    false => new.to_uppercase(),
                };
                let text = step.text.replace(old, &new);
                format!(
                    "Temperatures stand in the steps; write \"step {}: {text}\".",
                    at + 1
                )
            }
            _ => IN_A_STEP.to_owned(),
        }
    }
}

/// The first time in words of lower case, as it stands there: "30 minutes".
pub(super) fn in_words_of_time(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(['.', ',', ';']))
        .collect();
    let at = words.iter().position(|word| {
        matches!(
            *word,
            "minutes" | "minute" | "mins" | "min" | "hours" | "hour"
        )
    })?;
    let number = words.get(at.checked_sub(1)?)?;
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| format!("{number} {}", words[at]))
}

/// The kitchen work that a word names: "rest", "resting", "baking".
pub(super) fn work_of(word: &str) -> Option<String> {
    if language::is_kitchen_work(word) {
        return Some(word.to_owned());
    }
    let base = word.strip_suffix("ing")?;
    let doubled = base.char_indices().next_back().map(|(at, _)| &base[..at]);
    [
        Some(base.to_owned()),
        Some(format!("{base}e")),
        doubled.map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .find(|work| language::is_kitchen_work(work))
}

pub(super) fn is_temperature(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';']).to_lowercase();
    let digits = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    (2..=3).contains(&digits)
        && matches!(&word[digits..], "c" | "f" | "°c" | "°f" | "°" | "ºc" | "ºf")
}

/// "20 minutes" and 5 minutes more or less, in the same unit.
fn difference(old: &str, new: &str, by: i64) -> Option<String> {
    let ((old, unit), (new, other)) = (old.split_once(' ')?, new.split_once(' ')?);
    let same = unit.trim_end_matches('s') == other.trim_end_matches('s');
    let time = old
        .parse::<i64>()
        .ok()?
        .checked_add(by * i64::from(new.parse::<u16>().ok()?))?;
    (same && time > 0).then(|| format!("{time} {unit}"))
}
