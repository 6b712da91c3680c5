//! Between protobuf and the domain. What cannot be a domain value is `INVALID_ARGUMENT`; each refusal has its one
//! status.

use std::str::FromStr;

use proto::{
    chat::{
        self as wire, answer, export_user_response, link_request, link_response,
        list_messages_request,
    },
    ids::{InvalidId, Position, Revision},
    text::InvalidMessageText,
};
use runtime::{clock::Timestamp, trace_context};
use secrecy::{ExposeSecret as _, SecretString};
use tonic::{Code, Status, metadata::MetadataMap};
use tracing::{Span, info_span};

use super::{encoded_recipes::EncodedRecipes, presence};
use crate::{
    access::{KnownUsers, Right},
    catch_up::{Joined, MessagePage, Recovery},
    link::{Ask, Attach, Authorization, Call},
    message::{InvalidName, Message, Posted, Principal, Update},
    outbox::{Event, Reply},
    presence::Change,
    recipe::{Element, ElementChange, Ingredient, KitchenTimer, Recipe, Step, limits},
    recipe_state::{Draft, RecipeState},
    recipes::{Cursor, Exported, InvalidCursor, JoinAs, PageStart},
    refused::{Declined, Refused},
    store::Summary,
    verifier::{Caller, Claim, LinkVerifier},
};

/// Trailing metadata: when to try again.
const RETRY_AFTER: &str = "retry-after-ms";

/// A request that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum Invalid {
    /// An id that cannot be one.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A text that cannot be a message.
    #[error(transparent)]
    Text(#[from] InvalidMessageText),
    /// A part without which it says nothing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A place in a list that is none.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The title of a new recipe.
    #[error("a title must have at most {} characters", limits::NAME)]
    Title,
}

impl From<Invalid> for Status {
    fn from(invalid: Invalid) -> Self {
        Self::invalid_argument(invalid.to_string())
    }
}

pub(super) fn code(refused: Refused) -> Code {
    match refused {
        Refused::NoSuchRecipe | Refused::NoSuchLink | Refused::NoSuchRevision => Code::NotFound,
        Refused::ReadOnly | Refused::OwnerOnly | Refused::NoToken | Refused::TokenOfAnother => {
            Code::PermissionDenied
        }
        Refused::BadToken => Code::Unauthenticated,
        Refused::MessageIdReused | Refused::RecipeIdTaken => Code::AlreadyExists,
        Refused::ChangedSince => Code::Aborted,
        Refused::RecipeTooLarge => Code::InvalidArgument,
        Refused::ImportUnderWay
        | Refused::TooManyRecipes
        | Refused::TooManyMembers
        | Refused::TooManyLinks
        | Refused::WrittenTooMuch { .. } => Code::ResourceExhausted,
        Refused::SignInEnded | Refused::TooLate => Code::DeadlineExceeded,
        Refused::Busy | Refused::Overloaded | Refused::Unavailable => Code::Unavailable,
    }
}

pub(super) fn status(refused: Refused) -> Status {
    let mut metadata = MetadataMap::new();
    if let Some(millis) = retry_after_millis(refused) {
        metadata.insert(RETRY_AFTER, millis.into());
    }
    Status::with_metadata(code(refused), refused.to_string(), metadata)
}

/// Rounded up: a caller that comes back too early is refused again.
fn retry_after_millis(refused: Refused) -> Option<u64> {
    let wait = refused.retry_after()?;
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Some(millis.saturating_add(1))
}

/// The words of what cannot be done are about the request, never about what lies behind.
pub(super) fn declined(declined: Declined) -> Status {
    match declined {
        Declined::Refused(refused) => status(refused),
        Declined::StoodOn(words) => Status::aborted(words),
        Declined::Unworkable(words) => Status::invalid_argument(words),
    }
}

/// Who asks, and what is to show it.
pub(super) fn claim(principal: Option<wire::Principal>) -> Result<Claim, Invalid> {
    let principal = principal.ok_or(Invalid::Missing("the principal"))?;
    let token = SecretString::from(principal.access_token);
    Ok(Claim {
        who: Principal::new(id(&principal.user_id)?, &principal.name)?
            .shown_as(&principal.display_name)?,
        token: Some(token).filter(|token| !token.expose_secret().is_empty()),
    })
}

pub(super) fn id<T: FromStr<Err = InvalidId>>(text: &str) -> Result<T, Invalid> {
    Ok(text.parse()?)
}

/// `None` when it is to be made from the id.
pub(super) fn title(title: &str) -> Result<Option<&str>, Invalid> {
    let title = title.trim();
    if title.chars().count() > limits::NAME {
        return Err(Invalid::Title);
    }
    Ok((!title.is_empty()).then_some(title))
}

/// Where a page begins; `None`: it is the first.
pub(super) fn cursor(text: &str) -> Result<Option<Cursor>, Invalid> {
    Ok(match text {
        "" => None,
        text => Some(text.parse()?),
    })
}

/// Where the caller stands; `None` when it names no revision.
pub(super) fn position(
    after: Option<Revision>,
    message: Option<&str>,
) -> Result<Option<Position>, Invalid> {
    let message = message.map(id).transpose()?;
    Ok(after.map(|revision| Position { revision, message }))
}

pub(super) fn page_start(page: Option<list_messages_request::Page>) -> PageStart {
    match page {
        Some(list_messages_request::Page::After(after)) => PageStart::After(after),
        Some(list_messages_request::Page::Before(before)) => PageStart::Before(before),
        None => PageStart::Latest,
    }
}

/// A call that makes no sense, or whose caller is not believed.
enum Fault {
    Invalid(Invalid),
    Refused(Refused),
}

impl<E: Into<Invalid>> From<E> for Fault {
    fn from(invalid: E) -> Self {
        Self::Invalid(invalid.into())
    }
}

pub(crate) async fn call(request: wire::LinkRequest, callers: &mut LinkVerifier) -> Call {
    let ask = ask(request.call, callers)
        .await
        .unwrap_or_else(|fault| match fault {
            Fault::Invalid(invalid) => Ask::Malformed(invalid.to_string()),
            Fault::Refused(refused) => Ask::Refused(refused),
        });
    let span = match &ask {
        Ask::Join { join, .. } => info_span!("join", recipe.id = %join.recipe),
        Ask::Post(draft) => {
            info_span!("post", recipe.id = %draft.recipe, message.id = %draft.id)
        }
        Ask::Attach(..)
        | Ask::Detach(_)
        | Ask::Presence(..)
        | Ask::Malformed(_)
        | Ask::Refused(_) => Span::none(),
    };
    if !request.traceparent.is_empty() {
        trace_context::set_parent(&span, &request.traceparent);
    }
    Call {
        number: request.number,
        span,
        ask,
    }
}

async fn ask(call: Option<link_request::Call>, callers: &mut LinkVerifier) -> Result<Ask, Fault> {
    Ok(match call.ok_or(Invalid::Missing("the call"))? {
        link_request::Call::Attach(mut attach) => {
            let people = Change {
                all: true,
                here: presence::people(&attach.people),
                gone: Vec::new(),
                shown_others: attach.shown_others,
            };
            let attach = Attach {
                authorization: authorization(attach.principal.take(), callers).await?,
                recipe: id(&attach.recipe_id)?,
                after: position(attach.after, attach.message_id.as_deref())?,
                answered_position: position(attach.told, attach.told_message_id.as_deref())?,
                attachment: attach.attachment,
            };
            Ask::Attach(attach, people)
        }
        link_request::Call::Presence(change) => {
            Ask::Presence(id(&change.recipe_id)?, presence::change(&change))
        }
        link_request::Call::Detach(detach) => Ask::Detach(id(&detach.recipe_id)?),
        link_request::Call::Join(join) => {
            let Caller { who, until } = caller(join.principal, callers).await?;
            let join = JoinAs {
                who,
                recipe: id(&join.recipe_id)?,
                after: position(join.after, join.message_id.as_deref())?,
            };
            Ask::Join { join, until }
        }
        link_request::Call::Post(mut post) => {
            let author = caller(post.principal.take(), callers).await?;
            Ask::Post(Box::new(draft(post, author)?))
        }
    })
}

/// For whom a recipe is attached.
async fn authorization(
    principal: Option<wire::Principal>,
    callers: &mut LinkVerifier,
) -> Result<Authorization, Invalid> {
    if principal.is_none() {
        return Ok(match callers.believes_all() {
            true => Authorization::Unneeded,
            false => Authorization::LastJoin,
        });
    }
    let verified = callers.verify(claim(principal)?).await;
    Ok(verified.map_or_else(Authorization::Refused, Authorization::User))
}

async fn caller(
    principal: Option<wire::Principal>,
    callers: &mut LinkVerifier,
) -> Result<Caller, Fault> {
    callers
        .verify(claim(principal)?)
        .await
        .map_err(Fault::Refused)
}

/// A message, which is not accepted after its author's token has ended, whatever the caller says.
pub(super) fn draft(post: wire::PostMessageRequest, author: Caller) -> Result<Draft, Invalid> {
    let (recipe, id) = (id(&post.recipe_id)?, id(&post.message_id)?);
    let mut draft = Draft::new(recipe, author.who, id, post.content.parse()?);
    let not_after = post.not_after.as_ref().map(moment);
    draft.not_after = not_after.into_iter().chain(author.until).min();
    if let Some(known) = post.known_users {
        draft.known = known_users(&known);
    }
    Ok(draft)
}

/// Those who were found; whoever has an id that cannot be one was not.
pub(super) fn known_users(known: &wire::KnownUsers) -> KnownUsers {
    let users = known.users.iter();
    KnownUsers::found(
        users.filter_map(|user| Some((user.name.as_str(), user.user_id.parse().ok()?))),
    )
}

fn moment(timestamp: &prost_types::Timestamp) -> Timestamp {
    let millis = timestamp.seconds.saturating_mul(1000);
    Timestamp::from_unix_millis(millis.saturating_add(i64::from(timestamp.nanos) / 1_000_000))
}

/// What a link says, with the recipes that it has sent lately.
pub(crate) fn response(event: Event, recipes: &mut EncodedRecipes) -> wire::LinkResponse {
    let event = match event {
        Event::Answer { number, reply } => link_response::Event::Answer(wire::Answer {
            number,
            result: Some(reply.into()),
        }),
        Event::Update { attachment, update } => {
            link_response::Event::Update(link_update(&update, attachment, recipes))
        }
        Event::Audience {
            recipe,
            revision,
            audience,
            attachment,
        } => link_response::Event::Audience(wire::Audience {
            recipe_id: recipe.to_string(),
            revision,
            user_ids: audience.users.iter().map(ToString::to_string).collect(),
            names: audience.names,
            attachment,
        }),
        Event::Presence {
            recipe,
            attachment,
            present,
        } => link_response::Event::Presence(presence::told(&recipe, attachment, &present)),
        Event::Divergence {
            recipe,
            from,
            attachment,
        } => link_response::Event::Divergence(wire::Divergence {
            recipe_id: recipe.to_string(),
            revision: from.revision,
            message_id: from.message.map(|id| id.to_string()),
            attachment,
        }),
        Event::Ended {
            recipe,
            attachment,
            retryable,
        } => link_response::Event::AttachmentEnded(wire::AttachmentEnded {
            recipe_id: recipe.to_string(),
            attachment,
            retryable,
        }),
    };
    wire::LinkResponse { event: Some(event) }
}

fn link_update(update: &Update, attachment: u64, recipes: &mut EncodedRecipes) -> wire::LinkUpdate {
    wire::LinkUpdate {
        recipe_id: update.recipe_id.to_string(),
        revision: update.revision(),
        recipe: Some(recipes.encode(&update.recipe_id, &update.recipe)),
        message: Some((&*update.message).into()),
        traceparent: update.traceparent.clone().unwrap_or_default(),
        previous_id: update.previous.as_ref().map(ToString::to_string),
        attachment,
        access: update.access.as_deref().map(Into::into),
    }
}

impl From<Reply> for answer::Result {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Attached { recipe, revision } => Self::Attached(wire::Attached {
                recipe_id: recipe.to_string(),
                revision,
            }),
            Reply::Joined(joined) => Self::Joined((&*joined).into()),
            Reply::Posted { posted: answer, .. } => Self::Posted(posted(&answer, false)),
            Reply::Refused(refused) => Self::Failure(wire::Failure {
                code: code(refused).into(),
                message: refused.to_string(),
                retry_after_ms: retry_after_millis(refused),
            }),
            Reply::Malformed(why) => Self::Failure(wire::Failure {
                code: Code::InvalidArgument.into(),
                message: why,
                retry_after_ms: None,
            }),
        }
    }
}

/// On a link, only a duplicate carries the recipe: all others come as updates as well.
pub(super) fn posted(posted: &Posted, unary: bool) -> wire::PostMessageResponse {
    let wanted = unary || posted.duplicate;
    wire::PostMessageResponse {
        message: Some((&*posted.message).into()),
        duplicate: posted.duplicate,
        recipe: posted
            .recipe
            .as_ref()
            .filter(|_| wanted)
            .map(|recipe| (&**recipe).into()),
    }
}

impl From<&Joined> for wire::JoinRecipeResponse {
    fn from(joined: &Joined) -> Self {
        Self {
            recipe_id: joined.recipe_id.to_string(),
            revision: joined.position.revision,
            recipe: Some((&*joined.recipe).into()),
            messages: messages(&joined.page),
            messages_truncated: joined.page.truncated,
            message_id: joined.position.message.as_ref().map(ToString::to_string),
            recovery: wire::Recovery::from(joined.recovery).into(),
            role: wire::Role::from(joined.right).into(),
            visibility: wire::Visibility::from(joined.visibility).into(),
            tells_presence: true,
        }
    }
}

impl From<Recovery> for wire::Recovery {
    fn from(recovery: Recovery) -> Self {
        match recovery {
            Recovery::Unasked => Self::Unspecified,
            Recovery::Complete => Self::Complete,
            Recovery::Truncated => Self::Truncated,
            Recovery::Diverged => Self::Diverged,
        }
    }
}

impl From<MessagePage> for wire::ListMessagesResponse {
    fn from(page: MessagePage) -> Self {
        Self {
            messages: messages(&page),
            truncated: page.truncated,
        }
    }
}

/// Somebody who is told of.
pub(super) fn principal(who: &Principal) -> wire::Principal {
    wire::Principal {
        user_id: who.user.to_string(),
        name: who.name().to_owned(),
        ..wire::Principal::default()
    }
}

fn messages(page: &MessagePage) -> Vec<wire::Message> {
    page.messages.iter().map(|m| (&**m).into()).collect()
}

impl From<RecipeState> for wire::CreateRecipeResponse {
    fn from(recipe_state: RecipeState) -> Self {
        Self {
            recipe_id: recipe_state.id.to_string(),
            revision: recipe_state.revision,
            recipe: Some((&*recipe_state.recipe).into()),
        }
    }
}

impl From<Summary> for wire::RecipeSummary {
    fn from(summary: Summary) -> Self {
        Self {
            recipe_id: summary.id.to_string(),
            title: summary.title,
            revision: summary.revision,
            changed_at: Some(timestamp(summary.changed_at)),
            owned: summary.right == Right::Own,
            role: wire::Role::from(summary.right).into(),
            owner: Some(principal(&summary.owner)),
            tags: summary.tags,
            servings: summary.servings,
            changed_by: summary.changed_by.as_ref().map(principal),
            first_ingredients: summary.first_ingredients,
            people: summary.people.iter().map(principal).collect(),
        }
    }
}

impl From<&Update> for wire::Update {
    fn from(update: &Update) -> Self {
        Self {
            recipe_id: update.recipe_id.to_string(),
            revision: update.revision(),
            recipe: Some((&*update.recipe).into()),
            message: Some((&*update.message).into()),
            traceparent: update.traceparent.clone().unwrap_or_default(),
            previous_id: update.previous.as_ref().map(ToString::to_string),
            attachment: 0,
            access: update.access.as_deref().map(Into::into),
        }
    }
}

impl From<Exported> for wire::ExportUserResponse {
    fn from(exported: Exported) -> Self {
        let piece = match exported {
            Exported::Recipe(state) => export_user_response::Piece::Recipe(wire::ExportedRecipe {
                recipe_id: state.id.to_string(),
                revision: state.revision,
                recipe: Some((&*state.recipe).into()),
            }),
            Exported::Messages(recipe, messages) => {
                export_user_response::Piece::Messages(wire::ExportedMessages {
                    recipe_id: recipe.to_string(),
                    messages: messages.iter().map(|message| (&**message).into()).collect(),
                })
            }
        };
        Self { piece: Some(piece) }
    }
}

impl From<&Message> for wire::Message {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.to_string(),
            author: Some(wire::Principal {
                user_id: message.author.user.to_string(),
                name: message.author.shown_name().to_owned(),
                ..wire::Principal::default()
            }),
            content: message.content.as_str().to_owned(),
            accepted_at: Some(timestamp(message.accepted_at)),
            revision: message.revision,
            effect: message.effect.clone(),
            hint: message.hint.clone(),
            suggestions: message.suggestions.clone(),
            changes: message.changes.iter().map(changed_part).collect(),
        }
    }
}

fn changed_part((became, element): &(ElementChange, Element)) -> wire::ChangedPart {
    use wire::changed_part::{Became as Then, Part};
    let became = match became {
        ElementChange::Added => Then::Added,
        ElementChange::Changed => Then::Changed,
        ElementChange::Removed => Then::Removed,
        ElementChange::Moved => Then::Moved,
    };
    let (part, id) = match element {
        Element::Title => (Part::Title, ""),
        Element::Description => (Part::Description, ""),
        Element::Servings => (Part::Servings, ""),
        Element::Tag(tag) => (Part::Tag, tag.as_str()),
        Element::Ingredient(id) => (Part::Ingredient, id.as_str()),
        Element::Step(id) => (Part::Step, id.as_str()),
    };
    wire::ChangedPart {
        became: became.into(),
        part: part.into(),
        id: id.to_owned(),
    }
}

impl From<&Recipe> for wire::Recipe {
    fn from(recipe: &Recipe) -> Self {
        Self {
            title: recipe.title.clone(),
            servings: recipe.servings,
            ingredients: recipe.ingredients.iter().map(Into::into).collect(),
            steps: recipe.steps.iter().map(Into::into).collect(),
            tags: recipe.tags.clone(),
            description: recipe.description.clone(),
            timers: recipe.timers.iter().map(Into::into).collect(),
        }
    }
}

impl From<&KitchenTimer> for wire::Timer {
    fn from(timer: &KitchenTimer) -> Self {
        Self {
            id: timer.id.clone(),
            label: timer.label.clone(),
            ends_at: Some(timestamp(Timestamp::from_unix_millis(timer.ends_at))),
            by: timer.by.clone(),
        }
    }
}

impl From<&Ingredient> for wire::Ingredient {
    fn from(ingredient: &Ingredient) -> Self {
        Self {
            id: ingredient.id.clone(),
            name: ingredient.name.clone(),
            quantity: ingredient.quantity_text(),
            unit: ingredient.unit_text().to_owned(),
            note: ingredient.note.clone().unwrap_or_default(),
        }
    }
}

impl From<&Step> for wire::Step {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.clone(),
            text: step.text.clone(),
        }
    }
}

pub(super) fn timestamp(moment: Timestamp) -> prost_types::Timestamp {
    let millis = moment.unix_millis().rem_euclid(1000);
    prost_types::Timestamp {
        seconds: moment.unix_seconds(),
        nanos: i32::try_from(millis * 1_000_000).unwrap_or(0),
    }
}
