//! One file with all settings, in TOML: a key is a flag without its dashes, in the table of the command that has the flag,
//! or above all tables where only one variable stands for it.
//!
//! ```toml
//! redis-url = "redis://cache:6379"
//! [edge]
//! listen = "0.0.0.0:8080"
//! allowed-origins = ["https://cook.example"]
//! ```
//!
//! It says what the variables of these flags would say, so one file serves every command. Variables and flags win.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use clap::Command;
use toml::{Table, Value};

/// The flag that names the file, and its variable.
const FLAG: &str = "--config";
const VARIABLE: &str = "RECIPE_CHAT_CONFIG";
/// The commands whose flags may stand in it.
const TABLES: [&str; 4] = ["up", "auth", "chat", "edge"];
/// How large the file may be, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// What the file says, by variable. It lives as long as the process.
pub(super) type Settings = BTreeMap<String, &'static str>;

/// Which file is named, if any.
pub(super) fn named(
    words: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == FLAG {
            return words.next().map(PathBuf::from);
        }
        let value = word.to_str().and_then(|word| word.strip_prefix(FLAG));
        if let Some(path) = value.and_then(|rest| rest.strip_prefix('=')) {
            return Some(path.into());
        }
    }
    environment(VARIABLE)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// Reads the file.
///
/// # Errors
/// All that is wrong with it, in words for the operator, never with a value that it holds.
pub(super) fn read(command: &Command, path: &Path) -> Result<Settings, String> {
    let shown = path.display();
    let unreadable = |cause: std::io::Error| format!("{FLAG} {shown}: it cannot be read: {cause}");
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_SIZE {
        return Err(format!("{FLAG} {shown}: it has more than 1 MiB"));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    settings(command, &text).map_err(|faults| format!("{FLAG} {shown}: {}", faults.join("; ")))
}

fn settings(command: &Command, text: &str) -> Result<Settings, Vec<String>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error
            .span()
            .map_or("", |span| text.get(..span.start).unwrap_or(""));
        let line = before.matches('\n').count() + 1;
        vec![format!("line {line} is no TOML: {}", error.message())]
    })?;
    let flags = Flags::of(command);
    let (mut settings, mut faults) = (Settings::new(), Vec::new());
    let mut take = |place: Option<&str>, key: &str, value: &Value| {
        let taken = flags.variable(place, key).and_then(|variable| {
            let text = written(value).ok_or_else(|| {
                format!("{key} wants a text, a number, true or false, or a list of texts")
            })?;
            // The command line keeps its defaults for ever.
            settings.insert(variable, text.leak());
            Ok(())
        });
        faults.extend(taken.err());
    };
    for (key, value) in &table {
        match value {
            Value::Table(inner) if TABLES.contains(&key.as_str()) => {
                for (inner_key, value) in inner {
                    take(Some(key), inner_key, value);
                }
            }
            value => take(None, key, value),
        }
    }
    match faults.is_empty() {
        true => Ok(settings),
        false => Err(faults),
    }
}

/// As it would stand in a variable.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| item.as_str()).collect();
            items.map(|items| items.join(","))
        }
        Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// The variables of flags, by command and by the flag's name without its dashes.
struct Flags(BTreeMap<&'static str, BTreeMap<String, String>>);

impl Flags {
    fn of(command: &Command) -> Self {
        let tables = TABLES.into_iter().map(|table| {
            let arguments = command
                .find_subcommand(table)
                .into_iter()
                .flat_map(Command::get_arguments);
            let flags = arguments.filter_map(|argument| {
                let variable = argument.get_env().and_then(OsStr::to_str)?;
                Some((argument.get_long()?.to_owned(), variable.to_owned()))
            });
            (table, flags.collect())
        });
        Self(tables.collect())
    }

    fn variable(&self, table: Option<&str>, key: &str) -> Result<String, String> {
        let tables = self
            .0
            .iter()
            .filter(|(name, _)| table.is_none_or(|table| table == **name));
        let variables: BTreeSet<_> = tables
            .clone()
            .filter_map(|(_, flags)| flags.get(key))
            .collect();
        let mut variables = variables.into_iter();
        match (variables.next(), variables.next()) {
            (Some(variable), None) => Ok(variable.clone()),
            (Some(_), Some(_)) => Err(format!(
                "{key} stands for flags of several commands: write it into [auth], [chat] or [edge]"
            )),
            (None, _) => {
                let known: BTreeSet<_> = tables.flat_map(|(_, flags)| flags.keys()).collect();
                let nearest = known
                    .into_iter()
                    .min_by_key(|one| strsim::damerau_levenshtein(key, one));
                let place = table
                    .map(|table| format!(" in [{table}]"))
                    .unwrap_or_default();
                Err(match nearest {
                    Some(nearest) => format!("{key}{place} is no setting: did you mean {nearest}?"),
                    None => format!("{key}{place} is no setting"),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::{Cli, secret_files};

    fn read(text: &str) -> Result<Settings, Vec<String>> {
        settings(&Cli::command(), text)
    }

    #[track_caller]
    fn refused(text: &str, words: &str) {
        let faults = read(text).unwrap_err().join("; ");
        assert!(faults.contains(words), "{faults}");
    }

    #[test]
    fn a_key_says_what_the_variable_of_its_flag_says() {
        let text = r#"
            redis-url = "redis://cache"
            [edge]
            message-rate = 7
            accept-old-cookie = false
            allowed-origins = ["https://a.example", "https://b.example"]
            [chat]
            listen = "127.0.0.1:4000"
        "#;
        let settings = read(text).unwrap();
        let expected = [
            ("CHAT_LISTEN", "127.0.0.1:4000"),
            ("EDGE_ACCEPT_OLD_COOKIE", "false"),
            (
                "EDGE_ALLOWED_ORIGINS",
                "https://a.example,https://b.example",
            ),
            ("EDGE_MESSAGE_RATE", "7"),
            ("REDIS_URL", "redis://cache"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(settings, BTreeMap::from(expected));
    }

    #[test]
    fn flags_win_over_the_file() {
        let settings = read("[edge]\nmessage-rate = 7\nmessage-burst = 70").unwrap();
        let command = secret_files::apply(Cli::command(), &settings);
        let words = ["recipe-chat", "up", "--message-rate", "9"];
        let matches = command.try_get_matches_from(words).unwrap();
        let cli = Cli::from_arg_matches(&matches).unwrap();
        let crate::cli::Command::Serve(crate::cli::Service::Up(up)) = cli.command else {
            panic!("{cli:?}");
        };
        let limits = up.edge.reloadable;
        assert_eq!((limits.message_rate, limits.message_burst), (9, 70));
    }

    #[test]
    fn what_is_no_setting_is_refused_with_the_nearest_name() {
        refused(
            "[edge]\nmesage-rate = 7",
            "mesage-rate in [edge] is no setting: did you mean message-rate?",
        );
        refused("[egde]\nmessage-rate = 7", "egde is no setting");
        refused("redis-ulr = ''", "did you mean redis-url?");
        refused(
            "listen = '127.0.0.1:1'",
            "write it into [auth], [chat] or [edge]",
        );
        refused(
            "[edge]\nmessage-rate = 1979-05-27",
            "message-rate wants a text",
        );
        refused("\n[edge]\nmessage-rate 7", "line 3 is no TOML");
        refused("a-a = 1\nb-b = 2", "b-b is no setting");
        refused("[auth]\noperator-token = {x = 'canary'}", "wants a text");
    }

    #[test]
    fn no_value_is_told() {
        for text in [
            "x = 'canary'",
            "redis-url = ['a', 7, 'canary']",
            "redis-url = 'canary",
        ] {
            let faults = read(text).unwrap_err().join("; ");
            assert!(!faults.contains("canary"), "{faults}");
        }
    }

    #[test]
    fn the_file_is_named_by_flag_or_variable() {
        let named = |words: &str, variable: &str| {
            let words: Vec<OsString> = words.split(' ').map(Into::into).collect();
            named(&words, |_| Some(variable.into()))
        };
        assert_eq!(
            named("recipe-chat up --config a.toml", "b.toml"),
            Some("a.toml".into())
        );
        assert_eq!(
            named("recipe-chat --config=a.toml up", ""),
            Some("a.toml".into())
        );
        assert_eq!(named("recipe-chat up", "b.toml"), Some("b.toml".into()));
        assert_eq!(named("recipe-chat up", ""), None);
        assert_eq!(named("recipe-chat client -- --config", ""), None);
    }
}
