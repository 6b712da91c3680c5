//! What something took of the processes of a server.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    figures::{Figure, FigureKind, Measured},
    target::Target,
};

/// Measures from when it is started.
pub(crate) struct Meter<'a> {
    target: &'a Target,
    times: Vec<Duration>,
    began: Instant,
}

/// What so many things took.
pub(crate) struct Cost {
    by_process: Vec<f64>,
    count: usize,
    wall: Duration,
}

impl<'a> Meter<'a> {
    pub(crate) fn start(target: &'a Target) -> Self {
        Self {
            target,
            times: target.times(),
            began: Instant::now(),
        }
    }

    pub(crate) fn stop(self, count: usize) -> Cost {
        let wall = self.began.elapsed();
        let used = self.target.times().into_iter().zip(self.times);
        let used = used.map(|(after, before)| after.saturating_sub(before).as_secs_f64());
        Cost {
            by_process: used.map(|seconds| seconds * 1e6 / count as f64).collect(),
            count,
            wall,
        }
    }
}

impl Cost {
    /// As a figure with this name, and one of the rate with that one.
    pub(crate) fn measured(self, cost: &str, rate: Option<&str>) -> Measured {
        let figure = |name: &str, value, kind| Figure {
            name: name.to_owned(),
            value,
            kind,
        };
        let total = self.by_process.iter().sum();
        let a_second = self.count as f64 / self.wall.as_secs_f64();
        let rate = rate.map(|name| figure(name, a_second, FigureKind::Rate));
        Measured {
            figures: [figure(cost, total, FigureKind::Cost)]
                .into_iter()
                .chain(rate)
                .collect(),
            by_process: self.by_process,
        }
    }
}
