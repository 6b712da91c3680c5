//! The commit pipeline: posts queue, bounded, per shard of recipes; each shard takes what is there, applies it in
//! order of arrival, commits it in one transaction, and only then publishes and answers.
//!
//! It decides nothing about a message, which `recipe_state` does, and knows no SQL.

mod batch;
mod cache;
mod shard;
#[cfg(test)]
mod tests;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use proto::ids::RecipeId;
use runtime::{audit::Audit, clock::SharedClock, trace_context::traceparent};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

pub(crate) use self::shard::Shard;
use crate::{
    audit::AuditEvent, hints::Hints, hub::Hub, message::Posted, metrics::Metrics, quota::Quotas,
    recipe_state::Draft, refused::Refused, store::Store,
};

/// How many shards recipes are spread over. More would only make smaller batches.
const SHARD_COUNT: usize = 4;

/// What becomes of a post, once it is known.
pub(crate) type Answer = oneshot::Receiver<Result<Posted, Refused>>;

/// A post in the queue.
#[derive(Debug)]
struct Post {
    draft: Draft,
    span: Span,
    answer: oneshot::Sender<Result<Posted, Refused>>,
}

/// What a shard is asked to do.
#[derive(Debug)]
enum Order {
    Post(Box<Post>),
    /// Read the recipe again before using it.
    Forget(RecipeId),
}

/// Everything that a pipeline works with.
#[derive(Debug, Clone)]
pub(crate) struct Dependencies {
    /// Where recipes are kept.
    pub store: Store,
    /// Who hears of updates.
    pub hub: Arc<Hub>,
    /// What other replicas are told, where there can be any.
    pub(crate) hints: Option<Arc<Hints>>,
    /// What time it is.
    pub clock: SharedClock,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How much each user may write.
    pub quotas: Arc<Quotas>,
    /// Where it is noted who changed who may come in.
    pub(crate) audit: Audit<AuditEvent>,
}

/// How large a pipeline may get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many posts may wait in each shard.
    pub queue: usize,
    /// How many recipes are kept at hand, over all shards.
    pub cached: usize,
}

/// Where posts go in.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    shards: Arc<[mpsc::Sender<Order>]>,
    metrics: Arc<Metrics>,
}

impl Pipeline {
    /// A pipeline and its shards, which have to be run. A shard ends when the last clone of the pipeline is gone.
    pub(crate) fn new(limits: Limits, dependencies: &Dependencies) -> (Self, Vec<Shard>) {
        let (senders, shards): (Vec<_>, Vec<_>) = (0..SHARD_COUNT)
            .map(|_| {
                let (sender, queue) = mpsc::channel(limits.queue);
                let shard = Shard::new(queue, limits.cached / SHARD_COUNT, dependencies.clone());
                (sender, shard)
            })
            .unzip();
        let pipeline = Self {
            shards: senders.into(),
            metrics: Arc::clone(&dependencies.metrics),
        };
        (pipeline, shards)
    }

    /// Puts a post into the queue, at once: posts of one recipe are applied in the order of these calls.
    ///
    /// # Errors
    /// When too many are waiting.
    pub(crate) fn submit(&self, mut draft: Draft, span: Span) -> Result<Answer, Refused> {
        let (answer, answered) = oneshot::channel();
        draft.traceparent = traceparent(&span);
        let shard = self.shard_of(&draft.recipe);
        let post = Box::new(Post {
            draft,
            span,
            answer,
        });
        match shard.try_send(Order::Post(post)) {
            Ok(()) => Ok(answered),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.metrics.message(Err(Refused::Busy));
                Err(Refused::Busy)
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Unavailable),
        }
    }

    /// Makes the recipe be read again before it is next used: it changed beside the pipeline.
    pub(crate) async fn forget(&self, recipe: &RecipeId) {
        let order = Order::Forget(recipe.clone());
        // A shard that has ended remembers nothing.
        self.shard_of(recipe).send(order).await.ok();
    }

    /// A look at the queues that does not keep the shards running.
    pub(crate) fn queues(&self) -> Queues {
        Queues(self.shards.iter().map(mpsc::Sender::downgrade).collect())
    }

    fn shard_of(&self, recipe: &RecipeId) -> &mpsc::Sender<Order> {
        let mut hasher = DefaultHasher::new();
        recipe.hash(&mut hasher);
        let shard = hasher.finish() % self.shards.len() as u64;
        &self.shards[usize::try_from(shard).unwrap_or_default()]
    }
}

/// The queues of a pipeline, to be watched.
#[derive(Debug)]
pub(crate) struct Queues(Vec<mpsc::WeakSender<Order>>);

impl Queues {
    /// How many posts are waiting.
    pub(crate) fn depth(&self) -> usize {
        let shards = self.0.iter().filter_map(mpsc::WeakSender::upgrade);
        shards
            .map(|shard| shard.max_capacity() - shard.capacity())
            .sum()
    }
}
