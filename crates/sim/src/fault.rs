//! The faults of a world, planned before it begins.
//!
//! A plan is a row of faults, each with its beginning, its end and all it needs to know; any of them can be taken
//! out and the rest still makes a plan.

use std::fmt;

use crate::chance::{Chance, Subject};
use crate::setting::Setting;

/// Who is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// This node.
    Node(usize),
    /// Whoever leads when the fault strikes; this node if nobody does.
    Leader(usize),
}

/// What a cut leaves of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The target is alone.
    Alone,
    /// The target hears nobody.
    Deaf,
    /// Nobody hears the target.
    Mute,
    /// The target and the next node are cut from each other, and from nobody else.
    Pair,
    /// The target and its next neighbours, a minority, are cut from the rest.
    Minority,
    /// Two halves, and the target is the only one that hears both.
    Bridge,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A process dies; what was not synced may be gone. With `between_outputs`, in the middle of what it was
    /// doing.
    Crash { target: Target, between_outputs: bool },
    /// All processes die at once.
    PowerCut,
    /// Messages take long, whoever leads dies before long, and whoever votes dies once its vote is out; all start again
    /// at once.
    Coup,
    /// Links stop carrying.
    Cut { target: Target, shape: Shape },
    /// The connections of a node are reset.
    Reset { target: Target },
    /// Every message from and to a node takes longer.
    Slow { target: Target, by_us: u64 },
    /// The syncs of a node stand still.
    Stall { target: Target },
    /// A node does nothing at all.
    Pause { target: Target },
    /// A wall clock is set forward or back.
    Jump { target: Target, by_ms: i64 },
    /// The connection of a client breaks.
    Client { client: usize },
}

/// One thing that goes wrong for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at_us: u64,
    pub(crate) until_us: u64,
    pub(crate) kind: Kind,
}

/// The names of all kinds, as reports count them.
pub(crate) const NAMES: [&str; 10] = [
    "crash",
    "power cut",
    "cut",
    "reset",
    "slow",
    "stall",
    "pause",
    "clock jump",
    "client cut",
    "coup",
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
        }
    }

    /// Who is hit, where that is one node.
    pub(crate) fn target(&self) -> Option<Target> {
        match *self {
            Kind::Crash { target, .. }
            | Kind::Cut { target, .. }
            | Kind::Reset { target }
            | Kind::Slow { target, .. }
            | Kind::Stall { target }
            | Kind::Pause { target }
            | Kind::Jump { target, .. } => Some(target),
            Kind::PowerCut | Kind::Coup | Kind::Client { .. } => None,
        }
    }

    /// The client that is hit, where one is.
    pub(crate) fn client(&self) -> Option<usize> {
        if let Kind::Client { client } = self { Some(*client) } else { None }
    }

    /// Whether it is over at once, whatever the plan says of its end.
    pub(crate) fn is_instant(&self) -> bool {
        matches!(self, Kind::Reset { .. } | Kind::Jump { .. } | Kind::Client { .. })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at_ms, until_ms) = (self.at_us / 1000, self.until_us / 1000);
        write!(f, "{:?} from {at_ms} to {until_ms} ms", self.kind)
    }
}

/// How often each kind is drawn, in the order of [`NAMES`].
const WEIGHTS: [u64; NAMES.len()] = [30, 4, 30, 8, 6, 8, 8, 5, 6, 5];

/// The kinds that make no sense for a node without peers.
const AMONG_NODES: [usize; 4] = [2, 3, 4, 9];

/// The faults that a seed stands for, in order of time.
pub(crate) fn draw(seed: u64, setting: &Setting) -> Vec<Fault> {
    let mut chance = Chance::new(seed, Subject::Faults);
    let weights = draw_weights(&mut chance, setting.nodes);
    let count = chance.between(6, 18);
    let mut faults: Vec<_> = (0..count).map(|_| draw_one(&mut chance, setting, &weights)).collect();
    faults.sort_by_key(|fault| fault.at_us);
    faults
}

/// Half of all worlds do without half of the kinds: what is left strikes more often together, and nothing hides
/// behind what always happens (swarm testing, Groce et al. 2012).
fn draw_weights(chance: &mut Chance, nodes: usize) -> Vec<(u64, usize)> {
    let swarm = chance.percent(50);
    let mut weights: Vec<_> = WEIGHTS.iter().copied().zip(0..).collect();
    weights.retain(|(_, kind)| nodes > 1 || !AMONG_NODES.contains(kind));
    let all = weights.clone();
    weights.retain(|_| !(swarm && chance.percent(50)));
    if weights.is_empty() { all } else { weights }
}

/// No fault strikes earlier, mostly: the nodes have to meet first.
const MEETING_US: u64 = 1_000_000;

fn draw_one(chance: &mut Chance, setting: &Setting, weights: &[(u64, usize)]) -> Fault {
    let early = chance.percent(5);
    let at_us = chance.between(if early { 0 } else { MEETING_US }, setting.breaking_us - 1);
    let kind = chance.weighted(weights);
    let kind = draw_kind(chance, setting, kind);
    let longest_us = match kind {
        Kind::Coup => 3_000_000,
        Kind::Stall { .. } | Kind::Pause { .. } => chance.pick(&[50_000, 500_000, 3_000_000]),
        _ => chance.pick(&[20_000, 500_000, 2_000_000, 6_000_000]),
    };
    let until_us = (at_us + chance.between(1_000, longest_us)).min(setting.breaking_us);
    Fault { at_us, until_us, kind }
}

/// A fault of the kind that has this place among the [`NAMES`].
fn draw_kind(chance: &mut Chance, setting: &Setting, kind: usize) -> Kind {
    let node = chance.index(setting.nodes);
    let target = if chance.percent(40) { Target::Leader(node) } else { Target::Node(node) };
    match kind {
        0 => Kind::Crash { target, between_outputs: chance.percent(60) },
        1 => Kind::PowerCut,
        2 => Kind::Cut { target, shape: draw_shape(chance) },
        3 => Kind::Reset { target },
        4 => Kind::Slow { target, by_us: chance.pick(&[2_000, 30_000, 400_000]) },
        5 => Kind::Stall { target },
        6 => Kind::Pause { target },
        7 => {
            let far_ms = chance.pick(&[50, 1_000, 60_000]);
            Kind::Jump { target, by_ms: chance.around_zero(far_ms) }
        }
        9 => Kind::Coup,
        _ => Kind::Client { client: chance.index(setting.load.clients) },
    }
}

fn draw_shape(chance: &mut Chance) -> Shape {
    chance.weighted(&[
        (5, Shape::Alone),
        (3, Shape::Deaf),
        (3, Shape::Mute),
        (3, Shape::Pair),
        (3, Shape::Minority),
        (3, Shape::Bridge),
    ])
}

impl Shape {
    /// The ordered pairs that are cut when `target` is hit.
    pub(crate) fn pairs(self, target: usize, nodes: usize) -> Vec<(usize, usize)> {
        let next = |steps: usize| (target + steps) % nodes;
        let group = |node: usize| ((node + nodes - target) % nodes) * 2 > nodes;
        let minority: Vec<_> = (0..nodes.div_ceil(2) - 1).map(next).collect();
        let cuts = |from: usize, to: usize| match self {
            Shape::Alone => from == target || to == target,
            Shape::Deaf => to == target,
            Shape::Mute => from == target,
            Shape::Pair => (from, to) == (target, next(1)) || (to, from) == (target, next(1)),
            Shape::Minority => minority.contains(&from) != minority.contains(&to),
            Shape::Bridge => from != target && to != target && group(from) != group(to),
        };
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        pairs.filter(|(from, to)| from != to && cuts(*from, *to)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn shapes_cut_what_they_say() {
        assert_eq!(Shape::Alone.pairs(0, 3), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(Shape::Deaf.pairs(1, 3), [(0, 1), (2, 1)]);
        assert_eq!(Shape::Mute.pairs(1, 3), [(1, 0), (1, 2)]);
        assert_eq!(Shape::Pair.pairs(2, 3), [(0, 2), (2, 0)]);
        assert_eq!(Shape::Minority.pairs(2, 3), Shape::Alone.pairs(2, 3));
        assert_eq!(Shape::Minority.pairs(4, 5).len(), 2 * 2 * 3, "4 and 0 against three");
        assert_eq!(Shape::Bridge.pairs(0, 3), [(1, 2), (2, 1)]);
        assert_eq!(Shape::Bridge.pairs(0, 5).len(), 2 * 2 * 2);
    }

    #[test]
    fn every_kind_is_drawn_by_its_name() {
        let setting = Setting::draw(1, &Options { nodes: Some(3), ..Options::default() });
        let mut chance = Chance::new(1, Subject::Faults);
        for kind in 0..NAMES.len() {
            assert_eq!(draw_kind(&mut chance, &setting, kind).place(), kind);
        }
    }

    #[test]
    fn every_plan_has_faults_in_order() {
        for seed in 0..200 {
            let setting = Setting::draw(seed, &Options::default());
            let faults = draw(seed, &setting);
            assert!(faults.len() >= 5 && faults.is_sorted_by_key(|fault| fault.at_us));
            let end = setting.breaking_us;
            assert!(faults.iter().all(|f| f.at_us < f.until_us && f.until_us <= end));
            let place = |fault: &Fault| fault.kind.place();
            let alone = setting.nodes == 1;
            assert!(!alone || faults.iter().all(|f| !AMONG_NODES.contains(&place(f))));
        }
    }
}
