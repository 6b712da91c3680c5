//! Keys made from the server's secret, one for each purpose.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretSlice};

/// A key for one purpose, from the server's secret.
pub(crate) fn derived_key(secret: &SecretSlice<u8>, purpose: &[u8]) -> hmac::Key {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret());
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, purpose).as_ref())
}
