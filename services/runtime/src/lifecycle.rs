//! The life of a process: running, stopping (drain, finish what is under way), killed (leave at once).

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

/// Tells every part of a service when to stop, and waits for what was spawned.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    kill: CancellationToken,
    tasks: TaskTracker,
    reload: Arc<Notify>,
}

impl Lifecycle {
    /// A service that runs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spawns a task that [`Lifecycle::finished`] waits for.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task);
    }

    /// Asks for an orderly stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends everything at once.
    pub fn kill(&self) {
        self.stop.cancel();
        self.kill.cancel();
    }

    /// Whether an orderly stop was asked for.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Resolves when an orderly stop is asked for.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Resolves when the settings are to be read again; at once when that was asked for while nobody waited.
    pub async fn reload_asked(&self) {
        self.reload.notified().await;
    }

    /// Resolves when everything must end at once.
    pub async fn killed(&self) {
        self.kill.cancelled().await;
    }

    /// Waits for every spawned task, at most `timeout`; tells whether all ended.
    pub async fn finished(&self, timeout: Duration) -> bool {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => true,
            () = self.killed() => false,
            () = tokio::time::sleep(timeout) => false,
        }
    }

    /// Stops on the first SIGTERM, SIGINT or SIGQUIT, kills on the second. SIGHUP, which a closed terminal and many a
    /// reload send, ends nothing: it asks for the settings to be read again.
    ///
    /// # Errors
    /// When the process may not install signal handlers.
    pub fn watch_signals(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let reload = Arc::clone(&self.reload);
        tokio::spawn(async move {
            while hang_up.recv().await.is_some() {
                reload.notify_one();
            }
        });
        let lifecycle = self.clone();
        tokio::spawn(async move {
            for attempt in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = quit.recv() => {}
                }
                if attempt == 0 {
                    info!("stopping: a second signal ends at once");
                    lifecycle.stop();
                } else {
                    warn!("second signal: ending at once");
                    lifecycle.kill();
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_for_what_was_spawned() {
        let lifecycle = Lifecycle::new();
        let stop = lifecycle.clone();
        lifecycle.spawn(async move { stop.stopping().await });

        assert!(!lifecycle.finished(Duration::from_secs(1)).await);
        lifecycle.stop();
        assert!(lifecycle.finished(Duration::from_secs(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_kill_does_not_wait() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(std::future::pending());
        lifecycle.kill();

        assert!(lifecycle.is_stopping());
        assert!(!lifecycle.finished(Duration::from_secs(3600)).await);
    }
}
