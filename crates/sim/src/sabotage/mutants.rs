//! Planted bugs, and whether worlds catch them. Begin with [`hunt`].
//!
//! A bug is planted in every node of a world, or in the driver where the real code for its class is
//! out of reach (the log on disk). The first world that violates an invariant catches it. A failed
//! assertion of the node does not count, for an assertion is no promise; a world that does not come
//! to rest counts only if the bug is about that.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, mpsc};

use crate::invariants::violation::Violation;
use crate::invariants::{NO_PANIC, REST};
use crate::options::{Options, Plain};
use crate::sabotage::Sabotage;
use crate::world;

/// The class of bugs that show in calm worlds alone: how long things take.
const SLOW_IN_CALM: &str = "slow in calm weather";

/// The class of bugs that show where members come and go.
const OF_MEMBERS: &str = "members";

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// In every node.
    Node(node::Mutant),
    /// In what drives the nodes.
    Driver(Sabotage),
}

/// The drivers' bugs: what each does wrong, its class, and where bugs of its class were seen.
const DRIVERS: [(Sabotage, &str, &str, &str); 4] = [
    (
        Sabotage::HastyDisk,
        "The driver says that a group is on disk long before it is.",
        "un-synced loss",
        "etcd#14140, nats#7564",
    ),
    (
        Sabotage::ForgetfulDisk,
        "A crash takes synced groups along.",
        "un-synced loss",
        "nats#7567, tikv#994",
    ),
    (
        Sabotage::TornTail,
        "The group that a crash tore is replayed, with zeros where it is torn. (In the simulator's disk; tests of the \
         server tear the files of the real log at every byte.)",
        "torn tail",
        "nats#7549",
    ),
    (
        Sabotage::RetriedSync,
        "A sync that failed is tried again and believed, as a page cache would have it. (In the simulator's driver.)",
        "fsync error retried",
        "cockroach#37102, rostam#94, turso#2091, neon#9108",
    ),
];

impl Mutant {
    /// All that worlds are to catch.
    pub fn all() -> Vec<Mutant> {
        let nodes = node::Mutant::ALL.iter().filter(|mutant| mutant.caught_by().is_none());
        let nodes = nodes.map(|mutant| Mutant::Node(*mutant));
        nodes.chain(DRIVERS.iter().map(|driver| Mutant::Driver(driver.0))).collect()
    }

    /// Its name, as people write it.
    pub fn name(self) -> String {
        match self {
            Mutant::Node(mutant) => mutant.name(),
            Mutant::Driver(sabotage) => sabotage.name().into(),
        }
    }

    /// What it does wrong, in a line.
    pub fn what(self) -> &'static str {
        match self {
            Mutant::Node(mutant) => mutant.what(),
            Mutant::Driver(sabotage) => driver(sabotage).1,
        }
    }

    /// The class of bugs that it stands for.
    pub fn class(self) -> &'static str {
        match self {
            Mutant::Node(mutant) => mutant.class(),
            Mutant::Driver(sabotage) => driver(sabotage).2,
        }
    }

    /// Where bugs of its class were seen; empty if it is Candor's own.
    pub fn seen(self) -> &'static str {
        match self {
            Mutant::Node(mutant) => mutant.seen(),
            Mutant::Driver(sabotage) => driver(sabotage).3,
        }
    }

    /// A world in which it is planted, of the order that it is about.
    pub fn options(self) -> Options {
        match self {
            Mutant::Node(mutant) => Options {
                mutant: Some(mutant),
                order: mutant.order(),
                members: (mutant.class() == OF_MEMBERS).then_some(true),
                plain: (mutant.class() == SLOW_IN_CALM).then_some(Plain::Calm),
                ..Options::default()
            },
            Mutant::Driver(sabotage) => Options { sabotage: Some(sabotage), ..Options::default() },
        }
    }

    /// Whether a world that broke this invariant has caught it.
    fn is_caught_by(self, violation: &Violation) -> bool {
        match violation.invariant {
            NO_PANIC => false,
            REST => matches!(self.class(), "progress" | "replicas diverge"),
            _ => true,
        }
    }
}

fn driver(sabotage: Sabotage) -> &'static (Sabotage, &'static str, &'static str, &'static str) {
    DRIVERS.iter().find(|driver| driver.0 == sabotage).expect("only these are mutants")
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(name: &str) -> Result<Mutant, String> {
        // Those for stories too: a world may catch one all the same.
        let nodes = node::Mutant::ALL.iter().map(|mutant| Mutant::Node(*mutant));
        let mut all = nodes.chain(DRIVERS.iter().map(|driver| Mutant::Driver(driver.0)));
        all.find(|mutant| mutant.name() == name).ok_or_else(|| {
            format!("there is no mutant {name}; candor sim --mutants tells the names of all")
        })
    }
}

/// What came of a planted bug.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The bug.
    pub mutant: Mutant,
    /// How many worlds it took to catch it, and what the last of them broke. `None`: it survived.
    pub caught: Option<(u64, Violation)>,
    /// The seed of a world in which an assertion of a node failed, if one did.
    pub panicked: Option<u64>,
}

impl fmt::Display for Hunted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.mutant.name();
        match &self.caught {
            Some((1, violation)) => {
                write!(f, "{name}: caught after 1 seed (by {})", violation.by())
            }
            Some((worlds, violation)) => {
                write!(f, "{name}: caught after {worlds} seeds (by {})", violation.by())
            }
            None => write!(f, "{name}: survived"),
        }?;
        match (&self.caught, self.panicked) {
            (None, Some(seed)) => {
                write!(f, "; an assertion caught it in seed {seed}, which does not count")
            }
            _ => Ok(()),
        }
    }
}

/// How far the hunt of one bug has come.
#[derive(Debug)]
struct Trail {
    mutant: Mutant,
    /// Worlds given out, and worlds that were run.
    given: u64,
    lived: u64,
    /// No world after this one need be run.
    last: u64,
    caught: Option<(u64, Violation)>,
    panicked: Option<u64>,
}

impl Trail {
    /// Takes in what came of a world. True if nothing is left to do.
    fn on_lived(&mut self, world: u64, seed: u64, broken: Result<(), Violation>) -> bool {
        self.lived += 1;
        if let Err(violation) = broken {
            if self.mutant.is_caught_by(&violation) && world <= self.last {
                self.last = world;
                self.caught = Some((world, violation));
            } else if violation.invariant == NO_PANIC {
                self.panicked = Some(self.panicked.map_or(seed, |other| other.min(seed)));
            }
        }
        self.given >= self.last && self.lived == self.given
    }

    fn hunted(&self) -> Hunted {
        let (caught, panicked) = (self.caught.clone(), self.panicked);
        Hunted { mutant: self.mutant, caught, panicked }
    }
}

/// What the hunt says while it goes on.
#[derive(Debug)]
pub enum Progress {
    /// One more world was run.
    World,
    /// A bug is caught, or has survived. They come in the order of the list.
    Done(Hunted),
}

/// Plants one bug after the other, each in so many worlds at most, until one catches it. On all
/// threads; which world catches it does not depend on them.
pub fn hunt(
    mutants: &[Mutant],
    from: u64,
    worlds_max: u64,
    threads: usize,
    mut tell: impl FnMut(Progress),
) -> Vec<Hunted> {
    let trail = |mutant: &Mutant| {
        let (mutant, last, caught, panicked) = (*mutant, worlds_max, None, None);
        Trail { mutant, given: 0, lived: 0, last, caught, panicked }
    };
    let trails: Mutex<Vec<Trail>> = Mutex::new(mutants.iter().map(trail).collect());
    let (mut done, mut hunted) = (BTreeMap::new(), vec![]);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads.max(1) {
            let (sender, trails) = (sender.clone(), &trails);
            scope.spawn(move || {
                let locked = || trails.lock().expect("no thread that held it has panicked");
                loop {
                    let next = locked().iter_mut().enumerate().find_map(|(place, trail)| {
                        let open = trail.given < trail.last;
                        trail.given += u64::from(open);
                        open.then_some((place, trail.mutant, trail.given))
                    });
                    let Some((place, mutant, world)) = next else { return };
                    let seed = from.wrapping_add(world - 1);
                    let broken = world::run(seed, &mutant.options()).verdict;
                    let trail = &mut locked()[place];
                    let over = trail.on_lived(world, seed, broken).then(|| trail.hunted());
                    if sender.send((place, over)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (place, over) in receiver {
            tell(Progress::World);
            done.extend(over.map(|over| (place, over)));
            while let Some(next) = done.remove(&hunted.len()) {
                tell(Progress::Done(Hunted::clone(&next)));
                hunted.push(next);
            }
        }
    });
    hunted
}
