//! Bounds the first message of a connection while it is read: its length is known from the heads of its frames
//! (RFC 6455, section 5.2), before any of it is kept. tungstenite has one limit for all messages.

/// The longest head of a frame that a client sends: two bytes, eight of length, four of mask.
const MAX_HEAD: usize = 14;
const FIN_BIT: u8 = 0x80;
const OPCODE_MASK: u8 = 0x0f;
const LENGTH_MASK: u8 = 0x7f;
/// From this opcode on frames are pings, pongs and closes, which may stand between those of a message.
const FIRST_CONTROL: u8 = 0x8;

/// Looks at the bytes that come in until the first message is complete.
#[derive(Debug)]
pub(super) struct FirstMessage {
    limit: u64,
    /// How much of it has been announced.
    announced: u64,
    /// The head of the frame that comes in, as far as it has come.
    head: [u8; MAX_HEAD],
    head_len: usize,
    /// How much of the frame's payload has still to come.
    payload: u64,
    /// Whether the frame ends the message.
    is_last: bool,
}

/// What is known of the first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is more to come.
    Open,
    /// It is complete, and within the limit.
    Complete,
    /// It is longer than the limit.
    TooBig,
}

impl FirstMessage {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
            announced: 0,
            head: [0; MAX_HEAD],
            head_len: 0,
            payload: 0,
            is_last: false,
        }
    }

    /// Takes what came in. After a verdict other than [`Verdict::Open`] there is nothing more to ask.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Verdict {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let skipped = self.payload.min(here);
                self.payload -= skipped;
                bytes = &bytes[usize::try_from(skipped).unwrap_or(bytes.len())..];
            } else {
                self.head[self.head_len] = byte;
                self.head_len += 1;
                bytes = rest;
                if let Some(length) = self.length() {
                    self.begin_frame(length);
                    if self.announced > self.limit {
                        return Verdict::TooBig;
                    }
                }
            }
            if self.is_last && self.payload == 0 {
                return Verdict::Complete;
            }
        }
        Verdict::Open
    }

    /// The payload's length, once the head is complete.
    fn length(&self) -> Option<u64> {
        let head = &self.head[..self.head_len];
        let short = head.get(1)? & LENGTH_MASK;
        let masked = head.get(1)? & !LENGTH_MASK != 0;
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let complete = 2 + extended + if masked { 4 } else { 0 };
        if head.len() < complete {
            return None;
        }
        if extended == 0 {
            return Some(u64::from(short));
        }
        let bytes = &head[2..2 + extended];
        Some(
            bytes
                .iter()
                .fold(0, |length, byte| length << 8 | u64::from(*byte)),
        )
    }

    fn begin_frame(&mut self, length: u64) {
        let is_control = self.head[0] & OPCODE_MASK >= FIRST_CONTROL;
        if !is_control {
            self.announced = self.announced.saturating_add(length);
            self.is_last = self.head[0] & FIN_BIT != 0;
        }
        self.payload = length;
        self.head_len = 0;
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Control, Data, OpCode},
    };

    use super::*;

    const MAX_LENGTH: usize = 8 << 10;

    fn frame(opcode: OpCode, is_final: bool, length: usize) -> Vec<u8> {
        let mut frame = Frame::message(vec![0_u8; length], TEXT, is_final);
        frame.header_mut().opcode = opcode;
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let mut bytes = Vec::new();
        frame.format(&mut bytes).unwrap();
        bytes
    }

    const TEXT: OpCode = OpCode::Data(Data::Text);
    const MORE: OpCode = OpCode::Data(Data::Continue);
    const PING: OpCode = OpCode::Control(Control::Ping);

    /// The same whether the bytes come at once or one by one.
    #[track_caller]
    fn check(frames: &[Vec<u8>], verdict: Verdict) {
        let bytes = frames.concat();
        assert_eq!(FirstMessage::new(MAX_LENGTH).read(&bytes), verdict);
        let mut first = FirstMessage::new(MAX_LENGTH);
        let verdicts = bytes.iter().map(|byte| first.read(&[*byte]));
        let decided = verdicts
            .into_iter()
            .find(|verdict| *verdict != Verdict::Open);
        assert_eq!(decided.unwrap_or(Verdict::Open), verdict);
    }

    #[test]
    fn a_message_within_the_limit_is_complete_with_its_last_frame() {
        for length in [0, 1, 125, 126, 4_000, MAX_LENGTH] {
            check(&[frame(TEXT, true, length)], Verdict::Complete);
        }
        check(
            &[
                frame(TEXT, false, 4_000),
                frame(PING, true, 125),
                frame(MORE, false, 0),
                frame(MORE, true, 4_192),
            ],
            Verdict::Complete,
        );
        check(
            &[frame(PING, true, 5), frame(TEXT, false, 9)],
            Verdict::Open,
        );
        let largest_after = [frame(TEXT, true, 9), frame(TEXT, true, 60_000)];
        check(&largest_after, Verdict::Complete);
    }

    #[test]
    fn a_longer_one_is_known_by_the_heads_of_its_frames() {
        for length in [MAX_LENGTH + 1, 65_535, 65_536] {
            let whole = frame(TEXT, true, length);
            check(&[whole[..MAX_HEAD].to_vec()], Verdict::TooBig);
        }
        let huge = [
            0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        ];
        check(&[huge.to_vec()], Verdict::TooBig);
        let pieces = (0..9).map(|_| frame(MORE, false, 1_000));
        let pieces: Vec<_> = [frame(TEXT, false, 0)].into_iter().chain(pieces).collect();
        check(&pieces, Verdict::TooBig);
    }
}
