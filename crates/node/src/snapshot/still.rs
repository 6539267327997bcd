//! A snapshot of a state that nobody changes meanwhile: no node lives with it any more.

use super::{Part, Writing};
use crate::agreed::State;
use crate::api::Output;
use crate::ids::SnapshotNumber;
use crate::merged::Merged;
use crate::wire::base::AgreedBase;
use crate::wire::record::Record;

/// Writes it, a slice at a time.
///
/// - It holds all keys of both orders, what has run once, and the keyspaces. Of its node it says
///   nothing, and of other members as little: it is for a new cluster.
/// - Nothing stands behind the state: it has no entries, no term and no vote.
#[derive(Debug)]
pub(crate) struct Still {
    agreed: State,
    merged: Merged,
    writing: Writing,
}

impl Still {
    /// Begins with an agreed state that stands there, and a merged one.
    pub(crate) fn begin(mut agreed: State, base: AgreedBase, mut merged: Merged) -> Still {
        agreed.begin_walk();
        merged.state().begin_walk();
        let table = agreed.keyspaces();
        let is_set = table.version() > 0;
        let keyspaces = is_set.then(|| Record::AgreedKeyspaces(table.encode().into()));
        let writing = Writing {
            agreed: base,
            merged: merged.base(),
            versions: Record::AgreedVersions(agreed.versions().into()),
            keyspaces,
            ..Writing::new(SnapshotNumber(1))
        };
        Still { agreed, merged, writing }
    }

    /// The next bytes, which may be none; `None`: it is whole.
    pub(crate) fn go_on(&mut self) -> Option<Vec<u8>> {
        if self.writing.part == Part::Ended {
            return None;
        }
        let mut outputs = vec![];
        self.writing.go_on(&mut self.agreed, self.merged.state(), &mut outputs);
        let mut all = vec![];
        for output in outputs {
            if let Output::WriteSnapshot { bytes, .. } = output {
                all.extend_from_slice(&bytes);
            }
        }
        Some(all)
    }
}
