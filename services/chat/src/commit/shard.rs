//! One shard: takes what is in its queue, reads what it needs, decides, commits, and tells everyone.
//!
//! After a commit that failed nothing is remembered of it: the recipe is read again. A recipe that another
//! process has moved on is read again as well, and its posts are decided anew.
//!
//! Messages that come again are rare, and the store takes none twice. So a batch is decided as if all were new, and
//! only when the store says that one is not, or one is refused, it is looked up which are.

use std::collections::{HashMap, HashSet};

use proto::ids::{RecipeId, Revision, UserId};
use tokio::{sync::mpsc, time::Instant};
use tracing::{Instrument, Span, info_span, warn};

use super::{Dependencies, Order, Post, batch::Batch, cache::Cache};
use crate::{
    audit::AuditEvent,
    message::{MessageKey, Posted, Update},
    recipe_state::{Draft, Undoable},
    refused::Refused,
    store::{self, Write},
};

/// How many posts are committed together.
const MAX_BATCH: usize = 512;
/// How many posts are decided before other tasks get their turn: the costliest takes some milliseconds.
const DECISIONS_PER_YIELD: usize = 4;
/// How often posts are decided anew before they are refused for now.
const MAX_ATTEMPTS: usize = 8;
/// For how many batches messages are looked up first after one has come again: then there are often more.
const RECHECKED_BATCHES: usize = 64;

/// One shard of the pipeline, ready to run.
#[derive(Debug)]
pub(crate) struct Shard {
    queue: mpsc::Receiver<Order>,
    cache: Cache,
    dependencies: Dependencies,
    /// For how many more batches messages are looked up first.
    recheck_batches_left: usize,
}

/// What became of a recipe in a commit.
#[derive(Debug, Clone, Copy)]
enum CommitResult {
    Written,
    /// Another process was first: nothing of it happened.
    Lost,
    /// The store failed: it may or may not have happened.
    Unknown,
}

/// Part of the first post's trace, and linked to all others: most commits carry one.
fn commit_span(posts: &[Post]) -> Span {
    let mut spans = posts.iter().map(|post| &post.span);
    let first = spans.next().and_then(Span::id);
    let span = info_span!(parent: first, "commit", posts = posts.len());
    for other in spans {
        span.follows_from(other);
    }
    span
}

/// The recipes of the posts that were refused.
fn refused<'a>(
    posts: &'a [Post],
    verdicts: &[Result<Posted, Refused>],
) -> impl Iterator<Item = &'a RecipeId> {
    let refused = posts.iter().zip(verdicts).filter(|(_, v)| v.is_err());
    refused.map(|(post, _)| &post.draft.recipe)
}

impl Shard {
    pub(super) fn new(
        queue: mpsc::Receiver<Order>,
        cached: usize,
        dependencies: Dependencies,
    ) -> Self {
        Self {
            queue,
            cache: Cache::new(cached),
            dependencies,
            recheck_batches_left: 0,
        }
    }

    /// Works until nobody can post any more.
    pub(crate) async fn run(mut self) {
        let mut orders = Vec::with_capacity(MAX_BATCH);
        while self.queue.recv_many(&mut orders, MAX_BATCH).await > 0 {
            let mut posts = Vec::with_capacity(orders.len());
            for order in orders.drain(..) {
                match order {
                    Order::Post(post) => posts.push(*post),
                    Order::Forget(recipe) => drop(self.cache.take(&recipe)),
                }
            }
            if !posts.is_empty() {
                self.settle(posts).await;
            }
        }
    }

    async fn settle(&mut self, mut posts: Vec<Post>) {
        for round in 0..MAX_ATTEMPTS {
            let span = commit_span(&posts);
            let look_up = round > 0 || self.recheck_batches_left > 0;
            self.recheck_batches_left = self.recheck_batches_left.saturating_sub(1);
            posts = self.round(posts, look_up).instrument(span).await;
            if posts.is_empty() {
                return;
            }
        }
        for post in posts {
            self.answer(post, Err(Refused::Unavailable));
        }
    }

    /// Decides and commits posts; gives back those that have to be decided anew.
    async fn round(&mut self, mut posts: Vec<Post>, look_up: bool) -> Vec<Post> {
        let mut batch = match self.gather(&mut posts, look_up).await {
            Ok(batch) => batch,
            Err(error) => {
                warn!(%error, posts = posts.len(), "the store could not be read; posts are refused");
                for post in posts {
                    self.answer(post, Err(Refused::Unavailable));
                }
                return Vec::new();
            }
        };
        let verdicts = self.decide(&mut batch, &posts).await;
        let unsure = match look_up {
            true => self.outdated(&batch, &posts, &verdicts),
            false => refused(&posts, &verdicts).cloned().collect(),
        };
        let (writes, unchanged) = batch.finish();
        let fates = self.commit(writes).await;
        for recipe_state in unchanged {
            self.cache.put(recipe_state);
        }
        for recipe in &unsure {
            self.cache.take(recipe);
        }
        self.answer_posts(posts, verdicts, &fates, &unsure)
    }

    async fn decide(&self, batch: &mut Batch, posts: &[Post]) -> Vec<Result<Posted, Refused>> {
        let (clock_now, now) = (self.dependencies.clock.now(), Instant::now());
        // What is charged after the commit counts before it as well: a batch may hold many posts of one user.
        let mut pending: HashMap<&UserId, u64> = HashMap::new();
        let mut verdicts = Vec::with_capacity(posts.len());
        for (at, post) in posts.iter().enumerate() {
            if at > 0 && at % DECISIONS_PER_YIELD == 0 {
                tokio::task::yield_now().await;
            }
            let spent = pending.entry(&post.draft.author.user).or_default();
            let allowed =
                self.dependencies
                    .quotas
                    .check_bytes(&post.draft.author.user, *spent, now);
            let verdict = batch.decide(&post.draft, clock_now, allowed);
            *spent += verdict.as_ref().map_or(0, |posted| posted.bytes);
            verdicts.push(verdict);
        }
        verdicts
    }

    /// Reads all that deciding needs.
    async fn gather(&mut self, posts: &mut [Post], look_up: bool) -> Result<Batch, store::Error> {
        let store = &self.dependencies.store;
        let mut batch = Batch::new(self.dependencies.quotas.recipe());
        let mut missing = Vec::new();
        let recipes: HashSet<_> = posts.iter().map(|post| &post.draft.recipe).collect();
        for recipe in recipes {
            match self.cache.take(recipe) {
                Some(recipe_state) => batch.insert(recipe_state, false),
                None => missing.push(recipe.clone()),
            }
        }
        if !missing.is_empty() {
            for recipe_state in store.load(missing).await? {
                batch.insert(recipe_state, true);
            }
        }
        if look_up {
            let keys: Vec<MessageKey> = posts.iter().map(|post| post.draft.key()).collect();
            for (key, accepted) in store.find(keys).await? {
                batch.accepted_before(key, accepted);
            }
        }
        self.recall(&mut batch, posts).await?;
        self.name_authors(&mut batch, posts).await?;
        self.count_members(&mut batch, posts).await?;
        Ok(batch)
    }

    /// Limits the members of recipes by those that their owners have elsewhere.
    async fn count_members(&self, batch: &mut Batch, posts: &[Post]) -> Result<(), store::Error> {
        let quotas = &self.dependencies.quotas;
        if !quotas.limits_members() {
            return Ok(());
        }
        let adding = posts.iter().filter(|post| post.draft.adds_member());
        let recipes: HashSet<_> = adding.map(|post| &post.draft.recipe).collect();
        for recipe in recipes {
            let owner = batch.ledger_mut(recipe);
            let Some(owner) = owner.map(|recipe_state| recipe_state.access.owner.clone()) else {
                continue;
            };
            let members = self.dependencies.store.count_members(&owner).await?;
            batch.limit(recipe, quotas.recipe_beside(members));
        }
        Ok(())
    }

    /// Gives those who may write the names that others see in that recipe.
    async fn name_authors(
        &self,
        batch: &mut Batch,
        posts: &mut [Post],
    ) -> Result<(), store::Error> {
        let (store, names) = (&self.dependencies.store, self.dependencies.hub.names());
        let drafts = posts.iter_mut().map(|post| &mut post.draft);
        let mut unnamed: Vec<&mut Draft> = drafts.filter(|draft| !draft.named).collect();
        let unknown = unnamed
            .iter()
            .filter(|draft| names.of(&draft.author, &draft.recipe).is_none());
        let asked: HashSet<_> = unknown
            .map(|draft| (draft.recipe.clone(), draft.author.user.clone()))
            .collect();
        if !asked.is_empty() {
            for (recipe, user, called) in store.called(asked.into_iter().collect()).await? {
                names.remember(&recipe, &user, called);
            }
        }
        for draft in &mut unnamed {
            let Some(recipe_state) = batch.ledger_mut(&draft.recipe) else {
                continue;
            };
            if draft.admits.is_none() && recipe_state.right_of(&draft.author).is_err() {
                continue;
            }
            let name = match names.of(&draft.author, &draft.recipe) {
                Some(name) => name,
                None => {
                    let (recipe, access) = (&draft.recipe, &recipe_state.access);
                    let given = names.give(store, recipe, &draft.author, access);
                    given.await?.name
                }
            };
            draft.be_named(&name);
        }
        Ok(())
    }

    /// Puts the past at hand that undoing in this batch may go back to.
    async fn recall(&self, batch: &mut Batch, posts: &[Post]) -> Result<(), store::Error> {
        let mut undoing: HashMap<&RecipeId, usize> = HashMap::new();
        for post in posts.iter().filter(|post| post.draft.undoes()) {
            *undoing.entry(&post.draft.recipe).or_default() += 1;
        }
        for (recipe, times) in undoing {
            let Some(recipe_state) = batch.ledger_mut(recipe) else {
                continue;
            };
            for at in recipe_state.undo.missing(times) {
                if let Some(undoable) = self.past_change(recipe, at).await? {
                    recipe_state.undo.put(at, undoable);
                }
            }
        }
        Ok(())
    }

    async fn past_change(
        &self,
        recipe: &RecipeId,
        at: Revision,
    ) -> Result<Option<Undoable>, store::Error> {
        let (store, before) = (&self.dependencies.store, at.saturating_sub(1));
        let message = store.message(recipe, at).await?;
        let version = store.version(recipe, before).await?;
        let found = message.zip(version);
        Ok(found.map(|(message, (_, before))| Undoable::by(&message, before)))
    }

    /// The recipes with a refusal that another process may have made untrue.
    fn outdated(
        &self,
        batch: &Batch,
        posts: &[Post],
        verdicts: &[Result<Posted, Refused>],
    ) -> HashSet<RecipeId> {
        if !self.dependencies.store.is_shared() {
            return HashSet::new();
        }
        refused(posts, verdicts)
            .filter(|recipe| batch.may_be_outdated(recipe))
            .cloned()
            .collect()
    }

    /// Commits, remembers what was written, and tells everyone.
    async fn commit(&mut self, writes: Vec<Write>) -> HashMap<RecipeId, CommitResult> {
        if writes.is_empty() {
            return HashMap::new();
        }
        let started = Instant::now();
        let outcome = self.dependencies.store.commit(&writes).await;
        let messages = writes.iter().map(|write| write.accepted.len()).sum();
        self.dependencies
            .metrics
            .commit(messages, started.elapsed());
        let fates = match outcome {
            Ok(written) => written
                .into_iter()
                .map(|written| {
                    if written {
                        CommitResult::Written
                    } else {
                        CommitResult::Lost
                    }
                })
                .collect(),
            Err(store::Error::Contended) => vec![CommitResult::Lost; writes.len()],
            Err(store::Error::Repeated) => {
                self.recheck_batches_left = RECHECKED_BATCHES;
                vec![CommitResult::Lost; writes.len()]
            }
            Err(error) => {
                warn!(%error, messages, "a commit failed; its posts are refused for now");
                vec![CommitResult::Unknown; writes.len()]
            }
        };
        let recipes: Vec<_> = writes.iter().map(|w| w.recipe_state.id.clone()).collect();
        for (write, fate) in writes.into_iter().zip(&fates) {
            match fate {
                CommitResult::Written => self.publish(write),
                // Should it have happened after all, those who are attached learn of it from the store.
                CommitResult::Unknown => self
                    .dependencies
                    .hub
                    .notice(&write.recipe_state.id, write.recipe_state.revision),
                CommitResult::Lost => {}
            }
        }
        recipes.into_iter().zip(fates).collect()
    }

    fn publish(&mut self, write: Write) {
        let mut recipe_state = write.recipe_state;
        let now = Instant::now();
        for accepted in &write.accepted {
            let author = &accepted.message.author.user;
            self.dependencies
                .quotas
                .charge(author, accepted.bytes(), now);
            if accepted.access.changed {
                let (at, recipe) = (accepted.message.accepted_at, &recipe_state.id);
                let effect = accepted.message.effect.as_deref().unwrap_or_default();
                let event = AuditEvent::new(at, "access", author, recipe, effect);
                self.dependencies.audit.note(event);
            }
        }
        let excluding = write.accepted.iter().any(|one| one.access.tightened);
        if excluding {
            // Who is excluded must hear of it before the recipe moves on: the way over the store sees to that.
            self.dependencies
                .hub
                .notice(&recipe_state.id, recipe_state.revision);
        } else {
            let access_changed = write.accepted.iter().any(|one| one.access.changed);
            let updates = write.accepted.into_iter().map(|accepted| {
                let update = Update::new(
                    recipe_state.id.clone(),
                    accepted.recipe,
                    accepted.message,
                    accepted.previous,
                    accepted.traceparent,
                );
                match access_changed && update.revision() == recipe_state.revision {
                    true => update.with_access(recipe_state.access.clone()),
                    false => update,
                }
            });
            self.dependencies.hub.publish(&recipe_state.id, updates);
        }
        if let Some(hints) = &self.dependencies.hints {
            hints.note(&recipe_state.id, recipe_state.revision);
        }
        recipe_state.undo.drop_older();
        self.cache.put(recipe_state);
    }

    /// Answers what is settled; gives back what has to be decided anew.
    fn answer_posts(
        &self,
        posts: Vec<Post>,
        verdicts: Vec<Result<Posted, Refused>>,
        fates: &HashMap<RecipeId, CommitResult>,
        unsure: &HashSet<RecipeId>,
    ) -> Vec<Post> {
        let mut again = Vec::new();
        for (post, verdict) in posts.into_iter().zip(verdicts) {
            let recipe = &post.draft.recipe;
            match fates.get(recipe) {
                Some(CommitResult::Lost) => again.push(post),
                Some(CommitResult::Unknown) => self.answer(post, Err(Refused::Unavailable)),
                Some(CommitResult::Written) | None
                    if verdict.is_err() && unsure.contains(recipe) =>
                {
                    again.push(post);
                }
                Some(CommitResult::Written) | None => self.answer(post, verdict),
            }
        }
        again
    }

    fn answer(&self, post: Post, answer: Result<Posted, Refused>) {
        let counted = answer.as_ref().map(|posted| posted.duplicate);
        self.dependencies
            .metrics
            .message(counted.map_err(|refused| *refused));
        // Whoever asked may have stopped waiting; what was accepted stays so.
        post.answer.send(answer).ok();
    }
}
