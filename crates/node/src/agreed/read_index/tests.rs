//! Rounds, and who may answer when.

use std::sync::Arc;

use super::*;
use crate::api::Level;
use crate::commands::Command;
use crate::ids::{RequestId, SessionId};
use crate::preference::{Choice, Choosing, Chosen, Given, Preference};
use bytes::Bytes;

fn read(id: u64) -> Read {
    read_of(1, id)
}

fn read_of(session: u64, id: u64) -> Read {
    let (session, id) = (SessionId(session), RequestId(id));
    let waiter = Waiter { session, id, since_ms: id.0, certify: false, round: 0 };
    Read { waiter, command: Command::get(Bytes::from("k")), choosing: None }
}

fn answerable(reads: &mut Reads, applied: u64) -> Vec<u64> {
    std::iter::from_fn(|| reads.next_answerable(Index(applied)))
        .map(|read| read.waiter.id.0)
        .collect()
}

#[test]
fn an_answer_to_an_older_attempt_says_nothing_of_newer_reads() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.push(read(1));
    let first = reads.begin(0, 0).unwrap();
    assert_eq!(reads.begin(RETRY_MS - 1, 0), None);
    reads.push(read(2));
    let second = reads.begin(RETRY_MS, 0).unwrap();
    assert_ne!(first, second);
    reads.on_confirmed(&first, Index(5));
    assert_eq!(answerable(&mut reads, 4), [0; 0], "confirmed, but not applied here");
    assert_eq!(answerable(&mut reads, 5), [1], "late, and it counts");
    assert_eq!(answerable(&mut reads, 9), [0; 0]);
    reads.on_confirmed(&first, Index(6));
    assert_eq!(answerable(&mut reads, 9), [0; 0], "once");
    reads.on_confirmed(&second, Index(7));
    assert_eq!(answerable(&mut reads, 9), [2]);
}

#[test]
fn reads_that_are_asked_again_stay_before_those_that_came_later() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.push(read(1));
    reads.begin(0, 0).unwrap();
    reads.push(read(2));
    reads.retry();
    let context = reads.begin(1, 0).unwrap();
    reads.on_confirmed(&context, Index(1));
    assert_eq!(answerable(&mut reads, 1), [1, 2]);
}

#[test]
fn an_answer_to_a_newer_attempt_serves_all() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    let mut last = vec![];
    for id in 0..2 * ATTEMPTS_MAX as u64 {
        reads.push(read(id));
        last = reads.begin(id * RETRY_MS, 0).unwrap();
    }
    assert_eq!(reads.attempts.len(), ATTEMPTS_MAX);
    reads.on_confirmed(&last, Index(1));
    assert!(answerable(&mut reads, 1).into_iter().eq(0..2 * ATTEMPTS_MAX as u64));
}

#[test]
fn where_there_are_many_attempts_a_new_read_joins_none_of_them() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    let mut contexts = vec![];
    for id in 0..=ATTEMPTS_MAX as u64 {
        reads.push(read(id));
        contexts.push(reads.begin(id * RETRY_MS, 0).unwrap());
    }
    reads.on_confirmed(&contexts[1], Index(1));
    assert_eq!(answerable(&mut reads, 1), [0, 1]);
}

/// Has these sessions ask, each under the number that the read has, and all be confirmed.
fn confirm(reads: &mut Reads, asked: &[(u64, u64)]) {
    asked.iter().for_each(|(session, id)| reads.push(read_of(*session, *id)));
    let context = reads.begin(0, 0).unwrap();
    reads.on_confirmed(&context, Index(1));
}

#[test]
fn what_a_turn_leaves_over_is_answered_in_turns_and_who_comes_waits_for_one_of_each() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    confirm(&mut reads, &[(1, 1), (1, 2), (1, 3), (2, 4), (1, 5), (2, 6), (1, 7)]);
    let first = reads.next_answerable(Index(1)).unwrap();
    assert_eq!(first.waiter.id.0, 1, "without need in the order in which they came");
    reads.leave_over(Index(1));
    assert!(reads.is_answerable(Index(1)) && reads.queued() == 6);
    confirm(&mut reads, &[(3, 8), (2, 9)]);
    assert_eq!(answerable(&mut reads, 1), [2, 4, 8, 3, 6, 5, 9, 7]);
    assert_eq!((reads.queued(), reads.bytes()), (0, 0));
    assert!(!reads.is_answerable(Index(1)));
}

#[test]
fn what_is_left_over_expires() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    confirm(&mut reads, &[(1, 1), (2, 2), (1, 3), (3, 4)]);
    reads.leave_over(Index(1));
    let mut expired = vec![];
    reads.expire(2, |waiter, is_confirmed| expired.push((waiter.id.0, is_confirmed)));
    assert_eq!(expired, [(1, true), (2, true)]);
    assert_eq!(answerable(&mut reads, 1), [3, 4]);
    assert_eq!((reads.queued(), reads.bytes()), (0, 0));
}

#[test]
fn who_goes_weighs_nothing() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.push(read(1));
    let context = reads.begin(0, 0).unwrap();
    reads.on_confirmed(&context, Index(5));
    (2..=3).for_each(|id| reads.push(read(id)));
    let weight = read(1).command.weight();
    assert_eq!(reads.bytes(), 3 * weight);
    assert_eq!(reads.take_confirmed(Index(5)..=Index(5)).len(), 1);
    assert_eq!(reads.bytes(), 2 * weight, "it cannot be shown");
    reads.expire(2, |asker, _| assert_eq!(asker.id, RequestId(2)));
    assert_eq!(reads.bytes(), weight, "its time is up");
}

#[test]
fn a_new_boot_confirms_once_without_being_asked() {
    let mut reads = Reads::new(NodeId(1), Boot(2));
    let context = reads.begin(0, 0).expect("nobody asks, but the node is not fresh");
    reads.on_confirmed(&context, Index(3));
    assert_eq!(reads.begin(0, 0), None);
    assert!(!reads.is_fresh());
    assert!(reads.is_answerable(Index(3)) && !reads.is_answerable(Index(2)));
    assert_eq!(answerable(&mut reads, 3), [0; 0]);
    assert!(reads.is_fresh());
    assert_eq!(reads.begin(0, 0), None);
}

/// A read of a connection that would take `sequential` after so many milliseconds.
fn choosing(session: u64, id: u64, preference: &Arc<Preference>) -> Read {
    let chosen = Choosing::begin(preference, id, id, |_| None);
    let Chosen::Waits(choosing) = chosen else { panic!("it waits: {chosen:?}") };
    Read { choosing: Some(choosing), ..read_of(session, id) }
}

fn quickly(patience_ms: u32) -> Arc<Preference> {
    let first = Choice { level: Level::Linearizable, patience_ms: Some(patience_ms) };
    let last = Choice { level: Level::Sequential, patience_ms: None };
    Preference::new(vec![first, last], false).unwrap().into()
}

fn chosen(reads: &mut Reads) -> Vec<u64> {
    std::iter::from_fn(|| reads.next_chosen()).map(|(read, _)| read.waiter.id.0).collect()
}

#[test]
fn who_has_waited_long_enough_takes_a_weaker_level() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.confirm();
    reads.push(choosing(1, 1, &quickly(10)));
    reads.begin(1, 1).unwrap();
    reads.push(choosing(2, 5, &quickly(50)));
    reads.push(read(7));
    assert!(!reads.choose(10, 10, Index(1)), "a millisecond too early");
    assert!(reads.choose(11, 11, Index(1)));
    assert_eq!(reads.queued(), 3);
    assert_eq!(chosen(&mut reads), [1]);
    assert!(!reads.choose(54, 54, Index(1)));
    assert!(reads.choose(55, 55, Index(1)));
    assert_eq!(chosen(&mut reads), [5]);
    assert_eq!((reads.queued(), reads.bytes()), (1, read(7).command.weight()));
}

#[test]
fn who_waits_on_is_not_overtaken_by_who_chooses() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.push(choosing(1, 1, &quickly(10)));
    let first = reads.begin(1, 1).unwrap();
    assert!(!reads.choose(20, 20, Index(0)), "nothing is confirmed: it waits on");
    reads.push(choosing(1, 21, &quickly(10)));
    reads.confirm();
    assert!(!reads.choose(40, 40, Index(0)), "now it could, and the one before it waits");
    reads.on_confirmed(&first, Index(1));
    assert_eq!(answerable(&mut reads, 1), [1]);
    assert!(reads.choose(41, 41, Index(1)));
    assert_eq!(chosen(&mut reads), [21]);
}

#[test]
fn rounds_for_bounds_keep_no_read_waiting() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.confirm();
    reads.bounds.want(90, 1_000);
    let first = reads.begin(1_000, 1_000).expect("a bounded read has come");
    assert_eq!(reads.begin(1_029, 1_029), None);
    let second = reads.begin(1_030, 1_030).expect("a third of the bound is over");
    reads.push(read(1));
    let third = reads.begin(1_031, 1_031).expect("who waits needs a round of its own");
    assert_eq!(reads.on_confirmed(&first, Index(1)), Some(1_000));
    assert_eq!(reads.on_confirmed(&second, Index(1)), Some(1_030));
    assert_eq!(answerable(&mut reads, 1), [0; 0]);
    assert_eq!(reads.on_confirmed(&third, Index(1)), Some(1_031));
    assert_eq!(answerable(&mut reads, 1), [1]);
    assert_eq!(reads.begin(1_300, 1_300), None, "three bounds after the last of them");
}

#[test]
fn a_round_for_bounds_that_is_lost_is_not_tried_again() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.confirm();
    reads.bounds.want(20, 0);
    reads.begin(0, 0).unwrap();
    assert_eq!(reads.begin(60 + RETRY_MS, 60 + RETRY_MS), None);
}

#[test]
fn a_bound_is_kept_to_the_millisecond() {
    let mut reads = Reads::new(NodeId(1), Boot(1));
    reads.bounds.on_confirmed(1_000, Index(3));
    let bounded = Level::Bounded { ms: 100 };
    assert!(reads.had(bounded, 1_050, 1_050, Index(2)).is_none(), "confirmed, but not applied");
    let given = |stale_ms| Given { level: bounded, stale_ms: Some(stale_ms) };
    assert_eq!(reads.had(bounded, 1_050, 1_050, Index(3)), Some(given(51)));
    assert_eq!(reads.had(bounded, 1_099, 1_099, Index(3)), Some(given(100)));
    assert_eq!(reads.had(bounded, 1_100, 1_100, Index(3)), None, "it may be 100.9 ms by now");
    assert_eq!(reads.had(bounded, 1_500, 1_099, Index(3)), Some(given(100)), "when it was taken");
    assert_eq!(reads.had(Level::Bounded { ms: 19 }, 1_000, 1_000, Index(3)), None);
}
