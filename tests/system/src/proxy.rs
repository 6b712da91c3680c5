//! A TCP proxy with faults: connections through it can be cut, frozen, delayed or swallowed.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// What the proxy does with what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkCondition {
    /// Everything passes.
    Normal,
    /// Everything passes, this much later.
    Slow(Duration),
    /// Nothing passes, nothing is lost: it goes on once the fault is over.
    Frozen,
    /// What is sent vanishes; the connections stay open. One that lost something carries nothing any more, as
    /// TCP never leaves a gap: on a network it is dead until somebody notices.
    BlackHole,
    /// No connection gets through.
    Cut,
}

/// A proxy in front of one address.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    condition: watch::Sender<NetworkCondition>,
    cut: watch::Sender<CancellationToken>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Starts one in front of `target`.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let condition = watch::Sender::new(NetworkCondition::Normal);
        let cut = watch::Sender::new(CancellationToken::new());
        let accepting = accept(listener, target, condition.subscribe(), cut.subscribe());
        Self {
            address,
            condition,
            cut,
            _accepting: AbortOnDropHandle::new(tokio::spawn(accepting)),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does. A cut also ends the connections that are open.
    pub fn set(&self, condition: NetworkCondition) {
        self.condition.send_replace(condition);
        if condition == NetworkCondition::Cut {
            self.cut.send_replace(CancellationToken::new()).cancel();
        }
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    condition: watch::Receiver<NetworkCondition>,
    cut: watch::Receiver<CancellationToken>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let now = *condition.borrow();
        if now == NetworkCondition::Cut {
            continue;
        }
        let cut = cut.borrow().clone();
        let forwarded = forward(near, target, condition.clone());
        tokio::spawn(async move {
            // Ends when either side does, or all connections are cut: nobody waits for it.
            cut.run_until_cancelled(forwarded).await;
        });
    }
}

async fn forward(
    near: TcpStream,
    target: SocketAddr,
    condition: watch::Receiver<NetworkCondition>,
) {
    let Ok(far) = TcpStream::connect(target).await else {
        return;
    };
    near.set_nodelay(true).ok(); // Only speed is at stake.
    far.set_nodelay(true).ok();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let dead = AtomicBool::new(false);
    tokio::select! {
        () = pass(near_read, far_write, condition.clone(), &dead) => {}
        () = pass(far_read, near_write, condition, &dead) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut condition: watch::Receiver<NetworkCondition>,
    dead: &AtomicBool,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let thawed = condition
            .wait_for(|now| *now != NetworkCondition::Frozen)
            .await;
        let now = thawed.map_or(NetworkCondition::Cut, |now| *now);
        if now == NetworkCondition::BlackHole {
            dead.store(true, Ordering::Relaxed);
        }
        if dead.load(Ordering::Relaxed) {
            continue;
        }
        match now {
            NetworkCondition::Slow(delay) => sleep(delay).await,
            NetworkCondition::Cut => return,
            NetworkCondition::Normal | NetworkCondition::Frozen | NetworkCondition::BlackHole => {}
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::timeouts::within;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await.ok();
                });
            }
        });
        address
    }

    async fn echoes(stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(b"soup").await?;
        let mut back = [0; 4];
        within("an echo", stream.read_exact(&mut back)).await?;
        assert_eq!(&back, b"soup");
        Ok(())
    }

    #[tokio::test]
    async fn what_is_frozen_goes_on_later() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        echoes(&mut stream).await.unwrap();

        proxy.set(NetworkCondition::Frozen);
        let frozen = timeout(Duration::from_millis(100), echoes(&mut stream)).await;
        assert!(frozen.is_err());

        proxy.set(NetworkCondition::Normal);
        let mut back = [0; 4];
        within("the frozen echo", stream.read_exact(&mut back))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_lets_none_in() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        echoes(&mut stream).await.unwrap();

        proxy.set(NetworkCondition::Cut);
        assert!(echoes(&mut stream).await.is_err());
        let mut late = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(echoes(&mut late).await.is_err());

        proxy.set(NetworkCondition::Normal);
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        echoes(&mut again).await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_that_lost_something_stays_dead() {
        let proxy = Proxy::start(echo().await).await;
        let mut lossy = TcpStream::connect(proxy.address()).await.unwrap();
        let mut idle = TcpStream::connect(proxy.address()).await.unwrap();
        echoes(&mut lossy).await.unwrap();
        echoes(&mut idle).await.unwrap();

        proxy.set(NetworkCondition::BlackHole);
        let swallowed = timeout(Duration::from_millis(100), echoes(&mut lossy)).await;
        assert!(swallowed.is_err());

        proxy.set(NetworkCondition::Normal);
        echoes(&mut idle).await.unwrap();
        let dead = timeout(Duration::from_millis(100), echoes(&mut lossy)).await;
        assert!(dead.is_err());
    }

    #[tokio::test]
    async fn a_slow_proxy_delays_both_ways() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();

        proxy.set(NetworkCondition::Slow(Duration::from_millis(50)));
        let asked = Instant::now();
        echoes(&mut stream).await.unwrap();

        assert!(asked.elapsed() >= Duration::from_millis(100));
    }
}
