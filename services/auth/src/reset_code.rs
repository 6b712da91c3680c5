//! The code that an operator gives somebody who has lost their password. It has as many random bits that a plain hash
//! of it keeps it secret, and opens one session.

use std::time::Duration;

use aws_lc_rs::{digest, error::Unspecified};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{random, refresh::SecretHash, store::ResetCode};

/// How long a code is good.
const LIFE: Duration = Duration::from_secs(86_400);
/// 100 random bits.
const LENGTH: usize = 20;
/// How many letters stand together where people read it.
const GROUP: usize = 5;
/// Nothing that is longer can be a code; it is not even hashed.
const MAX_TYPED: usize = 64;

/// A new code, as it is shown and as it is stored.
pub(crate) fn generate(now: Timestamp) -> Result<(SecretString, ResetCode), Unspecified> {
    let letters = random::text(LENGTH)?;
    let mut shown = String::new();
    for (at, letter) in letters.expose_secret().chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            shown.push('-');
        }
        shown.push(letter);
    }
    let stored = ResetCode {
        hash: hash(letters.expose_secret()),
        until: now + LIFE,
        session: None,
    };
    Ok((shown.into(), stored))
}

/// Whether somebody has typed the code, while it is good. Hyphens, spaces and case do not count.
pub(crate) fn is(code: &ResetCode, typed: &SecretString, now: Timestamp) -> bool {
    let typed = typed.expose_secret();
    if typed.len() > MAX_TYPED || now >= code.until {
        return false;
    }
    let counted = typed.chars().filter(|c| *c != '-' && !c.is_whitespace());
    let letters: String = counted.map(|c| c.to_ascii_lowercase()).collect();
    // Compared in constant time.
    hash(&letters) == code.hash
}

fn hash(letters: &str) -> SecretHash {
    let mut hash = [0; 32];
    let sum = digest::digest(&digest::SHA256, letters.as_bytes());
    hash.copy_from_slice(sum.as_ref());
    SecretHash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

    #[test]
    fn a_code_is_good_for_a_day_however_it_is_typed() {
        let (shown, code) = generate(NOW).unwrap();
        let shown = shown.expose_secret();
        assert_eq!(shown.len(), LENGTH + 3);
        for typed in [
            shown.to_owned(),
            shown.to_uppercase(),
            shown.replace('-', " "),
            shown.replace('-', ""),
        ] {
            assert!(is(&code, &typed.as_str().into(), NOW), "{typed}");
        }
        assert!(!is(&code, &shown.into(), NOW + LIFE));
        for typed in ["", "x", &shown[1..], &format!("{shown}a"), &shown.repeat(9)] {
            assert!(!is(&code, &typed.into(), NOW), "{typed}");
        }
    }
}
