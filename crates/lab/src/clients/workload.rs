//! A client's share of a workload: each operation is drawn from the seed by its place alone, so
//! that the runner can tell afterwards what a client that was lost may have asked last.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::model::Model;
use super::step::Step;
use crate::scenario::Workload;
use crate::scenario::workload::family;

/// How many words of the random stream each operation has for itself.
const WORDS: u128 = 16;
/// Where those for the prefixes of keys and for the commands of transactions begin, and how many
/// each operation has of them.
const MORE_WORDS_AT: u128 = 1 << 40;
const MORE_WORDS: u128 = 64;
/// The most commands of a transaction.
const COMMANDS_MAX: u64 = 3;

/// After one in so many operations a client that wanders leaves its server.
const LEAVES_ONE_IN: u64 = 10;

/// What one client does of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    seed: u64,
    /// The number of the client, which makes its values its own.
    number: u64,
    keys: u64,
    /// What keys begin with.
    prefixes: Vec<String>,
    /// How many operations of each kind there are, in parts of their sum.
    shares: Vec<(Model, u64)>,
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
    prefix: String,
    key: String,
    model: Model,
    /// A number below a hundred, for what else there is to choose.
    percent: u64,
    pause_ns: u64,
    /// Whether its client goes on to the next server then, if it is one that wanders.
    leaves: bool,
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
            prefixes: workload.prefixes.clone(),
            shares: workload.shares.clone(),
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
        let drawn = self.draw(place);
        let pause_ns = drawn.pause_ns;
        let step = match (drawn.model, seen.get(&drawn.key)) {
            (Model::Read, _) => Step::Read { key: drawn.key, level: self.level(drawn.percent) },
            (Model::Cas, Some(from)) => {
                Step::Cas { key: drawn.key, from: from.clone(), to: self.value(place) }
            }
            // Who knows nothing of a key has nothing to compare with, so it looks first.
            (Model::Cas, None) => Step::Read { key: drawn.key, level: None },
            _ => self.change(drawn, place),
        };
        (step, pause_ns)
    }

    /// What the operation at this place may change, whatever was seen before; a compare-and-set
    /// that took effect is a write.
    pub(crate) fn may_change(&self, place: usize) -> Option<Step> {
        let drawn = self.draw(place);
        (drawn.model != Model::Read).then(|| self.change(drawn, place))
    }

    fn change(&self, drawn: Drawn, place: usize) -> Step {
        let Drawn { prefix, key, model, percent, .. } = drawn;
        match model {
            Model::Transaction => Step::Transaction { commands: self.commands(&prefix, place) },
            // Behind what it begins with no text is the end of another.
            Model::Append => Step::Append { key, value: format!(";{}", self.value(place)) },
            Model::Increment => Step::Increment { key, by: 1 + (percent % 9) as i64 },
            Model::Delete => Step::Delete { key },
            Model::Read | Model::Write | Model::Cas => {
                Step::Write { key, value: self.value(place) }
            }
        }
    }

    /// The commands of a transaction: writes and reads of different keys, as far as there are so
    /// many.
    fn commands(&self, prefix: &str, place: usize) -> Vec<Step> {
        let mut random = self.more(place);
        // (The first is for the prefix.)
        let _: u64 = random.random();
        let count = 2 + random.random_range(0..COMMANDS_MAX - 1);
        let first = random.random_range(0..self.keys);
        let command = |number: u64| {
            let key = format!("{prefix}{}{}", family(Model::Write), (first + number) % self.keys);
            match random.random_range(0..2) {
                0 => Step::Read { key, level: None },
                _ => Step::Write { key, value: format!("{}.{number}", self.value(place)) },
            }
        };
        (0..count).map(command).collect()
    }

    /// The words for what else there is to draw for an operation.
    fn more(&self, place: usize) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.number);
        random.set_word_pos(MORE_WORDS_AT + place as u128 * MORE_WORDS);
        random
    }

    /// Whether a client that wanders goes on to the next server after this place, also where all is
    /// well.
    pub(crate) fn leaves(&self, place: usize) -> bool {
        self.draw(place).leaves
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
        let number = random.random_range(0..self.keys);
        let model = pick(&self.shares, &mut random);
        let percent = random.random_range(0..100);
        let prefix = match &self.prefixes[..] {
            [only] => only.clone(),
            all => all[(self.more(place).random::<u64>() % all.len() as u64) as usize].clone(),
        };
        let key = format!("{prefix}{}{number}", self.read_family(model, &mut random));
        let leaves = random.random_range(0..LEAVES_ONE_IN) == 0;
        Drawn { prefix, key, model, percent, pause_ns, leaves }
    }

    /// What the keys are called that an operation is about: reads look at all kinds of keys.
    fn read_family(&self, model: Model, random: &mut ChaCha8Rng) -> char {
        let changes =
            self.shares.iter().filter(|(model, share)| *model != Model::Read && *share > 0);
        let changes: Vec<(Model, u64)> = changes.copied().collect();
        match model {
            Model::Read if changes.iter().any(|(model, _)| family(*model) != 'k') => {
                family(pick(&changes, random))
            }
            model => family(model),
        }
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

/// One of these, each as often as its share says.
fn pick(shares: &[(Model, u64)], random: &mut ChaCha8Rng) -> Model {
    let mut left = random.random_range(0..shares.iter().map(|(_, share)| share).sum());
    let is_it = |&&(_, share): &&(Model, u64)| match left.checked_sub(share) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    shares.iter().find(is_it).expect("a number below the sum of shares falls into one").0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
            let changed = match share.step(place, &seen).0 {
                Step::Read { .. } => None,
                Step::Cas { key, to: value, .. } => Some(Step::Write { key, value }),
                step => Some(step),
            };
            assert_eq!(share.may_change(place), changed);
        }
    }

    #[test]
    fn texts_and_numbers_have_keys_of_their_own_and_reads_look_at_all() {
        let text = TEXT.replace(r#""cas":1"#, r#""cas":1,"appends":1,"increments":1,"deletes":1"#);
        let scenario = Scenario::parse("f", &text).unwrap();
        let share = Share::of(&scenario.workloads[0], 7, 1, 1);
        let (mut read, mut appended) = (BTreeSet::new(), vec![]);
        for place in 0..300 {
            let (step, _) = share.step(place, &Seen::new());
            let family = step.key().and_then(|key| key.chars().next()).unwrap();
            match step {
                Step::Read { .. } => drop(read.insert(family)),
                Step::Append { value, .. } => {
                    assert_eq!(family, 't');
                    appended.push(value);
                }
                Step::Increment { by, .. } => assert!(family == 'n' && (1..=9).contains(&by)),
                _ => assert_eq!(family, 'k'),
            }
        }
        assert_eq!(read, BTreeSet::from(['k', 'n', 't']));
        assert!(appended.len() > 20);
        for one in &appended {
            let ends_with_it = appended.iter().filter(|other| other.ends_with(one)).count();
            assert_eq!(ends_with_it, 1, "{one} ends no other text");
        }
    }

    #[test]
    fn keys_lie_behind_all_prefixes_and_those_of_a_transaction_behind_one() {
        let text = TEXT.replace(r#""cas":1"#, r#""transactions":2,"prefixes":["","q:"]"#);
        let scenario = Scenario::parse("f", &text).unwrap();
        let share = Share::of(&scenario.workloads[0], 7, 1, 1);
        let (mut prefixes, mut written) = (BTreeSet::new(), vec![]);
        let mut transactions = 0;
        for place in 0..300 {
            let (step, _) = share.step(place, &Seen::new());
            let keys: BTreeSet<&str> = step.parts().iter().filter_map(Step::key).collect();
            let of_key = |key: &&str| key.rsplit_once('k').unwrap().0.to_owned();
            let of_step: BTreeSet<String> = keys.iter().map(of_key).collect();
            assert_eq!((of_step.len(), keys.len()), (1, step.parts().len()), "{step:?}");
            prefixes.extend(of_step);
            for part in step.parts() {
                if let Step::Write { value, .. } = part {
                    written.push(value.clone());
                }
            }
            if matches!(step, Step::Transaction { .. }) {
                transactions += 1;
                assert!((2..=3).contains(&step.parts().len()));
                assert_eq!(share.may_change(place), Some(step));
            }
        }
        assert_eq!(prefixes, BTreeSet::from([String::new(), "q:".into()]));
        assert!(transactions > 100, "{transactions}");
        let count = written.len();
        assert_eq!(written.into_iter().collect::<BTreeSet<_>>().len(), count);
    }

    #[test]
    fn operations_are_shared_out() {
        let operations: Vec<_> = shares(1).iter().map(|share| share.operations.unwrap()).collect();
        assert_eq!(operations, [3, 3, 2, 2]);
    }
}
