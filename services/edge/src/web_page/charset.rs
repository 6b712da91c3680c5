//! Which encoding a page is in, and its text: by its byte-order mark, else by what its server says, else by what stands in
//! its head, as browsers have it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// In how many bytes of a page its encoding is looked for.
const MAX_HEAD: usize = 1024;

/// The text of a page. What cannot be read in its encoding becomes signs of replacement.
pub(super) fn decoded(page: &[u8], content_type: &str) -> String {
    let encoding = parameter(content_type)
        .or_else(|| in_head(page))
        .unwrap_or_else(|| match str::from_utf8(page) {
            Ok(_) => UTF_8,
            Err(_) => WINDOWS_1252,
        });
    // A byte-order mark counts for more than all of these.
    let (text, _, _) = encoding.decode(page);
    text.into_owned()
}

/// That of `text/html; charset=…`.
fn parameter(content_type: &str) -> Option<&'static Encoding> {
    let mut parameters = content_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let label = value.trim().trim_matches('"');
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset
            .then(|| Encoding::for_label(label.as_bytes()))
            .flatten()
    })
}

/// That of `<meta charset="…">`, or of `<meta http-equiv="Content-Type" content="…; charset=…">`.
fn in_head(page: &[u8]) -> Option<&'static Encoding> {
    let head = page.get(..MAX_HEAD).unwrap_or(page);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut tags = head.split("<meta").skip(1);
    tags.find_map(|tag| {
        let tag = tag.split('>').next().unwrap_or_default();
        let (_, after) = tag.split_once("charset")?;
        let value = after.trim_start().strip_prefix('=')?.trim_start();
        let value = value.trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/'));
        let label = value.get(..end.unwrap_or(value.len()))?;
        let encoding = Encoding::for_label(label.as_bytes())?;
        // It was read as ASCII, so it cannot be what it says.
        let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
        Some(if is_wide { UTF_8 } else { encoding })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_its_encoding() {
        let pages: [(&[u8], &str, &str); 11] = [
            (b"cr\xe8me", "text/html; charset=ISO-8859-1", "crème"),
            (b"cr\xe8me", "text/html; Charset=\"latin1\"", "crème"),
            (b"cr\xe8me \x80", "text/html", "crème €"),
            ("crème".as_bytes(), "text/html", "crème"),
            ("crème".as_bytes(), "text/html; charset=nonsense", "crème"),
            ("\u{feff}crème".as_bytes(), "text/html; charset=latin1", "crème"),
            (b"\xff\xfes\0u\0", "text/html", "su"),
            (b"\x8f\xac", "text/html; charset=shift_jis", "小"),
            (b"<META CHARSET='windows-1251'>\xf1\xf3\xef", "text/html", "суп"),
            (
                b"<meta name=x><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\">\xcc\xc0",
                "",
                "汤",
            ),
            (b"<meta charset=utf-16>caf\xc3\xa9", "text/html", "café"),
        ];
        for (page, content_type, text) in pages {
            let read = decoded(page, content_type);
            assert!(read.ends_with(text), "{content_type}: {read:?}");
        }
    }

    #[test]
    fn what_the_server_says_counts_for_more_than_the_page() {
        let page = b"<meta charset=utf-8>\xf1\xf3\xef";
        assert!(decoded(page, "text/html; charset=windows-1251").ends_with("суп"));
        let far = [
            b" ".repeat(MAX_HEAD).as_slice(),
            b"<meta charset=windows-1251>\xe9",
        ]
        .concat();
        assert!(
            decoded(&far, "text/html").ends_with('é'),
            "nobody looks so far"
        );
    }
}
