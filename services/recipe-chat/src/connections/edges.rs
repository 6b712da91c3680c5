//! The operators' ports of several edges: asked at the same time, each within its time.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use anyhow::anyhow;
use runtime::{
    http_call::{self, HttpCall, HttpOrigin},
    operator_tls::CallerTls,
};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{task::JoinSet, time::timeout};

/// How many edges are asked at most.
const MAX_EDGES: usize = 256;
/// The longest answer: an edge tells of 500 events at most.
const MAX_ANSWER: usize = 4 << 20;
/// How much of a refusal is told.
const MAX_WORDS: usize = 300;

/// Edges to be asked.
pub(super) struct Edges {
    /// Each with the origin that it was found by.
    addresses: BTreeMap<SocketAddr, HttpOrigin>,
    /// Names that could not be looked up.
    unknown: Vec<Asked>,
    proof: Proof,
    timeout: Duration,
}

/// What the operator shows.
pub(super) struct Proof {
    pub(super) token: Option<SecretString>,
    pub(super) tls: CallerTls,
}

/// An edge that did not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Asked {
    /// Its address.
    pub(super) edge: String,
    /// Why.
    pub(super) problem: String,
}

/// What edges answered.
#[derive(Debug)]
pub(super) struct Answers<T> {
    /// What was answered, in the order of the edges' addresses.
    pub(super) found: Vec<T>,
    /// Edges that did not answer.
    pub(super) unanswered: Vec<Asked>,
}

impl Edges {
    /// Those that the addresses stand for.
    pub(super) async fn find(origins: &[HttpOrigin], proof: Proof, time_limit: Duration) -> Self {
        let mut edges = Self {
            addresses: BTreeMap::new(),
            unknown: Vec::new(),
            proof,
            timeout: time_limit,
        };
        for origin in origins {
            let problem = match timeout(time_limit, origin.addresses()).await {
                Ok(Ok(addresses)) => {
                    let found = addresses.into_iter().map(|it| (it, origin.clone()));
                    edges.addresses.extend(found);
                    continue;
                }
                Ok(Err(cause)) => format!("cannot be looked up: {cause}"),
                Err(_) => format!("cannot be looked up within {time_limit:?}"),
            };
            edges.unknown.push(Asked {
                edge: origin.to_string(),
                problem,
            });
        }
        let beyond = edges.addresses.keys().nth(MAX_EDGES).copied();
        if let Some(beyond) = beyond {
            let left_out = edges.addresses.split_off(&beyond);
            edges.unknown.push(Asked {
                edge: format!("{} more", left_out.len()),
                problem: format!("at most {MAX_EDGES} edges are asked at once"),
            });
        }
        edges
    }

    /// The address, if it is one alone.
    ///
    /// # Errors
    /// When there are several, or none.
    pub(super) fn only(&self) -> anyhow::Result<SocketAddr> {
        let mut addresses = self.addresses.keys();
        match (addresses.next(), addresses.next()) {
            (Some(only), None) => Ok(*only),
            (Some(_), Some(_)) => Err(anyhow!(
                "these are {} edges: name the one that is meant with --edge http://IP:PORT",
                self.addresses.len()
            )),
            (None, _) => Err(anyhow!("{}", Asked::words(&self.unknown))),
        }
    }

    /// Reads from all of them.
    ///
    /// # Errors
    /// When none answers.
    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Answers<T>> {
        let mut answers = self.ask(http::Method::GET, path).await;
        let mut found = Vec::new();
        for (address, status, body) in answers.found {
            let read = serde_json::from_slice(&body);
            match read {
                Ok(read) if status == 200 => found.push(read),
                Ok(_) | Err(_) => answers
                    .unanswered
                    .push(self.refused(address, status, &body)),
            }
        }
        if found.is_empty() {
            return Err(anyhow!("{}", Asked::words(&answers.unanswered)));
        }
        Ok(Answers {
            found,
            unanswered: answers.unanswered,
        })
    }

    /// Gives an order to all of them: those that obey, and those that did not answer or refused. An edge that it does not
    /// concern (404) is neither.
    pub(super) async fn order(&self, path: &str) -> Answers<SocketAddr> {
        let mut answers = self.ask(http::Method::POST, path).await;
        let mut found = Vec::new();
        for (address, status, body) in answers.found {
            match status {
                200..300 => found.push(address),
                404 => {}
                _ => answers
                    .unanswered
                    .push(self.refused(address, status, &body)),
            }
        }
        Answers {
            found,
            unanswered: answers.unanswered,
        }
    }

    async fn ask(&self, method: http::Method, path: &str) -> Answers<(SocketAddr, u16, Vec<u8>)> {
        let question = HttpCall {
            method,
            path: path.to_owned(),
            bearer: self.proof.token.clone(),
            tls: self.proof.tls.clone(),
            max_answer: MAX_ANSWER,
        };
        let mut calls = JoinSet::new();
        for (address, origin) in &self.addresses {
            let (address, origin) = (*address, origin.clone());
            let (question, time_limit) = (question.clone(), self.timeout);
            calls.spawn(async move {
                let answer = http_call::call(&origin, address, &question);
                let answer = timeout(time_limit, answer).await;
                let answer = match answer {
                    Ok(Ok((status, body))) => Ok((status.as_u16(), body.to_vec())),
                    Ok(Err(failed)) => Err(failed.to_string()),
                    Err(_) => Err(format!("does not answer within {time_limit:?}")),
                };
                (address, answer)
            });
        }
        let mut answered = calls.join_all().await;
        answered.sort_by_key(|(address, _)| *address);
        let mut answers = Answers {
            found: Vec::new(),
            unanswered: self.unknown.clone(),
        };
        for (address, answer) in answered {
            match answer {
                Ok((status, body)) => answers.found.push((address, status, body)),
                Err(problem) => answers.unanswered.push(Asked {
                    edge: self.shown(address),
                    problem,
                }),
            }
        }
        answers
    }
}

impl Edges {
    /// An edge as it is named to the operator.
    fn shown(&self, address: SocketAddr) -> String {
        let scheme = self.addresses.get(&address).map(HttpOrigin::scheme);
        format!("{}://{address}", scheme.unwrap_or("http"))
    }

    /// What an edge says against it: the words of its problem document, if that is what came.
    fn refused(&self, address: SocketAddr, status: u16, body: &[u8]) -> Asked {
        let document = serde_json::from_slice::<serde_json::Value>(body).ok();
        let detail = document.as_ref().and_then(|it| it["detail"].as_str());
        let words: String = detail.unwrap_or_default().chars().take(MAX_WORDS).collect();
        Asked {
            edge: self.shown(address),
            problem: match words.is_empty() {
                true => format!("answers {status}: is that its --admin-listen?"),
                false => format!("answers {status}: {words}"),
            },
        }
    }
}

impl<T> Answers<T> {
    /// What was answered, each edge once.
    pub(super) fn once_by(&self, edge: impl Fn(&T) -> &String) -> Vec<T>
    where
        T: Clone,
    {
        let mut seen = BTreeSet::new();
        let found = self.found.iter();
        found
            .filter(|answer| seen.insert(edge(answer).clone()))
            .cloned()
            .collect()
    }
}

impl Asked {
    /// Who did not answer, in words.
    pub(super) fn words(unanswered: &[Self]) -> String {
        let told = unanswered
            .iter()
            .map(|asked| format!("the edge at {} {}", asked.edge, asked.problem));
        let told: Vec<_> = told.collect();
        match told.is_empty() {
            true => "there is no edge at that address".to_owned(),
            false => told.join("; "),
        }
    }
}
