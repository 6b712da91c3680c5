//! Messages from channels, in a bounded queue. They may be lost; what is promised is to tell when.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::{FromRedisValue, PushInfo, PushKind, Value};
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    address::Target,
    connection::{Connection, ConnectionOptions},
    link::Backoff,
    refusals::{Listener, Refusals},
};

/// How often a silent connection is asked for a sign of life, and how long any answer may take.
const PING_INTERVAL: Duration = Duration::from_secs(2);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What comes from channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// A message.
    Message {
        /// The channel it was sent to.
        channel: String,
        /// What was sent.
        payload: Vec<u8>,
    },
    /// Messages may have been missed until now: the subscription just began, or began again after the connection
    /// was lost, or the reader was too slow.
    Gap,
}

/// A subscription, for as long as it is kept.
#[derive(Debug)]
pub struct Subscription {
    pushes: mpsc::Receiver<Push>,
    _listener: AbortOnDropHandle<()>,
}

impl Subscription {
    pub(super) fn open(
        target: Target,
        channels: Vec<String>,
        capacity: usize,
        refusals: &Refusals,
    ) -> Self {
        let (sender, pushes) = mpsc::channel(capacity.max(1));
        let refusals = refusals.listener(format!("listening to {}", channels.join(", ")));
        let listener = tokio::spawn(listen(target, channels, sender, refusals));
        Self {
            pushes,
            _listener: AbortOnDropHandle::new(listener),
        }
    }

    /// The next message or gap; waits while there is none, also while Redis is away. Cancel-safe.
    pub async fn next(&mut self) -> Push {
        match self.pushes.recv().await {
            Some(push) => push,
            None => std::future::pending().await,
        }
    }
}

async fn listen(
    target: Target,
    channels: Vec<String>,
    pushes: mpsc::Sender<Push>,
    refusals: Listener,
) {
    let mut pause = Backoff::default();
    loop {
        let on_push = Arc::new(PushSender {
            pushes: pushes.clone(),
            missed: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            noticed: Notify::new(),
        });
        if let Some(connection) = subscribe(&target, &channels, &on_push, &refusals).await {
            refusals.accepted();
            pause = Backoff::default();
            if pushes.send(Push::Gap).await.is_err() {
                return;
            }
            read_pushes(connection, &on_push).await;
        }
        pause.wait().await;
    }
}

async fn subscribe(
    target: &Target,
    channels: &[String],
    on_push: &Arc<PushSender>,
    refusals: &Listener,
) -> Option<Connection> {
    let wiring = ConnectionOptions {
        slowest: ANSWER_TIMEOUT,
        on_push: Some(Arc::new({
            let on_push = on_push.clone();
            move |push| on_push.hear(push)
        })),
    };
    let attempt = async {
        let mut connection = target.connect(&wiring).await?;
        connection.subscribe(channels).await?;
        Ok::<_, ::redis::RedisError>(connection)
    };
    match timeout(ANSWER_TIMEOUT, attempt).await.ok()? {
        Ok(connection) => Some(connection),
        Err(error) => {
            refusals.failed(&error);
            None
        }
    }
}

/// Tells of gaps, until the connection is lost.
async fn read_pushes(mut connection: Connection, on_push: &PushSender) {
    loop {
        tokio::select! {
            () = on_push.noticed.notified() => {}
            () = sleep(PING_INTERVAL) => {
                if !matches!(timeout(ANSWER_TIMEOUT, connection.ping()).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
        if on_push.lost.load(Ordering::Relaxed) {
            return;
        }
        // The reader is behind: this waits for room, which is the news.
        if on_push.missed.swap(false, Ordering::Relaxed)
            && on_push.pushes.send(Push::Gap).await.is_err()
        {
            return;
        }
    }
}

/// Takes what the server says unasked, on the connection's own task: it never waits.
struct PushSender {
    pushes: mpsc::Sender<Push>,
    missed: AtomicBool,
    lost: AtomicBool,
    noticed: Notify,
}

impl PushSender {
    fn hear(&self, push: PushInfo) {
        match push.kind {
            PushKind::Message | PushKind::SMessage => {
                let sent = message(push.data).map(|message| self.pushes.try_send(message));
                if !matches!(sent, Some(Ok(()))) {
                    self.missed.store(true, Ordering::Relaxed);
                    self.noticed.notify_one();
                }
            }
            // The server takes a sharded channel away when its slot moves to another one.
            PushKind::Disconnection | PushKind::SUnsubscribe => {
                self.lost.store(true, Ordering::Relaxed);
                self.noticed.notify_one();
            }
            _ => {}
        }
    }
}

fn message(data: Vec<Value>) -> Option<Push> {
    let [channel, payload] = <[Value; 2]>::try_from(data).ok()?;
    Some(Push::Message {
        channel: String::from_redis_value(channel).ok()?,
        payload: Vec::from_redis_value(payload).ok()?,
    })
}
