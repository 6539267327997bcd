//! A level holds only of what ran: where nothing did, or nothing that counts at it, nobody knows.

use history::{
    Budget, EXIT_UNDECIDED, Fate, History, Kind, Level, Operation, check, exit_code, ladder,
};

/// Whether an operation is known to have run that counts at a level.
pub(crate) fn some_ran(history: &History, level: Level) -> bool {
    let asks = |op: &Operation| !op.is_read() || op.level.is_none_or(|it| it.is_at_least(level));
    history.operations.iter().any(|op| op.fate() == Fate::Done && asks(op))
}

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.iter().copied().chain([Level::Bounded { ms: 5 }])
}

/// Histories of which no operation is known to have run.
fn empty_ones() -> Vec<Vec<Operation>> {
    let cas = Kind::Cas { from: None, to: Some("1".to_string()), ok: None };
    vec![
        vec![],
        vec![Operation::write(0, "x", "1", 0, Some(1)).into_refused()],
        vec![Operation::write(0, "x", "1", 0, None), Operation::new(1, cas, "x", 0, None)],
        vec![
            Operation::read_unanswered(0, "x", 0, Some(1)),
            Operation::read_unanswered(1, "x", 2, None),
        ],
    ]
}

#[test]
fn what_did_not_run_is_undecided_at_every_level() {
    for operations in empty_ones() {
        let history = History::new(None, operations);
        for level in levels() {
            let verdict = check(&history, level, &Budget::default());
            assert_eq!(exit_code(&verdict), EXIT_UNDECIDED, "{level}");
            let lines = verdict.lines(&history);
            assert!(lines[0].ends_with("so nothing was there to judge"), "{lines:?}");
        }
        assert!(ladder(&history, &Budget::default()).iter().all(|verdict| !verdict.holds()));
    }
}

#[test]
fn reads_that_asked_for_a_weaker_level_do_not_count_at_a_stronger_one() {
    let mut read = Operation::read(0, "x", None, 0, 1);
    read.level = Some(Level::Sequential);
    let history = History::new(None, vec![read]);
    let verdict = |level| check(&history, level, &Budget::default());
    assert_eq!(exit_code(&verdict(Level::Linearizable)), EXIT_UNDECIDED);
    assert!(verdict(Level::Sequential).holds());
}

/// Whatever level a read asked for, it must return what somebody wrote.
#[test]
fn reads_that_asked_for_any_level_count_for_eventual() {
    let mut read = Operation::read(0, "x", Some("1"), 0, 1);
    read.level = Some(Level::Causal);
    let history = History::new(None, vec![read]);
    assert!(check(&history, Level::Eventual, &Budget::default()).is_violated());
}

#[test]
fn one_operation_is_enough() {
    let history = History::new(None, vec![Operation::write(0, "x", "1", 0, Some(1))]);
    for level in levels().filter(|&level| level != Level::Eventual) {
        assert!(check(&history, level, &Budget::default()).holds(), "{level}");
    }
}
