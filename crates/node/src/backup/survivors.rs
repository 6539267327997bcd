//! What the survivors of a cluster hold together that has lost its majority for good, and the first
//! node of a new cluster out of it.
//!
//! ```text
//!   node 2   agreed log, last (term, index) (7, 340)   merged {1: 90, 2: 33, 3: 12}
//!   node 3   agreed log, last (term, index) (6, 355)   merged {1: 88, 2: 30, 3: 15}
//!   ─────────────────────────────────────────────────────────────────────────────────
//!   taken    that of node 2, with all its entries      merged {1: 90, 2: 33, 3: 15}
//!   lost     node 1: its merged log is held up to 90
//! ```
//!
//! **The agreed order.** The log of the greatest (last term, last index) holds every entry that was
//! ever committed and that any survivor holds: whoever led in its last term had all that was
//! committed before (Raft §5.4.1). What follows in it may be committed too, and acknowledged by
//! those that are lost, and nobody can say so any more. So all its entries count.
//!
//! **The merged order.** All that any survivor holds is joined, as replicas join a state that they
//! fetch. What a lost member wrote behind the last place that a survivor holds is lost.
//!
//! Boots, terms and the clock of stamps go on behind all that any of the directories names. The ids
//! of keyspaces go on behind those of the log that is taken, and no survivor's merged log holds a
//! later one: nobody writes under an id before all members have applied the entry that reserves it,
//! those of a configuration included. Who was
//! a member is over: what is made has a cluster id of its own (see [`Founding`]).

use std::collections::{BTreeMap, BTreeSet};

use super::contents::last_boot;
use super::founding::{Founder, Founding};
use crate::agreed::State;
use crate::api::{Config, Level, Order, StartError};
use crate::cluster::roster::{Roster, Standing};
use crate::commands::View;
use crate::ids::{Boot, DirectoryId, Index, Lives, NodeId, Term};
use crate::merged::Merged;
use crate::recovery::{Held, Recovery};
use crate::snapshot::Still;
use crate::wire::base::AgreedBase;
use crate::wire::facts::Facts;
use crate::wire::record::{Birth, Cluster, Known};
use crate::wire::version_vector::{Place, VersionVector};

/// A survivor, as its directory tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// Which node it is.
    pub node: NodeId,
    /// The random id of its directory.
    pub directory: DirectoryId,
    /// The last start of the directory.
    pub boot: Boot,
    /// The last entry of its agreed log, and its term.
    pub last: (Index, Term),
    /// Up to where it knows that log to be committed.
    pub commit: Index,
    /// The entry at which its snapshot stands; 0: there is none.
    pub snapshot: Index,
    /// How far it holds each merged log: the boot and the entry.
    pub merged: Vec<(NodeId, Boot, Index)>,
    /// A later start of the same directory that another survivor has believed, if this one has not
    /// lived that: then this directory is an older copy.
    pub outlived: Option<Boot>,
}

/// A member that is no survivor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which node it is.
    pub node: NodeId,
    /// Where it received its peers; empty if nobody knows.
    pub address: String,
    /// The last place of its merged log that any survivor holds; `None`: there is none.
    pub merged: Option<(Boot, Index)>,
}

/// What the survivors of one cluster hold together.
///
/// - All are of one cluster and one epoch, and no two of the same node.
#[derive(Debug, Default)]
pub struct Survivors {
    told: Vec<Survivor>,
    /// Of each, in the same order: all its starts, and what it believes of other members.
    seen: Vec<(Lives, BTreeMap<NodeId, Known>)>,
    joined: Option<Joined>,
}

/// All of them together.
#[derive(Debug)]
struct Joined {
    cluster: Cluster,
    /// Whose agreed log is taken: what is known of it, its state behind its last entry, and its
    /// table of members, which no other knows to be newer.
    birth: Birth,
    facts: Facts,
    agreed: State,
    base: AgreedBase,
    roster: Roster,
    merged: Merged,
    /// The last boot and the last term that any of them names.
    boot: Boot,
    term: Term,
}

/// The snapshot of a new cluster's first node, in pieces.
#[derive(Debug)]
pub struct Founded {
    cluster: (u64, u64),
    /// What turns the snapshot into that of the new node, until it is whole.
    founding: Option<Founding>,
    still: Still,
}

impl Survivors {
    /// Reads the directory of this node, where no node starts with it: tell it the newest good
    /// snapshot and all groups behind it.
    pub fn reading(node: NodeId) -> Recovery {
        // Who founded the cluster, and the order of `default`, stand on the disk.
        Recovery::new(Config {
            id: node,
            members: vec![(node, String::new())],
            order: Order::Agreed,
            level: Level::Linearizable,
            request_timeout_ms: 0,
            max_clock_drift_ms: 0,
            max_memory: None,
            seed: 0,
            incarnation: 0,
            directory: DirectoryId(0),
            discard_state: false,
            join: false,
        })
    }

    /// Takes in what a directory holds, read to its end.
    ///
    /// # Errors
    /// It is of no use, of another cluster, or of a node that is among them already. Nothing of it
    /// was taken in.
    pub fn add(&mut self, read: Recovery) -> Result<(), StartError> {
        let held = read.into_held()?;
        let (birth, cluster) = formed(&held.facts)?;
        refuse_useless(&held)?;
        self.check_fits(&birth, cluster)?;
        self.told.push(Survivor {
            node: birth.id,
            directory: birth.directory,
            boot: held.facts.lives.last_boot(),
            last: (held.base.index, held.base.term),
            commit: held.facts.commit.max(held.snapshot),
            snapshot: held.snapshot,
            merged: places(held.merged.vector()),
            outlived: None,
        });
        self.seen.push((held.facts.lives.clone(), held.facts.known.clone()));
        match &mut self.joined {
            Some(joined) => joined.join(birth, held)?,
            None => self.joined = Some(Joined::of(birth, cluster, held)),
        }
        Ok(())
    }

    fn check_fits(&self, birth: &Birth, cluster: Cluster) -> Result<(), StartError> {
        let Some(joined) = &self.joined else { return Ok(()) };
        if joined.cluster != cluster {
            let named = |it: Cluster| format!("cluster {:016x}, epoch {}", it.id, it.epoch);
            return Err(StartError(format!(
                "it is of {}, and those before it are of {}\n  hint: name the directories of one cluster",
                named(cluster),
                named(joined.cluster)
            )));
        }
        if self.told.iter().any(|told| told.node == birth.id) {
            return Err(StartError(format!(
                "it is of node {}, and so is one before it\n  hint: name of each node the directory that it ran on last",
                birth.id.0
            )));
        }
        Ok(())
    }

    /// Holds what all say against each other, once all are taken in.
    ///
    /// # Errors
    /// One of them cannot count: its place among them, and why.
    pub fn compare(&mut self) -> Result<(), (usize, StartError)> {
        let Some(joined) = &self.joined else { return Ok(()) };
        for (place, told) in self.told.iter_mut().enumerate() {
            joined.check_member(told).map_err(|error| (place, error))?;
            let lives = &self.seen[place].0;
            for known in self.seen.iter().filter_map(|(_, known)| known.get(&told.node)) {
                if known.directory != told.directory {
                    return Err((place, not_its_directory(told.node)));
                }
                if !lives.contain(known.life) {
                    told.outlived = told.outlived.max(Some(known.life.boot));
                }
            }
        }
        Ok(())
    }

    // What they are.

    /// All survivors, as they were named.
    pub fn told(&self) -> &[Survivor] {
        &self.told
    }

    /// The id of their cluster, and its epoch.
    pub fn cluster(&self) -> Option<(u64, u64)> {
        self.joined.as_ref().map(|joined| (joined.cluster.id, joined.cluster.epoch))
    }

    /// The order of the keyspace `default`.
    pub fn order(&self) -> Option<Order> {
        self.joined.as_ref().map(|joined| joined.birth.order)
    }

    /// Whose agreed log is taken.
    pub fn best(&self) -> Option<NodeId> {
        self.joined.as_ref().map(|joined| joined.birth.id)
    }

    /// How far all of them together hold each merged log.
    pub fn merged(&self) -> Vec<(NodeId, Boot, Index)> {
        self.joined.as_ref().map_or(vec![], |joined| places(joined.merged.vector()))
    }

    /// How many keys there are of each order.
    pub fn keys(&self) -> (u64, u64) {
        let count = |joined: &Joined| (View::keys(&joined.agreed), joined.merged.applied_keys());
        self.joined.as_ref().map_or((0, 0), count)
    }

    /// The members that are not among them, as the log says that is taken.
    pub fn lost(&self) -> Vec<Lost> {
        let Some(joined) = &self.joined else { return vec![] };
        let survive: BTreeSet<NodeId> = self.told.iter().map(|told| told.node).collect();
        let members = joined.members().into_iter();
        let lost = members.filter(|(node, ..)| !survive.contains(node));
        let held = |node| match joined.merged.vector().get(node) {
            Place::START => None,
            Place { boot, index } => Some((boot, index)),
        };
        let lost = lost.map(|(node, address, _)| Lost { node, address, merged: held(node) });
        lost.collect()
    }

    /// Whether they are a majority of those that vote, which needs none of this.
    pub fn are_majority(&self) -> bool {
        let Some(joined) = &self.joined else { return false };
        let votes = |(node, _, votes): (NodeId, String, bool)| votes.then_some(node);
        let voters: Vec<NodeId> = joined.members().into_iter().filter_map(votes).collect();
        let there = self.told.iter().filter(|told| voters.contains(&told.node)).count();
        // Whoever runs does not know of removals that are not known to be committed.
        let commit = joined.facts.commit;
        let removed = joined.roster.all_removed().values();
        let in_doubt = removed.filter(|removed| removed.index > commit).count();
        2 * there > voters.len() + in_doubt
    }

    /// Begins to write the snapshot of a new cluster's first node.
    ///
    /// # Errors
    /// There is no survivor.
    pub fn found(self, founder: Founder) -> Result<Founded, StartError> {
        let joined = self.joined.ok_or_else(|| StartError("there is no survivor".into()))?;
        let Joined { mut facts, agreed, base, merged, boot, term, .. } = joined;
        facts.term = term;
        let table = agreed.keyspaces();
        if table.version() > 0 {
            facts.keyspaces = Some(table.encode().into());
        }
        let founding = Founding::behind(&facts, &base, boot, founder)?;
        let (cluster, still) = (founding.cluster(), Still::begin(agreed, base, merged));
        Ok(Founded { cluster, founding: Some(founding), still })
    }
}

impl Joined {
    /// The first of them.
    fn of(birth: Birth, cluster: Cluster, held: Held) -> Joined {
        let boot = last_boot(&held.facts, &held.base, &held.merged.base());
        let Held { facts, agreed, base, merged, roster, .. } = held;
        let term = facts.term.max(base.term);
        Joined { cluster, birth, facts, agreed, base, roster, merged, boot, term }
    }

    /// Takes in another one.
    fn join(&mut self, birth: Birth, held: Held) -> Result<(), StartError> {
        let boot = last_boot(&held.facts, &held.base, &held.merged.base());
        let Held { facts, agreed, base, merged, roster, .. } = held;
        self.boot = mutant!(SurvivorsBootIgnored, self.boot.max(boot), self.boot);
        self.term = self.term.max(facts.term).max(base.term);
        mutant!(SurvivorNotJoined, self.merged.join_all(merged)?, drop(merged));
        let end = |base: &AgreedBase| {
            mutant!(LongestLogTaken, (base.term.0, base.index.0), (base.index.0, base.term.0))
        };
        if end(&base) > end(&self.base) {
            (self.birth, self.facts, self.roster) = (birth, facts, roster);
            (self.agreed, self.base) = (agreed, base);
        }
        Ok(())
    }

    /// That a survivor is a member, and its directory that of the member. (Of founders nobody but
    /// those who met them knows the directories: see [`Survivors::compare`].)
    fn check_member(&self, told: &Survivor) -> Result<(), StartError> {
        let id = told.node;
        let is_founder = || self.birth.members.iter().any(|(member, _)| *member == id);
        match (self.roster.member(id), self.roster.removed(id)) {
            (Some(member), _) if member.directory == told.directory => Ok(()),
            (Some(_), _) => Err(not_its_directory(id)),
            // What its own log holds behind what is committed may be all that is left of it.
            (None, Some(_)) if id == self.birth.id => Ok(()),
            (None, Some(removed)) => Err(StartError(format!(
                "node {} is a member no more: it was removed at index {}{LEAVE_OUT}",
                id.0, removed.index
            ))),
            (None, None) if self.roster.version() == Index(0) && is_founder() => Ok(()),
            (None, None) => Err(StartError(format!("node {} is no member{LEAVE_OUT}", id.0))),
        }
    }

    /// All members: where each received its peers, and whether it votes.
    fn members(&self) -> Vec<(NodeId, String, bool)> {
        if self.roster.version() == Index(0) {
            let founders = self.birth.members.iter();
            return founders.map(|(node, address)| (*node, address.clone(), true)).collect();
        }
        let members = self.roster.members().iter();
        let votes = |standing| standing != Standing::Learner;
        members.map(|(node, it)| (*node, it.address.clone(), votes(it.standing))).collect()
    }
}

impl Founded {
    /// The id of the new cluster, and its epoch.
    pub fn cluster(&self) -> (u64, u64) {
        self.cluster
    }

    /// The next bytes, which may be none; `None`: those before were the last.
    ///
    /// # Errors
    /// What was read cannot be written as a snapshot: that is a bug.
    pub fn go_on(&mut self) -> Result<Option<Vec<u8>>, StartError> {
        let Some(founding) = &mut self.founding else { return Ok(None) };
        match self.still.go_on() {
            Some(bytes) => founding.take_in(&bytes).map(Some),
            None => self.founding.take().map(Founding::finish).transpose(),
        }
    }
}

/// Whose a directory is, and of which cluster.
fn formed(facts: &Facts) -> Result<(Birth, Cluster), StartError> {
    let formed = facts.birth.as_ref().and_then(|birth| Some((birth.clone(), birth.cluster?)));
    formed.ok_or_else(|| {
        let why = "it is of a node whose cluster had not formed yet, or that had not joined one";
        StartError(format!("{why}{LEAVE_OUT}"))
    })
}

/// Refuses what must not go on.
fn refuse_useless(held: &Held) -> Result<(), StartError> {
    let why = if held.facts.superseded {
        "it is a copy: another start of its node was believed".into()
    } else if let Some(at) = held.facts.diverged {
        format!("its state differed from that of a majority at digest {at}")
    } else if let Some(at) = held.facts.removed {
        format!("its node is a member no more: it was removed at index {at}")
    } else {
        return Ok(());
    };
    Err(StartError(format!("{why}{LEAVE_OUT}")))
}

const LEAVE_OUT: &str = "\n  hint: leave this directory out; what it alone holds is lost then";

fn not_its_directory(NodeId(id): NodeId) -> StartError {
    StartError(format!("it is not the directory with which node {id} is a member{LEAVE_OUT}"))
}

fn places(vector: &VersionVector) -> Vec<(NodeId, Boot, Index)> {
    vector.iter().map(|(node, Place { boot, index })| (node, boot, index)).collect()
}

#[cfg(test)]
mod tests;
