//! The calls that show each documented answer of the HTTP API: what is sent, and the status that comes back.

#[path = "calls/account.rs"]
mod account;
#[path = "calls/issuers.rs"]
mod issuers;
#[path = "calls/links.rs"]
mod links;
#[path = "calls/past.rs"]
mod past;
#[path = "calls/sharing.rs"]
mod sharing;

use axum::body::Body;
use http::{Method, Request};

pub(super) use self::{
    account::{too_many_exchanges, too_many_guests},
    issuers::issuers_without_services,
    links::anonymous_too_often,
    sharing::{from_web, from_web_where_it_may_not},
};
use self::{
    issuers::issuers,
    links::{life, links, pages},
    past::past,
    sharing::{imports, sharing},
};

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The path as it is documented.
    pub(super) template: &'static str,
    uri: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    pub(super) status: u16,
}

impl Call {
    pub(super) fn request(&self) -> Request<Body> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(self.uri)
            .header("host", "chat.example");
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.body(self.body.clone().into()).unwrap()
    }

    fn at(self, uri: &'static str) -> Self {
        Self { uri, ..self }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn json(self, body: impl Into<String>) -> Self {
        self.sent_as("application/json", body)
    }

    fn sent_as(self, kind: &'static str, body: impl Into<String>) -> Self {
        let body = body.into();
        Self { body, ..self }.with("content-type", kind)
    }

    fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn by_eve(self) -> Self {
        self.with("authorization", "Bearer eve:900")
    }

    fn by_guest(self) -> Self {
        self.with("authorization", "Bearer guest:900")
    }

    /// By what stands for an API token.
    fn by_bot(self) -> Self {
        self.with("authorization", "Bearer bot:900")
    }

    fn by_ada(self) -> Self {
        self.with("authorization", "Bearer ada:900")
    }
}

fn get(template: &'static str, status: u16) -> Call {
    Call {
        method: Method::GET,
        template,
        uri: template,
        headers: Vec::new(),
        body: String::new(),
        status,
    }
}

fn post(template: &'static str, status: u16) -> Call {
    Call {
        method: Method::POST,
        ..get(template, status)
    }
}

fn put(template: &'static str, status: u16) -> Call {
    Call {
        method: Method::PUT,
        ..get(template, status)
    }
}

const REGISTER: &str = "/v1/auth/register";
const LOGIN: &str = "/v1/auth/login";
const REFRESH: &str = "/v1/auth/refresh";
const LOGOUT: &str = "/v1/auth/logout";
const IMPORTS: &str = "/v1/imports";
const RECIPES: &str = "/v1/recipes";
const RECIPE: &str = "/v1/recipes/{id}";
const MESSAGES: &str = "/v1/recipes/{id}/messages";
const MEMBERS: &str = "/v1/recipes/{id}/members";
const MEMBER: &str = "/v1/recipes/{id}/members/{name}";
const VERSIONS: &str = "/v1/recipes/{id}/versions";
const UNDO: &str = "/v1/recipes/{id}/undo";
const RESTORE: &str = "/v1/recipes/{id}/restore";
const VISIBILITY: &str = "/v1/recipes/{id}/visibility";
const COPY: &str = "/v1/recipes/{id}/copy";
const LINKS: &str = "/v1/recipes/{id}/links";
const WEBHOOKS: &str = "/v1/recipes/{id}/webhooks";
const WEBHOOK: &str = "/v1/recipes/{id}/webhooks/{webhook}";
const LINK: &str = "/v1/recipes/{id}/links/{link}";
const INVITATION: &str = "/v1/links/{token}";
const CHAT: &str = "/v1/chat/{recipe_id}";

/// Calls to an edge whose services answer.
pub(super) fn in_good_times() -> Vec<Call> {
    let mut calls = signing_in();
    calls.extend(signing_out());
    calls.extend(issuers());
    calls.extend(account::account());
    calls.extend(recipes());
    calls.extend(one_recipe());
    calls.extend(imports());
    calls.extend(sharing());
    calls.extend(links());
    calls.extend(links::webhooks());
    calls.extend(life());
    calls.extend(pages());
    calls.extend(past());
    calls.extend(upgrades());
    calls
        .extend(["/.well-known/jwks.json", "/openapi.json", "/healthz"].map(|path| get(path, 200)));
    calls.extend(["/readyz", "/metrics", "/"].map(|path| get(path, 200)));
    calls.extend(documents());
    let posts = [REGISTER, LOGIN, REFRESH, LOGOUT, RECIPES, IMPORTS];
    calls.extend(posts.into_iter().flat_map(bad_bodies));
    let at = |uri| move |call: Call| call.at(uri);
    calls.extend(bad_bodies(LINKS).map(at("/v1/recipes/pancakes/links")));
    calls.extend(bad_bodies(WEBHOOKS).map(at("/v1/recipes/pancakes/webhooks")));
    calls.extend(bad_bodies(COPY).map(at("/v1/recipes/pancakes/copy")));
    let foreign = |path| post(path, 403).with("origin", "https://evil.example");
    calls.extend([REGISTER, LOGIN, REFRESH, LOGOUT].map(foreign));
    calls
}

/// Documents of the protocol, one of each kind, and some that do not exist.
fn documents() -> [Call; 6] {
    let document = |uri, status| get("/docs/{document}", status).at(uri);
    let example = |uri, status| get("/docs/examples/{example}", status).at(uri);
    [
        document("/docs/protocol", 200),
        document("/docs/asyncapi.yaml", 200),
        document("/docs/schema.json", 200),
        document("/docs/secrets.json", 404),
        example("/docs/examples/auth.json", 200),
        example("/docs/examples/..%2fschema.json", 404),
    ]
}

/// Calls to an edge whose auth service is away.
pub(super) fn in_bad_times() -> Vec<Call> {
    let mut calls = account::without_services();
    calls.extend([
        post(REGISTER, 503).json(credentials("ada", "long enough")),
        post(LOGIN, 503).json(credentials("ada", "long enough")),
        post(REFRESH, 503).with("cookie", "refresh_token=good"),
        post(LOGOUT, 503).with("cookie", "refresh_token=good"),
        get(RECIPES, 503).by_ada(),
        post(IMPORTS, 503)
            .by_ada()
            .json(r#"{"url":"http://example.org/"}"#),
        post(RECIPES, 503).by_ada().json(r#"{"title":"Waffles"}"#),
        get(RECIPE, 503).at("/v1/recipes/pancakes").by_ada(),
        get(MESSAGES, 503)
            .at("/v1/recipes/pancakes/messages")
            .by_ada(),
        put(RECIPE, 503)
            .at("/v1/recipes/pancakes")
            .by_ada()
            .json(r#"{"title":"Pancakes"}"#),
        get(MEMBERS, 503)
            .at("/v1/recipes/pancakes/members")
            .by_ada(),
        put(MEMBER, 503)
            .at("/v1/recipes/pancakes/members/bob")
            .by_ada()
            .json(r#"{"role":"viewer"}"#),
        Call {
            method: Method::DELETE,
            ..put(MEMBER, 503)
        }
        .at("/v1/recipes/pancakes/members/bob")
        .by_ada(),
        put(VISIBILITY, 503)
            .at("/v1/recipes/pancakes/visibility")
            .by_ada()
            .json(r#"{"visibility":"private"}"#),
        post(COPY, 503)
            .at("/v1/recipes/pancakes/copy")
            .by_ada()
            .json("{}"),
        Call {
            method: Method::DELETE,
            ..get(RECIPE, 503)
        }
        .at("/v1/recipes/pancakes")
        .by_ada(),
        post(WEBHOOKS, 503)
            .at("/v1/recipes/pancakes/webhooks")
            .json(r#"{"url":"https://example.org/hook"}"#)
            .by_ada(),
        get(WEBHOOKS, 503)
            .at("/v1/recipes/pancakes/webhooks")
            .by_ada(),
        Call {
            method: Method::DELETE,
            ..get(WEBHOOK, 503)
        }
        .at("/v1/recipes/pancakes/webhooks/w1")
        .by_ada(),
        post(LINKS, 503)
            .at("/v1/recipes/pancakes/links")
            .by_ada()
            .json(r#"{"role":"viewer"}"#),
        get(LINKS, 503).at("/v1/recipes/pancakes/links").by_ada(),
        Call {
            method: Method::DELETE,
            ..get(LINK, 503)
        }
        .at("/v1/recipes/pancakes/links/l1")
        .by_ada(),
        post(INVITATION, 503)
            .at("/v1/links/canary-link-token")
            .by_ada(),
        get(VERSIONS, 503)
            .at("/v1/recipes/pancakes/versions")
            .by_ada(),
        post(UNDO, 503)
            .at("/v1/recipes/pancakes/undo")
            .by_ada()
            .json(r#"{"revision":7}"#),
        post(RESTORE, 503)
            .at("/v1/recipes/pancakes/restore")
            .by_ada()
            .json(r#"{"revision":7}"#),
        get("/.well-known/jwks.json", 503),
        get("/readyz", 503),
    ]);
    calls
}

fn credentials(username: &str, password: &str) -> String {
    format!(r#"{{"username":"{username}","password":"{password}"}}"#)
}

fn signing_in() -> Vec<Call> {
    let in_body = r#"{"username":"ada","password":"long enough","refresh":"body"}"#;
    vec![
        post(REGISTER, 201).json(credentials("ada", "long enough")),
        post(REGISTER, 201).json(in_body),
        post(REGISTER, 409).json(credentials("taken", "long enough")),
        post(REGISTER, 422).json(credentials("ada", "short")),
        post(REGISTER, 429).json(credentials("crowd", "long enough")),
        post(LOGIN, 200).json(credentials("ada", "long enough")),
        post(LOGIN, 200).json(in_body),
        post(LOGIN, 401).json(credentials("ada", "wrong password")),
        post(LOGIN, 403).json(credentials("disabled", "long enough")),
        post(LOGIN, 429).json(credentials("crowd", "long enough")),
        post(REFRESH, 200).with("cookie", "refresh_token=good"),
        post(REFRESH, 200).json(r#"{"refresh_token":"good","refresh":"body"}"#),
        post(REFRESH, 401),
        post(REFRESH, 401).with("cookie", "refresh_token=spent"),
    ]
}

fn signing_out() -> Vec<Call> {
    vec![
        post(LOGOUT, 204).with("cookie", "refresh_token=good"),
        post(LOGOUT, 204).json(r#"{"refresh_token":"good"}"#),
        post(LOGOUT, 204).by_ada(),
        post(LOGOUT, 401),
        post(LOGOUT, 401).with("cookie", "refresh_token=unknown"),
    ]
}

fn recipes() -> Vec<Call> {
    vec![
        get(RECIPES, 200).by_ada(),
        get(RECIPES, 200)
            .at("/v1/recipes?query=pan&limit=1&cursor=more")
            .by_ada(),
        get(RECIPES, 400).at("/v1/recipes?limit=all").by_ada(),
        get(RECIPES, 401),
        get(RECIPES, 401).with("authorization", "Bearer forged"),
        post(RECIPES, 201)
            .by_ada()
            .json(r#"{"id":"waffles","title":"Waffles"}"#),
        post(RECIPES, 401).json(r#"{"title":"Waffles"}"#),
        post(RECIPES, 409)
            .by_ada()
            .json(r#"{"id":"pancakes","title":"Pancakes"}"#),
        post(RECIPES, 429)
            .by_ada()
            .json(r#"{"id":"one-more","title":"Waffles"}"#),
        post(RECIPES, 422)
            .by_ada()
            .json(r#"{"id":"a b","title":"Pancakes"}"#),
        get(RECIPE, 200).at("/v1/recipes/pancakes").by_ada(),
    ]
}

fn one_recipe() -> Vec<Call> {
    let show = |status, uri| get(RECIPE, status).at(uri).by_ada();
    let page = |status, uri| get(MESSAGES, status).at(uri).by_ada();
    vec![
        show(200, "/v1/recipes/pancakes"),
        show(200, "/v1/recipes/pancakes?format=json&revision=0"),
        show(200, "/v1/recipes/pancakes?format=cooklang"),
        show(200, "/v1/recipes/pancakes?format=schema.org"),
        show(400, "/v1/recipes/pancakes?format=telegram"),
        show(400, "/v1/recipes/pancakes?revision=new"),
        show(404, "/v1/recipes/nowhere"),
        show(404, "/v1/recipes/a.b"),
        get(RECIPE, 401).at("/v1/recipes/pancakes"),
        get(RECIPE, 200).at("/v1/recipes/waffles"),
        get(RECIPE, 200).at("/v1/recipes/waffles?format=schema.org"),
        page(200, "/v1/recipes/pancakes/messages?before=9&limit=3"),
        page(400, "/v1/recipes/pancakes/messages?limit=all"),
        page(404, "/v1/recipes/nowhere/messages"),
        get(MESSAGES, 401).at("/v1/recipes/pancakes/messages"),
    ]
}

/// Upgrades that are refused for what they say.
fn upgrades() -> Vec<Call> {
    let knock = |status| {
        get(CHAT, status)
            .at("/v1/chat/pancakes")
            .with("connection", "upgrade")
            .with("upgrade", "websocket")
    };
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    vec![
        knock(400).with("sec-websocket-version", "8"),
        knock(400).with("sec-websocket-version", "13"),
        knock(400)
            .with("sec-websocket-version", "13")
            .with(key.0, key.1)
            .with("sec-websocket-protocol", "telegraph"),
        knock(403).with("origin", "https://evil.example"),
        get(CHAT, 404).at("/v1/chat/a.b"),
        get(CHAT, 426).at("/v1/chat/pancakes"),
    ]
}

/// A `POST` whose body is no good, in each way.
fn bad_bodies(path: &'static str) -> [Call; 4] {
    [
        post(path, 400).json("nonsense"),
        post(path, 413).json("x".repeat(65 << 10)),
        Call {
            body: "{}".into(),
            ..post(path, 415)
        },
        post(path, 422).json(r#"{"username":7,"refresh_token":7,"title":7}"#),
    ]
    .map(Call::by_ada)
}
