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

    /// The log says where members are.
    pub(super) fn follow(&mut self, members: &[(NodeId, String)]) {
        for (id, address) in members {
            if self.at.get(id) == Some(address) {
                self.at.remove(id);
                info!(
                    "node {} is at {address} by the log, too: --dial is not needed for it any more",
                    id.0
                );
            }
        }
    }

    /// Where this member is dialled, which is here by the log, or by what is said of founders.
    pub(super) fn at<'a>(&'a self, id: NodeId, address: &'a str) -> &'a str {
        self.at.get(&id).map_or(address, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_dialled_where_it_is_said_to_be_until_the_log_says_so() {
        let mut elsewhere = Elsewhere::new(&[(2, "b:2".into())]);
        let log = |address: &str| [(NodeId(2), address.to_owned())];
        assert_eq!(elsewhere.at(NodeId(3), "a:3"), "a:3");
        assert_eq!(elsewhere.at(NodeId(2), "b:2"), "b:2", "as founders are said to be");
        elsewhere.follow(&log("a:2"));
        assert_eq!(elsewhere.at(NodeId(2), "a:2"), "b:2", "that was not the log");
        elsewhere.follow(&log("a:9"));
        assert_eq!(elsewhere.at(NodeId(2), "a:9"), "b:2", "an entry of before");
        elsewhere.follow(&log("b:2"));
        elsewhere.follow(&log("c:2"));
        assert_eq!(elsewhere.at(NodeId(2), "c:2"), "c:2", "the log counts again");
    }
}
