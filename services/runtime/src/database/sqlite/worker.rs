//! A thread with a connection. Whatever waits goes into one transaction, so that a burst shares a commit; each call is
//! answered after it. When one of them fails, which is rare, all are taken back and each runs once more in a
//! transaction of its own: savepoints would make every burst pay for that.

use std::{io, thread};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::Error;

/// How many calls may wait for the thread; more wait for a place.
const MAX_QUEUED: usize = 1024;
/// How many calls share a transaction.
const MAX_BATCH: usize = 256;

/// What the transactions of a thread are for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// Takes the write lock at once.
    Writing,
    /// Sees the last commit before its first query.
    Reading,
}

/// A thread with a connection. Dropping it ends the thread and closes the connection.
#[derive(Debug)]
pub(super) struct Worker {
    calls: Option<mpsc::Sender<Box<dyn Call>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(service: &str, connection: Connection, begin: Begin) -> io::Result<Self> {
        let (calls, queue) = mpsc::channel(MAX_QUEUED);
        let does = match begin {
            Begin::Writing => "writer",
            Begin::Reading => "reader",
        };
        let thread = thread::Builder::new()
            .name(format!("{service}-{does}"))
            .spawn(move || run(&connection, begin, queue))?;
        Ok(Self {
            calls: Some(calls),
            thread: Some(thread),
        })
    }

    /// Runs `work` on the thread and gives its result after the commit.
    pub(super) async fn call<T, E>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let call = Box::new(Typed {
            work,
            result: None,
            answer,
        });
        let calls = self.calls.as_ref().ok_or(Error::Closed)?;
        calls.send(call).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }
}

impl Drop for Worker {
    /// Waits for the thread, so that the file is closed afterwards.
    fn drop(&mut self) {
        self.calls.take();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to close.
            thread.join().ok();
        }
    }
}

/// Why a transaction was taken back.
enum Failed {
    /// A call failed; it knows why.
    Call,
    /// The transaction itself failed.
    Transaction(Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Transaction(cause.into())
    }
}

/// One call, whatever it gives.
trait Call: Send {
    /// Runs the work and keeps its result.
    fn run(&mut self, connection: &Connection) -> Result<(), Failed>;

    /// Answers after the transaction.
    fn answer(self: Box<Self>, transaction: Result<(), Error>);
}

struct Typed<W, T, E> {
    work: W,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<W, T, E> Call for Typed<W, T, E>
where
    W: FnMut(&Connection) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Failed> {
        let result = self.result.insert((self.work)(connection));
        match result {
            Ok(_) => Ok(()),
            Err(_) => Err(Failed::Call),
        }
    }

    fn answer(self: Box<Self>, transaction: Result<(), Error>) {
        let Self { result, answer, .. } = *self;
        let result = match (result, transaction) {
            (Some(Ok(_)) | None, Err(failed)) => Err(failed.into()),
            (Some(result), _) => result,
            (None, Ok(())) => Err(Error::Closed.into()),
        };
        // Whoever called may have stopped waiting.
        answer.send(result).ok();
    }
}

fn run(connection: &Connection, begin: Begin, mut queue: mpsc::Receiver<Box<dyn Call>>) {
    let mut calls = Vec::with_capacity(MAX_BATCH);
    while queue.blocking_recv_many(&mut calls, MAX_BATCH) > 0 {
        let together = transaction(connection, begin, &mut calls);
        let alone = together.is_err() && calls.len() > 1;
        let together = answer_of(together);
        for mut call in calls.drain(..) {
            let outcome = match alone {
                true => answer_of(transaction(
                    connection,
                    begin,
                    std::slice::from_mut(&mut call),
                )),
                false => together.clone(),
            };
            call.answer(outcome);
        }
    }
}

/// What a call is told of its transaction: one that failed by itself has its own answer.
fn answer_of(transaction: Result<(), Failed>) -> Result<(), Error> {
    match transaction {
        Ok(()) | Err(Failed::Call) => Ok(()),
        Err(Failed::Transaction(error)) => Err(error),
    }
}

/// Runs all calls in one transaction; after an error nothing of it has happened.
fn transaction(
    connection: &Connection,
    begin: Begin,
    calls: &mut [Box<dyn Call>],
) -> Result<(), Failed> {
    let begin = match begin {
        Begin::Writing => "BEGIN IMMEDIATE",
        Begin::Reading => "BEGIN DEFERRED",
    };
    connection.prepare_cached(begin)?.execute([])?;
    let done = calls
        .iter_mut()
        .try_for_each(|call| call.run(connection))
        .and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([])?));
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    done.map(drop)
}
