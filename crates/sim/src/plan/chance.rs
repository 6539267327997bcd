//! Chance: streams of numbers that the seed of a world determines.
//!
//! Each subject (the plan, the network, the disks, each client …) draws from a stream of its own,
//! so taking one fault out of a plan does not change what all the others draw. Nothing here uses
//! floating point: the same seed gives the same numbers on any machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Setting,
    Faults,
    Network,
    Disks,
    Turns,
    Sabotage,
    Stops,
    /// What was added to settings later, so that the rest of them stays.
    Extras,
    Rare,
    /// What a calm world is made of.
    Calm,
    /// When snapshots are taken, and how much is kept.
    Snapshots,
    /// How much memory there is.
    Memory,
    /// How often states are compared, and in how many turns.
    Digests,
    /// In how many turns a state that was fetched is joined, and how far apart these are.
    Joins,
    /// How much transactions may be answered while the disk is busy.
    Answers,
    /// How much may be on its way to the disk.
    Lags,
    /// Whether keyspaces are created and dropped.
    Keyspaces,
    /// Whether members come and go, and when.
    Members,
    /// Which levels clients name and prefer.
    Levels,
    /// How often clients have what they write run once.
    Once,
    /// What the fault of this number draws while it goes on.
    Fault(u64),
    /// Seeds and names for the starts of this node.
    Boot(u64),
    /// What the wall clock of this node says when it starts again.
    Wake(u64),
    /// The wishes of this client.
    Client(u64),
}

impl Subject {
    fn stream(self) -> u64 {
        match self {
            Subject::Setting => 1,
            Subject::Faults => 2,
            Subject::Network => 4,
            Subject::Disks => 5,
            Subject::Turns => 6,
            Subject::Sabotage => 8,
            Subject::Stops => 9,
            Subject::Extras => 10,
            Subject::Rare => 11,
            Subject::Calm => 12,
            Subject::Snapshots => 13,
            Subject::Memory => 17,
            Subject::Digests => 14,
            Subject::Joins => 18,
            Subject::Answers => 26,
            Subject::Lags => 27,
            Subject::Keyspaces => 25,
            Subject::Members => 28,
            Subject::Levels => 23,
            Subject::Once => 24,
            Subject::Boot(node) => 100 + node,
            Subject::Wake(node) => 200 + node,
            Subject::Fault(number) => 500 + number,
            Subject::Client(place) => 1000 + place,
        }
    }
}

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64, subject: Subject) -> Chance {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(subject.stream());
        Chance(numbers)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..limit`; 0 if the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(limit)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range has no number in it");
        low + self.below(high - low + 1)
    }

    /// A number in `-limit..=limit`.
    pub(crate) fn around_zero(&mut self, limit: i64) -> i64 {
        self.below(2 * limit as u64 + 1) as i64 - limit
    }

    /// True that many times in a hundred.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// True that many times in a thousand.
    pub(crate) fn per_mille(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// A place in a row of `length`.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// One of a row that is not empty.
    pub(crate) fn pick_from<'a, T>(&mut self, row: &'a [T]) -> &'a T {
        &row[self.index(row.len())]
    }

    /// One of the choices, each as likely as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let mut place = self.below(choices.iter().map(|choice| choice.0).sum());
        for (weight, choice) in choices {
            if place < *weight {
                return *choice;
            }
            place -= weight;
        }
        unreachable!("a place below the sum of all weights lies in one of them")
    }
}

/// How the jitter of a delay is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// All of it equally likely.
    Even,
    /// Little is much likelier than a lot: the product of two even draws.
    Falling,
    /// None or all of it, as with two ways.
    TwoWays,
}

/// How long something takes, in microseconds: mostly a base and some jitter, rarely a long tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    pub(crate) base_us: u64,
    pub(crate) spread: Spread,
    pub(crate) jitter_us: u64,
    pub(crate) tail_per_mille: u64,
    pub(crate) tail_us: u64,
}

impl Delay {
    pub(crate) fn draw(&self, chance: &mut Chance) -> u64 {
        let jitter_us = match self.spread {
            Spread::Even => chance.below(self.jitter_us + 1),
            Spread::Falling => {
                let even = chance.below(self.jitter_us + 1);
                chance.below(even + 1)
            }
            Spread::TwoWays => self.jitter_us * chance.below(2),
        };
        let usual = self.base_us + jitter_us;
        let late = chance.per_mille(self.tail_per_mille);
        usual + if late { chance.below(self.tail_us + 1) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_come_again() {
        let row = |seed, subject| {
            let mut chance = Chance::new(seed, subject);
            (0..8).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(row(1, Subject::Network), row(1, Subject::Network));
        assert_ne!(row(1, Subject::Network), row(1, Subject::Disks));
        assert_ne!(row(1, Subject::Network), row(2, Subject::Network));
        assert_ne!(row(1, Subject::Client(1)), row(1, Subject::Client(2)));
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut chance = Chance::new(7, Subject::Setting);
        for _ in 0..1000 {
            assert!((3..=5).contains(&chance.between(3, 5)));
            assert!((-2..=2).contains(&chance.around_zero(2)));
            assert_eq!(chance.weighted(&[(0, 'a'), (4, 'b')]), 'b');
        }
        assert_eq!(chance.below(0), 0);
        assert!(!chance.percent(0));
    }
}
