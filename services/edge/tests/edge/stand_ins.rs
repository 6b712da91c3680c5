//! Stand-ins for the services behind the edge, over in-memory streams: real gRPC, no rules of their own.

#[path = "stand_ins/auth.rs"]
mod auth;
#[path = "stand_ins/chat.rs"]
mod chat;
#[path = "stand_ins/chat_service.rs"]
mod chat_service;

use std::{pin::Pin, time::Duration};

use futures_util::Stream;
use hyper_util::rt::TokioIo;
use runtime::grpc::Channel;
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Status,
    service::Routes,
    transport::{Endpoint, Uri},
};

pub(crate) use self::{auth::FakeAuth, chat::FakeChat, chat_service::Served};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A channel to a service in this process, without a socket.
pub(crate) fn in_memory<S>(service: S) -> Channel
where
    S: tonic::codegen::Service<http::Request<tonic::body::Body>, Error = std::convert::Infallible>
        + tonic::server::NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Response: axum::response::IntoResponse,
    S::Future: Send + 'static,
{
    in_memory_all(Routes::new(service))
}

/// A channel to several services of one process.
pub(crate) fn in_memory_all(services: Routes) -> Channel {
    let (connections, incoming) = mpsc::channel::<std::io::Result<DuplexStream>>(4);
    let server = tonic::transport::Server::builder().add_routes(services);
    tokio::spawn(server.serve_with_incoming(ReceiverStream::new(incoming)));
    let channel = Endpoint::from_static("http://in.memory")
        .connect_timeout(Duration::from_secs(1))
        .connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
            let connections = connections.clone();
            async move {
                let (client, server) = tokio::io::duplex(64 << 10);
                connections
                    .send(Ok(server))
                    .await
                    .map_err(std::io::Error::other)?;
                std::io::Result::Ok(TokioIo::new(client))
            }
        }));
    channel.into()
}
