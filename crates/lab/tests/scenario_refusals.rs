//! What the scenario parser refuses, and in which words: `scenario_refusals.txt` holds inputs and
//! the exact text that each of them gets. To record anew: `RECORD=1 cargo test -p lab`, and read
//! the difference as you would read code.

use lab::scenario::Scenario;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenario_refusals.txt");

/// A case: its title, the text of the file, and what the parser says.
struct Case<'a> {
    title: &'a str,
    input: &'a str,
    said: &'a str,
}

fn cases(golden: &str) -> Vec<Case<'_>> {
    golden
        .split("=== ")
        .skip(1)
        .map(|case| {
            let (title, rest) = case.split_once('\n').expect("a case has a title");
            let (input, said) = rest.split_once("\n---\n").expect("a case has a line ---");
            Case { title, input, said: said.trim_end() }
        })
        .collect()
}

fn say(input: &str) -> String {
    match Scenario::parse("f.json", input) {
        Ok(_) => "accepted".into(),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn every_refusal_says_where_what_and_what_would_be_right() {
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    let cases = cases(&golden);
    assert!(cases.len() > 40, "the golden file lost its cases");
    if std::env::var_os("RECORD").is_some() {
        let record = |case: &Case<'_>| {
            format!("=== {}\n{}\n---\n{}\n", case.title, case.input, say(case.input))
        };
        let recorded: Vec<String> = cases.iter().map(record).collect();
        std::fs::write(GOLDEN, recorded.join("\n")).unwrap();
        return;
    }
    for case in cases {
        assert_eq!(say(case.input), case.said, "case: {}", case.title);
    }
}

/// Whatever one byte becomes, and wherever the file ends: an answer, never a panic.
#[test]
fn damaged_files_are_answered() {
    let good = r#"{"num_servers":1,"consistency_level":"eventual","keyspaces":[{"name":"q",
        "prefix":"q:","order":"agreed","level":"bounded:5","allow":["sequential"]}],"clients":[{"client_number":0,
        "server_number":0,"requests":[{"type":"set","key":"aé\u00e9\n","value":-1.5e3},
        {"type":"transaction","commands":[{"type":"get","key":"q:x"}]},
        {"type":"sleep","ms":5}]}],"port_number":{"0":[1,2,3]},"workload":{"clients":1,
        "operations":2,"prefixes":["","m:"],"levels":{"causal":5}},"faults":[{"at_ms":1,"partition":[["leader"],[0]]},
        {"after_operations":2,"drop":{"percent":1,"from":0}},{"at_ms":2,"clock":{"servers":0,
        "offset_ms":-1}}],"shows":{"eventual":"x"},"violates":{"eventual":"causal"}}"#;
    assert_eq!(say(good), "accepted");
    let bytes = good.as_bytes();
    for at in 0..bytes.len() {
        say(&String::from_utf8_lossy(&bytes[..at]));
        for byte in [b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'/', b'\'', b'-', b'0', 7] {
            let mut damaged = bytes.to_vec();
            damaged[at] = byte;
            say(&String::from_utf8_lossy(&damaged));
        }
    }
}
