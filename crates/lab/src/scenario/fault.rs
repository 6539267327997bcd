//! A fault of a scenario: when it comes, what it is and whom it hits.

use std::fmt;

use super::source::Place;

/// Something that is done to the servers while the clients ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it comes.
    pub when: When,
    /// What is done.
    pub what: What,
    /// Where the file says so.
    pub place: Place,
}

/// When a fault comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So many milliseconds after the start of the clients.
    AtMs(u64),
    /// When so many operations, over all clients, have ended.
    AfterOperations(u64),
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The processes end at once, by SIGKILL.
    Kill(Servers),
    /// The processes are started again on the same data; those that run are killed before.
    Restart(Servers),
    /// The processes stand still, by SIGSTOP.
    Pause(Servers),
    /// The processes go on, by SIGCONT.
    Resume(Servers),
    /// No bytes pass between these servers any more. It takes the place of the partition before.
    Partition(Cut),
    /// All that was done to the network from or to these servers is over.
    Heal(Servers),
    /// Bytes take so much longer from one server to another.
    Delay {
        /// How much longer; 0 ends it.
        ms: u64,
        /// On which ways.
        ways: Ways,
    },
    /// Connections break while bytes pass.
    Drop {
        /// How many of a hundred pieces of bytes break theirs; 0 ends it.
        percent: u64,
        /// On which ways.
        ways: Ways,
    },
    /// The clocks of these servers are off.
    Clock {
        /// Whose.
        servers: Servers,
        /// By how much; 0 ends it.
        offset_ms: i64,
    },
    /// The disks of these servers take no more.
    DiskFull(Servers),
    /// The disks of these servers have room again.
    DiskFree(Servers),
    /// The disks of these servers do nothing for a while.
    DiskStall {
        /// Whose.
        servers: Servers,
        /// For how long.
        ms: u64,
    },
    /// The next sync of these servers' disks fails.
    FsyncError(Servers),
}

/// Servers, as numbers or as what they are when the fault comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers(pub Vec<Who>);

/// One server, or those that are something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server of this number.
    Number(usize),
    /// The one that leads.
    Leader,
    /// The first one that runs and does not lead.
    Follower,
    /// All that do not lead.
    Followers,
    /// All servers.
    All,
    /// All that do not run.
    Down,
    /// All that stand still.
    Paused,
}

/// Which ways a partition cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Two servers reach each other if some group has both; servers of no group are one together.
    Groups(Vec<Servers>),
    /// These ways, in this direction alone.
    Ways(Vec<Ways>),
}

/// Ways between servers, in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// Where bytes come from.
    pub from: Servers,
    /// Where they go.
    pub to: Servers,
}

impl What {
    /// Whether something between the servers must be able to hold their bytes.
    pub fn needs_network(&self) -> bool {
        matches!(self, What::Partition(_) | What::Heal(_) | What::Delay { .. } | What::Drop { .. })
    }

    /// Whether the servers themselves must lend a hand, which they only do in test mode.
    pub fn needs_test_mode(&self) -> bool {
        matches!(
            self,
            What::Clock { .. }
                | What::DiskFull(_)
                | What::DiskFree(_)
                | What::DiskStall { .. }
                | What::FsyncError(_)
        )
    }

    /// Whether it only undoes what others did.
    pub fn mends(&self) -> bool {
        match self {
            What::Restart(_) | What::Resume(_) | What::Heal(_) | What::DiskFree(_) => true,
            What::Delay { ms, .. } => *ms == 0,
            What::Drop { percent, .. } => *percent == 0,
            What::Clock { offset_ms, .. } => *offset_ms == 0,
            _ => false,
        }
    }

    /// All servers that it names.
    pub fn named(&self) -> Vec<&Servers> {
        match self {
            What::Kill(servers)
            | What::Restart(servers)
            | What::Pause(servers)
            | What::Resume(servers)
            | What::Heal(servers)
            | What::Clock { servers, .. }
            | What::DiskFull(servers)
            | What::DiskFree(servers)
            | What::DiskStall { servers, .. }
            | What::FsyncError(servers) => vec![servers],
            What::Partition(Cut::Groups(groups)) => groups.iter().collect(),
            What::Partition(Cut::Ways(ways)) => {
                ways.iter().flat_map(|ways| [&ways.from, &ways.to]).collect()
            }
            What::Delay { ways, .. } | What::Drop { ways, .. } => vec![&ways.from, &ways.to],
        }
    }

    /// Whether somebody must be asked who leads.
    pub fn needs_leader(&self) -> bool {
        let is_asked = |who: &Who| matches!(who, Who::Leader | Who::Follower | Who::Followers);
        self.named().iter().any(|servers| servers.0.iter().any(is_asked))
    }
}

impl Who {
    /// The names that a file may give, and what each means.
    pub(super) const NAMED: [(&'static str, Who); 6] = [
        ("leader", Who::Leader),
        ("follower", Who::Follower),
        ("followers", Who::Followers),
        ("all", Who::All),
        ("down", Who::Down),
        ("paused", Who::Paused),
    ];
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::AtMs(ms) => write!(f, "at {ms} ms"),
            When::AfterOperations(count) => write!(f, "after {count} operations"),
        }
    }
}
