//! What a test expects of a connection: what comes next, or in the end; anything else ends the test.

use std::time::Duration;

use serde_json::Value;

use super::{Client, Event};

impl Client {
    /// The payload of the next message, which must be of `kind`.
    ///
    /// # Panics
    /// When something else comes, or nothing.
    pub async fn expect(&mut self, kind: &str) -> Value {
        match self.next().await {
            Event::Message(message) if message["type"] == kind => message["payload"].clone(),
            other => panic!("no {kind}, but {other:?}"),
        }
    }

    /// The payload of the next message of `kind`; other messages before it are passed over.
    ///
    /// # Panics
    /// When the connection ends first.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Event::Message(message) if message["type"] == kind => {
                    return message["payload"].clone();
                }
                Event::Message(_) => {}
                other => panic!("no {kind}, but {other:?}"),
            }
        }
    }

    /// The update that brings the message with this id; updates before it are passed over.
    pub async fn until_message(&mut self, id: &str) -> Value {
        loop {
            let update = self.until("recipe_update").await;
            let skipped = update["messages"].as_array().into_iter().flatten();
            if skipped
                .chain([&update["message"]])
                .any(|message| message["id"] == id)
            {
                return update;
            }
        }
    }

    /// The next thing must be this close.
    ///
    /// # Panics
    /// When it is anything else.
    pub async fn expect_close(&mut self, code: u16, reason: &str) {
        let event = self.next().await;
        assert_eq!(event, Event::Closed(code, reason.to_owned()));
    }

    /// This close comes next but for updates, which are passed over.
    ///
    /// # Panics
    /// When anything else comes.
    pub async fn until_close(&mut self, code: u16, reason: &str) {
        assert_eq!(self.end().await, Event::Closed(code, reason.to_owned()));
    }

    /// How the connection ends; messages before that are passed over.
    pub async fn end(&mut self) -> Event {
        loop {
            match self.next().await {
                Event::Message(_) => {}
                end => return end,
            }
        }
    }

    /// Nothing may come for this long.
    ///
    /// # Panics
    /// When something does.
    pub async fn expect_silence(&mut self, length: Duration) {
        let event = self.next_within(length).await;
        assert_eq!(event, None, "there should be silence");
    }

    /// All messages until none comes for this long.
    ///
    /// # Panics
    /// When the connection ends.
    pub async fn until_silence(&mut self, length: Duration) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            match self.next_within(length).await {
                Some(Event::Message(message)) => messages.push(message),
                Some(end) => panic!("the connection ended: {end:?}"),
                None => return messages,
            }
        }
    }
}
