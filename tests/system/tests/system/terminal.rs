//! The chat in a terminal.

use std::sync::Arc;

use jsonwebtoken::Algorithm;
use system_tests::{binary::recipe_chat, process::Process, stack::Plan};
use test_servers::Issuer;

#[tokio::test]
async fn what_is_typed_is_said_and_what_others_say_is_shown() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_bobs = stack.join(&bob, "soup").await;
    let url = format!("http://{}", stack.address());
    let arguments = [
        "client",
        "soup",
        "--url",
        &url,
        "--user",
        &ada.name,
        "--password",
        &ada.password,
    ];
    let mut terminal = Process::start_with_input("the terminal client", recipe_chat(&arguments));

    terminal.type_line("add 2 leeks").await;
    let seen = at_bobs.expect("recipe_update").await;
    assert_eq!(seen["message"]["content"], "add 2 leeks");
    assert_eq!(seen["message"]["author"]["name"], ada.name.as_str());

    at_bobs.say("and some salt").await;
    terminal.line_with("and some salt").await;

    terminal.end_input();
    let ended = terminal.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    for output in [ended.stdout, ended.stderr] {
        assert!(
            stack.canary().leaks(&output).is_empty(),
            "the client printed a secret"
        );
    }
}

#[tokio::test]
async fn a_recipe_is_made_where_there_is_none_and_only_when_that_is_asked_for() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let url = format!("http://{}", stack.address());
    let arguments = ["client", "soup", "--url", &url, "--user", &ada.name];
    let run = async |more: &[&str]| {
        let mut command = recipe_chat(&[&arguments[..], more].concat());
        command.env("RECIPE_CHAT_PASSWORD", &ada.password);
        let mut terminal = Process::start_with_input("the terminal client", command);
        terminal.type_line("add 2 leeks").await;
        terminal.end_input();
        terminal.ended().await
    };

    let ended = run(&[]).await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("Not allowed"), "{}", ended.stderr);
    for _ in 0..2 {
        let ended = run(&["--create"]).await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    }
    let welcome = stack.connect("soup").await.auth(&ada.access_token).await;
    assert_eq!(welcome["revision"], 2);
    assert_eq!(welcome["session"]["visibility"], "private");
}

#[tokio::test]
async fn a_wrong_password_is_one_clear_line() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let url = format!("http://{}", stack.address());
    let arguments = [
        "client",
        "soup",
        "--url",
        &url,
        "--user",
        &ada.name,
        "--password",
        "not the password",
    ];
    let mut command = recipe_chat(&arguments);
    command.env("RECIPE_CHAT_LOG", "error");

    let ended = Process::start("the terminal client", command).ended().await;

    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("Invalid username or password"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn who_signs_in_at_an_issuer_with_another_device_chats_and_goes_on_with_its_next_tokens() {
    let issuer = Arc::new(Issuer::start(Algorithm::ES256));
    // The server asks for the next token every 4 s.
    issuer.answer_devices(&["authorization_pending"], 8);
    issuer.decide(Some("ada"));
    let setting = issuer.sign_in_setting();
    let plan = Plan::apart(1).auth(&["--trusted-issuer", &setting]);
    let plan = plan.edge(&["--reauth-lead", "4s", "--reauth-grace", "3s"]);
    let stack = plan.start().await;
    let url = format!("http://{}", stack.address());
    let arguments = [
        "client",
        "soup",
        "--url",
        &url,
        "--sign-in",
        "corp",
        "--create",
    ];
    let mut terminal = Process::start_with_input("the terminal client", recipe_chat(&arguments));

    terminal.type_line("add 2 leeks").await;
    terminal.line_with("add 2 leeks").await;
    assert_eq!(issuer.polls(), 2);
    let waiting = Arc::clone(&issuer);
    let renewed = tokio::task::spawn_blocking(move || waiting.wait_for_renewals(2));
    renewed.await.unwrap();
    terminal.type_line("add 1 onion").await;
    terminal.line_with("add 1 onion").await;
    terminal.end_input();
    let ended = terminal.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let told = format!("open {}/device in a browser and type CODE-", issuer.url());
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("refresh-of-ada"));
}

#[tokio::test]
async fn who_is_not_signed_in_at_an_issuer_is_told_so_in_one_line() {
    let issuer = Issuer::start(Algorithm::ES256);
    issuer.decide(None);
    let stack = Plan::apart(1)
        .auth(&["--trusted-issuer", &issuer.sign_in_setting()])
        .start()
        .await;
    let url = format!("http://{}", stack.address());
    for (name, words) in [
        ("corp", "has not signed you in"),
        ("school", "it knows: corp"),
    ] {
        let command = recipe_chat(&["client", "soup", "--url", &url, "--sign-in", name]);
        let ended = Process::start("the terminal client", command).ended().await;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}
