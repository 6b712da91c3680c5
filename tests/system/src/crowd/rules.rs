//! What a session may never do, judged from what its client sees: no frame after the token's end, one prompt
//! per token and connection, none too early, no 1008 without cause. It reads no clock; wall times come in.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::{clock::time_of, timeouts::SLACK};

/// How much earlier than due a prompt may come by the contract's design: the owner's tolerance.
const TOLERANCE: Duration = Duration::from_secs(2);

/// One client's session, over all of its connections.
#[derive(Debug, Default)]
pub(super) struct Rules {
    session: Option<Session>,
}

#[derive(Debug, Clone)]
struct Session {
    id: String,
    token: String,
    reauth_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    /// Asked, on this connection or an earlier one, and not answered yet.
    answer_by: Option<OffsetDateTime>,
    asked_here: bool,
}

/// How a session went on when a token was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Welcomed {
    /// The session is new: the first one, or no trace of the one before was left.
    Anew,
    /// It goes on with a fresh token.
    Renewed,
    /// It goes on with the token that it had, its deadlines moved by this much.
    Resumed {
        /// The larger of the moves of its two deadlines.
        moved: Duration,
    },
}

/// What must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// A frame came after the token's end.
    FrameAfterEnd {
        /// How long after.
        by: Duration,
    },
    /// A second prompt came for one token over one connection.
    AskedTwice,
    /// A prompt came before its time.
    AskedEarly {
        /// How long before.
        by: Duration,
    },
    /// A good client was sent away.
    SentAway {
        /// With which words.
        reason: String,
    },
}

impl Rules {
    /// The session to name when connecting again.
    pub(super) fn session(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.id.as_str())
    }

    /// Whether the token ends by then, so that a good client does not come back with it.
    pub(super) fn token_ends_by(&self, then: OffsetDateTime) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.expires_at <= then)
    }

    /// `token` was accepted, with the `session` of the answer.
    pub(super) fn welcomed(&mut self, token: &str, session: &Value) -> Welcomed {
        let now = Session {
            id: session["id"].as_str().unwrap_or_default().to_owned(),
            token: token.to_owned(),
            reauth_at: time_of(&session["reauth_at"]),
            expires_at: time_of(&session["expires_at"]),
            answer_by: None,
            asked_here: false,
        };
        let before = self.session.replace(now.clone());
        match before.filter(|before| before.id == now.id) {
            None => Welcomed::Anew,
            Some(before) if before.token != now.token => Welcomed::Renewed,
            Some(before) => {
                if let Some(session) = &mut self.session {
                    session.answer_by = before.answer_by;
                }
                let moves = [
                    now.reauth_at - before.reauth_at,
                    now.expires_at - before.expires_at,
                ];
                let moved = moves.map(time::Duration::unsigned_abs);
                Welcomed::Resumed {
                    moved: moved[0].max(moved[1]),
                }
            }
        }
    }

    /// A prompt came. Gives how late the first one for a token is; a repetition after a take-over has no
    /// lateness, but must not buy time.
    pub(super) fn asked(&mut self, payload: &Value, now: OffsetDateTime) -> Result<Asked, Broken> {
        let Some(session) = &mut self.session else {
            return Err(Broken::AskedTwice);
        };
        if std::mem::replace(&mut session.asked_here, true) {
            return Err(Broken::AskedTwice);
        }
        let answer_by = time_of(&payload["expires_at"]);
        if let Some(before) = session.answer_by.replace(answer_by) {
            let moved = (answer_by - before).unsigned_abs();
            return Ok(Asked::Again { moved });
        }
        let late = now - session.reauth_at;
        let by = (-late).try_into().unwrap_or_default();
        if payload["reason"] == "Token expiring soon" && by > TOLERANCE {
            return Err(Broken::AskedEarly { by });
        }
        Ok(Asked::First { late })
    }

    /// Any frame came.
    pub(super) fn frame(&self, now: OffsetDateTime) -> Result<(), Broken> {
        let end = self.session.as_ref().map(|session| session.expires_at);
        // A frame that was sent in time may be read late: a client shares its two cores with the servers.
        match end.map(|end| now - end) {
            Some(by) if by > SLACK => Err(Broken::FrameAfterEnd {
                by: by.unsigned_abs(),
            }),
            _ => Ok(()),
        }
    }

    /// The server closed. Only a token or a prompt that ran out is a cause for 1008; whoever was too slow to
    /// say who they are may try again.
    pub(super) fn closed(
        &self,
        code: u16,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<(), Broken> {
        let grain = Duration::from_millis(50);
        let due = self.session.as_ref().is_some_and(|session| {
            let end = session
                .answer_by
                .map_or(session.expires_at, |by| by.min(session.expires_at));
            now + grain >= end
        });
        match (code, reason) {
            (1008, "Authentication timeout") => Ok(()),
            (1008, "Re-authentication timeout") if due => Ok(()),
            (1008, _) => Err(Broken::SentAway {
                reason: reason.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// The connection is gone; the session may go on over another one.
    pub(super) fn disconnected(&mut self) {
        if let Some(session) = &mut self.session {
            session.asked_here = false;
        }
    }
}

/// How a prompt stands to the ones before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Asked {
    /// The first for this token.
    First {
        /// How late it is; negative when it is early.
        late: time::Duration,
    },
    /// Repeated by the node that took the session over.
    Again {
        /// By how much the time to answer moved.
        moved: Duration,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
    }

    fn words(time: OffsetDateTime) -> String {
        time.format(&Rfc3339).unwrap()
    }

    /// A session that is to be asked at 10 and ends at 20.
    fn session(id: &str) -> Value {
        json!({"id": id, "reauth_at": words(at(10)), "expires_at": words(at(20))})
    }

    fn prompt() -> Value {
        json!({"reason": "Token expiring soon", "expires_at": words(at(15))})
    }

    fn signed_in() -> Rules {
        let mut rules = Rules::default();
        assert_eq!(rules.welcomed("token", &session("s")), Welcomed::Anew);
        rules
    }

    #[test]
    fn the_first_prompt_is_measured_and_a_second_one_is_a_fault() {
        let mut rules = signed_in();
        let late = time::Duration::seconds(1);

        assert_eq!(rules.asked(&prompt(), at(11)), Ok(Asked::First { late }));
        assert_eq!(rules.asked(&prompt(), at(12)), Err(Broken::AskedTwice));
        assert_eq!(rules.welcomed("next", &session("s")), Welcomed::Renewed);
        assert!(rules.asked(&prompt(), at(11)).is_ok());
    }

    #[test]
    fn a_prompt_repeated_by_another_node_is_none_but_must_keep_its_time() {
        let mut rules = signed_in();
        rules.asked(&prompt(), at(10)).unwrap();
        rules.disconnected();

        let resumed = rules.welcomed("token", &session("s"));

        let moved = Duration::ZERO;
        assert_eq!(resumed, Welcomed::Resumed { moved });
        assert_eq!(rules.asked(&prompt(), at(12)), Ok(Asked::Again { moved }));
    }

    #[test]
    fn an_early_prompt_and_a_late_frame_are_faults() {
        let mut rules = signed_in();
        let by = Duration::from_secs(5);

        assert_eq!(
            rules.asked(&prompt(), at(5)),
            Err(Broken::AskedEarly { by })
        );
        assert_eq!(rules.frame(at(20)), Ok(()));
        assert_eq!(rules.frame(at(25)), Err(Broken::FrameAfterEnd { by }));
    }

    #[test]
    fn only_what_ran_out_may_be_closed_with_1008() {
        let mut rules = signed_in();
        let timeout = "Re-authentication timeout";

        assert!(rules.closed(1008, timeout, at(16)).is_err());
        rules.asked(&prompt(), at(10)).unwrap();
        assert!(rules.closed(1008, timeout, at(14)).is_err());
        assert!(rules.closed(1008, timeout, at(15)).is_ok());
        assert!(rules.closed(1008, "Invalid token", at(15)).is_err());
        assert!(rules.closed(1012, "Service restart", at(1)).is_ok());
    }
}
