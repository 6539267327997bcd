//! Ids, each a type of its own; one start of a data directory, and all the starts that a directory
//! has lived.
//!
//! Boots count up, and a copy of a directory counts on from the same number as the original. So a
//! start also draws a random number, its incarnation, and a directory keeps both of every start.
//! Members remember which start of each other member they believed last: who has not lived that one
//! is a copy from before it, however high it has counted since.

use std::collections::BTreeMap;
use std::fmt;

use crate::wire::codec::{Malformed, Reader, put_fixed, put_uint};

/// Numbers that are not to be taken for each other.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// The one behind it.
            #[must_use]
            pub fn next(self) -> $name {
                $name(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// A term of Raft: in each there is at most one leader (Raft §5.1). Counts from 1; 0 is before
    /// the first.
    Term;
    /// The place of an entry in a log. Counts from 1; 0 is before the first.
    Index;
    /// How often a data directory was started by then. Counts from 1; 0 is before the first.
    Boot;
    /// The number of a write within a start of its node. Counts from 1.
    Sequence;
    /// The number of a snapshot of a data directory. Counts from 1, also over starts.
    SnapshotNumber;
}

/// A member of the cluster; at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// A client connection, numbered by the driver; never used twice in the life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A request within its session, numbered by the driver; the reply carries it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Names one [`Output::Persist`](crate::Output::Persist), which
/// [`Input::Persisted`](crate::Input::Persisted) carries back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Where groups lie in the driver's log: what was written later lies at a greater one, or at the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPlace(pub u64);

/// A connection that somebody made to this node, numbered by the driver; never used twice in the
/// life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u64);

/// The random id of a data directory, drawn when it is first used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryId(pub u64);

impl DirectoryId {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        put_fixed(out, self.0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<DirectoryId, Malformed> {
        reader.fixed().map(DirectoryId)
    }
}

/// The number of a keyspace; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyspaceId(pub(crate) u32);

impl KeyspaceId {
    /// What all members share beside keys and values; no key belongs to it.
    pub(crate) const SYSTEM: KeyspaceId = KeyspaceId(0);
    /// `default`.
    pub(crate) const DEFAULT: KeyspaceId = KeyspaceId(1);
}

/// One start of a data directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) boot: Boot,
    /// The random number that was drawn at this start.
    pub(crate) incarnation: u64,
}

impl Life {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        put_uint(out, self.boot.0);
        put_fixed(out, self.incarnation);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Life, Malformed> {
        let life = Life { boot: Boot(reader.number()?), incarnation: reader.fixed()? };
        if life.boot == Boot(0) { Err(Malformed) } else { Ok(life) }
    }
}

/// Every start of one directory: the incarnation of each boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lives(BTreeMap<Boot, u64>);

impl Lives {
    pub(crate) fn add(&mut self, life: Life) {
        self.0.insert(life.boot, life.incarnation);
    }

    /// The number of the last start; 0: there was none.
    pub(crate) fn last_boot(&self) -> Boot {
        self.0.last_key_value().map_or(Boot(0), |(boot, _)| *boot)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Life> {
        self.0.iter().map(|(boot, incarnation)| Life { boot: *boot, incarnation: *incarnation })
    }

    /// Whether this directory was started so.
    pub(crate) fn contain(&self, life: Life) -> bool {
        self.0.get(&life.boot) == Some(&life.incarnation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_not_lived_what_came_after_it() {
        let mut lives = Lives::default();
        lives.add(Life { boot: Boot(1), incarnation: 70 });
        let mut copy = lives.clone();
        lives.add(Life { boot: Boot(2), incarnation: 80 });
        copy.add(Life { boot: Boot(2), incarnation: 81 });
        copy.add(Life { boot: Boot(3), incarnation: 91 });
        assert!(lives.contain(Life { boot: Boot(2), incarnation: 80 }));
        assert!(copy.contain(Life { boot: Boot(1), incarnation: 70 }));
        assert!(
            !copy.contain(Life { boot: Boot(2), incarnation: 80 }),
            "although it counts higher"
        );
        assert_eq!(copy.last_boot(), Boot(3));
    }
}
