//! Events in words, as an operator reads them.

use super::{AskedBy, Cause, Event};

impl Event {
    /// What happened, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Connected => "connected".to_owned(),
            Self::Authenticated { resumed: false } => {
                "authenticated: a new session begins".to_owned()
            }
            Self::Authenticated { resumed: true } => {
                "authenticated: goes on with a session of an earlier connection".to_owned()
            }
            Self::Asked {
                review,
                by,
                answer_in_ms,
            } => {
                let why = match review {
                    true => "an operator's review",
                    false => "its token ends soon",
                };
                let seconds = *answer_in_ms as f64 / 1000.0;
                let by = by.words();
                format!("asked to authenticate again ({why}), by {by}: {seconds} s to answer")
            }
            Self::Answered { was_asked: true } => "answered with a fresh token".to_owned(),
            Self::Answered { was_asked: false } => {
                "showed a fresh token without being asked".to_owned()
            }
            Self::Unresponsive => "answered no pings: given up".to_owned(),
            Self::Closed {
                code,
                reason,
                announced,
                cause,
            } => {
                let told = match announced {
                    true => ", after a closing message",
                    false => "",
                };
                let cause = cause.map_or("", Cause::words);
                format!("closed by the edge{cause}; it was told {code} {reason}{told}")
            }
            Self::Left { code: Some(code) } => format!("left by its client, with {code}"),
            Self::Left { code: None } => "left by its client, without a code".to_owned(),
            Self::Lost => "lost: the network or the client's machine broke it off".to_owned(),
            Self::Unknown => "something that this build does not know".to_owned(),
        }
    }

    /// The close that a client was told, as `recipe-chat explain` knows it: its code and reason.
    pub fn close(&self) -> Option<(u16, &str)> {
        match self {
            Self::Closed { code, reason, .. } => Some((*code, reason)),
            Self::Connected
            | Self::Authenticated { .. }
            | Self::Asked { .. }
            | Self::Answered { .. }
            | Self::Unresponsive
            | Self::Left { .. }
            | Self::Lost
            | Self::Unknown => None,
        }
    }
}

impl AskedBy {
    fn words(self) -> &'static str {
        match self {
            Self::OwnEdge => "its own edge",
            Self::OtherEdge => "another edge",
            Self::Fallback => "its own timer, since no edge did in time",
            Self::Operator => "an operator",
            Self::Unknown => "somebody",
        }
    }
}

impl Cause {
    fn words(self) -> &'static str {
        match self {
            Self::Drain => ", which stopped",
            Self::MaxAge => ", since it had reached --max-connection-age",
            Self::Operator => ", since an operator wanted it",
            Self::Unknown => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_another_build_is_read() {
        let read = |text: &str| serde_json::from_str::<Event>(text).unwrap();
        assert_eq!(
            read(r#"{"event":"teleported","to":"moon"}"#),
            Event::Unknown
        );
        let closed = read(
            r#"{"event":"closed","code":1012,"reason":"Service restart","announced":true,"cause":"flood"}"#,
        );
        assert!(matches!(
            closed,
            Event::Closed {
                cause: Some(Cause::Unknown),
                ..
            }
        ));
        let asked =
            read(r#"{"event":"asked","review":false,"by":"other_edge","answer_in_ms":30000}"#);
        assert_eq!(
            asked.words(),
            "asked to authenticate again (its token ends soon), by another edge: 30 s to answer"
        );
    }

    #[test]
    fn a_close_says_what_was_told_and_why() {
        let closed = |reason: &str, announced, cause| Event::Closed {
            code: 1012,
            reason: reason.to_owned(),
            announced,
            cause,
        };
        assert_eq!(
            closed("Service restart", true, Some(Cause::Operator)).words(),
            "closed by the edge, since an operator wanted it; it was told 1012 Service restart, after a closing message"
        );
        assert_eq!(
            closed("Service restart", false, None).words(),
            "closed by the edge; it was told 1012 Service restart"
        );
    }
}
