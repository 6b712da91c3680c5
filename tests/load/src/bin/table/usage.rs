//! What processes have used so far: processor time and memory, as the kernel counts them. On a machine that others
//! use as well, only these say what a server costs; how fast it seems says more about the others.

use std::{fs, time::Duration};

use system_tests::process::anonymous_memory;

/// How many of the kernel's ticks are a second: the same on every Linux.
const TICKS: u64 = 100;

/// A process, and those that it started where that is what it works with.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) name: &'static str,
    pub(crate) id: u32,
    pub(crate) with_children: bool,
}

impl Watched {
    fn ids(&self) -> Vec<u32> {
        let mut ids = vec![self.id];
        if self.with_children {
            let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            ids.extend(
                numbers
                    .filter(|id| stat(*id).is_some_and(|fields| fields[1] == u64::from(self.id))),
            );
        }
        ids
    }

    /// The processor time of user and system that it has used, with that of children that have ended.
    pub(crate) fn time(&self) -> Duration {
        let ticks: u64 = self
            .ids()
            .iter()
            .filter_map(|id| stat(*id))
            .map(|fields| fields[11..15].iter().sum::<u64>())
            .sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }

    /// The bytes of memory that are its own.
    pub(crate) fn memory(&self) -> u64 {
        self.ids()
            .iter()
            .filter_map(|id| anonymous_memory(*id))
            .sum()
    }
}

/// The numbers of `/proc/PID/stat` after the state; words count as 0. The first is 0, the second the parent, 11 to 14 the times.
fn stat(id: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<u64> = fields
        .split(' ')
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    (fields.len() > 15).then_some(fields)
}
