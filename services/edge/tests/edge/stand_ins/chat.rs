//! A chat service with one recipe: what it does on links. Its other calls are in `chat_service`.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use prost::Message as _;
use proto::chat::{
    self, Answer, LinkRequest, LinkResponse, answer::Result as Answered, link_request::Call,
    link_response::Event,
};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tonic::{Status, Streaming};

/// One recipe, to which every message adds nothing but itself. A user called `stranger` may not see it. On each link it
/// answers only users whose tokens it has seen there.
#[derive(Debug)]
pub(crate) struct FakeChat {
    messages: Mutex<Vec<chat::Message>>,
    updates: broadcast::Sender<chat::LinkUpdate>,
    /// How many of the next posts break the link before they are answered, after they were accepted.
    pub(crate) break_after_posts: AtomicU64,
    /// Whether the next updates are not sent to anybody.
    pub(crate) mute: AtomicBool,
    /// Whether it says that it tells who is there; builds before did not.
    pub(crate) tells_presence: AtomicBool,
    /// What it was told of who has come and gone after an attachment.
    people: watch::Sender<Vec<chat::PresenceChange>>,
    /// The tokens that it was shown on links, in order.
    tokens: Mutex<Vec<String>>,
    /// What was attached, in order.
    attachments: watch::Sender<Vec<chat::Attach>>,
    /// What it says on its links beside updates and answers.
    events: broadcast::Sender<Event>,
    broken: Notify,
}

impl Default for FakeChat {
    fn default() -> Self {
        Self {
            messages: Mutex::default(),
            updates: broadcast::channel(4096).0,
            break_after_posts: AtomicU64::new(0),
            mute: AtomicBool::new(false),
            tells_presence: AtomicBool::new(false),
            people: watch::Sender::default(),
            tokens: Mutex::default(),
            attachments: watch::Sender::default(),
            events: broadcast::channel(64).0,
            broken: Notify::new(),
        }
    }
}

impl FakeChat {
    /// How many messages were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.messages.lock().unwrap().len()
    }

    /// The tokens that it was shown on links, in order.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap().clone()
    }

    /// Waits until so many attachments were asked for, and gives the last: for whom, and under which number.
    pub(crate) async fn attached(&self, count: usize) -> (String, u64) {
        let mut attachments = self.attachments.subscribe();
        let found = attachments
            .wait_for(|all| all.len() >= count)
            .await
            .unwrap();
        let attach = &found[count - 1];
        let who = attach.principal.clone().unwrap_or_default();
        (who.name, attach.attachment)
    }

    /// Waits until so many attachments were asked for, and gives who was there at the last.
    pub(crate) async fn people_attached(&self, count: usize) -> (Vec<String>, u64) {
        let mut attachments = self.attachments.subscribe();
        let found = attachments
            .wait_for(|all| all.len() >= count)
            .await
            .unwrap();
        let attach = &found[count - 1];
        let names = attach.people.iter().map(|person| person.name.clone());
        (names.collect(), attach.attachment)
    }

    /// Waits until so many changes of who is there were told, and gives the last.
    pub(crate) async fn people_changed(&self, count: usize) -> chat::PresenceChange {
        let mut people = self.people.subscribe();
        let found = people.wait_for(|all| all.len() >= count).await.unwrap();
        found[count - 1].clone()
    }

    /// Says who is there, to an attachment.
    pub(crate) fn tell_presence(&self, attachment: u64, names: &[&str]) {
        let person = |name: &&str| chat::Person {
            user_id: (*name).to_owned(),
            name: (*name).to_owned(),
            role: chat::Role::Editor.into(),
            typing: false,
        };
        let presence = chat::Presence {
            recipe_id: "pancakes".into(),
            attachment,
            people: names.iter().map(person).collect(),
            count: names.len() as u64,
        };
        self.events.send(Event::Presence(presence)).unwrap();
    }

    /// Says that no more is sent for an attachment.
    pub(crate) fn end_attachment(&self, attachment: u64, retryable: bool) {
        let ended = chat::AttachmentEnded {
            recipe_id: "pancakes".into(),
            attachment,
            retryable,
        };
        self.events.send(Event::AttachmentEnded(ended)).unwrap();
    }

    /// Takes the token off whoever asks on a link; tells whether they are verified there.
    fn proves(
        &self,
        principal: Option<&mut chat::Principal>,
        verified: &mut HashSet<String>,
    ) -> bool {
        let principal = principal.unwrap();
        let token = std::mem::take(&mut principal.access_token);
        if token.split(':').next() == Some(&principal.user_id) {
            self.tokens.lock().unwrap().push(token);
            verified.insert(principal.user_id.clone());
        }
        verified.contains(&principal.user_id)
    }

    /// Loses all messages after a revision, as a store does that is restored from a backup. Nobody is told.
    pub(crate) fn go_back_to(&self, revision: u64) {
        let mut messages = self.messages.lock().unwrap();
        messages.retain(|message| message.revision <= revision);
    }

    /// Ends every link.
    pub(crate) fn break_links(&self) {
        self.broken.notify_waiters();
    }

    /// Accepts a message as if it came from another edge.
    pub(crate) fn say(&self, id: &str, content: &str) {
        let principal = chat::Principal {
            user_id: "grace".into(),
            name: "grace".into(),
            ..chat::Principal::default()
        };
        self.post(chat::PostMessageRequest {
            principal: Some(principal),
            recipe_id: "pancakes".into(),
            message_id: id.into(),
            content: content.into(),
            ..chat::PostMessageRequest::default()
        });
    }

    fn post(&self, post: chat::PostMessageRequest) -> Answered {
        let mut messages = self.messages.lock().unwrap();
        let before = messages
            .iter()
            .find(|message| message.id == post.message_id && message.author == post.principal);
        if let Some(before) = before {
            if before.content != post.content {
                return failure(tonic::Code::AlreadyExists, "used before");
            }
            return Answered::Posted(chat::PostMessageResponse {
                message: Some(before.clone()),
                duplicate: true,
                recipe: Some(chat::Recipe::default()),
            });
        }
        let message = chat::Message {
            id: post.message_id,
            author: post.principal,
            content: post.content,
            revision: messages.len() as u64 + 1,
            ..chat::Message::default()
        };
        messages.push(message.clone());
        let update = update_of(&messages, message.revision);
        if !self.mute.load(Ordering::SeqCst) {
            self.updates.send(update).ok();
        }
        Answered::Posted(chat::PostMessageResponse {
            message: Some(message),
            duplicate: false,
            recipe: None,
        })
    }

    fn join(&self, join: &chat::JoinRecipeRequest) -> Answered {
        if join
            .principal
            .as_ref()
            .is_some_and(|p| p.name == "stranger")
        {
            return failure(tonic::Code::NotFound, "no such recipe");
        }
        let messages = self.messages.lock().unwrap();
        let stands = stand(&messages, join.after, join.message_id.as_deref());
        let after = join.after.filter(|_| stands).unwrap_or(0);
        let recovery = match (join.after, stands) {
            (None, _) => chat::Recovery::Unspecified,
            (Some(_), true) => chat::Recovery::Complete,
            (Some(_), false) => chat::Recovery::Diverged,
        };
        Answered::Joined(chat::JoinRecipeResponse {
            recipe_id: join.recipe_id.clone(),
            revision: messages.len() as u64,
            recipe: Some(chat::Recipe::default()),
            messages: messages
                .iter()
                .filter(|message| message.revision > after)
                .cloned()
                .collect(),
            messages_truncated: false,
            message_id: messages.last().map(|last| last.id.clone()),
            recovery: recovery.into(),
            role: chat::Role::Editor.into(),
            visibility: chat::Visibility::Private.into(),
            tells_presence: self.tells_presence.load(Ordering::SeqCst),
            name: String::new(),
        })
    }

    fn updates_after(&self, revision: u64) -> Vec<chat::LinkUpdate> {
        let messages = self.messages.lock().unwrap();
        messages
            .iter()
            .filter(|message| message.revision > revision)
            .map(|message| update_of(&messages, message.revision))
            .collect()
    }

    pub(super) async fn serve(
        self: Arc<Self>,
        mut requests: Streaming<LinkRequest>,
        responses: mpsc::Sender<Result<LinkResponse, Status>>,
    ) {
        let mut updates = self.updates.subscribe();
        let mut events = self.events.subscribe();
        let mut attached = HashSet::new();
        let mut verified = HashSet::new();
        loop {
            // Updates first: an answer must not overtake them.
            let event = tokio::select! {
                biased;
                () = self.broken.notified() => return,
                Ok(update) = updates.recv() => {
                    if !attached.contains(&update.recipe_id) {
                        continue;
                    }
                    Event::Update(update)
                }
                Ok(event) = events.recv() => event,
                request = requests.message() => {
                    let Ok(Some(LinkRequest { number, call: Some(call), .. })) = request else {
                        return;
                    };
                    let mut call = call;
                    let asking = match &mut call {
                        Call::Join(join) => Some(join.principal.as_mut()),
                        Call::Post(post) => Some(post.principal.as_mut()),
                        Call::Attach(_) | Call::Detach(_) | Call::Presence(_) => None,
                    };
                    let verified = asking.is_none_or(|who| self.proves(who, &mut verified));
                    let result = match call {
                        Call::Join(_) | Call::Post(_) if !verified => {
                            failure(tonic::Code::PermissionDenied, "nothing shows who asks")
                        }
                        Call::Attach(attach) => {
                            self.attachments.send_modify(|all| all.push(attach.clone()));
                            if let Some(divergence) = self.divergence(&attach) {
                                let event = Some(Event::Divergence(divergence));
                                responses.send(Ok(LinkResponse { event })).await.ok();
                            }
                            let missed = self.updates_after(attach.after.unwrap_or(u64::MAX));
                            attached.insert(attach.recipe_id);
                            for update in missed {
                                let event = Some(Event::Update(update));
                                responses.send(Ok(LinkResponse { event })).await.ok();
                            }
                            continue;
                        }
                        Call::Presence(change) => {
                            self.people.send_modify(|all| all.push(change));
                            continue;
                        }
                        Call::Detach(detach) => {
                            attached.remove(&detach.recipe_id);
                            continue;
                        }
                        Call::Join(join) => self.join(&join),
                        Call::Post(post) => {
                            let answer = self.post(post);
                            if self.breaks() {
                                return;
                            }
                            while let Ok(update) = updates.try_recv() {
                                let event = Some(Event::Update(update));
                                responses.send(Ok(LinkResponse { event })).await.ok();
                            }
                            answer
                        }
                    };
                    Event::Answer(Answer { number, result: Some(result) })
                }
            };
            let response = LinkResponse { event: Some(event) };
            if responses.send(Ok(response)).await.is_err() {
                return;
            }
        }
    }

    fn divergence(&self, attach: &chat::Attach) -> Option<chat::Divergence> {
        let messages = self.messages.lock().unwrap();
        let stands = stand(&messages, attach.after, attach.message_id.as_deref());
        (!stands).then(|| chat::Divergence {
            recipe_id: attach.recipe_id.clone(),
            revision: attach.after.unwrap_or_default(),
            message_id: attach.message_id.clone(),
            attachment: attach.attachment,
        })
    }

    fn breaks(&self) -> bool {
        self.break_after_posts
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }
}

/// Whether a position is one of the recipe's.
fn stand(messages: &[chat::Message], after: Option<u64>, id: Option<&str>) -> bool {
    let Some(after) = after else {
        return true;
    };
    let there = messages.iter().find(|message| message.revision == after);
    after <= messages.len() as u64 && id.is_none_or(|id| there.is_some_and(|m| m.id == id))
}

fn update_of(messages: &[chat::Message], revision: u64) -> chat::LinkUpdate {
    let at = |revision| messages.iter().find(move |m| m.revision == revision);
    chat::LinkUpdate {
        recipe_id: "pancakes".into(),
        revision,
        recipe: Some(chat::Recipe::default().encode_to_vec().into()),
        message: at(revision).cloned(),
        traceparent: String::new(),
        previous_id: at(revision - 1).map(|before| before.id.clone()),
        attachment: 0,
        access: None,
    }
}

fn failure(code: tonic::Code, message: &str) -> Answered {
    Answered::Failure(chat::Failure {
        code: code.into(),
        message: message.into(),
        retry_after_ms: None,
    })
}
