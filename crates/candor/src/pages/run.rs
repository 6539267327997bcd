//! The picture of a run.

use std::collections::BTreeSet;

use ::picture::{Picture, Point, Quiet, Ruling};
use history::{History, Level};
use lab::{Attempt, Besides, QuietEnd, StatedOrder, millis};

use crate::picture::{faults, standings};

/// The page of an attempt.
pub(crate) fn of_attempt(attempt: &Attempt, history: &History) -> String {
    let picture = Picture {
        history,
        title: attempt.scenario.clone(),
        promised: Some(attempt.judgement.promised.level.to_string()),
        point: point(attempt),
        asked: None,
        rulings: rulings(attempt, history),
        seed: Some(attempt.seed),
        command: attempt.command.clone(),
        facts: facts(attempt, history),
        troubles: troubles(attempt),
        quiet: attempt.quiet.as_ref().map(quiet),
        faults: faults(history),
        standings: standings(&attempt.standings),
    };
    picture.html()
}

/// What the scenario set out to show.
fn point(attempt: &Attempt) -> Option<Point> {
    let violates = attempt.expected.map(|expected| expected.level.to_string());
    let point = Point { text: attempt.shows.clone(), violates };
    (point.text.is_some() || point.violates.is_some()).then_some(point)
}

/// All verdicts, strongest level first, then those on promises of their own. Those about keyspaces
/// of the other order than the run's level are told by it.
fn rulings(attempt: &Attempt, history: &History) -> Vec<Ruling> {
    let judgement = &attempt.judgement;
    let mut verdicts: Vec<_> = judgement.others.iter().chain([&judgement.promised]).collect();
    verdicts.sort_by_key(|verdict| Level::ALL.iter().position(|level| *level == verdict.level));
    let mut rulings: Vec<Ruling> =
        verdicts.into_iter().map(|verdict| Ruling::of(verdict, history)).collect();
    for Besides { promise, .. } in &judgement.besides {
        let ruling = Ruling::of(&promise.verdict, history);
        let other = promise.scope.order.filter(|order| *order != history.default_order());
        // What would be, were it promised of all reads, is another thing.
        let is_known = rulings.iter().any(|known| known.level == ruling.level);
        let level = match other {
            Some(order) => format!("{order} {}", ruling.level),
            None if is_known => format!("{} (asked for)", ruling.level),
            None => ruling.level.clone(),
        };
        rulings.push(Ruling { level, ..ruling });
    }
    rulings
}

fn facts(attempt: &Attempt, history: &History) -> Vec<(String, String)> {
    let mut facts =
        vec![("clients", clients(attempt, history)), ("servers", attempt.servers.to_string())];
    for keyspace in &attempt.keyspaces {
        let promised = format!("{} {}, {}", keyspace.prefix, keyspace.order, keyspace.level);
        facts.push(("keyspace", promised));
    }
    if attempt.run > 1 {
        facts.push(("run", attempt.run.to_string()));
    }
    if attempt.number > 1 {
        facts.push(("attempt", attempt.number.to_string()));
    }
    let ready_ns = u64::try_from(attempt.ready.after.as_nanos()).unwrap_or(u64::MAX);
    facts.push(("ready after", millis(ready_ns)));
    if attempt.order == StatedOrder::Kept {
        facts.push(("order of waits", "kept".into()));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How many clients there were. After an unknown outcome a client goes on under another number, and
/// the history has those.
fn clients(attempt: &Attempt, history: &History) -> String {
    let asked = history.operations.iter().filter(|operation| !operation.is_final);
    let numbers = asked.map(|operation| operation.client).collect::<BTreeSet<u64>>().len();
    match numbers > attempt.clients {
        true => format!("{}, under {numbers} numbers", attempt.clients),
        false => attempt.clients.to_string(),
    }
}

fn troubles(attempt: &Attempt) -> Vec<String> {
    let mut troubles = attempt.troubles.clone();
    if let StatedOrder::Missed(how) = &attempt.order {
        troubles.push(format!("the order that the waits state did not come about: {how}"));
    }
    troubles
}

fn quiet(quiet: &QuietEnd) -> Quiet {
    let ns = |after: std::time::Duration| u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    Quiet {
        agreed_after_ns: quiet.agreed_after.map(ns),
        rounds: quiet.rounds,
        silent: quiet.silent.clone(),
    }
}
