//! Settings that change while a service runs: SIGHUP has them read again, and connections stay.

use std::{fs, path::Path};

use system_tests::{
    binary::recipe_chat,
    client::new_id,
    process::Process,
    service::Service,
    stack::{Plan, Stack},
    timeouts::eventually,
};
use tempfile::TempDir;

const OLD: &str = "the-old-token-of-operators";
const NEW: &str = "the-new-token-of-operators";

/// Changes the file and has a process read it again, until its log says so.
async fn reload(service: &Service, file: &Path, settings: &str, says: &str) {
    let process = service.process();
    let times = || process.stderr().matches(says).count();
    let before = times();
    fs::write(file, settings).unwrap();
    process.signal("HUP");
    eventually(says, async || times() > before).await;
}

const READ: &str = "the settings were read again";
const REFUSED: &str = "the settings cannot be used as they are now; those before stay in force";
const WAITING: &str = "settings changed that wait for a restart";

async fn are_listed(stack: &Stack, origin: &str) -> bool {
    let asked = stack.api().get("/v1/recipes").header("origin", origin);
    let answer = asked.send().await;
    answer.header("access-control-allow-origin") == Some(origin)
}

#[tokio::test]
async fn limits_origins_and_the_log_follow_the_file_and_connections_stay() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.toml");
    let settings = "log = 'info'\n[up]\nmessage-rate = 1\nmessage-burst = 1\nmax-connections = 1\n";
    fs::write(&file, settings).unwrap();
    let flags = ["--config", file.to_str().unwrap()];
    let stack = Plan::together().log("").edge(&flags).start().await;
    let (edge, origin) = (&stack.edges[0], "https://cook.example");
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("hello").await;
    let refused = client.try_say(&new_id(), "again").await.unwrap_err();
    assert_eq!(refused["code"], "rate_limited");
    assert!(!are_listed(&stack, origin).await);
    let full = stack.api().upgrade("/v1/chat/soup").send().await;
    assert_eq!(full.status, 503);
    assert!(!edge.process().stderr().contains("DEBUG"));

    let wider = "log = 'debug'\n[up]\nmessage-rate = 0\nmax-connections = 2\n\
                 allowed-origins = ['https://cook.example']\n";
    reload(edge, &file, wider, READ).await;

    for _ in 0..30 {
        client.say("hello").await;
    }
    assert!(are_listed(&stack, origin).await);
    let mut second = stack.join(&ada, "soup").await;
    second.say("hello").await;
    let debugs = async || edge.process().stderr().contains("DEBUG");
    eventually("what is logged at another level", debugs).await;

    // One thing is wrong: nothing changes.
    for wrong in [
        "[up]\nmessage-rate = 'many'\nallowed-origins = []\n",
        "[up]\nmesage-rate = 1\nmessage-rate = 1\n",
        "log = 'loud'\n[up]\nmessage-rate = 1\nmessage-burst = 1\n",
        "[up]\nmessage-rate = 1\nmessage-burst = 0\n",
        "[up]\nmessage-rate 1",
    ] {
        reload(edge, &file, wrong, REFUSED).await;
        for _ in 0..3 {
            client.say("hello").await;
        }
        assert!(are_listed(&stack, origin).await);
    }

    // What waits for a restart is told each time, and the rest is taken.
    for _ in 0..2 {
        let other = "[up]\nreauth-lead = '30s'\nmessage-rate = 1\nmessage-burst = 1\n";
        reload(edge, &file, other, WAITING).await;
        let told = edge.process().stderr();
        let line = told.lines().rfind(|line| line.contains(WAITING)).unwrap();
        assert!(line.contains("EDGE_REAUTH_LEAD"), "{line}");
        assert!(!line.contains("EDGE_MESSAGE_RATE"), "{line}");
    }
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(client.try_say(&new_id(), "hello").await);
    }
    assert!(said.iter().any(Result::is_err), "{said:?}");
}

async fn may_list(stack: &mut Stack, token: &str) -> bool {
    let mut command = recipe_chat(&["keys", "list"]);
    command
        .env("EDGE_AUTH_URL", stack.auth().url())
        .env("AUTH_OPERATOR_TOKEN", token);
    let ended = Process::start("recipe-chat", command).ended().await;
    ended.status.success()
}

#[tokio::test]
async fn operators_get_other_tokens_while_the_services_run() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.toml");
    let settings = |token: &str| {
        format!("[auth]\noperator-token = '{token}'\n[edge]\noperator-token = '{token}'\n")
    };
    fs::write(&file, settings(OLD)).unwrap();
    let flags = ["--config", file.to_str().unwrap()];
    let plan = Plan::apart(1).auth(&flags).edge(&flags);
    let plan = plan.edge(&["--admin-listen", "127.0.0.1:0"]);
    let mut stack = plan.start().await;
    for token in [OLD, NEW] {
        stack.canary().remember(token);
    }
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let admin = stack.edges[0].process().line_with("admin listening").await;
    let admin = system_tests::service::address_in(&admin);
    let admin = system_tests::http::Api::new(admin, stack.canary().clone());
    let reads = async |token: &str| {
        let asked = admin.get("/admin/v1/connections").bearer(token);
        asked.send().await.status == 200
    };
    assert!(may_list(&mut stack, OLD).await && reads(OLD).await);
    assert!(!may_list(&mut stack, NEW).await && !reads(NEW).await);

    reload(stack.auth(), &file, &settings(NEW), READ).await;
    reload(&stack.edges[0], &file, &settings(NEW), READ).await;

    assert!(may_list(&mut stack, NEW).await && reads(NEW).await);
    assert!(!may_list(&mut stack, OLD).await && !reads(OLD).await);
    // A token that could be guessed is refused, and the one before stays.
    reload(stack.auth(), &file, &settings("short"), REFUSED).await;
    assert!(may_list(&mut stack, NEW).await);
    client.say("hello").await;
}
