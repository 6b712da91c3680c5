//! Registering and signing in.

use tonic::Code;

use crate::{
    harness::{Database, PASSWORD, Service, refused, seconds},
    on_both_stores,
};

const WRONG: &str = "Invalid username or password";

on_both_stores! {
    async fn a_user_registers_and_signs_in_in_any_case(service: Service) {
        let registered = service.register("Ada.Lovelace", PASSWORD).await.unwrap();
        let user = registered.user.clone().unwrap();
        assert_eq!(user.name, "Ada.Lovelace");
        assert_eq!(seconds(registered.expires_in), 900);
        assert_eq!(seconds(registered.refresh_expires_in), 30 * 86_400);

        let signed_in = service.log_in("ADA.lovelace", PASSWORD).await.unwrap();
        assert_eq!(signed_in.user, Some(user));
        assert_ne!(signed_in.session_id, registered.session_id);
        assert_ne!(signed_in.refresh_token, registered.refresh_token);
    }

    async fn a_name_is_taken_in_every_case(service: Service) {
        service.ada().await;
        let answer = service.register("ADA", PASSWORD).await;
        refused(answer, Code::AlreadyExists, "The username is taken");
    }

    async fn of_many_who_register_one_name_at_once_one_gets_it(service: Service) {
        let registrations = (0..8).map(|_| service.register("ada", PASSWORD));
        let answers = futures_util::future::join_all(registrations).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    }

    async fn a_wrong_password_and_an_unknown_user_look_the_same(service: Service) {
        service.ada().await;
        let wrong = refused(service.log_in("ada", "not the password").await, Code::Unauthenticated, WRONG);
        for nobody in ["grace", "", "no such name!", "' OR 1=1 --"] {
            let unknown = service.log_in(nobody, "not the password").await;
            let unknown = refused(unknown, Code::Unauthenticated, WRONG);
            assert_eq!(unknown.metadata().keys().count(), wrong.metadata().keys().count());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_name_or_password_is_said() {
    let service = Service::start(Database::sqlite()).await;
    for (name, password, words) in [
        ("", PASSWORD, "The username must have 1 to 64 characters"),
        (
            "a b",
            PASSWORD,
            "The username may hold only letters, digits, dots, underscores and hyphens",
        ),
        (
            "ada",
            "short",
            "The password must have at least 8 characters",
        ),
        (
            "ada",
            &"x".repeat(257),
            "The password must have at most 256 characters",
        ),
        (
            "ada-lovelace",
            "Ada-Lovelace",
            "The password must differ from the username",
        ),
    ] {
        refused(
            service.register(name, password).await,
            Code::InvalidArgument,
            words,
        );
    }
}

#[tokio::test]
async fn an_account_under_attack_makes_its_guesser_wait_and_no_one_else() {
    let service = Service::start_with(Database::sqlite(), &["--sign-in-failures", "3"], None).await;
    service.ada().await;
    service.register("grace", PASSWORD).await.unwrap();
    for _ in 0..3 {
        refused(
            service.log_in("ada", "a guess").await,
            Code::Unauthenticated,
            WRONG,
        );
    }
    // The right password has to wait as well, or a guesser would learn it.
    for name in ["ada", "ADA"] {
        let status = refused(
            service.log_in(name, PASSWORD).await,
            Code::ResourceExhausted,
            "Too many sign-ins",
        );
        let wait = status
            .metadata()
            .get("retry-after-ms")
            .unwrap()
            .to_str()
            .unwrap();
        assert!((1..=1001).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    }
    assert!(service.log_in("grace", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_has_to_wait() {
    let arguments = ["--sign-in-failures-per-address", "5"];
    let service = Service::start_with(Database::sqlite(), &arguments, None).await;
    service.ada().await;
    for n in 0..5 {
        let answer = service
            .log_in_from("192.0.2.1", &format!("user{n}"), "a guess")
            .await;
        refused(answer, Code::Unauthenticated, WRONG);
    }
    let answer = service.log_in_from("192.0.2.1", "ada", PASSWORD).await;
    refused(answer, Code::ResourceExhausted, "Too many sign-ins");
    assert!(
        service
            .log_in_from("192.0.2.2", "ada", PASSWORD)
            .await
            .is_ok()
    );
}
