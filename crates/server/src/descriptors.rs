//! File descriptors: what the node needs itself is kept back, and clients share the rest.
//!
//! So no number of clients keeps the log from making its next segment, or a member from coming in.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Error;

/// The log: its directory, the lock, and twice each the segment, the next one, and one for a great
/// group.
const LOG: u64 = 8;
/// The snapshots: twice each the one that is written, the same read back, and one that another
/// member reads; their directory and that of the log while they are synced.
const SNAPSHOTS: u64 = 8;
/// The loop: the poll, what wakes it, signals, and up to four ports.
const LOOP: u64 = 12;
/// Each other member: dialled, come in, and come in anew before the old connection is gone.
const PEER: u64 = 3;
/// Members may come: room is kept for so many others at least, where others can come in.
const OTHERS_MIN: usize = 8;
/// What is open for a moment only: a connection that is turned away, a name that is looked up, what
/// the system tells of this process.
const MOMENTS: u64 = 16;
/// The fewest and the most connections at the port for peers that have not said who they are.
const STRANGERS: (u64, u64) = (8, 64);

/// How the descriptors that the process may have are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    /// How many clients there may be at a time.
    pub clients_max: usize,
    /// How many connections at the port for peers may be of somebody unknown.
    pub strangers_max: usize,
    /// How many descriptors there are.
    pub limit: u64,
}

impl Descriptors {
    /// Shares out what the system grants to a node with so many other members (`None`: no port for
    /// any) and so many clients, and asks it for more if it must.
    pub(crate) fn share_out(others: Option<usize>, clients_max: u64) -> Result<Descriptors, Error> {
        let (open, others) = (count_open(), expected(others));
        let granted = getrlimit(Resource::Nofile);
        let wanted = needed(open, others) + STRANGERS.1 + clients_max;
        let raised = granted.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        if granted.current.is_some_and(|current| current < raised) {
            // Where it refuses, what it grants is shared out.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..granted });
        }
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Descriptors::of(limit, open, others, clients_max)
    }

    /// Shares out so many, of which so many are open before anything is done.
    fn of(limit: u64, open: u64, others: usize, wanted: u64) -> Result<Descriptors, Error> {
        let needed = needed(open, others);
        let strangers = match others {
            0 => 0,
            _ => (limit.saturating_sub(needed) / 8).clamp(STRANGERS.0, STRANGERS.1),
        };
        let clients_max = limit.saturating_sub(needed + strangers).min(wanted);
        if clients_max == 0 {
            return Err(Error::configuration(format!(
                "the process may have {limit} files open, and this node needs {} for itself\n  hint: let it \
                 open more (ulimit -n): {} serve all clients that it takes at most (--maxclients)",
                needed + strangers,
                needed + STRANGERS.1 + wanted,
            )));
        }
        let (clients_max, strangers_max) = (clients_max as usize, strangers as usize);
        Ok(Descriptors { clients_max, strangers_max, limit })
    }
}

/// How many other members to keep room for.
fn expected(others: Option<usize>) -> usize {
    others.map_or(0, |others| others.max(OTHERS_MIN))
}

/// What a node with so many other members needs, without clients and strangers.
fn needed(open: u64, others: usize) -> u64 {
    open + LOG + SNAPSHOTS + LOOP + MOMENTS + PEER * others as u64
}

/// How many are open; three where the system does not tell.
fn count_open() -> u64 {
    // One of them is that of the list itself.
    std::fs::read_dir("/dev/fd").map_or(3, |list| (list.count() as u64).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_is_shared_out() {
        let of = |limit, others| {
            let shared = Descriptors::of(limit, 3, others, 10_000).unwrap();
            (shared.clients_max, shared.strangers_max)
        };
        assert_eq!(of(64, 0), (17, 0));
        assert_eq!(of(64, 2), (3, 8));
        assert_eq!(of(1024, 2), (907, 64));
        assert_eq!(of(1 << 20, 2), (10_000, 64));
        assert_eq!(of(u64::MAX, 30), (10_000, 64));
        let few = Descriptors::of(1 << 20, 3, 2, 5).unwrap();
        assert_eq!(few.clients_max, 5, "no more than were asked for");
    }

    #[test]
    fn there_is_room_for_members_that_come() {
        assert_eq!([None, Some(0), Some(2), Some(30)].map(expected), [0, 8, 8, 30]);
    }

    #[test]
    fn too_few_are_refused() {
        let error = Descriptors::of(39, 3, 0, 10_000).unwrap_err();
        assert_eq!(error.exit_code, 78);
        assert_eq!(
            error.reason,
            "the process may have 39 files open, and this node needs 47 for itself\n  hint: let it open more \
             (ulimit -n): 10111 serve all clients that it takes at most (--maxclients)"
        );
    }
}
