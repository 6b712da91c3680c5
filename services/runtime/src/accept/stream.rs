//! The parts of an HTTP/1 connection that tell its timer what happens: the stream below hyper, and the bodies
//! above it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{limits::ConnectionPermit, sockets::OpenSocket, timer::ConnectionTimer};

/// A connection's timer. All of its parts are polled by its one task, so nobody ever waits here.
#[derive(Debug, Clone)]
struct SharedTimer(Arc<Mutex<ConnectionTimer>>);

impl SharedTimer {
    fn lock(&self) -> MutexGuard<'_, ConnectionTimer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the parts of one connection share until it ends or is upgraded.
#[derive(Debug)]
pub(super) struct Watch {
    timer: SharedTimer,
    permit: ConnectionPermit,
}

impl Watch {
    pub(super) fn new(permit: ConnectionPermit) -> Arc<Self> {
        Arc::new(Self {
            timer: SharedTimer(Arc::new(Mutex::new(ConnectionTimer::new(Instant::now())))),
            permit,
        })
    }

    pub(super) fn timer(&self) -> MutexGuard<'_, ConnectionTimer> {
        self.timer.lock()
    }

    /// A request's head is complete; false when the connection has to make room and may not answer it.
    pub(super) fn request_begins(&self) -> bool {
        self.timer().request_begins();
        self.permit.works()
    }

    fn answered(&self) {
        let mut timer = self.timer();
        if timer.is_upgraded() {
            return;
        }
        timer.answered(Instant::now());
        drop(timer);
        self.permit.waits();
    }

    /// Resolves when the connection must make room for another.
    pub(super) async fn ended(&self) {
        self.permit.ended().await;
    }
}

/// The stream below hyper. It stays below whatever the connection is upgraded to, and keeps its place among the
/// open sockets.
#[derive(Debug)]
pub(super) struct WatchedStream<S> {
    stream: S,
    /// `None` once the connection is upgraded. The permit is not kept here: it ends with the upgrade.
    timer: Option<SharedTimer>,
    _socket: OpenSocket,
}

impl<S> WatchedStream<S> {
    pub(super) fn new(stream: S, watch: &Watch, socket: OpenSocket) -> Self {
        Self {
            stream,
            timer: Some(watch.timer.clone()),
            _socket: socket,
        }
    }

    fn note(&mut self, note: impl FnOnce(&mut ConnectionTimer)) {
        let Some(shared) = &self.timer else {
            return;
        };
        let mut timer = shared.lock();
        if timer.is_upgraded() {
            drop(timer);
            self.timer = None;
        } else {
            note(&mut timer);
        }
    }

    fn note_write(&mut self, written: &Poll<std::io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(count)) => {
                self.note(|timer| timer.reader().moved(*count, Instant::now()))
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.note(|timer| timer.reader().wait(Instant::now())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.note(|timer| timer.received(Instant::now()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A request's body, which must come in at a least rate while somebody wants it.
#[derive(Debug)]
pub(super) struct RequestBody {
    body: Incoming,
    watch: Arc<Watch>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, watch: Arc<Watch>) -> Self {
        Self { body, watch }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let mut timer = self.watch.timer();
        let rate = timer.body();
        let now = Instant::now();
        match &polled {
            Poll::Pending => rate.wait(now),
            Poll::Ready(Some(Ok(frame))) => rate.moved(frame.data_ref().map_or(0, Bytes::len), now),
            Poll::Ready(_) => rate.rest(now),
        }
        drop(timer);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.watch.timer().body().rest(Instant::now());
    }
}

/// An answer's body: when it is gone, so is the request.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: Body,
    watch: Arc<Watch>,
}

impl ResponseBody {
    pub(super) fn new(body: Body, watch: Arc<Watch>) -> Self {
        Self { body, watch }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.watch.answered();
    }
}
