//! A simulated process. Its tasks take turns in the order in which they were started, however they were woken, so that
//! a run can be repeated. While the process is frozen none of them does anything.

use std::{
    future::poll_fn,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{FutureExt as _, future::BoxFuture, task::AtomicWaker};

use super::switch::Switch;

#[derive(Default)]
pub(super) struct Process {
    started: Mutex<Vec<BoxFuture<'static, ()>>>,
    waker: AtomicWaker,
}

struct Task {
    future: BoxFuture<'static, ()>,
    signal: Arc<Signal>,
    waker: Waker,
}

/// Notes that a task has something to do.
struct Signal {
    is_ready: AtomicBool,
    process: Arc<Process>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.is_ready.store(true, Ordering::Relaxed);
        self.process.waker.wake();
    }
}

impl Process {
    /// Starts a task.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.started.lock().unwrap().push(task.boxed());
        self.waker.wake();
    }

    /// Runs the tasks while the process is awake. It ends, and they with it, when this is dropped.
    pub(super) async fn run(self: Arc<Self>, awake: Arc<Switch>) {
        let mut tasks = Vec::new();
        loop {
            awake.wait_until(true).await;
            poll_fn(|cx| {
                if !awake.is_on() {
                    return Poll::Ready(());
                }
                self.waker.register(cx.waker());
                self.take_turns(&mut tasks);
                Poll::Pending
            })
            .await;
        }
    }

    fn take_turns(self: &Arc<Self>, tasks: &mut Vec<Task>) {
        let started = mem::take(&mut *self.started.lock().unwrap());
        tasks.extend(started.into_iter().map(|future| self.task(future)));
        tasks.retain_mut(|task| {
            let is_ready = task.signal.is_ready.swap(false, Ordering::Relaxed);
            !is_ready || {
                let mut context = Context::from_waker(&task.waker);
                task.future.as_mut().poll(&mut context).is_pending()
            }
        });
    }

    fn task(self: &Arc<Self>, future: BoxFuture<'static, ()>) -> Task {
        let signal = Arc::new(Signal {
            is_ready: AtomicBool::new(true),
            process: Arc::clone(self),
        });
        Task {
            future,
            waker: Arc::clone(&signal).into(),
            signal,
        }
    }
}
