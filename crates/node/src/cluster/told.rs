//! What is told of the cluster.

use crate::ids::{Index, NodeId, Term};

/// The cluster as a node knows it: for CLUSTER-ADMIN STATUS. It needs no quorum, and may be behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTold {
    /// The id of the cluster; `None`: it has not formed.
    pub id: Option<u64>,
    /// Its epoch; 0: it has not formed.
    pub epoch: u64,
    /// Who tells.
    pub node: NodeId,
    /// Who leads, if anyone is known to.
    pub leader: Option<NodeId>,
    /// The Raft term.
    pub term: Term,
    /// The last agreed index known to be committed.
    pub commit: Index,
    /// The last agreed index applied at this node.
    pub applied: Index,
    /// The members, by their ids.
    pub members: Vec<MemberTold>,
    /// The version of logs that the cluster may use, and the one that the node which tells
    /// understands.
    pub version: u64,
    /// See `version`.
    pub newest_version: u64,
    /// Those that were removed, and at which entry.
    pub removed: Vec<(NodeId, Index)>,
    /// Nodes that were started to join and say so, and their addresses.
    pub joining: Vec<(NodeId, String)>,
    /// The change of the members that is under way, in words, and, where the node that tells leads,
    /// what it waits for.
    pub under_way: Option<String>,
    /// What came of the last one, in words.
    pub last_change: Option<String>,
}

/// A member as a node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberTold {
    /// Who it is.
    pub id: NodeId,
    /// Where its peers reach it; empty where a node is by itself.
    pub address: String,
    /// The part that it plays: `leader`, `voter`, `learner` or `leaving`.
    pub role: &'static str,
    /// Whether the node that tells has a connection to it. It always reaches itself.
    pub reachable: bool,
    /// The version of logs that it understands, as far as the node that tells has heard.
    pub version: u64,
    /// The last entry that it has acknowledged, if the node that tells leads.
    pub matched: Option<Index>,
    /// How many entries of the leader's log it has not acknowledged, if the node that tells leads.
    pub lag: Option<u64>,
}
