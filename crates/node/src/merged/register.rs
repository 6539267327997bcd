//! The merge rule: what a key holds by all the writes of it that a replica knows.
//!
//! Of SETs and DELs the one with the highest stamp wins, the *winner*. An increment **counts if it
//! saw the winner**: if its replica had applied the winner's entry when it made its own, or stands
//! behind the winner in one log. Without a winner all count. So an increment is lost only to a SET
//! or DEL that it had not seen. What a key shows is the winner's number, or 0 without one, and the
//! sum of what counts.
//!
//! ```text
//!  replica 1   SET k 10 ─────── INCRBY k 1 ────────────┐      saw SET k 10
//!  replica 2            └────── INCRBY k 5 ── SET k 0 ─┴─▶    k = 0: neither saw that SET
//!  replica 3                              └── INCRBY k 2 ─▶   k = 2: it saw SET k 0
//! ```
//!
//! # What is kept, and why that is enough
//!
//! The winner, and for each replica the place of its last increment that counts and the sum of
//! them. Entries are applied in causal order, so:
//!
//! - **An increment comes.** Had it seen a SET above the winner here, that would have come first
//!   and be the winner. So it counts now or never, and what does not is forgotten.
//! - **A SET or DEL comes that wins.** Nobody whose increment is here had seen it: that increment
//!   would have come later. So all sums go. One that loses changes nothing: whoever saw it and the
//!   winner counts as before.
//!
//! # States that are joined
//!
//! Two states, each the fold of all that its vector holds, make the fold of what both hold:
//!
//! - **Winners that differ:** the higher one, with the sums of its side alone. The other side does
//!   not hold it, so no increment there had seen it.
//! - **One winner:** those of a replica's increments that saw it are the last ones in its log, so
//!   of two sums the one with the later place holds the other.
//! - **A winner on one side only:** if the other's vector lacks it, it is as if they differed: what
//!   the other side may have had was a DEL that is gone, and who writes below one that is gone is
//!   none any more ([`super::stability`]). If its vector holds it, a DEL at least as high is gone
//!   there, and so the winner goes. Then sums are joined as below.
//! - **Sums without a winner:** of two the one with the later place; one that the other side lacks
//!   goes if that one's vector holds it, since a DEL that is gone there took it along. (What lies
//!   beyond that vector saw the DEL: it was stable.)
//!
//! So a counter over a DEL and one over nothing may stand for the same, where the DEL's tombstone
//! went before the increment came. Both show the same, and digests take them for one.

use std::borrow::Cow;

use super::hlc::Stamp;
use super::writer::Writer;
use crate::commands::integer;
use crate::ids::NodeId;
use crate::wire::version_vector::{Place, VersionVector};

/// What the merge rule knows of a key.
///
/// - There are sums only where the winner left a number, or nothing.
/// - Sums are in the order of replicas, one for each at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Register<'a> {
    /// The SET or DEL with the highest stamp, and what it left. None: there was none, or it was a
    /// DEL that is gone.
    pub(super) winner: Option<(Writer, Option<Cow<'a, [u8]>>)>,
    pub(super) sums: Vec<Sum>,
}

/// What the increments of a replica come to that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) replica: NodeId,
    /// Where the last of them stands in its log.
    pub(super) place: Place,
    pub(super) amount: i128,
}

impl Sum {
    /// Whether a vector holds all of it.
    pub(super) fn is_within(&self, vector: &VersionVector) -> bool {
        vector.get(self.replica) >= self.place
    }
}

/// An increment: where it stands, and what its replica had applied when it made it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Increment<'e> {
    pub(super) stamp: Stamp,
    pub(super) place: Place,
    pub(super) after: &'e VersionVector,
}

impl Increment<'_> {
    /// Whether it saw a SET or DEL. A replica's own log is in order, also where its last entries
    /// were on their way to the disk and not applied.
    fn saw(&self, write: Writer) -> bool {
        let (Stamp { replica, offset, .. }, place) = (write.stamp, write.place);
        let is_before = (place, offset) < (self.place, self.stamp.offset);
        if mutant!(OwnUnseen, replica == self.stamp.replica, false) {
            return is_before;
        }
        self.after.get(replica) >= place
    }
}

impl<'a> Register<'a> {
    /// What a SET or DEL leaves.
    pub(super) fn written(by: Writer, value: Option<Cow<'a, [u8]>>) -> Register<'a> {
        Register { winner: Some((by, value)), sums: vec![] }
    }

    pub(super) fn writer(&self) -> Option<Writer> {
        self.winner.as_ref().map(|(by, _)| *by)
    }

    /// What the winner left.
    pub(super) fn base(&self) -> Option<&[u8]> {
        self.winner.as_ref().and_then(|(_, value)| value.as_deref())
    }

    /// Nothing is known of the key.
    pub(super) fn is_empty(&self) -> bool {
        self.winner.is_none() && self.sums.is_empty()
    }

    /// Whether something counts.
    pub(super) fn is_counter(&self) -> bool {
        !self.sums.is_empty()
    }

    /// The number that it is; nothing there counts as 0. `None`: it is no number.
    pub(super) fn number(&self) -> Option<i128> {
        let base = self.base().map_or(Some(0), integer)?;
        Some(self.sums.iter().map(|sum| sum.amount).sum::<i128>() + i128::from(base))
    }

    /// What a read shows.
    pub(super) fn shown(self) -> Option<Cow<'a, [u8]>> {
        if self.sums.is_empty() {
            return self.winner.and_then(|(_, value)| value);
        }
        let number = self.number().expect("what is no number has no sums");
        Some(Cow::Owned(number.to_string().into_bytes()))
    }

    /// Merges a SET or DEL; false: it loses.
    pub(super) fn write(&mut self, by: Writer, value: Option<Cow<'a, [u8]>>) -> bool {
        let wins = self.writer().is_none_or(|winner| winner.stamp < by.stamp);
        if wins {
            *self = Register::written(by, value);
        }
        wins
    }

    /// Merges an increment; false: it does not count.
    pub(super) fn add(&mut self, increment: &Increment<'_>, amount: i128) -> bool {
        let counts = self.writer().is_none_or(|winner| increment.saw(winner));
        // Where it was made it is refused; whatever comes from elsewhere adds nothing, anywhere.
        if !counts || self.base().is_some_and(|base| integer(base).is_none()) {
            return false;
        }
        let (replica, place) = (increment.stamp.replica, increment.place);
        match self.sums.binary_search_by_key(&replica, |sum| sum.replica) {
            Ok(at) => {
                let sum = &mut self.sums[at];
                sum.place = place;
                sum.amount = mutant!(LastIncrementWins, sum.amount + amount, amount);
            }
            Err(at) => self.sums.insert(at, Sum { replica, place, amount }),
        }
        true
    }

    /// The same, with bytes of its own.
    pub(super) fn into_owned(self) -> Register<'static> {
        let own = |value: Cow<'_, [u8]>| Cow::Owned(value.into_owned());
        let winner = self.winner.map(|(by, value)| (by, value.map(own)));
        Register { winner, sums: self.sums }
    }
}

/// The sums of two states with one winner, or with none. `here` and `there`: what each side holds.
pub(super) fn join_sums(
    ours: &[Sum],
    theirs: &[Sum],
    here: &VersionVector,
    there: &VersionVector,
) -> Vec<Sum> {
    let of = |sums: &[Sum], replica| sums.iter().find(|sum| sum.replica == replica).copied();
    let later = |sum: &Sum| match of(theirs, sum.replica) {
        Some(other) if mutant!(SumsAddedAtJoin, false, true) => {
            Some(Sum { amount: sum.amount + other.amount, ..*sum })
        }
        Some(other) if other.place > sum.place => Some(other),
        Some(_) => Some(*sum),
        None => (!sum.is_within(there)).then_some(*sum),
    };
    let is_gone = |sum: &Sum| mutant!(JoinRevivesSum, sum.is_within(here), false);
    let is_new = |sum: &&Sum| of(ours, sum.replica).is_none() && !is_gone(sum);
    let mut sums: Vec<Sum> = ours.iter().filter_map(later).collect();
    sums.extend(mutant!(SumsDroppedAtJoin, theirs, &[]).iter().filter(is_new));
    sums.sort_unstable_by_key(|sum| sum.replica);
    sums
}

#[cfg(test)]
mod tests;
