//! Sign-ins at trusted issuers that have begun and not ended. Of what names one only hashes are kept.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Error, MAX_PAGE, Statement, Store};
use crate::issuers::PendingSignIn;

/// How long a user may take to sign in at the issuer.
pub(crate) const SIGN_IN_LIFE: Duration = Duration::from_secs(600);
/// How many may have begun and not ended.
const MAX_PENDING: u32 = 10_000;

/// A sign-in that begins.
#[derive(Debug)]
pub(crate) struct NewSignIn<'a> {
    pub(crate) state: &'a SecretString,
    pub(crate) browser_secret: &'a SecretString,
    /// What the issuer's tokens say in `iss`.
    pub(crate) issuer: &'a str,
    pub(crate) verifier: &'a SecretString,
    pub(crate) nonce: &'a SecretString,
    pub(crate) redirect_uri: &'a str,
}

impl Store {
    /// Keeps a sign-in that begins; `false` when as many have begun as may.
    pub(crate) async fn add_sign_in(
        &self,
        begun: NewSignIn<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO issuer_sign_ins (state_hash, browser_hash, issuer, verifier, nonce, \
                           redirect_uri, begun_at) SELECT $1, $2, $3, $4, $5, $6, $7 \
                           WHERE (SELECT count(*) FROM issuer_sign_ins WHERE begun_at > $8) < $9 RETURNING begun_at";
        let parameters = [
            hash(begun.state).into(),
            hash(begun.browser_secret).into(),
            begun.issuer.into(),
            begun.verifier.expose_secret().into(),
            begun.nonce.expose_secret().into(),
            begun.redirect_uri.into(),
            now.into(),
            now.before(SIGN_IN_LIFE).into(),
            MAX_PENDING.into(),
        ];
        let added = self.rows("add_sign_in", Statement::new(SQL, parameters));
        Ok(!added.await?.is_empty())
    }

    /// Takes the sign-in of that state, which nobody can take again; `None` when there is none of that browser at that
    /// issuer, or it has begun before then.
    pub(crate) async fn take_sign_in(
        &self,
        state: &SecretString,
        browser_secret: &SecretString,
        issuer: &str,
        begun_after: Timestamp,
    ) -> Result<Option<PendingSignIn>, Error> {
        const SQL: &str = "DELETE FROM issuer_sign_ins WHERE state_hash = $1 AND browser_hash = $2 AND issuer = $3 \
                           AND begun_at > $4 RETURNING verifier, nonce, redirect_uri";
        let parameters = [
            hash(state).into(),
            hash(browser_secret).into(),
            issuer.into(),
            begun_after.into(),
        ];
        let taken = self.rows("take_sign_in", Statement::new(SQL, parameters));
        let taken = taken.await?;
        let read = |row: &super::Row| {
            Ok(PendingSignIn {
                verifier: row.text(0)?.into(),
                nonce: row.text(1)?.into(),
                redirect_uri: row.text(2)?.to_owned(),
            })
        };
        taken.first().map(read).transpose()
    }

    /// Forgets those that have begun before then, at most [`MAX_PAGE`]; says how many.
    pub(crate) async fn forget_sign_ins(&self, before: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM issuer_sign_ins WHERE state_hash IN (SELECT state_hash FROM issuer_sign_ins \
                           WHERE begun_at <= $1 ORDER BY begun_at LIMIT $2) RETURNING begun_at";
        let forgotten = Statement::new(SQL, [before.into(), MAX_PAGE.into()]);
        Ok(self.rows("forget_sign_ins", forgotten).await?.len() as u64)
    }
}

fn hash(secret: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.expose_secret().as_bytes()))
}
