//! What an `auth` on an open session does, and what waits for the answer to it.

use super::*;

#[test]
fn a_good_answer_moves_the_deadline_and_counts_a_generation() {
    let start = Instant::now();
    let mut session = session(start);
    let now = start + 14 * MINUTE;
    session.handle(prompt(1), now);
    assert_eq!(session.handle(reauth(), now), vec![Action::Verify]);

    let actions = session.handle(good("ada", now + LIFE), now);

    assert_eq!(actions, vec![Action::Record, Action::Answer(named(""))]);
    assert_eq!(session.generation(), 2);
    assert_eq!(session.handle(Event::Answered, now), vec![]);
    assert_eq!(session.next_deadline(), now + 14 * MINUTE + FALLBACK_DELAY);
}

/// Else whoever shows the token that they have would be asked again at once, for ever.
#[test]
fn a_token_that_is_in_use_or_ends_before_it_is_answered_and_changes_nothing() {
    let start = Instant::now();
    let mut session = session(start);
    session.handle(reauth(), start);
    session.handle(token("used", (start, start + LIFE)), start);
    session.handle(Event::Answered, start);
    let asked = start + 14 * MINUTE;
    assert!(asks(&session.handle(prompt(2), asked)));

    for (id, ends) in [("used", start + LIFE), ("older", start + LIFE - MINUTE / 2)] {
        assert_eq!(
            session.handle(Event::Auth(named(id)), asked),
            [Action::Verify]
        );
        let answer = session.handle(token(id, (start, ends)), asked);
        assert_eq!(answer, vec![Action::AnswerUnchanged(named(id))]);
        assert_eq!(session.handle(Event::Answered, asked), vec![]);
        assert_eq!(session.generation(), 2);
        assert_eq!(session.expires(), start + LIFE);
        assert_eq!(session.next_deadline(), asked + TIMINGS.grace);
    }

    session.handle(reauth(), asked);
    let renewed = session.handle(token("newer", (start, asked + LIFE)), asked);
    assert_eq!(renewed, vec![Action::Record, Action::Answer(named(""))]);
    assert_eq!(session.generation(), 3);
}

/// A service of the build before does not say which token it is.
#[test]
fn a_token_of_which_only_the_end_is_known_counts_when_it_ends_no_earlier() {
    let start = Instant::now();
    let mut session = session(start);
    for generation in 2..4 {
        session.handle(reauth(), start);
        let answer = session.handle(token("", (start, start + LIFE)), start);
        assert_eq!(answer, vec![Action::Record, Action::Answer(named(""))]);
        assert_eq!(session.generation(), generation);
    }
}

#[test]
fn an_answer_that_waits_for_its_verdict_is_not_late() {
    let start = Instant::now();
    let mut session = session(start);
    let asked = start + 14 * MINUTE;
    session.handle(prompt(1), asked);
    session.handle(reauth(), asked + TIMINGS.grace - Duration::from_secs(1));

    assert_eq!(session.handle(Event::Tick, asked + TIMINGS.grace), vec![]);
    assert_eq!(session.next_deadline(), start + LIFE);
    assert_eq!(session.handle(Event::Tick, start + LIFE), vec![CLOSED]);
}

/// Else a client would take the answer for one to the prompt.
#[test]
fn a_token_that_was_judged_late_is_answered_before_another_is_asked_for() {
    let start = Instant::now();
    let judged = start + 14 * MINUTE + TIMINGS.grace / 2;
    let late = || {
        let mut session = session(start);
        session.handle(reauth(), start + 14 * MINUTE);
        session.handle(good("ada", judged + TIMINGS.grace), judged);
        assert_eq!(session.handle(Event::Tick, judged), vec![]);
        assert_eq!(session.handle(prompt(2), judged), vec![]);
        session
    };

    assert!(asks(&late().handle(Event::Answered, judged)));
    let mut unanswered = late();
    assert_eq!(unanswered.next_deadline(), judged + MIN_ANSWER_LEAD);
    assert!(asks(
        &unanswered.handle(Event::Tick, judged + MIN_ANSWER_LEAD)
    ));
}

/// The chat service may be away: as long as the whole grace is left, nobody is hurried.
#[test]
fn a_prompt_waits_for_the_answer_until_the_grace_would_grow_shorter() {
    let start = Instant::now();
    let expires = start + LIFE;
    let last_chance = expires - TIMINGS.grace;
    let unanswered = || {
        let mut session = session(start);
        session.handle(reauth(), start);
        session.handle(good("ada", expires), start);
        let due = session.ask_at() + Duration::from_secs(1);
        assert_eq!(session.handle(prompt(2), due), vec![]);
        assert_eq!(session.handle(Event::Tick, due), vec![]);
        assert_eq!(session.next_deadline(), last_chance);
        session
    };

    let answered = last_chance - Duration::from_secs(1);
    assert!(asks(&unanswered().handle(Event::Answered, answered)));
    let actions = unanswered().handle(Event::Tick, last_chance);
    let answer_in = TIMINGS.grace;
    assert!(
        matches!(&actions[..], [Action::Ask { answer_in: given, .. }, Action::Record] if *given == answer_in)
    );
}

/// Nobody says it again.
#[test]
fn a_review_waits_for_the_answer_too() {
    let start = Instant::now();
    let review = || Event::Prompted {
        generation: 2,
        reason: PromptReason::Review,
        source: PromptSource::OwnNode,
    };
    let reasons = |actions: Vec<Action>| match actions[..] {
        [Action::Ask { reason, .. }, Action::Record] => Some(reason),
        _ => None,
    };
    let waiting = || {
        let mut session = session(start);
        session.handle(reauth(), start);
        session.handle(good("ada", start + LIFE), start);
        assert_eq!(session.handle(review(), start), vec![]);
        session
    };

    let answered = waiting().handle(Event::Answered, start + MINUTE);
    assert_eq!(reasons(answered), Some(PromptReason::Review));
    let mut unanswered = waiting();
    let last_chance = unanswered.next_deadline();
    let hurried = unanswered.handle(Event::Tick, last_chance);
    assert_eq!(reasons(hurried), Some(PromptReason::Review));
    let mut renewed = waiting();
    renewed.handle(reauth(), start);
    renewed.handle(good("ada", start + LIFE), start);
    for _ in 0..2 {
        let answered = renewed.handle(Event::Answered, start);
        assert_eq!(reasons(answered), None, "a newer token answers it");
    }
}

#[test]
fn a_prompt_waits_for_the_answers_to_all_accepted_tokens() {
    let start = Instant::now();
    let mut session = session(start);
    for _ in 0..2 {
        session.handle(reauth(), start);
        session.handle(good("ada", start + LIFE), start);
    }
    let due = session.ask_at();

    assert_eq!(session.handle(Event::Answered, due), vec![]);
    assert_eq!(session.handle(prompt(3), due), vec![]);
    assert!(asks(&session.handle(Event::Answered, due)));
}

#[test]
fn every_auth_is_answered_in_order() {
    let start = Instant::now();
    let mut session = session(start);
    let first = Event::Auth(named("a"));
    let second = Event::Auth(named("b"));
    assert_eq!(session.handle(first, start), vec![Action::Verify]);
    assert_eq!(session.handle(second, start), vec![]);
    let actions = session.handle(good("ada", start + LIFE), start);
    assert_eq!(
        actions,
        vec![Action::Record, Action::Answer(named("a")), Action::Verify]
    );
    let actions = session.handle(good("ada", start + LIFE), start);
    assert_eq!(actions, vec![Action::Record, Action::Answer(named("b"))]);
}

#[test]
fn no_more_is_taken_than_can_be_answered() {
    let start = Instant::now();
    let mut session = session(start);
    for _ in 1..MAX_PENDING_REAUTHS {
        session.handle(reauth(), start);
        session.handle(good("ada", start + LIFE), start);
    }
    assert!(session.accepts_auth());
    session.handle(reauth(), start);
    assert!(!session.accepts_auth(), "some are judged, one is not");

    session.handle(Event::Answered, start);
    assert!(session.accepts_auth());
}

#[test]
fn a_bad_answer_and_another_users_token_end_the_session() {
    let start = Instant::now();
    let mut bad = session(start);
    bad.handle(reauth(), start);
    assert_eq!(
        bad.handle(Event::Verified(Verdict::Invalid), start),
        vec![Action::Close(Close::InvalidToken)]
    );
    let mut other = session(start);
    other.handle(reauth(), start);
    assert_eq!(
        other.handle(good("eve", start + LIFE), start),
        vec![Action::Close(Close::AnotherUser)]
    );
}
