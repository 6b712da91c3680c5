//! The stream below tungstenite: it bounds the first message, knows how slowly the peer reads, and writes text frames.
//!
//! A text frame goes from where it was made to the socket, whole, and is shared by all whom it is written to. tungstenite
//! would copy it into a buffer of each connection, which stays as large as the largest frame was.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
};

use runtime::least_rate::LeastRate;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::{
    first_message::{FirstMessage, Verdict},
    lock,
};

/// How many frames go into one write.
const MAX_FRAMES_AT_ONCE: usize = 4;
/// The longest head of a frame that a server sends: two bytes, and eight of length.
const MAX_HEAD: usize = 10;
/// The first byte of a text frame that is a whole message (RFC 6455, section 5.2).
const WHOLE_TEXT: u8 = 0x81;

/// A stream with what is known of its peer, and the text frames that are to be written.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    /// How the peer takes what is written.
    reader: Arc<Mutex<LeastRate>>,
    first: First,
    /// They go out before anything of tungstenite's that comes later.
    frames: VecDeque<TextFrame>,
}

/// How the first message comes in.
#[derive(Debug)]
enum First {
    Open(Box<FirstMessage>),
    TooBig,
    Over,
}

/// A text frame on its way out. A server masks nothing.
#[derive(Debug)]
struct TextFrame {
    head: [u8; MAX_HEAD],
    head_len: usize,
    payload: Bytes,
    /// How many bytes of head and payload are written.
    written: usize,
}

impl<S> Metered<S> {
    /// Over a stream that has been upgraded; its first message may have so many bytes.
    pub(super) fn new(stream: S, reader: Arc<Mutex<LeastRate>>, max_first_message: usize) -> Self {
        Self {
            stream,
            reader,
            first: First::Open(Box::new(FirstMessage::new(max_first_message))),
            frames: VecDeque::new(),
        }
    }

    /// Whether the first message was longer than it may be.
    pub(super) fn is_first_too_big(&self) -> bool {
        matches!(self.first, First::TooBig)
    }

    /// The stream below this one.
    pub(super) fn below(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Adds a text frame to those that are to be written. Nothing that tungstenite has begun to write may be left.
    pub(super) fn hold(&mut self, text: Utf8Bytes) {
        self.frames.push_back(TextFrame::new(text.into()));
    }

    /// How many bytes of text frames are to be written.
    pub(super) fn held(&self) -> usize {
        self.frames.iter().map(TextFrame::left).sum()
    }

    fn judge(&mut self, bytes: &[u8]) -> io::Result<()> {
        let First::Open(message) = &mut self.first else {
            return Ok(());
        };
        match message.read(bytes) {
            Verdict::Open => {}
            Verdict::Complete => self.first = First::Over,
            Verdict::TooBig => {
                self.first = First::TooBig;
                return Err(io::Error::other("the first message is too long"));
            }
        }
        Ok(())
    }

    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        let mut reader = lock(&self.reader);
        match written {
            Poll::Pending => reader.wait(Instant::now()),
            // Nearly always it is done at once: that costs no look at the clock.
            Poll::Ready(Ok(count)) if !reader.is_settled() => reader.moved(*count, Instant::now()),
            Poll::Ready(_) => {}
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
        // A connection that waits, as nearly all do, keeps nothing of it.
        self.frames = VecDeque::new();
    }
}

impl<S: AsyncWrite + Unpin> Metered<S> {
    /// Writes all text frames.
    pub(super) fn poll_frames(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let mut parts = [IoSlice::new(&[]); 2 * MAX_FRAMES_AT_ONCE];
            for (parts, frame) in parts.chunks_exact_mut(2).zip(&self.frames) {
                parts.copy_from_slice(&frame.unwritten());
            }
            let written = Pin::new(&mut self.stream).poll_write_vectored(cx, &parts);
            self.note_write(&written);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.note_written(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl TextFrame {
    fn new(payload: Bytes) -> Self {
        let mut head = [0; MAX_HEAD];
        head[0] = WHOLE_TEXT;
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

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Err(too_big) = self.judge(&buf.filled()[before..]) {
            buf.set_filled(before);
            return Poll::Ready(Err(too_big));
        }
        polled
    }
}

/// What tungstenite writes: pings, pongs and the close with its announcement.
impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_frames(cx))?;
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_write(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::timeout,
    };
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn over<S>(stream: S) -> Metered<S> {
        let reader = LeastRate::new(1, SECOND, Instant::now());
        Metered::new(stream, Arc::new(Mutex::new(reader)), 0)
    }

    fn frame(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let frame = Frame::message(text.to_owned(), OpCode::Data(Data::Text), true);
        frame.format(&mut bytes).unwrap();
        bytes
    }

    #[tokio::test]
    async fn a_frame_is_the_one_that_tungstenite_would_write() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let text = "x".repeat(length);
            let (near, mut far) = duplex(1 << 20);
            let mut metered = over(near);
            metered.hold(text.clone().into());
            assert_eq!(metered.held(), frame(&text).len());
            std::future::poll_fn(|cx| metered.poll_frames(cx))
                .await
                .unwrap();
            drop(metered);
            let mut read = Vec::new();
            far.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, frame(&text), "{length}");
        }
    }

    #[tokio::test]
    async fn frames_and_what_tungstenite_writes_after_them_keep_their_order_through_a_narrow_stream()
     {
        let texts = [
            "a",
            "",
            "bcd",
            "ef",
            "g",
            "a longer one than the stream holds",
        ];
        let (near, mut far) = duplex(3);
        let writing = tokio::spawn(async move {
            let mut metered = over(near);
            for text in texts {
                metered.hold(text.to_owned().into());
            }
            metered.write_all(b"pong").await.unwrap();
            assert_eq!((metered.held(), metered.frames.capacity()), (0, 0));
        });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        writing.await.unwrap();
        let mut expected: Vec<u8> = texts.iter().flat_map(|text| frame(text)).collect();
        expected.extend(b"pong");
        assert_eq!(read, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_whose_writing_was_given_up_goes_on_where_it_stopped() {
        let (near, mut far) = duplex(4);
        let mut metered = over(near);
        metered.hold("hello".to_owned().into());
        let writing = std::future::poll_fn(|cx| metered.poll_frames(cx));
        timeout(SECOND, writing).await.unwrap_err();
        assert!(
            lock(&metered.reader).deadline().is_some(),
            "the peer is waited for"
        );
        let closing = tokio::spawn(async move { metered.write_all(b"close").await });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        closing.await.unwrap().unwrap();
        assert_eq!(read, [frame("hello"), b"close".to_vec()].concat());
    }
}
