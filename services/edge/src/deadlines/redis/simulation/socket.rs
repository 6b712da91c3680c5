//! A client's end of a simulated connection, which speaks the protocol: production's connection is at the other end. Little
//! fits between them, so that a client that reads nothing is soon waited for.

use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use proto::{
    ids::{Position, SessionId},
    websocket::{
        codes::Close,
        frames::{AuthPayload, ChatPayload, ClientFrame, Closing, RecipeUpdate, ServerFrame},
    },
};
use runtime::clock::Timestamp;
use serde_json::{from_str, to_string};
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

use super::clock::Calendar;

/// How many bytes may lie between an edge and a client: about four updates of the room.
const BUFFER_SIZE: usize = 2_048;

/// What a client shows of itself: its token ends then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Its id, among those of its client.
    pub(super) number: u64,
    pub(super) expires: Instant,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToClient {
    Recipe(Box<RecipeUpdate>),
    AuthRequired {
        answer_by: Instant,
    },
    /// The message of this id was not carried out.
    Refused(Option<String>),
    Closed(Close),
}

/// A client's end of a connection.
pub(super) struct ClientSocket {
    stream: WebSocketStream<DuplexStream>,
    calendar: Calendar,
    user: String,
    /// What the edge said of the close that comes.
    closing: Option<Closing>,
}

/// A client's end of a new connection, and the edge's.
pub(super) async fn pair(calendar: Calendar, user: &str) -> (ClientSocket, DuplexStream) {
    let (near, far) = duplex(BUFFER_SIZE);
    let client = ClientSocket {
        stream: WebSocketStream::from_raw_socket(near, Role::Client, None).await,
        calendar,
        user: user.to_owned(),
        closing: None,
    };
    (client, far)
}

impl ClientSocket {
    /// What comes next; `None`: the connection is lost. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<ToClient> {
        loop {
            match self.stream.next().await?.ok()? {
                Message::Text(text) => {
                    let heard = self.read(from_str(&text).unwrap());
                    if heard.is_some() {
                        return heard;
                    }
                }
                Message::Close(frame) => {
                    let close = frame.filter(|frame| frame.code != CloseCode::Normal);
                    // Without it, it is the answer to a close of the client's own.
                    return close.map(|frame| ToClient::Closed(self.close_of(&frame)));
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Shows a token first, with a session to resume and how far the client has come.
    pub(super) fn introduce(
        &mut self,
        token: Token,
        session: Option<&SessionId>,
        position: Option<&Position>,
    ) {
        let message = position.and_then(|position| position.message.as_ref());
        self.authenticate(AuthPayload {
            token: token.write(&self.user, self.calendar),
            session: session.map(ToString::to_string),
            revision: position.map(|position| position.revision),
            message_id: message.map(ToString::to_string),
            traceparent: None,
        });
    }

    /// Shows another token; tells whether it was sent.
    pub(super) fn show(&mut self, token: Token) -> bool {
        self.authenticate(AuthPayload {
            token: token.write(&self.user, self.calendar),
            session: None,
            revision: None,
            message_id: None,
            traceparent: None,
        })
    }

    fn authenticate(&mut self, payload: AuthPayload) -> bool {
        self.send_frame(&ClientFrame::Auth {
            id: None,
            timestamp: None,
            payload,
        })
    }

    /// Says something about the recipe. The edge may be gone already.
    pub(super) fn say(&mut self, id: String) {
        self.send_frame(&ClientFrame::ChatMessage {
            id,
            timestamp: None,
            payload: ChatPayload {
                content: "how long does it take?".into(),
                traceparent: None,
            },
        });
    }

    fn send_frame(&mut self, frame: &ClientFrame) -> bool {
        self.send(Message::text(to_string(frame).unwrap()))
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

    /// `None`: it only announces what comes next.
    fn read(&mut self, frame: ServerFrame) -> Option<ToClient> {
        match frame {
            ServerFrame::RecipeUpdate { payload, .. } => Some(ToClient::Recipe(Box::new(payload))),
            ServerFrame::Error { payload, .. } => Some(ToClient::Refused(payload.in_reply_to)),
            ServerFrame::AuthRequired { payload, .. } => Some(ToClient::AuthRequired {
                answer_by: self.moment(&payload.expires_at),
            }),
            ServerFrame::Closing { payload, .. } => {
                self.closing = Some(payload);
                None
            }
            other => panic!("an edge sent {other:?}"),
        }
    }

    pub(super) fn moment(&self, time: &str) -> Instant {
        self.calendar.moment(time.parse().unwrap())
    }

    /// A close of ours, which is what was announced if anything was.
    fn close_of(&self, frame: &CloseFrame) -> Close {
        let code = u16::from(frame.code);
        if let Some(closing) = &self.closing {
            let announced = (closing.code, closing.reason.as_str());
            assert_eq!(announced, (code.into(), frame.reason.as_str()));
        }
        let is_it = |close: &Close| close.code() == code && close.reason() == frame.reason.as_str();
        Close::ALL.into_iter().find(is_it).expect("a close of ours")
    }
}

impl Token {
    /// As its client shows it.
    fn write(self, user: &str, calendar: Calendar) -> String {
        let expires = calendar.time_of(self.expires).unix_millis();
        format!("{user}:{}:{expires}", self.number)
    }

    /// As the auth service reads it: whose it is, and what it says.
    pub(super) fn read(text: &str, calendar: Calendar) -> (&str, Self) {
        let mut parts = text.split(':');
        let mut part = || parts.next().expect("a token has three parts");
        let (user, number, expires) = (part(), part(), part());
        let expires = Duration::from_millis(expires.parse().unwrap());
        let token = Self {
            number: number.parse().unwrap(),
            expires: calendar.moment(Timestamp::default() + expires),
        };
        (user, token)
    }
}
