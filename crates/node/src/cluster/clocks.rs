//! What the clocks of the other members say, and whether this one may be believed.
//!
//! ```text
//!    this node             member
//!    asked_ms ── Ask ────▶
//!                          wall_ms      read between the question and the answer
//!    heard_ms ◀─── Tell ──
//! ```
//!
//! When the member read its wall clock, this node's monotonic clock stood between `asked_ms` and
//! `heard_ms`. That bounds how far apart the two clocks are, however long each way took (Cristian
//! 1989). A slow answer only makes the bounds wide. As the bounds are kept against the monotonic
//! clock, a wall clock that is set here is noticed at once.
//!
//! # The cap
//!
//! A node whose clock lies within the cap of fewer than half of the others' makes no stamps: it
//! refuses merged writes, and gives up leadership to a member that knows its own clock to be in
//! order. Members that were never measured do not count, nor does a doubt: a clock that may lie
//! within the cap does. What was stamped before is merged by everyone.
//!
//! After a start nobody is measured, so the clock is not judged and merged writes wait until at
//! least half of the others are, but at most [`WAIT_MS`].
//!
//! # Log time
//!
//! What a leader's clock may carry into the log is limited, too: no more than the cap beyond the
//! lower median of the clocks that it and the measured members *show*. Its own shows what it says;
//! a member's shows the lower of its bounds, so that a slow answer never makes a clock seem to be
//! further ahead than it is.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::api::{Event, MemberClock, Now};
use crate::ids::{Boot, NodeId};
use crate::turn::Turn;
use crate::wire::message::{Body, ClockReading};

/// When the year 2200 begins, in milliseconds since the Unix epoch: all stamps of both orders lie
/// before it.
pub(crate) const YEAR_2200_MS: u64 = 7_258_118_400_000;
/// How often the others' clocks are asked for, in milliseconds.
const ASK_MS: u64 = 500;
/// For how long a narrow measurement is kept against wider ones, in milliseconds.
const KEEP_MS: u64 = 3 * ASK_MS;
/// For how long after a start the clock is not judged while fewer than half of the others are
/// measured, in milliseconds.
const WAIT_MS: u64 = 1000;
/// Both wall clocks and both ends of a round are cut to milliseconds.
const ROUNDING_MS: i64 = 2;

/// A member's wall clock, as it was read between two moments of this node's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    asked_ms: u64,
    heard_ms: u64,
    wall_ms: u64,
}

impl Measured {
    /// How far the member's wall clock is ahead of this node's monotonic one: at least, and at
    /// most.
    fn bounds_ms(&self) -> (i64, i64) {
        let ahead = |at_ms: u64| signed(self.wall_ms) - signed(at_ms);
        (ahead(self.heard_ms) - ROUNDING_MS, ahead(self.asked_ms) + ROUNDING_MS)
    }

    fn width_ms(&self) -> u64 {
        self.heard_ms - self.asked_ms
    }

    /// Whether this one, which is newer, is to take the place of `old`.
    fn replaces(&self, old: &Measured) -> bool {
        let ((low, high), (old_low, old_high)) = (self.bounds_ms(), old.bounds_ms());
        let moved = high < old_low || old_high < low;
        mutant!(SetClockUnnoticed, moved, false)
            || self.width_ms() <= old.width_ms()
            || self.heard_ms > old.heard_ms + KEEP_MS
    }
}

/// How far this node's wall clock is ahead of its monotonic one.
fn own_ms(now: Now) -> i64 {
    signed(now.wall_ms) - signed(now.monotonic_ms)
}

/// A time on any clock, cut where sums could overflow.
fn signed(ms: u64) -> i64 {
    ms.min(1 << 60) as i64
}

/// What is known of a member.
#[derive(Debug, Default)]
struct Member {
    measured: Option<Measured>,
    /// Whether it says that it is fit to lead.
    is_fit: bool,
}

/// The clocks of all other members.
#[derive(Debug)]
pub(crate) struct Clocks {
    cap_ms: i64,
    others: BTreeMap<NodeId, Member>,
    asked_at_ms: Option<u64>,
    /// Who has not answered then is not waited for. `None`: the node does not take part yet.
    due_ms: Option<u64>,
    /// Whether too few are measured to judge this clock.
    waits: bool,
    agrees: bool,
    /// As long as this node's wall clock is so far ahead of its monotonic one, `agrees` stands:
    /// every turn looks. `None`: the next turn judges anew.
    stands_ms: Option<RangeInclusive<i64>>,
    /// How far ahead of its monotonic clock this node's wall clock may carry log time. `None`: not
    /// at all, since fewer than a majority of the clocks are known.
    log_limit_ms: Option<i64>,
}

impl Clocks {
    pub(crate) fn new(me: NodeId, members: &[NodeId], cap_ms: u64) -> Clocks {
        let others = members.iter().filter(|id| **id != me);
        let others: BTreeMap<_, _> = others.map(|id| (*id, Member::default())).collect();
        let cap_ms = signed(cap_ms);
        Clocks {
            cap_ms,
            asked_at_ms: None,
            due_ms: None,
            waits: !others.is_empty(),
            agrees: true,
            stands_ms: None,
            log_limit_ms: log_limit_ms(cap_ms, others.len(), vec![]),
            others,
        }
    }

    /// These are the members from now on.
    pub(crate) fn follow(&mut self, me: NodeId, members: &[NodeId]) {
        self.others.retain(|id, _| members.contains(id));
        for id in members.iter().filter(|id| **id != me) {
            self.others.entry(*id).or_default();
        }
        self.waits &= !self.others.is_empty();
        self.stands_ms = None;
        self.limit_log();
    }

    /// The node takes part from this moment on at the latest.
    pub(crate) fn begin(&mut self, now: Now) {
        self.due_ms.get_or_insert(now.monotonic_ms + WAIT_MS);
    }

    /// Whether too few clocks are measured to judge this node's: merged writes wait.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// The time that this node's clock may carry into the log, if a majority of the clocks are
    /// known.
    pub(crate) fn log_ms(&self, now: Now) -> Option<u64> {
        let limit_ms = self.log_limit_ms?.saturating_add(signed(now.monotonic_ms));
        Some(now.wall_ms.min(u64::try_from(limit_ms).unwrap_or(0)))
    }

    /// Whether this node's wall clock may be believed.
    pub(crate) fn agrees(&self) -> bool {
        self.agrees
    }

    /// The members that are fit to lead: their clocks are known to be in order, and their disks
    /// have room.
    pub(crate) fn fit(&self) -> impl Iterator<Item = NodeId> {
        self.others.iter().filter(|(_, member)| member.is_fit).map(|(id, _)| *id)
    }

    /// How far the clocks that were measured are ahead of this one.
    pub(crate) fn measured(&self, now: Now) -> impl Iterator<Item = MemberClock> {
        self.others.iter().filter_map(move |(id, member)| {
            let (low, high) = member.measured?.bounds_ms();
            let (at_least_ms, at_most_ms) = (low - own_ms(now), high - own_ms(now));
            Some(MemberClock { id: *id, at_least_ms, at_most_ms })
        })
    }

    /// How long a question to a member and its answer take, of the member that is farthest away;
    /// in milliseconds. 0: nobody was measured.
    pub(crate) fn round_trip_ms(&self) -> u64 {
        let measured = self.others.values().filter_map(|member| member.measured);
        measured.map(|clock| clock.width_ms()).max().unwrap_or(0)
    }

    /// Looks at the clocks, at the head of a turn.
    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        if self.stands_ms.as_ref().is_none_or(|stands| !stands.contains(&own_ms(turn.now))) {
            self.judge(turn);
        }
        let now_ms = turn.now.monotonic_ms;
        if self.asked_at_ms.is_none_or(|asked_ms| now_ms >= asked_ms + ASK_MS) {
            self.asked_at_ms = Some(now_ms);
            self.ask(turn);
        }
    }

    /// Asks all for their clocks, and says whether this node is fit to lead.
    pub(crate) fn ask(&self, turn: &mut Turn<'_>) {
        let question = self.question(turn);
        for to in self.others.keys() {
            turn.send_urgent(*to, question.clone());
        }
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId, turn: &mut Turn<'_>) {
        let question = self.question(turn);
        turn.send_urgent(peer, question);
    }

    fn question(&self, turn: &Turn<'_>) -> Body {
        Body::AskClock { asked_ms: turn.now.monotonic_ms, is_fit: self.is_fit(turn) }
    }

    /// Whether this node has measured enough others and agrees, its disk has room, and it is to go
    /// on.
    fn is_fit(&self, turn: &Turn<'_>) -> bool {
        !turn.disk.is_full()
            && !turn.ending
            && self.agrees
            && !self.waits
            && self.others.values().any(|member| member.measured.is_some())
    }

    /// A member asks what this node's clock says.
    pub(crate) fn on_ask(
        &mut self,
        from: NodeId,
        boot: Boot,
        asked_ms: u64,
        is_fit: bool,
        turn: &mut Turn<'_>,
    ) {
        self.on_said(from, is_fit);
        let wall_ms = turn.now.wall_ms;
        let reading = ClockReading { boot, asked_ms, wall_ms, is_fit: self.is_fit(turn) };
        turn.send_urgent(from, Body::TellClock(reading));
    }

    /// A member says what its clock said.
    pub(crate) fn on_told(&mut self, from: NodeId, reading: ClockReading, turn: &mut Turn<'_>) {
        let ClockReading { boot, asked_ms, wall_ms, is_fit } = reading;
        self.on_said(from, is_fit);
        let heard_ms = turn.now.monotonic_ms;
        // An answer to an earlier boot was measured by another monotonic clock.
        if boot != turn.identity.life.boot || asked_ms > heard_ms {
            return;
        }
        let Some(member) = self.others.get_mut(&from) else { return };
        let asked_ms = mutant!(RoundTripIgnored, asked_ms, heard_ms);
        let new = Measured { asked_ms, heard_ms, wall_ms };
        let is_better = match &member.measured {
            None => true,
            // What was asked before may have been read before, too.
            Some(old) => asked_ms > old.asked_ms && new.replaces(old),
        };
        if is_better {
            member.measured = Some(new);
            self.limit_log();
            self.judge(turn);
        }
    }

    fn on_said(&mut self, from: NodeId, is_fit: bool) {
        if let Some(member) = self.others.get_mut(&from) {
            member.is_fit = is_fit;
        }
    }

    fn limit_log(&mut self) {
        let shown = self.others.values().filter_map(|member| member.measured);
        let shown_ms = shown.map(|clock| clock.bounds_ms().0).collect();
        self.log_limit_ms = log_limit_ms(self.cap_ms, self.others.len(), shown_ms);
    }

    fn judge(&mut self, turn: &mut Turn<'_>) {
        let own_ms = own_ms(turn.now);
        let (mut measured, mut near) = (0, 0);
        let (mut from_ms, mut to_ms) = (i64::MIN, i64::MAX);
        for clock in self.others.values().filter_map(|member| member.measured) {
            let (low, high) = clock.bounds_ms();
            let (near_from, near_to) = (low - self.cap_ms, high + self.cap_ms);
            measured += 1;
            if own_ms < near_from {
                to_ms = to_ms.min(near_from - 1);
            } else if own_ms > near_to {
                from_ms = from_ms.max(near_to + 1);
            } else {
                near += 1;
                (from_ms, to_ms) = (from_ms.max(near_from), to_ms.min(near_to));
            }
        }
        // Whom it waits for once, it does not wait for again: who was measured stays so, and time
        // goes on.
        let is_due = self.due_ms.is_some_and(|due_ms| turn.now.monotonic_ms >= due_ms);
        self.waits = 2 * measured < self.others.len() && !is_due;
        turn.clock_waits = self.waits;
        self.stands_ms = (!self.waits).then_some(from_ms..=to_ms);
        let agrees = mutant!(HalfDoubted, 2 * near >= measured, 2 * near > measured) || self.waits;
        if agrees != self.agrees {
            self.agrees = agrees;
            turn.clock_agrees = agrees;
            turn.note(Event::Clock { agrees, others: self.measured(turn.now).collect() });
        }
    }
}

/// How far ahead of its monotonic clock a node's wall clock may carry log time, when so many
/// others' clocks show this against that monotonic clock: no more than the cap beyond the lower
/// median of all that are known, its own included.
fn log_limit_ms(cap_ms: i64, others: usize, mut shown_ms: Vec<i64>) -> Option<i64> {
    let known = shown_ms.len() + 1;
    if mutant!(HalfCarriesLogTime, 2 * known <= others + 1, 2 * known < others + 1) {
        return None;
    }
    shown_ms.sort_unstable();
    // Where the own clock is the median, or below it, the limit is above it in any case. Where it
    // is above, the lower median of all is the one that has this place among the others.
    let median_ms = shown_ms.get(mutant!(UpperMedian, (known - 1) / 2, known / 2));
    Some(median_ms.map_or(i64::MAX, |median_ms| median_ms + cap_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(monotonic_ms: u64, wall_ms: u64) -> Now {
        Now { monotonic_ms, wall_ms }
    }

    fn measured(asked_ms: u64, heard_ms: u64, wall_ms: u64) -> Measured {
        Measured { asked_ms, heard_ms, wall_ms }
    }

    #[test]
    fn a_round_bounds_how_far_clocks_are_apart() {
        // Asked at 100, heard at 140; the member's clock said 5000, this one 4900 at the end.
        let one = measured(100, 140, 5000);
        let ahead = |now| {
            let (low, high) = one.bounds_ms();
            (low - own_ms(now), high - own_ms(now))
        };
        assert_eq!(ahead(now(140, 4900)), (98, 142));
        assert_eq!(ahead(now(1140, 5900)), (98, 142), "later, while both run on");
        assert_eq!(ahead(now(1140, 4900)), (1098, 1142), "this clock was set back");
        let farthest = measured(0, u64::MAX, u64::MAX).bounds_ms().1 - own_ms(now(u64::MAX, 0));
        assert!(farthest.checked_add(1 << 61).is_some(), "sums stay far from the ends");
    }

    #[test]
    fn log_time_goes_no_further_than_the_lower_median_and_the_cap() {
        // As the promise has it: the lower median of all clocks that are known, the own one
        // included.
        let by_the_word = |own_ms: i64, shown_ms: &[i64]| {
            let mut all_ms = [shown_ms, &[own_ms]].concat();
            all_ms.sort();
            own_ms.min(all_ms[(all_ms.len() - 1) / 2] + 500)
        };
        let rows: [&[i64]; 6] =
            [&[], &[0], &[7_000, -90], &[5, -3_600_000, 8], &[1, 2, 3, 4], &[-9, -9, 40, 41, 99]];
        for (others, shown_ms) in rows.iter().map(|row| (row.len(), row)) {
            let limit_ms = log_limit_ms(500, others, shown_ms.to_vec()).unwrap();
            for own_ms in [-3_600_000, -600, -91, 0, 3, 40, 600, 8_000, 3_600_000] {
                assert_eq!(own_ms.min(limit_ms), by_the_word(own_ms, shown_ms), "{own_ms}");
            }
        }
        assert_eq!(log_limit_ms(500, 2, vec![]), None, "one of three is no majority");
        assert_eq!(log_limit_ms(500, 3, vec![4]), None, "nor are two of four");
        assert_eq!(log_limit_ms(500, 4, vec![4, 5]), Some(505), "three of five are");
    }

    #[test]
    fn clocks_at_the_ends_of_time_overflow_nothing() {
        let mut clocks = Clocks::new(NodeId(1), &[NodeId(1), NodeId(2)], u64::MAX);
        for (wall_ms, heard_ms) in [(u64::MAX, 0), (0, u64::MAX), (u64::MAX, u64::MAX)] {
            let member = clocks.others.get_mut(&NodeId(2)).unwrap();
            member.measured = Some(measured(0, heard_ms, wall_ms));
            clocks.limit_log();
            for now in [now(0, 0), now(u64::MAX, u64::MAX), now(0, u64::MAX), now(u64::MAX, 0)] {
                assert!(clocks.log_ms(now).unwrap() <= now.wall_ms);
            }
        }
    }

    #[test]
    fn a_narrow_measurement_is_kept_for_a_while() {
        let old = measured(1000, 1010, 1005);
        assert!(measured(1500, 1505, 1502).replaces(&old), "narrower");
        assert!(!measured(1500, 1900, 1700).replaces(&old), "wider, and says the same");
        assert!(measured(1500, 1900, 9700).replaces(&old), "the clock was set");
        assert!(measured(2500, 2900, 2700).replaces(&old), "the old one is old");
    }
}
