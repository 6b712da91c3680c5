//! Which shard a session is in, and what the keys of a shard are called. All keys of a shard share a hash tag, and
//! the tags are chosen so that shards spread evenly over the slots of a cluster, which naive numbers do not.

use proto::ids::SessionId;

use super::super::record::EdgeId;
use crate::rendezvous;

/// How many slots a cluster has.
const SLOTS: u32 = 16_384;

/// The names of all shards.
#[derive(Debug)]
pub(crate) struct Shards {
    tags: Vec<String>,
}

impl Shards {
    /// Each tag lies near the middle of its own one of `count` equal parts of the slots. The same count always gives
    /// the same tags.
    pub(crate) fn new(count: u16) -> Self {
        let count = u32::from(count).clamp(1, SLOTS);
        let mut tags = vec![String::new(); count as usize];
        let mut missing = tags.len();
        for number in 0_u32.. {
            if missing == 0 {
                break;
            }
            let tag = number.to_string();
            let (part, rest) = (
                slot(tag.as_bytes()) * count / SLOTS,
                slot(tag.as_bytes()) * count % SLOTS,
            );
            // Parts of a few slots have no middle.
            let central = SLOTS / count < 8 || (SLOTS * 3 / 8..SLOTS * 5 / 8).contains(&rest);
            let free = tags.get_mut(part as usize).filter(|tag| tag.is_empty());
            if let Some(free) = free.filter(|_| central) {
                *free = tag;
                missing -= 1;
            }
        }
        Self { tags }
    }

    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.tags.len()).unwrap_or(u16::MAX)
    }

    pub(crate) fn of(&self, session: &SessionId) -> u16 {
        let shard = rendezvous::key(session.as_str()) % u64::from(self.count());
        u16::try_from(shard).unwrap_or_default()
    }

    pub(crate) fn due(&self, shard: u16) -> String {
        format!("rc:{{{}}}:due", self.tag(shard))
    }

    pub(crate) fn epoch(&self, shard: u16) -> String {
        format!("rc:{{{}}}:epoch", self.tag(shard))
    }

    pub(crate) fn session(&self, session: &SessionId) -> String {
        format!("{}{session}", self.session_prefix(self.of(session)))
    }

    pub(crate) fn session_prefix(&self, shard: u16) -> String {
        format!("rc:{{{}}}:session:", self.tag(shard))
    }

    fn tag(&self, shard: u16) -> &str {
        self.tags.get(usize::from(shard)).map_or("", String::as_str)
    }
}

/// Who is in charge of a shard: by rendezvous hashing, so that an edge that comes or goes moves no shards
/// between the others. `None` when there is no edge.
pub(crate) fn in_charge(edges: &[EdgeId], shard: u16) -> Option<&EdgeId> {
    edges
        .iter()
        .max_by_key(|edge| (rendezvous::score(edge.as_str(), shard.into()), *edge))
}

/// The slot of a hash tag: CRC-16/XMODEM, as Redis Cluster has it.
fn slot(tag: &[u8]) -> u32 {
    let mut crc = 0_u16;
    for byte in tag {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    u32::from(crc) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // As told by CLUSTER KEYSLOT.
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"123456789"), 12_739);
    }

    #[test]
    fn shards_spread_evenly_over_any_number_of_servers() {
        let shards = Shards::new(256);
        for servers in 1..=64 {
            let mut load = vec![0_u32; servers as usize];
            for tag in &shards.tags {
                load[(slot(tag.as_bytes()) * servers / SLOTS) as usize] += 1;
            }
            let (least, most) = (load.iter().min().unwrap(), load.iter().max().unwrap());
            assert!(most - least <= 2, "{servers} servers: {load:?}");
        }
    }

    #[test]
    fn names_never_change() {
        // Other edges, perhaps of another version, find sessions by these.
        let shards = Shards::new(256);
        let session: SessionId = "0198c0de-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(
            shards.session(&session),
            "rc:{129}:session:0198c0de-0000-7000-8000-000000000001"
        );
        assert_eq!(shards.due(0), "rc:{491}:due");
        assert_eq!(shards.epoch(255), "rc:{2220}:epoch");
    }

    #[test]
    fn sessions_spread_over_shards() {
        let shards = Shards::new(16);
        let mut load = [0_u32; 16];
        for _ in 0..16_000 {
            load[usize::from(shards.of(&SessionId::random()))] += 1;
        }
        assert!(
            load.iter().all(|count| (800..1200).contains(count)),
            "{load:?}"
        );
    }

    #[test]
    fn every_edge_gets_its_share_and_a_new_one_takes_only_what_becomes_its_own() {
        let before: Vec<EdgeId> = ["a", "b", "c"].map(EdgeId::stored).to_vec();
        let after = [before.clone(), vec![EdgeId::stored("d")]].concat();
        let mut moved = 0;
        for shard in 0..256 {
            let (old, new) = (in_charge(&before, shard), in_charge(&after, shard));
            if old != new {
                moved += 1;
                assert_eq!(new, Some(&after[3]));
            }
        }
        assert!((40..90).contains(&moved), "{moved} of 256 moved");
        assert_eq!(in_charge(&[], 0), None);
    }
}
