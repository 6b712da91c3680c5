//! The calls that import recipes and that change who may come in.

use http::Method;

use std::net::SocketAddr;

use super::{Call, IMPORTS, MEMBER, MEMBERS, RECIPE, VISIBILITY, get, post, put};

/// Recipes from elsewhere.
pub(super) fn imports() -> Vec<Call> {
    const COOKLANG: &str = "text/x-cooklang";
    let import = |status| put(RECIPE, status).at("/v1/recipes/pancakes");
    vec![
        import(200).by_ada().sent_as(COOKLANG, "Boil @water{1%l}."),
        import(200)
            .by_ada()
            .sent_as("application/ld+json", r#"{"@type":"Recipe"}"#),
        import(200)
            .at("/v1/recipes/pancakes?preview=true")
            .by_ada()
            .sent_as(COOKLANG, "Boil @water{1%l}."),
        import(400)
            .at("/v1/recipes/pancakes?preview=perhaps")
            .by_ada()
            .sent_as(COOKLANG, "Boil @water{1%l}."),
        import(201)
            .at("/v1/recipes/waffles")
            .by_ada()
            .json(r#"{"title":"Waffles","servings":2,"steps":[{"text":"Bake."}]}"#),
        import(400).by_ada().json("nonsense"),
        import(400).by_ada().with("idempotency-key", "").json("{}"),
        import(401).json(r#"{"title":"Waffles"}"#),
        import(403).by_eve().json(r#"{"title":"Waffles"}"#),
        import(404)
            .at("/v1/recipes/nowhere")
            .by_ada()
            .sent_as(COOKLANG, "Boil."),
        import(409)
            .by_ada()
            .with("idempotency-key", "used")
            .sent_as(COOKLANG, "Boil."),
        import(429)
            .by_ada()
            .with("idempotency-key", "too-much")
            .sent_as(COOKLANG, "Boil."),
        import(413)
            .by_ada()
            .sent_as(COOKLANG, "x".repeat(513 << 10)),
        import(413).by_ada().sent_as(COOKLANG, "x".repeat(65 << 10)),
        import(200).by_ada().sent_as("text/html", "<html></html>"),
        import(200).by_ada().sent_as("text/plain", "Soup"),
        import(413)
            .by_ada()
            .sent_as("text/plain", "x".repeat(65 << 10)),
        import(415).by_ada().sent_as("application/pdf", "Boil."),
        import(422).by_ada().sent_as(COOKLANG, "bad"),
        import(429)
            .by_ada()
            .with("idempotency-key", "busy")
            .sent_as(COOKLANG, "Boil."),
        import(422)
            .by_ada()
            .json(r#"{"title":"Waffles","servings":0}"#),
    ]
}

/// Pages of the web, of a server whose pages say what becomes of them.
pub(in crate::documents) fn from_web(server: SocketAddr) -> Vec<Call> {
    let import = |path: &str, status| {
        let body = format!(r#"{{"url":"http://{server}/{path}"}}"#);
        post(IMPORTS, status).json(body)
    };
    vec![
        import("soup", 200).by_ada(),
        import("soup", 401),
        import("bad", 422).by_ada(),
        import("busy", 429).by_ada(),
        post(IMPORTS, 422)
            .by_ada()
            .json(r#"{"url":"http://10.0.0.1/"}"#),
    ]
}

/// To an edge that fetches no pages.
pub(in crate::documents) fn from_web_where_it_may_not() -> Call {
    post(IMPORTS, 404)
        .by_ada()
        .json(r#"{"url":"http://example.org/"}"#)
}

/// Members and who may come in.
pub(super) fn sharing() -> Vec<Call> {
    let members = |status, uri| get(MEMBERS, status).at(uri);
    let (pancakes, nowhere) = (
        "/v1/recipes/pancakes/members",
        "/v1/recipes/nowhere/members",
    );
    let mut calls = vec![
        members(200, pancakes).by_ada(),
        members(401, pancakes),
        members(404, nowhere).by_ada(),
    ];
    let invite = |status| put(MEMBER, status).at("/v1/recipes/pancakes/members/bob");
    let open = |status| put(VISIBILITY, status).at("/v1/recipes/pancakes/visibility");
    let viewer = r#"{"role":"viewer"}"#;
    let private = r#"{"visibility":"private"}"#;
    calls.extend(changes_of_access(
        &invite(204),
        viewer,
        "/v1/recipes/nowhere/members/bob",
    ));
    calls.extend(changes_of_access(
        &open(204),
        private,
        "/v1/recipes/nowhere/visibility",
    ));
    for change in [invite, open] {
        calls.extend([
            change(413).by_ada().json("x".repeat(65 << 10)),
            change(415).by_ada().sent_as("text/plain", "viewer"),
            change(422)
                .by_ada()
                .json(r#"{"role":"cook","visibility":"secret"}"#),
        ]);
    }
    calls.push(invite(204).by_ada().json(r#"{"role":"owner"}"#));
    let remove = Call {
        method: Method::DELETE,
        ..invite(204)
    };
    calls.extend(changes_of_access(
        &remove,
        "",
        "/v1/recipes/nowhere/members/bob",
    ));
    let leave = remove.clone().at("/v1/recipes/pancakes/members/me");
    calls.push(leave.answered(204).by_eve());
    calls.push(
        remove
            .at("/v1/recipes/pancakes/members/ada")
            .answered(422)
            .by_ada(),
    );
    calls
}

/// A change of who may come in that is made, and those that are refused.
fn changes_of_access(change: &Call, body: &'static str, nowhere: &'static str) -> Vec<Call> {
    let change = |status| change.clone().json(body).answered(status);
    vec![
        change(204).by_ada(),
        change(204).by_ada().with("idempotency-key", "k-1"),
        change(400).by_ada().with("idempotency-key", ""),
        change(401),
        change(403).by_eve(),
        change(404).at(nowhere).by_ada(),
        change(409).by_ada().with("idempotency-key", "used"),
        change(429).by_ada().with("idempotency-key", "too-much"),
    ]
}
