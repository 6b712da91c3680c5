//! Words that are listed in one text, with a space between two.

use memchr::memmem;

/// Whether a word is one of a list. Each message is looked up in many: that costs much less than to split them.
pub(super) fn lists(list: &str, word: &str) -> bool {
    let (list, word) = (list.as_bytes(), word.as_bytes());
    if word.is_empty() || word.contains(&b' ') {
        return false;
    }
    memmem::find_iter(list, word).any(|at| {
        let (before, after) = (&list[..at], &list[at + word.len()..]);
        matches!(before.last(), None | Some(b' ')) && matches!(after.first(), None | Some(b' '))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_of_a_list() {
        const LIST: &str = "sauté add adding padded a";
        for word in ["sauté", "add", "adding", "padded", "a"] {
            assert!(lists(LIST, word), "{word}");
        }
        for word in ["", " ", "saut", "dd", "ad", "add adding", "adding ", "d"] {
            assert!(!lists(LIST, word), "{word}");
        }
        assert!(!lists("", "a"));
    }
}
