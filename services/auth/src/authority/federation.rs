//! Users of trusted issuers: a token of such an issuer is exchanged for one of ours. Who shows one for the first time
//! gets an account, and each sign-in there has a login session here, which ends as any other does.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::LoginSessionId;
use runtime::{clock::Timestamp, lifecycle::Lifecycle};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use super::{Authority, Client, Error, sign_in::chosen_display_name};
use crate::{
    audit::Subject,
    issuers::{FederatedToken, Issuer, Profile},
    passwords::StoredPassword,
    random,
    refresh::{LoginSession, RefreshToken},
    store::{self, Added, FederatedLogin, FederatedSession, FederatedUser, StoredUser},
    token::{Principal, TokenTimes},
    user::{User, Username},
};

/// How often somebody else may be first: more would mean that the store contradicts itself.
const MAX_ATTEMPTS: usize = 4;
/// How many names are tried for a new user before their first token is refused.
const MAX_NAMES: usize = 8;
/// How long a name that a provider gives may be, with room for what makes it another.
const MAX_NAME_LENGTH: usize = 48;
/// 20 random bits tell users of one name apart.
const SUFFIX_LENGTH: usize = 4;
/// For how long it is not written again that a login session is used. Marks of revoked sessions are kept for longer
/// than any of their tokens lives, by twice as much.
const USE_INTERVAL: Duration = Duration::from_secs(30);

/// Whom a token belongs to, and what stands for it elsewhere.
#[derive(Debug)]
pub(crate) struct Validated {
    pub(crate) principal: Principal,
    /// What is left of the token.
    pub(crate) left: Duration,
    /// A token of ours, where the one that was shown is another issuer's.
    pub(crate) exchanged: Option<SecretString>,
}

impl Authority {
    /// Keeps the keys of trusted issuers up to date until the lifecycle stops.
    pub(crate) fn follow_issuers(&self, lifecycle: &Lifecycle) {
        self.issuers.follow(lifecycle);
    }

    /// Tells whom a token of a trusted issuer belongs to, and gives a token of ours for it: never one that lives
    /// longer, and the same for the same token.
    pub(super) async fn exchange(&self, issuer: &Issuer, token: &str) -> Result<Validated, Error> {
        let now = self.clock.now();
        let shown = issuer.verify(token, now).await?;
        let hashes = Hashes::of(issuer, &shown);
        let login = login_of(issuer, &shown, &hashes);
        let (user, session) = self
            .open_federated_session(issuer, &shown, login, now)
            .await?;
        if self.revocations.is_revoked(&session.id) {
            return Err(Error::Revoked);
        }
        let times = TokenTimes {
            id: shown.id,
            // A clock that is ahead of ours may have issued it.
            issued_at: shown.issued_at.min(now),
            expires_at: shown.expires_at.min(session.expires_at),
        };
        let ring = self.keys.ring();
        let key = ring.signer(now, self.keys.max_age).ok_or(Error::NoKey)?;
        let issued = self
            .rules
            .issue_for(key, &user, &session.id, times.clone())?;
        Ok(Validated {
            left: issued.expires_at.since(now),
            principal: Principal {
                user,
                scope: None,
                session: session.id,
                token_id: times.id,
                issued_at: times.issued_at,
                expires_at: issued.expires_at,
            },
            exchanged: Some(issued.text),
        })
    }

    /// The login session that a token of a trusted issuer belongs to, if it has opened one.
    pub(super) async fn federated_session(
        &self,
        issuer: &Issuer,
        token: &str,
    ) -> Result<LoginSessionId, Error> {
        let shown = issuer.verify(token, self.clock.now()).await?;
        let hashes = Hashes::of(issuer, &shown);
        let found = self.store.federated_user(login_of(issuer, &shown, &hashes));
        let session = found.await?.and_then(|found| found.session);
        Ok(session.ok_or(Error::Revoked)?.id)
    }

    /// Whose account a good ID token leads to, which is made where there is none, and what stands for the identity.
    pub(super) async fn federated_account(
        &self,
        issuer: &Issuer,
        shown: &FederatedToken,
    ) -> Result<(User, String), Error> {
        let now = self.clock.now();
        let hashes = Hashes::of(issuer, shown);
        let login = login_of(issuer, shown, &hashes);
        for _ in 0..MAX_ATTEMPTS {
            match self.store.federated_user(login).await? {
                Some(found) if found.is_shut_out => return Err(Error::Disabled),
                Some(found) => return Ok((found.user, hashes.identity)),
                None => self.add_federated_user(issuer, shown, login, now).await?,
            }
        }
        Err(store::Error::Busy.into())
    }

    /// The user, and the login session that goes on or begins.
    async fn open_federated_session(
        &self,
        issuer: &Issuer,
        shown: &FederatedToken,
        login: FederatedLogin<'_>,
        now: Timestamp,
    ) -> Result<(User, FederatedSession), Error> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(found) = self.store.federated_user(login).await? else {
                self.add_federated_user(issuer, shown, login, now).await?;
                continue;
            };
            // A token from before a sign-out is dead for ever; a later one shows that the issuer let its user in again.
            let is_dead = found.revoked_at.is_some_and(|at| shown.issued_at <= at);
            if found.is_shut_out || is_dead {
                return Err(Error::Revoked);
            }
            let FederatedUser { user, session, .. } = found;
            match session.filter(|session| self.goes_on(session, now)) {
                Some(session) => {
                    if self.note_use(&user, &session, now).await? {
                        return Ok((user, session));
                    }
                }
                None => {
                    if let Some(session) = self
                        .begin_federated_session(&user, shown, login, now)
                        .await?
                    {
                        let (id, issuer) = (&session.id, issuer.name());
                        info!(user.id = %user.id, login.session.id = %id, %issuer, "signed in by another issuer's token");
                        return Ok((user, session));
                    }
                }
            }
        }
        Err(store::Error::Busy.into())
    }

    fn goes_on(&self, session: &FederatedSession, now: Timestamp) -> bool {
        !session.is_revoked && now < session.expires_at && session.rotated_at > self.used_since(now)
    }

    /// A login session that was not used since then has ended.
    fn used_since(&self, now: Timestamp) -> Timestamp {
        match self.lifetimes().idle {
            Some(idle) => now.before(idle),
            None => Timestamp::from_unix_millis(i64::MIN),
        }
    }

    /// Notes at most so often that a session is used; `false` when it was revoked meanwhile.
    async fn note_use(
        &self,
        user: &User,
        session: &FederatedSession,
        now: Timestamp,
    ) -> Result<bool, Error> {
        if now.since(session.rotated_at) < USE_INTERVAL {
            return Ok(true);
        }
        let noted = self.store.note_session_used(&session.id, now).await?;
        if noted && now.unix_seconds() / 86_400 != session.rotated_at.unix_seconds() / 86_400 {
            self.store.note_seen(&user.id, now).await?;
        }
        Ok(noted)
    }

    /// `None` when somebody else was first.
    async fn begin_federated_session(
        &self,
        user: &User,
        shown: &FederatedToken,
        login: FederatedLogin<'_>,
        now: Timestamp,
    ) -> Result<Option<FederatedSession>, Error> {
        // Its refresh token is given to nobody: the issuer has one.
        let first = RefreshToken::first(uuid::Uuid::now_v7()).map_err(|_| Error::NoRandomness)?;
        let session = LoginSession {
            id: first.session(),
            user: user.clone(),
            generation: first.generation(),
            newest: first.hash(),
            rotated_at: now,
            expires_at: now + self.config.refresh_ttl,
            revoked_at: None,
        };
        let (issued_at, used_since) = (shown.issued_at, self.used_since(now));
        let begun = self
            .store
            .add_federated_session(&session, login, issued_at, used_since);
        if !begun.await? {
            return Ok(None);
        }
        self.metrics.sign_in("federated", "ok");
        let subject = Subject::User(user.id.clone());
        let (id, client) = (Some(session.id.clone()), Client::default());
        self.note_answer("federated", subject, id, &client, &Ok(()));
        Ok(Some(FederatedSession {
            id: session.id,
            rotated_at: session.rotated_at,
            expires_at: session.expires_at,
            is_revoked: false,
        }))
    }

    /// Gives an identity that was never seen an account, under a name that nobody has.
    async fn add_federated_user(
        &self,
        issuer: &Issuer,
        shown: &FederatedToken,
        login: FederatedLogin<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let base = base_name(&shown.profile);
        for attempt in 0..MAX_NAMES {
            let name: Username = match attempt {
                0 => base.parse()?,
                _ => with_suffix(&base)?.parse()?,
            };
            let user = User {
                display_name: display_name(&shown.profile, &name),
                ..User::new(name)
            };
            let id = user.id.clone();
            let added = StoredUser {
                user,
                password: StoredPassword::none(),
            };
            let added = self
                .store
                .add_federated_user(added, login, shown.issued_at, now);
            match added.await? {
                Added::New => {
                    info!(user.id = %id, issuer = %issuer.name(), "a user of another issuer has an account");
                    return Ok(());
                }
                Added::Known => return Ok(()),
                Added::Left => return Err(Error::Revoked),
                Added::NameTaken => {}
            }
        }
        Err(Error::NameTaken)
    }
}

/// Stand for an identity, and for one sign-in of it. The parts cannot run into one another: none holds the byte between
/// them.
struct Hashes {
    identity: String,
    login: String,
}

impl Hashes {
    fn of(issuer: &Issuer, shown: &FederatedToken) -> Self {
        let hash = |text: &str| URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
        let identity = format!("{}\n{}", issuer.url(), shown.subject);
        let login = shown.login.as_deref().unwrap_or_default();
        Self {
            login: hash(&format!("{identity}\n{login}")),
            identity: hash(&identity),
        }
    }
}

fn login_of<'a>(
    issuer: &'a Issuer,
    shown: &'a FederatedToken,
    hashes: &'a Hashes,
) -> FederatedLogin<'a> {
    FederatedLogin {
        issuer: issuer.url(),
        subject: &shown.subject,
        identity_hash: &hashes.identity,
        hash: &hashes.login,
    }
}

/// A username like the one that a provider gives, of the characters that usernames have here. Of an address of mail
/// only what stands before the `@` is taken.
fn base_name(profile: &Profile) -> String {
    let given = profile.username.as_ref().or(profile.name.as_ref());
    let given = given.map_or("", String::as_str);
    let local = given.split('@').next().unwrap_or_default();
    let plain = local.chars().filter_map(|c| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => Some(c),
        c if c.is_whitespace() => Some('.'),
        _ => None,
    });
    let plain: String = plain.take(MAX_NAME_LENGTH).collect();
    let plain = plain.trim_matches(['.', '_', '-']);
    let may_be_chosen = |name: &str| {
        name.parse::<Username>()
            .is_ok_and(|name| name.chosen().is_ok())
    };
    match may_be_chosen(plain) {
        true => plain.to_owned(),
        false if plain.is_empty() => "user".to_owned(),
        false => format!("user-{plain}"),
    }
}

fn with_suffix(base: &str) -> Result<String, Error> {
    let suffix = random::text(SUFFIX_LENGTH).map_err(|_| Error::NoRandomness)?;
    Ok(format!("{base}-{}", suffix.expose_secret()))
}

/// What others see: what the provider says, where that may be shown here.
fn display_name(profile: &Profile, name: &Username) -> Option<crate::user::DisplayName> {
    let given = profile.name.as_ref().or(profile.username.as_ref())?;
    chosen_display_name(given, name).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(username: &str, name: &str, base: &str, shown: &str) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let profile = Profile {
            username: text(username),
            name: text(name),
        };
        assert_eq!(base_name(&profile), base);
        let user = User {
            display_name: display_name(&profile, &base.parse().unwrap()),
            ..User::new(base.parse().unwrap())
        };
        assert_eq!(user.shown_name(), shown);
    }

    #[test]
    fn a_name_of_a_provider_becomes_one_of_ours() {
        check("ada", "Ada Lovelace", "ada", "Ada Lovelace");
        check("ada", "", "ada", "ada");
        check("", "Ada Lovelace", "Ada.Lovelace", "Ada Lovelace");
        check("ada.l@example.org", "", "ada.l", "ada.l@example.org");
        check("", "", "user", "user");
        check("Ада", "Ада", "user", "Ада");
        check("guest-ada", "", "user-guest-ada", "guest-ada");
        check("-ada\u{202e}-", "\u{202e}", "ada", "ada");
        let long = "x".repeat(200);
        check(
            &long,
            "",
            &"x".repeat(MAX_NAME_LENGTH),
            &"x".repeat(MAX_NAME_LENGTH),
        );
    }
}
