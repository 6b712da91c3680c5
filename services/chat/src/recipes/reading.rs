//! Reading what has happened: pages of messages, the recipe as somebody finds it, and what a link has missed.

use std::sync::Arc;

use proto::ids::{RecipeId, Revision, UserId};

use super::{Recipes, page};
use crate::{
    access::Visibility,
    ledger::Ledger,
    message::{Message, Principal, Update},
    recipe::Recipe,
    refused::Refused,
    store::{Page, Prefer, Version},
};

/// How many messages come with a join when the client has none.
const LATEST: usize = 50;
/// How many missed messages come at most.
const MISSED: usize = 500;
/// How many former visitors can be shut out by one message.
const VISITORS: usize = 10_000;

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
    pub revision: Revision,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// What they have missed, or the latest.
    pub page: MessagePage,
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

/// What a link has missed of a recipe.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaughtUp {
    /// How far the recipe has come.
    pub revision: Revision,
    /// What came after, in order; only the newest when there is too much.
    pub updates: Vec<Arc<Update>>,
    /// Who was here once and may no longer be.
    pub excluded: Vec<UserId>,
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

    /// Reads what came after a revision, or only how far the recipe has come.
    ///
    /// A recipe that is not there has come nowhere: it may be created later.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn catch_up(
        &self,
        recipe: &RecipeId,
        after: Option<Revision>,
    ) -> Result<CaughtUp, Refused> {
        let Some(ledger) = self.ask(self.store.load_one(recipe)).await? else {
            return Ok(CaughtUp::default());
        };
        let revision = ledger.revision;
        let Some(after) = after.filter(|after| *after < revision) else {
            return Ok(CaughtUp {
                revision,
                ..CaughtUp::default()
            });
        };
        Ok(CaughtUp {
            revision,
            excluded: self.excluded(&ledger).await?,
            updates: self.missed(ledger, after).await?,
        })
    }

    pub(super) async fn joined(
        &self,
        ledger: Ledger,
        after: Option<Revision>,
    ) -> Result<Joined, Refused> {
        // A client that is ahead has seen another history: it begins anew.
        let known = after.filter(|after| *after <= ledger.revision);
        let page = Page {
            after: known.unwrap_or(0),
            upto: ledger.revision,
            limit: if known.is_some() { MISSED } else { LATEST },
            prefer: Prefer::Newest,
        };
        let room = page::beside(&ledger.recipe);
        let messages = self.page(&ledger.id, page, room).await?;
        let first = messages.first().map_or(ledger.revision + 1, |m| m.revision);
        Ok(Joined {
            recipe_id: ledger.id,
            revision: ledger.revision,
            recipe: ledger.recipe,
            page: MessagePage {
                truncated: first > page.after + 1,
                messages,
            },
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

    /// The updates after a revision; only the newest when there are too many.
    async fn missed(&self, ledger: Ledger, after: Revision) -> Result<Vec<Arc<Update>>, Refused> {
        let upto = ledger.revision;
        let too_many = upto - after > MISSED as Revision;
        let after = if too_many { upto - 1 } else { after };
        let page = Page {
            after,
            upto,
            limit: MISSED,
            prefer: Prefer::Oldest,
        };
        let messages = self.ask(self.store.messages(&ledger.id, page)).await?;
        let versions = if ledger.recipe_revision <= after {
            vec![(ledger.recipe_revision, ledger.recipe)]
        } else {
            self.ask(self.store.versions(&ledger.id, after, upto))
                .await?
        };
        Ok(with_versions(&ledger.id, messages, versions))
    }

    /// Who has been to a private recipe and may not come in any more.
    async fn excluded(&self, ledger: &Ledger) -> Result<Vec<UserId>, Refused> {
        if ledger.access.visibility == Visibility::Public {
            return Ok(Vec::new());
        }
        let visitors = self.store.visitors(&ledger.id, VISITORS);
        let visitors = self.ask(visitors).await?.into_iter();
        let excluded = visitors.filter(|visitor| ledger.access.right_of(visitor).is_none());
        Ok(excluded.map(|visitor| visitor.user).collect())
    }
}

/// Puts each message together with the version that stood after it.
fn with_versions(
    recipe_id: &RecipeId,
    messages: Vec<Arc<Message>>,
    versions: Vec<Version>,
) -> Vec<Arc<Update>> {
    let mut later = versions.into_iter().peekable();
    let mut current = None;
    let mut updates = Vec::with_capacity(messages.len());
    for message in messages {
        while let Some((_, version)) = later.next_if(|(since, _)| *since <= message.revision) {
            current = Some(version);
        }
        updates.extend(current.clone().map(|recipe| {
            Arc::new(Update {
                recipe_id: recipe_id.clone(),
                recipe,
                message,
                traceparent: None,
            })
        }));
    }
    updates
}
