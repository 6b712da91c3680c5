//! One open connection, to a server or a cluster, and how it is made. Nobody reconnects here.

use std::{sync::Arc, time::Duration};

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, Pipeline, ProtocolVersion,
    PushInfo, RedisResult, TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
    sentinel::{SentinelClientBuilder, SentinelServerType},
};

use super::address::{Kind, Target};

/// How long it may take to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What a connection is for.
#[derive(Clone)]
pub(super) struct ConnectionOptions {
    /// The longest that any answer takes.
    pub(super) slowest: Duration,
    /// Who hears what the server says unasked. It runs on the connection's own task, so it must not block.
    pub(super) on_push: Option<Arc<dyn Fn(PushInfo) + Send + Sync>>,
}

impl Target {
    pub(super) async fn connect(&self, wiring: &ConnectionOptions) -> RedisResult<Connection> {
        // Only the first call in a process takes effect; all of ours name the same provider.
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
        match &self.kind {
            Kind::Single => {
                let Some(mut server) = self.servers.first().cloned() else {
                    return Err((ErrorKind::InvalidClientConfig, "no server is named").into());
                };
                if wiring.on_push.is_some() {
                    let settings = server.redis_settings().clone();
                    server =
                        server.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3));
                }
                let client = client(server, self.tls.clone())?;
                connect_single(&client, wiring).await
            }
            Kind::Sentinel { master, database } => {
                let client = self.master(master, *database, wiring).await?;
                connect_single(&client, wiring).await
            }
            Kind::Cluster => self.connect_cluster(wiring).await,
        }
    }

    /// Asks the sentinels who the master is now.
    async fn master(
        &self,
        name: &str,
        database: i64,
        wiring: &ConnectionOptions,
    ) -> RedisResult<Client> {
        let addresses = self.servers.iter().map(|server| server.addr().clone());
        let mut builder = SentinelClientBuilder::new(addresses, name, SentinelServerType::Master)?
            .set_client_to_redis_db(database);
        if let Some(settings) = self.servers.first().map(ConnectionInfo::redis_settings) {
            if let Some(name) = settings.username() {
                builder = builder.set_client_to_redis_username(name);
            }
            if let Some(password) = settings.password() {
                builder = builder.set_client_to_redis_password(password);
            }
        }
        if wiring.on_push.is_some() {
            builder = builder.set_client_to_redis_protocol(ProtocolVersion::RESP3);
        }
        if self.is_encrypted() {
            builder = builder.set_client_to_redis_tls_mode(::redis::TlsMode::Secure);
            if let Some(tls) = &self.tls {
                builder = builder
                    .set_client_to_redis_certificates(tls.clone())
                    .set_client_to_sentinel_certificates(tls.clone());
            }
        }
        builder.build()?.async_get_client().await
    }

    async fn connect_cluster(&self, wiring: &ConnectionOptions) -> RedisResult<Connection> {
        let mut builder = ClusterClient::builder(self.servers.clone())
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(wiring.slowest)
            .overall_response_timeout(None);
        if let Some(on_push) = wiring.on_push.clone() {
            builder = builder
                .use_protocol(ProtocolVersion::RESP3)
                .push_sender(sender(on_push));
        }
        if let Some(tls) = &self.tls {
            builder = builder.certs(tls.clone());
        }
        let connection = builder.build()?.get_async_connection().await?;
        Ok(Connection::Cluster(connection))
    }

    fn is_encrypted(&self) -> bool {
        self.servers
            .iter()
            .any(|server| matches!(server.addr(), ::redis::ConnectionAddr::TcpTls { .. }))
    }
}

impl Connection {
    pub(super) async fn run(&mut self, command: &Cmd) -> RedisResult<Value> {
        let value = match self {
            Self::Single(connection) => connection.req_packed_command(command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        }?;
        value.extract_error()
    }

    /// Runs a pipeline, on a single server.
    pub(super) async fn run_all(
        &mut self,
        commands: &[Cmd],
    ) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        pipeline.ignore_errors();
        for command in commands {
            pipeline.add_command(command.clone());
        }
        let answers = match self {
            Self::Single(connection) => {
                connection
                    .req_packed_commands(&pipeline, 0, commands.len())
                    .await
            }
            Self::Cluster(connection) => {
                connection
                    .req_packed_commands(&pipeline, 0, commands.len())
                    .await
            }
        }?;
        Ok(answers.into_iter().map(Value::extract_error).collect())
    }

    /// Asks for a sign of life; of a cluster, from any server.
    pub(super) async fn ping(&mut self) -> RedisResult<()> {
        let ping = ::redis::cmd("PING");
        match self {
            Self::Single(connection) => connection.req_packed_command(&ping).await,
            Self::Cluster(connection) => {
                let any = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
                connection.route_command(ping, any).await
            }
        }?
        .extract_error()
        .map(drop)
    }

    /// The command that sends a message to whoever listens to a channel.
    pub(super) fn publication(&self, channel: &str, payload: &[u8]) -> Cmd {
        publication(matches!(self, Self::Cluster(_)), channel, payload)
    }

    pub(super) async fn subscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::Single(connection) => connection.subscribe(channels).await,
            Self::Cluster(connection) => {
                for channel in channels {
                    // One by one: sharded channels live on different servers.
                    connection.ssubscribe(channel).await?;
                }
                Ok(())
            }
        }
    }
}

/// On a cluster channels are sharded.
pub(super) fn publication(sharded: bool, channel: &str, payload: &[u8]) -> Cmd {
    let mut command = ::redis::cmd(if sharded { "SPUBLISH" } else { "PUBLISH" });
    command.arg(channel).arg(payload);
    command
}

fn client(server: ConnectionInfo, tls: Option<TlsCertificates>) -> RedisResult<Client> {
    match tls {
        Some(tls) => Client::build_with_tls(server, tls),
        None => Client::open(server),
    }
}

async fn connect_single(client: &Client, wiring: &ConnectionOptions) -> RedisResult<Connection> {
    let mut config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(wiring.slowest));
    if let Some(on_push) = wiring.on_push.clone() {
        config = config.set_push_sender(sender(on_push));
    }
    let connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    Ok(Connection::Single(connection))
}

fn sender(
    on_push: Arc<dyn Fn(PushInfo) + Send + Sync>,
) -> impl Fn(PushInfo) -> Result<(), std::convert::Infallible> + Send + Sync + 'static {
    move |push| {
        on_push(push);
        Ok(())
    }
}
