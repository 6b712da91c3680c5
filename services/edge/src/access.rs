//! Who may do what with a recipe, as the chat service says. Pure: it tells people what they may do, and decides nothing.

use std::collections::HashMap;

use proto::{
    ids::UserId,
    websocket::frames::{Role, Visibility},
};

/// What one user is told that they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What they may do.
    pub role: Role,
    /// Who may come in.
    pub visibility: Visibility,
}

/// Who may do what from now on.
#[derive(Debug)]
pub struct Access {
    /// Who may come in.
    pub visibility: Visibility,
    /// The user who decides.
    pub owner: UserId,
    /// What each member may do who has come in.
    pub users: HashMap<UserId, Role>,
    /// What those may do who were invited and have not come in, by name in lower case.
    pub names: HashMap<String, Role>,
}

impl Access {
    /// What somebody may do; `None` when nothing.
    pub fn grant_of(&self, user: &UserId, name: &str) -> Option<Grant> {
        let everybody = match self.visibility {
            Visibility::Private => None,
            Visibility::Open => Some(Role::Editor),
            Visibility::Public => Some(Role::Viewer),
        };
        let role = match *user == self.owner {
            true => Some(Role::Owner),
            false => self
                .users
                .get(user)
                .or_else(|| self.names.get(&name.to_lowercase()))
                .copied()
                .or(everybody),
        };
        role.map(|role| Grant {
            role,
            visibility: self.visibility,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_told_what_they_may_do() {
        let mut access = Access {
            visibility: Visibility::Private,
            owner: "ada".parse().unwrap(),
            users: [("bob".parse().unwrap(), Role::Viewer)].into(),
            names: [("eve".to_owned(), Role::Editor)].into(),
        };
        let people = ["ada", "bob", "Eve", "stranger"];
        let mut roles = |visibility| {
            access.visibility = visibility;
            people.map(|name| {
                let grant = access.grant_of(&name.to_owned().parse().unwrap(), name)?;
                assert_eq!(grant.visibility, visibility);
                Some(grant.role)
            })
        };
        let (owner, viewer, editor) = (Role::Owner, Role::Viewer, Role::Editor);
        let members = [Some(owner), Some(viewer), Some(editor)];
        for (visibility, stranger) in [
            (Visibility::Private, None),
            (Visibility::Open, Some(editor)),
            (Visibility::Public, Some(viewer)),
        ] {
            let [a, b, e, s] = roles(visibility);
            assert_eq!([a, b, e], members);
            assert_eq!(s, stranger, "{visibility:?}");
        }
    }
}
