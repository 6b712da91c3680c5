//! A thread with a connection. Whatever waits goes into one transaction, so that a burst shares a commit; each
//! call is answered after it, and one that fails takes back only its own part.

use std::{io, thread, time::Duration};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::super::Error;

/// How many calls may wait.
const WAITING: usize = 1024;
/// How many calls share a transaction.
const TOGETHER: usize = 256;
/// How long a caller waits for its answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the transactions of a thread are for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// Takes the write lock at once.
    Writing,
    /// Sees the last commit before its first query.
    Reading,
}

/// A thread with a connection, ended by dropping this.
#[derive(Debug)]
pub(super) struct Worker {
    calls: Option<mpsc::Sender<Box<dyn Call>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(connection: Connection, begin: Begin) -> io::Result<Self> {
        let (calls, queue) = mpsc::channel(WAITING);
        let name = match begin {
            Begin::Writing => "chat-writer",
            Begin::Reading => "chat-reader",
        };
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(&connection, begin, queue))?;
        Ok(Self {
            calls: Some(calls),
            thread: Some(thread),
        })
    }

    /// Runs `work` on the thread and gives its result after the commit.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let call = Box::new(Typed {
            work: Some(work),
            result: None,
            answer,
        });
        let calls = self.calls.as_ref().ok_or(Error::Closed)?;
        let asked = async {
            calls.send(call).await.map_err(|_| Error::Closed)?;
            answered.await.map_err(|_| Error::Closed)?
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .map_err(|_| Error::Late)?
    }
}

impl Drop for Worker {
    /// Waits for the thread, so that the file is closed when the store is gone.
    fn drop(&mut self) {
        self.calls.take();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to close.
            thread.join().ok();
        }
    }
}

/// One call, whatever it gives.
trait Call: Send {
    fn run(&mut self, connection: &Connection) -> Result<(), Error>;
    fn answer(self: Box<Self>, outcome: Result<(), Error>);
}

struct Typed<W, T> {
    work: Option<W>,
    result: Option<T>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<W, T> Call for Typed<W, T>
where
    W: FnOnce(&Connection) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        let work = self.work.take().ok_or(Error::Closed)?;
        self.result = Some(work(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { result, answer, .. } = *self;
        // Whoever asked may have stopped waiting.
        answer
            .send(outcome.and_then(|()| result.ok_or(Error::Closed)))
            .ok();
    }
}

fn run(connection: &Connection, begin: Begin, mut queue: mpsc::Receiver<Box<dyn Call>>) {
    let mut calls = Vec::with_capacity(TOGETHER);
    while queue.blocking_recv_many(&mut calls, TOGETHER) > 0 {
        let outcomes = transaction(connection, begin, &mut calls);
        let failed = outcomes.as_ref().err().cloned();
        let mut outcomes = outcomes.unwrap_or_default().into_iter();
        for call in calls.drain(..) {
            let outcome = match (&failed, outcomes.next()) {
                (Some(error), _) => Err(error.clone()),
                (None, outcome) => outcome.unwrap_or(Err(Error::Closed)),
            };
            call.answer(outcome);
        }
    }
}

/// Runs all calls in one transaction: the outcome of each, or why none of them happened.
fn transaction(
    connection: &Connection,
    begin: Begin,
    calls: &mut [Box<dyn Call>],
) -> Result<Vec<Result<(), Error>>, Error> {
    connection.execute_batch(match begin {
        Begin::Writing => "BEGIN IMMEDIATE",
        Begin::Reading => "BEGIN DEFERRED",
    })?;
    let outcomes = calls
        .iter_mut()
        .map(|call| part(connection, begin, call.as_mut()))
        .collect::<Result<Vec<_>, _>>()
        .and_then(|outcomes| {
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(outcomes)
        });
    if !connection.is_autocommit() {
        // The commit failed, or a part could not be taken back: nothing of it may stay.
        connection.execute_batch("ROLLBACK")?;
    }
    outcomes
}

/// Runs one call so that it can be taken back alone. The outer error means that the whole transaction is lost,
/// which a full disk, among others, does by itself.
fn part(
    connection: &Connection,
    begin: Begin,
    call: &mut dyn Call,
) -> Result<Result<(), Error>, Error> {
    if matches!(begin, Begin::Reading) {
        return Ok(call.run(connection));
    }
    connection.prepare_cached("SAVEPOINT part")?.execute([])?;
    let outcome = call.run(connection);
    match &outcome {
        Err(error) if connection.is_autocommit() => return Err(error.clone()),
        Err(_) => connection.execute_batch("ROLLBACK TO part; RELEASE part")?,
        Ok(()) => {
            connection.prepare_cached("RELEASE part")?.execute([])?;
        }
    }
    Ok(outcome)
}
