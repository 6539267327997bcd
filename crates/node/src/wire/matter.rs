//! What messages are about, for networks that treat some otherwise than others.

/// What a message between nodes is about, as far as a network may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A round that confirms reads: a follower's question to its leader, or the answer.
    Round,
    /// An election: a request for a vote, or the answer.
    Vote,
    /// What a leader appends to a follower's log, or the answer.
    Append,
    /// Anything else.
    Other,
}
