//! Plain lines, for pipes: a line of input is a message, and what is said comes out as lines of text or JSON. How
//! the chat stands goes to standard error.

use std::{
    future::pending,
    io::{self, BufRead, Read as _, Write},
};

use proto::websocket::frames::Message;
use tokio::{sync::mpsc, time::Instant};

use recipe_chat_client::{Chat, Front, Input, News, Status, printable};

/// A longer line is cut; what is left of it is too long for a message all the same.
const MAX_LINE: u64 = 64 << 10;

/// How what is said looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `12 ada: add milk  -> Added milk`
    Text,
    /// What the server sends, one frame a line.
    Json,
}

/// A chat in lines.
#[derive(Debug)]
pub struct Lines<O, E> {
    input: Option<mpsc::Receiver<String>>,
    out: O,
    err: E,
    format: Format,
    last: Option<String>,
}

impl<O: Write, E: Write> Lines<O, E> {
    /// Takes messages from `input`, prints them to `out` and everything else to `err`.
    pub fn new(input: mpsc::Receiver<String>, out: O, err: E, format: Format) -> Self {
        Self {
            input: Some(input),
            out,
            err,
            format,
            last: None,
        }
    }

    fn status(&mut self, status: &Status) -> io::Result<()> {
        let line = match status {
            Status::Connecting => "Connecting...".to_owned(),
            // The one passes by itself, and a chat that ends says why in other words.
            Status::Authenticating | Status::Disconnected => return Ok(()),
            Status::Connected => "Connected".to_owned(),
            Status::Reconnecting { why, .. } => format!("Reconnecting... ({why})"),
        };
        // Every try is a change, and most look the same.
        if self.last.as_ref() != Some(&line) {
            writeln!(self.err, "{line}")?;
            self.last = Some(line);
        }
        Ok(())
    }
}

impl<O: Write, E: Write> Front for Lines<O, E> {
    async fn next(&mut self, room: bool) -> io::Result<Input> {
        let Some(input) = self.input.as_mut().filter(|_| room) else {
            return pending().await;
        };
        Ok(match input.recv().await {
            Some(line) => Input::Say(line),
            None => {
                self.input = None;
                Input::End
            }
        })
    }

    fn frame(&mut self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => {
                writeln!(self.out, "{}", printable::json(text))?;
                self.out.flush()
            }
        }
    }

    fn tell(&mut self, news: &News) -> io::Result<()> {
        match (news, self.format) {
            (News::Status(status), _) => self.status(status),
            (News::Said(message), Format::Text) => {
                writeln!(self.out, "{}", line(message))?;
                self.out.flush()
            }
            (News::Said(_), Format::Json) => Ok(()),
            (News::NotSaid { content, reason }, _) => {
                let start: String = content.chars().take(60).collect();
                let (start, reason) = (printable::line(&start), printable::line(reason));
                writeln!(self.err, "Not sent: {start} ({reason})")
            }
            (News::Notice(words), _) => writeln!(self.err, "{}", printable::line(words)),
        }
    }

    fn show(&mut self, _: &Chat, _: Instant) -> io::Result<()> {
        Ok(())
    }
}

fn line(message: &Message) -> String {
    let part = |mark: &str, text: &Option<String>| match text {
        Some(text) => format!("  {mark} {}", printable::line(text)),
        None => String::new(),
    };
    let suggestions = message.suggestions.iter().flatten().zip(1..);
    let suggestions =
        suggestions.map(|(text, number)| format!("  [{number}] {}", printable::line(text)));
    format!(
        "{} {}: {}{}{}{}",
        message.revision,
        printable::line(&message.author.name),
        printable::line(&message.content),
        part("->", &message.effect),
        part("?", &message.hint),
        suggestions.collect::<String>(),
    )
}

/// The lines of `input`, which a thread of their own reads: a read of standard input cannot be given up, and must
/// not keep the process from ending.
pub fn lines_of(mut input: impl BufRead + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        while let Ok(Some(line)) = read_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use proto::websocket::frames::Author;

    use super::*;

    #[test]
    fn a_message_is_one_line_that_no_author_can_break() {
        let message = Message {
            revision: 12,
            author: Author {
                id: "u1".into(),
                name: "ada".into(),
            },
            content: "add\nmilk\u{1b}[2J".into(),
            effect: Some("Added milk".into()),
            ..Message::default()
        };
        assert_eq!(line(&message), "12 ada: add milk[2J  -> Added milk");
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_whole() {
        let mut input = "x".repeat(200_000).into_bytes();
        input.extend(b"\nadd milk\nadd eggs");
        let mut input = io::Cursor::new(input);
        let mut next = || read_line(&mut input).unwrap();
        assert_eq!(next().map(|line| line.len()), Some(65_536));
        assert_eq!(next().as_deref(), Some("add milk\n"));
        assert_eq!(next().as_deref(), Some("add eggs"));
        assert_eq!(next(), None);
    }
}
