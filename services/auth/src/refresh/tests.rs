//! The policy by hand-picked moments, and against a model under random use.

use proptest::prelude::*;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::*;

const GRACE: Duration = Duration::from_secs(10);
const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
const LIFE: Duration = Duration::from_secs(3600);
const LIFETIMES: Lifetimes = Lifetimes {
    grace: GRACE,
    idle: Some(Duration::from_secs(1800)),
};

/// A login session as a store would keep it, with every token that was ever given out.
struct Chain {
    minter: Minter,
    session: LoginSession,
    given: Vec<RefreshToken>,
}

impl Chain {
    fn new() -> Self {
        let minter = Minter::new(&vec![7; 32].into());
        let id = Uuid::now_v7();
        let first = RefreshToken::first(id).unwrap();
        let session = LoginSession {
            id: first.session(),
            user: User::new("ada".parse().unwrap()),
            generation: 0,
            newest: first.hash(),
            rotated_at: START,
            expires_at: START + LIFE,
            revoked_at: None,
        };
        Self {
            minter,
            session,
            given: vec![first],
        }
    }

    /// Presents the token of one generation and carries out the verdict.
    fn present(&mut self, generation: usize, now: Timestamp) -> Verdict {
        let token = &self.given[generation];
        let successor = self.minter.successor(token);
        let presented = Presented {
            generation: token.generation(),
            hash: token.hash(),
            successor: successor.hash(),
        };
        let verdict = judge(&self.session, &presented, now, LIFETIMES);
        match verdict {
            Verdict::Rotate => {
                self.session.generation += 1;
                self.session.newest = successor.hash();
                self.session.rotated_at = now;
                self.given.push(successor);
            }
            Verdict::Repeat => assert!(successor.hash() == self.session.newest),
            Verdict::Theft => self.session.revoked_at = Some(now),
            Verdict::Refuse(_) => {}
        }
        verdict
    }
}

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

#[test]
fn a_second_use_within_the_grace_gives_the_same_successor() {
    let mut chain = Chain::new();
    assert_eq!(chain.present(0, after(100)), Verdict::Rotate);
    assert_eq!(chain.present(0, after(100)), Verdict::Repeat);
    assert_eq!(chain.present(0, after(110)), Verdict::Repeat);
    assert_eq!(chain.present(1, after(111)), Verdict::Rotate);
}

#[test]
fn a_second_use_after_the_grace_is_theft() {
    let mut chain = Chain::new();
    assert_eq!(chain.present(0, after(100)), Verdict::Rotate);
    let late = after(110) + Duration::from_millis(1);
    assert_eq!(chain.present(0, late), Verdict::Theft);
    assert_eq!(chain.present(1, late), Verdict::Refuse(Refusal::Revoked));
}

#[test]
fn a_second_use_is_theft_once_the_successor_was_used() {
    let mut chain = Chain::new();
    assert_eq!(chain.present(0, after(100)), Verdict::Rotate);
    assert_eq!(chain.present(1, after(101)), Verdict::Rotate);
    assert_eq!(chain.present(0, after(102)), Verdict::Theft);
}

#[test]
fn rotation_does_not_extend_the_session() {
    let mut chain = Chain::new();
    assert_eq!(chain.present(0, after(1799)), Verdict::Rotate);
    assert_eq!(chain.present(1, after(3598)), Verdict::Rotate);
    assert_eq!(chain.session.ends_at(LIFETIMES), after(3600));
    assert_eq!(
        chain.present(2, after(3600)),
        Verdict::Refuse(Refusal::Expired)
    );
}

#[test]
fn a_session_that_is_not_used_ends_sooner() {
    let mut chain = Chain::new();
    assert_eq!(chain.present(0, after(1000)), Verdict::Rotate);
    assert_eq!(chain.session.ends_at(LIFETIMES), after(2800));
    let idle = Verdict::Refuse(Refusal::Expired);
    assert_eq!(chain.present(1, after(2800)), idle);
    assert_eq!(chain.present(0, after(2800)), idle, "no theft: it is over");

    let no_limit = Lifetimes {
        idle: None,
        ..LIFETIMES
    };
    assert_eq!(chain.session.ends_at(no_limit), after(3600));
}

#[test]
fn a_token_of_another_chain_with_the_same_number_is_unknown() {
    let mut chain = Chain::new();
    let other = Chain::new();
    chain.given[0] = other.given.into_iter().next().unwrap();
    assert_eq!(
        chain.present(0, after(1)),
        Verdict::Refuse(Refusal::Unknown)
    );
}

#[test]
fn a_text_that_was_changed_anywhere_is_not_ours() {
    let chain = Chain::new();
    let text = chain.minter.write(&chain.given[0]);
    let text = text.expose_secret();
    assert!(chain.minter.read(text).is_some());
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(chain.minter.read(&changed).is_none(), "changed at {at}");
    }
    for other in [
        "",
        "rcr_",
        &format!("{text}="),
        &format!("{text}A"),
        &text[..text.len() - 1],
        &text[4..],
    ] {
        assert!(chain.minter.read(other).is_none());
    }
    assert!(Minter::new(&vec![8; 32].into()).read(text).is_none());
}

#[test]
fn nothing_of_a_token_is_printed() {
    let chain = Chain::new();
    let printed = format!(
        "{:?} {:?} {:?}",
        chain.given[0], chain.minter, chain.session
    );
    assert!(
        printed.contains("REDACTED") && printed.contains("[redacted]"),
        "{printed}"
    );
    assert!(!printed.contains("rcr_"), "{printed}");
}

proptest! {
    /// Whatever order tokens come in: at most one generation rotates at a time, a repeat happens only for the one
    /// before the newest within the grace, and any other use of a spent token ends the session.
    #[test]
    fn spent_tokens_are_repeated_shortly_or_end_the_session(
        uses in prop::collection::vec((0_usize..8, 0_u64..8_000), 1..60)
    ) {
        let mut chain = Chain::new();
        let mut now = START;
        let mut last_rotation = START;
        let mut revoked = false;
        for (back, wait) in uses {
            now = now + Duration::from_millis(wait);
            let newest = chain.given.len() - 1;
            let chosen = newest.saturating_sub(back);
            let expected = if revoked {
                Verdict::Refuse(Refusal::Revoked)
            } else if now >= START + LIFE {
                Verdict::Refuse(Refusal::Expired)
            } else if chosen == newest {
                Verdict::Rotate
            } else if chosen + 1 == newest && now.since(last_rotation) <= GRACE {
                Verdict::Repeat
            } else {
                Verdict::Theft
            };
            prop_assert_eq!(chain.present(chosen, now), expected);
            match expected {
                Verdict::Rotate => last_rotation = now,
                Verdict::Theft => revoked = true,
                Verdict::Repeat | Verdict::Refuse(_) => {}
            }
            prop_assert_eq!(chain.given.len(), chain.session.generation as usize + 1);
        }
    }
}
