//! Fingerprints of states, and the set of those that were entered.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// States that were entered, as fingerprints.
pub(crate) type Entered = HashSet<u128, BuildHasherDefault<Identity>>;

/// 128 bits that stand for an operation that took its place.
pub(crate) fn op_mark(op: u32) -> u128 {
    mark(u64::from(op) << 1)
}

/// 128 bits that stand for what a key holds.
pub(crate) fn cell_mark(cell: u32) -> u128 {
    mark(u64::from(cell) << 1 | 1)
}

/// 128 bits that look random: two rounds of splitmix64 (Steele, Lea & Flood 2014).
fn mark(seed: u64) -> u128 {
    let round = |seed: u64| {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let high = round(seed ^ 0x5851_f42d_4c95_7f2d);
    u128::from(high) << 64 | u128::from(round(high ^ seed.rotate_left(32)))
}

/// Fingerprints are already as good as random; the set takes them as they are.
#[derive(Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }
}
