//! The two streaming calls: a link, and a subscription, which is a link with one recipe and no calls.

use std::{future::pending, sync::Arc};

use futures_util::{StreamExt, future::ready, stream};
use proto::{
    chat::{self as wire, subscribe_recipe_response},
    ids::{Position, RecipeId},
};
use tokio::time::sleep;
use tonic::{Status, Streaming};
use tracing::{Span, debug};

use super::{Chat, Events, encoded_recipes::EncodedRecipes, requests, responses, statuses::status};
use crate::{
    link::{self, Ask, Attach, Authorization, Call},
    outbox::{Event, Outbox},
    presence::Change,
    recipes::JoinAs,
    refused::Refused,
    verifier::Caller,
};

impl Chat {
    pub(super) fn open_link(
        &self,
        requests: Streaming<wire::LinkRequest>,
    ) -> Events<wire::LinkResponse> {
        let callers = self.verifier.for_link();
        // One after the other: a token that has to wait for its key holds up what came after it.
        let calls = stream::unfold((requests, callers), |(mut requests, mut callers)| async {
            match requests.message().await {
                Ok(Some(request)) => {
                    let call = requests::call(request, &mut callers).await;
                    Some((call, (requests, callers)))
                }
                Ok(None) => None,
                Err(status) => {
                    debug!(%status, "a link broke");
                    None
                }
            }
        });
        let outbox = self.drive(calls);
        let mut recipes = EncodedRecipes::default();
        Box::pin(
            link::events(outbox).map(move |event| Ok(responses::response(event, &mut recipes))),
        )
    }

    pub(super) async fn subscribe(
        &self,
        caller: Caller,
        recipe: RecipeId,
        after: Option<Position>,
    ) -> Result<Events<wire::SubscribeRecipeResponse>, Refused> {
        let left = self.verifier.time_left(&caller);
        let who = caller.who;
        let known = match after {
            Some(after) => self.recipes.knows(&who, &recipe, after).await?,
            None => None,
        };
        let (snapshot, after) = match known {
            Some(after) => (None, after),
            None => {
                let joined = self.recipes.join(JoinAs {
                    who: who.clone(),
                    recipe: recipe.clone(),
                    after: None,
                });
                let joined = joined.await?;
                let after = joined.position.clone();
                (Some(wire::JoinRecipeResponse::from(&joined)), after)
            }
        };
        let attach = Call {
            number: 0,
            span: Span::none(),
            ask: Ask::Attach(
                Attach {
                    recipe,
                    after: Some(after),
                    answered_position: None,
                    attachment: 0,
                    // The token and the audience are judged here.
                    authorization: Authorization::Unneeded,
                },
                Change::default(),
            ),
        };
        // The stream of calls must not end: the subscription would.
        let calls = stream::once(ready(attach)).chain(stream::pending());
        let updates = link::events(self.drive(calls)).filter_map(move |event| {
            ready(match event {
                Event::Update { update, .. } => Some(Ok(subscribe_recipe_response::Event::Update(
                    (&*update).into(),
                ))),
                Event::Audience { audience, .. } if !audience.admits(&who) => {
                    Some(Err(status(Refused::NoSuchRecipe)))
                }
                Event::Divergence { .. } => Some(Err(Status::aborted(
                    "the recipe has another history now; subscribe again",
                ))),
                Event::Ended { .. } => Some(Err(status(Refused::NoSuchRecipe))),
                Event::Audience { .. } | Event::Presence { .. } | Event::Answer { .. } => None,
            })
        });
        let snapshot =
            snapshot.map(|joined| Ok(subscribe_recipe_response::Event::Snapshot(joined)));
        let events = stream::iter(snapshot).chain(updates);
        let token_ends = async move {
            match left {
                Some(left) => sleep(left).await,
                None => pending().await,
            }
        };
        Ok(Box::pin(ending(events).take_until(token_ends).map(
            |event| event.map(|event| wire::SubscribeRecipeResponse { event: Some(event) }),
        )))
    }

    /// Starts the task of a link and gives its outbox.
    fn drive(&self, calls: impl futures_util::Stream<Item = Call> + Send + 'static) -> Arc<Outbox> {
        let outbox = Outbox::new(self.link_queue, Arc::clone(self.recipes.metrics()));
        self.lifecycle.spawn(link::run(
            calls,
            Arc::clone(&outbox),
            self.recipes.clone(),
            self.lifecycle.clone(),
        ));
        outbox
    }
}

/// Ends a stream after its first error.
fn ending<T: Send>(
    events: impl futures_util::Stream<Item = Result<T, Status>> + Send,
) -> impl futures_util::Stream<Item = Result<T, Status>> + Send {
    events.scan(false, |failed, event| {
        let ended = std::mem::replace(failed, event.is_err());
        ready((!ended).then_some(event))
    })
}
