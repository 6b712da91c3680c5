//! `recipe-chat audit`: what the auth service has noted of sign-ins, refusals, revocations and operators' orders, and the
//! chat service of who changed who may come into recipes.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context as _;
use clap::Args;
use proto::{
    auth,
    chat::{self, chat_service_client::ChatServiceClient},
};
use runtime::{
    clock::{Clock as _, SystemClock, Timestamp},
    config::duration,
    replicas::ServiceAddress,
};
use serde_json::{Map, Value};
use tonic::Request;

use crate::operator::{AuthService, OperatorArgs, moment};

/// Which events an operator wants to see.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    operator: OperatorArgs,

    /// What the chat service has noted of recipes, instead of the auth service
    #[arg(long)]
    chat: bool,

    /// The chat service, for --chat: the addresses of its replicas, separated by commas
    #[arg(long, env = "EDGE_CHAT_URL", default_value = "http://127.0.0.1:50052")]
    chat_url: ServiceAddress,

    /// Only what is about this user, by name or by id; with --chat: what they did, by id
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Only what was done to this recipe, with --chat
    #[arg(long, default_value = "", hide_default_value = true, requires = "chat")]
    recipe: String,

    /// Only what is of this kind, such as login, logout, refresh or disable_user; with --chat access, create_link,
    /// delete_link or delete_recipe
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

/// A page of events, whichever service has noted them.
#[derive(Debug, Default)]
struct Page {
    events: Vec<Event>,
    /// Before which the next page begins; 0: there is none.
    next: u64,
    /// What says so, in front of `--before`.
    command: &'static str,
}

/// What an event tells; what is empty is not known, or is of another service.
#[derive(Debug, Default)]
struct Event {
    id: u64,
    at: String,
    fields: [(&'static str, String); 10],
}

/// Prints a page of events, the newest first.
///
/// # Errors
/// What the service says against it.
pub(crate) async fn run(audit: Audit) -> anyhow::Result<()> {
    let json = audit.json;
    let page = match audit.chat {
        true => of_chat(audit).await?,
        false => of_auth(audit).await?,
    };
    let told = match json {
        true => lines(&page.events),
        false => table(&page),
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

async fn of_auth(audit: Audit) -> anyhow::Result<Page> {
    let question = auth::ListAuditEventsRequest {
        user: audit.user,
        kind: audit.kind,
        since: audit.since.map(timestamp),
        before: audit.before,
        limit: audit.limit,
    };
    let call = |mut client: AuthService, question: Request<auth::ListAuditEventsRequest>| async move {
        client.list_audit_events(question).await
    };
    let answer = audit.operator.connect()?.ask(question, call).await?;
    Ok(Page {
        events: answer.events.into_iter().map(Event::from).collect(),
        next: answer.next,
        command: "recipe-chat audit",
    })
}

async fn of_chat(audit: Audit) -> anyhow::Result<Page> {
    let question = chat::ListAuditEventsRequest {
        user_id: audit.user,
        recipe_id: audit.recipe,
        kind: audit.kind,
        since: audit.since.map(timestamp),
        before: audit.before,
        limit: audit.limit,
    };
    let call = |channel, question: Request<chat::ListAuditEventsRequest>| async move {
        ChatServiceClient::new(channel)
            .list_audit_events(question)
            .await
    };
    let operator = audit.operator.connect_to("chat", audit.chat_url)?;
    let answer = operator.ask_by(question, call).await?;
    Ok(Page {
        events: answer.events.into_iter().map(Event::from).collect(),
        next: answer.next,
        command: "recipe-chat audit --chat",
    })
}

impl From<auth::AuditEvent> for Event {
    fn from(event: auth::AuditEvent) -> Self {
        Self {
            id: event.id,
            at: moment(event.at.as_ref()),
            fields: [
                ("kind", event.kind),
                ("outcome", event.outcome),
                ("operator", event.operator),
                ("username", event.username),
                ("user_id", event.user_id),
                ("client_address", event.client_address),
                ("session_id", event.session_id),
                ("request_id", event.request_id),
                ("recipe_id", String::new()),
                ("about", event.about),
            ],
        }
    }
}

impl From<chat::AuditEvent> for Event {
    fn from(event: chat::AuditEvent) -> Self {
        let of_auth = Self::from(auth::AuditEvent {
            id: event.id,
            at: event.at,
            kind: event.kind,
            user_id: event.user_id,
            about: event.about,
            ..auth::AuditEvent::default()
        });
        let recipe = event.recipe_id;
        let fields = of_auth.fields.map(|(name, value)| match name {
            "recipe_id" => (name, recipe.clone()),
            name => (name, value),
        });
        Self { fields, ..of_auth }
    }
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

/// One object a line; what is empty is left out.
fn lines(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let mut object = Map::new();
        object.insert("id".to_owned(), event.id.into());
        object.insert("at".to_owned(), event.at.as_str().into());
        let told = event.fields.iter().filter(|(_, value)| !value.is_empty());
        object.extend(told.map(|(name, value)| ((*name).to_owned(), value.as_str().into())));
        // Writing to a text cannot fail.
        writeln!(text, "{}", Value::Object(object)).ok();
    }
    text
}

/// One line each, for people and for `awk`: when, what, and what else is known under its name.
fn table(page: &Page) -> String {
    let mut text = format!("{:24}  {:15}  {:16}  {}\n", "AT", "KIND", "OUTCOME", "REST");
    for event in &page.events {
        let [(_, kind), (_, outcome), rest @ ..] = &event.fields;
        let outcome = if outcome.is_empty() { "ok" } else { outcome };
        let known = rest.iter().filter(|(_, value)| !value.is_empty());
        let known: Vec<_> = known
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (at, known) = (&event.at, known.join(" "));
        // Writing to a text cannot fail.
        writeln!(text, "{at:24}  {kind:15}  {outcome:16}  {known}").ok();
    }
    if page.next > 0 {
        // Writing to a text cannot fail.
        writeln!(text, "# more: {} --before {}", page.command, page.next).ok();
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
        let refused = auth::AuditEvent {
            id: 7,
            at: Some(timestamp(Timestamp::from_unix_millis(1_800_000_000_123))),
            kind: "login".to_owned(),
            outcome: "bad_credentials".to_owned(),
            client_address: "192.0.2.7".to_owned(),
            ..auth::AuditEvent::default()
        };
        let invited = chat::AuditEvent {
            id: 6,
            kind: "access".to_owned(),
            user_id: "u1".to_owned(),
            recipe_id: "pie".to_owned(),
            about: "Invited bob".to_owned(),
            ..chat::AuditEvent::default()
        };
        let page = Page {
            events: vec![refused.into(), invited.into()],
            next: 6,
            command: "recipe-chat audit --chat",
        };
        assert_eq!(
            lines(&page.events[..1]),
            "{\"at\":\"2027-01-15T08:00:00.123Z\",\"client_address\":\"192.0.2.7\",\"id\":7,\"kind\":\"login\",\
             \"outcome\":\"bad_credentials\"}\n"
        );
        let table = table(&page);
        let squeezed: Vec<_> = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            squeezed[1],
            "2027-01-15T08:00:00.123Z login bad_credentials client_address=192.0.2.7"
        );
        assert_eq!(
            squeezed[2],
            "- access ok user_id=u1 recipe_id=pie about=Invited bob"
        );
        assert_eq!(squeezed[3], "# more: recipe-chat audit --chat --before 6");
    }
}
