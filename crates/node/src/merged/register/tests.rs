//! Random histories of a few replicas, whose entries come in any causal order, whose states are
//! joined, and whose tombstones go: at any time a replica shows what the definition makes of the
//! entries that its vector holds.

use std::collections::BTreeMap;

use super::*;
use crate::commands::{Merging, View};
use crate::ids::{Boot, Index};
use crate::merged::pieces::Pieces;
use crate::merged::state::{At, Places, State};
use crate::random::Random;
use crate::store::{Cursor, Progress};
use crate::wire::record::Record;

const REPLICAS: u64 = 3;
const KEYS: [&str; 2] = ["a", "b"];

#[derive(Clone, Debug)]
enum Act {
    Set(String),
    Del,
    Add(i128),
}

/// An entry, and what it does to which keys.
#[derive(Clone, Debug)]
struct Entry {
    replica: NodeId,
    place: Place,
    clock: u64,
    after: VersionVector,
    writes: Vec<(&'static str, Act)>,
}

impl Entry {
    fn is_within(&self, vector: &VersionVector) -> bool {
        vector.get(self.replica) >= self.place
    }

    /// Whether its replica held an entry when it made the writes from this offset on.
    fn holds(&self, offset: usize, other: &Entry, of: usize) -> bool {
        match self.replica == other.replica {
            true => (other.place, of) < (self.place, offset),
            false => other.is_within(&self.after),
        }
    }
}

fn place(index: usize) -> Place {
    Place { boot: Boot(1), index: Index(index as u64) }
}

/// What a key shows by the definition, where the entries of this vector are known.
fn defined(key: &str, entries: &[Entry], vector: &VersionVector) -> Option<String> {
    let known = entries.iter().filter(|entry| entry.is_within(vector));
    let writes = known.flat_map(|entry| {
        let numbered = entry.writes.iter().enumerate().filter(|(_, (of, _))| *of == key);
        numbered.map(move |(offset, (_, act))| (entry, offset, act))
    });
    let writes: Vec<(&Entry, usize, &Act)> = writes.collect();
    let bases = writes.iter().filter(|(.., act)| !matches!(act, Act::Add(_)));
    let winner = bases.max_by_key(|(entry, offset, _)| (entry.clock, entry.replica, *offset));
    let base = match winner {
        Some((.., Act::Set(text))) => Some(text.clone()),
        _ => None,
    };
    let counts = |(entry, offset, act): &(&Entry, usize, &Act)| match (act, winner) {
        (Act::Add(amount), None) => Some(*amount),
        (Act::Add(amount), Some((won, of, _))) => entry.holds(*offset, won, *of).then_some(*amount),
        _ => None,
    };
    let counted: Vec<i128> = writes.iter().filter_map(counts).collect();
    let number = base.as_ref().map_or(Some(0), |text| text.parse::<i128>().ok());
    match number {
        Some(number) if !counted.is_empty() => {
            Some((number + counted.iter().sum::<i128>()).to_string())
        }
        _ => base,
    }
}

struct Replica {
    state: State,
    applied: VersionVector,
    /// How many entries of its own it has made; not all of them need be applied.
    made: usize,
    clock: u64,
}

struct World {
    seed: u64,
    chance: Random,
    entries: Vec<Entry>,
    replicas: Vec<Replica>,
    /// Snapshots that may be fetched, also old ones.
    offered: Vec<(Pieces, VersionVector)>,
}

impl World {
    fn new(seed: u64) -> World {
        let replica = |_| Replica {
            state: State::new(),
            applied: VersionVector::default(),
            made: 0,
            clock: 0,
        };
        World {
            seed,
            chance: Random::new(seed),
            entries: vec![],
            replicas: (0..REPLICAS).map(replica).collect(),
            offered: vec![],
        }
    }

    fn some_replica(&mut self) -> usize {
        self.chance.between(0, REPLICAS as usize)
    }

    fn write(&mut self, at: usize) {
        let mut writes = vec![];
        for _ in 0..self.chance.between(1, 4) {
            let key = KEYS[self.chance.between(0, KEYS.len())];
            let number = self.chance.between(0, 20) as i128 - 5;
            writes.push(match self.chance.between(0, 12) {
                0 => (key, Act::Set("text".into())),
                1 | 2 => (key, Act::Set(number.to_string())),
                3 | 4 => (key, Act::Del),
                _ => (key, Act::Add(number)),
            });
        }
        let slow = self.chance.between(0, 3) as u64;
        let replica = &mut self.replicas[at];
        replica.made += 1;
        replica.clock += 1 + slow;
        self.entries.push(Entry {
            replica: NodeId(at as u64 + 1),
            place: place(replica.made),
            clock: replica.clock,
            after: replica.applied.clone(),
            writes,
        });
    }

    /// The next entries that a replica may apply.
    fn next(&self, at: usize) -> Vec<usize> {
        let applied = &self.replicas[at].applied;
        let is_next = |entry: &Entry| {
            let before = applied.get(entry.replica).index.0 + 1;
            entry.place.index.0 == before && applied.holds(&entry.after)
        };
        (0..self.entries.len()).filter(|n| is_next(&self.entries[*n])).collect()
    }

    /// A replica applies one more entry; false: there is none.
    fn apply(&mut self, at: usize) -> bool {
        let next = self.next(at);
        if next.is_empty() {
            return false;
        }
        let entry = self.entries[next[self.chance.between(0, next.len())]].clone();
        let replica = &mut self.replicas[at];
        replica.clock = replica.clock.max(entry.clock);
        replica.applied.advance(entry.replica, entry.place);
        for (offset, (key, act)) in entry.writes.iter().enumerate() {
            let (clock, place, after) = (entry.clock, entry.place, &entry.after);
            let stamp = Stamp { clock, replica: entry.replica, offset: offset as u32 };
            let mut state = At { state: &mut replica.state, stamp, place, after };
            match act {
                Act::Set(text) => state.set(key.as_bytes(), text.as_bytes()),
                Act::Del => drop(state.remove(&mut [key.as_bytes()].into_iter())),
                Act::Add(amount) => state.add(key.as_bytes(), *amount),
            }
        }
        true
    }

    fn offer(&mut self, at: usize) {
        let replica = &mut self.replicas[at];
        self.offered.push((pieces(&mut replica.state), replica.applied.clone()));
    }

    /// A replica joins a state that was offered at some time.
    fn fetch(&mut self, at: usize) {
        if self.offered.is_empty() {
            return;
        }
        let (pieces, there) = self.offered.swap_remove(self.chance.between(0, self.offered.len()));
        let made = place(self.replicas[at].made);
        // All that it made itself is on its own disk before others have it.
        let own = NodeId(at as u64 + 1);
        assert!(there.get(own) <= made);
        while self.replicas[at].applied.get(own) < made && self.apply(at) {}
        let clock = self.entries.iter().filter(|entry| entry.is_within(&there));
        let clock = clock.map(|entry| entry.clock).max().unwrap_or(0);
        let replica = &mut self.replicas[at];
        replica.clock = replica.clock.max(clock);
        replica.state.begin_join(pieces, replica.applied.clone(), there.clone());
        replica.applied.join(&there);
        // Meanwhile it goes on: what is read and written is as if all were joined.
        loop {
            let key = KEYS[self.chance.between(0, KEYS.len())].as_bytes();
            match self.chance.between(0, 4) {
                0 => drop(self.apply(at)),
                1 => self.read(at, key),
                _ => {}
            }
            self.check();
            if !self.replicas[at].state.join_on(1, usize::MAX) {
                return;
            }
        }
    }

    /// A client reads a key.
    fn read(&mut self, at: usize, key: &[u8]) {
        let state = &mut self.replicas[at].state;
        state.settle_read(key);
        assert_eq!(state.get(key).as_deref(), state.value(key).as_deref());
    }

    /// A replica lets the tombstones go that are stable.
    fn clean_up(&mut self, at: usize) {
        // Whatever was made before its replica had this is everywhere.
        let all = &self.replicas;
        let is_stable = |vector: &VersionVector| {
            let not_behind = |entry: &&Entry| !entry.after.holds(vector);
            all.iter().all(|replica| {
                replica.applied.holds(vector)
                    && self.entries.iter().filter(not_behind).all(|e| e.is_within(&replica.applied))
            })
        };
        let held = self.entries.iter().map(|entry| {
            let mut vector = entry.after.clone();
            vector.advance(entry.replica, entry.place);
            vector
        });
        let mut stable = VersionVector::default();
        held.filter(|vector| is_stable(vector)).for_each(|vector| stable.join(&vector));
        let state = &mut self.replicas[at].state;
        let mut places = Places::From(Cursor::default());
        while state.remove_tombstones(&mut places, &stable, 8) {}
    }

    fn check(&self) {
        for (at, replica) in self.replicas.iter().enumerate() {
            for key in KEYS {
                let shown = replica.state.value(key.as_bytes());
                let shown = shown.map(|text| String::from_utf8(text.into_owned()).unwrap());
                let defined = defined(key, &self.entries, &replica.applied);
                assert_eq!(shown, defined, "seed {}, replica {}, {key}", self.seed, at + 1);
            }
        }
    }

    /// All have everything, and digests of them are the same.
    fn settle(&mut self) {
        let mut sums = BTreeMap::new();
        for at in 0..self.replicas.len() {
            while self.apply(at) {}
            let Replica { state, applied, .. } = &mut self.replicas[at];
            state.begin_digest(applied.clone());
            let mut progress = state.digest_on(usize::MAX, usize::MAX);
            while let Progress::GoesOn = progress {
                progress = state.digest_on(usize::MAX, usize::MAX);
            }
            let Progress::Over(sum) = progress else { panic!("it goes on") };
            let mut bytes = vec![];
            sum.encode(&mut bytes);
            sums.insert(bytes, at);
        }
        self.check();
        assert_eq!(sums.len(), 1, "seed {}: one digest for all", self.seed);
    }
}

/// A state as it is fetched.
fn pieces(state: &mut State) -> Pieces {
    let mut out = vec![];
    state.begin_walk();
    while state.walk_on(1, 1 << 20, &mut out).is_some() {}
    state.end_walk();
    let mut pieces = Pieces::default();
    for record in Record::decode_group(&out.into()).unwrap() {
        let Record::MergedSlot(slot) = record else { panic!("{record:?}") };
        pieces.push(&slot).unwrap();
    }
    pieces
}

#[test]
fn any_order_gives_what_the_definition_says() {
    for seed in 0..100 {
        let mut world = World::new(seed);
        for _ in 0..40 {
            let at = world.some_replica();
            match world.chance.between(0, 3) {
                0 => world.write(at),
                _ => drop(world.apply(at)),
            }
            world.check();
        }
        world.settle();
    }
}

#[test]
fn states_that_are_joined_are_the_fold_of_both() {
    for seed in 0..150 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            let at = world.some_replica();
            match world.chance.between(0, 12) {
                0..4 => world.write(at),
                4..8 => drop(world.apply(at)),
                8 => world.offer(at),
                9 => world.fetch(at),
                10 => (0..REPLICAS as usize).for_each(|at| while world.apply(at) {}),
                _ => world.clean_up(at),
            }
            world.check();
        }
        world.settle();
    }
}

#[test]
fn a_sum_goes_with_a_delete_that_is_gone() {
    let vector = |index| VersionVector::from_iter([(NodeId(1), place(index))]);
    let sum = |index| Sum { replica: NodeId(1), place: place(index), amount: 5 };
    for (known, left) in [(1, vec![sum(2)]), (2, vec![])] {
        assert_eq!(join_sums(&[sum(2)], &[], &vector(2), &vector(known)), left);
        assert_eq!(join_sums(&[], &[sum(2)], &vector(known), &vector(2)), left);
    }
}

#[test]
fn what_is_no_number_counts_nothing() {
    let by = |index, offset| {
        let stamp = Stamp { clock: index as u64, replica: NodeId(1), offset };
        Writer { stamp, place: place(index) }
    };
    let mut register = Register::written(by(1, 0), Some(Cow::Borrowed(b"text")));
    let after = VersionVector::default();
    let Writer { stamp, place } = by(1, 1);
    let increment = Increment { stamp, place, after: &after };
    assert!(!register.add(&increment, 1));
    assert_eq!((register.number(), register.shown().as_deref()), (None, Some(&b"text"[..])));
}

#[test]
fn sums_go_beyond_64_bits_and_come_back() {
    let mut register = Register::default();
    let after = VersionVector::default();
    for replica in [1, 2] {
        let stamp = Stamp { clock: 1, replica: NodeId(replica), offset: 0 };
        register.add(&Increment { stamp, place: place(1), after: &after }, i64::MAX.into());
    }
    assert_eq!(register.clone().shown().as_deref(), Some(&b"18446744073709551614"[..]));
    let stamp = Stamp { clock: 2, replica: NodeId(2), offset: 0 };
    register.add(&Increment { stamp, place: place(2), after: &after }, -i128::from(i64::MAX));
    assert_eq!(register.number(), Some(i64::MAX.into()));
}
