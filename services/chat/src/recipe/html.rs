//! Text out of HTML: lines without tags and entities, and the JSON-LD of a page. One pass over the text each time.

use std::borrow::Cow;

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// How often entities may be escaped one over the other: sites do it twice.
const MOST_ESCAPES: usize = 2;

/// The lines of a text that may be HTML: tags of blocks and line breaks end a line, other tags and entities say nothing
/// of their own. Empty lines are left out, and runs of spaces are one.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut plain = text.to_owned();
    for _ in 0..MOST_ESCAPES {
        if !has_markup(&plain) {
            break;
        }
        plain = without_markup(&plain);
    }
    plain
        .lines()
        .map(super::naming::one_line)
        .filter(|line| !line.is_empty())
        .collect()
}

/// A text that may be HTML, as one line.
pub(super) fn line(text: &str) -> String {
    lines(text).join(" ")
}

/// A text with its entities as the letters that they stand for; all else stays as it is.
pub(super) fn without_entities(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 10;
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        let name = from[1..]
            .bytes()
            .take(LONGEST)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .count();
        let end = 1 + name;
        let letter = (name > 0 && from[end..].starts_with(';'))
            .then(|| without_markup(&from[..=end]))
            .filter(|letter| letter.len() < end);
        plain.push_str(before);
        let used = match letter {
            Some(letter) => {
                plain.push_str(&letter);
                end + 1
            }
            None => {
                plain.push('&');
                1
            }
        };
        rest = &from[used..];
    }
    if plain.is_empty() {
        return Cow::Borrowed(text);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn has_markup(text: &str) -> bool {
    text.contains(['<', '&'])
}

fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for token in Tokenizer::new(text) {
        match token {
            Ok(Token::String(said)) => plain.push_str(&String::from_utf8_lossy(&said.value)),
            Ok(Token::StartTag(tag)) if ends_a_line(&tag.name) => plain.push('\n'),
            Ok(Token::EndTag(tag)) if ends_a_line(&tag.name) => plain.push('\n'),
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    plain
}

fn ends_a_line(tag: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 16] = [
        b"p", b"br", b"li", b"ol", b"ul", b"div", b"tr", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6",
        b"section", b"table", b"td",
    ];
    BLOCKS.contains(&tag)
}

/// Whether the text is a page rather than data.
pub(super) fn is_page(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
        && !text.trim_start().starts_with("<![CDATA[")
}

/// The scripts of a page that hold JSON-LD, in their order.
pub(super) fn json_ld(page: &str) -> Vec<String> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut scripts: Vec<String> = Vec::new();
    let mut inside = false;
    for token in Tokenizer::new_with_emitter(page, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => {
                let kind = tag
                    .attributes
                    .get(&b"type"[..])
                    .map(|kind| kind.value.to_ascii_lowercase());
                inside = *tag.name == b"script"[..]
                    && kind.is_some_and(|kind| kind.starts_with(b"application/ld+json"));
                if inside {
                    scripts.push(String::new());
                }
            }
            Ok(Token::String(said)) if inside => {
                if let Some(script) = scripts.last_mut() {
                    script.push_str(&String::from_utf8_lossy(&said.value));
                }
            }
            Ok(Token::EndTag(_)) => inside = false,
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_leave_the_words() {
        assert_eq!(
            lines("<ol><li>Mix &amp; rest.</li><li>Bake<br>well.</li></ol>"),
            ["Mix & rest.", "Bake", "well."]
        );
        assert_eq!(line("&amp;frac12; cup <b>milk</b>"), "½ cup milk");
        assert_eq!(line("4 < 5 & 6 > 3"), "4 < 5 & 6 > 3");
    }

    #[test]
    fn entities_alone_become_letters() {
        assert_eq!(
            without_entities("&frac14; cup half &amp; half & <3; AT&T;"),
            "¼ cup half & half & <3; AT&T;"
        );
        assert!(matches!(without_entities("2 eggs"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_data_of_a_page_is_found_and_nothing_else() {
        let page = "<!doctype html><title>a</title><script>var x = '<p>';</script>\
            <script type=\"application/ld+json\">{\"a\": \"<b>\"}</script><p>b</p>";
        assert_eq!(json_ld(page), ["{\"a\": \"<b>\"}"]);
        assert!(is_page(page) && !is_page("{}"));
    }
}
