//! A client's share of a workload: each operation is drawn from the seed by its place alone, so that
//! the runner can tell afterwards what a client that was lost may have asked last.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::scenario::Workload;

/// How many words of the random stream each operation has for itself.
const WORDS: u128 = 16;

/// What one client does of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    seed: u64,
    /// The number of the client, which makes its values its own.
    number: u64,
    keys: u64,
    reads: u64,
    writes: u64,
    cas: u64,
    /// Levels of reads with their shares in percent.
    levels: Vec<(String, u64)>,
    /// The mean time between the beginnings of two operations.
    pub(crate) pause_ns: u64,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) operations: Option<u64>,
    pub(crate) wander: bool,
}

/// What a client saw last of each key.
pub(crate) type Seen = HashMap<String, Option<String>>;

/// What is drawn for one operation.
struct Drawn {
    key: String,
    kind: Kind,
    pause_ns: u64,
}

enum Kind {
    Read(Option<String>),
    Write,
    Cas,
}

impl Share {
    /// The share of the client that is the n-th of those of the workload.
    pub(crate) fn of(workload: &Workload, seed: u64, number: u64, place: usize) -> Share {
        let clients = workload.clients as u64;
        let split = |total: u64| total / clients + u64::from((place as u64) < total % clients);
        Share {
            seed,
            number,
            keys: workload.keys,
            reads: workload.reads,
            writes: workload.writes,
            cas: workload.cas,
            levels: workload
                .levels
                .iter()
                .map(|(level, share)| (level.to_string(), *share))
                .collect(),
            pause_ns: 1_000_000_000 * clients / workload.rate,
            duration_ms: workload.duration_ms,
            operations: workload.operations.map(split),
            wander: workload.wander,
        }
    }

    /// What the client does at this place, and how long after the beginning of the one before.
    pub(crate) fn step(&self, place: usize, seen: &Seen) -> (Step, u64) {
        let Drawn { key, kind, pause_ns } = self.draw(place);
        let step = match (kind, seen.get(&key)) {
            (Kind::Write, _) => Step::Write { key, value: self.value(place) },
            (Kind::Read(level), _) => Step::Read { key, level },
            (Kind::Cas, Some(from)) => Step::Cas { key, from: from.clone(), to: self.value(place) },
            // Who knows nothing of a key has nothing to compare with, so it looks first.
            (Kind::Cas, None) => Step::Read { key, level: None },
        };
        (step, pause_ns)
    }

    /// The key and the value that the operation at this place may write, whatever was seen before.
    pub(crate) fn may_write(&self, place: usize) -> Option<(String, String)> {
        match self.draw(place) {
            Drawn { kind: Kind::Read(_), .. } => None,
            Drawn { key, .. } => Some((key, self.value(place))),
        }
    }

    /// How long after the beginning of the one before the operation at this place begins.
    pub(crate) fn pause(&self, place: usize) -> u64 {
        self.draw(place).pause_ns
    }

    /// No two operations of a workload write the same.
    fn value(&self, place: usize) -> String {
        format!("{}-{place}", self.number)
    }

    fn draw(&self, place: usize) -> Drawn {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.number);
        random.set_word_pos(place as u128 * WORDS);
        let pause_ns = random.random_range(0..=2 * self.pause_ns);
        let key = format!("k{}", random.random_range(0..self.keys));
        let kind = random.random_range(0..self.reads + self.writes + self.cas);
        let percent = random.random_range(0..100);
        let kind = match kind {
            kind if kind < self.reads => Kind::Read(self.level(percent)),
            kind if kind < self.reads + self.writes => Kind::Write,
            _ => Kind::Cas,
        };
        Drawn { key, kind, pause_ns }
    }

    /// The level that these percents of the reads ask for.
    fn level(&self, percent: u64) -> Option<String> {
        let mut end = 0;
        let of_its_own = self.levels.iter().find(|(_, share)| {
            end += share;
            percent < end
        });
        of_its_own.map(|(level, _)| level.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    const TEXT: &str = r#"{"num_servers":3,"consistency_level":"sequential","workload":{"clients":4,
        "keys":3,"operations":10,"reads":1,"writes":1,"cas":1,"levels":{"eventual":50}}}"#;

    fn shares(seed: u64) -> Vec<Share> {
        let scenario = Scenario::parse("f", TEXT).unwrap();
        let workload = &scenario.workloads[0];
        (0..4).map(|place| Share::of(workload, seed, place as u64, place)).collect()
    }

    #[test]
    fn the_seed_brings_every_operation_back_by_its_place_alone() {
        let (share, again) = (&shares(7)[1], &shares(7)[1]);
        let forwards: Vec<_> = (0..100).map(|place| share.step(place, &Seen::new())).collect();
        let backwards: Vec<_> =
            (0..100).rev().map(|place| again.step(place, &Seen::new())).collect();
        assert!(forwards.iter().eq(backwards.iter().rev()));
        let of =
            |share: &Share| -> Vec<_> { (0..100).map(|p| share.step(p, &Seen::new())).collect() };
        assert_ne!(of(&shares(8)[1]), forwards);
        assert_ne!(of(&shares(7)[2]), forwards, "clients draw apart");
    }

    #[test]
    fn all_kinds_come_and_values_are_unique() {
        let seen: Seen = (0..3).map(|key| (format!("k{key}"), Some("x".into()))).collect();
        let steps: Vec<Step> = shares(7)
            .iter()
            .flat_map(|share| (0..200).map(|place| share.step(place, &seen).0).collect::<Vec<_>>())
            .collect();
        let count = |of: fn(&Step) -> bool| steps.iter().filter(|step| of(step)).count();
        assert!(count(|step| matches!(step, Step::Cas { .. })) > 200);
        assert!(count(|step| matches!(step, Step::Read { level: Some(_), .. })) > 90);
        assert!(count(|step| matches!(step, Step::Read { level: None, .. })) > 90);
        let mut values: Vec<&String> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Write { value, .. } | Step::Cas { to: value, .. } => Some(value),
                _ => None,
            })
            .collect();
        let count = values.len();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), count);
    }

    #[test]
    fn what_a_lost_client_may_have_written_is_what_it_would_have() {
        let share = &shares(3)[0];
        let seen: Seen = (0..3).map(|key| (format!("k{key}"), None)).collect();
        for place in 0..100 {
            let written = match share.step(place, &seen).0 {
                Step::Write { key, value } | Step::Cas { key, to: value, .. } => Some((key, value)),
                _ => None,
            };
            assert_eq!(share.may_write(place), written);
        }
    }

    #[test]
    fn operations_are_shared_out() {
        let operations: Vec<_> = shares(1).iter().map(|share| share.operations.unwrap()).collect();
        assert_eq!(operations, [3, 3, 2, 2]);
    }
}
