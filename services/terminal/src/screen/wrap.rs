//! Breaks text into lines of a given width, between words where it can.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use recipe_chat_client::printable;

/// The lines of `text`, none wider than `width` columns, except where one character alone is. Breaks in the text
/// stay breaks; what a terminal would obey is gone.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n')
        .flat_map(|paragraph| wrap_paragraph(&printable::line(paragraph), width))
        .collect()
}

fn wrap_paragraph(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_word_bounds() {
        if line.width() + word.width() <= width {
            line.push_str(word);
        } else if word.trim().is_empty() {
            // The space at which a line is broken is not shown.
            lines.push(std::mem::take(&mut line));
        } else {
            begin_line(&mut lines, &mut line);
            for character in word.graphemes(true) {
                if line.width() + character.width() > width {
                    begin_line(&mut lines, &mut line);
                }
                line.push_str(character);
            }
        }
    }
    lines.push(line);
    lines
}

fn begin_line(lines: &mut Vec<String>, line: &mut String) {
    if !line.is_empty() {
        lines.push(std::mem::take(line).trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[track_caller]
    fn check(text: &str, width: usize, lines: &[&str]) {
        assert_eq!(wrap(text, width), lines);
    }

    #[test]
    fn breaks_between_words() {
        check("whisk the eggs", 20, &["whisk the eggs"]);
        check("whisk the eggs", 10, &["whisk the", "eggs"]);
        check("whisk\nthe eggs", 20, &["whisk", "the eggs"]);
        check("", 10, &[""]);
    }

    #[test]
    fn breaks_a_word_that_is_too_long() {
        check(
            "a supercalifragilistic pie",
            8,
            &["a", "supercal", "ifragili", "stic pie"],
        );
    }

    #[test]
    fn counts_columns_not_characters() {
        check("煮る煮る", 4, &["煮る", "煮る"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "(?s).{0,200}", width in 2_usize..60) {
            let lines = wrap(&text, width);
            for line in &lines {
                let lone = line.graphemes(true).count() == 1;
                prop_assert!(line.width() <= width || lone, "{line:?} in {width}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let kept: String = text.split('\n').map(|part| letters(&printable::line(part))).collect();
            prop_assert_eq!(letters(&lines.concat()), kept);
        }
    }
}
