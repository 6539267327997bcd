//! Own writes in the log, of this start and of others.

use bytes::Bytes;
use raft::eraftpb::{Entry, HardState};

use super::*;
use crate::agreed::{State, Tail};
use crate::api::{Now, Output};
use crate::commands::Command;
use crate::counting::Counts;
use crate::ids::{Boot, DirectoryId, KeyspaceId, NodeId, RequestId, Sequence, SessionId, Term};
use crate::limits::TURN_STEPS;
use crate::random::Random;
use crate::session::{Sessions, Waiter};
use crate::turn::{Budget, Identity};
use crate::wire::base::AgreedBase;
use crate::wire::group::RecordGroup;
use crate::wire::lent::Lent;

const ME: NodeId = NodeId(1);
const LIFE: Life = Life { boot: Boot(3), incarnation: 7 };

/// A node with an empty state, and this log.
fn with_log(tail: Tail) -> Agreed {
    let members = [1, 2, 3].map(NodeId);
    Agreed::new(ME, LIFE, &members, tail, State::new(&members), &AgreedBase::default(), 1)
}

/// A node whose log carries one write of this id; and what came of it, if it must not go on.
fn applied(id: WriteId) -> (Agreed, Option<Output>) {
    let mut agreed = with_log(Tail::new(&[1, 2, 3]));
    let (session, request) = (SessionId(1), RequestId(1));
    let waiter = Waiter { session, id: request, since_ms: 0, certify: false, round: 0 };
    agreed.write(waiter, KeyspaceId::DEFAULT, Command::set(Bytes::from("k"), Bytes::from("v")));
    let run = agreed.proposals.next_run().expect("somebody asked");
    agreed.draft.add_run(id, 1, run.commands);
    let data = agreed.draft.take(0);
    let (mut outputs, mut halted) = (vec![], false);
    let turn = &mut Turn {
        now: Now::default(),
        clock_agrees: true,
        ending: false,
        clock_waits: false,
        log_ms: None,
        identity: Identity { id: ME, directory: DirectoryId(1), life: LIFE },
        disk: &mut RecordGroup::default(),
        sessions: &mut Sessions::default(),
        counts: &mut Counts::default(),
        budget: &mut Budget::new(TURN_STEPS),
        random: &mut Random::new(1),
        outputs: &mut outputs,
        lent: &mut Lent::default(),
        halted: &mut halted,
    };
    assert!(agreed.apply_entry(Index(1), &data, turn) || halted, "it is one turn's work");
    (agreed, outputs.into_iter().find(|output| matches!(output, Output::Halt { .. })))
}

#[test]
fn an_own_write_confirms_also_if_it_does_not_run() {
    for (sequence, runs) in [(1, true), (2, false)] {
        let (agreed, halt) =
            applied(WriteId { node: ME, life: LIFE, sequence: Sequence(sequence) });
        assert_eq!((agreed.view().keys() == 1, agreed.is_fresh()), (runs, true));
        assert!(halt.is_none());
    }
    let (agreed, _) = applied(WriteId { node: NodeId(2), life: LIFE, sequence: Sequence(1) });
    assert!(!agreed.is_fresh(), "another's write says nothing");
}

#[test]
fn another_life_in_the_log_that_this_directory_has_not_lived_supersedes_it() {
    let lives = [(2, 6, None), (3, 6, Some(78)), (4, 6, Some(78)), (3, 7, None)];
    for (boot, incarnation, expected) in lives {
        let life = Life { boot: Boot(boot), incarnation };
        let (_, halt) = applied(WriteId { node: ME, life, sequence: Sequence(1) });
        let code = halt.map(|halt| match halt {
            Output::Halt { exit_code, .. } => exit_code,
            _ => unreachable!("only that was looked for"),
        });
        assert_eq!(code, expected, "{life:?}");
    }
}

#[test]
fn a_state_that_the_log_holds_is_not_taken() {
    let mut tail = Tail::new(&[1, 2, 3]);
    for index in 1..=9 {
        tail.append(Entry { index, term: 2, ..Entry::default() }, 0).unwrap();
    }
    tail.set_hard_state(HardState { term: 3, commit: 4, ..HardState::default() });
    let agreed = with_log(tail);
    let lacks = |index, term| {
        let base = AgreedBase { index: Index(index), term: Term(term), ..AgreedBase::default() };
        agreed.lacks(&base)
    };
    assert!(!lacks(4, 2), "it is committed");
    assert!(!lacks(7, 2), "behind it may lie what was acknowledged");
    assert!(lacks(7, 3) && lacks(10, 3), "the log holds another entry there, or none");
}
