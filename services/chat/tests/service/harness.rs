//! A chat service on a free port, and a link that a test can talk over.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use chat::Config;
use prost::Message as _;
use proto::chat::{
    self as wire, answer, chat_service_client::ChatServiceClient, link_request, link_response,
};
use runtime::{
    clock::SystemClock,
    grpc::{Access, Channel, Credentials},
    lifecycle::Lifecycle,
    listener,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

/// How long anything may take in a test.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A running chat service.
pub(crate) struct Service {
    pub address: SocketAddr,
    folder: Option<TempDir>,
    lifecycle: Lifecycle,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_with(&Config::default()).await
    }

    pub(crate) async fn start_with(config: &Config) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config).await
    }

    async fn start_in(folder: TempDir, config: &Config) -> Self {
        let url = format!("sqlite:{}/data/chat.db", folder.path().display());
        let service = Self::start_on(&url, None, config).await;
        Self {
            folder: Some(folder),
            ..service
        }
    }

    pub(crate) async fn start_on(database: &str, redis: Option<&str>, config: &Config) -> Self {
        let redis = redis.map(|url| url.parse().unwrap());
        let database = database.parse().unwrap();
        let chat = chat::open(config, &database, redis, SystemClock::shared())
            .await
            .unwrap();
        let listener = listener::bind("--listen", "127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let lifecycle = Lifecycle::new();
        let served = tokio::spawn(chat.serve(listener, Access::default(), lifecycle.clone()));
        Self {
            address,
            folder: None,
            lifecycle,
            served,
        }
    }

    /// Stops in good order and starts again on the same database.
    pub(crate) async fn restart(mut self) -> Self {
        let folder = self.folder.take().unwrap();
        self.stop().await;
        Self::start_in(folder, &Config::default()).await
    }

    pub(crate) async fn stop(self) {
        self.lifecycle.stop();
        timeout(TEST_TIMEOUT, self.served)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(self.lifecycle.finished(TEST_TIMEOUT).await);
    }

    /// Loses all that came after a revision of a recipe, behind the back of the service.
    pub(crate) fn go_back(&self, recipe: &str, revision: u64) {
        let folder = self.folder.as_ref().unwrap().path();
        let database = rusqlite::Connection::open(folder.join("data/chat.db")).unwrap();
        database.busy_timeout(TEST_TIMEOUT).unwrap();
        database
            .execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 DELETE FROM messages WHERE recipe = '{recipe}' AND revision > {revision};
                 DELETE FROM versions WHERE recipe = '{recipe}' AND revision > {revision};
                 UPDATE recipes SET revision = {revision}, undo = '[]', state_revision = 0,
                     state = (SELECT state FROM versions WHERE recipe = '{recipe}' AND revision = 0)
                 WHERE id = '{recipe}';
                 COMMIT;"
            ))
            .unwrap();
    }

    pub(crate) fn client(&self) -> ChatServiceClient<Channel> {
        let channel = runtime::grpc::channel(
            &format!("http://{}", self.address),
            &["chat"],
            &Credentials::default(),
        )
        .unwrap();
        ChatServiceClient::new(channel)
    }

    pub(crate) async fn link(&self) -> Link {
        let (requests, outgoing) = mpsc::channel(64);
        let events = self
            .client()
            .link(ReceiverStream::new(outgoing))
            .await
            .unwrap()
            .into_inner();
        Link {
            client: self.client(),
            requests,
            events,
            number: 0,
            seen: VecDeque::new(),
        }
    }
}

/// One side of a link.
pub(crate) struct Link {
    pub requests: mpsc::Sender<wire::LinkRequest>,
    client: ChatServiceClient<Channel>,
    events: Streaming<wire::LinkResponse>,
    number: u64,
    seen: VecDeque<link_response::Event>,
}

impl Link {
    /// Sends a call and gives its number.
    pub(crate) async fn send(&mut self, call: link_request::Call) -> u64 {
        self.number += 1;
        let request = wire::LinkRequest {
            number: self.number,
            traceparent: String::new(),
            call: Some(call),
        };
        self.requests.send(request).await.unwrap();
        self.number
    }

    /// The next thing that comes, whatever it is.
    pub(crate) async fn next(&mut self) -> link_response::Event {
        if let Some(event) = self.seen.pop_front() {
            return event;
        }
        let event = timeout(TEST_TIMEOUT, self.events.message()).await;
        event
            .expect("nothing came")
            .unwrap()
            .unwrap()
            .event
            .unwrap()
    }

    /// Sends a call and waits for its answer; what comes before it is kept.
    pub(crate) async fn call(&mut self, call: link_request::Call) -> answer::Result {
        let number = self.send(call).await;
        self.answer_to(number).await
    }

    /// Waits for an answer; what comes before it is kept.
    pub(crate) async fn answer_to(&mut self, number: u64) -> answer::Result {
        let mut before = VecDeque::new();
        loop {
            match self.next().await {
                link_response::Event::Answer(answer) if answer.number == number => {
                    before.append(&mut self.seen);
                    self.seen = before;
                    return answer.result.unwrap();
                }
                other => before.push_back(other),
            }
        }
    }

    pub(crate) async fn next_update(&mut self) -> wire::Update {
        match self.next().await {
            // The same bytes, read whole.
            link_response::Event::Update(update) => {
                wire::Update::decode(&*update.encode_to_vec()).unwrap()
            }
            other => panic!("not an update: {other:?}"),
        }
    }

    pub(crate) async fn next_audience(&mut self) -> wire::Audience {
        match self.next().await {
            link_response::Event::Audience(audience) => audience,
            other => panic!("not an audience: {other:?}"),
        }
    }

    /// Makes an open recipe of somebody, unless there is one of that id.
    pub(crate) async fn create(&mut self, recipe: &str, who: &str) {
        match self.try_create(recipe, who).await {
            Err(status) if status.code() != Code::AlreadyExists => panic!("{status}"),
            Ok(()) | Err(_) => {}
        }
    }

    /// Makes an open recipe of somebody.
    pub(crate) async fn try_create(&mut self, recipe: &str, who: &str) -> Result<(), Status> {
        let create = wire::CreateRecipeRequest {
            principal: someone(who),
            recipe_id: recipe.to_owned(),
            visibility: wire::Visibility::Open.into(),
            ..wire::CreateRecipeRequest::default()
        };
        self.client.create_recipe(create).await.map(drop)
    }

    /// Joins, and gives the recipe as it was found; makes it when there is none.
    pub(crate) async fn join(&mut self, recipe: &str, who: &str) -> wire::JoinRecipeResponse {
        self.create(recipe, who).await;
        match self.call(join(recipe, who, None)).await {
            answer::Result::Joined(joined) => joined,
            other => panic!("not joined: {other:?}"),
        }
    }

    pub(crate) async fn attach(&mut self, recipe: &str, after: Option<u64>) -> u64 {
        match self.call(attach(recipe, after)).await {
            answer::Result::Attached(attached) => attached.revision,
            other => panic!("not attached: {other:?}"),
        }
    }

    pub(crate) async fn post(
        &mut self,
        recipe: &str,
        who: &str,
        id: &str,
        content: &str,
    ) -> wire::PostMessageResponse {
        match self.call(post(recipe, who, id, content)).await {
            answer::Result::Posted(posted) => posted,
            other => panic!("not posted: {other:?}"),
        }
    }

    /// Tells whether the stream ended in good order.
    pub(crate) async fn ended(mut self) -> bool {
        loop {
            match timeout(TEST_TIMEOUT, self.events.message()).await.unwrap() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}

pub(crate) fn someone(name: &str) -> Option<wire::Principal> {
    Some(wire::Principal {
        user_id: format!("id-{name}"),
        name: name.to_owned(),
        ..wire::Principal::default()
    })
}

pub(crate) fn join(recipe: &str, who: &str, after: Option<u64>) -> link_request::Call {
    link_request::Call::Join(wire::JoinRecipeRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        after,
        ..wire::JoinRecipeRequest::default()
    })
}

pub(crate) fn attach(recipe: &str, after: Option<u64>) -> link_request::Call {
    link_request::Call::Attach(wire::Attach {
        recipe_id: recipe.to_owned(),
        after,
        ..wire::Attach::default()
    })
}

/// Joins as a client does that stands at a position.
pub(crate) fn join_at(
    recipe: &str,
    who: &str,
    after: u64,
    message: Option<&str>,
) -> link_request::Call {
    link_request::Call::Join(wire::JoinRecipeRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        after: Some(after),
        message_id: message.map(str::to_owned),
        ..wire::JoinRecipeRequest::default()
    })
}

/// Attaches as an edge does whose room stands at a position.
pub(crate) fn attach_at(recipe: &str, after: u64, message: &str) -> link_request::Call {
    link_request::Call::Attach(wire::Attach {
        recipe_id: recipe.to_owned(),
        after: Some(after),
        message_id: Some(message.to_owned()),
        ..wire::Attach::default()
    })
}

pub(crate) fn detach(recipe: &str) -> link_request::Call {
    link_request::Call::Detach(wire::Detach {
        recipe_id: recipe.to_owned(),
    })
}

pub(crate) fn post(recipe: &str, who: &str, id: &str, content: &str) -> link_request::Call {
    link_request::Call::Post(post_request(recipe, who, id, content))
}

pub(crate) fn post_request(
    recipe: &str,
    who: &str,
    id: &str,
    content: &str,
) -> wire::PostMessageRequest {
    wire::PostMessageRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        message_id: id.to_owned(),
        content: content.to_owned(),
        not_after: None,
        known_users: None,
    }
}
