//! Where the binary under test is, and how it is called: with an empty environment, so that nothing of the
//! machine gets into a test.

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// A call of `recipe-chat`, logging everything it can.
pub fn recipe_chat(arguments: &[impl AsRef<str>]) -> Command {
    call(&path(), arguments)
}

/// A call of this build of `recipe-chat`, logging everything it can.
pub(crate) fn call(binary: &Path, arguments: &[impl AsRef<str>]) -> Command {
    let mut command = clean_command(binary);
    command
        .args(arguments.iter().map(AsRef::as_ref))
        .env("RECIPE_CHAT_LOG", "trace")
        .env("RUST_BACKTRACE", "1");
    command
}

/// A call of any program with no environment but the search path.
pub(crate) fn clean_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(search) = std::env::var_os("PATH") {
        command.env("PATH", search);
    }
    command
}

/// The binary: named by `RECIPE_CHAT_BIN`, else built beside the tests.
///
/// # Panics
/// When there is none.
pub fn path() -> PathBuf {
    if let Some(named) = named_in("RECIPE_CHAT_BIN") {
        return named;
    }
    let tests = std::env::current_exe().expect("a test knows its own path");
    let beside = tests
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("recipe-chat"));
    beside
        .take(3)
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| {
            panic!(
                "there is no recipe-chat near {}: build it with `cargo build -p recipe-chat`, \
                 or name another one in RECIPE_CHAT_BIN",
                tests.display()
            )
        })
}

/// An older build to run beside the one under test, if `RECIPE_CHAT_OLD_BIN` names one.
pub fn older() -> Option<PathBuf> {
    named_in("RECIPE_CHAT_OLD_BIN")
}

fn named_in(variable: &str) -> Option<PathBuf> {
    let named = PathBuf::from(std::env::var_os(variable)?);
    assert!(
        named.is_file(),
        "{variable} names {}, which is no file",
        named.display()
    );
    Some(named)
}
