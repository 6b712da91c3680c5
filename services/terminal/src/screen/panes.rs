//! What the screen shows: chat, recipe, the line being written, and how the chat stands in words.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    style::{Color, Modifier, Style, Stylize as _},
    text::{Line as Text, Span},
    widgets::{Block, Paragraph},
};
use tokio::time::Instant;

use super::{Pane, View, scroll::Scroll, wrap::wrap};
use recipe_chat_client::{Chat, Line, Status, printable};

use crate::recipe_card::{self, Role};

/// On a narrower screen one pane is seen at a time.
const MIN_TWO_PANE_WIDTH: u16 = 70;
/// How many of the others are named.
const MAX_NAMED: usize = 3;
const KEYS: &str = "Enter sends  PgUp/PgDn scroll  Tab other pane  Esc leaves";

pub(super) fn draw(frame: &mut Frame<'_>, view: &mut View, chat: &Chat, now: Instant) {
    let rows = Layout::vertical([
        Constraint::Min(3),
        Constraint::Length(3),
        Constraint::Length(1),
    ]);
    let [top, bottom, foot] = rows.areas(frame.area());
    if top.width < MIN_TWO_PANE_WIDTH {
        match view.pane {
            Pane::Chat => draw_chat(frame, top, view, chat),
            Pane::Recipe => draw_recipe(frame, top, view, chat),
        }
    } else {
        let columns = Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]);
        let [left, right] = columns.areas(top);
        draw_chat(frame, left, view, chat);
        draw_recipe(frame, right, view, chat);
    }
    draw_composer(frame, bottom, view);
    frame.render_widget(status(view, chat, now), foot);
}

fn draw_chat(frame: &mut Frame<'_>, area: Rect, view: &mut View, chat: &Chat) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<_> = chat
        .history()
        .lines()
        .flat_map(|line| chat_lines(line, width))
        .collect();
    for waiting in chat.outbox().waiting() {
        let words = format!("{} (sending...)", waiting.content);
        lines.extend(styled(&words, width, Style::new().dim().italic()));
    }
    if lines.is_empty() {
        let words = "Ask for anything in this recipe: \"add 2 eggs\", \"double it\", \"add step: whisk the eggs\"";
        lines.extend(styled(words, width, Style::new().dim()));
    }
    let title = title(&view.recipe, view.pane == Pane::Chat);
    draw_pane(frame, area, &mut view.chat_scroll, title, lines);
}

fn chat_lines(line: &Line, width: usize) -> Vec<Text<'static>> {
    match line {
        Line::NotSaid { content, reason } => {
            let words = format!("! not sent: {content} ({reason})");
            styled(&words, width, Style::new().fg(Color::Red))
        }
        Line::Said(message) => {
            let name = printable::line(&message.author.name).into_owned();
            let words = format!("{name}: {}", message.content);
            let mut lines = styled(&words, width, Style::new());
            if let Some(first) = lines.first_mut() {
                embolden(first, &name);
            }
            if let Some(effect) = &message.effect {
                let style = Style::new().fg(Color::Green);
                lines.extend(styled(&format!("  -> {effect}"), width, style));
            }
            if let Some(hint) = &message.hint {
                let style = Style::new().fg(Color::Yellow);
                lines.extend(styled(&format!("  ? {hint}"), width, style));
            }
            for (text, number) in message.suggestions.iter().flatten().zip(1..) {
                let style = Style::new().fg(Color::Cyan);
                lines.extend(styled(&format!("  F{number}: {text}"), width, style));
            }
            lines
        }
    }
}

/// The author's name stands out, as far as it is on the line.
fn embolden(line: &mut Text<'static>, name: &str) {
    let text = line.to_string();
    if let Some(rest) = text.strip_prefix(name) {
        *line = Text::from(vec![
            Span::from(name.to_owned()).bold(),
            Span::from(rest.to_owned()),
        ]);
    }
}

fn draw_recipe(frame: &mut Frame<'_>, area: Rect, view: &mut View, chat: &Chat) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines = Vec::new();
    for (role, text) in recipe_card::lines(chat.history().recipe()) {
        let style = match role {
            Role::Title => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Heading => {
                lines.push(Text::default());
                Style::new().bold()
            }
            Role::Item => Style::new(),
            Role::Aside => Style::new().dim(),
        };
        lines.extend(styled(&text, width, style));
    }
    let title = title("Recipe", view.pane == Pane::Recipe);
    draw_pane(frame, area, &mut view.recipe_scroll, title, lines);
}

fn draw_pane(
    frame: &mut Frame<'_>,
    area: Rect,
    scroll: &mut Scroll,
    title: Text<'static>,
    lines: Vec<Text<'static>>,
) {
    let height = usize::from(area.height.saturating_sub(2));
    let first = scroll.fit(lines.len(), height);
    let seen: Vec<_> = lines.into_iter().skip(first).take(height).collect();
    let mut block = Block::bordered().title(title);
    if scroll.below() > 0 {
        block = block.title_bottom(format!(" {} more lines below ", scroll.below()));
    }
    frame.render_widget(Paragraph::new(seen).block(block), area);
}

fn draw_composer(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let width = usize::from(area.width.saturating_sub(2));
    let (shown, column) = view.composer.window(width);
    let line = if view.composer.text().is_empty() {
        Text::from("Type a message...").dim()
    } else {
        Text::from(shown)
    };
    frame.render_widget(Paragraph::new(line).block(Block::bordered()), area);
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    let cursor = Position::new(area.x.saturating_add(1).saturating_add(column), area.y + 1);
    if area.contains(cursor) {
        frame.set_cursor_position(cursor);
    }
}

fn status(view: &View, chat: &Chat, now: Instant) -> Text<'static> {
    let (words, colour) = status_words(&chat.status(), now);
    let mut parts = vec![Span::styled(words, Style::new().fg(colour).bold())];
    if let Some(me) = chat.history().me() {
        parts.push(Span::from(format!(" as {}", printable::line(&me.name))));
    }
    parts.extend(others(chat).map(Span::from));
    match chat.outbox().waiting().len() {
        0 => {}
        1 => parts.push(Span::from("  1 message waits")),
        several => parts.push(Span::from(format!("  {several} messages wait"))),
    }
    let aside = match &view.notice {
        Some(notice) => Span::from(format!("  {}", printable::line(notice))).yellow(),
        None => Span::from(format!("  {KEYS}")).dim(),
    };
    parts.push(aside);
    Text::from(parts)
}

/// Who else is there, the first few by name.
fn others(chat: &Chat) -> Option<String> {
    let presence = chat.presence()?;
    let me = chat.history().me().map(|me| me.id.as_str());
    let others = presence.people.iter();
    let mut others = others.filter(|person| Some(person.id.as_str()) != me);
    let named = others.by_ref().take(MAX_NAMED).map(|person| {
        let types = if person.typing { " (typing)" } else { "" };
        format!("{}{types}", printable::line(&person.name))
    });
    let named: Vec<_> = named.collect();
    if named.is_empty() {
        return None;
    }
    let more = presence.count.saturating_sub(1 + named.len() as u64);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(", with {}{more}", named.join(", ")))
}

/// Words first: the colour only repeats them.
fn status_words(status: &Status, now: Instant) -> (String, Color) {
    match status {
        Status::Connecting => ("Connecting...".to_owned(), Color::Yellow),
        Status::Authenticating => ("Authenticating...".to_owned(), Color::Yellow),
        Status::Connected => ("Connected".to_owned(), Color::Green),
        Status::Disconnected => ("Disconnected".to_owned(), Color::Red),
        Status::Reconnecting { why, at } => {
            let wait = at.map_or(0, |at| at.saturating_duration_since(now).as_secs());
            let soon = match wait {
                0 => "Reconnecting...".to_owned(),
                seconds => format!("Reconnecting in {seconds} s..."),
            };
            (format!("{soon} ({})", printable::line(why)), Color::Yellow)
        }
    }
}

fn title(words: &str, focused: bool) -> Text<'static> {
    let words = format!(" {} ", printable::line(words));
    if focused {
        Text::from(words).bold()
    } else {
        Text::from(words).dim()
    }
}

fn styled(text: &str, width: usize, style: Style) -> Vec<Text<'static>> {
    wrap(text, width)
        .into_iter()
        .map(|line| Text::styled(line, style))
        .collect()
}

#[cfg(test)]
mod tests;
