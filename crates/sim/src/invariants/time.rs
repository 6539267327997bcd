//! Log time goes on, and no clock carries it away. Begin with [`Onward`].
//!
//! The entries of a leader have stamps that
//!
//! - are never below one before them in its log: log time never goes back;
//! - grow at least at half the pace of the leader's monotonic clock, from every stamp of this
//!   leadership on, and from the last one before it, at the moment when this boot of the leader
//!   took that in: log time never stands;
//! - exceed that only as far as the leader's clock carries them, and that is no further than the
//!   cap beyond the lower median of its clock and those it has measured, a majority together
//!   ([`super::clock`] checks what it says of them).

use std::collections::BTreeMap;

use node::{NodeId, Order, Role, Status};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;

/// What was seen of the logs.
#[derive(Debug)]
pub(crate) struct Onward {
    agreed: bool,
    cap_ms: i64,
    hosts: Vec<Seen>,
    /// What is committed.
    known: Vec<Entry>,
}

/// What was seen of one node.
#[derive(Clone, Debug, Default)]
struct Seen {
    life: u64,
    /// When this life began, by the monotonic clock of the node.
    began_ms: i64,
    /// Every entry of its log.
    log: Vec<Entry>,
    /// The last term that it led.
    led: u64,
    /// Of all stamps that log time grows from: twice the stamp less its moment, at most.
    base_ms: i64,
    /// How many members there were after its last turn; 0: it had none.
    members: usize,
    /// What it said after its last turn that the others' clocks show, against its monotonic clock.
    shown_ms: BTreeMap<NodeId, i64>,
}

/// An entry, and when this life of the node took it in.
#[derive(Clone, Copy, Debug)]
struct Entry {
    term: u64,
    stamp_ms: Option<i64>,
    at_ms: i64,
}

impl Seen {
    /// Where log time is at least.
    fn line_ms(&self, now_ms: i64) -> i64 {
        (self.base_ms + now_ms).div_euclid(2)
    }

    /// Drops what is gone from the log. Entries of one index and term are the same, and so are all
    /// before them. `known`: what is committed.
    fn drop_replaced(&mut self, turn: &Turn<'_>, known: &[Entry]) {
        self.log.truncate(turn.view.last_index() as usize);
        while let Some(last) = self.log.last() {
            let index = self.log.len() as u64;
            let here = match index < turn.view.first_index() {
                // What is forgotten was committed; a state that was fetched may have replaced it.
                true => known.get(index as usize - 1).map_or(last.term, |entry| entry.term),
                false => turn.view.stamp(index).map_or(0, |(term, _)| term),
            };
            if here == last.term {
                return;
            }
            self.log.pop();
        }
    }

    /// How far the node's clock could carry log time in this turn, if it could. What it measured
    /// during the turn counts for some of the entries that it made in it, and for others not.
    fn clock_ms(&mut self, turn: &Turn<'_>, cap_ms: i64) -> Option<i64> {
        let now_ms = turn.now.monotonic_ms as i64;
        let own_ms = turn.now.wall_ms as i64 - now_ms;
        // They may have come or gone behind some of the entries.
        let now = turn.status.members.len();
        let before = std::mem::replace(&mut self.members, now);
        let members = if before == 0 { now } else { now.min(before) };
        let shown_ms = shown_ms(turn.status, own_ms);
        let carries = |shown| carries_ms(own_ms, shown, members, cap_ms);
        let clock_ms = carries(&shown_ms).max(carries(&self.shown_ms)).map(|ms| ms + now_ms);
        self.shown_ms = shown_ms;
        clock_ms
    }

    /// The node has begun to lead: log time grows from the last stamp.
    fn lead(&mut self, term: u64) {
        self.led = term;
        let before = self.log.iter().rev().filter(|entry| entry.term < term);
        let last = before.filter_map(|entry| Some((entry.stamp_ms?, entry.at_ms))).next();
        let (stamp_ms, at_ms) = last.unwrap_or((0, self.began_ms));
        self.base_ms = 2 * stamp_ms - at_ms;
    }
}

/// How far the node's clock may carry log time, against its monotonic clock, if it may.
fn carries_ms(
    own_ms: i64,
    shown_ms: &BTreeMap<NodeId, i64>,
    members: usize,
    cap_ms: i64,
) -> Option<i64> {
    let mut all_ms: Vec<i64> = shown_ms.values().copied().chain([own_ms]).collect();
    all_ms.sort_unstable();
    if 2 * all_ms.len() <= members {
        return None;
    }
    Some(own_ms.min(all_ms[(all_ms.len() - 1) / 2] + cap_ms))
}

fn shown_ms(status: &Status, own_ms: i64) -> BTreeMap<NodeId, i64> {
    status.clocks.iter().map(|clock| (clock.id, own_ms + clock.at_least_ms)).collect()
}

impl Onward {
    pub(crate) fn new(setting: &Setting) -> Onward {
        Onward {
            agreed: setting.order == Order::Agreed,
            cap_ms: setting.max_clock_drift_ms as i64,
            hosts: vec![Seen::default(); setting.hosts()],
            known: vec![],
        }
    }

    /// Looks at an entry that the node made in this turn, while its clock could carry log time so
    /// far.
    fn check(
        &mut self,
        host: usize,
        stamp_ms: i64,
        now_ms: i64,
        clock_ms: Option<i64>,
    ) -> Result<(), String> {
        let seen = &mut self.hosts[host];
        let (node, index) = (host + 1, seen.log.len() + 1);
        let before = seen.log.iter().rev().find_map(|entry| entry.stamp_ms);
        let line_ms = seen.line_ms(now_ms);
        seen.base_ms = seen.base_ms.max(2 * stamp_ms - now_ms);
        if let Some(before) = before
            && stamp_ms < before
        {
            return Err(format!(
                "log time goes back: node {node} stamps entry {index} {stamp_ms} after {before}"
            ));
        }
        if stamp_ms < line_ms {
            return Err(format!(
                "log time stands: node {node} stamps entry {index} {stamp_ms}, and had to reach {line_ms}"
            ));
        }
        if stamp_ms > line_ms.max(clock_ms.unwrap_or(line_ms)) {
            let clock = clock_ms.map_or("nothing".into(), |clock_ms| clock_ms.to_string());
            return Err(format!(
                "log time is carried away: node {node} stamps entry {index} {stamp_ms}; its clock allows {clock}, \
                 and the log {line_ms}"
            ));
        }
        Ok(())
    }
}

impl Invariant for Onward {
    fn name(&self) -> &'static str {
        "log time"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if !self.agreed {
            return Ok(());
        }
        let (status, now_ms) = (turn.status, turn.now.monotonic_ms as i64);
        let seen = &mut self.hosts[turn.host];
        if seen.life != turn.life {
            *seen = Seen { life: turn.life, began_ms: now_ms, ..Seen::default() };
        }
        seen.drop_replaced(turn, &self.known);
        if status.role == Role::Leader && seen.led != status.term.0 {
            seen.lead(status.term.0);
        }
        let clock_ms = seen.clock_ms(turn, self.cap_ms);
        for index in seen.log.len() as u64 + 1..=turn.view.last_index() {
            if index < turn.view.first_index() {
                // A snapshot took its place; another node had it once.
                let entry = self.known.get(index as usize - 1).copied();
                let entry = entry.unwrap_or(Entry { term: 0, stamp_ms: None, at_ms: now_ms });
                self.hosts[turn.host].log.push(Entry { at_ms: now_ms, ..entry });
                continue;
            }
            let Some((term, stamp_ms)) = turn.view.stamp(index) else { break };
            let stamp_ms = stamp_ms.map(|stamp_ms| stamp_ms as i64);
            if let Some(stamp_ms) = stamp_ms
                && term == self.hosts[turn.host].led
            {
                self.check(turn.host, stamp_ms, now_ms, clock_ms)?;
            }
            self.hosts[turn.host].log.push(Entry { term, stamp_ms, at_ms: now_ms });
        }
        for index in self.known.len() as u64 + 1..=status.commit.0 {
            let Some(entry) = self.hosts[turn.host].log.get(index as usize - 1) else { break };
            self.known.push(*entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use crate::options::Options;
    use node::{MemberClock, Now};

    /// A world of three nodes as node 1 lives it.
    struct Life {
        invariant: Onward,
        held: Held,
        status: Status,
    }

    impl Life {
        /// Node 1 leads term 2 and says that both others' clocks are 400 ms ahead of its own. In
        /// its log is one entry of term 1, which it took in at 1000.
        fn begin() -> Life {
            let options = Options { order: Some(Order::Agreed), ..Options::default() };
            let setting =
                Setting { max_clock_drift_ms: 500, nodes: 3, ..Setting::draw(1, &options) };
            let clock = |id| MemberClock { id: NodeId(id), at_least_ms: 400, at_most_ms: 410 };
            let members = [1, 2, 3].map(NodeId).to_vec();
            let status = Status { clocks: vec![clock(2), clock(3)], members, ..status(1) };
            let mut life = Life { invariant: Onward::new(&setting), held: Held::default(), status };
            assert_eq!(life.write(1000, 0, (1, Some(70_000))), Ok(()));
            (life.status.role, life.status.term.0) = (Role::Leader, 2);
            assert_eq!(life.write(1100, 0, (2, None)), Ok(()), "it opens its term");
            life
        }

        fn write(
            &mut self,
            monotonic_ms: u64,
            wall_ms: u64,
            entry: (u64, Option<u64>),
        ) -> Result<(), String> {
            self.held.stamps.push(entry);
            let now = Now { monotonic_ms, wall_ms };
            self.invariant.on_turn(&Turn { now, view: &self.held, ..turn(&self.status, 1) })
        }
    }

    #[test]
    fn log_time_that_goes_back_or_stands_is_seen() {
        let mut life = Life::begin();
        assert_eq!(life.write(1200, 70_300, (2, Some(70_300))), Ok(()), "by the clock");
        assert_eq!(life.write(1300, 60_000, (2, Some(70_350))), Ok(()), "at half its pace");
        let back = life.write(1300, 60_000, (2, Some(70_349)));
        assert!(back.unwrap_err().contains("goes back"));
        let mut life = Life::begin();
        assert_eq!(life.write(1200, 70_300, (2, Some(70_300))), Ok(()));
        let stands = life.write(1400, 60_000, (2, Some(70_399)));
        assert!(stands.unwrap_err().contains("stands"));
    }

    #[test]
    fn log_time_grows_from_what_the_leader_found() {
        let mut life = Life::begin();
        assert_eq!(life.write(2000, 0, (2, Some(70_500))), Ok(()));
        let mut life = Life::begin();
        assert!(life.write(2000, 0, (2, Some(70_499))).unwrap_err().contains("stands"));
    }

    #[test]
    fn a_clock_that_carries_log_time_away_is_seen() {
        let allowed = 80_000 + 400 + 500;
        let mut life = Life::begin();
        life.status.clocks.iter_mut().for_each(|clock| clock.at_least_ms = -10_000);
        assert_eq!(life.write(2000, 80_000, (2, Some(70_500))), Ok(()), "they are 10 s behind");
        let away = life.write(3000, 81_000, (2, Some(81_000)));
        assert!(away.unwrap_err().contains("carried away"));
        let mut life = Life::begin();
        let away = life.write(2000, 80_000, (2, Some(allowed)));
        assert!(away.unwrap_err().contains("carried away"), "its own says less");
        let mut life = Life::begin();
        life.status.clocks.clear();
        life.invariant.hosts[0].shown_ms.clear();
        let away = life.write(2000, 80_000, (2, Some(80_000)));
        assert!(away.unwrap_err().contains("carried away"), "no majority is known");
    }
}
