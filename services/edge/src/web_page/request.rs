//! One request for a page, to addresses that were looked at before.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use runtime::public_web::PublicWeb;
use url::{Position, Url};

use super::{FetchError, WebPage, charset};

/// How many bytes the headers of an answer have at most.
const MAX_HEADERS: usize = 64 << 10;

const USER_AGENT: &str = concat!("recipe-chat/", env!("CARGO_PKG_VERSION"));
const ACCEPT: &str = "text/html, application/ld+json, application/json;q=0.9, text/plain;q=0.5";

/// What a server said.
pub(super) enum Answer {
    Page(WebPage),
    /// The page is there, as the server writes it.
    Elsewhere(String),
}

pub(super) async fn get(
    url: &Url,
    addresses: &[SocketAddr],
    web: &PublicWeb,
    max_page: usize,
) -> Result<Answer, FetchError> {
    let unreachable = || FetchError::Unreachable(url.host_str().unwrap_or_default().to_owned());
    let stream = web.connect(url, addresses).await.ok_or_else(unreachable)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| unreachable())?;
    let request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(
            header::HOST,
            &url[Position::BeforeHost..Position::AfterPort],
        )
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, ACCEPT)
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| FetchError::NoAddress)?;
    let answer = async {
        let response = sender.send_request(request).await;
        read(response.map_err(|_| unreachable())?, max_page).await
    };
    tokio::pin!(connection, answer);
    // The connection is driven only as long as somebody waits for the answer.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

async fn read(response: Response<Incoming>, max_page: usize) -> Result<Answer, FetchError> {
    let (head, body) = response.into_parts();
    if head.status.is_redirection() {
        let location = head.headers.get(header::LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        let location = location.ok_or(FetchError::Status(head.status.as_u16()))?;
        return Ok(Answer::Elsewhere(location.to_owned()));
    }
    if head.status != StatusCode::OK {
        return Err(FetchError::Status(head.status.as_u16()));
    }
    let is_plain = head
        .headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if !is_plain {
        return Err(FetchError::NoText);
    }
    let body = Limited::new(body, max_page).collect().await;
    let body = body.map_err(
        |error| match error.is::<http_body_util::LengthLimitError>() {
            true => FetchError::TooLarge,
            false => FetchError::Unreachable("The page".to_owned()),
        },
    )?;
    let content_type = content_type(&head.headers);
    let media_type = content_type.split(';').next().unwrap_or_default();
    Ok(Answer::Page(WebPage {
        media_type: media_type.trim().to_lowercase(),
        text: charset::decoded(&body.to_bytes(), content_type),
    }))
}

fn content_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}
