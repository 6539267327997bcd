//! The setting of a world: what it is made of, before anything happens. Begin with [`Setting`].

use std::fmt;

use node::{Level, Limits, Order};

use crate::options::Options;
use crate::plan::chance::{Chance, Delay, Spread, Subject};
use crate::plan::weather::{Style, Weather};
use crate::record::operation::{Action, Operation};

/// What a world is made of.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) order: Order,
    /// The default level of the keyspace.
    pub(crate) level: Level,
    /// How many found the cluster.
    pub(crate) nodes: usize,
    /// How many more there are that may join it; 0: no member comes or goes.
    pub(crate) spares: usize,
    pub(crate) request_timeout_ms: u64,
    /// How far apart clocks may be.
    pub(crate) max_clock_drift_ms: u64,
    /// How long faults go on.
    pub(crate) breaking_us: u64,
    pub(crate) weather: Weather,
    /// How long a sync takes.
    pub(crate) sync: Delay,
    /// How long a turn waits for other inputs to come along.
    pub(crate) gathering: Delay,
    /// How much a turn does of each kind of work.
    pub(crate) turn_steps: usize,
    /// What may wait, and go together.
    pub(crate) limits: Limits,
    /// What the agreed records may count, as the first node is told; each next one is told a little
    /// more.
    pub(crate) max_memory: Option<u64>,
    /// Out of 100 starts, at how many a bit of the newest snapshot is flipped.
    pub(crate) rots_percent: u64,
    /// Out of 100 starts, at how many a bit of each snapshot is flipped, so that the node loses its
    /// state; only where the others have it.
    pub(crate) loses_percent: u64,
    pub(crate) load: Load,
    /// Whether nothing breaks and all is quick, so that it is checked how long things take.
    pub(crate) calm: bool,
}

/// What the clients do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    /// Keys that all clients share.
    pub(crate) keys: u64,
    /// Operations of all clients together.
    pub(crate) operations: u64,
    /// How long a client waits for an answer.
    pub(crate) patience_us: u64,
    /// Out of 100 operations, how many write.
    pub(crate) writes_percent: u64,
    /// Out of 100 operations, how many go to a key of this client and node alone.
    pub(crate) private_percent: u64,
    /// Out of 100 writes, how many write a value that was written before.
    pub(crate) repeats_percent: u64,
    /// Out of 100 writes of a value, how many compare first.
    pub(crate) cas_percent: u64,
    /// Out of 100 DEL and EXISTS, how many name several keys.
    pub(crate) many_percent: u64,
    /// Out of 100 reads, how many name a level.
    pub(crate) levels_percent: u64,
    /// The bound of bounded reads, in milliseconds.
    pub(crate) bound_ms: u32,
    /// Out of 100 connections, how many name levels in order of preference.
    pub(crate) prefers_percent: u64,
    /// Out of 100 times, how often a client sends several requests at once.
    pub(crate) pipeline_percent: u64,
    /// How many at most.
    pub(crate) row_max: u64,
    /// Whether answers carry certificates.
    pub(crate) certified: bool,
    /// Out of 100 times, how often a client leaves for another node.
    pub(crate) wander_percent: u64,
    /// Out of 100 writes, how many are to run once, and are sent again until that is known.
    pub(crate) once_percent: u64,
    /// Out of 100 operations on shared keys, how many belong to a talk: one client asks, another
    /// one reads the question and answers, a third reads the answer and then the question.
    pub(crate) talk_percent: u64,
    /// Out of 100 operations, how many create and drop keyspaces, or are about keys of these.
    pub(crate) keyspaces_percent: u64,
}

impl Setting {
    /// The setting that a seed stands for.
    pub(crate) fn draw(seed: u64, options: &Options) -> Setting {
        let mut chance = Chance::new(seed, Subject::Setting);
        let order = chance.weighted(&[(6, Order::Agreed), (4, Order::Merged)]);
        let order = options.order.unwrap_or(order);
        let agreed = chance.pick(&[Level::Linearizable, Level::Sequential, Level::Eventual]);
        let merged = chance.pick(&[Level::Causal, Level::Eventual]);
        let nodes = chance.weighted(&[(2, 1), (2, 2), (20, 3), (4, 4), (10, 5), (2, 7)]);
        let weather = weather(&mut chance);
        let mut extras = Chance::new(seed, Subject::Extras);
        let many_percent = extras.pick(&[0, 20, 60]);
        let once_percent = Chance::new(seed, Subject::Once).pick(&[0, 0, 10, 40]);
        let mut snapshots = Chance::new(seed, Subject::Snapshots);
        let limits = snapshot_limits(&mut snapshots, limits(&mut extras, &weather));
        let max_memory = max_memory(&mut Chance::new(seed, Subject::Memory));
        let max_memory_merged = max_memory.filter(|_| order == Order::Merged).unwrap_or(0);
        let limits = Limits { max_memory_merged, ..limits };
        let limits = digest_limits(&mut Chance::new(seed, Subject::Digests), limits);
        let limits = join_limits(&mut Chance::new(seed, Subject::Joins), limits);
        let told_bytes = told_bytes(&mut Chance::new(seed, Subject::Answers));
        let lag_bytes = lag_bytes(&mut Chance::new(seed, Subject::Lags));
        let limits = Limits { told_bytes, lag_bytes, ..limits };
        let mut levels = Chance::new(seed, Subject::Levels);
        let request_timeout_ms = chance.pick(&[800, 1500, 3000]);
        // Over long distances a request takes many messages' time.
        let far = weather.delay.base_us >= FAR_US;
        let request_timeout_ms = if far { 3000 } else { request_timeout_ms };
        let nodes = options.nodes.unwrap_or(nodes).clamp(1, HOSTS_MAX);
        Setting {
            order,
            level: if order == Order::Agreed { agreed } else { merged },
            nodes,
            spares: spares(&mut Chance::new(seed, Subject::Members), nodes, options),
            request_timeout_ms,
            max_clock_drift_ms: chance.weighted(&CAPS_MS),
            breaking_us: chance.between(6_000_000, 14_000_000),
            weather,
            sync: sync(&mut chance),
            gathering: gathering(&mut chance),
            load: Load {
                many_percent,
                once_percent,
                keyspaces_percent: keyspaces_percent(&mut Chance::new(seed, Subject::Keyspaces)),
                bound_ms: levels.pick(&BOUNDS_MS),
                prefers_percent: levels.pick(&[0, 30, 80]),
                ..load(&mut chance, request_timeout_ms)
            },
            turn_steps: chance.weighted(&TURN_STEPS),
            limits,
            max_memory,
            rots_percent: snapshots.pick(&[0, 0, 30]),
            loses_percent: snapshots.pick(&[0, 0, 40]),
            calm: false,
        }
    }

    /// Whether there is a limit that writes may meet.
    pub(crate) fn limits_memory(&self) -> bool {
        let agreed = self.has(Order::Agreed) && self.max_memory.is_some();
        agreed || (self.has(Order::Merged) && self.limits.max_memory_merged > 0)
    }

    /// How many machines there are that are members, or may become some.
    pub(crate) fn hosts(&self) -> usize {
        self.nodes + self.spares
    }

    /// Whether members come and go.
    pub(crate) fn changes_members(&self) -> bool {
        self.spares > 0
    }

    /// Whether keyspaces are created and dropped.
    pub(crate) fn has_keyspaces(&self) -> bool {
        self.load.keyspaces_percent > 0
    }

    /// Whether there may be a keyspace of this order.
    pub(crate) fn has(&self, order: Order) -> bool {
        self.order == order || self.has_keyspaces()
    }

    /// Whether there may be a merged keyspace.
    pub(crate) fn has_merged(&self) -> bool {
        self.has(Order::Merged)
    }

    /// The levels that a read of `default` may ask for.
    pub(crate) fn levels(&self) -> Vec<Level> {
        self.levels_of(self.order)
    }

    /// The levels that a read of this order may ask for.
    pub(crate) fn levels_of(&self, order: Order) -> Vec<Level> {
        let bounded = Level::Bounded { ms: self.load.bound_ms };
        match order {
            Order::Agreed => {
                vec![Level::Linearizable, bounded, Level::Sequential, Level::Eventual]
            }
            Order::Merged => vec![Level::Causal, Level::Eventual],
        }
    }

    /// Whether what an operation asks for can be had at all, as far as it is known which order was
    /// asked.
    pub(crate) fn can(&self, operation: &Operation) -> bool {
        operation.order.is_none_or(|order| can_in(order, operation))
    }
}

/// Whether a keyspace of this order can give what an operation asks for.
fn can_in(order: Order, operation: &Operation) -> bool {
    // Whether there is one value to compare with.
    let can_compare = order == Order::Agreed;
    if operation.once.is_some() && !can_compare {
        return false;
    }
    match &operation.action {
        Action::Cas { .. } | Action::Replace(_) => can_compare,
        Action::Exec { commands, .. } => {
            let mut rows = commands.iter().map(|words| node::find(&words[0]).expect(KNOWN));
            can_compare || rows.all(node::Row::is_for_merged)
        }
        Action::Set(_) | Action::Del | Action::Many { removes: true, .. } => true,
        Action::Token | Action::WaitFor(_) | Action::Last => true,
        Action::Keyspace(_) | Action::Members { .. } => true,
        Action::Other { words, .. } if operation.action.is_write() => {
            can_compare || node::find(&words[0]).expect(KNOWN).is_for_merged()
        }
        Action::Other { words, .. } if words[0] == "watch" && !can_compare => false,
        Action::Get | Action::Exists | Action::Many { .. } | Action::Other { .. } => {
            can_compare || matches!(operation.level, Level::Causal | Level::Eventual)
        }
    }
}

const KNOWN: &str = "there is such a command";

/// Caps on clock drift: that every wrong clock is beyond, some, or none.
const CAPS_MS: [(u64, u64); 4] = [(2, 200), (3, 500), (1, 5_000), (3, 3_600_000)];

/// Bounds that are no more than linearizable reads, that a few messages fill, and that outlast some
/// faults.
const BOUNDS_MS: [u32; 6] = [10, 25, 60, 200, 1_000, 3_000];

/// Turns that are cut short at every occasion, now and then, and never.
const TURN_STEPS: [(u64, usize); 4] = [(1, 1), (1, 2), (1, 8), (5, node::TURN_STEPS)];

/// In some worlds so little that it is met time and again: a write takes some 20 bytes, a read as
/// many. (Not where runs overtake each other: one that does waits half a second, and if each has
/// but one write they do so all the time; and where each entry has a message of its own, some
/// thirty go at once, of which over a long way the next one or two alone fit. And only where
/// messages are quick may one write have to wait for another: there are dozens at once.)
fn limits(chance: &mut Chance, weather: &Weather) -> Limits {
    let whole = Limits::default();
    if chance.percent(70) {
        return whole;
    }
    let run_least = if weather.style == Style::Stream { 1 } else { 300 };
    let (unapplied, unapplied_bytes) = match weather.delay.base_us < NEAR_US {
        true => {
            (chance.pick(&[1, 3, whole.unapplied]), chance.pick(&[1, 100, whole.unapplied_bytes]))
        }
        false => (whole.unapplied, whole.unapplied_bytes),
    };
    Limits {
        waiting_bytes: chance.pick(&[40, 120, whole.waiting_bytes]),
        run_bytes: chance.pick(&[1, 60, 300, whole.run_bytes]).max(run_least),
        append_bytes: chance.pick(&[1, 100, whole.append_bytes]).max(append_least(weather)),
        unapplied,
        unapplied_bytes,
        entry_bytes: chance.pick(&[1, 100, whole.entry_bytes]),
        inbox: chance.pick(&[1, 3, whole.inbox]),
        inbox_bytes: chance.pick(&[150, 600, whole.inbox_bytes]),
        ..whole
    }
}

/// How many bytes of entries a message may hold at least; see [`limits`].
pub(super) fn append_least(weather: &Weather) -> usize {
    let is_shuffled = weather.style == Style::Datagram && weather.delay.base_us >= FAR_US;
    if is_shuffled { 1_000 } else { 1 }
}

/// In some worlds there is memory for a few keys only: one takes some 75 bytes of it.
fn max_memory(chance: &mut Chance) -> Option<u64> {
    let is_small = chance.percent(15);
    is_small.then(|| chance.pick(&[200, 500, 1_000]))
}

/// In half of the worlds logs are cut soon, and snapshots are taken often.
fn snapshot_limits(chance: &mut Chance, limits: Limits) -> Limits {
    if chance.percent(50) {
        return limits;
    }
    Limits {
        kept_bytes: chance.pick(&[2_000, 6_000, 20_000, limits.kept_bytes]),
        snapshot_log_bytes: chance.pick(&[1_000, 10_000, 50_000, limits.snapshot_log_bytes]),
        snapshot_age_ms: chance.pick(&[0, 0, 700, 3_000]),
        spool_bytes: chance.pick(&[1, 2_000, limits.spool_bytes]),
        piece_bytes: chance.pick(&[100, 400, limits.piece_bytes]),
        ..limits
    }
}

/// In some worlds a transaction or two on a merged keyspace are as much as may wait for the disk:
/// the answer of one counts half a kilobyte a command.
fn told_bytes(chance: &mut Chance) -> usize {
    let whole = Limits::default().told_bytes;
    chance.pick(&[1, 2_000, whole, whole, whole])
}

/// In some worlds little may be on its way to a disk before it lags.
fn lag_bytes(chance: &mut Chance) -> u64 {
    let whole = Limits::default().lag_bytes;
    chance.pick(&[500, 5_000, whole, whole, whole])
}

/// In a quarter of all worlds keyspaces come and go.
fn keyspaces_percent(chance: &mut Chance) -> u64 {
    chance.pick(&[0, 0, 0, 30])
}

/// The most machines of a world.
const HOSTS_MAX: usize = 7;

/// In a quarter of all worlds in which there is room for one more, members come and go. (Not where
/// a bug is planted, unless that is asked for: bugs about members have stories.)
fn spares(chance: &mut Chance, nodes: usize, options: &Options) -> usize {
    let spares = chance.between(1, 3) as usize;
    let changes = chance.percent(25) && !options.is_planted();
    let wanted = options.members.unwrap_or(changes);
    if wanted { spares.min(HOSTS_MAX - nodes) } else { 0 }
}

/// In most worlds states are compared every now and then, in turns of a few keys.
fn digest_limits(chance: &mut Chance, limits: Limits) -> Limits {
    Limits {
        digest_ms: chance.pick(&[100, 300, 1_000, 3_000, limits.digest_ms]),
        digest_keys: chance.pick(&[1, 2, 5, limits.digest_keys]),
        ..limits
    }
}

/// In most worlds a state that was fetched is joined in turns of a few keys, in some of them for as
/// long as much is asked meanwhile.
fn join_limits(chance: &mut Chance, limits: Limits) -> Limits {
    Limits {
        join_keys: chance.pick(&[1, 1, 3, limits.join_keys]),
        join_ms: chance.pick(&[limits.join_ms, 20, 100]),
        ..limits
    }
}

/// How long a message takes within a town, and between continents, or nearly so.
const NEAR_US: u64 = 1_000;
const FAR_US: u64 = 15_000;

fn weather(chance: &mut Chance) -> Weather {
    let style = chance.pick(&[Style::Stream, Style::Datagram]);
    let base_us = chance.weighted(&[(6, 50), (3, NEAR_US), (1, FAR_US)]);
    let spread = chance.pick(&[Spread::Even, Spread::Falling, Spread::TwoWays]);
    let delay = Delay {
        base_us,
        spread,
        jitter_us: base_us * chance.between(1, 4),
        tail_per_mille: chance.pick(&[0, 5, 30]),
        tail_us: chance.pick(&[5_000, 50_000, 300_000]),
    };
    let patience_us = chance.pick(&[200_000, 1_000_000, 5_000_000]);
    let loss_per_mille = chance.pick(&[0, 5, 50]);
    let twice_per_mille = chance.pick(&[0, 10, 100]);
    let dial_us = chance.pick(&[1_000, 50_000, 300_000]);
    let far = chance.pick(&[0, 0, 3]).min(if base_us >= FAR_US { 1 } else { 3 });
    Weather { style, delay, far, loss_per_mille, twice_per_mille, patience_us, dial_us }
}

fn sync(chance: &mut Chance) -> Delay {
    let base_us = chance.pick(&[50, 500, 3_000]);
    let spread = chance.pick(&[Spread::Even, Spread::Falling]);
    let tail_per_mille = chance.pick(&[0, 20]);
    Delay { base_us, spread, jitter_us: base_us, tail_per_mille, tail_us: 40_000 }
}

fn gathering(chance: &mut Chance) -> Delay {
    let often = chance.pick(&[0, 100, 600]);
    let tail_us = chance.pick(&[100, 2_000]);
    let spread = Spread::Even;
    Delay { base_us: 0, spread, jitter_us: 0, tail_per_mille: often, tail_us }
}

fn load(chance: &mut Chance, request_timeout_ms: u64) -> Load {
    let patient_us = (request_timeout_ms + 1000) * 1000;
    Load {
        clients: chance.between(3, 8) as usize,
        keys: chance.between(1, 4),
        operations: chance.between(260, 440),
        patience_us: chance.weighted(&[(5, patient_us), (1, 400_000)]),
        writes_percent: chance.pick(&[20, 50, 70]),
        private_percent: chance.pick(&[5, 20, 40]),
        repeats_percent: chance.weighted(&[(4, 0), (1, 30)]),
        cas_percent: chance.pick(&[0, 20, 60]),
        many_percent: 0,
        levels_percent: chance.pick(&[0, 30, 80]),
        bound_ms: 0,
        prefers_percent: 0,
        pipeline_percent: chance.pick(&[0, 5, 25]),
        row_max: 6,
        certified: chance.percent(75),
        wander_percent: chance.pick(&[0, 2, 10]),
        once_percent: 0,
        talk_percent: chance.weighted(&[(2, 0), (1, 80)]),
        keyspaces_percent: 0,
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Agreed => "agreed",
            Order::Merged => "merged",
        };
        let network = match self.weather.style {
            Style::Stream => "streams",
            Style::Datagram => "datagrams",
        };
        let (nodes, level, load) = (self.nodes, self.level, self.load);
        let plural = if nodes == 1 { "" } else { "s" };
        let talk = if load.talk_percent > 0 { " who talk" } else { "" };
        write!(f, "{order}, {level}, {nodes} node{plural} over {network}, ")?;
        write!(f, "{} clients{talk}", load.clients)?;
        if load.many_percent > 0 {
            write!(f, ", several keys in {} % of DEL and EXISTS", load.many_percent)?;
        }
        if self.has_keyspaces() {
            write!(f, ", keyspaces come and go")?;
        }
        if self.changes_members() {
            write!(f, ", {} more may join", self.spares)?;
        }
        if load.once_percent > 0 {
            write!(f, ", {} % of writes once", load.once_percent)?;
        }
        let whole = Limits::default();
        let Limits { kept_bytes, snapshot_log_bytes, .. } = self.limits;
        if (kept_bytes, snapshot_log_bytes) != (whole.kept_bytes, whole.snapshot_log_bytes) {
            write!(f, ", {kept_bytes} bytes of logs kept, snapshots of {snapshot_log_bytes}")?;
        }
        if let Some(bytes) = self.max_memory {
            write!(f, ", {bytes} bytes of memory")?;
        }
        if self.limits.digest_ms != whole.digest_ms {
            write!(f, ", digests every {} ms", self.limits.digest_ms)?;
        }
        if self.limits.told_bytes != whole.told_bytes {
            write!(f, ", {} bytes of answers wait", self.limits.told_bytes)?;
        }
        if self.limits.lag_bytes != whole.lag_bytes {
            write!(f, ", disks lag with {} bytes", self.limits.lag_bytes)?;
        }
        let rest = Limits {
            kept_bytes: whole.kept_bytes,
            snapshot_log_bytes: whole.snapshot_log_bytes,
            snapshot_age_ms: whole.snapshot_age_ms,
            spool_bytes: whole.spool_bytes,
            piece_bytes: whole.piece_bytes,
            max_memory_merged: whole.max_memory_merged,
            digest_ms: whole.digest_ms,
            digest_keys: whole.digest_keys,
            join_keys: whole.join_keys,
            join_ms: whole.join_ms,
            told_bytes: whole.told_bytes,
            lag_bytes: whole.lag_bytes,
            ..self.limits
        };
        if rest == whole {
            return Ok(());
        }
        let Limits { waiting_bytes, run_bytes, unapplied, entry_bytes, inbox, .. } = self.limits;
        write!(
            f,
            ", little room: {waiting_bytes} bytes wait, {unapplied} writes unapplied, {run_bytes} bytes in a run, \
             {entry_bytes} in an entry, {inbox} entries early"
        )
    }
}
