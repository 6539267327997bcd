//! One start of a data directory, and all the starts that a directory has lived.
//!
//! Boots count up, and a copy of a directory counts on from the same number as the original. So a start also draws a random
//! number, its incarnation, and a directory keeps both of every start. Members remember which start of each other member they
//! believed last: who has not lived that one is a copy from before it, however high it has counted since.

use std::collections::BTreeMap;

use crate::wire::codec::{Malformed, Reader, put_fixed, put_uint};

/// The number of a keyspace; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyspaceId(pub(crate) u32);

impl KeyspaceId {
    /// `default`. (0 is kept for the system's own.)
    pub(crate) const DEFAULT: KeyspaceId = KeyspaceId(1);
}

/// One start of a data directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    /// How often the directory was started by then; counts from 1.
    pub(crate) boot: u64,
    /// The random number that was drawn at this start.
    pub(crate) incarnation: u64,
}

impl Life {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        put_uint(out, self.boot);
        put_fixed(out, self.incarnation);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Life, Malformed> {
        let life = Life { boot: reader.number()?, incarnation: reader.fixed()? };
        if life.boot == 0 { Err(Malformed) } else { Ok(life) }
    }
}

/// Every start of one directory: the incarnation of each boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lives(BTreeMap<u64, u64>);

impl Lives {
    pub(crate) fn add(&mut self, life: Life) {
        self.0.insert(life.boot, life.incarnation);
    }

    /// The number of the last start; 0: there was none.
    pub(crate) fn last_boot(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(boot, _)| *boot)
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
        lives.add(Life { boot: 1, incarnation: 70 });
        let mut copy = lives.clone();
        lives.add(Life { boot: 2, incarnation: 80 });
        copy.add(Life { boot: 2, incarnation: 81 });
        copy.add(Life { boot: 3, incarnation: 91 });
        assert!(lives.contain(Life { boot: 2, incarnation: 80 }));
        assert!(copy.contain(Life { boot: 1, incarnation: 70 }));
        assert!(!copy.contain(Life { boot: 2, incarnation: 80 }), "although it counts higher");
        assert_eq!(copy.last_boot(), 3);
    }
}
