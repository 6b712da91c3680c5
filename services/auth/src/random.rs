//! Random texts that people can read out and type.

use aws_lc_rs::{
    error::Unspecified,
    rand::{SecureRandom as _, SystemRandom},
};
use secrecy::SecretString;

/// Five bits each; none is easily taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// A text of so many letters and digits, five random bits each.
pub(crate) fn text(length: usize) -> Result<SecretString, Unspecified> {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes)?;
    let letters = bytes.iter().map(|byte| usize::from(byte & 31));
    let letters = letters.filter_map(|at| ALPHABET.get(at));
    Ok(letters
        .map(|letter| char::from(*letter))
        .collect::<String>()
        .into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn every_letter_stands_for_five_bits() {
        let mut letters = ALPHABET.to_vec();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), 32);
        let [one, two] = [text(20).unwrap(), text(20).unwrap()];
        assert_eq!(one.expose_secret().len(), 20);
        assert_ne!(one.expose_secret(), two.expose_secret());
    }
}
