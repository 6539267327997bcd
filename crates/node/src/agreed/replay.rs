//! Applies what is known to be committed while the log is read at a start, so that a start keeps no
//! more of the log in memory than a node that runs; and all of it, where nobody can commit it any
//! more.

use super::apply::{Next, look_ahead};
use super::entry::{self, Cursor, WriteId};
use super::members::removed_by;
use super::state::State;
use super::storage::Tail;
use crate::ids::{Index, Lives, NodeId, Term};
use crate::limits::Limits;
use crate::position::AgreedPosition;
use crate::wire::base::AgreedBase;

/// Applies what is committed, as far as the disk says so, to a state that stands at `base`. Stops
/// before what only a node that runs can tell of: what it does not know, writes of its own that its
/// directory has not lived, and what removes it.
pub(crate) fn apply_committed(
    tail: &mut Tail,
    state: &mut State,
    base: &mut AgreedBase,
    me: NodeId,
    lives: &Lives,
) {
    let commit = tail.hard_state().commit;
    let may_run = |id: WriteId| id.node != me || lives.contain(id.life);
    apply_up_to(tail, state, base, commit, Some(me), may_run);
    tail.forget(base.index, Limits::default().kept_bytes);
}

/// Applies all that the log holds, whether it is known to be committed or not. Stops before what it
/// does not know: then the state does not stand at the last entry.
pub(crate) fn apply_all(tail: &Tail, state: &mut State, base: &mut AgreedBase) {
    let last = mutant!(TailNotTaken, tail.last(), tail.hard_state().commit);
    apply_up_to(tail, state, base, last, None, |_| true);
}

/// Applies entries up to this one, as long as all is known, all their writes may run, and none
/// removes this node.
fn apply_up_to(
    tail: &Tail,
    state: &mut State,
    base: &mut AgreedBase,
    last: u64,
    me: Option<NodeId>,
    may_run: impl Fn(WriteId) -> bool,
) {
    for entry in tail.from(base.index.0 + 1).take_while(|entry| entry.index <= last) {
        let mut may = true;
        let Ok(count) = entry::for_each(&entry.data, |id, _, _| may &= may_run(id)) else { break };
        if !may {
            break;
        }
        // Another one is to say so ([`super::Agreed::may_remove`]).
        if me.is_some() && removed_by(state, &entry.data) == me {
            break;
        }
        let index = Index(entry.index);
        if mutant!(ReplaySkipsEntry, true, entry.index < last) {
            apply(state, index, &entry.data);
        }
        (base.index, base.term) = (index, Term(entry.term));
        base.offset = count.saturating_sub(1);
    }
}

fn apply(state: &mut State, index: Index, data: &[u8]) {
    let mut cursor = Cursor::default();
    if let Ok(Some(time_ms)) = entry::time_ms(data) {
        state.advance_to(time_ms);
    }
    if let Some((change, step)) = entry::step(data) {
        state.step_members(change, &step, index);
    }
    let mut ahead = vec![];
    loop {
        let is_end = look_ahead(state, &cursor, data, &mut ahead);
        for Next { id, offset, write, behind } in ahead.drain(..) {
            state.apply(id, AgreedPosition { index, offset }, &write, false);
            cursor = behind;
        }
        if is_end.unwrap_or(true) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use raft::eraftpb::{Entry, HardState};

    use super::super::entry::Draft;
    use super::*;
    use crate::commands::{self, Command, View};
    use crate::ids::{Boot, KeyspaceId, Life, Sequence};

    const ME: NodeId = NodeId(1);
    const LIVED: Life = Life { boot: Boot(3), incarnation: 7 };

    /// An entry that gives the key `k` a value of so many bytes.
    fn set(index: u64, life: Life, bytes: usize) -> Entry {
        let mut write = vec![];
        let command = Command::set(Bytes::from("k"), vec![b'v'; bytes].into());
        commands::encode(KeyspaceId::DEFAULT, &command, &mut write);
        let mut draft = Draft::default();
        draft.add_run(WriteId { node: ME, life, sequence: Sequence(index) }, 1, &write);
        Entry { index, term: 1, data: draft.take(0).into(), ..Entry::default() }
    }

    /// Applies what is committed of these entries: the state, where it stands, and what is kept.
    fn applied(entries: impl IntoIterator<Item = Entry>, commit: u64) -> (State, AgreedBase, Tail) {
        let (mut tail, mut state) = (Tail::new(&[1]), State::new(&[ME]));
        let (mut base, mut lives) = (AgreedBase::default(), Lives::default());
        lives.add(LIVED);
        tail.set_hard_state(HardState { commit, ..HardState::default() });
        for entry in entries {
            tail.append(entry, 0).unwrap();
            apply_committed(&mut tail, &mut state, &mut base, ME, &lives);
        }
        (state, base, tail)
    }

    #[test]
    fn what_is_committed_is_applied_and_little_of_it_kept() {
        let kept = Limits::default().kept_bytes;
        let count = (kept >> 20) as u64 + 10;
        let (state, base, tail) = applied((1..=count).map(|n| set(n, LIVED, 1 << 20)), count - 1);
        assert_eq!((base.index, base.term, base.offset), (Index(count - 1), Term(1), 0));
        assert_eq!(state.written(b"k").map(|by| by.index), Some(base.index));
        assert!(tail.bytes() <= kept, "{} bytes are kept", tail.bytes());
        assert_eq!(tail.last(), count, "what is not committed stays");
    }

    #[test]
    fn all_is_applied_where_nobody_can_commit_it_any_more() {
        let other = Life { boot: Boot(3), incarnation: 8 };
        let log = [set(1, LIVED, 1), set(2, LIVED, 2), set(1, other, 3)];
        let (mut tail, mut state) = (Tail::new(&[1]), State::new(&[ME]));
        let mut base = AgreedBase::default();
        for (entry, index) in log.into_iter().zip(1..) {
            tail.append(Entry { index, ..entry }, 0).unwrap();
        }
        apply_all(&tail, &mut state, &mut base);
        assert_eq!((base.index, base.term), (Index(3), Term(1)));
        assert_eq!(state.written(b"k").map(|by| by.index), Some(Index(2)), "boot 3 is one life");
        let unknown = Entry { data: Bytes::from_static(&[9; 11]), ..set(4, LIVED, 1) };
        tail.append(unknown, 0).unwrap();
        apply_all(&tail, &mut state, &mut base);
        assert_eq!((base.index, tail.last()), (Index(3), 4));
    }

    #[test]
    fn what_the_running_node_is_to_tell_of_is_left_to_it() {
        let other = Life { boot: Boot(3), incarnation: 8 };
        let (state, base, _) = applied([set(1, other, 1)], 1);
        assert_eq!((base.index, state.keys()), (Index(0), 0));
        let unknown = Entry { data: Bytes::from_static(&[9; 11]), ..set(1, LIVED, 1) };
        let (_, base, _) = applied([unknown], 1);
        assert_eq!(base.index, Index(0));
    }
}
