//! The same promises with both databases in PostgreSQL.

use futures_util::future::join_all;
use system_tests::{
    binary::recipe_chat,
    client::new_id,
    postgres::Postgres,
    process::{Ended, Process},
    stack::{Plan, Stack},
    timeouts::eventually,
};

#[tokio::test]
async fn everything_works_on_postgresql_and_survives_its_services() {
    keeps_its_promises(Plan::apart(1).with_postgres()).await;
}

#[tokio::test]
async fn everything_works_behind_a_pooler_that_gives_each_transaction_another_connection() {
    let stack = keeps_its_promises(Plan::apart(1).chat_replicas(2).with_pooler("")).await;
    for service in stack.auth.iter().chain(&stack.chats) {
        let said = service.process().stderr();
        assert!(said.contains("the database is behind a pooler"), "{said}");
    }
    let url = stack.chats[0].arguments().join(" ");
    let check = ["check", "--chat-database-url"];
    let url = url.split(' ').find(|word| word.starts_with("postgres://"));
    let ended = run(&[&check[..], &[url.unwrap()]].concat()).await;
    assert!(ended.stdout.contains("its tables are there"), "{ended:?}");
    let plan = ["migrate", "--plan", "--chat-database-url"];
    let ended = run(&[&plan[..], &[url.unwrap()]].concat()).await;
    assert!(ended.stdout.contains("chat: up to date"), "{ended:?}");
}

#[tokio::test]
async fn a_pooler_that_ignores_settings_is_noticed() {
    let ignoring = "ignore_startup_parameters = options,extra_float_digits";
    let stack = keeps_its_promises(Plan::apart(1).with_pooler(ignoring)).await;
    let said = stack.chats[0].process().stderr();
    assert!(said.contains("the database is behind a pooler"), "{said}");
}

#[tokio::test]
async fn what_postgresql_says_is_told_without_a_line_of_its_source() {
    let postgres = Postgres::start().await;
    let url = format!("postgres://postgres@127.0.0.1:{}/nowhere", postgres.port());
    for service in ["auth", "chat"] {
        let ended = run(&[service, "--listen=127.0.0.1:0", "--database-url", &url]).await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let said = ended.stderr;
        assert!(
            said.contains("database \"nowhere\" does not exist"),
            "{said}"
        );
        assert!(!said.contains("at line"), "{said}");
    }
}

async fn run(arguments: &[&str]) -> Ended {
    let mut process = Process::start("recipe-chat", recipe_chat(arguments));
    process.ended().await
}

async fn keeps_its_promises(plan: Plan) -> Stack {
    let mut stack = plan.start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let id = new_id();
    client.try_say(&id, "add 3 leeks").await.unwrap();

    stack.chat().restart().await;
    stack.auth().restart().await;
    let ada = ada.refresh(&stack.api()).await;
    stack.edges[0].restart().await;
    // The chat service asks for the public keys anew.
    eventually("a chat service that knows tokens again", async || {
        let recipe = stack
            .api()
            .get("/v1/recipes/soup")
            .bearer(&ada.access_token);
        recipe.send().await.status == 200
    })
    .await;

    let mut client = stack.join(&ada, "soup").await;
    assert_eq!(client.revision(), 1);
    let again = client.try_say(&id, "add 3 leeks").await.unwrap();
    assert_eq!(again["message"]["revision"], 1);
    assert_eq!(
        client.try_say(&id, "add 4 leeks").await.unwrap_err()["code"],
        "conflict"
    );
    let update = client.say("double it").await;
    assert_eq!(update["recipe"]["ingredients"][0]["quantity"], "6");
    many_write_at_once(&stack).await;
    ada.logout(&stack.api()).await;
    client.expect_close(1008, "Session revoked").await;
    stack
}

/// More recipes than a pooler has connections, so that transactions of all kinds meet on each.
async fn many_write_at_once(stack: &Stack) {
    let writing = (0..8).map(|number| async move {
        let cook = stack.register("cook").await;
        let mut client = stack.join(&cook, &format!("soup-{number}")).await;
        for count in 1..=5 {
            let update = client.say(&format!("add {count} carrots")).await;
            assert_eq!(update["message"]["revision"], count, "{update}");
        }
    });
    join_all(writing).await;
}

#[tokio::test]
async fn a_database_that_hangs_is_a_service_that_is_away() {
    let stack = Plan::apart(1).with_postgres().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let postgres = stack.postgres.as_ref().unwrap();
    let backends = Backends::stop(postgres.process().id());
    let id = new_id();

    let error = client.try_say(&id, "add 3 leeks").await.unwrap_err();
    backends.signal("CONT");

    assert_eq!(error["code"], "unavailable", "{error}");
    loop {
        match client.try_say(&id, "add 3 leeks").await {
            Ok(update) => {
                assert_eq!(update["message"]["revision"], 1);
                break;
            }
            Err(error) => assert_eq!(error["code"], "unavailable", "{error}"),
        }
    }
}

#[tokio::test]
async fn the_pool_of_connections_is_measured() {
    let postgres = Postgres::start().await;
    let auth = postgres.database("auth").await;
    let chat = postgres.database("chat").await;
    let databases = ["--auth-database-url", &auth, "--chat-database-url", &chat];
    let stack = Plan::together().auth(&databases).start().await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await.say("add 3 leeks").await;

    let metrics = stack.api().get("/metrics").send().await.expect(200).text();

    let sum = |name: &str, label: &str| {
        let lines = metrics.lines();
        let lines = lines.filter(|line| line.starts_with(name) && line.contains(label));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum::<f64>()
    };
    for schema in ["schema=\"recipe_chat_auth\"", "schema=\"recipe_chat_chat\""] {
        let (open, most) = (
            sum("database_pool_connections{", schema),
            sum("database_pool_max_connections{", schema),
        );
        assert!(open >= 1.0 && open <= most, "{open} of {most}\n{metrics}");
    }
    let method = "method=\"recipechat.auth.v1.AuthService/ValidateToken\"";
    assert!(sum("grpc_client_calls_total{", method) >= 1.0, "{metrics}");
}

/// A PostgreSQL server and its processes, one for each connection.
struct Backends(Vec<String>);

impl Backends {
    /// Stops the server and then its backends: one that runs would give the pool new ones.
    fn stop(server: u32) -> Self {
        let alone = Self(vec![server.to_string()]);
        alone.signal("STOP");
        let children = format!("/proc/{server}/task/{server}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let all = Self(
            [
                alone.0,
                children.split_whitespace().map(str::to_owned).collect(),
            ]
            .concat(),
        );
        all.signal("STOP");
        all
    }

    fn signal(&self, signal: &str) {
        let script = format!("kill -{signal} {}", self.0.join(" "));
        std::process::Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap();
    }
}
