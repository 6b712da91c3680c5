//! Recipes over HTTP: making, listing and reading them.

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    http::{Answer, Api},
    stack::Plan,
};

async fn create(api: &Api, account: &Account, recipe: Value) -> Answer {
    api.post("/v1/recipes", &recipe)
        .bearer(&account.access_token)
        .send()
        .await
}

async fn read(api: &Api, account: &Account, path: &str) -> Answer {
    api.get(&format!("/v1/recipes{path}"))
        .bearer(&account.access_token)
        .send()
        .await
}

#[tokio::test]
async fn a_recipe_is_created_once() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let recipe = json!({"id": "pea-soup", "title": "Pea soup"});

    let made = create(&api, &ada, recipe.clone()).await.expect(201).json();

    assert!(made.to_string().contains("pea-soup"), "{made}");
    assert!(made.to_string().contains("Pea soup"), "{made}");
    create(&api, &ada, recipe.clone()).await.problem(409);
    create(&api, &bob, recipe).await.problem(409);
}

#[tokio::test]
async fn a_recipe_without_an_id_gets_one() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;

    let made = create(&stack.api(), &ada, json!({"title": "Pea soup"}))
        .await
        .expect(201)
        .json();

    let id = made["id"]
        .as_str()
        .or(made["recipe_id"].as_str())
        .expect("an id");
    read(&stack.api(), &ada, &format!("/{id}"))
        .await
        .expect(200)
        .json();
}

#[tokio::test]
async fn what_makes_no_recipe_is_refused() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let long = "i".repeat(65);
    for recipe in [
        json!({"id": "a b", "title": "x"}),
        json!({"id": "../x", "title": "x"}),
        json!({"id": long, "title": "x"}),
        json!({"id": "x", "title": "t".repeat(201)}),
        json!({"id": 7, "title": "x"}),
        json!({"id": "x", "title": 7}),
        json!([]),
    ] {
        let answer = create(&stack.api(), &ada, recipe.clone()).await;
        assert!(
            matches!(answer.status, 400 | 422),
            "{recipe}: {}",
            answer.status
        );
        let status = answer.status;
        answer.problem(status);
    }
}

#[tokio::test]
async fn the_list_has_what_one_owns_or_has_joined() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    create(&api, &ada, json!({"id": "adas-soup", "title": "Soup"}))
        .await
        .expect(201)
        .json();
    create(&api, &bob, json!({"id": "bobs-bread", "title": "Bread"}))
        .await
        .expect(201)
        .json();
    stack.join(&ada, "joined-by-ada").await;

    let list = read(&api, &ada, "").await.expect(200).json().to_string();

    assert!(
        list.contains("adas-soup") && list.contains("joined-by-ada"),
        "{list}"
    );
    assert!(!list.contains("bobs-bread"), "{list}");
}

#[tokio::test]
async fn a_recipe_can_be_read_in_three_forms() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "pancakes").await;
    client.say("add 1 1/2 cups flour").await;
    client.say("add step: Whisk the flour.").await;

    let plain = read(&api, &ada, "/pancakes").await.expect(200);
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!(plain.json()["revision"], 2);
    assert!(plain.text().contains("flour"), "{}", plain.text());

    let cooklang = read(&api, &ada, "/pancakes?format=cooklang")
        .await
        .expect(200);
    assert!(
        cooklang
            .header("content-type")
            .unwrap_or_default()
            .starts_with("text/")
    );
    assert!(cooklang.text().contains("@flour{"), "{}", cooklang.text());

    let linked = read(&api, &ada, "/pancakes?format=schema.org")
        .await
        .expect(200);
    assert!(
        linked
            .header("content-type")
            .unwrap_or_default()
            .starts_with("application/ld+json")
    );
    let linked = linked.json();
    assert_eq!(linked["@type"], "Recipe");
    assert!(linked["@context"].as_str().unwrap().contains("schema.org"));
    assert!(
        linked["recipeIngredient"][0]
            .as_str()
            .unwrap()
            .contains("flour")
    );
}

#[tokio::test]
async fn an_unknown_recipe_or_format_is_told_so() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await;

    read(&api, &ada, "/nowhere").await.problem(404);
    let status = read(&api, &ada, "/soup?format=pdf").await.status;
    assert!(matches!(status, 400 | 406 | 422), "{status}");
    for id in ["a.b", "%00", "..%2f", &"a".repeat(65)] {
        let status = read(&api, &ada, &format!("/{id}")).await.status;
        assert!(matches!(status, 400 | 404 | 422), "{id}: {status}");
    }
}

#[tokio::test]
async fn recipes_are_for_those_who_are_signed_in() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await;

    for path in [
        "/v1/recipes",
        "/v1/recipes/soup",
        "/v1/recipes/soup?format=cooklang",
        "/v1/recipes/nowhere",
    ] {
        api.get(path).send().await.problem(401);
        api.get(path)
            .header("Authorization", "Bearer")
            .send()
            .await
            .problem(401);
        api.get(path)
            .header("Authorization", "Basic YTpi")
            .send()
            .await
            .problem(401);
        let as_query = format!(
            "{path}{}access_token={}",
            if path.contains('?') { '&' } else { '?' },
            ada.access_token
        );
        api.get(&as_query).send().await.problem(401);
        api.get(path)
            .header("Cookie", &format!("access_token={}", ada.access_token))
            .send()
            .await
            .problem(401);
    }
    let made = api.post("/v1/recipes", &json!({"title": "x"})).send().await;
    made.problem(401);
}
