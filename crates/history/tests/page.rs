//! `docs/history-format.md` says what the reader reads and what the judge says: its examples are
//! judged, its lists of fields are compared with the reader's, and what it calls refused is
//! refused.

use std::fs;
use std::path::Path;

use history::{Budget, History, check, report};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/history-format.md");
    fs::read_to_string(path).expect("the page")
}

/// Everything from this heading to the next one of any depth.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    let end = rest.find("\n#").unwrap_or(rest.len());
    &rest[..end]
}

/// The cells of the first table in a text, without its head. A `\|` is a part of its cell.
fn table(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cell = |cell: &str| cell.trim().replace('\0', "|");
    let cells = |row: &str| {
        row.trim_matches('|').replace("\\|", "\0").split('|').map(cell).collect::<Vec<_>>()
    };
    rows.map(cells).collect()
}

fn unquoted(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// The fields that the reader names when it is given another one.
fn fields_read(line: &str) -> Vec<String> {
    let refusal = History::from_jsonl(line).expect_err(line).message;
    let (_, known) = refusal.split_once("expected ").expect("a list of the fields");
    known.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

#[test]
fn each_example_is_judged_as_the_page_says() {
    let page = page();
    let examples: Vec<&str> = page.split("\n```jsonl\n").skip(1).collect();
    assert!(examples.len() >= 5);
    for example in examples {
        let (lines, rest) = example.split_once("\n```\n").expect("the end of a block");
        let history =
            History::from_jsonl(lines).unwrap_or_else(|broken| panic!("{broken}\n{lines}"));
        for row in table(rest.split("\n```").next().unwrap_or_default()) {
            let [by, verdict] = &row[..] else { panic!("two columns: {row:?}") };
            let found = match by.as_str() {
                "exit code" => report("", &history, None, &Budget::default()).exit_code.to_string(),
                level => {
                    let level = unquoted(level).parse().expect("a level");
                    check(&history, level, &Budget::default()).word().to_string()
                }
            };
            assert_eq!(&found, verdict, "{by}\n{lines}");
        }
    }
}

#[test]
fn the_tables_have_the_fields_that_the_reader_reads_in_their_order() {
    let page = page();
    for (heading, line) in [
        ("## The header", r#"{"candor_history":1,"colour":0}"#),
        ("## Operations", r#"{"client":0,"colour":0}"#),
        ("## Faults", r#"{"fault":"killed","colour":0}"#),
    ] {
        let rows = table(section(&page, heading));
        let told: Vec<&str> = rows.iter().map(|row| unquoted(&row[0])).collect();
        assert_eq!(told, fields_read(line), "{heading}");
    }
}

#[test]
fn what_the_page_calls_refused_is_refused_for_that_reason() {
    let page = page();
    for row in table(section(&page, "## What is refused")) {
        let refusal = History::from_jsonl(unquoted(&row[0])).expect_err(&row[0]);
        assert!(refusal.message.contains(&row[1]), "{}: {refusal}", row[0]);
    }
}
