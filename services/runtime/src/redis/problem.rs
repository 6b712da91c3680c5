//! Why Redis cannot be used: what operators are told, and how errors are sorted into that.

use std::fmt;

use ::redis::{ErrorKind, RedisError};

/// Why Redis cannot be used. Prints as one line without any password: `NOPERM: … (while trying: …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which one.
    pub cause: Cause,
    detail: String,
    while_trying: Option<String>,
}

/// The causes that an operator mends in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No connection can be opened, or it does not answer.
    Unreachable,
    /// It wants a password and was given none.
    NoAuth,
    /// It was given a wrong user or password.
    WrongPassword,
    /// The user lacks rights: to a command, a key pattern or a channel.
    NoPermission,
    /// It is a replica, as after a failover.
    ReadOnly,
    /// Its memory is full.
    OutOfMemory,
    /// It takes no writes because it cannot save to its disk.
    CannotSave,
    /// It is still reading its data, or waits for its primary.
    Loading,
    /// Anything else that it refuses.
    Refused,
}

impl Cause {
    /// As Redis names it, and as labels of metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NoAuth => "NOAUTH",
            Self::WrongPassword => "WRONGPASS",
            Self::NoPermission => "NOPERM",
            Self::ReadOnly => "READONLY",
            Self::OutOfMemory => "OOM",
            Self::CannotSave => "MISCONF",
            Self::Loading => "LOADING",
            Self::Refused => "refused",
        }
    }

    /// Every cause.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::NoAuth,
        Self::WrongPassword,
        Self::NoPermission,
        Self::ReadOnly,
        Self::OutOfMemory,
        Self::CannotSave,
        Self::Loading,
        Self::Refused,
    ];

    /// What an error says about the server as a whole; `None` when it concerns one command only.
    pub(super) fn of(error: &RedisError) -> Option<Self> {
        if error.kind() == ErrorKind::AuthenticationFailed {
            return Some(Self::WrongPassword);
        }
        match error.code() {
            Some("NOAUTH") => Some(Self::NoAuth),
            Some("WRONGPASS") => Some(Self::WrongPassword),
            Some("NOPERM") => Some(Self::NoPermission),
            Some("READONLY") => Some(Self::ReadOnly),
            Some("OOM") => Some(Self::OutOfMemory),
            Some("MISCONF") => Some(Self::CannotSave),
            Some("LOADING" | "MASTERDOWN") => Some(Self::Loading),
            // What a script may not do is told without a code of its own.
            Some("ERR") if is_of_script_rights(error) => Some(Self::NoPermission),
            // Any other answer is an answer.
            Some(_) => None,
            None => Some(Self::Unreachable),
        }
    }

    /// Whether it concerns every server of a cluster alike. Any other may be one server's trouble, which the rest of the cluster
    /// goes on without.
    pub(super) const fn is_of_the_user(self) -> bool {
        matches!(
            self,
            Self::NoAuth | Self::WrongPassword | Self::NoPermission
        )
    }
}

fn is_of_script_rights(error: &RedisError) -> bool {
    let detail = error.detail().unwrap_or_default();
    detail.starts_with("The user executing the script can't")
}

impl Problem {
    /// A server that cannot be reached, or does not answer.
    pub(super) fn unreachable(address: &str, detail: impl fmt::Display) -> Self {
        Self {
            cause: Cause::Unreachable,
            detail: format!("{address}: {detail}"),
            while_trying: None,
        }
    }

    /// What a server at `address` said.
    pub(super) fn of(error: &RedisError, address: &str) -> Self {
        match Cause::of(error) {
            Some(Cause::Unreachable) => Self::unreachable(address, error),
            cause => Self {
                cause: cause.unwrap_or(Cause::Refused),
                detail: error
                    .detail()
                    .map_or_else(|| error.to_string(), str::to_owned),
                while_trying: None,
            },
        }
    }

    pub(super) fn while_trying(mut self, what: impl Into<String>) -> Self {
        self.while_trying = Some(what.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cause,
            detail,
            while_trying,
        } = self;
        match cause {
            Cause::Unreachable => write!(f, "unreachable {detail}")?,
            _ => write!(f, "{}: {detail}", cause.name())?,
        }
        match while_trying {
            Some(what) => write!(f, " (while trying: {what})"),
            None => Ok(()),
        }
    }
}
