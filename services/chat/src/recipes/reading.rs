//! Reading what has happened: pages of messages, the recipe as somebody finds it, and what a link has missed.

use std::sync::Arc;

use proto::ids::{Position, RecipeId, Revision};

use super::{Recipes, page};
use crate::{
    access::Audience,
    ledger::Ledger,
    message::{Message, Principal, Update},
    recipe::Recipe,
    refused::Refused,
    store::{Page, Prefer, Version},
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
pub(crate) struct Standing {
    /// Which revision.
    pub revision: Revision,
    /// The recipe at it.
    pub recipe: Arc<Recipe>,
}

/// The recipe as one who came in finds it.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    /// Which recipe.
    pub recipe_id: RecipeId,
    /// How far it has come.
    pub position: Position,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// What they have missed, or the latest.
    pub page: MessagePage,
    /// Which of the two.
    pub recovery: Recovery,
}

/// What became of the position that somebody has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// They named none.
    Unasked,
    /// All that came after it is there.
    Complete,
    /// It is of this history, but too much came after it.
    Truncated,
    /// The recipe has not come that far, or has another message there.
    Diverged,
}

/// Messages, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessagePage {
    /// The messages.
    pub messages: Vec<Arc<Message>>,
    /// Whether older ones exist that should be here.
    pub truncated: bool,
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

/// What a link has missed of a recipe, or the first piece of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaughtUp {
    /// How far the recipe has come.
    pub position: Position,
    /// How far the updates reach: what is between this and `position` has to be read next.
    pub upto: Position,
    /// Which position of the link's is not the recipe's: it has another history, and has to begin anew.
    pub diverged: Option<Position>,
    /// What came after, in order; only the newest when there is too much.
    pub updates: Vec<Arc<Update>>,
    /// Who may see the recipe; `None` while everybody may.
    pub audience: Option<Audience>,
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
        let ledger = self.visible(who, recipe).await?;
        let (after, upto, prefer) = match start {
            PageStart::After(after) => (after, ledger.revision, Prefer::Oldest),
            PageStart::Before(before) => (0, before.saturating_sub(1), Prefer::Newest),
            PageStart::Latest => (0, ledger.revision, Prefer::Newest),
        };
        let page = Page {
            after,
            upto: upto.min(ledger.revision),
            limit,
            prefer,
        };
        let messages = self.page(recipe, page, page::alone()).await?;
        Ok(MessagePage {
            truncated: messages.first().is_some_and(|first| first.revision > 1),
            messages,
        })
    }

    /// Reads the first piece of what came after a position, or only how far the recipe has come. `told` is a further
    /// position of the same history.
    ///
    /// A recipe that is not there has come nowhere: it may be created later.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn catch_up(
        &self,
        recipe: &RecipeId,
        after: Option<&Position>,
        told: Option<&Position>,
    ) -> Result<CaughtUp, Refused> {
        let mut named = [after, told].into_iter().flatten();
        let Some(ledger) = self.ask(self.store.load_one(recipe)).await? else {
            return Ok(CaughtUp {
                diverged: named.find(|position| position.revision > 0).cloned(),
                ..CaughtUp::default()
            });
        };
        let mut caught_up = CaughtUp {
            position: ledger.position(),
            upto: ledger.position(),
            ..CaughtUp::default()
        };
        let Some(after) = after else {
            return Ok(caught_up);
        };
        for position in named {
            if !self.has_been_at(&ledger, position).await? {
                caught_up.diverged = Some(position.clone());
                return Ok(caught_up);
            }
        }
        if after.revision < ledger.revision {
            caught_up.audience = ledger.access.audience();
            (caught_up.updates, caught_up.upto) = self.missed(ledger, after.revision).await?;
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
        let ledger = self.visible(who, recipe).await?;
        let known = self.has_been_at(&ledger, &position).await?;
        Ok(known.then_some(position))
    }

    /// Whether a position is one of this recipe's: it has come that far, and has the same message there. A position
    /// without a message is believed.
    pub(super) async fn has_been_at(
        &self,
        ledger: &Ledger,
        position: &Position,
    ) -> Result<bool, Refused> {
        if position.revision >= ledger.revision {
            let agrees = position.message.is_none() || position.message == ledger.last_message;
            return Ok(position.revision == ledger.revision && agrees);
        }
        let Some(message) = &position.message else {
            return Ok(true);
        };
        let there = self.message_at(&ledger.id, position.revision).await?;
        Ok(there.is_some_and(|there| there.id == *message))
    }

    async fn message_at(
        &self,
        recipe: &RecipeId,
        revision: Revision,
    ) -> Result<Option<Arc<Message>>, Refused> {
        let Some(before) = revision.checked_sub(1) else {
            return Ok(None);
        };
        let page = Page {
            after: before,
            upto: revision,
            limit: 1,
            prefer: Prefer::Oldest,
        };
        Ok(self.ask(self.store.messages(recipe, page)).await?.pop())
    }

    pub(super) async fn joined(
        &self,
        ledger: Ledger,
        after: Option<Position>,
    ) -> Result<Joined, Refused> {
        let (recovery, missed) = match after {
            Some(position) => self.recover(&ledger, &position).await?,
            None => (Recovery::Unasked, None),
        };
        let page = match missed {
            Some(messages) => MessagePage {
                messages,
                truncated: false,
            },
            None => self.latest(&ledger).await?,
        };
        Ok(Joined {
            position: ledger.position(),
            recipe_id: ledger.id,
            recipe: ledger.recipe,
            page,
            recovery,
        })
    }

    /// All messages after a position; none when they cannot be told, or are too many.
    async fn recover(
        &self,
        ledger: &Ledger,
        position: &Position,
    ) -> Result<(Recovery, Option<Vec<Arc<Message>>>), Refused> {
        if !self.has_been_at(ledger, position).await? {
            return Ok((Recovery::Diverged, None));
        }
        let missed = usize::try_from(ledger.revision - position.revision).unwrap_or(usize::MAX);
        if missed > MAX_MISSED {
            return Ok((Recovery::Truncated, None));
        }
        let page = Page {
            after: position.revision,
            upto: ledger.revision,
            limit: MAX_MISSED,
            prefer: Prefer::Newest,
        };
        let room = page::beside(&ledger.recipe);
        let messages = self.page(&ledger.id, page, room).await?;
        Ok(match messages.len() == missed {
            true => (Recovery::Complete, Some(messages)),
            false => (Recovery::Truncated, None),
        })
    }

    async fn latest(&self, ledger: &Ledger) -> Result<MessagePage, Refused> {
        let page = Page {
            after: 0,
            upto: ledger.revision,
            limit: DEFAULT_MESSAGES,
            prefer: Prefer::Newest,
        };
        let room = page::beside(&ledger.recipe);
        let messages = self.page(&ledger.id, page, room).await?;
        let first = messages.first().map_or(ledger.revision + 1, |m| m.revision);
        Ok(MessagePage {
            truncated: first > 1,
            messages,
        })
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
        ledger: Ledger,
        after: Revision,
    ) -> Result<(Vec<Arc<Update>>, Position), Refused> {
        let (newest, standing) = (ledger.revision, ledger.position());
        let too_many = newest - after > MAX_MISSED as Revision;
        let after = if too_many { newest - 1 } else { after };
        let page = Page {
            // With the one before the first: each update names its predecessor.
            after: after.saturating_sub(1),
            upto: newest,
            limit: PAGE_SIZE + 1,
            prefer: Prefer::Oldest,
        };
        let mut messages = self.ask(self.store.messages(&ledger.id, page)).await?;
        let mut upto = messages.last().map_or(newest, |last| last.revision);
        let versions = if ledger.recipe_revision <= after {
            vec![(ledger.recipe_revision, ledger.recipe)]
        } else {
            let versions = self.store.versions(&ledger.id, after, upto, PAGE_BYTES);
            let (versions, complete) = self.ask(versions).await?;
            upto = upto.min(complete);
            messages.retain(|message| message.revision <= upto);
            versions
        };
        let updates = with_versions(&ledger.id, after, messages, versions);
        let upto = updates.last().map_or(standing, |last| last.position());
        Ok((updates, upto))
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
    let mut current = None;
    let mut previous = None;
    let mut updates = Vec::with_capacity(messages.len());
    for message in messages {
        let previous = previous.replace(message.id.clone());
        if message.revision <= after {
            continue;
        }
        while let Some((_, version)) = later.next_if(|(since, _)| *since <= message.revision) {
            current = Some(version);
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
