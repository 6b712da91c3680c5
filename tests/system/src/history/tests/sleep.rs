//! Runs in which an edge or a client sleeps over the end of a token, and clients that come back: each fault that is
//! planted must be found.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::*;

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
}

fn words(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap()
}

fn until(end: i64) -> Value {
    json!({"expires_at": words(at(end))})
}

fn frame(sent: i64) -> Value {
    json!({"type": "recipe_update", "timestamp": words(at(sent))})
}

/// A sound run with a connection whose token ends at 20, and somebody who sleeps from 10 to 30.
fn asleep(who: Sleeper) -> (History, LineId) {
    let history = sound();
    let line = history.let_in(&until(20), at(0));
    history.falls_asleep(line, who, at(10));
    history.wakes(line, at(30));
    (history, line)
}

fn late(seconds: i64) -> Violation {
    let by = Duration::seconds(seconds).unsigned_abs();
    Violation::SeenAfterEnd { connection: 0, by }
}

#[test]
fn an_edge_that_slept_over_the_end_may_send_nothing_more() {
    let (history, line) = asleep(Sleeper::Edge);
    history.delivered(line, &frame(5), at(5));
    history.assert_sound(&log());

    // Not even what it had ready before it slept.
    history.delivered(line, &frame(5), at(30));
    check(&history, &log(), &late(10));
}

#[test]
fn a_client_that_slept_over_the_end_may_read_what_was_sent_before_it() {
    let (history, line) = asleep(Sleeper::Client);
    history.delivered(line, &frame(12), at(30));
    history.assert_sound(&log());

    history.delivered(line, &frame(25), at(30));
    check(&history, &log(), &late(5));
}

#[test]
fn nobody_asleep_may_be_sent_anything_after_the_end_but_what_is_not_of_the_recipe() {
    let history = sound();
    let line = history.let_in(&until(20), at(0));
    history.delivered(line, &json!({"type": "closing"}), at(25));
    history.delivered(line, &frame(21), at(21));
    history.assert_sound(&log());

    history.delivered(line, &frame(19), at(25));
    check(&history, &log(), &late(5));
}

#[test]
fn a_renewed_token_moves_the_end() {
    let (history, line) = asleep(Sleeper::Edge);
    history.renewed(line, &until(60), at(9));
    history.delivered(line, &frame(30), at(30));
    history.says_over(line, "a", "words of a", at(15));
    history.assert_sound(&log());
}

#[test]
fn what_an_edge_reads_when_it_wakes_after_the_end_may_not_be_accepted() {
    let (history, line) = asleep(Sleeper::Edge);
    history.says_over(line, "d", "words of d", at(15));
    history.assert_sound(&log());

    let log = [log(), vec![entry(4, "d")]].concat();
    let expected = Violation::AcceptedAfterEnd("d".to_owned());
    check(&history, &log, &expected);

    // It may have been said again by somebody who was let in anew.
    let again = history.let_in(&until(90), at(31));
    history.says_over(again, "d", "words of d", at(32));
    history.assert_sound(&log);
}

#[test]
fn what_was_taken_before_the_edge_slept_or_by_one_that_woke_in_time_may_be_accepted() {
    let (history, line) = asleep(Sleeper::Edge);
    history.says_over(line, "a", "words of a", at(9));
    let short = history.let_in(&until(20), at(0));
    history.falls_asleep(short, Sleeper::Edge, at(10));
    history.wakes(short, at(12));
    history.says_over(short, "b", "words of b", at(11));
    history.assert_sound(&log());

    history.says_over(short, "c", "words of c", at(21));
    let expected = Violation::AcceptedAfterEnd("c".to_owned());
    check(&history, &log(), &expected);
}

/// A client that comes back to a log of three with a position, and what it is told.
#[track_caller]
fn check_return(sound: bool, history: &History, auth: &Value, welcome: &Value) {
    history.comes_back(auth, welcome);
    let named = auth["revision"].as_u64().unwrap_or_default();
    let wrong = history.judge(&log());
    let expected = Violation::WronglyRecovered { named };
    assert_eq!(wrong, if sound { vec![] } else { vec![expected] });
}

fn named(revision: u64, id: &str) -> Value {
    json!({"revision": revision, "message_id": id})
}

fn told(recovered: Option<bool>, from: u64) -> Value {
    let log = log();
    let messages = log.iter().filter(|entry| entry.revision >= from);
    let messages: Vec<_> = messages
        .map(|entry| json!({"revision": entry.revision, "id": entry.id}))
        .collect();
    let mut welcome = json!({"revision": 3, "messages": messages});
    if let Some(recovered) = recovered {
        welcome["recovered"] = recovered.into();
    }
    welcome
}

#[test]
fn who_is_told_to_have_recovered_has_all_after_a_position_of_the_history() {
    let told = |from| told(Some(true), from);
    check_return(true, &sound(), &named(1, "a"), &told(2));
    check_return(true, &sound(), &named(3, "c"), &told(4));
    check_return(false, &sound(), &named(1, "a"), &told(3));
    check_return(false, &sound(), &named(1, "z"), &told(2));
    check_return(false, &sound(), &named(5, "e"), &told(4));
}

#[test]
fn who_is_told_not_to_have_recovered_gets_a_whole_fresh_start_for_a_reason() {
    let anew = |from| told(Some(false), from);
    check_return(true, &sound(), &named(1, "z"), &anew(1));
    check_return(true, &sound(), &named(5, "e"), &anew(1));
    check_return(false, &sound(), &named(1, "a"), &anew(1));
    check_return(false, &sound(), &named(1, "z"), &anew(2));
    let mut truncated = anew(3);
    truncated["messages_truncated"] = json!(true);
    check_return(true, &sound(), &named(1, "a"), &truncated);
    let mut hole = anew(1);
    hole["messages"].as_array_mut().unwrap().remove(1);
    check_return(false, &sound(), &named(1, "z"), &hole);
}

#[test]
fn a_position_that_stood_before_the_store_went_back_may_be_known_or_not() {
    for recovered in [true, false] {
        let history = sound();
        history.goes_back(&log(), 1);
        let from = if recovered { 2 } else { 1 };
        history.comes_back(&named(1, "a"), &told(Some(recovered), from));
        for entry in &log()[1..] {
            history.accepted(&entry.id, entry.revision);
        }
        history.assert_sound(&log());
    }
}

#[test]
fn whoever_names_a_position_is_told_and_nobody_else() {
    check_return(true, &sound(), &json!({}), &told(None, 1));
    check_return(false, &sound(), &json!({}), &told(Some(true), 1));
    check_return(false, &sound(), &named(1, "a"), &told(None, 2));
}
