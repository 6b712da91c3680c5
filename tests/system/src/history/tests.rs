//! Plants each violation in a sound run: the judge must find it.

mod planted;
mod sleep;

use super::*;

fn entry(revision: u64, id: &str) -> Seen {
    Seen {
        revision,
        id: id.to_owned(),
        content: format!("words of {id}"),
    }
}

fn log() -> Vec<Seen> {
    vec![entry(1, "a"), entry(2, "b"), entry(3, "c")]
}

/// `a`, `b` and `c`, one after the other, all accepted, all seen by two connections.
fn sound() -> History {
    let history = History::default();
    for Seen {
        revision,
        id,
        content,
    } in log()
    {
        history.says(&id, &content);
        history.accepted(&id, revision);
    }
    history.connection(&log());
    history.connection(&log()[1..]);
    history
}

#[track_caller]
fn check(history: &History, log: &[Seen], expected: &Violation) {
    let wrong = history.judge(log);
    assert!(wrong.contains(expected), "{wrong:?} lacks {expected:?}");
}

#[test]
fn a_sound_run_is_sound() {
    let history = sound();
    history.says("unanswered", "words of unanswered");
    history.says("refused", "words of refused");
    history.refused("refused");

    history.assert_sound(&log());
    assert_eq!(history.count_accepted(), 3);
}

#[test]
fn an_unanswered_message_may_be_in_the_log() {
    let history = sound();
    history.says("d", "words of d");

    history.assert_sound(&[log(), vec![entry(4, "d")]].concat());
}

#[test]
fn finds_a_hole_in_the_log() {
    let mut log = log();
    log[2].revision = 4;

    check(
        &sound(),
        &log,
        &Violation::LogNotDense {
            wanted: 3,
            found: 4,
        },
    );
}

#[test]
fn finds_a_revision_that_two_messages_have() {
    let mut log = log();
    log[2].revision = 2;

    check(
        &sound(),
        &log,
        &Violation::LogNotDense {
            wanted: 3,
            found: 2,
        },
    );
}

#[test]
fn finds_a_message_applied_twice() {
    let log = [log(), vec![entry(4, "a")]].concat();

    check(&sound(), &log, &Violation::Doubled("a".to_owned()));
}

#[test]
fn finds_a_lost_message() {
    check(&sound(), &log()[..2], &Violation::Lost("c".to_owned()));
}

#[test]
fn finds_a_message_at_another_revision_than_told() {
    let log = [entry(1, "a"), entry(2, "c"), entry(3, "b")];
    let expected = Violation::Moved {
        id: "b".to_owned(),
        told: 2,
        stands: 3,
    };

    check(&sound(), &log, &expected);
}

#[test]
fn finds_two_answers_to_one_message() {
    let history = sound();
    history.says("a", "words of a");
    history.accepted("a", 4);

    check(&history, &log(), &Violation::AnsweredTwice("a".to_owned()));
}

#[test]
fn finds_a_refused_message_in_the_log() {
    let history = sound();
    history.says("d", "words of d");
    history.refused("d");
    let log = [log(), vec![entry(4, "d")]].concat();

    check(&history, &log, &Violation::RefusedButKept("d".to_owned()));
}

#[test]
fn finds_a_message_that_nobody_said() {
    let log = [log(), vec![entry(4, "ghost")]].concat();

    check(&sound(), &log, &Violation::NeverSaid("ghost".to_owned()));
}

#[test]
fn finds_an_answer_to_nothing() {
    let history = sound();
    history.accepted("ghost", 4);

    check(&history, &log(), &Violation::NeverSaid("ghost".to_owned()));
}

#[test]
fn finds_other_words() {
    let mut log = log();
    log[1].content = "other words".to_owned();

    check(&sound(), &log, &Violation::OtherWords("b".to_owned()));
}

#[test]
fn finds_a_message_that_overtook_one_answered_before_it() {
    let history = History::default();
    history.says("b", "words of b");
    history.accepted("b", 2);
    history.says("a", "words of a");
    history.accepted("a", 1);
    let expected = Violation::OutOfTime {
        id: "a".to_owned(),
        stands: 1,
        floor: 2,
    };

    check(&history, &log()[..2], &expected);
}

#[test]
fn finds_a_gap_in_what_a_connection_saw() {
    let history = sound();
    history.connection(&[entry(1, "a"), entry(3, "c")]);

    check(
        &history,
        &log(),
        &Violation::Jumped {
            connection: 2,
            from: 1,
            to: 3,
        },
    );
}

#[test]
fn finds_a_connection_that_went_back() {
    let history = sound();
    history.connection(&[entry(2, "b"), entry(1, "a")]);

    check(
        &history,
        &log(),
        &Violation::Jumped {
            connection: 2,
            from: 2,
            to: 1,
        },
    );
}

#[test]
fn finds_a_connection_that_saw_something_else() {
    let history = sound();
    history.connection(&[entry(1, "a"), entry(2, "c")]);

    check(
        &history,
        &log(),
        &Violation::SawOther {
            connection: 2,
            revision: 2,
        },
    );
}

#[test]
fn judges_a_long_run_in_one_pass() {
    let history = History::default();
    let log: Vec<Seen> = (1..=100_000)
        .map(|revision| entry(revision, &revision.to_string()))
        .collect();
    for message in &log {
        history.says(&message.id, &message.content);
        history.accepted(&message.id, message.revision);
    }
    history.connection(&log);

    history.assert_sound(&log);
}
