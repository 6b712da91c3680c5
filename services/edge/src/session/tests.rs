//! The rules of a session, one by one; its answers and random events have files of their own.

mod answers;
mod random;

use runtime::clock::Timestamp;

use super::{events::FALLBACK_DELAY, *};
use crate::wire::inbound::ResumeFrom;

const TIMINGS: Timings = Timings::new(Duration::from_secs(60), Duration::from_secs(30));
const LIFE: Duration = Duration::from_secs(900);
const MINUTE: Duration = Duration::from_secs(60);

fn principal(user: &str) -> Arc<Principal> {
    Arc::new(Principal::for_tests(user))
}

/// A session for a token of 15 minutes, its first answer written.
fn session(start: Instant) -> Session {
    let mut session = Session::new(Arc::new(TIMINGS), principal("ada"), start + LIFE);
    assert_eq!(session.handle(Event::Answered, start), vec![]);
    session
}

fn prompt(generation: u64) -> Event {
    Event::Prompted {
        generation,
        reason: PromptReason::Expiring,
        source: PromptSource::OwnNode,
    }
}

fn named(id: &str) -> Reauth {
    Reauth {
        token: "token".into(),
        id: id.parse().ok(),
        resume: ResumeFrom::Start,
    }
}

fn reauth() -> Event {
    Event::Auth(named(""))
}

/// A token of ada's that is good until `ends`, by the auth service's clock as by this one.
fn token(id: &str, (start, ends): (Instant, Instant)) -> Event {
    let millis = (ends - start).as_millis().try_into().unwrap();
    let ends_at = Timestamp::from_unix_millis(millis);
    let principal = Principal::for_tests("ada").by_token(id, ends_at);
    Event::Verified(Verdict::Good {
        principal: Arc::new(principal),
        expires: ends,
    })
}

fn good(user: &str, expires: Instant) -> Event {
    Event::Verified(Verdict::Good {
        principal: principal(user),
        expires,
    })
}

fn asks(actions: &[Action]) -> bool {
    actions
        .iter()
        .any(|action| matches!(action, Action::Ask { .. }))
}

const CLOSED: Action = Action::Close(Close::ReauthenticationTimeout);

#[test]
fn asks_at_exactly_14_minutes_for_a_15_minute_token() {
    let start = Instant::now();
    let mut session = session(start);
    assert_eq!(session.ask_at(), start + 14 * MINUTE);

    let actions = session.handle(prompt(1), start + 14 * MINUTE);

    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: TIMINGS.grace,
        source: PromptSource::OwnNode,
    };
    assert_eq!(actions, vec![ask, Action::Record]);
    assert_eq!(session.next_deadline(), start + 14 * MINUTE + TIMINGS.grace);
}

#[test]
fn closes_when_no_answer_came_within_the_grace() {
    let start = Instant::now();
    let mut session = session(start);
    session.handle(prompt(1), start + 14 * MINUTE);

    let just_before = start + 14 * MINUTE + TIMINGS.grace - Duration::from_millis(1);
    assert_eq!(session.handle(Event::Tick, just_before), vec![]);
    let deadline = session.next_deadline();
    assert_eq!(session.handle(Event::Tick, deadline), vec![]);
    let looked = session.next_deadline();
    assert_eq!(looked, deadline + LATE_FRAME_GRACE);
    assert_eq!(session.handle(Event::Tick, looked), vec![CLOSED]);
}

#[test]
fn an_answer_that_lies_unread_when_the_time_is_up_counts() {
    let start = Instant::now();
    let mut session = session(start);
    session.handle(prompt(1), start + 14 * MINUTE);
    let deadline = session.next_deadline();
    assert_eq!(session.handle(Event::Tick, deadline), vec![]);

    assert_eq!(session.handle(reauth(), deadline), vec![Action::Verify]);
    let looked = deadline + LATE_FRAME_GRACE;
    assert_eq!(session.handle(Event::Tick, looked), vec![]);
}

#[test]
fn an_edge_that_slept_reads_what_came_meanwhile_before_it_closes() {
    let start = Instant::now();
    let mut session = session(start);
    session.handle(prompt(1), start + 14 * MINUTE);
    let woken = start + 14 * MINUTE + TIMINGS.grace + Duration::from_secs(5);

    assert_eq!(session.handle(Event::Tick, woken), vec![]);
    let deadline = session.next_deadline();
    assert_eq!(deadline, woken + MAX_TIMER_LAG);
    assert_eq!(session.handle(Event::Tick, deadline), vec![CLOSED]);
}

#[test]
fn asks_by_itself_when_no_prompt_came() {
    let start = Instant::now();
    let mut session = session(start);
    let fallback = start + 14 * MINUTE + FALLBACK_DELAY;
    assert_eq!(session.next_deadline(), fallback);
    assert!(asks(&session.handle(Event::Tick, fallback)));
    assert!(!asks(&session.handle(prompt(1), fallback)), "only once");
}

#[test]
fn a_prompt_that_comes_much_too_early_is_scheduled_again() {
    let start = Instant::now();
    let mut session = session(start);
    assert_eq!(
        session.handle(prompt(1), start + 5 * MINUTE),
        vec![Action::Record]
    );
    let in_tolerance = start + 14 * MINUTE - EARLY_TOLERANCE;
    assert!(asks(&session.handle(prompt(1), in_tolerance)));
}

#[test]
fn an_operators_review_is_never_too_early() {
    let start = Instant::now();
    let mut session = session(start);
    let review = Event::Prompted {
        generation: 1,
        reason: PromptReason::Review,
        source: PromptSource::OwnNode,
    };
    let ask = Action::Ask {
        reason: PromptReason::Review,
        answer_in: TIMINGS.grace,
        source: PromptSource::OwnNode,
    };
    assert_eq!(
        session.handle(review, start + MINUTE),
        vec![ask, Action::Record]
    );
}

#[test]
fn a_prompt_for_another_generation_is_ignored() {
    let start = Instant::now();
    let mut session = session(start);
    assert_eq!(session.handle(prompt(2), start + 14 * MINUTE), vec![]);
}

#[test]
fn a_token_that_is_nearly_over_is_asked_for_right_after_the_welcome() {
    let start = Instant::now();
    let mut session = Session::new(
        Arc::new(TIMINGS),
        principal("ada"),
        start + Duration::from_secs(20),
    );
    let actions = session.handle(Event::Answered, start);
    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: Duration::from_secs(20),
        source: PromptSource::OwnNode,
    };
    assert_eq!(actions, vec![ask, Action::Record]);
}

#[test]
fn whoever_is_asked_earlier_is_so_by_everybody_and_only_for_this_token() {
    let start = Instant::now();
    let mut session = session(start);
    session.ask_earlier(MINUTE / 2);
    let ask_at = start + 14 * MINUTE - MINUTE / 2;
    assert_eq!(session.phase(), (Phase::Active, ask_at));
    assert_eq!(session.next_deadline(), ask_at + FALLBACK_DELAY);
    assert_eq!(
        session.handle(prompt(1), ask_at - EARLY_TOLERANCE * 2),
        vec![Action::Record]
    );
    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: Duration::from_secs(30),
        source: PromptSource::OwnNode,
    };
    assert_eq!(session.handle(prompt(1), ask_at), vec![ask, Action::Record]);

    session.handle(reauth(), ask_at);
    session.handle(good("ada", ask_at + LIFE), ask_at);
    assert_eq!(session.phase(), (Phase::Active, ask_at + 14 * MINUTE));
}

#[test]
fn a_resumed_session_keeps_the_time_it_was_given() {
    let start = Instant::now();
    let expires = start + Duration::from_secs(50);
    let record = SessionRecord {
        due: start + Duration::from_secs(12),
        expires,
        ..asked(start)
    };
    let mut same_token =
        Session::resumed(Arc::new(TIMINGS), principal("ada"), expires, &record, start);
    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: Duration::from_secs(12),
        source: PromptSource::OwnNode,
    };
    assert_eq!(
        same_token.handle(Event::Answered, start),
        vec![ask, Action::Record]
    );
    assert_eq!(same_token.handle(Event::Answered, start), vec![]);
    assert_eq!(same_token.generation(), 4);

    let fresh = start + LIFE;
    let mut fresh_token =
        Session::resumed(Arc::new(TIMINGS), principal("ada"), fresh, &record, start);
    assert_eq!(fresh_token.handle(Event::Answered, start), vec![]);
    assert_eq!(fresh_token.generation(), 5, "the prompt is answered");
}

/// What the schedule has of a session of generation 4 that was asked.
fn asked(now: Instant) -> SessionRecord {
    let session = Session::new(Arc::new(TIMINGS), principal("ada"), now + LIFE);
    SessionRecord {
        generation: 4,
        phase: Phase::Asked,
        ..session.record(&"s".parse().unwrap(), &"pancakes".parse().unwrap())
    }
}

/// What Redis remembers of before its clock jumped back by half an hour.
#[test]
fn a_prompt_that_leaves_more_time_than_the_grace_is_not_repeated() {
    let now = Instant::now();
    let record = SessionRecord {
        due: now + 30 * MINUTE,
        expires: now + 31 * MINUTE,
        ..asked(now)
    };

    let mut session = Session::resumed(
        Arc::new(TIMINGS),
        principal("ada"),
        now + LIFE,
        &record,
        now,
    );

    assert_eq!(session.handle(Event::Answered, now), vec![]);
    assert_eq!(session.phase().0, Phase::Active);
    assert_eq!(session.generation(), 5, "the schedule takes it");
}

#[test]
fn whoever_slept_over_the_tokens_end_has_nothing_more_accepted_or_said() {
    let start = Instant::now();
    let mut session = session(start);
    let woken = start + MINUTE;
    assert_eq!(session.handle(Event::Slept(LIFE), woken), vec![CLOSED]);
    assert!(session.has_ended(woken));
    for event in [reauth(), Event::Tick] {
        assert_eq!(session.handle(event, woken), vec![CLOSED]);
    }
}

#[test]
fn a_sleep_brings_every_deadline_nearer() {
    let start = Instant::now();
    let mut active = session(start);
    let woken = start + MINUTE;
    let slept = active.handle(Event::Slept(5 * MINUTE), woken);
    assert_eq!(slept, vec![Action::Record]);
    assert_eq!(active.expires(), start + 10 * MINUTE);
    assert_eq!(active.ask_at(), start + 9 * MINUTE);

    let mut asked = session(start);
    let now = start + 14 * MINUTE;
    asked.handle(prompt(1), now);
    asked.handle(Event::Slept(Duration::from_secs(10)), now);
    let answer_by = now + TIMINGS.grace - Duration::from_secs(10);
    assert_eq!(asked.next_deadline(), answer_by);
}

/// As one whose process was frozen: the answer may lie unread.
#[test]
fn whoever_slept_over_their_time_to_answer_is_listened_to_for_a_moment() {
    let start = Instant::now();
    let mut session = session(start);
    let now = start + 14 * MINUTE;
    session.handle(prompt(1), now);
    session.handle(Event::Slept(TIMINGS.grace + Duration::from_secs(5)), now);

    assert_eq!(session.handle(Event::Tick, now), vec![]);
    assert_eq!(session.next_deadline(), now + MAX_TIMER_LAG);
    assert_eq!(session.handle(reauth(), now), vec![Action::Verify]);
}
