//! The tombstones of a state: how many there are, where they lie, and how they go.
//!
//! Where they lie is gathered as they come, eight bytes for each. Beyond so many of them, the list
//! is dropped, and a walk over all keys finds them instead.

use super::State;
use crate::store::{Cursor, Record};
use crate::wire::version_vector::VersionVector;

use super::super::origin::Origin;

/// So many places are listed at most: 8 MiB of them.
const LISTED_MAX: usize = 1 << 20;

/// Where tombstones lie.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::merged) enum Places {
    /// At these places; some of them may be there no more.
    Listed(Vec<Cursor>),
    /// Anywhere from here on.
    From(Cursor),
}

/// How many tombstones there are, and where those lie that came since they were last asked for.
#[derive(Debug)]
pub(super) struct Tombstones {
    pub(super) count: u64,
    places: Places,
    listed_max: usize,
}

impl Default for Tombstones {
    fn default() -> Tombstones {
        Tombstones { count: 0, places: Places::Listed(vec![]), listed_max: LISTED_MAX }
    }
}

impl Tombstones {
    /// A key has one from now on.
    pub(super) fn add(&mut self, key: &[u8]) {
        self.count += 1;
        let Places::Listed(places) = &mut self.places else { return };
        if places.len() < self.listed_max {
            places.push(Cursor::of(key));
        } else {
            self.places = Places::From(Cursor::default());
        }
    }
}

impl State {
    /// How many keys have a tombstone.
    pub(crate) fn tombstones(&self) -> u64 {
        self.tombstones.count
    }

    /// Where the tombstones lie that came since this was last asked; none: there came none.
    pub(in crate::merged) fn take_tombstones(&mut self) -> Option<Places> {
        let places = std::mem::replace(&mut self.tombstones.places, Places::Listed(vec![]));
        (places != Places::Listed(vec![])).then_some(places)
    }

    /// Removes tombstones that lie at these places and come from an entry that `stable` holds,
    /// after a look at about so many keys; true if more places are left.
    pub(in crate::merged) fn remove_tombstones(
        &mut self,
        places: &mut Places,
        stable: &VersionVector,
        most: usize,
    ) -> bool {
        let mut found = vec![];
        let mut look = |key: &[u8], record: Record<'_, Origin>| {
            if record.value.is_none() && record.by().is_within(stable) {
                found.push(key.to_vec());
            }
            true
        };
        let goes_on = match places {
            Places::Listed(places) => {
                let rest = places.len().saturating_sub(most);
                places.drain(rest..).for_each(|place| self.values.at(place, &mut look));
                rest > 0
            }
            Places::From(place) => match self.values.walk(*place, most, &mut look) {
                Some(next) => {
                    *place = next;
                    true
                }
                None => false,
            },
        };
        found.iter().for_each(|key| self.remove(key));
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, Index, NodeId};
    use crate::merged::hlc::Stamp;
    use crate::wire::version_vector::Place;

    const KEYS: u64 = 100_000;

    /// A state in which each key was set and then deleted, and the next one as well.
    fn deleted(listed_max: usize, keys: u64) -> State {
        let mut state = State::new();
        state.tombstones.listed_max = listed_max;
        for n in 0..keys {
            let key = format!("key:{n}");
            write(&mut state, &key, 2 * n + 1, Some(&[7; 100]));
            write(&mut state, &key, 2 * n + 2, None);
        }
        state
    }

    fn place(index: u64) -> Place {
        Place { boot: Boot(1), index: Index(index) }
    }

    fn write(state: &mut State, key: &str, index: u64, value: Option<&[u8]>) {
        let stamp = Stamp { clock: index, replica: NodeId(1), offset: 0 };
        state.merge(key.as_bytes(), stamp, place(index), value);
    }

    fn up_to(index: u64) -> VersionVector {
        VersionVector::from_iter([(NodeId(1), place(index))])
    }

    /// Removes what lies within this vector, in slices: how many these were.
    fn remove(state: &mut State, stable: &VersionVector) -> usize {
        let mut places = state.take_tombstones().expect("some came");
        let mut slices = 1;
        while state.remove_tombstones(&mut places, stable, 256) {
            slices += 1;
        }
        slices
    }

    #[test]
    fn memory_comes_back_once_tombstones_go() {
        for listed_max in [LISTED_MAX, 1000] {
            let mut state = deleted(listed_max, KEYS);
            assert_eq!((state.tombstones(), state.values.pages() > 0), (KEYS, true));
            assert!(remove(&mut state, &up_to(2 * KEYS)) >= (KEYS / 256) as usize);
            assert_eq!((state.tombstones(), state.values.pages()), (0, 0));
            assert_eq!(state.take_tombstones(), None);
        }
    }

    #[test]
    fn what_came_later_stays() {
        for listed_max in [LISTED_MAX, 3] {
            let mut state = deleted(listed_max, 10);
            write(&mut state, "key:1", 21, Some(b"again"));
            write(&mut state, "key:2", 22, None);
            remove(&mut state, &up_to(18));
            let left = |n: usize| state.written(format!("key:{n}").as_bytes()).is_some();
            let left: Vec<usize> = (0..10).filter(|n| left(*n)).collect();
            assert_eq!((left, state.tombstones()), (vec![1, 2, 9], 2));
        }
    }

    #[test]
    fn a_walk_sees_the_tombstones_that_go_meanwhile() {
        let mut state = deleted(LISTED_MAX, 10);
        state.begin_walk();
        remove(&mut state, &up_to(20));
        assert!(state.kept_bytes() > 0);
        let (mut out, mut slots) = (vec![], 0);
        while let Some(records) = state.walk_on(usize::MAX, 1 << 20, &mut out) {
            slots += records;
        }
        assert_eq!((slots, state.kept_bytes()), (10, 0));
    }
}
