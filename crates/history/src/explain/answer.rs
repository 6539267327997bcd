//! The answer of `candor check` in words: the verdict first, then how all levels stand, then why,
//! and what a newcomer cannot know.

use crate::explain::skipped;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::names::quoted;
use crate::promise::{Promise, unused};
use crate::verdict::{Outcome, Verdict};

/// The answer about one file: each promise with why it stands as it does. `verdicts` are those of
/// the promises or, where there is one, of all levels; `is_asked`: the level was named beside the
/// file.
pub(crate) fn answer(
    path: &str,
    history: &History,
    promises: &[Promise],
    verdicts: &[Verdict],
    is_asked: bool,
) -> Vec<String> {
    let mut lines = vec![];
    for (place, promise) in promises.iter().enumerate() {
        let origin = if is_asked { String::new() } else { origin(history, promise) };
        let Promise { verdict, .. } = promise;
        let (level, word) = (verdict.level, verdict.word());
        let (judged, left_out) = (judged(promise), left_out(promise));
        lines.push(format!("{path}: {level} {word}: {judged}{origin}{left_out}"));
        let mut below = if place == 0 { besides(history) } else { vec![] };
        // Of several promises each is told by itself.
        let ladder = if promises.len() == 1 { verdicts } else { &[] };
        below.extend(standings(ladder));
        below.extend(why(history, verdict));
        below.extend(others(verdict, ladder));
        lines.extend(below.iter().map(|line| format!("  {line}")));
    }
    lines.extend(unasked(history).map(|line| format!("  {line}")));
    let explained = explanations(&lines);
    lines.extend(explained.iter().map(|line| format!("  {line}")));
    lines
}

/// How much was judged, such as `6 operations of 2 clients and 3 final reads`, and of which
/// keyspaces.
fn judged(promise: &Promise) -> String {
    let finals = match promise.finals {
        0 => String::new(),
        finals => format!(" and {}", counted(finals, "final read")),
    };
    let place = promise.scope.order.map_or(String::new(), |order| format!(" in {order} keyspaces"));
    let (operations, clients) =
        (counted(promise.operations, "operation"), counted(promise.clients, "client"));
    format!("{operations} of {clients}{finals}{place}")
}

/// Where a level comes from.
fn origin(history: &History, promise: &Promise) -> String {
    let of = |prefix: &String| match (prefix.as_str(), history.promised()) {
        ("", Some(_)) => "promised by the header".to_string(),
        ("", None) if history.has_keyspaces() => {
            "nothing was promised of what has no keyspace, so this level decides there".to_string()
        }
        ("", None) => "nothing was promised, so this level decides".to_string(),
        (prefix, _) => format!("promised of {}", quoted(prefix)),
    };
    let asked =
        (promise.asked > 0).then(|| format!("asked for by {}", counted(promise.asked, "read")));
    let origins: Vec<String> = promise.prefixes.iter().map(of).chain(asked).collect();
    format!(" ({})", origins.join(", "))
}

/// How many reads the verdict says nothing of.
fn left_out(promise: &Promise) -> String {
    match promise.uncounted {
        0 => String::new(),
        1 => "; 1 read asked for less and does not count".to_string(),
        many => format!("; {many} reads asked for less and do not count"),
    }
}

/// The keyspaces of which nothing was asked, so that nothing is judged.
fn unasked(history: &History) -> Option<String> {
    let prefixes: Vec<String> = unused(history).into_iter().map(quoted).collect();
    (!prefixes.is_empty()).then(|| format!("nothing was asked of {}", prefixes.join(", ")))
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// What is to be known about a file besides its operations.
fn besides(history: &History) -> Vec<String> {
    skipped::line(history).into_iter().chain(skipped::names_line(history)).collect()
}

/// How each level stands, in one line; `None` if one alone was judged.
pub(crate) fn standings(verdicts: &[Verdict]) -> Option<String> {
    let named = |word: &str| {
        let levels = verdicts.iter().filter(|verdict| verdict.word() == word);
        let levels: Vec<String> = levels.map(|verdict| verdict.level.to_string()).collect();
        (!levels.is_empty()).then(|| format!("{word}: {}", levels.join(", ")))
    };
    let words: Vec<String> =
        ["holds", "violated", "undecided"].into_iter().filter_map(named).collect();
    (verdicts.len() > 1).then(|| words.join("; "))
}

/// Why the level that decides stands as it does.
fn why(history: &History, decided: &Verdict) -> Vec<String> {
    let mut lines = decided.lines(history);
    if let (false, Some(first)) = (decided.holds(), lines.first_mut()) {
        *first = format!("because {first}");
    }
    lines
}

/// Why the other levels do not hold, those together that do not for one reason.
fn others(decided: &Verdict, verdicts: &[Verdict]) -> Vec<String> {
    let mut reasons: Vec<(Outcome, Vec<Level>)> = Vec::new();
    let failed = verdicts.iter().filter(|verdict| !verdict.holds());
    for Verdict { level, outcome, .. } in failed.filter(|one| one.outcome != decided.outcome) {
        let outcome = of_no_level(*level, outcome);
        match reasons.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, levels)) => levels.push(*level),
            None => reasons.push((outcome, vec![*level])),
        }
    }
    reasons.iter().filter_map(|(outcome, levels)| reason(outcome, levels)).collect()
}

/// What is not known, without the level's name: several levels may have one reason.
fn of_no_level(level: Level, outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Undecided(why) => {
            let name = level.to_string();
            let is_name = |word: &&str| word.trim_end_matches(',') == name;
            let words = why.split(' ').map(|word| match is_name(&word) {
                true => word.replace(&name, "it"),
                false => word.to_string(),
            });
            Outcome::Undecided(words.collect::<Vec<_>>().join(" "))
        }
        other => other.clone(),
    }
}

fn reason(outcome: &Outcome, levels: &[Level]) -> Option<String> {
    let levels: Vec<String> = levels.iter().map(Level::to_string).collect();
    let levels = levels.join(", ");
    match outcome {
        Outcome::Holds { .. } => None,
        Outcome::Violated(clash) => Some(format!("not {levels}: {}", clash.sentence)),
        Outcome::Undecided(why) => Some(format!("undecided {levels}: {why}")),
    }
}

/// Every level with its proof.
pub(crate) fn details(history: &History, verdicts: &[Verdict]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, verdict) in verdicts.iter().enumerate() {
        lines.push(format!("  {} {}", verdict.level, verdict.word()));
        let same = |other: &&Verdict| verdict.clash().is_some() && other.clash() == verdict.clash();
        let proof = match verdicts[..at].iter().find(same) {
            Some(other) => vec![format!("by the same clash as {}", other.level)],
            None => verdict.lines(history),
        };
        lines.extend(proof.iter().map(|line| format!("    {line}")));
    }
    lines
}

/// Describer of the answer that a newcomer cannot know, and what they mean.
const WORDS: [(&str, &str); 3] = [
    ("witness", "an order of the operations that explains every answer"),
    ("certificates", "what the store said of its answers, such as their places in its logs"),
    ("final read", "asked once nobody writes any more, to see whether all servers agree"),
];

/// A line for each word in these lines that wants explaining.
pub fn explanations(lines: &[impl AsRef<str>]) -> Vec<String> {
    let is_said = |(word, _): &&(&str, &str)| lines.iter().any(|line| line.as_ref().contains(word));
    WORDS.iter().filter(is_said).map(|(word, meaning)| format!("({word}: {meaning})")).collect()
}
