//! Who may do what with a recipe: its owner, its members, and, unless it is private, everybody who is signed in.
//! Pure; it decides and remembers nothing by itself.

use std::collections::HashMap;

use proto::ids::UserId;

use crate::{
    principal::Principal,
    recipe::{Command, Role, Visibility},
};

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

impl Right {
    /// What a member of that role may do.
    pub(crate) fn of(role: Role) -> Self {
        match role {
            Role::Editor => Self::Write,
            Role::Viewer => Self::Read,
        }
    }
}

/// Somebody who was invited, by name; the user is known when the name was looked up, or has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// In lower case, unique in the recipe.
    pub name: String,
    /// Whose name it is: bound when it is invited or first joins.
    pub(crate) user: Option<UserId>,
    /// What they may do.
    pub role: Role,
}

impl Member {
    /// Whether it is theirs.
    pub(crate) fn is(&self, who: &Principal) -> bool {
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
        match (self.own_right(who), self.visibility) {
            (Some(right), _) => Some(right),
            (None, Visibility::Open) => Some(Right::Write),
            (None, Visibility::Public) => Some(Right::Read),
            (None, Visibility::Private) => None,
        }
    }

    /// What `who` may do as the owner or a member.
    pub(crate) fn own_right(&self, who: &Principal) -> Option<Right> {
        match who.user == self.owner {
            true => Some(Right::Own),
            false => self.member(who).map(|member| Right::of(member.role)),
        }
    }

    /// Who may see the recipe; `None` unless it is private.
    pub(crate) fn audience(&self) -> Option<Audience> {
        if self.visibility != Visibility::Private {
            return None;
        }
        let mut audience = Audience {
            users: vec![self.owner.clone()],
            names: Vec::new(),
        };
        for member in &self.members {
            match &member.user {
                Some(user) => audience.users.push(user.clone()),
                None => audience.names.push(member.name.clone()),
            }
        }
        Some(audience)
    }

    /// Whether what an owner's command asks for is so without it.
    pub(crate) fn is_so_already(&self, command: &Command, owner: &Principal) -> bool {
        let role_of = |name: &str| {
            let member = self.members.iter().find(|member| member.name == name);
            member.map(|member| member.role)
        };
        match command {
            Command::Undo | Command::Leave => false,
            Command::HandOver { name } => folded(name) == folded(owner.name()),
            Command::Invite { name, role } => role_of(&folded(name)) == Some(*role),
            Command::Remove { name } => {
                let name = folded(name);
                name != folded(owner.name()) && role_of(&name).is_none()
            }
            Command::Show(visibility) => self.visibility == *visibility,
        }
    }

    /// How many bytes of text are in it.
    pub(crate) fn text_size(&self) -> usize {
        let member = |member: &Member| {
            member.name.len() + member.user.as_ref().map_or(0, |user| user.as_str().len())
        };
        self.members.iter().map(member).sum::<usize>()
    }

    /// The invitation that `who` came by, if any.
    pub(crate) fn member(&self, who: &Principal) -> Option<&Member> {
        self.members.iter().find(|member| member.is(who))
    }
}

/// Who may see a private recipe: everybody else is shown out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Audience {
    /// The owner, and each member who has come in.
    pub users: Vec<UserId>,
    /// Names that were invited and are not bound to a user yet.
    pub names: Vec<String>,
}

impl Audience {
    /// Whether somebody belongs to it.
    pub(crate) fn admits(&self, who: &Principal) -> bool {
        self.users.contains(&who.user) || self.names.contains(&folded(who.name()))
    }
}

/// Those of the users that a message may name who were looked up and found; `None` when nobody has looked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownUsers(Option<HashMap<String, UserId>>);

impl KnownUsers {
    /// Those that were found.
    pub(crate) fn found<'a>(users: impl IntoIterator<Item = (&'a str, UserId)>) -> Self {
        let users = users.into_iter().map(|(name, user)| (folded(name), user));
        Self(Some(users.collect()))
    }

    /// Whose a name is.
    pub(crate) fn user(&self, name: &str) -> Option<&UserId> {
        self.0.as_ref()?.get(name)
    }

    /// Whether there may be a user of that name.
    pub(crate) fn may_exist(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|users| users.contains_key(name))
    }
}

/// Whether a user can have that name: the rule by which the auth service takes names.
pub(crate) fn is_username(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
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
    fn everyone_may_write_to_an_open_recipe_except_its_viewers() {
        let access = access(Visibility::Open);
        assert_eq!(access.right_of(&someone("ada")), Some(Right::Own));
        assert_eq!(access.right_of(&someone("stranger")), Some(Right::Write));
        assert_eq!(access.right_of(&someone("Eve")), Some(Right::Read));
    }

    #[test]
    fn everyone_may_read_a_public_recipe_and_only_members_change_it() {
        let access = access(Visibility::Public);
        assert_eq!(access.right_of(&someone("ada")), Some(Right::Own));
        assert_eq!(access.right_of(&someone("Bob")), Some(Right::Write));
        assert_eq!(access.right_of(&someone("Eve")), Some(Right::Read));
        assert_eq!(access.right_of(&someone("stranger")), Some(Right::Read));
    }

    #[test]
    fn a_private_recipe_is_not_there_for_strangers() {
        let access = access(Visibility::Private);
        assert_eq!(access.right_of(&someone("Bob")), Some(Right::Write));
        assert_eq!(access.right_of(&someone("stranger")), None);
        assert_eq!(access.right_of(&someone("ada")), Some(Right::Own));
    }

    #[test]
    fn the_audience_of_a_private_recipe_is_exactly_who_may_see_it() {
        let mut access = access(Visibility::Private);
        access.members[0].user = Some(someone("bob").user);
        let audience = access.audience().unwrap();
        let impostor = Principal::new("someone-else".parse().unwrap(), "bob").unwrap();
        for who in ["ada", "bob", "Eve", "stranger"]
            .map(someone)
            .iter()
            .chain([&impostor])
        {
            assert_eq!(
                audience.admits(who),
                access.right_of(who).is_some(),
                "{who:?}"
            );
        }
        for visibility in [Visibility::Open, Visibility::Public] {
            access.visibility = visibility;
            assert_eq!(access.audience(), None);
        }
    }

    #[test]
    fn a_name_is_invited_only_if_a_user_can_have_it() {
        assert!(is_username("Ada.Love_lace-1815"));
        for name in [
            "",
            "a b",
            "adä",
            "a\u{200b}b",
            "\u{202e}eve",
            &"x".repeat(65),
        ] {
            assert!(!is_username(name), "{name:?}");
        }
    }

    #[test]
    fn a_bound_invitation_does_not_pass_to_another_user_of_that_name() {
        let mut access = access(Visibility::Private);
        access.members[0].user = Some(someone("bob").user);
        let impostor = Principal::new("someone-else".parse().unwrap(), "bob").unwrap();
        assert_eq!(access.right_of(&impostor), None);
    }
}
