//! What the owner's commands do: who is invited, who is not any more, who may come in.

use super::{AccessChange, Outcome, RecipeLimits, RecipeState};
use crate::{
    access::{KnownUsers, Member, Right, folded, is_username},
    message::Principal,
    recipe::{Command, Role, Visibility},
    refused::{Declined, Refused},
};

impl RecipeState {
    /// Whether an owner's command would change anything.
    ///
    /// # Errors
    /// When it cannot be followed; the words say why.
    pub(crate) fn would_change_by(
        &self,
        command: &Command,
        owner: &Principal,
        known: &KnownUsers,
        limits: &RecipeLimits,
    ) -> Result<bool, Declined> {
        if self.access.is_so_already(command, owner) {
            return Ok(false);
        }
        let outcome = self.clone().follow_command(command, owner, known, limits);
        match outcome.effect {
            Some(_) => Ok(true),
            None => Err(Declined::Unworkable(outcome.hint.unwrap_or_default())),
        }
    }

    pub(super) fn follow_command(
        &mut self,
        command: &Command,
        owner: &Principal,
        known: &KnownUsers,
        limits: &RecipeLimits,
    ) -> Outcome {
        match command {
            Command::Undo => Outcome::default(),
            Command::Invite { name, role } => {
                self.invite(&folded(name), *role, owner, known, limits)
            }
            Command::Remove { name } => self.remove(&folded(name), owner),
            Command::Show(visibility) => self.show(*visibility),
            Command::HandOver { name } => self.hand_over(&folded(name), owner, known),
            Command::Leave => self.leave(owner),
        }
    }

    fn invite(
        &mut self,
        name: &str,
        role: Role,
        owner: &Principal,
        known: &KnownUsers,
        limits: &RecipeLimits,
    ) -> Outcome {
        if name.is_empty() {
            return Outcome::hint("Say whom to invite, as in \"/invite bob\".");
        }
        if name == folded(owner.name()) {
            return Outcome::hint("The recipe is yours; you need no invitation.");
        }
        if !is_username(name) {
            return Outcome::hint(
                "Nobody can have that name: it has 1 to 64 letters, digits, dots, underscores and hyphens.",
            );
        }
        if !known.may_exist(name) {
            return Outcome::hint(format!(
                "There is no user called {name}; ask them which name they sign in with."
            ));
        }
        let members = &mut self.access.members;
        let at = members.iter().position(|member| member.name == name);
        if at.is_none() && members.len() >= limits.members {
            return Outcome::hint(format!(
                "A recipe has at most {} members; remove one first.",
                limits.members
            ));
        }
        if at.is_none() && limits.members_left == 0 {
            return Outcome::hint(
                "Your recipes have as many members as those of one user may have; remove one first.",
            );
        }
        let member = Member {
            name: name.to_owned(),
            user: match at {
                Some(at) => members[at].user.clone(),
                None => known.user(name).cloned(),
            },
            role,
        };
        match at {
            Some(at) if members[at].role == role => {
                return Outcome::hint(format!("{name} is {} already.", in_words(role)));
            }
            Some(at) => members[at] = member.clone(),
            None => members.push(member.clone()),
        }
        changed(
            name,
            Some(member),
            false,
            format!("Invited {name} as {}", in_words(role)),
        )
    }

    fn remove(&mut self, name: &str, owner: &Principal) -> Outcome {
        if name == folded(owner.name()) {
            return Outcome::hint("The recipe is yours; you cannot be removed.");
        }
        let members = &mut self.access.members;
        let Some(at) = members.iter().position(|member| member.name == name) else {
            return Outcome::hint(match self.access.visibility {
                Visibility::Private => format!("{name} is not a member."),
                open => format!(
                    "{name} is not a member: the recipe is {open}; \"/private\" lets only members in."
                ),
            });
        };
        members.remove(at);
        let mut outcome = changed(name, None, true, format!("Removed {name}"));
        if self.access.visibility != Visibility::Private {
            outcome.hint = Some(format!(
                "The recipe is {}, so everyone still comes in; \"/private\" lets only members in.",
                self.access.visibility
            ));
        }
        outcome
    }

    /// The new owner must be somebody who can come in; the old one stays as an editor.
    fn hand_over(&mut self, name: &str, owner: &Principal, known: &KnownUsers) -> Outcome {
        let members = &mut self.access.members;
        let at = members.iter().position(|member| member.name == name);
        let heir = match at {
            Some(at) => members[at]
                .user
                .clone()
                .or_else(|| known.user(name).cloned()),
            None => known.user(name).cloned(),
        };
        let Some(heir) = heir else {
            return Outcome::hint(format!(
                "{name} must have come in once before the recipe can be theirs; \"/invite {name}\" lets them."
            ));
        };
        if heir == self.access.owner {
            return Outcome::hint("The recipe is yours already.");
        }
        if let Some(at) = at {
            members.remove(at);
        }
        let former = Member {
            name: self.unused_name(owner),
            user: Some(owner.user.clone()),
            role: Role::Editor,
        };
        self.access.owner = heir;
        self.access.members.push(former.clone());
        let mut outcome = changed(name, None, false, format!("Made {name} the owner"));
        let members = &mut outcome.access.members;
        members.insert(former.name.clone(), Some(former));
        outcome
    }

    fn leave(&mut self, who: &Principal) -> Outcome {
        if who.user == self.access.owner {
            return Outcome::hint(
                "The recipe is yours: \"/owner NAME\" hands it over, or you can delete it.",
            );
        }
        let Some(name) = self.access.member(who).map(|member| member.name.clone()) else {
            return Outcome::hint("You are not a member, so there is nothing to leave.");
        };
        self.access.members.retain(|member| member.name != name);
        changed(&name, None, true, "Left the recipe".to_owned())
    }

    /// Makes somebody a member who came by a link.
    pub(super) fn admit(
        &mut self,
        role: Role,
        who: &Principal,
        limits: &RecipeLimits,
    ) -> Result<Outcome, Refused> {
        let has = self.access.own_right(who);
        if has.is_some_and(|has| has >= Right::of(role)) {
            return Ok(Outcome::effect(format!("Is {} already", in_words(role))));
        }
        let name = match self.access.member(who) {
            Some(member) => member.name.clone(),
            None if self.access.members.len() >= limits.members || limits.members_left == 0 => {
                return Err(Refused::TooManyMembers);
            }
            None => self.unused_name(who),
        };
        let member = Member {
            name: name.clone(),
            user: Some(who.user.clone()),
            role,
        };
        self.access.members.retain(|known| known.name != name);
        self.access.members.push(member.clone());
        let effect = format!("Came in by a link, as {}", in_words(role));
        Ok(changed(&name, Some(member), false, effect))
    }

    /// The name under which somebody becomes a member: their own, unless another member has it.
    fn unused_name(&self, who: &Principal) -> String {
        let name = folded(who.name());
        let taken = |name: &str| self.access.members.iter().any(|member| member.name == name);
        match taken(&name) {
            true => format!("{name}-{}", who.user),
            false => name,
        }
    }

    fn show(&mut self, visibility: Visibility) -> Outcome {
        if self.access.visibility == visibility {
            return Outcome::hint(format!("The recipe is {visibility} already."));
        }
        self.access.visibility = visibility;
        let who = match visibility {
            Visibility::Private => "only members come in",
            Visibility::Open => "everyone who has its address may come in and change it",
            Visibility::Public => "everybody may read it, and only members change it",
        };
        Outcome {
            access: AccessChange {
                changed: true,
                tightened: visibility == Visibility::Private,
                ..AccessChange::default()
            },
            ..Outcome::effect(format!("Made the recipe {visibility}: {who}"))
        }
    }
}

fn changed(name: &str, member: Option<Member>, tightened: bool, effect: String) -> Outcome {
    Outcome {
        access: AccessChange {
            changed: true,
            tightened,
            members: [(name.to_owned(), member)].into(),
        },
        ..Outcome::effect(effect)
    }
}

fn in_words(role: Role) -> &'static str {
    match role {
        Role::Editor => "an editor",
        Role::Viewer => "a viewer",
    }
}
