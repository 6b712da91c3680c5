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

/// An operator who asks a service.
pub(crate) struct Operator {
    /// Which service.
    service: &'static str,
    /// As it was given, for complaints.
    address: String,
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
        let auth = self.auth_url.clone();
        self.connect_to("auth", auth)
    }

    /// The same to another service, at that address.
    ///
    /// # Errors
    /// As those of `connect`.
    pub(crate) fn connect_to(
        self,
        service: &'static str,
        address: ServiceAddress,
    ) -> anyhow::Result<Operator> {
        let token = self
            .operator_token
            .ok_or_else(|| anyhow!("--operator-token or AUTH_OPERATOR_TOKEN is needed"))?;
        let dialer = address.dialer(service, &self.credentials.open()?)?;
        let lifecycle = Lifecycle::new();
        Ok(Operator {
            service,
            address: address.to_string(),
            pool: Pool::new(address.follow(&lifecycle), dialer),
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
        let call = |channel, request| call(AuthService::new(channel), request);
        self.send(Repeat::Idempotent, question, call).await
    }

    /// Asks whichever service it is a question that may be asked twice.
    ///
    /// # Errors
    /// What the service says against it.
    pub(crate) async fn ask_by<Q: Clone, A, F>(
        &self,
        question: Q,
        call: impl Fn(Channel, Request<Q>) -> F,
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
        let call = |channel, request| call(AuthService::new(channel), request);
        self.send(Repeat::Never, question, call).await
    }

    async fn send<Q: Clone, A, F>(
        &self,
        repeat: Repeat,
        question: Q,
        call: impl Fn(Channel, Request<Q>) -> F,
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
            call(channel, request)
        });
        let answer = asked.await;
        answer.map_err(|status| anyhow!("{}", told(&status, self.service, &self.address)))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

/// What a failed call means: nobody could be reached, or the service refused.
fn told(status: &Status, service: &str, address: &str) -> String {
    let mut causes =
        std::iter::successors(std::error::Error::source(status), |cause| cause.source());
    // What comes from the network has a cause, what the service says has none.
    match causes.by_ref().last() {
        Some(cause) => format!("the {service} service cannot be reached at {address}: {cause}"),
        None => format!(
            "the {service} service at {address} answers: {}",
            status.message()
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(address: &str) -> Operator {
        let args = OperatorArgs {
            auth_url: address.parse().unwrap(),
            operator_token: Some(SecretString::from("canary")),
            credentials: CredentialArgs::default(),
        };
        args.connect().unwrap()
    }

    #[tokio::test]
    async fn nobody_at_the_address_is_told_with_the_address_and_the_cause() {
        let operator = operator("http://127.0.0.1:1");
        let asked = operator.ask(
            proto::auth::ListKeysRequest {},
            |mut auth, request| async move { auth.list_keys(request).await },
        );
        let told = asked.await.unwrap_err().to_string();
        assert!(
            told.starts_with("the auth service cannot be reached at http://127.0.0.1:1: "),
            "{told}"
        );
        assert!(told.contains("refused"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }

    #[test]
    fn what_the_service_says_is_told_as_its_own_words() {
        let refused = Status::permission_denied("no");
        assert_eq!(
            told(&refused, "auth", "http://auth:50051"),
            "the auth service at http://auth:50051 answers: no"
        );
    }
}
