//! Before the upgrade: recipe ids, origins, subprotocols, and where no token is ever read from.

use serde_json::json;
use system_tests::{
    client::{Client, Handshake},
    http::Answer,
    stack::{Plan, Stack},
};

async fn knock(stack: &Stack, headers: &[(&str, &str)]) -> Answer {
    let request = stack.api().upgrade("/v1/chat/soup");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    request.send().await
}

#[tokio::test]
async fn a_recipe_id_is_letters_digits_dashes_and_underscores() {
    let stack = Plan::together().start().await;
    let longest = "a".repeat(64);

    for id in ["a", "Soup-of_the-day-7", "_", "-", &longest] {
        let answer = stack.api().upgrade(&format!("/v1/chat/{id}")).send().await;
        assert_eq!(answer.status, 101, "{id}");
    }
}

#[tokio::test]
async fn any_other_recipe_id_is_404_before_the_upgrade() {
    let stack = Plan::together().start().await;
    let too_long = "a".repeat(65);
    let huge = "a".repeat(6_000);

    for id in [
        "",
        "/",
        "a/b",
        "a%20b",
        "a.b",
        "..",
        "..%2f..%2fetc",
        "%00",
        "%C3%A4",
        "a%2Fb",
        "a:b",
        "a+b",
        "a~b",
        "%61%20",
        &too_long,
        &huge,
    ] {
        let answer = stack.api().upgrade(&format!("/v1/chat/{id}")).send().await;
        assert_eq!(answer.status, 404, "{:?}", &id[..id.len().min(80)]);
    }
}

#[tokio::test]
async fn an_origin_is_absent_or_the_same_host_or_listed() {
    let origins = "https://app.example,https://other.example:8443";
    let stack = Plan::together()
        .edge(&["--allowed-origins", origins])
        .start()
        .await;
    let own = format!("http://{}", stack.address());

    assert_eq!(knock(&stack, &[]).await.status, 101);
    for origin in [
        own.as_str(),
        "https://app.example",
        "https://other.example:8443",
    ] {
        assert_eq!(
            knock(&stack, &[("Origin", origin)]).await.status,
            101,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn any_other_origin_is_403_before_the_upgrade() {
    let stack = Plan::together()
        .edge(&["--allowed-origins", "https://app.example"])
        .start()
        .await;
    let port = stack.address().port();
    let other_port = format!("http://127.0.0.1:{}", port ^ 1);
    let other_host = format!("http://127.0.0.2:{port}");
    let behind = format!("http://127.0.0.1:{port}.evil.example");
    let user = format!("http://127.0.0.1:{port}@evil.example");

    for origin in [
        "null",
        "file://",
        "https://evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://app.example@evil.example",
        "https://sub.app.example",
        "app.example",
        "*",
        "https://",
        &other_port,
        &other_host,
        &behind,
        &user,
    ] {
        assert_eq!(
            knock(&stack, &[("Origin", origin)]).await.status,
            403,
            "{origin}"
        );
    }
    let two = knock(
        &stack,
        &[
            ("Origin", "https://app.example"),
            ("Origin", "https://evil.example"),
        ],
    )
    .await;
    assert!(
        matches!(two.status, 400 | 403),
        "two origins: {}",
        two.status
    );
}

#[tokio::test]
async fn the_subprotocol_is_echoed_when_offered() {
    let stack = Plan::together().start().await;

    for offer in [
        "recipe-chat.v1",
        "chat, recipe-chat.v1",
        "recipe-chat.v1, recipe-chat.v2",
    ] {
        let answer = knock(&stack, &[("Sec-WebSocket-Protocol", offer)])
            .await
            .expect(101);
        assert_eq!(
            answer.header("sec-websocket-protocol"),
            Some("recipe-chat.v1"),
            "{offer}"
        );
    }
    let answer = knock(&stack, &[]).await.expect(101);
    assert_eq!(answer.header("sec-websocket-protocol"), None);
}

#[tokio::test]
async fn an_empty_list_of_subprotocols_is_as_none() {
    let stack = Plan::together().start().await;

    for offer in ["", " ", ","] {
        let answer = knock(&stack, &[("Sec-WebSocket-Protocol", offer)])
            .await
            .expect(101);
        assert_eq!(answer.header("sec-websocket-protocol"), None, "{offer:?}");
    }
}

#[tokio::test]
async fn unknown_subprotocols_alone_are_400() {
    let stack = Plan::together().start().await;

    for offer in ["chat", "recipe-chat.v2", "chat, soup", "xrecipe-chat.v1"] {
        let answer = knock(&stack, &[("Sec-WebSocket-Protocol", offer)]).await;
        assert_eq!(answer.status, 400, "{offer}");
    }
}

#[tokio::test]
async fn a_request_that_upgrades_nothing_is_refused() {
    let stack = Plan::together().start().await;

    let answer = stack.api().get("/v1/chat/soup").send().await;

    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

#[tokio::test]
async fn a_token_is_never_read_from_a_header_a_cookie_or_the_query() {
    let stack = Plan::together()
        .edge(&["--auth-timeout", "300ms"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let token = &ada.access_token;
    let headers = [
        ("Authorization", format!("Bearer {token}")),
        (
            "Cookie",
            format!(
                "access_token={token}; token={token}; refresh_token={}",
                ada.refresh_token
            ),
        ),
        ("X-Access-Token", token.clone()),
    ];
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
    let handshake = Handshake {
        headers,
        ..Handshake::default()
    };
    let place = format!("soup?token={token}&access_token={token}");

    let mut client = Client::connect_with(stack.address(), &place, stack.canary(), handshake).await;

    client.expect_close(1008, "Authentication timeout").await;
}

#[tokio::test]
async fn a_token_in_a_header_does_not_replace_the_one_in_the_message() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let headers = vec![(
        "Authorization".to_owned(),
        format!("Bearer {}", ada.access_token),
    )];
    let handshake = Handshake {
        headers,
        ..Handshake::default()
    };
    let mut client = Client::connect_with(stack.address(), "soup", stack.canary(), handshake).await;

    client.send_auth(json!({})).await;

    client.expect_close(1008, "Missing auth token").await;
}
