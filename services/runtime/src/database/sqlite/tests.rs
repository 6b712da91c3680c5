use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use super::*;

const CONFIG: Config = Config {
    service: "test",
    migrations: &["CREATE TABLE entries (name TEXT PRIMARY KEY)"],
    readers: 1,
    pragmas: "",
};

fn url(path: &Path) -> SecretUrl {
    format!("sqlite:{}", path.display()).parse().unwrap()
}

fn open(path: &Path, config: Config) -> Result<Database, OpenError> {
    Database::open(&url(path), path.to_str().unwrap(), config)
}

async fn add(database: &Database, name: &'static str) -> Result<(), Error> {
    database
        .write(move |db| {
            db.execute("INSERT INTO entries VALUES (?1)", [name])?;
            Ok(())
        })
        .await
}

async fn count(database: &Database) -> i64 {
    let counted = database.read(|db| -> Result<i64, Error> {
        Ok(db.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?)
    });
    counted.await.unwrap()
}

#[tokio::test]
async fn calls_made_together_succeed_and_fail_each_for_itself() {
    let database = open(
        Path::new(IN_MEMORY),
        Config {
            readers: 0,
            ..CONFIG
        },
    )
    .unwrap();
    let (first, again, other) = tokio::time::timeout(Duration::from_secs(5), async {
        tokio::join!(
            add(&database, "a"),
            add(&database, "a"),
            add(&database, "b")
        )
    })
    .await
    .unwrap();
    assert!(first.is_ok() && other.is_ok());
    assert!(matches!(again, Err(Error::Refused(_))));
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn a_second_process_is_kept_out_until_the_first_has_closed_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/a.db");
    for readers in [0, 2] {
        let config = Config { readers, ..CONFIG };
        let database = open(&path, config).unwrap();
        assert!(matches!(open(&path, config), Err(OpenError::InUse(_))));
        drop(database);
    }
    assert_eq!(count(&open(&path, CONFIG).unwrap()).await, 0);
}

#[tokio::test]
async fn nobody_else_can_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let path = data.join("a.db");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let open_and_look = async |name| {
        let database = open(&path, CONFIG).unwrap();
        add(&database, name).await.unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    };

    open_and_look("a").await;
    assert_eq!(mode(&data), 0o700);

    // As an earlier build left it.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    open_and_look("b").await;
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused_only_after_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    add(&open(&path, CONFIG).unwrap(), "a").await.unwrap();
    let newer = |version: i64| {
        let file = Connection::open(&path).unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
    };
    newer(7);
    assert_eq!(count(&open(&path, CONFIG).unwrap()).await, 1);
    newer(1007);
    assert!(matches!(open(&path, CONFIG), Err(OpenError::TooNew { .. })));
}

#[tokio::test]
async fn a_copy_is_made_while_the_database_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.db"), folder.path().join("b.db"));
    for readers in [0, 2] {
        let database = open(&path, Config { readers, ..CONFIG }).unwrap();
        add(&database, ["a", "b"][usize::from(readers > 0)])
            .await
            .unwrap();
        let source = path.clone();
        let target = to.clone();
        let copying = tokio::task::spawn_blocking(move || backup::copy(&source, &target));
        let (copied, written) = tokio::join!(
            copying,
            add(&database, ["c", "d"][usize::from(readers > 0)])
        );
        copied.unwrap().unwrap();
        written.unwrap();
        assert_eq!(backup::verify(&to).unwrap(), 1);
        let mode = fs::metadata(&to).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(backup::copy(&path, &to).is_err(), "no copy is written over");
        let again = open(&to, CONFIG).unwrap();
        assert!(count(&again).await >= 1);
        drop(again);
        for suffix in ["", "-wal", "-shm", ".lock"] {
            fs::remove_file(folder.path().join(format!("b.db{suffix}"))).ok();
        }
    }
}

#[test]
fn a_copy_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    assert!(backup::copy(&path, &folder.path().join("b.db")).is_err());
    assert!(!folder.path().join("b.db").exists());
    fs::write(
        &path,
        "no database at all, but long enough to be looked at".repeat(40),
    )
    .unwrap();
    assert!(backup::verify(&path).is_err());
    fs::write(&path, "").unwrap();
    assert!(matches!(
        backup::verify(&path),
        Err(backup::BackupError::Damaged(_))
    ));
}
