//! Who may do what with a recipe: its owner, its members, and, while it is public, everybody who is signed in.
//! Pure; it decides and remembers nothing by itself.

use proto::ids::UserId;

use crate::{
    message::Principal,
    recipe::{Command, Role},
};

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Every signed-in user who has the id.
    Public,
    /// The owner and the members.
    Private,
}

/// What somebody may do. The later includes the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// Come in and read.
    Read,
    /// Post as well.
    Write,
    /// Decide who else may.
    Own,
}

/// Somebody who was invited, by name; the user is known once that name has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// In lower case, unique in the recipe.
    pub name: String,
    /// Bound when the name first joins.
    pub(crate) user: Option<UserId>,
    /// What they may do.
    pub role: Role,
}

impl Member {
    fn is(&self, who: &Principal) -> bool {
        match &self.user {
            Some(user) => *user == who.user,
            None => self.name == folded(who.name()),
        }
    }
}

/// Everything that decides who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// Who created the recipe.
    pub owner: UserId,
    /// Who may come in.
    pub visibility: Visibility,
    /// Who was invited.
    pub members: Vec<Member>,
}

impl Access {
    /// What `who` may do; `None` when they may not even know that the recipe is there.
    pub(crate) fn right_of(&self, who: &Principal) -> Option<Right> {
        if who.user == self.owner {
            return Some(Right::Own);
        }
        match (self.member(who).map(|member| member.role), self.visibility) {
            (Some(Role::Editor), _) | (None, Visibility::Public) => Some(Right::Write),
            (Some(Role::Viewer), _) => Some(Right::Read),
            (None, Visibility::Private) => None,
        }
    }

    /// Whether what an owner's command asks for is so without it.
    pub(crate) fn is_so_already(&self, command: &Command, owner: &Principal) -> bool {
        let role_of = |name: &str| {
            let member = self.members.iter().find(|member| member.name == name);
            member.map(|member| member.role)
        };
        match command {
            Command::Undo => false,
            Command::Invite { name, role } => role_of(&folded(name)) == Some(*role),
            Command::Remove { name } => {
                let name = folded(name);
                name != folded(owner.name()) && role_of(&name).is_none()
            }
            Command::MakePrivate => self.visibility == Visibility::Private,
            Command::MakePublic => self.visibility == Visibility::Public,
        }
    }

    /// The invitation that `who` came by, if any.
    pub(crate) fn member(&self, who: &Principal) -> Option<&Member> {
        self.members.iter().find(|member| member.is(who))
    }
}

/// How names are compared.
pub(crate) fn folded(name: &str) -> String {
    name.trim().trim_start_matches('@').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(name: &str) -> Principal {
        Principal::new(format!("id-{name}").parse().unwrap(), name).unwrap()
    }

    fn access(visibility: Visibility) -> Access {
        let invited = |name: &str, role| Member {
            name: name.to_owned(),
            user: None,
            role,
        };
        Access {
            owner: someone("ada").user,
            visibility,
            members: vec![invited("bob", Role::Editor), invited("eve", Role::Viewer)],
        }
    }

    #[test]
    fn everyone_may_write_to_a_public_recipe_except_its_viewers() {
        let access = access(Visibility::Public);
        assert_eq!(access.right_of(&someone("ada")), Some(Right::Own));
        assert_eq!(access.right_of(&someone("stranger")), Some(Right::Write));
        assert_eq!(access.right_of(&someone("Eve")), Some(Right::Read));
    }

    #[test]
    fn a_private_recipe_is_not_there_for_strangers() {
        let access = access(Visibility::Private);
        assert_eq!(access.right_of(&someone("Bob")), Some(Right::Write));
        assert_eq!(access.right_of(&someone("stranger")), None);
        assert_eq!(access.right_of(&someone("ada")), Some(Right::Own));
    }

    #[test]
    fn a_bound_invitation_does_not_pass_to_another_user_of_that_name() {
        let mut access = access(Visibility::Private);
        access.members[0].user = Some(someone("bob").user);
        let impostor = Principal::new("someone-else".parse().unwrap(), "bob").unwrap();
        assert_eq!(access.right_of(&impostor), None);
    }
}
