//! A link: one stream of numbered calls in, one stream of answers and updates out. One task drives it.
//!
//! Posts go to the pipeline in the order in which they came; everything that has to be waited for is waited for
//! beside the loop. On one link no answer overtakes the updates that came before it: `outbox` sees to that.

use std::{sync::Arc, time::Duration};

use futures_util::{
    FutureExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{self, FuturesUnordered},
};
use proto::ids::RecipeId;
use runtime::{clock::Timestamp, lifecycle::Lifecycle};
use tokio::{
    pin,
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::{Instrument, Span, debug, warn};

use crate::outbox::CatchUp;
pub(crate) use crate::outbox::{Attach, Authorization, Event, Outbox, Reply};
use crate::{
    catch_up::CaughtUp,
    presence::{Change, LinkId},
    recipe_state::Draft,
    recipes::{JoinAs, Recipes},
    refused::Refused,
    verifier::Caller,
};

/// How many calls one link may have under way; it is not read further meanwhile.
const MAX_PENDING_CALLS: usize = 4096;
/// How long a link waits until it asks a store again that could not be read.
const STORE_RETRY_DELAY: Duration = Duration::from_millis(500);
/// How long a join waits until it is decided anew.
const JOIN_RETRY_DELAY: Duration = Duration::from_millis(10);
/// How often attachments of users whose tokens have ended are looked for.
const PROOF_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// One call on a link. Number 0 wants no answer.
#[derive(Debug)]
pub(crate) struct Call {
    /// Names the answer.
    pub number: u64,
    /// The span that the work belongs to.
    pub span: Span,
    /// What is asked for.
    pub ask: Ask,
}

/// What can be asked for on a link.
#[derive(Debug)]
pub(crate) enum Ask {
    /// The updates of a recipe, after a position or from now on; and who is there.
    Attach(Attach, Change),
    /// No more updates of a recipe.
    Detach(RecipeId),
    /// To come in.
    Join {
        /// Who, and where.
        join: JoinAs,
        /// Until when it is shown who it is; `None` when callers are believed.
        until: Option<Timestamp>,
    },
    /// To know who has come to an attached recipe or gone.
    Presence(RecipeId, Change),
    /// To accept a message.
    Post(Box<Draft>),
    /// Something that makes no sense; the words say why.
    Malformed(String),
    /// Something whose caller is not believed.
    Refused(Refused),
}

/// Drives a link until the calls end, the receiver leaves, or the service stops; then finishes what is under way.
pub(crate) async fn run(
    calls: impl Stream<Item = Call>,
    outbox: Arc<Outbox>,
    recipes: Recipes,
    lifecycle: Lifecycle,
) {
    let mut link = Link {
        id: recipes.hub().presence().open_link(),
        outbox,
        recipes,
        under_way: FuturesUnordered::new(),
    };
    link.recipes.metrics().link_opened();
    pin!(calls);
    let mut proof_checks = interval(PROOF_CHECK_INTERVAL);
    proof_checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            call = calls.next(), if link.under_way.len() < MAX_PENDING_CALLS => match call {
                Some(call) => link.begin(call),
                None => break,
            },
            Some(()) = link.under_way.next() => {}
            behind = link.outbox.behind() => link.catch_up(behind),
            _ = proof_checks.tick() => link.end_unverified(),
            () = link.outbox.abandoned() => break,
            () = lifecycle.stopping() => break,
        }
    }
    link.finish(&lifecycle).await;
}

struct Link {
    id: LinkId,
    outbox: Arc<Outbox>,
    recipes: Recipes,
    under_way: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Link {
    fn begin(&mut self, call: Call) {
        let Call { number, span, ask } = call;
        match ask {
            Ask::Attach(attach, people) => {
                // Entered first and read then: nothing can slip between.
                let recipe = attach.recipe.clone();
                let now = self.recipes.now();
                match self.outbox.attach(attach, number, now).is_continue() {
                    true => {
                        let hub = self.recipes.hub();
                        hub.enter(&recipe, &self.outbox);
                        hub.presence().change(self.id, &recipe, people);
                    }
                    false => self.leave(&recipe),
                }
            }
            Ask::Detach(recipe) => {
                self.leave(&recipe);
                self.outbox.detach(&recipe);
            }
            Ask::Presence(recipe, change) => {
                // What comes after the attachment has ended would stay.
                if self.outbox.is_attached(&recipe) {
                    let presence = self.recipes.hub().presence();
                    presence.change(self.id, &recipe, change);
                }
            }
            Ask::Join { join, until } => self.join(number, join, until, span),
            Ask::Post(draft) => self.post(number, *draft, span),
            Ask::Malformed(why) => self.outbox.answer(number, Reply::Malformed(why)),
            Ask::Refused(refused) => self.outbox.answer(number, Reply::Refused(refused)),
        }
    }

    fn end_unverified(&mut self) {
        for recipe in self.outbox.end_unverified(self.recipes.now()) {
            self.leave(&recipe);
        }
    }

    /// Nothing more is sent of a recipe, and nobody of this link is there.
    fn leave(&self, recipe: &RecipeId) {
        leave(&self.recipes, self.id, recipe, &self.outbox);
    }

    fn join(&mut self, number: u64, join: JoinAs, until: Option<Timestamp>, span: Span) {
        let (outbox, recipes) = (Arc::clone(&self.outbox), self.recipes.clone());
        let joining = async move {
            loop {
                let sent = outbox.sent(&join.recipe);
                let answered = match recipes.join(join.clone()).await {
                    Ok(joined) => {
                        let who = join.who.clone();
                        outbox.came_in(&join.recipe, Caller { who, until });
                        outbox.answer_join(number, joined, sent)
                    }
                    Err(refused) => {
                        outbox.answer(number, Reply::Refused(refused));
                        true
                    }
                };
                if answered {
                    break;
                }
                sleep(JOIN_RETRY_DELAY).await;
            }
        };
        self.under_way.push(joining.instrument(span).boxed());
    }

    fn post(&mut self, number: u64, draft: Draft, span: Span) {
        let recipe = draft.recipe.clone();
        let submitted = span.in_scope(|| self.recipes.submit(draft, &span));
        let outbox = Arc::clone(&self.outbox);
        let posting = async move {
            let posted = match submitted {
                Ok(submitted) => submitted.settled().await,
                Err(refused) => Err(refused),
            };
            outbox.answer(
                number,
                match posted {
                    Ok(posted) => Reply::Posted { recipe, posted },
                    Err(refused) => Reply::Refused(refused),
                },
            );
        };
        self.under_way.push(posting.instrument(span).boxed());
    }

    fn catch_up(&mut self, behind: CatchUp) {
        let (outbox, recipes) = (Arc::clone(&self.outbox), self.recipes.clone());
        let link = self.id;
        recipes.metrics().catch_up();
        let reading = async move {
            if behind.again {
                sleep(STORE_RETRY_DELAY).await;
            }
            let caught_up = recipes
                .catch_up(
                    &behind.recipe,
                    behind.after.as_ref(),
                    behind.answered_position.as_ref(),
                    behind.sent_for.as_ref(),
                )
                .await;
            match &caught_up {
                Ok(CaughtUp {
                    diverged: Some(told),
                    position,
                    ..
                }) => {
                    recipes.metrics().diverged();
                    warn!(
                        recipe.id = %behind.recipe,
                        revision = position.revision,
                        told = told.revision,
                        "a recipe's history is not the one that an edge was told; the edge begins anew",
                    );
                }
                Ok(_) => {}
                Err(refused) => {
                    warn!(recipe.id = %behind.recipe, %refused, "cannot read what a link has missed");
                }
            }
            if outbox.caught_up(&behind, caught_up).is_break() {
                leave(&recipes, link, &behind.recipe, &outbox);
            }
        };
        self.under_way.push(reading.boxed());
    }

    /// Lets the posts and joins under way be answered, then ends the stream.
    async fn finish(mut self, lifecycle: &Lifecycle) {
        let answered = async { while self.under_way.next().await.is_some() {} };
        tokio::select! {
            () = answered => {}
            () = self.outbox.abandoned() => {}
            () = lifecycle.killed() => {}
        }
        let attached = self.outbox.finish();
        debug!(recipes = attached.len(), "a link ended");
        for recipe in attached {
            self.leave(&recipe);
        }
        self.recipes.metrics().link_closed();
    }
}

fn leave(recipes: &Recipes, link: LinkId, recipe: &RecipeId, outbox: &Arc<Outbox>) {
    recipes.hub().leave(recipe, outbox);
    recipes.hub().presence().leave(link, recipe);
}

/// What comes out of an outbox. Dropping the stream abandons it.
pub(crate) fn events(outbox: Arc<Outbox>) -> impl Stream<Item = Event> + Send {
    let receiver = Receiver(outbox);
    stream::unfold(receiver, |receiver| async {
        let event = receiver.0.next().await?;
        Some((event, receiver))
    })
}

struct Receiver(Arc<Outbox>);

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
