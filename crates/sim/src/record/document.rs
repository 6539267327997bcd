//! The one serialised form of a message diagram: JSON that `candor` hands on and the page of
//! `crates/picture` draws.
//!
//! Begin with [`document`]. `crates/picture/page/src/diagram/data.ts` declares the same form for
//! the page. Times are virtual microseconds; nodes, clients and calls go by their places, from 0.
//! Long lists are columns (`columns.rs`), and of a large world what lies around a violation is
//! there (`cut.rs`); counts and verdicts are of the whole world.

use node::Order;
use serde::Serialize;
use serde_json::Value;

use super::columns::{Texts, columns};
use super::cut::{Cut, OTHERS_MAX};
use super::diagram::{Call, Diagram};
use super::frame::named;
use crate::invariants::REST;
use crate::invariants::verdict::{Judgement, VERDICT};
use crate::invariants::violation::Violation;
use crate::report::Report;

/// The version of this form; it goes up when a page that knows the one before could not read it.
const VERSION: u32 = 2;

/// The whole document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The version of this form.
    candor_diagram: u32,
    /// The version of Candor.
    version: &'static str,
    /// What it is a picture of.
    title: String,
    #[serde(flatten)]
    verdict: Verdict,
    /// What the judge says, and what else was seen to be wrong.
    judgements: Vec<Judged>,
    /// Whether the judge was asked.
    judged: bool,
    /// The seed that brings the world back. As text: it may exceed 2^53.
    seed: String,
    /// The command that does.
    command: &'a str,
    /// What else is known, as names and values.
    facts: Vec<(&'static str, String)>,
    nodes: usize,
    clients: usize,
    end_us: u64,
    healed_us: Option<u64>,
    violated_us: Option<u64>,
    /// When the first and the last message was sent that is shown, if not all are.
    window_us: Option<(u64, u64)>,
    counts: Counts,
    calls: Value,
    messages: Value,
    bands: Value,
    marks: Value,
    states: Value,
    /// What the columns say, by places.
    texts: Vec<String>,
}

/// How a world ended, in a few words.
#[derive(Debug, Serialize)]
struct Verdict {
    /// `holds` or `violated`.
    word: &'static str,
    headline: String,
    /// Why, if it is violated.
    why: Option<String>,
    /// The place of the judgement that the headline is about: its clash is framed first.
    framed: Option<usize>,
}

/// What is said about one level, or one invariant.
#[derive(Debug, Serialize)]
struct Judged {
    /// The level, and how it was judged; or the invariant.
    level: String,
    /// `holds`, `violated` or `undecided`.
    word: &'static str,
    /// Why.
    lines: Vec<String>,
    /// The operations of the clash, by their places among the calls.
    clash: Vec<usize>,
    /// The cycle that they run in: the place of each, the place of the next, and why.
    cycle: Vec<(usize, usize, &'static str)>,
}

/// How many there are, and how many of them are shown.
#[derive(Debug, Serialize)]
struct Counts {
    messages: usize,
    messages_shown: usize,
    calls: usize,
    calls_shown: usize,
}

/// The diagram of a world that was recorded, as a page gets it. `command` is what brings the world
/// back.
pub fn document(report: &Report, command: &str) -> Value {
    let diagram = report.diagram.as_ref().unwrap_or(&EMPTY);
    let mut judgements = judgements(report, &diagram.calls);
    let clash = judgements.iter().flat_map(|one| one.clash.iter().copied()).collect();
    let cut = Cut::around(diagram, &clash);
    judgements.iter_mut().for_each(|one| one.cut(&cut));
    let mut texts = Texts::default();
    let document = Document {
        candor_diagram: VERSION,
        version: env!("CARGO_PKG_VERSION"),
        title: format!("seed {}", report.seed),
        verdict: verdict(report, judgements.len() - report.judgements.len()),
        judgements,
        judged: !report.judgements.is_empty(),
        seed: report.seed.to_string(),
        command,
        facts: facts(report),
        nodes: diagram.nodes,
        clients: diagram.clients,
        end_us: diagram.end_us,
        healed_us: diagram.healed_us,
        violated_us: diagram.violated_us,
        window_us: cut.window_us,
        counts: counts(diagram, &cut),
        calls: columns(cut.calls.iter().copied(), &mut texts),
        messages: columns(&diagram.messages[cut.messages], &mut texts),
        bands: columns(diagram.bands.iter().take(OTHERS_MAX), &mut texts),
        marks: columns(diagram.marks.iter().take(OTHERS_MAX), &mut texts),
        states: columns(diagram.states.iter().take(OTHERS_MAX), &mut texts),
        texts: texts.into_list(),
    };
    serde_json::to_value(document).expect("a document has names for its fields")
}

/// What a world shows that was not recorded.
static EMPTY: Diagram = Diagram {
    nodes: 0,
    clients: 0,
    end_us: 0,
    healed_us: None,
    violated_us: None,
    calls: vec![],
    messages: vec![],
    bands: vec![],
    marks: vec![],
    states: vec![],
};

fn counts(diagram: &Diagram, cut: &Cut<'_>) -> Counts {
    Counts {
        messages: diagram.messages.len(),
        messages_shown: cut.messages.len(),
        calls: diagram.calls.len(),
        calls_shown: cut.calls.len(),
    }
}

/// What the judge says, behind what else was violated.
fn judgements(report: &Report, calls: &[Call]) -> Vec<Judged> {
    let violation = report.verdict.as_ref().err();
    // The judge's own verdict is an invariant like any other; it need not be told twice.
    let seen = violation.filter(|one| one.invariant != VERDICT);
    let seen = seen.map(|violation| Judged::of_violation(violation, calls));
    let default = report.judgements.first().map(|one| one.order);
    let of_judge = |one| Judged::of_judge(one, default);
    seen.into_iter().chain(report.judgements.iter().map(of_judge)).collect()
}

impl Judged {
    fn of_judge(one: &Judgement, default: Option<Order>) -> Judged {
        let certified = if one.certified { ", with certificates" } else { "" };
        let is_default = default == Some(one.order);
        let whose = if is_default { String::new() } else { format!(", {} keyspaces", one.order) };
        Judged {
            level: format!("{}{certified}{whose}", one.level),
            word: one.word,
            lines: one.lines.clone(),
            clash: one.clash.clone(),
            cycle: one.cycle.clone(),
        }
    }

    fn of_violation(violation: &Violation, calls: &[Call]) -> Judged {
        Judged {
            level: violation.invariant.into(),
            word: "violated",
            lines: vec![violation.what.clone()],
            clash: named(&violation.what, calls),
            cycle: vec![],
        }
    }

    /// Names calls by their places among those that are shown.
    fn cut(&mut self, cut: &Cut<'_>) {
        let place = |call: &usize| cut.place(*call);
        self.clash = self.clash.iter().filter_map(place).collect();
        let link = |(from, to, why): &(usize, usize, _)| Some((place(from)?, place(to)?, *why));
        self.cycle = self.cycle.iter().filter_map(link).collect();
    }
}

/// The verdict. So many judgements stand before those of the judge.
fn verdict(report: &Report, ahead: usize) -> Verdict {
    let Err(violation) = &report.verdict else {
        let headline = "every promise was kept".into();
        return Verdict { word: "holds", headline, why: None, framed: None };
    };
    let violated = report.judgements.iter().enumerate().filter(|(_, one)| one.word == "violated");
    // The level that the judge can say most about in few operations.
    let (headline, why, framed) = match violated.min_by_key(|(_, one)| one.clash.len()) {
        Some((place, one)) => {
            (format!("{} violated", one.level), one.lines.first().cloned(), place + ahead)
        }
        None => (headline(violation.invariant), Some(violation.what.clone()), 0),
    };
    Verdict { word: "violated", headline, why, framed: Some(framed) }
}

fn headline(invariant: &str) -> String {
    match invariant {
        REST => "the world does not come to rest".into(),
        invariant => format!("violated: “{invariant}”"),
    }
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let Report { operations, done, refused, unknown, elections, .. } = report;
    let kinds: Vec<String> =
        report.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    vec![
        ("world", report.setting.clone()),
        ("operations", format!("{operations} ({done} done, {refused} refused, {unknown} unknown)")),
        ("faults", if kinds.is_empty() { "none".into() } else { kinds.join(", ") }),
        ("elections", elections.to_string()),
        ("trace", format!("{:016x}", report.trace_hash)),
    ]
}
