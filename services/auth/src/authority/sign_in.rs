//! Registering and signing in: names, passwords, and how often somebody may try.

use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use super::{Authority, Client, Error, TokenPair, outcome};
use crate::{
    attempts::{Attempt, Key},
    device::DeviceId,
    passwords::StoredPassword,
    random, reset_code,
    store::{Account, Proof, StoredUser},
    user::{DisplayName, GUEST_PREFIX, InvalidDisplayName, User, Username, check_chosen},
};

/// 50 random bits: two guests never get one name.
const GUEST_NAME_LENGTH: usize = 10;

/// What somebody types to register or to sign in. The name is not shown either: people mistype passwords there.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) username: SecretString,
    pub(crate) password: SecretString,
    /// What the last sign-in on the device gave; may be empty.
    pub(crate) device_token: SecretString,
}

/// Somebody who has registered or signed in.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) tokens: TokenPair,
    pub(crate) device_token: SecretString,
}

impl Authority {
    /// Registers a user and signs them in. `display_name` is what others shall see; empty: the name.
    pub(crate) async fn register(
        &self,
        credentials: Credentials,
        display_name: &str,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let name: Option<Username> = credentials.username.expose_secret().parse().ok();
        let account = self.pseudonyms.account(name.as_ref());
        let answer = self.try_register(credentials, display_name, client).await;
        self.metrics.sign_in("register", outcome(&answer));
        client.log_refusal("register", Some(&account), &answer);
        self.note_sign_in("register", name.as_ref(), client, &answer);
        answer
    }

    /// Signs a user in.
    pub(crate) async fn log_in(
        &self,
        credentials: Credentials,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        // A text that can be nobody's name is counted too, all such texts as one.
        let name: Option<Username> = credentials.username.expose_secret().parse().ok();
        let account = self.pseudonyms.account(name.as_ref());
        let answer = self
            .try_log_in(name.as_ref(), &account, credentials, client)
            .await;
        self.metrics.sign_in("login", outcome(&answer));
        client.log_refusal("login", Some(&account), &answer);
        self.note_sign_in("login", name.as_ref(), client, &answer);
        answer
    }

    /// Makes a guest and signs them in.
    pub(crate) async fn register_guest(&self, client: &Client) -> Result<TokenPair, Error> {
        let answer = self.try_register_guest(client).await;
        self.metrics.sign_in("guest", outcome(&answer));
        client.log_refusal("guest", None, &answer);
        self.note_sign_in("guest", None, client, &answer);
        answer
    }

    async fn try_register_guest(&self, client: &Client) -> Result<TokenPair, Error> {
        let name = random::text(GUEST_NAME_LENGTH).map_err(|_| Error::NoRandomness)?;
        let name = format!("{GUEST_PREFIX}{}", name.expose_secret()).parse()?;
        let user = User {
            guest: true,
            ..User::new(name)
        };
        let password = StoredPassword::none();
        let added = StoredUser {
            user: user.clone(),
            password: password.clone(),
        };
        if !self.store.add_user(added, self.clock.now()).await? {
            return Err(Error::NameTaken);
        }
        let source = self.source(&user, client);
        let tokens = self.open_session(user, Proof::Password(password), source);
        let tokens = tokens.await?;
        let (user, session) = (&tokens.session.user.id, &tokens.session.id);
        info!(user.id = %user, login.session.id = %session, "a guest has come");
        Ok(tokens)
    }

    async fn try_register(
        &self,
        credentials: Credentials,
        display_name: &str,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let name: Username = credentials.username.expose_secret().parse()?;
        let name = name.chosen()?;
        let display_name = chosen_display_name(display_name, &name)?;
        check_chosen(&credentials.password, &name)?;
        let mut attempt = self.attempts.begin();
        let address = self.pseudonyms.address(client.block());
        attempt.take(Key::Address(address)).await?;
        if self.store.user(&name).await?.is_some() {
            attempt.fail();
            return Err(Error::NameTaken);
        }
        let password = self.passwords.hash(credentials.password).await?;
        let user = User {
            display_name,
            ..User::new(name)
        };
        let added = StoredUser {
            user: user.clone(),
            password: password.clone(),
        };
        if !self.store.add_user(added, self.clock.now()).await? {
            return Err(Error::NameTaken);
        }
        let proof = Proof::Password(password);
        self.signed_in("registered and signed in", user, proof, None, client)
            .await
    }

    async fn try_log_in(
        &self,
        name: Option<&Username>,
        account: &str,
        credentials: Credentials,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let device_token = credentials.device_token.expose_secret();
        let device = name.and_then(|name| self.devices.read(device_token, name));
        let attempt = self.begin_attempt(name, account, device, client).await?;
        let found = match name {
            Some(name) => self.store.user(name).await?,
            None => None,
        };
        let stored: Option<StoredPassword> = found.as_ref().map(|found| found.password.clone());
        let typed = credentials.password.clone();
        let right = self.passwords.verify(credentials.password, stored).await?;
        let proof = found.and_then(|found| {
            let proof = self.proof(&found, right, &typed)?;
            Some((found, proof))
        });
        match proof {
            Some((found, _)) if found.disabled_at.is_some() => Err(Error::Disabled),
            Some((found, proof)) => {
                self.signed_in("signed in", found.user, proof, device, client)
                    .await
            }
            None => {
                attempt.fail();
                Err(Error::BadCredentials)
            }
        }
    }

    /// What was shown: the password, when that is `right`, or a code in its place that has opened no session yet.
    fn proof(&self, account: &Account, right: bool, typed: &SecretString) -> Option<Proof> {
        if right {
            return Some(Proof::Password(account.password.clone()));
        }
        let code = account.reset.as_ref()?;
        let good = code.session.is_none() && reset_code::is(code, typed, self.clock.now());
        good.then_some(Proof::ResetCode(code.hash))
    }

    /// A device that has signed in before has tries of its own. Without one, the tries are those of the address, and,
    /// where the account was never signed in to from there, those that all such places share.
    async fn begin_attempt(
        &self,
        name: Option<&Username>,
        account: &str,
        device: Option<DeviceId>,
        client: &Client,
    ) -> Result<Attempt<'_>, Error> {
        let (pseudonyms, block) = (&self.pseudonyms, client.block());
        let mut attempt = self.attempts.begin();
        if let Some(device) = device {
            let place = pseudonyms.account_on(account, device);
            attempt.take(Key::Place(place)).await?;
            return Ok(attempt);
        }
        let place = pseudonyms.account_at(account, block);
        attempt.take(Key::Place(place)).await?;
        let address = pseudonyms.address(block);
        attempt.take(Key::Address(address)).await?;
        let known = match (name, block) {
            // Asked also of names that nobody has, so that the answer takes as long.
            (Some(name), Some(block)) => {
                let source = pseudonyms.source(name, block);
                self.store.knows_source(name, source).await?
            }
            (None, _) | (_, None) => false,
        };
        if !known {
            attempt.take(Key::Account(account.to_owned())).await?;
        }
        Ok(attempt)
    }

    async fn signed_in(
        &self,
        how: &'static str,
        user: User,
        proof: Proof,
        device: Option<DeviceId>,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let device_token = self.devices.issue(&user.name, device);
        let device_token = device_token.map_err(|_| Error::NoRandomness)?;
        let source = self.source(&user, client);
        let tokens = self.open_session(user, proof, source).await?;
        let (user, session) = (&tokens.session.user.id, &tokens.session.id);
        info!(user.id = %user, login.session.id = %session, "{how}");
        Ok(SignedIn {
            tokens,
            device_token,
        })
    }
}

/// A display name as somebody chose it; `None` when it is empty, or the name itself.
pub(super) fn chosen_display_name(
    text: &str,
    name: &Username,
) -> Result<Option<DisplayName>, InvalidDisplayName> {
    if text.is_empty() {
        return Ok(None);
    }
    let chosen: DisplayName = text.parse()?;
    Ok((chosen.as_str() != name.as_str()).then_some(chosen))
}
