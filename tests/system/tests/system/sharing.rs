//! Members, visibility and imports over HTTP.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::{Client, new_id},
    http::{Answer, Api, Request},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// How soon somebody who may not see a recipe any more is sent away.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

async fn ask(request: Request, account: &Account) -> Answer {
    request.bearer(&account.access_token).send().await
}

async fn put(api: &Api, account: &Account, path: &str, body: &Value) -> Answer {
    ask(api.request("PUT", path).json(body), account).await
}

#[tokio::test]
async fn who_is_removed_over_http_is_sent_away_from_every_edge_on_sqlite() {
    who_is_removed_is_sent_away(Plan::apart(2).with_redis()).await;
}

#[tokio::test]
async fn who_is_removed_over_http_is_sent_away_from_every_edge_on_postgresql() {
    who_is_removed_is_sent_away(Plan::apart(2).with_redis().with_postgres()).await;
}

async fn who_is_removed_is_sent_away(plan: Plan) {
    let stack = plan.start().await;
    let api = stack.api_at(0);
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let eve = stack.register("eve").await;
    let mut here = stack.join_at(0, &ada, "soup").await;
    let member = format!("/v1/recipes/soup/members/{}", bob.name);
    put(&api, &ada, &member, &json!({"role": "editor"}))
        .await
        .expect(204);
    let mut member_there = stack.join_at(1, &bob, "soup").await;
    let mut stranger_there = stack.join_at(1, &eve, "soup").await;

    let private = json!({"visibility": "private"});
    put(&api, &ada, "/v1/recipes/soup/visibility", &private)
        .await
        .expect(204);
    let close = stranger_there.until_close(1008, "Not allowed");
    within_at_most(CLOSE_TIMEOUT + SLACK, "the stranger's close", close).await;

    let shown = ask(stack.api_at(1).get("/v1/recipes/soup/members"), &bob).await;
    assert_eq!(
        shown.expect(200).json(),
        json!({
            "visibility": "private",
            "owner": {"id": ada.id, "name": ada.name},
            "members": [{"name": bob.name.to_lowercase(), "role": "editor", "joined": true}],
            "your_role": "editor",
        })
    );

    ask(api.request("DELETE", &member), &ada).await.expect(204);
    let close = member_there.until_close(1008, "Not allowed");
    within_at_most(CLOSE_TIMEOUT + SLACK, "the member's close", close).await;
    here.say("ada cooks alone").await;
}

#[tokio::test]
async fn a_new_role_or_visibility_is_told_on_every_edge_to_those_whom_it_concerns() {
    let stack = Plan::apart(2).with_redis().start().await;
    let api = stack.api_at(0);
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut owner = stack.join_at(0, &ada, "soup").await;
    let mut tab = stack.join_at(1, &bob, "soup").await;

    let member = format!("/v1/recipes/soup/members/{}", bob.name);
    put(&api, &ada, &member, &json!({"role": "viewer"}))
        .await
        .expect(204);
    let session = session_told(&mut tab).await;
    assert_eq!(session["role"], "viewer");
    assert_eq!(session["visibility"], "open");
    tab.try_say(&new_id(), "add salt").await.unwrap_err();

    let public = json!({"visibility": "public"});
    put(&api, &ada, "/v1/recipes/soup/visibility", &public)
        .await
        .expect(204);
    for (client, role) in [(&mut owner, "owner"), (&mut tab, "viewer")] {
        let session = session_told(client).await;
        assert_eq!(session["role"], role);
        assert_eq!(session["visibility"], "public");
        // What the revision before this one said was for somebody else.
        assert_eq!(client.revision(), 2);
    }
}

/// The session of the next update that has one. It answers nothing.
async fn session_told(client: &mut Client) -> Value {
    loop {
        let update = client.expect("recipe_update").await;
        if update["session"].is_object() {
            assert_eq!(update.get("in_reply_to"), None, "{update}");
            return update["session"].clone();
        }
    }
}

/// Answers everything with a page that holds a recipe.
async fn web_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let page = r#"<p>My life story.<script type="application/ld+json">{"@type":"Recipe","name":"Leek soup",
                "author":"Eve","recipeIngredient":["3 leeks"],"recipeInstructions":"Boil."}</script>"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
            // What is unread when a socket closes resets the connection.
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_page_of_the_web_is_shown_as_a_recipe_and_then_made_one() {
    let web = web_server().await;
    let allowed = format!("--import-allowed-addresses={web}");
    let stack = Plan::together().edge(&[&allowed]).start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let import = |url: String| api.post("/v1/imports", &json!({"url": url}));

    let told = ask(import(format!("http://{web}/soup")), &ada).await;
    let told = told.expect(200).json();
    assert_eq!(told["recipe"]["title"], "Leek soup");
    assert_eq!(
        told["counts"],
        json!({"ingredients": 1, "steps": 1, "tags": 0})
    );
    assert_eq!(told["left_out"], json!(["the author"]));
    assert!(!told.to_string().contains("life story"));
    let put = api
        .request("PUT", "/v1/recipes/soup")
        .json(&told["document"]);
    let made = ask(put, &ada).await.expect(201).json();
    assert_eq!(made["recipe"]["ingredients"][0]["name"], "leeks");

    let preview = api.request("PUT", "/v1/recipes/soup?preview=true");
    let preview = preview.json(&json!({"title": "Stew"}));
    let told = ask(preview, &ada).await.expect(200).json();
    assert_eq!(told["recipe"]["title"], "Stew");
    let still = ask(api.get("/v1/recipes/soup"), &ada).await.json();
    assert_eq!(still, made);

    let other_port = stack.address();
    for (url, words) in [
        ("http://169.254.169.254/latest".to_owned(), "public address"),
        (format!("http://{other_port}/readyz"), "public address"),
        ("http://93.184.215.14:8081/soup".to_owned(), "usual port"),
        ("soup".to_owned(), "write it as https://"),
    ] {
        let refused = ask(import(url), &ada).await.problem(422);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test]
async fn an_import_reaches_everybody_and_can_be_repeated() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let import = |kind: &str, body: &str| {
        api.request("PUT", "/v1/recipes/soup")
            .header("Content-Type", kind)
            .header("Idempotency-Key", &format!("key of {kind}"))
            .body(body.as_bytes())
    };
    let cooklang = "---\ntitle: Leek soup\nservings: 2\n---\nBoil the @leeks{3}.";

    let made = ask(import("text/x-cooklang", cooklang), &ada)
        .await
        .expect(201);
    assert_eq!(made.header("location"), Some("/v1/recipes/soup"));
    let mut connected = stack.join(&ada, "soup").await;
    let again = ask(import("text/x-cooklang", cooklang), &ada)
        .await
        .expect(200);
    assert_eq!(again.json(), made.json());

    let shown = ask(api.get("/v1/recipes/soup"), &ada)
        .await
        .expect(200)
        .json();
    let mut changed = shown["recipe"].clone();
    changed["title"] = "Leek and potato soup".into();
    let answer = ask(import("application/json", &changed.to_string()), &ada).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer["recipe"], changed);
    let update = connected.expect("recipe_update").await;
    assert_eq!(update["recipe"], changed);
    assert_eq!(update["revision"], 2);

    let exported = ask(api.get("/v1/recipes/soup?format=schema.org"), &ada).await;
    let exported = exported.expect(200).text();
    ask(import("application/ld+json", &exported), &ada)
        .await
        .expect(200);
    let before = ask(api.get("/v1/recipes/soup?revision=1"), &ada).await;
    assert_eq!(before.expect(200).json(), made.json());

    for (kind, body, words) in [
        (
            "application/json",
            r#"{"title": "x", "servings": "two"}"#,
            "servings",
        ),
        (
            "application/json",
            r#"{"title": "x", "steps": ["Boil."]}"#,
            "line 1",
        ),
        ("application/ld+json", "{\n}}", "line 2"),
    ] {
        let detail = ask(import(kind, body), &ada).await;
        let status = detail.status;
        assert!(matches!(status, 400 | 422), "{body}: {status}");
        let text = detail.text();
        assert!(text.contains(words), "{text}");
    }
}

/// What a person may do: nothing, read, write, own.
type Right = u8;

/// A recipe of each visibility, and one that is not there.
const RECIPES: [&str; 4] = ["open", "public", "private", "missing"];

#[tokio::test]
async fn everybody_is_answered_as_the_table_says() {
    let stack = Plan::together().start().await;
    let people = [
        (stack.register("ada").await, [3, 3, 3, 0]),
        (stack.register("bob").await, [2, 2, 2, 0]),
        (stack.register("eve").await, [1, 1, 1, 0]),
        (stack.register("mal").await, [2, 1, 0, 0]),
    ];
    prepare(&stack, &people).await;
    let zoe = format!("members/{}", stack.register("zoe").await.name);
    let calls: [(&str, &str, Option<Value>, Right); 8] = [
        ("GET", "", None, 1),
        ("GET", "?format=cooklang", None, 1),
        ("GET", "/messages", None, 1),
        ("GET", "/members", None, 1),
        ("PUT", "", Some(json!({"title": "Soup"})), 2),
        ("PUT", &zoe, Some(json!({"role": "viewer"})), 3),
        ("DELETE", &zoe, None, 3),
        ("PUT", "/visibility", None, 3),
    ];
    for (person, rights) in &people {
        for (method, path, body, needed) in &calls {
            let mut bodies = Vec::new();
            for (recipe, right) in RECIPES.into_iter().zip(*rights) {
                if recipe == "missing" && *method == "PUT" && path.is_empty() {
                    continue; // It would be created.
                }
                let body = match *path {
                    "/visibility" => Some(json!({"visibility": recipe.replace("missing", "open")})),
                    _ => body.clone(),
                };
                let path = format!("/v1/recipes/{recipe}/{path}")
                    .replace("//", "/")
                    .replace("/?", "?");
                let path = path.trim_end_matches('/');
                let request = stack.api().request(method, path);
                let request = match &body {
                    Some(body) => request.json(body),
                    None => request,
                };
                let answer = ask(request, person).await;
                let told = format!("{method} {path} by {}", person.name);
                match right {
                    0 => {
                        assert_eq!(answer.status, 404, "{told}");
                        bodies.push(answer.body);
                    }
                    right if right < *needed => assert_eq!(answer.status, 403, "{told}"),
                    _ => assert!(
                        matches!(answer.status, 200 | 204),
                        "{told}: {}",
                        answer.status
                    ),
                }
            }
            assert!(
                bodies.iter().all(|body| *body == bodies[0]),
                "{method} {path}"
            );
        }
    }
}

/// Recipes of the first person's, with the second as an editor and the third as a viewer.
async fn prepare(stack: &Stack, people: &[(Account, [Right; 4])]) {
    let api = stack.api();
    let owner = &people[0].0;
    for recipe in &RECIPES[..3] {
        let path = format!("/v1/recipes/{recipe}");
        put(&api, owner, &path, &json!({"title": "Soup"}))
            .await
            .expect(201);
        for (member, role) in [(&people[1].0, "editor"), (&people[2].0, "viewer")] {
            let path = format!("{path}/members/{}", member.name);
            put(&api, owner, &path, &json!({"role": role}))
                .await
                .expect(204);
        }
        let visibility = json!({"visibility": recipe});
        put(&api, owner, &format!("{path}/visibility"), &visibility)
            .await
            .expect(204);
    }
}
