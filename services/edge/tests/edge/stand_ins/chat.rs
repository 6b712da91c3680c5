//! A chat service with one recipe.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::StreamExt as _;
use prost::Message as _;
use proto::chat::{
    self, Answer, LinkRequest, LinkResponse, answer::Result as Answered,
    chat_service_server::ChatService, link_request::Call, link_response::Event,
};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::Answers;

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

    /// Takes the token off whoever asks on a link; tells whether they are proven there.
    fn proves(
        &self,
        principal: Option<&mut chat::Principal>,
        proven: &mut HashSet<String>,
    ) -> bool {
        let principal = principal.unwrap();
        let token = std::mem::take(&mut principal.access_token);
        if token.split(':').next() == Some(&principal.user_id) {
            self.tokens.lock().unwrap().push(token);
            proven.insert(principal.user_id.clone());
        }
        proven.contains(&principal.user_id)
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

    async fn carry(
        self: Arc<Self>,
        mut requests: Streaming<LinkRequest>,
        responses: mpsc::Sender<Result<LinkResponse, Status>>,
    ) {
        let mut updates = self.updates.subscribe();
        let mut events = self.events.subscribe();
        let mut attached = HashSet::new();
        let mut proven = HashSet::new();
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
                    let proven = asking.is_none_or(|who| self.proves(who, &mut proven));
                    let result = match call {
                        Call::Join(_) | Call::Post(_) if !proven => {
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

/// The stand-in as a service.
#[derive(Debug)]
pub(crate) struct Served(pub(crate) Arc<FakeChat>);

#[tonic::async_trait]
impl ChatService for Served {
    async fn forget_user(
        &self,
        _: Request<chat::ForgetUserRequest>,
    ) -> Result<Response<chat::ForgetUserResponse>, Status> {
        Ok(Response::new(chat::ForgetUserResponse {}))
    }

    type ExportUserStream = Answers<chat::ExportUserResponse>;

    async fn export_user(
        &self,
        _: Request<chat::ExportUserRequest>,
    ) -> Result<Response<Self::ExportUserStream>, Status> {
        let recipe = chat::ExportedRecipe {
            recipe_id: "pancakes".into(),
            revision: 1,
            recipe: Some(chat::Recipe::default()),
        };
        let piece = chat::export_user_response::Piece::Recipe(recipe);
        let piece = chat::ExportUserResponse { piece: Some(piece) };
        Ok(Response::new(
            futures_util::stream::iter([Ok(piece)]).boxed(),
        ))
    }

    type LinkStream = ReceiverStream<Result<LinkResponse, Status>>;

    async fn link(
        &self,
        request: Request<Streaming<LinkRequest>>,
    ) -> Result<Response<Self::LinkStream>, Status> {
        let (responses, stream) = mpsc::channel(64);
        tokio::spawn(Arc::clone(&self.0).carry(request.into_inner(), responses));
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn create_recipe(
        &self,
        request: Request<chat::CreateRecipeRequest>,
    ) -> Result<Response<chat::CreateRecipeResponse>, Status> {
        match request.into_inner().recipe_id {
            id if id == "pancakes" => Err(Status::already_exists("taken")),
            id if id == "one-more" => Err(written_too_much()),
            id if id.contains(' ') => Err(Status::invalid_argument("a bad id")),
            recipe_id => Ok(Response::new(chat::CreateRecipeResponse {
                recipe_id,
                revision: 0,
                recipe: Some(chat::Recipe::default()),
            })),
        }
    }

    async fn get_recipe(
        &self,
        request: Request<chat::GetRecipeRequest>,
    ) -> Result<Response<chat::GetRecipeResponse>, Status> {
        match request.into_inner().recipe_id {
            recipe_id if recipe_id == "pancakes" => Ok(Response::new(chat::GetRecipeResponse {
                recipe_id,
                revision: 0,
                recipe: Some(chat::Recipe::default()),
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn export_recipe(
        &self,
        request: Request<chat::ExportRecipeRequest>,
    ) -> Result<Response<chat::ExportRecipeResponse>, Status> {
        let (media_type, document) = match request.into_inner().format() {
            chat::RecipeFormat::Cooklang => ("text/x-cooklang", "@flour{}"),
            _ => ("application/ld+json", "{}"),
        };
        Ok(Response::new(chat::ExportRecipeResponse {
            media_type: media_type.into(),
            document: document.into(),
            ..chat::ExportRecipeResponse::default()
        }))
    }

    async fn import_recipe(
        &self,
        request: Request<chat::ImportRecipeRequest>,
    ) -> Result<Response<chat::ImportRecipeResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        if let Some(chat::import_recipe_request::Document::Cooklang(text)) = &asked.document
            && text.contains("bad")
        {
            return Err(Status::invalid_argument("line 1: bad"));
        }
        if asked.message_id == "busy" {
            return Err(Status::resource_exhausted("busy"));
        }
        Ok(Response::new(chat::ImportRecipeResponse {
            recipe: Some(chat::Recipe::default()),
            message: Some(chat::Message::default()),
            created: asked.recipe_id == "waffles",
            duplicate: false,
        }))
    }

    async fn preview_import(
        &self,
        request: Request<chat::PreviewImportRequest>,
    ) -> Result<Response<chat::PreviewImportResponse>, Status> {
        let asked = request.into_inner().import.unwrap_or_default();
        let who = asked.principal.unwrap_or_default().name;
        if !asked.recipe_id.is_empty() {
            sharing_refused(&asked.recipe_id, &who, "")?;
        }
        if let Some(chat::import_recipe_request::Document::SchemaOrg(text)) = &asked.document {
            match text.as_str() {
                "bad" => return Err(Status::invalid_argument("there is no recipe")),
                "busy" => return Err(Status::resource_exhausted("busy")),
                _ => {}
            }
        }
        Ok(Response::new(chat::PreviewImportResponse {
            recipe: Some(chat::Recipe {
                servings: 4,
                ..chat::Recipe::default()
            }),
            left_out: vec!["the author".into()],
        }))
    }

    async fn list_versions(
        &self,
        request: Request<chat::ListVersionsRequest>,
    ) -> Result<Response<chat::ListVersionsResponse>, Status> {
        let asked = request.into_inner();
        sharing_refused(&asked.recipe_id, "ada", "")?;
        let message = chat::Message {
            revision: 7,
            effect: Some("Added 2 eggs".into()),
            author: asked.principal,
            ..chat::Message::default()
        };
        Ok(Response::new(chat::ListVersionsResponse {
            messages: vec![message],
            more: asked.before.is_none(),
        }))
    }

    async fn undo_revision(
        &self,
        request: Request<chat::UndoRevisionRequest>,
    ) -> Result<Response<chat::UndoRevisionResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        match asked.revision {
            1 => Err(Status::aborted("bob's change stands on it")),
            2 => Err(Status::invalid_argument("it changed nothing")),
            _ => Ok(Response::new(chat::UndoRevisionResponse {
                recipe: Some(chat::Recipe::default()),
                message: Some(chat::Message::default()),
                duplicate: false,
            })),
        }
    }

    async fn restore_revision(
        &self,
        request: Request<chat::RestoreRevisionRequest>,
    ) -> Result<Response<chat::RestoreRevisionResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        Ok(Response::new(chat::RestoreRevisionResponse {
            recipe: Some(chat::Recipe::default()),
            message: Some(chat::Message::default()),
            duplicate: false,
        }))
    }

    async fn list_members(
        &self,
        request: Request<chat::ListMembersRequest>,
    ) -> Result<Response<chat::ListMembersResponse>, Status> {
        let asked = request.into_inner();
        sharing_refused(&asked.recipe_id, "ada", "")?;
        let bob = chat::Member {
            name: "bob".into(),
            role: chat::Role::Viewer.into(),
            joined: true,
        };
        Ok(Response::new(chat::ListMembersResponse {
            visibility: chat::Visibility::Private.into(),
            owner: asked.principal,
            members: vec![bob],
            your_role: chat::Role::Owner.into(),
        }))
    }

    async fn change_access(
        &self,
        request: Request<chat::ChangeAccessRequest>,
    ) -> Result<Response<chat::ChangeAccessResponse>, Status> {
        use chat::change_access_request::Change;
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        if !matches!(asked.change, Some(Change::Leave(_))) {
            sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        }
        match asked.change {
            Some(Change::Remove(name)) if name == "ada" => {
                Err(Status::invalid_argument("The recipe is yours"))
            }
            _ => Ok(Response::new(chat::ChangeAccessResponse::default())),
        }
    }

    async fn list_recipes(
        &self,
        _: Request<chat::ListRecipesRequest>,
    ) -> Result<Response<chat::ListRecipesResponse>, Status> {
        let pancakes = chat::RecipeSummary {
            recipe_id: "pancakes".into(),
            ..chat::RecipeSummary::default()
        };
        Ok(Response::new(chat::ListRecipesResponse {
            recipes: vec![pancakes],
            next_cursor: "more".into(),
        }))
    }

    async fn copy_recipe(
        &self,
        request: Request<chat::CopyRecipeRequest>,
    ) -> Result<Response<chat::CreateRecipeResponse>, Status> {
        let asked = request.into_inner();
        let too_much = if asked.title == "Too much" {
            "too-much"
        } else {
            ""
        };
        sharing_refused(&asked.recipe_id, "ada", too_much)?;
        if asked.title.chars().count() > 200 {
            return Err(Status::invalid_argument("a bad title"));
        }
        Ok(Response::new(chat::CreateRecipeResponse {
            recipe_id: "pancakes-2".into(),
            revision: 0,
            recipe: Some(chat::Recipe::default()),
        }))
    }

    async fn delete_recipe(
        &self,
        request: Request<chat::DeleteRecipeRequest>,
    ) -> Result<Response<chat::DeleteRecipeResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        Ok(Response::new(chat::DeleteRecipeResponse {}))
    }

    async fn get_public_recipe(
        &self,
        request: Request<chat::GetPublicRecipeRequest>,
    ) -> Result<Response<chat::GetPublicRecipeResponse>, Status> {
        match request.into_inner().recipe_id.as_str() {
            "waffles" => Ok(Response::new(chat::GetPublicRecipeResponse {
                revision: 7,
                recipe: Some(chat::Recipe {
                    title: "Waffles".into(),
                    ..chat::Recipe::default()
                }),
                schema_org: "{}".into(),
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn create_link(
        &self,
        request: Request<chat::CreateLinkRequest>,
    ) -> Result<Response<chat::CreateLinkResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        let too_much = match asked.expires_in_ms {
            Some(1_000) => "too-much",
            _ => "",
        };
        sharing_refused(&asked.recipe_id, &who, too_much)?;
        Ok(Response::new(chat::CreateLinkResponse {
            link: Some(link()),
            token: TOKEN.into(),
        }))
    }

    async fn list_links(
        &self,
        request: Request<chat::ListLinksRequest>,
    ) -> Result<Response<chat::ListLinksResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        Ok(Response::new(chat::ListLinksResponse {
            links: vec![link()],
        }))
    }

    async fn delete_link(
        &self,
        request: Request<chat::DeleteLinkRequest>,
    ) -> Result<Response<chat::DeleteLinkResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        match asked.link_id.as_str() {
            "l1" => Ok(Response::new(chat::DeleteLinkResponse {})),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn describe_link(
        &self,
        request: Request<chat::DescribeLinkRequest>,
    ) -> Result<Response<chat::DescribeLinkResponse>, Status> {
        match request.into_inner().token.as_str() {
            TOKEN => Ok(Response::new(chat::DescribeLinkResponse {
                title: "Pan<cakes>".into(),
                by: "ada".into(),
                role: chat::Role::Editor.into(),
            })),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn accept_link(
        &self,
        request: Request<chat::AcceptLinkRequest>,
    ) -> Result<Response<chat::AcceptLinkResponse>, Status> {
        match request.into_inner().token.as_str() {
            TOKEN => Ok(Response::new(chat::AcceptLinkResponse {
                recipe_id: "pancakes".into(),
                role: chat::Role::Editor.into(),
            })),
            "full" => Err(Status::resource_exhausted("as many members as may be")),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn list_messages(
        &self,
        request: Request<chat::ListMessagesRequest>,
    ) -> Result<Response<chat::ListMessagesResponse>, Status> {
        match request.into_inner().recipe_id.as_str() {
            "pancakes" => Ok(Response::new(chat::ListMessagesResponse {
                messages: vec![chat::Message::default()],
                truncated: false,
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn post_message(
        &self,
        _: Request<chat::PostMessageRequest>,
    ) -> Result<Response<chat::PostMessageResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type SubscribeRecipeStream = Answers<chat::SubscribeRecipeResponse>;

    async fn subscribe_recipe(
        &self,
        _: Request<chat::SubscribeRecipeRequest>,
    ) -> Result<Response<Self::SubscribeRecipeStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// The token of the one link that leads somewhere.
const TOKEN: &str = "canary-link-token";

fn link() -> chat::Link {
    chat::Link {
        id: "l1".into(),
        role: chat::Role::Editor.into(),
        ..chat::Link::default()
    }
}

/// There are pancakes and no waffles yet; a user called `eve` only reads, the id `used` is used, and `too-much`
/// is beyond a quota.
fn sharing_refused(recipe: &str, who: &str, message: &str) -> Result<(), Status> {
    match (recipe, who, message) {
        ("pancakes" | "waffles", "eve", _) => Err(Status::permission_denied("not yours")),
        ("pancakes" | "waffles", _, "too-much") => Err(written_too_much()),
        ("pancakes" | "waffles", _, "used") => Err(Status::already_exists("used before")),
        ("pancakes" | "waffles", ..) => Ok(()),
        _ => Err(Status::not_found("no such recipe")),
    }
}

fn written_too_much() -> Status {
    let mut status = Status::resource_exhausted("written as much as may be");
    let metadata = status.metadata_mut();
    metadata.insert("retry-after-ms", 60_000_u64.into());
    status
}
