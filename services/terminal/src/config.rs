//! What the command line gives: which recipe, on which server, as whom, and how it looks.

use std::{convert::Infallible, path::PathBuf};

use proto::ids::RecipeId;
use runtime::config::SecretUrl;
use secrecy::SecretString;

/// A chat in the terminal.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// The recipe to chat about
    #[arg(value_name = "RECIPE")]
    pub recipe: RecipeId,

    /// The server
    #[arg(long, env = "RECIPE_CHAT_URL", default_value = "http://127.0.0.1:8080")]
    pub url: SecretUrl,

    /// Who you are
    #[arg(
        long,
        env = "RECIPE_CHAT_USER",
        value_name = "NAME",
        required = false,
        required_unless_present = "sign_in",
        default_value_if("sign_in", clap::builder::ArgPredicate::IsPresent, "")
    )]
    pub user: String,

    /// Sign in at your identity provider, by the name that the server has for it, with the browser of any device
    #[arg(
        long,
        env = "RECIPE_CHAT_SIGN_IN",
        value_name = "ISSUER",
        conflicts_with = "register"
    )]
    pub sign_in: Option<String>,

    /// Your password; other users of this machine can see it here, so better leave it out and be asked
    #[arg(long, env = "RECIPE_CHAT_PASSWORD", hide_env_values = true, value_parser = secret)]
    pub password: Option<SecretString>,

    /// A file whose first line is your password; it counts before --password
    #[arg(long, env = "RECIPE_CHAT_PASSWORD_FILE", value_name = "PATH")]
    pub password_file: Option<PathBuf>,

    /// Sign up first
    #[arg(long, env = "RECIPE_CHAT_REGISTER")]
    pub register: bool,

    /// Make the recipe when there is none of that id: your own, for you alone until you share it
    #[arg(long, env = "RECIPE_CHAT_CREATE")]
    pub create: bool,

    /// Print what the server sends, one JSON object a line; lines on standard input are messages
    #[arg(long, env = "RECIPE_CHAT_JSON")]
    pub json: bool,

    /// Print plain lines also on a terminal; lines on standard input are messages
    #[arg(long, env = "RECIPE_CHAT_PLAIN", conflicts_with = "json")]
    pub plain: bool,
}

/// It never fails, so that no complaint can show the password.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature that the command line's reader calls"
)]
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}
