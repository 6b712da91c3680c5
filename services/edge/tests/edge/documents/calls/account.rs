//! Calls about the caller's own account, and guests.

use http::Method;

use super::{Call, bad_bodies, credentials, get, post};

const GUEST: &str = "/v1/auth/guest";
const ACCOUNT: &str = "/v1/account";
const PASSWORD: &str = "/v1/account/password";
const CLAIM: &str = "/v1/account/claim";
const EXPORT: &str = "/v1/account/export";
const SESSION: &str = "/v1/account/sessions/{id}";
const TOKENS: &str = "/v1/account/tokens";
const TOKEN: &str = "/v1/account/tokens/{id}";
const EXCHANGE: &str = "/v1/auth/token";
const READ: &str = r#"{"name":"timer bot","scopes":["recipes:read"],"expires_in":3600}"#;
const GRANT: &str = r#"{"grant_type":"client_credentials","client_secret":"rct_ada"}"#;

pub(super) fn account() -> Vec<Call> {
    let mut calls = vec![
        post(GUEST, 201),
        post(GUEST, 201).json(r#"{"refresh":"body"}"#),
        post(GUEST, 403).with("origin", "https://evil.example"),
        get(ACCOUNT, 200).by_ada(),
        get(ACCOUNT, 401),
        rename(200, r#"{"display_name":"Ada Lovelace"}"#).by_ada(),
        rename(422, r#"{"display_name":"\n"}"#).by_ada(),
        rename(401, r#"{"display_name":"Ada"}"#),
        change("long enough", "longer than that", 204).by_ada(),
        change("long enough", "short", 422).by_ada(),
        change("wrong password", "longer than that", 403).by_ada(),
        change("crowd", "longer than that", 429).by_ada(),
        change("", "longer than that", 409).by_guest(),
        change("long enough", "longer than that", 401),
        post(CLAIM, 200)
            .by_guest()
            .json(credentials("ada", "long enough")),
        post(CLAIM, 409)
            .by_guest()
            .json(credentials("taken", "long enough")),
        post(CLAIM, 422)
            .by_guest()
            .json(credentials("ada", "short")),
        post(CLAIM, 429)
            .by_guest()
            .json(credentials("crowd", "long enough")),
        post(CLAIM, 401).json(credentials("ada", "long enough")),
        get(EXPORT, 200).by_ada(),
        get(EXPORT, 401),
        leave(204).by_ada().json(r#"{"password":"long enough"}"#),
        leave(204).by_guest(),
        leave(403).by_ada().json(r#"{"password":"wrong password"}"#),
        leave(429).by_ada().json(r#"{"password":"crowd"}"#),
        leave(401),
        leave(422).by_ada().json(r#"{"password":7}"#),
        end("/v1/account/sessions/login-of-ada", 204).by_ada(),
        end("/v1/account/sessions/another", 404).by_ada(),
        end("/v1/account/sessions/login-of-ada", 401),
    ];
    calls.extend(api_tokens());
    calls.extend(bad_bodies(PASSWORD).into_iter().chain(bad_bodies(CLAIM)));
    let patched = bad_bodies(ACCOUNT).map(|call| Call {
        method: Method::PATCH,
        ..call
    });
    calls.extend(patched);
    let [not_json, too_large, not_declared, _] = bad_bodies(ACCOUNT);
    calls.extend([not_json, too_large, not_declared].map(|call| Call {
        method: Method::DELETE,
        ..call
    }));
    // It asks for nothing that must be there.
    let [not_json, too_large, not_declared, _] = bad_bodies(GUEST);
    calls.extend([not_json, too_large, not_declared]);
    calls.push(post(GUEST, 422).json(r#"{"refresh":"nowhere"}"#));
    calls
}

fn api_tokens() -> Vec<Call> {
    let mut calls = vec![
        post(TOKENS, 201).by_ada().json(READ),
        post(TOKENS, 401).json(READ),
        post(TOKENS, 403).by_bot().json(READ),
        post(TOKENS, 409)
            .by_ada()
            .json(r#"{"name":"one more","scopes":["recipes:read"]}"#),
        post(TOKENS, 422)
            .by_ada()
            .json(r#"{"name":"bot","scopes":["everything"]}"#),
        get(TOKENS, 200).by_ada(),
        get(TOKENS, 401),
        get(TOKENS, 403).by_bot(),
        take_back("/v1/account/tokens/bot", 204).by_ada(),
        take_back("/v1/account/tokens/bot", 401),
        take_back("/v1/account/tokens/bot", 403).by_bot(),
        take_back("/v1/account/tokens/another", 404).by_ada(),
        post(EXCHANGE, 200).json(GRANT),
        post(EXCHANGE, 401)
            .json(r#"{"grant_type":"client_credentials","client_secret":"rct_unknown"}"#),
        post(EXCHANGE, 403)
            .with("origin", "https://evil.example")
            .json(GRANT),
        post(EXCHANGE, 422).json(r#"{"grant_type":"password","client_secret":"rct_ada"}"#),
    ];
    calls.extend(bad_bodies(TOKENS).into_iter().chain(bad_bodies(EXCHANGE)));
    calls
}

pub(super) fn without_services() -> Vec<Call> {
    vec![
        post(EXCHANGE, 503).json(GRANT),
        post(TOKENS, 503).by_ada().json(READ),
        get(TOKENS, 503).by_ada(),
        take_back("/v1/account/tokens/bot", 503).by_ada(),
        post(GUEST, 503),
        get(ACCOUNT, 503).by_ada(),
        get(EXPORT, 503).by_ada(),
        leave(503).by_ada(),
        rename(503, r#"{"display_name":"Ada"}"#).by_ada(),
        change("long enough", "longer than that", 503).by_ada(),
        post(CLAIM, 503)
            .by_guest()
            .json(credentials("ada", "long enough")),
        end("/v1/account/sessions/login-of-ada", 503).by_ada(),
    ]
}

/// The limit of sign-ins is for guests as well.
pub(in crate::documents) fn too_many_guests() -> Call {
    post(GUEST, 429)
}

/// As for sign-ins.
pub(in crate::documents) fn too_many_exchanges() -> Call {
    post(EXCHANGE, 429).json(GRANT)
}

fn take_back(uri: &'static str, status: u16) -> Call {
    Call {
        method: Method::DELETE,
        ..get(TOKEN, status)
    }
    .at(uri)
}

fn leave(status: u16) -> Call {
    Call {
        method: Method::DELETE,
        ..get(ACCOUNT, status)
    }
}

fn rename(status: u16, body: &str) -> Call {
    Call {
        method: Method::PATCH,
        ..post(ACCOUNT, status)
    }
    .json(body)
}

fn change(current: &str, new: &str, status: u16) -> Call {
    let body = format!(r#"{{"current_password":"{current}","new_password":"{new}"}}"#);
    post(PASSWORD, status).json(body)
}

fn end(uri: &'static str, status: u16) -> Call {
    Call {
        method: Method::DELETE,
        ..get(SESSION, status)
    }
    .at(uri)
}
