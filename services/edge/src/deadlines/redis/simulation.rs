//! The whole protocol of deadlines in one deterministic run: several edges as they are in production, from the WebSocket to
//! the schedule; a model of Redis, and stand-ins for auth and chat; clients that answer, or do not, or read nothing for a
//! while, or reconnect elsewhere; and every fault that can be thought of, drawn from a seed. All on tokio's paused clock:
//! minutes take milliseconds, and the same seed gives the same run.
//!
//! `SEEDS=10000 cargo test -p edge --lib simulation::many -- --nocapture` plays so many; a failure names its seed, and
//! `SEED=7 cargo test -p edge --lib simulation::one -- --nocapture` plays one and prints what happened.

mod bugs;
mod client;
mod clock;
mod edge;
mod fault_plan;
mod follower;
mod oracle;
mod process;
mod repair;
mod servers;
mod services;
mod socket;
mod switch;
mod wire;
mod world;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use self::{bugs::Bug, oracle::Verdict};
use crate::session::Timings;

/// Those of an edge with the default settings.
const TIMINGS: Timings = Timings::new(Duration::from_secs(60), Duration::from_secs(30));

/// How many seeds are played when nobody says otherwise.
const SEEDS: u64 = 200;
const REPLAY: &str = "replay: cargo test -p edge --lib simulation::one -- --nocapture, with SEED";

#[test]
fn many_seeds_hold() {
    let seeds = setting("SEEDS").unwrap_or(SEEDS);
    let runs = on_all_processors(&(0..seeds).collect::<Vec<_>>(), |seed| {
        let verdict = play(seed, None);
        (seed, verdict.faults, verdict.lateness)
    });
    let (mut lateness, mut failed) = (Vec::new(), Vec::new());
    for (seed, faults, late) in runs {
        failed.extend(faults.first().map(|fault| format!("{seed}: {fault}")));
        lateness.extend(late);
    }
    lateness.sort();
    let late = |percent: usize| lateness[(lateness.len() - 1) * percent / 100];
    println!(
        "{seeds} seeds, {} prompts; late: half of them {:?}, 99 of 100 {:?}, all {:?} at most",
        lateness.len(),
        late(50),
        late(99),
        late(100),
    );
    assert!(failed.is_empty(), "{REPLAY} of {failed:#?}");
}

#[test]
fn one_seed_can_be_looked_at() {
    let seed = setting("SEED").unwrap_or(0);
    let verdict = play(seed, None);
    println!("{}", verdict.trace.join("\n"));
    assert_eq!(verdict.faults, Vec::<String>::new());
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..6 {
        let (one, other) = (play(seed, None), play(seed, None));
        let traces = || one.trace.iter().zip(&other.trace);
        let differ = traces().find(|(one, other)| one != other);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!(one.hash(), other.hash(), "seed {seed}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    let found = on_all_processors(&bugs::ALL, |bug| {
        let fault = (0..SEEDS).find_map(|seed| {
            let fault = play(seed, Some(bug)).faults.into_iter().next()?;
            Some(format!("seed {seed}: {fault}"))
        });
        (bug, fault)
    });
    for (bug, fault) in found {
        let fault = fault.unwrap_or_else(|| panic!("{bug:?} was not found"));
        println!("{bug:?} is found, {fault}");
    }
}

/// The answers, in the order of the jobs.
fn on_all_processors<J: Copy + Sync, A: Send>(jobs: &[J], work: impl Fn(J) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else {
                return done;
            };
            done.push((number, work(*job)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, A)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}

fn play(seed: u64, bug: Option<Bug>) -> Verdict {
    on_paused_clock(world::play(seed, bug))
}

fn on_paused_clock<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(run)
}

fn setting(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "it is the test's own setting")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number of seeds"))
}
