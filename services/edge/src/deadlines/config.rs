//! How the schedule is kept and worked off. The defaults suit production; tests shorten them.

use std::time::Duration;

/// How the schedule is kept and worked off.
#[derive(Debug, Clone)]
pub struct DeadlineConfig {
    /// Into how many shards sessions are spread. Fixed for a deployment: another number is another schedule.
    pub shards: u16,
    /// How soon this edge notices that another one put something earlier into a shard that it is in charge of.
    pub poll: Duration,
    /// For how long a claimed session is not claimed again.
    pub lease: Duration,
    /// After how long without a sign of life an edge counts as gone.
    pub heartbeat: Duration,
    /// By how much a session must be overdue before edges claim it that are not in charge of its shard.
    pub overdue: Duration,
    /// How many sessions a second are written anew at most after Redis came back.
    pub repair_rate: u32,
    /// How many sessions may wait to be written; further ones are left to a repair.
    pub pending: usize,
}

impl Default for DeadlineConfig {
    fn default() -> Self {
        Self {
            shards: 256,
            poll: Duration::from_millis(250),
            lease: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
            overdue: Duration::from_secs(2),
            repair_rate: 3_500,
            pending: 50_000,
        }
    }
}
