//! The rules one by one.

use std::time::Duration;

use edge::wire::{
    codes::{Close, ErrorCode, Verdict},
    frames::{
        AuthRequired, AuthRequiredReason, Author, ErrorPayload, Message, Pong, Recipe,
        RecipeUpdate, ServerFrame, SessionInfo,
    },
};
use secrecy::ExposeSecret as _;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_secs(900);

/// A chat with a hand on its clock.
struct Table {
    chat: Chat,
    now: Instant,
    tokens: u32,
}

impl Table {
    /// A chat with the first token, which opens its first connection.
    fn opening() -> Self {
        let now = Instant::now();
        let mut table = Self {
            chat: Chat::new(token(1, LIFE), 7, now),
            now,
            tokens: 1,
        };
        assert_eq!(table.on(Event::Deadline), ["open"]);
        assert_eq!(table.chat.status(), Status::Connecting);
        table
    }

    /// A chat that is let in at revision 3.
    fn live() -> Self {
        let mut table = Self::opening();
        assert_eq!(
            table.on(Event::Opened),
            ["status Authenticating", "auth token-1 session - revision -"]
        );
        assert_eq!(table.on(welcome(3)), ["status Connected"]);
        table
    }

    fn on(&mut self, event: Event) -> Vec<String> {
        let actions = self.chat.handle(event, self.now);
        actions.iter().map(in_words).collect()
    }

    fn later(&mut self, by: Duration) -> Vec<String> {
        self.now += by;
        self.on(Event::Deadline)
    }

    /// Goes to the next deadline.
    fn next(&mut self) -> Vec<String> {
        let at = self.chat.next_deadline().expect("a deadline");
        assert!(at >= self.now, "a deadline in the past");
        self.now = at;
        self.on(Event::Deadline)
    }

    fn new_token(&mut self) -> Vec<String> {
        self.tokens += 1;
        self.on(Event::Token(Ok(token(self.tokens, LIFE))))
    }

    fn say(&mut self, id: &str) -> Vec<String> {
        self.on(Event::Say {
            id: id.into(),
            content: format!("add {id}"),
        })
    }

    fn closed(&mut self, close: Close) -> Vec<String> {
        self.on(Event::Closed {
            code: Some(close.code()),
            reason: close.reason().into(),
        })
    }
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Open => "open".into(),
        Action::Abandon => "abandon".into(),
        Action::Refresh => "refresh".into(),
        Action::End(Ending::Left { unsent }) => format!("left, {unsent} unsent"),
        Action::End(Ending::Failed(words)) => format!("failed: {words}"),
        Action::Send(Outgoing::Ping) => "ping".into(),
        Action::Send(Outgoing::Say { id, .. }) => format!("say {id}"),
        Action::Send(Outgoing::Auth {
            access,
            session,
            revision,
        }) => format!(
            "auth {} session {} revision {}",
            access.expose_secret(),
            session.as_deref().unwrap_or("-"),
            revision.map_or("-".into(), |revision| revision.to_string()),
        ),
        Action::Tell(News::Status(Status::Reconnecting { why, .. })) => format!("trouble: {why}"),
        Action::Tell(News::Status(status)) => format!("status {status:?}"),
        Action::Tell(News::Said(message)) => format!("said {}", message.revision),
        Action::Tell(News::NotSaid { reason, .. }) => format!("not said: {reason}"),
        Action::Tell(News::Notice(words)) => format!("notice: {words}"),
    }
}

fn token(number: u32, good_for: Duration) -> Token {
    Token {
        access: format!("token-{number}").into(),
        good_for,
    }
}

fn message(id: &str, author: &str, revision: u64) -> Message {
    Message {
        id: id.into(),
        author: Author {
            id: author.into(),
            name: author.into(),
        },
        content: format!("add {id}"),
        revision,
        ..Message::default()
    }
}

fn update(revision: u64) -> RecipeUpdate {
    RecipeUpdate {
        recipe_id: "soup".into(),
        revision,
        recipe: Recipe::default().into(),
        message: None,
        messages: None,
        messages_truncated: None,
        session: None,
        in_reply_to: None,
    }
}

fn frame(payload: RecipeUpdate) -> Event {
    Event::Frame(Box::new(ServerFrame::RecipeUpdate {
        id: String::new(),
        timestamp: String::new(),
        payload,
    }))
}

fn welcome_with(revision: u64, messages: Vec<Message>) -> Event {
    frame(RecipeUpdate {
        messages: Some(messages.into_iter().map(Into::into).collect()),
        session: Some(SessionInfo {
            id: "s1".into(),
            user: Author {
                id: "ada".into(),
                name: "ada".into(),
            },
            ..SessionInfo::default()
        }),
        ..update(revision)
    })
}

fn welcome(revision: u64) -> Event {
    welcome_with(revision, Vec::new())
}

fn said(id: &str, author: &str, revision: u64) -> Event {
    frame(RecipeUpdate {
        message: Some(message(id, author, revision).into()),
        ..update(revision)
    })
}

fn answer(id: &str, revision: u64) -> Event {
    frame(RecipeUpdate {
        message: Some(message(id, "ada", revision).into()),
        in_reply_to: Some(id.into()),
        ..update(revision)
    })
}

fn auth_required() -> Event {
    Event::Frame(Box::new(ServerFrame::AuthRequired {
        id: String::new(),
        timestamp: String::new(),
        payload: AuthRequired {
            reason: AuthRequiredReason::Expiring,
            expires_at: String::new(),
        },
    }))
}

fn error(code: ErrorCode, in_reply_to: &str, retry_after_ms: Option<u64>) -> Event {
    Event::Frame(Box::new(ServerFrame::Error {
        id: String::new(),
        timestamp: String::new(),
        payload: ErrorPayload {
            code,
            message: code.name().into(),
            retryable: code.retryable(),
            retry_after_ms,
            in_reply_to: Some(in_reply_to.into()),
        },
    }))
}

fn lost() -> Event {
    Event::Closed {
        code: None,
        reason: String::new(),
    }
}

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
    let mut heard = Vec::new();
    while heard != ["refresh"] {
        // The server says something now and then, so that nothing but the token is due.
        table.on(Event::Heard);
        heard = table.later(10 * SECOND);
    }
    assert_eq!(table.chat.status(), Status::Connected);
    assert!(table.new_token().is_empty());
    assert_eq!(
        table.on(auth_required()),
        ["auth token-2 session s1 revision 3"]
    );
}

#[test]
fn messages_go_on_while_a_new_token_is_fetched() {
    let mut table = Table::live();
    table.on(auth_required());
    assert_eq!(table.say("a"), ["say a"]);
    assert_eq!(table.on(answer("a", 4)), ["said 4"]);
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
            Verdict::Retry => assert!(last.starts_with("trouble:"), "{last}"),
        }
    }
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
    for number in 0..outbox::MOST {
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

#[test]
fn no_action_prints_a_token() {
    let mut chat = Chat::new(token(1, LIFE), 1, Instant::now());
    chat.handle(Event::Deadline, Instant::now());
    let actions = chat.handle(Event::Opened, Instant::now());
    assert!(!format!("{chat:?} {actions:?}").contains("token-1"));
}
