//! A small world for stories: nodes, messages in flight, disks, and time that passes when told to.

mod disk;
mod keyspaces;
mod members;
mod recover;
mod told;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bytes::Bytes;
use node::*;

use disk::{Disk, GONE, Snapshot};
use words::{level_of, number, place, preference_of, text};

/// A step of time: all messages arrive and all disks sync once a step.
const STEP_MS: u64 = 10;

/// After so many steps nobody will answer any more.
const ANSWERS_STEPS_MAX: usize = 20_000;

/// What a right wall clock says at the beginning.
const BEGAN_MS: u64 = 1_700_000_000_000;

/// Tells the story of a script: its lines, each command followed by what came of it.
pub(crate) fn tell(script: &str) -> String {
    let mut world = World::default();
    let mut told = String::new();
    for line in script.lines() {
        if line.starts_with('#') || line.is_empty() {
            writeln!(told, "{line}").unwrap();
        } else if let Some(command) = line.strip_prefix("> ") {
            writeln!(told, "{line}").unwrap();
            world.command(command);
            for line in std::mem::take(&mut world.told) {
                writeln!(told, "{line}").unwrap();
            }
        }
    }
    told
}

/// A message on its way.
#[derive(Clone)]
struct Flight {
    from: u64,
    to: u64,
    /// By the connection that its receiver made.
    back: bool,
    message: Bytes,
}

/// Nodes and all that is around them.
#[derive(Default)]
pub(crate) struct World {
    now_ms: u64,
    level: Option<Level>,
    size: u64,
    nodes: BTreeMap<u64, Node>,
    /// How often each was started.
    starts: BTreeMap<u64, u64>,
    /// The members that a node is told at its start, where it is told others than the rest.
    told_members: BTreeMap<u64, Vec<u64>>,
    /// Whether members are told by their new addresses.
    moved: bool,
    /// Copies of disks.
    saved: BTreeMap<u64, Vec<Bytes>>,
    disks: BTreeMap<u64, Disk>,
    /// Names of data directories: a node with a new one comes with a new name.
    directories: BTreeMap<u64, u64>,
    wall_offset_ms: BTreeMap<u64, i64>,
    flying: Vec<Flight>,
    /// Messages that are to arrive once more.
    doubled: Vec<Flight>,
    /// Connections that end once what was sent on them has arrived.
    leaving: Vec<PathId>,
    cut: BTreeSet<(u64, u64)>,
    held: BTreeSet<(u64, u64)>,
    requests: BTreeMap<(u64, u64, u64), String>,
    next_request: u64,
    /// How much may wait, and go together, where a story says so.
    limits: Limits,
    /// The `maxmemory` that a node is started with.
    max_memory: BTreeMap<u64, u64>,
    /// The keyspaces that nodes are started with from now on.
    beginning: Vec<Definition>,
    slow: bool,
    /// Whether the node that starts is to discard its state.
    discard_state: bool,
    /// Ways that nodes are about to have to others.
    dialled: Vec<(u64, u64)>,
    /// Those that are started to join.
    joiners: BTreeSet<u64>,
    /// Tokens, by the names that the story gives them.
    tokens: BTreeMap<String, Token>,
    /// Buffers of requests, which nodes must not keep.
    lent: Vec<Bytes>,
    told: Vec<String>,
}

impl World {
    /// Does one command of a script:
    ///
    /// - `cluster N LEVEL`: N new nodes in a new world; `run MS`: time passes; `answers`: until all
    ///   requests are answered; `settle`: until a leader is known to all and nothing moves.
    /// - `n1.a set KEY VALUE [nx|xx|ifeq OLD] [get]`, `n1.a get KEY [LEVEL]`, `… exists KEY…`, `…
    ///   del KEY…`: a client `a` of node 1 asks.
    /// - `n1.a token T`, `n1.a waitfor T [MS]`: where this client stands is called T; the client
    ///   waits until its node stands there; `merge T U V`: V is T and U together.
    /// - `n1.a watch KEY…`, `n1.a unwatch`, `n1.a exec COMMAND ; COMMAND …`: a transaction of that
    ///   client.
    /// - `n1.a keyspace create NAME PREFIX ORDER LEVEL [interval] ALLOWED…`, `… alter NAME LEVEL
    ///   ALLOWED…`, `… drop NAME`, `… get NAME`, `… list`; `… levels NAME`, `… level KEY [LEVEL]`:
    ///   which levels a keyspace gives, and at which one a read of a key is answered.
    /// - `begin with NAME PREFIX ORDER LEVEL ALLOWED…`: nodes are started with this keyspace, too,
    ///   from now on; `begin with nothing`: with none.
    /// - `join 4`: node 4 is started to join the cluster; `join 4 14`: another process is, as node
    ///   4 on a directory of its own, and the story calls it 44. `n1.a members add 4`, `… remove
    ///   4`, `… lose 4 5`, `… replace 3 4`, `… move 4 ADDRESS`: members are changed; `members`: how
    ///   each node sees them.
    /// - `founded earlier`: the disks of all nodes, which are down, say nothing of the version that
    ///   founded the cluster, as that before this one wrote them; `versions`: which version the
    ///   cluster may use, and who understands which.
    /// - `values KEY`: what each node holds for a key, in both orders.
    /// - `n1.a prefer LEVEL[+MS]… [strict]`: what reads of this client want from now on that name
    ///   no level, each for so long; `n1.a last`: at which level its last read was answered, and
    ///   how stale at most; `rounds`: in how many rounds each node had what is committed confirmed.
    /// - `n1.a once MS-NAME COMMAND`, `… once MS-NAME exec COMMAND ; …`: it is to run once; its id
    ///   is of so many milliseconds after the beginning of the world. `n1.a once-limits MS IDS
    ///   AHEAD`: how long and how many ids are kept, and how far they may be ahead; `-`: as before.
    /// - `n1.a transfer 2`: node 2 is to lead; `members 1`: the members as node 1 sees them.
    /// - `n1.a certify`: answers to this client say where they stand.
    /// - `cut 1 2`, `heal`: messages between two nodes are lost; nothing is cut any more.
    /// - `part 1 2`: node 1 hears that there is no path to node 2 any more.
    /// - `hold 1 2`, `release 1 2`: messages from one node to another wait; those that waited
    ///   arrive.
    /// - `drop 1 2`: those that wait are lost, and the next ones come.
    /// - `double 1 2`, `again 1 2`: what is on its way from one node to another is kept; it arrives
    ///   once more.
    /// - `end 1`: node 1 is told that it is about to end; `may end 1`: whether it may.
    /// - `full 1`, `free 1`: the disk of node 1 has no room but for small records, has room again.
    ///   `full 1 REASON`: for this reason.
    /// - `stall 1`, `unstall 1`: the disk of node 1 stops, goes on; `sync 1`: one group gets there
    ///   that is on its way.
    /// - `crash 1`: node 1 and its unsynced writes are gone; `start 1 [LEVEL]`; `wipe 1`: its disk
    ///   is empty.
    /// - `vanish 1`: as `crash 1`, but nobody hears that its connections are gone.
    /// - `lose 1`: the disk of node 1 loses the last group that it had synced.
    /// - `peers 1 1,2`: from its next start on, node 1 is told that these are the members; `move`:
    ///   from now on all members have new addresses.
    /// - `save 1`, `restore 1`: a copy of the directory of node 1 is made, and put in its place.
    /// - `clone 1 11`: a copy of the directory of node 1 starts beside it; the story calls it 11.
    /// - `twin 1 11`: another process starts as node 1, on an empty directory of its own; the story
    ///   calls it 11.
    /// - `forge 2 1 NAME`: node 2 says to node 1 what no sound member says (see `node::Forged`).
    /// - `stranger 2 1`: somebody says hello to node 1 as node 2, and that it knows node 1 by
    ///   another directory.
    /// - `keep BYTES`: nodes keep so much of their logs for those who are behind; `pieces BYTES`:
    ///   and send so much of a snapshot at once.
    /// - `snapshot 1`, `snapshot 1 though full`: node 1 writes a snapshot; `rot 1`, `rot all 1`:
    ///   its newest snapshot is damaged, or all are; `forget 1`: of the log of node 1 what is
    ///   before its older snapshot is gone; `start 1 discard`: it starts without any state.
    /// - `recover 2 3 as 7`: a new cluster's first node, 7, is made of what nodes 2 and 3 hold,
    ///   which are down and all that survives.
    /// - `digests MS KEYS`: states are compared so often, and so many keys a turn; `digests`: what
    ///   came of it; `decay 1 KEY`: the value of a key changes in the memory of node 1.
    /// - `joins KEYS MS`: of a merged state that was fetched so many keys are joined a turn, and a
    ///   turn of that kind comes so often.
    /// - `room WAITING TOLD`: so many bytes of requests may wait, and of answers of transactions on
    ///   merged keyspaces.
    /// - `lag BYTES`: with more than so much on its way a disk lags; `on its way`: how much that is
    ///   at each node.
    /// - `slow`: from now on nodes take one turn a step, whatever they leave over; `steps COUNT`:
    ///   and those that run do so many steps of each kind of work in a turn.
    /// - `n1.a fill KEY COUNT`: writes KEY1 to KEYCOUNT, each once the one before it is done; `n1.a
    ///   fill KEY COUNT MS`: they go so long after the beginning of the world.
    /// - `clock 1 MS`: the wall clock of node 1 is off by so much; `status`; `leader`: who leads;
    ///   `terms`: the term of each node.
    /// - `n1.a flood COUNT`: so many writes, ten each millisecond; messages and disks take no time
    ///   meanwhile.
    /// - `n1.a maxmemory BYTES`: sets what the agreed records may count; `own 1 BYTES`: from its
    ///   next start on, node 1 is started with this value; `merged memory 1 BYTES`: what merged
    ///   records may count at node 1; `memory`: what is counted, and what may be.
    /// - `tombstones`: how many each node has; `unsynced`: how many keys each shows that are not on
    ///   its disk.
    /// - `log time`: how far the last stamp in the leader's log is ahead of the right time.
    pub(crate) fn command(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["cluster", size, level] => self.cluster(number(size), level_of(level)),
            ["run", ms] => self.run(number(ms)),
            ["settle"] => self.settle(),
            ["answers"] => {
                for _ in 0..ANSWERS_STEPS_MAX {
                    if self.requests.is_empty() {
                        return;
                    }
                    self.step();
                }
                self.told.push("nobody answers".into());
            }
            ["cut", a, b] => {
                self.cut.insert((number(a), number(b)));
                self.cut.insert((number(b), number(a)));
            }
            ["heal"] => self.heal(),
            ["part", id, peer] => {
                let gone = Input::Disconnected(NodeId(number(peer)));
                self.turn(number(id), vec![gone]);
            }
            ["hold", from, to] => drop(self.held.insert((number(from), number(to)))),
            ["release", from, to] => drop(self.held.remove(&(number(from), number(to)))),
            ["drop", from, to] => {
                let ends = (number(from), number(to));
                self.held.remove(&ends);
                self.flying.retain(|flight| (flight.from, flight.to) != ends);
            }
            ["double", from, to] => {
                let is_meant = |flight: &&Flight| {
                    (flight.from, flight.to) == (number(from), number(to)) && !flight.back
                };
                self.doubled.extend(self.flying.iter().filter(is_meant).cloned());
            }
            ["again", from, to] => {
                let is_meant =
                    |flight: &mut Flight| (flight.from, flight.to) == (number(from), number(to));
                let again: Vec<_> = self.doubled.extract_if(.., is_meant).collect();
                for Flight { from, to, message, .. } in again {
                    self.deliver(from, to, message);
                }
            }
            ["end", id] => self.turn(number(id), vec![Input::Ending]),
            ["may", "end", id] => {
                let may = if self.nodes[&number(id)].may_end() { "may end" } else { "is needed" };
                self.told.push(format!("n{id} {may}"));
            }
            ["full", id] => self.turn(number(id), vec![Input::DiskFull(Some(Shortage::of_room()))]),
            ["full", id, why @ ..] => {
                let shortage = Shortage { why: why.join(" "), ..Shortage::of_room() };
                self.turn(number(id), vec![Input::DiskFull(Some(shortage))]);
            }
            ["free", id] => self.turn(number(id), vec![Input::DiskFull(None)]),
            ["stall", id] => self.disk(number(id)).stalled = true,
            ["unstall", id] => self.disk(number(id)).stalled = false,
            ["sync", id] => {
                let told = self.disk(number(id)).sync_one();
                self.turn(number(id), told.into_iter().collect());
            }
            ["crash", id] => {
                self.leaving.push(self.path_of(number(id)));
                self.crash(number(id));
            }
            ["vanish", id] => self.crash(number(id)),
            ["save", id] => {
                let kept = self.disk(number(id)).kept.clone();
                self.saved.insert(number(id), kept);
            }
            ["restore", id] => self.disk(number(id)).kept = self.saved[&number(id)].clone(),
            ["peers", id, members] => {
                let members = members.split(',').map(number).collect();
                self.told_members.insert(number(id), members);
            }
            ["move"] => self.moved = true,
            ["clone", id, copy] => {
                let kept = self.disk(number(id)).kept.clone();
                let disk = Disk { kept, ..Disk::default() };
                self.disks.insert(number(copy), disk);
                self.start(number(copy));
            }
            ["twin", id, twin] => {
                let disk = Disk::default();
                self.disks.insert(number(twin), disk);
                self.directories.insert(number(twin), 500 + number(id));
                self.start(number(twin));
            }
            ["forge", from, to, name] => {
                let forged = Forged::named(name).expect("a forgery of that name");
                let message = self.nodes[&number(from)].forge(forged, NodeId(number(to)));
                self.deliver(number(from), number(to), message);
            }
            ["stranger", from, to] => {
                let message = hello_of_stranger(&self.nodes[&number(to)], NodeId(number(from)));
                self.deliver(99, number(to), message);
            }
            ["join", id] => self.join(number(id), number(id)),
            ["join", id, other] => self.join(number(id), number(other)),
            ["members"] => self.all_members_told(),
            ["founded", "earlier"] => self.founded_earlier(),
            ["versions"] => self.versions_told(),
            ["start", id] => self.start(number(id)),
            ["start", id, "discard"] => {
                self.discard_state = true;
                self.start(number(id));
                self.discard_state = false;
            }
            ["start", id, level] => {
                let usual = self.level.replace(level_of(level));
                self.start(number(id));
                self.level = usual;
            }
            ["wipe", id] => {
                self.disk(number(id)).kept.clear();
                *self.directories.get_mut(&number(id)).unwrap() += 1000;
            }
            ["lose", id] => drop(self.disk(number(id)).kept.pop()),
            ["clock", id, ms] => {
                self.wall_offset_ms.insert(number(id), ms.parse().unwrap());
            }
            ["status"] => self.status(),
            ["members", id] => self.members_told(number(id)),
            ["leader"] => {
                let told = self.leader().map(|id| format!("n{id} leads"));
                self.told.push(told.unwrap_or("nobody leads".into()));
            }
            ["terms"] => {
                let term = |(id, node): (&u64, &Node)| format!("n{id} {}", node.status().term);
                let terms: Vec<_> = self.nodes.iter().map(term).collect();
                self.told.push(format!("terms: {}", terms.join(", ")));
            }
            ["rounds"] => {
                let of = |(id, node): (&u64, &Node)| format!("n{id} {}", node.rounds());
                let all: Vec<_> = self.nodes.iter().map(of).collect();
                self.told.push(format!("rounds: {}", all.join(", ")));
            }
            ["tombstones"] => {
                let of = |(id, node): (&u64, &Node)| format!("n{id} {}", node.status().tombstones);
                let all: Vec<_> = self.nodes.iter().map(of).collect();
                self.told.push(format!("tombstones: {}", all.join(", ")));
            }
            ["unsynced"] => {
                let of =
                    |(id, node): (&u64, &Node)| format!("n{id} {}", node.status().unsynced.keys);
                let all: Vec<_> = self.nodes.iter().map(of).collect();
                self.told.push(format!("unsynced: {}", all.join(", ")));
            }
            ["values", key] => {
                for (id, node) in &self.nodes {
                    let value = |order| {
                        node.value_in(order, key.as_bytes())
                            .map(|held| String::from_utf8_lossy(&held).into_owned())
                    };
                    let text = |order| value(order).unwrap_or("nothing".into());
                    let (agreed, merged) = (text(Order::Agreed), text(Order::Merged));
                    self.told.push(format!("n{id}: agreed {agreed}, merged {merged}"));
                }
            }
            ["log", "time"] => self.log_time(),
            ["keep", bytes] => {
                self.limits.kept_bytes = number(bytes) as usize;
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["pieces", bytes] => {
                self.limits.piece_bytes = number(bytes) as usize;
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["own", id, bytes] => drop(self.max_memory.insert(number(id), number(bytes))),
            ["merged", "memory", id, bytes] => {
                let node = self.nodes.get_mut(&number(id)).expect("a node of that number");
                node.set_max_memory_merged(number(bytes));
            }
            ["memory"] => self.memory(),
            ["merge", a, b, both] => {
                let floor = Token::merge([self.tokens[*a].clone(), self.tokens[*b].clone()]);
                self.tokens.insert((*both).into(), floor.expect("both are of one cluster"));
            }
            ["digests", ms, keys] => {
                (self.limits.digest_ms, self.limits.digest_keys) =
                    (number(ms), number(keys) as usize);
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["joins", keys, ms] => {
                (self.limits.join_keys, self.limits.join_ms) = (number(keys) as usize, number(ms));
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["begin", "with", "nothing"] => self.beginning.clear(),
            ["begin", "with", words @ ..] => self.beginning.push(keyspaces::definition(words)),
            ["room", waiting, told] => {
                (self.limits.waiting_bytes, self.limits.told_bytes) =
                    (number(waiting) as usize, number(told) as usize);
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["lag", bytes] => {
                self.limits.lag_bytes = number(bytes);
                let limits = self.limits;
                self.nodes.values_mut().for_each(|node| node.set_limits(limits));
            }
            ["on", "its", "way"] => {
                let of = |(id, node): (&u64, &Node)| {
                    format!("n{id} {}", node.status().disk_backlog_bytes)
                };
                let all: Vec<_> = self.nodes.iter().map(of).collect();
                self.told.push(format!("on its way: {}", all.join(", ")));
            }
            ["slow"] => self.slow = true,
            ["steps", count] => {
                let steps = number(count) as usize;
                self.nodes.values_mut().for_each(|node| node.set_turn_steps(steps));
            }
            ["digests"] => self.digests(),
            ["decay", id, key] => {
                let node = self.nodes.get_mut(&number(id)).expect("a node that runs");
                assert!(node.rot(key.as_bytes()), "the key is there");
            }
            ["snapshot", id, rest @ ..] => {
                let though_full = rest == ["though", "full"];
                self.turn(number(id), vec![Input::TakeSnapshot { though_full }]);
            }
            ["rot", "all", id] => {
                for snapshot in self.disk(number(id)).snapshots.values_mut() {
                    let middle = snapshot.bytes.len() / 2;
                    snapshot.bytes[middle] ^= 1;
                }
            }
            ["rot", id] => {
                let mut newest = self.disk(number(id)).snapshots.last_entry().unwrap();
                let middle = newest.get().bytes.len() / 2;
                newest.get_mut().bytes[middle] ^= 1;
            }
            ["forget", id] => {
                let disk = self.disk(number(id));
                let groups = disk.snapshots.values().map(|snapshot| snapshot.groups).min();
                disk.kept[..groups.unwrap_or(0)].fill(Bytes::from_static(GONE));
            }
            ["recover", ids @ .., "as", new] => {
                let ids: Vec<u64> = ids.iter().map(|id| number(id)).collect();
                self.recover(&ids, number(new));
            }
            [who, "fill", key, count] => self.fill(who, key, number(count), ""),
            [who, "fill", key, count, ms] => {
                let moment = (BEGAN_MS + number(ms)).to_string();
                self.fill(who, key, number(count), &format!("pxat {moment}"));
            }
            [who, "flood", count] => self.flood(who, number(count)),
            [who, command @ ..] if who.contains('.') => self.ask(who, command),
            _ => panic!("not a command of a story: {line}"),
        }
    }

    fn cluster(&mut self, size: u64, level: Level) {
        let (told, beginning) =
            (std::mem::take(&mut self.told), std::mem::take(&mut self.beginning));
        let level = Some(level);
        *self = World { told, size, level, beginning, now_ms: 1000, ..World::default() };
        for id in 1..=size {
            self.disks.insert(id, Disk::default());
            self.directories.insert(id, 10 + id);
            self.start(id);
        }
    }

    /// The connection that this node makes to any other.
    fn path_of(&self, id: u64) -> PathId {
        PathId(id * 1000 + self.starts.get(&id).copied().unwrap_or(0))
    }

    /// A process is started to join as this node; the story calls it `own`.
    fn join(&mut self, id: u64, own: u64) {
        self.disks.insert(own, Disk::default());
        let starts = self.starts.get(&own).copied().unwrap_or(0);
        self.directories.insert(own, 2000 + 10 * own + starts);
        self.directories.entry(id).or_insert(2000 + 10 * id);
        self.joiners.insert(id);
        self.start(own);
    }

    fn members(&self, id: u64) -> Vec<(NodeId, String)> {
        let all: Vec<u64> = (1..=self.size).collect();
        let host = if self.moved { "new-host" } else { "host" };
        let one = vec![if id > 9 { id / 10 } else { id }];
        let usual = if self.joiners.contains(&one[0]) { &one } else { &all };
        let members = self.told_members.get(&id).unwrap_or(usual);
        members.iter().map(|id| (NodeId(*id), format!("{host}{id}"))).collect()
    }

    fn deliver(&mut self, from: u64, to: u64, message: Bytes) {
        let path = Some(self.path_of(from));
        self.turn(to, vec![Input::Receive { path, message }]);
    }

    fn start(&mut self, id: u64) {
        *self.starts.entry(id).or_default() += 1;
        // A copy of node 1 is called 11.
        let (own, id) = (id, if id > 9 { id / 10 } else { id });
        let level = self.level.unwrap();
        let order = match level {
            Level::Linearizable | Level::Bounded { .. } | Level::Sequential => Order::Agreed,
            Level::Causal | Level::Eventual => Order::Merged,
        };
        let config = Config {
            id: NodeId(id),
            members: self.members(own),
            order,
            level,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 500,
            max_memory: self.max_memory.get(&id).copied(),
            seed: id * 7919 + self.now_ms,
            incarnation: self.path_of(own).0,
            directory: DirectoryId(*self.directories.get(&own).unwrap_or(&self.directories[&id])),
            discard_state: self.discard_state,
            join: self.joiners.contains(&id),
        };
        let (recovered, damaged) = self.disk(own).recover(&config);
        self.told.extend(damaged.map(|damaged| format!("n{own}: {damaged}")));
        match recovered {
            Ok(mut node) => {
                node.set_limits(self.limits);
                node.set_beginning(Beginning {
                    keyspaces: self.beginning.clone(),
                    once: OnceWanted::default(),
                });
                self.nodes.insert(own, node);
                let others = self.nodes.keys().copied().filter(|n| *n != own && *n <= 9);
                for other in others.collect::<Vec<_>>() {
                    // Nobody knows the way to one that is to join.
                    if own == id && !self.joiners.contains(&id) {
                        self.turn(other, vec![Input::Connected(NodeId(id))]);
                    }
                    self.turn(own, vec![Input::Connected(NodeId(other))]);
                }
            }
            Err(error) => self.told.push(format!("node {own} does not start: {error}")),
        }
    }

    fn crash(&mut self, id: u64) {
        self.nodes.remove(&id);
        self.disk(id).pending.clear();
        self.disk(id).writing = None;
        self.flying.retain(|flight| flight.to != id);
        self.requests.retain(|key, _| key.0 != id);
    }

    fn heal(&mut self) {
        for (a, b) in std::mem::take(&mut self.cut) {
            if self.nodes.contains_key(&a) {
                self.turn(a, vec![Input::Connected(NodeId(b))]);
            }
        }
    }

    fn disk(&mut self, id: u64) -> &mut Disk {
        self.disks.get_mut(&id).expect("a disk of that number")
    }

    fn ask(&mut self, who: &str, words: &[&str]) {
        let (id, client) = who.split_once('.').unwrap();
        let id = number(id.trim_start_matches('n'));
        let session = client.bytes().fold(0, |sum, byte| sum * 256 + u64::from(byte));
        // What a request names are slices of one buffer, as those are that a socket was read into.
        let line = Bytes::from(words.join(" "));
        let bytes = |word: &str| {
            let at = line.windows(word.len()).position(|part| part == word.as_bytes()).unwrap();
            line.slice(at..at + word.len())
        };
        let (words_asked, level) = match words {
            ["certify"] => {
                let session = SessionId(session);
                return self.turn(id, vec![Input::Certify { session, on: true }]);
            }
            ["prefer", levels @ ..] => {
                let preference = Some(preference_of(levels).into());
                let session = SessionId(session);
                return self.turn(id, vec![Input::Prefer { session, preference }]);
            }
            ["unwatch"] => return self.turn(id, vec![Input::Unwatch(SessionId(session))]),
            ["get", key, asked] => (vec!["get", key], Some(level_of(asked))),
            _ => (words.to_vec(), None),
        };
        let command = match words {
            ["maxmemory", bytes] => Command::max_memory(number(bytes)),
            ["token", _] => Command::token(),
            ["last"] => Command::last(),
            ["transfer", id] => Command::transfer(NodeId(number(id))),
            ["waitfor", name, ms @ ..] => {
                Command::wait_for(&self.tokens[*name], ms.first().map(|ms| number(ms)))
            }
            ["exec", commands @ ..] => exec(commands),
            ["keyspace", words @ ..] => keyspaces::command(words),
            ["members", words @ ..] => members::command(words),
            ["finalize"] => Command::finalize(),
            ["once", id, command @ ..] => once(id, command),
            ["once-limits", limits @ ..] => {
                let limits: Vec<_> = limits.iter().map(|one| one.parse().ok()).collect();
                Command::once_limits(limits[0], limits[1], limits[2])
            }
            _ => {
                let request: Vec<Bytes> = words_asked.into_iter().map(bytes).collect();
                Command::of(&request).unwrap_or_else(|error| panic!("{words:?}: {error}"))
            }
        };
        self.next_request += 1;
        let request = self.next_request;
        self.requests.insert((id, session, request), format!("{who} {}", words.join(" ")));
        self.lent.push(line);
        let (session, number) = (SessionId(session), RequestId(request));
        self.turn(id, vec![Input::Request { session, id: number, level, command }]);
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(STEP_MS) {
            self.step();
        }
    }

    /// Until every node that runs is ready and nothing is asked any more, or ten seconds are over.
    fn settle(&mut self) {
        for _ in 0..1000 {
            self.step();
            let ready = self
                .nodes
                .values()
                .all(|node| node.status().ready && node.status().leader.is_some());
            let applied =
                self.nodes.values().map(|node| node.status().applied).collect::<BTreeSet<_>>();
            let vectors =
                self.nodes.values().map(|node| node.status().vector).collect::<BTreeSet<_>>();
            if ready && self.requests.is_empty() && applied.len() == 1 && vectors.len() == 1 {
                return;
            }
        }
        self.told.push("it does not settle".into());
    }

    fn step(&mut self) {
        self.now_ms += STEP_MS;
        self.exchange();
    }

    /// All messages arrive, and all disks sync.
    fn exchange(&mut self) {
        let mut inputs: BTreeMap<u64, Vec<Input>> = BTreeMap::new();
        for flight in std::mem::take(&mut self.flying) {
            let Flight { from, to, back, .. } = flight;
            if self.held.contains(&(from, to)) {
                self.flying.push(flight);
            } else if !self.cut.contains(&(from, to)) {
                let path = (!back).then(|| self.path_of(from));
                let message = flight.message;
                inputs.entry(to).or_default().push(Input::Receive { path, message });
            }
        }
        for (id, peer) in std::mem::take(&mut self.dialled) {
            if self.nodes.contains_key(&peer) && !self.cut.contains(&(id, peer)) {
                inputs.entry(id).or_default().push(Input::Connected(NodeId(peer)));
            }
        }
        for path in std::mem::take(&mut self.leaving) {
            for id in self.nodes.keys() {
                inputs.entry(*id).or_default().push(Input::Left(path));
            }
        }
        for (id, disk) in &mut self.disks {
            if disk.stalled {
                continue;
            }
            inputs.entry(*id).or_default().extend(disk.sync());
        }
        for id in self.nodes.keys().copied().collect::<Vec<_>>() {
            self.turn(id, inputs.remove(&id).unwrap_or_default());
        }
    }

    fn turn(&mut self, id: u64, mut inputs: Vec<Input>) {
        let offset = self.wall_offset_ms.get(&id).copied().unwrap_or(0);
        let wall_ms = (BEGAN_MS + self.now_ms).saturating_add_signed(offset);
        inputs.insert(0, Input::Tick(Now { monotonic_ms: self.now_ms, wall_ms }));
        let mut lent = std::mem::take(&mut self.lent);
        for input in &mut inputs {
            if let Input::Receive { message, .. } = input {
                // Several messages come in one buffer, and what is sent to several nodes is one.
                *message = Bytes::copy_from_slice(message);
                lent.push(message.clone());
            }
        }
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let mut outputs = vec![];
        node.turn(&mut inputs, &mut outputs);
        let goes_on = node.has_more();
        // What came and waits for the next turn is kept as it is.
        let kept = lent.iter().find(|buffer| !goes_on && !buffer.is_unique());
        assert_eq!(kept, None, "a node that keeps a slice keeps the whole of a receive buffer");
        for output in outputs {
            self.take(id, output);
        }
        if goes_on && !self.slow {
            self.turn(id, vec![]);
        }
    }

    fn take(&mut self, id: u64, output: Output) {
        match output {
            Output::Persist { ticket, records } => {
                self.disk(id).pending.push_back((ticket, records))
            }
            Output::Send { to, message, .. } => {
                self.flying.push(Flight { from: id, to: to.0, back: false, message });
            }
            Output::SendBack { path, message } => {
                let to = path.0 / 1000;
                if self.path_of(to) == path {
                    self.flying.push(Flight { from: id, to, back: true, message });
                }
            }
            Output::BeginSnapshot(number) => {
                let disk = self.disk(id);
                let groups = disk.kept.len() + disk.pending.len();
                disk.writing = Some((number, Snapshot { groups, ..Snapshot::default() }, false));
            }
            Output::WriteSnapshot { bytes, .. } => {
                self.disk(id).writing.as_mut().unwrap().1.bytes.extend(bytes);
            }
            Output::EndSnapshot(_) => self.disk(id).writing.as_mut().unwrap().2 = true,
            Output::DropSnapshot(_) => self.disk(id).writing = None,
            Output::ReadSnapshot { request, number, offset, bytes } => {
                let snapshot = self.disk(id).snapshots.get(&number);
                let bytes = snapshot.map(|snapshot| {
                    let rest = &snapshot.bytes[offset as usize..];
                    Bytes::copy_from_slice(&rest[..bytes.min(rest.len())])
                });
                self.turn(id, vec![Input::SnapshotRead { request, bytes }]);
            }
            Output::ReadLog { request, place, bytes } => {
                let (groups, next) = self.disk(id).read(place, bytes);
                self.told.push(format!("n{id} reads its log on disk"));
                self.turn(id, vec![Input::LogRead { request, groups, next }]);
            }
            Output::Note(event) => self.note(id, &event),
            Output::Trust(_) | Output::HangUp(_) => {}
            Output::Peers(others) => {
                self.dialled.extend(others.into_iter().map(|(peer, _)| (id, peer.0)));
            }
            Output::Reply { session, id: request, reply, certificate } => {
                let asked = self.requests.remove(&(id, session.0, request.0));
                let stands = certificate.map_or(String::new(), |it| format!("   {}", place(&it)));
                let asked = asked.expect("answered once");
                if let (Some((_, name)), Reply::Value(token)) =
                    (asked.split_once(" token "), &reply)
                {
                    self.tokens.insert(name.into(), Token::parse(token).expect("it is a token"));
                    return;
                }
                self.told.push(format!("{asked} → {}{stands}", text(&reply)));
            }
            Output::Halt { exit_code, reason } => {
                self.told.push(format!("n{id} halts ({exit_code}): {reason}"));
                // What was handed to the disk before still gets there.
                let disk = self.disk(id);
                disk.kept.extend(disk.pending.drain(..).map(|(_, group)| group));
                self.crash(id);
            }
        }
    }

    fn leader(&self) -> Option<u64> {
        let leads = |node: &&Node| node.status().role == Role::Leader;
        let leaders = self.nodes.values().filter(leads).map(Node::status);
        leaders.max_by_key(|status| status.term).map(|status| status.id.0)
    }

    /// The stamps in the leader's log, from this index on.
    fn stamps_ms(&self, from: u64) -> Vec<u64> {
        let Some(node) = self.leader().and_then(|id| self.nodes.get(&id)) else { return vec![] };
        let entries =
            (from..=node.agreed_last().0).filter_map(|index| node.agreed_entry(Index(index)));
        entries.filter_map(|entry| entry.stamp_ms()).collect()
    }

    /// Whether nothing is on its way to a node or a disk.
    fn is_quiet(&self) -> bool {
        self.flying.is_empty() && self.disks.values().all(|disk| disk.pending.is_empty())
    }

    fn fill(&mut self, who: &str, key: &str, count: u64, options: &str) {
        let told = std::mem::take(&mut self.told);
        for write in 1..=count {
            let key = format!("{key}{write}");
            let words = ["set", &key, "v"].into_iter().chain(options.split_whitespace());
            self.ask(who, &words.collect::<Vec<_>>());
            while !self.requests.is_empty() {
                self.step();
            }
        }
        let told = std::mem::replace(&mut self.told, told);
        let (done, noted): (Vec<_>, _) = told.into_iter().partition(|line| line.ends_with("→ OK"));
        self.told.extend(noted);
        self.told.push(format!("{} of {count} done", done.len()));
    }

    fn flood(&mut self, who: &str, count: u64) {
        let before = self.stamps_ms(1).len();
        let (told, began_ms) = (std::mem::take(&mut self.told), self.now_ms);
        for write in 0..count {
            self.now_ms += u64::from(write % 10 == 0);
            self.ask(who, &["set", "k", "v"]);
            while !self.is_quiet() {
                self.exchange();
            }
        }
        let done = self.told.iter().filter(|line| line.ends_with("→ OK")).count();
        self.told = told;
        let stamps_ms = self.stamps_ms(1).split_off(before.saturating_sub(1));
        let (ms, entries) = (self.now_ms - began_ms, stamps_ms.len() - before.min(1));
        let passed_ms = stamps_ms[stamps_ms.len() - 1] - stamps_ms[0];
        assert!(stamps_ms.is_sorted(), "log time never goes back");
        self.told.push(format!(
            "{done} of {count} done in {ms} ms, in {entries} entries; log time went on by {passed_ms} ms"
        ));
    }
}

/// A command that is to run once.
fn once(id: &str, command: &[&str]) -> Command {
    let (ms, name) = id.split_once('-').expect("an id is MS-NAME");
    let id = OnceId { ms: BEGAN_MS + number(ms), random: name.as_bytes().into() };
    let command = match command {
        ["exec", commands @ ..] => exec(commands),
        command => Command::of_words(command).unwrap(),
    };
    command.once(&id).unwrap()
}

/// What a client queued since MULTI, with `;` between.
fn exec(words: &[&str]) -> Command {
    let commands = words.split(|word| *word == ";").filter(|one| !one.is_empty());
    let commands: Vec<_> = commands.map(|one| Command::of_words(one).unwrap()).collect();
    Command::list(&commands).unwrap()
}
