//! Redis for every service: one handle that connects by itself, to a single server, a cluster or whatever master
//! the sentinels name, and that never keeps its caller waiting longer than agreed.
//!
//! While Redis is away, calls fail at once; [`Redis::watch`] tells when it comes and goes. It knows nothing of
//! what is stored.

mod access_check;
mod address;
mod connection;
mod link;
mod metrics;
mod problem;
mod refusals;
mod script;
mod self_test;
mod stream;
mod subscription;

use std::{fmt, sync::Arc, time::Duration};

pub use ::redis::{Cmd, FromRedisValue, Value, cmd, parse_redis_value};
use futures_util::future::join_all;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

pub use self::{
    access_check::SelfTestStep,
    address::InvalidUrl,
    problem::{Cause, Problem},
    script::{Call, Script},
    self_test::SelfTest,
    stream::{Followed, Stream, StreamEntry},
    subscription::{Push, Subscription},
};
use self::{address::Target, connection::Connection, link::Link};
use crate::config::SecretUrl;

/// How long a call may take unless the caller says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

/// Why a call has no answer, by what the caller can know about its effect.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// There is no connection at the moment: nothing was sent.
    #[error("not connected to Redis")]
    Down,
    /// No answer in time: the command may still take effect.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// The connection broke: the command may have taken effect.
    #[error("the connection to Redis broke: {0}")]
    Broken(#[source] ::redis::RedisError),
    /// Redis answered with an error.
    #[error("Redis refused: {0}")]
    Refused(#[source] ::redis::RedisError),
    /// Redis answered something that does not fit the question.
    #[error("unexpected answer from Redis: {0}")]
    Unexpected(#[source] ::redis::ParsingError),
}

/// A handle to Redis; clones share the connection, which ends with the last of them.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    timeout: Duration,
}

impl Redis {
    /// Reads the address and starts connecting beside the caller. To be called inside a Tokio runtime.
    ///
    /// - `redis://[user:password@]host[:port][/database]`, `rediss://…` over TLS
    /// - `redis+cluster://[user:password@]host:port,host:port`, `rediss+cluster://…`
    /// - `redis+sentinel://[user:password@]sentinel:port,sentinel:port/master-name`, `rediss+sentinel://…`
    ///
    /// With TLS, `?ca=FILE` names the authorities to trust instead of the public ones, and `&cert=FILE&key=FILE`
    /// the client's own certificate.
    ///
    /// # Errors
    /// When the address makes no sense or a certificate cannot be read; it never names the password.
    pub fn open(url: &SecretUrl) -> Result<Self, InvalidUrl> {
        Self::open_tested(url, SelfTest::default())
    }

    /// Whether the address makes sense, for whoever does not use it but should be told.
    ///
    /// # Errors
    /// As those of [`Redis::open`].
    pub fn check(url: &SecretUrl) -> Result<(), InvalidUrl> {
        Target::parse(url.expose()).map(drop)
    }

    /// As [`Redis::open`]; it counts as up only while `self_test` passes, which is repeated every few seconds and
    /// whenever something is refused.
    ///
    /// # Errors
    /// As those of [`Redis::open`].
    pub fn open_tested(url: &SecretUrl, self_test: SelfTest) -> Result<Self, InvalidUrl> {
        let target = Target::parse(url.expose())?;
        Ok(Self {
            link: Arc::new(Link::open(target, self_test)),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// The same connection for calls that may take `timeout`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            link: self.link.clone(),
            timeout,
        }
    }

    /// Whether Redis can be reached, as far as is known.
    pub fn is_up(&self) -> bool {
        *self.link.up().borrow()
    }

    /// Tells when Redis comes (`true`) and goes (`false`).
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.link.up()
    }

    /// Why Redis cannot be used at the moment: it cannot be reached, it refuses something of the self-test, or it
    /// refuses a subscription or stream. `None` when all is well.
    pub fn problem(&self) -> Option<Problem> {
        self.link.problem()
    }

    /// Whether keys are spread over several servers: then the keys of one script must share a hash tag.
    pub fn is_cluster(&self) -> bool {
        self.link.target().is_cluster()
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// When none comes within `timeout`.
    pub async fn ping(&self, timeout: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + timeout;
        let mut connection = self.link.connection(deadline).await?;
        self.bounded(deadline, connection.ping()).await
    }

    /// Runs one command.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Failure> {
        let deadline = Instant::now() + self.timeout;
        let mut connection = self.link.connection(deadline).await?;
        let value = self.bounded(deadline, connection.run(command)).await?;
        T::from_redis_value(value).map_err(Failure::Unexpected)
    }

    /// Runs many commands in one round trip (to each server), each for itself: the outer failure says that
    /// nothing is known of any of them.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run_all(&self, commands: &[Cmd]) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let deadline = Instant::now() + self.timeout;
        let mut connection = self.link.connection(deadline).await?;
        if let Connection::Cluster(_) = connection {
            // A pipeline may not cross slots; the single commands share the wire all the same.
            return Ok(join_all(commands.iter().map(|command| {
                let mut connection = connection.clone();
                async move { self.bounded(deadline, connection.run(command)).await }
            }))
            .await);
        }
        let answers = self.bounded(deadline, connection.run_all(commands)).await?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.map_err(|error| self.link.judge(error)))
            .collect())
    }

    /// Runs a script, by its hash when Redis knows it.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn script<T: FromRedisValue>(&self, call: &Call<'_>) -> Result<T, Failure> {
        match self.run(&call.by_hash()).await {
            Err(failure) if failure.is_unknown_script() => self.run(&call.in_full()).await,
            outcome => outcome,
        }
    }

    /// Runs many scripts in one round trip, as [`Redis::run_all`] does; those that Redis does not know take another one.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn scripts(
        &self,
        calls: &[Call<'_>],
    ) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let by_hash: Vec<Cmd> = calls.iter().map(Call::by_hash).collect();
        let mut answers = self.run_all(&by_hash).await?;
        let unknown: Vec<usize> = (0..answers.len())
            .filter(|index| {
                matches!(answers.get(*index), Some(Err(failure)) if failure.is_unknown_script())
            })
            .collect();
        if unknown.is_empty() {
            return Ok(answers);
        }
        let in_full: Vec<Cmd> = unknown
            .iter()
            .filter_map(|index| calls.get(*index))
            .map(Call::in_full)
            .collect();
        for (index, answer) in unknown.into_iter().zip(self.run_all(&in_full).await?) {
            if let Some(slot) = answers.get_mut(index) {
                *slot = answer;
            }
        }
        Ok(answers)
    }

    /// Sends a message to whoever is subscribed to the channel, and tells how many that were (on a cluster: how
    /// many on the server that is in charge of the channel).
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn publish(&self, channel: &str, payload: &[u8]) -> Result<u64, Failure> {
        self.run(&self.publication(channel, payload)).await
    }

    /// The command that [`Redis::publish`] runs, for [`Redis::run_all`].
    pub fn publication(&self, channel: &str, payload: &[u8]) -> Cmd {
        connection::publication(self.is_cluster(), channel, payload)
    }

    /// Listens to channels, on a connection of its own, for as long as the answer is kept. At most `capacity`
    /// messages wait for the reader; on a cluster the channels are sharded ones.
    pub fn subscribe(&self, channels: Vec<String>, capacity: usize) -> Subscription {
        let target = self.link.target().clone();
        Subscription::open(target, channels, capacity, self.link.refusals())
    }

    /// Reads a stream forward after the entry `from` (`0` for all of it), on a connection of its own, for as long as
    /// the answer is kept. At most `capacity` entries wait for the reader.
    pub fn follow_stream(&self, key: &str, from: &str, capacity: usize) -> Stream {
        Stream::open(
            self.link.target().clone(),
            key.into(),
            from.into(),
            capacity,
            self.link.refusals(),
        )
    }

    async fn bounded<T>(
        &self,
        deadline: Instant,
        call: impl Future<Output = ::redis::RedisResult<T>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let answered = timeout_at(deadline, call).await;
        metrics::count_round_trip(&answered, begun.elapsed());
        match answered {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.link.judge(error)),
            Err(_) => {
                self.link.check_now();
                Err(Failure::TimedOut)
            }
        }
    }
}

impl Failure {
    /// Whether the command may have taken effect all the same.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Broken(_))
    }

    fn is_unknown_script(&self) -> bool {
        matches!(self, Self::Refused(error)
            if error.kind() == ::redis::ErrorKind::Server(::redis::ServerErrorKind::NoScript))
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("target", self.link.target())
            .field("up", &self.is_up())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
