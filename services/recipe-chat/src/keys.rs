//! `recipe-chat keys`: the keys that sign access tokens, as operators see and change them.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use proto::auth::{
    ListKeysRequest, RevokeKeyRequest, RotateKeysRequest, RotateKeysResponse, SigningKey,
    SigningKeyState,
};
use tonic::Request;

use crate::operator::{AuthService, Operator, OperatorArgs, moment};

/// What an operator wants done with the signing keys.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(flatten)]
    operator: OperatorArgs,

    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// List the keys: the next one, the one that signs, those whose tokens are still good, and revoked ones
    List,
    /// Have the next key sign now; tokens of the one before it stay good until they end
    Rotate,
    /// Throw a key away: its tokens are good nowhere, and everybody is asked to authenticate again
    Revoke {
        /// The key's name, as `list` shows it
        kid: String,
    },
}

/// Gives the order.
///
/// # Errors
/// What the auth service says against it.
pub(crate) async fn run(keys: Keys) -> anyhow::Result<()> {
    let operator = keys.operator.connect()?;
    let told = match keys.order {
        Order::List => table(&list(&operator).await?),
        Order::Rotate => {
            let rotated = rotate(&operator).await?;
            let from = moment(rotated.signs_from.as_ref());
            format!("{} signs from {from}\n", rotated.kid)
        }
        Order::Revoke { kid } => {
            revoke(&operator, &kid).await?;
            format!("{kid} is revoked\n")
        }
    };
    let mut out = std::io::stdout();
    out.write_all(told.as_bytes())
        .context("cannot write to standard output")
}

async fn list(operator: &Operator) -> anyhow::Result<Vec<SigningKey>> {
    let call = |mut client: AuthService, question: Request<ListKeysRequest>| async move {
        client.list_keys(question).await
    };
    Ok(operator.ask(ListKeysRequest {}, call).await?.keys)
}

/// Asked once: a second one would put yet another key in the place of the first.
async fn rotate(operator: &Operator) -> anyhow::Result<RotateKeysResponse> {
    let call = |mut client: AuthService, question: Request<RotateKeysRequest>| async move {
        client.rotate_keys(question).await
    };
    operator.ask_once(RotateKeysRequest {}, call).await
}

async fn revoke(operator: &Operator, kid: &str) -> anyhow::Result<()> {
    let question = RevokeKeyRequest {
        kid: kid.to_owned(),
    };
    let call = |mut client: AuthService, question: Request<RevokeKeyRequest>| async move {
        client.revoke_key(question).await
    };
    operator.ask(question, call).await.map(drop)
}

/// One line each, for people and for `awk`.
fn table(keys: &[SigningKey]) -> String {
    let mut text = format!(
        "{:43}  {:8}  {:24}  {:24}  {}\n",
        "KEY", "STATE", "PUBLISHED", "SIGNS FROM", "REVOKED"
    );
    for key in keys {
        let state = match key.state() {
            SigningKeyState::Unspecified => "-",
            SigningKeyState::Next => "next",
            SigningKeyState::Signing => "signing",
            SigningKeyState::Retired => "retired",
            SigningKeyState::Revoked => "revoked",
        };
        let [published, signs, revoked] =
            [&key.published_at, &key.signs_from, &key.revoked_at].map(|at| moment(at.as_ref()));
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{:43}  {state:8}  {published:24}  {signs:24}  {revoked}",
            key.kid
        )
        .ok();
    }
    text
}
