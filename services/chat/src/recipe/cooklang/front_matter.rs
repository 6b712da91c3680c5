//! Reads the few keys of Cooklang front matter that a recipe has a place for: title, description, servings and tags.
//!
//! Front matter is YAML, of which this reads what people write there: plain and quoted texts, "|" and ">" blocks, and
//! lists in brackets or with dashes. Other keys are passed over unread, so nothing nests and nothing multiplies: each
//! line is looked at a fixed number of times. Anchors, aliases and tags of YAML are refused where a text is wanted.

use super::metadata::{Metadata, Value};
use super::yaml;

const FENCE: &str = "---";

/// The front matter of a text and what follows it.
#[derive(Debug)]
pub(super) struct Split<'t> {
    pub(super) front_matter: &'t str,
    /// Where the front matter begins, in bytes.
    pub(super) begins: usize,
    /// Where the rest begins, in bytes.
    pub(super) rest: usize,
}

/// A key whose value cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{key}\" begins with \"{sign}\"; anchors, aliases and tags of YAML are not read here: write the text itself, or put it in quotes"
)]
pub(super) struct Unread {
    /// Counted from the line after the fence, which is 1.
    pub(super) line: usize,
    key: String,
    sign: char,
}

/// Splits front matter off, when the text begins with it.
pub(super) fn split(text: &str) -> Option<Split<'_>> {
    let mut at = 0;
    let mut begins = None;
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start_matches('\u{feff}').trim_end() == FENCE;
        match begins {
            None if line.trim().is_empty() => {}
            None if is_fence => begins = Some(at + line.len()),
            None => return None,
            Some(begins) if is_fence => {
                return Some(Split {
                    front_matter: &text[begins..at],
                    begins,
                    rest: at + line.len(),
                });
            }
            Some(_) => {}
        }
        at += line.len();
    }
    None
}

/// The values of the keys that a recipe has a place for.
pub(super) fn read(front_matter: &str) -> Result<Metadata, Unread> {
    let mut metadata = Metadata::default();
    let mut lines = front_matter.split_inclusive('\n').enumerate().peekable();
    let mut at = 0;
    while let Some((place, line)) = lines.next() {
        at += line.len();
        let Some((key, first)) = key_and_value(line) else {
            continue;
        };
        let begins = at;
        while let Some((_, line)) = lines.next_if(|(_, line)| continues(line)) {
            at += line.len();
        }
        if !Metadata::has(&key) {
            metadata.left_out.tell(&key);
            continue;
        }
        let value = value(first, &front_matter[begins..at]).map_err(|sign| Unread {
            line: place + 1,
            key: key.clone(),
            sign,
        })?;
        metadata.set(&key, value);
    }
    Ok(metadata)
}

/// "title: Pancakes" at the beginning of a line.
fn key_and_value(line: &str) -> Option<(String, &str)> {
    if line.starts_with(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '[' | '{')) {
        return None;
    }
    let (key, value) = line.split_once(':')?;
    let is_key = value.is_empty() || value.starts_with(char::is_whitespace);
    let key = key.trim().trim_matches(['"', '\'']).to_lowercase();
    is_key.then_some((key, value.trim()))
}

/// Whether the line belongs to the key above it.
fn continues(line: &str) -> bool {
    let line = line.trim_end();
    line.is_empty()
        || line.starts_with(char::is_whitespace)
        || line == "-"
        || line.starts_with("- ")
        || line.starts_with(['#', ']'])
}

/// The value that begins behind the key and goes on in the lines below; or the sign that it may not begin with.
fn value(first: &str, below: &str) -> Result<Value, char> {
    let begins = match yaml::without_comment(first) {
        "" => below
            .lines()
            .map(str::trim)
            .find(|line| !yaml::without_comment(line).is_empty())
            .unwrap_or_default(),
        first => first,
    };
    if let Some(sign) = yaml::forbidden(begins) {
        return Err(sign);
    }
    Ok(match begins.chars().next() {
        None => Value::Missing,
        Some('[') => {
            yaml::list_in_brackets(&joined(first, below)).map_or(Value::Missing, Value::List)
        }
        Some('{') => Value::Missing,
        Some('-') if begins == "-" || begins.starts_with("- ") => list(below)?,
        Some('"' | '\'') => yaml::quoted(&joined(first, below))
            .map_or(Value::Missing, |(text, _)| Value::Text(text)),
        Some('|' | '>') => Value::Text(joined("", below).trim().to_owned()),
        Some(_) => plain(first, below),
    })
}

/// The lines as one, each without its comment only where the caller knows that it has one.
fn joined(first: &str, below: &str) -> String {
    let mut text = first.to_owned();
    for line in below.lines() {
        text.push(' ');
        text.push_str(line.trim());
    }
    text
}

fn plain(first: &str, below: &str) -> Value {
    let mut text = yaml::without_comment(first).to_owned();
    for line in below.lines() {
        text.push(' ');
        text.push_str(yaml::without_comment(line.trim()));
    }
    match text.trim() {
        "" | "~" | "null" => Value::Missing,
        text => Value::Text(text.to_owned()),
    }
}

/// A list with a dash before each item. An item that is a list or a map itself is left out.
fn list(below: &str) -> Result<Value, char> {
    let mut items: Vec<String> = Vec::new();
    for line in below.lines() {
        let line = line.trim();
        let Some(item) = line.strip_prefix('-') else {
            let more = yaml::without_comment(line);
            // A key of a map that is indented wrongly is no part of the item above it.
            if let Some(last) = items.last_mut()
                && !(more.is_empty() || more.contains(": "))
            {
                last.push(' ');
                last.push_str(more);
            }
            continue;
        };
        let item = item.trim();
        if let Some(sign) = yaml::forbidden(item) {
            return Err(sign);
        }
        items.push(yaml::item(item).unwrap_or_default());
    }
    Ok(Value::List(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(front_matter: &str) -> Vec<String> {
        read(front_matter).unwrap().tags
    }

    #[test]
    fn the_forms_that_people_write_are_read() {
        let read = read(
            "# mine\ntitle: \"Crème \\u0022brûlée\\\"\" # nice\nsource:\n  name: x\n  tags: [no]\nServings: '4'\n\
             description: >\n  Light and\n  quick.\ntags:\n- a # first\n-   'b c'\n- \"d, e\"\n",
        )
        .unwrap();
        assert_eq!(read.title.as_deref(), Some("Crème \"brûlée\""));
        assert_eq!(read.servings(), Some(4));
        assert_eq!(read.description.as_deref(), Some("Light and quick."));
        assert_eq!(read.tags, ["a", "b c", "d, e"]);
    }

    #[test]
    fn tags_come_in_every_form_of_a_list() {
        assert_eq!(
            tags("tags: [a, 'b, c', \"d\", 30]"),
            ["a", "b, c", "d", "30"]
        );
        assert_eq!(tags("tags: [a,\n  b]\ntitle: x"), ["a", "b"]);
        assert_eq!(tags("tags:\n  [\n  a,\n  b\n]\ntitle: x"), ["a", "b"]);
        assert_eq!(tags("tags: a, b\n"), ["a", "b"]);
        assert_eq!(tags("tags:\n  - a\n  - - b\n  - c\n"), ["a", "c"]);
        assert_eq!(tags("tags: [[a], b]"), [""; 0]);
        assert_eq!(tags("tags:\n  - a\n    b\n\n  author: x\n"), ["a b"]);
        assert_eq!(tags("tags: {a: b}"), [""; 0]);
        assert_eq!(tags("tags: ~"), [""; 0]);
    }

    #[test]
    fn anchors_aliases_and_tags_are_refused_where_a_text_is_wanted() {
        for (front_matter, line, sign) in [
            ("title: *a", 1, '*'),
            ("source: x\ntags: &a [b]", 2, '&'),
            ("tags:\n  - a\n  - !!str b", 1, '!'),
            ("title:\n  &a b", 1, '&'),
        ] {
            let unread = read(front_matter).unwrap_err();
            assert_eq!((unread.line, unread.sign), (line, sign), "{front_matter}");
        }
        assert!(read("other: &a [*a]\ntitle: a & b * c").is_ok());
    }

    #[test]
    fn only_a_text_that_begins_with_a_fence_has_front_matter() {
        let split = split("\n---\ntitle: x\n--- \nMix.").unwrap();
        assert_eq!(split.front_matter, "title: x\n");
        assert!(super::split("Mix.\n---\na: b\n---\n").is_none());
        assert!(super::split("---\na: b\n").is_none());
    }
}
