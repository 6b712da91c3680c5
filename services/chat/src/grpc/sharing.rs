//! What the calls about members and imports carry, between protobuf and the domain.

use proto::chat::{self as wire, change_access_request::Change, import_recipe_request};

use super::{links, responses::principal, statuses::Invalid};
use crate::{
    access::{Access, Member, Right},
    recipe::{Command, PlainIngredient, PlainRecipe, Role, Visibility},
    recipes::{Document, Imported, Preview, Shared},
};

pub(super) fn command(change: Option<Change>) -> Result<Command, Invalid> {
    match change.ok_or(Invalid::Missing("the change"))? {
        Change::Invite(invitation) => Ok(Command::Invite {
            role: links::role(invitation.role())?,
            name: invitation.name,
        }),
        Change::Remove(name) => Ok(Command::Remove { name }),
        Change::HandOver(name) => Ok(Command::HandOver { name }),
        Change::Leave(wire::Leaving {}) => Ok(Command::Leave),
        Change::Visibility(number) => wire::Visibility::try_from(number)
            .ok()
            .and_then(visibility)
            .map(Command::Show)
            .ok_or(Invalid::Missing("the visibility")),
    }
}

/// `None` when none is named.
pub(super) fn visibility(visibility: wire::Visibility) -> Option<Visibility> {
    match visibility {
        wire::Visibility::Private => Some(Visibility::Private),
        wire::Visibility::Open => Some(Visibility::Open),
        wire::Visibility::Public => Some(Visibility::Public),
        wire::Visibility::Unspecified => None,
    }
}

impl From<Visibility> for wire::Visibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Private => Self::Private,
            Visibility::Open => Self::Open,
            Visibility::Public => Self::Public,
        }
    }
}

impl From<Right> for wire::Role {
    fn from(right: Right) -> Self {
        match right {
            Right::Own => Self::Owner,
            Right::Write => Self::Editor,
            Right::Read => Self::Viewer,
        }
    }
}

impl From<Role> for wire::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Editor => Self::Editor,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<&Access> for wire::Access {
    fn from(access: &Access) -> Self {
        let member = |member: &Member| wire::AccessOfMember {
            user_id: member
                .user
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            name: member.name.clone(),
            role: wire::Role::from(member.role).into(),
        };
        Self {
            visibility: wire::Visibility::from(access.visibility).into(),
            owner_id: access.owner.to_string(),
            members: access.members.iter().map(member).collect(),
        }
    }
}

pub(super) fn document(
    document: Option<import_recipe_request::Document>,
) -> Result<Document, Invalid> {
    use import_recipe_request::Document as Sent;
    Ok(match document.ok_or(Invalid::Missing("the document"))? {
        Sent::Cooklang(text) => Document::Cooklang(text),
        Sent::SchemaOrg(text) => Document::SchemaOrg(text),
        Sent::Text(text) => Document::Text(text),
        Sent::Recipe(recipe) => Document::Plain(plain(recipe)),
    })
}

fn plain(recipe: wire::Recipe) -> PlainRecipe {
    let ingredient = |line: wire::Ingredient| PlainIngredient {
        name: line.name,
        quantity: line.quantity,
        unit: line.unit,
        note: line.note,
    };
    PlainRecipe {
        title: recipe.title,
        description: recipe.description.unwrap_or_default(),
        servings: (recipe.servings > 0).then_some(recipe.servings),
        ingredients: recipe.ingredients.into_iter().map(ingredient).collect(),
        steps: recipe.steps.into_iter().map(|step| step.text).collect(),
        tags: recipe.tags,
    }
}

impl From<Imported> for wire::ImportRecipeResponse {
    fn from(imported: Imported) -> Self {
        Self {
            recipe: Some((&*imported.recipe).into()),
            message: Some((&*imported.posted.message).into()),
            created: imported.created,
            duplicate: imported.posted.duplicate,
        }
    }
}

impl From<Preview> for wire::PreviewImportResponse {
    fn from(preview: Preview) -> Self {
        Self {
            recipe: Some((&preview.recipe).into()),
            left_out: preview.left_out.into(),
        }
    }
}

impl From<Shared> for wire::ListMembersResponse {
    fn from(shared: Shared) -> Self {
        Self {
            visibility: wire::Visibility::from(shared.visibility).into(),
            owner: Some(principal(&shared.owner)),
            members: shared
                .members
                .into_iter()
                .zip(shared.joined)
                .map(member)
                .collect(),
            your_role: wire::Role::from(shared.right).into(),
        }
    }
}

fn member((member, joined): (Member, bool)) -> wire::Member {
    wire::Member {
        name: member.name,
        role: wire::Role::from(member.role).into(),
        joined,
    }
}
