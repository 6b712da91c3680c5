//! A random schedule of faults, from a seed, over a chatting crowd: kills, freezes, restarts, lost data, slow and
//! dead networks, one after the other or two at once. `FAULTS_SEED` replays a schedule, `FAULTS_MINUTES` lengthens it.

mod fault_schedule;

use std::{iter::repeat_with, time::Duration};

use serde_json::json;
use system_tests::{
    chat_log,
    clock::minutes_now,
    crowd::{Cook, Crowd, SpeakingPlan},
    history::History,
    proxy::NetworkCondition,
    stack::Stack,
};
use tokio::time::sleep;

use self::fault_schedule::{Fault, Service, Step, fault_schedule};
use super::{edges_from, for_crowds, from_environment, logins, tell};

/// What a short run brings: a bit of everything.
const SEED: u64 = 2;
const MINUTES: f64 = 0.25;

/// How many talk, in how many recipes.
const COOKS: usize = 40;
const RECIPES: usize = 4;

async fn start() -> Stack {
    for_crowds(2)
        .with_redis()
        .through_proxies()
        // Asked every 10 s. Faults in a row may keep the chat service away for longer than that; a prompt then waits for
        // the answer to the `auth` before it, up to 20 s more.
        .auth(&["--access-ttl", "60s"])
        .edge(&["--reauth-lead", "50s", "--reauth-grace", "30s"])
        .start()
        .await
}

#[expect(clippy::print_stdout, reason = "the schedule of a failed run is shown")]
async fn live_through(stack: &mut Stack, steps: &[Step]) {
    for step in steps {
        println!("  {} {step:?}", minutes_now());
        for fault in &step.faults {
            inject(stack, *fault).await;
        }
        sleep(step.lasts).await;
        // What was killed comes back last: a service that cannot reach what it needs does not start, and nobody here
        // would start it once more.
        let killed = |fault: &&Fault| matches!(fault, Fault::Killed(_));
        let others = step.faults.iter().filter(|fault| !killed(fault));
        for fault in others.chain(step.faults.iter().filter(killed)) {
            heal(stack, *fault).await;
        }
        sleep(step.rest).await;
    }
}

async fn inject(stack: &mut Stack, fault: Fault) {
    match fault {
        Fault::Killed(service) => service.of(stack).kill().await,
        Fault::Frozen(service) => service.of(stack).process().freeze(),
        Fault::RedisRestarted => stack.redis().restart().await,
        Fault::RedisFlushed => {
            let mut connection = stack.redis().connection().await;
            let flushed = redis::cmd("FLUSHALL").exec_async(&mut connection).await;
            flushed.expect("an empty Redis");
        }
        Fault::Redis(random_faults) => stack.proxies().redis().set(random_faults),
        Fault::Auth(random_faults) => stack.proxies().auth.set(random_faults),
        Fault::Chat(random_faults) => stack.proxies().chats[0].set(random_faults),
    }
}

async fn heal(stack: &mut Stack, fault: Fault) {
    match fault {
        Fault::Killed(service) => service.of(stack).restart().await,
        Fault::Frozen(service) => service.of(stack).process().thaw(),
        Fault::RedisRestarted | Fault::RedisFlushed => {}
        Fault::Redis(_) => stack.proxies().redis().set(NetworkCondition::Normal),
        Fault::Auth(_) => stack.proxies().auth.set(NetworkCondition::Normal),
        Fault::Chat(_) => stack.proxies().chats[0].set(NetworkCondition::Normal),
    }
}

impl Service {
    fn of(self, stack: &mut Stack) -> &mut system_tests::service::Service {
        match self {
            Self::Edge(number) => &mut stack.edges[number],
            Self::Auth => stack.auth(),
            Self::Chat => stack.chat(),
        }
    }
}

#[test]
fn a_short_run_brings_a_bit_of_everything() {
    let steps = fault_schedule(SEED, Duration::from_secs_f64(MINUTES * 60.0));
    let brings =
        |wanted: fn(&Fault) -> bool| steps.iter().flat_map(|step| &step.faults).any(wanted);

    assert!(brings(|fault| matches!(
        fault,
        Fault::Killed(Service::Edge(_))
    )));
    assert!(brings(|fault| matches!(
        fault,
        Fault::Killed(Service::Chat | Service::Auth)
    )));
    assert!(brings(|fault| matches!(fault, Fault::Frozen(_))));
    assert!(brings(|fault| matches!(
        fault,
        Fault::RedisRestarted | Fault::RedisFlushed
    )));
    assert!(brings(|fault| matches!(fault, Fault::Redis(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nothing_is_lost_and_nobody_is_sent_away() {
    let seed = from_environment("FAULTS_SEED", SEED);
    let minutes = from_environment("FAULTS_MINUTES", MINUTES);
    let steps = fault_schedule(seed, Duration::from_secs_f64(minutes * 60.0));
    println!("replay with FAULTS_SEED={seed} FAULTS_MINUTES={minutes}");
    let mut stack = start().await;
    let logins = logins(&stack).await;
    let reader = stack.register("reader").await;
    let histories: Vec<History> = repeat_with(History::default).take(RECIPES).collect();
    let mut crowd = Crowd::new();
    let cooks = (0..COOKS).map(|number| Cook {
        edges: edges_from(&stack, number % 2),
        recipe: format!("storm-{}", number % RECIPES),
        token_cache: logins[number % logins.len()].clone(),
        shares_first_token: false,
        renews: true,
        talk: Some(SpeakingPlan {
            history: histories[number % RECIPES].clone(),
            pace: Duration::from_millis(100),
        }),
    });
    crowd.invite(cooks, Duration::from_secs(1));
    crowd.until_present(COOKS, Duration::from_secs(30)).await;

    live_through(&mut stack, &steps).await;

    crowd.until_present(COOKS, Duration::from_secs(60)).await;
    let report = crowd.leave().await;
    let reader = reader.login(&stack.api()).await;
    let mut messages = 0;
    for (number, history) in histories.iter().enumerate() {
        let log = chat_log::read(stack.chat(), &reader, &format!("storm-{number}")).await;
        history.assert_sound(&log);
        messages += log.len();
    }
    let figures = json!({
        "seed": seed,
        "faults": steps.iter().map(|step| step.faults.len()).sum::<usize>(),
        "messages": messages,
        "report": report.to_json(),
    });
    tell("random faults", &figures);
    report.assert_sound();
    assert!(
        report.figures().prompts.len() >= COOKS / 2,
        "renewals were among it"
    );
}
