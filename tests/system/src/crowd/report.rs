//! What a crowd went through, in figures: times by their quantiles, ends by their words, and every broken rule.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::rules::Broken;

/// The figures of a crowd; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Report(Arc<Mutex<Figures>>);

/// What there is to know about a crowd.
#[derive(Debug, Default)]
pub struct Figures {
    /// How late each prompt was, in milliseconds; early ones are negative.
    pub prompts: Vec<f64>,
    /// From connecting to being signed in.
    pub arrivals: Vec<Duration>,
    /// From the loss of a connection to being signed in again.
    pub gaps: Vec<Duration>,
    /// By how much a deadline moved when its session was taken over.
    pub moves: Vec<Duration>,
    /// From a fresh token to the answer that accepts it.
    pub renewals: Vec<Duration>,
    /// From saying something to its answer, the first try to the last.
    pub answers: Vec<Duration>,
    /// When each connection was let in.
    pub entries: Vec<Instant>,
    /// How many sessions went on over another connection.
    pub resumed: usize,
    /// How many began anew though one was named.
    pub begun_anew: usize,
    /// Upgrades refused with 503.
    pub turned_away: usize,
    /// How connections ended.
    pub ends: BTreeMap<String, usize>,
    /// What broke the rules of sessions.
    pub broken: Vec<Violation>,
}

/// A broken rule, and how it came about.
#[derive(Debug)]
pub struct Violation {
    /// Which one.
    pub rule: Broken,
    /// What its client lived through before.
    pub event_log: Vec<String>,
}

/// Quantiles in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Of how many values.
    pub count: usize,
    /// Half are at most this.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// All are at most this.
    pub max: f64,
}

impl Report {
    /// The figures, to be read or added to.
    pub fn figures(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap()
    }

    /// Everything as JSON.
    pub fn to_json(&self) -> Value {
        let figures = self.figures();
        json!({
            "prompts_late_ms": Spread::of(figures.prompts.clone()).to_json(),
            "arrivals_ms": Spread::of_times(&figures.arrivals).to_json(),
            "gaps_ms": Spread::of_times(&figures.gaps).to_json(),
            "deadlines_moved_ms": Spread::of_times(&figures.moves).to_json(),
            "renewals_ms": Spread::of_times(&figures.renewals).to_json(),
            "answers_ms": Spread::of_times(&figures.answers).to_json(),
            "peak_entries_per_second": figures.peak_entries(),
            "sessions_resumed": figures.resumed,
            "sessions_begun_anew": figures.begun_anew,
            "turned_away": figures.turned_away,
            "ends": figures.ends,
            "broken_rules": figures.broken.len(),
        })
    }

    /// Ends the test when a rule of sessions was broken.
    ///
    /// # Panics
    /// When one was.
    #[track_caller]
    pub fn assert_sound(&self) {
        let figures = self.figures();
        let first = &figures.broken[..figures.broken.len().min(10)];
        assert!(
            first.is_empty(),
            "{} broken rules, such as {first:#?}; connections ended so: {:?}",
            figures.broken.len(),
            figures.ends
        );
    }
}

impl Figures {
    /// The most connections that were let in within any one second.
    pub fn peak_entries(&self) -> usize {
        peak(self.entries.clone())
    }

    /// As [`Figures::peak_entries`], of those from then on.
    pub fn peak_entries_since(&self, since: Instant) -> usize {
        let since = self.entries.iter().copied().filter(|entry| *entry >= since);
        peak(since.collect())
    }
}

fn peak(mut entries: Vec<Instant>) -> usize {
    entries.sort_unstable();
    let mut first = 0;
    let mut peak = 0;
    for (last, entry) in entries.iter().enumerate() {
        while *entry - entries[first] >= Duration::from_secs(1) {
            first += 1;
        }
        peak = peak.max(last + 1 - first);
    }
    peak
}

impl Spread {
    /// Of durations.
    pub fn of_times(times: &[Duration]) -> Self {
        Self::of(times.iter().map(|time| time.as_secs_f64() * 1e3).collect())
    }

    /// Of milliseconds.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |hundredth: usize| {
            let place = (values.len() * hundredth).div_ceil(100).saturating_sub(1);
            values.get(place).copied().unwrap_or_default()
        };
        Self {
            count: values.len(),
            p50: at(50),
            p99: at(99),
            max: at(100),
        }
    }

    /// As JSON, in tenths of milliseconds.
    pub fn to_json(self) -> Value {
        let round = |value: f64| (value * 10.0).round() / 10.0;
        json!({
            "count": self.count,
            "p50": round(self.p50),
            "p99": round(self.p99),
            "max": round(self.max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let spread = Spread::of((1..=200).rev().map(f64::from).collect());

        let expected = Spread {
            count: 200,
            p50: 100.0,
            p99: 198.0,
            max: 200.0,
        };
        assert_eq!(spread, expected);
        assert_eq!(Spread::of(Vec::new()).max, 0.0);
    }

    #[test]
    fn the_peak_is_the_busiest_second() {
        let start = Instant::now();
        let entries = [0, 100, 1_050, 1_100, 1_900, 2_060].map(Duration::from_millis);
        let figures = Figures {
            entries: entries.map(|after| start + after).to_vec(),
            ..Figures::default()
        };

        assert_eq!(figures.peak_entries(), 3);
    }

    #[test]
    #[should_panic(expected = "1 broken rules")]
    fn a_broken_rule_ends_the_test() {
        let report = Report::default();
        report.figures().broken.push(Violation {
            rule: Broken::AskedTwice,
            event_log: Vec::new(),
        });

        report.assert_sound();
    }
}
