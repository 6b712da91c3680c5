//! Recipes in one SQLite file, for one process: a writer thread, and reader threads beside it.
//!
//! A lock file keeps a second process out. What the threads run is in `queries`.

mod queries;
mod schema;
mod worker;

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use proto::ids::{RecipeId, Revision, UserId};
use runtime::config::SecretUrl;
use rusqlite::Connection;

use self::worker::{Begin, Worker};
use super::{Error, OpenError, Page, Summary, Version, rows::RecipeRow};
use crate::{
    ledger::Ledger,
    message::{Message, MessageKey, Principal},
};

/// How many threads read.
const READERS: usize = 2;
/// The files hold what people said in private: only their owner reads them.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// An open SQLite database.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Worker,
    readers: Vec<Worker>,
    turn: AtomicUsize,
    /// Held until the threads above have ended: fields are dropped in order.
    _lock: File,
}

impl Sqlite {
    /// Opens the file, which is created with its folder when missing.
    pub(super) fn open(url: &SecretUrl, path: &str) -> Result<Self, OpenError> {
        let folder = |cause| OpenError::Folder {
            url: url.clone(),
            cause,
        };
        let lock = lock(url, Path::new(path))?;
        make_private(Path::new(path)).map_err(folder)?;
        let refused = |cause| OpenError::Sqlite {
            url: url.clone(),
            cause,
        };
        let mut connection = schema::connect(path).map_err(refused)?;
        schema::migrate(&mut connection, url)?;
        let readers: Result<Vec<_>, _> = (0..READERS).map(|_| schema::connect(path)).collect();
        let start =
            |connection: Connection, begin| Worker::start(connection, begin).map_err(folder);
        Ok(Self {
            writer: start(connection, Begin::Writing)?,
            readers: readers
                .map_err(refused)?
                .into_iter()
                .map(|connection| start(connection, Begin::Reading))
                .collect::<Result<_, _>>()?,
            turn: AtomicUsize::new(0),
            _lock: lock,
        })
    }

    pub(super) async fn create(&self, row: RecipeRow) -> Result<bool, Error> {
        self.write(move |db| queries::create(db, &row)).await
    }

    pub(super) async fn load(&self, recipes: Vec<RecipeId>) -> Result<Vec<Ledger>, Error> {
        self.read(move |db| queries::load(db, &recipes)).await
    }

    pub(super) async fn find(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, Arc<Message>)>, Error> {
        self.read(move |db| queries::find(db, &keys)).await
    }

    pub(super) async fn commit(&self, rows: Vec<RecipeRow>) -> Result<Vec<bool>, Error> {
        self.write(move |db| rows.iter().map(|row| queries::advance(db, row)).collect())
            .await
    }

    pub(super) async fn messages(
        &self,
        recipe: RecipeId,
        page: Page,
    ) -> Result<Vec<Arc<Message>>, Error> {
        self.read(move |db| queries::messages(db, &recipe, page))
            .await
    }

    pub(super) async fn versions(
        &self,
        recipe: RecipeId,
        from: Revision,
        upto: Revision,
        bytes: usize,
    ) -> Result<(Vec<Version>, Revision), Error> {
        self.read(move |db| queries::versions(db, &recipe, from, upto, bytes))
            .await
    }

    pub(super) async fn owned(&self, owner: UserId) -> Result<u64, Error> {
        self.read(move |db| queries::owned(db, &owner)).await
    }

    pub(super) async fn visit(&self, recipe: RecipeId, who: Principal) -> Result<bool, Error> {
        let (known_recipe, known_user) = (recipe.clone(), who.user.clone());
        let known = self.read(move |db| queries::has_visited(db, &known_recipe, &known_user));
        if known.await? {
            return Ok(false);
        }
        self.write(move |db| queries::visit(db, &recipe, &who))
            .await
    }

    pub(super) async fn visitor_name(
        &self,
        recipe: RecipeId,
        user: UserId,
    ) -> Result<Option<String>, Error> {
        self.read(move |db| queries::visitor_name(db, &recipe, &user))
            .await
    }

    pub(super) async fn bind(
        &self,
        recipe: RecipeId,
        name: String,
        user: UserId,
    ) -> Result<(), Error> {
        self.write(move |db| queries::bind(db, &recipe, &name, &user))
            .await
    }

    pub(super) async fn list(&self, who: Principal, limit: usize) -> Result<Vec<Summary>, Error> {
        self.read(move |db| queries::list(db, &who, limit)).await
    }

    pub(super) async fn revisions(
        &self,
        recipes: Vec<RecipeId>,
    ) -> Result<Vec<(RecipeId, Revision)>, Error> {
        self.read(move |db| queries::revisions(db, &recipes)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer.call(work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READERS;
        self.readers[turn].call(work).await
    }
}

/// Makes the folder and takes the lock beside the file; the system lets go of it when the process ends.
fn lock(url: &SecretUrl, path: &Path) -> Result<File, OpenError> {
    let folder = |cause| OpenError::Folder {
        url: url.clone(),
        cause,
    };
    if let Some(parent) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(parent)
            .map_err(folder)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(FILE_MODE)
        .open(beside(path, ".lock"))
        .map_err(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(url.clone())),
        Err(TryLockError::Error(cause)) => Err(folder(cause)),
    }
}

/// Makes the file before SQLite would with the usual permissions; its log gets those of the file. What an earlier
/// build made is closed to others as well.
fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(FILE_MODE)
        .open(path)?;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        match set_permissions(beside(path, suffix), Permissions::from_mode(FILE_MODE)) {
            Ok(()) => {}
            // Who made the file for this service has decided who reads it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    beside.into()
}

#[cfg(test)]
impl Sqlite {
    pub(crate) async fn run(&self, statements: String) {
        let ran = self.write(move |db| Ok(db.execute_batch(&statements)?));
        ran.await.unwrap();
    }

    /// Acts as if the disk had room for no more pages than there are, and so many; `None`: as much as one likes.
    pub(crate) async fn limit_pages(&self, more: Option<u32>) {
        let limited = self.write(move |db| {
            let pages: u32 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let limit = more.map_or(u32::MAX / 4, |more| pages + more);
            db.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))?;
            Ok(())
        });
        limited.await.unwrap();
    }
}
