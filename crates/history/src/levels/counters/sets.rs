//! Sets of a few operations, as the search for what counters counted needs them.

use crate::model::view::View;

/// Sets of operations are numbers of so many bits.
pub(super) type Set = u128;
pub(super) const OPERATIONS_MAX: usize = Set::BITS as usize;

/// The budget is spent.
pub(super) struct Spent;

/// The set of one.
pub(super) fn bit(id: u32) -> Set {
    1 << id
}

/// Who is in a set, ascending.
pub(super) fn members(mut set: Set) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let next = (set != 0).then(|| set.trailing_zeros())?;
        set &= set - 1;
        Some(next)
    })
}

/// Sets of increments that an operation may count, one after the other.
pub(super) struct Sets {
    /// Those that it may count, each with what it adds and whether it began in time.
    eligible: Vec<(u32, i128, bool)>,
    /// What those from each one on come to at least and at most.
    bounds: Vec<(i128, i128)>,
    /// What they must come to, if that is known.
    wanted: Option<i128>,
    /// Decided of the first so many, which of them are counted, and what they come to.
    open: Vec<(usize, Set, i128)>,
}

impl Sets {
    /// Those of `counters` that come to what is wanted, for this operation.
    pub(super) fn new(
        view: &View<'_>,
        id: u32,
        counters: impl Iterator<Item = u32>,
        wanted: Option<i128>,
    ) -> Sets {
        let end = view.ops[id as usize].end;
        let of = |one: u32| {
            let add = view.operation(one).added().map_or(0, i128::from);
            (one, add, view.ops[one as usize].start <= end)
        };
        let mut eligible: Vec<(u32, i128, bool)> = counters.map(of).collect();
        // The likeliest first.
        eligible.sort_by_key(|&(_, _, in_time)| !in_time);
        let mut bounds = vec![(0, 0)];
        for &(_, add, _) in eligible.iter().rev() {
            let (least, most) = bounds[bounds.len() - 1];
            bounds.push((least + add.min(0), most + add.max(0)));
        }
        bounds.reverse();
        Sets { eligible, bounds, wanted, open: vec![(0, 0, 0)] }
    }

    /// The next set and what it comes to; each step on the way is counted.
    pub(super) fn next(
        &mut self,
        mut visit: impl FnMut() -> Result<(), Spent>,
    ) -> Result<Option<(Set, i128)>, Spent> {
        while let Some((at, set, sum)) = self.open.pop() {
            visit()?;
            let (least, most) = self.bounds[at];
            if self.wanted.is_some_and(|wanted| !(sum + least..=sum + most).contains(&wanted)) {
                continue;
            }
            let Some(&(one, add, in_time)) = self.eligible.get(at) else {
                return Ok(Some((set, sum)));
            };
            let (with, without) = ((at + 1, set | bit(one), sum + add), (at + 1, set, sum));
            self.open.extend(if in_time { [without, with] } else { [with, without] });
        }
        Ok(None)
    }
}

/// Everybody behind those that come directly before, as they began where that is open; `None` if
/// they run in a cycle.
pub(super) fn line_up(before: &[Set]) -> Option<Vec<u32>> {
    let (mut placed, mut order) = (0, Vec::with_capacity(before.len()));
    let mut open: Vec<u32> = (0..before.len() as u32).collect();
    while !open.is_empty() {
        let left = open.len();
        open.retain(|&id| {
            let waits = before[id as usize] & !placed != 0;
            if !waits {
                placed |= bit(id);
                order.push(id);
            }
            waits
        });
        if open.len() == left {
            return None;
        }
    }
    Some(order)
}
