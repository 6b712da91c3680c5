//! What operators and other programs read: health, metrics, keys, the description of the API, the web app.

use system_tests::{stack::Plan, timeouts::eventually};

#[tokio::test]
async fn a_healthy_edge_says_so() {
    let stack = Plan::apart(1).with_redis().start().await;

    stack.api().get("/healthz").send().await.expect(200);
    eventually("readiness", async || {
        stack.api().get("/readyz").send().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn readiness_follows_auth_and_chat_and_tells_of_redis() {
    let mut stack = Plan::apart(1).with_redis().start().await;
    let api = stack.api();
    let ready = async || api.get("/readyz").send().await.status == 200;
    let unready = async || api.get("/readyz").send().await.status == 503;
    eventually("readiness", ready).await;

    stack.chat().kill().await;
    eventually("no readiness without chat", unready).await;
    stack.chat().restart().await;
    eventually("readiness with chat", ready).await;

    stack.auth().kill().await;
    eventually("no readiness without auth", unready).await;
    stack.auth().restart().await;
    eventually("readiness with auth", ready).await;

    let degraded = async || {
        let told = api.get("/readyz").send().await.expect(200).json();
        assert_eq!(told["redis"] == true, told["degraded"] == false, "{told}");
        told["degraded"] == true
    };
    stack.redis().kill().await;
    eventually("a degraded edge without Redis", degraded).await;
    api.get("/healthz").send().await.expect(200);
    stack.redis().restart().await;
    eventually("Redis again", async || !degraded().await).await;
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("hello").await;

    let answer = stack.api().get("/metrics").send().await.expect(200);

    assert!(
        answer
            .header("content-type")
            .unwrap_or_default()
            .starts_with("text/plain")
    );
    let text = answer.text();
    assert!(text.contains("# TYPE"), "{text}");
    assert!(text.contains("connections"), "{text}");
    for private in [&ada.name, &ada.id, "soup"] {
        assert!(
            !text.contains(private),
            "a label without bounds holds {private}"
        );
    }
}

#[tokio::test]
async fn the_public_keys_are_ed25519() {
    let stack = Plan::together().start().await;

    let jwks = stack
        .api()
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200)
        .json();

    let keys = jwks["keys"].as_array().expect("keys");
    assert!(!keys.is_empty());
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["crv"]),
            (&"OKP".into(), &"Ed25519".into()),
            "{key}"
        );
        assert!(key["kid"].is_string() && key["x"].is_string(), "{key}");
        assert!(key.get("d").is_none(), "a private key is published");
    }
}

#[tokio::test]
async fn the_description_names_every_call_of_the_contract() {
    let stack = Plan::together().start().await;

    let openapi = stack
        .api()
        .get("/openapi.json")
        .send()
        .await
        .expect(200)
        .json();

    assert!(openapi["openapi"].as_str().unwrap().starts_with("3."));
    for (path, method) in [
        ("/v1/auth/register", "post"),
        ("/v1/auth/login", "post"),
        ("/v1/auth/refresh", "post"),
        ("/v1/auth/logout", "post"),
        ("/v1/recipes", "get"),
        ("/v1/recipes", "post"),
        ("/v1/recipes/{id}", "get"),
        ("/.well-known/jwks.json", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    ] {
        assert!(
            openapi["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_web_app_is_at_the_root() {
    let stack = Plan::together().start().await;

    let answer = stack.api().get("/").send().await.expect(200);

    assert!(
        answer
            .header("content-type")
            .unwrap_or_default()
            .starts_with("text/html")
    );
    assert!(answer.text().to_lowercase().contains("<!doctype html>"));
    let policy = answer
        .header("content-security-policy")
        .expect("a content security policy");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn an_unknown_call_or_method_is_a_problem() {
    let stack = Plan::together().start().await;

    stack.api().get("/v1/nowhere").send().await.problem(404);
    let answer = stack.api().request("DELETE", "/v1/auth/login").send().await;
    assert_eq!(answer.status, 405);
}
