//! Proxies between the edges and everything behind them, one before each, for faults of the network.

use super::Stack;
use crate::{
    proxy::Proxy,
    service::{Service, replace},
};

/// What stands between the edges and everything behind them.
#[derive(Debug)]
pub struct Proxies {
    /// Before the auth service.
    pub auth: Proxy,
    /// Before each replica of the chat service.
    pub chats: Vec<Proxy>,
    redis: Option<Proxy>,
}

impl Proxies {
    /// Before Redis.
    ///
    /// # Panics
    /// When there is none.
    pub fn redis(&self) -> &Proxy {
        self.redis.as_ref().expect("a stack with Redis")
    }

    pub(super) async fn start(auth: &Service, stack: &Stack) -> Self {
        let mut chats = Vec::new();
        for replica in &stack.chats {
            chats.push(Proxy::start(replica.address()).await);
        }
        Self {
            auth: Proxy::start(auth.address()).await,
            chats,
            redis: match &stack.redis {
                Some(redis) => Some(Proxy::start(redis.address()).await),
                None => None,
            },
        }
    }

    /// Has an edge's flags lead through these.
    pub(super) fn stand_before(&self, edge: &mut Vec<String>) {
        let url = |scheme: &str, proxy: &Proxy| format!("{scheme}://{}", proxy.address());
        replace(edge, &["--auth-url", &url("http", &self.auth)]);
        let chats: Vec<String> = self.chats.iter().map(|chat| url("http", chat)).collect();
        replace(edge, &["--chat-url", &chats.join(",")]);
        if let Some(redis) = &self.redis {
            replace(edge, &["--redis-url", &url("redis", redis)]);
        }
    }
}
