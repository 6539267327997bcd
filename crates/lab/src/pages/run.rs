//! The picture of a run.

use history::{History, Level};

use picture::{Picture, Quiet, Ruling};

use crate::attempt::{Attempt, StatedOrder};
use crate::finals::QuietEnd;
use crate::report::millis;

/// The page of an attempt.
pub(crate) fn of_attempt(attempt: &Attempt, history: &History) -> String {
    let picture = Picture {
        history,
        title: attempt.scenario.clone(),
        promised: Some(attempt.judgement.promised.level.to_string()),
        asked: None,
        rulings: rulings(attempt, history),
        seed: Some(attempt.seed),
        command: attempt.command.clone(),
        facts: facts(attempt),
        troubles: troubles(attempt),
        quiet: attempt.quiet.as_ref().map(quiet),
        faults: attempt.faults.clone(),
    };
    picture.html()
}

/// All verdicts, strongest level first.
fn rulings(attempt: &Attempt, history: &History) -> Vec<Ruling> {
    let judgement = &attempt.judgement;
    let mut verdicts: Vec<_> = judgement.others.iter().chain([&judgement.promised]).collect();
    verdicts.sort_by_key(|verdict| Level::ALL.iter().position(|level| *level == verdict.level));
    verdicts.into_iter().map(|verdict| Ruling::of(verdict, history)).collect()
}

fn facts(attempt: &Attempt) -> Vec<(String, String)> {
    let mut facts = vec![("servers", attempt.servers.to_string())];
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
