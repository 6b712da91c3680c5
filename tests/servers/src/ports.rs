//! Ports for servers that are told where to listen, or that come later than those who call them.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    ops::Range,
    process,
    sync::Mutex,
};

/// Below those that the kernel gives to outgoing connections and to listeners that leave the choice to it (32768 and on),
/// and so that the second port of a Redis Cluster, 10000 above, is below those too.
const PORTS: Range<u16> = 10_000..20_000;
/// How far apart two processes of consecutive ids begin.
const STRIDE: u64 = 101;

/// Ports of this process, each as a UDP socket of that number, which only one process can have.
static CLAIMED: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

/// A port that nobody listens on, and that no other test is given until this process ends.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    let mut claimed = CLAIMED.lock().unwrap();
    let count = u64::from(PORTS.end - PORTS.start);
    let first = u64::from(process::id()) * STRIDE + claimed.len() as u64;
    let ports = (0..count).map(|step| PORTS.start + ((first + step) % count) as u16);
    for port in ports {
        let Ok(claim) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            claimed.push(claim);
            return port;
        }
    }
    panic!("all ports of {PORTS:?} are taken");
}
