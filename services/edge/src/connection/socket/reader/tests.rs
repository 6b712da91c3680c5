use proptest::{prelude::*, proptest};
use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    error::CapacityError,
    protocol::{Role, WebSocketConfig, frame::Frame},
};

use super::*;

const MAX_FIRST: usize = MAX_FIRST_MESSAGE;
const MAX: usize = MAX_MESSAGE;
const TEXT: OpCode = OpCode::Data(Data::Text);
const MORE: OpCode = OpCode::Data(Data::Continue);
const PING: OpCode = OpCode::Control(Control::Ping);

fn frame(opcode: OpCode, is_final: bool, payload: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut frame = Frame::message(payload.into(), TEXT, is_final);
    frame.header_mut().opcode = opcode;
    frame.header_mut().mask = Some([1, 2, 3, 4]);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    bytes
}

/// The length of each text of these frames, or how they end, whether they come at once or byte by byte.
#[track_caller]
fn check(frames: &[Vec<u8>], expected: Result<&[usize], Close>) {
    for at_once in [1, 4_096, usize::MAX] {
        let (received, close) = FrameReader::default().read_pieces(&frames.concat(), at_once);
        let texts = received.iter().filter_map(|received| match received {
            Received::Text(text) => Some(text.len()),
            _ => None,
        });
        let lengths: Vec<_> = texts.collect();
        assert_eq!(
            close.map_or(Ok(&*lengths), Err),
            expected,
            "{at_once} at once"
        );
    }
}

#[test]
fn the_first_message_has_a_limit_of_its_own_however_it_is_cut() {
    for length in [0, 1, 125, 126, 4_000, MAX_FIRST] {
        check(&[frame(TEXT, true, vec![b'a'; length])], Ok(&[length]));
    }
    let pieces = [
        frame(TEXT, false, vec![b'a'; 4_000]),
        frame(PING, true, vec![b'a'; 125]),
        frame(MORE, false, ""),
        frame(MORE, true, vec![b'a'; 4_192]),
        frame(TEXT, true, vec![b'a'; MAX]),
    ];
    check(&pieces, Ok(&[MAX_FIRST, MAX]));
    check(
        &[frame(TEXT, true, vec![b'a'; MAX_FIRST + 1])],
        Err(Close::MessageTooBig),
    );
    let later = [
        frame(TEXT, true, "a"),
        frame(TEXT, true, vec![b'a'; MAX + 1]),
    ];
    check(&later, Err(Close::MessageTooBig));
}

#[test]
fn a_message_that_is_too_long_is_known_by_the_head_of_its_frame() {
    let whole = frame(TEXT, true, vec![b'a'; MAX]);
    check(&[whole[..14].to_vec()], Err(Close::MessageTooBig));
    let huge = [&[0x81][..], &[0xff; 9], &[0; 4]].concat();
    check(&[huge], Err(Close::MessageTooBig));
    let pieces = (0..9).map(|_| frame(MORE, false, vec![b'a'; 1_000]));
    let pieces: Vec<_> = [frame(TEXT, false, "")].into_iter().chain(pieces).collect();
    check(&pieces, Err(Close::MessageTooBig));
}

#[test]
fn nothing_is_allocated_while_nothing_is_incomplete() {
    let frames = [
        frame(TEXT, true, "a"),
        frame(TEXT, true, vec![b'a'; MAX]),
        frame(PING, true, "b"),
    ];
    for at_once in [1, 4_096, usize::MAX] {
        let mut reader = FrameReader::default();
        let (received, close) = reader.read_pieces(&frames.concat(), at_once);
        assert_eq!((received.len(), close, reader.kept()), (3, None, 0));
    }
}

/// What tungstenite makes of the same, whose first message has no limit of its own.
fn read_by_tungstenite(bytes: &[u8]) -> (Vec<Received>, Option<Close>) {
    struct Incoming<'a>(&'a [u8]);
    impl std::io::Read for Incoming<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(to)? {
                0 => Err(std::io::ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        }
    }
    impl std::io::Write for Incoming<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX))
        .max_frame_size(Some(MAX));
    let mut socket = WebSocket::from_raw_socket(Incoming(bytes), Role::Server, Some(config));
    let mut received = Vec::new();
    let close = loop {
        received.push(match socket.read() {
            Ok(Message::Text(text)) => Received::Text(text),
            Ok(Message::Ping(payload)) => Received::Ping(payload),
            Ok(Message::Pong(_)) => Received::Pong,
            Ok(Message::Close(close)) => {
                // Its answer, which goes by what may be answered.
                received.push(Received::Close(close));
                break None;
            }
            Ok(Message::Binary(_)) => break Some(Close::TextFramesOnly),
            Ok(Message::Frame(_)) => unreachable!("it is only written"),
            Err(Error::Io(_)) => break None,
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
                break Some(Close::MessageTooBig);
            }
            Err(Error::Utf8(_)) => break Some(Close::InvalidUtf8),
            Err(_) => break Some(Close::ProtocolError),
        });
    };
    (received, close)
}

/// A frame as a client might send it, mostly as it may.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        12 => prop_oneof![Just(0x81_u8), Just(0x01), Just(0x00), Just(0x80), Just(0x89), Just(0x8a)],
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        8 => "[aé€𝄞]{0,40}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (120_usize..130).prop_map(|length| vec![b'a'; length]),
        1 => (MAX - 2..MAX + 2).prop_map(|length| vec![b'a'; length]),
    ];
    let masked = prop::bool::weighted(0.98);
    (first, payload, masked, any::<[u8; 4]>()).prop_map(|(first, mut payload, masked, mask)| {
        let mut bytes = vec![first];
        let length = payload.len();
        let bit = if masked { 0x80 } else { 0 };
        match length {
            ..126 => bytes.push(bit | length as u8),
            126..65_536 => {
                bytes.push(bit | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(bit | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        if masked {
            bytes.extend(mask);
            for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
                *byte ^= mask;
            }
        }
        bytes.extend(payload);
        bytes
    })
}

proptest! {
    #[test]
    fn messages_are_those_that_tungstenite_reads(
        frames in prop::collection::vec(any_frame(), 0..12),
        at_once in prop_oneof![Just(1_usize), 1..100_usize, Just(4_096)],
    ) {
        // Closes have a test of their own, since tungstenite gives what it answers.
        let bytes: Vec<u8> = frames.into_iter().filter(|frame| frame[0] & 0x0f != 8).flatten().collect();
        let (expected, its_close) = read_by_tungstenite(&bytes);
        let mut reader = FrameReader {
            has_spoken: true,
            ..FrameReader::default()
        };
        let (received, close) = reader.read_pieces(&bytes, at_once);
        prop_assert_eq!(&received, &expected);
        // What is wrong in more ways than one may be called any of them, and is known by its head.
        prop_assert!(its_close.is_none() || close.is_some(), "{:?} {:?}", close, its_close);
    }
}

#[test]
fn what_is_wrong_ends_the_connection_with_the_code_of_the_rfc() {
    let text = |bytes: &[u8]| frame(TEXT, true, bytes);
    let close = |bytes: &[u8]| frame(OpCode::Control(Control::Close), true, bytes);
    let with = |byte: usize, bits: u8| {
        let mut frame = frame(TEXT, true, "a");
        frame[byte] ^= bits;
        frame
    };
    let binary = frame(OpCode::Data(Data::Binary), true, "a");
    for (frames, expected) in [
        (vec![with(0, 0x40)], Close::ProtocolError),
        (vec![with(0, 0x02)], Close::ProtocolError), // opcode 3
        (vec![with(1, 0x80)], Close::ProtocolError), // no mask
        (vec![frame(MORE, true, "a")], Close::ProtocolError),
        (
            vec![frame(TEXT, false, "a"), text(b"a")],
            Close::ProtocolError,
        ),
        (
            vec![frame(TEXT, false, "a"), binary.clone()],
            Close::ProtocolError,
        ),
        (vec![frame(PING, false, "a")], Close::ProtocolError),
        (
            vec![frame(PING, true, vec![b'a'; 126])],
            Close::ProtocolError,
        ),
        (vec![close(&[3])], Close::ProtocolError),
        (vec![close(&[3, 0xe8, 0xff])], Close::InvalidUtf8),
        (vec![binary], Close::TextFramesOnly),
        (vec![text(&[0xff])], Close::InvalidUtf8),
        (
            vec![text("€".as_bytes().split_last().unwrap().1)],
            Close::InvalidUtf8,
        ),
        // Known before the message is complete.
        (vec![frame(TEXT, false, [0xff])], Close::InvalidUtf8),
    ] {
        check(&frames, Err(expected));
    }
}

#[test]
fn a_close_is_read_with_its_code_and_reason() {
    for (payload, expected) in [
        (&b""[..], None),
        (b"\x03\xe8", Some((1000, ""))),
        (b"\x0f\xa0bye", Some((4000, "bye"))),
    ] {
        let expected = expected.map(|(code, reason)| CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        });
        let frame = frame(OpCode::Control(Control::Close), true, payload);
        let (received, _) = FrameReader::default().read_pieces(&frame, 1);
        assert_eq!(received, [Received::Close(expected)]);
    }
}
