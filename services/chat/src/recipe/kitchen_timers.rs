//! The timers that run beside a recipe: started, stopped and given more time by messages, so that everybody sees the same
//! ones. Time comes in by argument, in milliseconds since 1970. Pure.

use super::model::{KitchenTimer, Recipe};

/// How many timers run at once.
const MAX_TIMERS: usize = 20;
/// How long one runs at most.
const MAX_SECONDS: u64 = 24 * 60 * 60;
/// How long one that has ended is still there.
const ENDED_RETENTION_MILLIS: i64 = 60 * 60 * 1000;

/// What a message asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimerCommand {
    /// One that runs for so long.
    Start {
        seconds: u64,
        label: String,
    },
    /// The one of that label; without one the only one that there is.
    Stop {
        label: String,
    },
    StopAll,
    /// So much more time.
    Extend {
        seconds: u64,
        label: String,
    },
}

impl KitchenTimer {
    /// Whether it runs, or ended not long ago.
    pub fn is_there(&self, now: i64) -> bool {
        now.saturating_sub(self.ends_at) < ENDED_RETENTION_MILLIS
    }

    fn in_words(&self) -> String {
        named(&self.label)
    }
}

/// "the pasta timer"
fn named(label: &str) -> String {
    match label {
        "" => "the timer".to_owned(),
        label => format!("the {label} timer"),
    }
}

/// What a command makes of the timers of a recipe, and the words for what happened; else the hint that says what would
/// work.
pub fn follow_timer(
    recipe: &Recipe,
    command: &TimerCommand,
    by: &str,
    now: i64,
) -> Result<(Recipe, String), String> {
    let mut changed = recipe.clone();
    changed.timers.retain(|timer| timer.is_there(now));
    let words = match command {
        TimerCommand::Start { seconds, label } => start(&mut changed, *seconds, label, by, now)?,
        TimerCommand::Stop { label } => {
            let at = find(&changed, label)?;
            let stopped = changed.timers.remove(at);
            format!("Stopped {}", stopped.in_words())
        }
        TimerCommand::StopAll if changed.timers.is_empty() => return Err(none_runs()),
        TimerCommand::StopAll => {
            changed.timers.clear();
            "Stopped all timers".to_owned()
        }
        TimerCommand::Extend { seconds, label } => {
            let at = find(&changed, label)?;
            let timer = &mut changed.timers[at];
            // One that has ended runs again.
            let ends_at = end(timer.ends_at.max(now), *seconds);
            if ends_at > end(now, MAX_SECONDS) {
                return Err(too_long());
            }
            timer.ends_at = ends_at;
            format!("Gave {} {} more", timer.in_words(), duration(*seconds))
        }
    };
    Ok((changed, words))
}

fn start(
    recipe: &mut Recipe,
    seconds: u64,
    label: &str,
    by: &str,
    now: i64,
) -> Result<String, String> {
    if seconds == 0 || seconds > MAX_SECONDS {
        return Err(too_long());
    }
    // The same one anew.
    recipe
        .timers
        .retain(|timer| timer.label != label || label.is_empty());
    if recipe.timers.len() >= MAX_TIMERS {
        return Err(format!(
            "{MAX_TIMERS} timers run already; stop one first, as in \"stop the pasta timer\"."
        ));
    }
    let id = recipe.next_timer_id();
    recipe.timers.push(KitchenTimer {
        id,
        label: label.to_owned(),
        ends_at: end(now, seconds),
        by: by.to_owned(),
    });
    Ok(match label {
        "" => format!("Started a timer of {}", duration(seconds)),
        label => format!("Started a timer of {} for {label}", duration(seconds)),
    })
}

fn find(recipe: &Recipe, label: &str) -> Result<usize, String> {
    let timers = &recipe.timers;
    let found = match (label, timers.as_slice()) {
        (_, []) => return Err(none_runs()),
        ("", [_]) => Some(0),
        (label, _) => timers.iter().rposition(|timer| timer.label == label),
    };
    found.ok_or_else(|| {
        let names = timers.iter().map(|timer| timer.label.as_str());
        let names: Vec<_> = names.filter(|label| !label.is_empty()).collect();
        match names.first() {
            Some(first) => format!(
                "Say which timer, as in \"stop the {first} timer\"; those that run are for {}.",
                names.join(", ")
            ),
            None => "There is no such timer; to stop all, write \"stop all timers\".".to_owned(),
        }
    })
}

fn none_runs() -> String {
    "No timer runs; to start one, write \"timer 9 minutes for the pasta\".".to_owned()
}

fn too_long() -> String {
    "A timer runs for a second to 24 hours, as in \"timer 9 minutes for the pasta\".".to_owned()
}

fn end(from: i64, seconds: u64) -> i64 {
    let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    from.saturating_add(millis)
}

/// "1 hour 30 minutes"
fn duration(seconds: u64) -> String {
    let parts = [
        (seconds / 3600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts = parts.map(|(number, unit)| match number {
        1 => format!("1 {unit}"),
        number => format!("{number} {unit}s"),
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn start(seconds: u64, label: &str) -> TimerCommand {
        let label = label.to_owned();
        TimerCommand::Start { seconds, label }
    }

    fn stop(label: &str) -> TimerCommand {
        let label = label.to_owned();
        TimerCommand::Stop { label }
    }

    #[test]
    fn a_timer_runs_until_it_is_stopped_and_is_there_for_an_hour_after_its_end() {
        let empty = Recipe::new("Pasta");
        let (recipe, words) = follow_timer(&empty, &start(540, "pasta"), "ada", 0).unwrap();
        assert_eq!(words, "Started a timer of 9 minutes for pasta");
        let timer = &recipe.timers[0];
        assert_eq!((timer.ends_at, timer.by.as_str()), (9 * MINUTE, "ada"));
        assert!(timer.is_there(68 * MINUTE) && !timer.is_there(69 * MINUTE));

        let more = TimerCommand::Extend {
            seconds: 60,
            label: String::new(),
        };
        let (recipe, words) = follow_timer(&recipe, &more, "bob", 10 * MINUTE).unwrap();
        assert_eq!(words, "Gave the pasta timer 1 minute more");
        assert_eq!(recipe.timers[0].ends_at, 11 * MINUTE, "it runs again");
        let (recipe, _) = follow_timer(&recipe, &start(5400, ""), "bob", 11 * MINUTE).unwrap();
        assert_eq!(recipe.timers[1].id, "t2");
        let which = follow_timer(&recipe, &stop("rice"), "bob", 12 * MINUTE).unwrap_err();
        assert!(which.contains("\"stop the pasta timer\""), "{which}");
        let (recipe, words) = follow_timer(&recipe, &stop("pasta"), "bob", 12 * MINUTE).unwrap();
        assert_eq!(words, "Stopped the pasta timer");
        let late = 12 * MINUTE + 200 * MINUTE;
        let none = follow_timer(&recipe, &TimerCommand::StopAll, "bob", late).unwrap_err();
        assert!(none.starts_with("No timer runs"), "{none}");
    }

    #[test]
    fn timers_are_bounded_in_number_and_time() {
        let mut recipe = Recipe::new("Pasta");
        for number in 0..MAX_TIMERS {
            let command = start(60, &format!("pot {number}"));
            recipe = follow_timer(&recipe, &command, "ada", 0).unwrap().0;
        }
        assert!(follow_timer(&recipe, &start(60, "one more"), "ada", 0).is_err());
        assert!(
            follow_timer(&recipe, &start(60, "pot 3"), "ada", 0).is_ok(),
            "anew"
        );
        for seconds in [0, MAX_SECONDS + 1, u64::MAX] {
            assert!(follow_timer(&Recipe::new("Pasta"), &start(seconds, ""), "ada", 0).is_err());
        }
        let more = TimerCommand::Extend {
            seconds: MAX_SECONDS,
            label: "pot 3".to_owned(),
        };
        assert!(follow_timer(&recipe, &more, "ada", 0).is_err());
    }
}
