//! Levels side by side: the page says what the terminal says.

use anstream::adapter::strip_str;
use serde_json::Value;

use super::of_comparison;
use crate::attempt::outcome::FileResult;
use crate::report;
use crate::report::tests::with_comparison;

const HOSTILE: &str = "</script><script>alert(1)</script>";

/// The data inside a page, found as a browser finds it: up to the first end of the element.
fn data_in(html: &str) -> Value {
    let open = "<script type=\"application/json\" id=\"data\">";
    let begin = html.find(open).expect("the page has data") + open.len();
    let end = begin + html[begin..].find("</script").expect("the element ends");
    serde_json::from_str(&html[begin..end]).expect("the data is JSON")
}

#[test]
fn levels_side_by_side_say_what_the_terminal_says() {
    let command = format!("candor run {}", HOSTILE);
    let (html, table, lines) = with_comparison(|comparison| {
        let results: Vec<FileResult> =
            comparison.columns.iter().map(|c| c.result.clone()).collect();
        let lines = report::levels_lines(comparison).concat();
        (of_comparison(comparison, u64::MAX, command.clone()), report::compare(&results), lines)
    });
    assert!(!html.contains(HOSTILE));
    let data = data_in(&html);
    assert_eq!((&data["word"], &data["seed"]), (&"violated".into(), &u64::MAX.to_string().into()));
    assert_eq!(data["command"], command);
    assert_eq!(data["headline"], "linearizable violated, sequential not run");
    assert_eq!(data["troubles"].to_string(), r#"["t1-2 at sequential: server 1 did not start"]"#);
    // Lines are broken, so that words alone are compared.
    let plain = strip_str(&lines).to_string().split_whitespace().collect::<Vec<_>>().concat();
    let says = |text: &Value| {
        let words: String = text.as_str().unwrap().split_whitespace().collect();
        assert!(plain.contains(&words), "{text} in {plain}");
    };
    let columns = data["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 3);
    for column in columns {
        says(&column["held"]);
        column["showings"].as_array().unwrap().iter().for_each(|one| says(&one["text"]));
        assert!(table.contains(column["throughput"]["text"].as_str().unwrap()));
        for kind in column["kinds"].as_array().unwrap() {
            for figure in kind["figures"].as_array().unwrap() {
                assert!(table.contains(figure["text"].as_str().unwrap()), "{figure} in {table}");
            }
            let drawn = kind["bins"].as_array().unwrap().iter().map(|bin| bin[1].as_u64().unwrap());
            assert_eq!(drawn.sum::<u64>(), kind["done"].as_u64().unwrap(), "every one is drawn");
        }
    }
    let exhibit = &columns[0]["showings"][0]["exhibit"];
    assert_eq!(columns[0]["showings"][0]["word"], "broken");
    assert_eq!(exhibit["operations"].as_array().unwrap().len(), 3);
    assert_eq!(exhibit["run"]["picture"].to_string(), r#"["two","report.html"]"#);
}
