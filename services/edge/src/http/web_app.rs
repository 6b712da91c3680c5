//! The web app, from the binary.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use frontend_app::{Asset, CONTENT_SECURITY_POLICY};

use super::problem::Problem;

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
        None => Problem::not_found().into_response(),
    }
}

fn answer(asset: Asset, request: &HeaderMap) -> Response {
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
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
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    set(headers, header::CONTENT_TYPE, asset.content_type);
    set(headers, header::ETAG, &asset.etag);
    if let Some(encoding) = asset.content_encoding {
        set(headers, header::CONTENT_ENCODING, encoding);
    }
    response
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
