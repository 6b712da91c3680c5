//! Something that is on or off, and can be waited for.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::Notify, time::Instant};

#[derive(Debug)]
pub(super) struct Switch {
    on: AtomicBool,
    turned: Mutex<Instant>,
    changed: Notify,
}

impl Switch {
    pub(super) fn new(on: bool) -> Self {
        Self {
            on: AtomicBool::new(on),
            turned: Mutex::new(Instant::now()),
            changed: Notify::new(),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// When it was turned last.
    pub(super) fn turned(&self) -> Instant {
        *self.turned.lock().unwrap()
    }

    pub(super) fn turn(&self, on: bool) {
        if self.on.swap(on, Ordering::Relaxed) != on {
            *self.turned.lock().unwrap() = Instant::now();
            self.changed.notify_waiters();
        }
    }

    pub(super) async fn wait_until(&self, on: bool) {
        loop {
            // Told of every change from here on, awaited or not.
            let changed = self.changed.notified();
            if self.is_on() == on {
                return;
            }
            changed.await;
        }
    }
}
