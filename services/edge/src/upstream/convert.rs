//! Protobuf messages of the chat service to what crosses the wire, and back.

use std::{collections::HashMap, sync::Arc, time::Duration};

use proto::{
    chat,
    ids::{Position, UserId},
    websocket::frames::{
        Author, Change, ChangeOp, ChangedPart, Ingredient, Message, Person, Presence, Recipe, Role,
        Step, Timer, Visibility,
    },
};
use runtime::clock::Timestamp;
use secrecy::ExposeSecret as _;

use crate::wire::outbound;

use super::{
    Principal,
    joined::{Joined, Recovery},
};
use crate::{
    access::{Access, Grant},
    rooms::MAX_SHOWN,
};

/// How long a timer that has ended is still shown.
const ENDED_TIMER_RETENTION: Duration = Duration::from_secs(60 * 60);

/// Who asks, with what shows it.
pub(super) fn principal(principal: &Principal) -> chat::Principal {
    chat::Principal {
        access_token: principal.token.expose_secret().to_owned(),
        ..unverified(principal)
    }
}

/// Who asks, where the chat service has been shown already.
pub(super) fn unverified(principal: &Principal) -> chat::Principal {
    chat::Principal {
        user_id: principal.user.to_string(),
        name: principal.name.to_string(),
        display_name: match principal.shown_name == principal.name {
            true => String::new(),
            false => principal.shown_name.to_string(),
        },
        access_token: String::new(),
        scope: principal.scope.to_string(),
    }
}

/// `now` is for timers that ended too long ago to be shown.
pub(super) fn recipe(recipe: chat::Recipe, now: Timestamp) -> Arc<Recipe> {
    let ingredient = |line: chat::Ingredient| Ingredient {
        id: line.id,
        name: line.name,
        quantity: line.quantity,
        unit: line.unit,
        note: line.note,
    };
    let step = |step: chat::Step| Step {
        id: step.id,
        text: step.text,
    };
    Arc::new(Recipe {
        title: recipe.title,
        description: recipe.description,
        servings: recipe.servings,
        ingredients: recipe.ingredients.into_iter().map(ingredient).collect(),
        steps: recipe.steps.into_iter().map(step).collect(),
        tags: recipe.tags,
        timers: Some(
            recipe
                .timers
                .into_iter()
                .filter_map(|timer| shown_timer(timer, now))
                .collect(),
        ),
    })
}

fn shown_timer(timer: chat::Timer, now: Timestamp) -> Option<Timer> {
    let ends_at = timestamp(timer.ends_at.as_ref());
    let is_there = now.since(ends_at) < ENDED_TIMER_RETENTION;
    is_there.then(|| Timer {
        id: timer.id,
        label: timer.label,
        ends_at: ends_at.to_string(),
        by: timer.by,
    })
}

/// The other way; ids are for the chat service to give.
pub(super) fn sent_recipe(recipe: Recipe) -> chat::Recipe {
    let ingredient = |line: Ingredient| chat::Ingredient {
        id: line.id,
        name: line.name,
        quantity: line.quantity,
        unit: line.unit,
        note: line.note,
    };
    let step = |step: Step| chat::Step {
        id: step.id,
        text: step.text,
    };
    chat::Recipe {
        title: recipe.title,
        description: recipe.description,
        servings: recipe.servings,
        ingredients: recipe.ingredients.into_iter().map(ingredient).collect(),
        steps: recipe.steps.into_iter().map(step).collect(),
        tags: recipe.tags,
        timers: Vec::new(),
    }
}

pub(super) fn author(principal: Option<chat::Principal>) -> Author {
    let principal = principal.unwrap_or_default();
    Author {
        id: principal.user_id,
        name: principal.name,
    }
}

pub(super) fn message(message: chat::Message) -> Arc<Message> {
    Arc::new(Message {
        id: message.id,
        author: author(message.author),
        content: message.content,
        timestamp: timestamp(message.accepted_at.as_ref()).to_string(),
        revision: message.revision,
        effect: message.effect,
        hint: message.hint,
        suggestions: Some(message.suggestions).filter(|texts| !texts.is_empty()),
        changes: Some(message.changes)
            .filter(|changes| !changes.is_empty())
            .map(|changes| changes.iter().filter_map(change).collect()),
    })
}

/// One of a kind that this build does not know is left out.
fn change(change: &chat::ChangedPart) -> Option<Change> {
    use chat::changed_part::{Became, Part};
    let op = match change.became() {
        Became::Added => ChangeOp::Added,
        Became::Changed => ChangeOp::Changed,
        Became::Removed => ChangeOp::Removed,
        Became::Moved => ChangeOp::Moved,
        Became::Unspecified => return None,
    };
    let what = match change.part() {
        Part::Ingredient => ChangedPart::Ingredient,
        Part::Step => ChangedPart::Step,
        Part::Title => ChangedPart::Title,
        Part::Servings => ChangedPart::Servings,
        Part::Tag => ChangedPart::Tag,
        Part::Description => ChangedPart::Description,
        Part::Unspecified => return None,
    };
    let id = Some(change.id.clone()).filter(|id| !id.is_empty());
    Some(Change { op, what, id })
}

/// `after` is the position that the join named.
pub(super) fn joined(
    joined: chat::JoinRecipeResponse,
    after: Option<&Position>,
    user: &UserId,
    now: Timestamp,
) -> Joined {
    let recovery = recovery(&joined, after);
    let grant = role(joined.role())
        .zip(visibility(joined.visibility()))
        .map(|(role, visibility)| Grant { role, visibility });
    let messages = messages(joined.messages, user);
    let message = match &joined.message_id {
        Some(id) => id.parse().ok(),
        // From a chat service that does not name it.
        None => messages
            .last()
            .filter(|last| last.revision == joined.revision)
            .and_then(|last| last.id.parse().ok()),
    };
    Joined {
        position: Position {
            revision: joined.revision,
            message,
        },
        recipe: recipe(joined.recipe.unwrap_or_default(), now),
        messages,
        truncated: joined.messages_truncated,
        recovery,
        grant,
        name: Some(joined.name)
            .filter(|name| !name.is_empty())
            .map(Into::into),
        tells_presence: joined.tells_presence,
        asked_at: None,
    }
}

/// `None` when nobody said.
pub(super) fn role(role: chat::Role) -> Option<Role> {
    match role {
        chat::Role::Owner => Some(Role::Owner),
        chat::Role::Editor => Some(Role::Editor),
        chat::Role::Viewer => Some(Role::Viewer),
        chat::Role::Unspecified => None,
    }
}

/// The other way.
pub(super) fn sent_role(role: Role) -> chat::Role {
    match role {
        Role::Owner => chat::Role::Owner,
        Role::Editor => chat::Role::Editor,
        Role::Viewer => chat::Role::Viewer,
    }
}

/// `None` when nobody said.
pub(super) fn visibility(visibility: chat::Visibility) -> Option<Visibility> {
    match visibility {
        chat::Visibility::Private => Some(Visibility::Private),
        chat::Visibility::Open => Some(Visibility::Open),
        chat::Visibility::Public => Some(Visibility::Public),
        chat::Visibility::Unspecified => None,
    }
}

/// The other way.
pub(super) fn sent_visibility(visibility: Visibility) -> chat::Visibility {
    match visibility {
        Visibility::Private => chat::Visibility::Private,
        Visibility::Open => chat::Visibility::Open,
        Visibility::Public => chat::Visibility::Public,
    }
}

/// Who may do what; `None` when it makes no sense. Whom this edge cannot read it cannot have let in.
pub(super) fn access(access: &chat::Access) -> Option<Access> {
    let mut read = Access {
        visibility: visibility(access.visibility())?,
        owner: access.owner_id.parse().ok()?,
        users: HashMap::new(),
        names: HashMap::new(),
    };
    for member in &access.members {
        let role = role(member.role()).unwrap_or(Role::Viewer);
        match member.user_id.as_str() {
            "" => {
                read.names.insert(member.name.clone(), role);
            }
            id => read.users.extend(id.parse().ok().map(|user| (user, role))),
        }
    }
    Some(read)
}

fn recovery(joined: &chat::JoinRecipeResponse, after: Option<&Position>) -> Recovery {
    match (joined.recovery(), after) {
        (_, None) => Recovery::Unasked,
        (chat::Recovery::Complete, _) => Recovery::Complete,
        (chat::Recovery::Truncated, _) => Recovery::Truncated,
        (chat::Recovery::Diverged, _) => Recovery::Diverged,
        // From a chat service that does not tell.
        (chat::Recovery::Unspecified, Some(after)) if joined.revision < after.revision => {
            Recovery::Diverged
        }
        (chat::Recovery::Unspecified, Some(_)) if joined.messages_truncated => Recovery::Truncated,
        (chat::Recovery::Unspecified, Some(_)) => Recovery::Complete,
    }
}

/// Somebody who is on a recipe; the least role when nobody said.
fn person(person: chat::Person) -> Person {
    Person {
        role: role(person.role()).unwrap_or(Role::Viewer),
        id: person.user_id,
        name: person.name,
        typing: person.typing,
    }
}

/// The other way.
pub(super) fn sent_person(person: Person) -> chat::Person {
    chat::Person {
        user_id: person.id,
        name: person.name,
        role: sent_role(person.role).into(),
        typing: person.typing,
    }
}

/// Who is on a recipe.
pub(super) fn presence(presence: chat::Presence) -> Presence {
    Presence {
        people: presence
            .people
            .into_iter()
            .take(MAX_SHOWN)
            .map(person)
            .collect(),
        count: presence.count,
    }
}

/// As a user sees them.
pub(super) fn messages(messages: Vec<chat::Message>, user: &UserId) -> Vec<Arc<Message>> {
    let messages = messages.into_iter().map(message);
    messages
        .map(|message| outbound::seen_by(user, message))
        .collect()
}

pub(super) fn sent_timestamp(moment: Timestamp) -> prost_types::Timestamp {
    let millis = moment.unix_millis();
    prost_types::Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: i32::try_from(millis.rem_euclid(1000)).unwrap_or(0) * 1_000_000,
    }
}

pub(super) fn known_users(users: Vec<Author>) -> chat::KnownUsers {
    let user = |user: Author| chat::Principal {
        user_id: user.id,
        name: user.name,
        ..chat::Principal::default()
    };
    chat::KnownUsers {
        users: users.into_iter().map(user).collect(),
    }
}

pub(super) fn timestamp(timestamp: Option<&prost_types::Timestamp>) -> Timestamp {
    let millis = timestamp.map_or(0, |t| {
        t.seconds
            .saturating_mul(1000)
            .saturating_add(i64::from(t.nanos) / 1_000_000)
    });
    Timestamp::from_unix_millis(millis)
}
