//! Levels side by side: files that are equal but for their level, and the page that shows them.

mod runner;

use std::fs;
use std::path::Path;

use runner::{Bench, shipped, small};
use serde_json::{Value, json};

#[test]
fn t1_costs_of_levels_side_by_side() {
    let bench = Bench::new();
    let files = ["t1-1.json", "t1-2.json", "t1-3.json"].map(shipped);
    let files = files.each_ref().map(|file| file.to_str().unwrap());
    let outcome = bench.run(&[&["run"], &files[..]].concat());
    assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
    let (_, table) = outcome.stdout.split_once("side by side\n").unwrap();
    // What is said below the tables speaks of times as well.
    let figures = table.split("\n\n").nth(2).unwrap();
    let rows: Vec<&str> = figures.lines().filter(|line| line.contains(" ms ")).collect();
    assert_eq!(rows.len(), 6, "{table}");
    let outcomes: Vec<&str> = table.lines().filter(|line| line.contains(" holds ")).collect();
    for (row, level) in outcomes.iter().zip(["linearizable", "sequential", "eventual"]) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert!(cells[1] == level && cells[3].len() > 5 && cells[4].ends_with("/s"), "{row}");
    }
    // Of many operations the first and the last are shown.
    let shown = outcome.stdout.matches("  get ").count() + outcome.stdout.matches("  set ").count();
    assert_eq!((shown, outcome.stdout.matches("… 222 operations more").count()), (3 * 18, 3));
    // The files are equal but for their level: that is said, and one page shows them.
    for (file, level) in files.iter().zip(["linearizable", "sequential", "eventual"]) {
        let told = table.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&format!("{file} at {level}")), "{table}");
    }
    let [page] = &pages(&outcome.stdout)[..] else { panic!("{table}") };
    assert!(page.starts_with("runs/") && page.ends_with("-t1-1-levels.html"), "{page}");
    let html = fs::read_to_string(bench.path().join(page)).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains(r#""candor_comparison":1"#));
    for figure in rows.iter().flat_map(|row| row.split("  ")).filter(|cell| cell.ends_with(" ms")) {
        assert!(html.contains(&format!(r#""text":"{}""#, figure.trim())), "{figure}");
    }
    for column in data_in(&html)["columns"].as_array().unwrap() {
        assert_says_what_is_told(column, table);
    }
    bench.assert_nothing_is_left(&[]);
}

#[test]
fn t1_files_differ_in_their_level_alone() {
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(shipped(name)).unwrap()).unwrap()
    };
    let mut files = ["t1-1.json", "t1-2.json", "t1-3.json"].map(read);
    let levels = files.each_ref().map(|file| file["consistency_level"].clone());
    assert_eq!(levels, ["linearizability", "sequential", "eventual"]);
    for file in &mut files {
        file["consistency_level"] = Value::Null;
    }
    assert!(files[0] == files[1] && files[1] == files[2]);
}

#[test]
fn only_what_differs_in_its_level_alone_has_a_page() {
    let bench = Bench::new();
    let one = bench.write("one.json", &small("sequential", 1));
    let spaced = small("eventual", 1).replace(',', " ,\n ").replace("set", "write");
    let same = bench.write("same.json", &spaced.replace("type", "request_type"));
    let other = bench.write("other.json", &small("eventual", 2));
    let outcome = bench.run(&["run", one, other]);
    assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("side by side") && pages(&outcome.stdout).is_empty());
    assert!(bench.runs().iter().all(|path| path.is_dir()), "{:?}", bench.runs());
    let document = bench.document(&["run", one, other]);
    assert_eq!(document["side_by_side"], json!([]));

    // Each that has an equal: the files by pairs, and a file at several levels by itself.
    let outcome = bench.run(&["run", one, other, same]);
    assert_eq!(pages(&outcome.stdout).len(), 1, "{}", outcome.stdout);
    let document = bench.document(&["run", one, other, "--level", "eventual", "--level", "causal"]);
    let compared = document["side_by_side"].as_array().unwrap();
    assert_eq!(compared.len(), 2);
    for (page, file) in compared.iter().zip([one, other]) {
        let levels = page["levels"].as_array().unwrap();
        let named: Vec<_> = levels.iter().map(|l| (&l["scenario"], &l["level"])).collect();
        assert_eq!(named, [(&json!(file), &json!("eventual")), (&json!(file), &json!("causal"))]);
        assert!(bench.path().join(page["page"].as_str().unwrap()).is_file());
    }
}

#[test]
fn what_a_weaker_level_showed_stands_beside_the_stronger_one() {
    let bench = Bench::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/minority-reader.json");
    let levels = ["--level", "linearizable", "--level", "sequential"];
    let document = bench.document(&[&["run", file.to_str().unwrap()], &levels[..]].concat());
    let [compared] = &document["side_by_side"].as_array().unwrap()[..] else { panic!() };
    assert_eq!(compared["levels"][0]["showed"], json!([]), "no level is stronger");
    let showed = &compared["levels"][1]["showed"][0];
    assert_eq!((&showed["level"], &showed["what"]), (&json!("linearizable"), &json!("shown")));
    assert_eq!(compared["levels"][1]["met"], "sequential");
    let html = fs::read_to_string(bench.path().join(compared["page"].as_str().unwrap())).unwrap();
    // As JSON, in which quotes are escaped.
    let text = showed["text"].to_string();
    assert!(html.contains(text.trim_matches('"')), "{text}");
    let data = data_in(&html);
    assert_eq!((&data["word"], &data["headline"]), (&json!("holds"), &json!("every level held")));
    let exhibit = &data["columns"][1]["showings"][0]["exhibit"];
    assert!(exhibit["operations"].as_array().unwrap().len() > 1, "{exhibit}");
    // The picture of the run that showed it stands beside the page.
    let [directory, file] = &exhibit["run"]["picture"].as_array().unwrap()[..] else { panic!() };
    let picture = Path::new("runs").join(directory.as_str().unwrap()).join(file.as_str().unwrap());
    assert!(bench.path().join(picture).is_file());
}

/// The data inside a page, found as a browser finds it: up to the first end of the element.
fn data_in(html: &str) -> Value {
    let open = "<script type=\"application/json\" id=\"data\">";
    let begin = html.find(open).expect("the page has data") + open.len();
    let end = begin + html[begin..].find("</script").expect("the element ends");
    serde_json::from_str(&html[begin..end]).expect("the data is JSON")
}

/// A column of a page that sets levels side by side says what the terminal tells.
#[track_caller]
fn assert_says_what_is_told(column: &Value, told: &str) {
    // Lines are broken, so that words alone are compared.
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let says = |text: &Value| {
        let text = words(text.as_str().unwrap());
        assert!(words(told).contains(&text), "{text} in {told}");
    };
    says(&column["held"]);
    says(&column["throughput"]["text"]);
    column["showings"].as_array().unwrap().iter().for_each(|one| says(&one["text"]));
    for kind in column["kinds"].as_array().unwrap() {
        kind["figures"].as_array().unwrap().iter().for_each(|one| says(&one["text"]));
        let drawn = kind["bins"].as_array().unwrap().iter().map(|bin| bin[1].as_u64().unwrap());
        assert_eq!(drawn.sum::<u64>(), kind["done"].as_u64().unwrap(), "every one is drawn");
    }
}

/// The pages that a run says it wrote.
fn pages(stdout: &str) -> Vec<&str> {
    stdout.lines().filter_map(|line| line.strip_prefix("  page     ")).collect()
}
