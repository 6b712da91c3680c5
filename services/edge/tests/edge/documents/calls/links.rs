//! The calls about share links, and about the life of recipes.

use http::Method;

use super::{COPY, Call, INVITATION, LINK, LINKS, RECIPE, WEBHOOK, WEBHOOKS, get, post};

const LIFE: &str = "/v1/recipes/pancakes";

/// Invitations by link.
pub(super) fn links() -> Vec<Call> {
    let (here, nowhere) = ("/v1/recipes/pancakes/links", "/v1/recipes/nowhere/links");
    let create = |status| {
        post(LINKS, status)
            .at(here)
            .json(r#"{"role":"editor","expires_in":86400}"#)
    };
    let too_many = r#"{"role":"viewer","expires_in":1}"#;
    let remove = |status, uri| Call {
        method: Method::DELETE,
        ..get(LINK, status).at(uri)
    };
    let one = "/v1/recipes/pancakes/links/l1";
    let (good, gone) = ("/v1/links/canary-link-token", "/v1/links/gone");
    vec![
        create(201).by_ada(),
        create(401),
        create(403).by_eve(),
        create(404).at(nowhere).by_ada(),
        post(LINKS, 422)
            .at(here)
            .json(r#"{"role":"owner"}"#)
            .by_ada(),
        post(LINKS, 429).at(here).json(too_many).by_ada(),
        get(LINKS, 200).at(here).by_ada(),
        get(LINKS, 401).at(here),
        get(LINKS, 403).at(here).by_eve(),
        get(LINKS, 404).at(nowhere).by_ada(),
        remove(204, one).by_ada(),
        remove(401, one),
        remove(403, one).by_eve(),
        remove(404, "/v1/recipes/pancakes/links/l2").by_ada(),
        get(INVITATION, 200).at(good),
        get(INVITATION, 404).at(gone),
        post(INVITATION, 200).at(good).by_ada(),
        post(INVITATION, 401).at(good),
        post(INVITATION, 404).at(gone).by_ada(),
        post(INVITATION, 429).at("/v1/links/full").by_ada(),
    ]
}

/// Whom a recipe's messages are told.
pub(super) fn webhooks() -> Vec<Call> {
    let (here, nowhere) = (
        "/v1/recipes/pancakes/webhooks",
        "/v1/recipes/nowhere/webhooks",
    );
    let one = "/v1/recipes/pancakes/webhooks/w1";
    let create = |status| {
        post(WEBHOOKS, status)
            .at(here)
            .json(r#"{"url":"https://example.org/hook"}"#)
    };
    let remove = |status, uri| Call {
        method: Method::DELETE,
        ..get(WEBHOOK, status).at(uri)
    };
    let (elsewhere, too_many) = (
        r#"{"url":"ftp://example.org"}"#,
        r#"{"url":"https://example.org","talk":true}"#,
    );
    vec![
        create(201).by_ada(),
        create(401),
        create(403).by_eve(),
        create(404).at(nowhere).by_ada(),
        post(WEBHOOKS, 422).at(here).json(elsewhere).by_ada(),
        post(WEBHOOKS, 429).at(here).json(too_many).by_ada(),
        get(WEBHOOKS, 200).at(here).by_ada(),
        get(WEBHOOKS, 401).at(here),
        get(WEBHOOKS, 403).at(here).by_eve(),
        get(WEBHOOKS, 404).at(nowhere).by_ada(),
        remove(204, one).by_ada(),
        remove(401, one),
        remove(403, one).by_eve(),
        remove(404, "/v1/recipes/pancakes/webhooks/w2").by_ada(),
    ]
}

/// Calls without an account, of an address that may make none of them any more.
pub(in crate::documents) fn anonymous_too_often() -> Vec<Call> {
    vec![
        get(INVITATION, 429).at("/v1/links/canary-link-token"),
        get("/p/{id}", 429).at("/p/waffles"),
        get(RECIPE, 429).at("/v1/recipes/waffles"),
    ]
}

/// Pages for people who have no account.
pub(super) fn pages() -> Vec<Call> {
    let page = |status| get("/p/{id}", status).at("/p/waffles");
    vec![
        get("/i/{token}", 200).at("/i/canary-link-token"),
        page(200),
        page(304).with("if-none-match", "*"),
        page(404).at("/p/nowhere"),
    ]
}

/// Copies, and the end.
pub(super) fn life() -> Vec<Call> {
    let copy = |status| post(COPY, status).at("/v1/recipes/pancakes/copy");
    let delete = |status| Call {
        method: Method::DELETE,
        ..get(RECIPE, status).at(LIFE)
    };
    vec![
        copy(201).by_ada(),
        copy(201).by_ada().json(r#"{"title":"Mine"}"#),
        copy(401),
        copy(404).at("/v1/recipes/nowhere/copy").by_ada(),
        copy(429).by_ada().json(r#"{"title":"Too much"}"#),
        delete(204).by_ada(),
        delete(401),
        delete(403).by_eve(),
        delete(404).at("/v1/recipes/nowhere").by_ada(),
    ]
}
