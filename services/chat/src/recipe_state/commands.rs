//! What the owner's commands do: who is invited, who is not any more, who may come in.

use super::{AccessChange, Outcome, RecipeState};
use crate::{
    access::{KnownUsers, Member, folded, is_username},
    message::Principal,
    recipe::{Command, Role, Visibility},
    refused::Declined,
};

/// How many members a recipe may have.
const MAX_MEMBERS: usize = 200;

impl RecipeState {
    /// Whether an owner's command would change anything.
    ///
    /// # Errors
    /// When it cannot be followed; the words say why.
    pub(crate) fn would_change_by(
        &self,
        command: &Command,
        owner: &Principal,
    ) -> Result<bool, Declined> {
        if self.access.is_so_already(command, owner) {
            return Ok(false);
        }
        let outcome = self
            .clone()
            .follow_command(command, owner, &KnownUsers::default());
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
    ) -> Outcome {
        match command {
            Command::Undo => Outcome::default(),
            Command::Invite { name, role } => self.invite(&folded(name), *role, owner, known),
            Command::Remove { name } => self.remove(&folded(name), owner),
            Command::Show(visibility) => self.show(*visibility),
        }
    }

    fn invite(&mut self, name: &str, role: Role, owner: &Principal, known: &KnownUsers) -> Outcome {
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
        let known = members.iter().position(|member| member.name == name);
        if known.is_none() && members.len() >= MAX_MEMBERS {
            return Outcome::hint(format!(
                "A recipe has at most {MAX_MEMBERS} members; remove one first."
            ));
        }
        let member = Member {
            name: name.to_owned(),
            user: known.and_then(|at| members[at].user.clone()),
            role,
        };
        match known {
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
