//! Whether the disk is quick enough that the loop may wait for it.
//!
//! Who waits is deaf meanwhile. A disk that stalls now and then would hold the loop up each time,
//! if one quick sync made up for it: so after a stall it has to be quick for a while.

use std::time::Duration;

use crate::mutants::mutant;

/// A disk that takes longer for a small group is slow.
const QUICK: Duration = Duration::from_millis(2);
/// Groups up to so many bytes are small. Greater ones say nothing of the disk: they take long.
pub(super) const SMALL_BYTES: usize = 64 << 10;
/// How many small groups have to be quick in a row after the first slow one; twice as many after
/// each further one that somebody may have waited for.
const PROOF: u32 = 64;
/// After so many quick ones in a row all slow ones are forgotten.
const PROOF_MAX: u32 = 4096;

/// What is known of the disk's pace. At the start nothing speaks against it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Small groups that were quick since the last slow one.
    quick: u32,
    /// How many of them it takes.
    required: u32,
}

impl Pace {
    /// Whether the disk may be waited for.
    pub(super) fn is_quick(&self) -> bool {
        self.quick >= self.required
    }

    /// A group of this size took so long.
    pub(super) fn note(&mut self, payload: usize, took: Duration) {
        if payload > SMALL_BYTES {
            return;
        }
        match took <= QUICK {
            true => self.note_quick(),
            false => self.note_slow(),
        }
    }

    fn note_quick(&mut self) {
        self.quick = self.quick.saturating_add(1);
        if self.quick >= PROOF_MAX {
            self.required = 0;
        }
    }

    fn note_slow(&mut self) {
        if self.is_quick() {
            self.required = (2 * self.required).clamp(PROOF, PROOF_MAX);
        }
        self.quick = mutant!(StallForgiven, 0, self.required);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many quick groups it takes until the disk is waited for.
    fn proof(pace: &mut Pace) -> u32 {
        let mut count = 0;
        while !pace.is_quick() {
            pace.note(100, QUICK);
            count += 1;
        }
        count
    }

    fn stall(pace: &mut Pace) {
        pace.note(100, QUICK * 2);
    }

    #[test]
    fn a_disk_that_stalls_again_and_again_has_to_be_quick_for_longer_and_longer() {
        let mut pace = Pace::default();
        assert_eq!(proof(&mut pace), 0, "nothing speaks against it");
        for expected in [64, 128, 256, 512, 1024, 2048, 4096] {
            stall(&mut pace);
            assert_eq!(proof(&mut pace), expected);
        }
        stall(&mut pace);
        assert_eq!(proof(&mut pace), 64, "it was quick for so long that its stalls are forgotten");
    }

    #[test]
    fn stalls_that_nobody_may_have_waited_for_only_begin_the_count_anew() {
        let mut pace = Pace::default();
        stall(&mut pace);
        (0..63).for_each(|_| pace.note(100, QUICK));
        stall(&mut pace);
        assert_eq!(proof(&mut pace), 64);
    }

    #[test]
    fn great_groups_say_nothing_of_the_disk() {
        let mut pace = Pace::default();
        pace.note(SMALL_BYTES + 1, QUICK * 2);
        assert!(pace.is_quick());
        stall(&mut pace);
        pace.note(SMALL_BYTES + 1, QUICK);
        assert_eq!(proof(&mut pace), 64);
    }
}
