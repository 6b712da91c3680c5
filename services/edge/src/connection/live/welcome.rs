//! What a connection tells its client of the recipe: the answers to `auth`, the room's updates, and, for one
//! that has fallen behind, everything that it missed at once. Revisions only go up.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::ids::Revision;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep},
};

use super::{End, Live, Outcome, Tally};
use crate::{
    metrics::{self, Asker},
    rooms::{Since, Update},
    session::{Event, Reauth},
    upstream::chat::{ChatError, Join, Joined},
    wire::{
        frames::{Author, RecipeUpdate, SessionInfo},
        outbound,
    },
};

impl<S: AsyncRead + AsyncWrite + Unpin> Live<'_, S> {
    /// Answers an accepted `auth` with the recipe and the session.
    pub(super) async fn welcome(
        &mut self,
        joined: Joined,
        reauth: Reauth,
        tally: &mut Tally,
    ) -> Result<(), End> {
        self.written = joined.revision;
        let payload = RecipeUpdate {
            session: Some(self.session_info()),
            in_reply_to: reauth.id.map(|id| id.to_string()),
            ..self.full_update(joined)
        };
        let frame = outbound::recipe_update(payload, self.edge.clock.now());
        self.write(frame, tally).await?;
        self.happen(Event::Welcomed, Asker::OwnNode, tally).await
    }

    /// Answers a re-`auth`: the client may be ahead of the recipe that was fetched for it, or behind.
    pub(super) async fn welcome_again(
        &mut self,
        joined: Joined,
        reauth: Reauth,
        tally: &mut Tally,
    ) -> Result<(), End> {
        self.write_updates(tally).await?;
        match self.bring_forward(joined) {
            Some(joined) => self.welcome(joined, reauth, tally).await,
            None => {
                self.rejoin(reauth, Duration::ZERO);
                Ok(())
            }
        }
    }

    /// Makes a fetched recipe one that the client can be given now: not older than what it has, and without
    /// a gap after that. `None` when it must be fetched again.
    fn bring_forward(&self, mut joined: Joined) -> Option<Joined> {
        if joined.revision < self.written {
            let Since::Updates(newer) = self.member.since(joined.revision) else {
                return None;
            };
            let newer = newer
                .into_iter()
                .take_while(|update| update.revision <= self.written);
            for update in newer {
                joined.revision = update.revision;
                joined.recipe = update.recipe.clone();
                joined.messages.push(update.message.clone());
            }
            return (joined.revision == self.written).then_some(joined);
        }
        let next = self.written + 1;
        let whole = joined.revision == self.written
            || joined
                .messages
                .first()
                .is_some_and(|first| first.revision <= next);
        whole.then_some(joined)
    }

    /// Fetches the recipe for the answer to a re-`auth`.
    pub(super) fn rejoin(&mut self, reauth: Reauth, delay: Duration) {
        let join = self.fetch(reauth.revision, delay);
        let outcome = join.map(move |joined| Outcome::Rejoined(joined, reauth));
        self.under_way.push(outcome.boxed());
    }

    /// Fetches what the client has missed.
    pub(super) fn catch_up(&mut self, delay: Duration) {
        self.catching_up = true;
        let join = self.fetch(Some(self.written), delay);
        self.under_way.push(join.map(Outcome::CaughtUp).boxed());
    }

    fn fetch(
        &self,
        after: Option<Revision>,
        delay: Duration,
    ) -> BoxFuture<'static, Result<Joined, ChatError>> {
        let link = self.edge.link.clone();
        let join = Join {
            principal: self.session.principal().clone(),
            recipe: self.recipe.clone(),
            create: false,
            after,
        };
        let fetch = async move {
            sleep(delay).await;
            link.join(join).await
        };
        fetch.boxed()
    }

    /// Writes what the room has that the client has not.
    pub(super) async fn write_updates(&mut self, tally: &mut Tally) -> Result<(), End> {
        while !self.catching_up {
            match self.member.since(self.written) {
                Since::Nothing => return Ok(()),
                Since::Updates(updates) => {
                    for update in updates {
                        self.write_update(&update, tally).await?;
                    }
                }
                Since::TooMuch => self.catch_up(Duration::ZERO),
            }
        }
        Ok(())
    }

    async fn write_update(&mut self, update: &Update, tally: &mut Tally) -> Result<(), End> {
        let mine = update.message.author.id == self.session.principal().user.as_str();
        let frame = if mine && self.answers.answered_by(&update.message) {
            outbound::reply(&update.frame, &update.message.id)
        } else {
            update.frame.clone()
        };
        self.write(frame, tally).await?;
        metrics::fan_out_time().record(update.age(Instant::now()).as_secs_f64(), &[]);
        self.written = update.revision;
        Ok(())
    }

    /// Writes one update that stands for all that the client has missed.
    pub(super) async fn write_missed(
        &mut self,
        joined: Joined,
        tally: &mut Tally,
    ) -> Result<(), End> {
        self.catching_up = false;
        if joined.revision > self.written {
            self.written = joined.revision;
            let frame = outbound::recipe_update(self.full_update(joined), self.edge.clock.now());
            self.write(frame, tally).await?;
        }
        self.ask_for_skipped();
        Ok(())
    }

    fn full_update(&self, joined: Joined) -> RecipeUpdate {
        RecipeUpdate {
            recipe_id: self.recipe.to_string(),
            revision: joined.revision,
            recipe: joined.recipe,
            message: None,
            messages: Some(joined.messages),
            messages_truncated: joined.truncated.then_some(true),
            session: None,
            in_reply_to: None,
        }
    }

    fn session_info(&self) -> SessionInfo {
        let (clock_now, now) = (self.edge.clock.now(), Instant::now());
        // A session that is taken over may have been due before: that time has passed, and is told as it is.
        let time_of = |moment: Instant| {
            clock_now.before(now.saturating_duration_since(moment))
                + moment.saturating_duration_since(now)
        };
        let principal = self.session.principal();
        SessionInfo {
            id: self.id.to_string(),
            connection: self.connection.id.to_string(),
            user: Author {
                id: principal.user.to_string(),
                name: principal.name.to_string(),
            },
            reauth_at: time_of(self.session.ask_at()).to_string(),
            expires_at: time_of(self.session.expires()).to_string(),
        }
    }
}
