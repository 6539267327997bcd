//! The truths of a world: what must hold at every turn of every node, whatever breaks, and at the end.
//!
//! One truth, one file. Those marked "turn" are looked at after each turn of a node, "answer" after each outcome
//! that a client hears of, "end" once the world has healed and come to rest.
//!
//! | truth | when | what it says |
//! |---|---|---|
//! | [`leader`] | turn | a term has at most one leader |
//! | [`vote`] | turn | a node votes for one candidate in a term, restarts included |
//! | [`term`] | turn | a node says in which term it is once that is on its disk, and does not start in an earlier one |
//! | [`belief`] | turn | which start of another member a node believes is on its disk first |
//! | [`progress`] | turn | within a boot, term, commit and applied never go back; nothing is applied before it is committed |
//! | [`boot`] | turn | a boot number under which something was sent or done is never used again |
//! | [`vector`] | turn | a replica's vector only grows, restarts included; no two entries have one place |
//! | [`committed`] | turn | what is committed never changes or vanishes, and every later leader has it |
//! | [`fold`] | turn | what a replica applied is the fold of the log, the same at the same index everywhere |
//! | [`merge`] | turn | merged replicas with equal vectors hold the same |
//! | [`share`] | turn | no turn of an agreed world answers more than its shares allow |
//! | [`patience`] | turn | a request is answered once, within the request timeout of its node's clock |
//! | [`life`] | turn | no node halts, and none refuses to start, while its disk keeps what it synced |
//! | [`clock`] | turn, end | no stamp is made by a clock beyond the cap, and none lies above all clocks within it |
//! | [`time`] | turn | log time never goes back, never stands while its leader writes, and is carried ahead by no clock beyond the cap |
//! | [`reserve`] | turn | a node whose disk is full hands it small records only |
//! | [`full`] | turn | a node whose disk is full takes in no write, neither from its clients nor from others |
//! | [`replay`] | turn | a node that starts has the agreed log as it stood when the last group that its disk kept was written |
//! | [`copy`] | turn | who runs on an older, empty or copied directory leads nothing and answers nothing |
//! | [`answer`] | answer | an answer fits its question; what the order cannot give is refused, what it can is not |
//! | [`refusal`] | answer | what was refused never shows up |
//! | [`ledger`] | end | of a key that one client writes at one node, the last acknowledged write or a later one is there |
//! | [`replica`] | end | all replicas show the same value of every key, and stand at the same place |
//! | [`place`] | end | the order that certificates of an agreed keyspace claim explains every answer |
//! | [`stamp`] | end | the stamps in certificates of a merged keyspace explain every answer |
//! | [`verdict`] | end | the judge finds every level kept that was promised |
//!
//! That a healed world comes to rest at all (a leader, every request answered, replicas equal) is watched by
//! the world itself, as the truth `rest`.

mod answer;
mod belief;
mod boot;
mod clock;
mod committed;
mod copy;
mod fold;
mod full;
mod leader;
mod ledger;
mod life;
mod merge;
mod model;
mod patience;
mod place;
mod progress;
mod refusal;
mod replay;
mod replica;
mod reserve;
mod share;
mod stamp;
mod term;
mod time;
mod vector;
mod verdict;
mod vote;

use bytes::Bytes;
use node::{NamedWrite, Node, NodeId, Now, Output, RequestId, SessionId, Status, Waits};

use crate::plan::setting::Setting;
use crate::record::operation::Operation;
use crate::record::trace;

pub(crate) use copy::TURNED_AWAY;
pub use verdict::Judgement;
pub(crate) use verdict::{Evidence, VERDICT, history, judge};

/// One turn of a node, just after it was taken.
pub(crate) struct Turn<'a> {
    pub(crate) host: usize,
    /// Which start of the node this is.
    pub(crate) life: u64,
    /// The time of the world.
    pub(crate) at_us: u64,
    /// The clocks of the node.
    pub(crate) now: Now,
    /// The wall clocks of all nodes.
    pub(crate) walls_ms: &'a [u64],
    /// The requests that it was given.
    pub(crate) asked: &'a [(SessionId, RequestId)],
    /// Those of them that write.
    pub(crate) writes: &'a [(SessionId, RequestId)],
    /// The client connections that it heard are closed.
    pub(crate) closed: &'a [SessionId],
    pub(crate) outputs: &'a [Output],
    pub(crate) status: &'a Status,
    /// How many groups its disk held before the turn, and how many of them were synced.
    pub(crate) groups: usize,
    pub(crate) synced: usize,
    /// The node itself.
    pub(crate) view: &'a dyn View,
}

/// What truths look at in a node beside what it says.
pub(crate) trait View {
    /// Term and a hash of the content of an entry of the agreed log.
    fn entry(&self, index: u64) -> Option<(u64, u64)>;
    /// The last index of the agreed log.
    fn last_index(&self) -> u64;
    /// Term and time of an entry of the agreed log.
    fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)>;
    /// The writes in an entry of the agreed log.
    fn writes(&self, index: u64) -> Option<Vec<NamedWrite>>;
    /// What it holds at a key.
    fn value(&self, key: &Bytes) -> Option<&Bytes>;
    /// Which start of another member it believes: boot and incarnation.
    fn believes(&self, member: NodeId) -> Option<(u64, u64)>;
    /// Bytes of writes that wait to become the next agreed entry.
    fn drafted(&self) -> usize;
    /// How many merged entries it holds.
    fn merged_count(&self) -> usize;
    /// Whether it stands inside an entry of the agreed log.
    fn is_within_entry(&self) -> bool;
}

impl View for Node {
    fn entry(&self, index: u64) -> Option<(u64, u64)> {
        self.agreed_entry(index).map(|entry| (entry.term, trace::hash(&entry.data)))
    }

    fn last_index(&self) -> u64 {
        self.agreed_last()
    }

    fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)> {
        self.agreed_entry(index).map(|entry| (entry.term, entry.stamp_ms()))
    }

    fn writes(&self, index: u64) -> Option<Vec<NamedWrite>> {
        self.agreed_entry(index).map(|entry| entry.writes())
    }

    fn value(&self, key: &Bytes) -> Option<&Bytes> {
        Node::value(self, key)
    }

    fn believes(&self, member: NodeId) -> Option<(u64, u64)> {
        Node::believes(self, member)
    }

    fn drafted(&self) -> usize {
        Node::drafted(self)
    }

    fn merged_count(&self) -> usize {
        Node::merged_count(self)
    }

    fn is_within_entry(&self) -> bool {
        Node::is_within_entry(self)
    }
}

/// Whether a node says that its start is on disk and that it has met everyone: it takes part, whether or not it serves clients yet.
fn takes_part(status: &Status) -> bool {
    !matches!(status.waits, Some(Waits::Disk | Waits::Formation(_)))
}

/// A world that has come to rest.
pub(crate) struct Rest<'a> {
    pub(crate) setting: &'a Setting,
    /// What clients asked for and heard, key by key.
    pub(crate) operations: &'a [Operation],
    /// The same, as it was asked for.
    pub(crate) asked: &'a [Operation],
    /// Of every node that is not lost for good, in order.
    pub(crate) statuses: &'a [Status],
    /// For each node, whether it is lost for good.
    pub(crate) gone: &'a [bool],
}

/// What must hold. `Err` says how it was broken.
pub(crate) trait Truth {
    /// A word for reports.
    fn name(&self) -> &'static str;

    /// Whether it is about turns of nodes that run on a directory which must not take part; all others are about the rest.
    fn of_copies(&self) -> bool {
        false
    }

    /// After a turn of a node.
    fn on_turn(&mut self, _turn: &Turn<'_>) -> Result<(), String> {
        Ok(())
    }

    /// When a client asks for something of a key.
    fn on_ask(&mut self, _key: &Bytes) {}

    /// After a client heard what became of an operation.
    fn on_outcome(&mut self, _operation: &Operation) -> Result<(), String> {
        Ok(())
    }

    /// At the end.
    fn at_rest(&mut self, _rest: &Rest<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// All truths but the judge's verdict, which comes last.
pub(crate) fn all(setting: &Setting) -> Vec<Box<dyn Truth>> {
    vec![
        Box::new(leader::OneLeader::default()),
        Box::new(vote::OneVote::new(setting.nodes)),
        Box::new(term::Remembered::new(setting.nodes)),
        Box::new(belief::Kept::new(setting.nodes)),
        Box::new(progress::Forward::new(setting.nodes)),
        Box::new(boot::FreshBoots::new(setting.nodes)),
        Box::new(vector::Growth::new(setting.nodes)),
        Box::new(committed::Lasting::new(setting.nodes)),
        Box::new(fold::SameFold::default()),
        Box::new(merge::SameMerge::default()),
        Box::new(share::Bounded::new(setting)),
        Box::new(patience::Answered::new(setting)),
        Box::new(life::Alive),
        Box::new(clock::Capped::new(setting)),
        Box::new(time::Onward::new(setting)),
        Box::new(reserve::Small::new(setting.nodes)),
        Box::new(full::TakesNothing::new(setting.nodes)),
        Box::new(replay::Same::new(setting.nodes)),
        Box::new(copy::TurnedAway::new(setting)),
        Box::new(answer::Fitting::new(setting)),
        Box::new(refusal::Gone::default()),
        Box::new(ledger::Kept),
        Box::new(replica::Equal),
        Box::new(place::Explained),
        Box::new(stamp::Merged),
    ]
}

#[cfg(test)]
pub(crate) mod example {
    //! Statuses and turns for the tests of the truths.

    use std::collections::BTreeMap;

    use super::*;
    use crate::options::Options;
    use crate::record::operation::{Action, Outcome};
    use node::{Certificate, Level, Order, Reply, Role};

    /// What a node holds.
    #[derive(Debug, Default)]
    pub(crate) struct Held {
        pub(crate) entries: Vec<(u64, u64)>,
        pub(crate) stamps: Vec<(u64, Option<u64>)>,
        pub(crate) writes: Vec<Vec<NamedWrite>>,
        pub(crate) values: BTreeMap<Bytes, Bytes>,
        pub(crate) merged: usize,
        pub(crate) drafted: usize,
        pub(crate) believed: BTreeMap<NodeId, (u64, u64)>,
    }

    static NOTHING: Held = Held {
        entries: vec![],
        stamps: vec![],
        writes: vec![],
        values: BTreeMap::new(),
        merged: 0,
        drafted: 0,
        believed: BTreeMap::new(),
    };

    impl View for Held {
        fn entry(&self, index: u64) -> Option<(u64, u64)> {
            self.entries.get(index as usize - 1).copied()
        }

        fn last_index(&self) -> u64 {
            self.stamps.len() as u64
        }

        fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)> {
            self.stamps.get(index as usize - 1).copied()
        }

        fn writes(&self, index: u64) -> Option<Vec<NamedWrite>> {
            self.writes.get(index as usize - 1).cloned()
        }

        fn value(&self, key: &Bytes) -> Option<&Bytes> {
            self.values.get(key)
        }

        fn believes(&self, member: NodeId) -> Option<(u64, u64)> {
            self.believed.get(&member).copied()
        }

        fn drafted(&self) -> usize {
            self.drafted
        }

        fn merged_count(&self) -> usize {
            self.merged
        }

        fn is_within_entry(&self) -> bool {
            false
        }
    }

    pub(crate) fn status(node: u64) -> Status {
        Status {
            id: NodeId(node),
            members: vec![],
            boot: 1,
            order: Order::Agreed,
            level: Level::Linearizable,
            directory: 1,
            cluster: Some(1),
            formed: true,
            waits: None,
            agreed_ready: true,
            ready: true,
            role: Role::Follower,
            leader: None,
            term: 1,
            commit: 0,
            applied: 0,
            vector: vec![],
            keys: 0,
            disk_full: false,
            clock_agrees: true,
            clocks: vec![],
        }
    }

    pub(crate) fn operation(
        client: u64,
        action: Action,
        reply: Reply,
        (start_us, end_us): (u64, u64),
        certificate: Certificate,
    ) -> Operation {
        Operation {
            client,
            host: 0,
            key: Bytes::from("k"),
            action,
            level: Level::Linearizable,
            start_us,
            end_us,
            outcome: Outcome::Done(reply),
            certificate: Some(Box::new(certificate)),
            pipelined: false,
            private: false,
            unique: true,
            is_final: false,
            part_of: None,
        }
    }

    pub(crate) fn at_rest(truth: &mut dyn Truth, operations: &[Operation]) -> Result<(), String> {
        let setting = Setting::draw(1, &Options::default());
        let statuses = [status(1)];
        truth.at_rest(&Rest {
            setting: &setting,
            operations,
            asked: operations,
            statuses: &statuses,
            gone: &[false],
        })
    }

    pub(crate) fn turn(status: &Status, life: u64) -> Turn<'_> {
        Turn {
            host: status.id.0 as usize - 1,
            life,
            at_us: 0,
            now: Now::default(),
            walls_ms: &[],
            asked: &[],
            writes: &[],
            closed: &[],
            outputs: &[],
            status,
            groups: 0,
            synced: 0,
            view: &NOTHING,
        }
    }
}
