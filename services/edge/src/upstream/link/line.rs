//! A line to one replica: one bidirectional stream, opened again when it breaks.

use std::{sync::Arc, time::Duration};

use proto::{
    chat::{
        Answer, Attach, AttachmentEnded, Audience as ProtoAudience, Detach, Divergence, Expulsion,
        LinkRequest, LinkResponse, LinkUpdate, Presence, PresenceChange,
        chat_service_client::ChatServiceClient, link_request::Call, link_response::Event,
    },
    ids::{Position, RecipeId, UserId},
    websocket::frames::Person,
};
use rand::RngExt as _;
use runtime::{grpc::Channel, trace_context::set_parent};
use tokio::{
    select,
    sync::{Notify, mpsc},
    time::{Instant, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};
use tracing::{Span, debug_span, info, warn};

use super::{
    AccessNews, LinkState, OnAccess,
    pending_call::Answered,
    router::{Outgoing, ReplicaName},
};
use crate::{
    audience::Audience,
    rooms::{Attaching, PeopleChange, Progress, Update},
    upstream::{chat::ChatError, convert},
};

/// How many requests may wait in the stream itself.
const MAX_QUEUED: usize = 256;
/// How many people one request tells of at most.
const MAX_PEOPLE: usize = 1_000;
/// How long the stream may take to open, and how long to wait before it is opened again.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A replica that may be reached.
#[derive(Debug)]
pub(super) struct Replica {
    pub name: ReplicaName,
    pub channel: Channel,
}

/// Keeps the line to a replica open for as long as the replica is found.
pub(super) async fn keep_open(replica: Replica, state: Arc<LinkState>, on_access: OnAccess) {
    let mut backoff = BACKOFF.0;
    // An outage is one line in the log, however long it is; whether it lasts is `edge_link_up`.
    let mut told = None;
    while state.replica_set.keeps(&replica.name) {
        let opened = Instant::now();
        match open(&replica).await {
            Ok((requests, responses)) => {
                let has_outgoing = state.open(&replica);
                info!(replica = %replica.name, "link to the chat service is open");
                told = None;
                let line = LinkStream {
                    state: &state,
                    replica: &replica.name,
                    on_access: &on_access,
                };
                let ended = select! {
                    () = line.send(&has_outgoing, &requests) => "it takes no more requests",
                    () = line.receive(responses) => "the service has ended it",
                };
                state.close(&replica.name);
                warn!(replica = %replica.name, %ended, "link to the chat service is lost");
                if opened.elapsed() > BACKOFF.1 {
                    backoff = BACKOFF.0;
                }
            }
            Err(cause) => {
                if told != Some(cause.code()) {
                    let code = cause.code();
                    warn!(replica = %replica.name, %code, cause = cause.message(), "cannot open the link to the chat service, trying on");
                    told = Some(code);
                }
            }
        }
        state.replicas.look_again();
        let pause = rand::rng().random_range(backoff / 2..=backoff);
        sleep(pause).await;
        backoff = (backoff * 2).min(BACKOFF.1);
    }
}

type Open = (mpsc::Sender<LinkRequest>, Streaming<LinkResponse>);

async fn open(replica: &Replica) -> Result<Open, tonic::Status> {
    let (requests, outgoing) = mpsc::channel(MAX_QUEUED);
    let mut client = ChatServiceClient::new(replica.channel.clone());
    let call = client.link(ReceiverStream::new(outgoing));
    let responses = timeout(OPEN_TIMEOUT, call)
        .await
        .map_err(|_| tonic::Status::unavailable("no answer in time"))??;
    Ok((requests, responses.into_inner()))
}

/// A line while it is open.
pub(super) struct LinkStream<'a> {
    pub(super) state: &'a LinkState,
    pub(super) replica: &'a ReplicaName,
    pub(super) on_access: &'a OnAccess,
}

impl LinkStream<'_> {
    /// Sends what there is to send. Returns when the stream takes no more.
    async fn send(&self, has_outgoing: &Notify, requests: &mpsc::Sender<LinkRequest>) {
        loop {
            let Outgoing {
                rooms,
                people,
                calls,
            } = self.state.outgoing(self.replica);
            let nothing = rooms.is_empty() && people.is_empty() && calls.is_empty();
            let rooms = rooms
                .into_iter()
                .flat_map(|(recipe, attaching)| about_room(&recipe, attaching));
            let people = people
                .into_iter()
                .flat_map(|(recipe, change)| about_people(&recipe, change));
            for request in rooms.chain(people).chain(calls) {
                if requests.send(request).await.is_err() {
                    return;
                }
            }
            if nothing {
                select! {
                    () = has_outgoing.notified() => {}
                    () = requests.closed() => return,
                }
            }
        }
    }

    /// Hands out what comes. Returns when the stream ends.
    async fn receive(&self, mut responses: Streaming<LinkResponse>) {
        while let Ok(Some(response)) = responses.message().await {
            self.hear(response);
        }
    }

    pub(super) fn hear(&self, response: LinkResponse) {
        match response.event {
            Some(Event::Answer(answer)) => self.answer(answer),
            Some(Event::Update(update)) => self.publish(update),
            Some(Event::Expulsion(expulsion)) => self.expel(&expulsion),
            Some(Event::Divergence(divergence)) => self.diverge(divergence),
            Some(Event::Audience(audience)) => self.narrow(audience),
            Some(Event::AttachmentEnded(ended)) => self.attachment_ended(&ended),
            Some(Event::Presence(presence)) => self.tell_presence(presence),
            None => {}
        }
    }

    fn answer(&self, answer: Answer) {
        let result = match answer.result {
            Some(Answered::Failure(failure)) => Err(ChatError::read(
                Code::from_i32(failure.code),
                &failure.message,
                failure.retry_after_ms.map(Duration::from_millis),
            )),
            Some(answered) => Ok(answered),
            None => Err(ChatError::Unavailable),
        };
        self.state.answer(self.replica, answer.number, result);
    }

    fn publish(&self, update: LinkUpdate) {
        let Ok(recipe_id) = update.recipe_id.parse::<RecipeId>() else {
            return;
        };
        let (Some(recipe), Some(message)) = (update.recipe, update.message) else {
            return;
        };
        let clock_now = self.state.clock.now();
        let recipe = self.state.recipe(&recipe_id, &recipe, clock_now);
        let Ok(recipe) = recipe else {
            warn!(recipe.id = %recipe_id, "an update of the chat service carries no recipe that can be read");
            return;
        };
        let update_attachment = update.attachment;
        let _fan_out = fan_out_span(&recipe_id, &update.traceparent).entered();
        let update = Update::new(
            &recipe_id,
            &recipe,
            convert::message(message),
            update.previous_id.and_then(|id| id.parse().ok()),
            clock_now,
            Instant::now(),
        )
        .with_access(update.access.as_ref().and_then(convert::access));
        let rooms = &self.state.rooms;
        if !rooms.publish(&recipe_id, update_attachment, update) {
            // Nobody is there any more: the detachment is on its way, or was lost with an earlier line.
            self.state.queue([recipe_id]);
        }
    }

    fn expel(&self, expulsion: &Expulsion) {
        let recipe = expulsion.recipe_id.parse();
        let user = expulsion.user_id.parse();
        if let (Ok(recipe), Ok(user)) = (recipe, user) {
            (self.on_access)(&recipe, AccessNews::Expelled(user));
        }
    }

    fn diverge(&self, divergence: Divergence) {
        let Ok(recipe) = divergence.recipe_id.parse() else {
            return;
        };
        let from = Position {
            revision: divergence.revision,
            message: divergence.message_id.and_then(|id| id.parse().ok()),
        };
        let rooms = &self.state.rooms;
        rooms.diverge(&recipe, divergence.attachment, &from);
    }

    fn attachment_ended(&self, ended: &AttachmentEnded) {
        if let Ok(recipe) = ended.recipe_id.parse() {
            let rooms = &self.state.rooms;
            rooms.attachment_ended(&recipe, ended.attachment, ended.retryable);
        }
    }

    fn tell_presence(&self, presence: Presence) {
        if let Ok(recipe) = presence.recipe_id.parse() {
            let attachment = presence.attachment;
            let now = self.state.clock.now();
            let rooms = &self.state.rooms;
            rooms.tell_presence(&recipe, attachment, convert::presence(presence), now);
        }
    }

    fn narrow(&self, audience: ProtoAudience) {
        let Ok(recipe) = audience.recipe_id.parse() else {
            return;
        };
        if !self.state.rooms.is_current(&recipe, audience.attachment) {
            return;
        }
        // Whom this edge cannot read it cannot have let in.
        let users = audience.user_ids.iter().filter_map(|id| id.parse().ok());
        let audience = Audience {
            revision: audience.revision,
            users: users.collect(),
            names: audience.names.into_iter().collect(),
            received_at: Instant::now(),
        };
        (self.on_access)(&recipe, AccessNews::Narrowed(audience));
    }
}

/// The last part of a message's trace; none when it is not traced, or was read from the store.
fn fan_out_span(recipe: &RecipeId, traceparent: &str) -> Span {
    if traceparent.is_empty() {
        return Span::none();
    }
    let span = debug_span!("fan_out", recipe.id = %recipe);
    set_parent(&span, traceparent);
    span
}

/// Attaches a room from where it stands, with its people, or detaches it.
fn about_room(recipe: &RecipeId, attaching: Option<Attaching>) -> Vec<LinkRequest> {
    let recipe_id = recipe.to_string();
    let Some(attaching) = attaching else {
        return vec![unnumbered(Call::Detach(Detach { recipe_id }))];
    };
    let Attaching {
        progress: Progress {
            newest,
            answered_position: told,
        },
        number,
        member,
        mut people,
    } = attaching;
    let more = people.here.split_off(people.here.len().min(MAX_PEOPLE));
    let attach = Call::Attach(Attach {
        recipe_id,
        after: Some(newest.revision),
        message_id: newest.message.map(|id| id.to_string()),
        told: told.as_ref().map(|told| told.revision),
        told_message_id: told.and_then(|told| told.message).map(|id| id.to_string()),
        attachment: number,
        principal: Some(convert::principal(&member)),
        people: people.here.into_iter().map(convert::sent_person).collect(),
        shown_others: people.shown_others,
    });
    let more = PeopleChange {
        here: more,
        ..PeopleChange::default()
    };
    let mut requests = vec![unnumbered(attach)];
    requests.extend(about_people(recipe, more));
    requests
}

/// Tells of people who have come, gone or changed, in pieces of a bounded size.
fn about_people(recipe: &RecipeId, change: PeopleChange) -> Vec<LinkRequest> {
    let PeopleChange {
        here,
        gone,
        shown_others,
    } = change;
    let piece = |here: &[Person], gone: &[UserId]| {
        unnumbered(Call::Presence(PresenceChange {
            recipe_id: recipe.to_string(),
            here: here.iter().cloned().map(convert::sent_person).collect(),
            gone: gone.iter().map(ToString::to_string).collect(),
            shown_others,
        }))
    };
    let gone = gone.chunks(MAX_PEOPLE).map(|gone| piece(&[], gone));
    let here = here.chunks(MAX_PEOPLE).map(|here| piece(here, &[]));
    gone.chain(here).collect()
}

fn unnumbered(call: Call) -> LinkRequest {
    LinkRequest {
        number: 0,
        traceparent: String::new(),
        call: Some(call),
    }
}
