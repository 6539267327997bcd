//! Quorums of two memberships intersect. Begin with [`SameRoster`].
//!
//! - The members are a fold over the log ([`super::roster`]): a step counts only after the command
//!   that began its change, and in its order; each changes who counts in majorities by one member
//!   at most. All nodes hold this fold at what they have applied.
//! - A leader adds no step while one before it is not applied.
//! - Who leads is a member that counts, by its own log; a learner answers nobody.
//! - A node halts for its removal only if the log says so; of one that is removed nobody applies a
//!   merged entry behind its last.

use std::collections::BTreeMap;

use node::{Index, NodeId, Output, Reply, Role, RosterSeen, Standing};

use super::invariant::{Invariant, Turn};
use super::life::is_removal;
use super::roster::Roster;
use crate::plan::setting::Setting;

/// The members at every index.
#[derive(Debug)]
pub(crate) struct SameRoster {
    is_on: bool,
    roster: Roster,
    /// How far the log is folded.
    index: u64,
    /// How it was from which entry on.
    versions: Vec<(u64, RosterSeen)>,
    /// For each node, its life, and how far it was looked at.
    seen: BTreeMap<usize, (u64, u64)>,
    /// The life of each node whose first entries that are not applied were looked at, and the last
    /// entry that it held.
    led: BTreeMap<usize, (u64, u64)>,
    /// The life of each node that has halted: it does nothing any more.
    halted: BTreeMap<usize, u64>,
}

impl SameRoster {
    pub(crate) fn new(setting: &Setting) -> SameRoster {
        SameRoster {
            is_on: setting.changes_members(),
            roster: Roster::of_founders(setting.nodes),
            index: 0,
            versions: vec![],
            seen: BTreeMap::new(),
            led: BTreeMap::new(),
            halted: BTreeMap::new(),
        }
    }

    /// Folds in what this node knows to be committed.
    fn learn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        while self.index < turn.status.commit.0 {
            let next = self.index + 1;
            let Some(writes) = turn.view.writes(next) else { return Ok(()) };
            let before = self.roster.voters();
            if let Some((change, step)) = turn.view.step(next) {
                self.roster.step(next, change, &step);
            }
            for write in &writes {
                if self.roster.takes(write)
                    && let Some(change) = write.command.member_change()
                {
                    self.roster.begin(next, &change);
                }
            }
            let changed = self.roster.voters().symmetric_difference(&before).count();
            if changed > 1 {
                return Err(format!("entry {next} changes {changed} of those who vote at once"));
            }
            self.index = next;
            let now = self.roster.seen();
            if self.versions.last().map(|last| &last.1) != Some(&now) {
                self.versions.push((next, now));
            }
        }
        Ok(())
    }

    /// How the members are behind this entry.
    fn at(&self, index: u64) -> RosterSeen {
        let end = self.versions.partition_point(|(from, _)| *from <= index);
        self.versions[..end].last().map(|last| last.1.clone()).unwrap_or_default()
    }

    fn holds_the_fold(&mut self, turn: &Turn<'_>, seen: &RosterSeen) -> Result<(), String> {
        let applied = turn.status.applied.0;
        let now = (turn.life, applied);
        if self.seen.get(&turn.host) == Some(&now)
            || turn.view.is_within_entry()
            || turn.status.lost.agreed
            || applied > self.index
        {
            return Ok(());
        }
        self.seen.insert(turn.host, now);
        let expected = self.at(applied);
        if *seen == expected {
            return Ok(());
        }
        let node = turn.status.id.0;
        let [seen, expected] = [seen, &expected].map(told);
        Err(format!(
            "at index {applied} node {node} has the members {seen}, and the log says {expected}"
        ))
    }

    /// A leader adds a step only when all before it are applied.
    fn one_step_at_a_time(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let last = turn.view.last_index();
        let before = self.led.insert(turn.host, (turn.life, last));
        let Some((life, before)) = before else { return Ok(()) };
        if status.role != Role::Leader || life != turn.life {
            return Ok(());
        }
        for index in before + 1..=last {
            let is_own = turn.view.entry(index).is_some_and(|(term, _)| term == status.term.0);
            if !is_own || turn.view.step(index).is_none() {
                continue;
            }
            let waits = status.applied.0 + 1..index;
            if let Some(first) = waits.into_iter().find(|one| turn.view.step(*one).is_some()) {
                let node = status.id.0;
                return Err(format!(
                    "node {node} adds a step at {index} while the one at {first} is not applied"
                ));
            }
        }
        Ok(())
    }

    /// What a node does that only a member may.
    fn acts_as_it_may(&self, turn: &Turn<'_>, seen: &RosterSeen) -> Result<(), String> {
        let (id, node) = (turn.status.id, turn.status.id.0);
        let standing = standing(seen, id);
        let is_away = seen.version > Index(0) && standing.is_none();
        if turn.status.role == Role::Leader
            && (is_away || standing == Some(Standing::Learner))
            && self.halted.get(&turn.host) != Some(&turn.life)
        {
            let seen = told(seen);
            return Err(format!("node {node} leads, and does not vote among the members {seen}"));
        }
        for output in turn.outputs {
            match output {
                Output::Reply { reply, .. }
                    if standing == Some(Standing::Learner) && !matches!(reply, Reply::Error(_)) =>
                {
                    return Err(format!("node {node} only learns, and answers"));
                }
                Output::Halt { reason, .. }
                    if is_removal(reason) && !self.roster.has_removed(id) =>
                {
                    return Err(format!("node {node} halts: {reason}; the log does not say so"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Nothing of one that is removed is applied behind its last place, unless by one that goes as
    /// lost: nobody asked what it holds.
    fn ends_there(&self, turn: &Turn<'_>, seen: &RosterSeen) -> Result<(), String> {
        let me = turn.status.id;
        let is_lost = seen.change.as_ref().is_some_and(|change| change.loses);
        let is_leaving = is_lost && standing(seen, me) == Some(Standing::Leaving);
        if is_leaving || seen.removed.iter().any(|one| one.0 == me) {
            return Ok(());
        }
        for (id, _, last) in &seen.removed {
            let at = turn.status.vector.iter().find(|at| at.0 == *id);
            if let Some((_, boot, index)) = at.filter(|at| (at.1, at.2) > *last) {
                let node = turn.status.id.0;
                return Err(format!(
                    "node {node} has applied entry {index} of boot {boot} of node {}, which was removed at entry {} of boot {}",
                    id.0, last.1, last.0
                ));
            }
        }
        Ok(())
    }
}

/// The members in words.
fn told(seen: &RosterSeen) -> String {
    let members = seen.members.iter().map(|(id, standing)| format!("{} {standing}", id.0));
    let removed = seen
        .removed
        .iter()
        .map(|(id, at, last)| format!("{} removed at {at} up to {}:{}", id.0, last.0, last.1));
    let change = seen.change.iter().map(|change| format!("change {} goes on", change.index));
    let all: Vec<String> = members.chain(removed).chain(change).collect();
    format!("of version {} ({})", seen.version, all.join(", "))
}

fn standing(seen: &RosterSeen, id: NodeId) -> Option<Standing> {
    seen.members.iter().find(|one| one.0 == id).map(|one| one.1)
}

impl Invariant for SameRoster {
    fn name(&self) -> &'static str {
        "members"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if !self.is_on {
            return Ok(());
        }
        self.learn(turn)?;
        if turn.outputs.iter().any(|output| matches!(output, Output::Halt { .. })) {
            self.halted.insert(turn.host, turn.life);
        }
        let seen = turn.view.roster();
        self.one_step_at_a_time(turn)?;
        self.acts_as_it_may(turn, &seen)?;
        self.holds_the_fold(turn, &seen)?;
        self.ends_there(turn, &seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use crate::options::Options;
    use node::{Boot, Command, MemberChange, MemberStep, NamedWrite, Sequence, Term};

    /// Node 4 is added to three: asked for by the first entry, learns by the second.
    fn learnt() -> (SameRoster, Held, RosterSeen) {
        let options = Options { members: Some(true), nodes: Some(3), ..Options::default() };
        let invariant = SameRoster::new(&Setting::draw(1, &options));
        let add = MemberChange::Add { id: NodeId(4), address: "node-4:7000".into() };
        let command = Command::change_members(&add);
        let (node, boot, sequence) = (NodeId(1), Boot(1), Sequence(1));
        let write = NamedWrite { node, boot, sequence, keyspace: 0, command };
        let held = Held {
            writes: vec![vec![write], vec![], vec![]],
            entries: vec![(1, 0), (1, 1), (1, 2)],
            stamps: vec![(1, None); 2],
            steps: BTreeMap::from([(2, (Index(1), MemberStep::Learn(NodeId(4))))]),
            ..Held::default()
        };
        let mut roster = Roster::of_founders(3);
        roster.begin(1, &add);
        roster.step(2, Index(1), &MemberStep::Learn(NodeId(4)));
        (invariant, held, roster.seen())
    }

    fn look(
        invariant: &mut SameRoster,
        node: u64,
        held: &Held,
        role: Role,
        outputs: &[Output],
    ) -> Result<(), String> {
        let mut status = status(node);
        (status.commit, status.applied, status.role) = (Index(2), Index(2), role);
        invariant.on_turn(&Turn { view: held, outputs, ..turn(&status, 1) })
    }

    #[test]
    fn members_that_are_not_those_of_the_log_are_seen() {
        let (mut invariant, mut held, seen) = learnt();
        held.roster = seen.clone();
        assert_eq!(look(&mut invariant, 1, &held, Role::Leader, &[]), Ok(()));
        held.roster.members[3].1 = Standing::Voter;
        assert!(look(&mut invariant, 2, &held, Role::Follower, &[]).is_err(), "it only learns");
        held.roster = RosterSeen::default();
        assert!(look(&mut invariant, 3, &held, Role::Follower, &[]).is_err(), "it is not there");
    }

    #[test]
    fn who_only_learns_neither_leads_nor_answers() {
        let (mut invariant, mut held, seen) = learnt();
        held.roster = seen;
        let answer = |reply| {
            let (session, id) = (node::SessionId(1), node::RequestId(1));
            [Output::Reply { session, id, reply, certificate: None }]
        };
        let refuses = answer(Reply::Error(node::Error::ClusterDown("it learns")));
        assert_eq!(look(&mut invariant, 4, &held, Role::Follower, &refuses), Ok(()));
        assert!(look(&mut invariant, 4, &held, Role::Follower, &answer(Reply::Ok)).is_err());
        assert!(look(&mut invariant, 4, &held, Role::Leader, &[]).is_err());
    }

    #[test]
    fn a_step_beside_another_and_a_halt_for_nothing_are_seen() {
        let (mut invariant, mut held, seen) = learnt();
        held.roster = seen;
        let mut status = status(1);
        (status.role, status.term) = (Role::Leader, Term(1));
        let before = Turn { view: &held, ..turn(&status, 1) };
        assert_eq!(invariant.one_step_at_a_time(&before), Ok(()));
        held.steps.insert(3, (Index(1), MemberStep::Promote(NodeId(4))));
        held.stamps.push((1, None));
        let then = Turn { view: &held, ..turn(&status, 1) };
        assert!(invariant.one_step_at_a_time(&then).is_err(), "2 is not applied");
        let reason = "this node was removed from its cluster at index 9".into();
        let halt = [Output::Halt { exit_code: 78, reason }];
        assert!(look(&mut invariant, 2, &held, Role::Follower, &halt).is_err());
    }

    #[test]
    fn what_is_applied_of_one_that_is_gone_is_seen() {
        let (invariant, held, _) = learnt();
        let removed = vec![(NodeId(3), Index(2), (Boot(1), Index(5)))];
        let seen = RosterSeen { removed, ..RosterSeen::default() };
        let look = |index| {
            let mut status = status(1);
            status.vector = vec![(NodeId(3), Boot(1), Index(index))];
            invariant.ends_there(&Turn { view: &held, ..turn(&status, 1) }, &seen)
        };
        assert_eq!(look(5), Ok(()));
        assert!(look(6).is_err());
    }
}
