//! Share links, public pages, lists, copies and the end of recipes, over HTTP and WebSocket, on both databases.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::Client,
    http::{Answer, Api, Request},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};

/// How soon everybody is shown out of a recipe that is deleted.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

async fn ask(request: Request, account: &Account) -> Answer {
    request.bearer(&account.access_token).send().await
}

async fn create(api: &Api, account: &Account, recipe: &Value) -> String {
    let made = ask(api.post("/v1/recipes", recipe), account)
        .await
        .expect(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn share(api: &Api, account: &Account, recipe: &str, role: &str) -> (String, String) {
    let links = format!("/v1/recipes/{recipe}/links");
    let made = ask(api.post(&links, &json!({"role": role})), account).await;
    let made = made.expect(201).json();
    let url = made["url"].as_str().unwrap();
    let (base, token) = url.rsplit_once("/i/").unwrap();
    assert_eq!(base, format!("http://{}", api.address()));
    api.canary().remember(token);
    (token.to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn who_has_a_link_becomes_a_member_until_it_is_taken_back_on_sqlite() {
    links_lead_in(&Plan::together().start().await).await;
}

#[tokio::test]
async fn who_has_a_link_becomes_a_member_until_it_is_taken_back_on_postgres() {
    links_lead_in(&Plan::apart(1).with_postgres().start().await).await;
}

async fn links_lead_in(stack: &Stack) {
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let soup = create(&api, &ada, &json!({"title": "Leek <b>soup</b>"})).await;
    let mut owner = stack.connect(&soup).await;
    owner.auth(&ada.access_token).await;
    let (token, link) = share(&api, &ada, &soup, "editor").await;

    let address = format!("/v1/links/{token}");
    let told = api.get(&address).send().await.expect(200);
    assert_eq!(told.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(
        told.json(),
        json!({"title": "Leek <b>soup</b>", "by": ada.name, "role": "editor"})
    );
    let page = api.get(&format!("/i/{token}")).send().await.expect(200);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(page.text().contains("Leek &lt;b&gt;soup&lt;/b&gt;"));
    api.post(&address, &json!({})).send().await.problem(401);

    for _ in 0..2 {
        let accepted = ask(api.post(&address, &json!({})), &bob).await.expect(200);
        assert_eq!(
            accepted.json(),
            json!({"recipe_id": soup, "role": "editor"})
        );
    }
    let came = owner.expect("recipe_update").await;
    assert_eq!(came["message"]["author"]["id"], bob.id.as_str());
    let mut guest = stack.connect(&soup).await;
    let welcome = guest.auth(&bob.access_token).await;
    assert_eq!(welcome["session"]["role"], "editor");
    assert_eq!(guest.say("add 2 leeks").await["revision"], 2);

    let links = format!("/v1/recipes/{soup}/links");
    ask(api.get(&links), &bob).await.problem(403);
    let listed = ask(api.get(&links), &ada).await.expect(200);
    assert!(!listed.text().contains(&token), "it is told once");
    let one = api.request("DELETE", &format!("{links}/{link}"));
    ask(one, &ada).await.expect(204);
    api.get(&address).send().await.problem(404);
    let eve = stack.register("eve").await;
    ask(api.post(&address, &json!({})), &eve).await.problem(404);
    guest.say("still a member").await;
}

#[tokio::test]
async fn two_strangers_each_have_their_own_pancakes_on_sqlite() {
    pancakes_of_two_strangers(&Plan::together().start().await).await;
}

#[tokio::test]
async fn two_strangers_each_have_their_own_pancakes_on_postgres() {
    pancakes_of_two_strangers(&Plan::apart(1).with_postgres().start().await).await;
}

async fn pancakes_of_two_strangers(stack: &Stack) {
    let api = stack.api();
    let (ada, eve) = (stack.register("ada").await, stack.register("eve").await);
    let named = json!({"title": "Pancakes"});
    let hers = create(&api, &ada, &named).await;
    let others = create(&api, &eve, &named).await;
    assert_ne!(hers, others);

    for (owner, own, foreign, says) in [
        (&ada, &hers, &others, "add 2 eggs"),
        (&eve, &others, &hers, "add 3 leeks"),
    ] {
        let mut client = stack.connect(own).await;
        let welcome = client.auth(&owner.access_token).await;
        assert_eq!(welcome["session"]["role"], "owner");
        assert_eq!(client.say(says).await["revision"], 1);
        let path = format!("/v1/recipes/{foreign}");
        ask(api.get(&path), owner).await.problem(404);
        let mut stranger = stack.connect(foreign).await;
        stranger
            .send_auth(json!({"token": owner.access_token}))
            .await;
        stranger.expect_close(1008, "Not allowed").await;
        let list = ask(api.get("/v1/recipes"), owner).await.expect(200).json();
        let listed = list["recipes"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{list}");
        assert_eq!(listed[0]["id"], own.as_str());
    }
}

#[tokio::test]
async fn a_deleted_recipe_is_gone_on_every_edge_and_replica() {
    let stack = Plan::apart(2)
        .chat_replicas(2)
        .with_postgres()
        .with_redis()
        .start()
        .await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut owner = stack.join_at(0, &ada, "soup").await;
    let mut guest = stack.join_at(1, &bob, "soup").await;
    guest.say("add 2 leeks").await;
    let delete = || stack.api_at(0).request("DELETE", "/v1/recipes/soup");
    ask(delete(), &bob).await.problem(403);

    ask(delete(), &ada).await.expect(204);
    for client in [&mut owner, &mut guest] {
        let close = client.until_close(1008, "Not allowed");
        within_at_most(CLOSE_TIMEOUT + SLACK, "the close", close).await;
        assert_eq!(client.closing().unwrap()["action"], "stop");
    }
    for (edge, who) in [(0, &ada), (1, &bob)] {
        let api = stack.api_at(edge);
        ask(api.get("/v1/recipes/soup"), who).await.problem(404);
        let again = json!({"id": "soup", "title": "Soup"});
        ask(api.post("/v1/recipes", &again), who).await.problem(409);
        let list = ask(api.get("/v1/recipes"), who).await.expect(200);
        assert_eq!(list.json(), json!({"recipes": []}));
    }
    ask(delete(), &ada).await.problem(404);
}

#[tokio::test]
async fn everybody_reads_a_public_recipe_and_nothing_of_its_conversation() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let soup = create(&api, &ada, &json!({"title": "Soup & </script>"})).await;
    let mut client = stack.connect(&soup).await;
    client.auth(&ada.access_token).await;
    client.say("add 2 leeks").await;
    client.say("a secret between us").await;
    let (page, recipe) = (format!("/p/{soup}"), format!("/v1/recipes/{soup}"));
    api.get(&page).send().await.problem(404);
    api.get(&recipe).send().await.problem(401);

    client.say("/public").await;
    let shown = api.get(&page).send().await.expect(200);
    assert_eq!(shown.header("cache-control"), Some("public, max-age=60"));
    let text = shown.text();
    for part in [
        "2 leeks",
        "og:title",
        "application/ld+json",
        "Soup &amp; &lt;/script&gt;",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for private in ["secret", &ada.name, &ada.id] {
        assert!(!text.contains(private), "{private}");
    }
    assert_eq!(text.matches("</script>").count(), 1);
    let etag = shown.header("etag").unwrap().to_owned();
    let again = api.get(&page).header("If-None-Match", &etag).send().await;
    assert_eq!(again.expect(304).header("etag"), Some(etag.as_str()));
    let json = api.get(&recipe).send().await.expect(200).json();
    assert_eq!(json["recipe"]["ingredients"][0]["name"], "leeks");

    client.say("/private").await;
    api.get(&page).send().await.problem(404);
}

#[tokio::test]
async fn recipes_are_listed_by_page_found_by_words_and_copied_on_sqlite() {
    lists_and_copies(&Plan::together().start().await).await;
}

#[tokio::test]
async fn recipes_are_listed_by_page_found_by_words_and_copied_on_postgres() {
    lists_and_copies(&Plan::apart(1).with_postgres().start().await).await;
}

async fn lists_and_copies(stack: &Stack) {
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    for title in ["Soup", "Bread", "Pie"] {
        create(&api, &ada, &json!({"title": title})).await;
    }
    let soup = stack.join(&bob, "stew").await;
    soup.leave().await;
    let mut client = stack.join(&ada, "stew").await;
    client.say("add 3 vanilla pods").await;
    let list = async |query: &str| {
        let answer = ask(api.get(&format!("/v1/recipes{query}")), &ada).await;
        answer.expect(200).json()
    };

    let stew = list("?query=VANIL").await;
    assert_eq!(stew["recipes"].as_array().unwrap().len(), 1);
    let stew = &stew["recipes"][0];
    assert_eq!(stew["owner"]["name"], bob.name.as_str());
    assert_eq!(stew["changed_by"]["name"], ada.name.as_str());
    assert_eq!(stew["role"], "editor");
    assert_eq!(stew["servings"], 4);
    assert_eq!(stew["first_ingredients"], json!(["vanilla pods"]));
    assert_eq!(stew["people"], json!([]));
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("?limit=3&cursor={cursor}")).await;
        for recipe in page["recipes"].as_array().unwrap() {
            titles.push(recipe["title"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(titles, ["Stew", "Pie", "Bread", "Soup"]);
    ask(api.get("/v1/recipes?cursor=nonsense"), &ada)
        .await
        .problem(422);

    let copy = json!({"title": "My stew"});
    let copied = ask(api.post("/v1/recipes/stew/copy", &copy), &ada).await;
    let copied = copied.expect(201).json();
    assert_eq!(copied["recipe"]["title"], "My stew");
    assert_eq!(copied["recipe"]["ingredients"][0]["name"], "vanilla pods");
    assert_eq!(copied["revision"], 0);
    let path = format!("/v1/recipes/{}", copied["id"].as_str().unwrap());
    ask(api.get(&path), &bob).await.problem(404);
    let leave = api.request("DELETE", "/v1/recipes/stew/members/me");
    ask(leave, &ada).await.expect(204);
    let found = list("?query=vanilla").await;
    assert_eq!(found["recipes"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["recipes"][0]["title"], "My stew");
}

#[tokio::test]
async fn one_address_asks_for_public_recipes_and_invitations_at_a_pace() {
    let flags = ["--anonymous-rate", "4", "--trusted-proxies", "127.0.0.0/8"];
    let stack = Plan::together().edge(&flags).start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let soup = json!({"title": "Soup", "visibility": "public"});
    let soup = create(&api, &ada, &soup).await;
    let (token, _) = share(&api, &ada, &soup, "viewer").await;
    let from = |address: &'static str, path: &str| {
        let request = api.get(path).header("X-Forwarded-For", address);
        async move { request.send().await }
    };

    let public = format!("/v1/recipes/{soup}");
    let paths = [
        format!("/p/{soup}"),
        public.clone(),
        format!("/v1/links/{token}"),
        "/p/nothing-is-here".to_owned(),
    ];
    for (path, status) in paths.iter().zip([200, 200, 200, 404]) {
        assert_eq!(from("192.0.2.1", path).await.status, status, "{path}");
    }
    for path in &paths {
        let refused = from("192.0.2.1", path).await;
        assert!(refused.header("retry-after").is_some(), "{path}");
        refused.problem(429);
    }
    // The app itself comes all the same, only without the words for those who show the address.
    let invited = from("192.0.2.1", &format!("/i/{token}")).await.expect(200);
    assert!(!invited.text().contains("Soup"));
    let elsewhere = from("198.51.100.1", &public).await;
    assert_eq!(elsewhere.status, 200);
    let signed_in = api.get(&public).header("X-Forwarded-For", "192.0.2.1");
    ask(signed_in, &ada).await.expect(200);
}

#[tokio::test]
async fn every_quota_has_a_flag() {
    let flags = [
        ["--recipes-per-user", "2"],
        ["--links-per-user", "1"],
        ["--members-per-recipe", "1"],
        ["--members-per-user", "1"],
        ["--ingredients-per-recipe", "2"],
        ["--steps-per-recipe", "1"],
        ["--bytes-per-recipe", "4000"],
    ];
    let stack = Plan::apart(1).chat(flags.as_flattened()).start().await;
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let eve = stack.register("eve").await;
    let pie = create(&api, &ada, &json!({"title": "Pie"})).await;
    let jam = create(&api, &ada, &json!({"title": "Jam"})).await;
    let third = json!({"title": "Tea"});
    ask(api.post("/v1/recipes", &third), &ada)
        .await
        .problem(429);
    share(&api, &ada, &pie, "editor").await;
    let links = format!("/v1/recipes/{jam}/links");
    let second = api.post(&links, &json!({"role": "viewer"}));
    ask(second, &ada).await.problem(429);

    let invite = async |recipe: &str, who: &Account| {
        let member = format!("/v1/recipes/{recipe}/members/{}", who.name);
        let role = json!({"role": "viewer"});
        ask(api.request("PUT", &member).json(&role), &ada).await
    };
    invite(&pie, &bob).await.expect(204);
    for (recipe, words) in [(&pie, "at most 1 members"), (&jam, "those of one user")] {
        let refused = invite(recipe, &eve).await.expect(422);
        assert!(refused.text().contains(words), "{}", refused.text());
    }

    let mut owner = stack.connect(&pie).await;
    owner.auth(&ada.access_token).await;
    let refused = async |client: &mut Client, content: &str, limit: &str| {
        let hint = client.say(content).await["message"]["hint"].clone();
        let hint = hint.as_str().unwrap_or_default();
        assert!(hint.contains(limit), "{content}: {hint}");
    };
    owner.say("add 1 egg and 2 leeks").await;
    refused(&mut owner, "add 3 figs", "at most 2 ingredients").await;
    owner.say("add step: Whisk the egg.").await;
    refused(&mut owner, "add step: Bake it.", "at most 1 steps").await;
    let long = "a".repeat(1_900);
    owner.say(&format!("description: {long}")).await;
    let note = "b".repeat(490);
    owner.say(&format!("note on egg: {note}")).await;
    refused(&mut owner, &format!("step 1: {long}"), "larger than 3 KiB").await;
}
