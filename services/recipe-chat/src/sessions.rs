//! `recipe-chat sessions`: an operator's view of login sessions, and the two orders that can be given about one.

use std::{fmt::Write as _, io::Write as _, time::Duration};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use proto::auth::{
    ListSessionsRequest, LoginSession, ReviewSessionRequest, RevokeSessionRequest,
    auth_service_client::AuthServiceClient, revoke_session_request::By,
};
use runtime::{
    clock::Timestamp,
    config::secret,
    grpc::{Pool, Repeat},
    lifecycle::Lifecycle,
    replicas::ServiceAddress,
};
use secrecy::{ExposeSecret as _, SecretString};
use tonic::{Request, Response, Status, metadata::AsciiMetadataValue, transport::Channel};

/// How long the auth service may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an operator wants of the auth service.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
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

    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// List the login sessions of a user that have not ended
    List {
        /// The user's name
        user: String,
    },
    /// Ask everybody who uses a login session to authenticate again, now
    Review {
        /// The login session's id
        session: String,
    },
    /// End a login session: its connections close, its tokens are dead
    Revoke {
        /// The login session's id
        session: String,
    },
}

/// Gives the order.
///
/// # Errors
/// What the auth service says against it.
pub(crate) async fn run(sessions: Sessions) -> anyhow::Result<()> {
    let token = sessions
        .operator_token
        .ok_or_else(|| anyhow!("--operator-token or AUTH_OPERATOR_TOKEN is needed"))?;
    let lifecycle = Lifecycle::new();
    let operator = Operator {
        pool: Pool::new(sessions.auth_url.follow(&lifecycle)),
        token,
    };
    let told = match sessions.order {
        Order::List { user } => table(&operator.list(user).await?),
        Order::Review { session } => {
            operator.review(&session).await?;
            format!("{session} is asked to authenticate again\n")
        }
        Order::Revoke { session } => {
            operator.revoke(&session).await?;
            format!("{session} is revoked\n")
        }
    };
    lifecycle.stop();
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

type AuthService = AuthServiceClient<Channel>;

/// An operator who asks the auth service.
struct Operator {
    pool: Pool,
    token: SecretString,
}

impl Operator {
    async fn list(&self, username: String) -> anyhow::Result<Vec<LoginSession>> {
        let question = ListSessionsRequest { username };
        let call = |mut client: AuthService, question: Request<ListSessionsRequest>| async move {
            client.list_sessions(question).await
        };
        Ok(self.ask(question, call).await?.sessions)
    }

    async fn review(&self, session: &str) -> anyhow::Result<()> {
        let question = ReviewSessionRequest {
            session_id: session.to_owned(),
        };
        let call = |mut client: AuthService, question: Request<ReviewSessionRequest>| async move {
            client.review_session(question).await
        };
        self.ask(question, call).await.map(drop)
    }

    async fn revoke(&self, session: &str) -> anyhow::Result<()> {
        let question = RevokeSessionRequest {
            by: Some(By::SessionId(session.to_owned())),
        };
        let call = |mut client: AuthService, question: Request<RevokeSessionRequest>| async move {
            client.revoke_session(question).await
        };
        self.ask(question, call).await.map(drop)
    }

    /// All orders may be given twice.
    async fn ask<Q: Clone, A, F>(
        &self,
        question: Q,
        call: impl Fn(AuthService, Request<Q>) -> F,
    ) -> anyhow::Result<A>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let proof = format!("Bearer {}", self.token.expose_secret());
        let mut proof = AsciiMetadataValue::try_from(proof)
            .map_err(|_| anyhow!("--operator-token has characters that cannot be sent"))?;
        proof.set_sensitive(true);
        let asked = self.pool.call(Repeat::Idempotent, PATIENCE, |channel| {
            let mut request = Request::new(question.clone());
            request
                .metadata_mut()
                .insert("authorization", proof.clone());
            call(AuthService::new(channel), request)
        });
        let answer = asked.await;
        answer.map_err(|status| anyhow!("the auth service answers: {}", status.message()))
    }
}

/// One line each, for people and for `awk`.
fn table(sessions: &[LoginSession]) -> String {
    let mut text = format!(
        "{:36}  {:24}  {:24}  {:24}  {}\n",
        "SESSION", "CREATED", "REFRESHED", "EXPIRES", "USER"
    );
    for session in sessions {
        let user = session.user.as_ref().map_or("", |user| user.name.as_str());
        let [created, refreshed, expires] = [
            &session.created_at,
            &session.refreshed_at,
            &session.expires_at,
        ]
        .map(|at| at.as_ref().map_or_else(|| "-".to_owned(), moment));
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{:36}  {created:24}  {refreshed:24}  {expires:24}  {user}",
            session.session_id
        )
        .ok();
    }
    text
}

fn moment(at: &prost_types::Timestamp) -> String {
    let millis = at.seconds.saturating_mul(1000) + i64::from(at.nanos / 1_000_000);
    Timestamp::from_unix_millis(millis).to_string()
}
