//! What is on the screen, cell by cell.

use std::{sync::Arc, time::Duration};

use proto::websocket::frames::{
    Author, Message, Person, Presence, Recipe, RecipeUpdate, Role, ServerFrame, SessionInfo,
};
use ratatui::{Terminal, backend::TestBackend};

use super::*;
use recipe_chat_client::{Event, Token};

fn chat(now: Instant) -> Chat {
    let token = Token {
        access: "canary".into(),
        good_for: Duration::from_secs(900),
    };
    let mut chat = Chat::new(token, 1, now);
    chat.handle(Event::Deadline, now);
    chat.handle(Event::Opened, now);
    chat
}

fn told(chat: &mut Chat, now: Instant, contents: &[&str]) {
    let messages = contents.iter().zip(1..).map(|(content, revision)| {
        Arc::new(Message {
            id: revision.to_string(),
            author: Author {
                id: "u".into(),
                name: "ada".into(),
            },
            content: (*content).into(),
            revision,
            effect: Some("Done".into()),
            ..Message::default()
        })
    });
    let payload = RecipeUpdate {
        recipe_id: "soup".into(),
        revision: contents.len() as u64,
        recipe: Arc::new(Recipe {
            title: "Leek soup".into(),
            servings: 4,
            ..Recipe::default()
        }),
        message: None,
        messages: Some(messages.collect()),
        messages_truncated: None,
        session: Some(SessionInfo {
            user: Author {
                id: "u".into(),
                name: "ada".into(),
            },
            ..SessionInfo::default()
        }),
        recovered: None,
        in_reply_to: None,
    };
    let frame = ServerFrame::RecipeUpdate {
        id: String::new(),
        timestamp: String::new(),
        payload,
    };
    chat.handle(Event::Frame(Box::new(frame)), now);
}

fn screen(width: u16, height: u16, view: &mut View, chat: &Chat, now: Instant) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view, chat, now)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width));
    let rows: Vec<_> = rows
        .map(|row| {
            row.iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
        })
        .collect();
    rows.join("\n")
}

#[test]
fn chat_and_recipe_stand_side_by_side_and_the_state_below_in_words() {
    let now = Instant::now();
    let mut chat = chat(now);
    let mut view = View::new("soup");
    let before = screen(100, 20, &mut view, &chat, now);
    assert!(before.contains("Authenticating..."), "{before}");

    told(&mut chat, now, &["add 2 leeks"]);
    view.composer.insert("and salt");
    let shown = screen(100, 20, &mut view, &chat, now);

    for part in [
        "ada: add 2 leeks",
        "-> Done",
        "Leek soup",
        "and salt",
        "Connected as ada",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn a_narrow_screen_shows_one_pane_at_a_time() {
    let now = Instant::now();
    let mut chat = chat(now);
    told(&mut chat, now, &["add 2 leeks"]);
    let mut view = View::new("soup");
    let shown = screen(40, 20, &mut view, &chat, now);
    assert!(
        shown.contains("add 2 leeks") && !shown.contains("Leek soup"),
        "{shown}"
    );
    view.pane = Pane::Recipe;
    let shown = screen(40, 20, &mut view, &chat, now);
    assert!(
        !shown.contains("add 2 leeks") && shown.contains("Leek soup"),
        "{shown}"
    );
}

#[test]
fn the_newest_messages_are_seen_and_older_ones_a_page_up() {
    let now = Instant::now();
    let mut chat = chat(now);
    let contents: Vec<_> = (1..=40).map(|number| format!("number {number}.")).collect();
    told(
        &mut chat,
        now,
        &contents.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let mut view = View::new("soup");
    let shown = screen(100, 20, &mut view, &chat, now);
    assert!(
        shown.contains("number 40.") && !shown.contains("number 30."),
        "{shown}"
    );
    view.chat_scroll.page_up();
    let shown = screen(100, 20, &mut view, &chat, now);
    assert!(
        !shown.contains("number 40.") && shown.contains("more lines below"),
        "{shown}"
    );
}

#[test]
fn nobody_can_move_the_cursor_of_another_and_long_words_are_broken() {
    let now = Instant::now();
    let mut chat = chat(now);
    let long = format!("\u{1b}[2J\u{7}{}end", "x".repeat(200));
    told(&mut chat, now, &[&long]);
    let shown = screen(60, 20, &mut View::new("soup"), &chat, now);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{7}'),
        "{shown:?}"
    );
    assert!(shown.contains("xend"), "{shown}");
}

#[test]
fn no_size_is_too_small() {
    let now = Instant::now();
    let mut chat = chat(now);
    told(&mut chat, now, &["add 2 leeks"]);
    for (width, height) in [(1, 1), (2, 3), (5, 2), (200, 4), (69, 1), (3, 60)] {
        screen(width, height, &mut View::new("soup"), &chat, now);
    }
}

#[test]
fn the_others_who_are_there_are_named_below_and_who_of_them_types() {
    let now = Instant::now();
    let mut chat = chat(now);
    let mut view = View::new("soup");
    told(&mut chat, now, &["add 2 leeks"]);
    let me = chat.history().me().unwrap().id.clone();
    let person = |id: &str, name: &str| Person {
        id: id.into(),
        name: name.into(),
        role: Role::Editor,
        typing: name == "bob",
    };
    let mut people = vec![person(&me, "ada"), person("b", "bob"), person("e", "eve")];
    let mut presence = |people: &[Person], count| {
        let frame = ServerFrame::Presence {
            id: "p".into(),
            timestamp: String::new(),
            payload: Presence {
                people: people.to_vec(),
                count,
            },
        };
        chat.handle(Event::Frame(Box::new(frame)), now);
        screen(120, 20, &mut view, &chat, now)
    };
    let shown = presence(&people, 3);
    assert!(
        shown.contains("as ada, with bob (typing), eve  "),
        "{shown}"
    );
    people.extend([person("k", "kim"), person("l", "lea")]);
    let shown = presence(&people, 70);
    assert!(
        shown.contains("bob (typing), eve, kim and 66 more"),
        "{shown}"
    );
    let shown = presence(&people[..1], 1);
    assert!(!shown.contains("with"), "{shown}");
}
