//! Everything about one recipe at its newest revision, and the decision what a message does to it.
//! Pure: it reads no clock and no store, and does not publish.

mod commands;
mod limits;
mod past;
#[cfg(test)]
mod tests;
mod undo;

use std::{collections::BTreeMap, sync::Arc};

use proto::ids::{MessageId, Position, RecipeId, Revision, UserId};
use runtime::clock::Timestamp;

pub(crate) use self::{
    limits::{RecipeLimits, TooMuch},
    past::Past,
    undo::{UndoStack, Undoable},
};
use crate::{
    access::{Access, KnownUsers, Member, Right},
    message::{Content, Message, MessageKey, Principal, shortened},
    quota::ROW_OVERHEAD,
    recipe::{self, Change, Command, Parsed, Recipe, Refusal, Role, TimerCommand, Visibility},
    refused::{Declined, Refused},
};

/// A message on its way in, already understood.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Where to.
    pub recipe: RecipeId,
    /// From whom.
    pub author: Principal,
    /// The idempotency key.
    pub id: MessageId,
    /// What was written.
    pub content: Content,
    /// The W3C trace context that it is part of.
    pub traceparent: Option<String>,
    /// When it can no longer be accepted: its author's token ends then.
    pub not_after: Option<Timestamp>,
    /// Who of those that it may name are users.
    pub known: KnownUsers,
    /// Whether the author has the name that others see in that recipe.
    pub named: bool,
    /// What its author becomes by it, who came by a link.
    pub admits: Option<Role>,
    parsed: Arc<Parsed>,
    /// What is asked for of the past, instead of what was written.
    past: Option<Arc<Past>>,
}

impl Draft {
    /// Reads what the message asks for.
    pub(crate) fn new(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        content: Content,
    ) -> Self {
        let parsed = recipe::parse(content.as_str());
        Self::silent(recipe, author, id, content, parsed)
    }

    /// One whose content is not read: it stands for what is parsed already.
    fn silent(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        content: Content,
        parsed: Parsed,
    ) -> Self {
        Self {
            recipe,
            author,
            id,
            content,
            traceparent: None,
            not_after: None,
            known: KnownUsers::default(),
            named: false,
            admits: None,
            parsed: Arc::new(parsed),
            past: None,
        }
    }

    /// The author is called so by others.
    pub(crate) fn be_named(&mut self, name: &str) {
        // Who cannot be called so keeps the name that they have chosen.
        if let Ok(author) = self.author.clone().shown_as(name) {
            self.author = author;
        }
        self.named = true;
    }

    /// What makes it the same message when it comes again.
    pub(crate) fn key(&self) -> MessageKey {
        MessageKey {
            recipe: self.recipe.clone(),
            author: self.author.user.clone(),
            id: self.id.clone(),
        }
    }

    /// A command that was not written in the chat, as if it had been.
    ///
    /// # Errors
    /// When a name in it cannot be one.
    pub(crate) fn command(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        command: &Command,
    ) -> Result<Self, Declined> {
        let written = command.to_string().parse().ok();
        let draft = written.map(|content| Self::new(recipe, author, id, content));
        draft
            .filter(|draft| *draft.parsed == Parsed::Command(command.clone()))
            .ok_or_else(|| Declined::Unworkable("Nobody can have that name".to_owned()))
    }

    /// An import: it stands in the conversation as a sentence that names the document by a digest, so that the
    /// same id with another document is noticed.
    pub(crate) fn import(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        content: Content,
        imported: Recipe,
    ) -> Self {
        let changes = vec![Change::Become(Box::new(imported))];
        Self::silent(recipe, author, id, content, Parsed::Changes(changes))
    }

    /// What stands in the conversation when somebody comes by a link; `None` never happens.
    pub(crate) fn admission(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        role: Role,
    ) -> Option<Self> {
        Some(Self {
            recipe,
            author,
            id,
            content: "I came in by a link.".parse().ok()?,
            traceparent: None,
            not_after: None,
            known: KnownUsers::default(),
            named: false,
            admits: Some(role),
            parsed: Arc::new(Parsed::Talk),
            past: None,
        })
    }

    /// Whether it may make somebody a member.
    pub(crate) fn adds_member(&self) -> bool {
        let invites = matches!(&*self.parsed, Parsed::Command(Command::Invite { .. }));
        invites || self.admits.is_some()
    }

    /// Whether it needs a past version of the recipe.
    pub(crate) fn undoes(&self) -> bool {
        matches!(&*self.parsed, Parsed::Command(Command::Undo))
    }
}

/// A recipe at its newest revision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecipeState {
    /// Which recipe.
    pub id: RecipeId,
    /// Who may do what.
    pub access: Access,
    /// How many messages it has.
    pub revision: Revision,
    /// The id of the last one; `None` at revision 0.
    pub last_message: Option<MessageId>,
    /// The recipe now.
    pub recipe: Arc<Recipe>,
    /// The revision that last changed the recipe itself.
    pub recipe_revision: Revision,
    /// The changes that can be undone.
    pub undo: UndoStack,
    /// When the last message was accepted.
    pub changed_at: Timestamp,
    /// Up to which revision messages had no text any more when it was read.
    pub emptied_upto: Revision,
}

/// What became of a message.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    /// The message as it goes to the store and to everyone.
    pub message: Arc<Message>,
    /// The recipe after it.
    pub recipe: Arc<Recipe>,
    /// Whether the recipe itself is another one now.
    pub changed: bool,
    /// What it did to the members.
    pub access: AccessChange,
    /// The id of the message before it.
    pub previous: Option<MessageId>,
    /// The W3C trace context that it is part of.
    pub traceparent: Option<String>,
}

impl Accepted {
    /// How many bytes the store takes more for it.
    pub(crate) fn bytes(&self) -> u64 {
        let recipe = match self.changed {
            true => self.recipe.text_size(),
            false => 0,
        };
        ROW_OVERHEAD + (recipe + self.message.text_size()) as u64
    }
}

/// What a message did to the members: by name, the new member or `None` for removed.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessChange {
    /// Whether what somebody may do, or who may come in, is another now.
    pub changed: bool,
    /// Whether somebody who could come in before may not be able to now.
    pub tightened: bool,
    /// Members that were added, changed or removed.
    pub members: BTreeMap<String, Option<Member>>,
}

/// What a message does, before it has its revision.
#[derive(Default)]
struct Outcome {
    recipe: Option<Arc<Recipe>>,
    effect: Option<String>,
    hint: Option<String>,
    suggestions: Vec<String>,
    access: AccessChange,
}

impl Outcome {
    fn hint(hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..Self::default()
        }
    }

    fn effect(effect: impl Into<String>) -> Self {
        Self {
            effect: Some(effect.into()),
            ..Self::default()
        }
    }
}

impl RecipeState {
    /// A new recipe of somebody.
    pub(crate) fn new(
        id: RecipeId,
        owner: UserId,
        visibility: Visibility,
        title: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            access: Access {
                owner,
                visibility,
                members: Vec::new(),
            },
            revision: 0,
            last_message: None,
            recipe: Arc::new(Recipe::new(title)),
            recipe_revision: 0,
            undo: UndoStack::default(),
            changed_at: now,
            emptied_upto: 0,
        }
    }

    /// Applies a message as the next revision. A refused one leaves the recipe state as it was.
    ///
    /// # Errors
    /// When the author may not do that.
    pub(crate) fn accept(
        &mut self,
        draft: &Draft,
        limits: &RecipeLimits,
        now: Timestamp,
    ) -> Result<Accepted, Refused> {
        if let Some(role) = draft.admits {
            let outcome = self.admit(role, &draft.author, limits)?;
            return Ok(self.write_down(draft, outcome, now));
        }
        let right = self.right_of(&draft.author)?;
        let outcome = match (&*draft.parsed, &draft.past) {
            (Parsed::Command(Command::Leave), None)
                if !draft.author.may_come_and_go(Some(&self.id)) =>
            {
                return Err(Refused::OutOfScope);
            }
            (Parsed::Command(command @ Command::Leave), None) => {
                self.follow_command(command, &draft.author, &draft.known, limits)
            }
            _ if right < Right::Write => return Err(Refused::ReadOnly),
            (_, Some(past)) => self.follow_past(past, draft.author.shown_name(), limits)?,
            (Parsed::Talk, None) => self.unchanged(draft, None),
            (Parsed::Unclear { hint }, None) => self.unchanged(draft, Some(hint.clone())),
            (Parsed::Timer(command), None) => self.follow_timer(draft, command, limits, now),
            (Parsed::Changes(changes), None) => self.change(draft, changes, limits)?,
            (Parsed::Command(Command::Undo), None) => self.undo_last(limits)?,
            (Parsed::Command(_), None) if right < Right::Own => return Err(Refused::OwnerOnly),
            (Parsed::Command(command), None) => {
                self.follow_command(command, &draft.author, &draft.known, limits)
            }
        };
        Ok(self.write_down(draft, outcome, now))
    }

    /// What `who` may do.
    ///
    /// # Errors
    /// When they may not even know that the recipe is there.
    pub(crate) fn right_of(&self, who: &Principal) -> Result<Right, Refused> {
        let right = self.access.right_of(who);
        let right = right.and_then(|right| who.limit(right, &self.id));
        right.ok_or(Refused::NoSuchRecipe)
    }

    /// The newest revision and the message there.
    pub(crate) fn position(&self) -> Position {
        Position {
            revision: self.revision,
            message: self.last_message.clone(),
        }
    }

    /// A document that cannot be taken over is refused; a message that cannot be followed gets a hint.
    fn change(
        &mut self,
        draft: &Draft,
        changes: &[Change],
        limits: &RecipeLimits,
    ) -> Result<Outcome, Refused> {
        let (changed, effect) = match recipe::follow(&self.recipe, changes) {
            Err(refusal) => return Ok(self.unchanged(draft, Some(refusal.to_string()))),
            Ok((changed, effect)) if changed == *self.recipe => {
                return Ok(Outcome::effect(effect));
            }
            Ok(followed) => followed,
        };
        Ok(match (limits.check(&self.recipe, &changed), changes) {
            (Err(too_much), [Change::Become(_)]) => return Err(Refused::TooMuch(too_much)),
            (Err(too_much), _) => Outcome::hint(Refusal::from(too_much).to_string()),
            (Ok(()), _) => {
                let undoable = Undoable {
                    author: draft.author.shown_name().into(),
                    effect: effect.as_str().into(),
                    before: Arc::clone(&self.recipe),
                };
                self.undo.push(self.revision + 1, undoable);
                Outcome {
                    recipe: Some(Arc::new(changed)),
                    ..Outcome::effect(effect)
                }
            }
        })
    }

    /// Timers are no part of what can be undone.
    fn follow_timer(
        &self,
        draft: &Draft,
        command: &TimerCommand,
        limits: &RecipeLimits,
        now: Timestamp,
    ) -> Outcome {
        let by = draft.author.shown_name();
        match recipe::follow_timer(&self.recipe, command, by, now.unix_millis()) {
            Ok((changed, effect)) => match limits.check(&self.recipe, &changed) {
                Err(too_much) => Outcome::hint(Refusal::from(too_much).to_string()),
                Ok(()) => Outcome {
                    recipe: Some(Arc::new(changed)),
                    ..Outcome::effect(effect)
                },
            },
            Err(hint) => Outcome::hint(hint),
        }
    }

    /// A message that changes nothing: a hint when it asks for something.
    fn unchanged(&self, draft: &Draft, given: Option<String>) -> Outcome {
        let content = draft.content.as_str();
        let hint = recipe::hint(&self.recipe, content, given);
        let suggestions = hint
            .as_deref()
            .map(|hint| recipe::suggestions(&self.recipe, content, hint));
        Outcome {
            suggestions: suggestions.unwrap_or_default(),
            hint,
            ..Outcome::default()
        }
    }

    fn undo_last(&mut self, limits: &RecipeLimits) -> Result<Outcome, Refused> {
        if self.undo.is_empty() {
            return Ok(Outcome::hint("There is nothing left to undo."));
        }
        // Whoever commits puts the past at hand first; without it nothing may be lost.
        let change = self.undo.newest().ok_or(Refused::Unavailable)?;
        let before = change.before.put_back_after(&self.recipe);
        if let Err(too_much) = limits.check(&self.recipe, &before) {
            return Ok(Outcome::hint(Refusal::from(too_much).to_string()));
        }
        let effect = format!("Undid {}'s \"{}\"", change.author, change.effect);
        self.undo.pop();
        Ok(Outcome {
            recipe: Some(Arc::new(before)),
            ..Outcome::effect(effect)
        })
    }

    fn write_down(&mut self, draft: &Draft, outcome: Outcome, now: Timestamp) -> Accepted {
        self.revision += 1;
        let previous = self.last_message.replace(draft.id.clone());
        self.changed_at = now;
        let changed = outcome.recipe.is_some();
        let changes = match &outcome.recipe {
            Some(recipe) => recipe::told_changes(&self.recipe, recipe),
            None => Vec::new(),
        };
        if let Some(recipe) = outcome.recipe {
            self.recipe = recipe;
            self.recipe_revision = self.revision;
        }
        Accepted {
            message: Arc::new(Message {
                id: draft.id.clone(),
                author: draft.author.clone(),
                content: draft.content.clone(),
                accepted_at: now,
                revision: self.revision,
                effect: outcome.effect.map(shortened),
                hint: outcome.hint.map(shortened),
                suggestions: outcome.suggestions,
                changes,
            }),
            recipe: Arc::clone(&self.recipe),
            changed,
            access: outcome.access,
            previous,
            traceparent: draft.traceparent.clone(),
        }
    }
}
