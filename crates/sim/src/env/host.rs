//! A machine that a node runs on: its disk, its clocks, and its client connections. Begin with
//! [`Host`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use node::{
    Boot, Config, DirectoryId, Index, Input, Limits, Node, NodeId, Recovery, RequestId, SessionId,
    StartError,
};

use crate::env::clock::Clock;
use crate::env::disk::{Directory, Disk};
use crate::plan::chance::{Chance, Subject};
use crate::plan::setting::Setting;
use crate::world::event::Answer;

/// A start reads snapshots in pieces of so many bytes.
const PIECE_BYTES: usize = 1000;

/// One client connection at its node.
#[derive(Debug)]
struct Connection {
    client: usize,
    client_life: u64,
    waiting: VecDeque<(RequestId, Option<Answer>)>,
}

/// The client connections of one node. Answers leave in the order of the requests.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: BTreeMap<SessionId, Connection>,
}

impl Connections {
    pub(crate) fn open(&mut self, session: SessionId, client: usize, client_life: u64) {
        let connection = Connection { client, client_life, waiting: VecDeque::new() };
        let old = self.open.insert(session, connection);
        assert!(old.is_none(), "a session number is never used twice");
    }

    /// A request has arrived. False if its connection is closed.
    pub(crate) fn ask(&mut self, session: SessionId, id: RequestId) -> bool {
        let Some(connection) = self.open.get_mut(&session) else { return false };
        connection.waiting.push_back((id, None));
        true
    }

    /// The node answers. Gives the client's place and life and all answers that may leave now.
    pub(crate) fn answer(&mut self, answer: Answer) -> Option<(usize, u64, Vec<Answer>)> {
        let connection = self.open.get_mut(&answer.session)?;
        let place = connection.waiting.iter_mut().find(|(waiting, _)| *waiting == answer.id)?;
        place.1 = Some(answer);
        let mut leaving = vec![];
        while connection.waiting.front().is_some_and(|(_, answer)| answer.is_some()) {
            leaving.extend(connection.waiting.pop_front().and_then(|(_, answer)| answer));
        }
        Some((connection.client, connection.client_life, leaving))
    }

    /// A connection is closed. True if it was open.
    pub(crate) fn close(&mut self, session: SessionId) -> bool {
        self.open.remove(&session).is_some()
    }

    /// All connections are gone: whose they were.
    pub(crate) fn clear(&mut self) -> Vec<(usize, u64)> {
        let open = std::mem::take(&mut self.open);
        open.into_values().map(|connection| (connection.client, connection.client_life)).collect()
    }
}

/// How far off the wall clock of a machine may be when it starts again, in milliseconds.
const WAKES_MS: [i64; 8] = [0, 60, -300, 1_500, -60_000, 60_000, 3_600_000, 3_600_000];

/// One machine and what runs on it.
#[derive(Debug)]
pub(crate) struct Host {
    config: Config,
    turn_steps: usize,
    limits: Limits,
    /// The node, while it runs.
    pub(crate) node: Option<Node>,
    /// Counts the starts.
    pub(crate) life: u64,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
    pub(crate) connections: Connections,
    /// What arrived since the last turn.
    pub(crate) inbox: Vec<Input>,
    /// Whether a turn is in the queue.
    pub(crate) turn_due: bool,
    /// How long the timer waits, in the time of this machine.
    pub(crate) tick_us: u64,
    pub(crate) paused_until_us: u64,
    /// Whether it will die in the middle of its next turn that has outputs.
    pub(crate) doomed: bool,
    /// The last term in which it died for its vote.
    pub(crate) died_in_term: u64,
    /// How many faults keep it from starting.
    pub(crate) kept_down: u32,
    /// How many faults keep its disk full.
    pub(crate) full: u32,
    /// Whether it is lost for good.
    pub(crate) gone: bool,
    /// Whether nobody has started it yet: it may join later.
    pub(crate) is_spare: bool,
    /// Whether it was removed, and its directory says so: it does not start any more.
    pub(crate) is_retired: bool,
    /// To whom it connects, once it has said so; else as it was started.
    pub(crate) peers: Option<BTreeSet<usize>>,
    /// Whether it runs on a directory that must not take part any more.
    pub(crate) is_copy: bool,
    /// Whether it dies as soon as others make it drop the end of its log.
    pub(crate) dies_overwritten: bool,
    /// What its directory held before each start at which it had met all others: copies that were
    /// made while it was down.
    copies: Vec<Directory>,
    /// Out of 100 starts, at how many a bit of the newest snapshot is flipped.
    rots_percent: u64,
    /// Out of 100 starts, at how many a bit of each snapshot is flipped.
    loses_percent: u64,
    /// What the node had merged when it was last seen.
    pub(crate) last_vector: Vec<(NodeId, Boot, Index)>,
    /// How many groups its disk held when it was first seen to have met all others.
    pub(crate) formed_at: Option<usize>,
    /// Where seeds and names come from.
    boots: Chance,
    /// Where the wall clock stands when the machine starts again.
    wakes: Chance,
}

impl Host {
    pub(crate) fn new(place: usize, setting: &Setting, seed: u64, clocks: &mut Chance) -> Host {
        let id = NodeId(place as u64 + 1);
        Host {
            config: config(id, setting),
            turn_steps: setting.turn_steps,
            limits: setting.limits,
            node: None,
            life: 0,
            disk: Disk::new(setting.sync),
            clock: Clock::draw(clocks),
            connections: Connections::default(),
            inbox: vec![],
            turn_due: false,
            tick_us: clocks.between(20_000, node::TICK_MS * 1000 - 1_000),
            paused_until_us: 0,
            doomed: false,
            died_in_term: 0,
            kept_down: 0,
            full: 0,
            gone: false,
            is_spare: place >= setting.nodes && place < setting.hosts(),
            is_retired: false,
            peers: None,
            is_copy: false,
            dies_overwritten: false,
            copies: vec![],
            rots_percent: setting.rots_percent,
            loses_percent: setting.loses_percent,
            last_vector: vec![],
            formed_at: None,
            boots: Chance::new(seed, Subject::Boot(place as u64)),
            wakes: Chance::new(seed, Subject::Wake(place as u64)),
        }
    }

    pub(crate) fn id(&self) -> NodeId {
        self.config.id
    }

    pub(crate) fn is_up(&self) -> bool {
        self.node.is_some()
    }

    /// Whether it connects to another one. As long as nobody has changed members the founders
    /// connect to each other; one that joins to all that it was told of.
    pub(crate) fn connects_to(&self, other: usize) -> bool {
        match &self.peers {
            Some(peers) => peers.contains(&other),
            None if self.config.join => true,
            None => self.config.members.iter().any(|(id, _)| *id == NodeId(other as u64 + 1)),
        }
    }

    /// Whether it is on its disk that it has met all others: then it can do without any one of
    /// them.
    pub(crate) fn is_settled(&self) -> bool {
        self.formed_at.is_some_and(|groups| self.disk.lengths().1 >= groups)
    }

    /// The machine starts again, now and then with another wall clock: how far off that is, if so.
    pub(crate) fn wake(&mut self, now_us: u64) -> Option<i64> {
        if self.life == 0 || !self.wakes.percent(25) {
            return None;
        }
        let off_ms = self.wakes.pick(&WAKES_MS);
        self.clock.wake(now_us, off_ms);
        Some(off_ms)
    }

    /// Starts the node on what the disk kept. `may_lose`: the others have what its snapshots hold.
    pub(crate) fn boot(&mut self, now_us: u64, may_lose: bool) -> Result<(), StartError> {
        assert!(self.node.is_none(), "a node that runs is not started");
        self.life += 1;
        self.peers = None;
        if self.is_settled() {
            self.copies.push(self.disk.directory());
        }
        self.config.seed = self.boots.number();
        self.config.incarnation = self.boots.number();
        self.config.directory = DirectoryId(self.boots.number());
        if self.boots.percent(30) {
            self.clock.restart(now_us, self.boots.below(1000));
        }
        let mut recovery = Recovery::new(self.config.clone());
        // A start that finds a bit flipped begins anew with what is before.
        let snapshots = &mut self.disk.snapshots;
        if snapshots.first_read().is_some() && self.boots.percent(self.rots_percent) {
            snapshots.rot();
        }
        if may_lose && self.loses_percent > 0 && self.boots.percent(self.loses_percent) {
            snapshots.rot_all();
        }
        if snapshots.are_lost() {
            recovery.lose_state();
        }
        snapshots.rotten().for_each(|number| recovery.skip_snapshot(number));
        if let Some((number, bytes)) = snapshots.first_read() {
            bytes.chunks(PIECE_BYTES).try_for_each(|piece| recovery.load(piece))?;
            recovery.loaded(number)?;
        }
        for (place, group) in self.disk.groups() {
            recovery.replay(place, group)?;
        }
        let mut node = recovery.finish()?;
        node.set_turn_steps(self.turn_steps);
        node.set_limits(self.limits);
        self.node = Some(node);
        Ok(())
    }

    /// Whether there is an older state of its directory.
    pub(crate) fn has_copies(&self) -> bool {
        !self.copies.is_empty()
    }

    /// An older state of its directory: what it was before one of its starts.
    pub(crate) fn older_copy(&self, chance: &mut Chance) -> Directory {
        chance.pick_from(&self.copies).clone()
    }

    /// From now on its directory is one that must not take part.
    pub(crate) fn put_back(&mut self, directory: Directory) {
        assert!(self.node.is_none(), "a directory is put back while its node is down");
        self.disk.put_back(directory);
        self.formed_at = None;
        self.is_copy = true;
    }

    /// It is to run what `other` runs, on a copy of its directory.
    pub(crate) fn impersonate(&mut self, other: &Host, directory: Directory) {
        self.config.id = other.config.id;
        self.put_back(directory);
    }

    /// The process is gone, with all that was in memory. Gives the clients that were connected
    /// and how many groups the disk lost.
    pub(crate) fn crash(&mut self, disks: &mut Chance) -> (Vec<(usize, u64)>, usize) {
        let vector = self.node.take().map(|node| node.status().vector);
        self.last_vector = vector.unwrap_or_else(|| std::mem::take(&mut self.last_vector));
        self.inbox.clear();
        self.turn_due = false;
        self.doomed = false;
        self.paused_until_us = 0;
        let lost = self.disk.crash(disks);
        self.formed_at = self.formed_at.filter(|groups| self.disk.lengths().1 >= *groups);
        (self.connections.clear(), lost)
    }
}

/// Where a node receives its peers, as it is started.
pub(crate) fn address(id: NodeId) -> String {
    format!("node-{}:7000", id.0)
}

fn config(id: NodeId, setting: &Setting) -> Config {
    let founders = setting.nodes as u64;
    let joins = id.0 > founders && id.0 <= setting.hosts() as u64;
    let members = if joins { id.0..=id.0 } else { 1..=founders };
    Config {
        id,
        members: members.map(NodeId).map(|id| (id, address(id))).collect(),
        order: setting.order,
        level: setting.level,
        request_timeout_ms: setting.request_timeout_ms,
        max_clock_drift_ms: setting.max_clock_drift_ms,
        max_memory: setting.max_memory.map(|bytes| bytes + 20 * (id.0 - 1)),
        seed: 0,
        incarnation: 0,
        directory: DirectoryId(0),
        discard_state: false,
        join: joins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::keyspace::ServedKeys;
    use node::Reply;

    #[test]
    fn answers_leave_in_the_order_of_the_requests() {
        let session = SessionId(4);
        let answer = |id, reply| Answer {
            session,
            id: RequestId(id),
            reply,
            certificate: None,
            served: ServedKeys::default(),
        };
        let mut connections = Connections::default();
        connections.open(session, 7, 1);
        assert!(connections.ask(session, RequestId(1)) && connections.ask(session, RequestId(2)));
        assert_eq!(connections.answer(answer(2, Reply::Nil)), Some((7, 1, vec![])));
        let both = vec![answer(1, Reply::Ok), answer(2, Reply::Nil)];
        assert_eq!(connections.answer(answer(1, Reply::Ok)), Some((7, 1, both)));
        assert_eq!(connections.answer(answer(1, Reply::Ok)), None, "nobody waits for it");
        assert!(connections.close(session));
        assert!(!connections.ask(session, RequestId(3)));
    }
}
