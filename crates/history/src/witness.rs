//! The validator: checks by the definition alone that an order proves a level. It shares nothing
//! with the algorithms that find orders; every verdict that holds by an order has passed it.

use std::collections::HashMap;

use crate::history::History;
use crate::level::Level;
use crate::operation::{Fate, Kind, Value};

/// Checks that `order`, indices into the history, is a legal order of all that counts at `level`,
/// keeps each client's order and, for linearizability, real time.
pub fn validate(history: &History, level: Level, order: &[usize]) -> Result<(), String> {
    let operations = &history.operations;
    let mut place = vec![None; operations.len()];
    for (at, &index) in order.iter().enumerate() {
        let slot = place.get_mut(index).ok_or_else(|| format!("there is no operation {index}"))?;
        if slot.replace(at).is_some() {
            return Err(format!("operation {index} stands twice"));
        }
    }
    all_that_counts(history, level, &place)?;
    legal(history, order)?;
    clients_in_order(history, order)?;
    if level == Level::Linearizable { real_time(history, order) } else { Ok(()) }
}

/// Whatever certainly ran stands in the order, unless it is a read that asked for less; nothing
/// that certainly did not run does.
fn all_that_counts(history: &History, level: Level, place: &[Option<usize>]) -> Result<(), String> {
    for (index, operation) in history.operations.iter().enumerate() {
        let is_read = matches!(operation.kind, Kind::Read { .. });
        let exempt = is_read && operation.level.is_some_and(|asked| !asked.is_at_least(level));
        match (operation.fate(), place[index]) {
            (Fate::Done, None) if !exempt => {
                return Err(format!("operation {index} ran but is missing"));
            }
            (Fate::Refused, Some(_)) => {
                return Err(format!("operation {index} was refused but stands in the order"));
            }
            (Fate::Unknown, Some(_)) if is_read => {
                return Err(format!("operation {index} has no answer to explain"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Each read and cas saw what the key held.
fn legal(history: &History, order: &[usize]) -> Result<(), String> {
    let mut state: HashMap<&str, &Option<Value>> = HashMap::new();
    for &index in order {
        let operation = &history.operations[index];
        let held = state.entry(operation.key.as_str()).or_insert(&history.initial);
        let fits = match &operation.kind {
            Kind::Write { value } => {
                *held = value;
                true
            }
            Kind::Read { value, .. } => *held == value,
            Kind::Cas { from, ok: Some(false), .. } if operation.fate() == Fate::Done => {
                *held != from
            }
            Kind::Cas { from, to, .. } => {
                let fits = *held == from;
                *held = to;
                fits
            }
        };
        if !fits {
            return Err(format!("operation {index} did not see what the key held"));
        }
    }
    Ok(())
}

fn clients_in_order(history: &History, order: &[usize]) -> Result<(), String> {
    let key = |index: usize| {
        let operation = &history.operations[index];
        (operation.start, operation.end.unwrap_or(u64::MAX), operation.line, index)
    };
    let mut last: HashMap<u64, usize> = HashMap::new();
    for &index in order {
        let client = history.operations[index].client;
        if last.insert(client, index).is_some_and(|before| key(before) > key(index)) {
            return Err(format!("operation {index} stands behind a later one of its client"));
        }
    }
    Ok(())
}

/// Nobody ended before somebody placed earlier began: one pass, keeping the latest start.
fn real_time(history: &History, order: &[usize]) -> Result<(), String> {
    let mut latest = 0;
    for &index in order {
        let operation = &history.operations[index];
        let known = operation.fate() == Fate::Done;
        if known && operation.end.is_some_and(|end| end < latest) {
            return Err(format!("operation {index} ended before one placed earlier began"));
        }
        latest = latest.max(operation.start);
    }
    Ok(())
}
