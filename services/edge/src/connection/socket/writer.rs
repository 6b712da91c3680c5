//! Writes frames to a client (RFC 6455, section 5.2). A server masks nothing, so that a text frame goes from where it was made to
//! the socket, whole, and is shared by all whom it is written to. Nothing is allocated while nothing is to be written.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, ready},
};

use runtime::least_rate::LeastRate;
use tokio::{io::AsyncWrite, time::Instant};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes, protocol::CloseFrame};

use super::lock;
use crate::lazy_queue::LazyQueue;

/// How many frames go into one write.
const MAX_FRAMES_AT_ONCE: usize = 4;
/// The longest head of a frame that a server sends: two bytes, and eight of length.
const MAX_HEAD: usize = 10;
/// The first byte of a frame that is a whole message, by its kind.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// The frames of one connection that are to be written.
#[derive(Debug, Default)]
pub(super) struct FrameWriter {
    frames: LazyQueue<Frame>,
    /// The answer to the client's latest ping, which goes out when no frame is waiting.
    pong: Option<Box<Bytes>>,
}

/// A frame on its way out.
#[derive(Debug)]
struct Frame {
    head: [u8; MAX_HEAD],
    head_len: usize,
    payload: Bytes,
    /// How many bytes of head and payload are written.
    written: usize,
}

impl FrameWriter {
    /// Adds a text frame to those that are to be written.
    pub(super) fn text(&mut self, text: Utf8Bytes) {
        self.frames.push_back(Frame::new(TEXT, text.into()));
    }

    /// Adds a ping.
    pub(super) fn ping(&mut self) {
        self.frames.push_back(Frame::new(PING, Bytes::new()));
    }

    /// Adds a close, after which nothing more is said.
    pub(super) fn close(&mut self, close: Option<CloseFrame>) {
        let payload = close.map_or_else(Vec::new, |close| {
            let code = u16::from(close.code).to_be_bytes();
            [&code, close.reason.as_bytes()].concat()
        });
        self.frames.push_back(Frame::new(CLOSE, payload.into()));
        self.pong = None;
    }

    /// Answers a ping, instead of the ones before it that have not been answered yet.
    pub(super) fn pong(&mut self, payload: Bytes) {
        self.pong = Some(Box::new(payload));
    }

    /// How many bytes are to be written.
    pub(super) fn held(&self) -> usize {
        self.frames.iter().map(Frame::left).sum()
    }

    /// Writes everything, and notes how the peer takes it. What is given up in the middle of a frame goes on there.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        peer: &Mutex<LeastRate>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.frames.is_empty() {
                let Some(payload) = self.pong.take() else {
                    return Poll::Ready(Ok(()));
                };
                self.frames.push_back(Frame::new(PONG, *payload));
            }
            let mut parts = [IoSlice::new(&[]); 2 * MAX_FRAMES_AT_ONCE];
            for (parts, frame) in parts.chunks_exact_mut(2).zip(self.frames.iter()) {
                parts.copy_from_slice(&frame.unwritten());
            }
            let written = Pin::new(&mut *stream).poll_write_vectored(cx, &parts);
            note_write(&written, peer);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.note_written(count),
            }
        }
    }

    fn note_written(&mut self, mut count: usize) {
        while let Some(frame) = self.frames.front_mut() {
            let taken = count.min(frame.left());
            frame.written += taken;
            count -= taken;
            if frame.left() > 0 {
                return;
            }
            self.frames.pop_front();
        }
    }
}

fn note_write(written: &Poll<io::Result<usize>>, peer: &Mutex<LeastRate>) {
    let mut peer = lock(peer);
    match written {
        Poll::Pending => peer.wait(Instant::now()),
        // Nearly always it is done at once: that costs no look at the clock.
        Poll::Ready(Ok(count)) if !peer.is_settled() => peer.moved(*count, Instant::now()),
        Poll::Ready(_) => {}
    }
}

impl Frame {
    fn new(first: u8, payload: Bytes) -> Self {
        let mut head = [0; MAX_HEAD];
        head[0] = first;
        let length = payload.len();
        let head_len = if let Ok(length @ ..126) = u8::try_from(length) {
            head[1] = length;
            2
        } else if let Ok(length) = u16::try_from(length) {
            head[1] = 126;
            head[2..4].copy_from_slice(&length.to_be_bytes());
            4
        } else {
            head[1] = 127;
            head[2..].copy_from_slice(&(length as u64).to_be_bytes());
            MAX_HEAD
        };
        Self {
            head,
            head_len,
            payload,
            written: 0,
        }
    }

    fn left(&self) -> usize {
        self.head_len + self.payload.len() - self.written
    }

    fn unwritten(&self) -> [IoSlice<'_>; 2] {
        let head = &self.head[self.written.min(self.head_len)..self.head_len];
        let payload = &self.payload[self.written.saturating_sub(self.head_len)..];
        [IoSlice::new(head), IoSlice::new(payload)]
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::timeout,
    };
    use tokio_tungstenite::tungstenite::protocol::frame::{
        self,
        coding::{CloseCode, Data, OpCode},
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn peer() -> Mutex<LeastRate> {
        Mutex::new(LeastRate::new(1, SECOND, Instant::now()))
    }

    async fn write(writer: &mut FrameWriter, mut stream: DuplexStream) -> io::Result<DuplexStream> {
        let peer = peer();
        poll_fn(|cx| writer.poll_write(&mut stream, &peer, cx)).await?;
        Ok(stream)
    }

    /// As tungstenite writes it.
    fn bytes(frame: frame::Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame.format(&mut bytes).unwrap();
        bytes
    }

    fn text(text: &str) -> Vec<u8> {
        let text = text.to_owned();
        bytes(frame::Frame::message(text, OpCode::Data(Data::Text), true))
    }

    #[tokio::test]
    async fn a_frame_is_the_one_that_tungstenite_would_write() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let long = "x".repeat(length);
            let (near, mut far) = duplex(1 << 20);
            let mut writer = FrameWriter::default();
            writer.text(long.clone().into());
            assert_eq!(writer.held(), text(&long).len());
            drop(write(&mut writer, near).await.unwrap());
            let mut read = Vec::new();
            far.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, text(&long), "{length}");
        }
    }

    #[tokio::test]
    async fn frames_of_all_kinds_keep_their_order_through_a_narrow_stream() {
        let texts = [
            "a",
            "",
            "bcd",
            "ef",
            "g",
            "a longer one than the stream holds",
        ];
        let close = CloseFrame {
            code: CloseCode::Normal,
            reason: "bye".into(),
        };
        let (near, mut far) = duplex(3);
        let (mut writer, last) = (FrameWriter::default(), close.clone());
        let writing = tokio::spawn(async move {
            for text in texts {
                writer.text(text.to_owned().into());
            }
            writer.ping();
            // Only the latest ping is answered.
            for ping in [&b"one"[..], b"two"] {
                writer.pong(ping.into());
            }
            let near = write(&mut writer, near).await.unwrap();
            writer.pong(b"late"[..].into());
            writer.close(Some(last));
            drop(write(&mut writer, near).await.unwrap());
            (writer.held(), writer.frames.is_empty())
        });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        assert_eq!(writing.await.unwrap(), (0, true));
        let mut expected: Vec<u8> = texts.iter().flat_map(|one| text(one)).collect();
        expected.extend(bytes(frame::Frame::ping(Bytes::new())));
        expected.extend(bytes(frame::Frame::pong(Bytes::from_static(b"two"))));
        expected.extend(bytes(frame::Frame::close(Some(close))));
        assert_eq!(read, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_whose_writing_was_given_up_goes_on_where_it_stopped() {
        let (mut near, mut far) = duplex(4);
        let mut writer = FrameWriter::default();
        writer.text("hello".to_owned().into());
        let peer = peer();
        let writing = poll_fn(|cx| writer.poll_write(&mut near, &peer, cx));
        timeout(SECOND, writing).await.unwrap_err();
        assert!(lock(&peer).deadline().is_some(), "the peer is waited for");
        let ending = tokio::spawn(async move {
            let mut near = write(&mut writer, near).await?;
            near.write_all(b"end").await
        });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        ending.await.unwrap().unwrap();
        assert_eq!(read, [text("hello"), b"end".to_vec()].concat());
    }
}
