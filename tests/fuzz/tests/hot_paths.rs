//! What the hottest paths allocate, against what they allocated when the table below was written: how often and how many
//! bytes, which is the same on every machine. A path that costs more than that is slower for everybody, and one that costs
//! less is written down, so that it stays so.
//!
//! They are here because this crate reaches behind the doors of all services.

#![expect(
    clippy::unwrap_used,
    reason = "what a test can't set up should stop it"
)]

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use auth::fuzzing::{AUDIENCE, ISSUER, Issuer, NOW};
use chat::fuzzing::Conversation;
use edge::{fuzzing::Room, internals::inbound};
use prost::Message as _;
use proto::chat::{LinkRequest, LinkResponse, PostMessageRequest, Principal, link_request::Call};
use serde_json::json;

/// How much a count may differ from what is written down, in percent: buffers of another build may grow otherwise.
const TOLERANCE: u64 = 5;
/// How often each path is run; some of what it needs is made by the first runs and kept.
const RUNS: u64 = 64;
/// What the paths allocate: how often, and how many bytes.
const BASELINE: [(&str, u64, u64); 5] = [
    ("edge: a client's message is read", 6, 210),
    ("chat: plain talk is decided and sent to an edge", 65, 5401),
    ("chat: a change is decided and sent to an edge", 218, 13575),
    ("edge: an update becomes a frame", 23, 2465),
    ("auth: a new access token is verified", 26, 813),
];
/// What the recipe is made of.
const RECIPE: &str = "add 1 cup flour; add 2 cups milk; add 3 eggs; add 4 tbsp sugar; add 5 tsp salt; add 6 cups oats; \
    add 7 tbsp butter; add 8 cups water; add 9 tsp yeast; add 10 cups rye";
const TALK: &str = "I think we should let it rest";

/// What one run allocates, after some that fill what stays.
fn cost(mut run: impl FnMut()) -> (u64, u64) {
    (0..RUNS).for_each(|_| run());
    let AllocationInfo {
        count_total,
        bytes_total,
        ..
    } = measure(|| (0..RUNS).for_each(|_| run()));
    (count_total / RUNS, bytes_total / RUNS)
}

fn post(number: u64, content: &str) -> Vec<u8> {
    let post = PostMessageRequest {
        principal: Some(Principal {
            user_id: "u1".to_owned(),
            name: "ada".to_owned(),
            ..Principal::default()
        }),
        recipe_id: "soup".to_owned(),
        message_id: format!("0193-{number}"),
        content: content.to_owned(),
        ..PostMessageRequest::default()
    };
    let request = LinkRequest {
        number,
        call: Some(Call::Post(post)),
        ..LinkRequest::default()
    };
    request.encode_to_vec()
}

/// A conversation about a recipe of usual size, and what is posted to it next, one post for each run.
fn conversation(content: impl Fn(u64) -> String) -> (Conversation, impl FnMut() -> Vec<u8>) {
    let mut conversation = Conversation::default();
    assert!(conversation.say(RECIPE).unwrap().effect().is_some());
    let mut posts: Vec<_> = (0..=2 * RUNS)
        .map(|number| post(number, &content(number)))
        .collect();
    (conversation, move || posts.pop().unwrap())
}

fn hear(conversation: &mut Conversation, post: &[u8]) -> Vec<u8> {
    let request = LinkRequest::decode(post).unwrap();
    let responses = conversation.hear(request);
    assert_eq!(responses.len(), 1);
    responses[0].encode_to_vec()
}

fn read_message() -> (u64, u64) {
    let message = json!({
        "type": "chat_message",
        "id": "0193a2b0-1c6e-7d9a-8b0c-0123456789ab",
        "timestamp": "2026-11-22T20:36:02.123Z",
        "payload": {"content": TALK},
    });
    let frame = message.to_string();
    cost(|| drop(black_box(inbound::read(&frame).unwrap())))
}

fn talk() -> (u64, u64) {
    let (mut conversation, mut next) = conversation(|_| TALK.to_owned());
    cost(|| drop(black_box(hear(&mut conversation, &next()))))
}

fn change() -> (u64, u64) {
    let (mut conversation, mut next) =
        conversation(|number| format!("set flour to {} cups", number % 2 + 1));
    cost(|| drop(black_box(hear(&mut conversation, &next()))))
}

fn frame() -> (u64, u64) {
    let (mut conversation, mut next) = conversation(|_| TALK.to_owned());
    let mut updates: Vec<_> = (0..=2 * RUNS)
        .map(|_| hear(&mut conversation, &next()))
        .collect();
    updates.reverse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let mut room = Room::open("soup".parse().unwrap());
    let mut hear = |update: Vec<u8>| room.hear(LinkResponse::decode(&*update).unwrap()).len();
    // The room comes to where the conversation stands.
    hear(updates.pop().unwrap());
    cost(|| assert_eq!(black_box(hear(updates.pop().unwrap())), 1))
}

fn verify() -> (u64, u64) {
    let us = Issuer::new();
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": us.kid()});
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "name": "ada", "sid": "s1", "jti": "t1", "iat": NOW, "exp": NOW + 900,
    });
    // Each is new: one that comes again costs less.
    let mut tokens: Vec<_> = (0..2 * RUNS)
        .map(|number| {
            claims["jti"] = json!(format!("{number:03}"));
            us.sign(&header.to_string(), &claims.to_string())
        })
        .collect();
    let mut next = || tokens.pop().unwrap();
    cost(|| assert!(black_box(us.accepts(&next()))))
}

fn is_near(measured: u64, baseline: u64) -> bool {
    measured.abs_diff(baseline) * 100 <= baseline * TOLERANCE
}

#[test]
fn hot_paths_allocate_what_is_written_down() {
    let measured = [read_message(), talk(), change(), frame(), verify()];
    let wrong: Vec<String> = BASELINE
        .iter()
        .zip(measured)
        .filter(|((_, count, bytes), measured)| {
            !is_near(measured.0, *count) || !is_near(measured.1, *bytes)
        })
        .map(|((name, ..), (count, bytes))| format!("    ({name:?}, {count}, {bytes}),"))
        .collect();
    assert!(
        wrong.is_empty(),
        "these allocate another amount than BASELINE says; where that is meant, write down:\n{}",
        wrong.join("\n")
    );
}
