//! Counters of merged logs at causal, where no certificate tells who saw what.
//!
//! Of the writes of a key that an operation has among its causes, the last one in the order of all
//! writes wins; beside it count the increments among its causes that have the winner among theirs.
//! Each of these has the same winner: what it has among its causes, its reader has, too. So a
//! history is causal if each operation that looks can be given a winner, and a set of increments
//! that have that winner, such that
//!
//! - causes (clients' orders, winners, what is counted) run in no cycle,
//! - who looks counts all increments of its key among its causes that have its winner,
//! - one order of the writes that keeps causes has each winner behind all other writes of its key
//!   among the causes of who saw it.
//!
//! What a replica holds and does not count leaves no trace, so nothing is lost by leaving it out.
//! All choices are searched, the earliest operation first. Of an increment whose answer is not
//! known nobody knows what it saw, so it may have seen anything; one whose outcome is unknown ran
//! if somebody counted it.

mod sets;

use crate::budget::Meter;
use crate::levels::decision::{Decision, Proof};
use crate::levels::sums::{Sums, number};
use crate::model::operation::Kind;
use crate::model::view::{INITIAL, NONE, View, is_operation};
use sets::{OPERATIONS_MAX, Set, Sets, Spent, bit, line_up, members};

/// How many choices may be tried.
const STATES_MAX: u64 = 200_000;

/// Judges the whole view, in which some key is added to.
pub(crate) fn judge(view: &View<'_>, meter: &mut Meter) -> Decision {
    let is_counter = |id: &u32| {
        matches!(
            view.operation(*id).kind,
            Kind::Write { .. } | Kind::Read { .. } | Kind::Incr { .. }
        )
    };
    let ids = 0..view.ops.len() as u32;
    if view.is_whole || !ids.clone().all(|id| is_counter(&id)) {
        return Decision::Undecided(
            "appends, and increments beside cas or transactions, are not judged for causal, only \
             for levels that are about one order"
                .to_string(),
        );
    }
    if let Some(core) = unexplained(view) {
        return Decision::Violated(core);
    }
    if view.ops.len() > OPERATIONS_MAX {
        return Decision::Undecided(format!(
            "which increments each answer counts is searched for at most {OPERATIONS_MAX} \
             operations, not {}; certificates would tell it",
            view.ops.len()
        ));
    }
    let mut part = meter.part(STATES_MAX);
    let mut search = Search::new(view);
    match search.settle(&mut part) {
        Ok(true) => Decision::Holds(search.proof()),
        Ok(false) => Decision::Violated(ids.collect()),
        Err(Spent) => Decision::Undecided(format!(
            "which increments each answer counts is not told by certificates, and {}",
            part.reason()
        )),
    }
}

/// An operation whose answer nothing written to its key can come to, and all changes of that key.
fn unexplained(view: &View<'_>) -> Option<Vec<u32>> {
    view.by_key().into_iter().find_map(|ops| {
        let changes = ops.iter().filter(|&&id| !view.ops[id as usize].is_look());
        let sums = Sums::of(&view.history.initial, changes.clone().map(|&id| view.operation(id)));
        let odd = ops.iter().find(|&&id| !sums.may_be_answered(view.operation(id)))?;
        let mut core: Vec<u32> = changes.chain([odd]).copied().collect();
        core.sort_unstable();
        core.dedup();
        Some(core)
    })
}

/// What is chosen so far, in ids of the view.
struct Search<'v, 'h> {
    view: &'v View<'h>,
    /// For each operation the one of its client before it, and the increments of its key and the
    /// writes of it.
    before: Vec<u32>,
    increments: Vec<Set>,
    writes: Vec<Set>,
    /// For each that looked, its winner (`NONE`: not chosen yet), and the increments that it
    /// counts.
    winner: Vec<u32>,
    counted: Vec<Set>,
    /// Everybody's causes, and an order that keeps causes and the order of writes.
    past: Vec<Set>,
    order: Vec<u32>,
}

impl<'v, 'h> Search<'v, 'h> {
    fn new(view: &'v View<'h>) -> Search<'v, 'h> {
        let count = view.ops.len();
        let mut before = vec![NONE; count];
        for chain in view.by_client() {
            chain.windows(2).for_each(|pair| before[pair[1] as usize] = pair[0]);
        }
        let (mut increments, mut writes) = (vec![0; count], vec![0; count]);
        for ops in view.by_key() {
            let of = |wanted: &dyn Fn(&Kind) -> bool| -> Set {
                ops.iter().filter(|&&id| wanted(&view.operation(id).kind)).map(|&id| bit(id)).sum()
            };
            let added = of(&|kind| matches!(kind, Kind::Incr { .. }));
            let written = of(&|kind| matches!(kind, Kind::Write { .. }));
            for &id in &ops {
                (increments[id as usize], writes[id as usize]) = (added, written);
            }
        }
        Search {
            view,
            before,
            increments,
            writes,
            winner: vec![NONE; count],
            counted: vec![0; count],
            past: vec![0; count],
            order: Vec::new(),
        }
    }

    /// Whether an operation ran: it certainly did, or somebody saw it.
    fn ran(&self, id: u32) -> bool {
        !self.view.ops[id as usize].optional
            || self.winner.contains(&id)
            || self.counted.iter().any(|counted| counted & bit(id) != 0)
    }

    fn looks(&self, id: u32) -> bool {
        !matches!(self.view.operation(id).kind, Kind::Write { .. })
    }

    /// Goes on with the first operation that is open; whether everything can be settled.
    fn settle(&mut self, meter: &mut Meter) -> Result<bool, Spent> {
        let is_open =
            |&id: &u32| self.looks(id) && self.winner[id as usize] == NONE && self.ran(id);
        let Some(id) = (0..self.view.ops.len() as u32).find(is_open) else {
            return Ok(self.is_consistent());
        };
        for winner in self.winners(id) {
            if self.count(id, winner, meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All that can have won where this operation looked, the likeliest first: what began last
    /// before it ended.
    fn winners(&self, id: u32) -> Vec<u32> {
        let counts_it = |other: &usize| self.counted[*other] & bit(id) != 0;
        if let Some(other) = (0..self.winner.len()).find(counts_it) {
            return vec![self.winner[other]];
        }
        let mut found: Vec<u32> = members(self.writes[id as usize]).collect();
        let end = self.view.ops[id as usize].end;
        let start = |write: u32| self.view.ops[write as usize].start;
        found.sort_by_key(|&write| match start(write) {
            late if late > end => (2, late),
            early => (0, u64::MAX - early),
        });
        let behind = found.iter().filter(|&&write| start(write) <= end).count();
        found.insert(behind, INITIAL);
        found
    }

    /// Tries all sets of increments that make of the winner's value what the operation saw.
    fn count(&mut self, id: u32, winner: u32, meter: &mut Meter) -> Result<bool, Spent> {
        let base = match is_operation(winner) {
            true => self.view.operation(winner).written().unwrap_or(&None),
            false => &self.view.history.initial,
        };
        let (seen, add) = match &self.view.operation(id).kind {
            Kind::Read { value, .. } => (Some(value), None),
            Kind::Incr { add, value: None } => (None, Some(*add)),
            Kind::Incr { add, value } => (Some(value), Some(*add)),
            _ => return Ok(false),
        };
        // What was read as it was written was read without increments.
        if add.is_none() && seen == Some(base) && self.take(id, winner, 0, meter)? {
            return Ok(true);
        }
        let Some(base) = number(base) else { return Ok(false) };
        let sum = match seen.map(|seen| (number(seen), seen)) {
            None => None,
            Some((Some(sum), Some(text))) if sum.to_string() == *text => Some(sum - base),
            Some(_) => return Ok(false),
        };
        let own = i128::from(add.unwrap_or(0));
        let may = |&one: &u32| {
            let of = self.winner[one as usize];
            one != id && (of == NONE || of == winner)
        };
        let counters = members(self.increments[id as usize]).filter(may);
        let mut sets = Sets::new(self.view, id, counters, sum.map(|sum| sum - own));
        while let Some((set, sum)) = sets.next(|| self.visit(meter))? {
            // What is no number of 64 bits is an error, and a read that counts nothing saw what was
            // written.
            let there = [base + sum, base + sum + own];
            let fits = there.into_iter().all(|sum| i64::try_from(sum).is_ok());
            if fits && (set != 0 || add.is_some()) && self.take(id, winner, set, meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn visit(&self, meter: &mut Meter) -> Result<(), Spent> {
        // Its way back takes a few sets and lists for each operation.
        let bytes = self.past.len() * self.past.len() * size_of::<Set>();
        if meter.visit(bytes) { Ok(()) } else { Err(Spent) }
    }

    /// Takes a choice, if nothing speaks against it, and goes on.
    fn take(
        &mut self,
        id: u32,
        winner: u32,
        counted: Set,
        meter: &mut Meter,
    ) -> Result<bool, Spent> {
        self.visit(meter)?;
        (self.winner[id as usize], self.counted[id as usize]) = (winner, counted);
        let settled = self.is_consistent() && self.settle(meter)?;
        if !settled {
            (self.winner[id as usize], self.counted[id as usize]) = (NONE, 0);
        }
        Ok(settled)
    }

    /// Whether nothing speaks against what is chosen so far. More choices only forbid more.
    fn is_consistent(&mut self) -> bool {
        let count = self.view.ops.len();
        let mut direct: Vec<Set> = self.counted.clone();
        for (id, causes) in direct.iter_mut().enumerate() {
            for cause in [self.before[id], self.winner[id]] {
                *causes |= if is_operation(cause) { bit(cause) } else { 0 };
            }
        }
        let Some(order) = line_up(&direct) else { return false };
        for id in order {
            let causes = members(direct[id as usize]);
            self.past[id as usize] =
                causes.fold(direct[id as usize], |past, cause| past | self.past[cause as usize]);
        }
        for id in 0..count {
            let winner = self.winner[id];
            if winner == NONE {
                continue;
            }
            let has_winner = |one: &u32| self.winner[*one as usize] == winner;
            let past = self.past[id];
            let seen = past & self.increments[id];
            let is_due = members(seen).filter(has_winner).fold(0, |due, one| due | bit(one));
            let is_chosen = |one: &u32| self.winner[*one as usize] != NONE;
            if is_due & !self.counted[id] != 0
                || members(self.counted[id]).filter(is_chosen).any(|one| !has_winner(&one))
            {
                return false;
            }
            let writes = past & self.writes[id];
            if !is_operation(winner) {
                if writes != 0 {
                    return false;
                }
                continue;
            }
            direct[winner as usize] |= writes & !bit(winner);
        }
        match line_up(&direct) {
            Some(order) => self.order = order,
            None => return false,
        }
        true
    }

    /// What proves that all is settled.
    fn proof(&self) -> Proof {
        let ran = |id: &u32| self.ran(*id);
        let order = self.order.iter().copied().filter(ran).collect();
        let looked =
            || (0..self.view.ops.len() as u32).filter(|&id| self.winner[id as usize] != NONE);
        let counted = |id: u32| (id, members(self.counted[id as usize]).collect());
        Proof {
            orders: vec![(NONE, order)],
            sources: looked().map(|id| (id, self.winner[id as usize])).collect(),
            counted: looked().filter(|&id| self.counted[id as usize] != 0).map(counted).collect(),
        }
    }
}
