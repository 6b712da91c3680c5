//! The SQLite file and the one thread that uses it. What waits is done in one transaction, and answers go out
//! after its commit, so that a burst shares the wait for the disk. It knows no table.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    thread,
    time::Duration,
};

use runtime::schema::unapplied;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use crate::store::{Error, OpenError};

/// How many calls may wait.
const QUEUE: usize = 1024;
/// How many calls share one commit.
const BATCH: usize = 128;
/// How long a previous process may take to let go of the file.
const BUSY: Duration = Duration::from_secs(3);
/// Oldest first. `user_version` counts those that were applied.
const MIGRATIONS: [&str; 3] = [
    include_str!("../migrations/sqlite_1.sql"),
    include_str!("../migrations/sqlite_2.sql"),
    include_str!("../migrations/sqlite_3.sql"),
];

/// Does one call, and keeps its answer until the commit. All of a call's statements must be able to fail without
/// harm to the others of the batch.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
/// Sends the answer, or the reason why the commit failed.
type Answer = Box<dyn FnOnce(Result<(), Error>)>;

/// A handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Opens the file, makes it when it is missing, and brings its schema up to date.
    pub(super) async fn open(path: &str) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (opened, open) = oneshot::channel();
        let (path, name) = (path.to_owned(), path.to_owned());
        let refused = |cause| OpenError::File { path: name, cause };
        let spawned = thread::Builder::new()
            .name("auth-sqlite".to_owned())
            .spawn(move || match connect(&path) {
                Ok(db) => {
                    // Nobody waits any more: the queue is closed, and the thread ends at once.
                    opened.send(Ok(())).ok();
                    work(db, queue);
                }
                Err(error) => {
                    opened.send(Err(error)).ok();
                }
            });
        if let Err(cause) = spawned {
            return Err(refused(cause));
        }
        match open.await {
            Ok(outcome) => outcome.map(|()| Self { jobs }),
            Err(_) => Err(refused(std::io::Error::other("its thread has died"))),
        }
    }

    /// Does `call` in the next transaction and answers when that is on the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let outcome = call(db);
            // Whoever asked may have gone.
            Box::new(move |committed| {
                sender.send(committed.and(outcome)).ok();
            })
        });
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Closed,
        })?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

fn connect(path: &str) -> Result<Connection, OpenError> {
    let file = |cause| OpenError::File {
        path: path.to_owned(),
        cause,
    };
    let sqlite = |cause| OpenError::Sqlite {
        path: path.to_owned(),
        cause,
    };
    if path != ":memory:" {
        make_private(Path::new(path)).map_err(file)?;
    }
    let mut db = Connection::open(path).map_err(sqlite)?;
    configure(&db).map_err(sqlite)?;
    migrate(&mut db, path)?;
    Ok(db)
}

/// The file holds keys: nobody else may read it. SQLite gives its journal the same permissions.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true).mode(0o600).open(path)?;
    Ok(())
}

fn configure(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // What is forgotten, such as an old signing key, is overwritten.
    db.pragma_update(None, "secure_delete", true)
}

fn migrate(db: &mut Connection, path: &str) -> Result<(), OpenError> {
    let sqlite = |cause| OpenError::Sqlite {
        path: path.to_owned(),
        cause,
    };
    let change = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sqlite)?;
    let found: i64 = change
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(sqlite)?;
    let missing = unapplied(found, &MIGRATIONS).map_err(|cause| OpenError::TooNew {
        name: path.to_owned(),
        cause,
    })?;
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        change.execute_batch(migration).map_err(sqlite)?;
    }
    change
        .pragma_update(None, "user_version", MIGRATIONS.len() as i64)
        .map_err(sqlite)?;
    change.commit().map_err(sqlite)
}

/// Runs until every handle is gone.
fn work(mut db: Connection, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        if let Err(error) = commit(&mut db, &mut batch) {
            // The callers whose jobs did not run see a closed answer.
            error!(%error, "a transaction could not be started");
            batch.clear();
        }
    }
}

fn commit(db: &mut Connection, batch: &mut Vec<Job>) -> rusqlite::Result<()> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let answers: Vec<Answer> = batch.drain(..).map(|job| job(&change)).collect();
    let committed = change.commit();
    if let Err(error) = &committed {
        error!(%error, "a transaction could not be committed");
    }
    for answer in answers {
        match &committed {
            Ok(()) => answer(Ok(())),
            Err(_) => answer(Err(Error::Closed)),
        }
    }
    Ok(())
}
