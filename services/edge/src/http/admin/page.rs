//! The operators' page: the overview, a search, and what happened to the connections that were searched for. It needs no
//! script, loads nothing, and gives no orders: those are the command line's.

use std::fmt::Write as _;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use url::form_urlencoded;

use super::{Searched, Shared, collect};
use crate::{
    admin::{Overview, Timeline, TimelineEvent},
    event_log::Filter,
    http::markup::escaped,
};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#d9cec3,#453b34);--accent:light-dark(#a8410f,#ffb38a)}\
body{margin:0 auto;max-width:80rem;padding:1.5rem 1.25rem;background:light-dark(#fbf7f2,#1b1714);color:light-dark(#2a211b,#f3ebe3);font:1rem/1.5 system-ui,sans-serif}\
h1{margin:0;font-size:1.5rem}h2{margin:2rem 0 .5rem;font-size:1.25rem}\
a{color:var(--accent)}\
section.lists{display:flex;flex-wrap:wrap;gap:1rem 3rem;align-items:start}\
div.wide{overflow-x:auto}\
table{border-collapse:collapse}caption{padding:.25rem 0;text-align:start;font-weight:600}\
th,td{padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}\
time{white-space:nowrap}td.number{text-align:end;font-variant-numeric:tabular-nums}\
form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end}label{display:grid}\
input,button{padding:.4rem .6rem;font:inherit}\
.problem{font-weight:600}";

/// It runs nothing and loads nothing; its one style is the one above, and its form leads here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'sha256-EhSuN4AWXpLrES8DngGdHf/pPA4pFLgT0y9fy0Q05Zo='; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(super) async fn show(State(admin): Shared, Searched(filter): Searched) -> Response {
    let overview = admin.overview().await;
    let searched = filter != Filter::default();
    let timeline = searched.then(|| collect::timeline(&admin.edge, &filter));
    let mut response = page(&overview, &filter, timeline.as_ref()).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(overview: &Overview, filter: &Filter, timeline: Option<&Timeline>) -> String {
    let edge = escaped(&overview.edge);
    let version = escaped(&overview.version);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Edge {edge} · Recipe Chat</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Edge {edge}</h1>\n<p>Recipe Chat {version}, at {}. Another edge has a page of its own; \
         <code>recipe-chat connections</code> asks several, and gives orders.</p>\n",
        escaped(&overview.at)
    );
    problems(&mut page, overview);
    form(&mut page, filter);
    if let Some(timeline) = timeline {
        events(&mut page, timeline);
    }
    lists(&mut page, overview);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// What keeps the edge from its work, first.
fn problems(page: &mut String, overview: &Overview) {
    let services = &overview.services;
    let redis = &overview.schedule.redis_problem;
    let problems = [
        overview.draining.then(|| "This edge drains.".to_owned()),
        (!services.auth.serves).then(|| "The auth service does not serve.".to_owned()),
        (!services.chat.serves).then(|| "The chat service does not serve.".to_owned()),
        redis.as_ref().map(|problem| format!("Redis: {problem}")),
    ];
    for problem in problems.into_iter().flatten() {
        let _ = writeln!(page, "<p class=\"problem\">{}</p>", escaped(&problem));
    }
}

fn form(page: &mut String, filter: &Filter) {
    page.push_str(
        "<h2>What happened to a connection</h2>\n<form method=\"get\" action=\"/\" role=\"search\">\n",
    );
    for (name, label, value) in [
        ("user", "User (id or name)", &filter.user),
        ("session", "Session or login session", &filter.session),
        ("connection", "Connection", &filter.connection),
        ("recipe", "Recipe", &filter.recipe),
    ] {
        let value = escaped(value.as_deref().unwrap_or_default());
        let _ = writeln!(
            page,
            "<label>{label} <input name=\"{name}\" value=\"{value}\" maxlength=\"128\" autocomplete=\"off\"></label>"
        );
    }
    page.push_str("<button>Search</button>\n</form>\n");
}

fn events(page: &mut String, timeline: &Timeline) {
    if !timeline.keeps_events {
        page.push_str("<p>This edge keeps no events: start it with --connection-events.</p>\n");
        return;
    }
    if timeline.events.is_empty() {
        page.push_str("<p>Nothing happened here in the last hour to what was searched for.</p>\n");
        return;
    }
    if timeline.truncated {
        page.push_str("<p>There was more, which is older: search for one connection.</p>\n");
    }
    page.push_str(
        "<div class=\"wide\"><table>\n<caption>The last hour on this edge, the oldest first</caption>\n\
         <thead><tr><th scope=\"col\">Time</th><th scope=\"col\">What happened</th><th scope=\"col\">User</th>\
         <th scope=\"col\">Connection</th><th scope=\"col\">Session</th><th scope=\"col\">Login session</th>\
         <th scope=\"col\">Recipe</th><th scope=\"col\">Address</th></tr></thead>\n<tbody>\n",
    );
    for event in &timeline.events {
        row(page, event);
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn row(page: &mut String, event: &TimelineEvent) {
    let holder = event.holder.clone().unwrap_or_default();
    let _ = writeln!(
        page,
        "<tr><td><time>{}</time></td><td>{}</td><td dir=\"auto\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        escaped(&event.at),
        escaped(&event.event.words()),
        search("user", &holder.user, &holder.name),
        search("connection", &event.connection, &event.connection),
        search("session", &holder.session, &holder.session),
        search("session", &holder.login_session, &holder.login_session),
        search("recipe", &event.recipe, &event.recipe),
        escaped(&event.address),
    );
}

/// A link to what happened to all that has this id.
fn search(name: &str, id: &str, shown: &str) -> String {
    if id.is_empty() {
        return String::new();
    }
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("<a href=\"/?{name}={id}\">{}</a>", escaped(shown))
}

fn lists(page: &mut String, overview: &Overview) {
    page.push_str("<h2>This edge now</h2>\n<section class=\"lists\">\n");
    let connections = &overview.connections;
    let states = [
        ("not authenticated yet", connections.unauthenticated),
        ("active", connections.active),
        ("asked to authenticate again", connections.asked),
    ];
    let states = states.map(|(state, count)| (state.to_owned(), count));
    table(page, ["Connections", "State", "Number"], &states);
    let within =
        |bound: Option<u64>| bound.map_or("later".to_owned(), |bound| format!("{bound} s"));
    let expiries = overview.expiries.iter();
    let expiries: Vec<_> = expiries
        .map(|range| (within(range.within_seconds), range.sessions))
        .collect();
    histogram(page, ["Tokens that end", "Within", "Sessions"], &expiries);
    let sizes = overview.rooms.by_size.iter();
    let up_to = |bound: Option<u64>| bound.map_or("more".to_owned(), |bound| bound.to_string());
    let sizes: Vec<_> = sizes
        .map(|range| (up_to(range.at_most), range.rooms))
        .collect();
    histogram(page, ["Recipes by connections", "Up to", "Recipes"], &sizes);
    let largest = overview.rooms.largest.iter();
    let largest: Vec<_> = largest
        .map(|room| (room.recipe.clone(), room.connections))
        .collect();
    table(page, ["Largest recipes", "Recipe", "Connections"], &largest);
    let closes = overview.closes.iter();
    let closes: Vec<_> = closes
        .map(|close| (format!("{} {}", close.code, close.reason), close.count))
        .collect();
    table(page, ["Ends since the start", "How", "Number"], &closes);
    page.push_str("</section>\n");
    behind(page, overview);
}

fn behind(page: &mut String, overview: &Overview) {
    let (services, schedule) = (&overview.services, &overview.schedule);
    let kept = match schedule.in_redis {
        true => "in Redis",
        false => "in this edge's memory",
    };
    let _ = write!(
        page,
        "<h2>Behind it</h2>\n<ul>\n<li>auth: {}</li>\n<li>chat: {}; the link is open to {}</li>\n\
         <li>the schedule of sessions is kept {kept}; edges: {}; writes that wait: {}</li>\n</ul>\n",
        escaped(&services.auth.replicas.join(", ")),
        escaped(&services.chat.replicas.join(", ")),
        services.open_links,
        schedule.edges,
        schedule.unwritten,
    );
}

fn table(page: &mut String, titles: [&str; 3], rows: &[(String, u64)]) {
    head(page, titles);
    for (name, count) in rows {
        let name = escaped(name);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{name}</th><td class=\"number\">{count}</td></tr>"
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

fn histogram(page: &mut String, titles: [&str; 3], rows: &[(String, u64)]) {
    let most = rows
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(0)
        .max(1);
    head(page, titles);
    for (name, count) in rows {
        let name = escaped(name);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{name}</th><td class=\"number\">{count}</td>\
             <td aria-hidden=\"true\"><meter max=\"{most}\" value=\"{count}\"></meter></td></tr>"
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

fn head(page: &mut String, [caption, name, count]: [&str; 3]) {
    let _ = writeln!(
        page,
        "<table>\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">{name}</th><th scope=\"col\">{count}</th></tr></thead>\n<tbody>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::{Closes, Event, Holder, LargeRoom, Rooms, Service, Services};

    const EVIL: &str = "\"><script>alert(1)</script>&'";

    #[test]
    fn no_text_of_anybody_becomes_markup() {
        let evil = || EVIL.to_owned();
        let service = || Service {
            serves: false,
            replicas: vec![evil()],
        };
        let mut overview = Overview {
            edge: evil(),
            version: evil(),
            at: evil(),
            closes: vec![Closes {
                reason: evil(),
                ..Closes::default()
            }],
            rooms: Rooms {
                largest: vec![LargeRoom {
                    recipe: evil(),
                    connections: 1,
                }],
                ..Rooms::default()
            },
            services: Services {
                auth: service(),
                chat: service(),
                open_links: 0,
            },
            ..Overview::default()
        };
        overview.schedule.redis_problem = Some(evil());
        let event = TimelineEvent {
            at: evil(),
            edge: evil(),
            connection: evil(),
            recipe: evil(),
            address: evil(),
            holder: Some(Holder {
                user: evil(),
                name: "Ada <b>".to_owned(),
                login_session: evil(),
                session: evil(),
            }),
            event: Event::Closed {
                code: 1008,
                reason: evil(),
                announced: true,
                cause: None,
            },
        };
        let timeline = Timeline {
            keeps_events: true,
            events: vec![event],
            ..Timeline::default()
        };
        let filter = Filter {
            user: Some(evil()),
            session: Some(evil()),
            connection: Some(evil()),
            recipe: Some(evil()),
        };

        let page = page(&overview, &filter, Some(&timeline));

        assert_eq!(page.matches("<script").count(), 0, "{page}");
        assert!(page.contains(">Ada &lt;b&gt;</a>"), "{page}");
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;"), "{page}");
        assert!(page.contains("href=\"/?user=%22%3E%3Cscript%3E"), "{page}");
        assert!(page.contains("Redis: &quot;&gt;"), "{page}");
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_allows() {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes());
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
        assert!(
            CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")),
            "the style has the hash {hash}"
        );
    }
}
