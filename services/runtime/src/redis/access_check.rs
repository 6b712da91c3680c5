//! A self-test in full, for an operator who asks before anything runs: each step by itself, and every channel and
//! stream.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    Redis, address::Target, connection::ConnectionOptions, problem::Problem, self_test::SelfTest,
};
use crate::{config::SecretUrl, redis::InvalidUrl};

/// How long all of it may take.
const REHEARSAL_TIMEOUT: Duration = Duration::from_secs(10);

/// One thing that was tried.
#[derive(Debug)]
pub struct SelfTestStep {
    /// What, in words.
    pub name: String,
    /// Why it failed.
    pub problem: Option<Problem>,
}

impl Redis {
    /// Tries a whole self-test on a connection of its own.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub async fn rehearse(
        url: &SecretUrl,
        self_test: &SelfTest,
    ) -> Result<Result<Vec<SelfTestStep>, Problem>, InvalidUrl> {
        let target = Target::parse(url.expose())?;
        let access_check = timeout(REHEARSAL_TIMEOUT, rehearse(&target, self_test));
        Ok(access_check.await.unwrap_or_else(|_| {
            let servers = target.servers_text();
            Err(Problem::unreachable(&servers, "it does not answer in time"))
        }))
    }
}

async fn rehearse(target: &Target, self_test: &SelfTest) -> Result<Vec<SelfTestStep>, Problem> {
    let servers = target.servers_text();
    let told = |error: &::redis::RedisError| Problem::of(error, &servers);
    let wiring = ConnectionOptions {
        slowest: REHEARSAL_TIMEOUT,
        on_push: None,
    };
    let mut connection = target
        .connect(&wiring)
        .await
        .map_err(|error| told(&error))?;
    connection.ping().await.map_err(|error| told(&error))?;
    let mut rehearsed = Vec::new();
    let mut note = |name: String, outcome: Result<(), ::redis::RedisError>| {
        let problem = outcome.err().map(|error| told(&error));
        rehearsed.push(SelfTestStep { name, problem });
    };
    for (name, outcome) in self_test.run_each(&mut connection).await {
        note(name.to_owned(), outcome);
    }
    for key in &self_test.streams {
        let mut read = ::redis::cmd("XREAD");
        read.arg(&["COUNT", "1", "STREAMS", key, "$"]);
        note(
            format!("stream {key}"),
            connection.run(&read).await.map(drop),
        );
    }
    let listening = ConnectionOptions {
        slowest: REHEARSAL_TIMEOUT,
        on_push: Some(Arc::new(drop)),
    };
    for channel in &self_test.channels {
        let subscribed = async {
            let mut connection = target.connect(&listening).await?;
            connection.subscribe(std::slice::from_ref(channel)).await
        };
        note(format!("channel {channel}"), subscribed.await);
    }
    Ok(rehearsed)
}
