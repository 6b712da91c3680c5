//! What is logged, in the operator's words: a level, or directives such as `info,edge=debug`. A word that is no level
//! would be taken for the name of some part that does not exist, and nothing would be logged at all: it is refused.

use std::str::FromStr as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use super::TRACED;

/// The levels, as they are written.
const LEVELS: &str = "error, warn, info, debug, trace or off";

/// The filter for logs.
///
/// # Errors
/// Which word is no level, or what else is wrong, in one sentence.
pub(super) fn filter(asked: &str) -> Result<EnvFilter, String> {
    let named = asked
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty());
    // PostgreSQL notes at each start that what a migration would make is there already.
    let mut directives = vec!["opentelemetry=warn", "sqlx::postgres::notice=warn"];
    let mut names_one = false;
    for directive in named {
        check(directive)?;
        directives.push(directive);
        names_one = true;
    }
    if !names_one {
        return Err(format!("nothing is named: write {LEVELS}"));
    }
    // The WebSocket library logs whole frames, and the first of each connection holds a token: nobody can ask for that.
    directives.extend(["tungstenite=info", "tokio_tungstenite=info"]);
    EnvFilter::try_new(directives.join(",")).map_err(|cause| cause.to_string())
}

/// Refuses what would silently mean something else.
fn check(directive: &str) -> Result<(), String> {
    // Spans and their fields: the library's own grammar, which it checks.
    if directive.contains('[') {
        return Ok(());
    }
    let level = match directive.rsplit_once('=') {
        Some((_, level)) => level,
        None if is_part(directive) => return Ok(()),
        None => directive,
    };
    if LevelFilter::from_str(level).is_ok() && !level.trim().is_empty() {
        return Ok(());
    }
    Err(format!(
        "{level:?} is no level: write {LEVELS}, or PART=LEVEL such as edge=debug"
    ))
}

/// Whether it names a part of the program, all of whose events are meant.
fn is_part(word: &str) -> bool {
    let root = word.split("::").next().unwrap_or_default();
    word.contains("::") || TRACED.contains(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_and_told_once() {
        for asked in [
            "warning",
            "information",
            "loud",
            "edge=loud",
            "info,edge=verbose",
            "",
            " , ",
            "edge=",
        ] {
            let told = filter(asked).unwrap_err();
            assert!(
                told.contains("write error, warn, info"),
                "{asked:?}: {told}"
            );
            assert_eq!(told.matches("write").count(), 1, "{told}");
        }
    }

    #[test]
    fn levels_and_parts_are_taken() {
        for asked in [
            "info",
            "WARN",
            "off",
            "info,edge=debug",
            "warn, chat::store=trace,",
            "edge",
            "error,hyper=info",
            "edge[connection{user.id=ada}]=debug",
        ] {
            let filter = filter(asked).unwrap().to_string();
            assert!(filter.contains("tungstenite=info"), "{filter}");
        }
    }
}
