//! The command line: what `--help` tells, and how a start fails.

mod starting;

use std::{net::TcpListener, time::Duration};

use system_tests::{
    binary::recipe_chat,
    process::{Ended, Process},
    service::{Launch, Service},
    stack::Plan,
    timeouts::{STEP_TIMEOUT, eventually},
};
use tempfile::TempDir;
use tokio::time::Instant;

async fn run(arguments: &[&str]) -> Ended {
    let mut command = recipe_chat(arguments);
    command.env("RECIPE_CHAT_LOG", "error");
    Process::start("recipe-chat", command).ended().await
}

/// Each flag of a help text with everything said about it.
fn flags(help: &str) -> Vec<(String, String)> {
    let mut flags: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        let word = line
            .trim_start()
            .trim_start_matches("-h, ")
            .trim_start_matches("-V, ");
        if line.starts_with(' ') && word.starts_with("--") {
            let flag = word.split([' ', '=', '[']).next().unwrap_or_default();
            flags.push((flag.to_owned(), String::new()));
        }
        if let Some((_, text)) = flags.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    flags
}

async fn assert_help(command: &str, wanted: &[(&str, &str)]) {
    let ended = run(&[command, "--help"]).await;
    assert_eq!(ended.status.code(), Some(0));
    let known = flags(&ended.stdout);
    for (flag, text) in wanted {
        let told = known
            .iter()
            .find(|(name, _)| name == flag)
            .map(|(_, told)| told.as_str());
        let told =
            told.unwrap_or_else(|| panic!("{command} --help lacks {flag}:\n{}", ended.stdout));
        for part in text.split_whitespace() {
            assert!(told.contains(part), "{command} {flag} lacks {part}: {told}");
        }
    }
    for (flag, told) in &known {
        let own = ["--help", "--version", "--print-config"].contains(&flag.as_str());
        assert!(
            own || told.contains("[env: "),
            "{command} {flag} names no variable: {told}"
        );
    }
}

const EDGE: [(&str, &str); 10] = [
    ("--auth-timeout", "5s"),
    ("--reauth-lead", "60s"),
    ("--reauth-grace", "30s"),
    ("--allowed-origins", ""),
    ("--drain-timeout", "20s"),
    ("--message-rate", "5"),
    ("--message-burst", "20"),
    ("--max-connections", "100000"),
    ("--max-connections-per-address", "1000"),
    ("--max-connections-per-user", "50"),
];

#[tokio::test]
async fn help_names_every_flag_with_its_variable_and_default() {
    assert_help("edge", &EDGE).await;
    let edge = [
        ("--listen", "EDGE_LISTEN 127.0.0.1:8080"),
        ("--auth-url", "EDGE_AUTH_URL"),
        ("--chat-url", "EDGE_CHAT_URL"),
        ("--redis-url", "REDIS_URL"),
        ("--sign-in-rate", "30"),
    ];
    assert_help("edge", &edge).await;
    let auth = [
        ("--listen", "AUTH_LISTEN 127.0.0.1:50051"),
        ("--database-url", "AUTH_DATABASE_URL"),
        ("--redis-url", "REDIS_URL"),
        ("--access-ttl", "15m"),
        ("--refresh-ttl", "30d"),
    ];
    assert_help("auth", &auth).await;
    let chat = [
        ("--listen", "CHAT_LISTEN 127.0.0.1:50052"),
        ("--database-url", "CHAT_DATABASE_URL"),
        ("--redis-url", "REDIS_URL"),
    ];
    assert_help("chat", &chat).await;
    assert_help(
        "client",
        &[("--url", ""), ("--user", ""), ("--password", "")],
    )
    .await;
}

#[tokio::test]
async fn up_takes_the_flags_of_all_services() {
    let own = [
        ("--data-dir", "RECIPE_CHAT_DATA_DIR ./data"),
        ("--edge-listen", "EDGE_LISTEN 127.0.0.1:8080"),
        ("--auth-listen", "AUTH_LISTEN"),
        ("--chat-listen", "CHAT_LISTEN"),
        ("--redis-url", "REDIS_URL"),
        ("--access-ttl", "15m"),
        ("--refresh-ttl", "30d"),
        ("--sign-in-rate", "30"),
    ];
    assert_help("up", &own).await;
    assert_help("up", &EDGE).await;
}

#[tokio::test]
async fn a_variable_stands_for_its_flag() {
    let folder = TempDir::new().unwrap();
    let mut command = recipe_chat(&["auth"]);
    command.env("AUTH_LISTEN", "127.0.0.1:0").env(
        "AUTH_DATABASE_URL",
        format!("sqlite:{}/made/when/missing.db", folder.path().display()),
    );
    let process = Process::start("auth", command);

    process
        .line_with("auth listening on http://127.0.0.1:")
        .await;
}

/// What templates leave behind when nothing was filled in.
#[tokio::test]
async fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    let free = "127.0.0.1:0";
    let mut command = recipe_chat(&[
        "up",
        "--data-dir",
        &data,
        "--edge-listen",
        free,
        "--auth-listen",
        free,
        "--chat-listen",
        free,
    ]);
    for variable in [
        "REDIS_URL",
        "REDIS_URL_FILE",
        "AUTH_DATABASE_URL",
        "CHAT_DATABASE_URL",
        "AUTH_OPERATOR_TOKEN",
        "AUTH_ACCESS_TTL",
        "EDGE_ALLOWED_ORIGINS",
        "EDGE_MESSAGE_RATE",
    ] {
        command.env(variable, "");
    }
    command.env("EDGE_TRUSTED_PROXIES", "10.0.0.0/8,");
    let process = Process::start("up", command);

    process.line_with("edge listening on http://").await;
}

#[tokio::test]
async fn a_wrong_variable_is_named_with_its_flag() {
    let mut command = recipe_chat(&["edge"]);
    command.env("EDGE_AUTH_TIMEOUT", "soon");
    let ended = Process::start("edge", command).ended().await;
    assert_eq!(ended.status.code(), Some(2));
    for part in ["--auth-timeout", "EDGE_AUTH_TIMEOUT", "soon"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_wrong_flag_is_told_with_exit_code_2() {
    let wrong: [(&[&str], &str); 7] = [
        (&["up", "--no-such-flag"], "--no-such-flag"),
        (&["cook"], "cook"),
        (&["up", "--access-ttl", "soon"], "--access-ttl"),
        (&["up", "--message-rate", "-1"], "-1"),
        (&["up", "--edge-listen", "nowhere"], "--edge-listen"),
        (&["client"], "RECIPE"),
        (&["edge", "--presence=perhaps"], "--presence"),
    ];
    for (arguments, part) in wrong {
        let ended = run(arguments).await;
        assert_eq!(
            ended.status.code(),
            Some(2),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains(part),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}

#[track_caller]
fn assert_one_clear_line(arguments: &[&str], ended: &Ended, code: i32, parts: &[&str]) {
    let said = &ended.stderr;
    assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(said.trim().lines().count(), 1, "{arguments:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{arguments:?} lacks {part:?}: {said}");
    }
    assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
    assert!(
        !ended.stdout.contains("listening"),
        "{arguments:?}: {}",
        ended.stdout
    );
}

#[tokio::test]
async fn a_minted_token_is_taken_by_the_server_that_it_is_of() {
    let stack = Plan::together().start().await;
    let url = format!("http://{}", stack.address());
    let text = |ended: Ended| {
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        ended.stdout.trim().to_owned()
    };
    let token = text(run(&["token", "mint", "--dev", "--url", &url]).await);
    let account = stack.api().get("/v1/account").bearer(&token).send().await;
    assert_eq!(account.expect(200).json()["user"]["guest"], true);

    let frame = text(run(&["token", "mint", "--dev", "--frame", "--url", &url]).await);
    let parsed: serde_json::Value = serde_json::from_str(&frame).unwrap();
    let own = parsed["payload"]["token"].as_str().unwrap();
    let create = serde_json::json!({"id": "soup", "title": "Soup"});
    let created = stack.api().post("/v1/recipes", &create).bearer(own);
    created.send().await.expect(201);
    let mut client = stack.connect("soup").await;
    client.send_text(&frame).await;
    client.expect("recipe_update").await;

    let refused = run(&["token", "mint", "--dev", "--url", "https://recipes.example"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused.stderr.contains("not on this machine"),
        "{refused:?}"
    );
    let without = run(&["token", "mint", "--url", &url]).await;
    assert_eq!(without.status.code(), Some(2), "{without:?}");
}
