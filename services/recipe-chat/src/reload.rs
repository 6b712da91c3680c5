//! Settings that change while a service runs: on SIGHUP everything is read again, and what can change is taken over, if
//! nothing is wrong with any of it. Certificates and service tokens are read again by themselves.

use std::{collections::BTreeSet, ffi::OsStr, net::SocketAddr, sync::Arc};

use clap::{Args as _, Command};
use edge::AdminPort;
use runtime::{
    lifecycle::Lifecycle,
    operator_token::SharedOperators,
    operators::Operators,
    telemetry::{LogDirectives, LogFilter},
};
use secrecy::SecretString;
use tracing::{info, warn};

use crate::{
    cli::{Service, Values, parse_again},
    ports::admin_operators,
};

/// What of this process goes on with other settings.
pub(crate) struct Reload {
    /// What is in force.
    values: Values,
    log: LogFilter,
    auth: Option<auth::Reloader>,
    chat: Option<chat::Reloader>,
    edge: Option<edge::Reloader>,
    admin: Option<Admin>,
}

/// A port for operators.
struct Admin {
    address: SocketAddr,
    /// Whether it asks for certificates, which are read again by themselves.
    certified: bool,
    operators: SharedOperators,
}

/// Settings without faults.
struct Checked {
    log: LogDirectives,
    auth: Option<auth::Reloadable>,
    chat: Option<chat::Reloadable>,
    edge: Option<edge::Reloadable>,
    admin: Option<Operators>,
}

/// Has the chat service of `up` know auth's operators, unless it is told of its own: one process has one set of them.
pub(crate) fn share_operators(auth: &auth::Reloadable, chat: &mut chat::Reloadable) {
    if chat.chat_operator_token.is_none() && chat.chat_operator_tokens.is_none() {
        chat.chat_operator_token.clone_from(&auth.operator_token);
        chat.chat_operator_tokens.clone_from(&auth.operator_tokens);
    }
}

impl Reload {
    /// With what was read at the start.
    pub(crate) fn new(values: Values, log: LogFilter) -> Self {
        Self {
            values,
            log,
            auth: None,
            chat: None,
            edge: None,
            admin: None,
        }
    }

    /// Also of this auth service.
    pub(crate) fn of_auth(self, auth: auth::Reloader) -> Self {
        let auth = Some(auth);
        Self { auth, ..self }
    }

    /// Also of this chat service.
    pub(crate) fn of_chat(self, chat: chat::Reloader) -> Self {
        let chat = Some(chat);
        Self { chat, ..self }
    }

    /// Also of this edge and its port for operators.
    pub(crate) fn of_edge(self, edge: edge::Reloader, admin: Option<&AdminPort>) -> Self {
        let admin = admin.and_then(|admin| {
            Some(Admin {
                address: admin.listener.local_addr().ok()?,
                certified: admin.tls.is_some(),
                operators: Arc::clone(&admin.operators),
            })
        });
        Self {
            edge: Some(edge),
            admin,
            ..self
        }
    }

    /// Reads the settings again whenever that is asked for, until the process stops.
    pub(crate) fn follow(mut self, lifecycle: &Lifecycle) {
        let running = lifecycle.clone();
        lifecycle.spawn(async move {
            loop {
                tokio::select! {
                    () = running.stopping() => return,
                    () = running.reload_asked() => self.reload(),
                }
            }
        });
    }

    /// All of it, or nothing.
    fn reload(&mut self) {
        let read = parse_again().and_then(|(service, values)| {
            let checked = self.check(service).map_err(|fault| format!("{fault:#}"))?;
            Ok((checked, values))
        });
        match read {
            Ok((checked, values)) => {
                let log = self.apply(checked);
                self.tell(&values);
                self.log.set(log);
            }
            Err(cause) => warn!(
                cause,
                "the settings cannot be used as they are now; those before stay in force"
            ),
        }
    }

    /// Looks for faults, also in what would be in force only after a restart.
    fn check(&self, service: Service) -> anyhow::Result<Checked> {
        let log = LogDirectives::read(&service.telemetry().log)?;
        let (auth, mut chat, edge, tokens) = match service {
            Service::Up(up) => {
                let operators = &up.auth.reloadable;
                let tokens = [
                    operators.operator_token.clone(),
                    operators.operator_tokens.clone(),
                ];
                (Some(up.auth), Some(up.chat), Some(up.edge), tokens)
            }
            Service::Auth(command) => (Some(command.auth), None, None, [None, None]),
            Service::Chat(command) => (None, Some(command.chat), None, [None, None]),
            Service::Edge(command) => {
                let tokens = [command.operator_token, command.operator_tokens];
                (None, None, Some(command.edge), tokens)
            }
        };
        if let (Some(auth), Some(chat)) = (&auth, &mut chat) {
            share_operators(&auth.reloadable, &mut chat.reloadable);
        }
        if let Some(auth) = &auth {
            auth.check()?;
        }
        if let Some(chat) = &chat {
            chat.reloadable.operators().map_err(anyhow::Error::msg)?;
        }
        if let Some(edge) = &edge {
            let faults = edge.faults();
            anyhow::ensure!(faults.is_empty(), faults.join("; "));
        }
        Ok(Checked {
            log,
            auth: auth.map(|auth| auth.reloadable),
            chat: chat.map(|chat| chat.reloadable),
            edge: edge.map(|edge| edge.reloadable),
            admin: self.checked_admin(&tokens)?,
        })
    }

    fn checked_admin(
        &self,
        tokens: &[Option<SecretString>; 2],
    ) -> anyhow::Result<Option<Operators>> {
        match &self.admin {
            Some(admin) => {
                let tokens = tokens.each_ref().map(Option::as_ref);
                admin_operators(admin.address, admin.certified, tokens)
            }
            None => Ok(None),
        }
    }

    /// Says which settings changed, and which of these wait for a restart.
    fn tell(&mut self, values: &Values) {
        let reloadable = reloadable();
        let (taken, waiting): (Vec<_>, Vec<_>) = self
            .values
            .differences(values)
            .into_iter()
            .partition(|variable| reloadable.contains(variable));
        info!(changed = taken.join(", "), "the settings were read again");
        if !waiting.is_empty() {
            warn!(
                changed = waiting.join(", "),
                "settings changed that wait for a restart"
            );
        }
        for variable in taken {
            self.values.take(&variable, values);
        }
    }

    /// Gives back what is to be logged from now on.
    fn apply(&self, checked: Checked) -> LogDirectives {
        if let (Some(auth), Some(settings)) = (&self.auth, &checked.auth) {
            auth.reload(settings);
        }
        if let (Some(chat), Some(settings)) = (&self.chat, &checked.chat) {
            chat.reload(settings);
        }
        if let (Some(edge), Some(settings)) = (&self.edge, checked.edge) {
            edge.reload(settings);
        }
        if let Some(admin) = &self.admin {
            admin.operators.store(checked.admin.map(Arc::new));
        }
        checked.log
    }
}

/// The variables of what can change while a service runs.
fn reloadable() -> BTreeSet<String> {
    let command = Command::new("reloadable");
    let command = edge::Reloadable::augment_args(command);
    let command = chat::Reloadable::augment_args(command);
    let command = auth::Reloadable::augment_args(command);
    let variables = command
        .get_arguments()
        .filter_map(|argument| argument.get_env().and_then(OsStr::to_str));
    variables
        .chain([
            "RECIPE_CHAT_LOG",
            "EDGE_OPERATOR_TOKEN",
            "EDGE_OPERATOR_TOKENS",
        ])
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = include_str!("../../../docs/operations.md");

    #[test]
    fn what_can_change_is_told_in_the_runbook() {
        let begin = RUNBOOK.find("**Settings that change while a service runs.**");
        let text = &RUNBOOK[begin.unwrap()..];
        let text = &text[..text.find("\n`--print-config`").unwrap()];
        let missing: Vec<_> = reloadable()
            .into_iter()
            .filter(|variable| !text.contains(&format!("`{variable}`")))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
