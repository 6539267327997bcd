//! A node on an older, empty or copied directory takes no part, for it does not know what was
//! promised since: it leads nothing, and answers nothing but refusals.
//!
//! Where there are merged keyspaces a copy that hears nobody serves after a while, as documented;
//! its answers are not checked. That it is told to stop in the end is checked when the world comes
//! to rest.

use node::{Output, Reply, Role};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;
use crate::record::describe;

pub(crate) const TURNED_AWAY: &str = "copies are turned away";

/// Nothing to remember.
#[derive(Debug)]
pub(crate) struct TurnedAway {
    may_serve: bool,
}

impl TurnedAway {
    pub(crate) fn new(setting: &Setting) -> TurnedAway {
        TurnedAway { may_serve: setting.has_merged() }
    }
}

impl Invariant for TurnedAway {
    fn name(&self) -> &'static str {
        TURNED_AWAY
    }

    fn of_copies(&self) -> bool {
        true
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let node = turn.status.id.0;
        if turn.status.role == Role::Leader {
            return Err(format!("a copy of node {node} leads term {}", turn.status.term));
        }
        match turn.outputs.iter().find_map(answered) {
            Some(reply) if !self.may_serve => {
                Err(format!("a copy of node {node} answers {}", describe::reply(reply)))
            }
            _ => Ok(()),
        }
    }
}

/// What is answered, if it is more than that it cannot.
fn answered(output: &Output) -> Option<&Reply> {
    match output {
        Output::Reply { reply, .. } if !matches!(reply, Reply::Error(_)) => Some(reply),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::{RequestId, SessionId, Status};

    #[test]
    fn a_copy_that_takes_part_is_seen() {
        let mut invariant = TurnedAway { may_serve: false };
        let (session, id) = (SessionId(1), RequestId(1));
        let reply = |reply| [Output::Reply { session, id, reply, certificate: None }];
        let status = status(1);
        let refused = reply(Reply::Error(node::Error::ClusterDown("not confirmed")));
        assert_eq!(invariant.on_turn(&Turn { outputs: &refused, ..turn(&status, 1) }), Ok(()));
        let done = reply(Reply::Ok);
        assert!(invariant.on_turn(&Turn { outputs: &done, ..turn(&status, 1) }).is_err());
        let leads = Status { role: Role::Leader, ..status };
        assert!(invariant.on_turn(&turn(&leads, 1)).is_err());
    }
}
