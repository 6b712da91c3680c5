//! `recipe-chat connections`: what edges do, what happened to a connection, and the orders that can be given about one. It
//! asks the operators' ports of several edges and puts their answers together; an edge that does not answer is named.

mod edges;
mod text;

use std::{io::Write as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use edge::admin::{Overview, Timeline, TimelineEvent};
use runtime::{
    config::{duration, secret},
    http_call::HttpOrigin,
    operator_tls::CallerTls,
};
use secrecy::SecretString;
use serde_json::json;

use self::edges::{Answers, Asked, Edges, Proof};

/// Which edges are asked, and for what.
#[derive(Debug, Args)]
pub(crate) struct Connections {
    #[command(flatten)]
    edges: EdgeArgs,

    #[command(flatten)]
    search: Search,

    /// Print JSON, for programs
    #[arg(long)]
    json: bool,

    #[command(subcommand)]
    order: Option<Order>,
}

/// Which edges are asked.
#[derive(Debug, Args)]
struct EdgeArgs {
    /// Where an edge's --admin-listen is, several separated by commas; a host name stands for every edge that it
    /// resolves to
    #[arg(
        long = "edge",
        env = "EDGE_ADMIN_URL",
        value_name = "URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:9465",
        global = true
    )]
    edges: Vec<HttpOrigin>,

    /// The operator token that the edges were started with
    #[arg(long, env = "EDGE_OPERATOR_TOKEN", hide_env_values = true, value_parser = secret, global = true)]
    operator_token: Option<SecretString>,

    /// A certificate of an operator (PEM), with --operator-key, for edges at https://
    #[arg(long, env = "EDGE_OPERATOR_CERT", value_name = "FILE", global = true)]
    operator_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM)
    #[arg(long, env = "EDGE_OPERATOR_KEY", value_name = "FILE", global = true)]
    operator_key: Option<PathBuf>,

    /// The certificate authorities (PEM) of the edges' --admin-tls-cert [default: those of the system]
    #[arg(long, env = "EDGE_ADMIN_CA", value_name = "FILE", global = true)]
    admin_ca: Option<PathBuf>,

    /// How long an edge may take to answer
    #[arg(long, env = "EDGE_ADMIN_TIMEOUT", value_parser = duration, default_value = "5s", global = true)]
    timeout: Duration,
}

/// Whose last hour is told; with nothing given, what the edges do now.
#[derive(Debug, Default, Args)]
struct Search {
    /// What happened to the connections of this user: an id, or one of the user's names
    #[arg(long)]
    user: Option<String>,

    /// What happened to the connections of this session or login session
    #[arg(long)]
    session: Option<String>,

    /// What happened to this connection
    #[arg(long)]
    connection: Option<String>,

    /// What happened to the connections to this recipe
    #[arg(long)]
    recipe: Option<String>,
}

/// What an edge is to do.
#[derive(Debug, Subcommand)]
enum Order {
    /// Close a connection; its client comes back by itself. To keep somebody out, use `sessions revoke`
    Disconnect {
        /// The connection's id
        connection: String,
    },
    /// Stop one edge as SIGTERM does: its connections close over --drain-timeout, then it ends
    Drain,
}

/// Asks, or gives the order.
///
/// # Errors
/// When no edge answers, or one refuses.
pub(crate) async fn run(connections: Connections) -> anyhow::Result<()> {
    let args = connections.edges;
    let (cert, key) = (args.operator_cert.as_ref(), args.operator_key.as_ref());
    let proof = Proof {
        token: args.operator_token,
        tls: CallerTls::open(cert, key, args.admin_ca.as_ref())?,
    };
    let edges = Edges::find(&args.edges, proof, args.timeout).await;
    let query = connections.search.query();
    let told = match (connections.order, query) {
        (Some(Order::Disconnect { connection }), _) => disconnect(&edges, &connection).await?,
        (Some(Order::Drain), _) => drain(&edges).await?,
        (None, Some(query)) => timeline(&edges, &query, connections.json).await?,
        (None, None) => overview(&edges, connections.json).await?,
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

impl Search {
    /// As the edges are asked; `None`: nothing is searched for.
    fn query(&self) -> Option<String> {
        let fields = [
            ("user", &self.user),
            ("session", &self.session),
            ("connection", &self.connection),
            ("recipe", &self.recipe),
        ];
        let given = fields
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_deref()?))));
        let given: Vec<_> = given.collect();
        (!given.is_empty()).then(|| given.join("&"))
    }
}

/// Text as it may stand in an address.
fn escaped(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

async fn overview(edges: &Edges, as_json: bool) -> anyhow::Result<String> {
    let answers = edges.read::<Overview>("/admin/v1/connections").await?;
    // A name may stand for one edge twice, by two kinds of addresses.
    let overviews = answers.once_by(|overview| &overview.edge);
    Ok(match as_json {
        true => json_line(&json!({"edges": overviews, "unanswered": answers.unanswered})),
        false => text::overview(&overviews, &answers.unanswered),
    })
}

async fn timeline(edges: &Edges, query: &str, as_json: bool) -> anyhow::Result<String> {
    let path = format!("/admin/v1/timeline?{query}");
    let answers = edges.read::<Timeline>(&path).await?;
    let timelines = answers.once_by(|timeline| &timeline.edge);
    let truncated = timelines.iter().any(|timeline| timeline.truncated);
    let silent: Vec<_> = timelines
        .iter()
        .filter(|timeline| !timeline.keeps_events)
        .map(|timeline| timeline.edge.clone())
        .collect();
    let events = merged(timelines.into_iter().map(|timeline| timeline.events));
    Ok(match as_json {
        true => json_line(&json!({
            "events": events,
            "truncated": truncated,
            "without_events": silent,
            "unanswered": answers.unanswered,
        })),
        false => text::timeline(&events, truncated, &silent, &answers.unanswered),
    })
}

/// The events of all edges in the order of time; those of one edge stay in theirs.
fn merged(timelines: impl Iterator<Item = Vec<TimelineEvent>>) -> Vec<TimelineEvent> {
    let mut events: Vec<_> = timelines.flatten().collect();
    events.sort_by(|one, other| one.at.cmp(&other.at));
    events
}

async fn disconnect(edges: &Edges, connection: &str) -> anyhow::Result<String> {
    let path = format!("/admin/v1/connections/{}/disconnect", escaped(connection));
    let Answers { found, unanswered } = edges.order(&path).await;
    match found.as_slice() {
        [] if unanswered.is_empty() => Err(anyhow!("no edge has a connection {connection}")),
        [] => Err(anyhow!("{}", Asked::words(&unanswered))),
        _ => Ok(format!(
            "{connection} is closed; its client comes back by itself\n"
        )),
    }
}

async fn drain(edges: &Edges) -> anyhow::Result<String> {
    let address = edges.only()?;
    let Answers { found, unanswered } = edges.order("/admin/v1/drain").await;
    match found.as_slice() {
        [] => Err(anyhow!("{}", Asked::words(&unanswered))),
        _ => Ok(format!("the edge at {address} drains, and then ends\n")),
    }
}

fn json_line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use edge::admin::Event;

    use super::*;

    #[test]
    fn a_search_is_asked_for_as_it_was_given() {
        let search = Search {
            user: Some("Ada & Bob".to_owned()),
            recipe: Some("pie".to_owned()),
            ..Search::default()
        };
        assert_eq!(
            search.query().as_deref(),
            Some("user=Ada%20%26%20Bob&recipe=pie")
        );
        assert_eq!(Search::default().query(), None);
    }

    #[test]
    fn the_events_of_several_edges_are_in_the_order_of_time() {
        let event = |at: &str, edge: &str, event| TimelineEvent {
            at: at.to_owned(),
            edge: edge.to_owned(),
            connection: "c1".to_owned(),
            recipe: "pie".to_owned(),
            address: "10.0.0.1".to_owned(),
            holder: None,
            event,
        };
        let one = vec![
            event("2026-11-22T20:36:02.123Z", "a", Event::Connected),
            event("2026-11-22T20:36:02.123Z", "a", Event::Lost),
        ];
        let other = vec![
            event("2026-11-22T20:36:01.999Z", "b", Event::Connected),
            event("2026-11-22T20:36:03.000Z", "b", Event::Lost),
        ];
        let events = merged([one, other].into_iter());
        let order: Vec<_> = events
            .iter()
            .map(|event| (event.edge.as_str(), event.event == Event::Lost))
            .collect();
        assert_eq!(
            order,
            [("b", false), ("a", false), ("a", true), ("b", true)]
        );
    }
}
