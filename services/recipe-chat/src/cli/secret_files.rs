//! Secrets in files, as containers are given them: where a variable may hold a secret, the variable of that name
//! with `_FILE` at its end names a file that holds it. A flag or the variable itself wins.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use clap::Command;

/// What a variable's name ends with when it names a file.
pub(super) const SUFFIX: &str = "_FILE";

/// The secrets that were read, by variable. They live as long as the process.
pub(super) type Secrets = BTreeMap<String, &'static str>;

/// Reads each secret whose file is named in the environment.
///
/// # Errors
/// Which variable names a file that cannot be read; never what is in it.
pub(super) fn read(
    command: &Command,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Secrets, String> {
    let mut secrets = Secrets::new();
    for variable in variables(command) {
        // The variable itself wins.
        if environment(&variable).is_some_and(|value| !value.is_empty()) {
            continue;
        }
        let name = format!("{variable}{SUFFIX}");
        let Some(path) = environment(&name).filter(|path| !path.is_empty()) else {
            continue;
        };
        let text = std::fs::read_to_string(Path::new(&path))
            .map_err(|cause| format!("{name}: the file cannot be read: {cause}"))?;
        let secret = text.trim_end_matches(['\r', '\n']).to_owned();
        // The default would be used in its stead: nobody who mounted a file means that.
        if secret.trim().is_empty() {
            return Err(format!("{name}: the file {} is empty", path.display()));
        }
        // The command line keeps its defaults for ever.
        secrets.insert(variable, secret.leak());
    }
    Ok(secrets)
}

/// Has each secret stand for its flag wherever that is not given otherwise.
pub(super) fn apply(mut command: Command, secrets: &Secrets) -> Command {
    let given: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?;
            Some((argument.get_id().clone(), *secrets.get(variable)?))
        })
        .collect();
    for (id, secret) in given {
        command = command.mut_arg(id, |argument| {
            argument.default_value(secret).hide_default_value(true)
        });
    }
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, |command| apply(command, secrets));
    }
    command
}

/// Has the help of each secret name the variable that names its file.
pub(super) fn documented(mut command: Command) -> Command {
    let secrets: Vec<_> = command
        .get_arguments()
        .filter(|argument| argument.is_hide_env_values_set())
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?;
            let help = argument.get_help()?;
            let help = format!("{help}; {variable}{SUFFIX} names a file that holds it");
            Some((argument.get_id().clone(), help))
        })
        .collect();
    for (id, help) in secrets {
        command = command.mut_arg(id, |argument| argument.help(help));
    }
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, documented);
    }
    command
}

/// The variables that may hold a secret: those whose values `--help` hides.
fn variables(command: &Command) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter(|argument| argument.is_hide_env_values_set())
        .filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned()));
    let below = command.get_subcommands().flat_map(variables);
    own.chain(below).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::{Cli, Command as Chosen, Service};

    fn redis_of(arguments: &[&str], file: &Path) -> String {
        let environment =
            |name: &str| (name == "REDIS_URL_FILE").then(|| file.as_os_str().to_owned());
        let secrets = read(&Cli::command(), environment).unwrap();
        let command = apply(Cli::command(), &secrets);
        let words = ["recipe-chat", "edge"].iter().chain(arguments);
        let matches = command.try_get_matches_from(words).unwrap();
        match Cli::from_arg_matches(&matches).unwrap().command {
            Chosen::Serve(Service::Edge(edge)) => edge.redis.redis_url.unwrap().expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_secret_comes_from_its_file_unless_the_flag_is_given() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "redis://:canary@cache").unwrap();

        assert_eq!(redis_of(&[], file.path()), "redis://:canary@cache");
        assert_eq!(
            redis_of(&["--redis-url", "redis://b"], file.path()),
            "redis://b"
        );
        let help = apply(
            Cli::command(),
            &read(&Cli::command(), |_| {
                Some(file.path().as_os_str().to_owned())
            })
            .unwrap(),
        )
        .find_subcommand_mut("auth")
        .unwrap()
        .render_long_help()
        .to_string();
        assert!(!help.contains("canary"), "{help}");
    }

    #[test]
    fn the_help_of_each_secret_names_its_file() {
        let mut command = documented(Cli::command());
        let auth = command.find_subcommand_mut("auth").unwrap();
        let help = auth.render_long_help().to_string();
        for variable in [
            "AUTH_DATABASE_URL_FILE",
            "REDIS_URL_FILE",
            "AUTH_OPERATOR_TOKEN_FILE",
        ] {
            assert!(help.contains(variable), "{variable}: {help}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named_by_its_variable() {
        let nowhere = |name: &str| {
            (name == "AUTH_OPERATOR_TOKEN_FILE").then(|| OsString::from("/nowhere/at/all"))
        };
        let error = read(&Cli::command(), nowhere).unwrap_err();
        assert!(error.starts_with("AUTH_OPERATOR_TOKEN_FILE: "), "{error}");
        let both = |name: &str| match name {
            "AUTH_OPERATOR_TOKEN" => Some("a token of an operator".into()),
            name => nowhere(name),
        };
        assert!(read(&Cli::command(), both).unwrap().is_empty());
    }

    #[test]
    fn every_address_with_a_password_can_come_from_a_file() {
        let known = variables(&Cli::command());
        for name in [
            "AUTH_DATABASE_URL",
            "CHAT_DATABASE_URL",
            "REDIS_URL",
            "AUTH_OPERATOR_TOKEN",
        ] {
            assert!(known.iter().any(|variable| variable == name), "{name}");
        }
    }
}
