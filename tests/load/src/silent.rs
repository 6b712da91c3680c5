//! What sockets that say nothing, or drip a head that never ends, cost a newcomer: sign-ins are timed without them, with
//! them spread over addresses that may have as many, and with all of them at one address, which may not. They take
//! turns, so that a busy machine hurts all alike.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde_json::{Value, json};
use system_tests::{account::Account, canary::Canary, http::Api};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    select,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How many sign-ins are timed in each round.
const SIGN_INS: usize = 15;
/// How many rounds there are.
const ROUNDS: usize = 3;
/// How long the sockets are there before a sign-in is timed: longer than a head may take, so that many of them were
/// ended and are opened again.
const WARM_UP: Duration = Duration::from_secs(6);
/// How often a socket that drips sends a byte.
const BYTE_INTERVAL: Duration = Duration::from_secs(1);
/// How long nobody tries again after a connection was refused.
const REFUSED: Duration = Duration::from_millis(200);
/// How many sockets of one address an edge holds (`--max-connections-per-address`).
const HELD_PER_ADDRESS: usize = 1000;
/// What the sockets begin with; the last one goes on.
const BEGINNINGS: [&[u8]; 4] = [b"", b"P", b"G", b"GET / HTTP/1.1\r\nx: "];

/// Times sign-ins at the edge without and with so many sockets.
pub(crate) async fn run(edge: SocketAddr, sockets: usize) -> Value {
    let api = Api::new(edge, Canary::default());
    let ada = Account::register(&api, "ada").await;
    let (mut without, mut held, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.extend(sign_ins(&api, &ada).await);
        held.extend(under(edge, sockets, HELD_PER_ADDRESS, &api, &ada).await);
        refused.extend(under(edge, sockets, sockets, &api, &ada).await);
    }
    let (without, held, refused) = (median(without), median(held), median(refused));
    json!({
        "silent_sockets": sockets,
        "sign_ins_each": SIGN_INS * ROUNDS,
        "median_ms_without": millis(without),
        "of_many_addresses": compared(held, without),
        "of_one_address": compared(refused, without),
    })
}

/// Times sign-ins while there are so many sockets, so many of them of one address.
async fn under(
    edge: SocketAddr,
    sockets: usize,
    per_address: usize,
    api: &Api,
    who: &Account,
) -> Vec<Duration> {
    let mut held = JoinSet::new();
    for number in 0..sockets {
        let beginning = BEGINNINGS[number % BEGINNINGS.len()];
        held.spawn(hold(edge, loopback(number / per_address), beginning));
    }
    sleep(WARM_UP).await;
    let times = sign_ins(api, who).await;
    held.shutdown().await;
    sleep(BYTE_INTERVAL).await;
    times
}

/// An address of this machine other than the newcomer's.
fn loopback(number: usize) -> Ipv4Addr {
    let host = u8::try_from(number + 2).unwrap_or(u8::MAX - 1);
    Ipv4Addr::new(127, 0, 0, host)
}

fn compared(with: Duration, without: Duration) -> Value {
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    json!({ "median_ms": millis(with), "ratio": (ratio * 100.0).round() / 100.0 })
}

async fn sign_ins(api: &Api, who: &Account) -> Vec<Duration> {
    let mut times = Vec::with_capacity(SIGN_INS);
    for _ in 0..SIGN_INS {
        let began = Instant::now();
        who.login(api).await;
        times.push(began.elapsed());
    }
    times
}

/// Keeps one socket open, and opens it again whenever it is ended.
async fn hold(edge: SocketAddr, from: Ipv4Addr, beginning: &[u8]) {
    loop {
        let Ok(mut stream) = connect(edge, from).await else {
            sleep(REFUSED).await;
            continue;
        };
        let drips = beginning.len() > 1;
        if stream.write_all(beginning).await.is_err() {
            continue;
        }
        let mut byte = [0];
        loop {
            select! {
                // Whatever comes, it is the end.
                _ = stream.read(&mut byte) => break,
                () = sleep(BYTE_INTERVAL), if drips => if stream.write_all(b"x").await.is_err() {
                    break;
                },
            }
        }
        sleep(REFUSED).await;
    }
}

async fn connect(edge: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(edge).await
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
