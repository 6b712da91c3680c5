use std::io;

use tokio::net::TcpListener;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::*;
use crate::{
    lifecycle::Lifecycle,
    replicas::{Lookup, ServiceAddress},
};

/// A server that can be stopped; it answers the standard health calls.
struct Server {
    address: SocketAddr,
    lifecycle: Lifecycle,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let lifecycle = Lifecycle::new();
        let (_, service) = tonic_health::server::health_reporter();
        let until = lifecycle.clone();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let serve = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(incoming, async move { until.stopping().await });
        lifecycle.spawn(async { serve.await.unwrap() });
        Self { address, lifecycle }
    }

    async fn stop(&self) {
        self.lifecycle.stop();
        assert!(self.lifecycle.finished(Duration::from_secs(10)).await);
    }
}

/// A pool over whatever a stub resolver says, and how to tell it.
fn pool(lifecycle: &Lifecycle) -> (Pool, Arc<Mutex<Vec<SocketAddr>>>, Replicas) {
    let known = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&known);
    let lookup: Lookup = Arc::new(move |_, _| {
        let answer: io::Result<_> = Ok(told.lock().unwrap().clone());
        Box::pin(async move { answer })
    });
    let service: ServiceAddress = "http://auth:1".parse().unwrap();
    let replicas = service.follow_by(lookup, lifecycle);
    (
        Pool::new(replicas.clone(), Dialer::default()),
        known,
        replicas,
    )
}

/// Calls once; says which replicas were asked, in order, and whether there was an answer.
async fn ask(pool: &Pool, repeat: Repeat) -> (usize, Result<(), Code>) {
    let asked = AtomicUsize::new(0);
    let answer = pool
        .call(repeat, Duration::from_secs(10), |channel| {
            asked.fetch_add(1, Ordering::Relaxed);
            let mut client = HealthClient::new(channel);
            async move { client.check(HealthCheckRequest::default()).await }
        })
        .await;
    let answer = answer.map(drop).map_err(|status| status.code());
    (asked.into_inner(), answer)
}

#[tokio::test]
async fn a_replica_that_dies_costs_idempotent_calls_nothing() {
    let lifecycle = Lifecycle::new();
    let (pool, known, _) = pool(&lifecycle);
    let (one, two) = (Server::start().await, Server::start().await);
    *known.lock().unwrap() = vec![one.address, two.address];
    for _ in 0..10 {
        assert_eq!(ask(&pool, Repeat::Idempotent).await, (1, Ok(())));
    }

    one.stop().await;

    let mut attempts = 0;
    for _ in 0..20 {
        let (asked, answer) = ask(&pool, Repeat::Idempotent).await;
        assert_eq!(answer, Ok(()));
        attempts += asked;
    }
    assert!(attempts <= 22, "the dead one is left alone: {attempts}");
    lifecycle.stop();
}

#[tokio::test]
async fn a_call_that_must_not_be_repeated_is_made_once() {
    let lifecycle = Lifecycle::new();
    let (pool, known, _) = pool(&lifecycle);
    let one = Server::start().await;
    one.stop().await;
    *known.lock().unwrap() = vec![one.address];
    assert_eq!(ask(&pool, Repeat::Never).await, (1, Err(Code::Unavailable)));

    let two = Server::start().await;
    let (pool, known, _) = self::pool(&lifecycle);
    *known.lock().unwrap() = vec![one.address, two.address];
    let mut failed = 0;
    for _ in 0..10 {
        let (asked, answer) = ask(&pool, Repeat::Never).await;
        assert_eq!(asked, 1);
        failed += usize::from(answer.is_err());
    }
    assert!(failed <= 1, "the dead one is left alone: {failed}");
    lifecycle.stop();
}

#[tokio::test]
async fn a_replica_that_appears_takes_over_from_one_that_is_gone() {
    let lifecycle = Lifecycle::new();
    let (pool, known, mut replicas) = pool(&lifecycle);
    let (one, two) = (Server::start().await, Server::start().await);
    *known.lock().unwrap() = vec![one.address];
    assert_eq!(ask(&pool, Repeat::Idempotent).await.1, Ok(()));

    one.stop().await;
    *known.lock().unwrap() = vec![two.address];
    assert_eq!(
        ask(&pool, Repeat::Idempotent).await.1,
        Err(Code::Unavailable)
    );
    let found = async {
        while *replicas.now() != [two.address] {
            replicas.changed().await;
        }
    };
    timeout(Duration::from_secs(10), found).await.unwrap();

    assert_eq!(ask(&pool, Repeat::Never).await, (1, Ok(())));
    lifecycle.stop();
}

#[tokio::test]
async fn replicas_are_asked_in_turn() {
    let lifecycle = Lifecycle::new();
    let (pool, _, _) = pool(&lifecycle);
    let addresses: Vec<SocketAddr> = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    let first = |pool: &Pool| pool.candidates(&addresses)[0].0;
    let mut turns = [first(&pool), first(&pool), first(&pool)];
    turns.sort();
    assert_eq!(turns, *addresses);

    pool.leave_alone(addresses[0]);
    for _ in 0..6 {
        assert_eq!(pool.candidates(&addresses)[2].0, addresses[0]);
    }
    pool.candidates(&addresses[1..]);
    assert_eq!(pool.members().len(), 2, "those that are gone are forgotten");
    lifecycle.stop();
}
