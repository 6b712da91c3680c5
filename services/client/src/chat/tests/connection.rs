//! How a connection is opened, authenticated, judged and opened again.

use std::time::Duration;

use proto::websocket::{
    codes::{Close, ClosingAction, ErrorCode, Verdict},
    frames::{Pong, ServerFrame},
};

use super::harness::*;
use crate::chat::*;

#[test]
fn a_lost_connection_is_resumed_with_session_and_revision() {
    let mut table = Table::live();
    assert_eq!(table.on(lost()), ["trouble: the connection was lost"]);
    assert!(table.next().ends_with(&["open".into()]));
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session s1 revision 3"]
    );
    let missed = welcome_with(5, vec![message("x", "bob", 4), message("y", "bob", 5)]);
    assert_eq!(table.on(missed), ["status Connected", "said 4", "said 5"]);
}

#[test]
fn a_session_that_another_connection_took_is_not_named_again() {
    let mut table = Table::live();
    table.closed(Close::SessionMoved);
    assert!(table.next().ends_with(&["open".into()]));
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-1 session - revision 3"]
    );
    let ended = table.closed(Close::SessionMoved);
    assert!(ended.iter().any(|action| action.starts_with("failed:")));
}

#[test]
fn a_server_that_does_not_answer_the_first_auth_is_left() {
    let mut table = Table::opening();
    table.on(Event::Opened);
    assert_eq!(
        table.later(10 * SECOND),
        ["trouble: the server does not answer", "abandon"]
    );
}

#[test]
fn a_person_is_asked_again_with_a_token_that_is_newer() {
    let mut table = Table::live();
    assert_eq!(table.on(auth_required()), ["refresh"]);
    assert_eq!(table.new_token(), ["auth token-2 session s1 revision 3"]);
    assert!(table.on(welcome(3)).is_empty());
}

#[test]
fn a_token_renewed_ahead_of_time_answers_at_once() {
    let mut table = Table::live();
    let mut received = Vec::new();
    while received != ["refresh"] {
        // The server says something now and then, so that nothing but the token is due.
        table.on(Event::Heard);
        received = table.later(10 * SECOND);
    }
    assert_eq!(table.chat.status(), Status::Connected);
    assert!(table.new_token().is_empty());
    assert_eq!(
        table.on(auth_required()),
        ["auth token-2 session s1 revision 3"]
    );
}

#[test]
fn a_token_that_is_refused_for_a_while_is_shown_again_after_it() {
    let mut table = Table::live();
    table.on(auth_required());
    table.new_token();
    for wait in [300, 700] {
        let id = table.last_auth.clone();
        let refused = error(ErrorCode::RateLimited, &id, Some(wait));
        assert!(table.on(refused).is_empty());
        assert!(table.on(auth_required()).is_empty(), "it waits");
        assert!(table.later(Duration::from_millis(wait - 1)).is_empty());
        assert_eq!(
            table.later(Duration::from_millis(1)),
            ["auth token-2 session s1 revision 3"]
        );
    }
    // The answer ends it.
    table.on(welcome(3));
    assert!(table.later(SECOND).is_empty());
}

#[test]
fn a_token_that_ended_while_it_was_refused_is_renewed_first() {
    let mut table = Table::live();
    table.on(auth_required());
    table.new_token();
    let id = table.last_auth.clone();
    table.on(error(ErrorCode::RateLimited, &id, None));
    table.on(Event::Slept(LIFE));
    assert!(table.later(SECOND).contains(&"refresh".into()));
    assert_eq!(table.new_token(), ["auth token-3 session s1 revision 3"]);
}

#[test]
fn a_refresh_that_nobody_answers_is_tried_again() {
    let mut table = Table::live();
    table.on(auth_required());
    let mut refreshes = 0;
    for _ in 0..5 {
        assert!(table.on(Event::Token(Err(NoToken::Unavailable))).is_empty());
        while table.next() != ["refresh"] {
            table.on(Event::Heard);
        }
        refreshes += 1;
    }
    assert_eq!(refreshes, 5);
    assert_eq!(table.new_token(), ["auth token-2 session s1 revision 3"]);
}

#[test]
fn a_refresh_that_is_denied_ends_the_chat() {
    let mut table = Table::live();
    table.on(auth_required());
    let denied = Event::Token(Err(NoToken::Denied("sign in".into())));
    assert_eq!(
        table.on(denied),
        [
            "status Disconnected",
            "failed: the sign-in has ended: sign in"
        ]
    );
    assert_eq!(table.chat.next_deadline(), None);
    assert!(table.say("late").is_empty());
}

#[test]
fn every_close_has_the_verdict_of_the_table() {
    for close in Close::ALL {
        let mut table = Table::live();
        let actions = table.closed(close);
        let last = actions.last().expect("a change of status at least");
        let status = table.chat.status();
        match close.verdict() {
            Verdict::Stop | Verdict::Fault => {
                assert!(
                    last.starts_with("failed:") && last.contains(close.reason()),
                    "{last}"
                );
                assert_eq!(status, Status::Disconnected);
            }
            Verdict::Refresh => assert_eq!(last, "refresh"),
            Verdict::Retry | Verdict::Anew => assert!(last.starts_with("trouble:"), "{last}"),
        }
    }
}

#[test]
fn nobody_comes_back_before_the_server_said_so() {
    for told in [640, 9_000] {
        let mut table = Table::live();
        table.on(closing(Close::ServiceRestart, Some(told)));
        table.closed(Close::ServiceRestart);
        let wait = table.chat.next_deadline().unwrap() - table.now;
        assert!(wait >= Duration::from_millis(told), "{wait:?} for {told}");
    }
    // What was said of one connection does not count for the next.
    let mut table = Table::live();
    table.on(closing(Close::ServiceRestart, Some(9_000)));
    table.closed(Close::ServiceRestart);
    table.next();
    table.on(Event::Opened);
    table.on(welcome(3));
    table.on(lost());
    let wait = table.chat.next_deadline().unwrap() - table.now;
    assert!(wait < Duration::from_secs(2), "{wait:?}");
}

#[test]
fn a_close_of_a_newer_server_is_obeyed_as_it_was_announced() {
    let closed = |action| {
        let mut table = Table::live();
        table.on(closing_with(1008, "Of a later time", action, None));
        table.on(Event::Closed {
            code: Some(1008),
            reason: "Of a later time".into(),
        })
    };
    let last = |action| closed(action).pop().unwrap();
    assert!(last(ClosingAction::Reconnect).starts_with("trouble:"));
    assert_eq!(last(ClosingAction::SignIn), "refresh");
    assert!(last(ClosingAction::Stop).starts_with("failed:"));
}

#[test]
fn closes_of_other_servers_are_judged_by_their_code() {
    let judged = |code| {
        let mut table = Table::live();
        let reason = "of its own".into();
        let code = Some(code);
        table.on(Event::Closed { code, reason });
        table.chat.status()
    };
    for code in [1008, 1002, 1003, 1007, 1009] {
        assert_eq!(judged(code), Status::Disconnected, "{code}");
    }
    for code in [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000] {
        assert!(
            matches!(judged(code), Status::Reconnecting { .. }),
            "{code}"
        );
    }
}

#[test]
fn a_fresh_token_is_tried_once_and_not_for_ever() {
    let mut table = Table::live();
    table.closed(Close::ReauthenticationTimeout);
    assert!(table.new_token().contains(&"open".into()));
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-2 session s1 revision 3"]
    );
    let again = table.closed(Close::AuthenticationTimeout);
    assert_eq!(
        again.last().map(String::as_str),
        Some("failed: the server said: Authentication timeout")
    );
}

#[test]
fn a_token_that_has_ended_is_never_shown() {
    let mut table = Table::live();
    table.on(lost());
    table.now += LIFE;
    assert!(table.on(Event::Deadline).contains(&"refresh".into()));
    assert!(!matches!(table.chat.link, Link::Opening { .. }));
    assert!(table.new_token().contains(&"open".into()));
    assert_eq!(
        table.on(Event::Opened),
        ["auth token-2 session s1 revision 3"]
    );
}

#[test]
fn a_token_that_ends_while_the_connection_is_opened_is_not_shown() {
    let mut table = Table::opening();
    table.now += LIFE;
    assert_eq!(table.on(Event::Opened), ["abandon", "refresh"]);
}

#[test]
fn a_suspended_machine_knows_that_its_token_has_aged() {
    let mut table = Table::live();
    table.on(Event::Slept(LIFE));
    assert_eq!(table.later(Duration::ZERO), ["refresh", "ping"]);
    table.on(lost());
    table.later(SECOND);
    assert!(table.new_token().contains(&"open".into()));
}

#[test]
fn a_server_without_room_says_when_to_come_back() {
    let mut table = Table::opening();
    let busy = Event::NotOpened(NotOpened::Busy {
        retry_after: Some(5 * SECOND),
    });
    assert_eq!(table.on(busy), ["trouble: the server has no room"]);
    let wait = table.chat.next_deadline().unwrap() - table.now;
    assert!((5.0..=7.5).contains(&wait.as_secs_f64()), "{wait:?}");
}

#[test]
fn a_server_that_refuses_the_upgrade_ends_the_chat() {
    let mut table = Table::opening();
    let refused = Event::NotOpened(NotOpened::Refused("no such recipe".into()));
    assert_eq!(
        table.on(refused),
        ["status Disconnected", "failed: no such recipe"]
    );
}

#[test]
fn an_unreachable_server_is_tried_for_ever() {
    let mut table = Table::opening();
    for _ in 0..100 {
        let unreachable = NotOpened::Unreachable("refused".into());
        table.on(Event::NotOpened(unreachable));
        while !table.next().contains(&"open".into()) {
            table.new_token();
        }
        if table.chat.keyring.newer(0, table.now + LIFE / 2).is_none() {
            table.new_token();
        }
    }
}

#[test]
fn silence_is_asked_about_and_then_left() {
    let mut table = Table::live();
    assert_eq!(table.later(25 * SECOND), ["ping"]);
    assert!(table.later(9 * SECOND).is_empty());
    assert_eq!(
        table.later(SECOND),
        ["trouble: the server has fallen silent", "abandon"]
    );
}

#[test]
fn any_sign_of_life_is_an_answer() {
    let pong = || {
        Event::Frame(Box::new(ServerFrame::Pong {
            id: String::new(),
            timestamp: String::new(),
            payload: Pong { in_reply_to: None },
        }))
    };
    for sign in [Event::Heard, pong(), said("x", "bob", 4)] {
        let mut table = Table::live();
        table.later(25 * SECOND);
        table.on(sign);
        assert!(table.later(10 * SECOND).is_empty());
    }
}

#[test]
fn no_action_prints_a_token() {
    let mut chat = Chat::new(token(1, LIFE), 1, Instant::now());
    chat.handle(Event::Deadline, Instant::now());
    let actions = chat.handle(Event::Opened, Instant::now());
    assert!(!format!("{chat:?} {actions:?}").contains("token-1"));
}
