//! A client as programs should be: it talks, and when an answer does not come it connects again and says the
//! same message once more, under the same id. Everything that happens goes into a history.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    account::Account,
    canary::Canary,
    client::{Client, Event, Handshake, chat_message, new_id},
    history::History,
    http::Api,
};

/// How long to wait before trying again when nobody says how long.
const PAUSE: Duration = Duration::from_millis(50);

/// Somebody who talks in one recipe.
#[derive(Debug, Clone)]
pub struct ChatClient {
    /// Where to connect.
    pub address: SocketAddr,
    /// Who talks.
    pub account: Account,
    /// In which recipe.
    pub recipe: String,
    /// How long to be silent after each answer.
    pub pace: Duration,
    /// What is remembered.
    pub history: History,
    /// The secrets of the test.
    pub canary: Canary,
}

/// What a chat client went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChatStats {
    /// Messages that were answered as accepted.
    pub accepted: usize,
    /// Answers that asked to try again.
    pub put_off: usize,
    /// Connections that ended, or were refused.
    pub broken: usize,
}

struct ChatTask<'a> {
    chat_client: &'a ChatClient,
    stop: &'a CancellationToken,
    pending: Option<(String, String)>,
    /// Names where the last connection stood.
    resume: Value,
    tally: ChatStats,
}

impl ChatClient {
    /// Talks until told to stop, and until what was said last is answered.
    ///
    /// # Panics
    /// When something is refused for good.
    pub async fn talk(self, stop: CancellationToken) -> ChatStats {
        let mut talk = ChatTask {
            chat_client: &self,
            stop: &stop,
            pending: None,
            resume: json!({}),
            tally: ChatStats::default(),
        };
        loop {
            let ended = match talk.join().await {
                Ok(mut client) => {
                    let ended = talk.go_on(&mut client).await;
                    client.place().resume(&mut talk.resume);
                    self.history.saw(client.place());
                    ended
                }
                Err(event) => Err(event),
            };
            let Err(event) = ended else {
                return talk.tally;
            };
            assert!(
                !matches!(event, Event::Closed(1008, _)),
                "a good client was sent away: {event:?}"
            );
            talk.tally.broken += 1;
            sleep(PAUSE).await;
        }
    }
}

impl ChatTask<'_> {
    async fn join(&self) -> Result<Client, Event> {
        let ChatClient {
            address,
            recipe,
            canary,
            account,
            ..
        } = self.chat_client;
        // It may be there since the last time, or the edge be away: what comes next tells.
        Api::new(*address, canary.clone())
            .make_recipe(&account.access_token, recipe)
            .await;
        let mut client = Client::try_connect(*address, recipe, canary, Handshake::default())
            .await
            .map_err(|error| Event::Lost(error.to_string()))?;
        let mut payload = self.resume.clone();
        payload["token"] = json!(account.access_token);
        let id = client.send_auth(payload).await;
        client.try_answer_to(&id).await?;
        Ok(client)
    }

    async fn go_on(&mut self, client: &mut Client) -> Result<(), Event> {
        loop {
            if self.pending.is_none() {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                let content = format!(
                    "{} says {}",
                    self.chat_client.account.name, self.tally.accepted
                );
                self.pending = Some((new_id(), content));
            }
            if let Some((id, content)) = self.pending.clone() {
                self.say(client, &id, &content).await?;
            }
        }
    }

    async fn say(&mut self, client: &mut Client, id: &str, content: &str) -> Result<(), Event> {
        self.chat_client.history.says(id, content);
        client.send_json(&chat_message(id, content)).await;
        let answer = client.try_answer_to(id).await?;
        let payload = &answer["payload"];
        if answer["type"] == "error" {
            self.tally.put_off += 1;
            return client.read_for(time_to_wait(payload)).await;
        }
        let revision = payload["message"]["revision"].as_u64().unwrap_or_default();
        self.chat_client.history.accepted(id, revision);
        self.tally.accepted += 1;
        self.pending = None;
        client.read_for(self.chat_client.pace).await
    }
}

fn time_to_wait(error: &Value) -> Duration {
    let again = ["unavailable", "rate_limited"]
        .iter()
        .any(|code| error["code"] == *code);
    assert!(
        again && error["retryable"] == true,
        "a good message was refused: {error}"
    );
    error["retry_after_ms"]
        .as_u64()
        .map_or(PAUSE, Duration::from_millis)
}
