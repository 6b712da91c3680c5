//! Carries out what the chat decides: one task owns the connection, the token request under way, and the front.

use std::{collections::VecDeque, future::pending, io, time::Duration};

use futures_util::future::BoxFuture;
use proto::{ids::RecipeId, websocket::frames::ServerFrame};
use runtime::clock::{Clock as _, SystemClock, Timestamp};
use tokio::{
    select,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use crate::{
    chat::{Action, Chat, Ending, Event, News, NoToken, NotOpened, Token},
    dial::Server,
    front::{Front, Input},
    socket::{Incoming, Socket},
    tokens::Tokens,
};

/// The two clocks of a machine drift less than this unless it was suspended.
const SUSPEND_THRESHOLD: Duration = Duration::from_secs(5);

/// The connection as the driver sees it.
enum Connection {
    None,
    Opening(BoxFuture<'static, Result<Socket, NotOpened>>),
    Open(Box<Socket>),
}

/// A chat with its connection, its tokens and its front.
pub struct Driver<T, F> {
    server: Server,
    recipe: RecipeId,
    tokens: T,
    chat: Chat,
    front: F,
    connection: Connection,
    renewal: Option<BoxFuture<'static, Result<Token, NoToken>>>,
    clocks: Clocks,
}

impl<T, F> std::fmt::Debug for Driver<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Driver")
    }
}

impl<T: Tokens, F: Front> Driver<T, F> {
    pub fn new(server: Server, recipe: RecipeId, tokens: T, chat: Chat, front: F) -> Self {
        Self {
            server,
            recipe,
            tokens,
            chat,
            front,
            connection: Connection::None,
            renewal: None,
            clocks: Clocks::now(),
        }
    }

    /// Runs until the chat ends or `stop` resolves; then says good-bye to the server.
    ///
    /// # Errors
    /// When the front cannot show or listen any more.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> io::Result<Ending> {
        tokio::pin!(stop);
        self.front.tell(&News::Status(self.chat.status()))?;
        let ending = loop {
            self.front.show(&self.chat, Instant::now())?;
            let event = select! {
                () = &mut stop => Some(Event::Leave),
                event = self.next() => event?,
            };
            let slept = self.clocks.suspended().map(Event::Slept);
            let events: VecDeque<_> = slept.into_iter().chain(event).collect();
            if let Some(ending) = self.carry_out(events).await? {
                break ending;
            }
        };
        // What is shown must not stay when nobody listens any more.
        drop(self.front);
        if let Connection::Open(socket) = self.connection {
            socket.close().await;
        }
        self.tokens.close().await;
        Ok(ending)
    }

    /// Waits for the next event: a deadline, the connection, a token, the person. Each of these waits can be
    /// given up and begun again without loss. `None` when only the front has changed.
    async fn next(&mut self) -> io::Result<Option<Event>> {
        let deadline = self.chat.next_deadline();
        select! {
            () = until(deadline) => Ok(Some(Event::Deadline)),
            event = next_of(&mut self.connection) => match event {
                FromServer::Text(text) => {
                    self.front.frame(&text)?;
                    Ok(Some(read(&text)))
                }
                FromServer::Event(event) => Ok(Some(event)),
            },
            token = answer_of(&mut self.renewal) => Ok(Some(Event::Token(token))),
            input = self.front.next(self.chat.outbox().has_room()) => Ok(match input? {
                Input::Say(content) => Some(Event::Say {
                    id: Uuid::now_v7().to_string(),
                    content,
                }),
                Input::End => Some(Event::NoMoreToSay),
                Input::Leave => Some(Event::Leave),
                Input::Redraw => None,
            }),
        }
    }

    async fn carry_out(&mut self, mut events: VecDeque<Event>) -> io::Result<Option<Ending>> {
        while let Some(event) = events.pop_front() {
            for action in self.chat.handle(event, Instant::now()) {
                match action {
                    Action::Open => {
                        let socket = Socket::open(self.server.clone(), self.recipe.clone());
                        self.connection = Connection::Opening(Box::pin(socket));
                    }
                    Action::Abandon => self.connection = Connection::None,
                    Action::Send(outgoing) => {
                        if let Connection::Open(socket) = &mut self.connection
                            && !socket.send(outgoing, SystemClock.now()).await
                        {
                            self.connection = Connection::None;
                            events.push_back(lost());
                        }
                    }
                    Action::Refresh => self.renewal = Some(self.tokens.renew()),
                    Action::Tell(news) => self.front.tell(&news)?,
                    Action::End(ending) => return Ok(Some(ending)),
                }
            }
        }
        Ok(None)
    }
}

/// What the connection brings.
enum FromServer {
    Text(tokio_tungstenite::tungstenite::Utf8Bytes),
    Event(Event),
}

async fn next_of(connection: &mut Connection) -> FromServer {
    let event = match connection {
        Connection::None => pending().await,
        Connection::Opening(opening) => match opening.await {
            Ok(socket) => {
                *connection = Connection::Open(Box::new(socket));
                Event::Opened
            }
            Err(why) => {
                *connection = Connection::None;
                Event::NotOpened(why)
            }
        },
        Connection::Open(socket) => match socket.read().await {
            Incoming::Text(text) => return FromServer::Text(text),
            Incoming::Sign => Event::Heard,
            Incoming::Closed { code, reason } => {
                *connection = Connection::None;
                let reason = crate::printable::line(&reason).into_owned();
                Event::Closed { code, reason }
            }
        },
    };
    FromServer::Event(event)
}

/// A frame that this version does not know only shows that the server lives.
fn read(text: &str) -> Event {
    match serde_json::from_str::<ServerFrame>(text) {
        Ok(frame) => Event::Frame(Box::new(frame)),
        Err(_) => Event::Heard,
    }
}

async fn answer_of<T>(request: &mut Option<BoxFuture<'static, T>>) -> T {
    match request {
        Some(answer) => {
            let answer = answer.await;
            *request = None;
            answer
        }
        None => pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

fn lost() -> Event {
    Event::Closed {
        code: None,
        reason: String::new(),
    }
}

/// Both clocks at the last look. A suspended machine's timers stand still, its wall clock does not.
struct Clocks {
    timers: Instant,
    wall: Timestamp,
}

impl Clocks {
    fn now() -> Self {
        Self {
            timers: Instant::now(),
            wall: SystemClock.now(),
        }
    }

    /// How long the machine was suspended since the last look.
    fn suspended(&mut self) -> Option<Duration> {
        let before = std::mem::replace(self, Self::now());
        let by_wall = self.wall.since(before.wall);
        let asleep = by_wall.checked_sub(self.timers - before.timers)?;
        (asleep > SUSPEND_THRESHOLD).then_some(asleep)
    }
}
