//! Starts the service in this process with real databases, and calls it.

use std::{sync::Arc, time::Duration};

use auth::{Auth, Config, OpenError};
use clap::{Args, FromArgMatches};
use proto::auth::{
    GetJwksRequest, ListKeysRequest, ListSessionsRequest, LoginRequest, LoginResponse,
    LoginSession, Principal, RefreshTokenRequest, RegisterRequest, RegisterResponse,
    ReviewSessionRequest, RevokeKeyRequest, RevokeSessionRequest, SigningKeyState, TokenPair,
    ValidateTokenRequest, WatchRevocationsRequest, WatchRevocationsResponse,
    auth_service_client::AuthServiceClient, revoke_session_request::By,
};
use runtime::{
    clock::{ManualClock, Timestamp},
    config::SecretUrl,
    grpc::{Access, Channel, Credentials, channel},
    lifecycle::Lifecycle,
};
use tempfile::TempDir;
use test_servers::Postgres;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{Code, Status, Streaming};

/// Wherever a test waits for what must come.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);
/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
/// What operators prove themselves with.
pub(crate) const OPERATOR: &str = "operator-of-these-tests";
const WITH_OPERATORS: [&str; 2] = ["--operator-token", OPERATOR];
/// A password that nobody would refuse.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A database, kept until the last handle is gone.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(Arc<TempDir>),
    Postgres(Arc<Postgres>),
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(TempDir::new().unwrap()))
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Arc::new(Postgres::start()))
    }

    pub(crate) fn url(&self) -> SecretUrl {
        match self {
            Self::Sqlite(folder) => {
                let path = folder.path().join("made/when/missing/auth.db");
                format!("sqlite:{}", path.display()).parse().unwrap()
            }
            Self::Postgres(server) => server.url().parse().unwrap(),
        }
    }
}

/// A running service and a client of it.
pub(crate) struct Service {
    pub(crate) client: AuthServiceClient<Channel>,
    pub(crate) clock: ManualClock,
    pub(crate) database: Database,
    lifecycle: Lifecycle,
    served: JoinHandle<anyhow::Result<()>>,
}

/// The configuration that `arguments` and the defaults give.
pub(crate) fn config(arguments: &[&str]) -> Config {
    let command = Config::augment_args(clap::Command::new("auth").no_binary_name(true));
    Config::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
}

/// Why the service does not start on that database.
pub(crate) async fn open_error(database: &str) -> OpenError {
    let clock = Arc::new(ManualClock::at(START));
    let database = database.parse().unwrap();
    Auth::open(config(&["--auth-database-wait=0s"]), &database, None, clock)
        .await
        .unwrap_err()
}

impl Service {
    pub(crate) async fn start(database: Database) -> Self {
        Self::start_with(database, &[], None).await
    }

    pub(crate) async fn start_with(
        database: Database,
        arguments: &[&str],
        redis: Option<&str>,
    ) -> Self {
        let arguments = [&WITH_OPERATORS, arguments].concat();
        Self::start_at(database, &arguments, redis, ManualClock::at(START)).await
    }

    pub(crate) async fn start_without_operators(database: Database) -> Self {
        Self::start_at(database, &[], None, ManualClock::at(START)).await
    }

    async fn start_at(
        database: Database,
        arguments: &[&str],
        redis: Option<&str>,
        clock: ManualClock,
    ) -> Self {
        let redis: Option<SecretUrl> = redis.map(|url| url.parse().unwrap());
        let shared = Arc::new(clock.clone());
        let auth = Auth::open(config(arguments), &database.url(), redis.as_ref(), shared)
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let lifecycle = Lifecycle::new();
        let of_service = lifecycle.clone();
        let served =
            tokio::spawn(async move { auth.serve(listener, Access::default(), &of_service).await });
        Self {
            client: AuthServiceClient::new(
                channel(&address, &["auth"], &Credentials::default()).unwrap(),
            ),
            clock,
            database,
            lifecycle,
            served,
        }
    }

    /// Another process on the same database.
    pub(crate) async fn replica(&self) -> Self {
        Self::start_at(
            self.database.clone(),
            &WITH_OPERATORS,
            None,
            self.clock.clone(),
        )
        .await
    }

    /// Stops in good order.
    pub(crate) async fn stop(self) -> (Database, ManualClock) {
        self.lifecycle.stop();
        let served = tokio::time::timeout(TEST_TIMEOUT, self.served).await;
        served.expect("it stops").unwrap().unwrap();
        assert!(self.lifecycle.finished(TEST_TIMEOUT).await, "its tasks end");
        (self.database, self.clock)
    }

    /// Starts on what another one has left.
    pub(crate) async fn start_again(
        database: Database,
        arguments: &[&str],
        clock: ManualClock,
    ) -> Self {
        let arguments = [&WITH_OPERATORS, arguments].concat();
        Self::start_at(database, &arguments, None, clock).await
    }

    pub(crate) async fn restart(self) -> Self {
        let (database, clock) = self.stop().await;
        Self::start_at(database, &WITH_OPERATORS, None, clock).await
    }

    pub(crate) fn stop_soon(&self) {
        self.lifecycle.stop();
    }

    pub(crate) async fn register(&self, name: &str, password: &str) -> Result<TokenPair, Status> {
        let registered = self.register_from("", name, password).await?;
        Ok(registered.tokens.unwrap())
    }

    pub(crate) async fn register_from(
        &self,
        address: &str,
        name: &str,
        password: &str,
    ) -> Result<RegisterResponse, Status> {
        let request = RegisterRequest {
            username: name.into(),
            password: password.into(),
            client_address: address.into(),
            display_name: String::new(),
        };
        Ok(self.client.clone().register(request).await?.into_inner())
    }

    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Result<TokenPair, Status> {
        self.log_in_from("", name, password).await
    }

    pub(crate) async fn log_in_from(
        &self,
        address: &str,
        name: &str,
        password: &str,
    ) -> Result<TokenPair, Status> {
        let signed_in = self.log_in_on("", address, name, password).await?;
        Ok(signed_in.tokens.unwrap())
    }

    /// Signs in on a device that has this token.
    pub(crate) async fn log_in_on(
        &self,
        device_token: &str,
        address: &str,
        name: &str,
        password: &str,
    ) -> Result<LoginResponse, Status> {
        let request = LoginRequest {
            username: name.into(),
            password: password.into(),
            client_address: address.into(),
            device_token: device_token.into(),
        };
        Ok(self.client.clone().login(request).await?.into_inner())
    }

    /// A signed-in user called ada.
    pub(crate) async fn ada(&self) -> TokenPair {
        self.register("ada", PASSWORD).await.unwrap()
    }

    pub(crate) async fn validate(&self, access_token: &str) -> Result<Principal, Status> {
        let request = ValidateTokenRequest {
            access_token: access_token.into(),
        };
        let response = self.client.clone().validate_token(request).await?;
        Ok(response.into_inner().principal.unwrap())
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<TokenPair, Status> {
        let request = RefreshTokenRequest {
            refresh_token: refresh_token.into(),
            client_address: String::new(),
        };
        let response = self.client.clone().refresh_token(request).await?;
        Ok(response.into_inner().tokens.unwrap())
    }

    pub(crate) async fn revoke(&self, by: Option<By>) -> Result<String, Status> {
        let request = by_operator(RevokeSessionRequest { by });
        let response = self.client.clone().revoke_session(request).await?;
        Ok(response.into_inner().session_id)
    }

    pub(crate) async fn review(&self, session: &str) -> Result<(), Status> {
        let request = by_operator(ReviewSessionRequest {
            session_id: session.into(),
        });
        self.client.clone().review_session(request).await.map(drop)
    }

    pub(crate) async fn sessions_of(&self, user: &str) -> Result<Vec<LoginSession>, Status> {
        let request = by_operator(ListSessionsRequest {
            username: user.into(),
        });
        let response = self.client.clone().list_sessions(request).await?;
        Ok(response.into_inner().sessions)
    }

    /// The names of the keys in a state.
    pub(crate) async fn keys(&self, state: SigningKeyState) -> Vec<String> {
        let request = by_operator(ListKeysRequest {});
        let response = self.client.clone().list_keys(request).await.unwrap();
        let keys = response.into_inner().keys.into_iter();
        keys.filter(|key| key.state() == state)
            .map(|key| key.kid)
            .collect()
    }

    pub(crate) async fn revoke_key(&self, kid: &str) -> Result<(), Status> {
        let request = by_operator(RevokeKeyRequest { kid: kid.into() });
        self.client.clone().revoke_key(request).await.map(drop)
    }

    pub(crate) async fn jwks(&self) -> String {
        let response = self.client.clone().get_jwks(GetJwksRequest {}).await;
        response.unwrap().into_inner().jwks_json
    }

    pub(crate) async fn watch(&self) -> Streaming<WatchRevocationsResponse> {
        let request = WatchRevocationsRequest {};
        let response = self.client.clone().watch_revocations(request).await;
        response.unwrap().into_inner()
    }
}

/// A request that an operator makes.
pub(crate) fn by_operator<T>(request: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(request);
    let proof = format!("Bearer {OPERATOR}").parse().unwrap();
    request.metadata_mut().insert("authorization", proof);
    request
}

/// The next session that a watcher hears of; `None` when the stream has ended.
pub(crate) async fn next(watch: &mut Streaming<WatchRevocationsResponse>) -> Option<String> {
    let message = tokio::time::timeout(TEST_TIMEOUT, watch.message()).await;
    let message = message.expect("a revocation in time").unwrap();
    message.map(|revoked| revoked.session_id)
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    code: Code,
    words: &str,
) -> Status {
    let status = answer.expect_err("a refusal");
    assert_eq!((status.code(), status.message()), (code, words));
    status
}

pub(crate) fn seconds(duration: Option<prost_types::Duration>) -> i64 {
    duration.unwrap().seconds
}
