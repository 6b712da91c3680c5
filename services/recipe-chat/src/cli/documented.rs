//! Holds `docs/operations.md` against the command line: every flag and variable that it names exists.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};

use super::Cli;

const RUNBOOK: &str = include_str!("../../../../docs/operations.md");
const COMPOSE: &str = include_str!("../../../../docker-compose.yml");

/// Every flag and variable of a command and its subcommands.
fn known(command: &Command, into: &mut BTreeSet<String>) {
    for argument in command.get_arguments() {
        into.extend(argument.get_long().map(|long| format!("--{long}")));
        if let Some(variable) = argument.get_env().map(|name| name.to_string_lossy()) {
            if argument.is_hide_env_values_set() {
                into.insert(format!("{variable}_FILE"));
            }
            into.insert(variable.into_owned());
        }
    }
    for command in command.get_subcommands() {
        known(command, into);
    }
}

/// The variables that the compose file reads.
fn of_compose() -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = COMPOSE.split("${").skip(1);
    names.filter_map(move |rest| Some(rest.split(|c| !is_part(c)).next()?.to_owned()))
}

/// The flags and variables in the page's code spans and blocks.
fn named(page: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_variable = |word: &str| {
        ["EDGE_", "AUTH_", "CHAT_", "REDIS_", "RECIPE_CHAT_", "OTEL_"]
            .iter()
            .any(|start| word.starts_with(start))
    };
    page.split(|c| !is_part(c))
        .filter(|word| word.len() > 2)
        .filter(|word| word.starts_with("--") && *word != "---" || is_variable(word))
        .collect()
}

#[test]
fn the_runbook_names_only_flags_and_variables_that_exist() {
    // Those of other commands: which repeat the figures of migrations, or upgrade with compose.
    let of_others = [
        "--no-capture",
        "--sqlite",
        "RECIPE_CHAT_BIN",
        "--build",
        "--wait",
    ];
    let mut exist: BTreeSet<String> = of_others.map(str::to_owned).into();
    exist.insert("--help".to_owned());
    known(&Cli::command(), &mut exist);
    exist.extend(of_compose());
    let named = named(RUNBOOK);
    assert!(named.len() > 30, "{named:?}");

    let wrong: Vec<_> = named
        .iter()
        .filter(|word| !exist.contains(**word))
        .collect();

    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_runbook_names_every_limit_of_the_edge() {
    let named = named(RUNBOOK);
    let edge = Cli::command().find_subcommand("edge").cloned().unwrap();
    for flag in edge.get_arguments().filter_map(clap::Arg::get_long) {
        let is_limit = flag.starts_with("max-") || flag.contains("-rate");
        assert!(
            !is_limit || named.contains(format!("--{flag}").as_str()),
            "{flag}"
        );
    }
}
