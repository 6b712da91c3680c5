//! What is written for a recipe, in the form that both databases take: text, numbers, and JSON for the recipe
//! itself. Made outside of the transaction, so that nobody waits for it.

use std::{collections::BTreeMap, sync::Arc};

use proto::ids::{Position, Revision, UserId};
use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Write};
use crate::{
    access::{Member, Right},
    message::{Message, Principal},
    recipe::{Role, Visibility},
    recipe_state::RecipeState,
};

/// One recipe with all that is new about it.
#[derive(Debug)]
pub(super) struct RecipeRow {
    pub id: String,
    pub owner: String,
    pub visibility: &'static str,
    pub published: bool,
    pub title: String,
    pub expected: i64,
    /// The id of the message at `expected`; `None`: not compared.
    pub expected_message: Option<String>,
    pub revision: i64,
    pub state_revision: i64,
    pub undo: String,
    pub changed_at: i64,
    /// Whether only messages are new: recipe, members and who may come in are as they were.
    pub is_talk: bool,
    /// The newest is the recipe as it is; empty when it did not change.
    pub versions: Vec<(i64, String)>,
    pub messages: Vec<Arc<Message>>,
    /// By name: what the member is now, `None` for gone.
    pub members: BTreeMap<String, Option<Member>>,
}

impl RecipeRow {
    pub(super) fn created(recipe_state: &RecipeState) -> Result<Self, Error> {
        let state = json(&*recipe_state.recipe)?;
        Ok(Self {
            versions: vec![(signed(recipe_state.revision), state)],
            ..Self::header(&recipe_state.position(), recipe_state)?
        })
    }

    pub(super) fn changed(write: &Write) -> Result<Self, Error> {
        let mut row = Self::header(&write.expected, &write.recipe_state)?;
        for accepted in &write.accepted {
            if accepted.changed {
                let revision = signed(accepted.message.revision);
                row.versions.push((revision, json(&*accepted.recipe)?));
            }
            row.messages.push(Arc::clone(&accepted.message));
            row.members.extend(accepted.access.members.clone());
        }
        if !row.versions.is_empty() {
            row.undo = json(&write.recipe_state.undo)?;
        }
        row.is_talk = write
            .accepted
            .iter()
            .all(|accepted| !accepted.changed && !accepted.access.changed);
        Ok(row)
    }

    fn header(expected: &Position, recipe_state: &RecipeState) -> Result<Self, Error> {
        Ok(Self {
            id: recipe_state.id.to_string(),
            owner: recipe_state.access.owner.to_string(),
            visibility: visibility_text(recipe_state.access.visibility),
            published: recipe_state.access.visibility == Visibility::Public,
            title: recipe_state.recipe.title.clone(),
            expected: signed(expected.revision),
            expected_message: expected.message.as_ref().map(ToString::to_string),
            revision: signed(recipe_state.revision),
            state_revision: signed(recipe_state.recipe_revision),
            undo: "[]".to_owned(),
            changed_at: recipe_state.changed_at.unix_millis(),
            is_talk: false,
            versions: Vec::new(),
            messages: Vec::new(),
            members: BTreeMap::new(),
        })
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::malformed)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::malformed)
}

/// Databases count in signed numbers; no recipe gets that far.
pub(super) fn signed(revision: Revision) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(stored: i64) -> Revision {
    u64::try_from(stored).unwrap_or(0)
}

/// The word of builds that knew two kinds: whoever had the id of a "public" recipe could change it. To such a build a
/// recipe that is public now is private.
pub(super) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Open => "public",
        Visibility::Private | Visibility::Public => "private",
    }
}

/// What nobody wrote is taken as private: the careful reading.
pub(crate) fn visibility(stored: &str, published: bool) -> Visibility {
    match (stored, published) {
        ("public", _) => Visibility::Open,
        (_, true) => Visibility::Public,
        (_, false) => Visibility::Private,
    }
}

/// What somebody may do with a recipe of theirs, by their role in it, if they have one.
pub(super) fn right_in_list(
    owner: &UserId,
    visibility: Visibility,
    member: Option<&str>,
    who: &Principal,
) -> Right {
    match (member, visibility) {
        _ if *owner == who.user => Right::Own,
        (Some(stored), _) => Right::of(role(stored)),
        (None, Visibility::Open) => Right::Write,
        (None, Visibility::Private | Visibility::Public) => Right::Read,
    }
}

/// Somebody whose name is stored beside the id.
pub(super) fn person(id: Option<String>, name: Option<String>) -> Result<Option<Principal>, Error> {
    let Some((id, name)) = id.zip(name) else {
        return Ok(None);
    };
    let user = id.parse().map_err(Error::malformed)?;
    Principal::new(user, &name)
        .map(Some)
        .map_err(Error::malformed)
}

/// People as lists of ids and names.
pub(super) fn people(json: &str) -> Result<Vec<Principal>, Error> {
    let people: Vec<(String, String)> = from_json(json)?;
    let people = people.into_iter().map(|(id, name)| {
        let user = id.parse().map_err(Error::malformed)?;
        Principal::new(user, &name).map_err(Error::malformed)
    });
    people.collect()
}

/// An owner; of some the name was not noted in databases from before creating counted as coming.
pub(super) fn owner_named(owner: UserId, name: Option<String>) -> Result<Principal, Error> {
    let name = name.unwrap_or_else(|| owner.to_string());
    Principal::new(owner, &name).map_err(Error::malformed)
}

pub(super) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Editor => "editor",
        Role::Viewer => "viewer",
    }
}

/// What nobody wrote is taken as viewer: the careful reading.
pub(crate) fn role(stored: &str) -> Role {
    match stored {
        "editor" => Role::Editor,
        _ => Role::Viewer,
    }
}
