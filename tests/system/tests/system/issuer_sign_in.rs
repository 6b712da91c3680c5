//! Signing in at a trusted issuer, over the wire: as a browser that follows what the edge and the issuer say.

use jsonwebtoken::Algorithm;
use serde_json::json;
use system_tests::{
    http::{Answer, Api},
    stack::{Plan, Stack},
};
use test_servers::{Behaviour, Issuer};

const SIGN_IN: &str = "/v1/auth/issuers/corp/sign-in?return=/r/soup";

async fn with_issuer() -> (Stack, Issuer) {
    let issuer = Issuer::start(Algorithm::ES256);
    let plan = Plan::apart(1).auth(&["--trusted-issuer", &issuer.sign_in_setting()]);
    (plan.start().await, issuer)
}

/// A browser that was sent to the issuer: where it is, and the cookie that it keeps.
struct Browser {
    api: Api,
    address: String,
    cookie: String,
}

impl Browser {
    async fn begin(stack: &Stack) -> Self {
        let api = stack.api();
        let answer = api.get(SIGN_IN).send().await.expect(303);
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let kept = answer.header("set-cookie").expect("a cookie").to_owned();
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/v1/auth", "Max-Age=600"] {
            assert!(
                kept.split("; ").any(|part| part == attribute),
                "{attribute}"
            );
        }
        let cookie = kept.split(';').next().unwrap().to_owned();
        let secret = cookie.split_once('=').unwrap().1;
        stack.canary().remember(secret.split('.').next().unwrap());
        let address = answer.header("location").unwrap().to_owned();
        Self {
            api,
            address,
            cookie,
        }
    }

    /// The path that the issuer sends the browser back to.
    fn sent_back(&self, issuer: &Issuer, subject: Option<&str>) -> String {
        let back = issuer.authorize(&self.address, subject);
        let host = format!("http://{}", self.api.address());
        let path = back
            .strip_prefix(&host)
            .expect("back to the edge")
            .to_owned();
        for secret in path.split(['=', '&']).filter(|part| part.len() > 40) {
            self.api.canary().remember(secret);
        }
        path
    }

    async fn open(&self, path: &str) -> Answer {
        let request = self.api.get(path).header("Cookie", &self.cookie);
        request.send().await.expect(303)
    }
}

/// The refresh cookie, as it is sent back.
fn refresh_cookie(answer: &Answer) -> Option<&str> {
    let kept = answer.headers("set-cookie");
    let mut pairs = kept.filter_map(|kept| kept.split(';').next());
    pairs.find(|pair| pair.starts_with("recipe_chat_refresh="))
}

#[tokio::test]
async fn who_comes_back_from_the_issuer_is_signed_in_as_after_every_sign_in() {
    let (stack, issuer) = with_issuer().await;
    let api = stack.api();
    let listed = api.get("/v1/auth/issuers").send().await.expect(200).json();
    let corp = json!({
        "name": "corp", "label": "Corp Kitchens", "url": issuer.url(), "device_client_id": "terminal",
    });
    assert_eq!(listed["issuers"], json!([corp]));
    let browser = Browser::begin(&stack).await;
    let back = browser.open(&browser.sent_back(&issuer, Some("ada"))).await;
    assert_eq!(back.header("location"), Some("/r/soup#sign_in=done"));
    assert_eq!(back.header("referrer-policy"), Some("no-referrer"));
    let cookie = refresh_cookie(&back).expect("the refresh token").to_owned();
    stack.canary().remember(cookie.split_once('=').unwrap().1);
    let cleared = back.headers("set-cookie").any(|kept| {
        kept.starts_with("recipe_chat_refresh_sign_in=;") && kept.contains("Max-Age=0")
    });
    assert!(cleared, "the browser forgets that a sign-in has begun");

    let refresh = api
        .post("/v1/auth/refresh", &json!({}))
        .header("Cookie", &cookie);
    let pair = refresh.send().await.expect(200).json();
    assert_eq!(pair["user"]["name"], "ada");
    let token = pair["access_token"].as_str().unwrap();
    let mut ada = stack.connect("soup").await;
    ada.auth(token).await;
    ada.say("add 2 eggs").await;
}

#[tokio::test]
async fn each_answer_of_an_issuer_counts_once_in_the_browser_that_asked() {
    let (stack, issuer) = with_issuer().await;
    let (browser, other) = (Browser::begin(&stack).await, Browser::begin(&stack).await);
    let path = browser.sent_back(&issuer, Some("ada"));
    let is_refused = |answer: &Answer, page: &str| {
        assert_eq!(
            answer.header("location"),
            Some(format!("{page}#sign_in=failed").as_str())
        );
        assert_eq!(refresh_cookie(answer), None);
    };
    is_refused(&other.open(&path).await, "/r/soup");
    let stranger = stack.api().get(&path).send().await.expect(303);
    is_refused(&stranger, "/");
    let done = browser.open(&path).await;
    assert_eq!(done.header("location"), Some("/r/soup#sign_in=done"));
    is_refused(&browser.open(&path).await, "/r/soup");
    assert_eq!(issuer.exchanges(), 1);
}

#[tokio::test]
async fn what_goes_wrong_at_the_issuer_is_told_on_the_page() {
    let (stack, issuer) = with_issuer().await;
    let browser = Browser::begin(&stack).await;
    let back = browser.open(&browser.sent_back(&issuer, None)).await;
    assert_eq!(back.header("location"), Some("/r/soup#sign_in=refused"));
    issuer.claim(json!({"nonce": "of-another-sign-in"}));
    let browser = Browser::begin(&stack).await;
    let back = browser.open(&browser.sent_back(&issuer, Some("ada"))).await;
    assert_eq!(back.header("location"), Some("/r/soup#sign_in=failed"));
    let browser = Browser::begin(&stack).await;
    let path = browser.sent_back(&issuer, Some("ada"));
    issuer.behave(Behaviour::Away);
    let back = browser.open(&path).await;
    assert_eq!(back.header("location"), Some("/r/soup#sign_in=unavailable"));
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_nor_by_one() {
    let (stack, _issuer) = with_issuer().await;
    let api = stack.api();
    for page in [
        "//evil.example",
        "https://evil.example/",
        "/v1/auth/logout",
        "/r/a%0d%0ab",
    ] {
        let path = format!("/v1/auth/issuers/corp/sign-in?return={page}");
        let answer = api.get(&path).send().await.expect(303);
        let kept = answer
            .header("set-cookie")
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        assert!(kept.ends_with("./"), "{page}: {kept}");
        // A browser whose cookie was written by somebody else is not sent there either.
        let forged = format!("recipe_chat_refresh_sign_in=x.{page}");
        let back = api
            .get("/v1/auth/issuers/corp/callback?state=a&code=b")
            .header("Cookie", &forged);
        let back = back.send().await.expect(303);
        assert_eq!(back.header("location"), Some("/#sign_in=failed"), "{page}");
    }
    let from_elsewhere = api.get(SIGN_IN).header("Sec-Fetch-Site", "cross-site");
    from_elsewhere.send().await.problem(403);
    api.get("/v1/auth/issuers/nowhere/sign-in")
        .send()
        .await
        .problem(404);
}

#[tokio::test]
async fn sign_ins_at_an_issuer_have_the_pace_of_every_sign_in() {
    let issuer = Issuer::start(Algorithm::ES256);
    let setting = issuer.sign_in_setting();
    let plan = Plan::apart(1).auth(&["--trusted-issuer", &setting]);
    let stack = plan.edge(&["--sign-in-rate", "2"]).start().await;
    let api = stack.api();
    for location in ["/authorize?", "/authorize?", "/r/soup#sign_in=too_many"] {
        let answer = api.get(SIGN_IN).send().await.expect(303);
        assert!(
            answer.header("location").unwrap().contains(location),
            "{location}"
        );
    }
}
