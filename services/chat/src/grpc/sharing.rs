//! What the calls about members and imports carry, between protobuf and the domain.

use proto::chat::{self as wire, change_access_request::Change, import_recipe_request};

use super::convert::Invalid;
use crate::{
    access::{Member, Right, Visibility},
    recipe::{Command, PlainIngredient, PlainRecipe, Role},
    recipes::{Document, Imported, Shared},
};

pub(super) fn command(change: Option<Change>) -> Result<Command, Invalid> {
    match change.ok_or(Invalid::Missing("the change"))? {
        Change::Invite(invitation) => Ok(Command::Invite {
            role: role(invitation.role())?,
            name: invitation.name,
        }),
        Change::Remove(name) => Ok(Command::Remove { name }),
        Change::Visibility(number) => match wire::Visibility::try_from(number) {
            Ok(wire::Visibility::Public) => Ok(Command::MakePublic),
            Ok(wire::Visibility::Private) => Ok(Command::MakePrivate),
            Ok(wire::Visibility::Unspecified) | Err(_) => Err(Invalid::Missing("the visibility")),
        },
    }
}

fn role(role: wire::Role) -> Result<Role, Invalid> {
    match role {
        wire::Role::Editor => Ok(Role::Editor),
        wire::Role::Viewer => Ok(Role::Viewer),
        wire::Role::Unspecified | wire::Role::Owner => Err(Invalid::Missing("editor or viewer")),
    }
}

pub(super) fn document(
    document: Option<import_recipe_request::Document>,
) -> Result<Document, Invalid> {
    use import_recipe_request::Document as Sent;
    Ok(match document.ok_or(Invalid::Missing("the document"))? {
        Sent::Cooklang(text) => Document::Cooklang(text),
        Sent::SchemaOrg(text) => Document::SchemaOrg(text),
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

impl From<Shared> for wire::ListMembersResponse {
    fn from(shared: Shared) -> Self {
        let visibility = match shared.visibility {
            Visibility::Public => wire::Visibility::Public,
            Visibility::Private => wire::Visibility::Private,
        };
        let your_role = match shared.right {
            Right::Own => wire::Role::Owner,
            Right::Write => wire::Role::Editor,
            Right::Read => wire::Role::Viewer,
        };
        Self {
            visibility: visibility.into(),
            owner: Some(wire::Principal {
                user_id: shared.owner.user.to_string(),
                name: shared.owner.name().to_owned(),
                ..wire::Principal::default()
            }),
            members: shared.members.into_iter().map(Into::into).collect(),
            your_role: your_role.into(),
        }
    }
}

impl From<Member> for wire::Member {
    fn from(member: Member) -> Self {
        let role = match member.role {
            Role::Editor => wire::Role::Editor,
            Role::Viewer => wire::Role::Viewer,
        };
        Self {
            name: member.name,
            role: role.into(),
            joined: member.user.is_some(),
        }
    }
}
