//! Histories made from a seed: what stores that work would have answered, and what those that do
//! not.

use std::collections::HashMap;

use history::{
    Certificate, Entry, Header, History, Kind, Level, Operation, Place, Position, Replica, Source,
    Unit,
};

/// splitmix64 (Steele, Lea & Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What a store was asked.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) operations: u64,
    pub(crate) clients: u64,
    pub(crate) keys: u64,
    /// How many different values are written; 0 for a fresh one each time.
    pub(crate) values: u64,
    /// Of the writes, how many have an unknown outcome; half of those happen.
    pub(crate) unknown_percent: u64,
    pub(crate) write_percent: u64,
    /// Of the writes, how many compare and set.
    pub(crate) cas_percent: u64,
    pub(crate) certificates: bool,
}

/// One operation, and the instant at which it takes effect.
struct Planned {
    point: u64,
    client: u64,
    start: u64,
    /// `None`: its outcome is unknown.
    end: Option<u64>,
    happens: bool,
    key: u64,
    value: String,
    writes: bool,
}

/// Operations that each take effect at one instant between start and end, in that order.
fn plan(load: Load, chance: &mut Chance) -> Vec<Planned> {
    let mut clients: Vec<(u64, u64)> = (0..load.clients).map(|c| (c, chance.below(100))).collect();
    let mut fresh = load.clients;
    let mut planned = Vec::new();
    for number in 0..load.operations {
        let at = chance.below(load.clients) as usize;
        let (client, free) = clients[at];
        let start = free + 1 + chance.below(50);
        let point = start + chance.below(100);
        let end = point + chance.below(100);
        let writes = chance.percent(load.write_percent);
        let is_unknown = writes && chance.percent(load.unknown_percent);
        clients[at] = (client, end + 1);
        if is_unknown {
            clients[at].0 = fresh;
            fresh += 1;
        }
        let value = match load.values {
            0 => format!("{client}:{number}"),
            values => chance.below(values).to_string(),
        };
        planned.push(Planned {
            point: point + if is_unknown { chance.below(300) } else { 0 },
            client,
            start,
            end: (!is_unknown).then_some(end),
            happens: !is_unknown || chance.percent(50),
            key: chance.below(load.keys),
            value,
            writes,
        });
    }
    planned.sort_by_key(|planned| planned.point);
    planned
}

fn finish(mut operations: Vec<Operation>, level: Level) -> History {
    operations.sort_by_key(|operation| operation.start);
    History::new(Some(Header::new(Unit::Microseconds, Some(level))), operations)
}

/// A store of one copy: linearizable.
pub(crate) fn register(load: Load, seed: u64) -> History {
    let mut chance = Chance(seed);
    let mut held: HashMap<u64, (String, Place)> = HashMap::new();
    let mut operations = Vec::new();
    for (index, planned) in plan(load, &mut chance).into_iter().enumerate() {
        let Planned { client, start, end, key, value, .. } = planned;
        let name = format!("key{key}");
        let place = Place { index: index as u64 / 4, offset: index as u64 % 4 };
        let found = held.get(&key).map(|(value, _)| value.clone());
        let mut operation = if planned.writes && chance.percent(load.cas_percent) {
            let is_right = chance.percent(60);
            let other = chance.below(load.values.max(1)).to_string();
            let from = if is_right { found.clone() } else { Some(other) };
            let ok = from == found;
            if ok && planned.happens {
                held.insert(key, (value.clone(), place));
            }
            let kind = Kind::Cas { from, to: Some(value), ok: end.map(|_| ok) };
            Operation::new(client, kind, &name, start, end)
        } else if planned.writes {
            if planned.happens {
                held.insert(key, (value.clone(), place));
            }
            Operation::write(client, &name, &value, start, end)
        } else {
            let kind = Kind::Read { value: found, ok: true };
            let mut read = Operation::new(client, kind, &name, start, end);
            let by = held.get(&key).map_or(Source::Nothing, |(_, by)| Source::Agreed(*by));
            if load.certificates {
                read.certify(|held| held.by = Some(by));
            }
            read
        };
        if load.certificates && end.is_some() {
            operation.certify(|held| held.position = Some(Position::Agreed(place)));
        }
        operations.push(operation);
    }
    finish(operations, Level::Linearizable)
}

/// How many nodes a merged store has, and how much later each of them applies what others write.
const NODES: u64 = 3;
const LAG: u64 = 1_000;

/// A merged store: causal, but not sequential. With vectors all outcomes are known.
pub(crate) fn merged(load: Load, seed: u64) -> History {
    let replica = |node: u64| Replica { node: node + 1, boot: 1 };
    // When each log grew; and for each key, what was written when, by whom.
    let mut logs: Vec<Vec<u64>> = vec![Vec::new(); NODES as usize];
    let mut written: HashMap<u64, Vec<(u64, Entry, String)>> = HashMap::new();
    let mut own: HashMap<(u64, u64), usize> = HashMap::new();
    let mut operations = Vec::new();
    let unknown_percent = if load.certificates { 0 } else { load.unknown_percent };
    let load = Load { unknown_percent, ..load };
    for (stamp, planned) in (1..).zip(plan(load, &mut Chance(seed))) {
        let Planned { point, client, start, end, key, value, .. } = planned;
        let (name, node) = (format!("key{key}"), client % NODES);
        let writes = written.entry(key).or_default();
        let (operation, certificate) = if planned.writes {
            let index = logs[node as usize].len() as u64 + 1;
            let entry = Entry { replica: replica(node), index, offset: 0, stamp };
            if planned.happens {
                logs[node as usize].push(point);
                own.insert((node, key), writes.len());
                writes.push((point, entry, value.clone()));
            }
            let write = Operation::write(client, &name, &value, start, end);
            (write, Certificate { entry: Some(entry), ..Certificate::default() })
        } else {
            let others = writes.partition_point(|&(then, ..)| then + LAG <= point).checked_sub(1);
            let newest = others.max(own.get(&(node, key)).copied()).map(|at| &writes[at]);
            let kind = Kind::Read { value: newest.map(|(.., value)| value.clone()), ok: true };
            let read = Operation::new(client, kind, &name, start, end);
            let by = newest.map_or(Source::Nothing, |(_, entry, _)| Source::Merged(*entry));
            (read, Certificate { by: Some(by), ..Certificate::default() })
        };
        if !load.certificates {
            operations.push(operation);
            continue;
        }
        let applied = |log: u64| {
            let lag = if log == node { 0 } else { LAG };
            (replica(log), logs[log as usize].partition_point(|&then| then + lag <= point) as u64)
        };
        let vector = (0..NODES).map(applied).filter(|&(_, index)| index > 0);
        let position = Some(Position::Merged(vector.collect()));
        operations.push(operation.certified(Certificate { position, ..certificate }));
    }
    finish(operations, Level::Causal)
}

/// A key-value trace of puts, appends and gets, such as Porcupine is tested with: linearizable.
pub(crate) fn trace(operations: u64, clients: u64, keys: u64, seed: u64) -> History {
    let mut chance = Chance(seed);
    let load = Load {
        operations,
        clients,
        keys,
        values: 0,
        unknown_percent: 0,
        write_percent: 50,
        cas_percent: 0,
        certificates: false,
    };
    let mut held: Vec<Option<String>> = vec![None; keys as usize];
    let mut operations = Vec::new();
    for planned in plan(load, &mut chance) {
        let Planned { client, start, end, key, writes, .. } = planned;
        let text = format!("x {client} {} y", planned.value);
        let held = &mut held[key as usize];
        let kind = match (writes, chance.below(5)) {
            (true, 0) => {
                *held = Some(text.clone());
                Kind::Write { value: Some(text) }
            }
            (true, _) => {
                held.get_or_insert_default().push_str(&text);
                Kind::Append { value: text }
            }
            (false, _) => Kind::Read { value: held.clone(), ok: true },
        };
        operations.push(Operation::new(client, kind, &key.to_string(), start, end));
    }
    finish(operations, Level::Linearizable)
}

/// The same history with one read that returns what its key held long before.
pub(crate) fn spoilt(history: &History) -> History {
    let mut spoilt = history.clone();
    let key = spoilt.operations[0].key.clone();
    let first = spoilt.operations.iter().find(|op| op.key == key && op.is_write());
    let value = first.and_then(Operation::written).cloned().flatten();
    let last = spoilt.operations.iter_mut().rev().find(|op| op.key == key && op.is_read());
    last.expect("a read of the first key").kind = Kind::Read { value, ok: true };
    spoilt
}

/// The same history, in some of whose reads another operation's value stands.
pub(crate) fn wrong(history: &History, seed: u64) -> History {
    let (mut wrong, mut chance) = (history.clone(), Chance(seed));
    let count = wrong.operations.len() as u64;
    for _ in 0..3 {
        let other = &history.operations[chance.below(count) as usize];
        let Some(value) = other.written().or(other.seen()).cloned() else { continue };
        let read = &mut wrong.operations[chance.below(count) as usize];
        if read.is_read() && read.key == other.key {
            read.kind = Kind::Read { value, ok: true };
        }
    }
    wrong
}
