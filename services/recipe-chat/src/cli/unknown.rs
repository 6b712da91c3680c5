//! Variables that look like ours and are none: a misspelt one would be passed over in silence, and its default be used.

use std::collections::BTreeSet;

use clap::Command;

/// How the names of services' own variables begin: whatever else does is meant for them.
const OWN: [&str; 3] = ["EDGE_", "AUTH_", "CHAT_"];
/// How names begin that other programs use as well: only what is nearly one of ours is meant for it.
const SHARED: [&str; 5] = ["RECIPE_CHAT_", "REDIS_", "SERVICE_", "HEALTH_", "GRPC_"];
/// How many signs may be wrong in what is nearly a name.
const MAX_TYPOS: usize = 2;
/// Variables of builds before, which may still be set.
const RETIRED: [&str; 1] = ["EDGE_CREATE_ON_JOIN"];

/// What is wrong with the variables that are set, one complaint for each, in words for the operator.
pub(super) fn complaints(command: &Command, set: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    variables(command, &mut known);
    let unknown = set
        .into_iter()
        .filter(|name| !known.contains(name) && !RETIRED.contains(&name.as_str()));
    unknown
        .filter_map(|name| {
            let nearest = nearest(&name, &known);
            let is_near = nearest.is_some_and(|(_, typos)| typos <= MAX_TYPOS);
            let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
            let is_meant = begins(&OWN) && !is_of_an_orchestrator(&name);
            (is_meant || begins(&SHARED) && is_near).then(|| match nearest {
                Some((nearest, _)) => {
                    format!("{name} is no variable of recipe-chat: did you mean {nearest}?")
                }
                None => format!("{name} is no variable of recipe-chat"),
            })
        })
        .collect()
}

/// Kubernetes and Docker tell each container where services named `edge`, `auth` and `chat` are.
fn is_of_an_orchestrator(name: &str) -> bool {
    let Some((_, rest)) = name.split_once('_') else {
        return false;
    };
    let parts: Vec<&str> = rest.split('_').collect();
    matches!(
        parts.as_slice(),
        ["SERVICE", "HOST" | "PORT", ..] | ["NAME"] | ["ENV", ..]
    ) || matches!(parts.as_slice(), ["PORT"] | ["PORT", _, "TCP" | "UDP", ..])
}

fn nearest<'a>(name: &str, known: &'a BTreeSet<String>) -> Option<(&'a str, usize)> {
    let distances = known
        .iter()
        .map(|one| (one.as_str(), strsim::damerau_levenshtein(name, one)));
    distances.min_by_key(|(_, typos)| *typos)
}

/// Every variable of a command and those below it; secrets may come from files as well.
fn variables(command: &Command, into: &mut BTreeSet<String>) {
    for argument in command.get_arguments() {
        if let Some(name) = argument.get_env().and_then(|name| name.to_str()) {
            into.insert(name.to_owned());
            if argument.is_hide_env_values_set() {
                into.insert(format!("{name}{}", super::secret_files::SUFFIX));
            }
        }
    }
    for command in command.get_subcommands() {
        variables(command, into);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn told(names: &[&str]) -> Vec<String> {
        complaints(&Cli::command(), names.iter().map(ToString::to_string))
    }

    #[test]
    fn a_misspelt_variable_is_told_with_the_nearest_name() {
        for (wrong, right) in [
            ("EDGE_MAX_CONECTIONS", "EDGE_MAX_CONNECTIONS"),
            ("AUTH_ACCES_TTL", "AUTH_ACCESS_TTL"),
            ("REDIS_ULR", "REDIS_URL"),
            ("CHAT_DATABASE_URL_FILES", "CHAT_DATABASE_URL_FILE"),
            ("RECIPE_CHAT_LOGS", "RECIPE_CHAT_LOG"),
            ("EDGE_SOMETHING_ELSE_ALTOGETHER", "EDGE_"),
        ] {
            let told = told(&[wrong]);
            assert_eq!(told.len(), 1, "{wrong}");
            assert!(
                told[0].contains(wrong) && told[0].contains(right),
                "{told:?}"
            );
        }
    }

    #[test]
    fn what_is_ours_or_meant_for_others_is_not() {
        let fine = [
            "EDGE_LISTEN",
            "REDIS_URL_FILE",
            "EDGE_CREATE_ON_JOIN",
            "EDGE_PORT",
            "EDGE_PORT_80_TCP_ADDR",
            "AUTH_SERVICE_HOST",
            "CHAT_SERVICE_PORT_GRPC",
            "REDIS_PASSWORD",
            "RECIPE_CHAT_VERSION",
            "RECIPE_CHAT_BIN",
            "SERVICE_NAME",
            "PATH",
        ];
        assert_eq!(told(&fine), Vec::<String>::new());
    }
}
