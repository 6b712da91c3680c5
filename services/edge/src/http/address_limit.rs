//! What one address may ask for without an account, counted over all edges. An IPv6 /64 is one address.

use std::time::Duration;

use runtime::{
    network::AddressBlock,
    rate_limiter::{Decision, Limit},
};

use super::{client::Client, problem::Problem};
use crate::edge::Edge;

/// In what time an address may come so often; 0 is no limit.
const MINUTE: Duration = Duration::from_secs(60);

/// Takes a sign-in or sign-up of the client's address.
///
/// # Errors
/// 429, with the time to wait.
pub(super) async fn sign_in(
    edge: &Edge,
    client: &Client,
    action: &'static str,
) -> Result<(), Problem> {
    let rate = edge.settings.load().sign_in_rate;
    take(edge, client, "sign-in", rate, action)
        .await
        .map_err(Problem::too_many)
}

/// Takes a public page or an invitation: so nobody tries many addresses in a row, nor has a recipe rendered without end.
///
/// # Errors
/// 429, with the time to wait.
pub(super) async fn anonymous(
    edge: &Edge,
    client: &Client,
    action: &'static str,
) -> Result<(), Problem> {
    let rate = edge.settings.load().anonymous_rate;
    take(edge, client, "anonymous", rate, action)
        .await
        .map_err(Problem::too_many_requests)
}

async fn take(
    edge: &Edge,
    client: &Client,
    purpose: &str,
    rate: u32,
    action: &'static str,
) -> Result<(), Duration> {
    let Some(limit) = Limit::new(rate, MINUTE, rate) else {
        return Ok(());
    };
    let block = client.address.map(AddressBlock::from);
    // Only in a test has a connection no address.
    let block = block.map_or_else(String::new, |block| block.to_string());
    let key = format!("{purpose}:edge:{block}");
    match edge.rate_limiter.take(&key, limit).await {
        Decision::Allowed => Ok(()),
        Decision::RetryAfter(wait) => {
            client.log_refusal(action, "address_rate");
            Err(wait)
        }
    }
}
