//! A WebSocket whose frames are told apart by what the protocol says of them, whose writes have limits, and
//! which closes politely. It knows nothing of sessions.

mod reader;
mod writer;

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use proto::websocket::codes::Close;
use runtime::{
    clock::{Clock, SleepWatch},
    least_rate::{LeastRate, reached},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    select,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{
    Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

#[cfg(feature = "fuzzing")]
pub(crate) use self::reader::fuzzing;
use self::{
    reader::{FrameReader, Received},
    writer::FrameWriter,
};
use crate::{connection::untold, registry::Control};

/// How many bytes a second a client must take while something waits for it.
const MIN_RATE: u32 = 1_024;
/// How much is read at once, onto the stack.
const READ_SIZE: usize = 4 << 10;
/// How much is held back for what follows it at once; more is written before.
const MAX_HELD: usize = 64 << 10;
/// How soon a write that waits notices that the machine has slept.
const SLEEP_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How long a closing connection waits for the peer to agree.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What a client has sent.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A text frame.
    Text(Utf8Bytes),
    /// A frame that ends the connection.
    Forbidden(Close),
    /// The answer to a ping.
    Pong,
    /// A ping; it is answered by itself.
    Ping,
    /// The client closes, with this code.
    Closed(Option<u16>),
    /// The connection is gone.
    Lost,
}

/// Why a frame was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteFault {
    /// The connection must close instead.
    Close(Close),
    /// The connection is gone.
    Lost,
}

/// Until when something may be written. A sleep of the machine counts, though timers do not notice it.
#[derive(Debug, Clone, Copy)]
pub(super) struct WriteDeadline<'a> {
    /// By the timers, all sleeps counted that were told.
    pub(super) at: Instant,
    /// Tells of those that were not.
    pub(super) watch: SleepWatch,
    pub(super) clock: &'a dyn Clock,
}

impl WriteDeadline<'_> {
    fn has_come(&self) -> bool {
        Instant::now() + untold(&self.watch, self.clock) >= self.at
    }

    async fn comes(self) {
        while !self.has_come() {
            sleep_until(self.at.min(Instant::now() + SLEEP_CHECK_INTERVAL)).await;
        }
    }
}

/// A WebSocket on the server's side.
#[derive(Debug)]
pub(super) struct Socket<S> {
    stream: S,
    reader: FrameReader,
    writer: FrameWriter,
    /// How the peer takes what is written.
    peer: Mutex<LeastRate>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Over a stream that has been upgraded.
    pub(super) fn new(stream: S, write_timeout: Duration) -> Self {
        let peer = LeastRate::new(MIN_RATE, write_timeout, Instant::now());
        Self {
            stream,
            reader: FrameReader::default(),
            writer: FrameWriter::default(),
            peer: Mutex::new(peer),
        }
    }

    /// What has come next. Cancel-safe: a message that is not complete is kept.
    pub(super) async fn read(&mut self) -> Incoming {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        // The answer to a ping that came before.
        if let Poll::Ready(Err(_)) = self.poll_write(cx) {
            return Poll::Ready(Incoming::Lost);
        }
        let incoming = match ready!(self.poll_receive(cx)) {
            Ok(Received::Text(text)) => Incoming::Text(text),
            Ok(Received::Pong) => Incoming::Pong,
            Ok(Received::Ping(payload)) => {
                self.writer.pong(payload);
                Incoming::Ping
            }
            Ok(Received::Close(close)) => {
                let close = close.map(answer);
                let code = close.as_ref().map(|close| close.code.into());
                self.writer.close(close);
                Incoming::Closed(code)
            }
            Err(end) => end,
        };
        Poll::Ready(incoming)
    }

    /// What has come next, or how the connection ends.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Received, Incoming>> {
        loop {
            match self.reader.next() {
                Ok(Some(received)) => return Poll::Ready(Ok(received)),
                Ok(None) => {}
                Err(close) => return Poll::Ready(Err(Incoming::Forbidden(close))),
            }
            let mut space = [const { MaybeUninit::uninit() }; READ_SIZE];
            let mut bytes = ReadBuf::uninit(&mut space);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut bytes));
            if read.is_err() || bytes.filled().is_empty() {
                return Poll::Ready(Err(Incoming::Lost));
            }
            self.reader.add(bytes.filled());
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_write(&mut self.stream, &self.peer, cx)
    }

    /// Writes a text frame. Gives up when `until` comes, when the connection is told to close, or when the peer
    /// lags the write time-out behind the least rate: one that takes nothing does after that time.
    pub(super) async fn write(
        &mut self,
        text: Utf8Bytes,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        self.write_beyond(0, Some(text), until, control).await
    }

    /// The same, but what fits is held back until the next write, so that both go in one.
    pub(super) async fn hold(
        &mut self,
        text: Utf8Bytes,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        self.write_beyond(MAX_HELD, Some(text), until, control)
            .await
    }

    /// Writes what is held back.
    pub(super) async fn flush(
        &mut self,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        self.write_beyond(0, None, until, control).await
    }

    /// Adds a text frame to what is held back, and writes all of it when that is more than so many bytes, within the limits of
    /// [`Socket::write`].
    async fn write_beyond(
        &mut self,
        max_held: usize,
        text: Option<Utf8Bytes>,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        if until.has_come() {
            return Err(WriteFault::Close(Close::ReauthenticationTimeout));
        }
        let Self {
            stream,
            writer,
            peer,
            ..
        } = self;
        if let Some(text) = text {
            writer.text(text);
        }
        if writer.held() <= max_held {
            return Ok(());
        }
        let mut write = pin!(poll_fn(|cx| writer.poll_write(stream, peer, cx)));
        select! {
            biased; // the write first: nearly always it is done at once, and it moves the last deadline
            written = &mut write => written.map_err(|_| WriteFault::Lost),
            () = until.comes() => Err(WriteFault::Close(Close::ReauthenticationTimeout)),
            close = control.closing() => Err(WriteFault::Close(close)),
            () = reached(|| lock(peer).deadline()) => Err(WriteFault::Close(Close::TooSlow)),
        }
    }

    /// Sends a ping; a connection that takes none within the write time-out is lost.
    pub(super) async fn ping(&mut self, write_timeout: Duration) -> Result<(), WriteFault> {
        self.writer.ping();
        match timeout(write_timeout, poll_fn(|cx| self.poll_write(cx))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(WriteFault::Lost),
            Err(_) => Err(WriteFault::Close(Close::TooSlow)),
        }
    }

    /// Closes with a reason and waits a moment for the peer to agree, so that it reads the reason before the
    /// connection is gone. `announcement` is the last text frame.
    pub(super) async fn close(&mut self, close: Close, announcement: Option<Utf8Bytes>) {
        if let Some(text) = announcement {
            self.writer.text(text);
        }
        self.writer.close(Some(CloseFrame {
            code: CloseCode::from(close.code()),
            reason: Utf8Bytes::from_static(close.reason()),
        }));
        // Whoever does not take the reason in time goes without it.
        self.finish().await;
        timeout(CLOSE_TIMEOUT, self.drain()).await.ok();
    }

    /// Lets a close come to its end: what is to be written is queued already.
    pub(super) async fn finish(&mut self) {
        let write = poll_fn(|cx| self.poll_write(cx));
        timeout(CLOSE_TIMEOUT, write).await.ok();
    }

    /// Reads what still comes until the peer hangs up: unread bytes would make the system reset the
    /// connection, and the reason would be lost.
    async fn drain(&mut self) {
        while let Ok(received) = poll_fn(|cx| self.poll_receive(cx)).await {
            if matches!(received, Received::Close(_)) {
                return;
            }
        }
        let mut unread = [0; 1024];
        while matches!(self.stream.read(&mut unread).await, Ok(1..)) {}
    }
}

/// What a client's close is answered with: the same, unless its code must not be sent.
fn answer(close: CloseFrame) -> CloseFrame {
    match close.code.is_allowed() {
        true => close,
        false => CloseFrame {
            code: CloseCode::Protocol,
            reason: Utf8Bytes::from_static("Protocol violation"),
        },
    }
}

/// Only one task has the socket, so nobody ever waits here.
fn lock(peer: &Mutex<LeastRate>) -> MutexGuard<'_, LeastRate> {
    peer.lock().unwrap_or_else(PoisonError::into_inner)
}
