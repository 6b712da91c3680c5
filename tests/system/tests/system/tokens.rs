//! Which tokens open a recipe, and which never do.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    client::Event,
    clock::{numeric_date, until},
    forge::{self, TokenForger},
    stack::{Plan, Stack},
};
use tokio::time::sleep;

async fn verdict(stack: &Stack, token: &str) -> Event {
    let mut client = stack.connect("soup").await;
    client.send_auth(json!({"token": token})).await;
    client.next().await
}

fn refused() -> Event {
    Event::Closed(1008, "Invalid token".to_owned())
}

#[tokio::test]
async fn every_hostile_token_is_invalid() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let forge = TokenForger::new(&stack.api(), &ada.access_token).await;
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);

    for (fault, token) in forge.hostile() {
        assert_eq!(verdict(&stack, &token).await, refused(), "{fault}");
    }
    assert!(matches!(
        verdict(&stack, &ada.access_token).await,
        Event::Message(_)
    ));
}

#[tokio::test]
async fn every_hostile_token_is_401_over_http() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let forge = TokenForger::new(&stack.api(), &ada.access_token).await;

    for (fault, token) in forge.hostile() {
        let fits_a_header = token.bytes().all(|byte| byte.is_ascii_graphic());
        if fits_a_header {
            let answer = stack.api().get("/v1/recipes").bearer(&token).send().await;
            assert_eq!(answer.status, 401, "{fault}");
        }
    }
    stack
        .api()
        .get("/v1/recipes")
        .bearer(&ada.access_token)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn an_access_token_has_the_claims_of_the_contract() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;

    let forge = TokenForger::new(&stack.api(), &ada.access_token).await;

    assert!(
        forge::is_access_token_header(forge.header()),
        "{}",
        forge.header()
    );
    let claims = forge.claims();
    for claim in ["iss", "sub", "name", "sid", "jti"] {
        assert!(claims[claim].is_string(), "{claim}: {claims}");
    }
    assert!(
        claims["aud"].is_string() || claims["aud"].is_array(),
        "{claims}"
    );
    assert_eq!(claims["sub"], ada.id.as_str());
    assert_eq!(claims["name"], ada.name.as_str());
    let life = numeric_date(&claims["exp"]) - numeric_date(&claims["iat"]);
    assert_eq!(life.whole_seconds(), 15 * 60);
}

#[tokio::test]
async fn a_token_is_dead_from_the_second_it_expires() {
    let stack = Plan::together()
        .auth(&["--access-ttl", "3s"])
        .edge(&["--reauth-lead", "1s", "--reauth-grace", "1s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);
    assert!(matches!(
        verdict(&stack, &ada.access_token).await,
        Event::Message(_)
    ));

    let expiry = numeric_date(&forge::claims(&ada.access_token)["exp"]);
    sleep(until(expiry) + Duration::from_millis(20)).await;

    assert_eq!(verdict(&stack, &ada.access_token).await, refused());
    let answer = stack
        .api()
        .get("/v1/recipes")
        .bearer(&ada.access_token)
        .send()
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_token_of_another_installation_is_invalid() {
    let stack = Plan::together().start().await;
    let other = Plan::together().start().await;
    let stranger = other.register("ada").await;

    assert_eq!(verdict(&stack, &stranger.access_token).await, refused());
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_and_the_reverse() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;

    assert_eq!(verdict(&stack, &ada.refresh_token).await, refused());
    let swapped = json!({"refresh_token": ada.access_token, "refresh": "body"});
    stack
        .api()
        .post("/v1/auth/refresh", &swapped)
        .send()
        .await
        .problem(401);
}

#[tokio::test]
async fn tokens_outlive_a_restart_of_everything() {
    let mut stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);

    stack.edges[0].restart().await;

    assert!(matches!(
        verdict(&stack, &ada.access_token).await,
        Event::Message(_)
    ));
    let keys: Value = stack
        .api()
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200)
        .json();
    assert!(!keys["keys"].as_array().unwrap().is_empty());
}
