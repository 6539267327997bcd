//! A key that a replica has shown to be gone stays gone, until something is written to it. Begin
//! with [`NeverBack`].
//!
//! Between two writes of a key, as the log has them, there is one point at which it may go: when
//! its deadline comes. So if a replica, whichever and after however many starts, shows it at an
//! index, no replica may have shown it to be gone at that index or before. What the fold of the log
//! says of deadlines makes no difference here.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::Order;

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;
use crate::record::keyspace::name_of;

/// What was seen of keys that may have a deadline.
#[derive(Debug, Default)]
pub(crate) struct NeverBack {
    /// Whether no keyspace is ever agreed.
    is_off: bool,
    /// How many entries are known.
    known: u64,
    keys: BTreeMap<Bytes, Vec<Span>>,
}

/// From one entry that writes a key to the next.
#[derive(Debug)]
struct Span {
    /// The entry that begins it.
    from: u64,
    /// The first index at which a replica showed the key to be gone.
    gone: Option<u64>,
    /// The last one at which a replica showed it.
    shown: Option<u64>,
}

impl NeverBack {
    pub(crate) fn new(setting: &Setting) -> NeverBack {
        NeverBack { is_off: !setting.has(Order::Agreed), ..NeverBack::default() }
    }

    /// The entries up to this one are committed: what they write.
    fn learn(&mut self, turn: &Turn<'_>) {
        for index in self.known + 1..=turn.status.applied.0 {
            let Some(writes) = turn.view.writes(index) else { return };
            self.known = index;
            let within = |write: &node::NamedWrite| match write.command.of_once() {
                Some((_, command)) => command,
                None => write.command.clone(),
            };
            let writes: Vec<_> = writes.iter().map(within).collect();
            let inner = writes.iter().flat_map(node::Command::listed);
            let all = writes.iter().cloned().chain(inner);
            let copied = |command: node::Command| -> Vec<Bytes> {
                command.arguments().into_iter().map(Bytes::copy_from_slice).collect()
            };
            for key in all.flat_map(copied).filter(|key| name_of(key).starts_with(b"other")) {
                let spans = self.keys.entry(key).or_default();
                if spans.last().is_none_or(|span| span.from < index) {
                    spans.push(Span { from: index, gone: None, shown: None });
                }
            }
        }
    }
}

impl Invariant for NeverBack {
    fn name(&self) -> &'static str {
        "expired for good"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if self.is_off || turn.status.lost.agreed {
            return Ok(());
        }
        self.learn(turn);
        let index = turn.status.applied.0;
        if turn.view.is_within_entry() || index > self.known {
            return Ok(());
        }
        for (key, spans) in &mut self.keys {
            let Some(span) = spans.iter_mut().rev().find(|span| span.from <= index) else {
                continue;
            };
            match turn.view.value_in(Order::Agreed, key) {
                None => span.gone = Some(span.gone.map_or(index, |gone| gone.min(index))),
                Some(_) => span.shown = span.shown.max(Some(index)),
            }
            if let (Some(gone), Some(shown)) = (span.gone, span.shown)
                && shown >= gone
            {
                let (key, node) = (String::from_utf8_lossy(key), turn.status.id.0);
                return Err(format!(
                    "{key} was gone at index {gone} and there at {shown}, and entry {} wrote it last: node {node} shows it so",
                    span.from
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use node::{Boot, Command, NamedWrite, NodeId, Sequence};

    use super::*;
    use crate::invariants::example::{Held, status, turn};

    fn look(invariant: &mut NeverBack, node: u64, applied: u64, there: bool) -> Result<(), String> {
        let write = |sequence| NamedWrite {
            node: NodeId(1),
            boot: Boot(1),
            sequence: Sequence(sequence),
            keyspace: 1,
            command: Command::set(Bytes::from("other1"), Bytes::from("v")),
        };
        let writes = vec![vec![write(1)], vec![], vec![], vec![write(2)], vec![]];
        let value = (Bytes::from("other1"), Bytes::from("v"));
        let held = Held {
            values: there.then_some(value).into_iter().collect(),
            writes,
            ..Held::default()
        };
        let mut status = status(node);
        status.applied.0 = applied;
        invariant.on_turn(&Turn { view: &held, ..turn(&status, 1) })
    }

    #[test]
    fn a_key_that_comes_back_is_seen() {
        let mut invariant = NeverBack::default();
        assert_eq!(look(&mut invariant, 1, 1, true), Ok(()));
        assert_eq!(look(&mut invariant, 1, 3, false), Ok(()));
        assert_eq!(look(&mut invariant, 2, 2, true), Ok(()), "it is behind");
        assert_eq!(look(&mut invariant, 3, 4, true), Ok(()), "it was written again");
        assert_eq!(look(&mut invariant, 3, 5, false), Ok(()));
        assert!(look(&mut invariant, 2, 3, true).unwrap_err().contains("gone at index 3"));
    }

    #[test]
    fn a_replica_that_sees_it_die_before_others_do_is_seen() {
        let mut invariant = NeverBack::default();
        assert_eq!(look(&mut invariant, 1, 3, true), Ok(()));
        assert!(look(&mut invariant, 2, 2, false).is_err());
    }
}
