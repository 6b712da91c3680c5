//! The web app, from the binary.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use frontend_app::{Asset, CONTENT_SECURITY_POLICY};

use proto::websocket::frames::Role;
use secrecy::SecretString;

use super::{Shared, address_limit, client::Client, markup::escaped, problem::Problem};
use crate::{edge::Edge, upstream::chat::Invitation};

/// Hashed names never change their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again, with its ETag.
const REVALIDATE: &str = "no-cache";

pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Only GET is answered here")
            .into_response();
    }
    if uri.path().starts_with("/v1/") {
        return Problem::not_found().into_response();
    }
    let encodings = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|encodings| encodings.to_str().ok());
    match frontend_app::find(uri.path(), encodings) {
        Some(asset) => answer(asset, &headers),
        None => absent(),
    }
}

/// The web app, for whoever was invited by a link: with a title and a description for those who only show the link.
pub(super) async fn invitation(
    State(edge): Shared,
    client: Client,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let (Some(asset), Ok(Path(token))) = (frontend_app::find("/", None), path) else {
        return absent();
    };
    // Whoever has a link that leads nowhere, or asks too often, is told so by the app.
    let allowed = address_limit::anonymous(&edge, &client, "invitation_page").await;
    let described = match allowed {
        Ok(()) => described(&edge, token.into()).await,
        Err(_) => String::new(),
    };
    let page = String::from_utf8_lossy(&asset.body);
    let page = page.replacen("</head>", &format!("{described}</head>"), 1);
    let mut response = page.into_response();
    let headers = response.headers_mut();
    set_policies(headers);
    set(headers, header::CACHE_CONTROL, "no-store");
    set(headers, header::CONTENT_TYPE, asset.content_type);
    response
}

async fn described(edge: &Edge, token: SecretString) -> String {
    match edge.chat.describe_link(&token).await {
        Ok(Invitation { title, by, role }) => tags(&title, &by, role),
        Err(_) => String::new(),
    }
}

fn tags(title: &str, by: &str, role: Role) -> String {
    let (title, by) = (escaped(title), escaped(by));
    let what = match role {
        Role::Viewer => "read this recipe",
        Role::Editor | Role::Owner => "cook this recipe up together",
    };
    format!(
        "<meta property=\"og:title\" content=\"{title}\">\
         <meta property=\"og:description\" content=\"{by} invites you to {what}.\">\
         <meta property=\"og:site_name\" content=\"Recipe Chat\">"
    )
}

/// An edge of another build may have it, so no cache on the way may remember this.
fn absent() -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (no_store, Problem::not_found()).into_response()
}

fn answer(asset: Asset, request: &HeaderMap) -> Response {
    let unchanged = is_known(request, &asset.etag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(asset.body.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    let caching = if asset.immutable {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    set_policies(headers);
    set(headers, header::CONTENT_TYPE, asset.content_type);
    set(headers, header::ETAG, &asset.etag);
    if let Some(encoding) = asset.content_encoding {
        set(headers, header::CONTENT_ENCODING, encoding);
    }
    response
}

fn set_policies(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Whether the client has this already (RFC 9110, section 13.1.2): tags are compared weakly, and `*` is every tag.
pub(super) fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || weak(tag) == weak(etag))
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], known: bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_NONE_MATCH, line.parse().unwrap());
        }
        assert_eq!(is_known(&headers, "\"tag\""), known, "{lines:?}");
    }

    #[test]
    fn a_tag_is_known_also_weakly_in_a_list_and_by_star() {
        check(&["\"tag\""], true);
        check(&["W/\"tag\""], true);
        check(&["\"other\", W/\"tag\""], true);
        check(&["\"other\"", "\"tag\""], true);
        check(&["*"], true);
        check(&[], false);
        check(&["\"other\""], false);
        check(&["tag"], false);
        check(&["\"tag"], false);
    }
}
