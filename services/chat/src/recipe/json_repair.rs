//! JSON as pages carry it: a byte-order mark, a CDATA section around it, raw line breaks inside of texts, commas before a
//! closing bracket, escapes that JSON does not know. One pass over the text.

use std::borrow::Cow;

/// Without what stands around the JSON on a page.
pub(super) fn unwrapped(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim();
    let text = text.trim_start_matches("//").trim_start();
    let text = text.strip_prefix("<![CDATA[").unwrap_or(text).trim_end();
    let text = text.trim_end_matches("]]>").trim_end();
    let text = text.trim_end_matches("//").trim();
    text.trim_end_matches(';').trim()
}

/// The text with what is no JSON made so; borrowed when there was nothing to do.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut in_text = false;
    let mut changed = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                in_text = !in_text;
                out.push('"');
            }
            '\\' if in_text => match letters.next() {
                Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => {
                    out.push('\\');
                    out.push(next);
                }
                Some(next) => {
                    changed = true;
                    out.push(next);
                }
                None => {}
            },
            control if in_text && control.is_control() => {
                changed = true;
                out.push_str(if control == '\n' { "\\n" } else { " " });
            }
            ',' if !in_text => {
                let mut space = String::new();
                while let Some(blank) = letters.next_if(|next| next.is_whitespace()) {
                    space.push(blank);
                }
                match letters.peek() {
                    Some('}' | ']' | ',') => changed = true,
                    _ => out.push(','),
                }
                out.push_str(&space);
            }
            other => out.push(other),
        }
    }
    match changed {
        true => Cow::Owned(out),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pages_get_wrong_is_mended() {
        assert_eq!(unwrapped("\u{feff}//<![CDATA[\n{}\n//]]>"), "{}");
        assert_eq!(
            repaired("{\"a\": \"b\nc\\'\", \"d\": [1, 2, ], }"),
            "{\"a\": \"b\\nc'\", \"d\": [1, 2 ] }"
        );
        assert!(matches!(repaired("{\"a\": \"\\\"b,\"}"), Cow::Borrowed(_)));
    }
}
