//! A request is answered once, within the request timeout as its node's clock measures it. One that
//! waits behind others of its connection has that long from the last of their answers on.

use std::collections::{BTreeMap, BTreeSet};

use node::{Output, RequestId, SessionId, TICK_MS};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;

/// A node looks at its clock at every turn, and has one at least this often.
const LATE_MS: u64 = 2 * TICK_MS;

/// What each node was asked and has not answered: since when.
#[derive(Debug)]
pub(crate) struct Answered {
    timeout_ms: u64,
    lives: Vec<u64>,
    /// Since when each waits: it was asked then, or one before it of its connection was answered.
    open: Vec<BTreeMap<(SessionId, RequestId), u64>>,
    /// Sessions that were closed: what they asked may be answered until the node takes that in.
    closed: Vec<BTreeSet<SessionId>>,
    /// When each node's were last looked through.
    looked_ms: Vec<u64>,
    /// When each node had its last turn.
    turned_ms: Vec<u64>,
}

impl Answered {
    pub(crate) fn new(setting: &Setting) -> Answered {
        Answered {
            timeout_ms: setting.request_timeout_ms,
            lives: vec![0; setting.hosts()],
            open: vec![BTreeMap::new(); setting.hosts()],
            closed: vec![BTreeSet::new(); setting.hosts()],
            looked_ms: vec![0; setting.hosts()],
            turned_ms: vec![0; setting.hosts()],
        }
    }

    fn take_answers(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        for output in turn.outputs {
            let Output::Reply { session, id, .. } = output else { continue };
            if self.closed[turn.host].contains(session) {
                continue;
            }
            let open = &mut self.open[turn.host];
            let later = (*session, RequestId(id.0 + 1))..=(*session, RequestId(u64::MAX));
            open.range_mut(later).for_each(|(_, since_ms)| *since_ms = turn.now.monotonic_ms);
            if open.remove(&(*session, *id)).is_none() {
                let (node, session, id) = (turn.status.id.0, session.0, id.0);
                return Err(format!(
                    "node {node} answers request {id} of session {session}, which nobody waits for"
                ));
            }
        }
        Ok(())
    }
}

impl Invariant for Answered {
    fn name(&self) -> &'static str {
        "answered in time"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let now_ms = turn.now.monotonic_ms;
        if std::mem::replace(&mut self.lives[turn.host], turn.life) != turn.life {
            self.open[turn.host].clear();
            self.closed[turn.host].clear();
            self.looked_ms[turn.host] = 0;
        }
        let before_ms = std::mem::replace(&mut self.turned_ms[turn.host], now_ms);
        if now_ms > before_ms + LATE_MS {
            // The process stood still. What came right before may have waited for the next turn, as
            // what comes meanwhile waits in its socket: it is taken in now.
            let open = self.open[turn.host].values_mut();
            open.filter(|asked_ms| **asked_ms == before_ms).for_each(|asked_ms| *asked_ms = now_ms);
        }
        for key in turn.asked {
            self.open[turn.host].insert(*key, now_ms);
        }
        self.take_answers(turn)?;
        let open = &mut self.open[turn.host];
        if !turn.closed.is_empty() {
            self.closed[turn.host].extend(turn.closed);
            open.retain(|(session, _), _| !turn.closed.contains(session));
        }
        if now_ms < self.looked_ms[turn.host] + TICK_MS / 5 {
            return Ok(());
        }
        self.looked_ms[turn.host] = now_ms;
        let limit_ms = self.timeout_ms + LATE_MS;
        match open.iter().find(|(_, since_ms)| now_ms > **since_ms + limit_ms) {
            Some(((session, id), since_ms)) => Err(format!(
                "node {} has not answered request {} of session {} after {} ms",
                turn.status.id.0,
                id.0,
                session.0,
                now_ms - since_ms
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use crate::options::Options;
    use node::{Now, Reply};

    const KEY: (SessionId, RequestId) = (SessionId(3), RequestId(1));

    fn invariant() -> Answered {
        Answered::new(&Setting::draw(1, &Options::default()))
    }

    #[test]
    fn silence_is_seen() {
        let mut invariant = invariant();
        let status = status(1);
        let at = |monotonic_ms| Turn { now: Now { monotonic_ms, wall_ms: 0 }, ..turn(&status, 1) };
        assert_eq!(invariant.on_turn(&Turn { asked: &[KEY], ..at(100) }), Ok(()));
        assert_eq!(invariant.on_turn(&at(200)), Ok(()));
        assert!(invariant.on_turn(&at(4_000)).is_err());
        assert_eq!(
            invariant.on_turn(&Turn { life: 2, ..at(9_000) }),
            Ok(()),
            "it crashed meanwhile"
        );
    }

    #[test]
    fn the_time_of_a_request_begins_with_the_last_answer_before_it() {
        let mut invariant = invariant();
        let status = status(1);
        let at = |monotonic_ms| Turn { now: Now { monotonic_ms, wall_ms: 0 }, ..turn(&status, 1) };
        let ids = [1, 2, 3].map(|id| (KEY.0, RequestId(id)));
        let answer = |id| Output::Reply {
            session: KEY.0,
            id: RequestId(id),
            reply: Reply::Ok,
            certificate: None,
        };
        let limit_ms = invariant.timeout_ms;
        assert_eq!(invariant.on_turn(&Turn { asked: &ids, ..at(100) }), Ok(()));
        let first = [answer(1)];
        assert_eq!(invariant.on_turn(&Turn { outputs: &first, ..at(50 + limit_ms) }), Ok(()));
        // A later one is refused before the second, which waits.
        let third = [answer(3)];
        assert_eq!(invariant.on_turn(&Turn { outputs: &third, ..at(100 + limit_ms) }), Ok(()));
        assert_eq!(invariant.on_turn(&at(40 + 2 * limit_ms)), Ok(()));
        assert!(invariant.on_turn(&at(60 + 2 * limit_ms + LATE_MS)).is_err());
    }

    #[test]
    fn a_second_answer_is_seen() {
        let mut invariant = invariant();
        let status = status(1);
        let (session, id) = KEY;
        let replies = [Output::Reply { session, id, reply: Reply::Ok, certificate: None }];
        let both = Turn { asked: &[KEY], outputs: &replies, ..turn(&status, 1) };
        assert_eq!(invariant.on_turn(&both), Ok(()));
        assert!(invariant.on_turn(&Turn { asked: &[], ..both }).is_err());
    }
}
