//! The clients of a world: what they ask for, and when. Begin with [`Client::next_wishes`].

mod keyspaces;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use node::{Choice, LINEARIZABLE_BELOW_MS, Level, Order, Preference, RequestId, SessionId};

use crate::env::clock::WORLD_BEGAN_US;
use crate::plan::chance::{Chance, Subject};
use crate::plan::setting::{Load, Setting};
use crate::record::keyspace::which_has;
use crate::record::operation::{Action, Operation, private_key};
use crate::record::transaction::TOLD_KEYS;
use keyspaces::Room;
pub(crate) use keyspaces::{Owner, Owners};

/// So many wishes are for commands of which no history tells.
const OTHERS_PERCENT: u64 = 8;
/// And so many in merged worlds.
const MERGED_OTHERS_PERCENT: u64 = 20;
/// Of these, so many are a SET that says when its key goes.
const TIMED_PERCENT: u64 = 20;

/// In merged worlds so many of them count.
const COUNTS_PERCENT: u64 = 80;
/// So many of those are transactions.
const MERGED_EXEC_PERCENT: u64 = 20;
/// So many transactions are of commands that a history has words for.
const TOLD_PERCENT: u64 = 60;

/// The most keys that one command names.
const KEYS_MAX: u64 = 6;

/// What a client is about to ask.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) key: Bytes,
    pub(crate) action: Action,
    pub(crate) level: Option<Level>,
    pub(crate) private: bool,
    pub(crate) unique: bool,
    /// Whether it is to run once.
    pub(crate) once: bool,
}

impl Wish {
    /// What most have in common.
    pub(crate) const PLAIN: Wish = Wish {
        key: Bytes::new(),
        action: Action::Get,
        level: None,
        private: false,
        unique: false,
        once: false,
    };
}

/// Where a client gets its wishes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Chance, this many more times.
    Drawn { left: u64 },
    /// A list, all sent at once to one node. `is_final`: they are reads at the end.
    Listed { wishes: Vec<Wish>, is_final: bool },
}

/// A client's connection to a node.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) session: SessionId,
    pub(crate) host: usize,
    pub(crate) host_life: u64,
    pub(crate) next_id: u64,
    /// What its reads want that name no level.
    pub(crate) preference: Option<Arc<Preference>>,
    /// Its last read that was answered, by its place in the record.
    pub(crate) last_read: Option<usize>,
}

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    place: usize,
    pub(crate) source: Source,
    pub(crate) chance: Chance,
    /// Its number in the history.
    pub(crate) number: u64,
    /// Counts its connections; what is on its way to an older one is void.
    pub(crate) life: u64,
    /// The node it talks to.
    pub(crate) host: usize,
    pub(crate) connection: Option<Connection>,
    /// Places of its open operations in the record, in order.
    pub(crate) waiting: VecDeque<(RequestId, usize)>,
    /// Whether it will look how long it has waited.
    pub(crate) looks_again: bool,
    /// Its messages arrive in order, whatever connection they take.
    last_arrival_us: u64,
    last_answer_us: u64,
    /// Counts the values it wrote.
    values: u64,
    /// What it knows last of each key.
    known: BTreeMap<Bytes, Option<Bytes>>,
    /// In a talk, whether it has read what it reads first.
    has_read: bool,
    /// Operations to be sent again, by their places in the record: what became of them it does not
    /// know, and they run once.
    pub(crate) again: VecDeque<usize>,
    /// Counts the ids that it gave.
    ids: u64,
    /// Whether it leaves for another node once it has its token.
    pub(crate) leaves: bool,
    /// The token that it brings to its next connection: there it is the same session.
    pub(crate) token: Option<Bytes>,
}

impl Client {
    pub(crate) fn new(seed: u64, place: usize, host: usize, source: Source) -> Client {
        Client {
            place,
            source,
            chance: Chance::new(seed, Subject::Client(place as u64)),
            number: 0,
            life: 0,
            host,
            connection: None,
            waiting: VecDeque::new(),
            looks_again: false,
            last_arrival_us: 0,
            last_answer_us: 0,
            values: 0,
            known: BTreeMap::new(),
            has_read: false,
            again: VecDeque::new(),
            ids: 0,
            leaves: false,
            token: None,
        }
    }

    /// Whether it has nothing more to ask and waits for nothing.
    pub(crate) fn is_done(&self) -> bool {
        let left = match &self.source {
            Source::Drawn { left } => *left,
            Source::Listed { wishes, .. } => wishes.len() as u64,
        };
        left == 0 && self.waiting.is_empty() && self.again.is_empty()
    }

    pub(crate) fn is_final(&self) -> bool {
        matches!(self.source, Source::Listed { is_final: true, .. })
    }

    /// What it asks for where it stands.
    pub(crate) fn wish_of_session(action: Action) -> Wish {
        Wish { key: Bytes::new(), action, ..Wish::PLAIN }
    }

    /// What it asks now: mostly one thing, sometimes a row of them at once.
    pub(crate) fn next_wishes(
        &mut self,
        setting: &Setting,
        owners: &Owners,
        allowed: &mut u64,
    ) -> Vec<Wish> {
        match &mut self.source {
            Source::Listed { wishes, .. } => std::mem::take(wishes),
            Source::Drawn { left } => {
                *left = (*left).min(*allowed);
                if *left == 0 {
                    return vec![];
                }
                let row = self.chance.percent(setting.load.pipeline_percent);
                let count =
                    if row { self.chance.between(2, setting.load.row_max).min(*left) } else { 1 };
                *left -= count;
                *allowed -= count;
                (0..count).map(|_| self.draw_perhaps_once(setting, owners)).collect()
            }
        }
    }

    /// A wish, some of those that write to run once. (Not those of keys that this client alone
    /// writes at one node: what is sent again goes to others.)
    fn draw_perhaps_once(&mut self, setting: &Setting, owners: &Owners) -> Wish {
        let wish = self.draw(setting, owners);
        let alone =
            wish.private || matches!(wish.action, Action::Many { .. } | Action::Keyspace(_));
        let may = setting.load.once_percent > 0 && wish.action.is_write() && !alone;
        let order = which_has(&wish.key).map_or(setting.order, |which| owners[which].order);
        // Now and then also where there is no one order: it must be refused.
        let percent = if order == Order::Agreed { setting.load.once_percent } else { 2 };
        Wish { once: may && self.chance.percent(percent), ..wish }
    }

    /// An id for a command that is sent now: in a few of them the time is about as old as ids are
    /// kept, or ahead by about as much as clocks may differ.
    pub(crate) fn draw_id(&mut self, now_us: u64) -> Bytes {
        let now_ms = (WORLD_BEGAN_US + now_us) / 1000;
        let ms = match self.chance.weighted(&[(40, 0), (2, 1), (1, 2)]) {
            0 => now_ms,
            1 => now_ms - 600_000 + self.chance.between(0, 3_000) - 500,
            _ => now_ms + self.chance.between(100, 2_000),
        };
        self.ids += 1;
        Bytes::from(format!("{ms}-{}.{}", self.place, self.ids))
    }

    fn draw(&mut self, setting: &Setting, owners: &Owners) -> Wish {
        let load = &setting.load;
        let private = self.chance.percent(load.private_percent);
        let shared = self.chance.below(load.keys);
        if load.talk_percent > 0 && !private && self.chance.percent(load.talk_percent) {
            return self.talk(setting);
        }
        if load.keyspaces_percent > 0 && self.chance.percent(load.keyspaces_percent) {
            return self.draw_of_keyspaces(setting, owners);
        }
        let others = match setting.order {
            Order::Agreed => OTHERS_PERCENT,
            Order::Merged => MERGED_OTHERS_PERCENT,
        };
        if !private && self.chance.percent(others) {
            return self.draw_other(setting, &Room::of_default(setting.order));
        }
        let key = match private {
            true => private_key(self.place, self.host),
            false => Bytes::from(format!("k{shared}")),
        };
        if !self.chance.percent(load.writes_percent) {
            let counts = self.chance.percent(10);
            let action = if counts { self.draw_keys(load, &key, false) } else { Action::Get };
            let level = self.draw_level(setting, setting.order);
            return Wish { key, action, level, private, ..Wish::PLAIN };
        }
        if self.chance.percent(15) {
            let action = self.draw_keys(load, &key, true);
            return Wish { key, action, private, ..Wish::PLAIN };
        }
        let (value, unique) = self.draw_value(load);
        let action = self.draw_set(setting, setting.order, &key, value);
        Wish { key, action, private, unique, ..Wish::PLAIN }
    }

    fn draw_value_of_its_own(&mut self) -> Bytes {
        self.values += 1;
        Bytes::from(format!("{}.{}", self.place, self.values))
    }

    /// A command of which no history tells, or a transaction: the fold of the log knows what they
    /// mean.
    fn draw_other(&mut self, setting: &Setting, room: &Room) -> Wish {
        let is_timed = room.order == Order::Agreed && self.chance.percent(TIMED_PERCENT);
        let counts = room.order == Order::Merged && self.chance.percent(COUNTS_PERCENT);
        let action = match self.chance.weighted(&[(6, 0), (2, 1), (3, 2)]) {
            _ if counts && self.chance.percent(MERGED_EXEC_PERCENT) => {
                self.draw_exec_of(&COUNTS, room)
            }
            _ if counts => self.draw_command(&COUNTS, room),
            0 if is_timed => self.draw_timed(room),
            0 => self.draw_command(&OTHERS, room),
            1 => self.draw_command(&[*WATCH], room),
            _ => self.draw_exec(room),
        };
        let level = if action.is_write() { None } else { self.draw_level(setting, room.order) };
        let (Action::Other { keys, .. } | Action::Exec { keys, .. }) = &action else {
            unreachable!("nothing else is drawn here")
        };
        Wish { key: keys[0].clone(), action, level, ..Wish::PLAIN }
    }

    /// What a client has queued since MULTI.
    fn draw_exec(&mut self, room: &Room) -> Action {
        // What merged keyspaces take of these no history tells of.
        let is_told =
            room.told > 0 && room.order == Order::Agreed && self.chance.percent(TOLD_PERCENT);
        if !is_told {
            return self.draw_exec_of(&OTHERS, room);
        }
        let (mut commands, mut all) = (vec![], vec![]);
        for _ in 0..self.chance.between(2, 4) {
            let (words, keys) = self.draw_told(room);
            commands.push(words);
            all.extend(keys);
        }
        Action::Exec { commands, keys: all }
    }

    /// The same, of commands of these rows, on keys that are kept for such.
    fn draw_exec_of(&mut self, rows: &[&'static node::Row], room: &Room) -> Action {
        let (mut commands, mut all) = (vec![], vec![]);
        for _ in 0..self.chance.between(2, 4) {
            let Action::Other { words, keys } = self.draw_command(rows, room) else {
                unreachable!("a command is drawn")
            };
            commands.push(words);
            all.extend(keys);
        }
        Action::Exec { commands, keys: all }
    }

    /// A command that a history has words for, on keys that only such transactions know. All values
    /// are new, so that it is plain who read what.
    fn draw_told(&mut self, room: &Room) -> (Vec<Bytes>, Vec<Bytes>) {
        let name = self.chance.weighted(&TOLD);
        let count = if ["mget", "mset"].contains(&name) { 2 } else { 1 };
        let keys: Vec<Bytes> =
            (0..count).map(|_| room.key(TOLD_KEYS, self.chance.below(room.told))).collect();
        let mut words = vec![Bytes::from(name)];
        for key in &keys {
            words.push(key.clone());
            match name {
                "getset" | "setnx" | "mset" => {
                    self.values += 1;
                    words.push(Bytes::from(format!("{}.{}", self.place, self.values)));
                }
                _ => {}
            }
        }
        (words, keys)
    }

    /// A command from one of these rows, on keys that are kept for such.
    fn draw_command(&mut self, rows: &[&'static node::Row], room: &Room) -> Action {
        let row = *self.chance.pick_from(rows);
        let count = if row.keys.is_some_and(|keys| keys.last < 0) { 3 } else { 1 };
        let keys: Vec<Bytes> =
            (0..count).map(|_| room.key("other", self.chance.below(room.others))).collect();
        let mut words = vec![Bytes::from(row.name)];
        for key in &keys {
            words.push(key.clone());
            match row.name {
                "getrange" => words.extend(["0", "0"].map(Bytes::from)),
                "setrange" => words.extend([Bytes::from("2"), self.draw_number()]),
                "expire" => words.extend(["1"].map(Bytes::from)),
                "pexpire" => words.extend(self.draw_life()),
                "setex" => words.extend([Bytes::from("1"), self.draw_number()]),
                "psetex" => words.extend([self.draw_ms(), self.draw_number()]),
                "getex" => words.extend(self.draw_change()),
                "getset" | "setnx" | "delifeq" | "append" | "incrby" | "decrby" | "mset"
                | "msetnx" => words.push(self.draw_number()),
                _ => {}
            }
        }
        Action::Other { words, keys }
    }

    /// A SET that says when the key goes.
    fn draw_timed(&mut self, room: &Room) -> Action {
        let key = room.key("other", self.chance.below(room.others));
        let mut words = vec![Bytes::from("SET"), key.clone(), self.draw_number()];
        match self.chance.percent(80) {
            true => words.extend([Bytes::from("PX"), self.draw_ms()]),
            false => words.push(Bytes::from("KEEPTTL")),
        }
        let option = self.chance.pick(&["", "", "", "NX", "XX"]);
        words.extend((!option.is_empty()).then(|| Bytes::from(option)));
        words.extend(self.chance.percent(20).then(|| Bytes::from("GET")));
        Action::Other { words, keys: vec![key] }
    }

    /// How long a key is to stay: so that some outlast a change of leaders, and most do not outlast
    /// their world.
    fn draw_ms(&mut self) -> Bytes {
        let most = self.chance.pick(&[20, 300, 2_000, 6_000]);
        Bytes::from(self.chance.between(1, most).to_string())
    }

    fn draw_life(&mut self) -> Vec<Bytes> {
        let option = self.chance.pick(&["", "", "NX", "XX", "GT", "LT"]);
        let ms = if self.chance.percent(5) { Bytes::from("-1") } else { self.draw_ms() };
        [ms].into_iter().chain((!option.is_empty()).then(|| Bytes::from(option))).collect()
    }

    /// What GETEX does to a deadline.
    fn draw_change(&mut self) -> Vec<Bytes> {
        match self.chance.below(3) {
            0 => vec![],
            1 => vec![Bytes::from("PERSIST")],
            _ => vec![Bytes::from("PX"), self.draw_ms()],
        }
    }

    fn draw_number(&mut self) -> Bytes {
        Bytes::from(self.chance.below(20).to_string())
    }

    /// DEL or EXISTS of that key, or of several: keys that all write, its own, and such as nobody
    /// writes; some of them twice.
    fn draw_keys(&mut self, load: &Load, key: &Bytes, removes: bool) -> Action {
        if !self.chance.percent(load.many_percent) {
            return if removes { Action::Del } else { Action::Exists };
        }
        let mut keys = vec![key.clone()];
        for _ in 1..self.chance.between(2, KEYS_MAX) {
            let next = match self.chance.weighted(&[(5, 0), (2, 1), (2, 2), (2, 3)]) {
                0 => Bytes::from(format!("k{}", self.chance.below(load.keys))),
                1 => private_key(self.place, self.host),
                2 => Bytes::from(format!("none{}", self.chance.below(2))),
                _ => self.chance.pick_from(&keys).clone(),
            };
            keys.insert(self.chance.index(keys.len() + 1), next);
        }
        Action::Many { keys, removes }
    }

    /// Takes part in a talk: the first client asks, the second looks at the answer and then at the
    /// question, the third reads the question and answers it, and so on. Random reads and writes
    /// seldom make a cause and an effect that somebody looks at in time.
    fn talk(&mut self, setting: &Setting) -> Wish {
        let first = !self.has_read;
        self.has_read = first;
        let (key, reads) = match (self.place % 3, first) {
            (0, _) => ("question", false),
            (1, first) => (if first { "answer" } else { "question" }, true),
            (_, first) => (if first { "question" } else { "answer" }, first),
        };
        let action = match reads {
            true => Action::Get,
            false => {
                self.values += 1;
                Action::Set(Bytes::from(format!("{}.{}", self.place, self.values)))
            }
        };
        let key = Bytes::from_static(key.as_bytes());
        // What a talk is about must hold at this level.
        let level = (reads && setting.order == Order::Merged).then_some(Level::Causal);
        Wish { key, action, level, unique: !reads, ..Wish::PLAIN }
    }

    /// Sets, or compares and sets: mostly with what it knows, so that it often succeeds.
    fn draw_set(&mut self, setting: &Setting, order: Order, key: &Bytes, to: Bytes) -> Action {
        // Now and then also where there is nothing to compare with: it must be refused.
        let percent = if order == Order::Agreed { setting.load.cas_percent } else { 2 };
        if !self.chance.percent(percent) {
            return Action::Set(to);
        }
        let known = self.known.get(key).cloned().flatten();
        let from = match self.chance.weighted(&[(7, 0), (2, 1), (1, 2)]) {
            0 => known,
            1 => None,
            _ => Some(Bytes::from_static(b"again0")),
        };
        if self.chance.percent(15) {
            return Action::Replace(to);
        }
        Action::Cas { from, to, get: self.chance.percent(30) }
    }

    /// An answer tells what a key holds.
    pub(crate) fn learn(&mut self, operation: &Operation) {
        if operation.is_done() && operation.action.count_max() > 1 && operation.action.is_write() {
            let gone = operation.action.keys(&operation.key).into_iter();
            self.known.extend(gone.map(|key| (key.clone(), None)));
        }
        if operation.is_done()
            && let Some(value) = operation.written().or(operation.seen())
        {
            self.known.insert(operation.key.clone(), value.cloned());
        }
    }

    fn draw_level(&mut self, setting: &Setting, order: Order) -> Option<Level> {
        if !self.chance.percent(setting.load.levels_percent) {
            return None;
        }
        // Now and then, a level that the order cannot give: it must be refused.
        if order == Order::Merged && self.chance.percent(4) {
            let bounded = Level::Bounded { ms: setting.load.bound_ms };
            return Some(self.chance.pick(&[Level::Linearizable, bounded]));
        }
        Some(self.chance.pick(&setting.levels_of(order)))
    }

    /// What its reads want from now on that name no level, if it names several; `is_new`: it has
    /// just connected.
    pub(crate) fn draw_preference(
        &mut self,
        setting: &Setting,
        is_new: bool,
    ) -> Option<Arc<Preference>> {
        const CHANGES_PERCENT: u64 = 3;
        let Load { prefers_percent, bound_ms, .. } = setting.load;
        let percent = if is_new { prefers_percent } else { prefers_percent.min(CHANGES_PERCENT) };
        if percent == 0 || self.is_final() || !self.chance.percent(percent) {
            return None;
        }
        let bounded = Level::Bounded { ms: bound_ms };
        if setting.order == Order::Merged {
            return Some(preference(&[(Level::Causal, None), (Level::Eventual, None)], false));
        }
        let mut patience = || Some(self.chance.pick(&[1, 5, 30, 200, 700]));
        let quick = (Level::Linearizable, patience());
        let in_time = (bounded, patience());
        let at_once = if bound_ms < LINEARIZABLE_BELOW_MS { in_time } else { (bounded, None) };
        let last = |level| (level, None);
        Some(match self.chance.below(7) {
            0 => preference(&[quick, last(Level::Sequential)], false),
            1 => preference(&[quick, last(bounded)], false),
            2 => preference(&[quick, last(bounded)], true),
            3 => preference(&[last(bounded)], true),
            4 => preference(&[quick, in_time, last(Level::Eventual)], false),
            5 => preference(&[at_once, last(Level::Sequential)], false),
            _ => preference(&[in_time, last(Level::Sequential)], false),
        })
    }

    /// Whether it asks at which level its last read was answered.
    pub(crate) fn wonders(&mut self, setting: &Setting) -> bool {
        let is_drawn = matches!(self.source, Source::Drawn { .. });
        is_drawn && setting.load.prefers_percent > 0 && self.chance.percent(30)
    }

    fn draw_value(&mut self, load: &Load) -> (Bytes, bool) {
        if self.chance.percent(load.repeats_percent) {
            return (Bytes::from(format!("again{}", self.chance.below(3))), false);
        }
        self.values += 1;
        (Bytes::from(format!("{}.{}", self.place, self.values)), true)
    }

    /// How long it thinks before it asks again: often not at all, and on the whole so long that its
    /// wishes are spread over the time that is left.
    pub(crate) fn think_us(&mut self, remaining_us: u64) -> u64 {
        let Source::Drawn { left } = self.source else { return 0 };
        if left == 0 || self.chance.percent(75) {
            return self.chance.below(1_000);
        }
        self.chance.below(1_000 + (remaining_us / left * 8).min(remaining_us))
    }

    /// When a message that it sends now arrives at its node.
    pub(crate) fn arrival_at(&mut self, now_us: u64) -> u64 {
        self.last_arrival_us = self.last_arrival_us.max(now_us + self.chance.between(20, 300));
        self.last_arrival_us
    }

    /// When an answer that leaves its node now arrives here.
    pub(crate) fn answer_at(&mut self, now_us: u64) -> u64 {
        self.last_answer_us = self.last_answer_us.max(now_us + self.chance.between(20, 300));
        self.last_answer_us
    }
}

/// The commands of `draw_told`.
const TOLD: [(u64, &str); 5] =
    [(6, "mget"), (5, "mset"), (4, "getset"), (2, "getdel"), (1, "setnx")];

/// Commands of which no history tells.
static OTHERS: LazyLock<Vec<&node::Row>> =
    LazyLock::new(|| node::table().filter(|row| is_other(row)).collect());

/// What counters are written and read with, in merged worlds.
static COUNTS: LazyLock<Vec<&node::Row>> = LazyLock::new(|| {
    let names = ["incr", "incr", "incrby", "decr", "decrby", "mset", "unlink", "mget"];
    let find = |name: &str| node::find(name.as_bytes()).expect("there is such a command");
    names.into_iter().map(find).collect()
});

static WATCH: LazyLock<&node::Row> =
    LazyLock::new(|| node::find(b"watch").expect("there is such a command"));

fn preference(levels: &[(Level, Option<u32>)], strict: bool) -> Arc<Preference> {
    let choice = |(level, patience_ms): &(Level, Option<u32>)| Choice {
        level: *level,
        patience_ms: *patience_ms,
    };
    Preference::new(levels.iter().map(choice).collect(), strict).expect("it makes sense").into()
}

/// Whether a world tries a command by itself: not those that a history has words for, nor what a
/// model of a few lines cannot say (sums of fractions, what looks at all keys, what is left of a
/// life by a clock, what looks through values).
fn is_other(row: &node::Row) -> bool {
    let by_history = ["get", "set", "del", "exists"].contains(&row.name);
    let twins = ["unlink", "substr", "watch"].contains(&row.name);
    let by_clock = ["ttl", "pttl", "expireat", "pexpireat"].contains(&row.name);
    let sums = row.name == "incrbyfloat";
    let scans = ["getbit", "bitcount", "bitpos", "lcs"].contains(&row.name);
    row.keys.is_some() && !by_history && !twins && !by_clock && !sums && !scans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn commands_of_several_keys_name_some_twice_and_some_that_nobody_writes() {
        let mut setting = Setting::draw(1, &Options::default());
        setting.load =
            Load { many_percent: 100, writes_percent: 50, talk_percent: 0, ..setting.load };
        let mut client = Client::new(1, 2, 0, Source::Drawn { left: 2_000 });
        let mut seen = [0; 5];
        for _ in 0..2_000 {
            let Action::Many { keys, removes } = client
                .draw(&setting, &[Owner { order: Order::Agreed, is_default: true }; 3])
                .action
            else {
                continue;
            };
            assert!((2..=KEYS_MAX as usize).contains(&keys.len()));
            let of = |name: &str| keys.iter().any(|key| key.starts_with(name.as_bytes()));
            let twice = keys.iter().collect::<std::collections::BTreeSet<_>>().len() < keys.len();
            let facts = [removes, !removes, twice, of("none"), of("own-2-0")];
            seen.iter_mut().zip(facts).for_each(|(count, is)| *count += u32::from(is));
        }
        assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    }
}
