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
