//! Connections over in-memory streams under a paused clock; the port itself over real sockets.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
    routing::{get, post},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::oneshot,
    time::Instant,
};

use super::*;
use timer::{HEAD_TIMEOUT, IDLE_TIMEOUT};

const SECOND: Duration = Duration::from_secs(1);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: kitchen\r\n\r\n";
const LARGE: usize = 64 << 10;

fn router() -> Router {
    Router::new()
        .route("/", get(async || "soup"))
        .route("/large", get(async || vec![b'x'; LARGE]))
        .route("/echo", post(async |body: Bytes| body))
        .route("/up", get(upgrade))
}

/// Upgrades to an echo.
async fn upgrade(mut request: Request) -> axum::response::Response {
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrading.await.unwrap());
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() {
            stream.write_all(&byte).await.unwrap();
        }
    });
    let response = axum::response::Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let response = response.header("connection", "upgrade");
    let response = response.header("upgrade", "echo");
    response.body(Body::empty()).unwrap()
}

/// A client of one connection, with so many bytes between them.
fn connect_over(bytes: usize) -> DuplexStream {
    connect_within(&Connections::new(Limits::default()), bytes)
}

fn connect_within(connections: &Arc<Connections>, bytes: usize) -> DuplexStream {
    let (near, far) = tokio::io::duplex(bytes);
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let accepted = Accepted {
        stream: far,
        peer: SocketAddr::new(address, 1),
        permit: connections.admit(address).unwrap(),
        socket: Sockets::within(usize::MAX).open(),
        certified: None,
    };
    tokio::spawn(connection::run(
        accepted,
        router(),
        CancellationToken::new(),
    ));
    near
}

fn connect() -> DuplexStream {
    connect_over(64 << 10)
}

/// How long until the peer hangs up.
async fn ended(stream: &mut DuplexStream) -> Duration {
    let start = Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
    start.elapsed()
}

/// One answer with a body of four bytes.
async fn soup(stream: &mut DuplexStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"soup") {
        assert!(
            stream.read_buf(&mut answer).await.unwrap() > 0,
            "{answer:?}"
        );
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn a_head_has_five_seconds_whatever_it_begins_with() {
    for beginning in ["", "P", "G", "PRI", "GET / HTTP/1.1\r\nhost: ", "\r\n"] {
        let mut stream = connect();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        assert_eq!(ended(&mut stream).await, HEAD_TIMEOUT, "{beginning:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_ends_all_the_same() {
    let mut stream = connect();
    let start = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    while stream.write_all(b"x").await.is_ok() {
        sleep(SECOND).await;
        assert!(start.elapsed() < 60 * SECOND, "it is still being read");
    }
    assert!(start.elapsed() <= HEAD_TIMEOUT + SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_port_speaks_no_http_2() {
    let mut stream = connect();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    stream.write_all(preface).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || text.starts_with("HTTP/1.1 400"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_outlives_a_quiet_minute_and_its_next_head_has_five_seconds() {
    let mut stream = connect();
    for _ in 0..3 {
        stream.write_all(GET).await.unwrap();
        soup(&mut stream).await;
        sleep(IDLE_TIMEOUT - SECOND).await;
    }
    stream.write_all(b"G").await.unwrap();
    assert_eq!(ended(&mut stream).await, HEAD_TIMEOUT);

    let mut stream = connect();
    stream.write_all(GET).await.unwrap();
    soup(&mut stream).await;
    assert_eq!(ended(&mut stream).await, IDLE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_body_must_come_in_at_a_least_rate() {
    let head = b"POST /echo HTTP/1.1\r\nhost: kitchen\r\ncontent-length: 20000\r\n\r\n";
    let mut dripping = connect();
    dripping.write_all(head).await.unwrap();
    let start = Instant::now();
    while dripping.write_all(b"x").await.is_ok() {
        sleep(SECOND).await;
        assert!(start.elapsed() < 60 * SECOND, "it is still being read");
    }
    assert!(start.elapsed() <= 7 * SECOND, "{:?}", start.elapsed());

    let mut slow = connect();
    slow.write_all(head).await.unwrap();
    for _ in 0..10 {
        sleep(SECOND).await;
        slow.write_all(&[b'x'; 2_000]).await.unwrap();
    }
    let mut answer = [0; 15];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

/// Reads so many bytes a step, and tells how much came until the end or `LARGE` bytes.
async fn read_slowly(bytes: usize, pause: Duration) -> usize {
    let mut stream = connect_over(512);
    let request = b"GET /large HTTP/1.1\r\nhost: kitchen\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let (mut taken, mut piece) = (0, vec![0; bytes]);
    while taken < LARGE {
        sleep(pause).await;
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(count) => taken += count,
        }
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn a_reader_must_take_answers_at_a_least_rate() {
    let start = Instant::now();
    // What lies between them is still read after the end.
    assert!(read_slowly(1, 4 * SECOND).await <= 512 + 8);
    assert!(start.elapsed() < 4 * (512 + 8) * SECOND);

    assert!(read_slowly(512, SECOND / 4).await >= LARGE);
}

#[tokio::test(start_paused = true)]
async fn an_upgraded_connection_has_no_end_here_and_gives_its_place_back() {
    let connections = Connections::new(Limits {
        in_all: 1,
        ..Limits::default()
    });
    let mut stream = connect_within(&connections, 64 << 10);
    let request =
        b"GET /up HTTP/1.1\r\nhost: kitchen\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }

    let mut other = connect_within(&connections, 64 << 10);
    other.write_all(GET).await.unwrap();
    soup(&mut other).await;

    for _ in 0..3 {
        sleep(3_600 * SECOND).await;
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
    }
}

/// A port, and what closes it.
async fn open(limits: Limits) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (close, closed) = oneshot::channel();
    let closed = async {
        closed.await.ok();
    };
    tokio::spawn(async move {
        serve(listener, router(), limits, &Lifecycle::new(), closed).await;
    });
    (address, close)
}

async fn is_answered(stream: &mut TcpStream) -> bool {
    stream.write_all(GET).await.ok();
    let mut answer = Vec::new();
    while !answer.ends_with(b"soup") {
        match stream.read_buf(&mut answer).await {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    true
}

#[tokio::test]
async fn silent_connections_make_room_for_whoever_comes() {
    let limits = Limits {
        per_address: 3,
        ..Limits::default()
    };
    let (address, _open) = open(limits).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }

    let mut newcomer = TcpStream::connect(address).await.unwrap();

    assert!(is_answered(&mut newcomer).await);
    assert!(is_answered(&mut newcomer).await, "it is kept");
    let mut nothing = Vec::new();
    let first = &mut silent[0];
    assert!(matches!(
        first.read_to_end(&mut nothing).await,
        Ok(0) | Err(_)
    ));
}

#[tokio::test]
async fn a_port_that_closes_ends_kept_connections_and_takes_no_more() {
    let (address, close) = open(Limits::default()).await;
    let mut kept = TcpStream::connect(address).await.unwrap();
    assert!(is_answered(&mut kept).await);

    close.send(()).unwrap();

    let mut rest = Vec::new();
    assert_eq!(kept.read_to_end(&mut rest).await.unwrap(), 0);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
