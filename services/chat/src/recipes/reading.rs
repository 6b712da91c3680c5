//! Reading what has happened: pages of messages, the recipe as somebody finds it, and what a link has missed.

use std::sync::Arc;

use proto::ids::{Position, RecipeId, Revision};

use super::{Recipes, page};
use crate::{
    access::Right,
    catch_up::{CaughtUp, Joined, MessagePage, Recovery},
    message::{Message, Principal, Update},
    recipe::{Recipe, told_changes},
    recipe_state::RecipeState,
    refused::Refused,
    store::{Page, Prefer, Snapshot, Tail, Version},
};

/// How many messages come with a join when the client has none.
const DEFAULT_MESSAGES: usize = 50;
/// How many missed messages come at most.
const MAX_MISSED: usize = 500;
/// How many updates a link reads at once, and about how many bytes of recipes.
const PAGE_SIZE: usize = 64;
const PAGE_BYTES: usize = 2 << 20;

/// A recipe at a revision.
#[derive(Debug, Clone)]
pub(crate) struct AtRevision {
    /// Which revision.
    pub revision: Revision,
    /// The recipe at it.
    pub recipe: Arc<Recipe>,
}

/// Where a page begins or ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PageStart {
    /// The first ones after a revision.
    After(Revision),
    /// The last ones before a revision.
    Before(Revision),
    /// The last ones.
    Latest,
}

impl Recipes {
    /// Lists messages of a recipe, a page at a time.
    ///
    /// # Errors
    /// When the recipe is not there, or not for `who`.
    pub(crate) async fn messages(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        start: PageStart,
        limit: usize,
    ) -> Result<MessagePage, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        let (after, upto, prefer) = match start {
            PageStart::After(after) => (after, recipe_state.revision, Prefer::Oldest),
            PageStart::Before(before) => (0, before.saturating_sub(1), Prefer::Newest),
            PageStart::Latest => (0, recipe_state.revision, Prefer::Newest),
        };
        let page = Page {
            after,
            upto: upto.min(recipe_state.revision),
            limit,
            prefer,
        };
        let messages = self.page(recipe, page, page::alone()).await?;
        let oldest = recipe_state.emptied_upto + 1;
        Ok(MessagePage {
            truncated: messages
                .first()
                .is_some_and(|first| first.revision > oldest),
            messages,
        })
    }

    /// Reads the first piece of what came after a position, or only how far the recipe has come. `answered_position` is a further
    /// position of the same history; `sent_for` must be able to see the recipe.
    ///
    /// A recipe that is not there has come nowhere: it may be created later.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn catch_up(
        &self,
        recipe: &RecipeId,
        after: Option<&Position>,
        answered_position: Option<&Position>,
        sent_for: Option<&Principal>,
    ) -> Result<CaughtUp, Refused> {
        let mut named = [after, answered_position].into_iter().flatten();
        let Some(recipe_state) = self.ask(self.store.load_one(recipe)).await? else {
            if self.ask(self.store.is_retired(recipe)).await? {
                return Ok(CaughtUp::of_deleted());
            }
            return Ok(CaughtUp {
                diverged: named.find(|position| position.revision > 0).cloned(),
                unseen: sent_for.is_some(),
                ..CaughtUp::default()
            });
        };
        let may_not_see = |who: &Principal| recipe_state.right_of(who).is_err();
        if sent_for.is_some_and(may_not_see) {
            return Ok(CaughtUp {
                position: recipe_state.position(),
                audience: recipe_state.access.audience(),
                unseen: true,
                ..CaughtUp::default()
            });
        }
        let mut caught_up = CaughtUp {
            position: recipe_state.position(),
            upto: recipe_state.position(),
            ..CaughtUp::default()
        };
        let Some(after) = after else {
            return Ok(caught_up);
        };
        for position in named {
            if !self.has_been_at(&recipe_state, position).await? {
                caught_up.diverged = Some(position.clone());
                return Ok(caught_up);
            }
        }
        if after.revision < recipe_state.revision {
            caught_up.audience = recipe_state.access.audience();
            let access = recipe_state.access.clone();
            (caught_up.updates, caught_up.upto) = self.missed(recipe_state, after.revision).await?;
            caught_up.tell_access(access);
        }
        Ok(caught_up)
    }

    /// Gives a position back when it is one of the recipe's.
    ///
    /// # Errors
    /// When the recipe is not there, or not for `who`.
    pub(crate) async fn knows(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        position: Position,
    ) -> Result<Option<Position>, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        let known = self.has_been_at(&recipe_state, &position).await?;
        Ok(known.then_some(position))
    }

    /// Whether a position is one of this recipe's: it has come that far, and has the same message there. A position
    /// without a message is believed.
    pub(super) async fn has_been_at(
        &self,
        recipe_state: &RecipeState,
        position: &Position,
    ) -> Result<bool, Refused> {
        if position.revision >= recipe_state.revision {
            let agrees =
                position.message.is_none() || position.message == recipe_state.last_message;
            return Ok(position.revision == recipe_state.revision && agrees);
        }
        let Some(message) = &position.message else {
            return Ok(true);
        };
        let there = self.message_at(&recipe_state.id, position.revision).await?;
        Ok(there.is_some_and(|there| there.id == *message))
    }

    pub(super) async fn message_at(
        &self,
        recipe: &RecipeId,
        revision: Revision,
    ) -> Result<Option<Arc<Message>>, Refused> {
        self.ask(self.store.message(recipe, revision)).await
    }

    pub(super) async fn joined(
        &self,
        snapshot: Snapshot,
        right: Right,
        name: Arc<str>,
        after: Option<Position>,
    ) -> Result<Joined, Refused> {
        let Snapshot {
            recipe_state,
            messages,
            ..
        } = snapshot;
        let (recovery, page) = match after {
            Some(position) => self.recover(&recipe_state, &position, messages).await?,
            None => (Recovery::Unasked, latest_of(&recipe_state, messages)),
        };
        Ok(Joined {
            position: recipe_state.position(),
            recipe_id: recipe_state.id,
            recipe: recipe_state.recipe,
            page,
            recovery,
            right,
            name,
            visibility: recipe_state.access.visibility,
        })
    }

    /// All messages after a position, from those that were read with the recipe; the latest, when these are not all.
    async fn recover(
        &self,
        recipe_state: &RecipeState,
        position: &Position,
        read: Vec<Arc<Message>>,
    ) -> Result<(Recovery, MessagePage), Refused> {
        let there = read.iter().find(|m| m.revision == position.revision);
        let known = match (there, &position.message) {
            (Some(there), Some(named)) => there.id == *named,
            (Some(_), None) => true,
            (None, _) => self.has_been_at(recipe_state, position).await?,
        };
        if !known {
            return Ok((Recovery::Diverged, self.latest(recipe_state).await?));
        }
        let missed = usize::try_from(recipe_state.revision - position.revision);
        let after = read.into_iter().filter(|m| m.revision > position.revision);
        let messages = fitting(recipe_state, after.collect());
        if missed != Ok(messages.len()) {
            return Ok((Recovery::Truncated, self.latest(recipe_state).await?));
        }
        let page = MessagePage {
            messages,
            truncated: false,
        };
        Ok((Recovery::Complete, page))
    }

    async fn latest(&self, recipe_state: &RecipeState) -> Result<MessagePage, Refused> {
        let page = Page {
            after: 0,
            upto: recipe_state.revision,
            limit: DEFAULT_MESSAGES,
            prefer: Prefer::Newest,
        };
        let messages = self
            .ask(self.store.messages(&recipe_state.id, page))
            .await?;
        Ok(latest_of(recipe_state, messages))
    }

    /// A page of at most so many bytes.
    async fn page(
        &self,
        recipe: &RecipeId,
        page: Page,
        bytes: usize,
    ) -> Result<Vec<Arc<Message>>, Refused> {
        if page.after >= page.upto {
            return Ok(Vec::new());
        }
        let messages = self.ask(self.store.messages(recipe, page)).await?;
        Ok(page::within(bytes, messages, page.prefer))
    }

    /// The first of the updates after a revision, and how far they reach; only the newest when there are too many.
    async fn missed(
        &self,
        recipe_state: RecipeState,
        after: Revision,
    ) -> Result<(Vec<Arc<Update>>, Position), Refused> {
        let newest = recipe_state.revision;
        let too_many = newest - after > MAX_MISSED as Revision;
        let after = if too_many { newest - 1 } else { after };
        self.updates_after(recipe_state, after).await
    }

    /// The first of the updates after a revision that the recipe has gone beyond, and how far they reach.
    pub(super) async fn updates_after(
        &self,
        recipe_state: RecipeState,
        after: Revision,
    ) -> Result<(Vec<Arc<Update>>, Position), Refused> {
        let (newest, newest_position) = (recipe_state.revision, recipe_state.position());
        let page = Page {
            // With the one before the first: each update names its predecessor.
            after: after.saturating_sub(1),
            upto: newest,
            limit: PAGE_SIZE + 1,
            prefer: Prefer::Oldest,
        };
        let mut messages = self
            .ask(self.store.messages(&recipe_state.id, page))
            .await?;
        let mut upto = messages.last().map_or(newest, |last| last.revision);
        let versions = if recipe_state.recipe_revision <= after {
            vec![(recipe_state.recipe_revision, recipe_state.recipe)]
        } else {
            let versions = self
                .store
                .versions(&recipe_state.id, after, upto, PAGE_BYTES);
            let (versions, complete) = self.ask(versions).await?;
            upto = upto.min(complete);
            messages.retain(|message| message.revision <= upto);
            versions
        };
        let updates = with_versions(&recipe_state.id, after, messages, versions);
        let upto = updates
            .last()
            .map_or(newest_position, |last| last.position());
        Ok((updates, upto))
    }
}

/// Which messages somebody who comes in may be told: all that they missed, with the one where they stand, or the latest.
pub(super) fn tail(after: Option<&Position>) -> Tail {
    match after {
        Some(position) => Tail::After {
            revision: position.revision.saturating_sub(1),
            unless_more_than: MAX_MISSED + 1,
        },
        None => Tail::Latest(DEFAULT_MESSAGES),
    }
}

/// The last messages of a recipe as a page of its own.
fn latest_of(recipe_state: &RecipeState, messages: Vec<Arc<Message>>) -> MessagePage {
    let messages = fitting(recipe_state, messages);
    let first = messages
        .first()
        .map_or(recipe_state.revision + 1, |m| m.revision);
    MessagePage {
        truncated: first > 1,
        messages,
    }
}

/// The last messages that fit into one frame beside the recipe.
fn fitting(recipe_state: &RecipeState, messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    match messages.is_empty() {
        true => messages,
        false => page::within(page::beside(&recipe_state.recipe), messages, Prefer::Newest),
    }
}

/// Puts each message after a revision together with the version that stood after it.
fn with_versions(
    recipe_id: &RecipeId,
    after: Revision,
    messages: Vec<Arc<Message>>,
    versions: Vec<Version>,
) -> Vec<Arc<Update>> {
    let mut later = versions.into_iter().peekable();
    let mut current: Option<Arc<Recipe>> = None;
    let mut previous = None;
    let mut updates = Vec::with_capacity(messages.len());
    for message in messages {
        let previous = previous.replace(message.id.clone());
        if message.revision <= after {
            continue;
        }
        let mut message = message;
        while let Some((_, version)) = later.next_if(|(since, _)| *since <= message.revision) {
            let before = current.replace(version);
            if let Some((before, version)) = before.zip(current.as_ref()) {
                Arc::make_mut(&mut message).changes = told_changes(&before, version);
            }
        }
        updates.extend(current.clone().map(|recipe| {
            Arc::new(Update::new(
                recipe_id.clone(),
                recipe,
                message,
                previous,
                None,
            ))
        }));
    }
    updates
}
