//! An operator who asks the auth service: what proves them, and how the questions go out.

use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use proto::auth::auth_service_client::AuthServiceClient;
use runtime::{
    clock::Timestamp,
    config::secret,
    grpc::{Channel, CredentialArgs, Pool, Repeat},
    lifecycle::Lifecycle,
    replicas::ServiceAddress,
};
use secrecy::{ExposeSecret as _, SecretString};
use tonic::{Request, Response, Status, metadata::AsciiMetadataValue};

/// How long the auth service may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the auth service is, and what proves the operator.
#[derive(Debug, Args)]
pub(crate) struct OperatorArgs {
    /// The auth service: the addresses of its replicas, separated by commas
    #[arg(
        long,
        env = "EDGE_AUTH_URL",
        default_value = "http://127.0.0.1:50051",
        global = true
    )]
    auth_url: ServiceAddress,

    /// The operator token that the auth service was started with
    #[arg(long, env = "AUTH_OPERATOR_TOKEN", hide_env_values = true, value_parser = secret, global = true)]
    operator_token: Option<SecretString>,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// A client of the auth service.
pub(crate) type AuthService = AuthServiceClient<Channel>;

/// An operator who asks the auth service.
pub(crate) struct Operator {
    pool: Pool,
    token: SecretString,
    /// Ends what follows the replicas.
    lifecycle: Lifecycle,
}

impl OperatorArgs {
    /// Connects when the first question is asked.
    ///
    /// # Errors
    /// When there is no operator token, or the credentials cannot be used.
    pub(crate) fn connect(self) -> anyhow::Result<Operator> {
        let token = self
            .operator_token
            .ok_or_else(|| anyhow!("--operator-token or AUTH_OPERATOR_TOKEN is needed"))?;
        let dialer = self.auth_url.dialer("auth", &self.credentials.open()?)?;
        let lifecycle = Lifecycle::new();
        Ok(Operator {
            pool: Pool::new(self.auth_url.follow(&lifecycle), dialer),
            token,
            lifecycle,
        })
    }
}

impl Operator {
    /// Asks a question that may be asked twice.
    ///
    /// # Errors
    /// What the auth service says against it.
    pub(crate) async fn ask<Q: Clone, A, F>(
        &self,
        question: Q,
        call: impl Fn(AuthService, Request<Q>) -> F,
    ) -> anyhow::Result<A>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.send(Repeat::Idempotent, question, call).await
    }

    /// Asks a question that is asked once only.
    ///
    /// # Errors
    /// What the auth service says against it.
    pub(crate) async fn ask_once<Q: Clone, A, F>(
        &self,
        question: Q,
        call: impl Fn(AuthService, Request<Q>) -> F,
    ) -> anyhow::Result<A>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.send(Repeat::Never, question, call).await
    }

    async fn send<Q: Clone, A, F>(
        &self,
        repeat: Repeat,
        question: Q,
        call: impl Fn(AuthService, Request<Q>) -> F,
    ) -> anyhow::Result<A>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut proof = AsciiMetadataValue::try_from(self.token.expose_secret())
            .map_err(|_| anyhow!("--operator-token has characters that cannot be sent"))?;
        proof.set_sensitive(true);
        let asked = self.pool.call(repeat, ANSWER_TIMEOUT, |channel| {
            let mut request = Request::new(question.clone());
            request
                .metadata_mut()
                .insert(proto::OPERATOR_TOKEN, proof.clone());
            call(AuthService::new(channel), request)
        });
        let answer = asked.await;
        answer.map_err(|status| anyhow!("the auth service answers: {}", status.message()))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

/// A moment in a table: RFC 3339, or a dash.
pub(crate) fn moment(at: Option<&prost_types::Timestamp>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| {
            let millis = at.seconds.saturating_mul(1000) + i64::from(at.nanos / 1_000_000);
            Timestamp::from_unix_millis(millis).to_string()
        },
    )
}
