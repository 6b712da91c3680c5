//! From protobuf to the domain: what callers and links ask.

use std::str::FromStr;

use proto::{
    chat::{self as wire, link_request, list_messages_request},
    ids::{InvalidId, Position, Revision},
};
use runtime::{clock::Timestamp, trace_context};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{Span, info_span};

use super::{presence, statuses::Invalid};
use crate::{
    access::KnownUsers,
    link::{Ask, Attach, Authorization, Call},
    message::Principal,
    presence::Change,
    recipe::limits,
    recipe_state::Draft,
    recipes::{Cursor, JoinAs, PageStart},
    refused::Refused,
    verifier::{Caller, Claim, LinkVerifier},
};

/// Who asks, and what is to show it.
pub(super) fn claim(principal: Option<wire::Principal>) -> Result<Claim, Invalid> {
    let principal = principal.ok_or(Invalid::Missing("the principal"))?;
    let token = SecretString::from(principal.access_token);
    let scope = match principal.scope.as_str() {
        "" => None,
        words => Some(words.parse()?),
    };
    Ok(Claim {
        who: Principal::new(id(&principal.user_id)?, &principal.name)?
            .shown_as(&principal.display_name)?
            .within(scope),
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
