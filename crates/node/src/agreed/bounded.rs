//! Bounded reads: what was committed a while ago, shown without asking anybody.
//!
//! ```text
//!   round asked ─────── confirmed, index i ─── i applied ────────── read taken: all that was
//!        │◀──────────────────── at most the bound ────────────────────▶│ committed then is here
//! ```
//!
//! A round of ReadIndex proves what it was asked for when it was *asked*: the answer may be long on
//! its way, and says nothing of what was committed meanwhile. So a replica knows one moment: the
//! latest at which a round was asked whose index it has applied. While bounded reads come, rounds
//! begin often enough that this moment stays within their bound; they end some time after the last.

use std::collections::VecDeque;

use crate::ids::Index;

/// Rounds begin this many times within a bound: one may be lost, or late, and the bound is kept.
const ROUNDS: u64 = 3;
/// After so many bounds without a read no more rounds begin.
const IDLE_BOUNDS: u64 = 3;
/// Bounds that are looked after at a time. Rounds for a shorter one serve all that are longer.
const BOUNDS_MAX: usize = 16;
/// Confirmed rounds that may wait for their index. If there are more, the latest counts for one
/// before it, too.
const CONFIRMED_MAX: usize = 16;

/// A bound that reads asked for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    ms: u64,
    /// When no more rounds begin for it, unless it is asked for again.
    until_ms: u64,
}

/// How far back in time the applied state surely reaches.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    wanted: Vec<Wanted>,
    /// When the last round began.
    began_ms: Option<u64>,
    /// Confirmed rounds whose index is not applied: the index, and when they were asked.
    confirmed: VecDeque<(Index, u64)>,
    /// When the latest round was asked whose index is applied.
    asked_ms: Option<u64>,
}

impl Bounds {
    /// A read asks for this bound.
    pub(crate) fn want(&mut self, ms: u32, now_ms: u64) {
        let ms = u64::from(ms);
        let until_ms = now_ms + IDLE_BOUNDS * ms;
        if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.ms == ms) {
            wanted.until_ms = until_ms;
            return;
        }
        if self.wanted.len() == BOUNDS_MAX {
            let place = (0..BOUNDS_MAX).max_by_key(|place| self.wanted[*place].ms);
            let longest = &mut self.wanted[place.expect("there are many")];
            if ms < longest.ms {
                *longest = Wanted { ms, until_ms };
            }
            return;
        }
        self.wanted.push(Wanted { ms, until_ms });
    }

    /// Whether bounded reads come.
    pub(crate) fn is_wanted(&mut self, now_ms: u64) -> bool {
        let ended = |wanted: &Wanted| now_ms >= wanted.until_ms;
        mutant!(RoundsNeverEnd, self.wanted.retain(|wanted| !ended(wanted)), ());
        !self.wanted.is_empty()
    }

    /// Whether a round is to begin now, whoever else waits for one.
    pub(crate) fn is_due(&mut self, now_ms: u64) -> bool {
        if self.wanted.is_empty() || !self.is_wanted(now_ms) {
            return false;
        }
        let shortest_ms = self.wanted.iter().map(|wanted| wanted.ms).min().expect("one is there");
        self.began_ms.is_none_or(|began_ms| now_ms.saturating_sub(began_ms) >= shortest_ms / ROUNDS)
    }

    /// A round begins, for whomever.
    pub(crate) fn on_begun(&mut self, now_ms: u64) {
        self.began_ms = Some(now_ms);
    }

    /// Rounds that were asked may never be answered.
    pub(crate) fn on_lost(&mut self) {
        self.began_ms = None;
    }

    /// A quorum confirmed a round that was asked then.
    pub(crate) fn on_confirmed(&mut self, asked_ms: u64, index: Index) {
        let is_full = self.confirmed.len() >= CONFIRMED_MAX;
        match self.confirmed.back_mut() {
            Some(last) if last.0 >= index || is_full => {
                *last = (last.0.max(index), last.1.max(asked_ms));
            }
            _ => self.confirmed.push_back((index, asked_ms)),
        }
    }

    /// When the latest round was asked that counts, now that `applied` is applied.
    pub(crate) fn asked_ms(&mut self, applied: Index) -> Option<u64> {
        let applied = mutant!(BoundBeforeApplied, applied, Index(u64::MAX));
        while let Some((index, asked_ms)) = self.confirmed.front()
            && *index <= applied
        {
            self.asked_ms = self.asked_ms.max(Some(*asked_ms));
            self.confirmed.pop_front();
        }
        self.asked_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_begin_while_reads_come_and_end_when_they_do_not() {
        let mut bounds = Bounds::default();
        assert!(!bounds.is_due(1_000), "nobody asks");
        bounds.want(90, 1_000);
        assert!(bounds.is_due(1_000));
        bounds.on_begun(1_000);
        assert!(!bounds.is_due(1_029));
        assert!(bounds.is_due(1_030), "a third of the bound later");
        bounds.want(90, 1_200);
        assert!(bounds.is_due(1_469), "three bounds after the last read");
        assert!(!bounds.is_due(1_470));
        assert!(!bounds.is_wanted(1_470));
    }

    #[test]
    fn rounds_are_those_of_the_shortest_bound() {
        let mut bounds = Bounds::default();
        bounds.want(3_000, 0);
        bounds.want(30, 0);
        bounds.on_begun(0);
        assert!(bounds.is_due(10));
        bounds.on_begun(90);
        assert!(!bounds.is_due(1_089), "the shorter one is over");
        assert!(bounds.is_due(1_090));
    }

    #[test]
    fn many_bounds_take_no_more_room() {
        let mut bounds = Bounds::default();
        (1..=100).rev().for_each(|ms| bounds.want(ms * 100, 0));
        assert_eq!(bounds.wanted.len(), BOUNDS_MAX);
        bounds.on_begun(0);
        assert!(bounds.is_due(34), "the shortest is among them");
    }

    #[test]
    fn a_round_counts_from_when_it_was_asked_and_once_its_index_is_applied() {
        let mut bounds = Bounds::default();
        assert_eq!(bounds.asked_ms(Index(9)), None, "no round is known");
        bounds.on_confirmed(100, Index(5));
        bounds.on_confirmed(130, Index(7));
        assert_eq!(bounds.asked_ms(Index(4)), None);
        assert_eq!(bounds.asked_ms(Index(6)), Some(100));
        // The answer to an older one may come later.
        bounds.on_confirmed(120, Index(7));
        assert_eq!(bounds.asked_ms(Index(7)), Some(130));
    }

    #[test]
    fn confirmed_rounds_take_no_more_room_where_nothing_is_applied() {
        let mut bounds = Bounds::default();
        (1..=100).for_each(|round| bounds.on_confirmed(round, Index(round)));
        assert_eq!(bounds.confirmed.len(), CONFIRMED_MAX);
        assert_eq!(bounds.asked_ms(Index(99)), Some(15), "the last counts with the latest index");
        assert_eq!(bounds.asked_ms(Index(100)), Some(100));
    }
}
