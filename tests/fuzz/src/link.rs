//! What edges and the chat service say to one another: the messages of a link, each with its length before it.

use chat::fuzzing::Conversation;
use edge::fuzzing::Room;
use prost::Message;
use proto::{
    chat::{LinkRequest, LinkResponse},
    ids::RecipeId,
    websocket::{MAX_FRAME, frames::ServerFrame},
};
use tokio::runtime::Runtime;

use crate::recipe::assert_sound;

/// How many messages of one input are heard.
const MESSAGES: usize = 32;

thread_local! {
    static RUNTIME: Runtime = runtime();
}

/// What edges say, as the chat service hears it; and what it says to that, as an edge hears it.
pub fn link_request(data: &[u8]) {
    let mut conversation = Conversation::default();
    in_room(|room| {
        for request in messages::<LinkRequest>(data) {
            for response in conversation.hear(request) {
                assert_sound(conversation.recipe());
                let bytes = response.encode_to_vec();
                let heard = LinkResponse::decode(&*bytes).expect("what was encoded");
                assert_eq!(heard, response);
                assert_frames(room, heard);
            }
        }
    });
}

/// What the chat service says, as an edge hears it.
pub fn link_response(data: &[u8]) {
    in_room(|room| {
        for response in messages::<LinkResponse>(data) {
            assert_frames(room, response);
        }
    });
}

/// Every frame fits, and is what the schema says.
pub(crate) fn assert_frames(room: &mut Room, response: LinkResponse) {
    for frame in room.hear(response) {
        assert!(frame.len() <= MAX_FRAME, "{} bytes", frame.len());
        let read: ServerFrame = serde_json::from_str(&frame).expect("a frame");
        assert!(matches!(read, ServerFrame::RecipeUpdate { .. }));
    }
}

pub(crate) fn in_room(hear: impl FnOnce(&mut Room)) {
    let recipe: RecipeId = "soup".parse().expect("an id");
    RUNTIME.with(|runtime| {
        let _runtime = runtime.enter();
        hear(&mut Room::open(recipe));
    });
}

fn messages<M: Message + Default>(mut data: &[u8]) -> impl Iterator<Item = M> {
    std::iter::from_fn(move || M::decode_length_delimited(&mut data).ok()).take(MESSAGES)
}

pub(crate) fn runtime() -> Runtime {
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}
