//! How the services start, and with which words they do not.

use super::*;

#[tokio::test]
async fn a_start_that_cannot_be_is_one_clear_line_and_exit_code_1() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    let sqlite = format!("sqlite:{data}/x.db");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (free, nobody) = ("127.0.0.1:0", "127.0.0.1:1");
    let http = format!("http://{nobody}");
    let postgres = format!("postgres://ada:hunter2@{nobody}/kitchen");
    let failing: [(&[&str], &[&str]); 7] = [
        (
            &["auth", "--listen", &taken, "--database-url", &sqlite],
            &["--listen", &taken, "taken"],
        ),
        (
            &["chat", "--listen", &taken, "--database-url", &sqlite],
            &["--listen", &taken, "taken"],
        ),
        (
            &[
                "up",
                "--data-dir",
                &data,
                "--edge-listen",
                &taken,
                "--auth-listen",
                free,
                "--chat-listen",
                free,
            ],
            &["--edge-listen", &taken, "taken"],
        ),
        (
            &[
                "edge",
                "--listen",
                &taken,
                "--auth-url",
                &http,
                "--chat-url",
                &http,
            ],
            &["--listen", &taken],
        ),
        (
            &[
                "auth",
                "--auth-database-wait=0s",
                "--listen",
                free,
                "--database-url",
                &postgres,
            ],
            &["--database-url", "AUTH_DATABASE_URL", nobody],
        ),
        (
            &[
                "chat",
                "--chat-database-wait=0s",
                "--listen",
                free,
                "--database-url",
                &postgres,
            ],
            &["--database-url", "CHAT_DATABASE_URL", nobody],
        ),
        (
            &[
                "auth",
                "--listen",
                free,
                "--database-url",
                "sqlite:/proc/nowhere/x.db",
            ],
            &["/proc"],
        ),
    ];
    for (arguments, parts) in failing {
        let ended = run(arguments).await;
        assert_one_clear_line(arguments, &ended, 1, parts);
    }
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_one_clear_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    let sqlite = format!("sqlite:{data}/x.db");
    let anywhere = "--listen=127.0.0.1:0";
    let http = "http://127.0.0.1:1";
    let mysql = "mysql://ada:hunter2@db/x";
    let of_up = [
        "up",
        "--edge-listen=127.0.0.1:0",
        "--auth-listen=127.0.0.1:0",
        "--chat-listen=127.0.0.1:0",
        "--data-dir",
        &data,
    ];
    let up = |flag, value| [of_up.as_slice(), &[flag, value]].concat();
    let of_edge = ["edge", anywhere, "--chat-url", http];
    let edge = |more: &[&'static str]| [of_edge.as_slice(), more].concat();
    let failing: [(Vec<&str>, &[&str]); 10] = [
        (
            vec!["auth", anywhere, "--database-url", mysql],
            &["--database-url", "AUTH_DATABASE_URL", "postgres://"],
        ),
        (
            vec!["chat", anywhere, "--database-url", mysql],
            &["--database-url", "CHAT_DATABASE_URL", "postgres://"],
        ),
        (
            vec![
                "auth",
                anywhere,
                "--database-url",
                "postgres://ada:x@db:y/x",
            ],
            &["--database-url"],
        ),
        (
            up("--auth-database-url", mysql),
            &["--auth-database-url", "AUTH_DATABASE_URL"],
        ),
        (
            up("--chat-database-url", mysql),
            &["--chat-database-url", "CHAT_DATABASE_URL"],
        ),
        (edge(&["--auth-url", "nonsense"]), &["--auth-url"]),
        (
            edge(&["--auth-url", "http://auth"]),
            &["--auth-url", "http://host:port"],
        ),
        (
            edge(&["--auth-url", http, "--redis-url", "hunter2"]),
            &["--redis-url", "REDIS_URL"],
        ),
        (
            vec![
                "chat",
                anywhere,
                "--database-url",
                &sqlite,
                "--redis-url",
                "hunter2",
            ],
            &["--redis-url", "REDIS_URL"],
        ),
        (
            vec!["auth", anywhere, "--access-ttl=1h", "--refresh-ttl=5s"],
            &["--refresh-ttl"],
        ),
    ];
    for (arguments, parts) in failing {
        let ended = run(&arguments).await;
        assert_one_clear_line(&arguments, &ended, 2, parts);
    }
}

#[tokio::test]
async fn tokens_that_do_not_outlive_the_lead_are_warned_of() {
    let stack = Plan::together()
        .auth(&["--access-ttl", "30s", "--reauth-lead", "60s"])
        .start()
        .await;
    let said = stack.edges[0].process().stderr();
    assert!(said.contains("--access-ttl is not longer than"), "{said}");

    let stack = Plan::apart(1).auth(&["--access-ttl", "30s"]).start().await;
    stack.register("ada").await;
    let edge = &stack.edges[0];
    eventually("a warning", async || {
        edge.process()
            .stderr()
            .contains("tokens do not live longer than --reauth-lead")
    })
    .await;
}

#[tokio::test]
async fn a_second_chat_service_on_the_same_sqlite_file_is_refused() {
    let mut stack = Plan::apart(1).start().await;
    let arguments = stack.chat().arguments().to_vec();
    let mut second: Vec<&str> = arguments.iter().map(String::as_str).collect();
    second.extend(["--listen", "127.0.0.1:0"]);

    let ended = run(&second).await;

    assert_one_clear_line(&second, &ended, 1, &["--database-url"]);
}

#[tokio::test]
async fn up_is_ready_within_two_seconds() {
    let mut best = STEP_TIMEOUT;
    // The best of three: the machine may be busy with other tests.
    for _ in 0..3 {
        let folder = TempDir::new().unwrap();
        let started = Instant::now();
        let data = folder.path().display().to_string();
        let arguments = [
            "up",
            "--data-dir",
            &data,
            "--auth-listen",
            "127.0.0.1:0",
            "--chat-listen",
            "127.0.0.1:0",
        ];
        let launch = Launch {
            binary: system_tests::binary::path(),
            name: "edge",
            arguments: arguments.map(str::to_owned).to_vec(),
            listen_flag: "--edge-listen",
            environment: vec![("RECIPE_CHAT_LOG".to_owned(), "info".to_owned())],
        };
        Service::start(launch).await;
        best = best.min(started.elapsed());
    }
    assert!(best < Duration::from_secs(2), "{best:?}");
}

#[tokio::test]
async fn every_service_ends_in_order_on_sigterm_sigint_and_sigquit() {
    for signal in ["TERM", "INT", "QUIT"] {
        let mut stack = Plan::apart(1).start().await;
        let SeparateServices { auth, chat, edge } = SeparateServices::of(&mut stack);
        for service in [edge, chat, auth] {
            service.process().signal(signal);
            let ended = service.ended().await;
            assert_eq!(ended.status.code(), Some(0), "{signal}: {:?}", ended.status);
        }
    }
}

/// The three services of a stack, each to be handled alone.
struct SeparateServices<'a> {
    auth: &'a mut Service,
    chat: &'a mut Service,
    edge: &'a mut Service,
}

impl<'a> SeparateServices<'a> {
    fn of(stack: &'a mut system_tests::stack::Stack) -> Self {
        Self {
            auth: stack.auth.as_mut().unwrap(),
            chat: &mut stack.chats[0],
            edge: &mut stack.edges[0],
        }
    }
}
