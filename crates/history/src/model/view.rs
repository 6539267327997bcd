//! A history as one level sees it: numbers instead of names, without the operations that cannot
//! matter. All algorithms work on views; an operation keeps its index into the history.
//!
//! A *cell* is one key holding one value. An operation sees a cell, makes a cell, both (a cas), or
//! is told that a cell was not there (a cas that failed).

use std::collections::HashMap;

use crate::model::clients;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::names::named;
use crate::model::operation::{Fate, Kind, Operation};
use crate::model::torn::{Part, Torn};

/// The absence of a cell or of another index.
pub(crate) const NONE: u32 = u32::MAX;
/// Stands for nobody as a maker: that of the initial cells.
pub(crate) const INITIAL: u32 = NONE - 1;
/// The end of an operation whose end is not known.
pub(crate) const NEVER: u64 = u64::MAX;

/// Whether a source is a real operation.
pub(crate) fn is_operation(source: u32) -> bool {
    source < INITIAL
}

/// An operation in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    /// Its index into the history.
    pub(crate) index: u32,
    pub(crate) client: u32,
    pub(crate) key: u32,
    pub(crate) start: u64,
    /// `NEVER` if the outcome is unknown.
    pub(crate) end: u64,
    /// The cell that must be there, or for a failed cas must not; `NONE` for a write.
    pub(crate) sees: u32,
    /// The cell that is there afterwards; `NONE` if nothing changes.
    pub(crate) makes: u32,
    /// Whether `sees` must not be there.
    pub(crate) differs: bool,
    /// Whether it may also never have run.
    pub(crate) optional: bool,
}

impl Op {
    /// Whether it must be explained by a cell that was there.
    pub(crate) fn observes(&self) -> bool {
        self.sees != NONE && !self.differs
    }

    /// Whether it overwrites without looking.
    pub(crate) fn is_blind_write(&self) -> bool {
        self.makes != NONE && self.sees == NONE
    }

    /// Whether it leaves its key as it is.
    pub(crate) fn is_look(&self) -> bool {
        self.makes == NONE
    }
}

/// A history in numbers.
#[derive(Clone, Debug)]
pub(crate) struct View<'h> {
    pub(crate) history: &'h History,
    /// By start, then end; each client's operations stand in its order.
    pub(crate) ops: Vec<Op>,
    pub(crate) clients: usize,
    /// For each key, the cell that holds its initial value.
    pub(crate) initial: Vec<u32>,
    /// For each cell, its key.
    pub(crate) cell_keys: Vec<u32>,
    /// For each key, whether some operation leaves what depends on what it finds. Cells say nothing
    /// about such a key.
    pub(crate) has_updates: Vec<bool>,
    /// What the operations are parts of, where the history is a torn one.
    parts: Option<&'h [Part]>,
    /// Whether the parts of a transaction stand at one moment.
    pub(crate) is_whole: bool,
}

impl<'h> View<'h> {
    /// What counts when `history` is judged by `level`; an error says why it cannot be judged.
    pub(crate) fn new(history: &'h History, level: Level) -> Result<View<'h>, String> {
        let order = clients::in_order(history).map_err(|disorder| {
            format!(
                "the history is broken at {}: {}",
                named(history, disorder.operation),
                disorder.message
            )
        })?;
        Ok(View::build(history, level, &order, None))
    }

    /// What counts when a torn history is judged by `level`, whose operations stand in this order,
    /// client by client; `is_whole`: if the parts of its transactions stand at one moment.
    pub(crate) fn of_torn(
        torn: &'h Torn,
        order: &[usize],
        level: Level,
        is_whole: bool,
    ) -> View<'h> {
        let order = torn.parts_of(order);
        View { is_whole, ..View::build(&torn.history, level, &order, Some(&torn.parts)) }
    }

    /// The same history with only these operations, seen anew: where reads moved because of a
    /// bound, what held them back may be gone.
    pub(crate) fn part(&self, level: Level, kept: &[u32]) -> View<'h> {
        let Level::Bounded { .. } = level else { return self.only(kept) };
        let mut order: Vec<u32> = kept.to_vec();
        order.sort_by_key(|&id| self.ops[id as usize].client);
        let order: Vec<usize> = self.indices(&order);
        View { is_whole: self.is_whole, ..View::build(self.history, level, &order, self.parts) }
    }

    /// What counts of these operations, given client by client, each client's in its order.
    fn build(
        history: &'h History,
        level: Level,
        order: &[usize],
        parts: Option<&'h [Part]>,
    ) -> View<'h> {
        let mut builder = Builder::new(history, parts);
        let bound = slack(history, level);
        let mut last = None;
        for &index in order {
            let operation = &history.operations[index];
            if !counts(operation, level) {
                continue;
            }
            if last != Some(operation.client) {
                last = Some(operation.client);
                builder.view.clients += 1;
                builder.client_start = 0;
            }
            builder.push(index, operation, bound);
        }
        builder.finish()
    }

    /// The same history with only these operations, given in ascending order; keys, cells and
    /// clients are numbered anew.
    pub(crate) fn only(&self, kept: &[u32]) -> View<'h> {
        let mut names = Renaming::default();
        let mut view = View {
            history: self.history,
            ops: Vec::with_capacity(kept.len()),
            clients: 0,
            initial: Vec::new(),
            cell_keys: Vec::new(),
            has_updates: Vec::new(),
            parts: self.parts,
            is_whole: self.is_whole,
        };
        for &id in kept {
            let op = &self.ops[id as usize];
            let key = names.key(op.key, self.initial[op.key as usize], &mut view);
            view.has_updates.resize(view.initial.len(), self.has_updates[op.key as usize]);
            let op = Op {
                client: names.client(op.client, &mut view),
                key,
                sees: names.cell(op.sees, key, &mut view),
                makes: names.cell(op.makes, key, &mut view),
                ..*op
            };
            view.ops.push(op);
        }
        view
    }

    /// Each client's operations, in its order.
    pub(crate) fn by_client(&self) -> Vec<Vec<u32>> {
        self.group(self.clients, |op| op.client)
    }

    /// Each key's operations, by start.
    pub(crate) fn by_key(&self) -> Vec<Vec<u32>> {
        self.group(self.initial.len(), |op| op.key)
    }

    fn group(&self, groups: usize, of: impl Fn(&Op) -> u32) -> Vec<Vec<u32>> {
        let mut grouped = vec![Vec::new(); groups];
        for (id, op) in self.ops.iter().enumerate() {
            grouped[of(op) as usize].push(id as u32);
        }
        grouped
    }

    /// The transaction that an operation is a part of, if all its parts stand at one moment.
    pub(crate) fn transaction(&self, op: u32) -> Option<u32> {
        let parts = self.parts.filter(|_| self.is_whole)?;
        let part = parts[self.ops[op as usize].index as usize];
        part.of_transaction.then_some(part.whole)
    }

    /// Whether an operation is a part of a transaction, at one moment or not.
    pub(crate) fn is_part(&self, op: u32) -> bool {
        self.parts.is_some_and(|parts| parts[self.ops[op as usize].index as usize].of_transaction)
    }

    /// Whether an operation read what it found. A cas by itself only compares, and so do those of a
    /// transaction, unless it read the key before.
    pub(crate) fn reads(&self, op: u32) -> bool {
        let facts = &self.ops[op as usize];
        let in_part = || self.parts.is_some_and(|parts| parts[facts.index as usize].reads);
        facts.observes() && (facts.is_look() || in_part())
    }

    /// Whether two operations are parts of one transaction that stands at one moment.
    pub(crate) fn are_one(&self, one: u32, other: u32) -> bool {
        self.is_whole && self.transaction(one).is_some_and(|of| self.transaction(other) == Some(of))
    }

    /// The operations that stand at one moment each: those of one transaction, or one by itself.
    pub(crate) fn moments(&self) -> Vec<Vec<u32>> {
        let mut moments: Vec<Vec<u32>> = Vec::with_capacity(self.ops.len());
        let mut place_of: HashMap<u32, usize> = HashMap::new();
        for id in 0..self.ops.len() as u32 {
            let next = moments.len();
            let place = self.transaction(id).map(|whole| *place_of.entry(whole).or_insert(next));
            match place.filter(|&place| place < next) {
                Some(place) => moments[place].push(id),
                None => moments.push(vec![id]),
            }
        }
        moments
    }

    /// Whether an operation may do nothing where it does not find what it looks for: one of a
    /// transaction that was not answered.
    pub(crate) fn is_lenient(&self, op: u32) -> bool {
        let answered = |operation: &Operation| {
            !matches!(operation.kind, Kind::Cas { ok: None, .. } | Kind::Incr { value: None, .. })
        };
        self.transaction(op).is_some()
            && self.ops[op as usize].optional
            && !answered(self.operation(op))
    }

    /// The operation as the history has it.
    pub(crate) fn operation(&self, op: u32) -> &'h Operation {
        &self.history.operations[self.ops[op as usize].index as usize]
    }

    /// Whether the cell holds its key's initial value.
    pub(crate) fn is_initial(&self, cell: u32) -> bool {
        self.initial[self.cell_keys[cell as usize] as usize] == cell
    }

    /// Indices into the history for ids of this view.
    pub(crate) fn indices(&self, ops: &[u32]) -> Vec<usize> {
        ops.iter().map(|&op| self.ops[op as usize].index as usize).collect()
    }
}

/// Whether an operation can matter at a level: it was not refused and, if it is a read, it has an
/// answer and did not ask for a weaker level.
pub(crate) fn counts(operation: &Operation, level: Level) -> bool {
    match operation.fate() {
        Fate::Refused => false,
        fate if operation.is_read() => {
            fate == Fate::Done && operation.level.is_none_or(|asked| asked.is_at_least(level))
        }
        _ => true,
    }
}

/// New numbers for the keys, cells and clients of a part of a view.
#[derive(Default)]
struct Renaming {
    keys: HashMap<u32, u32>,
    cells: HashMap<u32, u32>,
    clients: HashMap<u32, u32>,
}

impl Renaming {
    fn key(&mut self, key: u32, initial: u32, view: &mut View<'_>) -> u32 {
        if let Some(&known) = self.keys.get(&key) {
            return known;
        }
        let new = view.initial.len() as u32;
        self.keys.insert(key, new);
        let initial = self.cell(initial, new, view);
        view.initial.push(initial);
        new
    }

    fn cell(&mut self, cell: u32, key: u32, view: &mut View<'_>) -> u32 {
        if cell == NONE {
            return NONE;
        }
        *self.cells.entry(cell).or_insert_with(|| {
            view.cell_keys.push(key);
            view.cell_keys.len() as u32 - 1
        })
    }

    fn client(&mut self, client: u32, view: &mut View<'_>) -> u32 {
        *self.clients.entry(client).or_insert_with(|| {
            view.clients += 1;
            view.clients as u32 - 1
        })
    }
}

/// How much earlier than recorded a read may begin, in the history's unit.
fn slack(history: &History, level: Level) -> u64 {
    let Level::Bounded { ms } = level else { return 0 };
    // Times are whole: one lies in front of another less a part of a unit if it lies in front of
    // the other. So what is left of a bound below whole units changes nothing, and this is exact.
    let unit = history.unit();
    let units = unit.bound_ns(ms) / u128::from(unit.nanoseconds());
    u64::try_from(units).unwrap_or(u64::MAX)
}

struct Builder<'h> {
    view: View<'h>,
    keys: HashMap<&'h str, u32>,
    cells: HashMap<(u32, Option<&'h str>), u32>,
    /// The start of the current client's last operation.
    client_start: u64,
}

impl<'h> Builder<'h> {
    fn new(history: &'h History, parts: Option<&'h [Part]>) -> Builder<'h> {
        let view = View {
            history,
            ops: Vec::with_capacity(history.operations.len()),
            clients: 0,
            initial: Vec::new(),
            cell_keys: Vec::new(),
            has_updates: Vec::new(),
            parts,
            is_whole: false,
        };
        Builder { view, keys: HashMap::new(), cells: HashMap::new(), client_start: 0 }
    }

    fn key(&mut self, name: &'h str) -> u32 {
        if let Some(&key) = self.keys.get(name) {
            return key;
        }
        let key = self.view.initial.len() as u32;
        self.keys.insert(name, key);
        let initial = self.cell(key, self.view.history.initial.as_deref());
        self.view.initial.push(initial);
        self.view.has_updates.push(false);
        key
    }

    fn cell(&mut self, key: u32, value: Option<&'h str>) -> u32 {
        let cell_keys = &mut self.view.cell_keys;
        *self.cells.entry((key, value)).or_insert_with(|| {
            cell_keys.push(key);
            cell_keys.len() as u32 - 1
        })
    }

    fn push(&mut self, index: usize, operation: &'h Operation, bound: u64) {
        let key = self.key(&operation.key);
        let (mut sees, mut makes, mut differs) = (NONE, NONE, false);
        match &operation.kind {
            Kind::Write { value } => makes = self.cell(key, value.as_deref()),
            Kind::Read { value, .. } => sees = self.cell(key, value.as_deref()),
            // What it finds and leaves, only its model can tell; the cell stands for any change.
            Kind::Append { .. } | Kind::Incr { .. } => {
                makes = self.view.initial[key as usize];
                self.view.has_updates[key as usize] = true;
            }
            Kind::Cas { from, to, ok } => {
                sees = self.cell(key, from.as_deref());
                differs = *ok == Some(false) && operation.fate() == Fate::Done;
                if !differs {
                    makes = self.cell(key, to.as_deref());
                }
            }
            // It is not judged but in parts.
            Kind::Transaction { .. } => return,
        }
        let part = self.view.parts.map(|parts| parts[index]).filter(|part| part.of_transaction);
        self.view.has_updates[key as usize] |= part.is_some_and(|part| part.is_open);
        let optional = operation.fate() == Fate::Unknown;
        // An unknown effect may come at any later time, also after an end that says nothing.
        let end = if optional { NEVER } else { operation.end.unwrap_or(NEVER) };
        let (index, client) = (index as u32, self.view.clients as u32 - 1);
        // A read that moves in front of its client's operations before it stays behind them; what
        // came before those comes before it, too.
        // (A transaction asks for no level, so it does not move.)
        let earlier = if operation.is_read() && part.is_none() {
            operation.start.saturating_sub(bound)
        } else {
            operation.start
        };
        let start = earlier.max(self.client_start);
        self.client_start = start;
        self.view.ops.push(Op { index, client, key, start, end, sees, makes, differs, optional });
    }

    fn finish(mut self) -> View<'h> {
        // Stable: operations of one client that take no time keep their order.
        self.view.ops.sort_by_key(|op| (op.start, op.end));
        self.view
    }
}
