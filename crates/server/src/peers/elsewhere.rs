//! Members that are somewhere else than the log says, as this node was told at its start.

use std::collections::BTreeMap;

use node::NodeId;
use tracing::info;

/// Where each of them is dialled, until the log says the same.
///
/// - Whom the log has once named at that address is dialled where the log says from then on.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    at: BTreeMap<NodeId, String>,
}

impl Elsewhere {
    pub(crate) fn new(dial: &[(u64, String)]) -> Elsewhere {
        Elsewhere { at: dial.iter().map(|(id, at)| (NodeId(*id), at.clone())).collect() }
    }

    /// Where this member is dialled, which is here by the log.
    pub(super) fn of(&mut self, id: NodeId, address: &str) -> String {
        let Some(at) = self.at.get(&id) else { return address.to_owned() };
        if at != address {
            return at.clone();
        }
        info!(
            "node {} is at {address} by the log, too: --dial is not needed for it any more",
            id.0
        );
        self.at.remove(&id).expect("it is there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_dialled_where_it_is_said_to_be_until_the_log_says_so() {
        let mut elsewhere = Elsewhere::new(&[(2, "b:2".into())]);
        assert_eq!(elsewhere.of(NodeId(3), "a:3"), "a:3");
        assert_eq!(elsewhere.of(NodeId(2), "a:2"), "b:2");
        assert_eq!(elsewhere.of(NodeId(2), "a:9"), "b:2", "an entry of before");
        assert_eq!(elsewhere.of(NodeId(2), "b:2"), "b:2");
        assert_eq!(elsewhere.of(NodeId(2), "c:2"), "c:2", "the log counts again");
    }
}
