//! Whether a service serves, as its standard health tells: while what it stands on answers a cheap question. That is asked
//! every two seconds, whoever asks for the health how often.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use opentelemetry::{KeyValue, global};
use tokio::time::{sleep, timeout};
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::{info, warn};

use crate::lifecycle::Lifecycle;

/// How long after an answer the next question is asked.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// How long the answer may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many questions in a row stay without a good answer before the service stops serving: one may be bad luck.
const MAX_FAILURES: u32 = 2;
/// The name of the server as a whole.
const WHOLE_SERVER: &str = "";

/// Asks a service's store a cheap question; the error is the cause in words, without a secret.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Sets the health of a service by its store until the lifecycle stops.
pub(super) async fn follow(
    service: &'static str,
    reporter: HealthReporter,
    probe: Probe,
    lifecycle: Lifecycle,
) {
    let up = Arc::new(AtomicBool::new(true));
    export(service, &up);
    let asking = async {
        let mut failures = 0;
        loop {
            let answer = timeout(PROBE_TIMEOUT, probe()).await;
            match answer.unwrap_or_else(|_| Err("it does not answer in time".to_owned())) {
                Ok(()) => failures = 0,
                Err(cause) => {
                    failures += 1;
                    if failures == MAX_FAILURES {
                        warn!(%cause, "the store cannot be used: not serving until it can");
                    }
                }
            }
            let serves = failures < MAX_FAILURES;
            if up.swap(serves, Ordering::Relaxed) != serves {
                if serves {
                    info!("the store can be used: serving again");
                }
                set(&reporter, service, serves).await;
            }
            sleep(PROBE_INTERVAL).await;
        }
    };
    tokio::select! {
        () = lifecycle.stopping() => {}
        () = asking => {}
    }
}

/// Tells whether a service and the server as a whole serve.
pub(super) async fn set(reporter: &HealthReporter, service: &str, serves: bool) {
    let status = match serves {
        true => ServingStatus::Serving,
        false => ServingStatus::NotServing,
    };
    reporter.set_service_status(service, status).await;
    reporter.set_service_status(WHOLE_SERVER, status).await;
}

fn export(service: &'static str, up: &Arc<AtomicBool>) {
    let up = Arc::downgrade(up);
    global::meter("runtime")
        .u64_observable_gauge("store_up")
        .with_description("Whether a service's database can be used")
        .with_callback(move |gauge| {
            if let Some(up) = up.upgrade() {
                let labels = [KeyValue::new("service", service)];
                gauge.observe(u64::from(up.load(Ordering::Relaxed)), &labels);
            }
        })
        .build();
}

#[cfg(test)]
mod tests {
    use tonic::Request;
    use tonic_health::{
        pb::{HealthCheckRequest, health_server::Health as _},
        server::HealthService,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_serves_while_its_store_answers() {
        let (reporter, _) = tonic_health::server::health_reporter();
        set(&reporter, "x", true).await;
        let health = HealthService::from_health_reporter(reporter.clone());
        let serves = async |service: &str| {
            let service = service.to_owned();
            let answer = health.check(Request::new(HealthCheckRequest { service }));
            answer.await.unwrap().into_inner().status == ServingStatus::Serving as i32
        };
        let good = Arc::new(AtomicBool::new(true));
        let probe: Probe = {
            let good = Arc::clone(&good);
            Arc::new(move || {
                let answer = match good.load(Ordering::Relaxed) {
                    true => Ok(()),
                    false => Err("away".to_owned()),
                };
                Box::pin(async move { answer })
            })
        };
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(follow("x", reporter, probe, lifecycle.clone()));

        sleep(PROBE_INTERVAL * 3).await;
        assert!(serves("x").await && serves(WHOLE_SERVER).await);
        good.store(false, Ordering::Relaxed);
        sleep(PROBE_INTERVAL * 3).await;
        assert!(!serves("x").await && !serves(WHOLE_SERVER).await);
        good.store(true, Ordering::Relaxed);
        sleep(PROBE_INTERVAL * 2).await;
        assert!(serves("x").await && serves(WHOLE_SERVER).await);
        lifecycle.stop();
        assert!(lifecycle.finished(PROBE_INTERVAL).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_does_not_serve() {
        let (reporter, _) = tonic_health::server::health_reporter();
        let health = HealthService::from_health_reporter(reporter.clone());
        let probe: Probe = Arc::new(|| Box::pin(std::future::pending()));
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(follow("x", reporter, probe, lifecycle.clone()));
        sleep((PROBE_TIMEOUT + PROBE_INTERVAL) * 3).await;
        let service = "x".to_owned();
        let answer = health.check(Request::new(HealthCheckRequest { service }));
        let status = answer.await.unwrap().into_inner().status;
        assert_eq!(status, ServingStatus::NotServing as i32);
    }
}
