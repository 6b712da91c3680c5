//! Accounts over HTTP: registering, signing in, and what each refuses.

mod refresh;

use serde_json::{Value, json};
use system_tests::{
    account::new_password,
    http::{Answer, Api},
    stack::Plan,
};

async fn post(api: &Api, call: &str, body: Value) -> Answer {
    if let Some(password) = body["password"].as_str() {
        api.canary().remember(password);
    }
    let answer = api.post(&format!("/v1/auth/{call}"), &body).send().await;
    for token in ["access_token", "refresh_token"] {
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        api.canary()
            .remember(told[token].as_str().unwrap_or_default());
    }
    answer
}

#[track_caller]
fn assert_pair(pair: &Value, name: &str) {
    assert_eq!(pair["token_type"], "Bearer");
    assert_eq!(pair["expires_in"], 900);
    assert_eq!(pair["user"]["name"], name);
    assert!(pair["user"]["id"].is_string());
    assert!(pair["access_token"].is_string());
}

#[track_caller]
fn assert_cookie(answer: &Answer) {
    let cookie = answer.header("set-cookie").expect("a cookie");
    let attributes: Vec<&str> = cookie.split(';').skip(1).map(str::trim).collect();
    for wanted in ["HttpOnly", "SameSite=Strict", "Path=/v1/auth"] {
        assert!(
            attributes.contains(&wanted),
            "{wanted} is not among {attributes:?}"
        );
    }
    assert!(
        !attributes.contains(&"Secure"),
        "over plain HTTP a Secure cookie would never come back"
    );
    assert!(
        !attributes
            .iter()
            .any(|attribute| attribute.starts_with("Domain")),
        "{attributes:?}"
    );
}

/// The refresh cookie as it is sent back.
fn remembered_cookie(api: &Api, answer: &Answer) -> String {
    let cookie = answer
        .header("set-cookie")
        .expect("a cookie")
        .split(';')
        .next()
        .unwrap_or_default();
    api.canary()
        .remember(cookie.split_once('=').map_or("", |(_, secret)| secret));
    api.canary()
        .remember(answer.json()["access_token"].as_str().unwrap_or_default());
    cookie.to_owned()
}

#[tokio::test]
async fn registering_and_signing_in_give_a_pair_with_the_refresh_token_in_a_cookie() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let body = json!({"username": "ada", "password": new_password(&api)});

    for (call, status) in [("register", 201), ("login", 200)] {
        let answer = post(&api, call, body.clone()).await.expect(status);
        assert_pair(&answer.json(), "ada");
        assert!(
            answer
                .json()
                .get("refresh_token")
                .is_none_or(Value::is_null)
        );
        assert_cookie(&answer);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_tells_that_the_cookie_goes_over_tls() {
    for (trusted, secure) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let flags = ["--trusted-proxies", trusted];
        let stack = Plan::together().edge(&flags).start().await;
        let api = stack.api();
        let body = json!({"username": "ada", "password": new_password(&api)});

        let request = api.post("/v1/auth/register", &body);
        let answer = request.header("X-Forwarded-Proto", "https").send().await;

        let cookie = answer.header("set-cookie").expect("a cookie");
        let (_, secret) = cookie.split_once('=').expect("a named cookie");
        api.canary()
            .remember(secret.split(';').next().unwrap_or_default());
        assert_eq!(cookie.contains("; Secure"), secure, "{trusted}");
        let (prefix, path) = match secure {
            true => ("__Host-recipe_chat_refresh=", "; Path=/;"),
            false => ("recipe_chat_refresh=", "; Path=/v1/auth;"),
        };
        assert!(cookie.starts_with(prefix) && cookie.contains(path));
    }
}

#[tokio::test]
async fn a_device_that_was_in_before_gets_in_while_strangers_guess() {
    let flags = ["--sign-in-failures-per-account", "3"];
    let proxy = ["--trusted-proxies", "127.0.0.0/8"];
    let stack = Plan::together().auth(&flags).edge(&proxy).start().await;
    let api = stack.api();
    let body = json!({"username": "ada", "password": new_password(&api)});
    let post_from = async |address: &str, call: &str, body: &Value, cookie: &str| {
        let request = api.post(&format!("/v1/auth/{call}"), body);
        let request = request.header("X-Forwarded-For", address);
        request.header("Cookie", cookie).send().await
    };
    let answer = post_from("192.0.2.1", "register", &body, "")
        .await
        .expect(201);
    remembered_cookie(&api, &answer);
    let device = answer.headers("set-cookie").find_map(|cookie| {
        let cookie = cookie.split(';').next()?;
        cookie
            .starts_with("recipe_chat_refresh_device=")
            .then(|| cookie.to_owned())
    });
    let device = device.expect("a device cookie");
    let guess = json!({"username": "ada", "password": new_password(&api)});
    for last in 1..=3 {
        let address = format!("203.0.113.{last}");
        post_from(&address, "login", &guess, "").await.problem(401);
    }

    post_from("198.51.100.1", "login", &body, "")
        .await
        .problem(429);
    for (address, cookie) in [("192.0.2.1", ""), ("198.51.100.1", device.as_str())] {
        let answer = post_from(address, "login", &body, cookie).await.expect(200);
        remembered_cookie(&api, &answer);
    }
}

#[tokio::test]
async fn every_refusal_is_one_event_that_names_the_request_and_hides_the_account() {
    let mut stack = Plan::apart(1)
        .log("info")
        .edge(&["--sign-in-rate", "3"])
        .start()
        .await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let wrong = json!({"username": ada.name, "password": new_password(&api)});
    let mut ids = Vec::new();
    for status in [401, 401, 429] {
        let answer = api.post("/v1/auth/login", &wrong).send().await;
        ids.push(answer.header("x-request-id").unwrap().to_owned());
        answer.problem(status);
    }
    let refresh = json!({"refresh_token": "rcr_nonsense"});
    let answer = api.post("/v1/auth/refresh", &refresh).send().await;
    ids.push(answer.header("x-request-id").unwrap().to_owned());
    answer.problem(401);
    let answer = api.get("/v1/recipes").bearer("nonsense").send().await;
    ids.push(answer.header("x-request-id").unwrap().to_owned());
    answer.problem(401);
    let foreign = api.post("/v1/auth/login", &wrong);
    let foreign = foreign.header("Origin", "https://evil.example");
    let answer = foreign.send().await;
    ids.push(answer.header("x-request-id").unwrap().to_owned());
    answer.problem(403);

    let logs = [
        stack.auth().process().stderr(),
        stack.edges[0].process().stderr(),
    ]
    .concat();
    let events: Vec<&str> = logs
        .lines()
        .filter(|line| line.contains("refused"))
        .collect();
    for (id, reason) in ids.iter().zip([
        "bad_credentials",
        "bad_credentials",
        "address_rate",
        "unknown",
        "invalid_token",
        "origin",
    ]) {
        let of_this: Vec<_> = events
            .iter()
            .filter(|line| line.contains(id.as_str()))
            .collect();
        let [event] = of_this.as_slice() else {
            panic!("{id} has {of_this:?}");
        };
        assert!(
            event.contains(reason) && event.contains("127.0.0.1"),
            "{event}"
        );
        assert!(!event.contains(&ada.name), "{event}");
    }
}

#[tokio::test]
async fn a_program_gets_the_refresh_token_in_the_body() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let body = json!({"username": "ada", "password": new_password(&api), "refresh": "body"});

    let answer = post(&api, "register", body).await.expect(201);

    assert!(
        answer.json()["refresh_token"].as_str().unwrap().len() >= 43,
        "256 bits"
    );
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let password = new_password(&api);
    post(
        &api,
        "register",
        json!({"username": "Ada.L_1-2", "password": password}),
    )
    .await
    .expect(201);

    for name in ["Ada.L_1-2", "ada.l_1-2", "ADA.L_1-2"] {
        let again = json!({"username": name, "password": new_password(&api)});
        post(&api, "register", again).await.problem(409);
    }
    post(
        &api,
        "login",
        json!({"username": "ADA.l_1-2", "password": password}),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn a_weak_password_or_a_bad_name_is_422() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let good = new_password(&api);
    let (long_name, long_password) = ("n".repeat(65), "p".repeat(257));
    let bad = [
        ("ada", "1234567"),
        ("ada", ""),
        ("ada", long_password.as_str()),
        ("", good.as_str()),
        ("a b", &good),
        ("ada!", &good),
        ("ådå", &good),
        ("ada\n", &good),
        (&long_name, &good),
    ];
    for (name, password) in bad {
        let body = json!({"username": name, "password": password});
        let answer = api.post("/v1/auth/register", &body).send().await;
        assert_eq!(
            answer.status,
            422,
            "{name:?} with {} characters",
            password.len()
        );
        answer.problem(422);
    }
    for common in [
        "password",
        "12345678",
        "aaaaaaaa",
        "        ",
        "PassWord123",
    ] {
        let body = json!({"username": "ada", "password": common});
        let answer = api.post("/v1/auth/register", &body).send().await;
        let problem = answer.problem(422);
        let words = problem["detail"].as_str().unwrap();
        assert!(words.contains("commonest"), "{words}");
    }
    let eight = json!({"username": "n".repeat(64), "password": "brownies"});
    api.post("/v1/auth/register", &eight)
        .send()
        .await
        .expect(201);
}

#[tokio::test]
async fn a_body_that_is_none_of_ours_is_a_problem_of_the_client() {
    let stack = Plan::together().start().await;
    let bodies = [
        "",
        "nonsense",
        "[]",
        "{}",
        "{\"username\":7,\"password\":8}",
        "{\"username\":\"ada\"}",
    ];
    for call in ["register", "login"] {
        for body in bodies {
            let request = stack.api().request("POST", &format!("/v1/auth/{call}"));
            let request = request
                .header("Content-Type", "application/json")
                .body(body.as_bytes());
            let answer = request.send().await;
            assert!(
                matches!(answer.status, 400 | 422),
                "{call} {body:?}: {}",
                answer.status
            );
            let status = answer.status;
            answer.problem(status);
        }
    }
    let huge = json!({"username": "ada", "password": "p".repeat(4 << 20)});
    let answer = stack.api().post("/v1/auth/register", &huge).send().await;
    assert!(matches!(answer.status, 413 | 422), "{}", answer.status);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_sound_the_same() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let wrong_password = json!({"username": ada.name, "password": new_password(&api)});
    let wrong_name = json!({"username": "nobody", "password": ada.password});

    let left = post(&api, "login", wrong_password).await;
    let right = post(&api, "login", wrong_name).await;

    assert_eq!(left.header("content-type"), right.header("content-type"));
    let (left, right) = (left.problem(401), right.problem(401));
    assert!(
        left.to_string().contains("Invalid username or password"),
        "{left}"
    );
    assert_eq!(left, right);
}

/// How many passwords the auth service has hashed or verified so far.
async fn hashes(api: &Api) -> f64 {
    let metrics = api.get("/metrics").send().await.expect(200).text();
    let count = metrics.lines().find_map(|line| {
        let line = line.strip_prefix("auth_password_hash_duration_seconds_count")?;
        line.rsplit(' ').next()?.parse().ok()
    });
    count.expect("a count of password hashes")
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_cost_the_same_work() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    for name in [ada.name.as_str(), "nobody", "no such name!"] {
        let before = hashes(&api).await;
        let body = json!({"username": name, "password": new_password(&api)});
        post(&api, "login", body).await.problem(401);
        assert!((hashes(&api).await - before - 1.0).abs() < 0.5, "{name}");
    }
}

#[tokio::test]
async fn sign_ins_are_limited_per_address() {
    let stack = Plan::together()
        .edge(&["--sign-in-rate", "5"])
        .start()
        .await;
    let api = stack.api();
    let mut limited = None;
    for number in 0..12 {
        let body = json!({"username": "nobody", "password": new_password(&api)});
        let answer = post(&api, "login", body).await;
        if answer.status == 429 {
            limited = Some((number, answer));
            break;
        }
        answer.problem(401);
    }

    let (allowed, answer) = limited.expect("twelve sign-ins at once are too many");
    assert!(allowed >= 5, "only {allowed} were allowed");
    let wait = answer
        .header("retry-after")
        .and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(
        wait.is_some_and(|seconds| (1..=60).contains(&seconds)),
        "{wait:?}"
    );
    answer.problem(429);
}

#[tokio::test]
async fn the_addresses_of_one_ipv6_network_share_the_limit_of_sign_ins() {
    let flags = ["--sign-in-rate", "5", "--trusted-proxies", "127.0.0.0/8"];
    let stack = Plan::together().edge(&flags).start().await;
    let api = stack.api();
    let sign_in = async |address: String| {
        let body = json!({"username": "nobody", "password": new_password(&api)});
        let request = api.post("/v1/auth/login", &body);
        let answer = request.header("X-Forwarded-For", &address).send().await;
        answer.status
    };

    let mut statuses = Vec::new();
    for host in 1..=12 {
        statuses.push(sign_in(format!("2001:db8:1:2::{host}")).await);
    }

    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(sign_in("2001:db8:1:3::1".to_owned()).await, 401);
}
