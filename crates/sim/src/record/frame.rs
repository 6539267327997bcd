//! Which operations a violation is about: a page frames them.
//!
//! An invariant says what it saw in words, and names operations in them. They are found by these
//! words.

use bytes::Bytes;

use super::describe;
use super::diagram::Call;

/// How many operations that a violation names are framed.
const NAMED_MAX: usize = 4;

/// The operations that this text names, by their places among the calls: the last of them.
pub(super) fn named(what: &str, calls: &[Call]) -> Vec<usize> {
    let found = calls.iter().enumerate().filter(|(_, call)| is_meant(what, call, calls));
    let named: Vec<usize> = found.map(|(place, _)| place).collect();
    // What was seen last is what was wrong.
    named[named.len().saturating_sub(NAMED_MAX)..].to_vec()
}

/// An operation as invariants name it.
fn name(call: &Call) -> String {
    format!("client {}, node {}: {}", call.number, call.node + 1, call.question)
}

/// Whether an invariant names an operation. The same question may have been asked often: then the
/// answer or its times tell which it was.
fn is_meant(what: &str, call: &Call, calls: &[Call]) -> bool {
    let alike = || calls.iter().filter(|other| name(other) == name(call));
    names(what, &name(call)) && (is_told(what, call) || !alike().any(|one| is_told(what, one)))
}

/// Whether a text names an operation, and not one whose name goes on.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    text.match_indices(name).any(|(at, _)| !goes_on(&text[at + name.len()..]))
}

/// Whether an invariant tells the answer of an operation, or when it was.
fn is_told(what: &str, call: &Call) -> bool {
    let (name, answer) = (name(call), &call.answer);
    let value = Bytes::copy_from_slice(answer.as_bytes());
    let seen = describe::value((answer != "nil").then_some(&value));
    let (start_us, end_us) = (call.start_us, call.end_us.unwrap_or_default());
    let forms = [format!("{name} saw {seen}"), format!("{name} [{start_us}, {end_us} µs]")];
    forms.iter().any(|form| what.contains(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(question: &str, answer: &str, start_us: u64) -> Call {
        Call {
            client: 0,
            number: 4,
            node: 1,
            question: question.into(),
            answer: answer.into(),
            start_us,
            end_us: Some(start_us + 1),
            ..Call::default()
        }
    }

    fn framed(what: &str) -> Vec<usize> {
        let calls = [call("GET k", "1", 0), call("GET k", "2", 10), call("GET k2", "2", 20)];
        named(what, &calls)
    }

    #[test]
    fn what_an_invariant_names_is_framed_and_nothing_else() {
        assert_eq!(framed("client 4, node 2: GET k saw \"2\" by no entry"), [1], "by its answer");
        assert_eq!(framed("client 4, node 2: GET k saw \"1\"; possible were: 2"), [0]);
        assert_eq!(framed("client 4, node 2: GET k [0, 1 µs] at entry 3"), [0], "by its times");
        assert_eq!(framed("client 4, node 2: GET k2 went back"), [2], "not by half its name");
        assert_eq!(framed("client 4, node 2: GET k went back"), [0, 1], "whichever it was");
        assert_eq!(framed("nodes 1 and 2 differ"), [0; 0]);
    }
}
