//! The table of members, as the state machine of the agreed order keeps it: a fold over the log.
//!
//! Members change one change at a time, each in steps that are entries of the log. A command begins
//! a change; whoever leads puts the steps into the log that follow. A step counts only while its
//! change stands, and only if it is the next one.
//!
//! ```text
//!              learn             promote
//!   (nobody) ────────▶ learner ──────────▶ voter          an id is never given again
//!                         │ give up          │ remove
//!                         ▼          gone    ▼
//!                      removed ◀────────── leaving
//! ```
//!
//! A learner has the log, counts in no majority and serves nobody. Who leaves takes no merged
//! writes any more; it is gone once all that stay hold its merged log up to its last place.
//!
//! As long as nobody has changed anything the founders are the members, and there is no table.

use std::collections::BTreeMap;
use std::fmt;

use crate::ids::{DirectoryId, Index, NodeId};
use crate::reply::Error;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::version_vector::Place;

/// The most members of a cluster.
pub(crate) const MEMBERS_MAX: usize = 31;
/// The longest address, in bytes.
pub(crate) const ADDRESS_BYTES_MAX: usize = 256;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has the log, and counts in no majority.
    Learner,
    /// It counts.
    Voter,
    /// It counts, takes no merged writes any more, and is about to go.
    Leaving,
}

impl Standing {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Learner => "learner",
            Standing::Voter => "voter",
            Standing::Leaving => "leaving",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where it receives its peers.
    pub(crate) address: String,
    pub(crate) directory: DirectoryId,
    pub(crate) standing: Standing,
}

/// A member that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) directory: DirectoryId,
    /// The entry that removed it.
    pub(crate) index: Index,
    /// The last entry of its merged log that counts.
    pub(crate) last: Place,
}

/// A change of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The entry that began it.
    pub(crate) index: Index,
    /// When that was, in milliseconds of log time.
    pub(crate) began_ms: u64,
    pub(crate) wanted: Wanted,
}

impl Change {
    /// Whether it is to come to nothing, since somebody wanted it no more.
    pub(crate) fn is_taken_back(&self) -> bool {
        self.began_ms == 0
    }
}

/// What somebody wants changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Who is to come, and where it receives its peers.
    pub(crate) add: Option<(NodeId, String)>,
    /// Who is to go, once whoever is to come votes.
    pub(crate) remove: Vec<NodeId>,
    /// Whether those who go are dead: what others hold of their merged logs is all that counts.
    pub(crate) lose: bool,
    /// Who is to be found somewhere else.
    pub(crate) moved: Option<(NodeId, String)>,
}

/// A step of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Whoever is to come was met with this directory, and learns from now on.
    Learn(NodeId, DirectoryId),
    /// It has learnt, and counts from now on.
    Promote(NodeId),
    /// This one is no member any more; its merged log ends there.
    Gone(NodeId, Place),
    /// Nobody comes, and why.
    GiveUp(String),
}

/// What a step does to the majorities of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Learner(NodeId),
    Voter(NodeId),
    Nobody(NodeId),
    None,
}

/// All members, and what is being changed.
///
/// - `version` is the entry that changed it last; 0: nobody has, and it is empty.
/// - One change at most is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    version: Index,
    /// Those with whom the log begins.
    founders: Vec<NodeId>,
    members: BTreeMap<NodeId, Member>,
    removed: BTreeMap<NodeId, Removed>,
    change: Option<Change>,
    /// What came of the last change, and whether that is nothing.
    outcome: String,
    failed: bool,
}

impl Roster {
    /// The founders, as a member knows them that was asked for a change.
    pub(crate) fn of_founders(members: BTreeMap<NodeId, Member>) -> Roster {
        Roster { founders: members.keys().copied().collect(), members, ..Roster::default() }
    }

    /// The entry that changed it last; 0: nobody has.
    pub(crate) fn version(&self) -> Index {
        self.version
    }

    pub(crate) fn founders(&self) -> &[NodeId] {
        &self.founders
    }

    pub(crate) fn members(&self) -> &BTreeMap<NodeId, Member> {
        &self.members
    }

    pub(crate) fn member(&self, id: NodeId) -> Option<&Member> {
        self.members.get(&id)
    }

    pub(crate) fn removed(&self, id: NodeId) -> Option<&Removed> {
        self.removed.get(&id)
    }

    /// Those that are gone.
    pub(crate) fn all_removed(&self) -> &BTreeMap<NodeId, Removed> {
        &self.removed
    }

    pub(crate) fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    /// What came of the last change.
    pub(crate) fn outcome(&self) -> &str {
        &self.outcome
    }

    /// Whether nothing came of the last change.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Those that count in majorities, ascending.
    pub(crate) fn voters(&self) -> impl Iterator<Item = NodeId> {
        let votes = |member: &Member| member.standing != Standing::Learner;
        self.members.iter().filter(move |(_, member)| votes(member)).map(|(id, _)| *id)
    }

    pub(crate) fn learners(&self) -> impl Iterator<Item = NodeId> {
        let learns = |member: &Member| member.standing == Standing::Learner;
        self.members.iter().filter(move |(_, member)| learns(member)).map(|(id, _)| *id)
    }

    // What entries do.

    /// Begins a change. `founders` are the members where nobody has changed anything so far.
    pub(crate) fn begin(
        &mut self,
        founders: &Roster,
        wanted: Wanted,
        index: Index,
        began_ms: u64,
    ) -> Result<(), Error> {
        let mut next = if self.version == Index(0) { founders.clone() } else { self.clone() };
        next.check(&wanted)?;
        next.version = index;
        if let Some((id, address)) = wanted.moved {
            next.members.get_mut(&id).expect("it was checked").address = address;
            let outcome = format!("node {} receives its peers at another address", id.0);
            (next.outcome, next.failed) = (outcome, false);
            *self = next;
            return Ok(());
        }
        let cancels = next.change.as_ref().and_then(|change| change.wanted.add.as_ref());
        if cancels.is_some_and(|(id, _)| wanted.remove == [*id]) {
            // The leader gives it up, since a learner may be there.
            let change = next.change.as_mut().expect("it is under way");
            change.wanted = Wanted { remove: vec![], ..std::mem::take(&mut change.wanted) };
            change.began_ms = 0;
            *self = next;
            return Ok(());
        }
        if wanted.add.is_none() {
            next.leave(&wanted.remove);
        }
        next.change = Some(Change { index, began_ms, wanted });
        *self = next;
        Ok(())
    }

    /// Those that are to go take no merged writes from now on.
    fn leave(&mut self, ids: &[NodeId]) {
        for id in ids {
            if let Some(member) = self.members.get_mut(id) {
                member.standing = Standing::Leaving;
            }
        }
    }

    fn check(&self, wanted: &Wanted) -> Result<(), Error> {
        let refuse = |why: String| Err(Error::Invalid(why));
        if let Some(change) = &self.change
            && !mutant!(TwoChangesAtOnce, self.may_replace(change, wanted), true)
        {
            return refuse(format!(
                "another change of members is under way: {}. Hint: CLUSTER-ADMIN STATUS shows how far it is",
                change.wanted
            ));
        }
        if let Some((id, address)) = &wanted.add {
            if let Some(removed) = self.removed.get(id) {
                return refuse(format!(
                    "node {} was a member, removed at index {}: an id is never given again. Hint: take another one",
                    id.0, removed.index
                ));
            }
            if self.members.contains_key(id) {
                return refuse(format!(
                    "node {} is a member already. Hint: if its disk is lost, start it with a new directory and a new id, then: \
                     CLUSTER-ADMIN REPLACE {0} NEW HOST:PORT",
                    id.0
                ));
            }
            if self.members.len() >= MEMBERS_MAX {
                return refuse(format!("a cluster has at most {MEMBERS_MAX} members"));
            }
            self.check_address(*id, address)?;
        }
        if let Some((id, address)) = &wanted.moved {
            self.check_member(*id)?;
            self.check_address(*id, address)?;
        }
        let is_coming = |id: &NodeId| {
            self.change.as_ref().is_some_and(|change| {
                change.wanted.add.as_ref().is_some_and(|(coming, _)| coming == id)
            })
        };
        for id in wanted.remove.iter().filter(|id| !is_coming(id)) {
            self.check_member(*id)?;
        }
        let stay = self.voters().filter(|id| !wanted.remove.contains(id)).count();
        if stay + usize::from(wanted.add.is_some()) == 0 {
            return refuse(
                "nobody would be left that votes. Hint: to end a cluster, stop its nodes".into(),
            );
        }
        Ok(())
    }

    fn check_member(&self, id: NodeId) -> Result<(), Error> {
        if self.members.contains_key(&id) {
            return Ok(());
        }
        let ids: Vec<String> = self.members.keys().map(|id| id.0.to_string()).collect();
        Err(Error::Invalid(match self.removed.get(&id) {
            Some(removed) => format!("node {} was removed at index {}", id.0, removed.index),
            None => format!("node {} is no member: the members are {}", id.0, ids.join(", ")),
        }))
    }

    fn check_address(&self, id: NodeId, address: &str) -> Result<(), Error> {
        let has = |(other, member): &(&NodeId, &Member)| **other != id && member.address == address;
        match self.members.iter().find(has) {
            Some((other, _)) => Err(Error::Invalid(format!(
                "{address} is the address of node {}: each member has its own",
                other.0
            ))),
            None => Ok(()),
        }
    }

    /// Whether what is wanted may take the place of the change that is under way: who is to come is
    /// wanted no more, or more of those that go are dead.
    fn may_replace(&self, change: &Change, wanted: &Wanted) -> bool {
        let is_removal = wanted.add.is_none() && wanted.moved.is_none();
        let coming = change.wanted.add.as_ref().map(|(id, _)| *id);
        let votes = |id| self.voters().any(|voter| voter == id);
        match coming {
            Some(id) if !votes(id) => is_removal && wanted.remove == [id],
            _ => {
                let left = change.wanted.remove.iter().filter(|id| self.members.contains_key(id));
                let is_more = *wanted != change.wanted
                    && left.into_iter().all(|id| wanted.remove.contains(id));
                is_removal && wanted.lose && is_more
            }
        }
    }

    /// Who counts in no majority any more by this step of the change that began there.
    pub(crate) fn goes_by(&self, change: Index, step: &Step) -> Option<NodeId> {
        let Step::Gone(id, _) = step else { return None };
        let is_of_it = self
            .change()
            .is_some_and(|present| present.index == change && present.wanted.remove.contains(id));
        let leaves = self.member(*id).is_some_and(|it| it.standing == Standing::Leaving);
        (is_of_it && leaves).then_some(*id)
    }

    /// Does a step of the change that began there, if it is the next one.
    pub(crate) fn step(&mut self, change: Index, step: &Step, at: Index) -> Effect {
        let Some(present) = self.change.clone().filter(|present| present.index == change) else {
            return Effect::None;
        };
        let Wanted { add, remove, .. } = &present.wanted;
        let coming = add.as_ref().map(|(id, _)| *id);
        let standing = |id: NodeId| self.members.get(&id).map(|member| member.standing);
        let effect = match step {
            Step::Learn(id, directory) if coming == Some(*id) && standing(*id).is_none() => {
                let address = add.as_ref().map(|(_, address)| address.clone()).unwrap_or_default();
                let (standing, effect) = mutant!(
                    VotesAtOnce,
                    (Standing::Learner, Effect::Learner(*id)),
                    (Standing::Voter, Effect::Voter(*id))
                );
                self.members.insert(*id, Member { address, directory: *directory, standing });
                effect
            }
            Step::Promote(id)
                if coming == Some(*id) && standing(*id) == Some(Standing::Learner) =>
            {
                self.members.get_mut(id).expect("it learns").standing = Standing::Voter;
                self.leave(remove);
                self.end_if(remove.is_empty(), || format!("node {} votes", id.0));
                Effect::Voter(*id)
            }
            Step::Gone(id, last)
                if remove.contains(id) && standing(*id) == Some(Standing::Leaving) =>
            {
                let member = self.members.remove(id).expect("it leaves");
                let removed = Removed { directory: member.directory, index: at, last: *last };
                self.removed.insert(*id, removed);
                let gone = remove.iter().all(|id| !self.members.contains_key(id));
                self.end_if(gone, String::new);
                if gone {
                    self.outcome = self.told_of(&present.wanted);
                }
                Effect::Nobody(*id)
            }
            Step::GiveUp(why) => match coming {
                Some(id) if standing(id).is_none_or(|it| it == Standing::Learner) => {
                    let effect = match self.members.remove(&id) {
                        Some(Member { directory, .. }) => {
                            let last = Place::START;
                            self.removed.insert(id, Removed { directory, index: at, last });
                            Effect::Nobody(id)
                        }
                        None => Effect::None,
                    };
                    self.end_if(true, || why.clone());
                    self.failed = true;
                    self.version = at;
                    effect
                }
                _ => return Effect::None,
            },
            _ => return Effect::None,
        };
        self.version = at;
        effect
    }

    fn end_if(&mut self, is_over: bool, outcome: impl FnOnce() -> String) {
        if is_over {
            (self.outcome, self.failed) = (outcome(), false);
            self.change = None;
        }
    }

    /// What came of a removal.
    fn told_of(&self, Wanted { add, remove, lose, .. }: &Wanted) -> String {
        let mut told: Vec<String> = vec![];
        told.extend(add.iter().map(|(id, _)| format!("node {} votes", id.0)));
        for id in remove {
            let last = self.removed.get(id).map_or(Place::START, |removed| removed.last);
            told.push(match (lose, last) {
                (true, Place::START) => format!(
                    "node {} is removed; of its merged writes none is held",
                    id.0
                ),
                (true, Place { boot, index }) => format!(
                    "node {} is removed; its merged writes are held up to {boot}:{index}, those behind that are lost",
                    id.0
                ),
                (false, _) => format!("node {} is removed", id.0),
            });
        }
        told.join("; ")
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |ids: &[NodeId]| {
            let ids: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
            format!("{} {}", if ids.len() == 1 { "node" } else { "nodes" }, ids.join(", "))
        };
        match (&self.add, &self.remove[..]) {
            (Some((id, address)), []) => write!(f, "node {} at {address} is to be added", id.0),
            (Some((id, address)), remove) => {
                write!(f, "node {} at {address} is to take the place of {}", id.0, ids(remove))
            }
            (None, remove) => {
                write!(f, "{} {}", ids(remove), if remove.len() == 1 { "leaves" } else { "leave" })
            }
        }
    }
}

// On disk and in the log.

impl Roster {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        put_uint(&mut out, self.version.0);
        put_ids(&self.founders, &mut out);
        put_uint(&mut out, self.members.len() as u64);
        for (id, member) in &self.members {
            put_uint(&mut out, id.0);
            put_bytes(&mut out, member.address.as_bytes());
            member.directory.encode(&mut out);
            out.push(member.standing as u8);
        }
        put_uint(&mut out, self.removed.len() as u64);
        for (id, Removed { directory, index, last }) in &self.removed {
            put_uint(&mut out, id.0);
            directory.encode(&mut out);
            put_uint(&mut out, index.0);
            last.encode(&mut out);
        }
        out.push(u8::from(self.change.is_some()));
        if let Some(Change { index, began_ms, wanted }) = &self.change {
            put_uint(&mut out, index.0);
            put_uint(&mut out, *began_ms);
            wanted.encode(&mut out);
        }
        put_bytes(&mut out, self.outcome.as_bytes());
        out.push(u8::from(self.failed));
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Roster, Malformed> {
        let mut reader = Reader::new(bytes);
        let mut roster = Roster {
            version: Index(reader.number()?),
            founders: read_ids(&mut reader)?,
            ..Roster::default()
        };
        for _ in 0..reader.count()? {
            let id = read_id(&mut reader)?;
            let address = read_address(&mut reader)?;
            let directory = DirectoryId::decode(&mut reader)?;
            let standing = match reader.byte()? {
                0 => Standing::Learner,
                1 => Standing::Voter,
                2 => Standing::Leaving,
                _ => return Err(Malformed),
            };
            roster.members.insert(id, Member { address, directory, standing });
        }
        for _ in 0..reader.count()? {
            let id = read_id(&mut reader)?;
            let directory = DirectoryId::decode(&mut reader)?;
            let index = Index(reader.number()?);
            let last = Place::decode(&mut reader)?;
            roster.removed.insert(id, Removed { directory, index, last });
        }
        if reader.flag()? {
            let (index, began_ms) = (Index(reader.number()?), reader.uint()?);
            roster.change = Some(Change { index, began_ms, wanted: Wanted::decode(&mut reader)? });
        }
        (roster.outcome, roster.failed) = (read_text(&mut reader)?, reader.flag()?);
        reader.end()?;
        Ok(roster)
    }
}

impl Wanted {
    /// Whether it is done once this one is gone.
    pub(crate) fn is_end_of(&self, id: NodeId) -> bool {
        self.add.is_none() && self.remove == [id]
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        for one in [&self.add, &self.moved] {
            out.push(u8::from(one.is_some()));
            if let Some((id, address)) = one {
                put_uint(out, id.0);
                put_bytes(out, address.as_bytes());
            }
        }
        put_ids(&self.remove, out);
        out.push(u8::from(self.lose));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Wanted, Malformed> {
        let (add, moved) = (read_one(reader)?, read_one(reader)?);
        let wanted = Wanted { add, moved, remove: read_ids(reader)?, lose: reader.flag()? };
        let kinds = u8::from(wanted.add.is_some() || !wanted.remove.is_empty())
            + u8::from(wanted.moved.is_some());
        if kinds == 1 { Ok(wanted) } else { Err(Malformed) }
    }
}

const LEARN: u8 = 1;
const PROMOTE: u8 = 2;
const GONE: u8 = 3;
const GIVE_UP: u8 = 4;

impl Step {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Step::Learn(id, directory) => {
                out.push(LEARN);
                put_uint(out, id.0);
                directory.encode(out);
            }
            Step::Promote(id) => {
                out.push(PROMOTE);
                put_uint(out, id.0);
            }
            Step::Gone(id, last) => {
                out.push(GONE);
                put_uint(out, id.0);
                last.encode(out);
            }
            Step::GiveUp(why) => {
                out.push(GIVE_UP);
                put_bytes(out, why.as_bytes());
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Step, Malformed> {
        Ok(match reader.byte()? {
            LEARN => Step::Learn(read_id(reader)?, DirectoryId::decode(reader)?),
            PROMOTE => Step::Promote(read_id(reader)?),
            GONE => Step::Gone(read_id(reader)?, Place::decode(reader)?),
            GIVE_UP => Step::GiveUp(read_text(reader)?),
            _ => return Err(Malformed),
        })
    }
}

fn put_ids(ids: &[NodeId], out: &mut Vec<u8>) {
    put_uint(out, ids.len() as u64);
    ids.iter().for_each(|id| put_uint(out, id.0));
}

fn read_ids(reader: &mut Reader<'_>) -> Result<Vec<NodeId>, Malformed> {
    let count = reader.count()?;
    if count > MEMBERS_MAX { Err(Malformed) } else { (0..count).map(|_| read_id(reader)).collect() }
}

/// A member and its address, or nobody.
fn read_one(reader: &mut Reader<'_>) -> Result<Option<(NodeId, String)>, Malformed> {
    match reader.flag()? {
        true => Ok(Some((read_id(reader)?, read_address(reader)?))),
        false => Ok(None),
    }
}

/// No node has the id 0.
fn read_id(reader: &mut Reader<'_>) -> Result<NodeId, Malformed> {
    let id = reader.uint()?;
    if id == 0 { Err(Malformed) } else { Ok(NodeId(id)) }
}

fn read_address(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let address = read_text(reader)?;
    if address.len() > ADDRESS_BYTES_MAX { Err(Malformed) } else { Ok(address) }
}

fn read_text(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Boot;

    fn founders() -> Roster {
        let member = |id| Member {
            address: format!("h{id}:7"),
            directory: DirectoryId(id),
            standing: Standing::Voter,
        };
        Roster::of_founders((1..=3).map(|id| (NodeId(id), member(id))).collect())
    }

    fn add(id: u64) -> Wanted {
        Wanted { add: Some((NodeId(id), format!("h{id}:7"))), ..Wanted::default() }
    }

    fn remove(ids: &[u64], lose: bool) -> Wanted {
        Wanted { remove: ids.iter().copied().map(NodeId).collect(), lose, ..Wanted::default() }
    }

    fn begun(wanted: Wanted) -> Roster {
        let mut roster = Roster::default();
        roster.begin(&founders(), wanted, Index(10), 5).unwrap();
        roster
    }

    fn text(refused: Result<(), Error>) -> String {
        format!("{:?}", refused.unwrap_err())
    }

    const LAST: Place = Place { boot: Boot(2), index: Index(7) };

    #[test]
    fn who_comes_learns_and_then_votes() {
        let mut roster = begun(add(4));
        assert_eq!(roster.members().len(), 3, "nobody has met it yet");
        assert_eq!(roster.step(Index(10), &Step::Promote(NodeId(4)), Index(11)), Effect::None);
        let learn = Step::Learn(NodeId(4), DirectoryId(44));
        assert_eq!(roster.step(Index(9), &learn, Index(11)), Effect::None, "another change");
        assert_eq!(roster.step(Index(10), &learn, Index(11)), Effect::Learner(NodeId(4)));
        assert_eq!(roster.step(Index(10), &learn, Index(12)), Effect::None, "once");
        assert_eq!(roster.voters().count(), 3);
        let promote = Step::Promote(NodeId(4));
        assert_eq!(roster.step(Index(10), &promote, Index(13)), Effect::Voter(NodeId(4)));
        assert_eq!(
            (roster.voters().count(), roster.change(), roster.version()),
            (4, None, Index(13))
        );
        assert_eq!(Roster::decode(&roster.encode()), Ok(roster));
    }

    #[test]
    fn who_goes_leaves_and_never_comes_back() {
        let mut roster = begun(remove(&[3], false));
        assert_eq!(roster.member(NodeId(3)).unwrap().standing, Standing::Leaving);
        assert_eq!(roster.voters().count(), 3, "it counts until it is gone");
        assert_eq!(roster.step(Index(10), &Step::Gone(NodeId(2), LAST), Index(11)), Effect::None);
        let gone = Step::Gone(NodeId(3), LAST);
        assert_eq!(roster.step(Index(10), &gone, Index(12)), Effect::Nobody(NodeId(3)));
        assert_eq!(roster.removed(NodeId(3)).unwrap().last, LAST);
        assert!(
            text(roster.begin(&founders(), add(3), Index(20), 0)).contains("never given again")
        );
        assert!(
            text(roster.begin(&founders(), remove(&[3], false), Index(20), 0))
                .contains("removed at index 12")
        );
        assert_eq!(Roster::decode(&roster.encode()), Ok(roster));
    }

    #[test]
    fn one_change_at_a_time() {
        let mut roster = begun(add(4));
        assert!(
            text(roster.begin(&founders(), add(5), Index(11), 0)).contains("under way: node 4")
        );
        assert!(
            text(roster.begin(&founders(), remove(&[2], false), Index(11), 0))
                .contains("under way")
        );
        // Who is to come is wanted no more.
        roster.begin(&founders(), remove(&[4], false), Index(11), 0).unwrap();
        assert_eq!(roster.change().unwrap().began_ms, 0, "it is given up at once");
        let why = Step::GiveUp("nobody came".into());
        assert_eq!(roster.step(Index(10), &why, Index(12)), Effect::None);
        assert_eq!((roster.change(), roster.outcome()), (None, "nobody came"));
    }

    #[test]
    fn a_learner_that_is_given_up_is_gone() {
        let mut roster = begun(add(4));
        roster.step(Index(10), &Step::Learn(NodeId(4), DirectoryId(44)), Index(11));
        let why = Step::GiveUp("it did not catch up".into());
        assert_eq!(roster.step(Index(10), &why, Index(12)), Effect::Nobody(NodeId(4)));
        assert!(roster.removed(NodeId(4)).is_some());
    }

    #[test]
    fn one_takes_the_place_of_another() {
        let mut roster = begun(Wanted { remove: vec![NodeId(3)], lose: true, ..add(4) });
        roster.step(Index(10), &Step::Learn(NodeId(4), DirectoryId(44)), Index(11));
        assert_eq!(roster.member(NodeId(3)).unwrap().standing, Standing::Voter);
        roster.step(Index(10), &Step::Promote(NodeId(4)), Index(12));
        assert_eq!(roster.member(NodeId(3)).unwrap().standing, Standing::Leaving);
        roster.step(Index(10), &Step::Gone(NodeId(3), LAST), Index(13));
        assert!(
            roster
                .outcome()
                .contains("node 4 votes; node 3 is removed; its merged writes are held up to 2:7")
        );
        assert_eq!(roster.change(), None);
    }

    #[test]
    fn more_may_be_dead_than_was_thought() {
        let mut roster = begun(remove(&[3], false));
        assert!(roster.clone().begin(&founders(), remove(&[2], true), Index(11), 0).is_err());
        roster.begin(&founders(), remove(&[3, 2], true), Index(11), 0).unwrap();
        // Asked for once more it is no other change.
        let again = roster.clone().begin(&founders(), remove(&[3, 2], true), Index(12), 0);
        assert!(text(again).contains("under way"));
        roster.step(Index(11), &Step::Gone(NodeId(3), LAST), Index(12));
        assert!(roster.change().is_some());
        roster.step(Index(11), &Step::Gone(NodeId(2), Place::START), Index(13));
        assert_eq!((roster.change(), roster.voters().count()), (None, 1));
        assert!(
            text(roster.begin(&founders(), remove(&[1], false), Index(14), 0))
                .contains("nobody would be left")
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let twice = Wanted { add: Some((NodeId(4), "h2:7".into())), ..Wanted::default() };
        assert!(
            text(Roster::default().begin(&founders(), twice, Index(9), 0)).contains("of node 2")
        );
        assert!(
            text(Roster::default().begin(&founders(), add(2), Index(9), 0)).contains("already")
        );
        assert!(
            text(Roster::default().begin(&founders(), remove(&[9], false), Index(9), 0))
                .contains("members are 1, 2, 3")
        );
        let moved = Wanted { moved: Some((NodeId(2), "h9:7".into())), ..Wanted::default() };
        let roster = begun(moved);
        assert_eq!(roster.member(NodeId(2)).unwrap().address, "h9:7");
        assert_eq!(roster.change(), None);
    }
}
