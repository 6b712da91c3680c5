//! What a connection asks of the services behind the edge. The simulation answers it by itself.

use std::{fmt, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::websocket::frames::Author;
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    Principal,
    auth::{AuthClient, AuthError},
    chat::{ChatError, Join, Joined, Link, Post, Posted},
};

/// The calls of connections.
pub trait Calls: fmt::Debug + Send + Sync {
    /// As [`AuthClient::validate`].
    fn validate<'a>(
        &'a self,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<(Principal, Instant), AuthError>>;

    /// As [`AuthClient::find_user`].
    fn find_user<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Author>, AuthError>>;

    /// As [`Link::join`].
    fn join(&self, join: Join) -> BoxFuture<'_, Result<Joined, ChatError>>;

    /// As [`Link::post`]: the message takes its place in the order at once.
    fn post(&self, post: Post) -> BoxFuture<'static, Result<Posted, ChatError>>;
}

/// Those over gRPC.
#[derive(Debug)]
struct GrpcCalls {
    auth: AuthClient,
    link: Link,
}

/// The calls over these clients.
pub(crate) fn over_grpc(auth: AuthClient, link: Link) -> Arc<dyn Calls> {
    Arc::new(GrpcCalls { auth, link })
}

impl Calls for GrpcCalls {
    fn validate<'a>(
        &'a self,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<(Principal, Instant), AuthError>> {
        self.auth.validate(token).boxed()
    }

    fn find_user<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Author>, AuthError>> {
        self.auth.find_user(name).boxed()
    }

    fn join(&self, join: Join) -> BoxFuture<'_, Result<Joined, ChatError>> {
        self.link.join(join).boxed()
    }

    fn post(&self, post: Post) -> BoxFuture<'static, Result<Posted, ChatError>> {
        self.link.post(post).boxed()
    }
}
