//! Larger histories, where no reference can try every order: stores that are right by construction,
//! the same with a fault, and a second judge that knows nothing but a model.

use history::{Budget, Event, History, Kind, Level, Model, Operation, Outcome, check, check_model};

use crate::chance::Chance;

/// What a store of one copy is asked.
#[derive(Clone, Copy)]
struct Load {
    operations: u64,
    clients: u64,
    keys: u64,
    /// How many different values there are; 0 for a fresh one each time.
    values: u64,
    unknown_percent: u64,
    cas_percent: u64,
    /// How many reads return what was there some operations ago.
    stale_percent: u64,
}

const LOAD: Load = Load {
    operations: 60,
    clients: 5,
    keys: 2,
    values: 0,
    unknown_percent: 0,
    cas_percent: 0,
    stale_percent: 0,
};

/// A history in which every operation takes effect at one instant between its start and end, but
/// for the reads that are stale.
fn history(chance: &mut Chance, load: Load) -> History {
    let mut clients: Vec<(u64, u64)> = (0..load.clients).map(|c| (c, chance.below(20))).collect();
    let mut fresh = load.clients;
    let mut planned = Vec::new();
    for number in 0..load.operations {
        let at = chance.below(load.clients) as usize;
        let (name, free) = clients[at];
        let start = free + chance.below(10);
        let point = start + chance.below(20);
        let end = point + chance.below(20);
        let (writes, unknown) = (chance.percent(50), chance.percent(load.unknown_percent));
        clients[at] = (name, end);
        if writes && unknown {
            clients[at].0 = fresh;
            fresh += 1;
        }
        let late = if writes && unknown { chance.below(60) } else { 0 };
        let end = (!(writes && unknown)).then_some(end);
        planned.push((point + late, number, name, chance.below(load.keys), writes, start, end));
    }
    planned.sort_unstable();
    let mut past: Vec<Vec<Option<String>>> = vec![vec![None]; load.keys as usize];
    let mut operations = Vec::new();
    for (_, number, name, key, writes, start, end) in planned {
        let past = &mut past[key as usize];
        let now = past.last().cloned().flatten();
        let fresh = match load.values {
            0 => format!("v{number}"),
            values => format!("v{}", chance.below(values)),
        };
        let happens = end.is_some() || chance.percent(50);
        let kind = if writes && chance.percent(load.cas_percent) {
            let from = if chance.percent(70) { now.clone() } else { Some(fresh.clone()) };
            let ok = from == now;
            if ok && happens {
                past.push(Some(fresh.clone()));
            }
            Kind::Cas { from, to: Some(fresh), ok: end.map(|_| ok) }
        } else if writes {
            if happens {
                past.push(Some(fresh.clone()));
            }
            Kind::Write { value: Some(fresh) }
        } else {
            let stale = chance.percent(load.stale_percent);
            let back = if stale { 1 + chance.below(3) as usize } else { 0 };
            Kind::Read { value: past[past.len().saturating_sub(1 + back)].clone(), ok: true }
        };
        operations.push(Operation::new(name, kind, &format!("k{key}"), start, end));
    }
    History::new(None, operations)
}

/// All keys of a store as one object.
struct Store;

impl Model for Store {
    type Operation = Operation;
    type State = std::collections::BTreeMap<String, Option<String>>;

    fn init(&self) -> Self::State {
        Self::State::new()
    }

    fn step(&self, state: &Self::State, operation: &Operation) -> Option<Self::State> {
        let held = state.get(&operation.key).cloned().flatten();
        let mut behind = state.clone();
        let mut put = |value: &Option<String>| behind.insert(operation.key.clone(), value.clone());
        match &operation.kind {
            Kind::Write { value } => {
                put(value);
            }
            Kind::Read { value, .. } if held != *value => return None,
            Kind::Cas { from, ok: Some(false), .. } if held == *from => return None,
            Kind::Read { .. } | Kind::Cas { ok: Some(false), .. } => {}
            Kind::Cas { from, .. } if held != *from => return None,
            Kind::Cas { to, .. } => {
                put(to);
            }
            Kind::Append { .. } | Kind::Incr { .. } | Kind::Transaction { .. } => return None,
        }
        Some(behind)
    }

    fn is_look(&self, operation: &Operation) -> bool {
        !operation.is_write()
    }
}

/// Both judges agree; which verdict it is.
fn agree(history: &History, level: Level) -> bool {
    let event = |operation: &Operation| Event {
        client: operation.client,
        start: operation.start,
        end: operation.end,
        operation: operation.clone(),
    };
    let events: Vec<Event<Operation>> = history.operations.iter().map(event).collect();
    let budget = Budget { states_max: 200_000, ..Budget::default() };
    let verdict = check(history, level, &Budget::default());
    match check_model(&Store, &events, level == Level::Linearizable, &budget) {
        Outcome::Holds { .. } => assert!(verdict.holds(), "{level}\n{}", history.to_jsonl()),
        Outcome::Violated(_) => assert!(verdict.is_violated(), "{level}\n{}", history.to_jsonl()),
        Outcome::Undecided(_) => {}
    }
    assert_ne!(verdict.word(), "undecided", "{level}\n{}", history.to_jsonl());
    verdict.holds()
}

fn compare(load: Load, rounds: u64, seed: u64) {
    let rounds = if cfg!(debug_assertions) { rounds } else { rounds * 20 };
    let mut counts = [[0; 2]; 2];
    for round in 0..rounds {
        let mut chance = Chance(seed * 1_000_000 + round);
        let operations = 1 + chance.below(load.operations);
        let history = history(&mut chance, Load { operations, ..load });
        for (place, level) in [Level::Linearizable, Level::Sequential].into_iter().enumerate() {
            let holds = agree(&history, level);
            let right = load.stale_percent == 0;
            assert!(holds || !right, "{level} must hold\n{}", history.to_jsonl());
            counts[place][usize::from(holds)] += 1;
        }
    }
    println!("{counts:?}");
}

#[test]
fn what_is_right_by_construction_holds() {
    compare(LOAD, 60, 1);
    compare(Load { values: 3, ..LOAD }, 60, 2);
    compare(Load { unknown_percent: 20, ..LOAD }, 60, 3);
    compare(Load { values: 3, unknown_percent: 20, cas_percent: 30, ..LOAD }, 60, 4);
}

#[test]
fn two_judges_agree_on_stale_stores() {
    let load = Load { operations: 30, stale_percent: 8, ..LOAD };
    compare(load, 60, 5);
    compare(Load { values: 3, ..load }, 60, 6);
    compare(Load { unknown_percent: 15, ..load }, 60, 7);
    compare(Load { values: 4, unknown_percent: 15, cas_percent: 30, ..load }, 60, 8);
}
