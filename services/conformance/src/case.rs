//! Tries one case: a new recipe, its people, and the steps one after the other.

use std::{collections::BTreeMap, time::Duration};

use hyper::Method;
use recipe_chat_client::Server;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    ANSWER_TIMEOUT, Fault,
    connection::{Connection, Opened},
    pattern::{Known, difference, filled},
    people::Person,
    table::{Action, Case, Details, Step},
};

/// Where a case stands.
pub(crate) struct Trial<'a> {
    server: &'a Server,
    people: BTreeMap<String, Person>,
    known: Known,
    connections: BTreeMap<String, Connection>,
}

impl<'a> Trial<'a> {
    /// Makes the case's recipe, with its members.
    pub(crate) async fn prepare(
        server: &'a Server,
        people: &mut [Person],
        case: &Case,
    ) -> Result<Self, Fault> {
        let mut trial = Self {
            server,
            people: BTreeMap::new(),
            known: Known::new(),
            connections: BTreeMap::new(),
        };
        for person in people {
            if case.short_tokens {
                person.refresh(server).await?;
            }
            person.introduce(&person.name, &mut trial.known);
            trial.people.insert(person.name.clone(), person.clone());
        }
        let body = json!({"title": "Conformance", "visibility": "private"});
        let made = trial.call("POST /v1/recipes", "ada", Some(&body), 201);
        let recipe = made.await?["id"].clone();
        trial.known.insert("recipe".to_owned(), recipe);
        let body = json!({"visibility": "private", "public": false});
        let path = "PUT /v1/recipes/$recipe/visibility";
        trial.call(path, "ada", Some(&body), 204).await?;
        for (name, role) in &case.members {
            let path = format!("PUT /v1/recipes/$recipe/members/$user.{name}");
            let body = json!({"role": role});
            trial.call(&path, "ada", Some(&body), 204).await?;
        }
        Ok(trial)
    }

    /// Takes the steps; what broke the contract beside them counts as well.
    pub(crate) async fn run(mut self, steps: &[Step]) -> Result<(), Fault> {
        for (at, step) in steps.iter().enumerate() {
            self.act(step).await.map_err(|Fault(words)| {
                Fault(format!("step {} {}: {words}", at + 1, step.source))
            })?;
        }
        let mut connections = self.connections.iter();
        let found = connections.find_map(|(name, one)| Some((name, one.faults.first()?)));
        found.map_or(Ok(()), |(name, words)| {
            Err(Fault(format!("{name}: {words}")))
        })
    }

    async fn act(&mut self, step: &Step) -> Result<(), Fault> {
        let Step {
            action,
            subject,
            details,
            ..
        } = step;
        let name = subject.as_str().unwrap_or_default();
        let deadline =
            Instant::now() + details.within.map_or(ANSWER_TIMEOUT, Duration::from_millis);
        let pattern = details.frame.as_ref();
        match action {
            Action::Connect => self.connect(name, details).await,
            Action::Auth => self.authenticate(name, details, deadline).await,
            Action::Send => {
                let frame = filled(pattern.ok_or("no frame")?, &self.known);
                // A text is sent as it is.
                let text = frame
                    .as_str()
                    .map_or_else(|| frame.to_string(), str::to_owned);
                for _ in 0..details.times.unwrap_or(1) {
                    let message = Message::text(text.clone());
                    self.connection(name)?.send(message).await;
                }
                Ok(())
            }
            Action::Binary => {
                let bytes = vec![0; details.bytes.unwrap_or_default()];
                self.connection(name)?.send(Message::binary(bytes)).await;
                Ok(())
            }
            Action::Ping => {
                let ping = Message::Ping(Vec::new().into());
                self.connection(name)?.send(ping).await;
                Ok(())
            }
            Action::Expect => {
                self.expect(name, pattern.ok_or("no frame")?, deadline)
                    .await
            }
            Action::Until => loop {
                let pattern = pattern.ok_or("no frame")?;
                let frame = self.next_frame(name, pattern, deadline).await?;
                if difference(pattern, Some(&frame), &mut self.known).is_none() {
                    return Ok(());
                }
            },
            Action::Quiet => {
                let ping = json!({"type": "ping", "id": "quiet", "payload": {}});
                let ping = Message::text(ping.to_string());
                self.connection(name)?.send(ping).await;
                let pong = json!({"type": "pong", "payload": {"in_reply_to": "quiet"}});
                self.expect(name, &pong, deadline).await
            }
            Action::Closed => self.closed(name, details, deadline).await,
            Action::Leave => {
                let connection = self.connection(name)?;
                connection.leave().await;
                connection.close(deadline).await.map(|_| ())
            }
            Action::Refresh => {
                let person = self
                    .people
                    .get_mut(name)
                    .ok_or("there is nobody of that name")?;
                person.refresh(self.server).await?;
                person.introduce(name, &mut self.known);
                Ok(())
            }
            Action::SignIn => {
                let other = self.person(name)?.sign_in(self.server).await?;
                let kept_as = details.kept_as.as_deref().ok_or("as whom?")?;
                other.introduce(kept_as, &mut self.known);
                self.people.insert(kept_as.to_owned(), other);
                Ok(())
            }
            Action::Http => {
                let body = details.body.as_ref().map(|body| filled(body, &self.known));
                let by = details.by.as_deref().unwrap_or("ada");
                let status = details.status.ok_or("no status")?;
                self.call(name, by, body.as_ref(), status).await.map(|_| ())
            }
            Action::Sleep => {
                sleep(Duration::from_millis(subject.as_u64().unwrap_or_default())).await;
                Ok(())
            }
        }
    }

    async fn connect(&mut self, name: &str, details: &Details) -> Result<(), Fault> {
        let recipe = details.recipe.clone().unwrap_or_else(|| "$recipe".into());
        let recipe = filled(&recipe, &self.known);
        let recipe = recipe.as_str().ok_or("the recipe is no text")?;
        let opened = Connection::open(self.server, recipe, details).await?;
        let connection = match (opened, details.refused) {
            (Opened::Refused(status), Some(wanted)) if status == wanted => return Ok(()),
            (Opened::Refused(status), _) => {
                return Err(Fault(format!("the upgrade is answered by {status}")));
            }
            (Opened::Connection(_), Some(wanted)) => {
                return Err(Fault(format!("the upgrade is not answered by {wanted}")));
            }
            (Opened::Connection(connection), None) => connection,
        };
        let wanted = details.protocol.as_ref();
        if wanted.is_some_and(|wanted| *wanted != connection.protocol) {
            return Err(Fault(format!(
                "the subprotocol is {:?}",
                connection.protocol
            )));
        }
        self.connections.insert(name.to_owned(), *connection);
        Ok(())
    }

    async fn authenticate(
        &mut self,
        name: &str,
        details: &Details,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let by = details.by.as_deref().unwrap_or("ada");
        let id = format!("auth-{name}");
        let payload = json!({"token": format!("$token.{by}")});
        let auth = json!({"type": "auth", "id": id, "payload": payload});
        let auth = Message::text(filled(&auth, &self.known).to_string());
        self.connection(name)?.send(auth).await;
        let payload = json!({"in_reply_to": id, "session": "$any"});
        let answer = json!({"type": "recipe_update", "payload": payload});
        self.expect(name, &answer, deadline).await
    }

    async fn expect(
        &mut self,
        name: &str,
        pattern: &Value,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let frame = self.next_frame(name, pattern, deadline).await?;
        let Some(found) = difference(pattern, Some(&frame), &mut self.known) else {
            return Ok(());
        };
        let start: String = frame.to_string().chars().take(400).collect();
        Err(Fault(format!("{found}; the frame: {start}")))
    }

    async fn closed(
        &mut self,
        name: &str,
        details: &Details,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let began = Instant::now();
        let (code, reason) = self.connection(name)?.close(deadline).await?;
        let pattern = json!({"code": details.code, "reason": details.reason});
        let found = json!({"code": code, "reason": reason});
        if let Some(words) = difference(&pattern, Some(&found), &mut self.known) {
            return Err(Fault(words));
        }
        let lasted = began.elapsed();
        if lasted < Duration::from_millis(details.not_before.unwrap_or_default()) {
            return Err(Fault(format!("closed after {} ms", lasted.as_millis())));
        }
        Ok(())
    }

    async fn next_frame(
        &mut self,
        name: &str,
        pattern: &Value,
        deadline: Instant,
    ) -> Result<Value, Fault> {
        let kind = pattern.get("type").and_then(Value::as_str);
        self.connection(name)?.frame(kind, deadline).await
    }

    async fn call(
        &self,
        call: &str,
        by: &str,
        body: Option<&Value>,
        wanted: u16,
    ) -> Result<Value, Fault> {
        let filled = filled(&call.into(), &self.known);
        let call = filled.as_str().and_then(|call| call.split_once(' '));
        let (method, path) = call.ok_or("a call is METHOD PATH")?;
        let method: Method = method.parse().map_err(|_| "there is no such method")?;
        let person = self.person(by)?;
        person
            .call(self.server, (&method, path), body, wanted)
            .await
    }

    fn person(&self, name: &str) -> Result<&Person, Fault> {
        let person = self.people.get(name);
        person.ok_or_else(|| "there is nobody of that name".into())
    }

    fn connection(&mut self, name: &str) -> Result<&mut Connection, Fault> {
        let connection = self.connections.get_mut(name);
        connection.ok_or_else(|| Fault(format!("there is no connection {name}")))
    }
}
