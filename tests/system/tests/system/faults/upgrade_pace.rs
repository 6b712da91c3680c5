//! An upgrade limit that is too low for a crowd: what a storm must respect.

use system_tests::crowd::Figures;

use super::in_full;

/// How many clients an edge lets in.
pub(super) struct UpgradePace {
    /// In a second; and twice as many at once, after a rest.
    rate: usize,
}

impl UpgradePace {
    /// Narrower than the jitter of so many clients alone would make them come, half of them in each of two seconds.
    pub(super) fn for_crowd(count: usize) -> Self {
        let seconds = if in_full() { 10 } else { 5 };
        Self {
            rate: count / seconds,
        }
    }

    /// As the edge is told.
    pub(super) fn flags(&self) -> [String; 2] {
        ["--upgrade-rate".to_owned(), self.rate.to_string()]
    }

    /// The most that it lets in within one second.
    pub(super) fn peak(&self) -> usize {
        3 * self.rate
    }

    /// Ends the test unless the limit was reached, and kept. `peak` is what the clients saw: a busy machine tells many of
    /// them at once what happened one after the other.
    #[track_caller]
    pub(super) fn assert_kept(&self, figures: &Figures, peak: usize) {
        assert!(figures.turned_away > 0, "the limit was never reached");
        let leeway = if in_full() { self.rate / 4 } else { self.rate };
        assert!(
            peak <= self.peak() + leeway,
            "{peak} came within one second where the limit is {}",
            self.peak()
        );
    }
}
