//! Fingerprints of states, and the memory of those that were entered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// States that were entered: for each fingerprint, what was *spent* on getting there, as counts of
/// things that are better kept. Who comes to the same state and has spent as much or more of each
/// can find nothing new.
#[derive(Default)]
pub(crate) struct Entered {
    /// The place of the fingerprint's last row, counted from 1; 0 where nothing was spent.
    states: HashMap<Fingerprint, u32, BuildHasherDefault<Identity>>,
    /// Rows: the place of the row before (0 for none), how many things were spent, then each thing
    /// and its count.
    rows: Vec<u32>,
}

/// In quarters, so that a remembered state takes no more room than it needs.
type Fingerprint = [u32; 4];

impl Entered {
    /// Remembers a state; whether it is worth going on from it. `spent` is in ascending order.
    pub(crate) fn enter(&mut self, fingerprint: u128, spent: &[(u32, u32)]) -> bool {
        let place = if spent.is_empty() { 0 } else { self.rows.len() as u32 + 1 };
        let mut before = 0;
        match self.states.entry(quarters(fingerprint)) {
            Entry::Vacant(vacant) => {
                vacant.insert(place);
            }
            Entry::Occupied(mut occupied) => {
                before = *occupied.get();
                if is_covered(&self.rows, before, spent) {
                    return false;
                }
                occupied.insert(place);
            }
        }
        if place > 0 {
            self.rows.extend([before, spent.len() as u32]);
            self.rows.extend(spent.iter().flat_map(|&(thing, count)| [thing, count]));
        }
        true
    }

    /// Bytes that it takes, or will take while it grows for the next state.
    pub(crate) fn bytes(&self) -> usize {
        let table = |capacity: usize| capacity.saturating_mul(8) / 7 * (4 * 4 + 4 + 1);
        let mut bytes = table(self.states.capacity()) + self.rows.capacity() * 4;
        if self.states.len() == self.states.capacity() {
            bytes += table(2 * self.states.capacity());
        }
        if self.rows.len() > u32::MAX as usize - ROW_SIZE {
            return usize::MAX;
        }
        if self.rows.capacity() - self.rows.len() < ROW_SIZE {
            bytes += 2 * self.rows.capacity() * 4;
        }
        bytes
    }
}

/// More numbers than a usual row has.
const ROW_SIZE: usize = 1_000;

/// Whether some row, from that place back, has no more of anything than `spent`.
fn is_covered(rows: &[u32], mut place: u32, spent: &[(u32, u32)]) -> bool {
    while place > 0 {
        let at = place as usize - 1;
        let mut ours = spent.iter();
        let mut row = rows[at + 2..].chunks_exact(2).take(rows[at + 1] as usize);
        let has_less = |pair: &[u32]| {
            let found = ours.find(|(thing, _)| *thing >= pair[0]);
            found.is_some_and(|&(thing, count)| thing == pair[0] && count >= pair[1])
        };
        if row.all(has_less) {
            return true;
        }
        place = rows[at];
        if place == 0 {
            return false;
        }
    }
    true
}

fn quarters(fingerprint: u128) -> Fingerprint {
    [0, 32, 64, 96].map(|shift| (fingerprint >> shift) as u32)
}

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

/// Fingerprints are already as good as random; the table takes them as they are.
#[derive(Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Two quarters are enough, and the length of the key is no part of it.
        if let Some(half) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*half);
        }
    }

    fn write_usize(&mut self, _: usize) {}
}
