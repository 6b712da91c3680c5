//! No token, password or key is printed, whatever is logged.

use std::{
    io,
    sync::{Arc, Mutex},
};

use auth::Auth;
use proto::auth::revoke_session_request::By;
use runtime::clock::ManualClock;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Database, START, Service, config};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that a service does with secrets, with everything logged by every crate.
async fn log_of_a_busy_day(database: Database) -> (String, Vec<String>) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mut secrets = vec!["canary-password-1".to_owned(), "canary-guess-2".to_owned()];
    let service = Service::start(database).await;
    let first = service.register("ada", &secrets[0]).await.unwrap();
    // A password typed where the name belongs.
    service.log_in(&secrets[0], &secrets[1]).await.unwrap_err();
    service.log_in("ada", &secrets[1]).await.unwrap_err();
    service.validate(&first.access_token).await.unwrap();
    service
        .validate(&format!("{}x", first.access_token))
        .await
        .unwrap_err();
    let second = service.refresh(&first.refresh_token).await.unwrap();
    let third = service.refresh(&second.refresh_token).await.unwrap();
    service.refresh(&first.refresh_token).await.unwrap_err();
    service
        .revoke(Some(By::RefreshToken(third.refresh_token.clone())))
        .await
        .unwrap();
    service
        .revoke(Some(By::AccessToken(third.access_token.clone())))
        .await
        .unwrap();
    service.stop().await;

    for tokens in [first, second, third] {
        let signature = tokens.access_token.rsplit('.').next().unwrap().to_owned();
        secrets.push(signature);
        secrets.push(tokens.refresh_token["rcr_".len()..].to_owned());
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (log, secrets)
}

#[tokio::test]
async fn no_log_line_carries_a_secret_on_sqlite() {
    let (log, secrets) = log_of_a_busy_day(Database::sqlite()).await;
    check(&log, &secrets);
}

#[tokio::test]
async fn no_log_line_carries_a_secret_on_postgres() {
    let (log, secrets) = log_of_a_busy_day(Database::postgres()).await;
    check(&log, &secrets);
}

fn check(log: &str, secrets: &[String]) {
    assert!(
        log.contains("TRACE") && log.contains("signed in"),
        "the log was caught"
    );
    for secret in secrets {
        // Not even a part of one.
        let part = &secret[..secret.len().min(24)];
        let line = log.lines().find(|line| line.contains(part));
        assert_eq!(line, None);
    }
}

#[tokio::test]
async fn nothing_public_prints_a_secret() {
    let database = Database::sqlite();
    let clock = Arc::new(ManualClock::at(START));
    let redis = "redis://:canary-redis@127.0.0.1:1".parse().unwrap();
    let auth = Auth::open(config(&[]), &database.url(), Some(&redis), clock)
        .await
        .unwrap();

    let printed = format!("{auth:?} {:?}", config(&[]));

    assert!(printed.contains("Authority"), "{printed}");
    for secret in ["canary-redis", "$argon2id$", "rcr_"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(
        !printed.contains("[48, 46, 2, 1"),
        "a private key: {printed}"
    );
}
