//! A self-test: what a service is going to do with Redis, tried before Redis counts as up and again every few
//! seconds. A Redis that answers PING but refuses the rest is down.

use ::redis::{Cmd, RedisError};

use super::{Call, connection::Connection, problem::Cause};

/// What to try. Each step leaves nothing behind, is cheap, and has a name that operators understand.
#[derive(Clone, Default)]
pub struct SelfTest {
    steps: Vec<Step>,
    pub(super) channels: Vec<String>,
    pub(super) streams: Vec<String>,
}

#[derive(Clone)]
struct Step {
    name: &'static str,
    attempt: Attempt,
}

#[derive(Clone)]
enum Attempt {
    Command(Cmd),
    Script { by_hash: Cmd, in_full: Cmd },
    Publication { channel: String },
}

/// A step that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: &'static str,
    pub(super) error: RedisError,
}

impl SelfTest {
    /// Tries a command. An answer that only says that its arguments make no sense is a good one.
    #[must_use]
    pub fn command(mut self, name: &'static str, command: Cmd) -> Self {
        let attempt = Attempt::Command(command);
        self.steps.push(Step { name, attempt });
        self
    }

    /// Tries a script.
    #[must_use]
    pub fn script(mut self, name: &'static str, call: &Call<'_>) -> Self {
        let (by_hash, in_full) = (call.by_hash(), call.in_full());
        let attempt = Attempt::Script { by_hash, in_full };
        self.steps.push(Step { name, attempt });
        self
    }

    /// Tries to publish an empty message.
    #[must_use]
    pub fn publication(mut self, name: &'static str, channel: impl Into<String>) -> Self {
        let channel = channel.into();
        let attempt = Attempt::Publication { channel };
        self.steps.push(Step { name, attempt });
        self
    }

    /// Names a channel that is listened to. The subscription itself tells when it is refused; `rehearse` tries it.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channels.push(channel.into());
        self
    }

    /// Names a stream that is followed. Whoever follows it tells when that is refused; `rehearse` tries it.
    #[must_use]
    pub fn stream(mut self, key: impl Into<String>) -> Self {
        self.streams.push(key.into());
        self
    }

    /// Tries every step until one fails.
    pub(super) async fn run(&self, connection: &mut Connection) -> Result<(), Failed> {
        for step in &self.steps {
            step.run(connection).await?;
        }
        Ok(())
    }

    /// Tries every step by itself.
    pub(super) async fn run_each(
        &self,
        connection: &mut Connection,
    ) -> Vec<(&'static str, Result<(), RedisError>)> {
        let mut outcomes = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let outcome = step.run(connection).await;
            outcomes.push((step.name, outcome.map_err(|failed| failed.error)));
        }
        outcomes
    }
}

impl Step {
    async fn run(&self, connection: &mut Connection) -> Result<(), Failed> {
        let outcome = match &self.attempt {
            Attempt::Command(command) => connection.run(command).await,
            Attempt::Script { by_hash, in_full } => match connection.run(by_hash).await {
                Err(error) if error.code() == Some("NOSCRIPT") => connection.run(in_full).await,
                outcome => outcome,
            },
            Attempt::Publication { channel } => {
                let publish = connection.publication(channel, b"");
                connection.run(&publish).await
            }
        };
        let failed = |error| Failed {
            step: self.name,
            error,
        };
        match outcome {
            Err(error) if connection.is_to_blame(&error) => Err(failed(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Connection {
    /// Whether an error means that Redis as a whole cannot be used.
    fn is_to_blame(&self, error: &RedisError) -> bool {
        match (self, Cause::of(error)) {
            (_, None) => false,
            (Self::Single(_), Some(_)) => true,
            (Self::Cluster(_), Some(cause)) => cause.is_of_the_user(),
        }
    }
}

impl std::fmt::Debug for SelfTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.steps.iter().map(|step| step.name);
        f.debug_list().entries(names).finish()
    }
}
