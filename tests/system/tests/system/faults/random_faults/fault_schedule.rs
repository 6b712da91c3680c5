//! Which faults come when, from a seed alone.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use system_tests::proxy::NetworkCondition;

/// The longest that a fault lasts: shorter than every grace that a client has.
const LONGEST: u64 = 3_000;
/// The longest pause between faults.
const REST: u64 = 1_500;

/// Some faults at once, and a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) faults: Vec<Fault>,
    pub(super) lasts: Duration,
    pub(super) rest: Duration,
}

/// Something that fails, and is mended at the end of its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL, and started again.
    Killed(Service),
    /// SIGSTOP, and SIGCONT.
    Frozen(Service),
    /// Killed and at once started again, empty.
    RedisRestarted,
    /// Emptied.
    RedisFlushed,
    /// The network between the edges and Redis.
    Redis(NetworkCondition),
    /// The network between the edges and the auth service.
    Auth(NetworkCondition),
    /// The network between the edges and the chat service.
    Chat(NetworkCondition),
}

/// A process of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Edge(usize),
    Auth,
    Chat,
}

/// The faults of a run of this length.
pub(super) fn fault_schedule(seed: u64, length: Duration) -> Vec<Step> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut steps = Vec::new();
    let mut end = Duration::ZERO;
    while end < length {
        let mut faults = vec![fault(&mut rng)];
        if rng.random_bool(0.3) {
            let second = fault(&mut rng);
            if !meet(faults[0], second) {
                faults.push(second);
            }
        }
        let step = Step {
            faults,
            lasts: Duration::from_millis(rng.random_range(200..=LONGEST)),
            rest: Duration::from_millis(rng.random_range(0..=REST)),
        };
        end += step.lasts + step.rest;
        steps.push(step);
    }
    steps
}

fn fault(rng: &mut StdRng) -> Fault {
    match rng.random_range(0..9) {
        0 => Fault::Killed(service(rng)),
        1 => Fault::Frozen(service(rng)),
        2 => Fault::RedisRestarted,
        3 => Fault::RedisFlushed,
        4 | 5 => Fault::Redis(random_faults(rng)),
        6 => Fault::Auth(random_faults(rng)),
        _ => Fault::Chat(random_faults(rng)),
    }
}

fn service(rng: &mut StdRng) -> Service {
    match rng.random_range(0..4) {
        0 => Service::Auth,
        1 => Service::Chat,
        edge => Service::Edge(edge - 2),
    }
}

fn random_faults(rng: &mut StdRng) -> NetworkCondition {
    match rng.random_range(0..4) {
        0 => NetworkCondition::Slow(Duration::from_millis(500)),
        1 => NetworkCondition::Frozen,
        2 => NetworkCondition::BlackHole,
        _ => NetworkCondition::Cut,
    }
}

/// Whether two faults are of one place, so that mending one would mend the other.
fn meet(one: Fault, other: Fault) -> bool {
    let place = |fault| match fault {
        Fault::Killed(Service::Edge(number)) | Fault::Frozen(Service::Edge(number)) => number,
        Fault::Killed(Service::Auth) | Fault::Frozen(Service::Auth) => 2,
        Fault::Killed(Service::Chat) | Fault::Frozen(Service::Chat) => 3,
        Fault::RedisRestarted | Fault::RedisFlushed => 4,
        Fault::Redis(_) => 5,
        Fault::Auth(_) => 6,
        Fault::Chat(_) => 7,
    };
    place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_is_a_schedule() {
        let minute = Duration::from_secs(60);

        assert_eq!(fault_schedule(7, minute), fault_schedule(7, minute));
        assert_ne!(fault_schedule(7, minute), fault_schedule(8, minute));
    }

    #[test]
    fn everything_fails_in_the_end_and_no_two_faults_meet() {
        let steps = fault_schedule(1, Duration::from_secs(3_600));

        let kinds: HashSet<_> = steps
            .iter()
            .flat_map(|step| &step.faults)
            .map(std::mem::discriminant)
            .collect();
        assert_eq!(kinds.len(), 7);
        for step in &steps {
            let doubled = step.faults.len() == 2 && meet(step.faults[0], step.faults[1]);
            assert!(!doubled, "{step:?}");
        }
    }
}
