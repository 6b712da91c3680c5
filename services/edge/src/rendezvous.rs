//! Rendezvous hashing: everybody who knows the same candidates finds the same one for a key, and a candidate that
//! comes or goes moves no keys between the others.

/// How much a candidate wants a key. The highest one gets it.
pub(crate) fn score(candidate: &str, key: u64) -> u64 {
    hash(candidate.as_bytes(), key)
}

/// A text as a key.
pub(crate) fn key(text: &str) -> u64 {
    hash(text.as_bytes(), 0)
}

/// The same in every version and on every machine: FNV-1a, well mixed at the end.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
