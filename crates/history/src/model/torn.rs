//! A history in which every transaction is torn into parts, one or two for each of its keys: what
//! it found there and what it left. Part by part a transaction is judged as other operations are;
//! that all its parts stand at one moment is asked besides.
//!
//! Where a transaction itself does not tell what a key held, because it first appends or adds to
//! it, its operations on that key are its parts.

use crate::model::history::History;
use crate::model::names::compact;
use crate::model::operation::{Fate, Kind, Operation, Value};

/// A torn history.
pub(crate) struct Torn {
    /// The parts, in the order of the whole operations.
    pub(crate) history: History,
    /// What each part is a part of.
    pub(crate) parts: Vec<Part>,
    /// For each whole operation the place of its first part, and behind them all how many there
    /// are.
    first: Vec<usize>,
    /// A transaction that cannot have run at one moment, and why not.
    pub(crate) contradiction: Option<(usize, String)>,
}

/// What an operation of a torn history is a part of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The whole operation, as an index into the whole history.
    pub(crate) whole: u32,
    pub(crate) of_transaction: bool,
    /// Whether what it does depends on what it finds, so that only a model can tell.
    pub(crate) is_open: bool,
    /// Whether its transaction read what it found, and did not only compare it.
    pub(crate) reads: bool,
}

impl Part {
    /// An operation by itself.
    fn alone(index: usize) -> Part {
        Part { whole: index as u32, of_transaction: false, is_open: false, reads: false }
    }

    /// A part of a transaction.
    fn of(index: usize) -> Part {
        Part { of_transaction: true, ..Part::alone(index) }
    }
}

impl Torn {
    /// Tears all transactions of a history apart; an error says why it cannot be judged.
    pub(crate) fn new(history: &History) -> Result<Torn, String> {
        let mut torn = Torn {
            history: History {
                header: history.header.clone(),
                initial: history.initial.clone(),
                ..History::default()
            },
            parts: Vec::new(),
            first: vec![0],
            contradiction: None,
        };
        for (index, operation) in history.operations.iter().enumerate() {
            match &operation.kind {
                Kind::Transaction { operations } => torn.tear(index, operation, operations)?,
                _ => torn.push(operation.clone(), Part::alone(index)),
            }
            torn.first.push(torn.parts.len());
        }
        Ok(torn)
    }

    /// The parts of whole operations, in their order.
    pub(crate) fn parts_of(&self, order: &[usize]) -> Vec<usize> {
        order.iter().flat_map(|&index| self.first[index]..self.first[index + 1]).collect()
    }

    /// The whole operations of parts, each once, where its last part stands.
    pub(crate) fn wholes_of(&self, parts: &[usize]) -> Vec<usize> {
        let mut placed = vec![false; self.first.len()];
        let mut wholes: Vec<usize> = Vec::with_capacity(parts.len());
        for &part in parts.iter().rev() {
            let whole = self.parts[part].whole as usize;
            if !std::mem::replace(&mut placed[whole], true) {
                wholes.push(whole);
            }
        }
        wholes.reverse();
        wholes
    }

    fn push(&mut self, operation: Operation, part: Part) {
        self.parts.push(part);
        self.history.operations.push(operation);
    }

    fn tear(
        &mut self,
        index: usize,
        whole: &Operation,
        operations: &[Operation],
    ) -> Result<(), String> {
        if operations.iter().any(Operation::is_transaction) {
            return Err(format!("{} has a transaction inside", compact(whole)));
        }
        if whole.refused {
            // It did not run: it is told of where a value was seen that only it carries.
            for operation in operations {
                let (kind, key) = (operation.kind.clone(), operation.key.clone());
                self.push(Operation { kind, key, ..bare(whole) }, Part::of(index));
            }
            return Ok(());
        }
        if whole.fate() == Fate::Unknown && !whole.is_write() {
            return Ok(());
        }
        let is_told = |operation: &Operation| match operation.kind {
            Kind::Cas { ok, .. } => Some(ok.is_some()),
            Kind::Read { ok: true, .. } | Kind::Incr { value: Some(_), .. } => Some(true),
            _ => None,
        };
        let is_answered = whole.fate() == Fate::Done;
        if operations.iter().filter_map(is_told).any(|is_told| is_told != is_answered) {
            return Err(format!("the answers of {} do not fit its end", compact(whole)));
        }
        // In the order in which it names them.
        let mut keys: Vec<(&str, Vec<&Operation>)> = Vec::new();
        let mut place_of = std::collections::HashMap::new();
        for operation in operations {
            let place = *place_of.entry(operation.key.as_str()).or_insert(keys.len());
            if place == keys.len() {
                keys.push((&operation.key, Vec::new()));
            }
            keys[place].1.push(operation);
        }
        for (key, own) in keys {
            let mut net = Net { is_unknown: whole.fate() == Fate::Unknown, ..Net::default() };
            let found = own.iter().try_for_each(|operation| net.add(operation));
            let part = |kind: Kind| Operation {
                key: key.to_string(),
                kind,
                certificate: None,
                ..bare(whole)
            };
            match found {
                Ok(()) => {
                    let told = Part { reads: net.reads, ..Part::of(index) };
                    net.kinds().into_iter().for_each(|kind| self.push(part(kind), told));
                }
                Err(Odd::Open) => own.iter().for_each(|operation| {
                    if !matches!(operation.kind, Kind::Read { ok: false, .. }) {
                        let open = Part { is_open: true, ..Part::of(index) };
                        self.push(part(operation.kind.clone()), open);
                    }
                }),
                Err(Odd::Contradiction(at)) => {
                    let number = operations.iter().position(|one| std::ptr::eq(one, at));
                    let sentence = format!(
                        "{} contradicts itself: operation {} of it does not fit what those before \
                         it found and left",
                        compact(whole),
                        number.unwrap_or(0) + 1
                    );
                    self.contradiction = self.contradiction.take().or(Some((index, sentence)));
                }
            }
        }
        Ok(())
    }
}

/// A transaction without its operations.
fn bare(whole: &Operation) -> Operation {
    Operation {
        client: whole.client,
        kind: Kind::Write { value: None },
        key: String::new(),
        start: whole.start,
        end: whole.end,
        refused: whole.refused,
        is_final: false,
        server: whole.server,
        level: None,
        certificate: None,
        line: whole.line,
        column: whole.column,
    }
}

/// What a transaction found in one key and left there, as far as its operations tell.
#[derive(Default)]
struct Net<'h> {
    is_unknown: bool,
    /// What was there before it.
    found: Option<Option<Value>>,
    /// What certainly was not.
    missed: Vec<&'h Option<Value>>,
    /// What is there now.
    held: Option<Option<Value>>,
    makes: bool,
    /// Whether it read what was there before it.
    reads: bool,
}

/// Why what a transaction did to a key cannot be told as one step.
enum Odd<'h> {
    /// It depends on what was there.
    Open,
    /// This operation does not fit those before it.
    Contradiction(&'h Operation),
}

impl<'h> Net<'h> {
    fn add(&mut self, operation: &'h Operation) -> Result<(), Odd<'h>> {
        let odd = || Odd::Contradiction(operation);
        match &operation.kind {
            Kind::Write { value } => self.leave(value.clone()),
            Kind::Read { ok: false, .. } | Kind::Transaction { .. } => {}
            Kind::Read { value, .. } => {
                self.reads |= self.held.is_none();
                self.look(value).ok_or_else(odd)?;
            }
            Kind::Cas { from, to, ok: Some(true) } => {
                self.look(from).ok_or_else(odd)?;
                self.leave(to.clone());
            }
            Kind::Cas { from, ok: Some(false), .. } => match &self.held {
                Some(held) if held == from => return Err(odd()),
                Some(_) => {}
                None => self.missed.push(from),
            },
            Kind::Cas { from, to, ok: None } => match &self.held {
                Some(held) if held == from => self.leave(to.clone()),
                Some(_) => {}
                None => return Err(Odd::Open),
            },
            Kind::Append { value } => {
                let held = self.held.clone().ok_or(Odd::Open)?;
                self.leave(Some(held.unwrap_or_default() + value));
            }
            Kind::Incr { add, value } => {
                match (sum(self.held.as_ref().ok_or(Odd::Open)?, *add), value) {
                    (None, _) if self.is_unknown => {}
                    (None, _) => return Err(odd()),
                    (Some(sum), Some(answer)) if sum != *answer => return Err(odd()),
                    (sum, _) => self.leave(sum),
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self, value: Option<Value>) {
        (self.held, self.makes) = (Some(value), true);
    }

    /// It finds this value; `None`: it cannot.
    fn look(&mut self, value: &Option<Value>) -> Option<()> {
        match &self.held {
            Some(held) => (held == value).then_some(()),
            None if self.missed.contains(&value) => None,
            None => {
                self.found = Some(value.clone());
                self.held = Some(value.clone());
                Some(())
            }
        }
    }

    /// The same as operations of this key: what it found first, then what it left.
    fn kinds(self) -> Vec<Kind> {
        let missed =
            |from: &&Option<Value>| Kind::Cas { from: (*from).clone(), to: None, ok: Some(false) };
        let mut kinds: Vec<Kind> = match self.found {
            None => self.missed.iter().map(missed).collect(),
            Some(_) => Vec::new(),
        };
        let left = self.held.unwrap_or_default();
        match (self.found, self.makes) {
            (None, false) => {}
            (None, true) => kinds.push(Kind::Write { value: left }),
            (Some(value), false) => kinds.push(Kind::Read { value, ok: true }),
            (Some(from), true) => kinds.push(Kind::Cas { from, to: left, ok: Some(true) }),
        }
        kinds
    }
}

/// What an increment makes of a value.
fn sum(held: &Option<Value>, by: i64) -> Option<Value> {
    let held: i64 = held.as_ref().map_or(Some(0), |held| held.parse().ok())?;
    Some(held.checked_add(by)?.to_string())
}
