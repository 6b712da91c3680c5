//! Tokens of devices on which somebody has signed in to an account before. Whoever shows one has tries of their own,
//! which nobody else can use up (the "device cookies" of OWASP). A token signs nobody in, is good for one account, and
//! is not stored.

use std::fmt;

use aws_lc_rs::{
    constant_time,
    error::Unspecified,
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{SecretSlice, SecretString};

use crate::{derived_key::derived_key, user::Username};

/// Marks a text as a device token, for people and for scanners of leaked secrets.
const PREFIX: &str = "rcd_";
const ID_LENGTH: usize = 16;
const TAG_LENGTH: usize = 16;

/// A device that has signed in to an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DeviceId(pub(crate) [u8; ID_LENGTH]);

/// Issues and reads device tokens with a key of the server.
pub(crate) struct DeviceTokens(hmac::Key);

impl DeviceTokens {
    pub(crate) fn new(secret: &SecretSlice<u8>) -> Self {
        Self(derived_key(secret, b"device tokens"))
    }

    /// The token of a device for an account, of a new one where none is known.
    pub(crate) fn issue(
        &self,
        name: &Username,
        device: Option<DeviceId>,
    ) -> Result<SecretString, Unspecified> {
        let device = match device {
            Some(device) => device,
            None => {
                let mut id = [0; ID_LENGTH];
                SystemRandom::new().fill(&mut id)?;
                DeviceId(id)
            }
        };
        let bytes = [device.0, self.tag(name, device)].concat();
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The device, when the token is one of ours for this account.
    pub(crate) fn read(&self, token: &str, name: &Username) -> Option<DeviceId> {
        let text = token.strip_prefix(PREFIX)?;
        let mut bytes = [0; ID_LENGTH + TAG_LENGTH];
        // Decoding into a slice refuses what is longer.
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, tag) = bytes.get(..length)?.split_first_chunk()?;
        let device = DeviceId(*id);
        let genuine = constant_time::verify_slices_are_equal(&self.tag(name, device), tag);
        genuine.is_ok().then_some(device)
    }

    fn tag(&self, name: &Username, device: DeviceId) -> [u8; TAG_LENGTH] {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(&device.0);
        mac.update(name.key().as_bytes());
        let mut tag = [0; TAG_LENGTH];
        tag.copy_from_slice(&mac.sign().as_ref()[..TAG_LENGTH]);
        tag
    }
}

impl fmt::Debug for DeviceTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceTokens { [redacted] }")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_token_is_good_for_one_account_and_for_nothing_else() {
        let tokens = DeviceTokens::new(&vec![7; 32].into());
        let (ada, grace) = ("Ada".parse().unwrap(), "grace".parse().unwrap());
        let token = tokens.issue(&ada, None).unwrap();
        let text = token.expose_secret();

        let device = tokens.read(text, &"ADA".parse().unwrap()).unwrap();
        assert_eq!(tokens.read(text, &grace), None);
        let again = tokens.issue(&ada, Some(device)).unwrap();
        assert_eq!(again.expose_secret(), text, "the device keeps its token");
        let other = tokens.issue(&ada, None).unwrap();
        assert_ne!(other.expose_secret(), text);
        let foreign = DeviceTokens::new(&vec![8; 32].into());
        assert_eq!(foreign.read(text, &ada), None);
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(tokens.read(&changed, &ada), None, "changed at {at}");
        }
        for none in ["", "rcd_", "rcd_AAAA", &format!("{text}A"), &text[4..]] {
            assert_eq!(tokens.read(none, &ada), None, "{none:?}");
        }
    }
}
