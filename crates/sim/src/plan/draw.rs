//! How the faults of a plan are drawn. Begin with [`faults`].

use node::{Matter, Order};

use super::chance::{Chance, Subject};
use super::fault::{Errand, Fault, Kind, NAMES, Shape, Target};
use super::setting::Setting;

/// How often each kind is drawn, in the order of [`NAMES`]. Graceful stops and the last six are
/// drawn by themselves.
const WEIGHTS: [u64; NAMES.len()] =
    [28, 4, 28, 8, 7, 7, 9, 5, 6, 6, 5, 6, 4, 4, 6, 2, 3, 6, 0, 0, 0, 0, 0, 0, 0];

/// The kinds that make no sense for a node without peers.
const AMONG_NODES: [usize; 12] = [2, 3, 4, 9, 10, 11, 16, 19, 20, 21, 22, 23];

/// Cut, stall, and the like: kinds that, if they hit a leader for long, end its leadership.
const DEPOSES_US: u64 = 2_500_000;

/// The faults that a seed stands for, in order of time.
pub(super) fn faults(seed: u64, setting: &Setting) -> Vec<Fault> {
    let mut chance = Chance::new(seed, Subject::Faults);
    let weights = draw_weights(&mut chance, setting.hosts());
    let count = chance.between(6, 18);
    let mut faults: Vec<_> = (0..count).map(|_| draw_one(&mut chance, setting, &weights)).collect();
    if !faults.iter().any(|fault| deposes(fault, setting)) {
        faults.push(draw_deposing(&mut chance, setting));
    }
    if setting.load.talk_percent > 0 && setting.hosts() > 2 {
        faults.push(draw_detour(&mut chance, setting));
    }
    faults.extend(draw_stops(seed, setting));
    let rare = draw_rare(seed, setting);
    if let Some(failing) = rare.iter().find(|fault| leads_on(fault)) {
        // What the leader has lost by then is to be missed: whoever led after it would have it sent
        // again.
        faults.retain(|fault| fault.until_us < failing.at_us);
    }
    faults.extend(rare);
    if setting.changes_members() {
        // Who was removed has a directory that must not take part, and so has a copy.
        let copies = |kind: &Kind| matches!(kind, Kind::Restore { .. } | Kind::Clone { .. });
        faults.retain(|fault| !copies(&fault.kind));
        faults.extend(draw_errands(seed, setting));
    }
    faults.sort_by_key(|fault| fault.at_us);
    faults.iter_mut().enumerate().for_each(|(number, fault)| fault.number = number);
    faults
}

/// In some worlds nodes are stopped gracefully now and then, most often one that leads.
fn draw_stops(seed: u64, setting: &Setting) -> Vec<Fault> {
    let mut chance = Chance::new(seed, Subject::Stops);
    let count = chance.pick(&[0, 0, 0, 1, 3]);
    let mut draw = |_| {
        let at_us = chance.between(MEETING_US, setting.breaking_us - 1);
        let longest_us = chance.pick(&[100_000, 1_500_000, 4_000_000]);
        let until_us = (at_us + chance.between(1_000, longest_us)).min(setting.breaking_us);
        let kind = draw_kind(&mut chance, setting, 18);
        Fault { number: 0, at_us, until_us, kind }
    };
    (0..count).map(&mut draw).collect()
}

/// What an operator does about members, now and then.
fn draw_errands(seed: u64, setting: &Setting) -> Vec<Fault> {
    let mut chance = Chance::new(seed, Subject::Members);
    let count = chance.between(2, 7);
    let mut draw = |_| {
        let at_us = chance.between(MEETING_US, setting.breaking_us - 1);
        let kind = draw_kind(&mut chance, setting, 24);
        Fault { number: 0, at_us, until_us: at_us + 1, kind }
    };
    (0..count).map(&mut draw).collect()
}

/// The rare kinds, by their places, and how often each is drawn: in an agreed world, and in a
/// merged one, where the agreed log is there and has nothing in it.
const RARE_AGREED: [(u64, usize); 5] = [(4, 19), (5, 20), (3, 21), (2, 22), (2, 23)];
const RARE_MERGED: [(u64, usize); 2] = [(1, 22), (1, 23)];

/// In some worlds one or two things happen that take several steps.
fn draw_rare(seed: u64, setting: &Setting) -> Vec<Fault> {
    let mut chance = Chance::new(seed, Subject::Rare);
    let count = if setting.hosts() == 1 { 0 } else { chance.pick(&[0, 0, 1, 1, 2]) };
    (0..count).flat_map(|_| draw_one_rare(&mut chance, setting)).collect()
}

fn draw_one_rare(chance: &mut Chance, setting: &Setting) -> Vec<Fault> {
    let kind = match setting.order {
        Order::Agreed => chance.weighted(&RARE_AGREED),
        Order::Merged => chance.weighted(&RARE_MERGED),
    };
    let kind = draw_kind(chance, setting, kind);
    let end_us = setting.breaking_us;
    let at_us = chance.between(2 * MEETING_US, end_us - 1);
    let (least_us, most_us) = match kind {
        // Others must have been elected.
        Kind::Overwrite { .. } => (1_500_000, 3_000_000),
        Kind::SlowMatter { .. } => (3_000_000, 6_000_000),
        _ => (50_000, chance.pick(&[300_000, 1_500_000, 5_000_000])),
    };
    let until_us = (at_us + chance.between(least_us, most_us)).min(end_us);
    let fault = Fault { number: 0, at_us, until_us, kind };
    let behind = draw_behind(chance, &fault);
    std::iter::once(fault).chain(behind).collect()
}

/// What hits a node, beside that it gets entries late: it learns late what is committed, or starts
/// again and learns that long before it has the entries.
fn draw_behind(chance: &mut Chance, fault: &Fault) -> Vec<Fault> {
    let Kind::SlowMatter { target, shape, matter: Matter::Append, .. } = fault.kind else {
        return vec![];
    };
    if chance.percent(50) {
        // There and back, about as long as rounds are remembered.
        let by_us = chance.between(750_000, 1_000_000);
        let kind = Kind::SlowMatter { target, shape, matter: Matter::Round, by_us };
        return vec![Fault { kind, ..fault.clone() }];
    }
    let mut crash = |part: u64| {
        let at_us = fault.at_us + part * (fault.until_us - fault.at_us) / 4;
        let until_us = (at_us + chance.between(1_000, 100_000)).min(fault.until_us);
        let kind = Kind::Crash { target, between_outputs: false };
        Fault { number: 0, at_us, until_us, kind }
    };
    let crashes = (1..4).map(&mut crash);
    crashes.filter(|crash| crash.at_us < crash.until_us).collect()
}

/// Half of all worlds do without half of the kinds: what is left strikes more often together, and
/// nothing hides behind what always happens (swarm testing, Groce et al. 2012).
fn draw_weights(chance: &mut Chance, nodes: usize) -> Vec<(u64, usize)> {
    let swarm = chance.percent(50);
    let mut weights: Vec<_> = WEIGHTS.iter().copied().zip(0..).collect();
    weights.retain(|(weight, kind)| *weight > 0 && (nodes > 1 || !AMONG_NODES.contains(kind)));
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
        Kind::Stall { .. } | Kind::Pause { .. } => {
            chance.pick(&[50_000, 500_000, 3_000_000, 5_000_000])
        }
        Kind::SyncError { .. } | Kind::Rot { .. } => chance.pick(&[20_000, 500_000]),
        // A node may stay away until all is over.
        Kind::Crash { .. } => chance.pick(&[20_000, 500_000, 2_000_000, 6_000_000, u64::MAX / 2]),
        _ => chance.pick(&[20_000, 500_000, 2_000_000, 6_000_000]),
    };
    let until_us = (at_us + chance.between(1_000, longest_us)).min(setting.breaking_us);
    Fault { number: 0, at_us, until_us, kind }
}

/// A fault of the kind that has this place among the [`NAMES`].
fn draw_kind(chance: &mut Chance, setting: &Setting, kind: usize) -> Kind {
    let node = chance.index(setting.hosts());
    let leader = Target::Leader(node);
    let target = if chance.percent(40) { leader } else { Target::Node(node) };
    match kind {
        0 => Kind::Crash { target, between_outputs: chance.percent(60) },
        1 => Kind::PowerCut,
        2 => Kind::Cut { target, shape: draw_shape(chance) },
        3 => Kind::Reset { target },
        4 => {
            let shape = draw_shape(chance);
            Kind::Slow { target, shape, by_us: chance.pick(&[2_000, 30_000, 400_000]) }
        }
        5 => Kind::Stall { target },
        6 => Kind::Pause { target },
        7 => {
            let far_ms = chance.pick(&[50, 1_000, 60_000]);
            Kind::Jump { target, by_ms: chance.around_zero(far_ms) }
        }
        9 => Kind::Coup,
        10 => {
            let shape = draw_shape(chance);
            Kind::Flap { target, shape, every_us: chance.pick(&[15_000, 120_000, 900_000]) }
        }
        11 => {
            let shape = draw_shape(chance);
            Kind::Loss { target, shape, per_mille: chance.pick(&[50, 250, 600]) }
        }
        12 => {
            let far_ppm = chance.pick(&[1_000, 50_000, 400_000]);
            Kind::Drift { target, by_ppm: chance.around_zero(far_ppm) }
        }
        13 => Kind::SlowDisk { target, by_us: chance.pick(&[1_000, 20_000, 150_000]) },
        14 => Kind::SyncError { target },
        15 => Kind::Rot { target, restarts: chance.percent(70) },
        16 => Kind::Loses { target },
        17 => Kind::Full { target },
        18 => Kind::Stop { target },
        19 => {
            let far_ms = 2 * setting.max_clock_drift_ms as i64 + 1_000;
            let ahead_ms = chance.pick(&[None, Some(far_ms), Some(far_ms)]);
            Kind::HandOver { target: leader, ahead_ms }
        }
        20 => {
            let shape = draw_shape(chance);
            let matters =
                [Matter::Append, Matter::Append, Matter::Append, Matter::Round, Matter::Vote];
            let by_us = chance.pick(&[900_000, 1_800_000, 2_700_000]);
            match chance.pick(&matters) {
                // Who leads would hold up everybody.
                matter @ Matter::Append => {
                    let (target, shape) = (Target::Node(node), Shape::Alone);
                    Kind::SlowMatter { target, shape, matter, by_us }
                }
                matter => Kind::SlowMatter { target, shape, matter, by_us },
            }
        }
        21 => Kind::Overwrite { target: leader },
        22 => Kind::Restore { target, empty: chance.percent(30) },
        23 => Kind::Clone { target },
        24 => Kind::Members {
            errand: chance.weighted(&[
                (8, Errand::Add),
                (5, Errand::Remove),
                (3, Errand::Lose),
                (1, Errand::LoseTwo),
                (3, Errand::Replace),
                (1, Errand::Move),
            ]),
        },
        _ => Kind::Client { client: chance.index(setting.load.clients) },
    }
}

fn draw_shape(chance: &mut Chance) -> Shape {
    chance.weighted(&[
        (5, Shape::Alone),
        (3, Shape::Deaf),
        (3, Shape::Mute),
        (3, Shape::Pair),
        (2, Shape::OneWay),
        (3, Shape::Minority),
        (3, Shape::Bridge),
    ])
}

/// Whether a fault surely ends a leadership, if there is one when it strikes: a world without any
/// election but the first has seen little of what can go wrong.
fn deposes(fault: &Fault, setting: &Setting) -> bool {
    let early = fault.at_us < 2 * MEETING_US;
    let long = fault.until_us - fault.at_us >= DEPOSES_US;
    let alone = setting.hosts() == 1;
    let leader = |target: &Target| alone || matches!(target, Target::Leader(_));
    !early
        && match &fault.kind {
            Kind::PowerCut => true,
            Kind::Coup => long,
            Kind::Crash { target, .. } => leader(target) && (alone || long),
            Kind::Pause { target } => leader(target) && long && !alone,
            Kind::Cut { target, shape: Shape::Alone | Shape::Minority } => leader(target) && long,
            _ => false,
        }
}

/// Whether a leader tries in vain to hand over, and leads on.
fn leads_on(fault: &Fault) -> bool {
    matches!(fault.kind, Kind::HandOver { ahead_ms: Some(_), .. })
}

fn draw_deposing(chance: &mut Chance, setting: &Setting) -> Fault {
    let at_us = chance.between(2 * MEETING_US, setting.breaking_us - DEPOSES_US);
    let until_us = chance.between(at_us + DEPOSES_US, setting.breaking_us);
    let target = Target::Leader(chance.index(setting.hosts()));
    let crash = Kind::Crash { target, between_outputs: chance.percent(60) };
    let kind = match chance.below(4) {
        _ if setting.hosts() == 1 => crash,
        0 => Kind::PowerCut,
        1 => Kind::Pause { target },
        2 => Kind::Cut { target, shape: Shape::Alone },
        _ => crash,
    };
    Fault { number: 0, at_us, until_us, kind }
}

/// For a good while the question reaches those who look at the answer long after the answer does:
/// the link from node 1, where most is asked, to node 2, where most is looked at, is slow, and all
/// others are not.
fn draw_detour(chance: &mut Chance, setting: &Setting) -> Fault {
    let at_us = chance.between(MEETING_US, setting.breaking_us / 3);
    let until_us = chance.between(setting.breaking_us / 2, setting.breaking_us);
    let by_us = chance.pick(&[100_000, 400_000]);
    let kind = Kind::Slow { target: Target::Node(0), shape: Shape::OneWay, by_us };
    Fault { number: 0, at_us, until_us, kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::plan::Plan;

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
            let Plan { setting, faults, .. } = Plan::draw(seed, &Options::default());
            assert!(faults.is_sorted_by_key(|fault| fault.at_us));
            let quiet = faults.iter().any(leads_on) || setting.changes_members();
            assert!(quiet || faults.len() >= 5);
            assert!(quiet || faults.iter().any(|fault| deposes(fault, &setting)));
            let end = setting.breaking_us;
            assert!(faults.iter().all(|f| f.at_us < f.until_us && f.until_us <= end));
            let place = |fault: &Fault| fault.kind.place();
            let alone = setting.hosts() == 1;
            assert!(!alone || faults.iter().all(|f| !AMONG_NODES.contains(&place(f))));
        }
    }
}
