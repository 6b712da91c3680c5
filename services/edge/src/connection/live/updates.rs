//! What a connection tells its client of the recipe: the answers to `auth`, the room's updates, and, for one
//! that has fallen behind, everything that it missed at once. Revisions only go up.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::{
    ids::Position,
    websocket::{
        codes::Close,
        frames::{Author, RecipeUpdate, SessionInfo},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep},
};

use super::{End, JoinedAt, Live, Outcome};
use crate::{
    metrics,
    rooms::{SeenAs, Since, Update},
    session::{Event, Reauth},
    upstream::chat::{ChatError, Join, Joined, Recovery},
    wire::{inbound::ResumeFrom, outbound},
};

impl<S: AsyncRead + AsyncWrite + Unpin> Live<'_, S> {
    /// Answers an accepted `auth` with the recipe and the session; the answer waits for the next write.
    pub(super) async fn answer_auth(&mut self, joined: Joined, reauth: Reauth) -> Result<(), End> {
        self.written = joined.position.clone();
        if joined.grant != self.grant || joined.name != self.name {
            self.grant = joined.grant;
            self.name.clone_from(&joined.name);
            self.show_member();
        }
        let payload = RecipeUpdate {
            session: Some(self.session_info()),
            recovered: recovered(&joined, &reauth.resume),
            in_reply_to: reauth.id.map(|id| id.to_string()),
            ..self.full_update(joined)
        };
        let frame = outbound::recipe_update(payload, self.edge.clock.now());
        self.hold(frame).await?;
        self.telemetry.answered();
        self.dispatch(Event::Answered).await
    }

    /// Answers a re-`auth`: the client may be ahead of the recipe that was fetched for it, or behind.
    pub(super) async fn answer_reauth(
        &mut self,
        joined: Joined,
        reauth: Reauth,
        asked_at: &JoinedAt,
    ) -> Result<(), End> {
        self.write_updates().await?;
        if self.is_refuted_by(&joined, asked_at) {
            return Err(End::Closed(Close::ServiceRestart));
        }
        match self.bring_forward(joined, &reauth) {
            Some(joined) => {
                self.answer_auth(joined, reauth).await?;
                self.flush().await
            }
            None => {
                self.rejoin(reauth, Duration::ZERO);
                Ok(())
            }
        }
    }

    /// Whether a fetched recipe shows that what the client was sent is of another history, or may be.
    fn is_refuted_by(&self, joined: &Joined, asked_at: &JoinedAt) -> bool {
        let went_back = joined.position.revision < asked_at.written.revision;
        let at_written = joined.at(self.written.revision);
        let other_there = at_written
            .as_ref()
            .is_some_and(|there| there.contradicts(&self.written));
        // A client whose position is not known may only be mistaken, if what it was sent here stands.
        let unknown = self.written.revision > 0 && at_written.is_none();
        went_back
            || other_there
            || (unknown && joined.recovery == Recovery::Diverged)
            || self.member.refute(&joined.position, &asked_at.room)
    }

    /// Makes a fetched recipe one that the client can be given now: not older than what it has, and without
    /// a gap after that unless it begins anew. `None` when it must be fetched again.
    fn bring_forward(&self, mut joined: Joined, reauth: &Reauth) -> Option<Joined> {
        let written = self.written.revision;
        if joined.position.revision < written {
            let Since::Updates(newer) = self.member.since(&joined.position) else {
                return None;
            };
            let newer = newer
                .into_iter()
                .take_while(|update| update.position.revision <= written);
            for update in newer {
                joined.position = update.position.clone();
                joined.recipe = update.recipe.clone();
                let message = update.message.clone();
                let user = &self.session.principal().user;
                joined.messages.push(outbound::seen_by(user, message));
            }
            return (joined.position.revision == written).then_some(joined);
        }
        let whole = joined.position.revision == written
            || joined
                .messages
                .first()
                .is_some_and(|first| first.revision <= written + 1);
        let anew = recovered(&joined, &reauth.resume) == Some(false);
        (whole || anew).then_some(joined)
    }

    /// Fetches the recipe for the answer to a re-`auth`.
    pub(super) fn rejoin(&mut self, reauth: Reauth, delay: Duration) {
        let asked_at = self.asked_at();
        let join = self.fetch(reauth.resume.position().cloned(), delay);
        let outcome = join.map(move |joined| Outcome::Rejoined(joined, reauth, asked_at));
        self.under_way.push(outcome.boxed());
    }

    /// Fetches what the client has missed.
    pub(super) fn catch_up(&mut self, delay: Duration) {
        self.catching_up = true;
        let asked_at = self.asked_at();
        let join = self.fetch(Some(self.written.clone()), delay);
        let outcome = join.map(move |joined| Outcome::CaughtUp(joined, asked_at));
        self.under_way.push(outcome.boxed());
    }

    fn asked_at(&self) -> JoinedAt {
        JoinedAt {
            written: self.written.clone(),
            room: self.member.position(),
        }
    }

    fn fetch(
        &self,
        after: Option<Position>,
        delay: Duration,
    ) -> BoxFuture<'static, Result<Joined, ChatError>> {
        let calls = Arc::clone(&self.edge.calls);
        let join = Join {
            principal: Arc::clone(self.session.principal()),
            recipe: self.recipe.clone(),
            after,
        };
        let fetch = async move {
            sleep(delay).await;
            calls.join(join).await
        };
        fetch.boxed()
    }

    /// Writes what the client does not know yet: of the recipe, and of who is there.
    pub(super) async fn write_news(&mut self) -> Result<(), End> {
        self.write_updates().await?;
        match self.member.presence_news() {
            Some(frame) => self.write(frame).await,
            None => Ok(()),
        }
    }

    /// Writes who is there, for the first time.
    pub(super) async fn write_first_presence(&mut self) -> Result<(), End> {
        match self.member.first_presence(self.edge.clock.now()) {
            Some(frame) => self.write(frame).await,
            None => self.flush().await,
        }
    }

    /// Notes what the client has proved last, and may do, where others hear of it.
    pub(super) fn show_member(&self) {
        let shown = SeenAs {
            name: self.name.clone(),
            role: self.grant.map(|grant| grant.role),
        };
        self.member.show(self.session.principal(), &shown);
    }

    /// Writes what the room has that the client has not.
    pub(super) async fn write_updates(&mut self) -> Result<(), End> {
        while !self.catching_up {
            match self.member.since(&self.written) {
                Since::Nothing => return Ok(()),
                // The client learns how its history stands to the recipe's when it comes back with its position.
                Since::Diverged => return Err(End::Closed(Close::ServiceRestart)),
                Since::Updates(updates) => {
                    for update in updates {
                        self.write_update(&update).await?;
                    }
                }
                Since::TooMuch => self.catch_up(Duration::ZERO),
            }
        }
        Ok(())
    }

    async fn write_update(&mut self, update: &Update) -> Result<(), End> {
        let mine = update.message.author.id == self.session.principal().user.as_str();
        let frame = update.frame_for(mine);
        let frame = if mine && self.answers.answered_by(&update.message) {
            outbound::reply(frame, &update.message.id)
        } else {
            frame.clone()
        };
        self.write(frame).await?;
        metrics::fan_out_time().record(update.age(Instant::now()).as_secs_f64(), &[]);
        self.written = update.position.clone();
        self.tell_grant(update).await
    }

    /// Tells the client what it may do from now on, where that is another than it was told.
    async fn tell_grant(&mut self, update: &Update) -> Result<(), End> {
        let principal = self.session.principal();
        let granted = update.access.as_ref();
        let granted = granted.and_then(|access| access.grant_of(&principal.user, &principal.name));
        // Who may do nothing any more is closed by the registry.
        if granted.is_none() || granted == self.grant {
            return Ok(());
        }
        self.grant = granted;
        self.show_member();
        let payload = RecipeUpdate {
            recipe_id: self.recipe.to_string(),
            revision: update.position.revision,
            recipe: update.recipe.clone(),
            message: None,
            messages: None,
            messages_truncated: None,
            session: Some(self.session_info()),
            recovered: None,
            in_reply_to: None,
        };
        self.write(outbound::recipe_update(payload, self.edge.clock.now()))
            .await
    }

    /// Writes one update that stands for all that the client has missed.
    pub(super) async fn write_missed(
        &mut self,
        joined: Joined,
        asked_at: &JoinedAt,
    ) -> Result<(), End> {
        self.catching_up = false;
        if joined.recovery == Recovery::Diverged || self.is_refuted_by(&joined, asked_at) {
            return Err(End::Closed(Close::ServiceRestart));
        }
        if joined.position.revision > self.written.revision {
            self.written = joined.position.clone();
            let changed = joined.grant != self.grant || joined.name != self.name;
            if changed {
                self.grant = joined.grant;
                self.name.clone_from(&joined.name);
                self.show_member();
            }
            let payload = RecipeUpdate {
                session: changed.then(|| self.session_info()),
                ..self.full_update(joined)
            };
            let frame = outbound::recipe_update(payload, self.edge.clock.now());
            self.write(frame).await?;
        }
        self.ask_for_skipped();
        Ok(())
    }

    fn full_update(&self, joined: Joined) -> RecipeUpdate {
        RecipeUpdate {
            recipe_id: self.recipe.to_string(),
            revision: joined.position.revision,
            recipe: joined.recipe,
            message: None,
            messages: Some(joined.messages),
            messages_truncated: joined.truncated.then_some(true),
            session: None,
            recovered: None,
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
        let name = self.name.as_ref().unwrap_or(&principal.shown_name);
        SessionInfo {
            id: self.id.to_string(),
            connection: Some(self.connection.id.to_string()),
            user: Author {
                id: principal.user.to_string(),
                name: name.to_string(),
            },
            role: self.grant.map(|grant| grant.role),
            visibility: self.grant.map(|grant| grant.visibility),
            reauth_at: time_of(self.session.ask_at()).to_string(),
            expires_at: time_of(self.session.expires()).to_string(),
        }
    }
}

/// Whether nothing is missing between where the client stood and a fetched recipe; `None` when it named no revision.
fn recovered(joined: &Joined, resume: &ResumeFrom) -> Option<bool> {
    match resume {
        ResumeFrom::Start => None,
        ResumeFrom::Position(_) => Some(joined.recovery == Recovery::Complete),
        ResumeFrom::Nowhere => Some(false),
    }
}
