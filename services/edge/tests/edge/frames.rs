//! RFC 6455 after `auth`, by bytes made by hand: the cases of the Autobahn test suite that apply to a server that takes
//! JSON in text frames and does not echo. The names begin with that suite's numbers; `RFC` is what it has no case for.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::test_edge::{Client, TestEdge};

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
/// The bit of the last frame of a message.
const FIN: u8 = 0x80;
/// A message that the edge answers with a `pong`.
const QUESTION: &str = r#"{"type":"ping","id":"p","payload":{}}"#;

/// What must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Then {
    /// A WebSocket pong with these bytes.
    Pong(Vec<u8>),
    /// The answer to [`QUESTION`].
    Answer,
    /// The message was read whole, and is none of the protocol's.
    Invalid,
    /// A close with this code; `None`: with none.
    Closed(Option<u16>),
    /// The connection ends without a close.
    Gone,
}

/// A case: its name, what is sent, and what must follow, in order.
type Case = (String, Vec<u8>, Vec<Then>);

fn case(name: impl Into<String>, frames: &[Vec<u8>], then: &[Then]) -> Case {
    (name.into(), frames.concat(), then.to_vec())
}

/// A frame whose first byte is this, with a mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    with_length(first, &length(payload.len()), payload)
}

/// The shortest form of a length, with the bit that tells of a mask.
fn length(length: usize) -> Vec<u8> {
    let bytes = (length as u64).to_be_bytes();
    match length {
        0..=125 => vec![0x80 | bytes[7]],
        126..=0xFFFF => [&[0x80 | 126], &bytes[6..]].concat(),
        _ => [&[0x80 | 127], &bytes[..]].concat(),
    }
}

fn with_length(first: u8, length: &[u8], payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xFA, 0x21, 0x3D];
    let masked = payload.iter().zip(mask.iter().cycle());
    let mut frame = [&[first], length, &mask].concat();
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

fn text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | TEXT, payload.as_ref())
}

fn ping(payload: &[u8]) -> Vec<u8> {
    frame(FIN | PING, payload)
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// The question with so many bytes in all.
fn question_of(bytes: usize) -> String {
    let padding = " ".repeat(bytes - QUESTION.len());
    format!("{QUESTION}{padding}")
}

/// A message as frames of so many bytes each.
fn fragments(message: &[u8], size: usize) -> Vec<Vec<u8>> {
    let count = message.len().div_ceil(size);
    let parts = message.chunks(size).enumerate();
    parts
        .map(|(number, part)| {
            let opcode = if number == 0 { TEXT } else { CONTINUATION };
            let fin = if number + 1 == count { FIN } else { 0 };
            frame(fin | opcode, part)
        })
        .collect()
}

async fn next(client: &mut Client) -> Then {
    match client.next_raw().await {
        Some(Message::Pong(payload)) => Then::Pong(payload.to_vec()),
        Some(Message::Close(frame)) => Then::Closed(frame.map(|frame| frame.code.into())),
        Some(Message::Text(text)) => {
            let answer: Value = serde_json::from_str(&text).unwrap();
            match answer["type"].as_str() {
                Some("pong") => Then::Answer,
                Some("error") if answer["payload"]["code"] == "invalid_message" => Then::Invalid,
                // Said before a close.
                Some("closing") => Box::pin(next(client)).await,
                _ => panic!("{answer}"),
            }
        }
        Some(other) => panic!("{other:?}"),
        None => Then::Gone,
    }
}

/// Sends each case on a connection of its own, in pieces of so many bytes.
async fn play(cases: &[Case], piece: usize) {
    let test_edge = TestEdge::open(&[]).await;
    let mut wrong = Vec::new();
    for (name, bytes, then) in cases {
        let (mut client, _) = test_edge.enter("ada:900").await;
        for piece in bytes.chunks(piece) {
            client.send_bytes(piece).await;
        }
        for expected in then {
            let came = next(&mut client).await;
            if came != *expected {
                wrong.push(format!("{name}: {came:?} instead of {expected:?}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const PROTOCOL_ERROR: Then = Then::Closed(Some(1002));
const NOT_UTF_8: Then = Then::Closed(Some(1007));

#[tokio::test(start_paused = true)]
async fn autobahn_1_messages_of_every_length() {
    let mut cases: Vec<_> = [
        ("1.1.2", 125),
        ("1.1.3", 126),
        ("1.1.4", 127),
        ("1.1.5", 128),
    ]
    .into_iter()
    .chain([("1.1.6", 0xFFFF), ("1.1.7", 0x1_0000)])
    .map(|(name, size)| case(name, &[text(question_of(size))], &[Then::Answer]))
    .collect();
    cases.push(case("1.1.1", &[text("")], &[Then::Invalid]));
    let binary = frame(FIN | BINARY, QUESTION.as_bytes());
    cases.push(case("1.2", &[binary], &[Then::Closed(Some(1003))]));
    let over = text(question_of(0x1_0001));
    cases.push(case("9.1", &[over], &[Then::Closed(Some(1009))]));
    let over = fragments(question_of(0x1_0001).as_bytes(), 4096);
    cases.push(case("9.3", &over, &[Then::Closed(Some(1009))]));
    play(&cases, usize::MAX).await;
    play(&cases, 997).await;
}

#[tokio::test(start_paused = true)]
async fn autobahn_2_pings_and_pongs() {
    let binary = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];
    let pong = |payload: &[u8]| Then::Pong(payload.to_vec());
    let unasked = |payload: &[u8]| frame(FIN | PONG, payload);
    let numbers: Vec<_> = (0..10_u8).map(|number| vec![number]).collect();
    let many: Vec<_> = numbers.iter().map(|number| ping(number)).collect();
    let answers: Vec<_> = numbers.iter().map(|number| pong(number)).collect();
    let cases = [
        case("2.1", &[ping(b"")], &[pong(b"")]),
        case("2.2", &[ping(b"Hello, world!")], &[pong(b"Hello, world!")]),
        case("2.3", &[ping(&binary)], &[pong(&binary)]),
        case("2.4", &[ping(&[0xFE; 125])], &[pong(&[0xFE; 125])]),
        case("2.5", &[ping(&[0xFE; 126])], &[PROTOCOL_ERROR]),
        case("2.7", &[unasked(b""), text(QUESTION)], &[Then::Answer]),
        case("2.8", &[unasked(b"x"), text(QUESTION)], &[Then::Answer]),
        case("2.9", &[unasked(b"x"), ping(b"y")], &[pong(b"y")]),
        case("2.10", &many, &answers),
    ];
    play(&cases, usize::MAX).await;
    // 2.6 and 2.11: byte by byte.
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn autobahn_3_and_4_reserved_bits_and_opcodes() {
    let mut cases = Vec::new();
    for bits in 1..=7_u8 {
        for opcode in [TEXT, CLOSE, PING] {
            let name = format!("3.{bits} on {opcode}");
            let reserved = frame(FIN | bits << 4 | opcode, b"{}");
            cases.push(case(
                name,
                &[text(QUESTION), reserved, ping(b"never")],
                &[Then::Answer, PROTOCOL_ERROR],
            ));
        }
    }
    for opcode in (3..=7).chain(11..=15) {
        for payload in [&b""[..], b"x"] {
            let name = format!("4 with {opcode} of {} bytes", payload.len());
            let unknown = frame(FIN | opcode, payload);
            cases.push(case(
                name,
                &[text(QUESTION), unknown, ping(b"never")],
                &[Then::Answer, PROTOCOL_ERROR],
            ));
        }
    }
    play(&cases, usize::MAX).await;
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn autobahn_5_fragments() {
    let (head, tail) = QUESTION.as_bytes().split_at(9);
    let start = frame(TEXT, head);
    let middle = frame(CONTINUATION, b"");
    let end = frame(FIN | CONTINUATION, tail);
    let pong = |payload: &[u8]| Then::Pong(payload.to_vec());
    let cases = [
        case(
            "5.1",
            &[frame(PING, b"a"), frame(FIN | CONTINUATION, b"b")],
            &[PROTOCOL_ERROR],
        ),
        case(
            "5.2",
            &[frame(PONG, b"a"), frame(FIN | CONTINUATION, b"b")],
            &[PROTOCOL_ERROR],
        ),
        case(
            "5.1 a close",
            &[frame(CLOSE, &[0x03, 0xE8])],
            &[PROTOCOL_ERROR],
        ),
        case("5.3", &[start.clone(), end.clone()], &[Then::Answer]),
        case(
            "5.6",
            &[start.clone(), ping(b"between"), end.clone()],
            &[pong(b"between"), Then::Answer],
        ),
        case("5.9", &[end.clone(), text(QUESTION)], &[PROTOCOL_ERROR]),
        case("5.12", &[middle.clone(), text(QUESTION)], &[PROTOCOL_ERROR]),
        case(
            "5.15",
            &[start.clone(), end.clone(), middle.clone()],
            &[Then::Answer, PROTOCOL_ERROR],
        ),
        case("5.18", &[start.clone(), text(tail)], &[PROTOCOL_ERROR]),
        case(
            "5.19",
            &[
                start.clone(),
                middle.clone(),
                ping(b"1"),
                middle.clone(),
                ping(b"2"),
                end.clone(),
            ],
            &[pong(b"1"), pong(b"2"), Then::Answer],
        ),
        case(
            "5 a close between",
            &[start, close(1000, b"")],
            &[Then::Closed(Some(1000))],
        ),
    ];
    play(&cases, usize::MAX).await;
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn autobahn_6_text_is_utf_8() {
    let greek = "κόσμε \u{10FFFF} \u{FFFE} \u{D7FF}\u{E000} é🍲";
    let good = format!(r#"{{"type":"ping","id":"p","payload":{{"x":"{greek}"}}}}"#);
    let empty = [
        frame(TEXT, b""),
        frame(CONTINUATION, b""),
        frame(FIN | CONTINUATION, b""),
    ];
    let only_the_middle = [
        frame(TEXT, b""),
        frame(CONTINUATION, QUESTION.as_bytes()),
        frame(FIN | CONTINUATION, b""),
    ];
    let mut cases = vec![
        case("6.1.1", &[text("")], &[Then::Invalid]),
        case("6.1.2", &empty, &[Then::Invalid]),
        case("6.1.3", &only_the_middle, &[Then::Answer]),
        case("6.2.1", &[text(&good)], &[Then::Answer]),
        case("6.2.3", &fragments(good.as_bytes(), 1), &[Then::Answer]),
        case("6.2.4", &fragments(good.as_bytes(), 7), &[Then::Answer]),
        // The rest of the message never comes: what is wrong is told at the fragment that has it.
        case(
            "6.4.1",
            &[frame(TEXT, b"ab"), frame(CONTINUATION, b"\xF4\x90\x80\x80")],
            &[NOT_UTF_8],
        ),
        case(
            "6.4.2",
            &[frame(TEXT, b"ab\xF4"), frame(CONTINUATION, b"\x90")],
            &[NOT_UTF_8],
        ),
    ];
    for (name, bytes) in [
        ("6.3.1", &b"\xCE\xBA\xED\xA0\x80edited"[..]),
        ("6.6 a cut letter", b"\xCE\xBA\xE1\xBD"),
        ("6.8 five bytes", b"\xF8\x88\x80\x80\x80"),
        ("6.10 above U+10FFFF", b"\xF4\x90\x80\x80"),
        ("6.12 a lone continuation", b"\x80"),
        ("6.13 a lone start", b"\xC3 "),
        ("6.14 a start at the end", b"x\xF0\x9F"),
        ("6.16 impossible bytes", b"\xFE\xFF"),
        ("6.17 an overlong slash", b"\xC0\xAF"),
        ("6.18 an overlong DEL", b"\xC1\xBF"),
        ("6.19 an overlong NUL", b"\xE0\x80\x80"),
        ("6.20 a surrogate", b"\xED\xBF\xBF"),
        ("6.21 a pair of surrogates", b"\xED\xA0\xBD\xED\xB8\x80"),
    ] {
        cases.push(case(name, &[text(bytes)], &[NOT_UTF_8]));
        let parts = fragments(bytes, 1);
        cases.push(case(format!("{name}, byte by byte"), &parts, &[NOT_UTF_8]));
    }
    play(&cases, usize::MAX).await;
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn autobahn_7_closes() {
    let good = |code| {
        case(
            format!("7.7 with {code}"),
            &[close(code, b"")],
            &[Then::Closed(Some(code))],
        )
    };
    let bad = |code| {
        case(
            format!("7.9 with {code}"),
            &[close(code, b"")],
            &[PROTOCOL_ERROR],
        )
    };
    let left = Then::Closed(Some(1000));
    let mut cases = vec![
        case(
            "7.1.1",
            &[text(QUESTION), close(1000, b"")],
            &[Then::Answer, left.clone()],
        ),
        case(
            "7.1.2",
            &[close(1000, b""), close(1000, b"")],
            &[left.clone(), Then::Gone],
        ),
        case(
            "7.1.3",
            &[close(1000, b""), ping(b"x")],
            &[left.clone(), Then::Gone],
        ),
        case(
            "7.1.4",
            &[close(1000, b""), text(QUESTION)],
            &[left.clone(), Then::Gone],
        ),
        case("7.3.1", &[frame(FIN | CLOSE, b"")], &[Then::Closed(None)]),
        case("7.3.2", &[frame(FIN | CLOSE, b"a")], &[PROTOCOL_ERROR]),
        case("7.3.3", &[close(1000, b"")], std::slice::from_ref(&left)),
        case(
            "7.3.4",
            &[close(1000, b"Hello World!")],
            std::slice::from_ref(&left),
        ),
        case("7.3.5", &[close(1000, &[b'*'; 123])], &[left]),
        case("7.3.6", &[close(1000, &[b'*'; 124])], &[PROTOCOL_ERROR]),
        case(
            "7.5.1",
            &[close(1000, b"\xCE\xBA\xED\xA0\x80")],
            &[NOT_UTF_8],
        ),
    ];
    let applications = [3000, 3999, 4000, 4999];
    cases.extend(
        (1000..=1003)
            .chain(1007..=1011)
            .chain(applications)
            .map(good),
    );
    let reserved = [
        0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535,
    ];
    cases.extend(reserved.map(bad));
    play(&cases, usize::MAX).await;
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn rfc_6455_masks_and_lengths() {
    let question = QUESTION.as_bytes();
    let size = question.len().to_be_bytes()[7];
    let unmasked = [&[FIN | TEXT, size], question].concat();
    let longer = [0x80 | 126, 0, size];
    let longest = [0x80 | 127, 0, 0, 0, 0, 0, 0, 0, size];
    let highest_bit = [0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, size];
    let cases = [
        case("RFC 5.1 no mask", &[unmasked], &[PROTOCOL_ERROR]),
        // A sender must choose the shortest form (5.2); what is read is the same.
        case(
            "RFC 5.2 16 bits",
            &[with_length(FIN | TEXT, &longer, question)],
            &[Then::Answer],
        ),
        case(
            "RFC 5.2 64 bits",
            &[with_length(FIN | TEXT, &longest, question)],
            &[Then::Answer],
        ),
        case(
            "RFC 5.2 the highest bit",
            &[with_length(FIN | TEXT, &highest_bit, question)],
            &[Then::Closed(Some(1009))],
        ),
        case(
            "RFC 5.5 a long form in a control frame",
            &[with_length(FIN | PING, &[0x80 | 126, 0, 1], b"x")],
            &[Then::Pong(b"x".to_vec())],
        ),
    ];
    play(&cases, usize::MAX).await;
    play(&cases, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_in_one_direction_is_gone() {
    let test_edge = TestEdge::open(&[]).await;
    for half_a_frame in [&b""[..], &text(QUESTION)[..5]] {
        let (mut client, _) = test_edge.enter("ada:900").await;
        client.send_bytes(half_a_frame).await;
        client.half_close().await;
        assert_eq!(next(&mut client).await, Then::Gone);
    }
}
