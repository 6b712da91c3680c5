//! Whether the services behind the edge serve, as their own standard health says: while they can be reached and can use
//! their databases. Each is asked at most once in two seconds, however often somebody wants to know.

use std::time::Duration;

use proto::{auth::auth_service_server, chat::chat_service_server};
use runtime::grpc::{Channel, Pool, Repeat};
use tokio::{
    join,
    sync::Mutex,
    time::{Instant, timeout},
};
use tonic::{Code, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::chat::Link;

/// For how long an answer counts.
const ANSWER_LIFE: Duration = Duration::from_secs(2);
/// How long all replicas of a service may take, and one of them.
const SERVICE_TIMEOUT: Duration = Duration::from_secs(2);
const REPLICA_TIMEOUT: Duration = Duration::from_millis(900);
/// How many replicas of the chat service are asked at most.
const MAX_ASKED: usize = 3;

/// Which services serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serving {
    /// The auth service.
    pub auth: bool,
    /// The chat service.
    pub chat: bool,
}

/// Knows which services serve.
#[derive(Debug)]
pub struct Health {
    auth: Pool,
    chat: Link,
    last: Mutex<Option<(Instant, Serving)>>,
}

impl Health {
    /// Of these services.
    pub fn new(auth: Pool, chat: Link) -> Self {
        Self {
            auth,
            chat,
            last: Mutex::default(),
        }
    }

    /// The names of the replicas of the auth service that there are.
    pub(crate) fn auth_replicas(&self) -> Vec<String> {
        let addresses = self.auth.addresses();
        let name = |address| format!("http://{address}");
        addresses.iter().map(name).collect()
    }

    /// Which services serve: one replica of each is enough.
    pub async fn serving(&self) -> Serving {
        // Whoever asks meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((asked, serving)) = *last
            && asked.elapsed() < ANSWER_LIFE
        {
            return serving;
        }
        let (auth, chat) = join!(self.auth_serves(), self.chat_serves());
        let serving = Serving { auth, chat };
        *last = Some((Instant::now(), serving));
        serving
    }

    /// A replica that does not serve is left alone for a while, as one that cannot be reached.
    async fn auth_serves(&self) -> bool {
        let ask = |channel| ask(channel, auth_service_server::SERVICE_NAME);
        let answer = self.auth.call(Repeat::Idempotent, SERVICE_TIMEOUT, ask);
        answer.await.is_ok()
    }

    async fn chat_serves(&self) -> bool {
        for channel in self.chat.channels().into_iter().take(MAX_ASKED) {
            let answer = ask(channel, chat_service_server::SERVICE_NAME);
            if answer.await.is_ok() {
                return true;
            }
        }
        false
    }
}

async fn ask(channel: Channel, service: &str) -> Result<Response<()>, Status> {
    let mut client = HealthClient::new(channel);
    let question = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = timeout(REPLICA_TIMEOUT, client.check(question)).await;
    match answer.unwrap_or_else(|_| Err(Status::unavailable("no answer in time"))) {
        Ok(answer) if answer.get_ref().status() == ServingStatus::Serving => Ok(Response::new(())),
        Ok(_) => Err(Status::unavailable("it does not serve")),
        // A stand-in without the standard health serves as long as it answers.
        Err(status) if status.code() == Code::Unimplemented => Ok(Response::new(())),
        Err(status) => Err(status),
    }
}
