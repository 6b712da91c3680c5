//! How far a pane is scrolled. It sticks to its own end until somebody scrolls away.

/// The chat grows at its bottom and sticks to it; the recipe is read from its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Top,
    Bottom,
}

#[derive(Debug)]
pub(super) struct Scroll {
    anchor: Anchor,
    /// Lines away from the anchor.
    away: usize,
    lines: usize,
    height: usize,
}

impl Scroll {
    pub(super) const fn at(anchor: Anchor) -> Self {
        Self {
            anchor,
            away: 0,
            lines: 0,
            height: 0,
        }
    }

    /// Notes how much there is and how much can be seen; gives the first line to be seen. What is seen stays while
    /// lines are added at the bottom.
    pub(super) fn fit(&mut self, lines: usize, height: usize) -> usize {
        if self.anchor == Anchor::Bottom && self.away > 0 {
            self.away += lines.saturating_sub(self.lines);
        }
        (self.lines, self.height) = (lines, height);
        self.away = self.away.min(self.most());
        match self.anchor {
            Anchor::Top => self.away,
            Anchor::Bottom => self.most() - self.away,
        }
    }

    /// How many lines follow below what is seen.
    pub(super) fn below(&self) -> usize {
        match self.anchor {
            Anchor::Top => self.most() - self.away,
            Anchor::Bottom => self.away,
        }
    }

    pub(super) fn page_up(&mut self) {
        self.turn(Anchor::Top);
    }

    pub(super) fn page_down(&mut self) {
        self.turn(Anchor::Bottom);
    }

    /// Scrolls a page, less one line, toward an end.
    fn turn(&mut self, toward: Anchor) {
        let page = self.height.saturating_sub(1).max(1);
        self.away = if toward == self.anchor {
            self.away.saturating_sub(page)
        } else {
            (self.away + page).min(self.most())
        };
    }

    fn most(&self) -> usize {
        self.lines.saturating_sub(self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_sticks_to_its_bottom() {
        let mut scroll = Scroll::at(Anchor::Bottom);
        assert_eq!(scroll.fit(5, 10), 0);
        assert_eq!(scroll.fit(30, 10), 20);
        assert_eq!(scroll.fit(31, 10), 21);
    }

    #[test]
    fn what_is_read_stays_while_lines_come() {
        let mut scroll = Scroll::at(Anchor::Bottom);
        scroll.fit(30, 10);
        scroll.page_up();
        assert_eq!(scroll.fit(30, 10), 11);
        assert_eq!(scroll.fit(33, 10), 11);
        assert_eq!(scroll.below(), 12);
        scroll.page_down();
        scroll.page_down();
        assert_eq!(scroll.fit(33, 10), 23);
    }

    #[test]
    fn nobody_scrolls_past_the_ends() {
        let mut scroll = Scroll::at(Anchor::Top);
        scroll.fit(12, 10);
        scroll.page_up();
        assert_eq!(scroll.fit(12, 10), 0);
        scroll.page_down();
        assert_eq!(scroll.fit(12, 10), 2);
        assert_eq!(scroll.fit(4, 10), 0);
    }
}
