//! What the metrics tell of the process itself, under the names that Prometheus' own clients use, and of its build.

use std::fs;

use opentelemetry::{KeyValue, global};
use tokio::runtime::Handle;

use crate::{
    build,
    clock::{Clock as _, SystemClock},
    descriptors,
};

/// What the metrics of the process itself are named under.
const METER: &str = "runtime";
/// In what the kernel tells processor time: the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Offers them from now on.
pub(super) fn watch() {
    build_info();
    descriptors_in_use();
    memory_and_processor();
    tasks();
}

fn build_info() {
    let labels = [
        KeyValue::new("version", build::VERSION),
        KeyValue::new("revision", build::REVISION),
    ];
    global::meter(METER)
        .u64_observable_gauge("recipe_chat_build_info")
        .with_description("Which build this is: always 1")
        .with_callback(move |gauge| gauge.observe(1, &labels))
        .build();
}

fn descriptors_in_use() {
    let meter = global::meter(METER);
    meter
        .u64_observable_gauge("process_open_fds")
        .with_description("File descriptors that are open")
        .with_callback(|gauge| {
            if let Ok(entries) = fs::read_dir("/proc/self/fd") {
                gauge.observe(entries.count() as u64, &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge("process_max_fds")
        .with_description("File descriptors that may be open")
        .with_callback(|gauge| {
            if let Some(limit) = descriptors::limit() {
                gauge.observe(limit as u64, &[]);
            }
        })
        .build();
}

fn memory_and_processor() {
    let meter = global::meter(METER);
    meter
        .u64_observable_gauge("process_resident_memory_bytes")
        .with_description("Memory that the process has in use")
        .with_callback(|gauge| {
            let status = fs::read_to_string("/proc/self/status");
            if let Some(bytes) = status.ok().and_then(|text| resident_bytes(&text)) {
                gauge.observe(bytes, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter("process_cpu_seconds")
        .with_description("Processor time that the process has used")
        .with_callback(|counter| {
            let stat = fs::read_to_string("/proc/self/stat");
            if let Some(ticks) = stat.ok().and_then(|text| used_ticks(&text)) {
                counter.observe(ticks as f64 / TICKS_PER_SECOND, &[]);
            }
        })
        .build();
    let started = SystemClock.now().unix_millis() as f64 / 1000.0;
    meter
        .f64_observable_gauge("process_start_time_seconds")
        .with_description("When the process started, since 1970")
        .with_callback(move |gauge| gauge.observe(started, &[]))
        .build();
}

/// The line `VmRSS` of `status`, in bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// User and system time, the 14th and 15th field of `stat`. The second, the program's name, may hold anything.
fn used_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Tells how many tasks the async runtime has: what is forgotten there shows as a number that only grows.
fn tasks() {
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    global::meter(METER)
        .u64_observable_gauge("runtime_tasks")
        .with_description("Tasks of the async runtime that have not ended")
        .with_callback(move |tasks| {
            let alive = runtime.metrics().num_alive_tasks();
            tasks.observe(u64::try_from(alive).unwrap_or(u64::MAX), &[]);
        })
        .build();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read_whatever_the_program_is_called() {
        assert_eq!(
            resident_bytes("Name: a\nVmRSS:\t     512 kB\nX: 1\n"),
            Some(512 << 10)
        );
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 8 0 100 1 1";
        assert_eq!(used_ticks(stat), Some(300));
        assert_eq!(used_ticks("nothing"), None);
        assert!(used_ticks(&fs::read_to_string("/proc/self/stat").unwrap()).is_some());
        assert!(resident_bytes(&fs::read_to_string("/proc/self/status").unwrap()).is_some());
    }
}
