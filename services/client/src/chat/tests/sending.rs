//! What becomes of what is said, and how it is shown.

use std::time::Duration;

use proto::websocket::{codes::ErrorCode, frames::RecipeUpdate};

use super::harness::*;
use crate::chat::*;

#[test]
fn messages_go_on_while_a_new_token_is_fetched() {
    let mut table = Table::live();
    table.on(auth_required());
    assert_eq!(table.say("a"), ["say a"]);
    assert_eq!(table.on(answer("a", 4)), ["said 4"]);
}

#[test]
fn one_message_is_under_way_at_a_time_and_the_order_holds() {
    let mut table = Table::opening();
    assert!(table.say("a").is_empty());
    assert!(table.say("b").is_empty());
    table.on(Event::Opened);
    assert_eq!(table.on(welcome(0)), ["status Connected", "say a"]);
    assert_eq!(table.on(answer("a", 1)), ["said 1", "say b"]);
    assert_eq!(table.on(answer("b", 2)), ["said 2"]);
}

#[test]
fn a_message_is_sent_again_under_its_id_until_it_is_answered() {
    let mut table = Table::live();
    table.say("a");
    assert_eq!(table.later(10 * SECOND), ["say a"]);
    table.on(lost());
    table.next();
    table.on(Event::Opened);
    assert_eq!(table.on(welcome(3)), ["status Connected", "say a"]);
}

#[test]
fn a_message_found_among_the_missed_ones_is_not_sent_again() {
    let mut table = Table::live();
    table.say("a");
    table.on(lost());
    table.next();
    table.on(Event::Opened);
    let missed = welcome_with(4, vec![message("a", "ada", 4)]);
    assert_eq!(table.on(missed), ["status Connected", "said 4"]);
    assert_eq!(table.chat.outbox().waiting().len(), 0);
}

#[test]
fn another_persons_message_with_the_same_id_is_not_an_answer() {
    let mut table = Table::live();
    table.say("a");
    table.on(said("a", "bob", 4));
    assert_eq!(table.chat.outbox().waiting().len(), 1);
}

#[test]
fn a_message_refused_for_now_waits_as_long_as_the_server_says() {
    let mut table = Table::live();
    table.say("a");
    let slower = error(ErrorCode::RateLimited, "a", Some(300));
    assert!(table.on(slower).is_empty());
    assert!(table.say("b").is_empty());
    assert!(table.later(Duration::from_millis(299)).is_empty());
    assert_eq!(table.later(Duration::from_millis(1)), ["say a"]);
}

#[test]
fn a_message_refused_for_good_is_told_and_the_next_one_sent() {
    let mut table = Table::live();
    table.say("a");
    table.say("b");
    assert_eq!(
        table.on(error(ErrorCode::Forbidden, "a", None)),
        ["not said: forbidden", "say b"]
    );
}

#[test]
fn a_message_at_which_the_server_always_fails_is_given_up() {
    let mut table = Table::live();
    table.say("a");
    for _ in 0..4 {
        assert!(table.on(error(ErrorCode::Internal, "a", None)).is_empty());
        while table.next() != ["say a"] {}
    }
    assert_eq!(
        table.on(error(ErrorCode::Internal, "a", None)),
        ["not said: internal"]
    );
}

#[test]
fn the_outbox_has_an_end() {
    let mut table = Table::opening();
    for number in 0..outbox::MAX_UNSENT {
        assert!(table.say(&number.to_string()).is_empty());
    }
    assert!(!table.chat.outbox().has_room());
    assert_eq!(
        table.say("one more"),
        ["not said: too many messages wait already"]
    );
}

#[test]
fn what_is_no_message_is_not_sent() {
    let mut table = Table::live();
    let say = |content: String| Event::Say {
        id: "a".into(),
        content,
    };
    assert!(table.on(say(" \n ".into())).is_empty());
    assert_eq!(
        table.on(say("x".repeat(4_001))),
        ["not said: a message may have at most 4,000 characters; send it in parts"]
    );
    assert_eq!(table.on(say("é".repeat(4_000))), ["say a"]);
}

#[test]
fn a_gap_brings_the_client_back_to_ask_for_what_is_missing() {
    let mut table = Table::live();
    assert_eq!(
        table.on(said("x", "bob", 5)),
        ["trouble: an update was missed", "abandon"]
    );
    table.next();
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session s1 revision 3"]
    );
}

#[test]
fn an_update_that_stands_for_several_is_no_gap() {
    let mut table = Table::live();
    let several = RecipeUpdate {
        messages: Some(vec![message("x", "bob", 7).into()]),
        messages_truncated: Some(true),
        ..update(7)
    };
    assert_eq!(table.on(frame(several)), ["said 7"]);
    assert_eq!(table.on(said("y", "bob", 8)), ["said 8"]);
}

#[test]
fn a_fresh_start_takes_the_place_of_all_that_was_known() {
    let mut table = Table::live();
    assert_eq!(table.on(said("x", "bob", 4)), ["said 4"]);
    assert_eq!(table.on(said("y", "bob", 5)), ["said 5"]);
    table.on(lost());
    table.next();
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session s1 revision 5 at y"]
    );

    // The server was set back to 3, and went on.
    let begins = welcome_after(
        false,
        4,
        vec![message("w", "bob", 3), message("z", "bob", 4)],
    );
    let told = table.on(begins);
    assert_eq!(told[0], "status Connected");
    assert!(told[1].starts_with("notice: The conversation begins anew"));
    assert_eq!(told[2..], ["said 3", "said 4"]);
    let ids: Vec<_> = table.chat.history().lines().map(id_of).collect();
    assert_eq!(ids, ["w", "z"]);
    assert_eq!(table.chat.history().revision(), Some(4));
    assert_eq!(table.on(said("q", "bob", 5)), ["said 5"]);

    table.on(lost());
    table.next();
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session s1 revision 5 at q"]
    );
    assert_eq!(
        table.on(welcome_after(true, 5, Vec::new())),
        ["status Connected"]
    );
    table.on(lost());
    table.next();
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session s1 revision 5 at q"],
        "nothing was missed: the message there is still the same"
    );
}

fn id_of(line: &Line) -> &str {
    match line {
        Line::Said(message) => &message.id,
        Line::NotSaid { content, .. } => content,
    }
}

#[test]
fn a_message_is_shown_once() {
    let mut table = Table::live();
    assert_eq!(table.on(said("x", "bob", 4)), ["said 4"]);
    assert!(table.on(said("x", "bob", 4)).is_empty());
    assert!(
        table
            .on(welcome_with(4, vec![message("x", "bob", 4)]))
            .is_empty()
    );
}

#[test]
fn the_end_of_input_waits_for_the_last_answer() {
    let mut table = Table::opening();
    table.say("a");
    assert!(table.on(Event::NoMoreToSay).is_empty());
    table.on(Event::Opened);
    assert_eq!(table.on(welcome(0)), ["status Connected", "say a"]);
    assert_eq!(
        table.on(answer("a", 1)),
        ["status Disconnected", "said 1", "left, 0 unsent"]
    );
}

#[test]
fn without_any_input_the_chat_is_still_shown() {
    let mut table = Table::opening();
    table.on(Event::NoMoreToSay);
    table.on(Event::Opened);
    let history = welcome_with(1, vec![message("x", "bob", 1)]);
    assert_eq!(
        table.on(history),
        ["status Disconnected", "said 1", "left, 0 unsent"]
    );
}

#[test]
fn who_leaves_is_told_what_was_not_sent() {
    let mut table = Table::opening();
    table.say("a");
    assert_eq!(
        table.on(Event::Leave),
        ["status Disconnected", "left, 1 unsent"]
    );
}
