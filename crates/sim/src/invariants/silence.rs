//! A node that has lost its state neither votes nor acknowledges, and answers no client, until it
//! has that of another member.

use node::{Order, Output, Reply, Vote, acknowledges};

use super::invariant::{Invariant, Turn};

/// Nothing is promised without a state.
#[derive(Debug)]
pub(crate) struct Silent;

/// What is promised by it. In a merged world the agreed state may be whole again before the other:
/// then votes may be given.
fn promise(output: &Output, order: Order) -> Option<&'static str> {
    match output {
        Output::Send { .. } if order == Order::Merged => None,
        Output::Send { message, .. } if Vote::in_message(message).is_some() => Some("votes"),
        Output::Send { message, .. } if acknowledges(message) => Some("acknowledges entries"),
        Output::Reply { reply, .. } if !matches!(reply, Reply::Error(_)) => Some("answers"),
        _ => None,
    }
}

impl Invariant for Silent {
    fn name(&self) -> &'static str {
        "silence"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if !turn.status.has_lost_state {
            return Ok(());
        }
        let node = turn.status.id.0;
        let order = turn.status.order;
        let does = turn.outputs.iter().find_map(|output| promise(output, order));
        does.map_or(Ok(()), |does| Err(format!("node {node} {does}, and has lost its state")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::{RequestId, SessionId};

    #[test]
    fn an_answer_without_a_state_is_seen() {
        let reply = |reply| Output::Reply {
            session: SessionId(1),
            id: RequestId(1),
            reply,
            certificate: None,
        };
        let look = |has_lost_state, reply| {
            let mut status = status(1);
            status.has_lost_state = has_lost_state;
            Silent.on_turn(&Turn { outputs: &[reply], ..turn(&status, 1) })
        };
        assert!(look(true, reply(Reply::Ok)).is_err());
        assert_eq!(look(false, reply(Reply::Ok)), Ok(()));
        let refusal = Reply::Error(node::Error::ClusterDown("no state"));
        assert_eq!(look(true, reply(refusal)), Ok(()));
    }
}
