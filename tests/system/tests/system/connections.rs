//! Why somebody was disconnected: the operators' ports of edges, and `recipe-chat connections`, which asks all of them.

use std::net::SocketAddr;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    binary::recipe_chat,
    forge,
    http::Api,
    process::{Ended, Process},
    service::address_in,
    stack::{Plan, Stack},
    timeouts::within,
};

const OPERATOR: &str = "operator-of-this-kitchen";
const ADMIN: [&str; 4] = [
    "--admin-listen",
    "127.0.0.1:0",
    "--operator-token",
    OPERATOR,
];

async fn admin_of(stack: &Stack, edge: usize) -> SocketAddr {
    let process = stack.edges[edge].process();
    address_in(&process.line_with("admin listening on http://").await)
}

/// Asks several edges as an operator.
async fn connections(token: &str, edges: &[SocketAddr], arguments: &[&str]) -> Ended {
    let edges: Vec<_> = edges.iter().map(|edge| format!("http://{edge}")).collect();
    let mut words = vec!["connections"];
    words.extend(arguments);
    let mut command = recipe_chat(&words);
    command
        .env("EDGE_ADMIN_URL", edges.join(","))
        .env("EDGE_OPERATOR_TOKEN", token);
    Process::start("connections", command).ended().await
}

async fn told(edges: &[SocketAddr], arguments: &[&str]) -> String {
    let ended = connections(OPERATOR, edges, arguments).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stdout
}

async fn told_as_json(edges: &[SocketAddr], arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    serde_json::from_str(&told(edges, &arguments).await).unwrap()
}

#[tokio::test]
async fn operators_are_told_over_all_edges_why_somebody_was_disconnected() {
    let plan = Plan::apart(2).with_redis().edge(&ADMIN);
    let mut stack = plan.start().await;
    stack.canary().remember(OPERATOR);
    let edges = [admin_of(&stack, 0).await, admin_of(&stack, 1).await];
    let ada = stack.register("ada").await;
    let mut first = stack.connect_at(0, "soup").await;
    let joined = first.auth(&ada.access_token).await;
    let connection = joined["session"]["connection"].as_str().unwrap();
    let session = joined["session"]["id"].as_str().unwrap();

    told(&edges, &["disconnect", connection]).await;
    first.until_close(1012, "Service restart").await;
    let mut second = stack.connect_at(1, "soup").await;
    let resumed = json!({"token": ada.access_token, "session": session});
    assert_eq!(second.auth_with(resumed).await["session"]["id"], session);
    ada.logout(&stack.api()).await;
    second.until_close(1008, "Session revoked").await;

    let timeline = told_as_json(&edges, &["--user", &ada.name]).await;
    let events = timeline["events"].as_array().unwrap();
    let happened: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["edge"] == events[0]["edge"],
                event["event"].as_str().unwrap(),
            )
        })
        .collect();
    let lives = [true, false].map(|here| {
        [
            (here, "connected"),
            (here, "authenticated"),
            (here, "closed"),
        ]
    });
    assert_eq!(happened, lives.concat(), "{timeline:#}");
    assert_eq!(events[2]["cause"], "operator");
    assert_eq!(events[2]["announced"], true);
    assert_eq!(events[4]["resumed"], true);
    assert_eq!(events[5]["reason"], "Session revoked");

    // Whatever is known of somebody finds the same.
    let login = forge::claims(&ada.access_token)["sid"].clone();
    for search in [
        ["--user", &ada.id],
        ["--session", session],
        ["--session", login.as_str().unwrap()],
        ["--recipe", "soup"],
    ] {
        let found = told_as_json(&edges, &search).await;
        assert_eq!(found["events"], timeline["events"], "{search:?}");
    }
    let of_one = told(&edges, &["--connection", connection]).await;
    assert!(
        of_one.contains("since an operator wanted it; it was told 1012"),
        "{of_one}"
    );
    assert!(!of_one.contains("revoked"), "{of_one}");

    an_edge_that_is_gone_is_named(&mut stack, &edges, &ada).await;
}

#[tokio::test]
async fn what_operators_order_at_an_edge_stands_in_the_audit_by_their_names() {
    const BOB: &str = "the-token-of-bob-0123";
    let plan = Plan::apart(1)
        .auth(&["--operator-token", OPERATOR])
        .edge(&ADMIN)
        .edge(&["--operator-tokens", "bob=the-token-of-bob-0123"]);
    let mut stack = plan.start().await;
    stack.canary().remember(OPERATOR);
    stack.canary().remember(BOB);
    let edges = [admin_of(&stack, 0).await];
    let ada = stack.register("ada").await;
    let mut client = stack.connect_at(0, "soup").await;
    let joined = client.auth(&ada.access_token).await;
    let connection = joined["session"]["connection"].as_str().unwrap();

    let ended = connections(BOB, &edges, &["disconnect", connection]).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    client.until_close(1012, "Service restart").await;
    let found = audited(&mut stack, "disconnect").await;
    assert_eq!(found["operator"], "bob", "{found}");
    assert_eq!(found["user_id"], ada.id, "{found}");
    assert_eq!(found["about"], connection, "{found}");

    // An edge that drains with nobody on it is gone at once, and its order is noted all the same.
    let ended = connections(
        OPERATOR,
        &edges,
        &["drain", "--edge", &format!("http://{}", edges[0])],
    )
    .await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let edge = stack.edges[0].ended().await;
    assert_eq!(edge.status.code(), Some(0), "{}", edge.stderr);
    let found = audited(&mut stack, "drain").await;
    assert_eq!(found["operator"], "operator", "{found}");
    assert!(found["user_id"].is_null(), "{found}");
}

/// The newest event of a kind, once there is one. Each question is a process, so that there is nothing to await but its
/// answers.
async fn audited(stack: &mut Stack, kind: &str) -> Value {
    let auth = stack.auth().url();
    let written = async {
        loop {
            let mut command = recipe_chat(&["audit", "--json", "--kind", kind]);
            command
                .env("EDGE_AUTH_URL", &auth)
                .env("AUTH_OPERATOR_TOKEN", OPERATOR);
            let ended = Process::start("audit", command).ended().await;
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            if let Some(line) = ended.stdout.lines().next() {
                return serde_json::from_str(line).unwrap();
            }
        }
    };
    within("an event that is written", written).await
}

/// The answers of the others stand.
async fn an_edge_that_is_gone_is_named(stack: &mut Stack, edges: &[SocketAddr], ada: &Account) {
    stack.edges[1].kill().await;
    let overview = told(edges, &[]).await;
    let gone = format!("the edge at http://{} cannot be reached", edges[1]);
    assert!(overview.contains(&gone), "{overview}");
    assert!(overview.contains("1012 Service restart"), "{overview}");
    let timeline = told_as_json(edges, &["--user", &ada.id]).await;
    assert!(
        timeline["events"].as_array().unwrap().len() >= 3,
        "{timeline}"
    );
    assert_eq!(timeline["unanswered"].as_array().unwrap().len(), 1);

    let none = connections(OPERATOR, &edges[1..], &[]).await;
    assert_eq!(none.status.code(), Some(1));
    assert!(none.stderr.contains("cannot be reached"), "{}", none.stderr);
}

#[tokio::test]
async fn the_operators_port_wants_its_token_and_a_page_of_it_is_text() {
    let mut stack = Plan::apart(1).edge(&ADMIN).start().await;
    stack.canary().remember(OPERATOR);
    let api = stack.api();
    let ada = stack.register("ada").await;
    let renamed = api
        .request("PATCH", "/v1/account")
        .bearer(&ada.access_token);
    let evil = "<script>alert(1)</script>";
    let renamed = renamed.json(&json!({"display_name": evil})).send().await;
    renamed.expect(200);
    let ada = ada.refresh(&api).await;
    let mut client = stack.join(&ada, "soup").await;
    let admin = Api::new(admin_of(&stack, 0).await, stack.canary().clone());

    for (method, path) in [
        ("GET", "/"),
        ("GET", "/admin/v1/connections"),
        ("GET", "/admin/v1/timeline?user=ada"),
        ("POST", "/admin/v1/drain"),
    ] {
        let refused = admin.request(method, path).send().await;
        assert!(
            refused.header("www-authenticate").is_some(),
            "{method} {path}"
        );
        refused.problem(401);
        let guessed = admin
            .request(method, path)
            .bearer("operator-of-that-kitchen");
        guessed.send().await.problem(401);
    }
    let overview = admin.get("/admin/v1/connections").bearer(OPERATOR);
    let overview = overview.send().await.expect(200).json();
    assert_eq!(overview["connections"]["active"], 1, "{overview}");
    assert_eq!(overview["rooms"]["largest"][0]["recipe"], "soup");
    assert_eq!(overview["services"]["chat"]["serves"], true);

    let page = admin.get(&format!("/?user={}", ada.id)).bearer(OPERATOR);
    let page = page.send().await.expect(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let text = page.text();
    assert!(
        text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{text}"
    );
    assert!(!text.contains("<script"), "{text}");
    let odd = admin.get("/admin/v1/timeline?color=red").bearer(OPERATOR);
    odd.send().await.problem(400);
    let away = admin.request("POST", "/admin/v1/connections/none/disconnect");
    away.bearer(OPERATOR).send().await.problem(404);

    let drained = admin.request("POST", "/admin/v1/drain").bearer(OPERATOR);
    drained.send().await.expect(202);
    client.until_close(1012, "Service restart").await;
    let ended = stack.edges[0].ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[tokio::test]
async fn without_a_token_the_operators_port_is_for_this_machine_and_only_reads() {
    let elsewhere = recipe_chat(&[
        "edge",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "0.0.0.0:0",
    ]);
    let refused = Process::start("edge", elsewhere).ended().await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused.stderr.contains("give --operator-token"),
        "{}",
        refused.stderr
    );

    let plan = Plan::apart(1).edge(&["--admin-listen", "127.0.0.1:0"]);
    let stack = plan.start().await;
    let admin = Api::new(admin_of(&stack, 0).await, stack.canary().clone());
    admin.get("/").send().await.expect(200);
    let pointed_here = admin.get("/").header("Host", "evil.example");
    pointed_here.send().await.problem(421);
    admin
        .request("POST", "/admin/v1/drain")
        .send()
        .await
        .problem(403);
}

#[tokio::test]
async fn a_timeline_says_who_asked_what_was_answered_and_what_was_not() {
    let plan = Plan::apart(1)
        .auth(&["--operator-token", OPERATOR])
        .edge(&ADMIN)
        .edge(&["--reauth-grace", "5s"]);
    let mut stack = plan.start().await;
    stack.canary().remember(OPERATOR);
    let edges = [admin_of(&stack, 0).await];
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    review(&mut stack, &ada).await;
    client.expect("auth_required").await;
    let fresh = ada.refresh(&stack.api()).await;
    client.auth(&fresh.access_token).await;
    review(&mut stack, &ada).await;
    client.expect("auth_required").await;
    client.until_close(1008, "Re-authentication timeout").await;

    let timeline = told_as_json(&edges, &["--user", &ada.id]).await;
    let events = timeline["events"].as_array().unwrap();
    let happened: Vec<_> = events.iter().map(|event| event["event"].as_str()).collect();
    let expected = [
        "connected",
        "authenticated",
        "asked",
        "answered",
        "asked",
        "closed",
    ];
    assert_eq!(happened, expected.map(Some), "{timeline:#}");
    assert_eq!(events[2]["by"], "operator");
    assert_eq!(events[2]["answer_in_ms"], 5000);
    assert_eq!(events[3]["was_asked"], true);
    assert_eq!(events[5]["reason"], "Re-authentication timeout");
}

/// An operator has everybody of a login session asked.
async fn review(stack: &mut Stack, account: &Account) {
    let login = forge::claims(&account.access_token)["sid"].clone();
    let mut command = recipe_chat(&["sessions", "review", login.as_str().unwrap()]);
    command
        .env("EDGE_AUTH_URL", stack.auth().url())
        .env("AUTH_OPERATOR_TOKEN", OPERATOR);
    let ended = Process::start("sessions", command).ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}
