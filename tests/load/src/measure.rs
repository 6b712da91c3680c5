//! One run: sign in, connect, stay, leave, and what was seen of it.

use std::{iter::repeat_with, time::Duration};

use anyhow::Context as _;
use serde_json::{Value, json};
use system_tests::{
    canary::Canary,
    crowd::{Cook, Crowd, SpeakingPlan, token_caches},
    history::History,
    http::Api,
    process::anonymous_memory,
};
use tokio::{net::TcpStream, time::sleep};

use crate::{options::Options, renewals::Samples};

/// How long the last connection may take beyond the time that the rate gives it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(180);

/// Runs what the options say.
///
/// # Errors
/// When they make no sense, or no edge listens where they say.
pub(crate) async fn run(options: &Options) -> anyhow::Result<Value> {
    options.check()?;
    for edge in &options.edge {
        TcpStream::connect(edge)
            .await
            .with_context(|| format!("there is no edge at {edge}"))?;
    }
    let cooks = cooks(options).await?;
    let before = memory(options)?;
    let arrival = options.arrival()?;
    let mut crowd = Crowd::from_address(options.source);
    crowd.invite(cooks.into_iter(), arrival);
    crowd
        .until_present(options.connections, arrival + CONNECT_TIMEOUT)
        .await;
    // Only quiet connections can be weighed: messages fill the logs of the rooms.
    let after = memory(options)?;
    sleep(options.duration).await;
    let report = crowd.leave().await;
    let mut figures = report.to_json();
    figures["connections"] = json!(options.connections);
    figures["messages_answered"] = json!(report.figures().answers.len());
    if options.samples {
        figures["samples"] = Samples::of(&report).to_json();
    }
    if let (Some(before), Some(after)) = (before, after) {
        #[expect(clippy::cast_precision_loss, reason = "for people to read")]
        let each = after.saturating_sub(before) as f64 / 1024.0 / options.connections as f64;
        figures["kib_per_connection"] = json!((each * 100.0).round() / 100.0);
    }
    Ok(figures)
}

async fn cooks(options: &Options) -> anyhow::Result<Vec<Cook>> {
    let api = Api::new(options.edge[0], Canary::default());
    let logins = token_caches(options.users, &options.edge, &api).await;
    let histories: Vec<History> = repeat_with(History::default)
        .take(options.recipes)
        .collect();
    let pace = options.pace()?;
    let cook = |number: usize| {
        let mut edges = options.edge.clone();
        edges.rotate_left(number % options.edge.len());
        let recipe = number % options.recipes;
        Cook {
            edges,
            recipe: format!("load-{recipe}"),
            token_cache: logins[number % options.users].clone(),
            shares_first_token: options.shared_token,
            renews: true,
            talk: pace.map(|pace| SpeakingPlan {
                history: histories[recipe].clone(),
                pace,
            }),
        }
    };
    Ok((0..options.connections).map(cook).collect())
}

fn memory(options: &Options) -> anyhow::Result<Option<u64>> {
    let Some(id) = options.pid else {
        return Ok(None);
    };
    let bytes = anonymous_memory(id).with_context(|| format!("there is no process {id} here"))?;
    Ok(Some(bytes))
}
