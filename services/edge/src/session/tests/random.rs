//! What holds whatever happens.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Auth,
    Good {
        user: bool,
        life: u64,
    },
    /// The token in use.
    Same,
    Invalid,
    Answered,
    Prompt {
        back: u64,
        review: bool,
    },
    Chat,
    Tick,
    Sleep {
        seconds: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        2 => Just(Step::Auth),
        3 => (prop::bool::weighted(0.97), 0..1_800_u64)
            .prop_map(|(user, life)| Step::Good { user, life }),
        1 => Just(Step::Same),
        1 => Just(Step::Invalid),
        2 => Just(Step::Answered),
        6 => (0..3_u64, prop::bool::weighted(0.1))
            .prop_map(|(back, review)| Step::Prompt { back, review }),
        5 => Just(Step::Chat),
        4 => Just(Step::Tick),
        1 => (0..600_u64).prop_map(|seconds| Step::Sleep { seconds }),
    ];
    // Gaps in milliseconds, often none, sometimes minutes.
    let gap = prop_oneof![3 => Just(0_u64), 3 => 0..5_000_u64, 2 => 0..400_000_u64];
    prop::collection::vec((step, gap), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Random events at random times, on a machine that sleeps: nothing is accepted after the token's end, nobody is asked twice for
    /// one token, and an answer that is awaited is not waited for longer than the grace.
    #[test]
    fn nothing_after_the_end_and_one_prompt_a_token(steps in steps()) {
        // When the auth service's clock, which counts sleeps, was at zero.
        let mut start = Instant::now();
        let (mut now, mut expires) = (start, start + LIFE);
        let first = Principal::for_tests("ada").by_token("0", Timestamp::from_unix_millis(900_000));
        let mut session = Session::new(Arc::new(TIMINGS), Arc::new(first), expires);
        let mut asked_for = None;
        let (mut used, mut tokens) = ("0".to_owned(), 0_u64);
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
                    let counts = now < expires && user == "ada" && end >= expires;
                    tokens += 1;
                    let id = tokens.to_string();
                    if counts { (expires, used) = (end, id.clone()); }
                    match user { "ada" => token(&id, (start, end)), other => good(other, end) }
                }
                Step::Same if pending > 0 => {
                    pending -= 1;
                    // However late the service says so.
                    token(&used, (start, now.max(expires)))
                }
                Step::Invalid if pending > 0 => { pending -= 1; Event::Verified(Verdict::Invalid) }
                Step::Good { .. } | Step::Same | Step::Invalid => continue,
                Step::Answered => Event::Answered,
                Step::Prompt { back, review } => Event::Prompted {
                    generation: session.generation().saturating_sub(back),
                    reason: if review { PromptReason::Review } else { PromptReason::Expiring }, source: PromptSource::OtherNode,
                },
                Step::Chat => {
                    prop_assert_eq!(session.has_ended(now), now >= expires);
                    continue;
                }
                Step::Tick => Event::Tick,
                Step::Sleep { seconds } => {
                    let by = Duration::from_secs(seconds);
                    (start, expires) = (start - by, expires - by);
                    Event::Slept(by)
                }
            };
            let over = now >= expires;
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
