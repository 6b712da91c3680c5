//! Runs a command: opens what it needs, says where it listens, serves until a signal, and ends in order.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::{Context as _, anyhow};
use edge::Upstreams;
use runtime::{
    clock::SystemClock,
    config::SecretUrl,
    database, descriptors,
    grpc::{Access, Credentials, DialError},
    lifecycle::Lifecycle,
    listener::bind,
    telemetry::{Prometheus, Telemetry},
};
use tokio::{
    runtime::Runtime,
    time::{sleep, timeout},
};
use tracing::warn;

use crate::{
    audit, backup, check,
    cli::{
        AuthCommand, ChatCommand, Cli, Command, EdgeCommand, ReflectionArgs, Service, Up, Values,
        complain,
    },
    conform, connections, dev_ca, explain, health, keys, migrate,
    ports::{admin_port, announce, serve_metrics},
    reload::{self, Reload},
    service_token, sessions, token, users,
};

/// How long a service may take to finish its calls once it is told to stop.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long `up` waits for its own services to find one another.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the command and gives the exit code.
pub(crate) fn run(cli: Cli, values: Values) -> ExitCode {
    match try_run(cli, values) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            if is_of_settings(&error) {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Whether a setting makes no sense as it is written, as when a flag cannot be read; starting again would not help.
fn is_of_settings(error: &anyhow::Error) -> bool {
    let of_database = |error: &database::OpenError| error.is_of_address();
    if let Some(auth) = error.downcast_ref::<auth::OpenError>() {
        return match auth {
            auth::OpenError::Config(_) | auth::OpenError::Redis(_) => true,
            auth::OpenError::Store(cause) => of_database(cause),
            auth::OpenError::Unusable(_) => false,
        };
    }
    if let Some(chat) = error.downcast_ref::<chat::OpenError>() {
        return match chat {
            chat::OpenError::Redis(_) | chat::OpenError::Config(_) => true,
            chat::OpenError::Database(cause) => of_database(cause),
        };
    }
    error.is::<edge::OpenError>()
        || error.is::<DialError>()
        || error
            .downcast_ref::<database::OpenError>()
            .is_some_and(of_database)
}

fn try_run(cli: Cli, values: Values) -> anyhow::Result<()> {
    descriptors::raise_limit();
    // Fails only when a provider is installed already, which is as good.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let ended = match cli.command {
        Command::Serve(service) => serve(&runtime, service, values),
        // It writes no logs: they would stand in the middle of the screen.
        Command::Client(config) => runtime.block_on(Box::pin(client(*config))),
        Command::Health(health) => runtime.block_on(health::run(health)),
        Command::Check(check) => runtime.block_on(Box::pin(check::run(*check))),
        Command::Connections(connections) => {
            runtime.block_on(Box::pin(connections::run(connections)))
        }
        Command::Sessions(sessions) => runtime.block_on(Box::pin(sessions::run(sessions))),
        Command::Users(users) => runtime.block_on(Box::pin(users::run(users))),
        Command::Keys(keys) => runtime.block_on(Box::pin(keys::run(keys))),
        Command::Audit(audit) => runtime.block_on(Box::pin(audit::run(audit))),
        Command::Migrate(migrate) => runtime.block_on(Box::pin(migrate::run(migrate))),
        Command::Backup(backup) => backup::back_up(&backup),
        Command::Verify(verify) => backup::verify(&verify),
        Command::Conform(conform) => runtime.block_on(Box::pin(conform::run(conform))),
        Command::Explain(explain) => explain::run(&explain),
        Command::Token(token) => runtime.block_on(Box::pin(token::run(token))),
        Command::DevCa(dev_ca) => dev_ca::run(&dev_ca),
    };
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn client(config: terminal::Config) -> anyhow::Result<()> {
    let lifecycle = Lifecycle::new();
    lifecycle.watch_signals().context("cannot watch signals")?;
    Ok(terminal::run(config, lifecycle.stopping()).await?)
}

fn serve(runtime: &Runtime, service: Service, values: Values) -> anyhow::Result<()> {
    let name = match &service {
        Service::Up(_) => "recipe-chat",
        Service::Auth(_) => "auth",
        Service::Chat(_) => "chat",
        Service::Edge(_) => "edge",
    };
    let telemetry = {
        // The OTLP exporters connect inside the runtime.
        let _inside = runtime.enter();
        Telemetry::start(name, service.telemetry())?
    };
    let prometheus = telemetry.prometheus();
    let reload = Reload::new(values, telemetry.log_filter());
    let ended = runtime.block_on(run_service(service, prometheus, reload));
    telemetry.shutdown();
    ended
}

async fn run_service(
    service: Service,
    prometheus: Prometheus,
    reload: Reload,
) -> anyhow::Result<()> {
    let lifecycle = Lifecycle::new();
    lifecycle.watch_signals().context("cannot watch signals")?;
    match service {
        Service::Up(command) => Box::pin(up(*command, prometheus, reload, lifecycle)).await,
        Service::Auth(command) => run_auth(*command, prometheus, reload, &lifecycle).await,
        Service::Chat(command) => {
            Box::pin(run_chat(*command, prometheus, reload, &lifecycle)).await
        }
        Service::Edge(command) => run_edge(*command, prometheus, reload, lifecycle).await,
    }
}

async fn run_auth(
    command: AuthCommand,
    prometheus: Prometheus,
    reload: Reload,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let listener = bind("--listen", command.listen)?;
    serve_metrics(command.metrics_listen, prometheus, lifecycle)?;
    let address = listener.local_addr()?;
    let credentials = command.credentials.open()?;
    let access = access("--listen", address, credentials, command.reflection)?;
    let auth = auth::Auth::open(
        command.auth,
        &command.database_url,
        command.redis.redis_url.as_ref(),
        SystemClock::shared(),
    );
    let Some(auth) = until_stopped(Box::pin(auth), lifecycle).await else {
        return Ok(());
    };
    let auth = auth.map_err(|error| of_auth(error, "--database-url"))?;
    reload.of_auth(auth.reloader()).follow(lifecycle);
    announce("auth", address)?;
    until_finished(auth.serve(listener, access, lifecycle), lifecycle).await
}

async fn run_chat(
    command: ChatCommand,
    prometheus: Prometheus,
    reload: Reload,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let listener = bind("--listen", command.listen)?;
    serve_metrics(command.metrics_listen, prometheus, lifecycle)?;
    let address = listener.local_addr()?;
    let credentials = command.credentials.open()?;
    let auth = command
        .auth_url
        .map(|url| auth_of_chat("--auth-url", &url, &credentials))
        .transpose()?;
    let access = access("--listen", address, credentials, command.reflection)?;
    let chat = chat::open(
        &command.chat,
        &command.database_url,
        command.redis.redis_url,
        SystemClock::shared(),
    );
    let Some(chat) = until_stopped(Box::pin(chat), lifecycle).await else {
        return Ok(());
    };
    let chat = chat.map_err(|error| of_chat(error, "--database-url"))?;
    let chat = match auth {
        Some(auth) => chat.verify_tokens_by(auth),
        None => {
            warn!("without --auth-url edges are believed who their users are");
            chat
        }
    };
    reload.of_chat(chat.reloader()).follow(lifecycle);
    announce("chat", address)?;
    until_finished(chat.serve(listener, access, lifecycle.clone()), lifecycle).await
}

async fn run_edge(
    command: EdgeCommand,
    prometheus: Prometheus,
    reload: Reload,
    lifecycle: Lifecycle,
) -> anyhow::Result<()> {
    let listener = bind("--listen", command.listen)?;
    let address = listener.local_addr()?;
    serve_metrics(command.edge.metrics_listen, prometheus.clone(), &lifecycle)?;
    let upstreams = Upstreams {
        auth: command.auth_url,
        chat: command.chat_url,
        redis: command.redis.redis_url,
        credentials: command.credentials.open()?,
    };
    let clock = SystemClock::shared();
    let operators = [
        command.operator_token.as_ref(),
        command.operator_tokens.as_ref(),
    ];
    let admin = admin_port(&command.edge, operators)?;
    let running = lifecycle.clone();
    let edge = edge::open(command.edge, upstreams, clock, prometheus, lifecycle).await?;
    reload
        .of_edge(edge.reloader(), admin.as_ref())
        .follow(&running);
    announce("edge", address)?;
    edge.with_admin(admin).serve(listener).await;
    Ok(())
}

/// Runs everything in this process. The edge stops first, so that its clients' last messages are answered; then
/// the services behind it.
async fn up(
    up: Up,
    prometheus: Prometheus,
    reload: Reload,
    lifecycle: Lifecycle,
) -> anyhow::Result<()> {
    let auth_listener = bind("--auth-listen", up.auth_listen)?;
    let chat_listener = bind("--chat-listen", up.chat_listen)?;
    let edge_listener = bind("--edge-listen", up.edge_listen)?;
    let edge_address = edge_listener.local_addr()?;
    serve_metrics(up.edge.metrics_listen, prometheus.clone(), &lifecycle)?;
    let operators = &up.auth.reloadable;
    let operators = [
        operators.operator_token.as_ref(),
        operators.operator_tokens.as_ref(),
    ];
    let admin = admin_port(&up.edge, operators)?;
    let auth_address = auth_listener.local_addr()?;
    let chat_address = chat_listener.local_addr()?;

    let in_data_dir = |name: &str| sqlite_url(&up.data_dir.join(name));
    let flag = |named: bool, flag| if named { flag } else { "--data-dir" };
    let auth_flag = flag(up.auth_database_url.is_some(), "--auth-database-url");
    let chat_flag = flag(up.chat_database_url.is_some(), "--chat-database-url");
    let auth_database = up
        .auth_database_url
        .map_or_else(|| in_data_dir("auth.db"), Ok)?;
    let chat_database = up
        .chat_database_url
        .map_or_else(|| in_data_dir("chat.db"), Ok)?;
    let clock = SystemClock::shared();
    let redis = up.redis.redis_url.clone();
    let access_ttl = up.auth.access_ttl;
    // One process has one set of operators, unless it is told of two.
    let mut of_chat_service = up.chat;
    reload::share_operators(&up.auth.reloadable, &mut of_chat_service.reloadable);
    let opened = async {
        let auth = auth::Auth::open(up.auth, &auth_database, redis.as_ref(), clock.clone());
        let auth = auth.await.map_err(|error| of_auth(error, auth_flag))?;
        let chat = chat::open(
            &of_chat_service,
            &chat_database,
            redis.clone(),
            clock.clone(),
        );
        let chat = chat.await.map_err(|error| of_chat(error, chat_flag))?;
        anyhow::Ok((auth, chat))
    };
    let Some(opened) = until_stopped(Box::pin(opened), &lifecycle).await else {
        return Ok(());
    };
    let (auth, chat) = opened?;
    // The databases are this process's now, and so is what lies beside them.
    let credentials = service_token::of_one_start(&up.data_dir, up.credentials)?.open()?;
    let auth_url = format!("http://{auth_address}");
    let chat = chat.verify_tokens_by(auth_of_chat("--auth-listen", &auth_url, &credentials)?);
    let access = |flag, address| access(flag, address, credentials.clone(), up.reflection);
    let auth_access = access("--auth-listen", auth_address)?;
    let chat_access = access("--chat-listen", chat_address)?;
    let upstreams = Upstreams {
        auth: auth_url,
        chat: format!("http://{chat_address}"),
        redis: up.redis.redis_url,
        credentials,
    };
    let mut edge = up.edge;
    if access_ttl <= edge.reauth_lead {
        warn!(
            "--access-ttl is not longer than --reauth-lead: everybody is asked to authenticate again at once"
        );
    }
    edge.import_from_web.get_or_insert(true);
    let edge = edge::open(edge, upstreams, clock, prometheus, lifecycle.clone()).await?;

    reload
        .of_auth(auth.reloader())
        .of_chat(chat.reloader())
        .of_edge(edge.reloader(), admin.as_ref())
        .follow(&lifecycle);
    let behind = Lifecycle::new();
    let link = edge.link();
    let services = async {
        tokio::try_join!(
            until_finished(auth.serve(auth_listener, auth_access, &behind), &behind),
            until_finished(
                chat.serve(chat_listener, chat_access, behind.clone()),
                &behind
            ),
        )
    };
    let front = async {
        edge.with_admin(admin).serve(edge_listener).await;
        behind.stop();
        Ok(())
    };
    let ready = async {
        if !link.opened_within(STOP_TIMEOUT).await && !lifecycle.is_stopping() {
            lifecycle.kill();
            behind.kill();
            return Err(anyhow!("the services did not find one another"));
        }
        announce("edge", edge_address)
    };
    tokio::try_join!(services, front, ready).map(|_| ())
}

/// Where the chat service asks for public keys, the value of `flag`.
fn auth_of_chat(
    flag: &'static str,
    url: &str,
    credentials: &Credentials,
) -> anyhow::Result<chat::AuthService> {
    chat::AuthService::at(url, credentials).context(flag)
}

/// Who may call a service that listens at this address, the value of `flag`.
fn access(
    flag: &'static str,
    address: SocketAddr,
    credentials: Credentials,
    reflection: ReflectionArgs,
) -> anyhow::Result<Access> {
    credentials.check_listen(flag, address)?;
    Ok(Access {
        reflection: reflection.wanted || address.ip().to_canonical().is_loopback(),
        credentials,
    })
}

/// Opening a service may wait for its database: a signal ends that. `None`: it was stopped first.
async fn until_stopped<T>(opening: impl Future<Output = T>, lifecycle: &Lifecycle) -> Option<T> {
    tokio::select! {
        biased;
        opened = opening => Some(opened),
        () = lifecycle.stopping() => None,
    }
}

/// Names the flag that says where the database is.
fn of_auth(error: auth::OpenError, database: &'static str) -> anyhow::Error {
    match error {
        auth::OpenError::Store(_) | auth::OpenError::Unusable(_) => {
            anyhow::Error::new(error).context(database)
        }
        auth::OpenError::Config(_) | auth::OpenError::Redis(_) => error.into(),
    }
}

/// Names the flag that says where the database is.
fn of_chat(error: chat::OpenError, database: &'static str) -> anyhow::Error {
    match error {
        chat::OpenError::Redis(_) | chat::OpenError::Config(_) => error.into(),
        _ => anyhow::Error::new(error).context(database),
    }
}

fn sqlite_url(path: &std::path::Path) -> anyhow::Result<SecretUrl> {
    let path = path
        .to_str()
        .ok_or_else(|| anyhow!("--data-dir must be readable text"))?;
    let Ok(url) = format!("sqlite:{path}").parse();
    Ok(url)
}

/// Serves until stopped; calls that do not end in time are ended.
async fn until_finished(
    serve: impl Future<Output = anyhow::Result<()>>,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let impatient = async {
        lifecycle.stopping().await;
        sleep(FINISH_TIMEOUT).await;
        lifecycle.kill();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = serve => {
            timeout(FINISH_TIMEOUT, lifecycle.finished(FINISH_TIMEOUT)).await.ok();
            ended
        }
        () = impatient => Ok(()),
    }
}
