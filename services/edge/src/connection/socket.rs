//! A WebSocket whose frames are told apart by what the protocol says of them, whose writes have limits, and
//! which closes politely. It knows nothing of sessions.

mod first_message;
mod metered;

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use proto::websocket::codes::Close;
use runtime::{
    clock::{Clock, SleepWatch},
    least_rate::{LeastRate, reached},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    select,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error, Message, Utf8Bytes,
        error::CapacityError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use self::metered::Metered;
use crate::{connection::untold, registry::Control};

/// The largest frame, and the largest message.
const MAX_FRAME: usize = 64 << 10;
/// The longest first message: before it is read, the client has not proved who it is.
const MAX_FIRST_MESSAGE: usize = 8 << 10;
/// How many bytes a second a client must take while something waits for it.
const MIN_RATE: u32 = 1_024;
/// tungstenite allocates this at once, for each connection.
const READ_BUFFER_SIZE: usize = 512;
/// How much is held back for what follows it at once; more is written before.
const MAX_HELD: usize = 64 << 10;
/// How much may wait in a connection's write buffer.
const MAX_UNWRITTEN: usize = 1 << 20;
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
    stream: WebSocketStream<Metered<S>>,
    reader: Arc<Mutex<LeastRate>>,
    write_timeout: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Over a stream that has been upgraded.
    pub(super) async fn new(stream: S, write_timeout: Duration) -> Self {
        let reader = LeastRate::new(MIN_RATE, write_timeout, Instant::now());
        let reader = Arc::new(Mutex::new(reader));
        let metered = Metered::new(stream, Arc::clone(&reader), MAX_FIRST_MESSAGE);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_SIZE)
            .write_buffer_size(MAX_HELD)
            .max_write_buffer_size(MAX_UNWRITTEN)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        Self {
            stream: WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await,
            reader,
            write_timeout,
        }
    }

    /// The next frame. Cancel-safe: a frame that is not complete stays in the stream.
    pub(super) async fn read(&mut self) -> Incoming {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Binary(_))) => Incoming::Forbidden(Close::TextFramesOnly),
            Some(Ok(Message::Pong(_))) => Incoming::Pong,
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => Incoming::Ping,
            Some(Ok(Message::Close(frame))) => {
                Incoming::Closed(frame.map(|frame| frame.code.into()))
            }
            Some(Err(_)) if self.stream.get_ref().is_first_too_big() => {
                Incoming::Forbidden(Close::MessageTooBig)
            }
            Some(Err(error)) => forbidden(&error).map_or(Incoming::Lost, Incoming::Forbidden),
            None => Incoming::Lost,
        }
    }

    /// Writes a text frame. Gives up when `until` comes, when the connection is told to close, or when the peer
    /// lags the write time-out behind the least rate: one that takes nothing does after that time.
    pub(super) async fn write(
        &mut self,
        text: Utf8Bytes,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        let write = put(&mut self.stream, Some(text), 0);
        limited(write, &self.reader, until, control).await
    }

    /// The same, but what fits is held back until the next write, so that both go in one.
    pub(super) async fn hold(
        &mut self,
        text: Utf8Bytes,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        let hold = put(&mut self.stream, Some(text), MAX_HELD);
        limited(hold, &self.reader, until, control).await
    }

    /// Writes what is held back.
    pub(super) async fn flush(
        &mut self,
        until: WriteDeadline<'_>,
        control: &Control,
    ) -> Result<(), WriteFault> {
        let flush = put(&mut self.stream, None, 0);
        limited(flush, &self.reader, until, control).await
    }

    /// Sends a ping; a connection that takes none within the write time-out is lost.
    pub(super) async fn ping(&mut self) -> Result<(), WriteFault> {
        let ping = self.stream.send(Message::Ping(Bytes::new()));
        match timeout(self.write_timeout, ping).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(WriteFault::Lost),
            Err(_) => Err(WriteFault::Close(Close::TooSlow)),
        }
    }

    /// Closes with a reason and waits a moment for the peer to agree, so that it reads the reason before the
    /// connection is gone. `announcement` is the last text frame.
    pub(super) async fn close(mut self, close: Close, announcement: Option<Utf8Bytes>) {
        let frame = CloseFrame {
            code: CloseCode::from(close.code()),
            reason: Utf8Bytes::from_static(close.reason()),
        };
        let last_words = async {
            if let Some(text) = announcement {
                // A peer whose buffer is full gets the close alone.
                self.stream.feed(Message::Text(text)).await.ok();
            }
            self.stream.send(Message::Close(Some(frame))).await.ok();
        };
        // Whoever does not take the reason in time goes without it.
        timeout(CLOSE_TIMEOUT, last_words).await.ok();
        timeout(CLOSE_TIMEOUT, self.drain()).await.ok();
    }

    /// Lets a close that the client began come to its end: the answer is queued already.
    pub(super) async fn finish(mut self) {
        timeout(CLOSE_TIMEOUT, self.stream.flush()).await.ok();
    }

    /// Reads what still comes until the peer hangs up: unread bytes would make the system reset the
    /// connection, and the reason would be lost.
    async fn drain(&mut self) {
        while let Some(Ok(message)) = self.stream.next().await {
            if matches!(message, Message::Close(_)) {
                return;
            }
        }
        let mut unread = [0; 1024];
        while matches!(
            self.stream.get_mut().below().read(&mut unread).await,
            Ok(1..)
        ) {}
    }
}

/// Adds a text frame to what is held back, and writes all of it when that is more than `max_held` bytes.
async fn put<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut WebSocketStream<Metered<S>>,
    text: Option<Utf8Bytes>,
    max_held: usize,
) -> Result<(), Error> {
    // What tungstenite writes by itself, a pong, must be whole before a frame begins.
    stream.flush().await?;
    let metered = stream.get_mut();
    if let Some(text) = text {
        metered.hold(text);
    }
    if metered.held() > max_held {
        poll_fn(|cx| metered.poll_frames(cx)).await?;
    }
    Ok(())
}

/// Lets something be written within the limits of [`Socket::write`].
async fn limited(
    write: impl Future<Output = Result<(), Error>>,
    reader: &Mutex<LeastRate>,
    until: WriteDeadline<'_>,
    control: &Control,
) -> Result<(), WriteFault> {
    if until.has_come() {
        return Err(WriteFault::Close(Close::ReauthenticationTimeout));
    }
    let mut write = pin!(write);
    select! {
        biased; // the write first: nearly always it is done at once, and it moves the last deadline
        written = &mut write => written.map_err(|_| WriteFault::Lost),
        () = until.comes() => Err(WriteFault::Close(Close::ReauthenticationTimeout)),
        close = control.closing() => Err(WriteFault::Close(close)),
        () = reached(|| lock(reader).deadline()) => Err(WriteFault::Close(Close::TooSlow)),
    }
}

fn forbidden(error: &Error) -> Option<Close> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(Close::MessageTooBig),
        Error::Utf8(_) => Some(Close::InvalidUtf8),
        // A peer that hangs up without a word is lost; nothing can be told to it.
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => None,
        Error::Protocol(_) => Some(Close::ProtocolError),
        _ => None,
    }
}

/// Only one task has the socket, so nobody ever waits here.
fn lock(reader: &Mutex<LeastRate>) -> MutexGuard<'_, LeastRate> {
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}
