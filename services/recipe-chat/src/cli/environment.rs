//! What the environment says, before the command line is read. A variable that is set to nothing counts as not set,
//! and lists may have empty elements: that is what templates leave behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use clap::{Arg, Command};

/// Reads a variable.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Takes away what is set to nothing, from this command and those below, and empty elements from lists.
pub(super) fn tidied(mut command: Command, environment: Environment<'_>) -> Command {
    let changes: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| {
            let given = environment(argument.get_env()?.to_str()?)?;
            let given = given.to_str()?;
            let left = if is_list(argument) {
                without_empty(given)
            } else {
                given.to_owned()
            };
            let is_empty = left.trim().is_empty();
            (is_empty || left != given)
                .then(|| (argument.get_id().clone(), (!is_empty).then_some(left)))
        })
        .collect();
    for (id, left) in changes {
        command = command.mut_arg(id, |argument| {
            let argument = argument.env(None::<&str>);
            match left {
                // The command line keeps its defaults for ever.
                Some(left) => argument.default_value(&*left.leak()),
                None => argument,
            }
        });
    }
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, |command| tidied(command, environment));
    }
    command
}

/// Takes empty elements from the lists among the words of a command line.
pub(super) fn tidied_words(command: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let mut lists = BTreeSet::new();
    list_flags(command, &mut lists);
    let mut value_follows = false;
    words
        .into_iter()
        .map(|word| {
            let is_value = std::mem::take(&mut value_follows);
            let Some(text) = word.to_str() else {
                return word;
            };
            if is_value {
                return without_empty(text).into();
            }
            match text.split_once('=') {
                Some((flag, value)) if lists.contains(flag) => {
                    format!("{flag}={}", without_empty(value)).into()
                }
                _ => {
                    value_follows = lists.contains(text);
                    word
                }
            }
        })
        .collect()
}

/// The variables that stand for the flags that are named in `text`, for the command that `words` name.
pub(super) fn variables_of(command: &Command, words: &[OsString], text: &str) -> Vec<String> {
    let chosen = words
        .iter()
        .filter_map(|word| command.find_subcommand(word))
        .next()
        .or_else(|| command.find_subcommand("up"))
        .unwrap_or(command);
    let mut variables = BTreeMap::new();
    flag_variables(chosen, &mut variables);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut named: Vec<String> = Vec::new();
    for word in text.split(|c| !is_part(c)) {
        if let Some(variable) = variables.get(word)
            && !named.contains(variable)
        {
            named.push(variable.clone());
        }
    }
    named
}

fn is_list(argument: &Arg) -> bool {
    argument.get_value_delimiter() == Some(',')
}

fn without_empty(list: &str) -> String {
    let elements = list.split(',').map(str::trim);
    let elements: Vec<_> = elements.filter(|element| !element.is_empty()).collect();
    elements.join(",")
}

fn list_flags(command: &Command, into: &mut BTreeSet<String>) {
    let lists = command.get_arguments().filter(|argument| is_list(argument));
    into.extend(lists.filter_map(|argument| Some(format!("--{}", argument.get_long()?))));
    for command in command.get_subcommands() {
        list_flags(command, into);
    }
}

fn flag_variables(command: &Command, into: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments() {
        let variable = argument.get_env().and_then(|name| name.to_str());
        if let (Some(flag), Some(variable)) = (argument.get_long(), variable) {
            into.insert(format!("--{flag}"), variable.to_owned());
        }
    }
    for command in command.get_subcommands() {
        flag_variables(command, into);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn every_variable(command: &Command, into: &mut BTreeSet<String>) {
        let mut variables = BTreeMap::new();
        flag_variables(command, &mut variables);
        into.extend(variables.into_values());
        for command in command.get_subcommands() {
            every_variable(command, into);
        }
    }

    /// What the words and the environment come to.
    fn parse(words: &[&str], environment: Environment<'_>) -> Result<String, clap::Error> {
        let command = Cli::command();
        let words = words.iter().map(OsString::from).collect();
        let words = tidied_words(&command, words);
        let matches = tidied(command, environment).try_get_matches_from(words)?;
        Ok(format!("{matches:?}"))
    }

    #[test]
    fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
        let mut variables = BTreeSet::new();
        every_variable(&Cli::command(), &mut variables);
        assert!(variables.len() > 40, "{variables:?}");
        for empty in ["", "  "] {
            let environment = |name: &str| variables.contains(name).then(|| empty.into());
            let command = tidied(Cli::command(), &environment);
            let mut left = BTreeMap::new();
            flag_variables(&command, &mut left);
            assert!(left.is_empty(), "{left:?}");
            for service in ["up", "auth", "chat", "edge", "health", "check"] {
                parse(&["recipe-chat", service], &environment).unwrap();
            }
        }
    }

    #[test]
    fn lists_may_have_empty_elements() {
        let with = |list: &'static str| {
            move |name: &str| (name == "EDGE_TRUSTED_PROXIES").then(|| list.into())
        };
        for list in ["10.0.0.0/8,", ",10.0.0.0/8", " 10.0.0.0/8 , "] {
            parse(&["recipe-chat", "edge"], &with(list)).unwrap();
        }
        parse(&["recipe-chat", "edge"], &with(",")).unwrap();
        parse(&["recipe-chat", "edge"], &with("10.0.0.0/99,")).unwrap_err();
        let nothing = |_: &str| None;
        for words in [
            &["recipe-chat", "edge", "--trusted-proxies", "10.0.0.0/8,"][..],
            &[
                "recipe-chat",
                "edge",
                "--trusted-proxies=10.0.0.0/8,fd00::/8,",
            ],
        ] {
            parse(words, &nothing).unwrap();
        }
    }

    #[test]
    fn a_complaint_names_the_variables_of_the_flags_in_it() {
        let words: Vec<OsString> = ["recipe-chat", "chat"].map(OsString::from).to_vec();
        let text = "invalid value 'x' for '--listen <LISTEN>': no address";
        assert_eq!(variables_of(&Cli::command(), &words, text), ["CHAT_LISTEN"]);
        assert!(variables_of(&Cli::command(), &words, "no flag at all").is_empty());
    }
}
