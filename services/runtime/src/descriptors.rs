//! File descriptors: a process takes as many as the system lets it have, and leaves some of them to everything that is
//! no socket of a port.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many are left for the rest of the process (databases, Redis, other services, files): an eighth of all within
/// these bounds.
const RESERVED_FRACTION: usize = 8;
const MIN_RESERVE: usize = 64;
const MAX_RESERVE: usize = 1_024;

/// Raises the limit that counts (soft) to the one that the system allows (hard). A system that refuses leaves it as it is.
pub fn raise_limit() {
    let limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        let raised = Rlimit {
            current: limits.maximum,
            maximum: limits.maximum,
        };
        setrlimit(Resource::Nofile, raised).ok();
    }
}

/// How many descriptors the process may have; `None`: as many as it likes.
pub fn limit() -> Option<usize> {
    let limits = getrlimit(Resource::Nofile);
    limits.current.and_then(|limit| usize::try_from(limit).ok())
}

/// How many sockets a port may hold.
pub fn for_sockets() -> usize {
    limit().map_or(usize::MAX, usable)
}

fn usable(descriptors: usize) -> usize {
    let reserve = (descriptors / RESERVED_FRACTION).clamp(MIN_RESERVE, MAX_RESERVE);
    descriptors.saturating_sub(reserve)
}

/// What is wrong with so many connections (0: no limit) under the limit of descriptors, in words for the operator.
pub fn fault(max_connections: usize) -> Option<String> {
    let sockets = for_sockets();
    let wanted = if max_connections == 0 {
        usize::MAX
    } else {
        max_connections
    };
    (sockets < wanted).then(|| {
        format!(
            "--max-connections is {max_connections}, and the limit of file descriptors ({}) leaves room for {sockets}: \
             raise the limit (`ulimit -Hn`, LimitNOFILE of systemd, ulimits of containers) or lower the flag",
            limit().unwrap_or(usize::MAX)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_always_left() {
        assert_eq!(usable(1_024), 896);
        assert_eq!(usable(256), 192);
        assert_eq!(usable(50), 0);
        assert_eq!(usable(20_000), 18_976);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes_and_compared_with_the_connections() {
        raise_limit();
        let limits = getrlimit(Resource::Nofile);
        assert_eq!(limits.current, limits.maximum);
        assert_eq!(fault(1), None);
        if let Some(limit) = limit() {
            let told = fault(limit).unwrap();
            assert!(told.contains("--max-connections") && told.contains(&limit.to_string()));
            assert!(fault(0).is_some());
        }
    }
}
