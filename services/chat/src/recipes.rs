//! Recipes as callers use them: create, read, list, join, post, and read what was missed. Unary calls and links
//! go through here alike. It knows no protobuf and no SQL.

mod document_pool;
mod importing;
mod life;
mod links;
mod new_id;
mod page;
mod past;
mod reading;
mod sharing;
mod user_data;
mod webhooks;

use std::{future::Future, sync::Arc, time::Duration};

use proto::ids::{Position, RecipeId, Revision};
use runtime::public_web::PublicWeb;
use runtime::{
    audit::Audit,
    clock::{SharedClock, Timestamp},
};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Span, warn};

pub(crate) use self::{
    document_pool::DocumentPool,
    importing::{Document, Imported, MAX_PAGE_SIZE, Preview},
    life::{Cursor, InvalidCursor, Query},
    links::{Invitation, Link},
    new_id::new_recipe_id,
    reading::{AtRevision, PageStart},
    sharing::Shared,
    user_data::Exported,
    webhooks::NewWebhook,
};
use crate::{
    access::folded,
    audit::{self, AuditEvent, AuditFilter, Noted},
    catch_up::Joined,
    commit::{Answer, Pipeline},
    hints::Hints,
    hub::Hub,
    message::{Posted, Principal},
    metrics::Metrics,
    quota::{Quotas, ROW_OVERHEAD},
    recipe::{Visibility, suggestions, title_from_id, told_changes},
    recipe_state::{Draft, RecipeState},
    refused::Refused,
    store::{self, Snapshot, Store, Visit},
};

/// How long the refusal of a recipe takes that is not there or not for whoever asks: longer than reading one does.
const REFUSAL_TIME: Duration = Duration::from_millis(25);
/// How long a post may wait for its commit. It may still happen later: the same id tells.
const POST_TIMEOUT: Duration = Duration::from_secs(9);

/// The recipes of a chat service.
#[derive(Debug, Clone)]
pub(crate) struct Recipes {
    store: Store,
    pipeline: Pipeline,
    hub: Arc<Hub>,
    hints: Option<Arc<Hints>>,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    documents: DocumentPool,
    quotas: Arc<Quotas>,
    audit: Audit<AuditEvent>,
    /// Where receivers of webhooks are, if there may be any.
    web: Option<Arc<PublicWeb>>,
}

/// A wish to come in.
#[derive(Debug, Clone)]
pub(crate) struct JoinAs {
    /// Who.
    pub who: Principal,
    /// Where.
    pub recipe: RecipeId,
    /// Where the client stands.
    pub after: Option<Position>,
}

/// A post on its way through the pipeline.
#[derive(Debug)]
pub(crate) struct Submitted {
    recipes: Recipes,
    recipe: RecipeId,
    answer: Answer,
}

impl Recipes {
    /// Recipes over a store and a pipeline.
    pub(crate) fn new(pipeline: Pipeline, dependencies: crate::commit::Dependencies) -> Self {
        Self {
            store: dependencies.store,
            pipeline,
            hub: dependencies.hub,
            hints: dependencies.hints,
            clock: dependencies.clock,
            metrics: dependencies.metrics,
            documents: DocumentPool::default(),
            quotas: dependencies.quotas,
            audit: dependencies.audit,
            web: None,
        }
    }

    /// The same with webhooks, to receivers that can be reached so.
    #[must_use]
    pub(crate) fn with_webhooks(self, web: Option<Arc<PublicWeb>>) -> Self {
        Self { web, ..self }
    }

    /// Where documents are read and written.
    pub(crate) fn documents(&self) -> &DocumentPool {
        &self.documents
    }

    /// Creates a recipe.
    ///
    /// # Errors
    /// When the id is taken.
    pub(crate) async fn create(
        &self,
        owner: &Principal,
        recipe: RecipeId,
        title: Option<&str>,
        visibility: Visibility,
    ) -> Result<RecipeState, Refused> {
        let title = title.map_or_else(|| title_from_id(recipe.as_str()), str::to_owned);
        let user = owner.user.clone();
        let recipe_state = RecipeState::new(recipe, user, visibility, &title, self.clock.now());
        self.add_for(owner, recipe_state).await
    }

    async fn add_for(
        &self,
        owner: &Principal,
        recipe_state: RecipeState,
    ) -> Result<RecipeState, Refused> {
        if !owner.may_create() {
            return Err(Refused::OutOfScope);
        }
        if !self.add(&recipe_state).await? {
            return Err(Refused::RecipeIdTaken);
        }
        // So that others learn the owner's name even when the owner never comes.
        self.come(&recipe_state, owner).await?;
        Ok(recipe_state)
    }

    /// Gives a recipe at its newest revision, or as it stood at `revision`.
    ///
    /// # Errors
    /// When it is not there, or not for `who`.
    pub(crate) async fn get(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        revision: Option<Revision>,
    ) -> Result<AtRevision, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        let revision = revision.unwrap_or(recipe_state.revision);
        if revision > recipe_state.revision {
            return Err(Refused::NoSuchRevision);
        }
        let recipe = if revision >= recipe_state.recipe_revision {
            recipe_state.recipe
        } else {
            self.version(recipe, revision).await?
        };
        Ok(AtRevision { revision, recipe })
    }

    /// Posts a draft and waits until it is durable.
    ///
    /// # Errors
    /// When it was refused, or nobody knows in time.
    pub(crate) async fn post(&self, draft: Draft) -> Result<Posted, Refused> {
        self.submit(draft, &Span::current())?.settled().await
    }

    /// Puts a post into the pipeline, at once: posts of one recipe are applied in the order of these calls.
    ///
    /// # Errors
    /// When too many are waiting.
    pub(crate) fn submit(&self, draft: Draft, span: &Span) -> Result<Submitted, Refused> {
        let recipe = draft.recipe.clone();
        Ok(Submitted {
            answer: self.pipeline.submit(draft, span.clone())?,
            recipes: self.clone(),
            recipe,
        })
    }

    /// Lets somebody come in: the recipe as they find it, and what they have missed.
    ///
    /// # Errors
    /// When it is not there, or not for them.
    pub(crate) async fn join(&self, join: JoinAs) -> Result<Joined, Refused> {
        let mut snapshot = self.visible_snapshot(&join).await?;
        let Snapshot {
            recipe_state,
            called,
            ..
        } = &mut snapshot;
        self.bind_invitation(recipe_state, &join.who).await?;
        let (recipe, access) = (&recipe_state.id, &recipe_state.access);
        let names = self.hub.names();
        let given = names.give_unless(&self.store, recipe, &join.who, access, called.take());
        let visit = self.ask(given).await?;
        if visit.first {
            // Somebody may have been shut out until just now: they must either not come in or be known to have.
            snapshot = self.visible_snapshot(&join).await?;
        }
        let right = snapshot.recipe_state.right_of(&join.who)?;
        self.joined(snapshot, right, visit.name, join.after).await
    }

    /// Notes for operators what somebody did to a recipe.
    fn note(&self, kind: &'static str, who: &Principal, recipe: &RecipeId, about: &str) {
        let event = AuditEvent::new(self.clock.now(), kind, &who.user, recipe, about);
        self.audit.note(event);
    }

    /// What operators ask for of what was noted, the newest first, and before which event the next page begins.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn audit_events(
        &self,
        mut filter: AuditFilter,
    ) -> Result<(Vec<Noted>, Option<u64>), Refused> {
        let limit = match filter.limit {
            0 => audit::DEFAULT_PAGE,
            limit => limit.min(audit::MAX_PAGE),
        };
        filter.limit = limit + 1;
        let mut events = self.ask(self.store.audit_events(filter)).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| event.id);
        Ok((events, next))
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Who is attached to what.
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Adds a new recipe, if its owner may have one more; `false` when its id is taken.
    async fn add(&self, recipe_state: &RecipeState) -> Result<bool, Refused> {
        let (owner, now) = (&recipe_state.access.owner, Instant::now());
        self.quotas.check_bytes(owner, 0, now)?;
        if self.quotas.limits_recipes() {
            let owned = self.ask(self.store.owned(owner)).await?;
            self.quotas.check_recipes(owned)?;
        }
        let added = self.ask(self.store.create(recipe_state)).await?;
        if added {
            let bytes = 2 * (ROW_OVERHEAD + recipe_state.recipe.text_size() as u64);
            self.quotas.charge(owner, bytes, now);
        }
        Ok(added)
    }

    /// Remembers that somebody comes to a recipe, and what they are called there.
    async fn come(&self, recipe_state: &RecipeState, who: &Principal) -> Result<Visit, Refused> {
        let (recipe, access) = (&recipe_state.id, &recipe_state.access);
        let given = self.hub.names().give(&self.store, recipe, who, access);
        self.ask(given).await
    }

    async fn bind_invitation(
        &self,
        recipe_state: &RecipeState,
        who: &Principal,
    ) -> Result<(), Refused> {
        let unbound = recipe_state
            .access
            .member(who)
            .is_some_and(|m| m.user.is_none());
        if unbound {
            let name = folded(who.name());
            self.ask(self.store.bind(&recipe_state.id, &name, &who.user))
                .await?;
            self.pipeline.forget(&recipe_state.id).await;
        }
        Ok(())
    }

    /// The recipe, when it is there and `who` may see it. Whether it is not there or not for them shows neither in the
    /// words nor in the time that the refusal takes.
    async fn visible(&self, who: &Principal, recipe: &RecipeId) -> Result<RecipeState, Refused> {
        let loading = self.store.load_one(recipe);
        let may_see = |recipe_state: &RecipeState| recipe_state.right_of(who).is_ok();
        self.ask_if(loading, may_see).await
    }

    /// What somebody who may come in finds, as [`Recipes::visible`].
    async fn visible_snapshot(&self, join: &JoinAs) -> Result<Snapshot, Refused> {
        let tail = reading::tail(join.after.as_ref());
        let reading = self.store.snapshot(&join.recipe, &join.who.user, tail);
        let may_see = |found: &Snapshot| found.recipe_state.right_of(&join.who).is_ok();
        self.ask_if(reading, may_see).await
    }

    async fn ask_if<T>(
        &self,
        asked: impl Future<Output = Result<Option<T>, store::Error>>,
        may_see: impl FnOnce(&T) -> bool,
    ) -> Result<T, Refused> {
        let began = Instant::now();
        let visible = self.ask(asked).await?.filter(may_see);
        if visible.is_none() {
            sleep_until(began + REFUSAL_TIME).await;
        }
        visible.ok_or(Refused::NoSuchRecipe)
    }

    async fn version(
        &self,
        recipe: &RecipeId,
        revision: Revision,
    ) -> Result<Arc<crate::recipe::Recipe>, Refused> {
        let version = self.ask(self.store.version(recipe, revision)).await?;
        Ok(version.ok_or(Refused::NoSuchRevision)?.1)
    }

    /// The recipe as it stood at a revision, or as it is when that is not kept any more.
    async fn version_or_newest(
        &self,
        recipe: &RecipeId,
        revision: Revision,
    ) -> Result<Arc<crate::recipe::Recipe>, Refused> {
        match self.version(recipe, revision).await {
            Err(Refused::NoSuchRevision) => {
                let newest = self.ask(self.store.load_one(recipe)).await?;
                Ok(newest.ok_or(Refused::NoSuchRecipe)?.recipe)
            }
            version => version,
        }
    }

    /// Adds to a message that was accepted before what the store does not keep of it: its author is told the original.
    async fn complete(&self, recipe: &RecipeId, posted: &mut Posted) -> Result<(), Refused> {
        let Some(after) = &posted.recipe else {
            return Ok(());
        };
        let message = Arc::make_mut(&mut posted.message);
        if let Some(hint) = &message.hint {
            message.suggestions = suggestions(after, message.content.as_str(), hint);
        }
        if message.effect.is_some() && message.changes.is_empty() {
            let before = message.revision.saturating_sub(1);
            // Old versions may be gone; what the message did is told in words then.
            if let Some((_, before)) = self.ask(self.store.version(recipe, before)).await? {
                message.changes = told_changes(&before, after);
            }
        }
        Ok(())
    }

    /// Asks the store. What went wrong goes to the log; the caller is told only that it did.
    async fn ask<T>(
        &self,
        asked: impl Future<Output = Result<T, store::Error>>,
    ) -> Result<T, Refused> {
        asked.await.map_err(|error| {
            warn!(%error, "the store could not be asked");
            Refused::Unavailable
        })
    }
}

impl Submitted {
    /// Waits until it is known what became of the post.
    ///
    /// # Errors
    /// When it was refused, or nobody knows in time.
    pub(crate) async fn settled(self) -> Result<Posted, Refused> {
        let answer = timeout(POST_TIMEOUT, self.answer).await;
        let answer = answer.map_err(|_| Refused::Unavailable)?;
        let mut posted = answer.map_err(|_| Refused::Unavailable)??;
        if posted.recipe.is_none() {
            let revision = posted.message.revision;
            posted.recipe = Some(
                self.recipes
                    .version_or_newest(&self.recipe, revision)
                    .await?,
            );
        }
        if posted.duplicate {
            self.recipes.complete(&self.recipe, &mut posted).await?;
        }
        Ok(posted)
    }
}
