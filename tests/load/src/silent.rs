//! What sockets that say nothing, or drip a head that never ends, cost a newcomer: sign-ins are timed with and without
//! them, in turn, so that a busy machine hurts both alike.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use system_tests::{account::Account, canary::Canary, http::Api};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    select,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How many sign-ins are timed in each round.
const SIGN_INS: usize = 15;
/// How many rounds there are, each without the sockets and with them.
const ROUNDS: usize = 3;
/// How long the sockets are there before a sign-in is timed: longer than a head may take, so that many of them were
/// ended and are opened again.
const WARM_UP: Duration = Duration::from_secs(6);
/// How often a socket that drips sends a byte.
const BYTE_INTERVAL: Duration = Duration::from_secs(1);
/// How long nobody tries again after a connection was refused.
const REFUSED: Duration = Duration::from_millis(200);
/// What the sockets begin with; the last one goes on.
const BEGINNINGS: [&[u8]; 4] = [b"", b"P", b"G", b"GET / HTTP/1.1\r\nx: "];

/// Times sign-ins at the first edge without and with so many sockets.
pub(crate) async fn run(edge: SocketAddr, sockets: usize) -> Value {
    let api = Api::new(edge, Canary::default());
    let ada = Account::register(&api, "ada").await;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.extend(sign_ins(&api, &ada).await);
        let mut held = JoinSet::new();
        for number in 0..sockets {
            held.spawn(hold(edge, BEGINNINGS[number % BEGINNINGS.len()]));
        }
        sleep(WARM_UP).await;
        with.extend(sign_ins(&api, &ada).await);
        held.shutdown().await;
        sleep(BYTE_INTERVAL).await;
    }
    let (without, with) = (median(without), median(with));
    json!({
        "silent_sockets": sockets,
        "sign_ins_each": SIGN_INS * ROUNDS,
        "median_ms_without": millis(without),
        "median_ms_with": millis(with),
        "ratio": ((with.as_secs_f64() / without.as_secs_f64()) * 100.0).round() / 100.0,
    })
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
async fn hold(edge: SocketAddr, beginning: &[u8]) {
    loop {
        let Ok(mut stream) = TcpStream::connect(edge).await else {
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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
