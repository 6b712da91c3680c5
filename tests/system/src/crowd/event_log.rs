//! What one client lived through lately: told when a rule breaks, so that a red run of many minutes says how it
//! came about.

use std::{collections::VecDeque, fmt::Display};

use crate::clock::minutes_now;

/// How much is remembered.
const LONGEST: usize = 24;

/// The last events of a client's life, with their times.
#[derive(Debug, Default)]
pub(super) struct EventLog(VecDeque<String>);

impl EventLog {
    pub(super) fn tell(&mut self, what: impl Display) {
        if self.0.len() == LONGEST {
            self.0.pop_front();
        }
        self.0.push_back(format!("{} {what}", minutes_now()));
    }

    pub(super) fn told(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_events_are_kept_in_their_order() {
        let mut event_log = EventLog::default();
        for number in 0..=LONGEST {
            event_log.tell(format_args!("event {number}"));
        }

        let told = event_log.told();
        assert_eq!(told.len(), LONGEST);
        assert!(told[0].ends_with(" event 1"), "{told:?}");
        assert!(told[LONGEST - 1].ends_with(&format!(" event {LONGEST}")));
    }
}
