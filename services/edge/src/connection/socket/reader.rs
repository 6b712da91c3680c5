//! Puts a client's messages together from the bytes that come in (RFC 6455, sections 5 and 8.1). tungstenite reads the heads
//! of frames; the rest is here, since its WebSocket keeps a buffer as large as the largest frame for as long as the
//! connection lives, and knows one limit for all messages. Here nothing is allocated while nothing is incomplete, and a
//! message that is too long, or not text, is known by the head of its frame.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;

use std::{io::Cursor, str};

use bytes::{Buf as _, BytesMut};
use proto::websocket::codes::Close;
use tokio_tungstenite::tungstenite::{
    Bytes, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::{
            FrameHeader,
            coding::{CloseCode, Control, Data, OpCode},
        },
    },
};

/// The longest message.
const MAX_MESSAGE: usize = 64 << 10;
/// The longest first message: before it is read, the client has not proved who it is.
const MAX_FIRST_MESSAGE: usize = 8 << 10;
/// The longest payload of a ping, pong or close.
const MAX_CONTROL: usize = 125;

/// What a client has sent, once it is complete.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    Text(Utf8Bytes),
    /// What its answer must repeat.
    Ping(Bytes),
    Pong,
    Close(Option<CloseFrame>),
}

/// Reads frames of one connection.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// What came in and belongs to no complete frame.
    unread: BytesMut,
    /// Of the frame whose payload comes in.
    head: Option<Head>,
    /// Of the message whose other fragments are to come.
    fragments: Option<Box<Fragments>>,
    /// Whether the first message is complete.
    has_spoken: bool,
}

/// The head of a frame that may be sent.
#[derive(Debug, Clone, Copy)]
struct Head {
    kind: Kind,
    is_final: bool,
    mask: [u8; 4],
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Continuation,
    Control(Control),
}

#[derive(Debug, Default)]
struct Fragments {
    text: BytesMut,
    /// How much of it is known to be UTF-8.
    valid: usize,
}

impl FrameReader {
    /// Adds what came in. Only after [`FrameReader::next`] has found nothing: then less than one frame is unread.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next that is complete.
    ///
    /// # Errors
    /// How the connection must close, for what may not be sent.
    pub(super) fn next(&mut self) -> Result<Option<Received>, Close> {
        loop {
            let Some(head) = self.head()? else {
                return Ok(None);
            };
            if self.unread.len() < head.length {
                self.head = Some(head);
                return Ok(None);
            }
            let mut payload = match self.unread.len() == head.length {
                true => std::mem::take(&mut self.unread),
                false => self.unread.split_to(head.length),
            };
            unmask(&mut payload, head.mask);
            if let Some(received) = self.take(head, payload)? {
                return Ok(Some(received));
            }
        }
    }

    /// The head of the frame that comes in, once that is complete.
    fn head(&mut self) -> Result<Option<Head>, Close> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let mut cursor = Cursor::new(&*self.unread);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Close::ProtocolError)?;
        let Some((header, length)) = parsed else {
            return Ok(None);
        };
        let size = cursor.position();
        let head = self.judge(&header, length)?;
        self.unread
            .advance(usize::try_from(size).unwrap_or_default());
        Ok(Some(head))
    }

    fn judge(&self, header: &FrameHeader, length: u64) -> Result<Head, Close> {
        let mask = header.mask.ok_or(Close::ProtocolError)?;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Close::ProtocolError);
        }
        let longest = match self.has_spoken {
            true => MAX_MESSAGE,
            false => MAX_FIRST_MESSAGE,
        };
        let (kind, before, most) = match (header.opcode, &self.fragments) {
            (OpCode::Control(_), _) if !header.is_final => return Err(Close::ProtocolError),
            (OpCode::Control(control), _) => (Kind::Control(control), 0, MAX_CONTROL),
            (OpCode::Data(Data::Continue), Some(fragments)) => {
                (Kind::Continuation, fragments.text.len(), longest)
            }
            (OpCode::Data(Data::Text), None) => (Kind::Text, 0, longest),
            (OpCode::Data(Data::Binary), None) => return Err(Close::TextFramesOnly),
            (OpCode::Data(_), _) => return Err(Close::ProtocolError),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match length.saturating_add(before) <= most {
            true => Ok(Head {
                kind,
                is_final: header.is_final,
                mask,
                length,
            }),
            false if matches!(kind, Kind::Control(_)) => Err(Close::ProtocolError),
            false => Err(Close::MessageTooBig),
        }
    }

    /// Takes a whole frame; the head was judged.
    fn take(&mut self, head: Head, payload: BytesMut) -> Result<Option<Received>, Close> {
        let whole = match head.kind {
            Kind::Control(Control::Ping) => return Ok(Some(Received::Ping(payload.freeze()))),
            Kind::Control(Control::Pong) => return Ok(Some(Received::Pong)),
            Kind::Control(_) => {
                return read_close(&payload).map(|close| Some(Received::Close(close)));
            }
            Kind::Text if head.is_final => payload,
            Kind::Text | Kind::Continuation => {
                let fragments = self.fragments.get_or_insert_default();
                fragments.add(&payload, head.is_final)?;
                if !head.is_final {
                    return Ok(None);
                }
                self.fragments.take().unwrap_or_default().text
            }
        };
        self.has_spoken = true;
        let text = Utf8Bytes::try_from(whole.freeze()).map_err(|_| Close::InvalidUtf8)?;
        Ok(Some(Received::Text(text)))
    }
}

impl Fragments {
    /// A character may begin in one fragment and end in the next.
    fn add(&mut self, payload: &[u8], is_last: bool) -> Result<(), Close> {
        self.text.extend_from_slice(payload);
        let unchecked = self.text.get(self.valid..).unwrap_or_default();
        match str::from_utf8(unchecked) {
            Ok(_) => self.valid = self.text.len(),
            Err(cut) if cut.error_len().is_none() && !is_last => self.valid += cut.valid_up_to(),
            Err(_) => return Err(Close::InvalidUtf8),
        }
        Ok(())
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let word = u32::from_ne_bytes(mask);
    let mut words = payload.chunks_exact_mut(4);
    for bytes in &mut words {
        let plain = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) ^ word;
        bytes.copy_from_slice(&plain.to_ne_bytes());
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

fn read_close(payload: &[u8]) -> Result<Option<CloseFrame>, Close> {
    match payload {
        [] => Ok(None),
        [_] => Err(Close::ProtocolError),
        [high, low, reason @ ..] => {
            let reason = str::from_utf8(reason).map_err(|_| Close::InvalidUtf8)?;
            Ok(Some(CloseFrame {
                code: CloseCode::from(u16::from_be_bytes([*high, *low])),
                reason: reason.into(),
            }))
        }
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl FrameReader {
    /// What is complete of these bytes when so many come at once, and how the connection must close, if it must.
    fn read_pieces(&mut self, bytes: &[u8], at_once: usize) -> (Vec<Received>, Option<Close>) {
        let mut received = Vec::new();
        for piece in bytes.chunks(at_once) {
            self.add(piece);
            loop {
                match self.next() {
                    Ok(Some(one)) => received.push(one),
                    Ok(None) => break,
                    Err(close) => return (received, Some(close)),
                }
            }
        }
        (received, None)
    }

    /// How many bytes are kept for what is not complete.
    fn kept(&self) -> usize {
        let fragments = self.fragments.as_ref();
        self.unread.capacity() + fragments.map_or(0, |fragments| fragments.text.capacity())
    }
}

#[cfg(test)]
mod tests;
