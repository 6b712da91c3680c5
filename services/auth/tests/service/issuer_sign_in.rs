//! Signing in at a trusted issuer: who comes back with a good answer in the same browser has a login session, and
//! nobody else has.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use proto::auth::{
    BeginIssuerSignInRequest, BeginIssuerSignInResponse, DisableUserRequest,
    FinishIssuerSignInRequest, ListIssuersRequest, TokenPair, ValidateTokenRequest,
};
use serde_json::{Value, json};
use test_servers::{Behaviour, Issuer};
use tonic::{Code, Status};
use url::Url;

use crate::{
    harness::{Database, START, Service, by_operator, refused},
    on_both_stores_trusting,
};

const BACK: &str = "https://cook.example/v1/auth/issuers/corp/callback";

async fn trusting(database: Database) -> (Service, Issuer) {
    let issuer = Issuer::start(Algorithm::ES256);
    issuer.set_second(START.unix_seconds());
    let other = "name=other,url=https://other.example,audience=cook,client_id=a";
    let setting = issuer.sign_in_setting();
    let flags = ["--trusted-issuer", &setting, "--trusted-issuer", other];
    (Service::start_with(database, &flags, None).await, issuer)
}

impl Service {
    pub(crate) async fn begin_at(&self, issuer: &str) -> Result<BeginIssuerSignInResponse, Status> {
        let request = BeginIssuerSignInRequest {
            issuer: issuer.into(),
            redirect_uri: BACK.into(),
            client_address: String::new(),
        };
        let begun = self.client.clone().begin_issuer_sign_in(request).await?;
        Ok(begun.into_inner())
    }

    async fn finish(&self, request: FinishIssuerSignInRequest) -> Result<TokenPair, Status> {
        let finished = self.client.clone().finish_issuer_sign_in(request).await?;
        Ok(finished.into_inner().tokens.unwrap())
    }

    /// Begins, and has somebody sign in at the issuer, or refuse.
    async fn come_back(&self, issuer: &Issuer, subject: Option<&str>) -> FinishIssuerSignInRequest {
        let begun = self.begin_at("corp").await.unwrap();
        callback(&issuer.authorize(&begun.authorization_url, subject), &begun)
    }

    async fn sign_in_at(&self, issuer: &Issuer, subject: &str) -> Result<TokenPair, Status> {
        let callback = self.come_back(issuer, Some(subject)).await;
        self.finish(callback).await
    }
}

/// What an edge makes of the address that the browser is sent back to.
fn callback(address: &str, begun: &BeginIssuerSignInResponse) -> FinishIssuerSignInRequest {
    let url = Url::parse(address).unwrap();
    let get = |name: &str| {
        let found = url.query_pairs().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    assert!(address.starts_with(BACK), "{address}");
    FinishIssuerSignInRequest {
        issuer: "corp".into(),
        browser_secret: begun.browser_secret.clone(),
        state: get("state"),
        code: get("code"),
        iss: get("iss"),
        client_address: String::new(),
    }
}

#[track_caller]
fn check(finished: Result<TokenPair, Status>, code: Code, why: &str) {
    assert_eq!(finished.map_err(|status| status.code()), Err(code), "{why}");
}

on_both_stores_trusting! {
    async fn who_signs_in_there_has_a_login_session_here(service: Service, issuer: Issuer) {
        let listed = service.client.clone().list_issuers(ListIssuersRequest {}).await.unwrap().into_inner();
        let names: Vec<_> = listed.issuers.iter().map(|one| (one.name.as_str(), one.label.as_str())).collect();
        assert_eq!(names, [("corp", "Corp Kitchens"), ("other", "other")]);
        assert_eq!(listed.issuers[0].device_client_id, "terminal");

        issuer.claim(json!({"name": "Ada Lovelace"}));
        let tokens = service.sign_in_at(&issuer, "ada").await.unwrap();
        let user = tokens.user.clone().unwrap();
        assert_eq!((user.name.as_str(), user.display_name.as_str(), user.guest), ("ada", "Ada Lovelace", false));
        let refreshed = service.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(refreshed.session_id, tokens.session_id);

        let again = service.sign_in_at(&issuer, "ada").await.unwrap();
        assert_eq!(again.user.unwrap().id, user.id);
        assert_ne!(again.session_id, tokens.session_id, "each sign-in has its own");
        let by_token = ValidateTokenRequest {
            access_token: issuer.token("ada", START.unix_seconds(), 300, &json!({})),
        };
        let by_token = service.client.clone().validate_token(by_token).await.unwrap().into_inner();
        assert_eq!(by_token.principal.unwrap().user.unwrap().id, user.id, "one user, however they come");
        let other = service.sign_in_at(&issuer, "bob").await.unwrap();
        assert_ne!(other.user.unwrap().id, user.id);
    }

    async fn each_sign_in_ends_once_in_its_browser(service: Service, issuer: Issuer) {
        let good = service.come_back(&issuer, Some("ada")).await;
        let begun_elsewhere = service.begin_at("corp").await.unwrap();
        for (why, wrong) in [
            ("another browser", FinishIssuerSignInRequest {
                browser_secret: begun_elsewhere.browser_secret, ..good.clone()
            }),
            ("no browser", FinishIssuerSignInRequest { browser_secret: String::new(), ..good.clone() }),
            ("another state", FinishIssuerSignInRequest { state: "x".into(), ..good.clone() }),
            ("no state", FinishIssuerSignInRequest { state: String::new(), ..good.clone() }),
            ("another issuer", FinishIssuerSignInRequest { issuer: "other".into(), ..good.clone() }),
        ] {
            check(service.finish(wrong).await, Code::Unauthenticated, why);
        }
        let nowhere = FinishIssuerSignInRequest { issuer: "nowhere".into(), ..good.clone() };
        check(service.finish(nowhere).await, Code::NotFound, "no such issuer");
        assert_eq!(issuer.exchanges(), 0, "no code was shown for what has not begun here");
        service.finish(good.clone()).await.unwrap();
        check(service.finish(good).await, Code::Unauthenticated, "once");
        assert_eq!(issuer.exchanges(), 1);
    }

    async fn many_who_end_one_at_once_are_let_in_once(service: Service, issuer: Issuer) {
        let good = service.come_back(&issuer, Some("ada")).await;
        let ended = futures_util::future::join_all((0..10).map(|_| service.finish(good.clone()))).await;
        assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), 1);
        assert_eq!(issuer.exchanges(), 1);
    }

    async fn what_is_too_late_or_refused_lets_nobody_in(service: Service, issuer: Issuer) {
        let late = service.come_back(&issuer, Some("ada")).await;
        service.clock.advance(Duration::from_secs(600));
        check(service.finish(late).await, Code::Unauthenticated, "too late");
        issuer.set_second(START.unix_seconds() + 600);

        let refused = service.come_back(&issuer, None).await;
        check(service.finish(refused.clone()).await, Code::FailedPrecondition, "the user refused");
        check(service.finish(FinishIssuerSignInRequest { code: "code-1".into(), ..refused }).await,
            Code::Unauthenticated, "a refusal ends it too");
        let mixed = service.come_back(&issuer, Some("ada")).await;
        let mixed = FinishIssuerSignInRequest { iss: "https://other.example".into(), ..mixed };
        check(service.finish(mixed).await, Code::Unauthenticated, "the answer of another issuer");
        let (one, two) = (service.come_back(&issuer, Some("ada")).await, service.come_back(&issuer, Some("eve")).await);
        let swapped = FinishIssuerSignInRequest { code: two.code, ..one };
        check(service.finish(swapped).await, Code::FailedPrecondition, "a code of another sign-in: PKCE");
    }

    async fn an_id_token_that_is_not_of_this_sign_in_is_refused(service: Service, issuer: Issuer) {
        for claims in [
            json!({"nonce": "another"}),
            json!({"nonce": Value::Null}),
            json!({"aud": "cook"}),
            json!({"azp": "another"}),
            json!({"iss": "https://other.example"}),
            json!({"exp": START.unix_seconds()}),
            json!({"sub": ""}),
        ] {
            issuer.claim(claims.clone());
            check(service.sign_in_at(&issuer, "ada").await, Code::Unauthenticated, &claims.to_string());
        }
        issuer.claim(json!({}));
        service.sign_in_at(&issuer, "ada").await.unwrap();
    }

    async fn who_is_disabled_is_told_so_and_not_let_in(service: Service, issuer: Issuer) {
        service.sign_in_at(&issuer, "ada").await.unwrap();
        let disable = by_operator(DisableUserRequest { username: "ada".into() });
        service.client.clone().disable_user(disable).await.unwrap();
        check(service.sign_in_at(&issuer, "ada").await, Code::PermissionDenied, "disabled");
        let events = service.events(3).await;
        let sign_ins = events.iter().filter(|event| event.kind == "issuer_sign_in");
        let outcomes: Vec<_> = sign_ins.map(|event| event.outcome.as_str()).collect();
        assert_eq!(outcomes, ["disabled", "ok"]);
    }

    async fn any_replica_ends_what_another_has_begun(service: Service, issuer: Issuer) {
        let begun = service.begin_at("corp").await.unwrap();
        let back = callback(&issuer.authorize(&begun.authorization_url, Some("ada")), &begun);
        let setting = issuer.sign_in_setting();
        let flags = ["--trusted-issuer", &setting];
        let (database, clock) = service.stop().await;
        let restarted = Service::start_again(database, &flags, clock).await;
        restarted.finish(back).await.unwrap();
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told_as_such() {
    let (service, issuer) = trusting(Database::sqlite()).await;
    issuer.behave(Behaviour::Away);
    let begun = service.begin_at("corp").await;
    refused(
        begun,
        Code::Aborted,
        "The issuer of the token cannot be asked now",
    );
    let (service, issuer) = trusting(Database::sqlite()).await;
    let back = service.come_back(&issuer, Some("ada")).await;
    issuer.behave(Behaviour::Silent);
    check(
        service.finish(back).await,
        Code::Aborted,
        "silent while the code is exchanged",
    );
    let nowhere = service.begin_at("nowhere").await;
    assert_eq!(nowhere.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn the_server_proves_itself_by_the_secret_in_the_file() {
    let issuer = Issuer::start(Algorithm::EdDSA);
    issuer.set_second(START.unix_seconds());
    issuer.require_secret("canary secret");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "another\n").unwrap();
    let setting = format!(
        "{},client_secret_file={}",
        issuer.sign_in_setting(),
        file.display()
    );
    let service =
        Service::start_with(Database::sqlite(), &["--trusted-issuer", &setting], None).await;
    check(
        service.sign_in_at(&issuer, "ada").await,
        Code::FailedPrecondition,
        "another secret",
    );
    std::fs::write(&file, "canary secret\n").unwrap();
    service.sign_in_at(&issuer, "ada").await.unwrap();
}
