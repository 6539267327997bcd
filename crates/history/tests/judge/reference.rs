//! The levels by their definitions alone, for histories of a few operations: every order of every
//! choice of unknown operations is tried. It shares no code with the crate but the model.

use history::{Fate, History, Kind, Level, Operation};

/// Whether the level holds; for levels that are about one order.
pub(crate) fn holds(history: &History, level: Level) -> bool {
    let counted: Vec<usize> = (0..history.operations.len())
        .filter(|&index| counts(&history.operations[index], level))
        .collect();
    let mut order = Vec::new();
    let mut left = counted;
    extend(history, level, &mut order, &mut left)
}

fn counts(operation: &Operation, level: Level) -> bool {
    match (operation.fate(), &operation.kind) {
        (Fate::Refused, _) => false,
        (fate, Kind::Read { .. }) => {
            let weaker = match operation.level {
                Some(Level::Sequential) => level == Level::Linearizable,
                Some(Level::Eventual) => level != Level::Eventual,
                _ => false,
            };
            fate == Fate::Done && !weaker
        }
        _ => true,
    }
}

/// Tries to extend a legal order by what is left, in every way.
fn extend(history: &History, level: Level, order: &mut Vec<usize>, left: &mut Vec<usize>) -> bool {
    let operations = &history.operations;
    if left.iter().all(|&index| operations[index].fate() == Fate::Unknown) {
        return true;
    }
    for at in 0..left.len() {
        let next = left[at];
        if left.iter().any(|&other| must_precede(history, level, other, next)) {
            continue;
        }
        if !sees_right(history, order, next) {
            continue;
        }
        left.remove(at);
        order.push(next);
        if extend(history, level, order, left) {
            return true;
        }
        order.pop();
        left.insert(at, next);
    }
    false
}

fn must_precede(history: &History, level: Level, first: usize, second: usize) -> bool {
    let (a, b) = (&history.operations[first], &history.operations[second]);
    if first == second {
        return false;
    }
    if a.client == b.client {
        let place = |i: usize, o: &Operation| (o.start, o.end.unwrap_or(u64::MAX), i);
        return place(first, a) < place(second, b);
    }
    level == Level::Linearizable && a.fate() == Fate::Done && a.end.is_some_and(|end| end < b.start)
}

fn sees_right(history: &History, order: &[usize], next: usize) -> bool {
    let operation = &history.operations[next];
    let mut held = history.initial.clone();
    for &index in order {
        let earlier = &history.operations[index];
        if earlier.key == operation.key {
            match &earlier.kind {
                Kind::Write { value } => held = value.clone(),
                Kind::Cas { ok: Some(false), .. } | Kind::Read { .. } => {}
                Kind::Cas { to, .. } => held = to.clone(),
            }
        }
    }
    match &operation.kind {
        Kind::Write { .. } => true,
        Kind::Read { value, .. } => held == *value,
        Kind::Cas { from, ok: Some(false), .. } => held != *from,
        Kind::Cas { from, .. } => held == *from,
    }
}
