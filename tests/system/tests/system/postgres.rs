//! The same promises with both databases in PostgreSQL.

use system_tests::{client::new_id, stack::Plan, timeouts::eventually};

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
