//! Operators who prove themselves by certificates at an edge's port, and those who cannot.

use std::{net::SocketAddr, path::Path};

use system_tests::{
    binary::recipe_chat,
    process::{Ended, Process},
    service::address_in,
    stack::{Plan, Stack},
    timeouts::within,
};
use tempfile::TempDir;

const OPERATOR: &str = "operator-of-this-kitchen";

/// An authority in a folder of its own, with a certificate for an operator.
struct Authority(String);

impl Authority {
    async fn with(folder: &Path, name: &str, operator: &str) -> Self {
        let folder = folder.join(name).display().to_string();
        let made = run(&["dev-ca", &folder, "--operator", operator]).await;
        assert_eq!(made.status.code(), Some(0), "{}", made.stderr);
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }
}

async fn run(words: &[&str]) -> Ended {
    Process::start("command", recipe_chat(words)).ended().await
}

/// An edge whose operators have certificates of `ops`, beside tokens.
async fn stack_of(ops: &Authority) -> (Stack, SocketAddr) {
    let files = ["edge.crt", "edge.key", "ca.crt"].map(|name| ops.file(name));
    let plan = Plan::apart(1)
        .auth(&["--operator-token", OPERATOR])
        .edge(&[
            "--admin-listen",
            "127.0.0.1:0",
            "--operator-token",
            OPERATOR,
        ])
        .edge(&["--admin-tls-cert", &files[0], "--admin-tls-key", &files[1]])
        .edge(&["--admin-client-ca", &files[2]]);
    let stack = plan.start().await;
    stack.canary().remember(OPERATOR);
    let line = stack.edges[0].process();
    let line = line.line_with("admin listening on https://").await;
    let address = address_in(&line);
    (stack, address)
}

/// Asks at the port, or gives an order, with what is shown and whom it believes to be an edge.
async fn connections(
    port: SocketAddr,
    believed: &Authority,
    shown: Option<(&Authority, &str)>,
    words: &[&str],
) -> Ended {
    let mut command = recipe_chat(&[&["connections"], words].concat());
    command
        .env("EDGE_ADMIN_URL", format!("https://{port}"))
        .env("EDGE_ADMIN_CA", believed.file("ca.crt"));
    if let Some((authority, name)) = shown {
        command
            .env("EDGE_OPERATOR_CERT", authority.file(&format!("{name}.crt")))
            .env("EDGE_OPERATOR_KEY", authority.file(&format!("{name}.key")));
    }
    Process::start("connections", command).ended().await
}

#[tokio::test]
async fn an_operator_with_a_certificate_is_in_the_audit_by_its_name() {
    let folder = TempDir::new().unwrap();
    let ops = Authority::with(folder.path(), "ops", "ada-of-ops").await;
    let (mut stack, port) = stack_of(&ops).await;
    let bob = stack.register("bob").await;
    let mut client = stack.connect_at(0, "soup").await;
    let joined = client.auth(&bob.access_token).await;
    let connection = joined["session"]["connection"].as_str().unwrap();

    let ada = Some((&ops, "ada-of-ops"));
    let ended = connections(port, &ops, ada, &["disconnect", connection]).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    client.until_close(1012, "Service restart").await;
    let auth = stack.auth().url();
    let noted = async {
        loop {
            let mut command = recipe_chat(&["audit", "--json", "--kind", "disconnect"]);
            command
                .env("EDGE_AUTH_URL", &auth)
                .env("AUTH_OPERATOR_TOKEN", OPERATOR);
            let ended = Process::start("audit", command).ended().await;
            if !ended.stdout.is_empty() {
                return ended.stdout;
            }
        }
    };
    let noted = within("an event that is written", noted).await;
    assert!(noted.contains("\"operator\":\"ada-of-ops\""), "{noted}");
}

#[tokio::test]
async fn whoever_has_no_certificate_of_the_operators_shows_a_token_or_is_refused() {
    let folder = TempDir::new().unwrap();
    let ops = Authority::with(folder.path(), "ops", "ada").await;
    let others = Authority::with(folder.path(), "others", "eve").await;
    let (_stack, port) = stack_of(&ops).await;

    let refused = connections(port, &ops, None, &[]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
    assert!(refused.stderr.contains("answers 401"), "{}", refused.stderr);
    let with_token = ["--operator-token", OPERATOR];
    let told = connections(port, &ops, None, &with_token).await;
    assert_eq!(told.status.code(), Some(0), "{}", told.stderr);
    // One of another authority does not get so far as to be answered, with a token neither.
    let eve = Some((&others, "eve"));
    let without: &[&str] = &[];
    for words in [without, &with_token] {
        let refused = connections(port, &ops, eve, words).await;
        assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
    }
    // Nor does an operator believe a port that somebody else stands behind.
    let refused = connections(port, &others, Some((&ops, "ada")), &[]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
    assert!(
        refused.stderr.contains("cannot be reached"),
        "{}",
        refused.stderr
    );
    let told = connections(port, &ops, Some((&ops, "ada")), &[]).await;
    assert_eq!(told.status.code(), Some(0), "{}", told.stderr);
}

#[tokio::test]
async fn another_authority_of_operators_counts_without_a_restart() {
    let folder = TempDir::new().unwrap();
    let ops = Authority::with(folder.path(), "ops", "ada").await;
    let next = Authority::with(folder.path(), "next", "eve").await;
    let own = ops.file("own.crt");
    std::fs::copy(ops.file("ca.crt"), &own).unwrap();
    let (_stack, port) = stack_of(&ops).await;

    std::fs::copy(next.file("ca.crt"), ops.file("ca.crt")).unwrap();
    std::fs::copy(&own, next.file("ca.crt")).unwrap();
    let taken_over = async {
        while connections(port, &next, Some((&next, "eve")), &[])
            .await
            .status
            .code()
            != Some(0)
        {}
    };
    within("the new authority", taken_over).await;
    let refused = connections(port, &next, Some((&ops, "ada")), &[]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
}

#[tokio::test]
async fn a_port_for_other_machines_wants_tokens_or_all_three_files() {
    let folder = TempDir::new().unwrap();
    let ops = Authority::with(folder.path(), "ops", "ada").await;
    let (cert, key) = (ops.file("edge.crt"), ops.file("edge.key"));
    let edge = [
        "edge",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "0.0.0.0:0",
    ];
    let two = ["--admin-tls-cert", &cert, "--admin-tls-key", &key];
    for (words, fault) in [
        (edge.to_vec(), "--admin-client-ca"),
        ([&edge[..], &two].concat(), "set all three or none"),
    ] {
        let refused = run(&words).await;
        assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
        assert!(refused.stderr.contains(fault), "{}", refused.stderr);
    }
    let authority = ops.file("ca.crt");
    let mut process = Process::start(
        "edge",
        recipe_chat(&[&edge[..], &two, &["--admin-client-ca", &authority]].concat()),
    );
    process.line_with("admin listening on https://").await;
    process.kill().await;
}
