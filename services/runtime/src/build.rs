//! Which build this is.

use std::sync::LazyLock;

/// The version of all crates.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, where whoever built it has said so (`RECIPE_CHAT_REVISION`).
pub const REVISION: &str = match option_env!("RECIPE_CHAT_REVISION") {
    Some(revision) => revision,
    None => "",
};

/// Version and revision, for people.
pub fn description() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| match REVISION {
        "" => VERSION.to_owned(),
        revision => format!("{VERSION} ({revision})"),
    });
    &TEXT
}
