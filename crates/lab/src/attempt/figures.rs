//! What operations cost: how long they took and how many there were.

use super::recording::{Recorded, Recording};
use crate::clients::model::Model;
use crate::clients::step::Answer;

/// The operations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// How long each that was done took, in nanoseconds, shortest first.
    latencies_ns: Vec<u64>,
    /// How many were refused.
    pub refused: usize,
    /// How many have an unknown outcome.
    pub unknown: usize,
    /// The longest time in which none was done though one was asked.
    pub gap_ns: u64,
}

impl Kind {
    /// How many were done.
    pub fn done(&self) -> usize {
        self.latencies_ns.len()
    }

    /// How long each that was done took, in nanoseconds, shortest first.
    pub fn latencies_ns(&self) -> &[u64] {
        &self.latencies_ns
    }

    /// How many there were.
    pub fn total(&self) -> usize {
        self.done() + self.refused + self.unknown
    }

    /// The mean of those that were done.
    pub fn mean_ns(&self) -> Option<u64> {
        let sum: u128 = self.latencies_ns.iter().map(|latency| u128::from(*latency)).sum();
        let mean = sum.checked_div(self.latencies_ns.len() as u128)?;
        u64::try_from(mean).ok()
    }

    /// The least latency that so many percent of those that were done did not exceed: the nearest
    /// rank, so it is always one that was measured.
    pub fn percentile_ns(&self, percent: usize) -> Option<u64> {
        let rank = (self.latencies_ns.len() * percent).div_ceil(100);
        self.latencies_ns.get(rank.saturating_sub(1)).copied()
    }

    fn note(&mut self, answer: &Answer, latency_ns: u64) {
        match answer {
            Answer::Refused(_) => self.refused += 1,
            Answer::Unknown(_) => self.unknown += 1,
            _ => self.latencies_ns.push(latency_ns),
        }
    }

    fn add(&mut self, other: &Kind) {
        self.latencies_ns.extend(&other.latencies_ns);
        self.latencies_ns.sort_unstable();
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.gap_ns = self.gap_ns.max(other.gap_ns);
    }

    /// The figures of the operations of one kind.
    fn of<'r>(recorded: impl Iterator<Item = &'r Recorded>) -> Kind {
        let mut kind = Kind::default();
        let mut asked = vec![];
        for Recorded { start, end, answer, .. } in recorded {
            kind.note(answer, end.saturating_sub(*start));
            let is_done = !matches!(answer, Answer::Refused(_) | Answer::Unknown(_));
            asked.push(Asked { start: *start, end: *end, is_done });
        }
        kind.latencies_ns.sort_unstable();
        kind.gap_ns = longest_gap(asked);
        kind
    }
}

/// When an operation was asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
    start: u64,
    end: u64,
    is_done: bool,
}

/// The longest time in which none was done though one was asked: from when one that was done ended,
/// or the next was asked if that was later, until the next that was done ended, or the last of all.
fn longest_gap(mut asked: Vec<Asked>) -> u64 {
    asked.sort_unstable_by_key(|asked| asked.end);
    // The earliest start of each and all that end later.
    let mut earliest: Vec<u64> = asked.iter().map(|asked| asked.start).collect();
    for place in (1..earliest.len()).rev() {
        earliest[place - 1] = earliest[place - 1].min(earliest[place]);
    }
    let (mut longest, mut since) = (0, earliest.first().copied().unwrap_or(0));
    for (place, Asked { end, is_done, .. }) in asked.iter().enumerate() {
        let next = earliest.get(place + 1);
        if *is_done || next.is_none() {
            longest = longest.max(end.saturating_sub(since));
            since = next.map_or(*end, |next| *end.max(next));
        }
    }
    longest
}

/// The figures of one run, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// In the order of [`Model::ALL`].
    kinds: [Kind; Model::ALL.len()],
    /// From the start of the first operation to the end of the last, waits of clients included.
    pub(crate) span_ns: u64,
    /// How long clients were there, all together: each from the start to the end of its last
    /// operation.
    pub(crate) lived_ns: u64,
    /// How much of that they slept, because their scenario says so.
    pub(crate) slept_ns: u64,
}

impl Figures {
    /// The figures of what clients asked; reads of the quiet end do not count.
    pub(crate) fn of(recording: &Recording) -> Figures {
        let of = |model: Model| {
            let is_of = |recorded: &&Recorded| recorded.step.model() == Some(model);
            Kind::of(recording.operations().iter().filter(is_of))
        };
        let mut figures = Figures { kinds: Model::ALL.map(of), ..Figures::default() };
        (figures.lived_ns, figures.slept_ns) = recording.sleep_of_lives();
        let first = recording.operations().iter().map(|recorded| recorded.start).min();
        let last = recording.operations().iter().map(|recorded| recorded.end).max();
        figures.span_ns = last.unwrap_or(0).saturating_sub(first.unwrap_or(0));
        figures
    }

    /// The kinds by name; those beside writes and reads only if there were any.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &Kind)> {
        let is_told = |(model, kind): &(Model, &Kind)| {
            matches!(model, Model::Write | Model::Read) || kind.total() > 0
        };
        let kinds = Model::ALL.into_iter().zip(&self.kinds).filter(is_told);
        kinds.map(|(model, kind)| (model.name(), kind))
    }

    /// How many operations were done in a second.
    pub fn throughput(&self) -> Option<f64> {
        let done: usize = self.kinds.iter().map(Kind::done).sum();
        (self.span_ns > 0 && done > 0).then(|| done as f64 * 1e9 / self.span_ns as f64)
    }

    /// How many percent of their time clients slept, if that was most of it: then the throughput is
    /// their pace, and tells nothing of the servers.
    pub fn mostly_slept(&self) -> Option<u64> {
        let percent = (self.slept_ns.saturating_mul(100)).checked_div(self.lived_ns)?;
        (percent > 50).then_some(percent)
    }

    /// These figures and those of another run.
    pub(crate) fn add(&mut self, other: &Figures) {
        for (kind, other) in self.kinds.iter_mut().zip(&other.kinds) {
            kind.add(other);
        }
        self.span_ns += other.span_ns;
        self.lived_ns += other.lived_ns;
        self.slept_ns += other.slept_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(latencies_ns: impl IntoIterator<Item = u64>) -> Kind {
        Kind { latencies_ns: latencies_ns.into_iter().collect(), ..Kind::default() }
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let table: &[(Kind, [Option<u64>; 4])] = &[
            // latencies, then: mean, p50, p99, max
            (kind([]), [None, None, None, None]),
            (kind([7]), [Some(7), Some(7), Some(7), Some(7)]),
            (kind([1, 3]), [Some(2), Some(1), Some(3), Some(3)]),
            (kind([1, 2, 9]), [Some(4), Some(2), Some(9), Some(9)]),
            (kind(1..=100), [Some(50), Some(50), Some(99), Some(100)]),
            (kind(1..=1000), [Some(500), Some(500), Some(990), Some(1000)]),
        ];
        for (kind, expected) in table {
            let found = [
                kind.mean_ns(),
                kind.percentile_ns(50),
                kind.percentile_ns(99),
                kind.percentile_ns(100),
            ];
            assert_eq!(found, *expected, "{kind:?}");
        }
    }

    #[test]
    fn a_gap_is_time_in_which_somebody_asked_in_vain() {
        /// Start, end, and whether it was done.
        type Operation = (u64, u64, bool);
        let table: &[(&[Operation], u64)] = &[
            (&[], 0),
            (&[(5, 7, true)], 2),
            // Nobody asks between the two.
            (&[(0, 1, true), (100, 102, true)], 2),
            // One waits all the time, or many ask in vain.
            (&[(0, 1, true), (1, 102, true)], 101),
            (&[(0, 1, true), (10, 11, false), (50, 51, false), (100, 102, true)], 92),
            // What is asked in vain at the end counts up to the last answer.
            (&[(0, 1, true), (10, 11, false), (50, 60, false)], 50),
            // A long wait does not count where others are served.
            (&[(0, 100, true), (1, 30, true), (31, 60, true), (61, 99, true)], 39),
        ];
        for (asked, gap) in table {
            let asked = asked.iter().map(|&(start, end, is_done)| Asked { start, end, is_done });
            assert_eq!(longest_gap(asked.collect()), *gap);
        }
    }

    #[test]
    fn runs_add_up() {
        let of = |writes, reads| {
            let mut figures = Figures { span_ns: 1_000, ..Figures::default() };
            (figures.kinds[0], figures.kinds[1]) = (writes, reads);
            figures
        };
        let mut figures = of(kind([1, 5]), kind([2]));
        figures.add(&of(kind([3]), kind([])));
        assert_eq!(figures.kinds[0].latencies_ns, [1, 3, 5]);
        assert_eq!(figures.throughput(), Some(2_000_000.0));
        assert_eq!(Figures::default().throughput(), None);
    }
}
