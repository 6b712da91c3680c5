//! The commonest passwords, which are the first that a guesser tries. Where the list comes from stands in
//! `data/README.md`.

/// In lower case, sorted by bytes, one a line; all of at least 8 characters.
const LIST: &str = include_str!("../../data/common-passwords.txt");

/// Whether the password is one of the commonest, in any case, or one character over and over.
pub(super) fn is_common(password: &str) -> bool {
    let mut characters = password.chars();
    let first = characters.next();
    first.is_none_or(|first| characters.all(|other| other == first))
        || contains(LIST, &password.to_lowercase())
}

/// Looks a line up by halving the text; `lines` is sorted and ends with a line break.
fn contains(mut lines: &str, wanted: &str) -> bool {
    while !lines.is_empty() {
        let half = lines.as_bytes().get(..lines.len() / 2).unwrap_or_default();
        let start = half.iter().rposition(|byte| *byte == b'\n');
        let start = start.map_or(0, |at| at + 1);
        let (before, rest) = lines.split_at(start);
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        lines = match wanted.cmp(line) {
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => after,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_ten_thousand_sorted_lines_in_lower_case() {
        let lines: Vec<_> = LIST.lines().collect();
        assert_eq!(lines.len(), 10_000);
        assert!(lines.is_sorted() && LIST.ends_with('\n'));
        assert!(lines.iter().all(|line| line.to_lowercase() == **line));
        assert!(lines.iter().all(|line| line.chars().count() >= 8));
    }

    #[test]
    fn each_line_of_the_list_is_found_and_nothing_else() {
        assert!(LIST.lines().all(is_common));
        for common in ["Password", "PASSWORD123", "        ", "ÄÄÄÄÄÄÄÄ", ""] {
            assert!(is_common(common), "{common:?}");
        }
        for rare in [
            "correct horse battery staple",
            "passwor",
            "password\n12345678",
            "zzzzzzzzy",
            "\u{10ffff}zzzzzzz",
            " password",
        ] {
            assert!(!is_common(rare), "{rare:?}");
        }
    }
}
