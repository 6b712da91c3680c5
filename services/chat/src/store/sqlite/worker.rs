//! A thread with a connection. Whatever waits goes into one transaction, so that a burst shares a commit; each
//! call is answered after it. When one of them fails, which is rare, all are taken back and each runs once more in
//! a transaction of its own: savepoints would make every burst pay for that.

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

    /// Runs `work` on the thread and gives its result after the commit. It may run twice, the second time as if the
    /// first had never been.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let call = Box::new(Typed {
            work,
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
    work: W,
    result: Option<T>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<W, T> Call for Typed<W, T>
where
    W: FnMut(&Connection) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        self.result = Some((self.work)(connection)?);
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
        let together = transaction(connection, begin, &mut calls);
        let alone = together.is_err() && calls.len() > 1;
        for mut call in calls.drain(..) {
            let outcome = match alone {
                true => transaction(connection, begin, std::slice::from_mut(&mut call)),
                false => together.clone(),
            };
            call.answer(outcome);
        }
    }
}

/// Runs all calls in one transaction; after an error nothing of it has happened.
fn transaction(
    connection: &Connection,
    begin: Begin,
    calls: &mut [Box<dyn Call>],
) -> Result<(), Error> {
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
