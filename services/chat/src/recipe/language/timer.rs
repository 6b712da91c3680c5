//! Reads messages about timers: "timer 9 minutes for the pasta", "stop the pasta timer", "give the pasta timer 5 more
//! minutes". Each word is accounted for, or it is no message about a timer.

use crate::recipe::kitchen_timers::TimerCommand;
use crate::recipe::timers;

/// How long such a message is at most, in bytes.
const LONGEST: usize = 150;
/// How many words and characters the name of a timer has.
const LABEL_WORDS: usize = 5;
const LABEL_LENGTH: usize = 50;

const ARTICLES: [&str; 8] = ["a", "an", "the", "my", "our", "that", "this", "please"];
const STARTING: [&str; 7] = ["set", "start", "begin", "put", "add", "make", "create"];
const STOPPING: [&str; 6] = ["stop", "cancel", "end", "remove", "delete", "clear"];
const CONNECTING: [&str; 4] = ["for", "on", "called", "named"];
/// Words that begin a sentence about a timer and name none.
const NO_LABEL: [&str; 12] = [
    "use", "need", "want", "where", "is", "have", "with", "i", "we", "you", "no", "what",
];

/// What stands for the one duration among the words.
const DURATION: &str = "#";

/// The command of a message that is wholly about a timer.
pub(super) fn read(content: &str) -> Option<TimerCommand> {
    if content.len() > LONGEST || content.contains(['\n', '#']) {
        return None;
    }
    let text = content.trim_end_matches(['.', '!']).to_lowercase();
    if !text.contains("timer") {
        return None;
    }
    let text = spelled_out(&text);
    let (seconds, text) = match timers::find(&text).as_slice() {
        [] => (None, text.clone()),
        [time] if time.up_to_seconds.is_none() => {
            let (before, after) = (&text[..time.at.start], &text[time.at.end..]);
            (Some(time.seconds), format!("{before} {DURATION} {after}"))
        }
        _ => return None,
    };
    let words: Vec<&str> = text
        .split([' ', ',', '-'])
        .filter(|word| !word.is_empty() && !ARTICLES.contains(word))
        .collect();
    match seconds {
        None => stop(&words),
        Some(seconds) => extend(&words, seconds).or_else(|| start(&words, seconds)),
    }
}

/// Durations in words as numbers; "5 more minutes" as "more 5 minutes".
fn spelled_out(text: &str) -> String {
    let mut text = format!(" {text} ");
    for (words, number) in [
        (" an hour and a half ", " 90 minutes "),
        (" half an hour ", " 30 minutes "),
        (" quarter of an hour ", " 15 minutes "),
        (" an hour ", " 1 hour "),
        (" a minute ", " 1 minute "),
        (" another minute ", " more 1 minute "),
        (" turn off ", " stop "),
    ] {
        text = text.replace(words, number);
    }
    for more in [" more ", " extra ", " additional "] {
        if text.contains(more) {
            text = format!(" more{}", text.replacen(more, " ", 1));
        }
    }
    text
}

/// "stop pasta timer", "stop timer for pasta", "stop all timers".
fn stop(words: &[&str]) -> Option<TimerCommand> {
    let (verb, rest) = words.split_first()?;
    if !STOPPING.contains(verb) {
        return None;
    }
    let all = matches!(
        rest,
        ["all", "timers"] | ["all", "of", "timers"] | ["timers"]
    );
    if all {
        return Some(TimerCommand::StopAll);
    }
    let label = around_timer(rest)?;
    Some(TimerCommand::Stop { label })
}

/// "add # to pasta timer", "extend pasta timer by #", "give pasta timer more #", "more # on pasta timer".
fn extend(words: &[&str], seconds: u64) -> Option<TimerCommand> {
    let more = words.first() == Some(&"more");
    let words = if more { &words[1..] } else { words };
    let label = match words {
        ["add", DURATION, "to" | "on" | "for", rest @ ..] => around_timer(rest)?,
        ["extend", rest @ .., "by", DURATION] => around_timer(rest)?,
        ["give", rest @ .., DURATION] => around_timer(rest)?,
        ["add", DURATION, rest @ ..] if more => around_timer(after_connector(rest)?)?,
        [DURATION, rest @ ..] if more => around_timer(after_connector(rest)?)?,
        _ => return None,
    };
    Some(TimerCommand::Extend { seconds, label })
}

/// "set pasta timer for #", "# timer for pasta", "timer for pasta #".
fn start(words: &[&str], seconds: u64) -> Option<TimerCommand> {
    let asked = words.first().is_some_and(|word| STARTING.contains(word));
    let words = if asked { &words[1..] } else { words };
    let timer = words.iter().position(|word| *word == "timer")?;
    let (before, after) = (&words[..timer], &words[timer + 1..]);
    let named = |rest: &[&str]| match rest {
        [] => Some(String::new()),
        rest => label(after_connector(rest)?),
    };
    let label = match (before, after) {
        ([DURATION], rest) => named(rest)?,
        ([DURATION, before @ ..], []) => label(before)?,
        ([], ["for" | "of", DURATION, rest @ ..] | [DURATION, rest @ ..]) => named(rest)?,
        ([], [rest @ .., "for", DURATION] | [rest @ .., DURATION]) => named(rest)?,
        (before, ["for" | "of" | "to", DURATION] | [DURATION]) => label(before)?,
        _ => return None,
    };
    Some(TimerCommand::Start { seconds, label })
}

/// The label in "pasta timer" and "timer for pasta".
fn around_timer(words: &[&str]) -> Option<String> {
    match words {
        ["timer"] => Some(String::new()),
        [before @ .., "timer"] => label(before),
        ["timer", rest @ ..] => label(after_connector(rest)?),
        _ => None,
    }
}

fn after_connector<'w>(words: &'w [&'w str]) -> Option<&'w [&'w str]> {
    let (first, rest) = words.split_first()?;
    (CONNECTING.contains(first) || *first == "to").then_some(rest)
}

fn label(words: &[&str]) -> Option<String> {
    let plain = |word: &&str| {
        let letters = word.chars().all(|c| c.is_alphanumeric() || c == '\'');
        letters && *word != "timer" && *word != "timers"
    };
    // "For the pasta and one for the eggs" are two timers.
    let two = words
        .windows(2)
        .any(|pair| pair[0] == "and" && matches!(pair[1], "one" | "another"));
    let names = !two
        && (1..=LABEL_WORDS).contains(&words.len())
        && words.iter().all(plain)
        && !NO_LABEL.contains(&words[0]);
    let label = words.join(" ");
    (names && label.chars().count() <= LABEL_LENGTH).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn starts(message: &str, minutes: u64, label: &str) {
        let expected = TimerCommand::Start {
            seconds: minutes * 60,
            label: label.to_owned(),
        };
        assert_eq!(read(message), Some(expected), "{message}");
    }

    #[test]
    fn timers_are_started_in_the_words_that_cooks_use() {
        starts("timer 9 minutes for the pasta", 9, "pasta");
        starts("Set a timer for 9 minutes for the pasta.", 9, "pasta");
        starts("start a 9-minute timer", 9, "");
        starts("9 minute timer for the soft eggs", 9, "soft eggs");
        starts("set the pasta timer to 9 minutes", 9, "pasta");
        starts("please set a timer for the rice for 20 min", 20, "rice");
        starts("timer for half an hour", 30, "");
        starts("pasta timer 9 minutes", 9, "pasta");
        starts("set an egg timer for 1 hour 30 minutes", 90, "egg");
    }

    #[test]
    fn timers_are_stopped_and_given_more_time() {
        let stop = |label: &str| {
            Some(TimerCommand::Stop {
                label: label.to_owned(),
            })
        };
        assert_eq!(read("stop the pasta timer"), stop("pasta"));
        assert_eq!(read("cancel the timer for the pasta"), stop("pasta"));
        assert_eq!(read("stop the timer"), stop(""));
        assert_eq!(read("stop all timers"), Some(TimerCommand::StopAll));
        for message in [
            "add 5 minutes to the pasta timer",
            "extend the pasta timer by 5 minutes",
            "give the pasta timer 5 more minutes",
            "5 more minutes on the pasta timer",
            "add 5 more minutes to the timer for the pasta",
        ] {
            let expected = TimerCommand::Extend {
                seconds: 300,
                label: "pasta".to_owned(),
            };
            assert_eq!(read(message), Some(expected), "{message}");
        }
    }

    #[test]
    fn what_only_names_a_timer_is_left_to_others() {
        for message in [
            "the timer said 9 minutes",
            "use a timer for 9 minutes",
            "add step: set a timer for 9 minutes",
            "is the pasta timer on",
            "what timer",
            "timer 9 minutes and add 2 eggs",
            "timer 9-10 minutes",
            "I set the timer for 9 minutes",
            "remove the egg timer from step 2",
            "timer",
        ] {
            assert_eq!(read(message), None, "{message}");
        }
    }
}
