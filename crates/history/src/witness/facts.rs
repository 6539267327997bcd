//! What a validator needs to know about a history: who certainly ran, each client's order, and
//! what the witness says about who saw whom, checked as far as values tell.

use std::collections::{BTreeMap, HashMap};

use crate::model::history::History;
use crate::model::level::Level;
use crate::model::names::named;
use crate::model::operation::{Fate, Kind, Operation, Value};
use crate::witness::order::Witness;

pub(super) struct Facts<'h> {
    pub(super) history: &'h History,
    /// Whether nothing but reads looks at what is there: so it is for the guarantees of sessions.
    pub(super) only_reads: bool,
    /// Whether an operation certainly ran and matters at the level.
    pub(super) counts: Vec<bool>,
    /// What the witness says that an operation saw.
    pub(super) sources: BTreeMap<usize, Option<usize>>,
    /// What it says which increments an operation saw beside its source.
    pub(super) counted: BTreeMap<usize, Vec<usize>>,
    /// Each client's operations that counted or that the witness says ran, in its order.
    pub(super) clients: BTreeMap<u64, Vec<usize>>,
    /// A number for each operation's key, below `keys`.
    pub(super) key: Vec<usize>,
    pub(super) keys: usize,
    /// The same for each operation of each transaction.
    pub(super) part_keys: HashMap<usize, Vec<usize>>,
    /// What the witness says that each transaction saw in the keys that it looked at, in the order
    /// in which it names them.
    pub(super) seen: HashMap<usize, Vec<Option<usize>>>,
}

impl<'h> Facts<'h> {
    pub(super) fn new(
        history: &'h History,
        level: Level,
        witness: &Witness,
    ) -> Result<Facts<'h>, String> {
        let operations = &history.operations;
        let counts: Vec<bool> = operations.iter().map(|op| counts(op, level)).collect();
        let is_whole = |index: usize| operations.get(index).is_some_and(Operation::is_transaction);
        let (of_transactions, others): (Vec<_>, Vec<_>) =
            witness.sources.iter().copied().partition(|&(index, _)| is_whole(index));
        let sources: BTreeMap<usize, Option<usize>> = others.into_iter().collect();
        let mut seen: HashMap<usize, Vec<Option<usize>>> = HashMap::new();
        for (index, source) in of_transactions {
            seen.entry(index).or_default().push(source);
        }
        let name = |index: usize| named(history, index);
        let mut ran = counts.clone();
        let orders = witness.orders.iter().flat_map(|order| &order.operations);
        if !witness.counted.is_empty() && level != Level::Causal {
            return Err(format!("{level} knows no increments that are merged"));
        }
        let counted: BTreeMap<usize, Vec<usize>> = witness.counted.iter().cloned().collect();
        let sources_seen = seen.values().flatten().chain(sources.values()).flatten();
        let sources_seen = sources_seen.chain(counted.values().flatten());
        for &index in orders.chain(sources_seen) {
            *ran.get_mut(index).ok_or_else(|| format!("there is no operation {index}"))? = true;
        }
        for (index, operation) in operations.iter().enumerate().filter(|(index, _)| ran[*index]) {
            if operation.fate() == Fate::Refused {
                return Err(format!("{} was refused but takes part", name(index)));
            }
            if !counts[index] && !operation.is_write() {
                return Err(format!("{} has no answer that counts", name(index)));
            }
        }
        let mut clients: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for index in (0..operations.len()).filter(|&index| ran[index]) {
            clients.entry(operations[index].client).or_default().push(index);
        }
        for chain in clients.values_mut() {
            chain.sort_by_key(|&index| {
                let op = &operations[index];
                (op.start, op.end.unwrap_or(u64::MAX), op.line, index)
            });
        }
        let mut keys: HashMap<&str, usize> = HashMap::new();
        let mut number = |op: &'h Operation| {
            let next = keys.len();
            *keys.entry(op.key.as_str()).or_insert(next)
        };
        let key = operations.iter().map(|op| op.parts().first().map_or(0, &mut number)).collect();
        let wholes = operations.iter().enumerate().filter(|(_, op)| op.is_transaction());
        let numbers = |op: &'h Operation| op.parts().iter().map(&mut number).collect();
        let mut numbers = numbers;
        let part_keys = wholes.map(|(index, op)| (index, numbers(op))).collect();
        let keys = keys.len();
        let facts = Facts {
            history,
            only_reads: matches!(level, Level::Mw | Level::Wfr | Level::Ryw | Level::Mr),
            counts,
            sources,
            counted,
            clients,
            key,
            keys,
            part_keys,
            seen,
        };
        if facts.has_transactions() && !facts.counted.is_empty() {
            return Err("increments that are merged stand beside transactions".into());
        }
        facts.sources_fit()?;
        facts.transactions_fit()?;
        Ok(facts)
    }

    /// The operation in words, for whoever reads why a witness proves nothing.
    pub(super) fn name(&self, index: usize) -> String {
        named(self.history, index)
    }

    pub(super) fn op(&self, index: usize) -> &'h Operation {
        &self.history.operations[index]
    }

    /// What an operation does, one key after the other: the number of each key, and the operation.
    pub(super) fn parts(&self, index: usize) -> impl Iterator<Item = (usize, &'h Operation)> {
        let own = std::slice::from_ref(&self.key[index]);
        let keys = match self.part_keys.is_empty() {
            true => own,
            false => self.part_keys.get(&index).map_or(own, Vec::as_slice),
        };
        keys.iter().copied().zip(self.op(index).parts())
    }

    /// Whether transactions take part.
    pub(super) fn has_transactions(&self) -> bool {
        self.part_keys.keys().any(|&index| self.op(index).fate() != Fate::Refused)
    }

    /// Each named source made the value that its reader saw.
    fn sources_fit(&self) -> Result<(), String> {
        let name = |index: usize| self.name(index);
        for (&index, &source) in &self.sources {
            if source.is_some_and(|source| self.op(source).is_transaction()) {
                // What it left in each of its keys is asked by itself (`whole`).
                continue;
            }
            if index >= self.history.operations.len() {
                return Err(format!("there is no operation {index}"));
            }
            let made = match source {
                None => &self.history.initial,
                Some(source) if self.op(source).key != self.op(index).key => {
                    return Err(format!("{} saw another key's {}", name(index), name(source)));
                }
                Some(source) if source == index => {
                    return Err(format!("{} saw itself", name(index)));
                }
                Some(source) => makes(self.op(source))
                    .ok_or_else(|| format!("{} writes nothing to see", name(source)))?,
            };
            let seen = self.with_increments(index, made.as_deref())?;
            if !fits(self.op(index), seen.as_deref()) {
                return Err(format!("{} did not see the value of its source", name(index)));
            }
        }
        Ok(())
    }

    /// What an operation saw whose source left this: that, and the increments beside it.
    fn with_increments(&self, index: usize, made: Option<&str>) -> Result<Option<String>, String> {
        let made = made.map(str::to_string);
        let seen = self.counted.get(&index).filter(|seen| !seen.is_empty());
        let Some(seen) = seen else { return Ok(made) };
        let no_number = || format!("{} counts on what is no number", self.name(index));
        let mut sum: i128 = made.map_or(Ok(0), |text| text.parse().map_err(|_| no_number()))?;
        for &one in seen {
            let Kind::Incr { add, .. } = self.op(one).kind else {
                return Err(format!("{} is no increment", self.name(one)));
            };
            if self.op(one).key != self.op(index).key {
                return Err(format!(
                    "{} counts another key's {}",
                    self.name(index),
                    self.name(one)
                ));
            }
            sum += i128::from(add);
        }
        Ok(Some(sum.to_string()))
    }

    /// What the witness says that an operation saw.
    pub(super) fn source(&self, index: usize) -> Result<Option<usize>, String> {
        let source = self.sources.get(&index).copied();
        source.ok_or_else(|| format!("it is not told what {} saw", self.name(index)))
    }
}

fn counts(operation: &Operation, level: Level) -> bool {
    let weaker =
        operation.is_read() && operation.level.is_some_and(|asked| !asked.is_at_least(level));
    operation.fate() == Fate::Done && !weaker
}

/// The value that an operation leaves, if it changes its key.
pub(super) fn makes(operation: &Operation) -> Option<&Option<Value>> {
    operation.written()
}

/// Whether an operation looks at what its key holds.
pub(super) fn looks(operation: &Operation) -> bool {
    !matches!(operation.kind, Kind::Write { .. } | Kind::Append { .. })
}

/// Whether an operation can have happened where its key held this.
pub(super) fn fits(operation: &Operation, held: Option<&str>) -> bool {
    match &operation.kind {
        Kind::Write { .. } | Kind::Append { .. } => true,
        Kind::Read { value, .. } => value.as_deref() == held,
        Kind::Cas { from, .. } if operation.is_write() => from.as_deref() == held,
        Kind::Cas { from, .. } => from.as_deref() != held,
        Kind::Incr { add, value } => {
            sum(held, *add).is_some_and(|sum| value.as_ref().is_none_or(|answer| *answer == sum))
        }
        // It is told of part by part.
        Kind::Transaction { .. } => false,
    }
}

/// What an increment makes of a value.
pub(super) fn sum(held: Option<&str>, by: i64) -> Option<String> {
    let held: i64 = held.map_or(Some(0), |held| held.parse().ok())?;
    Some(held.checked_add(by)?.to_string())
}
