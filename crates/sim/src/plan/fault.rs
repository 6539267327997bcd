//! The faults of a world: what goes wrong, for how long, and whom it hits.
//!
//! Begin with [`Kind`]. Each fault has its number, its beginning, its end and all it needs to know,
//! so any of them can be taken out and the rest is still a plan. `plan/mod.rs` draws them,
//! `world/faults.rs` carries them out.

use std::fmt;

use node::Matter;

/// Who is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// This node.
    Node(usize),
    /// Whoever leads when the fault begins; this node if nobody does.
    Leader(usize),
}

/// Which links of a network are hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All from and to the target.
    Alone,
    /// All to the target: it is deaf.
    Deaf,
    /// All from the target: it is mute.
    Mute,
    /// Between the target and the next node, both ways.
    Pair,
    /// From the target to the next node, one way.
    OneWay,
    /// Between the target and its next neighbours, a minority, and the rest.
    Minority,
    /// Between two halves; the target is the only one that hears both.
    Bridge,
}

/// How members are to change. Who comes and who goes is drawn when that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// One more is to come. It is started before or after that is asked for, or never.
    Add,
    /// One is to go.
    Remove,
    /// One that is dead is to go; now and then it is alive.
    Lose,
    /// Two such are to go at once.
    LoseTwo,
    /// Another one is to come in the place of one that is dead.
    Replace,
    /// One receives its peers somewhere else.
    Move,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A process dies; what was not synced may be gone. With `between_outputs`, in the middle of
    /// what it was doing.
    Crash { target: Target, between_outputs: bool },
    /// A process is told to end, as by SIGTERM; it dies when the others get on without it, or after
    /// a while, and starts again.
    Stop { target: Target },
    /// All processes die at once.
    PowerCut,
    /// Messages take long, whoever leads dies before long, and whoever votes dies once its vote is
    /// out; all start again at once.
    Coup,
    /// Links stop carrying.
    Cut { target: Target, shape: Shape },
    /// Links stop carrying, carry again, stop again …: this long each.
    Flap { target: Target, shape: Shape, every_us: u64 },
    /// The connections of a node are reset, in the middle of whatever they carry.
    Reset { target: Target },
    /// Every message of these links takes longer.
    Slow { target: Target, shape: Shape, by_us: u64 },
    /// Messages of these links get lost, come twice and overtake each other, so often of a thousand
    /// (on streams: they are sent again, and come late).
    Loss { target: Target, shape: Shape, per_mille: u64 },
    /// The syncs of a node stand still.
    Stall { target: Target },
    /// Every sync of a node takes longer.
    SlowDisk { target: Target, by_us: u64 },
    /// The next sync of a node fails: its process ends, and starts again on what the disk kept.
    SyncError { target: Target },
    /// The disk of a node has no room but for small records.
    Full { target: Target },
    /// A bit of a synced frame flips: whoever reads the log finds it, and that node is gone for
    /// good.
    Rot { target: Target, restarts: bool },
    /// A machine is lost for good.
    Loses { target: Target },
    /// A node does nothing at all.
    Pause { target: Target },
    /// A wall clock is set forward or back.
    Jump { target: Target, by_ms: i64 },
    /// The clocks of a node run fast or slow.
    Drift { target: Target, by_ppm: i64 },
    /// The connection of a client breaks.
    Client { client: usize },
    /// A leader wants another one to lead, since it is told to end or its clock was set so far off,
    /// and the other one hears nothing of it.
    HandOver { target: Target, ahead_ms: Option<i64> },
    /// What these links carry about rounds, or votes, takes longer: seconds.
    SlowMatter { target: Target, shape: Shape, matter: Matter, by_us: u64 },
    /// A leader is cut off, and dies when others make it drop the end of its log, or a moment
    /// later.
    Overwrite { target: Target },
    /// A node starts again on another directory than its own: an older copy, or an empty one.
    Restore { target: Target, empty: bool },
    /// A copy of a node's directory, made while it was down, is started beside it.
    Clone { target: Target },
    /// An operator changes the members.
    Members { errand: Errand },
}

/// One thing that goes wrong for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Its place in the whole plan of its seed; it keeps it when others are taken out.
    pub(crate) number: usize,
    pub(crate) at_us: u64,
    pub(crate) until_us: u64,
    pub(crate) kind: Kind,
}

/// The names of all kinds, as reports count them.
pub(crate) const NAMES: [&str; 25] = [
    "crash",
    "power cut",
    "cut",
    "reset",
    "slow link",
    "disk stall",
    "pause",
    "clock jump",
    "client cut",
    "coup",
    "flapping link",
    "lossy link",
    "clock drift",
    "slow disk",
    "failed sync",
    "bit rot",
    "lost machine",
    "full disk",
    "graceful stop",
    "failed hand-over",
    "slow matter",
    "overwritten tail",
    "restored directory",
    "clone",
    "change of members",
];

impl Kind {
    /// The place of the kind's name in [`NAMES`].
    pub(crate) fn place(&self) -> usize {
        match self {
            Kind::Crash { .. } => 0,
            Kind::PowerCut => 1,
            Kind::Cut { .. } => 2,
            Kind::Reset { .. } => 3,
            Kind::Slow { .. } => 4,
            Kind::Stall { .. } => 5,
            Kind::Pause { .. } => 6,
            Kind::Jump { .. } => 7,
            Kind::Client { .. } => 8,
            Kind::Coup => 9,
            Kind::Flap { .. } => 10,
            Kind::Loss { .. } => 11,
            Kind::Drift { .. } => 12,
            Kind::SlowDisk { .. } => 13,
            Kind::SyncError { .. } => 14,
            Kind::Rot { .. } => 15,
            Kind::Loses { .. } => 16,
            Kind::Full { .. } => 17,
            Kind::Stop { .. } => 18,
            Kind::HandOver { .. } => 19,
            Kind::SlowMatter { .. } => 20,
            Kind::Overwrite { .. } => 21,
            Kind::Restore { .. } => 22,
            Kind::Clone { .. } => 23,
            Kind::Members { .. } => 24,
        }
    }

    /// The node that it was planned for, if it hits one.
    pub(crate) fn target(&self) -> Option<Target> {
        match self {
            Kind::PowerCut | Kind::Coup | Kind::Client { .. } | Kind::Members { .. } => None,
            Kind::Crash { target, .. }
            | Kind::Stop { target }
            | Kind::Cut { target, .. }
            | Kind::Flap { target, .. }
            | Kind::Reset { target }
            | Kind::Slow { target, .. }
            | Kind::Loss { target, .. }
            | Kind::Stall { target }
            | Kind::SlowDisk { target, .. }
            | Kind::SyncError { target }
            | Kind::Full { target }
            | Kind::Rot { target, .. }
            | Kind::Loses { target }
            | Kind::Pause { target }
            | Kind::Jump { target, .. }
            | Kind::HandOver { target, .. }
            | Kind::SlowMatter { target, .. }
            | Kind::Overwrite { target }
            | Kind::Restore { target, .. }
            | Kind::Clone { target }
            | Kind::Drift { target, .. } => Some(*target),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(host) => write!(f, "node {}", host + 1),
            Target::Leader(host) => write!(f, "the leader, else node {}", host + 1),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::Alone => "all links from and to it",
            Shape::Deaf => "all links to it",
            Shape::Mute => "all links from it",
            Shape::Pair => "both links between it and the next node",
            Shape::OneWay => "the link from it to the next node",
            Shape::Minority => "all links between a minority around it and the rest",
            Shape::Bridge => "all links between two halves, which both still hear it",
        })
    }
}

impl fmt::Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Errand::Add => "one more",
            Errand::Remove => "one less",
            Errand::Lose => "one less, that is dead",
            Errand::LoseTwo => "two less, that are dead",
            Errand::Replace => "another one in the place of a dead one",
            Errand::Move => "one is somewhere else",
        })
    }
}

impl fmt::Display for Kind {
    /// What happens, without to whom.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[self.place()])?;
        match self {
            Kind::Crash { between_outputs: true, .. } => f.write_str(" in the middle of a turn"),
            Kind::Cut { shape, .. } => write!(f, ": {shape}"),
            Kind::Flap { shape, every_us, .. } => {
                write!(f, " every {} ms: {shape}", every_us / 1000)
            }
            Kind::Slow { shape, by_us, .. } => write!(f, " by {} ms: {shape}", by_us / 1000),
            Kind::Loss { shape, per_mille, .. } => write!(f, ", {per_mille} of 1000: {shape}"),
            Kind::SlowDisk { by_us, .. } => write!(f, " by {} ms", by_us / 1000),
            Kind::Rot { restarts: true, .. } => f.write_str(", and the node starts again"),
            Kind::Jump { by_ms, .. } => write!(f, " by {by_ms} ms"),
            Kind::Drift { by_ppm, .. } => write!(f, " by {by_ppm} ppm"),
            Kind::HandOver { ahead_ms: None, .. } => f.write_str(", of a node that is to end"),
            Kind::HandOver { ahead_ms: Some(ahead_ms), .. } => {
                write!(f, ", of a clock that is set forward by {ahead_ms} ms")
            }
            Kind::SlowMatter { shape, matter, by_us, .. } => {
                let what = match matter {
                    Matter::Vote => "votes",
                    Matter::Append => "entries",
                    Matter::Round | Matter::Other => "rounds of reads",
                };
                write!(f, ": {what}, by {} ms: {shape}", by_us / 1000)
            }
            Kind::Restore { empty: true, .. } => f.write_str(": it is empty"),
            Kind::Restore { .. } => f.write_str(": an older copy"),
            Kind::Members { errand } => write!(f, ": {errand}"),
            _ => Ok(()),
        }
    }
}

impl Kind {
    /// The client that is hit, where one is.
    pub(crate) fn client(&self) -> Option<usize> {
        if let Kind::Client { client } = self { Some(*client) } else { None }
    }

    /// Whether it is over at once, whatever the plan says of its end.
    pub(crate) fn is_instant(&self) -> bool {
        match self {
            Kind::Reset { .. } | Kind::Jump { .. } | Kind::Client { .. } => true,
            Kind::Members { .. } => true,
            Kind::Rot { restarts, .. } => !restarts,
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, at_ms, until_ms) = (self.number, self.at_us / 1000, self.until_us / 1000);
        write!(f, "{number} from {at_ms} to {until_ms} ms: {}; {}", self.kind, self.whom())
    }
}

impl Fault {
    /// Whom it was planned for.
    pub(crate) fn whom(&self) -> String {
        match (&self.kind, self.kind.target()) {
            (Kind::Client { client }, _) => format!("client {client}"),
            (Kind::Members { .. }, _) => "the cluster".into(),
            (_, None) => "all nodes".into(),
            (_, Some(target)) => target.to_string(),
        }
    }
}

impl Shape {
    /// The ordered pairs that are hit when `target` is.
    pub(crate) fn pairs(self, target: usize, nodes: usize) -> Vec<(usize, usize)> {
        let next = |steps: usize| (target + steps) % nodes;
        let group = |node: usize| ((node + nodes - target) % nodes) * 2 > nodes;
        let minority: Vec<_> = (0..nodes.div_ceil(2) - 1).map(next).collect();
        let hits = |from: usize, to: usize| match self {
            Shape::Alone => from == target || to == target,
            Shape::Deaf => to == target,
            Shape::Mute => from == target,
            Shape::Pair => (from, to) == (target, next(1)) || (to, from) == (target, next(1)),
            Shape::OneWay => (from, to) == (target, next(1)),
            Shape::Minority => minority.contains(&from) != minority.contains(&to),
            Shape::Bridge => from != target && to != target && group(from) != group(to),
        };
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        pairs.filter(|(from, to)| from != to && hits(*from, *to)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_hit_what_they_say() {
        assert_eq!(Shape::Alone.pairs(0, 3), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(Shape::Deaf.pairs(1, 3), [(0, 1), (2, 1)]);
        assert_eq!(Shape::Mute.pairs(1, 3), [(1, 0), (1, 2)]);
        assert_eq!(Shape::Pair.pairs(2, 3), [(0, 2), (2, 0)]);
        assert_eq!(Shape::OneWay.pairs(2, 3), [(2, 0)]);
        assert_eq!(Shape::Minority.pairs(2, 3), Shape::Alone.pairs(2, 3));
        assert_eq!(Shape::Minority.pairs(4, 5).len(), 2 * 2 * 3, "4 and 0 against three");
        assert_eq!(Shape::Bridge.pairs(0, 3), [(1, 2), (2, 1)]);
        assert_eq!(Shape::Bridge.pairs(0, 5).len(), 2 * 2 * 2);
    }
}
