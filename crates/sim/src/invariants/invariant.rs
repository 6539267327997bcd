//! What an invariant is: what it is shown, and when. Begin with [`Invariant`].

use bytes::Bytes;
use node::{Boot, Certificate, Index, Now, Output, RequestId, SessionId, Status, Waits};

use super::view::View;
use crate::plan::setting::Setting;
use crate::record::operation::Operation;

/// One turn of a node, just after it was taken.
pub(crate) struct Turn<'a> {
    pub(crate) host: usize,
    /// Which start of the node this is.
    pub(crate) life: u64,
    /// The time of the world.
    pub(crate) at_us: u64,
    /// The clocks of the node.
    pub(crate) now: Now,
    /// The wall clocks of all nodes.
    pub(crate) walls_ms: &'a [u64],
    /// The requests that it was given.
    pub(crate) asked: &'a [(SessionId, RequestId)],
    /// Those of them that write.
    pub(crate) writes: &'a [(SessionId, RequestId)],
    /// The client connections that it heard are closed.
    pub(crate) closed: &'a [SessionId],
    pub(crate) outputs: &'a [Output],
    pub(crate) status: &'a Status,
    /// How many groups its disk held before the turn, and how many of them were synced.
    pub(crate) groups: usize,
    pub(crate) synced: usize,
    /// The node itself.
    pub(crate) view: &'a dyn View,
}

/// Whether a node says that its start is on disk and that it has met everyone: it takes part,
/// whether or not it serves clients yet.
pub(super) fn takes_part(status: &Status) -> bool {
    let none = [Waits::Disk, Waits::Joining, Waits::Learning];
    let forms = matches!(status.waits, Some(Waits::Formation(_)));
    !forms && status.waits.as_ref().is_none_or(|waits| !none.contains(waits))
}

/// What became of a node by the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is a member, and runs.
    There,
    /// It never became a member.
    Stranger,
    /// It is lost for good, with its disk.
    Lost,
    /// It was removed. Its merged log counts up to there.
    Removed((Boot, Index)),
}

impl Fate {
    pub(crate) fn is_there(self) -> bool {
        self == Fate::There
    }

    /// Whether something that it alone had may be lost.
    pub(crate) fn loses(self) -> bool {
        matches!(self, Fate::Lost | Fate::Removed(_))
    }

    /// Whether a merged write may be lost that this node acknowledged: where nobody knows which
    /// entry it stands in, it may be any.
    pub(crate) fn may_lose(self, write: &Operation) -> bool {
        match self {
            Fate::There | Fate::Stranger => false,
            Fate::Lost => true,
            Fate::Removed(last) => match write.certificate.as_deref() {
                Some(Certificate::Merged { entry: Some(entry), .. }) => {
                    (entry.entry.boot, entry.entry.index) > last
                }
                _ => true,
            },
        }
    }
}

/// A world that has come to rest.
pub(crate) struct Rest<'a> {
    pub(crate) setting: &'a Setting,
    /// What clients asked for and heard, key by key.
    pub(crate) operations: &'a [Operation],
    /// The same, as it was asked for.
    pub(crate) asked: &'a [Operation],
    /// Of every member that is not lost for good, in order.
    pub(crate) statuses: &'a [Status],
    /// What became of each node.
    pub(crate) fates: &'a [Fate],
}

/// What must hold. `Err` says how it was broken.
pub(crate) trait Invariant {
    /// A word for reports.
    fn name(&self) -> &'static str;

    /// Whether it is about turns of nodes that run on a directory which must not take part; all
    /// others are about the rest.
    fn of_copies(&self) -> bool {
        false
    }

    /// After a turn of a node.
    fn on_turn(&mut self, _turn: &Turn<'_>) -> Result<(), String> {
        Ok(())
    }

    /// When a client asks for something of a key.
    fn on_ask(&mut self, _key: &Bytes) {}

    /// After a client heard what became of an operation.
    fn on_outcome(&mut self, _operation: &Operation) -> Result<(), String> {
        Ok(())
    }

    /// At the end.
    fn at_rest(&mut self, _rest: &Rest<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// The name of an invariant, and how it was broken.
pub(crate) type Broken = (&'static str, String);

/// The first of the invariants that is violated, if one is.
pub(crate) fn first_broken(
    invariants: &mut [Box<dyn Invariant>],
    mut ask: impl FnMut(&mut dyn Invariant) -> Result<(), String>,
) -> Option<Broken> {
    let broken = |invariant: &mut Box<dyn Invariant>| {
        ask(invariant.as_mut()).err().map(|what| (invariant.name(), what))
    };
    invariants.iter_mut().find_map(broken)
}
