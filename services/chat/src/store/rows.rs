//! What is written for a recipe, in the form that both databases take: text, numbers, and JSON for the recipe
//! itself. Made outside of the transaction, so that nobody waits for it.

use std::{collections::BTreeMap, sync::Arc};

use proto::ids::{Position, Revision};
use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Write};
use crate::{
    access::{Member, Visibility},
    ledger::Ledger,
    message::Message,
    recipe::Role,
};

/// One recipe with all that is new about it.
#[derive(Debug)]
pub(super) struct RecipeRow {
    pub id: String,
    pub owner: String,
    pub visibility: &'static str,
    pub title: String,
    pub expected: i64,
    /// The id of the message at `expected`; `None`: not compared.
    pub expected_message: Option<String>,
    pub revision: i64,
    pub state_revision: i64,
    pub undo: String,
    pub changed_at: i64,
    /// The newest is the recipe as it is; empty when it did not change.
    pub versions: Vec<(i64, String)>,
    pub messages: Vec<Arc<Message>>,
    /// By name: what the member is now, `None` for gone.
    pub members: BTreeMap<String, Option<Member>>,
}

impl RecipeRow {
    pub(super) fn created(ledger: &Ledger) -> Result<Self, Error> {
        let state = json(&*ledger.recipe)?;
        Ok(Self {
            versions: vec![(signed(ledger.revision), state)],
            ..Self::header(&ledger.position(), ledger)?
        })
    }

    pub(super) fn changed(write: &Write) -> Result<Self, Error> {
        let mut row = Self::header(&write.expected, &write.ledger)?;
        for accepted in &write.accepted {
            if accepted.changed {
                let revision = signed(accepted.message.revision);
                row.versions.push((revision, json(&*accepted.recipe)?));
            }
            row.messages.push(Arc::clone(&accepted.message));
            row.members.extend(accepted.access.members.clone());
        }
        if !row.versions.is_empty() {
            row.undo = json(&write.ledger.undo)?;
        }
        Ok(row)
    }

    fn header(expected: &Position, ledger: &Ledger) -> Result<Self, Error> {
        Ok(Self {
            id: ledger.id.to_string(),
            owner: ledger.access.owner.to_string(),
            visibility: visibility_text(ledger.access.visibility),
            title: ledger.recipe.title.clone(),
            expected: signed(expected.revision),
            expected_message: expected.message.as_ref().map(ToString::to_string),
            revision: signed(ledger.revision),
            state_revision: signed(ledger.recipe_revision),
            undo: "[]".to_owned(),
            changed_at: ledger.changed_at.unix_millis(),
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

pub(super) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    }
}

/// What nobody wrote is taken as private: the careful reading.
pub(crate) fn visibility(stored: &str) -> Visibility {
    match stored {
        "public" => Visibility::Public,
        _ => Visibility::Private,
    }
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
