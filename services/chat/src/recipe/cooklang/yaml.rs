//! Texts and lists as YAML writes them in one line: plain, quoted, in brackets; and how to quote one.
//! None of it calls itself, and each character is looked at a fixed number of times.

/// The sign that the value begins with, when it is an alias, an anchor or a tag.
pub(super) fn forbidden(value: &str) -> Option<char> {
    let first = value.chars().next()?;
    matches!(first, '&' | '*' | '!').then_some(first)
}

/// A plain text up to " #".
pub(super) fn without_comment(text: &str) -> &str {
    let text = match text.find(" #") {
        Some(comment) => &text[..comment],
        None => text,
    };
    if text.starts_with('#') {
        ""
    } else {
        text.trim()
    }
}

/// An item of a list with dashes; `None` when it is a list or a map.
pub(super) fn item(item: &str) -> Option<String> {
    match item.chars().next() {
        Some('[' | '{') => None,
        Some('-') if item == "-" || item.starts_with("- ") => None,
        Some('"' | '\'') => quoted(item).map(|(text, _)| text),
        _ => Some(without_comment(item).to_owned()),
    }
}

/// The items between "[" and "]"; `None` when there is a list or a map in it, or no end.
pub(super) fn list_in_brackets(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text.trim_start().strip_prefix('[')?;
    loop {
        rest = rest.trim_start();
        let (item, after) = match rest.chars().next()? {
            ']' => return Some(items),
            ',' => (String::new(), rest),
            '"' | '\'' => quoted(rest)?,
            '[' | '{' | '&' | '*' | '!' => return None,
            _ => {
                let end = rest.find([',', ']', '[', '{'])?;
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        items.push(item);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None if rest.starts_with(']') => {}
            None => return None,
        }
    }
}

/// A text in double or single quotes, and what follows it; `None` when it does not end.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let mut letters = text.chars();
    let quote = letters.next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut said = String::new();
    loop {
        let letter = letters.next()?;
        match letter {
            '\\' if quote == '"' => said.extend(escaped(&mut letters)?),
            '\'' if quote == '\'' && letters.as_str().starts_with('\'') => {
                letters.next();
                said.push('\'');
            }
            _ if letter == quote => return Some((said, letters.as_str())),
            _ => said.push(letter),
        }
    }
}

/// What stands behind a backslash.
fn escaped(letters: &mut std::str::Chars<'_>) -> Option<Option<char>> {
    let digits = match letters.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'n' | 'r' | 't' | '\t' | 'N' | '_' | 'L' | 'P' => return Some(Some(' ')),
        '0' | 'a' | 'b' | 'e' | 'f' | 'v' => return Some(None),
        other => return Some(Some(other)),
    };
    let mut number = 0;
    for _ in 0..digits {
        number = number * 16 + letters.next()?.to_digit(16)?;
    }
    Some(char::from_u32(number))
}

/// A quoted text. What YAML does not count as printable is written by its number.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\u{20}'..='\u{7e}'
            | '\u{a0}'..='\u{2027}'
            | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}'
            | '\u{10000}'.. => quoted.push(letter),
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_reads_back() {
        for text in ["", "a \"b\" \\ c", "\u{7f}\u{fffe}é🙂", "# x: [y]"] {
            let written = quote(text);
            assert_eq!(quoted(&written), Some((text.to_owned(), "")), "{written}");
        }
        assert_eq!(quoted("'it''s' # so"), Some(("it's".to_owned(), " # so")));
        assert_eq!(quoted("\"open"), None);
    }
}
