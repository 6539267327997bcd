//! Whether the random histories that judge and definitions are compared on are good ones: for any
//! two levels of which one does not imply the other there are plenty that have the one and lack the
//! other.

use crate::chance::{Chance, Shape, anything, history};
use crate::truth::agree;
use history::{History, Kind, Level, Operation};

const LEVELS: [Level; 10] = [
    Level::Linearizable,
    Level::Sequential,
    Level::Causal,
    Level::Cm,
    Level::Cc,
    Level::Pram,
    Level::Wfr,
    Level::Mw,
    Level::Ryw,
    Level::Mr,
];

const SHAPE: Shape = Shape {
    operations: 8,
    clients: 3,
    keys: 2,
    values: 0,
    cas_percent: 0,
    update_percent: 0,
    delete_percent: 0,
    unknown_percent: 0,
    refused_percent: 0,
    level_percent: 0,
    length: 4,
    servers: 0,
    wild_percent: 100,
    stale_percent: 25,
};

/// The histories by hand that are small enough for the definitions.
fn named() -> Vec<History> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().filter(|file| file.extension().is_some_and(|it| it == "jsonl"));
    let read = |file| History::from_jsonl(&std::fs::read_to_string(file).unwrap()).unwrap();
    // Those that tell which promise a read belongs to are no anomalies of their own.
    let asks_for_more = |history: &History| {
        let promised = history.promised().unwrap_or(Level::Linearizable);
        let asked = history.operations.iter().filter_map(|operation| operation.level);
        asked.into_iter().any(|asked| !promised.is_at_least(asked))
    };
    let is_anomaly = |history: &History| !history.has_keyspaces() && !asks_for_more(history);
    let histories = texts.map(read).filter(is_anomaly).map(|mut history| {
        // What is judged is what happened, not what it claims to be, nor what faults stood around.
        for operation in &mut history.operations {
            operation.certify(|held| held.position = None);
            (operation.level, operation.is_final) = (None, false);
        }
        history
    });
    // What an append or increment makes is told by an order alone, and not every level knows
    // transactions.
    let is_told = |op: &Operation| op.is_update() || op.is_transaction();
    let is_plain = |history: &History| !history.operations.iter().any(is_told);
    histories
        .filter(|history| (2..=8).contains(&history.operations.len()) && is_plain(history))
        .collect()
}

/// A history that differs in a detail or two: random ones seldom come near a gap between two strong
/// levels.
fn near(history: &History, chance: &mut Chance) -> History {
    let mut operations = history.operations.clone();
    for _ in 0..chance.below(3) {
        let at = chance.below(operations.len() as u64) as usize;
        let other = chance.below(operations.len() as u64) as usize;
        let value = operations[other].written().or(operations[other].seen()).cloned().flatten();
        match chance.below(5) {
            0 if operations.len() > 2 => drop(operations.remove(at)),
            1 => {
                let (key, other) = (operations[at].key.clone(), operations[other].key.clone());
                operations
                    .iter_mut()
                    .filter(|it| it.key == key)
                    .for_each(|it| it.key = other.clone());
            }
            2 => operations[at].key = operations[other].key.clone(),
            _ => match &mut operations[at].kind {
                Kind::Read { value: read, .. } => *read = value,
                Kind::Write { value: written } if value.is_some() => *written = value,
                _ => {}
            },
        }
    }
    History::new(history.header.clone(), operations)
}

fn made(named: &[History], seed: u64) -> History {
    let mut chance = Chance(seed);
    let shape = Shape { keys: 1 + chance.below(2), operations: 4 + chance.below(4), ..SHAPE };
    match seed % 4 {
        0 => history(&mut chance, &Shape { wild_percent: 10, ..shape }),
        1 => anything(&mut chance, &shape),
        _ => near(&named[chance.below(named.len() as u64) as usize], &mut chance),
    }
}

#[test]
fn every_two_levels_part_and_the_definitions_agree() {
    let (count, least) = if cfg!(debug_assertions) { (3_000, 1) } else { (120_000, 40) };
    let named = named();
    let (mut parted, mut held) = ([[0; LEVELS.len()]; LEVELS.len()], [0; LEVELS.len()]);
    for seed in 0..count {
        let history = made(&named, seed);
        let holds = LEVELS.map(|level| agree("near", &history, level));
        for (a, has) in holds.into_iter().enumerate() {
            held[a] += u64::from(has);
            for (b, also) in holds.into_iter().enumerate() {
                parted[a][b] += u64::from(has && !also);
            }
        }
    }
    for (a, strong) in LEVELS.into_iter().enumerate() {
        let share = held[a] * 100 / count;
        assert!((5..=97).contains(&share), "{strong} holds in {share} % of them");
        for (b, weak) in LEVELS.into_iter().enumerate() {
            let found = parted[a][b];
            println!("{strong} without {weak}: {found}");
            if strong.implies(weak) {
                assert_eq!(found, 0, "{strong} implies {weak}");
            } else {
                assert!(found >= least, "{strong} without {weak}: only {found}");
            }
        }
    }
}
