//! Signing in at identity providers.

use super::{Call, get};

const LIST: &str = "/v1/auth/issuers";
const SIGN_IN: &str = "/v1/auth/issuers/{name}/sign-in";
const CALLBACK: &str = "/v1/auth/issuers/{name}/callback";

pub(super) fn issuers() -> Vec<Call> {
    let begin = |uri, status| get(SIGN_IN, status).at(uri);
    let back = |uri| get(CALLBACK, 303).at(uri);
    let begun = "recipe_chat_refresh_sign_in=canary-browser./r/soup";
    vec![
        get(LIST, 200),
        begin("/v1/auth/issuers/corp/sign-in?return=/r/soup", 303),
        begin("/v1/auth/issuers/silent/sign-in", 303),
        begin("/v1/auth/issuers/nowhere/sign-in", 404),
        begin("/v1/auth/issuers/corp/sign-in", 403).with("sec-fetch-site", "cross-site"),
        back("/v1/auth/issuers/corp/callback?state=begun&code=good").with("cookie", begun),
        back("/v1/auth/issuers/corp/callback?state=begun&error=access_denied")
            .with("cookie", begun),
        back("/v1/auth/issuers/corp/callback"),
    ]
}

/// To an edge that has never asked the auth service, which is away.
pub(in super::super) fn issuers_without_services() -> Call {
    get(LIST, 503)
}
