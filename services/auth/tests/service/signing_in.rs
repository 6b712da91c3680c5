//! Registering and signing in.

use std::time::Duration;

use tonic::{Code, Status};

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
        assert_eq!(seconds(registered.refresh_expires_in), 7 * 86_400);

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

    async fn a_user_is_found_by_name_in_every_case(service: Service) {
        let user = service.register("Ada", PASSWORD).await.unwrap().user;
        let find = async |name: &str| {
            let request = proto::auth::FindUserRequest { name: name.to_owned() };
            service.client.clone().find_user(request).await
        };
        assert_eq!(find("aDA").await.unwrap().into_inner().user, user);
        refused(find("adam").await, Code::NotFound, "No such user");
        assert_eq!(find("a b").await.unwrap_err().code(), Code::InvalidArgument);
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
            &"xy".repeat(129),
            "The password must have at most 256 characters",
        ),
        (
            "ada",
            "Password123",
            "The password is one of the commonest; choose one that nobody would guess",
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

/// The wait that a refusal tells.
#[track_caller]
fn limited<T: std::fmt::Debug>(answer: Result<T, Status>) -> Duration {
    let status = refused(answer, Code::ResourceExhausted, "Too many sign-ins");
    let wait = status.metadata().get("retry-after-ms").unwrap();
    Duration::from_millis(wait.to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_guesser_has_to_wait_and_nobody_else_at_whatever_account() {
    let service = Service::start_with(Database::sqlite(), &["--sign-in-failures", "3"], None).await;
    service.ada().await;
    service.register("grace", PASSWORD).await.unwrap();
    for _ in 0..3 {
        let guess = service.log_in_from("192.0.2.66", "ada", "a guess").await;
        refused(guess, Code::Unauthenticated, WRONG);
    }
    // The right password has to wait as well, or a guesser would learn it.
    for name in ["ada", "ADA"] {
        let wait = limited(service.log_in_from("192.0.2.66", name, PASSWORD).await);
        assert!(wait <= Duration::from_millis(60_001), "{wait:?}");
    }
    for (address, name) in [("192.0.2.66", "grace"), ("192.0.2.1", "ada")] {
        let answer = service.log_in_from(address, name, PASSWORD).await;
        assert!(answer.is_ok(), "{name} from {address}: {answer:?}");
    }
}

#[tokio::test]
async fn nobody_can_keep_an_account_shut_to_those_who_were_in_before() {
    let arguments = ["--sign-in-failures-per-account", "20"];
    let service = Service::start_with(Database::sqlite(), &arguments, None).await;
    let home = "2001:db8:1:2::1";
    let ada = service.register_from(home, "ada", PASSWORD).await.unwrap();
    for n in 0..20 {
        let guess = service
            .log_in_from(&format!("203.0.113.{n}"), "ada", "a guess")
            .await;
        refused(guess, Code::Unauthenticated, WRONG);
    }
    limited(service.log_in_from("203.0.113.200", "ada", "a guess").await);
    limited(service.log_in_from("198.51.100.1", "ada", PASSWORD).await);

    for neighbour in [home, "2001:db8:1:2:aaaa::7"] {
        let known = service.log_in_from(neighbour, "ada", PASSWORD).await;
        assert!(known.is_ok(), "an address block that is known: {known:?}");
    }
    let device = ada.device_token;
    let elsewhere = service
        .log_in_on(&device, "198.51.100.1", "ada", PASSWORD)
        .await;
    assert_eq!(elsewhere.unwrap().device_token, device, "a known device");
    limited(
        service
            .log_in_on("rcd_forged", "198.51.100.2", "ada", PASSWORD)
            .await,
    );
}

#[tokio::test]
async fn a_known_device_is_not_held_up_by_its_neighbours_and_guesses_no_more_than_others() {
    let arguments = [
        "--sign-in-failures-per-address",
        "5",
        "--sign-in-failures",
        "5",
    ];
    let service = Service::start_with(Database::sqlite(), &arguments, None).await;
    let shared = "192.0.2.1";
    let ada = service
        .register_from(shared, "ada", PASSWORD)
        .await
        .unwrap();
    for _ in 0..5 {
        let guess = service.log_in_from(shared, "ada", "a guess").await;
        refused(guess, Code::Unauthenticated, WRONG);
    }
    limited(service.log_in_from(shared, "ada", PASSWORD).await);
    let on_device = async |password| {
        service
            .log_in_on(&ada.device_token, shared, "ada", password)
            .await
    };
    assert!(on_device(PASSWORD).await.is_ok());
    for _ in 0..5 {
        refused(on_device("a guess").await, Code::Unauthenticated, WRONG);
    }
    limited(on_device(PASSWORD).await);
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_has_to_wait() {
    let arguments = ["--sign-in-failures-per-address", "5"];
    // Who does not tell an address shares one with all others who do not.
    for (guesser, other) in [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8:0:1::1"),
        ("", "192.0.2.2"),
        ("nonsense", "192.0.2.2"),
    ] {
        let service = Service::start_with(Database::sqlite(), &arguments, None).await;
        service.register_from(other, "ada", PASSWORD).await.unwrap();
        for n in 0..5 {
            let answer = service
                .log_in_from(guesser, &format!("user{n}"), "a guess")
                .await;
            refused(answer, Code::Unauthenticated, WRONG);
        }
        limited(service.log_in_from(guesser, "ada", PASSWORD).await);
        let answer = service.log_in_from(other, "ada", PASSWORD).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test]
async fn replicas_share_what_they_count_through_redis_and_count_alone_without() {
    const FREE: usize = 10;
    let port = test_servers::free_port();
    let redis = test_servers::Redis::start(port);
    let url = format!("redis://127.0.0.1:{port}");
    let database = Database::postgres();
    let start = || Service::start_with(database.clone(), &[], Some(&url));
    let (one, two) = (start().await, start().await);

    // A Redis that answers too late is as one that is away, so not every failure need be shared.
    let mut judged = 0;
    for service in [&one, &two].into_iter().cycle().take(2 * FREE) {
        let guess = service.log_in_from("192.0.2.1", "ada", "a guess").await;
        judged += usize::from(guess.unwrap_err().code() == Code::Unauthenticated);
    }
    assert!((FREE..2 * FREE).contains(&judged), "{judged}");

    drop(redis);
    for service in [&one, &two] {
        let guess = service.log_in_from("192.0.2.1", "grace", "a guess").await;
        refused(guess, Code::Unauthenticated, WRONG);
    }
}
