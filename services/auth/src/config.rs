//! What can be configured in the auth service, and which combinations make no sense.

use std::{collections::BTreeSet, fmt, num::NonZero, path::PathBuf, time::Duration};

use runtime::{
    config::{duration, secret},
    operators::Operators,
};
use secrecy::SecretString;

use crate::issuers::{TrustedIssuers, longest_life};

/// Settings of the auth service. Its addresses and its database are given apart from these.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Auth")]
#[group(id = "auth")]
pub struct Config {
    /// How long an access token lives
    #[arg(long, env = "AUTH_ACCESS_TTL", value_parser = duration, default_value = "15m")]
    pub access_ttl: Duration,

    /// How long a login session lives; refreshing does not extend it
    #[arg(long, env = "AUTH_REFRESH_TTL", value_parser = duration, default_value = "30d")]
    pub refresh_ttl: Duration,

    /// How long a login session lives that is not refreshed (0: as long as any)
    #[arg(long, env = "AUTH_REFRESH_IDLE_TTL", value_parser = duration, default_value = "7d")]
    pub refresh_idle_ttl: Duration,

    /// How long a guest who is not seen is kept, before everything of theirs is deleted (0: for ever)
    #[arg(long, env = "AUTH_GUEST_TTL", value_parser = duration, default_value = "30d")]
    pub guest_ttl: Duration,

    /// How long a spent refresh token still gives its successor again; later use is theft
    #[arg(long, env = "AUTH_REFRESH_GRACE", value_parser = duration, default_value = "10s")]
    pub refresh_grace: Duration,

    /// Who issues the tokens (claim `iss`)
    #[arg(long, env = "AUTH_ISSUER", default_value = "recipe-chat")]
    pub issuer: String,

    /// For whom the tokens are (claim `aud`)
    #[arg(long, env = "AUTH_AUDIENCE", default_value = "recipe-chat")]
    pub audience: String,

    /// An issuer whose access tokens are taken as well: name=NAME,url=ISS,audience=AUD, and where the defaults do not do
    /// jwks=URL,algorithms=RS256+ES256,max_life=1h; for several, each begins with its name=. For people to sign in there
    /// from here client_id=ID, and where they are wanted client_secret_file=PATH,label=A+NAME,device_client_id=ID
    #[arg(
        long = "trusted-issuer",
        env = "AUTH_TRUSTED_ISSUERS",
        value_name = "ISSUER"
    )]
    pub trusted_issuers: Vec<TrustedIssuers>,

    /// How long a key signs before the next one, published all that time, takes over
    #[arg(long, env = "AUTH_KEY_MAX_AGE", value_parser = duration, default_value = "30d")]
    pub key_max_age: Duration,

    /// A folder for the signing keys and the secret of refresh tokens, apart from the database, which then holds none
    /// of them; replicas share it
    #[arg(long, env = "AUTH_KEY_DIR")]
    pub key_dir: Option<PathBuf>,

    /// What may change while the service runs: this is how it was at the start
    #[command(flatten)]
    pub reloadable: Reloadable,

    /// How many API tokens one user may have that have not ended (0: no limit)
    #[arg(long, env = "AUTH_MAX_API_TOKENS_PER_USER", default_value_t = 50)]
    pub max_api_tokens_per_user: u32,

    /// How many threads hash passwords, each with 19 MiB of its own; without a number as many as there are processors
    #[arg(long, env = "AUTH_PASSWORD_THREADS")]
    pub password_threads: Option<NonZero<usize>>,

    /// How long it is kept who signed in, was refused or shut out, and what operators did (0: for ever)
    #[arg(long, env = "AUTH_KEEP_AUDIT", value_parser = duration, default_value = "90d")]
    pub auth_keep_audit: Duration,

    /// How long a PostgreSQL that cannot be reached at the start is waited for; 0s: not at all
    #[arg(long, env = "AUTH_DATABASE_WAIT", value_parser = duration, default_value = "30s")]
    pub auth_database_wait: Duration,
}

/// What may change while the service runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Auth")]
#[group(id = "auth-reloadable")]
pub struct Reloadable {
    /// Failed sign-ins in ten minutes to one account from one device or address before further ones must wait
    /// (0: no limit)
    #[arg(long, env = "AUTH_SIGN_IN_FAILURES", default_value_t = 10)]
    pub sign_in_failures: u32,

    /// Failed sign-ins in ten minutes from one client address, to whatever account (0: no limit)
    #[arg(long, env = "AUTH_SIGN_IN_FAILURES_PER_ADDRESS", default_value_t = 100)]
    pub sign_in_failures_per_address: u32,

    /// Failed sign-ins in ten minutes to one account from all devices and addresses that never signed in to it
    /// (0: no limit)
    #[arg(long, env = "AUTH_SIGN_IN_FAILURES_PER_ACCOUNT", default_value_t = 100)]
    pub sign_in_failures_per_account: u32,

    /// The longest wait that failed sign-ins lead to
    #[arg(long, env = "AUTH_SIGN_IN_MAX_DELAY", value_parser = duration, default_value = "60s")]
    pub sign_in_max_delay: Duration,

    /// What operators prove themselves with to list, review and revoke sessions; without it nobody can list or review
    #[arg(long, env = "AUTH_OPERATOR_TOKEN", hide_env_values = true, value_parser = secret)]
    pub operator_token: Option<SecretString>,

    /// Operator tokens with the names under which it is noted what is done with them: NAME=TOKEN, separated by spaces or lines
    #[arg(long, env = "AUTH_OPERATOR_TOKENS", hide_env_values = true, value_parser = secret)]
    pub operator_tokens: Option<SecretString>,
}

/// To within how long it is known when somebody was last seen.
const DAY: Duration = Duration::from_secs(86_400);

/// What is wrong with a configuration, all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(Vec<&'static str>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl Config {
    /// Checks the rules that one setting alone cannot show, and reports every fault at once.
    ///
    /// # Errors
    /// When at least one rule is broken.
    pub fn check(&self) -> Result<(), Faults> {
        let second = Duration::from_secs(1);
        let faults: Vec<_> = [
            (
                self.access_ttl < second,
                "--access-ttl must be at least 1s, since tokens count in seconds",
            ),
            (
                self.refresh_ttl < self.access_ttl,
                "--refresh-ttl must not be shorter than --access-ttl",
            ),
            (
                !self.refresh_idle_ttl.is_zero() && self.refresh_idle_ttl <= self.longest_life(),
                "--refresh-idle-ttl must be longer than --access-ttl and than the max_life of every --trusted-issuer, \
                 since a session is refreshed that often, or 0s",
            ),
            (
                !self.guest_ttl.is_zero() && self.guest_ttl < DAY,
                "--guest-ttl must be at least 1d, since it is noted once a day that somebody is there, or 0s",
            ),
            (
                self.refresh_grace >= self.refresh_ttl,
                "--refresh-grace must be shorter than --refresh-ttl",
            ),
            (
                self.key_max_age < Duration::from_secs(60),
                "--key-max-age must be at least 1m, so that every replica knows a key before it is used",
            ),
            (self.issuer.is_empty(), "--issuer must not be empty"),
            (self.audience.is_empty(), "--audience must not be empty"),
            (
                self.has_issuer_twice(),
                "--trusted-issuer must name each issuer once, and not the one of --issuer",
            ),
        ]
        .into_iter()
        .filter_map(|(broken, fault)| broken.then_some(fault))
        .chain(self.reloadable.operators().err())
        .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Faults(faults))
        }
    }
}

impl Reloadable {
    /// Who may give orders.
    ///
    /// # Errors
    /// What is wrong with their tokens.
    pub fn operators(&self) -> Result<Operators, &'static str> {
        Operators::read(self.operator_token.as_ref(), self.operator_tokens.as_ref())
    }
}

impl Config {
    /// How long an access token lives at most, also one that is given in exchange for another issuer's.
    pub(crate) fn longest_life(&self) -> Duration {
        longest_life(self.access_ttl, &self.trusted_issuers)
    }

    fn has_issuer_twice(&self) -> bool {
        let mut issuers = self.trusted_issuers.iter().flat_map(TrustedIssuers::iter);
        let (mut names, mut urls) = (BTreeSet::new(), BTreeSet::from([self.issuer.as_str()]));
        !issuers.all(|issuer| names.insert(issuer.name()) && urls.insert(issuer.url()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    /// The configuration that `arguments` and the defaults give.
    pub(crate) fn config(arguments: &[&str]) -> Config {
        let command = Config::augment_args(clap::Command::new("auth").no_binary_name(true));
        Config::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = config(&[]);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.access_ttl, Duration::from_secs(900));
        assert_eq!(config.refresh_ttl, Duration::from_secs(30 * 86_400));
        assert_eq!(config.refresh_idle_ttl, Duration::from_secs(7 * 86_400));
        assert_eq!(config.refresh_grace, Duration::from_secs(10));
    }

    #[test]
    fn an_issuer_is_named_once() {
        let with = |issuers: &[&str]| {
            let flags = issuers
                .iter()
                .map(|issuer| format!("--trusted-issuer={issuer}"));
            let flags: Vec<_> = flags
                .chain(["--issuer=https://us.example".to_owned()])
                .collect();
            let flags: Vec<_> = flags.iter().map(String::as_str).collect();
            config(&flags).check()
        };
        let a = "name=a,url=https://a.example,audience=x";
        assert_eq!(
            with(&[a, "name=b,url=https://b.example,audience=x"]),
            Ok(())
        );
        for other in [
            "name=a,url=https://b.example,audience=x",
            "name=b,url=https://a.example,audience=x",
            "name=b,url=https://us.example,audience=x",
        ] {
            let together = format!("{a},{other}");
            for issuers in [&[a, other][..], &[together.as_str()]] {
                let faults = with(issuers).unwrap_err().to_string();
                assert!(faults.contains("--trusted-issuer"), "{faults}");
            }
        }
    }

    #[test]
    fn all_faults_are_reported_together() {
        let config = config(&[
            "--access-ttl=1h",
            "--refresh-ttl=5s",
            "--issuer=",
            "--operator-token=canary",
        ]);
        let faults = config.check().unwrap_err().to_string();
        assert!(faults.contains("--refresh-ttl"), "{faults}");
        assert!(faults.contains("--issuer"), "{faults}");
        assert!(faults.contains("--operator-token"), "{faults}");
        assert!(!format!("{faults} {config:?}").contains("canary"));
    }
}
