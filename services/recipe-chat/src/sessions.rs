//! `recipe-chat sessions`: an operator's view of login sessions, and the two orders that can be given about one.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use proto::auth::{
    ListSessionsRequest, LoginSession, ReviewSessionRequest, RevokeSessionRequest,
    revoke_session_request::By,
};
use tonic::Request;

use crate::operator::{AuthService, Operator, OperatorArgs, moment};

/// What an operator wants of the auth service.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    #[command(flatten)]
    operator: OperatorArgs,

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
    let operator = sessions.operator.connect()?;
    let told = match sessions.order {
        Order::List { user } => table(&list(&operator, user).await?),
        Order::Review { session } => {
            review(&operator, &session).await?;
            format!("{session} is asked to authenticate again\n")
        }
        Order::Revoke { session } => {
            revoke(&operator, &session).await?;
            format!("{session} is revoked\n")
        }
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

async fn list(operator: &Operator, username: String) -> anyhow::Result<Vec<LoginSession>> {
    let question = ListSessionsRequest { username };
    let call = |mut client: AuthService, question: Request<ListSessionsRequest>| async move {
        client.list_sessions(question).await
    };
    Ok(operator.ask(question, call).await?.sessions)
}

async fn review(operator: &Operator, session: &str) -> anyhow::Result<()> {
    let question = ReviewSessionRequest {
        session_id: session.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<ReviewSessionRequest>| async move {
        client.review_session(question).await
    };
    operator.ask(question, call).await.map(drop)
}

async fn revoke(operator: &Operator, session: &str) -> anyhow::Result<()> {
    let question = RevokeSessionRequest {
        by: Some(By::SessionId(session.to_owned())),
    };
    let call = |mut client: AuthService, question: Request<RevokeSessionRequest>| async move {
        client.revoke_session(question).await
    };
    operator.ask(question, call).await.map(drop)
}

/// One line each, for people and for `awk`.
pub(crate) fn table(sessions: &[LoginSession]) -> String {
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
        .map(|at| moment(at.as_ref()));
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
