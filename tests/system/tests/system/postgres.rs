//! The same promises with both databases in PostgreSQL.

use system_tests::{client::new_id, postgres::Postgres, stack::Plan, timeouts::eventually};

#[tokio::test]
async fn everything_works_on_postgresql_and_survives_its_services() {
    let mut stack = Plan::apart(1).with_postgres().start().await;
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
    ada.logout(&stack.api()).await;
    client.expect_close(1008, "Session revoked").await;
}

#[tokio::test]
async fn a_database_that_hangs_is_a_service_that_is_away() {
    let stack = Plan::apart(1).with_postgres().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let postgres = stack.postgres.as_ref().unwrap();
    let backends = Backends::of(postgres.process().id());
    backends.signal("STOP");
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

/// The processes of a PostgreSQL, one for each connection.
struct Backends(Vec<String>);

impl Backends {
    fn of(parent: u32) -> Self {
        let children = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(children).unwrap();
        Self(children.split_whitespace().map(str::to_owned).collect())
    }

    fn signal(&self, signal: &str) {
        let script = format!("kill -{signal} {}", self.0.join(" "));
        std::process::Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap();
    }
}
