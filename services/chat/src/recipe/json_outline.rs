//! Counts what a JSON text holds before anything is built from it: memory for a parsed value is many times its text.

/// How deep lists and objects may be nested.
const MAX_DEPTH: usize = 64;
/// How many values a document may have. Recipe pages have some hundreds, with all their reviews some thousands.
const MAX_VALUES: usize = 20_000;

/// A document that holds more than any recipe does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMuch {
    #[error("it is nested more than {MAX_DEPTH} deep")]
    Depth,
    #[error("it has more than {MAX_VALUES} values; send the recipe without the rest of the page")]
    Values,
}

/// Checks a text that may be JSON. It counts opening brackets and commas outside of strings, so it never counts less
/// than a parser would build.
pub(super) fn check(text: &str) -> Result<(), TooMuch> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(inside) = bytes.next() {
                    match inside {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(TooMuch::Depth);
        }
        if values > MAX_VALUES {
            return Err(TooMuch::Values);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_values_are_counted_outside_of_strings() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), Err(TooMuch::Depth));
        assert_eq!(
            check(&format!("[{}0]", "[],".repeat(MAX_VALUES / 2))),
            Err(TooMuch::Values)
        );
        assert_eq!(check(&format!("{:?}", "[,\\\"".repeat(MAX_VALUES))), Ok(()));
        assert_eq!(check("\"open \\"), Ok(()));
    }
}
