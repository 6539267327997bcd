//! A node that has lost its agreed state neither votes nor acknowledges, and one that has lost that
//! of an order answers no client about it, until it has that of another member.

use node::{Order, Output, Reply, Vote, acknowledges};

use super::invariant::{Invariant, Turn};

/// Nothing is promised without a state.
#[derive(Debug)]
pub(crate) struct Silent {
    /// Whether an answer may be about members, which are agreed on.
    pub(crate) changes_members: bool,
}

/// What is promised by it, and the state of which order that needs. `order`: of all keyspaces.
fn promise(output: &Output, order: Order) -> Option<(Order, &'static str)> {
    match output {
        Output::Send { message, .. } if Vote::in_message(message).is_some() => {
            Some((Order::Agreed, "votes"))
        }
        Output::Send { message, .. } if acknowledges(message) => {
            Some((Order::Agreed, "acknowledges entries"))
        }
        Output::Reply { reply, .. } if !matches!(reply, Reply::Error(_)) => {
            Some((order, "answers"))
        }
        _ => None,
    }
}

impl Invariant for Silent {
    fn name(&self) -> &'static str {
        "silence"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        if !status.lost.any() {
            return Ok(());
        }
        let promised = turn.outputs.iter().filter_map(|output| promise(output, status.order));
        // Where there are other keyspaces, the answer may be about one of the other order.
        let is_one = status.keyspaces.count <= 1 && !self.changes_members;
        let is_told = |does: &str| does != "answers" || is_one;
        let is_lost = |(order, does): &(Order, &str)| match is_told(does) {
            true => status.lost.of(*order),
            false => status.lost.agreed && status.lost.merged,
        };
        match promised.into_iter().find(is_lost) {
            Some((_, does)) => Err(format!("node {} {does}, and has lost its state", status.id.0)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::{LostStates, RequestId, SessionId};

    #[test]
    fn an_answer_without_a_state_is_seen() {
        let reply = |reply| Output::Reply {
            session: SessionId(1),
            id: RequestId(1),
            reply,
            certificate: None,
        };
        let look = |lost, reply| {
            let mut status = status(1);
            status.lost = lost;
            Silent { changes_members: false }
                .on_turn(&Turn { outputs: &[reply], ..turn(&status, 1) })
        };
        let agreed = LostStates { agreed: true, merged: false };
        let merged = LostStates { agreed: false, merged: true };
        assert!(look(agreed, reply(Reply::Ok)).is_err());
        // Its keyspace has lost nothing.
        assert_eq!(look(merged, reply(Reply::Ok)), Ok(()));
        assert_eq!(look(LostStates::default(), reply(Reply::Ok)), Ok(()));
        let with_keyspaces = |lost| {
            let keyspaces = node::KeyspacesTold { count: 2, ..Default::default() };
            let status = node::Status { lost, keyspaces, ..status(1) };
            Silent { changes_members: false }
                .on_turn(&Turn { outputs: &[reply(Reply::Ok)], ..turn(&status, 1) })
        };
        assert_eq!(with_keyspaces(agreed), Ok(()), "it may be of a merged one");
        assert!(with_keyspaces(LostStates { agreed: true, merged: true }).is_err());
        let refusal = Reply::Error(node::Error::ClusterDown("no state"));
        assert_eq!(look(agreed, reply(refusal)), Ok(()));
    }
}
