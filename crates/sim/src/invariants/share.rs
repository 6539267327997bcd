//! A turn answers no more than its shares allow, whatever came: it has an end.
//!
//! In agreed worlds alone: an entry of a merged log is applied in one piece, which has a limit of
//! its own.

use node::{Order, Output, Reply};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;

/// How many kinds of work end in answers: requests, those that waited for others, what is applied,
/// what waited for it, transactions on merged keyspaces, counts.
const SHARES: usize = 6;

/// The most answers of a turn.
#[derive(Debug)]
pub(crate) struct Bounded {
    answers_max: usize,
}

impl Bounded {
    pub(crate) fn new(setting: &Setting) -> Bounded {
        Bounded { answers_max: SHARES * setting.turn_steps }
    }
}

impl Invariant for Bounded {
    fn name(&self) -> &'static str {
        "bounded turn"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        // What is refused because time is up is refused together.
        let is_answer = |output: &&Output| match output {
            Output::Reply { reply, .. } => !matches!(reply, Reply::Error(_)),
            _ => false,
        };
        let answers = turn.outputs.iter().filter(is_answer).count();
        if turn.status.order == Order::Agreed && answers > self.answers_max {
            let (node, most) = (turn.status.id.0, self.answers_max);
            return Err(format!("node {node} answers {answers} in one turn, and {most} at most"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use crate::options::Options;
    use node::{RequestId, SessionId};

    #[test]
    fn a_turn_that_goes_on_for_ever_is_seen() {
        let setting = Setting { turn_steps: 2, ..Setting::draw(1, &Options::default()) };
        let mut invariant = Bounded::new(&setting);
        let reply = |id, reply| Output::Reply {
            session: SessionId(1),
            id: RequestId(id),
            reply,
            certificate: None,
        };
        let error = Reply::Error(node::Error::ClusterDown("late"));
        let mut outputs: Vec<_> = (0..12).map(|id| reply(id, Reply::Ok)).collect();
        outputs.push(reply(12, error));
        let status = status(1);
        assert_eq!(invariant.on_turn(&Turn { outputs: &outputs, ..turn(&status, 1) }), Ok(()));
        outputs.push(reply(13, Reply::Nil));
        assert!(invariant.on_turn(&Turn { outputs: &outputs, ..turn(&status, 1) }).is_err());
    }
}
