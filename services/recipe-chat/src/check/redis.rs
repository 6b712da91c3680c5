//! Whether Redis can be used: reachable, new enough, keeping what it is given, with a clock that agrees, and letting
//! each service do what it is going to do.

use runtime::{
    clock::Timestamp,
    config::SecretUrl,
    redis::{Failure, Redis, SelfTest, SelfTestStep, cmd},
};

use super::{CHECK_TIMEOUT, Report, now};

const WHAT: &str = "redis";
/// Sharded pub/sub and the commands that the scripts use.
const MIN_REDIS_VERSION: u32 = 7;
/// How much of its memory may be in use: when all is, it refuses writes.
const MAX_MEMORY_PERCENT: u64 = 80;

/// What the services do with Redis, by service.
fn self_tests(chat_is_shared: bool) -> Vec<(&'static str, SelfTest)> {
    let mut tests = vec![
        ("edge", edge::redis_self_test()),
        ("auth", auth::redis_self_test()),
    ];
    // Replicas of chat talk to one another, on a database that they share.
    if chat_is_shared {
        tests.push(("chat", chat::redis_self_test()));
    }
    tests
}

pub(super) async fn check(report: &mut Report, url: &SecretUrl, chat_is_shared: bool) {
    let redis = match Redis::open(url) {
        Ok(redis) => redis.with_timeout(CHECK_TIMEOUT),
        Err(invalid) => return report.fault(WHAT, format!("--redis-url: {invalid}")),
    };
    if let Err(failure) = redis.ping(CHECK_TIMEOUT).await {
        let cause = redis
            .problem()
            .map_or(failure.to_string(), |problem| problem.to_string());
        return report.fault(WHAT, format!("{url} cannot be used: {cause}"));
    }
    report.good(WHAT, format!("{url} answers"));
    match redis.run::<String>(&cmd("INFO")).await {
        Ok(info) => read_info(report, &info),
        Err(failure) => report.fault(WHAT, format!("INFO may not be asked: {failure}")),
    }
    check_clock(report, &redis).await;
    for (service, self_test) in self_tests(chat_is_shared) {
        try_out(report, url, service, &self_test).await;
    }
}

async fn try_out(report: &mut Report, url: &SecretUrl, service: &str, self_test: &SelfTest) {
    let rehearsed = match Redis::rehearse(url, self_test).await {
        Ok(Ok(rehearsed)) => rehearsed,
        Ok(Err(problem)) => return report.fault(WHAT, format!("as {service} uses it: {problem}")),
        Err(invalid) => return report.fault(WHAT, format!("--redis-url: {invalid}")),
    };
    let mut faults = 0;
    for SelfTestStep { name, problem } in rehearsed {
        if let Some(problem) = problem {
            faults += 1;
            report.fault(
                WHAT,
                format!("{service} may not or cannot use its {name}: {problem}"),
            );
        }
    }
    if faults == 0 {
        report.good(WHAT, format!("{service} can do all that it does with it"));
    }
}

fn read_info(report: &mut Report, info: &str) {
    let field = |name: &str| {
        info.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim())
    };
    let version = field("redis_version").unwrap_or("unknown");
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_some_and(|major: u32| major >= MIN_REDIS_VERSION) {
        report.good(WHAT, format!("version {version}"));
    } else {
        report.fault(
            WHAT,
            format!("version {version}: {MIN_REDIS_VERSION} or later is needed"),
        );
    }
    let bytes = |name: &str| field(name).and_then(|text| text.parse::<u64>().ok());
    if let (Some(used), Some(most @ 1..)) = (bytes("used_memory"), bytes("maxmemory")) {
        let share = used.saturating_mul(100) / most;
        match share {
            ..MAX_MEMORY_PERCENT => report.good(WHAT, format!("{share} % of its memory is used")),
            _ => report.fault(
                WHAT,
                format!("{share} % of its memory is used: raise maxmemory ({most} bytes) before it refuses writes"),
            ),
        }
    }
    match field("maxmemory_policy") {
        Some("noeviction") => report.good(WHAT, "maxmemory-policy is noeviction"),
        policy => report.fault(
            WHAT,
            format!(
                "maxmemory-policy is {}: set it to noeviction, or deadlines are thrown away when memory is short",
                policy.unwrap_or("unknown")
            ),
        ),
    }
}

async fn check_clock(report: &mut Report, redis: &Redis) {
    let before = now();
    let answer: Result<(i64, i64), Failure> = redis.run(&cmd("TIME")).await;
    let after = now();
    match answer {
        Ok((seconds, micros)) => {
            let theirs = Timestamp::from_unix_millis(seconds.saturating_mul(1000) + micros / 1000);
            report.clock(WHAT, before, theirs, after);
        }
        Err(failure) => report.fault(WHAT, format!("TIME may not be asked: {failure}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(info: &str, faults: &[&str]) {
        let mut report = Report::default();
        read_info(&mut report, info);
        assert_eq!(report.faults, faults.len(), "{:?}", report.lines);
        let told = report.lines.join("\n");
        for fault in faults {
            assert!(told.contains(fault), "{told}");
        }
    }

    #[test]
    fn an_old_redis_or_one_that_evicts_must_be_mended() {
        let info = |version: &str, policy: &str| {
            format!(
                "# Server\r\nredis_version:{version}\r\n# Memory\r\nmaxmemory_policy:{policy}\r\n"
            )
        };
        check(&info("7.0.15", "noeviction"), &[]);
        check(&info("8.2.0", "noeviction"), &[]);
        check(&info("7.0.15", "allkeys-lru"), &["noeviction"]);
        check(&info("6.2.1", "noeviction"), &["7 or later"]);
        check("", &["unknown", "noeviction"]);
        let memory = |used: u64| {
            let good = info("7.0.15", "noeviction");
            format!("{good}used_memory:{used}\r\nmaxmemory:1000\r\n")
        };
        check(&memory(799), &[]);
        check(&memory(800), &["80 % of its memory"]);
    }
}
