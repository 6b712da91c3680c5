//! `recipe-chat audit`: what the auth service has noted of sign-ins, refusals, revocations and operators' orders.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context as _;
use clap::Args;
use proto::auth::{AuditEvent, ListAuditEventsRequest, ListAuditEventsResponse};
use runtime::{
    clock::{Clock as _, SystemClock, Timestamp},
    config::duration,
};
use serde_json::{Map, Value};
use tonic::Request;

use crate::operator::{AuthService, Operator, OperatorArgs, moment};

/// Which events an operator wants to see.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    operator: OperatorArgs,

    /// Only what is about this user, by name or by id
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Only what is of this kind, such as login, logout, refresh or disable_user
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,

    /// Only what happened since then: a time such as 2026-11-29T08:00:00Z, or how long ago, such as 1h or 7d
    #[arg(long, value_parser = since)]
    since: Option<Timestamp>,

    /// Only what happened before the event of this number; the last line of a page tells it for the next one
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    before: u64,

    /// How many events a page has, at most 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,

    /// A JSON object a line, for programs
    #[arg(long)]
    json: bool,
}

/// Prints a page of events, the newest first.
///
/// # Errors
/// What the auth service says against it.
pub(crate) async fn run(audit: Audit) -> anyhow::Result<()> {
    let operator = audit.operator.connect()?;
    let question = ListAuditEventsRequest {
        user: audit.user,
        kind: audit.kind,
        since: audit.since.map(timestamp),
        before: audit.before,
        limit: audit.limit,
    };
    let page = list(&operator, question).await?;
    let told = match audit.json {
        true => lines(&page.events),
        false => table(&page),
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

async fn list(
    operator: &Operator,
    question: ListAuditEventsRequest,
) -> anyhow::Result<ListAuditEventsResponse> {
    let call = |mut client: AuthService, question: Request<ListAuditEventsRequest>| async move {
        client.list_audit_events(question).await
    };
    operator.ask(question, call).await
}

/// Reads a time, or how long ago it was.
fn since(text: &str) -> Result<Timestamp, &'static str> {
    if let Ok(ago) = duration(text) {
        return Ok(SystemClock.now().before(ago));
    }
    text.parse()
        .map_err(|_| "write a time such as 2026-11-29T08:00:00Z, or how long ago, such as 1h or 7d")
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let millis = at.unix_millis();
    prost_types::Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: i32::try_from(millis.rem_euclid(1000)).unwrap_or(0) * 1_000_000,
    }
}

/// What an event tells, each thing under its name; what is empty is left out.
fn fields(event: &AuditEvent) -> impl Iterator<Item = (&'static str, &str)> {
    let fields = [
        ("kind", &event.kind),
        ("outcome", &event.outcome),
        ("operator", &event.operator),
        ("user_id", &event.user_id),
        ("username", &event.username),
        ("session_id", &event.session_id),
        ("client_address", &event.client_address),
        ("request_id", &event.request_id),
        ("about", &event.about),
    ];
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name, value.as_str()));
    fields.filter(|(_, value)| !value.is_empty())
}

/// One object a line.
fn lines(events: &[AuditEvent]) -> String {
    let mut text = String::new();
    for event in events {
        let mut object = Map::new();
        object.insert("id".to_owned(), event.id.into());
        object.insert("at".to_owned(), moment(event.at.as_ref()).into());
        object.extend(fields(event).map(|(name, value)| (name.to_owned(), value.into())));
        // Writing to a text cannot fail.
        writeln!(text, "{}", Value::Object(object)).ok();
    }
    text
}

/// One line each, for people and for `awk`.
fn table(page: &ListAuditEventsResponse) -> String {
    let mut text = format!(
        "{:24}  {:15}  {:16}  {:12}  {:24}  {:39}  {:36}  {:36}  {}\n",
        "AT", "KIND", "OUTCOME", "OPERATOR", "USER", "ADDRESS", "SESSION", "REQUEST", "ABOUT"
    );
    for event in &page.events {
        let user = match event.username.as_str() {
            "" => &event.user_id,
            name => name,
        };
        let shown = [
            &event.outcome,
            &event.operator,
            user,
            &event.client_address,
            &event.session_id,
            &event.request_id,
            &event.about,
        ];
        let [outcome, operator, user, address, session, request, about] =
            shown.map(|text: &str| if text.is_empty() { "-" } else { text });
        let (at, kind) = (moment(event.at.as_ref()), &event.kind);
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{at:24}  {kind:15}  {outcome:16}  {operator:12}  {user:24}  {address:39}  {session:36}  {request:36}  {about}"
        )
        .ok();
    }
    if page.next > 0 {
        // Writing to a text cannot fail.
        writeln!(text, "# more: recipe-chat audit --before {}", page.next).ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_since_is_told_by_a_time_or_by_how_long_ago() {
        assert_eq!(since("1970-01-01T00:00:01Z").unwrap().unix_millis(), 1000);
        let hour = SystemClock.now().since(since("1h").unwrap()).as_secs();
        assert!((3600..3700).contains(&hour), "{hour}");
        assert!(since("yesterday").is_err());
    }

    #[test]
    fn an_event_is_a_line_in_both_forms() {
        let event = AuditEvent {
            id: 7,
            at: Some(timestamp(Timestamp::from_unix_millis(1_800_000_000_123))),
            kind: "login".to_owned(),
            outcome: "bad_credentials".to_owned(),
            client_address: "192.0.2.7".to_owned(),
            ..AuditEvent::default()
        };
        assert_eq!(
            lines(std::slice::from_ref(&event)),
            "{\"at\":\"2027-01-15T08:00:00.123Z\",\"client_address\":\"192.0.2.7\",\"id\":7,\"kind\":\"login\",\
             \"outcome\":\"bad_credentials\"}\n"
        );
        let page = ListAuditEventsResponse {
            events: vec![event],
            next: 7,
        };
        let table = table(&page);
        let words: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        let expected = "2027-01-15T08:00:00.123Z login bad_credentials - - 192.0.2.7 - - -";
        assert_eq!(words.join(" "), expected);
        assert!(table.ends_with("# more: recipe-chat audit --before 7\n"));
    }
}
