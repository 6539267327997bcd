//! Read your writes and monotonic reads (Terry et al. 1994), for each client and key by itself.
//!
//! Here only reads look, those of transactions among them; a transaction reads before it writes.
//! Both are exact where values repeat, too: read your writes asks for each read by itself whether
//! anything it may have seen is allowed; monotonic reads counts for each value how often a client
//! came to it, and how many made it. (Where a transaction leaves a value that it read, the two
//! would be one, so sources are assigned one by one.)

use std::collections::{HashMap, HashSet};

use crate::budget::Meter;
use crate::levels::assign::{Checked, Guess, assign};
use crate::levels::decision::{Decision, Proof};
use crate::model::view::{INITIAL, NONE, Op, View};
use crate::relation::cells::Cells;

/// No read returns the initial value or an own write older than the client's latest own earlier
/// write to that key; another client's value is allowed.
pub(crate) fn read_your_writes(view: &View<'_>) -> Decision {
    let makers = Makers::new(view);
    let mut latest: HashMap<(u32, u32), u32> = HashMap::new();
    let mut proof = Proof::default();
    for (id, op) in view.ops.iter().enumerate() {
        let id = id as u32;
        let own = match op.makes {
            NONE => latest.get(&(op.client, op.key)).copied(),
            _ => latest.insert((op.client, op.key), id),
        };
        if !view.reads(id) {
            continue;
        }
        let source = match makers.first_allowed(id, own) {
            Some(maker) => maker,
            None if own.is_none() && view.is_initial(op.sees) => INITIAL,
            None => {
                let mut core = vec![id];
                core.extend(own);
                return Decision::Violated(core);
            }
        };
        proof.sources.push((id, source));
    }
    Decision::Holds(proof)
}

/// Who made the cells.
struct Makers<'v, 'h> {
    view: &'v View<'h>,
    cells: Cells,
    /// For each cell its first maker, and the first one of another client than that.
    firsts: Vec<[Option<u32>; 2]>,
}

impl<'v, 'h> Makers<'v, 'h> {
    fn new(view: &'v View<'h>) -> Makers<'v, 'h> {
        let cells = Cells::new(view);
        let client = |id: u32| view.ops[id as usize].client;
        let firsts = cells.makers.iter().map(|makers| {
            let first = makers.first().copied()?;
            let other = makers.iter().copied().find(|&maker| client(maker) != client(first));
            Some([Some(first), other])
        });
        let firsts = firsts.map(Option::unwrap_or_default).collect();
        Makers { view, cells, firsts }
    }

    /// The first maker of the cell that a read saw which is of another client, or not before `own`.
    fn first_allowed(&self, read: u32, own: Option<u32>) -> Option<u32> {
        let op = &self.view.ops[read as usize];
        let makers = &self.cells.makers[op.sees as usize];
        let late = makers.partition_point(|&maker| own.is_some_and(|own| maker < own));
        let late = makers[late..].iter().copied().find(|&maker| maker != read);
        let is_other = |maker: &u32| self.view.ops[*maker as usize].client != op.client;
        let other = self.firsts[op.sees as usize].into_iter().flatten().find(is_other);
        late.into_iter().chain(other).min()
    }
}

/// For each client and key, the reads never return to a source they left, nor to the initial value.
pub(crate) fn monotonic_reads(view: &View<'_>, meter: &mut Meter) -> Decision {
    let leaves = |(id, op): (usize, &Op)| op.sees == op.makes && view.reads(id as u32);
    if view.ops.iter().enumerate().any(leaves) {
        let looks = |id| view.reads(id);
        let check = |sources: &[u32], _, _: &mut Meter| match returned(view, sources) {
            None => Checked::Fits(Vec::new()),
            Some(core) => Checked::Clash(core),
        };
        return assign(view, looks, &mut Guess::default(), meter, check);
    }
    let cells = Cells::new(view);
    let mut sessions: HashMap<(u32, u32), Session> = HashMap::new();
    let mut proof = Proof::default();
    for (id, op) in view.ops.iter().enumerate() {
        let id = id as u32;
        if !view.reads(id) {
            continue;
        }
        let session = sessions.entry((op.client, op.key)).or_default();
        if session.reads.last().is_none_or(|&last| view.ops[last as usize].sees != op.sees) {
            let is_first = session.reads.is_empty();
            let used = session.used.entry(op.sees).or_insert(0);
            if is_first && view.is_initial(op.sees) {
                session.source = INITIAL;
            } else if let Some(&maker) = cells.makers[op.sees as usize].get(*used) {
                *used += 1;
                session.source = maker;
            } else {
                let mut core = session.reads.clone();
                core.push(id);
                return Decision::Violated(core);
            }
        }
        session.reads.push(id);
        proof.sources.push((id, session.source));
    }
    Decision::Holds(proof)
}

/// A client's reads of a key that return to what they left, where it is told what each saw.
fn returned(view: &View<'_>, sources: &[u32]) -> Option<Vec<u32>> {
    let mut sessions: HashMap<(u32, u32), (Vec<u32>, HashSet<u32>)> = HashMap::new();
    for (id, op) in view.ops.iter().enumerate().filter(|&(id, _)| sources[id] != NONE) {
        let (reads, left) = sessions.entry((op.client, op.key)).or_default();
        let before = reads.last().map(|&last| sources[last as usize]);
        reads.push(id as u32);
        if before != Some(sources[id]) {
            left.extend(before);
            if left.contains(&sources[id]) || before.is_some() && sources[id] == INITIAL {
                return Some(reads.clone());
            }
        }
    }
    None
}

/// One client's reads of one key.
#[derive(Default)]
struct Session {
    reads: Vec<u32>,
    /// How many makers of a cell its runs have taken so far.
    used: HashMap<u32, usize>,
    source: u32,
}
