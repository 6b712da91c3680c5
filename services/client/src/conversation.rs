//! A chat in a task of its own, for programs: say something, and take what is told.

use std::io;

use proto::ids::RecipeId;
use rand::RngExt as _;
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

use crate::{
    chat::{Chat, Ending, News, Token},
    dial::Server,
    driver::Driver,
    front::{Front, Input},
    tokens::Tokens,
};

/// How much may be told before the program takes it; a program that is further behind is sent away.
const MAX_UNTAKEN: usize = 1_024;

/// A chat about one recipe. It keeps its connection, and says again what was not answered.
#[derive(Debug)]
pub struct Conversation {
    said: mpsc::Sender<Input>,
    news: mpsc::Receiver<News>,
    task: JoinHandle<io::Result<Ending>>,
}

/// The chat has ended; [`Conversation::leave`] says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chat has ended")]
pub struct Ended;

impl Conversation {
    /// Begins a chat in the background. Inside a runtime of tokio.
    pub fn begin(
        server: Server,
        recipe: RecipeId,
        tokens: impl Tokens + 'static,
        token: Token,
    ) -> Self {
        let (said, input) = mpsc::channel(1);
        let (sender, news) = mpsc::channel(MAX_UNTAKEN);
        let front = Channels {
            input,
            news: sender,
        };
        let chat = Chat::new(token, rand::rng().random(), Instant::now());
        let driver = Driver::new(server, recipe, tokens, chat, front);
        let task = tokio::spawn(driver.run(std::future::pending()));
        Self { said, news, task }
    }

    /// Says something, or asks for a change of the recipe. Waits while 100 messages are not answered yet.
    ///
    /// # Errors
    /// When the chat has ended.
    pub async fn say(&self, text: impl Into<String>) -> Result<(), Ended> {
        let said = self.said.send(Input::Say(text.into()));
        said.await.map_err(|_| Ended)
    }

    /// Waits for what is told next; `None` when the chat has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// Leaves, or waits for a chat that has ended; messages that were not answered are not sent.
    ///
    /// # Errors
    /// When the program took too long to take what was told.
    pub async fn leave(self) -> io::Result<Ending> {
        // Nobody listens when the chat has ended already.
        self.said.send(Input::Leave).await.ok();
        self.task.await.map_err(io::Error::other)?
    }
}

/// The front of a program.
struct Channels {
    input: mpsc::Receiver<Input>,
    news: mpsc::Sender<News>,
}

impl Front for Channels {
    async fn next(&mut self, room: bool) -> io::Result<Input> {
        if !room {
            std::future::pending::<()>().await;
        }
        // Nobody can say anything any more.
        Ok(self.input.recv().await.unwrap_or(Input::Leave))
    }

    fn frame(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn tell(&mut self, news: &News) -> io::Result<()> {
        let told = self.news.try_send(news.clone());
        told.map_err(|_| io::Error::other("what was told was not taken in time"))
    }

    fn show(&mut self, _: &Chat, _: Instant) -> io::Result<()> {
        Ok(())
    }
}
