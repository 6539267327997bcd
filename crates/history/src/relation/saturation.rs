//! What every legal order must contain: each client's order, each read behind the write it
//! returned, and what follows from these. A cycle among them proves that there is no legal order
//! (the polynomial half of Biswas & Enea 2019 and of Gibbons & Korach's VSC-read).
//!
//! Two rules derive more, until nothing is new. Let `r` see a cell of key x that `w` made:
//!
//! ```text
//! another write v of x comes before r   =>   v comes before w
//! another write v of x comes after  w   =>   r comes before v
//! ```
//!
//! Of the writes of x by one client in somebody's past only the last one tells anything new.

use std::collections::{BTreeMap, HashMap};

use crate::budget::{Meter, effort};
use crate::model::view::{INITIAL, NONE, View, is_operation};
use crate::relation::causality::{Causality, Cycle, Derived, Stop, Why};
use crate::relation::cells::Cells;
use crate::relation::conflict::arbitrate;

/// What saturation found.
pub(crate) enum Saturated {
    /// A cycle: there is no legal order.
    Cycle(Cycle),
    /// Orders between operations that every legal order contains.
    Edges(Vec<(u32, u32)>),
    /// It would have cost too much.
    TooMuch,
}

/// Derives what it can from a view whose operations are all needed; with `real_time`, of orders
/// that keep real time, too.
pub(crate) fn saturate(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Saturated {
    let cells = Cells::new(view);
    let mut causality = Causality::new(view, &certain_sources(view, &cells), |_| true);
    causality.add_sources();
    // What was too much for a part of the memory need not be too much for what is left.
    let mut part = meter.part(u64::MAX);
    match derive(&mut causality, cells, real_time, &mut part) {
        Ok(()) => Saturated::Edges(causality.derived(|id| view.ops[id as usize].optional)),
        Err(Stop::Cycle(cycle)) => Saturated::Cycle(cycle),
        Err(Stop::Budget) => Saturated::TooMuch,
    }
}

/// Derives until nothing is new.
fn derive(
    causality: &mut Causality<'_, '_>,
    cells: Cells,
    real_time: bool,
    meter: &mut Meter,
) -> Result<(), Stop> {
    if real_time {
        add_times(causality, meter)?;
    }
    add_initial(causality, &cells, meter)?;
    // What causality alone says of the order of writes costs little time, and is often enough. It
    // takes much memory and needs no cells: they are told again if it is not enough.
    drop(cells);
    arbitrate(causality, meter)?;
    let readers = Readers::new(causality, &Cells::new(causality.view));
    loop {
        causality.close(meter)?;
        let mut new = Derived::default();
        hidden(causality, |_| true, &mut new, meter)?;
        overwritten(causality, &readers, &mut new, meter)?;
        if !causality.add_derived(new) {
            return Ok(());
        }
    }
}

/// The first rule, for the readers that `reads` names: pairs that are not yet in order.
pub(crate) fn hidden(
    causality: &Causality<'_, '_>,
    reads: impl Fn(u32) -> bool,
    new: &mut Derived,
    meter: &mut Meter,
) -> Result<(), Stop> {
    let mut writes = Vec::new();
    for id in 0..causality.view.ops.len() as u32 {
        let source = causality.source(id);
        if !is_operation(source) || !causality.has(id) || !reads(id) {
            continue;
        }
        if !meter.steps(causality.writers(id)) {
            return Err(Stop::Budget);
        }
        causality.last_writes(id, &mut writes);
        for &write in &writes {
            let is_known = write == source || causality.in_past(write, source);
            if !is_known && !new.push(write, source, Why::Hidden { reader: id }, meter) {
                return Err(Stop::Budget);
            }
        }
    }
    Ok(())
}

/// The second rule.
fn overwritten(
    causality: &Causality<'_, '_>,
    readers: &Readers,
    new: &mut Derived,
    meter: &mut Meter,
) -> Result<(), Stop> {
    let mut writes = Vec::new();
    let writes_of = |id: &u32| causality.view.ops[*id as usize].makes != NONE;
    for id in (0..causality.view.ops.len() as u32).filter(writes_of) {
        causality.last_writes(id, &mut writes);
        for &maker in &writes {
            let readers = &readers.0[maker as usize];
            effort::spend(readers.len());
            if !meter.steps(causality.writers(id) + readers.len()) {
                return Err(Stop::Budget);
            }
            for &reader in readers {
                let is_known = reader == id || causality.in_past(reader, id);
                if !is_known && !new.push(reader, id, Why::Overwritten { maker }, meter) {
                    return Err(Stop::Budget);
                }
            }
        }
    }
    Ok(())
}

/// For each maker, each client's last operation that saw what it made; those before say nothing
/// that it does not.
struct Readers(Vec<Vec<u32>>);

impl Readers {
    fn new(causality: &Causality<'_, '_>, cells: &Cells) -> Readers {
        let mut readers: Vec<Vec<u32>> = vec![Vec::new(); causality.view.ops.len()];
        let mut last: HashMap<(u32, u32), usize> = HashMap::new();
        for &id in cells.observers.iter().flatten() {
            let source = causality.source(id);
            if !is_operation(source) {
                continue;
            }
            let of_source = &mut readers[source as usize];
            let client = causality.view.ops[id as usize].client;
            match last.get(&(source, client)) {
                Some(&at) => of_source[at] = id,
                None => {
                    last.insert((source, client), of_source.len());
                    of_source.push(id);
                }
            }
        }
        Readers(readers)
    }
}

/// Who saw an initial value that nobody wrote again came before all writes of its key.
fn add_initial(
    causality: &mut Causality<'_, '_>,
    cells: &Cells,
    meter: &mut Meter,
) -> Result<(), Stop> {
    for (key, &cell) in causality.view.initial.iter().enumerate() {
        let observers = &cells.observers[cell as usize];
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        for &id in observers.iter().filter(|&&id| causality.source(id) == INITIAL) {
            last.insert(causality.view.ops[id as usize].client, id);
        }
        let firsts = if last.is_empty() { Vec::new() } else { causality.first_writes(key as u32) };
        for &reader in last.values() {
            if !causality.affords(firsts.len(), meter) {
                return Err(Stop::Budget);
            }
            for &write in &firsts {
                causality.add(reader, write, Why::Overwritten { maker: NONE });
            }
        }
    }
    Ok(())
}

/// What was over before an operation began comes before it: of each client only the last such
/// operation is told, unless the client's own operation before this one was told the same.
fn add_times(causality: &mut Causality<'_, '_>, meter: &mut Meter) -> Result<(), Stop> {
    let view = causality.view;
    for chain in causality.chains.clone() {
        let mut told = vec![0; view.clients];
        for (id, op) in view.ops.iter().enumerate() {
            let over = chain.partition_point(|&other| view.ops[other as usize].end < op.start);
            if over > std::mem::replace(&mut told[op.client as usize], over) {
                causality.add(chain[over - 1], id as u32, Why::Time);
            }
        }
        if !causality.affords(view.ops.len(), meter) {
            return Err(Stop::Budget);
        }
    }
    Ok(())
}

/// For each operation that certainly ran, the only operation that can have made the cell which it
/// saw. That one certainly ran, too; of the others that may not have run, nothing follows.
fn certain_sources(view: &View<'_>, cells: &Cells) -> Vec<u32> {
    let mut sources = vec![NONE; view.ops.len()];
    let mut todo: Vec<u32> =
        (0..view.ops.len() as u32).filter(|&id| !view.ops[id as usize].optional).collect();
    while let Some(id) = todo.pop() {
        let op = &view.ops[id as usize];
        if !op.observes() || sources[id as usize] != NONE {
            continue;
        }
        match cells.makers[op.sees as usize][..] {
            [] if view.is_initial(op.sees) => sources[id as usize] = INITIAL,
            [maker] if maker != id && !view.is_initial(op.sees) => {
                sources[id as usize] = maker;
                todo.push(maker);
            }
            _ => {}
        }
    }
    sources
}
