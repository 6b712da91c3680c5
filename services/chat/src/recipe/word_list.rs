//! Words that are listed in one text, with a space between two. Each message is looked up in dozens of lists, and most
//! words are in none: that is told by two letters of a word and its length, without a look at the text.

use memchr::memmem;

/// A list of words in lower case; made at compile time.
#[derive(Debug)]
pub(super) struct WordList {
    text: &'static str,
    /// By the lowest bits of a word's first byte: the lengths that such words have, a bit each.
    lengths: [u32; FIRST_BYTES],
    /// The same of its last byte.
    lengths_by_last: [u32; FIRST_BYTES],
}

/// How many first bytes are told apart: letters differ in their lowest five bits.
const FIRST_BYTES: usize = 32;
/// The last bit stands for all longer words.
const LONGEST: usize = 31;

impl WordList {
    pub(super) const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut lengths = [0; FIRST_BYTES];
        let mut lengths_by_last = [0; FIRST_BYTES];
        let (mut start, mut at) = (0, 0);
        while at <= bytes.len() {
            if at == bytes.len() || bytes[at] == b' ' {
                if at > start {
                    let length = length_bit(at - start);
                    lengths[place(bytes[start])] |= length;
                    lengths_by_last[place(bytes[at - 1])] |= length;
                }
                start = at + 1;
            }
            at += 1;
        }
        Self {
            text,
            lengths,
            lengths_by_last,
        }
    }

    /// Whether a word is one of the list.
    pub(super) fn contains(&self, word: &str) -> bool {
        let (list, word) = (self.text.as_bytes(), word.as_bytes());
        let (Some(first), Some(last)) = (word.first(), word.last()) else {
            return false;
        };
        let possible = self.lengths[place(*first)] & self.lengths_by_last[place(*last)];
        if possible & length_bit(word.len()) == 0 || word.contains(&b' ') {
            return false;
        }
        memmem::find_iter(list, word).any(|at| {
            let (before, after) = (&list[..at], &list[at + word.len()..]);
            matches!(before.last(), None | Some(b' ')) && matches!(after.first(), None | Some(b' '))
        })
    }
}

const fn place(byte: u8) -> usize {
    byte as usize % FIRST_BYTES
}

const fn length_bit(length: usize) -> u32 {
    1 << if length < LONGEST { length } else { LONGEST }
}

/// A list where it is used.
macro_rules! words {
    ($text:literal) => {{
        static LIST: $crate::recipe::word_list::WordList =
            $crate::recipe::word_list::WordList::new($text);
        &LIST
    }};
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_of_a_list() {
        static LIST: WordList =
            WordList::new("sauté add adding padded a gobble-de-gook-and-more-of-such-long-words");
        for word in LIST.text.split(' ') {
            assert!(LIST.contains(word), "{word}");
        }
        for word in [
            "",
            " ",
            "saut",
            "dd",
            "ad",
            "add adding",
            "adding ",
            "d",
            "aid",
            "padding",
        ] {
            assert!(!LIST.contains(word), "{word}");
        }
        assert!(!words!("").contains("a"));
        assert!(!words!("").contains(""));
    }
}
