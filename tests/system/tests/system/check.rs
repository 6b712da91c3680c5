//! `recipe-chat check`: an operator hears what is wrong before anybody else does.

use system_tests::{
    binary::recipe_chat,
    process::{Ended, Process},
    service::Service,
    stack::{Plan, Stack},
};

/// The flags that say where everything is.
fn everything(stack: &mut Stack) -> Vec<String> {
    let database = |service: &Service| {
        let mut words = service.arguments().iter();
        words.find(|word| *word == "--database-url");
        words.next().expect("a database").clone()
    };
    [
        ("--redis-url", stack.redis().url()),
        ("--auth-database-url", database(stack.auth())),
        ("--chat-database-url", database(stack.chat())),
        ("--auth-url", stack.auth().url()),
        ("--chat-url", stack.chat().url()),
    ]
    .into_iter()
    .flat_map(|(flag, value)| [flag.to_owned(), value])
    .collect()
}

async fn check(flags: &[String], more: &[&str]) -> Ended {
    let words = flags.iter().map(String::as_str);
    let words = std::iter::once("check")
        .chain(words)
        .chain(more.iter().copied());
    let command = recipe_chat(&words.collect::<Vec<_>>());
    Process::start("check", command).ended().await
}

/// There is this to mend, and nothing else.
#[track_caller]
fn assert_to_mend(ended: &Ended, what: &str, words: &str) {
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
    let mend: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("MEND"))
        .collect();
    assert_eq!(mend.len(), 1, "{}", ended.stdout);
    assert!(mend[0].starts_with(&format!("MEND  {what}: ")), "{mend:?}");
    assert!(mend[0].contains(words), "{mend:?}");
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_told_and_nothing_else() {
    let plan = Plan::apart(1).with_redis().with_postgres();
    let mut stack = plan.start().await;
    let all = everything(&mut stack);

    let good = check(&all, &[]).await;
    assert_eq!(good.status.code(), Some(0), "{}", good.stdout);
    for (what, words) in [
        ("settings", "agree"),
        ("redis", "noeviction"),
        ("redis", "clock agrees"),
        ("auth database", "tables are there"),
        ("chat database", "clock agrees"),
        ("auth", "is healthy"),
        ("keys", "publishes the same"),
        ("chat", "is healthy"),
    ] {
        let is_told =
            |line: &str| line.starts_with(&format!("ok    {what}: ")) && line.contains(words);
        assert!(good.stdout.lines().any(is_told), "{what}: {}", good.stdout);
    }

    let late = check(&all, &["--reauth-lead", "20m"]).await;
    assert_to_mend(&late, "settings", "--reauth-lead must be shorter");

    let nowhere = "postgres://ada:hunter2@127.0.0.1:1/auth";
    let unreachable = check(&[], &["--auth-database-url", nowhere]).await;
    assert_to_mend(&unreachable, "auth database", "cannot be used");
    assert!(!unreachable.stdout.contains("hunter2"));

    let mut redis = stack.redis().connection().await;
    let mut policy = redis::cmd("CONFIG");
    policy.arg("SET").arg("maxmemory-policy").arg("allkeys-lru");
    policy.exec_async(&mut redis).await.unwrap();
    assert_to_mend(&check(&all, &[]).await, "redis", "noeviction");
    policy = redis::cmd("CONFIG");
    policy.arg("SET").arg("maxmemory-policy").arg("noeviction");
    policy.exec_async(&mut redis).await.unwrap();

    stack
        .redis()
        .tell(&["ACL", "SETUSER", "default", "-xread"])
        .await;
    assert_to_mend(
        &check(&all, &[]).await,
        "redis",
        "stream rc:revocations: NOPERM",
    );
    stack
        .redis()
        .tell(&["ACL", "SETUSER", "default", "-@scripting"])
        .await;
    let lacking = check(&all, &[]).await.stdout;
    for words in ["session schedule", "set of edges", "revocation epoch"] {
        let told = |line: &str| line.starts_with("MEND  redis") && line.contains(words);
        assert!(lacking.lines().any(told), "{words}: {lacking}");
    }
    stack
        .redis()
        .tell(&["ACL", "SETUSER", "default", "+@all"])
        .await;

    stack.auth().kill().await;
    assert_to_mend(&check(&all, &[]).await, "auth", "");
}
