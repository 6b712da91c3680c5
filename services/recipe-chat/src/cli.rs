//! The command line: every command and flag, and the environment variables that stand for them.

mod config_file;
#[cfg(test)]
mod documented;
mod environment;
mod printed;
mod reading;
mod secret_files;
mod unknown;

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use runtime::{
    config::{SecretUrl, listen_address, secret},
    grpc::CredentialArgs,
    telemetry::TelemetryConfig,
};
use secrecy::SecretString;

use self::reading::Unread;
pub(crate) use self::reading::Values;
use crate::{
    audit::Audit,
    backup::{Backup, Verify},
    check::Check,
    conform::Conform,
    connections::Connections,
    dev_ca::DevCa,
    explain::Explain,
    health::Health,
    keys::Keys,
    migrate::Migrate,
    sessions::Sessions,
    token::Token,
    users::Users,
};

/// People cook up recipes together by chatting.
#[derive(Debug, Parser)]
#[command(name = "recipe-chat", version = runtime::build::description(), about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print what it would run with, as variables and without secrets, and do nothing else
    #[arg(long, global = true, help_heading = "Options")]
    print_config: bool,

    /// A TOML file with settings: flags without their dashes, in tables with the names of the commands. Flags and
    /// variables win
    #[arg(
        long,
        global = true,
        env = "RECIPE_CHAT_CONFIG",
        value_name = "FILE",
        help_heading = "Options"
    )]
    config: Option<PathBuf>,
}

/// What to run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Serve(Service),
    /// Chat in the terminal, or in lines from a pipe
    Client(Box<terminal::Config>),
    /// Ask a running service whether it is healthy; exit code 0 says yes
    Health(Health),
    /// Look at a configuration and say what to mend
    Check(Box<Check>),
    /// Bring the databases up to date, or show what would be changed
    Migrate(Migrate),
    /// Copy SQLite's databases while the services run
    Backup(Backup),
    /// Tell whether copies that `backup` made are good
    Verify(Verify),
    /// Say what edges do and why somebody was disconnected, as an operator
    Connections(Connections),
    /// List, review and revoke login sessions, as an operator
    Sessions(Sessions),
    /// List, show, disable, enable and delete users, and reset passwords, as an operator
    Users(Users),
    /// List, rotate and revoke the keys that sign access tokens, as an operator
    Keys(Keys),
    /// Try whether a server keeps to the protocol, case by case
    Conform(Conform),
    /// List who signed in, was refused or shut out, and what operators did, as an operator
    Audit(Audit),
    /// Say what a close or an error of the protocol means, and what to do about it
    Explain(Explain),
    /// Have an access token to try things with, or say what one says and what keeps it from being accepted
    Token(Token),
    /// Make a certificate authority for development, and certificates of it for the three services
    DevCa(DevCa),
}

/// What runs until it is told to stop.
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// Run everything in one process on embedded defaults [this is what runs without a command]
    Up(Box<Up>),
    /// Run the auth service
    Auth(Box<AuthCommand>),
    /// Run the chat service
    Chat(Box<ChatCommand>),
    /// Run one edge node
    Edge(Box<EdgeCommand>),
}

impl Service {
    /// What it logs, and where its telemetry goes.
    pub(crate) fn telemetry(&self) -> &TelemetryConfig {
        match self {
            Self::Up(up) => &up.telemetry,
            Self::Auth(auth) => &auth.telemetry,
            Self::Chat(chat) => &chat.telemetry,
            Self::Edge(edge) => &edge.telemetry,
        }
    }
}

/// Everything in one process.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Where the edge listens; port 0 picks a free one
    #[arg(long, env = "EDGE_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:8080")]
    pub(crate) edge_listen: SocketAddr,

    /// Where the auth service listens
    #[arg(long, env = "AUTH_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:50051")]
    pub(crate) auth_listen: SocketAddr,

    /// Where the chat service listens
    #[arg(long, env = "CHAT_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:50052")]
    pub(crate) chat_listen: SocketAddr,

    /// Where the databases are kept
    #[arg(long, env = "RECIPE_CHAT_DATA_DIR", default_value = "./data")]
    pub(crate) data_dir: PathBuf,

    /// The auth service's database, instead of a file in the data directory
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    pub(crate) auth_database_url: Option<SecretUrl>,

    /// The chat service's database, instead of a file in the data directory
    #[arg(long, env = "CHAT_DATABASE_URL", hide_env_values = true)]
    pub(crate) chat_database_url: Option<SecretUrl>,

    #[command(flatten)]
    pub(crate) redis: RedisArgs,

    #[command(flatten)]
    pub(crate) auth: auth::Config,

    #[command(flatten)]
    pub(crate) chat: chat::Config,

    #[command(flatten)]
    pub(crate) edge: edge::Config,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,

    #[command(flatten)]
    pub(crate) reflection: ReflectionArgs,

    #[command(flatten)]
    pub(crate) telemetry: TelemetryConfig,
}

/// The auth service.
#[derive(Debug, Args)]
pub(crate) struct AuthCommand {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "AUTH_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:50051")]
    pub(crate) listen: SocketAddr,

    /// The database: sqlite:PATH, created when missing, or postgres://…
    #[arg(
        long,
        env = "AUTH_DATABASE_URL",
        default_value = "sqlite:data/auth.db",
        hide_env_values = true
    )]
    pub(crate) database_url: SecretUrl,

    #[command(flatten)]
    pub(crate) redis: RedisArgs,

    /// Where Prometheus may read the metrics, such as 0.0.0.0:9464 [default: nowhere]
    #[arg(long, env = "AUTH_METRICS_LISTEN", value_parser = listen_address, help_heading = "Telemetry")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    #[command(flatten)]
    pub(crate) auth: auth::Config,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,

    #[command(flatten)]
    pub(crate) reflection: ReflectionArgs,

    #[command(flatten)]
    pub(crate) telemetry: TelemetryConfig,
}

/// The chat service.
#[derive(Debug, Args)]
pub(crate) struct ChatCommand {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "CHAT_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:50052")]
    pub(crate) listen: SocketAddr,

    /// The database: sqlite:PATH, created when missing, or postgres://…
    #[arg(
        long,
        env = "CHAT_DATABASE_URL",
        default_value = "sqlite:data/chat.db",
        hide_env_values = true
    )]
    pub(crate) database_url: SecretUrl,

    /// The auth service, by whose public keys the access tokens of whoever asks are verified: the addresses of its
    /// replicas, separated by commas; a host name stands for every replica that it resolves to; unset: edges are
    /// believed who their users are
    #[arg(long, env = "CHAT_AUTH_URL")]
    pub(crate) auth_url: Option<String>,

    #[command(flatten)]
    pub(crate) redis: RedisArgs,

    /// Where Prometheus may read the metrics, such as 0.0.0.0:9464 [default: nowhere]
    #[arg(long, env = "CHAT_METRICS_LISTEN", value_parser = listen_address, help_heading = "Telemetry")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    #[command(flatten)]
    pub(crate) chat: chat::Config,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,

    #[command(flatten)]
    pub(crate) reflection: ReflectionArgs,

    #[command(flatten)]
    pub(crate) telemetry: TelemetryConfig,
}

/// An edge node.
#[derive(Debug, Args)]
pub(crate) struct EdgeCommand {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "EDGE_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// The auth service: the addresses of its replicas, separated by commas; a host name stands for every replica
    /// that it resolves to
    #[arg(long, env = "EDGE_AUTH_URL", default_value = "http://127.0.0.1:50051")]
    pub(crate) auth_url: String,

    /// The chat service: the addresses of its replicas, separated by commas; a host name stands for every replica
    /// that it resolves to
    #[arg(long, env = "EDGE_CHAT_URL", default_value = "http://127.0.0.1:50052")]
    pub(crate) chat_url: String,

    #[command(flatten)]
    pub(crate) redis: RedisArgs,

    /// What operators prove themselves with at --admin-listen; without it that is for this machine only, and takes no
    /// orders
    #[arg(long, env = "EDGE_OPERATOR_TOKEN", hide_env_values = true, value_parser = secret, help_heading = "Telemetry")]
    pub(crate) operator_token: Option<SecretString>,

    /// The same for each operator by name, who stands beside their orders in auth's audit: `NAME=TOKEN`, separated by spaces
    /// or lines
    #[arg(long, env = "EDGE_OPERATOR_TOKENS", hide_env_values = true, value_parser = secret, help_heading = "Telemetry")]
    pub(crate) operator_tokens: Option<SecretString>,

    #[command(flatten)]
    pub(crate) edge: edge::Config,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,

    #[command(flatten)]
    pub(crate) telemetry: TelemetryConfig,
}

/// Redis.
#[derive(Debug, Args)]
#[group(id = "redis")]
pub(crate) struct RedisArgs {
    /// Redis, such as redis://host:6379; without it deadlines are kept in memory, for one edge node
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub(crate) redis_url: Option<SecretUrl>,
}

/// Whether a gRPC service describes itself.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Proof between services")]
#[group(id = "reflection")]
pub(crate) struct ReflectionArgs {
    /// Describe services and messages to callers (gRPC reflection) also where other machines can reach the service;
    /// on loopback they always are
    #[arg(id = "grpc_reflection", long = "reflection", env = "GRPC_REFLECTION")]
    pub(crate) wanted: bool,
}

/// Reads the command line; no command means `up`. Also gives what the command is set to.
///
/// # Errors
/// The exit code, when help was asked for and shown, or a flag was wrong and named.
pub(crate) fn parse() -> Result<(Cli, Values), ExitCode> {
    let reading = reading::read(reading::words()).map_err(|unread| match unread {
        Unread::Help(help) => {
            // A closed standard output is nobody to tell.
            help.print().ok();
            ExitCode::SUCCESS
        }
        Unread::Wrong(fault) => {
            complain(&fault);
            ExitCode::from(2)
        }
    })?;
    if reading.cli.print_config {
        let settings = printed::settings(&reading.command, &reading.matches);
        // A closed standard output is nobody to tell.
        write!(std::io::stdout(), "{settings}").ok();
        return Err(ExitCode::SUCCESS);
    }
    let values = reading.values();
    Ok((reading.cli, values))
}

/// Reads everything once more, as files say it by now.
///
/// # Errors
/// What is wrong, in one line.
pub(crate) fn parse_again() -> Result<(Service, Values), String> {
    let reading = reading::read(reading::words()).map_err(|unread| match unread {
        Unread::Help(help) => help.to_string(),
        Unread::Wrong(fault) => fault,
    })?;
    let values = reading.values();
    match reading.cli.command {
        Command::Serve(service) => Ok((service, values)),
        _ => Err("this command does not serve".to_owned()),
    }
}

/// Says in one line on standard error what went wrong, and which variables stand for the flags that it names.
pub(crate) fn complain(words: &str) {
    let line: Vec<_> = std::env::args_os().collect();
    let variables = environment::variables_of(&Cli::command(), &line, words);
    let variables = match variables.as_slice() {
        [] => String::new(),
        named => format!(" [environment: {}]", named.join(", ")),
    };
    // A closed standard error is nobody to tell.
    writeln!(std::io::stderr(), "recipe-chat: {words}{variables}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_password_is_printed() {
        for words in [
            "recipe-chat auth --database-url postgres://ada:canary@db/auth",
            "recipe-chat client soup --user ada --password canary",
            "recipe-chat auth --operator-token canary",
            "recipe-chat edge --operator-token canary",
            "recipe-chat edge --operator-tokens ada=canary",
            "recipe-chat connections --operator-token canary",
            "recipe-chat sessions list ada --operator-token canary",
            "recipe-chat keys list --operator-token canary",
            "recipe-chat users list --operator-token canary",
            "recipe-chat audit --operator-token canary",
            "recipe-chat auth --operator-tokens ada=canary",
            "recipe-chat chat --chat-operator-token canary",
        ] {
            let cli = Cli::try_parse_from(words.split(' ')).unwrap();
            assert!(!format!("{cli:?}").contains("canary"));
        }
    }
}
