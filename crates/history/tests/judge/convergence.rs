//! Eventual consistency against its definition, word by word, on random quiet ends.

use crate::chance::Chance;
use crate::nothing::some_ran;
use history::{Budget, Fate, History, Kind, Level, Operation, check};

/// The definition: `Some` if the level holds or is violated, `None` if that is undecided.
fn by_definition(history: &History) -> Option<bool> {
    let ops = &history.operations;
    let value = |op: &Operation| match &op.kind {
        Kind::Write { value } | Kind::Read { value, .. } => value.clone(),
        Kind::Cas { to, .. } => to.clone(),
        Kind::Append { .. } | Kind::Incr { .. } | Kind::Transaction { .. } => None,
    };
    let is_write = |op: &&Operation| op.is_write() && op.fate() != Fate::Refused;
    let is_answer =
        |op: &&Operation| matches!(op.kind, Kind::Read { .. }) && op.fate() == Fate::Done;
    for read in ops.iter().filter(is_answer) {
        let mut writes = ops.iter().filter(is_write).filter(|op| op.key == read.key);
        if value(read).is_some() && !writes.any(|write| value(write) == value(read)) {
            return Some(false);
        }
    }
    let servers: std::collections::BTreeSet<_> = ops.iter().filter_map(|op| op.server).collect();
    let finalists: std::collections::BTreeSet<_> =
        ops.iter().filter(|op| op.is_final && !op.refused).map(|op| op.client).collect();
    let mut converged = true;
    let keys: std::collections::BTreeSet<_> =
        ops.iter().filter(is_write).map(|op| op.key.clone()).collect();
    for key in keys {
        let writes: Vec<&Operation> =
            ops.iter().filter(is_write).filter(|op| op.key == key).collect();
        let open = writes.iter().any(|op| op.fate() == Fate::Unknown);
        let ended: Vec<&&Operation> = writes.iter().filter(|op| op.fate() == Fate::Done).collect();
        let quiet: Vec<&Operation> = ops
            .iter()
            .filter(is_answer)
            .filter(|op| op.is_final && op.key == key)
            .filter(|op| ended.iter().all(|write| write.end.is_some_and(|end| end < op.start)))
            .collect();
        let differ = quiet.iter().any(|op| value(op) != value(quiet[0]));
        let deleted = writes.iter().any(|op| value(op).is_none());
        let lost = quiet.iter().any(|op| value(op).is_none()) && !ended.is_empty() && !deleted;
        if differ || lost {
            if !open {
                return Some(false);
            }
            converged = false;
        }
        converged &= if servers.is_empty() {
            !finalists.is_empty()
                && finalists.iter().all(|client| quiet.iter().any(|op| op.client == *client))
        } else {
            servers.iter().all(|server| quiet.iter().any(|op| op.server == Some(*server)))
        };
    }
    if converged { Some(true) } else { None }
}

fn random(chance: &mut Chance) -> History {
    let servers = chance.percent(70);
    let (keys, readers) = (1 + chance.below(2), 1 + chance.below(3));
    let mut operations = Vec::new();
    let mut written: Vec<Vec<Option<String>>> = vec![vec![None]; keys as usize];
    for client in 0..1 + chance.below(4) {
        let key = chance.below(keys) as usize;
        let value = if chance.percent(15) { None } else { Some(format!("{}", chance.below(3))) };
        let end = if chance.percent(85) { Some(5 + chance.below(10)) } else { None };
        let kind = match chance.below(6) {
            0 => Kind::Cas { from: None, to: value.clone(), ok: end.map(|_| chance.percent(50)) },
            _ => Kind::Write { value: value.clone() },
        };
        let mut operation = Operation::new(client, kind, &format!("k{key}"), 0, end);
        operation.refused = chance.percent(8);
        operation.server = servers.then_some(client % 2);
        if operation.is_write() && !operation.refused {
            written[key].push(value);
        }
        operations.push(operation);
    }
    let one_value = chance.percent(70);
    let early = chance.percent(15);
    for (key, written) in written.iter().enumerate() {
        let agreed = written.last().cloned().flatten();
        for reader in 0..readers {
            let pick = chance.below(written.len() as u64) as usize;
            let value = if one_value { agreed.clone() } else { written[pick].clone() };
            let value = if chance.percent(2) { Some("air".to_string()) } else { value };
            let start = if early && chance.percent(50) { 8 } else { 20 } + 30 * key as u64;
            let kind = Kind::Read { value, ok: chance.percent(95) };
            let mut operation =
                Operation::new(100 + reader, kind, &format!("k{key}"), start, Some(start + 5));
            operation.is_final = chance.percent(95);
            operation.server = servers.then_some(reader);
            operations.push(operation);
        }
    }
    History::new(None, operations)
}

#[test]
fn the_judge_says_what_the_definition_says() {
    let mut counts = [0; 3];
    let count = if cfg!(debug_assertions) { 20_000 } else { 120_000 };
    for seed in 0..count {
        let history = random(&mut Chance(seed));
        let expected = by_definition(&history).filter(|_| some_ran(&history, Level::Eventual));
        let verdict = check(&history, Level::Eventual, &Budget::default());
        let said = match (verdict.holds(), verdict.is_violated()) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        assert_eq!(
            said,
            expected,
            "seed {seed}\n{}\n{}",
            history.to_jsonl(),
            verdict.lines(&history).join("\n")
        );
        counts[said.map_or(2, usize::from)] += 1;
    }
    assert!(counts.iter().all(|&count| count > 2_000), "all three are plentiful: {counts:?}");
}
