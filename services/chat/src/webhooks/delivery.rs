//! Tells receivers: takes webhooks that are due under a lease, reads what they were not told, and sends it message by
//! message. A slow receiver holds up nobody else's.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use proto::ids::MessageId;
use rand::RngExt as _;
use runtime::http_call;
use runtime::public_web::PublicWeb;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::{info, warn};
use url::{Position, Url};

use super::{Webhook, body::body, retry_delay};
use crate::{message::Message, recipes::Recipes, store::Progress};

/// How often webhooks that are due are looked for.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How many are told at a time.
const MAX_CONCURRENT: usize = 32;
/// How long one delivery may take, from the name's resolution to the answer.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one webhook is told before others have their turn.
const TURN: Duration = Duration::from_secs(20);
/// How often it is written how far a webhook was told: what was told since is told again after a crash.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// How long a replica has a webhook to itself: longer than a turn, its last delivery, and clocks that are apart.
const LEASE: Duration = Duration::from_secs(60);
/// How many bytes of a receiver's answer are read.
const MAX_ANSWER: usize = 16 << 10;

const USER_AGENT: &str = concat!("recipe-chat/", env!("CARGO_PKG_VERSION"));

/// Tells receivers of what happens to recipes.
#[derive(Debug)]
pub(crate) struct Deliveries {
    recipes: Recipes,
    web: Arc<PublicWeb>,
    /// How long one fails until it is turned off; zero: for ever.
    off_after: Duration,
    /// Names this process in leases.
    holder: String,
}

/// What became of a delivery.
enum Outcome {
    Delivered,
    Failed,
    /// The receiver says that it will never be there again.
    Gone,
}

impl Deliveries {
    pub(crate) fn new(recipes: Recipes, web: Arc<PublicWeb>, off_after: Duration) -> Self {
        Self {
            recipes,
            web,
            off_after,
            holder: MessageId::random().to_string(),
        }
    }

    /// Works until it is told to stop, and leaves what was not told to others; when it is killed, after the lease.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = self.tell_all() => {}
            () = stop => {}
        }
        if let Err(error) = self.recipes.store().release_webhooks(&self.holder).await {
            warn!(%error, "webhooks could not be given back; they are told when the lease has ended");
        }
    }

    async fn tell_all(&self) {
        let mut polls = interval(POLL_INTERVAL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(()) = under_way.next() => {}
                _ = polls.tick(), if under_way.len() < MAX_CONCURRENT => {
                    let room = MAX_CONCURRENT - under_way.len();
                    for webhook in self.claim(room).await {
                        under_way.push(Box::pin(self.tell(webhook)));
                    }
                }
            }
        }
    }

    async fn claim(&self, limit: usize) -> Vec<Webhook> {
        let now = self.recipes.now();
        let store = self.recipes.store();
        let claimed = store.claim_webhooks(&self.holder, now, now + LEASE, limit);
        claimed.await.unwrap_or_else(|error| {
            warn!(%error, "webhooks that are due could not be read");
            Vec::new()
        })
    }

    /// Tells one webhook what it was not told, for the length of a turn.
    async fn tell(&self, mut webhook: Webhook) {
        let ends = Instant::now() + TURN;
        let mut write_at = Instant::now() + WRITE_INTERVAL;
        let mut told = webhook.told;
        let mut unwritten = None;
        loop {
            let messages = match self.recipes.webhook_messages(&webhook, told).await {
                Ok(Some(messages)) => messages,
                Ok(None) => {
                    return self
                        .turn_off(&webhook, "its owner has another recipe")
                        .await;
                }
                Err(error) => {
                    warn!(webhook.id = %webhook.id, %error, "what a webhook is to be told cannot be read");
                    return self.write(&webhook, Progress::Released).await;
                }
            };
            let Some(last) = messages.last().map(|last| last.revision) else {
                return self.write(&webhook, Progress::Released).await;
            };
            for message in &messages {
                if message.effect.is_none() && !webhook.talk {
                    continue;
                }
                match self.deliver(&webhook, message).await {
                    Outcome::Delivered => {}
                    Outcome::Failed => {
                        // What it has taken is not told again.
                        if let Some(revision) = unwritten {
                            self.write(&webhook, Progress::Told(revision)).await;
                        }
                        return self.failed(&webhook).await;
                    }
                    Outcome::Gone => return self.turn_off(&webhook, "410 Gone").await,
                }
                self.recipes.metrics().webhook("delivered");
                (webhook.failures, webhook.failing_since) = (0, None);
                let now = Instant::now();
                if now < write_at && message.revision < last {
                    unwritten = Some(message.revision);
                    continue;
                }
                unwritten = None;
                write_at = now + WRITE_INTERVAL;
                let progress = Progress::Told(message.revision);
                if !self.written(&webhook, progress).await || now >= ends {
                    return self.write(&webhook, Progress::Released).await;
                }
            }
            told = last;
            if !self.written(&webhook, Progress::Told(last)).await {
                return;
            }
        }
    }

    async fn deliver(&self, webhook: &Webhook, message: &Message) -> Outcome {
        let sent = timeout(DELIVERY_TIMEOUT, self.send(webhook, message)).await;
        let why = match sent {
            Ok(Ok(status)) if status.is_success() => return Outcome::Delivered,
            Ok(Ok(StatusCode::GONE)) => return Outcome::Gone,
            Ok(Ok(status)) => format!("it answered {}", status.as_u16()),
            Ok(Err(why)) => why,
            Err(_) => "no answer within 10 seconds".to_owned(),
        };
        let (recipe, revision) = (&webhook.recipe, message.revision);
        info!(webhook.id = %webhook.id, recipe.id = %recipe, revision, why, "a delivery has failed");
        Outcome::Failed
    }

    async fn send(&self, webhook: &Webhook, message: &Message) -> Result<StatusCode, String> {
        let url = Url::parse(&webhook.url).map_err(|error| error.to_string())?;
        let addresses = self.web.resolve(&url).await;
        let addresses = addresses.map_err(|error| error.to_string())?;
        let body = body(&webhook.recipe, message).map_err(|error| error.to_string())?;
        // The same for each attempt, so that a receiver knows what it has got already.
        let id = format!("{}_{}", webhook.id, message.revision);
        let seconds = self.recipes.now().unix_seconds();
        let signature = webhook.secret.sign(&id, seconds, &body);
        let request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
            .header(
                header::HOST,
                &url[Position::BeforeHost..Position::AfterPort],
            )
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let stream = self.web.connect(&url, &addresses).await;
        let stream = stream.ok_or("it cannot be reached")?;
        // A redirect is no success: whoever moves a receiver registers its new address.
        match http_call::exchange(stream, request, MAX_ANSWER).await {
            Ok((status, _)) => Ok(status),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn failed(&self, webhook: &Webhook) {
        self.recipes.metrics().webhook("failed");
        let now = self.recipes.now();
        let since = webhook.failing_since.unwrap_or(now);
        if !self.off_after.is_zero() && now.since(since) >= self.off_after {
            return self.turn_off(webhook, "it has failed for too long").await;
        }
        let failures = webhook.failures.saturating_add(1);
        let due = now + retry_delay(failures, rand::rng().random());
        let progress = Progress::Failed {
            failures,
            since,
            due,
        };
        self.write(webhook, progress).await;
    }

    async fn turn_off(&self, webhook: &Webhook, why: &'static str) {
        let (id, recipe) = (&webhook.id, &webhook.recipe);
        warn!(webhook.id = %id, recipe.id = %recipe, why, "a webhook is turned off");
        self.recipes.metrics().webhook("turned_off");
        self.recipes.note_webhook_off(webhook);
        let now = self.recipes.now();
        self.write(webhook, Progress::Off(now)).await;
    }

    /// Whether this process still has the webhook to itself.
    async fn written(&self, webhook: &Webhook, progress: Progress) -> bool {
        let store = self.recipes.store();
        let written = store.progress_webhook(&webhook.id, &self.holder, progress);
        written.await.unwrap_or_else(|error| {
            warn!(%error, "how far a webhook was told could not be written");
            false
        })
    }

    async fn write(&self, webhook: &Webhook, progress: Progress) {
        // When the lease is lost, whoever has it goes on.
        self.written(webhook, progress).await;
    }
}
