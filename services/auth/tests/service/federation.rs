//! Tokens of trusted issuers: who shows one is a user, whose login sessions end as those of others do.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use proto::auth::{
    BeginDeletionRequest, DisableUserRequest, FinishDeletionRequest, GetAccountRequest,
    ValidateTokenRequest, ValidateTokenResponse, revoke_session_request::By,
};
use serde_json::{Value, json};
use test_servers::{Behaviour, Issuer, IssuerKey};
use tonic::{Code, Status};

use crate::{
    harness::{Database, PASSWORD, START, Service, by_operator, next, refused},
    on_both_stores_trusting,
};

const SECOND: Duration = Duration::from_secs(1);

async fn trusting(database: Database) -> (Service, Issuer) {
    let issuer = Issuer::start(Algorithm::RS256);
    let setting = issuer.setting();
    let service = Service::start_with(database, &["--trusted-issuer", &setting], None).await;
    (service, issuer)
}

impl Service {
    async fn show(&self, token: &str) -> Result<ValidateTokenResponse, Status> {
        let request = ValidateTokenRequest {
            access_token: token.into(),
        };
        Ok(self
            .client
            .clone()
            .validate_token(request)
            .await?
            .into_inner())
    }

    fn second(&self) -> i64 {
        use runtime::clock::Clock as _;
        self.clock.now().unix_seconds()
    }

    /// A token that was issued now and lives for five minutes.
    fn token(&self, issuer: &Issuer, subject: &str, more: &Value) -> String {
        issuer.token(subject, self.second(), 300, more)
    }

    async fn begin_deletion(&self, token: &str) -> Result<(), Status> {
        let request = BeginDeletionRequest {
            access_token: token.into(),
            ..BeginDeletionRequest::default()
        };
        self.client.clone().begin_deletion(request).await.map(drop)
    }
}

fn claims_of(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

on_both_stores_trusting! {
    async fn who_shows_a_token_for_the_first_time_gets_an_account(service: Service, issuer: Issuer) {
        let ada = json!({"preferred_username": "ada", "name": "Ada Lovelace"});
        let token = service.token(&issuer, "u1", &ada);
        let shown = service.show(&token).await.unwrap();
        let principal = shown.principal.unwrap();
        let user = principal.user.unwrap();
        assert_eq!((user.name.as_str(), user.display_name.as_str(), user.guest), ("ada", "Ada Lovelace", false));
        assert_eq!(principal.expires_in.unwrap().seconds, 300);
        assert_eq!(principal.expires_at.unwrap().seconds, START.unix_seconds() + 300);

        let ours = claims_of(&shown.exchanged_token);
        assert_eq!((&ours["sub"], &ours["sid"]), (&json!(user.id), &json!(principal.session_id)));
        assert_eq!((&ours["jti"], &ours["iss"]), (&json!(principal.token_id), &json!("recipe-chat")));
        assert_eq!(ours["exp"], START.unix_seconds() + 300, "never later than the token that was shown");
        let own = service.show(&shown.exchanged_token).await.unwrap();
        assert_eq!((own.principal.unwrap().token_id, own.exchanged_token.as_str()), (principal.token_id, ""));

        let again = service.show(&token).await.unwrap();
        assert_eq!(again.exchanged_token, shown.exchanged_token, "the same for the same token");
        service.clock.advance(SECOND * 10);
        let later = service.show(&service.token(&issuer, "u1", &json!({}))).await.unwrap();
        let later = later.principal.unwrap();
        assert_eq!((&later.user.unwrap().id, &later.session_id), (&user.id, &principal.session_id));
        assert_ne!(later.token_id, ours["jti"], "another token");
        let other = service.show(&service.token(&issuer, "u2", &ada)).await.unwrap().principal.unwrap();
        let other = other.user.unwrap();
        assert_ne!(other.id, user.id);
        assert!(other.name.starts_with("ada-") && other.display_name == "Ada Lovelace", "{other:?}");
    }

    async fn many_who_show_the_first_token_at_once_are_one_user_in_one_session(service: Service, issuer: Issuer) {
        let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
        let asked = (0..20).map(|_| service.show(&token));
        let shown = futures_util::future::join_all(asked).await;
        let shown: Vec<_> = shown.into_iter().map(|shown| shown.unwrap().exchanged_token).collect();
        assert!(shown.iter().all(|one| *one == shown[0]), "{shown:?}");
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
    }

    async fn a_sign_out_ends_the_tokens_issued_until_then_and_no_later_one(service: Service, issuer: Issuer) {
        let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
        let shown = service.show(&token).await.unwrap();
        let mut watch = service.watch().await;
        let revoked = service.revoke(Some(By::AccessToken(token.clone()))).await.unwrap();
        assert_eq!(revoked, shown.principal.unwrap().session_id);
        assert_eq!(next(&mut watch).await, Some(revoked.clone()));
        refused(service.show(&token).await, Code::Unauthenticated, "Invalid token");
        refused(service.show(&shown.exchanged_token).await, Code::Unauthenticated, "Invalid token");
        assert!(service.revoke(Some(By::AccessToken(token.clone()))).await.is_ok(), "a second sign-out is no error");

        service.clock.advance(SECOND);
        let later = service.show(&service.token(&issuer, "u1", &json!({}))).await.unwrap();
        assert_ne!(later.principal.unwrap().session_id, revoked);
        refused(service.show(&token).await, Code::Unauthenticated, "Invalid token");
    }

    async fn each_sign_in_at_the_issuer_is_a_login_session(service: Service, issuer: Issuer) {
        let at = |sid: &str| service.token(&issuer, "u1", &json!({"preferred_username": "ada", "sid": sid}));
        let (phone, laptop) = (at("phone"), at("laptop"));
        let session = service.show(&phone).await.unwrap().principal.unwrap().session_id;
        service.show(&laptop).await.unwrap();
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 2);
        service.review(&session).await.unwrap();
        service.revoke(Some(By::SessionId(session))).await.unwrap();
        refused(service.show(&phone).await, Code::Unauthenticated, "Invalid token");
        assert!(service.show(&laptop).await.is_ok());
    }

    async fn who_is_disabled_is_let_in_by_no_issuer(service: Service, issuer: Issuer) {
        let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
        let shown = service.show(&token).await.unwrap();
        let disable = by_operator(DisableUserRequest { username: "ada".into() });
        service.client.clone().disable_user(disable).await.unwrap();
        refused(service.show(&token).await, Code::Unauthenticated, "Invalid token");
        refused(service.show(&shown.exchanged_token).await, Code::Unauthenticated, "Invalid token");
        service.clock.advance(SECOND);
        let later = service.token(&issuer, "u1", &json!({}));
        refused(service.show(&later).await, Code::Unauthenticated, "Invalid token");
    }

    async fn a_session_lasts_as_long_as_tokens_of_it_are_shown(service: Service, issuer: Issuer) {
        let session = async || {
            let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
            service.show(&token).await.unwrap().principal.unwrap().session_id
        };
        let first = session().await;
        for _ in 0..4 {
            service.clock.advance(SECOND * 6 * 86_400);
            assert_eq!(session().await, first);
        }
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
        service.clock.advance(SECOND * 7 * 86_400);
        let second = session().await;
        assert_ne!(second, first, "it was not used for seven days");
        assert_eq!(service.sessions_of("ada").await.unwrap().len(), 1);
    }

    async fn an_account_without_a_password_is_deleted_by_a_token_alone(service: Service, issuer: Issuer) {
        let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
        let shown = service.show(&token).await.unwrap();
        let user = shown.principal.unwrap().user.unwrap();
        let changed = service.change_password(&shown.exchanged_token, "", PASSWORD).await;
        refused(changed, Code::FailedPrecondition, "This account has no password");
        let answer = service.log_in("ada", PASSWORD).await;
        refused(answer, Code::Unauthenticated, "Invalid username or password");

        service.begin_deletion(&shown.exchanged_token).await.unwrap();
        service.clock.advance(SECOND);
        let later = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
        refused(service.show(&later).await, Code::Unauthenticated, "Invalid token");
        let finish = FinishDeletionRequest { user_id: user.id.clone() };
        service.client.clone().finish_deletion(finish).await.unwrap();
        refused(service.show(&token).await, Code::Unauthenticated, "Invalid token");
        let anew = service.show(&later).await.unwrap().principal.unwrap().user.unwrap();
        assert_eq!(anew.name, "ada", "the name is free again");
        assert_ne!(anew.id, user.id, "and it is another account");
    }
}

#[tokio::test]
async fn what_the_issuer_would_not_sign_is_refused() {
    let (service, issuer) = trusting(Database::sqlite()).await;
    let good = service.token(&issuer, "u1", &json!({}));
    assert!(service.show(&good).await.is_ok());
    let stranger = IssuerKey::generate("k1", Algorithm::RS256);
    let now = service.second();
    let claims = claims_of(&good);
    let header = |changes: &[(&str, Value)]| {
        let mut header = issuer.key().header();
        for (name, value) in changes {
            header[name] = value.clone();
        }
        header
    };
    let key = issuer.key();
    for (what, token) in [
        ("another key", stranger.sign(&stranger.header(), &claims)),
        (
            "none",
            key.sign(&header(&[("alg", json!("none"))]), &claims),
        ),
        (
            "HS256",
            key.sign(&header(&[("alg", json!("HS256"))]), &claims),
        ),
        ("expired", issuer.token("u1", now - 300, 300, &json!({}))),
        ("too long", issuer.token("u1", now, 3_601, &json!({}))),
        (
            "for others",
            issuer.token("u1", now, 300, &json!({"aud": "other"})),
        ),
        (
            "of others",
            issuer.token("u1", now, 300, &json!({"iss": "http://127.0.0.1:1"})),
        ),
        (
            "as ours",
            issuer.token(
                "u1",
                now,
                300,
                &json!({"iss": "recipe-chat", "aud": "recipe-chat"}),
            ),
        ),
    ] {
        let answer = service.show(&token).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unauthenticated, "{what}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_or_silent_is_no_reason_to_refuse_a_token() {
    for behaviour in [Behaviour::Away, Behaviour::Silent] {
        let issuer = Issuer::start(Algorithm::ES256);
        issuer.behave(behaviour);
        let setting = issuer.setting();
        let service =
            Service::start_with(Database::sqlite(), &["--trusted-issuer", &setting], None).await;
        let token = service.token(&issuer, "u1", &json!({}));
        let words = "The issuer of the token cannot be asked now";
        let answer = tokio::time::timeout(SECOND * 5, service.show(&token)).await;
        refused(
            answer.expect("an answer before the edge gives up"),
            Code::Aborted,
            words,
        );
    }
}

#[tokio::test]
async fn known_keys_outlive_the_issuers_outage_and_a_flood_asks_it_seldom() {
    let (service, issuer) = trusting(Database::sqlite()).await;
    let token = service.token(&issuer, "u1", &json!({"preferred_username": "ada"}));
    assert!(service.show(&token).await.is_ok());
    issuer.behave(Behaviour::Away);
    assert!(service.show(&token).await.is_ok());
    let junk = IssuerKey::generate("junk", Algorithm::EdDSA);
    let asked = (0..200).map(|number| {
        let mut header = junk.header();
        header["kid"] = json!(format!("junk-{number}"));
        let token = junk.sign(&header, &claims_of(&token));
        let service = &service;
        async move { service.show(&token).await }
    });
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(Result::is_err));
    assert!(issuer.fetches() <= 2, "{}", issuer.fetches());
    assert!(service.show(&token).await.is_ok());

    let [event] = service.events(1).await.try_into().unwrap();
    let told = (
        event.kind.as_str(),
        event.outcome.as_str(),
        event.username.as_str(),
    );
    assert_eq!(
        told,
        ("federated", "ok", "ada"),
        "the one login session that was opened"
    );
}

#[tokio::test]
async fn a_service_that_trusts_no_issuer_takes_its_tokens_for_forged() {
    let issuer = Issuer::start(Algorithm::EdDSA);
    let service = Service::start(Database::sqlite()).await;
    let token = service.token(&issuer, "u1", &json!({}));
    refused(
        service.show(&token).await,
        Code::Unauthenticated,
        "Invalid token",
    );
    let request = GetAccountRequest {
        access_token: token,
    };
    let answer = service.client.clone().get_account(request).await;
    refused(answer, Code::Unauthenticated, "Invalid token");
    assert_eq!(issuer.fetches(), 0);
}
