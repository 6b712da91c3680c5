//! Refreshing over HTTP: by cookie and by body, once per token, and never for a foreign site.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{account::Account, stack::Plan};

use super::{assert_cookie, assert_pair, post, remembered_cookie};

#[tokio::test]
async fn a_refresh_rotates_by_cookie_and_by_body() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let login = json!({"username": ada.name, "password": ada.password});
    let answer = post(&api, "login", login).await.expect(200);
    let cookie = remembered_cookie(&api, &answer);

    let refreshed = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", &cookie)
        .send()
        .await
        .expect(200);
    assert_pair(&refreshed.json(), &ada.name);
    assert!(
        refreshed
            .json()
            .get("refresh_token")
            .is_none_or(Value::is_null)
    );
    assert_cookie(&refreshed);
    assert_ne!(remembered_cookie(&api, &refreshed), cookie);

    let fresh = ada.refresh(&api).await;
    assert_ne!(fresh.refresh_token, ada.refresh_token);
    api.get("/v1/recipes")
        .bearer(&fresh.access_token)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn two_tabs_that_refresh_together_get_the_same_successor() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;

    let (a, b, c, d) = tokio::join!(
        ada.refresh(&api),
        ada.refresh(&api),
        ada.refresh(&api),
        ada.refresh(&api)
    );
    let later = ada.refresh(&api).await;

    for other in [&b, &c, &d, &later] {
        assert_eq!(other.refresh_token, a.refresh_token);
    }
    let next: Account = a.refresh(&api).await;
    assert_ne!(next.refresh_token, a.refresh_token);
    next.refresh(&api).await;
}

#[tokio::test]
async fn a_spent_refresh_token_is_theft_once_its_grace_is_over() {
    let stack = Plan::together()
        .auth(&["--refresh-grace", "1s"])
        .start()
        .await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let fresh = ada.refresh(&api).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    for spent in [&ada, &fresh] {
        let body = json!({"refresh_token": spent.refresh_token, "refresh": "body"});
        post(&api, "refresh", body).await.problem(401);
    }
    api.get("/v1/recipes")
        .bearer(&fresh.access_token)
        .send()
        .await
        .problem(401);
}

#[tokio::test]
async fn a_refresh_without_a_good_token_is_401() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let huge = "t".repeat(5_000);

    for token in ["", "nonsense", &huge, "é"] {
        post(
            &api,
            "refresh",
            json!({"refresh_token": token, "refresh": "body"}),
        )
        .await
        .problem(401);
    }
    api.request("POST", "/v1/auth/refresh")
        .send()
        .await
        .problem(401);
    let cookie = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", "recipe_chat_refresh=nonsense");
    cookie.send().await.problem(401);
}

#[tokio::test]
async fn a_foreign_site_cannot_use_the_cookie() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let answer = post(
        &api,
        "login",
        json!({"username": ada.name, "password": ada.password}),
    )
    .await;
    let cookie = remembered_cookie(&api, &answer);

    let request = api.request("POST", "/v1/auth/refresh");
    let request = request
        .header("Cookie", &cookie)
        .header("Origin", "https://evil.example");
    let answer = request.send().await;

    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let own = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", &cookie);
    remembered_cookie(&api, &own.send().await.expect(200));
}

#[tokio::test]
async fn two_cookies_of_the_name_are_refused_and_nobody_becomes_somebody_else() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let login = async |name| {
        let account = stack.register(name).await;
        let body = json!({"username": account.name, "password": account.password});
        remembered_cookie(&api, &post(&api, "login", body).await.expect(200))
    };
    let (ada, mallory) = (login("ada").await, login("mallory").await);

    for call in ["refresh", "logout"] {
        for cookies in [format!("{mallory}; {ada}"), format!("{ada}; {ada}")] {
            let request = api.request("POST", &format!("/v1/auth/{call}"));
            let answer = request.header("Cookie", &cookies).send().await;
            let words = answer.problem(400).to_string();
            assert!(words.contains("two cookies"), "{words}");
        }
    }
    let request = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", &ada);
    remembered_cookie(&api, &request.send().await.expect(200));
}

#[tokio::test]
async fn a_session_of_an_earlier_build_goes_on_under_its_cookie() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;

    let cookie = format!("refresh_token={}", ada.refresh_token);
    let request = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", &cookie);
    let answer = request.send().await.expect(200);

    let next = remembered_cookie(&api, &answer);
    assert!(
        next.starts_with("refresh_token="),
        "an edge of that build reads it too"
    );
    let logout = api
        .request("POST", "/v1/auth/logout")
        .header("Cookie", &next);
    let answer = logout.send().await.expect(204);
    let cleared: Vec<&str> = answer.headers("set-cookie").collect();
    assert!(
        cleared
            .iter()
            .any(|cookie| cookie.starts_with("refresh_token=;")),
        "{cleared:?}"
    );
}
