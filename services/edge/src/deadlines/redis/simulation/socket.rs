//! The in-memory socket of a simulated connection: production's [`Socket`] at the edge's end, a client at the other that
//! reads when it likes. Little fits between them, so that a client that reads nothing is soon waited for.

use std::{fmt::Display, str::FromStr, time::Duration};

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use proto::{ids::SessionId, websocket::codes::Close};
use tokio::{
    io::{DuplexStream, duplex},
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message, Utf8Bytes,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use crate::connection::socket::Socket;

/// How far behind a reader may be before it is too slow, as in production.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes may lie between an edge and a client: about four updates of the room.
const BUFFER_SIZE: usize = 2_048;
/// What else is in an update.
const UPDATE_SIZE: usize = 400;

/// What a client shows of itself: its token ends then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Its id, among those of its client.
    pub(super) number: u64,
    pub(super) expires: Instant,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToClient {
    Welcome {
        session: SessionId,
        reauth_at: Instant,
    },
    AuthRequired {
        answer_by: Instant,
    },
    /// Somebody else has said something.
    Update,
    Closed(Close),
}

/// Makes text frames of what is sent, and reads them. Moments are written as nanoseconds since the run began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames {
    began: Instant,
}

/// A client's end of a connection.
pub(super) struct ClientSocket {
    stream: WebSocketStream<DuplexStream>,
    frames: Frames,
}

/// Both ends of a connection that begins.
pub(super) async fn pair(
    frames: Frames,
    write_timeout: Duration,
) -> (Socket<DuplexStream>, ClientSocket) {
    let (near, far) = duplex(BUFFER_SIZE);
    let socket = Socket::new(near, write_timeout).await;
    let stream = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
    (socket, ClientSocket { stream, frames })
}

impl ClientSocket {
    /// What comes next; `None`: the connection is lost. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<ToClient> {
        loop {
            match self.stream.next().await?.ok()? {
                Message::Text(text) => return Some(self.frames.read(&text)),
                Message::Close(frame) => {
                    let close = frame.filter(|frame| frame.code != CloseCode::Normal);
                    // Without it, it is the answer to a close of the client's own.
                    return close.map(|frame| ToClient::Closed(close_of(&frame)));
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Shows a token; tells whether it was sent.
    pub(super) fn show(&mut self, token: Token) -> bool {
        self.send(Message::Text(self.frames.token(token)))
    }

    /// Closes the connection in order. The edge may be gone already.
    pub(super) fn leave(&mut self) {
        self.send(Message::Close(Some(CloseFrame {
            code: CloseCode::Normal,
            reason: Utf8Bytes::default(),
        })));
    }

    /// Reads on for as long as the connection lasts, as a machine does whose user has long looked elsewhere.
    pub(super) async fn abandon(mut self) {
        while self.next().await.is_some() {}
    }

    /// What a client sends in a connection's life always finds room.
    fn send(&mut self, message: Message) -> bool {
        matches!(self.stream.send(message).now_or_never(), Some(Ok(())))
    }
}

impl Frames {
    pub(super) fn new(began: Instant) -> Self {
        Self { began }
    }

    pub(super) fn welcome(self, session: &SessionId, reauth_at: Instant) -> Utf8Bytes {
        format!("welcome {session} {}", self.write(reauth_at)).into()
    }

    pub(super) fn auth_required(self, answer_by: Instant) -> Utf8Bytes {
        format!("auth_required {}", self.write(answer_by)).into()
    }

    pub(super) fn update() -> Utf8Bytes {
        format!("update {}", "x".repeat(UPDATE_SIZE)).into()
    }

    fn token(self, token: Token) -> Utf8Bytes {
        format!("auth {} {}", token.number, self.write(token.expires)).into()
    }

    /// The token that a client shows.
    pub(super) fn read_token(self, text: &str) -> Token {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["auth", number, expires] => Token {
                number: number_of(number),
                expires: self.moment(expires),
            },
            _ => panic!("a client sent {text:?}"),
        }
    }

    fn read(self, text: &str) -> ToClient {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["welcome", session, reauth_at] => ToClient::Welcome {
                session: session.parse().unwrap(),
                reauth_at: self.moment(reauth_at),
            },
            ["auth_required", answer_by] => ToClient::AuthRequired {
                answer_by: self.moment(answer_by),
            },
            ["update", _] => ToClient::Update,
            _ => panic!("an edge sent {text:?}"),
        }
    }

    fn write(self, moment: Instant) -> impl Display {
        (moment - self.began).as_nanos()
    }

    fn moment(self, text: &str) -> Instant {
        self.began + Duration::from_nanos(number_of(text))
    }
}

fn number_of<N: FromStr<Err = std::num::ParseIntError>>(text: &str) -> N {
    text.parse().unwrap()
}

fn close_of(frame: &CloseFrame) -> Close {
    let is_it = |close: &Close| {
        close.code() == u16::from(frame.code) && close.reason() == frame.reason.as_str()
    };
    Close::ALL.into_iter().find(is_it).expect("a close of ours")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_written_is_read() {
        let now = Instant::now();
        let frames = Frames::new(now);
        let later = now + Duration::from_nanos(1_234_567_890);
        let session: SessionId = "s1".parse().unwrap();
        let token = Token {
            number: 7,
            expires: later,
        };

        assert_eq!(
            frames.read(&frames.welcome(&session, later)),
            ToClient::Welcome {
                session,
                reauth_at: later
            }
        );
        assert_eq!(
            frames.read(&frames.auth_required(later)),
            ToClient::AuthRequired { answer_by: later }
        );
        assert_eq!(frames.read(&Frames::update()), ToClient::Update);
        assert_eq!(frames.read_token(&frames.token(token)), token);
    }
}
