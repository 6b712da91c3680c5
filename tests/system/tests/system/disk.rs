//! A disk that is full and a database that somebody else has locked: the sender is told to try again, nothing that was
//! not kept counts as accepted, and it works again as soon as it can, without a restart.

use std::{
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use system_tests::{
    chat_log,
    client::{Client, new_id},
    stack::{Plan, Stack},
    timeouts::within,
};
use tempfile::TempDir;

/// A chat service whose database lies in `folder`.
async fn with_database_in(folder: &Path) -> Stack {
    let plan = Plan::apart(1).log("info").edge(&["--message-rate", "0"]);
    let mut stack = plan.start().await;
    let url = format!("sqlite:{}", folder.join("chat.db").display());
    stack.chat().restart_with(&["--database-url", &url]).await;
    stack
}

/// Says the same until it is accepted. Until then it must be put off, and not be refused.
async fn say_until_accepted(client: &mut Client, id: &str, content: &str) -> Value {
    within("the message to be accepted", async {
        loop {
            match client.try_say(id, content).await {
                Ok(update) => return update,
                Err(error) => assert_eq!(error["code"], "unavailable", "{error}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_locked_database_is_a_service_that_is_away_until_the_lock_is_gone() {
    let folder = TempDir::new().unwrap();
    let mut stack = with_database_in(folder.path()).await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("add 1 leek").await;
    let intruder = rusqlite::Connection::open(folder.path().join("chat.db")).unwrap();
    intruder.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let id = new_id();
    let error = client.try_say(&id, "add 2 carrots").await.unwrap_err();
    assert_eq!(error["code"], "unavailable", "{error}");
    assert_eq!(error["retryable"], true, "{error}");
    intruder.execute_batch("ROLLBACK").unwrap();

    let update = say_until_accepted(&mut client, &id, "add 2 carrots").await;
    assert_eq!(update["revision"], 2);
    let log = chat_log::read(stack.chat(), &ada, "soup").await;
    assert_eq!(log.len(), 2);
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_forgets_nothing() {
    let disk = SmallDisk::mount();
    let mut stack = with_database_in(disk.0.path()).await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("add 1 leek").await;
    let filler = disk.fill();

    // What is in the way already may have room left: a few get through.
    let long = "and stir ".repeat(400);
    let mut accepted = 1;
    let refused = loop {
        let id = new_id();
        match client.try_say(&id, &long).await {
            Ok(_) => accepted += 1,
            Err(error) => {
                assert_eq!(error["code"], "unavailable", "{error}");
                assert_eq!(error["retryable"], true, "{error}");
                break id;
            }
        }
        assert!(accepted < 10_000, "the disk is not full");
    };
    let log = chat_log::read(stack.chat(), &ada, "soup").await;
    assert_eq!(log.len(), accepted, "exactly what was accepted is there");

    std::fs::remove_file(filler).unwrap();
    let update = say_until_accepted(&mut client, &refused, &long).await;
    assert_eq!(update["revision"], accepted as u64 + 1);
    stack.chat().restart().await;
    let log = chat_log::read(stack.chat(), &ada, "soup").await;
    assert_eq!(log.len(), accepted + 1);
}

/// A disk of a few megabytes, in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one. That takes root, or `sudo` without a password: without either there is nothing to test.
    fn mount() -> Self {
        let disk = Self(TempDir::new().unwrap());
        let mut mount = as_root("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "none"]);
        let mounted = mount.arg(disk.0.path()).status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "a small disk must be mounted for this test: run it as root, or let this user use sudo without a password"
        );
        disk
    }

    /// Fills it to the last byte with a file.
    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut filler = std::fs::File::create(&path).unwrap();
        while filler.write(&[7; 4096]).is_ok_and(|written| written > 0) {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut unmount = as_root("umount");
        // Lazily: the service may still have its files open.
        unmount.arg("-l").arg(self.0.path()).status().ok();
    }
}

fn as_root(program: &str) -> Command {
    let myself = std::fs::metadata("/proc/self").unwrap().uid();
    if myself == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
