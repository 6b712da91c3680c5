//! The link: one bidirectional stream to the chat service that carries the joins, posts and updates of every
//! room of this edge.
//!
//! When it breaks it is opened again, every room is attached from its last revision, and what was not
//! answered is asked again in the same order: posts are idempotent by their ids, joins by nature. So a
//! caller sees a short break as a slow answer, and a long one as [`ChatError::Unavailable`].

mod unanswered;

use std::{sync::Arc, time::Duration};

use proto::{
    chat::{
        Answer, Attach, Detach, Expulsion, LinkRequest, LinkResponse, Update as ProtoUpdate,
        answer::Result as Answered, chat_service_client::ChatServiceClient, link_request::Call,
        link_response::Event,
    },
    ids::{RecipeId, UserId},
};
use rand::RngExt as _;
use runtime::{clock::SharedClock, lifecycle::Lifecycle, trace_context::traceparent};
use tokio::{
    select,
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming, transport::Channel};
use tracing::{Span, info, warn};

use self::unanswered::Unanswered;
use super::{
    chat::{ChatError, Join, Joined, Post, Posted},
    convert,
};
use crate::rooms::{Rooms, Update};

/// How many calls may wait to be sent.
const QUEUE: usize = 16 << 10;
/// How many requests may wait in the stream itself.
const STREAM_QUEUE: usize = 256;
/// How long a call may wait for its answer, through breaks of the link.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the link may take to open, and how long to wait before it is opened again.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What waits for an answer over the link.
#[derive(Debug)]
struct Question {
    call: Call,
    traceparent: String,
    answer: oneshot::Sender<Result<Answered, ChatError>>,
}

/// The callers' end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Link {
    questions: mpsc::Sender<Question>,
    up: watch::Receiver<bool>,
}

/// The task that keeps the link open.
#[derive(Debug)]
pub struct LinkTask {
    client: ChatServiceClient<Channel>,
    questions: mpsc::Receiver<Question>,
    unanswered: Unanswered,
    rooms: Arc<Rooms>,
    clock: SharedClock,
    up: watch::Sender<bool>,
}

/// Who must hear that a user may no longer see a recipe.
pub(super) type OnExpulsion = Arc<dyn Fn(&RecipeId, &UserId) + Send + Sync>;

impl Link {
    /// A link over `channel` for these rooms; it opens when the task runs.
    pub fn new(channel: Channel, rooms: Arc<Rooms>, clock: SharedClock) -> (Self, LinkTask) {
        let (questions, receiver) = mpsc::channel(QUEUE);
        let (up, up_receiver) = watch::channel(false);
        let task = LinkTask {
            client: ChatServiceClient::new(channel),
            questions: receiver,
            unanswered: Unanswered::default(),
            rooms,
            clock,
            up,
        };
        let link = Self {
            questions,
            up: up_receiver,
        };
        (link, task)
    }

    /// Whether the link is open now.
    pub fn is_up(&self) -> bool {
        *self.up.borrow()
    }

    /// Waits for the link to open, at most `patience`; tells whether it did.
    pub async fn opened_within(&self, patience: Duration) -> bool {
        let mut up = self.up.clone();
        timeout(patience, up.wait_for(|up| *up))
            .await
            .is_ok_and(|up| up.is_ok())
    }

    /// Comes into a recipe.
    ///
    /// # Errors
    /// `NotFound` when the user may not, `Unavailable` when the service cannot be asked.
    pub async fn join(&self, join: Join) -> Result<Joined, ChatError> {
        let call = Call::Join(proto::chat::JoinRecipeRequest {
            principal: Some(convert::principal(&join.principal)),
            recipe_id: join.recipe.to_string(),
            create: join.create,
            after: join.after,
        });
        let Answered::Joined(joined) = self.ask(call).await? else {
            return Err(ChatError::Unavailable);
        };
        Ok(Joined {
            revision: joined.revision,
            recipe: convert::recipe(joined.recipe.unwrap_or_default()),
            messages: convert::messages(joined.messages),
            truncated: joined.messages_truncated,
        })
    }

    /// Posts a message. It takes its place in the order at once; the future only waits for the answer.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict`, or `Unavailable`: then it may or may not have been accepted, and
    /// posting the same id again tells.
    pub fn post(&self, post: Post) -> impl Future<Output = Result<Posted, ChatError>> + use<> {
        let answer = self.ask(Call::Post(proto::chat::PostMessageRequest {
            principal: Some(convert::principal(&post.principal)),
            recipe_id: post.recipe.to_string(),
            message_id: post.id.to_string(),
            content: post.content,
        }));
        async move {
            let Answered::Posted(posted) = answer.await? else {
                return Err(ChatError::Unavailable);
            };
            Ok(Posted {
                message: convert::message(posted.message.unwrap_or_default()),
                original: posted.recipe.map(convert::recipe),
            })
        }
    }

    fn ask(&self, call: Call) -> impl Future<Output = Result<Answered, ChatError>> + use<> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            call,
            traceparent: traceparent(&Span::current()).unwrap_or_default(),
            answer,
        };
        let queued = self.questions.try_send(question);
        async move {
            queued.map_err(|_| ChatError::Unavailable)?;
            match timeout(TIMEOUT, answered).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) | Err(_) => Err(ChatError::Unavailable),
            }
        }
    }
}

impl LinkTask {
    /// Keeps the link open until everything ends.
    pub async fn run(mut self, on_expulsion: OnExpulsion, lifecycle: Lifecycle) {
        select! {
            () = lifecycle.killed() => {}
            () = self.keep_open(&on_expulsion) => {}
        }
    }

    async fn keep_open(&mut self, on_expulsion: &OnExpulsion) {
        let mut backoff = BACKOFF.0;
        loop {
            let opened = Instant::now();
            match self.open().await {
                Ok((requests, responses)) => {
                    self.up.send_replace(true);
                    info!("link to the chat service is open");
                    let ended = self.carry(&requests, responses, on_expulsion).await;
                    self.up.send_replace(false);
                    warn!(%ended, "link to the chat service is lost");
                    if opened.elapsed() > BACKOFF.1 {
                        backoff = BACKOFF.0;
                    }
                }
                Err(cause) => warn!(%cause, "cannot open the link to the chat service"),
            }
            self.unanswered.forget_abandoned();
            let pause = rand::rng().random_range(backoff / 2..=backoff);
            sleep(pause).await;
            backoff = (backoff * 2).min(BACKOFF.1);
        }
    }

    async fn open(&mut self) -> Result<Open, tonic::Status> {
        let (requests, outgoing) = mpsc::channel(STREAM_QUEUE);
        let call = self.client.link(ReceiverStream::new(outgoing));
        let responses = timeout(OPEN_TIMEOUT, call)
            .await
            .map_err(|_| tonic::Status::unavailable("no answer in time"))??;
        Ok((requests, responses.into_inner()))
    }

    /// Carries requests and responses until either way breaks; says why.
    async fn carry(
        &mut self,
        requests: &mpsc::Sender<LinkRequest>,
        responses: Streaming<LinkResponse>,
        on_expulsion: &OnExpulsion,
    ) -> &'static str {
        let reader = Reader {
            rooms: &self.rooms,
            unanswered: &self.unanswered,
            clock: &self.clock,
            requests,
            on_expulsion,
        };
        let mut writer = Writer {
            rooms: &self.rooms,
            unanswered: &self.unanswered,
            questions: &mut self.questions,
            requests,
        };
        select! {
            () = writer.run() => "it takes no more requests",
            () = reader.run(responses) => "the service has ended it",
        }
    }
}

type Open = (mpsc::Sender<LinkRequest>, Streaming<LinkResponse>);

/// Sends what is asked. Returns when the stream takes no more.
struct Writer<'a> {
    rooms: &'a Rooms,
    unanswered: &'a Unanswered,
    questions: &'a mut mpsc::Receiver<Question>,
    requests: &'a mpsc::Sender<LinkRequest>,
}

impl Writer<'_> {
    async fn run(&mut self) {
        for recipe in self.rooms.all() {
            if !self.tell_room(&recipe).await {
                return;
            }
        }
        for request in self.unanswered.again() {
            if !self.send(request).await {
                return;
            }
        }
        loop {
            let sent = select! {
                changed = self.rooms.changed() => self.tell_rooms(changed).await,
                question = self.questions.recv() => match question {
                    Some(question) => self.ask(question).await,
                    None => return,
                },
            };
            if !sent {
                return;
            }
        }
    }

    async fn ask(&self, question: Question) -> bool {
        if question.answer.is_closed() {
            return true;
        }
        let request = self.unanswered.keep(question);
        self.send(request).await
    }

    async fn tell_rooms(&self, changed: impl IntoIterator<Item = RecipeId>) -> bool {
        for recipe in changed {
            if !self.tell_room(&recipe).await {
                return false;
            }
        }
        true
    }

    /// Attaches an open room from its last revision, detaches a closed one.
    async fn tell_room(&self, recipe: &RecipeId) -> bool {
        let recipe_id = recipe.to_string();
        self.send(unnumbered(match self.rooms.newest(recipe) {
            Some(newest) => Call::Attach(Attach {
                recipe_id,
                after: Some(newest),
            }),
            None => Call::Detach(Detach { recipe_id }),
        }))
        .await
    }

    async fn send(&self, request: LinkRequest) -> bool {
        self.requests.send(request).await.is_ok()
    }
}

/// Hands out what comes. Returns when the stream ends.
struct Reader<'a> {
    rooms: &'a Rooms,
    unanswered: &'a Unanswered,
    clock: &'a SharedClock,
    requests: &'a mpsc::Sender<LinkRequest>,
    on_expulsion: &'a OnExpulsion,
}

impl Reader<'_> {
    async fn run(&self, mut responses: Streaming<LinkResponse>) {
        while let Ok(Some(response)) = responses.message().await {
            match response.event {
                Some(Event::Answer(answer)) => self.answer(answer),
                Some(Event::Update(update)) => self.publish(update),
                Some(Event::Expulsion(expulsion)) => self.expel(&expulsion),
                None => {}
            }
        }
    }

    fn answer(&self, answer: Answer) {
        let result = match answer.result {
            Some(Answered::Failure(failure)) => Err(ChatError::read(
                Code::from_i32(failure.code),
                &failure.message,
            )),
            Some(answered) => Ok(answered),
            None => Err(ChatError::Unavailable),
        };
        self.unanswered.answer(answer.number, result);
    }

    fn publish(&self, update: ProtoUpdate) {
        let Ok(recipe_id) = update.recipe_id.parse::<RecipeId>() else {
            return;
        };
        let (Some(recipe), Some(message)) = (update.recipe, update.message) else {
            return;
        };
        let update = Update::new(
            &recipe_id,
            convert::recipe(recipe),
            convert::message(message),
            self.clock.now(),
            Instant::now(),
        );
        if !self.rooms.publish(&recipe_id, update) {
            // Nobody is there any more: the detachment is on its way, or was lost with an earlier link.
            let detach = Call::Detach(Detach {
                recipe_id: recipe_id.to_string(),
            });
            self.requests.try_send(unnumbered(detach)).ok();
        }
    }

    fn expel(&self, expulsion: &Expulsion) {
        let recipe = expulsion.recipe_id.parse();
        let user = expulsion.user_id.parse();
        if let (Ok(recipe), Ok(user)) = (recipe, user) {
            (self.on_expulsion)(&recipe, &user);
        }
    }
}

fn unnumbered(call: Call) -> LinkRequest {
    LinkRequest {
        number: 0,
        traceparent: String::new(),
        call: Some(call),
    }
}
