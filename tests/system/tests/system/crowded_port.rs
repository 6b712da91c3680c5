//! Ports that are held by many who say nothing, or next to nothing: newcomers are served all the same.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use proto::auth::{GetJwksRequest, auth_service_client::AuthServiceClient};
use system_tests::{
    binary,
    client::new_id,
    stack::Plan,
    timeouts::{eventually, within, within_at_most},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

/// What those send who hold a port: nothing, or the beginning of something.
const BEGINNINGS: [&str; 5] = [
    "",
    "P",
    "G",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /v1/auth/login HTTP/1.1\r\nhost: kitchen\r\ncontent-length: 60000\r\n\r\n{",
];

#[tokio::test]
async fn a_newcomer_is_served_while_silent_sockets_would_use_up_the_descriptors() {
    let folder = TempDir::new().unwrap();
    let few_descriptors = folder.path().join("recipe-chat");
    let binary = binary::path();
    let script = format!(
        "#!/bin/sh\nulimit -n 256\nexec '{}' \"$@\"\n",
        binary.display()
    );
    fs::write(&few_descriptors, script).unwrap();
    fs::set_permissions(&few_descriptors, fs::Permissions::from_mode(0o755)).unwrap();
    let stack = Plan::together()
        .log("info")
        .binary(&few_descriptors)
        .start()
        .await;
    let mut held = Vec::new();
    for beginning in BEGINNINGS.iter().cycle().take(400) {
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.ok();
        held.push(stream);
    }

    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.try_say(&new_id(), "room enough").await.unwrap();

    let api = stack.api();
    eventually("quiet", async || {
        api.get("/healthz").try_send().await.is_ok()
    })
    .await;
    drop(held);
}

#[tokio::test]
async fn whatever_a_connection_begins_with_it_must_become_a_request() {
    let stack = Plan::together().start().await;
    let ends = BEGINNINGS.map(|beginning| async {
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        within_at_most(Duration::from_secs(20), beginning, end)
            .await
            .ok();
        answer
    });
    for answer in futures_util::future::join_all(ends).await {
        // A server of HTTP/2 begins with a frame of settings.
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 "),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_kept_connection_is_answered_again_after_more_than_five_quiet_seconds() {
    let stack = Plan::together().start().await;
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: kitchen\r\n\r\n";
    for _ in 0..2 {
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // The head ends with an empty line, the body with "ok VERSION".
        while !answer.ends_with(b"\n") || answer.ends_with(b"\r\n") {
            let read = within("an answer", stream.read_buf(&mut answer)).await;
            assert!(read.unwrap() > 0, "the connection has ended");
        }
        // Not a wait for an event: the quiet is what is tried.
        let quiet = Instant::now() + Duration::from_millis(6_500);
        tokio::time::sleep_until(quiet).await;
    }
}

#[tokio::test]
async fn silent_connections_to_a_grpc_port_are_given_up() {
    let mut stack = Plan::apart(1).start().await;
    let mut auth = AuthServiceClient::new(stack.auth().channel().await);
    for address in [stack.auth().address(), stack.chat().address()] {
        let ends = ["", "P", "PRI * HTTP/2.0\r\n"].map(|beginning| async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(beginning.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let end = stream.read_to_end(&mut answer);
            within_at_most(Duration::from_secs(20), beginning, end)
                .await
                .ok();
        });
        futures_util::future::join_all(ends).await;
    }

    auth.get_jwks(GetJwksRequest {}).await.unwrap();
}
