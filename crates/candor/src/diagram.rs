//! The message diagram that `candor sim --html` writes.

use std::fs;
use std::io;
use std::path::Path;

use ::picture::diagram::{Band, Call, Diagram, Judgement, Mark, Message, State};
use ::sim::{End, Fate, Report, Violation};

/// How many operations that a broken invariant names are framed.
const NAMED_MAX: usize = 4;

/// Writes the diagram of a world that was recorded to `html`. `command` brings the world back.
pub(crate) fn write(html: &Path, report: &Report, command: String) -> io::Result<()> {
    let named = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!("the diagram cannot be written: {}: {error}", html.display()),
        )
    };
    fs::write(html, diagram(report, command).html()).map_err(named)
}

/// The world in the form that is drawn.
fn diagram(report: &Report, command: String) -> Diagram {
    let world = report.diagram.clone().unwrap_or_default();
    let mut judgements: Vec<Judgement> = report.judgements.iter().map(judgement).collect();
    // The judge's own verdict is an invariant like any other; it need not be told twice.
    if let Some(violation) = report.verdict.as_ref().err().filter(|one| one.invariant != "verdict")
    {
        judgements.insert(0, broken(violation, &world.calls));
    }
    let told = told(report);
    let framed = match (&report.verdict, told) {
        (Ok(()), _) => None,
        (Err(_), Some(told)) => {
            // The invariant that stands first came in after the judge had spoken.
            let ahead = judgements.len() - report.judgements.len();
            report.judgements.iter().position(|one| one == told).map(|place| place + ahead)
        }
        (Err(_), None) => Some(0),
    };
    let (word, headline, why) = match (&report.verdict, told) {
        (Ok(()), _) => ("holds", "every promise was kept".to_owned(), None),
        (Err(_), Some(judged)) => {
            ("violated", format!("{} violated", judged.level), judged.lines.first().cloned())
        }
        (Err(violation), None) => {
            ("violated", headline(violation.invariant), Some(violation.what.clone()))
        }
    };
    Diagram {
        title: format!("seed {}", report.seed),
        word: word.into(),
        headline,
        why,
        judgements,
        framed,
        judged: !report.judgements.is_empty(),
        seed: report.seed,
        command,
        facts: facts(report),
        nodes: world.nodes,
        clients: world.clients,
        end_us: world.end_us,
        healed_us: world.healed_us,
        violated_us: world.violated_us,
        calls: world.calls.into_iter().map(call).collect(),
        messages: world.messages.into_iter().map(message).collect(),
        bands: world.bands.into_iter().map(band).collect(),
        marks: world.marks.into_iter().map(mark).collect(),
        states: world.states.into_iter().map(state).collect(),
    }
}

/// The violated level that the judge can say most about.
fn told(report: &Report) -> Option<&::sim::Judgement> {
    let violated = report.judgements.iter().filter(|one| one.word == "violated");
    violated.min_by_key(|one| one.clash.len())
}

fn headline(invariant: &str) -> String {
    match invariant {
        "rest" => "the world does not come to rest".into(),
        invariant => format!("broken: “{invariant}”"),
    }
}

/// An invariant that was broken, with the operations that it names.
fn broken(violation: &Violation, calls: &[::sim::Call]) -> Judgement {
    let what = &violation.what;
    let found = calls.iter().enumerate().filter(|(_, call)| is_meant(what, call, calls));
    let named: Vec<usize> = found.map(|(place, _)| place).collect();
    Judgement {
        level: violation.invariant.into(),
        word: "violated".into(),
        lines: vec![what.clone()],
        // What was seen last is what was wrong.
        clash: named[named.len().saturating_sub(NAMED_MAX)..].to_vec(),
        circle: vec![],
    }
}

/// An operation as invariants name it.
fn name(call: &::sim::Call) -> String {
    format!("client {}, node {}: {}", call.number, call.node + 1, call.question)
}

/// Whether an invariant names an operation. The same question may have been asked often: then the answer or its times tell
/// which it was.
fn is_meant(what: &str, call: &::sim::Call, calls: &[::sim::Call]) -> bool {
    let alike = || calls.iter().filter(|other| name(other) == name(call));
    names(what, &name(call)) && (is_told(what, call) || !alike().any(|one| is_told(what, one)))
}

/// Whether a text names an operation, and not one whose name goes on.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    text.match_indices(name).any(|(at, _)| !goes_on(&text[at + name.len()..]))
}

/// Whether an invariant tells the answer of an operation, or when it was.
fn is_told(what: &str, call: &::sim::Call) -> bool {
    let (name, answer) = (name(call), &call.answer);
    let seen = if answer == "nil" { "nothing".into() } else { format!("{answer:?}") };
    let (start_us, end_us) = (call.start_us, call.end_us.unwrap_or_default());
    let forms = [format!("{name} saw {seen}"), format!("{name} [{start_us}, {end_us} µs]")];
    forms.iter().any(|form| what.contains(form))
}

fn facts(report: &Report) -> Vec<(String, String)> {
    let Report { operations, done, refused, unknown, elections, .. } = report;
    let kinds: Vec<String> =
        report.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let facts = [
        ("world", report.setting.clone()),
        ("operations", format!("{operations} ({done} done, {refused} refused, {unknown} unknown)")),
        ("faults", if kinds.is_empty() { "none".into() } else { kinds.join(", ") }),
        ("elections", elections.to_string()),
        ("trace", format!("{:016x}", report.trace_hash)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn judgement(one: &::sim::Judgement) -> Judgement {
    let certified = if one.certified { ", with certificates" } else { "" };
    Judgement {
        level: format!("{}{certified}", one.level),
        word: one.word.into(),
        lines: one.lines.clone(),
        clash: one.clash.clone(),
        circle: one.circle.iter().map(|(from, to, why)| (*from, *to, (*why).into())).collect(),
    }
}

fn call(call: ::sim::Call) -> Call {
    Call {
        client: call.client,
        number: call.number,
        node: call.node,
        question: call.question,
        answer: call.answer,
        writes: call.writes,
        done: match call.fate {
            Fate::Done => Some(true),
            Fate::Refused => Some(false),
            Fate::Unknown => None,
        },
        start_us: call.start_us,
        end_us: call.end_us,
        arrived_us: call.arrived_us,
        answered_us: call.answered_us,
    }
}

fn message(message: ::sim::Message) -> Message {
    let (came_us, received) = match message.end {
        End::Received(at_us) => (Some(at_us), true),
        End::Turned(at_us) => (Some(at_us), false),
        End::Lost => (None, false),
    };
    let ::sim::Message { from, to, sent_us, text, .. } = message;
    Message { from, to, sent_us, came_us, received, text }
}

fn band(band: ::sim::Band) -> Band {
    let ::sim::Band { from_us, until_us, node, client, kind, text } = band;
    Band { from_us, until_us, node, client, kind: kind.into(), text }
}

fn mark(mark: ::sim::Mark) -> Mark {
    let ::sim::Mark { at_us, node, kind, text } = mark;
    Mark { at_us, node, kind: kind.into(), text }
}

fn state(state: ::sim::State) -> State {
    let ::sim::State { at_us, node, up, leads, term } = state;
    State { at_us, node, up, leads, term }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(question: &str, answer: &str, start_us: u64) -> ::sim::Call {
        ::sim::Call {
            client: 0,
            number: 4,
            node: 1,
            question: question.into(),
            answer: answer.into(),
            writes: false,
            fate: Fate::Done,
            start_us,
            end_us: Some(start_us + 1),
            arrived_us: None,
            answered_us: None,
        }
    }

    fn framed(what: &str) -> Vec<usize> {
        let calls = [call("GET k", "1", 0), call("GET k", "2", 10), call("GET k2", "2", 20)];
        let violation = Violation { invariant: "invariant", at_ms: 0, what: what.into() };
        broken(&violation, &calls).clash
    }

    #[test]
    fn what_a_truth_names_is_framed_and_nothing_else() {
        assert_eq!(framed("client 4, node 2: GET k saw \"2\" by no entry"), [1], "by its answer");
        assert_eq!(framed("client 4, node 2: GET k saw \"1\"; possible were: 2"), [0]);
        assert_eq!(framed("client 4, node 2: GET k [0, 1 µs] at entry 3"), [0], "by its times");
        assert_eq!(framed("client 4, node 2: GET k2 went back"), [2], "not by half its name");
        assert_eq!(framed("client 4, node 2: GET k went back"), [0, 1], "whichever it was");
        assert_eq!(framed("nodes 1 and 2 differ"), [0; 0]);
    }
}
