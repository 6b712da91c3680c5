//! The line that is being written.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};
use unicode_width::UnicodeWidthStr as _;

/// More than this is no message.
const MAX_INPUT: usize = 64 << 10;

/// Text and the place in it where the next letter goes: always between two characters as people see them.
#[derive(Debug, Default)]
pub(super) struct Composer {
    text: String,
    cursor: usize,
    last: String,
}

impl Composer {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.text.len() + text.len() <= MAX_INPUT {
            self.text.insert_str(self.cursor, &text);
            self.cursor += text.len();
        }
    }

    /// Takes what was written; `None` when there are no words in it.
    pub(super) fn take(&mut self) -> Option<String> {
        if self.text.trim().is_empty() {
            return None;
        }
        self.cursor = 0;
        self.last.clone_from(&self.text);
        Some(std::mem::take(&mut self.text))
    }

    /// Brings the last message back, when nothing is written yet.
    pub(super) fn recall(&mut self) {
        if self.text.is_empty() {
            self.text.clone_from(&self.last);
            self.cursor = self.text.len();
        }
    }

    pub(super) fn left(&mut self) {
        self.cursor = self.before();
    }

    pub(super) fn right(&mut self) {
        self.cursor = self.after();
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.text.len();
    }

    pub(super) fn backspace(&mut self) {
        let from = self.before();
        self.cut(from);
    }

    pub(super) fn delete(&mut self) {
        let to = self.after();
        self.text.replace_range(self.cursor..to, "");
    }

    /// Takes out the word before the cursor.
    pub(super) fn backspace_word(&mut self) {
        let mut words = self.text[..self.cursor].unicode_word_indices();
        let from = words.next_back().map_or(0, |(at, _)| at);
        self.cut(from);
    }

    pub(super) fn clear_before(&mut self) {
        self.cut(0);
    }

    pub(super) fn clear_after(&mut self) {
        self.text.truncate(self.cursor);
    }

    /// What fits into `width` columns around the cursor, and the column of the cursor in it.
    pub(super) fn window(&self, width: usize) -> (String, usize) {
        let mut shown = shown(&self.text[..self.cursor]);
        while shown.width() >= width.max(1) {
            let first = shown.graphemes(true).next().map_or(1, str::len);
            shown.drain(..first);
        }
        let column = shown.width();
        for character in self::shown(&self.text[self.cursor..]).graphemes(true) {
            if shown.width() + character.width() > width {
                break;
            }
            shown.push_str(character);
        }
        (shown, column)
    }

    fn cut(&mut self, from: usize) {
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        GraphemeCursor::new(self.cursor, self.text.len(), true)
            .prev_boundary(&self.text, 0)
            .ok()
            .flatten()
            .unwrap_or(0)
    }

    fn after(&self) -> usize {
        GraphemeCursor::new(self.cursor, self.text.len(), true)
            .next_boundary(&self.text, 0)
            .ok()
            .flatten()
            .unwrap_or(self.text.len())
    }
}

/// A break is shown as a sign, so that the text stays on one line.
fn shown(text: &str) -> String {
    recipe_chat_client::printable::line(&text.replace('\n', "↵")).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prop_assert, proptest};

    use super::*;

    fn written(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.insert(text);
        composer
    }

    #[test]
    fn editing_goes_by_characters_as_people_see_them() {
        let mut composer = written("crème 👩‍🍳");
        composer.backspace();
        assert_eq!(composer.text(), "crème ");
        composer.home();
        composer.right();
        composer.delete();
        composer.insert("R");
        assert_eq!(composer.text(), "cRème ");
    }

    #[test]
    fn takes_out_the_word_before_the_cursor() {
        let mut composer = written("add two eggs");
        composer.backspace_word();
        assert_eq!(composer.text(), "add two ");
        composer.backspace_word();
        assert_eq!(composer.text(), "add ");
    }

    #[test]
    fn the_last_message_comes_back_into_an_empty_line_only() {
        let mut composer = written("add milk");
        assert_eq!(composer.take().as_deref(), Some("add milk"));
        assert_eq!(composer.take(), None);
        composer.recall();
        assert_eq!(composer.text(), "add milk");
        composer.insert(" and more");
        composer.recall();
        assert_eq!(composer.text(), "add milk and more");
    }

    #[test]
    fn the_window_follows_the_cursor() {
        let mut composer = written("0123456789");
        assert_eq!(composer.window(5), ("6789".to_owned(), 4));
        composer.home();
        assert_eq!(composer.window(5), ("01234".to_owned(), 0));
        assert_eq!(written("a\nb").window(9).0, "a↵b");
    }

    proptest! {
        #[test]
        fn no_key_breaks_it(keys in vec((0_u8..10, "(?s).{0,3}"), 0..60), width in 0_usize..12) {
            let mut composer = Composer::default();
            for (key, text) in keys {
                match key {
                    0 => composer.left(),
                    1 => composer.right(),
                    2 => composer.home(),
                    3 => composer.end(),
                    4 => composer.backspace(),
                    5 => composer.delete(),
                    6 => composer.backspace_word(),
                    7 => composer.clear_before(),
                    8 => composer.clear_after(),
                    _ => composer.insert(&text),
                }
                let (shown, column) = composer.window(width);
                prop_assert!(shown.width() <= width.max(1) && column <= width);
            }
        }
    }
}
