//! A room with one connection, and a chat service that says what it likes.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::{
    chat::LinkResponse,
    ids::{Position, RecipeId},
    websocket::frames::RecipeUpdate,
};
use runtime::clock::{ManualClock, SharedClock, Timestamp};
use secrecy::SecretString;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tonic::transport::Endpoint;

use super::{
    AccessNews, Link, LinkState, OnAccess, Replicas,
    line::{LinkStream, Replica},
};
use crate::{
    rooms::{Member, Rooms, SeenAs, Since},
    upstream::{
        AccessToken, Principal,
        chat::{ChatError, Join, Joined},
    },
    wire::outbound,
};

/// One connection in the room of a recipe, which asks again and again to come in.
#[expect(
    missing_debug_implementations,
    reason = "it holds a future, and nobody prints it"
)]
pub struct Room {
    link: Link,
    replica: Replica,
    on_access: OnAccess,
    recipe: RecipeId,
    member: Member,
    written: Position,
    joining: BoxFuture<'static, Result<Joined, ChatError>>,
}

impl Room {
    /// Nothing was said yet. Needs a runtime around it.
    ///
    /// # Panics
    /// When there is no runtime.
    pub fn open(recipe: RecipeId) -> Self {
        let channel: runtime::grpc::Channel = Endpoint::from_static("http://in.memory")
            .connect_lazy()
            .into();
        let replica = Replica {
            name: "the only one".into(),
            channel: channel.clone(),
        };
        let rooms = Rooms::new();
        let clock: SharedClock = Arc::new(ManualClock::at(Timestamp::from_unix_millis(0)));
        let (link, _) = Link::new(Replicas::over(channel), Arc::clone(&rooms), clock);
        link.0.open(&replica);
        let written = Position::default();
        Self {
            joining: join(&link, &recipe, &written),
            member: rooms.enter(&recipe, &somebody(), &written, None, &SeenAs::default()),
            on_access: Arc::new(|_: &RecipeId, _: AccessNews| {}),
            link,
            replica,
            recipe,
            written,
        }
    }

    /// Hears what the chat service says, and gives the frames that the connection is sent then.
    pub fn hear(&mut self, response: LinkResponse) -> Vec<Utf8Bytes> {
        let exchange: &LinkState = &self.link.0;
        let line = LinkStream {
            state: exchange,
            replica: &self.replica.name,
            on_access: &self.on_access,
        };
        line.hear(response);
        exchange.outgoing(&self.replica.name);
        let mut frames = self.updates();
        if let Some(joined) = (&mut self.joining).now_or_never() {
            frames.extend(joined.ok().map(|joined| self.enter(joined)));
            self.joining = join(&self.link, &self.recipe, &self.written);
        }
        frames
    }

    fn updates(&mut self) -> Vec<Utf8Bytes> {
        match self.member.since(&self.written) {
            Since::Updates(updates) => {
                if let Some(last) = updates.last() {
                    self.written = last.position.clone();
                }
                updates.iter().map(|update| update.frame.clone()).collect()
            }
            Since::Nothing => Vec::new(),
            Since::TooMuch | Since::Diverged => {
                self.written = self.member.position();
                let rooms = &self.link.0.rooms;
                self.member = rooms.enter(
                    &self.recipe,
                    &somebody(),
                    &self.written,
                    None,
                    &SeenAs::default(),
                );
                Vec::new()
            }
        }
    }

    fn enter(&mut self, joined: Joined) -> Utf8Bytes {
        self.written = joined.position.clone();
        let rooms = &self.link.0.rooms;
        self.member = rooms.enter(
            &self.recipe,
            &somebody(),
            &joined.position,
            None,
            &SeenAs::default(),
        );
        let payload = RecipeUpdate {
            recipe_id: self.recipe.to_string(),
            revision: joined.position.revision,
            recipe: joined.recipe,
            message: None,
            messages: Some(joined.messages),
            messages_truncated: joined.truncated.then_some(true),
            session: None,
            recovered: None,
            in_reply_to: None,
        };
        outbound::recipe_update(payload, Timestamp::from_unix_millis(0))
    }
}

fn somebody() -> Arc<Principal> {
    let user = "u1".parse().unwrap_or_else(|_| unreachable!("a good id"));
    let login_session = "s1".parse().unwrap_or_else(|_| unreachable!("a good id"));
    Arc::new(Principal {
        user,
        name: "ada".into(),
        shown_name: "ada".into(),
        login_session,
        scope: "".into(),
        validated_at: Timestamp::from_unix_millis(0),
        token_id: "".into(),
        token_ends: Timestamp::from_unix_millis(0),
        token: AccessToken::new(SecretString::default()),
    })
}

fn join(
    link: &Link,
    recipe: &RecipeId,
    after: &Position,
) -> BoxFuture<'static, Result<Joined, ChatError>> {
    let join = Join {
        principal: somebody(),
        recipe: recipe.clone(),
        after: Some(after.clone()),
    };
    let link = link.clone();
    let mut joining = async move { link.join(join).await }.boxed();
    // The call is made when it is first polled.
    let answered = (&mut joining).now_or_never();
    match answered {
        Some(answer) => std::future::ready(answer).boxed(),
        None => joining,
    }
}
