//! What is fixed about a world before its seed decides the rest.

use node::Order;

use crate::sabotage::Sabotage;

/// What is fixed about a world before its seed decides the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The order of the keyspace; the seed's choice if not given.
    pub order: Option<Order>,
    /// How many nodes there are, 1 to 7; the seed's choice if not given.
    pub nodes: Option<usize>,
    /// Whether members come and go; if not given, the seed's choice, or no where a bug is planted.
    pub members: Option<bool>,
    /// A world in which nothing breaks, instead of the seed's choice.
    pub plain: Option<Plain>,
    /// The faults of the seed's plan that happen, by their numbers; all of them if not given.
    pub only: Option<Vec<usize>>,
    /// The clients that ask for anything, by their places; all of them if not given.
    pub clients: Option<Vec<usize>>,
    /// The most operations that clients ask for before everything heals; the seed's choice if not
    /// given or greater.
    pub operations: Option<u64>,
    /// Whether to tell the story: one line for each thing that happens.
    pub story: bool,
    /// Whether to record what a message diagram shows.
    pub diagram: bool,
    /// What the driver does wrong, to show that the checks can fail.
    pub sabotage: Option<Sabotage>,
    /// The bug that is planted in every node, to show the same.
    #[cfg(feature = "mutants")]
    pub mutant: Option<node::Mutant>,
}

/// A world of three nodes in which nothing breaks. The judge is not asked; all other invariants are
/// looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Many clients that ask for up to 16 things at once and never rest.
    Busy,
    /// Five hundred operations a second, for a minute.
    Moderate,
    /// A few clients, messages and disks that are quick, and, where logs are merged, messages that
    /// get lost: it is checked how long things take. The seed decides the order, the nodes and the
    /// rest.
    Calm,
}

impl Options {
    /// Whether something is planted that the checks are to catch.
    pub(crate) fn is_planted(&self) -> bool {
        #[cfg(feature = "mutants")]
        if self.mutant.is_some() {
            return true;
        }
        self.sabotage.is_some()
    }

    /// The command that runs the world of a seed with these options again.
    pub fn command(&self, seed: u64) -> String {
        let row = |numbers: &[usize]| match numbers {
            [] => "none".to_owned(),
            numbers => numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
        };
        let calm = self.plain == Some(Plain::Calm);
        let flags = [
            calm.then(|| " --calm".to_owned()),
            (self.members == Some(true)).then(|| " --members".to_owned()),
            self.only.as_ref().map(|only| format!(" --only {}", row(only))),
            self.clients.as_ref().map(|clients| format!(" --clients {}", row(clients))),
            self.operations.map(|operations| format!(" --operations {operations}")),
            self.sabotage.map(|sabotage| format!(" --sabotage {}", sabotage.name())),
            #[cfg(feature = "mutants")]
            self.mutant.map(|mutant| format!(" --mutant {}", mutant.name())),
        ];
        format!("candor sim --seed {seed}{}", flags.into_iter().flatten().collect::<String>())
    }
}
