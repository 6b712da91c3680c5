use proptest::prelude::*;

use super::*;

const TIMINGS: Timings = Timings {
    lead: Duration::from_secs(60),
    grace: Duration::from_secs(30),
};
const LIFE: Duration = Duration::from_secs(900);
const MINUTE: Duration = Duration::from_secs(60);

fn principal(user: &str) -> Principal {
    Principal::for_tests(user)
}

/// A session for a token of 15 minutes, its first answer written.
fn session(start: Instant) -> Session {
    let mut session = Session::new(TIMINGS, principal("ada"), start + LIFE);
    assert_eq!(session.handle(Event::Welcomed, start), vec![]);
    session
}

fn prompt(generation: u64) -> Event {
    Event::Prompted {
        generation,
        reason: PromptReason::Expiring,
    }
}

fn named(id: &str) -> Reauth {
    Reauth {
        id: id.parse().ok(),
        revision: None,
    }
}

fn reauth() -> Event {
    Event::Auth(named(""))
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
    assert_eq!(looked, deadline + LAST_LOOK);
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
    let looked = deadline + LAST_LOOK;
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
    assert_eq!(deadline, woken + OVERSLEPT);
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
    };
    let ask = Action::Ask {
        reason: PromptReason::Review,
        answer_in: TIMINGS.grace,
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
fn a_good_answer_moves_the_deadline_and_counts_a_generation() {
    let start = Instant::now();
    let mut session = session(start);
    let now = start + 14 * MINUTE;
    session.handle(prompt(1), now);
    assert_eq!(session.handle(reauth(), now), vec![Action::Verify]);

    let actions = session.handle(good("ada", now + LIFE), now);

    assert_eq!(actions, vec![Action::Record, Action::Welcome(named(""))]);
    assert_eq!(session.generation(), 2);
    assert_eq!(session.handle(Event::Welcomed, now), vec![]);
    assert_eq!(session.next_deadline(), now + 14 * MINUTE + FALLBACK_DELAY);
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

    assert!(asks(&late().handle(Event::Welcomed, judged)));
    let mut unanswered = late();
    assert_eq!(unanswered.next_deadline(), judged + WELCOME_FIRST);
    assert!(asks(
        &unanswered.handle(Event::Tick, judged + WELCOME_FIRST)
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
    assert!(asks(&unanswered().handle(Event::Welcomed, answered)));
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

    let answered = waiting().handle(Event::Welcomed, start + MINUTE);
    assert_eq!(reasons(answered), Some(PromptReason::Review));
    let mut unanswered = waiting();
    let last_chance = unanswered.next_deadline();
    let hurried = unanswered.handle(Event::Tick, last_chance);
    assert_eq!(reasons(hurried), Some(PromptReason::Review));
    let mut renewed = waiting();
    renewed.handle(reauth(), start);
    renewed.handle(good("ada", start + LIFE), start);
    for _ in 0..2 {
        let answered = renewed.handle(Event::Welcomed, start);
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

    assert_eq!(session.handle(Event::Welcomed, due), vec![]);
    assert_eq!(session.handle(prompt(3), due), vec![]);
    assert!(asks(&session.handle(Event::Welcomed, due)));
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
        vec![Action::Record, Action::Welcome(named("a")), Action::Verify]
    );
    let actions = session.handle(good("ada", start + LIFE), start);
    assert_eq!(actions, vec![Action::Record, Action::Welcome(named("b"))]);
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

    session.handle(Event::Welcomed, start);
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

#[test]
fn a_token_that_is_nearly_over_is_asked_for_right_after_the_welcome() {
    let start = Instant::now();
    let mut session = Session::new(TIMINGS, principal("ada"), start + Duration::from_secs(20));
    let actions = session.handle(Event::Welcomed, start);
    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: Duration::from_secs(20),
    };
    assert_eq!(actions, vec![ask, Action::Record]);
}

#[test]
fn a_resumed_session_keeps_the_time_it_was_given() {
    let start = Instant::now();
    let expires = start + Duration::from_secs(50);
    let found = Found {
        generation: 4,
        expires,
        answer_by: Some(start + Duration::from_secs(12)),
    };
    let mut same_token = Session::resumed(TIMINGS, principal("ada"), expires, found);
    let ask = Action::Ask {
        reason: PromptReason::Expiring,
        answer_in: Duration::from_secs(12),
    };
    assert_eq!(
        same_token.handle(Event::Welcomed, start),
        vec![ask, Action::Record]
    );
    assert_eq!(same_token.handle(Event::Welcomed, start), vec![]);
    assert_eq!(same_token.generation(), 4);

    let mut fresh_token = Session::resumed(TIMINGS, principal("ada"), start + LIFE, found);
    assert_eq!(fresh_token.handle(Event::Welcomed, start), vec![]);
    assert_eq!(fresh_token.generation(), 5, "the prompt is answered");
}

/// What Redis remembers of before its clock jumped back by half an hour.
#[test]
fn a_prompt_that_leaves_more_time_than_the_grace_is_not_repeated() {
    let now = Instant::now();
    let record = Record {
        session: "s".parse().unwrap(),
        login_session: "l".parse().unwrap(),
        user: "ada".parse().unwrap(),
        recipe: "pancakes".parse().unwrap(),
        generation: 4,
        phase: RecordedPhase::Asked,
        due_in: 30 * MINUTE,
        expires_in: 31 * MINUTE,
    };

    let found = Found::of(&record, TIMINGS, now);
    let mut session = Session::resumed(TIMINGS, principal("ada"), now + LIFE, found);

    assert_eq!(session.handle(Event::Welcomed, now), vec![]);
    assert_eq!(session.recorded_phase(now).0, RecordedPhase::Active);
    assert_eq!(session.generation(), 5, "the schedule takes it");
}

#[derive(Debug, Clone)]
enum Step {
    Auth,
    Good { user: bool, life: u64 },
    Invalid,
    Welcomed,
    Prompt { back: u64, review: bool },
    Chat,
    Tick,
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        2 => Just(Step::Auth),
        3 => (prop::bool::weighted(0.97), 0..1_800_u64)
            .prop_map(|(user, life)| Step::Good { user, life }),
        1 => Just(Step::Invalid),
        2 => Just(Step::Welcomed),
        6 => (0..3_u64, prop::bool::weighted(0.1))
            .prop_map(|(back, review)| Step::Prompt { back, review }),
        5 => Just(Step::Chat),
        4 => Just(Step::Tick),
    ];
    // Gaps in milliseconds, often none, sometimes minutes.
    let gap = prop_oneof![3 => Just(0_u64), 3 => 0..5_000_u64, 2 => 0..400_000_u64];
    prop::collection::vec((step, gap), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Random events at random times: nothing is accepted after the token's end, nobody is asked twice for
    /// one token, and an answer that is awaited is not waited for longer than the grace.
    #[test]
    fn nothing_after_the_end_and_one_prompt_a_token(steps in steps()) {
        let mut now = Instant::now();
        let mut expires = now + LIFE;
        let mut session = Session::new(TIMINGS, principal("ada"), expires);
        let mut asked_for = None;
        let mut pending = 0_usize;
        for (step, gap) in steps {
            now += Duration::from_millis(gap);
            let event = match step {
                Step::Auth if session.accepts_auth() => { pending += 1; reauth() }
                Step::Auth => continue,
                Step::Good { user, life } if pending > 0 => {
                    pending -= 1;
                    let user = if user { "ada" } else { "eve" };
                    let end = now + Duration::from_secs(life);
                    if now < expires && user == "ada" { expires = end; }
                    good(user, end)
                }
                Step::Invalid if pending > 0 => { pending -= 1; Event::Verified(Verdict::Invalid) }
                Step::Good { .. } | Step::Invalid => continue,
                Step::Welcomed => Event::Welcomed,
                Step::Prompt { back, review } => Event::Prompted {
                    generation: session.generation().saturating_sub(back),
                    reason: if review { PromptReason::Review } else { PromptReason::Expiring },
                },
                Step::Chat => Event::Chat,
                Step::Tick => Event::Tick,
            };
            let over = now >= session.expires();
            let actions = session.handle(event, now);
            prop_assert_eq!(session.expires(), expires);
            if over {
                prop_assert_eq!(&actions, &vec![CLOSED]);
                break;
            }
            for action in &actions {
                if let Action::Ask { answer_in, .. } = action {
                    prop_assert!(now + *answer_in <= expires);
                    prop_assert!(*answer_in <= TIMINGS.grace);
                    prop_assert!(asked_for != Some(session.generation()));
                    asked_for = Some(session.generation());
                }
            }
            prop_assert!(session.next_deadline() <= expires);
            if actions.iter().any(|action| matches!(action, Action::Close(_))) { break; }
        }
    }
}
