//! Where a document names a flag with a value, as in `--auth-timeout` (5s), that is the flag's default.

use clap::{Args as _, Command};
use edge::Config;

use super::reading::text;

/// The defaults that a text names: after each flag in backquotes, what stands in brackets.
fn named(text: &str) -> Vec<(&str, &str)> {
    text.split("`--")
        .skip(1)
        .filter_map(|rest| {
            let (flag, rest) = rest.split_once('`')?;
            let (value, _) = rest.strip_prefix(" (")?.split_once(')')?;
            Some((flag, value))
        })
        .collect()
}

#[test]
fn the_defaults_in_the_documents_are_the_defaults() {
    let command = Config::augment_args(Command::new("edge"));
    let default = |flag: &str| -> String {
        let argument = command.get_arguments().find(|a| a.get_long() == Some(flag));
        let argument = argument.unwrap_or_else(|| panic!("there is no flag --{flag}"));
        let values: Vec<_> = argument
            .get_default_values()
            .iter()
            .map(|v| v.to_string_lossy())
            .collect();
        values.join(",")
    };
    let document = text("websocket/asyncapi.yaml");
    let named = named(&document);
    assert!(named.len() >= 9, "{named:?}");
    for (flag, value) in named {
        assert_eq!(default(flag), value, "--{flag}");
    }
}

#[test]
fn every_flag_in_the_documents_exists() {
    let command = Config::augment_args(Command::new("edge"));
    for document in [text("websocket/asyncapi.yaml"), text("http/openapi.json")] {
        for rest in document.split("`--").skip(1) {
            let (flag, _) = rest.split_once('`').unwrap();
            let known = command.get_arguments().any(|a| a.get_long() == Some(flag));
            assert!(known, "--{flag}");
        }
    }
}
