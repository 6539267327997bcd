//! The message diagram tells what happened, in an order that can have happened, and changes
//! nothing.

use node::Order;
use serde_json::Value;
use sim::{Diagram, Fate, Options, Report, Sabotage, document, run};

fn recorded(seed: u64, order: Order) -> Report {
    run(seed, &Options { diagram: true, order: Some(order), ..Options::default() })
}

fn diagram(report: &Report) -> &Diagram {
    report.diagram.as_ref().expect("a diagram was asked for")
}

#[test]
fn a_world_that_is_recorded_is_the_same_world() {
    for seed in [3, 7] {
        let plain = run(seed, &Options::default());
        let recorded = run(seed, &Options { diagram: true, ..Options::default() });
        assert!(plain.diagram.is_none());
        assert_eq!(plain.trace_hash, recorded.trace_hash);
    }
}

#[test]
fn nothing_is_heard_before_it_is_said() {
    for (seed, order) in [(5, Order::Agreed), (6, Order::Merged)] {
        let report = recorded(seed, order);
        let diagram = diagram(&report);
        assert_eq!(diagram.messages.iter().filter(|m| m.text.contains("unreadable")).count(), 0);
        for message in &diagram.messages {
            assert!(message.from != message.to && message.from.max(message.to) < diagram.nodes);
            let came_us = message.came_us.unwrap_or(message.sent_us);
            assert!(message.sent_us <= came_us && came_us <= diagram.end_us, "{message:?}");
            assert!(message.came_us.is_some() || !message.received, "{message:?}");
        }
        let received = diagram.messages.iter().filter(|message| message.received).count();
        assert!(received > 500 && received as u64 <= 2 * report.messages);
        assert!(diagram.messages.len() as u64 >= report.messages);
        for call in &diagram.calls {
            let row = [Some(call.start_us), call.arrived_us, call.answered_us];
            assert!(row.iter().flatten().is_sorted(), "{call:?}");
            assert!(call.fate != Fate::Done || call.answered_us <= call.end_us, "{call:?}");
            assert!(call.client < diagram.clients && call.node < diagram.nodes);
        }
        assert_eq!(diagram.calls.len() as u64, report.operations);
        assert_eq!(diagram.bands.len() as u64, report.faults_total());
        assert!(diagram.bands.iter().all(|band| band.from_us <= band.until_us));
        assert!(diagram.states.iter().any(|state| state.leads) || order == Order::Merged);
        assert!(diagram.marks.iter().any(|mark| mark.kind == "start"));
        assert_eq!(diagram.violated_us, None);
    }
}

#[test]
fn what_clashes_is_found_among_the_operations() {
    let options = Options {
        sabotage: Some(Sabotage::StaleAnswers),
        order: Some(Order::Agreed),
        diagram: true,
        ..Options::default()
    };
    let violated = |report: &Report| report.judgements.iter().any(|one| one.word == "violated");
    let report = (0..40).map(|seed| run(seed, &options)).find(violated).expect("it is caught");
    let diagram = diagram(&report);
    assert!(diagram.violated_us.is_some());
    for judgement in report.judgements.iter().filter(|one| one.word == "violated") {
        assert!(!judgement.clash.is_empty());
        for place in &judgement.clash {
            let call = &diagram.calls[*place];
            // Among requests that were sent in a row each is a client by itself, to the judge of
            // real time.
            let words = format!("client {} ", call.number);
            let start = format!("from {}.{:03} to ", call.start_us / 1000, call.start_us % 1000);
            let names = |line: &String| line.contains(&words) || line.contains(&start);
            assert!(judgement.lines.iter().any(names), "{judgement:?}");
        }
        let link = |(from, to, _): &(usize, usize, _)| {
            judgement.clash.contains(from) && judgement.clash.contains(to)
        };
        assert!(judgement.cycle.iter().all(link));
    }
}

/// The text in a cell of a column.
fn text<'a>(document: &'a Value, list: &str, column: &str, row: usize) -> &'a str {
    let place = document[list][column][row].as_u64().expect("a place among the texts");
    document["texts"][place as usize].as_str().expect("a text")
}

#[test]
fn the_document_says_what_the_diagram_says() {
    let report = recorded(5, Order::Agreed);
    let diagram = diagram(&report);
    let document = document(&report, "candor sim --seed 5");
    assert_eq!((&document["word"], &document["framed"]), (&"holds".into(), &Value::Null));
    assert_eq!(document["command"], "candor sim --seed 5");
    assert_eq!(document["end_us"], diagram.end_us);
    let last = diagram.messages.len() - 1;
    let (message, columns) = (&diagram.messages[last], &document["messages"]);
    assert_eq!(columns["sent_us"].as_array().map(Vec::len), Some(last + 1));
    assert_eq!(columns["sent_us"][last], message.sent_us);
    assert_eq!(columns["received"][last], i64::from(message.received));
    assert_eq!(text(&document, "messages", "text", last), message.text);
    let done =
        diagram.calls.iter().position(|call| call.fate == Fate::Done).expect("some are done");
    assert_eq!(text(&document, "calls", "fate", done), "done");
    assert_eq!(text(&document, "calls", "question", done), diagram.calls[done].question);
    assert_eq!(text(&document, "bands", "kind", 0), diagram.bands[0].kind);
}

#[test]
fn the_document_of_a_violation_frames_what_it_is_about() {
    let sabotage = Some(Sabotage::StaleAnswers);
    let options = Options { sabotage, diagram: true, ..Options::default() };
    let violated = |report: &Report| report.verdict.is_err();
    let report = (0..40).map(|seed| run(seed, &options)).find(violated).expect("it is caught");
    let document = document(&report, "");
    let framed = document["framed"].as_u64().expect("a judgement is framed") as usize;
    let clash = document["judgements"][framed]["clash"].as_array().expect("it has a clash");
    assert!(!clash.is_empty(), "{}", document["judgements"]);
    assert_eq!(document["why"], document["judgements"][framed]["lines"][0]);
}
