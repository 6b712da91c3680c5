//! Login sessions that are open: validating their access tokens, refreshing, reviewing and revoking them.

use std::sync::Arc;

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tracing::info;

use super::{
    Authority, Client, Error, TokenPair, deletion::is_for_deletion, federation::Validated, outcome,
};
use crate::{
    audit::{AuditEvent, Subject},
    refresh::{LoginSession, Presented, Refusal, Verdict, judge},
    revocations::{Event, RevocationEntry},
    store::{self, Ended, Rotation},
    user::User,
};

/// How often a refresh looks again when somebody else was first. Once is enough: the second look finds the
/// token spent; more would mean that the store contradicts itself.
const MAX_ATTEMPTS: usize = 4;

/// By what a login session is named that is to be revoked.
#[derive(Debug)]
pub(crate) enum SessionName {
    Id(LoginSessionId),
    RefreshToken(SecretString),
    AccessToken(SecretString),
}

impl Authority {
    /// Tells whom an access token belongs to, and what is left of it; the token may be a trusted issuer's.
    pub(crate) async fn validate(&self, token: &SecretString) -> Result<Validated, Error> {
        let answer = match self.issuers.of(token.expose_secret()) {
            Some(issuer) => self.exchange(issuer, token.expose_secret()).await,
            None => self.validate_own(token.expose_secret()),
        };
        self.metrics.validation(outcome(&answer));
        answer
    }

    fn validate_own(&self, token: &str) -> Result<Validated, Error> {
        let now = self.clock.now();
        let principal = self.rules.verify(&self.keys.ring(), token, now)?;
        if is_for_deletion(&principal) || self.revocations.is_revoked(&principal.session) {
            return Err(Error::Revoked);
        }
        Ok(Validated {
            left: principal.expires_at.since(now),
            principal,
            exchanged: None,
        })
    }

    /// Exchanges a refresh token for a new pair.
    pub(crate) async fn refresh(
        &self,
        token: &SecretString,
        client: &Client,
    ) -> Result<TokenPair, Error> {
        let mut of = None;
        let answer = self.try_refresh(token, client, &mut of).await;
        self.metrics.refresh(outcome(&answer));
        let account = of.as_ref();
        let account = account.map(|session| self.pseudonyms.account(Some(&session.user.name)));
        client.log_refusal("refresh", account.as_deref(), &answer);
        // Of refreshes only what is refused is noted: there are many, and they let nobody in who was not.
        if let (Err(_), Some(session)) = (&answer, of) {
            let subject = Subject::User(session.user.id);
            self.note_answer("refresh", subject, Some(session.id), client, &answer);
        }
        answer
    }

    /// `of` becomes the login session whose token it is, as soon as that is known.
    async fn try_refresh(
        &self,
        token: &SecretString,
        client: &Client,
        of: &mut Option<LoginSession>,
    ) -> Result<TokenPair, Error> {
        let token = self
            .minter
            .read(token.expose_secret())
            .ok_or(Refusal::Unknown)?;
        let successor = self.minter.successor(&token);
        let presented = Presented {
            generation: token.generation(),
            hash: token.hash(),
            successor: successor.hash(),
        };
        for _ in 0..MAX_ATTEMPTS {
            let mut session = self
                .store
                .session(&token.session())
                .await?
                .ok_or(Refusal::Unknown)?;
            *of = Some(session.clone());
            let now = self.clock.now();
            match judge(&session, &presented, now, self.lifetimes()) {
                Verdict::Rotate => {
                    let rotation = Rotation {
                        session: session.id.clone(),
                        spent: token.generation(),
                        newest: successor.hash(),
                        at: now,
                        source: self.source(&session.user, client),
                    };
                    if self.store.rotate(rotation).await? {
                        if days(now) != days(session.rotated_at) {
                            self.store.note_seen(&session.user.id, now).await?;
                        }
                        session.rotated_at = now;
                        return self.tokens(session, &successor, now);
                    }
                }
                Verdict::Repeat => return self.tokens(session, &successor, now),
                Verdict::Theft => {
                    self.revoke_session(&session.id, "theft").await?;
                    return Err(Refusal::Stolen.into());
                }
                Verdict::Refuse(refusal) => return Err(refusal.into()),
            }
        }
        Err(store::Error::Busy.into())
    }

    /// Ends a login session and says which one it was. Doing it again changes nothing.
    pub(crate) async fn revoke(
        &self,
        name: SessionName,
        client: &Client,
    ) -> Result<LoginSessionId, Error> {
        let answer = self.try_revoke(name).await;
        client.log_refusal("revoke", None, &answer);
        if let Ok(id) = &answer {
            let session = Some(id.clone());
            self.note_answer("logout", Subject::Unknown, session, client, &answer);
        }
        answer
    }

    /// Ends a login session for an operator.
    pub(crate) async fn revoke_for(
        &self,
        operator: &Arc<str>,
        id: LoginSessionId,
    ) -> Result<LoginSessionId, Error> {
        let order = AuditEvent {
            session: Some(id.clone()),
            ..self.order("revoke_session")
        };
        let answer = self.try_revoke(SessionName::Id(id)).await;
        self.note_order(operator, order, &answer);
        answer
    }

    async fn try_revoke(&self, name: SessionName) -> Result<LoginSessionId, Error> {
        let (id, unknown) = match name {
            SessionName::Id(id) => (id, Error::NoSuchSession),
            SessionName::RefreshToken(token) => {
                let token = self
                    .minter
                    .read(token.expose_secret())
                    .ok_or(Refusal::Unknown)?;
                (token.session(), Refusal::Unknown.into())
            }
            SessionName::AccessToken(token) => {
                // Not asked whether it is revoked: a second logout is no error.
                (
                    self.session_of(token.expose_secret()).await?,
                    Error::Revoked,
                )
            }
        };
        match self.revoke_session(&id, "request").await {
            Err(Error::NoSuchSession) => Err(unknown),
            Err(error) => Err(error),
            Ok(()) => Ok(id),
        }
    }

    /// The login session of an access token, also of one that is revoked.
    async fn session_of(&self, token: &str) -> Result<LoginSessionId, Error> {
        if let Some(issuer) = self.issuers.of(token) {
            return self.federated_session(issuer, token).await;
        }
        let (ring, now) = (self.keys.ring(), self.clock.now());
        Ok(self.rules.verify(&ring, token, now)?.session)
    }

    /// Writes the mark where it lasts, then tells everybody.
    pub(super) async fn revoke_session(
        &self,
        id: &LoginSessionId,
        cause: &'static str,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let revoked_at = self
            .store
            .revoke(id, now)
            .await?
            .ok_or(Error::NoSuchSession)?;
        if now.since(revoked_at) > self.marks_matter_for() {
            return Ok(());
        }
        self.metrics.revocation(cause);
        info!(login.session.id = %id, cause, "revoked a login session");
        self.tell(Event::Revoked(id.clone()), revoked_at).await;
        Ok(())
    }

    /// Has everybody who uses a login session asked to authenticate again; says since when.
    pub(crate) async fn review(
        &self,
        operator: &Arc<str>,
        id: &LoginSessionId,
    ) -> Result<Timestamp, Error> {
        let order = AuditEvent {
            session: Some(id.clone()),
            ..self.order("review_session")
        };
        let answer = self.try_review(id).await;
        self.note_order(operator, order, &answer);
        answer
    }

    async fn try_review(&self, id: &LoginSessionId) -> Result<Timestamp, Error> {
        let now = self.clock.now();
        let reviewed_at = self.store.review(id, now).await?;
        let reviewed_at = reviewed_at.ok_or(Error::NoSuchSession)?;
        info!(login.session.id = %id, "a login session is under review");
        self.tell(Event::Reviewed(id.clone()), reviewed_at).await;
        Ok(reviewed_at)
    }

    /// The login sessions of a user that have not ended, the one refreshed last first.
    pub(crate) async fn sessions_of(&self, user: &str) -> Result<Vec<LoginSession>, Error> {
        let name = user.parse()?;
        let found = self.store.user(&name).await?.ok_or(Error::NoSuchUser)?;
        self.open_sessions(&found.user.id).await
    }

    pub(super) async fn open_sessions(&self, user: &UserId) -> Result<Vec<LoginSession>, Error> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of(user, now).await?;
        sessions.retain(|session| now < session.ends_at(self.lifetimes()));
        Ok(sessions)
    }

    /// The user of that name.
    pub(crate) async fn find_user(&self, name: &str) -> Result<User, Error> {
        let found = self.store.user(&name.parse()?).await?;
        Ok(found.ok_or(Error::NoSuchUser)?.user)
    }

    /// Tells everybody of sessions that a change has ended; those without a living access token concern nobody.
    pub(super) async fn tell_ended(&self, ended: Ended, cause: &'static str, now: Timestamp) {
        for (session, rotated_at) in ended {
            self.metrics.revocation(cause);
            info!(login.session.id = %session, cause, "revoked a login session");
            if now.since(rotated_at) <= self.marks_matter_for() {
                self.tell(Event::Revoked(session), now).await;
            }
        }
    }

    async fn tell(&self, event: Event, at: Timestamp) {
        let mark = RevocationEntry { event, at };
        self.revocations.add(mark.clone());
        self.feed.publish(&mark).await;
    }
}

/// The number of the day.
fn days(at: Timestamp) -> i64 {
    at.unix_seconds().div_euclid(86_400)
}
