//! The cap on clock drift holds where a stamp is made. Begin with [`Capped`].
//!
//! - What a node says it measured of another's clock bounds how far that clock was ahead.
//! - A node that answers a merged write with success has a clock that lay, as measured, within the
//!   cap of at least half of the others it had measured; a node that refuses one for its clock has
//!   not. At either moment it had measured at least half of all others in this boot, or it had
//!   taken part for a second or longer.
//! - No stamp lies above every clock that could be believed. This follows from the cap, and does
//!   not rest on what the stamping node says: others' stamps raise a clock no further.
//! - At the end, when all clocks are right, every node has measured all others, and says so.

use std::collections::BTreeMap;

use node::{Certificate, Error, NodeId, Order, Output, Reply, RequestId, SessionId, Status};

use super::invariant::{Invariant, Rest, Turn, takes_part};
use crate::plan::setting::Setting;
use crate::record::describe;

/// A clock that gains or loses more than this part of the time was set.
const RATE_PERCENT: u64 = 60;
/// A reading in milliseconds, and two more of them.
const ROUNDING_MS: i64 = 4;
/// After how long by its own monotonic clock a node goes on although it has measured fewer than
/// half of the others.
const WAIT_MS: u64 = 1000;

/// What is known of the clocks.
#[derive(Debug)]
pub(crate) struct Capped {
    cap_ms: i64,
    merged: bool,
    hosts: Vec<Seen>,
    /// The highest wall clock of a node that could be believed.
    highest_ms: u64,
}

/// What was seen of one node.
#[derive(Clone, Debug, Default)]
struct Seen {
    life: u64,
    /// Counts its turns in all lives.
    turns: u64,
    /// The last turn at which its clock was within the cap, and the last at which it was not.
    near_turn: u64,
    far_turn: u64,
    /// In which turn it was asked what it has not answered.
    asked: BTreeMap<(SessionId, RequestId), u64>,
    /// When it first took part in this life, by its monotonic clock.
    began_ms: Option<u64>,
    /// Whether it had measured enough at some time of this life, or waited long enough.
    goes_on: bool,
    /// The bounds that it told of each clock, against its own monotonic clock.
    told: BTreeMap<NodeId, (i64, i64)>,
    /// When its wall clock was last looked at, what it said, and when it was last seen to be set.
    looked_us: u64,
    wall_ms: u64,
    set_us: u64,
}

impl Capped {
    pub(crate) fn new(setting: &Setting) -> Capped {
        Capped {
            cap_ms: setting.max_clock_drift_ms as i64,
            merged: setting.order == Order::Merged
                && !setting.has_keyspaces()
                && !setting.changes_members(),
            hosts: vec![Seen::default(); setting.hosts()],
            highest_ms: 0,
        }
    }

    /// Notices which wall clocks were set.
    fn look_at_walls(&mut self, turn: &Turn<'_>) {
        for (seen, wall_ms) in self.hosts.iter_mut().zip(turn.walls_ms) {
            let world_ms = (turn.at_us - seen.looked_us) / 1000;
            let gained_ms = (*wall_ms as i64 - seen.wall_ms as i64).abs_diff(world_ms as i64);
            if gained_ms > 2 + world_ms * RATE_PERCENT / 100 {
                seen.set_us = turn.at_us;
            }
            (seen.looked_us, seen.wall_ms) = (turn.at_us, *wall_ms);
        }
    }

    /// What a node newly says of another's clock holds, unless either was set meanwhile.
    fn bounds_hold(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let now = turn.now;
        let own_ms = now.wall_ms as i64 - now.monotonic_ms as i64;
        for clock in &turn.status.clocks {
            let bounds = (clock.at_least_ms + own_ms, clock.at_most_ms + own_ms);
            let told = self.hosts[turn.host].told.insert(clock.id, bounds);
            let same = |told: (i64, i64)| told.0.abs_diff(bounds.0) + told.1.abs_diff(bounds.1) < 4;
            if told.is_some_and(same) {
                continue;
            }
            let other = clock.id.0 as usize - 1;
            let width_ms = (clock.at_most_ms - clock.at_least_ms).unsigned_abs();
            let since_us = turn.at_us.saturating_sub(3_000 * width_ms + 100_000);
            let was_set = |host: usize| self.hosts[host].set_us >= since_us;
            if was_set(turn.host) || was_set(other) {
                continue;
            }
            let ahead_ms = turn.walls_ms[other] as i64 - now.wall_ms as i64;
            let slack_ms = ROUNDING_MS + width_ms as i64;
            let bounds = clock.at_least_ms - slack_ms..=clock.at_most_ms + slack_ms;
            if !bounds.contains(&ahead_ms) {
                let node = turn.status.id.0;
                let measured = describe::clock(clock);
                return Err(format!(
                    "node {node} measured that {measured}; it is {ahead_ms} ms ahead"
                ));
            }
        }
        Ok(())
    }

    /// Judges a node's clock by what it measured.
    fn judge(&mut self, turn: &Turn<'_>) {
        let (measured, near) = count_near(turn.status, self.cap_ms);
        let seen = &mut self.hosts[turn.host];
        let now_ms = turn.now.monotonic_ms;
        if takes_part(turn.status) {
            seen.began_ms.get_or_insert(now_ms);
        }
        let half = 2 * measured + 1 >= turn.status.members.len();
        let waited = seen.began_ms.is_some_and(|began_ms| now_ms >= began_ms + WAIT_MS);
        // One that is added later is not waited for.
        seen.goes_on |= half || waited;
        if !seen.goes_on {
            return;
        }
        if 2 * near < measured {
            seen.far_turn = seen.turns;
        } else {
            seen.near_turn = seen.turns;
            self.highest_ms = self.highest_ms.max(turn.now.wall_ms);
        }
    }

    fn check_reply(
        &mut self,
        turn: &Turn<'_>,
        key: (SessionId, RequestId),
        reply: &Reply,
        certificate: Option<&Certificate>,
    ) -> Result<(), String> {
        let seen = &mut self.hosts[turn.host];
        let asked_turn = seen.asked.remove(&key).unwrap_or(0);
        let node = turn.status.id.0;
        let clocks = || {
            format!(
                "when it was {} ms by its clock, {}",
                turn.now.wall_ms,
                describe::clocks(&turn.status.clocks)
            )
        };
        if *reply == Reply::Ok && self.merged && seen.near_turn < asked_turn {
            return Err(format!(
                "node {node} took a write although its clock is off, or not known to be right; {}",
                clocks()
            ));
        }
        // What is to run once may be ahead by its id, whatever clocks nodes have.
        if let Reply::Error(Error::ClockSkew(why)) = reply
            && !why.starts_with("the id of ONCE")
            && seen.far_turn < asked_turn
        {
            return Err(format!("node {node} refused a write for no reason; {}", clocks()));
        }
        match certificate {
            Some(Certificate::Merged { entry: Some(entry), .. })
                if entry.clock >> 16 > self.highest_ms =>
            {
                let (highest_ms, made) = (self.highest_ms, describe::write(*entry));
                Err(format!(
                    "node {node} made {made}; no clock to be believed was above {highest_ms} ms"
                ))
            }
            _ => Ok(()),
        }
    }
}

/// How many clocks a node has measured, and how many of them may lie within the cap.
fn count_near(status: &Status, cap_ms: i64) -> (usize, usize) {
    let near = status.clocks.iter().filter(|clock| {
        let apart_ms = clock.at_least_ms.max(-clock.at_most_ms);
        apart_ms <= cap_ms
    });
    (status.clocks.len(), near.count())
}

impl Invariant for Capped {
    fn name(&self) -> &'static str {
        "capped clocks"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        self.look_at_walls(turn);
        let seen = &mut self.hosts[turn.host];
        if seen.life != turn.life {
            (seen.life, seen.began_ms, seen.goes_on) = (turn.life, None, false);
            seen.asked.clear();
            seen.told.clear();
        }
        seen.turns += 1;
        let this_turn = seen.turns;
        seen.asked.extend(turn.asked.iter().map(|key| (*key, this_turn)));
        self.bounds_hold(turn)?;
        self.judge(turn);
        for output in turn.outputs {
            if let Output::Reply { session, id, reply, certificate } = output {
                self.check_reply(turn, (*session, *id), reply, certificate.as_deref())?;
            }
        }
        Ok(())
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let lives = |id: &NodeId| rest.fates[id.0 as usize - 1].is_there();
        for status in rest.statuses {
            let knows = |id: &NodeId| {
                *id == status.id
                    || status.clocks.iter().any(|clock| {
                        let around =
                            clock.at_least_ms - ROUNDING_MS..=clock.at_most_ms + ROUNDING_MS;
                        clock.id == *id && around.contains(&0)
                    })
            };
            let unknown = status.members.iter().filter(|id| lives(id)).find(|id| !knows(id));
            if let Some(NodeId(other)) = unknown {
                let (node, clocks) = (status.id.0, describe::clocks(&status.clocks));
                return Err(format!(
                    "node {node} does not know that node {other}'s clock is right: {clocks}"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use crate::options::Options;
    use node::{MemberClock, Now};

    const KEY: (SessionId, RequestId) = (SessionId(3), RequestId(1));

    fn invariant() -> Capped {
        let options = Options { order: Some(Order::Merged), nodes: Some(2), ..Options::default() };
        let setting = Setting { max_clock_drift_ms: 500, ..Setting::draw(1, &options) };
        Capped::new(&setting)
    }

    /// One turn of node 1, whose clock is right, beside node 2, which it says is so far ahead.
    fn play(
        invariant: &mut Capped,
        ahead_ms: (i64, i64),
        really_ms: u64,
        reply: Reply,
    ) -> Result<(), String> {
        let (at_least_ms, at_most_ms) = ahead_ms;
        let clocks = vec![MemberClock { id: NodeId(2), at_least_ms, at_most_ms }];
        play_at(invariant, 9_000, clocks, really_ms, reply)
    }

    /// The same, at this time of its monotonic clock, with what it measured.
    fn play_at(
        invariant: &mut Capped,
        monotonic_ms: u64,
        clocks: Vec<MemberClock>,
        really_ms: u64,
        reply: Reply,
    ) -> Result<(), String> {
        let status = Status { clocks, members: vec![NodeId(1), NodeId(2)], ..status(1) };
        let now = Now { monotonic_ms, wall_ms: 1_000_000 };
        let (session, id) = KEY;
        let outputs = [Output::Reply { session, id, reply, certificate: None }];
        let walls_ms = [1_000_000, 1_000_000 + really_ms];
        let at_us = invariant.hosts[0].looked_us + 10_000_000;
        let turn = Turn {
            now,
            asked: &[KEY],
            outputs: &outputs,
            walls_ms: &walls_ms,
            at_us,
            ..turn(&status, 1)
        };
        // The clocks have run for long.
        invariant.hosts.iter_mut().for_each(|seen| seen.looked_us = at_us);
        invariant.hosts.iter_mut().zip(walls_ms).for_each(|(seen, wall_ms)| seen.wall_ms = wall_ms);
        invariant.on_turn(&turn)
    }

    #[test]
    fn a_write_by_a_clock_that_is_off_is_seen() {
        assert_eq!(play(&mut invariant(), (490, 510), 500, Reply::Ok), Ok(()));
        let off = play(&mut invariant(), (501, 511), 505, Reply::Ok);
        assert!(off.unwrap_err().contains("took a write"));
        let refused = || Reply::Error(Error::ClockSkew(""));
        assert_eq!(play(&mut invariant(), (501, 511), 505, refused()), Ok(()));
        let needless = play(&mut invariant(), (490, 510), 500, refused());
        assert!(needless.unwrap_err().contains("for no reason"));
    }

    #[test]
    fn a_write_before_half_are_measured_is_seen_for_a_second() {
        let skewed = || Reply::Error(Error::ClockSkew(""));
        let mut invariant = invariant();
        let mut at = |ms, reply| play_at(&mut invariant, ms, vec![], 0, reply);
        assert!(at(9_000, Reply::Ok).unwrap_err().contains("not known to be right"));
        assert!(at(9_500, skewed()).unwrap_err().contains("for no reason"));
        assert!(at(9_999, Reply::Ok).is_err());
        assert_eq!(at(10_000, Reply::Ok), Ok(()), "a second has passed");
    }

    #[test]
    fn bounds_that_do_not_hold_are_seen() {
        assert_eq!(play(&mut invariant(), (-5, 5), 3, Reply::Ok), Ok(()));
        assert!(play(&mut invariant(), (-5, 5), 100, Reply::Ok).unwrap_err().contains("measured"));
    }
}
