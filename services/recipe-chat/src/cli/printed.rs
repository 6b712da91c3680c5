//! `--print-config`: what a service would run with, as variables that can be set again, without secrets.

use std::fmt::Write as _;

use clap::{ArgMatches, Command};

/// The settings of the command that was chosen, one line each, in the order of `--help`.
pub(super) fn settings(command: &Command, matches: &ArgMatches) -> String {
    let mut text = String::new();
    let Some((name, chosen)) = matches.subcommand() else {
        return text;
    };
    let arguments = command
        .find_subcommand(name)
        .into_iter()
        .flat_map(Command::get_arguments);
    for argument in arguments {
        let Some(variable) = argument.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        let id = argument.get_id().as_str();
        let values = chosen.try_get_raw(id).ok().flatten();
        let Some(values) = values else {
            // Not set, and without a default.
            writeln!(text, "#{variable}=").ok();
            continue;
        };
        let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
        let value = values.join(",");
        // What may hold a secret is not shown, whatever is in it.
        if argument.is_hide_env_values_set() {
            writeln!(text, "# {variable} is set, and not shown").ok();
        } else {
            writeln!(text, "{variable}={value}").ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_setting_is_shown_and_no_secret() {
        let words = [
            "recipe-chat",
            "edge",
            "--redis-url",
            "redis://:canary@cache",
            "--allowed-origins",
            "https://a.example,https://b.example",
            "--print-config",
        ];
        let matches = Cli::command().try_get_matches_from(words).unwrap();
        let shown = settings(&Cli::command(), &matches);
        assert!(!shown.contains("canary"), "{shown}");
        for line in [
            "# REDIS_URL is set, and not shown",
            "EDGE_MAX_CONNECTIONS=100000",
            "EDGE_ALLOWED_ORIGINS=https://a.example,https://b.example",
            "#EDGE_PUBLIC_URL=",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
        }
    }
}
