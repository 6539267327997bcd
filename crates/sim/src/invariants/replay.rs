//! A node that starts has the agreed log as it stood when the last group that its disk kept was
//! written: nothing is missing, and nothing is back that was replaced.

use std::collections::BTreeMap;

use super::invariant::{Invariant, Turn};

/// The log at a moment: how long it is, and the term of its last entry. With what else is known of
/// logs that tells it.
type End = (u64, u64);

/// For each node, its life, and how its log ended after each group that it wrote.
#[derive(Debug)]
pub(crate) struct Same {
    hosts: Vec<(u64, BTreeMap<usize, End>)>,
}

impl Same {
    pub(crate) fn new(nodes: usize) -> Same {
        Same { hosts: vec![(0, BTreeMap::new()); nodes] }
    }
}

fn end(turn: &Turn<'_>) -> End {
    if let Some(end) = turn.view.comes() {
        return end;
    }
    let last = turn.view.last_index();
    (last, turn.view.last_term())
}

fn describe((last, term): End) -> String {
    match last {
        0 => "is empty".into(),
        last => format!("ends with entry {last} of term {term}"),
    }
}

fn writes(turn: &Turn<'_>) -> bool {
    turn.outputs.iter().any(|output| matches!(output, node::Output::Persist { .. }))
}

impl Invariant for Same {
    fn name(&self) -> &'static str {
        "replay"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let (life, ends) = &mut self.hosts[turn.host];
        let starts = std::mem::replace(life, turn.life) != turn.life;
        let now = end(turn);
        if starts {
            // What the last crash took along is gone.
            ends.split_off(&(turn.groups + 1));
            let kept = ends.last_key_value().map_or((0, 0), |(_, end)| *end);
            if kept != now {
                let (node, now, kept) = (turn.status.id.0, describe(now), describe(kept));
                return Err(format!(
                    "node {node} starts with an agreed log that {now}, and its disk holds one that {kept}"
                ));
            }
        }
        if writes(turn) {
            ends.insert(turn.groups + 1, now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use bytes::Bytes;
    use node::{Output, Ticket};

    /// Each row: the life, how many groups are there before, the terms in the log, and whether the
    /// turn writes a group.
    fn play(rows: &[(u64, usize, &[u64], bool)]) -> Result<(), String> {
        let mut invariant = Same::new(1);
        let status = status(1);
        let group = [Output::Persist { ticket: Ticket(1), records: Bytes::new() }];
        rows.iter().try_for_each(|(life, groups, terms, writes)| {
            let stamps = terms.iter().map(|term| (*term, None)).collect();
            let view = Held { stamps, ..Held::default() };
            let outputs = if *writes { &group[..] } else { &[] };
            invariant.on_turn(&Turn {
                groups: *groups,
                outputs,
                view: &view,
                ..turn(&status, *life)
            })
        })
    }

    #[test]
    fn a_log_that_came_back_otherwise_is_seen() {
        let replaced: [(u64, usize, &[u64], bool); 4] = [
            (1, 0, &[], true),
            (1, 1, &[1, 1, 1], true),
            (1, 2, &[1, 2], true),
            (1, 3, &[1, 2], false),
        ];
        let then = |row| play(&[&replaced[..], &[row]].concat());
        assert_eq!(then((2, 3, &[1, 2], true)), Ok(()));
        assert_eq!(then((2, 2, &[1, 1, 1], true)), Ok(()), "the last group is lost");
        assert!(then((2, 3, &[1, 2, 1], true)).is_err(), "what was replaced is there again");
        assert!(then((2, 3, &[1], true)).is_err(), "something is left out");
    }
}
