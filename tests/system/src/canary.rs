//! Remembers every secret that a test uses, and looks for them in everything that the processes printed.

use std::{
    collections::HashSet,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

/// Shorter words may stand in a log by chance.
const SHORTEST: usize = 12;

/// The secrets of one test. Clones share them.
#[derive(Clone, Default)]
pub struct Canary(Arc<Mutex<HashSet<String>>>);

impl Canary {
    /// Remembers a token or password. A JWT is remembered in pieces, without its header, so that a piece of
    /// it is found too.
    pub fn remember(&self, secret: &str) {
        let pieces: Vec<&str> = match secret.split('.').collect::<Vec<_>>()[..] {
            [_, payload, signature] => vec![payload, signature],
            _ => vec![secret],
        };
        let mut secrets = self.0.lock().unwrap();
        let telling = pieces.into_iter().filter(|piece| piece.len() >= SHORTEST);
        secrets.extend(telling.map(str::to_owned));
    }

    /// The lines of `output` that hold a secret, as text, as hexadecimal digits, or as a list of bytes.
    pub fn leaks<'a>(&self, output: &'a str) -> Vec<&'a str> {
        let secrets = self.0.lock().unwrap();
        let shapes: Vec<String> = secrets.iter().flat_map(|secret| shapes(secret)).collect();
        // Most logs are clean: ask for the whole text first.
        let leaked: Vec<&String> = shapes
            .iter()
            .filter(|shape| output.contains(*shape))
            .collect();
        let holds_one = |line: &&str| leaked.iter().any(|shape| line.contains(shape.as_str()));
        if leaked.is_empty() {
            return Vec::new();
        }
        output.lines().filter(holds_one).collect()
    }
}

impl std::fmt::Debug for Canary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canary { [redacted] }")
    }
}

fn shapes(secret: &str) -> [String; 3] {
    let start = &secret.as_bytes()[..secret.len().min(24)];
    let hex = start.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok(); // Writing to a string does not fail.
        text
    });
    let list: Vec<String> = start.iter().map(u8::to_string).collect();
    [secret.to_owned(), hex, list.join(", ")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaks(output: &str) -> usize {
        let canary = Canary::default();
        canary.remember("hunter2-hunter2-hunter2");
        canary.remember("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ");
        canary.leaks(output).len()
    }

    #[test]
    fn finds_a_secret_in_every_shape() {
        assert_eq!(leaks("fine\npassword=hunter2-hunter2-hunter2\nfine"), 1);
        assert_eq!(
            leaks("payload: 0x68756e746572322d68756e746572322d68756e74657232"),
            1
        );
        let list = "hunter2-hunter2-hunter2"
            .bytes()
            .map(|byte| byte.to_string());
        assert_eq!(
            leaks(&format!("[{}]", list.collect::<Vec<_>>().join(", "))),
            1
        );
    }

    #[test]
    fn finds_a_piece_of_a_token_but_not_its_header() {
        assert_eq!(leaks("claims eyJzdWIiOiJhZGEifQ"), 1);
        assert_eq!(leaks("sig ..c2lnbmF0dXJlLW9mLWFkYQ"), 1);
        assert_eq!(leaks("a token that begins with eyJhbGciOiJFZERTQSJ9"), 0);
    }
}
