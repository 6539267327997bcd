//! Which operations are shown: all, if a page can bear them; else those of the interesting windows.

use history::{History, Operation};
use serde_json::{Value, json};

/// How many operations a page shows.
pub(super) const SHOWN_MAX: usize = 10_000;
/// How many operations of clashes are framed, so that they must be seen.
pub(super) const CLASH_MAX: usize = 200;

/// The operations that are shown.
///
/// Invariant: `shown` is in the order of starts, and `places` is its inverse.
#[derive(Debug)]
pub(super) struct Cut {
    shown: Vec<usize>,
    places: Vec<Option<u32>>,
    windows: Vec<Window>,
    origin: u64,
    span: u64,
}

/// A stretch of time of which every operation that began in it is shown.
#[derive(Debug)]
struct Window {
    from: u64,
    to: u64,
    count: usize,
}

impl Cut {
    /// Chooses: around the clashes if there are any, else the beginning and the end.
    pub(super) fn of(history: &History, clashes: impl Iterator<Item = usize>) -> Cut {
        let operations = &history.operations;
        let mut by_start: Vec<usize> = (0..operations.len()).collect();
        by_start.sort_by_key(|&index| sort_key(&operations[index]));
        let origin = by_start.first().map_or(0, |&first| operations[first].start);
        let last = operations.iter().map(|op| op.end.unwrap_or(op.start)).max().unwrap_or(origin);
        let mut cut = Cut {
            shown: vec![],
            places: vec![None; operations.len()],
            windows: vec![],
            origin,
            span: last - origin,
        };
        if by_start.len() <= SHOWN_MAX {
            cut.shown = by_start;
        } else {
            let mut rank = vec![0; by_start.len()];
            by_start.iter().enumerate().for_each(|(at, &index)| rank[index] = at);
            for range in ranges(&anchors(clashes, &rank), by_start.len()) {
                let part = &by_start[range];
                let at = |index: usize| operations[index].start - origin;
                let (from, to) = (at(part[0]), at(part[part.len() - 1]));
                cut.windows.push(Window { from, to, count: part.len() });
                cut.shown.extend(part);
            }
        }
        for (place, &index) in (0..).zip(&cut.shown) {
            cut.places[index] = Some(place);
        }
        cut
    }

    /// The shown operations as indices into the history, by start.
    pub(super) fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// The place of an operation among those shown.
    pub(super) fn place(&self, index: usize) -> Option<usize> {
        self.places.get(index).copied().flatten().map(|place| place as usize)
    }

    /// A time since the first operation.
    pub(super) fn since_origin(&self, time: u64) -> u64 {
        time.saturating_sub(self.origin)
    }

    /// The same, for what may have happened before it.
    pub(super) fn relative(&self, time: u64) -> i64 {
        let whole = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
        whole(time).saturating_sub(whole(self.origin))
    }

    /// From the start of the first operation to the last known end.
    pub(super) fn span(&self) -> u64 {
        self.span
    }

    /// The windows; none if nothing was cut away.
    pub(super) fn windows(&self) -> Vec<Value> {
        let window = |w: &Window| json!({ "from": w.from, "to": w.to, "count": w.count });
        self.windows.iter().map(window).collect()
    }
}

/// Operations by start; what a client did stays in its order where times touch.
fn sort_key(operation: &Operation) -> (u64, u64, usize) {
    (operation.start, operation.end.unwrap_or(u64::MAX), operation.line)
}

/// The ranks of the operations that must be seen: those of the clashes, the strongest level's
/// first.
fn anchors(clashes: impl Iterator<Item = usize>, rank: &[usize]) -> Vec<usize> {
    let mut anchors: Vec<usize> =
        clashes.take(CLASH_MAX).filter_map(|index| rank.get(index).copied()).collect();
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

/// Ranges of ranks, ascending and apart, of `SHOWN_MAX` operations together at most. Each anchor
/// has its share around it; without anchors the beginning and the end have half each.
fn ranges(anchors: &[usize], total: usize) -> Vec<std::ops::Range<usize>> {
    if anchors.is_empty() {
        let half = SHOWN_MAX / 2;
        return vec![0..half, total - half..total];
    }
    // Where shares overlap there is room for larger ones: the largest that fit are sought.
    let (mut fits, mut too_many) = (SHOWN_MAX / anchors.len(), SHOWN_MAX + 1);
    while too_many - fits > 1 {
        let middle = fits.midpoint(too_many);
        let sum: usize = around(anchors, middle, total).iter().map(ExactSizeIterator::len).sum();
        if sum <= SHOWN_MAX {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    around(anchors, fits, total)
}

/// So many ranks around each anchor; ranges that meet become one.
fn around(anchors: &[usize], share: usize, total: usize) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = vec![];
    for &anchor in anchors {
        let from = anchor.saturating_sub(share / 2);
        let to = (from + share).min(total);
        match ranges.last_mut() {
            Some(last) if from <= last.end => last.end = last.end.max(to),
            _ => ranges.push(from..to),
        }
    }
    ranges
}
