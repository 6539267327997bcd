//! The cycle of a clash: every link of it can be seen in the history itself.

use history::{Budget, Clash, History, Level, Link, Operation, Reason, check};

use crate::named;

const LEVELS: [Level; 6] =
    [Level::Linearizable, Level::Sequential, Level::Causal, Level::Cm, Level::Cc, Level::Pram];

/// Whether some part of one operation and some part of another, of one key, are so.
fn any(one: &Operation, other: &Operation, so: impl Fn(&Operation, &Operation) -> bool) -> bool {
    let mut pairs = one.parts().iter().flat_map(|a| other.parts().iter().map(move |b| (a, b)));
    pairs.any(|(a, b)| a.key == b.key && so(a, b))
}

/// Whether `second` saw what `first` wrote.
fn saw(second: &Operation, first: &Operation) -> bool {
    any(second, first, |second, first| second.seen().is_some() && second.seen() == first.written())
}

/// What is wrong with a link, if anything is.
fn fault(history: &History, Link { from, to, why }: &Link) -> Option<String> {
    let op = |index: usize| &history.operations[index];
    let (first, second) = (op(*from), op(*to));
    let is_so = match *why {
        Reason::ProgramOrder => first.client == second.client && first.start <= second.start,
        Reason::ReadsFrom => saw(second, first),
        Reason::RealTime => first.end.is_some_and(|end| end < second.start),
        Reason::Conflict { reader } => {
            saw(op(reader), second) && any(first, second, |a, b| a.is_write() && b.is_write())
        }
        Reason::Overwritten { maker } => {
            let seen = match maker {
                Some(maker) => saw(first, op(maker)),
                None => first.parts().iter().any(|part| part.seen() == Some(&None)),
            };
            let looked = |part: &Operation| part.seen().is_some();
            seen && any(first, second, |first, second| looked(first) && second.is_write())
        }
    };
    (!is_so).then(|| format!("{} is no reason: {first:?}, {second:?}", why.name()))
}

/// What is wrong with the cycle of a clash, if anything is.
fn fault_of(history: &History, clash: &Clash) -> Option<String> {
    let next = clash.cycle.iter().cycle().skip(1);
    let open = clash.cycle.iter().zip(next).find(|(link, next)| link.to != next.from);
    let stranger = |link: &&Link| !clash.operations.contains(&link.from);
    open.map(|(link, _)| format!("it is open behind {link:?}"))
        .or_else(|| clash.cycle.iter().find(stranger).map(|link| format!("{link:?} is not in it")))
        .or_else(|| clash.cycle.iter().find_map(|link| fault(history, link)))
}

#[test]
fn every_link_of_a_named_clash_is_there() {
    let mut cycles = 0;
    for path in named::files() {
        let history = named::read(&path);
        for level in LEVELS {
            let verdict = check(&history, level, &Budget::default());
            let Some(clash) = verdict.clash() else { continue };
            let fault = fault_of(&history, clash);
            assert_eq!(fault, None, "{}, {level}", path.display());
            cycles += usize::from(!clash.cycle.is_empty());
            let counts = history.operations.iter().any(Operation::is_increment);
            if level == Level::Causal && clash.operations.len() > 1 && !counts {
                assert!(!clash.cycle.is_empty(), "{}: no cycle", path.display());
            }
        }
    }
    assert!(cycles > 40, "only {cycles} cycles");
}

#[test]
fn an_answer_without_its_question_goes_round_in_five_steps() {
    let history = named::read(&named::path("answer_before_question"));
    let verdict = check(&history, Level::Causal, &Budget::default());
    let mut names: Vec<&str> =
        verdict.clash().unwrap().cycle.iter().map(|link| link.why.name()).collect();
    let first = names.iter().position(|name| *name == "overwritten").unwrap();
    names.rotate_left(first);
    let expected = ["overwritten", "reads from", "program order", "reads from", "program order"];
    assert_eq!(names, expected);
}

#[test]
fn a_link_that_is_not_there_is_noticed() {
    let history = named::read(&named::path("answer_before_question"));
    let verdict = check(&history, Level::Causal, &Budget::default());
    let clash = verdict.clash().unwrap();
    let broken = |change: fn(&mut Clash)| {
        let mut clash = clash.clone();
        change(&mut clash);
        fault_of(&history, &clash).is_some()
    };
    assert!(broken(|clash| clash.cycle.swap(0, 2)));
    assert!(broken(|clash| clash.cycle.iter_mut().for_each(|l| l.why = Reason::ReadsFrom)));
    assert!(broken(|clash| clash.cycle.iter_mut().for_each(|l| l.why = Reason::ProgramOrder)));
    assert!(broken(|clash| clash.operations.clear()));
}
