//! The data comes back out of the page as it was put in, whatever strangers wrote.

use history::{Header, History, Keyspace, Level, LogOrder, Operation, Unit};
use serde_json::{Value, json};

use super::cut::SHOWN_MAX;
use super::diagram::{self, Unreadable};
use super::{Fault, Order, Picture, Point, Ruling};

/// What a stranger may try.
const HOSTILE: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "\u{2028}\u{2029}\u{0}\u{7f}",
    "\\u003c\\\"'`${alert(1)}",
    "&lt;b&gt; &amp; &#60;",
    "\"the data\"",
    "日本語 🎨 \u{202e}rtl",
];

fn picture<'a>(history: &'a History, rulings: Vec<Ruling>) -> Picture<'a> {
    Picture {
        history,
        title: "t".into(),
        promised: Some("sequential".into()),
        point: None,
        asked: None,
        rulings,
        seed: Some(u64::MAX),
        command: "candor check t".into(),
        facts: vec![],
        troubles: vec![],
        quiet: None,
        faults: vec![],
        standings: vec![],
    }
}

/// The data inside a page, found as a browser finds it: up to the first end of the element.
fn data_in(html: &str) -> Value {
    let open = "<script type=\"application/json\" id=\"data\">";
    let begin = html.find(open).expect("the page has data") + open.len();
    let end = begin + html[begin..].find("</script").expect("the element ends");
    serde_json::from_str(&html[begin..end]).expect("the data is JSON")
}

#[test]
fn hostile_texts_come_back_and_break_nothing() {
    let operations = HOSTILE.iter().zip(0..).flat_map(|(text, at)| {
        let write = Operation::write(2 * at, text, text, at, Some(at + 5));
        let read = Operation::read(2 * at + 1, text, Some(text), at + 6, at + 7);
        [write, read.into_final()]
    });
    let history = History::new(None, operations.collect());
    let ruling = Ruling {
        level: "sequential".into(),
        word: "violated".into(),
        why: Some(HOSTILE.concat()),
        notes: HOSTILE.map(str::to_owned).to_vec(),
        clash: vec![0, 1],
        cycle: vec![],
        orders: vec![],
    };
    let mut picture = picture(&history, vec![ruling]);
    picture.title = HOSTILE[0].into();
    picture.command = HOSTILE[3].into();
    picture.facts = vec![(HOSTILE[0].into(), HOSTILE[1].into())];
    picture.troubles = vec![HOSTILE[3].into()];
    let html = picture.html();
    let clean = super::Picture { history: &History::default(), ..self::picture(&history, vec![]) };
    for what in ["<script", "</script", "<!--", "<img", "onerror=alert(1)>"] {
        let count = |text: &str| text.matches(what).count();
        assert_eq!(count(&html), count(&clean.html()), "{what} stands in the data");
    }
    let data = data_in(&html);
    let texts: Vec<&str> =
        data["texts"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    assert_eq!(texts, HOSTILE);
    assert_eq!(data["rulings"][0]["why"], HOSTILE.concat());
    assert_eq!(data["title"], HOSTILE[0]);
    assert_eq!(data["facts"][0][1], HOSTILE[1]);
    assert_eq!(data["finals"]["rows"].as_array().unwrap().len(), HOSTILE.len());
}

#[test]
fn columns_say_what_the_history_says() {
    let header = Header::new(Unit::Milliseconds, Some(Level::Linearizable));
    let operations = vec![
        Operation::read(7, "b", None, 130, 140).at_server(2),
        Operation::write(3, "a", "1", 100, None).at_server(1),
        Operation::write(5, "a", "2", 110, Some(120)).into_refused(),
        Operation::delete(7, "a", 150, Some(160)),
    ];
    let history = History::new(Some(header), operations);
    let order = Order { client: None, operations: vec![1, 0, 3] };
    let ruling = Ruling {
        level: "linearizable".into(),
        word: "holds".into(),
        orders: vec![order],
        ..Ruling::default()
    };
    let data = data_in(&picture(&history, vec![ruling]).html());
    let column = |name: &str| data["operations"][name].to_string();
    assert_eq!(data["clients"].to_string(), r#"["3","5","7"]"#);
    assert_eq!(column("client"), "[0,1,2,2]");
    assert_eq!(column("kind"), "[0,0,1,0]");
    assert_eq!(column("start"), "[0,10,30,50]");
    assert_eq!(column("end"), "[-2,20,40,60]");
    assert_eq!(column("fate"), "[2,1,0,0]");
    assert_eq!(column("server"), "[0,-2,1,-2]");
    assert_eq!(data["texts"].to_string(), r#"["a","1","2","b"]"#);
    assert_eq!(column("key"), "[0,0,3,0]");
    assert_eq!(column("value"), "[1,2,-1,-1]");
    assert_eq!(data["rulings"][0]["orders"][0]["operations"].to_string(), "[0,2,3]");
    assert_eq!(data["seed"], u64::MAX.to_string());
    assert_eq!(data["unit_ns"], 1_000_000);
}

/// So many operations, one after the other.
fn long(count: usize) -> History {
    let write = |at: usize| {
        let start = at as u64 * 10;
        Operation::write(at as u64 % 5, "k", &at.to_string(), start, Some(start + 5))
    };
    History::new(None, (0..count).map(write).collect())
}

#[test]
fn what_is_too_long_is_cut_to_the_beginning_and_the_end() {
    let data = data_in(&picture(&long(SHOWN_MAX + 1), vec![]).html());
    assert_eq!(data["counts"]["total"], SHOWN_MAX + 1);
    assert_eq!(data["counts"]["shown"], SHOWN_MAX);
    assert_eq!(data["windows"].as_array().unwrap().len(), 2);
    assert_eq!(data["windows"][1]["count"], SHOWN_MAX / 2);
    assert_eq!(data["latency"][0]["count"], SHOWN_MAX + 1);
    let whole = data_in(&picture(&long(SHOWN_MAX), vec![]).html());
    assert_eq!(whole["windows"].as_array().unwrap().len(), 0);
}

#[test]
fn what_is_too_long_is_cut_to_the_clash() {
    let clash = vec![20_000, 20_001, 45_000];
    let ruling = Ruling { level: "sequential".into(), clash, ..Ruling::default() };
    let data = data_in(&picture(&long(50_000), vec![ruling]).html());
    let windows = data["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 2);
    assert!(
        windows[0]["from"].as_u64() < Some(200_000) && windows[0]["to"].as_u64() > Some(200_010)
    );
    assert!(
        windows[1]["from"].as_u64() < Some(450_000) && windows[1]["to"].as_u64() > Some(450_000)
    );
    let clash = data["rulings"][0]["clash"].as_array().unwrap();
    assert_eq!(clash.len(), 3);
    let start = |at: usize| &data["operations"]["start"][clash[at].as_u64().unwrap() as usize];
    assert_eq!((start(0), start(2)), (&200_000.into(), &450_000.into()));
    assert!(data["counts"]["shown"].as_u64() <= Some(SHOWN_MAX as u64));
}

#[test]
fn extremes_do_not_panic() {
    let history = History::new(
        None,
        vec![
            Operation::write(u64::MAX, "", "", u64::MAX, None),
            Operation::read(0, &"x".repeat(100_000), None, 0, u64::MAX).at_server(u64::MAX),
        ],
    );
    let absent = Ruling { clash: vec![7, usize::MAX], ..Ruling::default() };
    let html = picture(&history, vec![absent]).html();
    assert!(html.len() < 200_000, "a long key is cut short");
    assert_eq!(data_in(&html)["rulings"][0]["clash"].to_string(), "[]");
    assert_eq!(data_in(&picture(&History::default(), vec![]).html())["span"], 0);
}

/// A diagram of one message and nothing else.
fn diagram() -> Value {
    let nothing = json!({ "at": [] });
    json!({
        "candor_diagram": 2,
        "title": "seed 1",
        "calls": nothing,
        "messages": { "from": [0], "to": [1], "text": [0] },
        "bands": nothing,
        "marks": nothing,
        "states": nothing,
        "texts": ["append"],
    })
}

#[test]
fn a_diagram_is_embedded_as_it_is_whatever_it_says() {
    let clean = diagram::html(&diagram()).unwrap();
    assert_eq!(data_in(&clean), diagram());
    let mut hostile = diagram();
    hostile["title"] = HOSTILE[0].into();
    hostile["texts"] = HOSTILE.to_vec().into();
    let html = diagram::html(&hostile).unwrap();
    for what in ["<script", "</script", "<!--", "<img", "onerror=alert(1)>"] {
        let count = |text: &str| text.matches(what).count();
        assert_eq!(count(&html), count(&clean), "{what} stands in the data");
    }
    assert_eq!(data_in(&html), hostile);
}

#[test]
fn a_diagram_that_the_page_cannot_read_is_refused() {
    let refused = |change: fn(&mut Value)| {
        let mut data = diagram();
        change(&mut data);
        diagram::html(&data).unwrap_err()
    };
    assert_eq!(refused(|data| data["candor_diagram"] = 1.into()), Unreadable::Version);
    assert_eq!(refused(|data| *data = Value::Null), Unreadable::Version);
    assert_eq!(refused(|data| data["marks"] = Value::Null), Unreadable::List("marks"));
    assert_eq!(refused(|data| data["bands"] = json!({})), Unreadable::List("bands"));
    let longer = |data: &mut Value| data["messages"]["to"] = json!([1, 2]);
    assert_eq!(refused(longer), Unreadable::List("messages"));
    let no_list = |data: &mut Value| data["calls"] = json!({ "at": 7 });
    assert_eq!(refused(no_list), Unreadable::List("calls"));
}

#[test]
fn faults_stand_on_the_clock_of_the_operations() {
    let header = Header::new(Unit::Nanoseconds, None);
    let operations = vec![Operation::write(0, "a", "1", 5_000_000, Some(6_000_000))];
    let history = History::new(Some(header), operations);
    let fault = |from_us, until_us, server| Fault { from_us, until_us, server, text: "cut".into() };
    let mut picture = picture(&history, vec![]);
    picture.faults = vec![fault(5_500, None, Some(2)), fault(4_000, Some(5_200), None)];
    let data = data_in(&picture.html());
    assert_eq!(data["faults"]["total"], 2);
    let shown = &data["faults"]["shown"];
    assert_eq!((&shown[0]["from"], &shown[0]["until"]), (&(-1_000_000).into(), &200_000.into()));
    assert_eq!((&shown[1]["from"], &shown[1]["until"]), (&500_000.into(), &Value::Null));
    assert_eq!(shown[1]["server"], "2");
}

#[test]
fn keyspaces_of_another_order_have_levels_of_their_own() {
    let mut header = Header::new(Unit::Milliseconds, Some(Level::Linearizable));
    let (prefix, order) = ("c:".into(), LogOrder::Merged);
    header.keyspaces.push(Keyspace { prefix, order, level: Level::Causal });
    let operations =
        vec![Operation::write(0, "a", "1", 0, Some(1)), Operation::read(1, "c:a", None, 2, 3)];
    let history = History::new(Some(header), operations);
    let report = history::report("t", &history, None, &history::Budget::default());
    let rulings = Ruling::from_report(&report.json);
    let names: Vec<&str> = rulings.iter().map(|ruling| ruling.level.as_str()).collect();
    assert_eq!(names, ["linearizable", "merged causal"]);
    let data = data_in(&picture(&history, rulings).html());
    assert_eq!(data["mixed_levels"], true, "none follows from another");
    let levels: Vec<&Value> =
        data["latency"].as_array().unwrap().iter().map(|group| &group["level"]).collect();
    assert_eq!(levels, ["sequential", "causal"], "the page's own, and that of the keyspace");
}

#[test]
fn the_cycle_of_a_clash_reaches_the_page() {
    let operations = vec![
        Operation::write(0, "q", "1", 0, Some(1)),
        Operation::read(1, "q", Some("1"), 2, 3),
        Operation::write(1, "a", "1", 4, Some(5)),
        Operation::read(2, "a", Some("1"), 6, 7),
        Operation::read(2, "q", None, 8, 9),
    ];
    let history = History::new(None, operations);
    let verdict = history::check(&history, Level::Causal, &history::Budget::default());
    let report = history::report("t", &history, Some(Level::Causal), &history::Budget::default());
    let ruling = Ruling::of(&verdict, &history);
    assert_eq!(Ruling::from_report(&report.json), std::slice::from_ref(&ruling));
    let data = data_in(&picture(&history, vec![ruling]).html());
    let cycle = data["rulings"][0]["cycle"].as_array().unwrap();
    assert_eq!(cycle.len(), 5);
    assert!(cycle.iter().any(|link| link["why"] == "overwritten" && link["from"] == 4));
    assert!(cycle.iter().all(|link| !link["because"].as_str().unwrap().is_empty()));
}

#[test]
fn final_reads_are_counted_apart_and_the_point_is_there() {
    let operations = vec![
        Operation::write(0, "a", "1", 0, Some(1)),
        Operation::read(1, "a", Some("1"), 2, 3).into_refused(),
        Operation::read(7, "a", Some("1"), 10, 11).into_final(),
        Operation::read(8, "a", Some("1"), 10, 11).into_final(),
    ];
    let history = History::new(None, operations);
    let point = Point { text: Some("reads go on".into()), violates: Some("linearizable".into()) };
    let data = Picture { point: Some(point), ..picture(&history, vec![]) }.data();
    let count = |name: &str| data["counts"][name].as_u64().unwrap();
    let counts = ["total", "asked", "finals", "done", "refused", "clients"].map(count);
    assert_eq!(counts, [4, 2, 2, 1, 1, 2]);
    assert_eq!(data["point"]["text"], "reads go on");
    assert_eq!(data["point"]["violates"], "linearizable");
}
