use std::net::Ipv4Addr;

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use tokio::net::TcpListener;

use super::*;

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// A server of pages, and a fetcher that may ask it.
async fn server() -> (SocketAddr, Fetcher) {
    let html = |text: &'static str| {
        get(async move || ([(header::CONTENT_TYPE, "text/HTML; charset=utf-8")], text))
    };
    let router = Router::new()
        .route("/soup", html("<p>Soup"))
        .route("/moved", get(async || Redirect::permanent("/soup?again=1")))
        .route("/loop", get(async || Redirect::temporary("/loop")))
        .route(
            "/inside",
            get(async || Redirect::temporary("http://127.0.0.1:1/")),
        )
        .route(
            "/metadata",
            get(async || Redirect::temporary("http://169.254.169.254/")),
        )
        .route(
            "/file",
            get(async || Redirect::temporary("file:///etc/passwd")),
        )
        .route("/nowhere", get(async || StatusCode::FOUND))
        .route("/secret", get(async || (StatusCode::FORBIDDEN, "a secret")))
        .route("/large", get(async || vec![b'x'; MAX_PAGE + 1]))
        .route("/just", get(async || vec![b'x'; MAX_PAGE]))
        .route("/packed", get(packed))
        .route(
            "/latin",
            get(async || {
                let kind = "text/html; charset=iso-8859-1";
                ([(header::CONTENT_TYPE, kind)], b"Cr\xe8me".as_slice())
            }),
        )
        .route(
            "/headers",
            get(async |headers: http::HeaderMap| format!("{headers:?}")),
        );
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, Fetcher::new(vec![address]))
}

async fn packed() -> Response {
    ([(header::CONTENT_ENCODING, "gzip")], "x").into_response()
}

#[tokio::test]
async fn a_page_is_fetched_and_redirects_are_followed() {
    let (address, fetcher) = server().await;
    for path in ["soup", "moved"] {
        let page = fetcher
            .fetch(&user("ada"), &format!("http://{address}/{path}"))
            .await;
        let soup = WebPage {
            media_type: "text/html".to_owned(),
            text: "<p>Soup".to_owned(),
        };
        assert_eq!(page, Ok(soup));
    }
    let page = fetcher
        .fetch(&user("ada"), &format!("http://{address}/just"))
        .await;
    assert_eq!(page.unwrap().text.len(), MAX_PAGE);
}

#[tokio::test]
async fn a_page_in_another_encoding_is_read_rightly() {
    let (address, fetcher) = server().await;
    let page = fetcher
        .fetch(&user("ada"), &format!("http://{address}/latin"))
        .await;
    assert_eq!(page.unwrap().text, "Crème");
}

#[tokio::test]
async fn only_public_pages_are_fetched_wherever_a_redirect_leads() {
    let (address, fetcher) = server().await;
    let not_public = |host: &str| FetchError::NotPublic(host.to_owned());
    let cases = [
        ("", FetchError::NoAddress),
        ("pancakes", FetchError::NoAddress),
        ("http://", FetchError::NoAddress),
        ("ftp://example.org/", FetchError::Scheme),
        ("file:///etc/passwd", FetchError::Scheme),
        ("gopher://example.org/", FetchError::Scheme),
        ("data:text/html,soup", FetchError::Scheme),
        ("http://ada@example.org/", FetchError::Credentials),
        ("http://ada:secret@example.org/", FetchError::Credentials),
        ("http://1.1.1.1:8080/", FetchError::Port),
        ("http://1.1.1.1:443/", FetchError::Port),
        ("http://127.0.0.1/", not_public("127.0.0.1")),
        ("http://127.1/", not_public("127.0.0.1")),
        ("http://2130706433/", not_public("127.0.0.1")),
        ("http://0x7f.0.0.1/", not_public("127.0.0.1")),
        ("http://017700000001/", not_public("127.0.0.1")),
        ("https://10.1.2.3/", not_public("10.1.2.3")),
        (
            "http://169.254.169.254/latest/",
            not_public("169.254.169.254"),
        ),
        ("http://[::1]/", not_public("[::1]")),
        ("http://[::ffff:10.0.0.1]/", not_public("[::ffff:a00:1]")),
        ("http://[64:ff9b::a00:1]/", not_public("[64:ff9b::a00:1]")),
        ("http://[fd00::1]/", not_public("[fd00::1]")),
        ("http://localhost/", not_public("localhost")),
    ];
    for (page, error) in cases {
        assert_eq!(
            fetcher.fetch(&user("ada"), page).await,
            Err(error),
            "{page}"
        );
    }
    let paths = [
        ("inside", not_public("127.0.0.1")),
        ("metadata", not_public("169.254.169.254")),
        ("file", FetchError::Scheme),
        ("loop", FetchError::Redirects),
        ("nowhere", FetchError::Status(302)),
        ("secret", FetchError::Status(403)),
        ("large", FetchError::TooLarge),
        ("packed", FetchError::NoText),
    ];
    for (path, error) in paths {
        let page = format!("http://{address}/{path}");
        assert_eq!(
            fetcher.fetch(&user("ada"), &page).await,
            Err(error),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_page_is_told_nothing_of_the_user() {
    let (address, fetcher) = server().await;
    let page = fetcher
        .fetch(&user("ada"), &format!("http://{address}/headers#place"))
        .await;
    let sent = page.unwrap().text;
    for name in [
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
    ] {
        assert!(sent.contains(&format!("{name:?}")), "{sent}");
    }
    assert_eq!(sent.matches("\": \"").count(), 5, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_user_fetches_one_page_at_a_time_and_waits_for_it_so_long() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let fetcher = Fetcher::new(vec![address]);
    let page = format!("http://{address}/");
    let user = user("ada");
    let (first, second) = tokio::join!(fetcher.fetch(&user, &page), fetcher.fetch(&user, &page));
    assert_eq!(first, Err(FetchError::TooSlow));
    assert_eq!(second, Err(FetchError::UnderWay));
}
