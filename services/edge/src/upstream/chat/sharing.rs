//! Who may come into a recipe: the calls of the chat service that act beside the conversation and show in it.

use proto::{
    chat::{
        self, ChangeAccessRequest, Invitation, Leaving, ListMembersRequest,
        change_access_request::Change,
    },
    ids::{MessageId, RecipeId},
    websocket::frames::{Author, Role, Visibility},
};
use runtime::trace_context::request;

use super::{ChatClient, ChatError, bounded};
use crate::upstream::{Principal, convert};

/// Who may come into a recipe.
#[derive(Debug)]
pub struct Shared {
    /// Who may come in.
    pub visibility: Visibility,
    /// Who decides.
    pub owner: Author,
    /// Who was invited.
    pub members: Vec<Member>,
    /// What the caller may do.
    pub your_role: Role,
}

/// Somebody who was invited.
#[derive(Debug)]
pub struct Member {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they have come in since.
    pub joined: bool,
}

/// What an owner asks for.
#[derive(Debug)]
pub enum AccessChange {
    /// Somebody may come in, or gets another role; as owner, the recipe is theirs.
    Invite(Author, Role),
    /// The caller is no member any more.
    Leave,
    /// Somebody is no member any more.
    Remove(String),
    /// Who may come in from now on.
    Show(Visibility),
}

impl ChatClient {
    /// Tells who may come into a recipe.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn shared(&self, principal: &Principal, id: &RecipeId) -> Result<Shared, ChatError> {
        let question = ListMembersRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.list_members(request(question))).await?;
        Ok(Shared {
            visibility: convert::visibility(answer.visibility()).unwrap_or(Visibility::Private),
            your_role: role(answer.your_role()),
            owner: convert::author(answer.owner),
            members: answer.members.into_iter().map(member).collect(),
        })
    }

    /// Changes who may come in. What is so already stays so.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, `Invalid` when it cannot be done, `Conflict` or
    /// `Unavailable`.
    pub async fn change_access(
        &self,
        principal: &Principal,
        id: &RecipeId,
        message: &MessageId,
        change: AccessChange,
    ) -> Result<(), ChatError> {
        let known_users = match &change {
            AccessChange::Invite(user, _) => Some(convert::known_users(vec![user.clone()])),
            AccessChange::Leave | AccessChange::Remove(_) | AccessChange::Show(_) => None,
        };
        let change = match change {
            AccessChange::Invite(user, Role::Owner) => Change::HandOver(user.name),
            AccessChange::Invite(user, role) => Change::Invite(Invitation {
                name: user.name,
                role: convert::sent_role(role).into(),
            }),
            AccessChange::Leave => Change::Leave(Leaving {}),
            AccessChange::Remove(name) => Change::Remove(name),
            AccessChange::Show(visibility) => {
                Change::Visibility(convert::sent_visibility(visibility).into())
            }
        };
        let question = ChangeAccessRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            message_id: message.to_string(),
            change: Some(change),
            known_users,
        };
        let mut client = self.client(Some(id)).await?;
        bounded(client.change_access(request(question))).await?;
        Ok(())
    }
}

fn member(member: chat::Member) -> Member {
    Member {
        role: role(member.role()),
        name: member.name,
        joined: member.joined,
    }
}

/// What nobody said is taken as the least.
fn role(role: chat::Role) -> Role {
    convert::role(role).unwrap_or(Role::Viewer)
}
