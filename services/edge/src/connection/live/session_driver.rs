//! How a connection drives its session: which event an order is, what is done about each action, and where others
//! hear of it.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use proto::websocket::frames::AuthRequiredReason;
use runtime::clock::SleepWatch;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep},
};
use tracing::debug;

use super::{End, Live, Outcome, RETRY_DELAY};
use crate::{
    deadlines::{Issuer, Prompt},
    registry::Order,
    session::{Action, Event, PromptReason, PromptSource, Reauth, Verdict},
    upstream::auth::AuthError,
    wire::outbound,
};

impl<S: AsyncRead + AsyncWrite + Unpin> Live<'_, S> {
    /// Does what the connection is told from outside.
    pub(super) async fn on_order(&mut self, order: Order) -> Result<(), End> {
        let event = match order {
            Order::Close(close) => return Err(End::Closed(close)),
            // What a sleep means was found out before.
            Order::Woke => Event::Tick,
            Order::Review { generation } => Event::Prompted {
                generation,
                reason: PromptReason::Review,
                source: PromptSource::OwnNode,
            },
            Order::Prompt(Prompt {
                generation, issuer, ..
            }) => Event::Prompted {
                generation,
                reason: PromptReason::Expiring,
                source: match issuer {
                    Issuer::OwnNode => PromptSource::OwnNode,
                    Issuer::OtherNode => PromptSource::OtherNode,
                },
            },
        };
        self.dispatch(event).await
    }

    /// Hands an event to the rules and carries out what they say.
    pub(super) async fn dispatch(&mut self, event: Event) -> Result<(), End> {
        for action in self.decide(event) {
            match action {
                Action::Verify => self.verify(),
                Action::Answer(reauth) => self.answer(reauth, true),
                Action::AnswerUnchanged(reauth) => self.answer(reauth, false),
                Action::Ask {
                    reason,
                    source,
                    answer_in,
                } => self.ask(reason, source, answer_in).await?,
                Action::Record => self.record(),
                Action::Close(close) => return Err(End::Closed(close)),
            }
        }
        Ok(())
    }

    /// Tells the rules how long the machine has slept, if it has: before anything is accepted.
    pub(super) fn notice_sleep(&mut self) -> Result<(), End> {
        let Some(slept) = self.sleeps.slept(&*self.edge.clock) else {
            return Ok(());
        };
        debug!(?slept, "the machine was suspended");
        for action in self.decide(Event::Slept(slept)) {
            match action {
                Action::Record => self.record(),
                Action::Close(close) => return Err(End::Closed(close)),
                Action::Verify
                | Action::Answer(_)
                | Action::AnswerUnchanged(_)
                | Action::Ask { .. } => {}
            }
        }
        Ok(())
    }

    fn decide(&mut self, event: Event) -> Vec<Action> {
        #[cfg(test)]
        let Some(event) = self.telemetry.twist(event, &mut self.session) else {
            return Vec::new();
        };
        let (generation, now) = (self.session.generation(), Instant::now());
        let actions = self.session.handle(event, now);
        if self.session.generation() != generation {
            let planned = self.edge.plan_prompt(self.session.latest_ask_at(), now);
            self.session.ask_earlier(planned.earlier());
            self.planned = planned;
        }
        actions
    }

    /// Has the oldest unverified `auth` verified. While the auth service cannot be asked the verdict is open: it is asked
    /// again for as long as the old token lives, which ends the connection by itself.
    fn verify(&mut self) {
        let Some(token) = self.session.unverified_token().cloned() else {
            return;
        };
        let calls = Arc::clone(&self.edge.calls);
        let watch = SleepWatch::new(&*self.edge.clock);
        let verify = async move {
            loop {
                match calls.validate(&token).await {
                    Ok((principal, expires)) => {
                        let principal = Arc::new(principal);
                        return Verdict::Good { principal, expires };
                    }
                    Err(AuthError::Unauthenticated(_)) => return Verdict::Invalid,
                    Err(_) => sleep(RETRY_DELAY).await,
                }
            }
        };
        let outcome = verify.map(move |verdict| Outcome::Verified(verdict, watch));
        self.under_way.push(outcome.boxed());
    }

    /// Has an accepted `auth` answered; `renewed`: its token is another one than before.
    fn answer(&mut self, reauth: Reauth, renewed: bool) {
        self.telemetry.accepted(renewed);
        self.rejoin(reauth, Duration::ZERO);
    }

    /// Tells the client that it must prove itself again.
    async fn ask(
        &mut self,
        reason: PromptReason,
        source: PromptSource,
        answer_in: Duration,
    ) -> Result<(), End> {
        let lateness = Instant::now().saturating_duration_since(self.session.ask_at());
        self.telemetry.asks(reason, source, answer_in, lateness);
        let reason = match reason {
            PromptReason::Expiring => AuthRequiredReason::Expiring,
            PromptReason::Review => AuthRequiredReason::Review,
        };
        let now = self.edge.clock.now();
        self.write(outbound::auth_required(reason, now + answer_in, now))
            .await
    }

    /// Notes the session's state in the registry and in the schedule. First here, then there: a prompt that finds nobody
    /// here is struck from the schedule.
    pub(super) fn record(&mut self) {
        let record = self.session.record(&self.id, self.recipe);
        let principal = self.session.principal();
        self.telemetry.recorded(&record, principal);
        self.connection.insert_session(record.clone(), principal);
        self.edge.deadlines.schedule(record);
    }

    /// Gives the session up, or leaves it to be resumed, as the end of the connection says.
    pub(in crate::connection) fn release(&self, end: End) {
        self.connection.release(&self.id);
        if end.ends_session() {
            let generation = self.session.generation();
            self.edge.deadlines.cancel(&self.id, generation);
        }
    }
}
