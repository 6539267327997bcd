//! What operations cost: how long they took and how many there were.

use crate::plan::{Answer, Step};
use crate::recording::{Recorded, Recording};

/// The operations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// How long each that was done took, in nanoseconds, shortest first.
    latencies_ns: Vec<u64>,
    /// How many were refused.
    pub(crate) refused: usize,
    /// How many have an unknown outcome.
    pub(crate) unknown: usize,
    /// The longest time, while such operations were asked, in which none of them was done.
    pub(crate) gap_ns: u64,
}

impl Kind {
    /// How many were done.
    pub(crate) fn done(&self) -> usize {
        self.latencies_ns.len()
    }

    /// How many there were.
    pub(crate) fn total(&self) -> usize {
        self.done() + self.refused + self.unknown
    }

    /// The mean of those that were done.
    pub(crate) fn mean_ns(&self) -> Option<u64> {
        let sum: u128 = self.latencies_ns.iter().map(|latency| u128::from(*latency)).sum();
        let mean = sum.checked_div(self.latencies_ns.len() as u128)?;
        u64::try_from(mean).ok()
    }

    /// The least latency that so many percent of those that were done did not exceed: the nearest
    /// rank, so it is always one that was measured.
    pub(crate) fn percentile_ns(&self, percent: usize) -> Option<u64> {
        let rank = (self.latencies_ns.len() * percent).div_ceil(100);
        self.latencies_ns.get(rank.saturating_sub(1)).copied()
    }

    fn note(&mut self, answer: &Answer, latency_ns: u64) {
        match answer {
            Answer::Written | Answer::Value(_) | Answer::Swapped(_) => {
                self.latencies_ns.push(latency_ns)
            }
            Answer::Refused(_) => self.refused += 1,
            Answer::Unknown(_) => self.unknown += 1,
        }
    }

    fn add(&mut self, other: &Kind) {
        self.latencies_ns.extend(&other.latencies_ns);
        self.latencies_ns.sort_unstable();
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.gap_ns = self.gap_ns.max(other.gap_ns);
    }

    /// The figures of the operations of one kind, in the order in which they ended.
    fn of<'r>(recorded: impl Iterator<Item = &'r Recorded>) -> Kind {
        let mut kind = Kind::default();
        // When the first began, then when the last one that was done ended.
        let mut since = None;
        let mut ends: Vec<(u64, bool)> = vec![];
        for recorded in recorded {
            kind.note(&recorded.answer, recorded.end.saturating_sub(recorded.start));
            since = Some(since.unwrap_or(recorded.start).min(recorded.start));
            let is_done = !matches!(recorded.answer, Answer::Refused(_) | Answer::Unknown(_));
            ends.push((recorded.end, is_done));
        }
        kind.latencies_ns.sort_unstable();
        ends.sort_unstable();
        let last = ends.len().saturating_sub(1);
        let mut since = since.unwrap_or(0);
        for (place, (end, is_done)) in ends.into_iter().enumerate() {
            if is_done || place == last {
                kind.gap_ns = kind.gap_ns.max(end.saturating_sub(since));
                since = end;
            }
        }
        kind
    }
}

/// The figures of one run, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) writes: Kind,
    pub(crate) reads: Kind,
    /// Compare-and-sets.
    pub(crate) cas: Kind,
    /// From the start of the first operation to the end of the last, waits of clients included.
    pub(crate) span_ns: u64,
}

impl Figures {
    /// The figures of what clients asked; reads of the quiet end do not count.
    pub(crate) fn of(recording: &Recording) -> Figures {
        let of = |is_of: fn(&Step) -> bool| {
            Kind::of(recording.operations().iter().filter(|recorded| is_of(&recorded.step)))
        };
        let mut figures = Figures {
            writes: of(|step| matches!(step, Step::Write { .. })),
            reads: of(|step| matches!(step, Step::Read { .. })),
            cas: of(|step| matches!(step, Step::Cas { .. })),
            span_ns: 0,
        };
        let first = recording.operations().iter().map(|recorded| recorded.start).min();
        let last = recording.operations().iter().map(|recorded| recorded.end).max();
        figures.span_ns = last.unwrap_or(0).saturating_sub(first.unwrap_or(0));
        figures
    }

    /// The kinds by name; compare-and-sets only if there were any.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&'static str, &Kind)> {
        let always = [("write", &self.writes), ("read", &self.reads)];
        let cas = Some(("cas", &self.cas)).filter(|(_, kind)| kind.total() > 0);
        always.into_iter().chain(cas)
    }

    /// How many operations were done in a second.
    pub(crate) fn throughput(&self) -> Option<f64> {
        let done = self.writes.done() + self.reads.done() + self.cas.done();
        (self.span_ns > 0 && done > 0).then(|| done as f64 * 1e9 / self.span_ns as f64)
    }

    /// These figures and those of another run.
    pub(crate) fn add(&mut self, other: &Figures) {
        self.writes.add(&other.writes);
        self.reads.add(&other.reads);
        self.cas.add(&other.cas);
        self.span_ns += other.span_ns;
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
    fn runs_add_up() {
        let of = |writes, reads| Figures { writes, reads, cas: kind([]), span_ns: 1_000 };
        let mut figures = of(kind([1, 5]), kind([2]));
        figures.add(&of(kind([3]), kind([])));
        assert_eq!(figures.writes.latencies_ns, [1, 3, 5]);
        assert_eq!(figures.throughput(), Some(2_000_000.0));
        assert_eq!(Figures::default().throughput(), None);
    }
}
