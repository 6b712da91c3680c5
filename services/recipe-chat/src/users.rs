//! `recipe-chat users`: users as operators see them, and what can be done about one.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use proto::auth::{
    Account, ApiToken, DeleteUserRequest, DisableUserRequest, EnableUserRequest, ListUsersRequest,
    ListUsersResponse, ResetPasswordRequest, ResetPasswordResponse, ShowUserRequest,
    ShowUserResponse,
};
use tonic::Request;

use crate::{
    operator::{AuthService, Operator, OperatorArgs, moment},
    sessions,
};

/// What an operator wants done with users.
#[derive(Debug, Args)]
pub(crate) struct Users {
    #[command(flatten)]
    operator: OperatorArgs,

    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// List users by name, a page at a time
    List {
        /// Begin after this name; the last line of a page tells it for the next one
        #[arg(long, default_value = "")]
        after: String,
        /// How many users a page has, at most 1000
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show a user, and the login sessions and API tokens that have not ended
    Show {
        /// The user's name
        name: String,
    },
    /// Keep a user out: nobody can sign in, and connections close
    Disable {
        /// The user's name
        name: String,
    },
    /// Let a user in again who was disabled
    Enable {
        /// The user's name
        name: String,
    },
    /// Delete a user and all that is theirs; some edge finishes it within a minute
    Delete {
        /// The user's name
        name: String,
    },
    /// Take a user's password away, and print a code that signs them in once, within a day
    ResetPassword {
        /// The user's name
        name: String,
    },
}

/// Gives the order.
///
/// # Errors
/// What the auth service says against it.
pub(crate) async fn run(users: Users) -> anyhow::Result<()> {
    let operator = users.operator.connect()?;
    let told = match users.order {
        Order::List { after, limit } => page(&list(&operator, after, limit).await?),
        Order::Show { name } => shown(&show(&operator, name).await?),
        Order::Disable { name } => {
            disable(&operator, &name).await?;
            format!("{name} is disabled\n")
        }
        Order::Enable { name } => {
            enable(&operator, &name).await?;
            format!("{name} is enabled\n")
        }
        Order::Delete { name } => {
            delete(&operator, &name).await?;
            format!("{name} is being deleted\n")
        }
        Order::ResetPassword { name } => {
            let reset = reset_password(&operator, &name).await?;
            let until = moment(reset.expires_at.as_ref());
            format!(
                "{name} signs in once with this code as the password, until {until}, and then chooses a new \
                 password:\n{}\n",
                reset.code
            )
        }
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

async fn list(operator: &Operator, after: String, limit: u32) -> anyhow::Result<ListUsersResponse> {
    let call = |mut client: AuthService, question: Request<ListUsersRequest>| async move {
        client.list_users(question).await
    };
    operator.ask(ListUsersRequest { after, limit }, call).await
}

async fn show(operator: &Operator, username: String) -> anyhow::Result<ShowUserResponse> {
    let call = |mut client: AuthService, question: Request<ShowUserRequest>| async move {
        client.show_user(question).await
    };
    operator.ask(ShowUserRequest { username }, call).await
}

async fn disable(operator: &Operator, name: &str) -> anyhow::Result<()> {
    let question = DisableUserRequest {
        username: name.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<DisableUserRequest>| async move {
        client.disable_user(question).await
    };
    operator.ask(question, call).await.map(drop)
}

async fn enable(operator: &Operator, name: &str) -> anyhow::Result<()> {
    let question = EnableUserRequest {
        username: name.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<EnableUserRequest>| async move {
        client.enable_user(question).await
    };
    operator.ask(question, call).await.map(drop)
}

async fn delete(operator: &Operator, name: &str) -> anyhow::Result<()> {
    let question = DeleteUserRequest {
        username: name.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<DeleteUserRequest>| async move {
        client.delete_user(question).await
    };
    operator.ask(question, call).await.map(drop)
}

/// Asked once: a second one would make the code of the first one worthless.
async fn reset_password(operator: &Operator, name: &str) -> anyhow::Result<ResetPasswordResponse> {
    let question = ResetPasswordRequest {
        username: name.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<ResetPasswordRequest>| async move {
        client.reset_password(question).await
    };
    operator.ask_once(question, call).await
}

/// One line each, for people and for `awk`.
fn page(listed: &ListUsersResponse) -> String {
    let mut text = table(&listed.accounts);
    if !listed.next.is_empty() {
        // Writing to a text cannot fail.
        writeln!(
            text,
            "# more: recipe-chat users list --after {}",
            listed.next
        )
        .ok();
    }
    text
}

fn table(accounts: &[Account]) -> String {
    let mut text = format!(
        "{:36}  {:7}  {:8}  {:24}  {:24}  {:24}  {}\n",
        "ID", "KIND", "STATE", "CREATED", "SEEN", "NAME", "SHOWN AS"
    );
    for account in accounts {
        let user = account.user.clone().unwrap_or_default();
        let kind = if user.guest { "guest" } else { "account" };
        let state = match account.disabled_at {
            Some(_) => "disabled",
            None => "active",
        };
        let [created, seen] = [&account.created_at, &account.seen_at].map(|at| moment(at.as_ref()));
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{:36}  {kind:7}  {state:8}  {created:24}  {seen:24}  {:24}  {}",
            user.id, user.name, user.display_name
        )
        .ok();
    }
    text
}

fn shown(user: &ShowUserResponse) -> String {
    let mut text = table(user.account.as_slice());
    text.push('\n');
    text.push_str(&sessions::table(&user.sessions));
    if !user.api_tokens.is_empty() {
        text.push('\n');
        text.push_str(&api_tokens(&user.api_tokens));
    }
    text
}

fn api_tokens(tokens: &[ApiToken]) -> String {
    let mut text = format!(
        "{:36}  {:24}  {:24}  {:24}  {:40}  {}\n",
        "API TOKEN", "CREATED", "USED", "EXPIRES", "SCOPES", "NAME"
    );
    for token in tokens {
        let times = [&token.created_at, &token.used_at, &token.expires_at];
        let [created, used, expires] = times.map(|at| moment(at.as_ref()));
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{:36}  {created:24}  {used:24}  {expires:24}  {:40}  {}",
            token.id,
            token.scopes.join(" "),
            token.name
        )
        .ok();
    }
    text
}
