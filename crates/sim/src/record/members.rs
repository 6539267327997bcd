//! Changes of members in words.

use node::{MemberChange, NodeId};

/// A change of members, as an operator asks for it.
pub(crate) fn in_words(change: &MemberChange) -> String {
    let row = |ids: &[NodeId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(" ");
    match change {
        MemberChange::Add { id, address } => format!("CLUSTER-ADMIN ADD {} {address}", id.0),
        MemberChange::Remove { ids, lose: false } => format!("CLUSTER-ADMIN REMOVE {}", row(ids)),
        MemberChange::Remove { ids, lose: true } => {
            format!("CLUSTER-ADMIN REMOVE LOSE {}", row(ids))
        }
        MemberChange::Replace { old, new, address } => {
            format!("CLUSTER-ADMIN REPLACE {} {} {address}", old.0, new.0)
        }
        MemberChange::Move { id, address } => format!("CLUSTER-ADMIN MOVE {} {address}", id.0),
    }
}
