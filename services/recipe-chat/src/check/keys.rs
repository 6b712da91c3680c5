//! Whether tokens can be checked: every replica of the auth service publishes keys, and all the same ones.

use std::net::SocketAddr;

use proto::auth::{GetJwksRequest, auth_service_client::AuthServiceClient};
use runtime::grpc::{self, Credentials};
use serde_json::Value;
use tokio::time::timeout;

use super::{CHECK_TIMEOUT, Report};

const WHAT: &str = "keys";

/// Asks each of these replicas.
pub(super) async fn check(report: &mut Report, replicas: &[SocketAddr], credentials: &Credentials) {
    let mut published = Vec::new();
    for address in replicas {
        match timeout(CHECK_TIMEOUT, ask(*address, credentials)).await {
            Ok(Ok(keys)) => published.push((*address, keys)),
            Ok(Err(cause)) => report.fault(WHAT, format!("{address} does not tell its: {cause}")),
            Err(_) => report.fault(WHAT, format!("{address} does not tell its")),
        }
    }
    judge(report, &published);
}

async fn ask(address: SocketAddr, credentials: &Credentials) -> anyhow::Result<Vec<String>> {
    let channel = grpc::channel(&format!("http://{address}"), &["auth"], credentials)?;
    let mut client = AuthServiceClient::new(channel);
    let answer = client.get_jwks(GetJwksRequest {}).await?.into_inner();
    let set: Value = serde_json::from_str(&answer.jwks_json)?;
    let keys = set["keys"].as_array().into_iter().flatten();
    let names = keys.filter_map(|key| key["kid"].as_str().map(str::to_owned));
    Ok(names.collect())
}

fn judge(report: &mut Report, published: &[(SocketAddr, Vec<String>)]) {
    let Some((first, keys)) = published.first() else {
        return;
    };
    if let Some((address, _)) = published.iter().find(|(_, keys)| keys.is_empty()) {
        return report.fault(WHAT, format!("{address} publishes none: no token is valid"));
    }
    match published.iter().find(|(_, other)| other != keys) {
        Some((address, _)) => report.fault(
            WHAT,
            format!(
                "{first} and {address} publish different ones: replicas need one database; right after a \
                 change of keys, ask again"
            ),
        ),
        None => report.good(WHAT, format!("every replica publishes the same {}", keys.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_must_publish_keys_and_the_same_ones() {
        for (published, faults) in [
            (&[][..], 0),
            (&[&["a", "b"][..], &["a", "b"]], 0),
            (&[&["a"], &["b"]], 1),
            (&[&["a"], &[]], 1),
            (&[&[]], 1),
        ] {
            let mut report = Report::default();
            let published: Vec<_> = (1..)
                .zip(published)
                .map(|(port, keys)| {
                    let keys = keys.iter().map(ToString::to_string).collect();
                    (SocketAddr::from(([127, 0, 0, 1], port)), keys)
                })
                .collect();
            judge(&mut report, &published);
            assert_eq!(report.faults, faults, "{published:?}: {:?}", report.lines);
        }
    }
}
