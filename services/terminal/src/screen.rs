//! The chat on a screen: chat at the left, recipe at the right, the line being written below. The terminal is put
//! back as it was however the client ends.

mod composer;
mod panes;
mod scroll;
mod wrap;

use std::{
    io::{self, stdout},
    time::Duration,
};

use crossterm::{
    event::{
        DisableBracketedPaste, EnableBracketedPaste, Event, EventStream, KeyCode, KeyEvent,
        KeyEventKind, KeyModifiers,
    },
    execute,
};
use futures_util::{FutureExt as _, StreamExt as _};
use ratatui::DefaultTerminal;
use tokio::{
    select,
    time::{Instant, Interval, MissedTickBehavior, interval},
};

use self::{
    composer::Composer,
    scroll::{Anchor, Scroll},
};
use recipe_chat_client::{Chat, Front, Input, News};

use crate::Config;

/// A countdown is shown to the second.
const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// What is said when nothing more can be said for now.
const NO_ROOM: &str = "Too many messages wait already";
/// The most keys between two pictures.
const MAX_BATCH: usize = 256;

/// Which pane the page keys scroll, and which one a narrow screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Chat,
    Recipe,
}

/// What is shown beside the chat's own state.
#[derive(Debug)]
struct View {
    recipe: String,
    pane: Pane,
    chat_scroll: Scroll,
    recipe_scroll: Scroll,
    composer: Composer,
    /// What the keys F1 to F3 say.
    suggestions: Vec<String>,
    notice: Option<String>,
}

/// The terminal in the state that a screen needs; dropping it puts the terminal back.
struct TerminalGuard(DefaultTerminal);

impl TerminalGuard {
    fn new() -> io::Result<Self> {
        // This also puts the terminal back before a panic prints its words.
        let borrowed = Self(ratatui::try_init()?);
        // Without it a pasted text would be sent line by line.
        execute!(stdout(), EnableBracketedPaste)?;
        Ok(borrowed)
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // There is nothing left to do for a terminal that is gone.
        execute!(stdout(), DisableBracketedPaste).ok();
        ratatui::try_restore().ok();
    }
}

pub(crate) struct Screen {
    terminal: TerminalGuard,
    events: EventStream,
    ticks: Interval,
    view: View,
}

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn open(config: &Config) -> io::Result<Self> {
        let mut ticks = interval(TICK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            terminal: TerminalGuard::new()?,
            events: EventStream::new(),
            ticks,
            view: View::new(config.recipe.as_str()),
        })
    }
}

impl Screen {
    /// Takes `event` and those that wait behind it, up to one that means something: a fast typist sees one picture
    /// of many keys.
    fn take_waiting(&mut self, event: Event, room: bool) -> io::Result<Input> {
        let mut input = self.view.take(event, room);
        for _ in 0..MAX_BATCH {
            if input != Input::Redraw {
                break;
            }
            match self.events.next().now_or_never() {
                Some(Some(event)) => input = self.view.take(event?, room),
                Some(None) => return Ok(Input::Leave),
                None => break,
            }
        }
        Ok(input)
    }
}

impl Front for Screen {
    async fn next(&mut self, room: bool) -> io::Result<Input> {
        select! {
            _ = self.ticks.tick() => Ok(Input::Redraw),
            event = self.events.next() => match event {
                Some(event) => self.take_waiting(event?, room),
                None => Ok(Input::Leave),
            },
        }
    }

    fn frame(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn tell(&mut self, news: &News) -> io::Result<()> {
        match news {
            News::Notice(words) => self.view.notice = Some(words.clone()),
            // These are read off the chat when it is shown.
            News::Status(_) | News::Said(_) | News::NotSaid { .. } => {}
        }
        Ok(())
    }

    fn show(&mut self, chat: &Chat, now: Instant) -> io::Result<()> {
        let view = &mut self.view;
        view.suggestions = chat.history().suggestions().to_vec();
        self.terminal
            .0
            .draw(|frame| panes::draw(frame, view, chat, now))?;
        Ok(())
    }
}

impl View {
    fn new(recipe: &str) -> Self {
        Self {
            recipe: recipe.to_owned(),
            pane: Pane::Chat,
            chat_scroll: Scroll::at(Anchor::Bottom),
            recipe_scroll: Scroll::at(Anchor::Top),
            composer: Composer::default(),
            suggestions: Vec::new(),
            notice: None,
        }
    }

    fn take(&mut self, event: Event, room: bool) -> Input {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key, room),
            Event::Paste(text) => {
                self.composer.insert(&text);
                Input::Redraw
            }
            _ => Input::Redraw,
        }
    }

    fn key(&mut self, key: KeyEvent, room: bool) -> Input {
        self.notice = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.control_key(key.code, room);
        }
        match key.code {
            KeyCode::Esc => return Input::Leave,
            KeyCode::Enter if key.modifiers.contains(KeyModifiers::ALT) => {
                self.composer.insert("\n");
            }
            KeyCode::Enter => return self.enter(room),
            KeyCode::F(number) => return self.suggestion(number, room),
            KeyCode::Char(c) => self.composer.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.composer.backspace(),
            KeyCode::Delete => self.composer.delete(),
            KeyCode::Left => self.composer.left(),
            KeyCode::Right => self.composer.right(),
            KeyCode::Home => self.composer.home(),
            KeyCode::End => self.composer.end(),
            KeyCode::Up => self.composer.recall(),
            KeyCode::PageUp => self.scroll().page_up(),
            KeyCode::PageDown => self.scroll().page_down(),
            KeyCode::Tab | KeyCode::BackTab => {
                self.pane = match self.pane {
                    Pane::Chat => Pane::Recipe,
                    Pane::Recipe => Pane::Chat,
                };
            }
            _ => {}
        }
        Input::Redraw
    }

    fn control_key(&mut self, code: KeyCode, room: bool) -> Input {
        match code {
            KeyCode::Char('c') => return Input::Leave,
            KeyCode::Char('d') if self.composer.text().is_empty() => return Input::Leave,
            KeyCode::Char('d') => self.composer.delete(),
            // What terminals send for Enter and Backspace in some settings.
            KeyCode::Char('j' | 'm') => return self.enter(room),
            KeyCode::Char('h') => self.composer.backspace(),
            KeyCode::Char('a') => self.composer.home(),
            KeyCode::Char('e') => self.composer.end(),
            KeyCode::Char('u') => self.composer.clear_before(),
            KeyCode::Char('k') => self.composer.clear_after(),
            KeyCode::Char('w') => self.composer.backspace_word(),
            _ => {}
        }
        Input::Redraw
    }

    /// Without room the text stays where it is.
    fn enter(&mut self, room: bool) -> Input {
        if !room {
            self.notice = Some(NO_ROOM.to_owned());
            return Input::Redraw;
        }
        self.composer.take().map_or(Input::Redraw, Input::Say)
    }

    /// Says what was suggested under a number.
    fn suggestion(&mut self, number: u8, room: bool) -> Input {
        let index = usize::from(number).wrapping_sub(1);
        match self.suggestions.get(index).cloned() {
            None => Input::Redraw,
            Some(_) if !room => {
                self.notice = Some(NO_ROOM.to_owned());
                Input::Redraw
            }
            Some(text) => {
                self.suggestions.clear();
                Input::Say(text)
            }
        }
    }

    fn scroll(&mut self) -> &mut Scroll {
        match self.pane {
            Pane::Chat => &mut self.chat_scroll,
            Pane::Recipe => &mut self.recipe_scroll,
        }
    }
}
