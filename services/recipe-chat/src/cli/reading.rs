//! Reads the command line, the variables, the files of secrets and the file of settings: at the start, and again when a
//! running service is told to.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _, error::ErrorKind};

use super::{Cli, config_file, environment, secret_files, unknown};

/// What was read.
pub(super) struct Reading {
    pub(super) cli: Cli,
    /// The command line with what files say.
    pub(super) command: Command,
    pub(super) matches: ArgMatches,
}

/// Why nothing was read.
pub(super) enum Unread {
    /// Help or the version was asked for.
    Help(clap::Error),
    /// Something is wrong, in one line.
    Wrong(String),
}

/// What the service of this process was set to, by variable. It may hold secrets, so it cannot be printed.
pub(crate) struct Values(BTreeMap<String, Vec<OsString>>);

/// The words of this process; no command means `up`.
pub(super) fn words() -> Vec<OsString> {
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.len() < 2 {
        words.push("up".into());
    }
    words
}

/// Reads everything.
pub(super) fn read(words: Vec<OsString>) -> Result<Reading, Unread> {
    let command = secret_files::documented(Cli::command());
    let environment = |name: &str| std::env::var_os(name);
    let file = config_file::named(&words, environment);
    let settings = file.map(|path| config_file::read(&command, &path));
    let settings = settings.transpose().map_err(Unread::Wrong)?;
    let settings = settings.unwrap_or_default();
    let secrets = secret_files::read(&command, environment).map_err(Unread::Wrong)?;
    let words = environment::tidied_words(&command, words);
    // A file that a variable names for one secret wins over the file for everything.
    let all = secret_files::apply(secret_files::apply(command, &settings), &secrets);
    let tidied = environment::tidied(all.clone(), &environment);
    let matches = tidied.try_get_matches_from(&words);
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let parsed = parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Variables that are set to nothing stand in the help all the same.
            let help = all.clone().try_get_matches_from(&words);
            Unread::Help(help.err().unwrap_or(error))
        }
        _ => Unread::Wrong(first_line(&error)),
    });
    let (cli, matches) = parsed?;
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = unknown::complaints(&all, set);
    if !unknown.is_empty() {
        return Err(Unread::Wrong(unknown.join("; ")));
    }
    Ok(Reading {
        cli,
        command: all,
        matches,
    })
}

impl Reading {
    /// What the chosen command is set to.
    pub(super) fn values(&self) -> Values {
        let Some((name, chosen)) = self.matches.subcommand() else {
            return Values(BTreeMap::new());
        };
        let command = self.command.find_subcommand(name);
        let arguments = command.into_iter().flat_map(Command::get_arguments);
        let values = arguments.filter_map(|argument| {
            let variable = argument.get_env().and_then(OsStr::to_str)?;
            let raw = chosen.try_get_raw(argument.get_id().as_str());
            let raw = raw.ok().flatten().into_iter().flatten();
            Some((variable.to_owned(), raw.map(OsStr::to_owned).collect()))
        });
        Values(values.collect())
    }
}

impl Values {
    /// The variables that others have another value for.
    pub(crate) fn differences(&self, others: &Self) -> Vec<String> {
        let all = self.0.iter();
        let different = all.filter(|(variable, value)| others.0.get(*variable) != Some(value));
        different.map(|(variable, _)| variable.clone()).collect()
    }

    /// Takes the value of one variable from others.
    pub(crate) fn take(&mut self, variable: &str, others: &Self) {
        if let Some(value) = others.0.get(variable) {
            self.0.insert(variable.to_owned(), value.clone());
        }
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let missing: Vec<_> = text
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(str::trim)
        .collect();
    format!(
        "{} (see --help)",
        [&[line], missing.as_slice()].concat().join(" ")
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn a_wrong_flag_is_one_line() {
        for words in [
            &["recipe-chat", "edge", "--lissten", "x"][..],
            &["recipe-chat", "edge", "--listen", "nowhere"],
            &["recipe-chat", "edge", "--auth-timeout", "5"],
            &["recipe-chat", "dance"],
        ] {
            let error = Cli::try_parse_from(words).unwrap_err();
            let line = first_line(&error);
            assert!(!line.contains('\n') && line.len() > 20, "{line}");
        }
    }

    #[test]
    fn what_differs_is_told_by_its_variable() {
        let values = |words: &str| {
            let words = words.split(' ').map(OsString::from).collect();
            let Ok(reading) = read(words) else {
                panic!("the words are good");
            };
            reading.values()
        };
        let mut before = values("recipe-chat edge --message-rate 7 --reauth-lead 50s");
        let after = values("recipe-chat edge --message-rate 8 --redis-url redis://a");
        let different = ["EDGE_MESSAGE_RATE", "EDGE_REAUTH_LEAD", "REDIS_URL"];
        assert_eq!(before.differences(&after), different);
        before.take("EDGE_MESSAGE_RATE", &after);
        assert_eq!(before.differences(&after), different[1..]);
    }
}
