//! The services behind the simulated edges: an auth service that believes what clients' tokens say, and a chat service
//! with one recipe, of which somebody says something every two seconds. Each answers a call after a moment, or says that
//! it is away.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::{
    ids::{MessageId, Position, RecipeId},
    websocket::frames::{Author, Message, Recipe, Role, Visibility},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{bugs::Bug, clock::Calendar, socket::Token, switch::Switch};
use crate::{
    access::Grant,
    rooms::{Rooms, Update},
    upstream::{
        Calls, Principal,
        auth::{AuthError, Explanation},
        chat::{ChatError, Join, Joined, Post, Posted, Recovery},
    },
    wire::rendered::Rendered,
};

/// What everybody cooks.
pub(super) const RECIPE: &str = "pancakes";
/// How long a service takes to answer.
const CALL: Duration = Duration::from_millis(7);
/// How often somebody else says something.
const UPDATE_INTERVAL: Duration = Duration::from_secs(2);
/// How many messages somebody is told of who comes for the first time.
const LATEST: usize = 2;

#[derive(Debug)]
pub(super) struct Services {
    pub(super) calendar: Calendar,
    bug: Option<Bug>,
    /// Off while the auth service cannot be asked.
    pub(super) auth: Switch,
    /// Off while the chat service cannot be asked: newcomers are turned away, no `auth` is answered, and nobody is told
    /// anything.
    pub(super) chat: Switch,
    messages: Mutex<Vec<Arc<Message>>>,
    said: Notify,
}

impl Services {
    pub(super) fn new(calendar: Calendar, bug: Option<Bug>) -> Self {
        Self {
            calendar,
            bug,
            auth: Switch::new(true),
            chat: Switch::new(true),
            messages: Mutex::default(),
            said: Notify::new(),
        }
    }

    /// Says something every now and then.
    pub(super) async fn talk(self: Arc<Self>) {
        loop {
            sleep(UPDATE_INTERVAL).await;
            self.chat.wait_until(true).await;
            self.say(None, "grace", "stir until smooth");
        }
    }

    fn say(&self, id: Option<&MessageId>, author: &str, content: &str) -> Arc<Message> {
        let mut messages = self.messages.lock().unwrap();
        let revision = messages.len() as u64 + 1;
        let message = Arc::new(Message {
            id: id.map_or_else(|| format!("message-{revision}"), ToString::to_string),
            author: Author {
                id: author.into(),
                name: author.into(),
            },
            content: content.into(),
            timestamp: self.calendar.time_of(Instant::now()).to_string(),
            revision,
            ..Message::default()
        });
        messages.push(Arc::clone(&message));
        self.said.notify_waiters();
        message
    }

    /// Tells an edge's rooms of everything that is said, as the link to the chat service does.
    pub(super) async fn deliver(self: Arc<Self>, rooms: Arc<Rooms>) {
        let (mut attachment, mut delivered) = (0, 0);
        loop {
            self.chat.wait_until(true).await;
            // Heard of from here on, awaited or not.
            let said = self.said.notified();
            for update in self.updates_after(delivered) {
                delivered = update.position.revision;
                rooms.publish(&recipe(), attachment, update);
            }
            tokio::select! {
                biased;
                () = said => {}
                _ = rooms.changed() => if let Some(attaching) = rooms.attach(&recipe()) {
                    attachment = attaching.number;
                    delivered = attaching.progress.newest.revision;
                }
            }
        }
    }

    fn updates_after(&self, revision: u64) -> Vec<Update> {
        let messages = self.messages.lock().unwrap();
        let missed = messages.iter().skip(revision.try_into().unwrap());
        let update = |message: &Arc<Message>| {
            let before = message.revision.checked_sub(2);
            let before = before.and_then(|index| messages.get(usize::try_from(index).unwrap()));
            Update::new(
                &recipe(),
                &Rendered::new(Arc::new(Recipe::default())),
                Arc::clone(message),
                before.map(|before| before.id.parse().unwrap()),
                self.calendar.time_of(Instant::now()),
                Instant::now(),
            )
        };
        missed.map(update).collect()
    }

    /// Whose token that is, and when an edge believes that it ends.
    fn read(&self, token: &str) -> Result<(Principal, Instant), AuthError> {
        let (user, token) = Token::read(token, self.calendar);
        let now = Instant::now();
        if token.expires <= now {
            return Err(AuthError::Unauthenticated(Explanation(
                "It has ended".into(),
            )));
        }
        let id = match self.bug {
            Some(Bug::SameTokenCounts) => String::new(),
            _ => token.number.to_string(),
        };
        let principal = Principal {
            validated_at: self.calendar.time_of(now),
            ..Principal::for_tests(user)
        };
        let principal = principal.by_token(&id, self.calendar.time_of(token.expires));
        Ok((principal, token.expires + Bug::excess(self.bug)))
    }

    fn join(&self, after: Option<&Position>, asked_at: Option<Position>) -> Joined {
        let messages = self.messages.lock().unwrap();
        let first = match after {
            Some(after) => after.revision.try_into().unwrap(),
            None => messages.len().saturating_sub(LATEST),
        };
        Joined {
            position: Position {
                revision: messages.len() as u64,
                message: messages.last().map(|last| last.id.parse().unwrap()),
            },
            recipe: Arc::default(),
            messages: messages[first..].to_vec(),
            truncated: first > 0,
            recovery: match after {
                Some(_) => Recovery::Complete,
                None => Recovery::Unasked,
            },
            grant: Some(Grant {
                role: Role::Editor,
                visibility: Visibility::Private,
            }),
            name: None,
            tells_presence: false,
            asked_at,
        }
    }
}

/// What everybody cooks.
pub(super) fn recipe() -> RecipeId {
    RECIPE.parse().unwrap()
}

/// One edge's way to the services.
#[derive(Debug)]
pub(super) struct SimulatedCalls {
    pub(super) services: Arc<Services>,
    pub(super) rooms: Arc<Rooms>,
}

impl Calls for SimulatedCalls {
    fn validate<'a>(
        &'a self,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<(Principal, Instant), AuthError>> {
        async {
            sleep(CALL).await;
            match self.services.auth.is_on() {
                true => self.services.read(token.expose_secret()),
                false => Err(AuthError::Unavailable),
            }
        }
        .boxed()
    }

    fn find_user<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Author>, AuthError>> {
        async { Ok(None) }.boxed()
    }

    fn join(&self, join: Join) -> BoxFuture<'_, Result<Joined, ChatError>> {
        let asked_at = self.rooms.position(&join.recipe);
        async move {
            sleep(CALL).await;
            match self.services.chat.is_on() {
                true => Ok(self.services.join(join.after.as_ref(), asked_at)),
                false => Err(ChatError::Unavailable),
            }
        }
        .boxed()
    }

    fn post(&self, post: Post) -> BoxFuture<'static, Result<Posted, ChatError>> {
        let services = Arc::clone(&self.services);
        async move {
            sleep(CALL).await;
            match services.chat.is_on() {
                true => {
                    let author = post.principal.user.as_str();
                    let message = services.say(Some(&post.id), author, post.content.as_str());
                    let original = None;
                    Ok(Posted { message, original })
                }
                false => Err(ChatError::Unavailable),
            }
        }
        .boxed()
    }
}
