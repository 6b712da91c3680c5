//! What clients send once they are upgraded, for `crate::fuzzing`.

use super::{FrameReader, MAX_FIRST_MESSAGE, MAX_MESSAGE, Received};

/// Reads what a client sends, of which so many bytes come at once.
///
/// # Panics
/// When what is read depends on how many come at once, when a message is longer than it may be, or when more than four
/// times what has come is kept.
pub fn websocket_stream(bytes: &[u8], at_once: usize) {
    let mut reader = FrameReader::default();
    let (received, close) = reader.read_pieces(bytes, at_once.max(1));
    let whole = FrameReader::default().read_pieces(bytes, usize::MAX);
    assert!(
        (&received, close) == (&whole.0, whole.1),
        "it depends on the pieces"
    );
    let texts = received.iter().filter_map(|received| match received {
        Received::Text(text) => Some(text.len()),
        _ => None,
    });
    for (index, length) in texts.enumerate() {
        let longest = if index == 0 {
            MAX_FIRST_MESSAGE
        } else {
            MAX_MESSAGE
        };
        assert!(length <= longest, "a message of {length} bytes");
    }
    assert!(
        reader.kept() <= 4 * bytes.len() + 64,
        "{} bytes are kept",
        reader.kept()
    );
}
