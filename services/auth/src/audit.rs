//! What is noted for operators: who signed in, was refused or was shut out, and what operators did. Nothing secret is in
//! it: no password, token or code, and no name that was typed.

use std::{net::IpAddr, sync::Arc};

use proto::ids::{LoginSessionId, UserId};
use runtime::{audit::cut, clock::Timestamp};

use crate::user::Username;

/// About whom an event is.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    User(UserId),
    /// Whoever has that name, if anybody; it is not kept.
    Name(Username),
    /// Nobody who is known, or whoever has the login session.
    Unknown,
}

/// What somebody did, or was refused.
#[derive(Debug, Clone)]
pub(crate) struct AuditEvent {
    pub(crate) at: Timestamp,
    pub(crate) kind: &'static str,
    /// `ok`, or why it was refused.
    pub(crate) outcome: &'static str,
    pub(crate) subject: Subject,
    pub(crate) session: Option<LoginSessionId>,
    /// Whose order it was.
    pub(crate) operator: Option<Arc<str>>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) request_id: Option<String>,
    /// What else it was about.
    pub(crate) about: String,
}

impl AuditEvent {
    /// One about nobody yet.
    pub(crate) fn new(at: Timestamp, kind: &'static str, outcome: &'static str) -> Self {
        Self {
            at,
            kind,
            outcome,
            subject: Subject::Unknown,
            session: None,
            operator: None,
            address: None,
            request_id: None,
            about: String::new(),
        }
    }

    /// What else it was about, as far as it fits.
    pub(crate) fn about(mut self, text: &str) -> Self {
        self.about = cut(text);
        self
    }
}

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) id: u64,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) outcome: String,
    pub(crate) operator: String,
    pub(crate) user_id: String,
    pub(crate) username: String,
    pub(crate) session: String,
    pub(crate) address: String,
    pub(crate) request_id: String,
    pub(crate) about: String,
}
