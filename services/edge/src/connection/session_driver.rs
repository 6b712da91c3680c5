//! How a connection drives its session: which event an order is, what is done about each action, and where others
//! hear of it. The simulation of deadlines drives its sessions with this code too.

use std::time::Duration;

use proto::ids::SessionId;
use tokio::time::Instant;

use super::End;
use crate::{
    deadlines::{Deadlines, Issuer, Prompt, SessionRecord},
    registry::{Connection, Order},
    session::{Action, Event, PromptReason, PromptSource, Reauth, Session},
    upstream::Principal,
};

/// A connection, as its session's rules see it.
pub(crate) trait SessionDriver {
    /// The rules.
    fn session(&mut self) -> &mut Session;

    /// Has the oldest unverified `auth` verified.
    fn verify(&mut self);

    /// Has an accepted `auth` answered; `renewed`: its token is another one than before.
    fn answer(&mut self, reauth: Reauth, renewed: bool);

    /// Tells the client that it must prove itself again.
    async fn ask(
        &mut self,
        reason: PromptReason,
        source: PromptSource,
        answer_in: Duration,
    ) -> Result<(), End>;

    /// Notes the session's state where others look for it.
    fn record(&mut self);

    /// Does what the connection is told from outside.
    async fn on_order(&mut self, order: Order) -> Result<(), End> {
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
    async fn dispatch(&mut self, event: Event) -> Result<(), End> {
        for action in self.session().handle(event, Instant::now()) {
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

    /// Tells the rules how long the machine has slept: before anything is accepted.
    fn on_sleep(&mut self, slept: Duration) -> Result<(), End> {
        for action in self.session().handle(Event::Slept(slept), Instant::now()) {
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
}

/// Notes a session's state in the registry and in the schedule. First here, then there: a prompt that finds nobody here
/// is struck from the schedule.
pub(crate) fn publish(
    record: SessionRecord,
    principal: &Principal,
    connection: &Connection,
    deadlines: &Deadlines,
) {
    connection.insert_session(record.clone(), principal);
    deadlines.schedule(record);
}

/// Gives a session up, or leaves it to be resumed, as the end of its connection says.
pub(crate) fn release(
    end: End,
    session: &SessionId,
    generation: u64,
    connection: &Connection,
    deadlines: &Deadlines,
) {
    connection.release(session);
    if end.ends_session() {
        deadlines.cancel(session, generation);
    }
}
