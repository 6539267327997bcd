//! `candor check` from outside: its options, what it prints and how it ends.

#[path = "support/output.rs"]
mod output;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use history::{History, Level, Witness, validate};
use output::assert_lost_output_is_told;
use serde_json::Value;

/// Each client knows its own write first, and then the other's: causal memory, but no convergence.
const CM_NOT_CCV: &str = r#"{"candor_history":1,"unit":"ms","level":"causal"}
{"client":0,"kind":"write","key":"x","value":"1","start":0,"end":10}
{"client":1,"kind":"write","key":"x","value":"2","start":0,"end":10}
{"client":0,"kind":"read","key":"x","value":"2","start":20,"end":30}
{"client":1,"kind":"read","key":"x","value":"1","start":20,"end":30}
"#;

const STALE: &str = r#"{"candor_history":1,"unit":"ms","level":"linearizable"}
{"client":0,"kind":"write","key":"x","value":"1","start":0,"end":10}
{"client":1,"kind":"read","key":"x","value":null,"start":20,"end":30}
"#;

struct Bench(tempfile::TempDir);

impl Bench {
    fn new(files: &[(&str, &str)]) -> Bench {
        let bench = Bench(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(bench.path().join(name), text).unwrap();
        }
        bench
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.arg("check").args(arguments).current_dir(self.path());
        command
    }

    #[track_caller]
    fn check(&self, arguments: &[&str], exit_code: i32) -> String {
        told(&self.command(arguments).output().unwrap(), exit_code)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}

#[track_caller]
fn told(output: &Output, exit_code: i32) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(exit_code), "{text}{output:?}");
    text
}

/// The verdicts on files, without what was judged and why.
fn verdicts(text: &str) -> Vec<String> {
    let answers = text.lines().filter(|line| !line.starts_with(' '));
    let verdict = |line: &str| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": ");
    answers.map(verdict).collect()
}

#[test]
fn causal_means_the_form_that_is_asked_for() {
    let bench = Bench::new(&[("h", CM_NOT_CCV)]);
    // In the header,
    let promised = ": 4 operations of 2 clients (promised by the header)\n";
    let text = bench.check(&["h"], 3);
    assert!(text.starts_with(&format!("h: causal violated{promised}")), "{text}");
    let text = bench.check(&["--causal", "cm", "h"], 0);
    assert!(text.starts_with(&format!("h: cm holds{promised}")), "{text}");
    // where it is asked for,
    let level = |form| ["--level", "causal", "--causal", form, "h"];
    assert_eq!(verdicts(&bench.check(&level("ccv"), 3)), ["h: causal violated"]);
    assert_eq!(verdicts(&bench.check(&level("cm"), 0)), ["h: cm holds"]);
    assert_eq!(verdicts(&bench.check(&level("cc"), 0)), ["h: cc holds"]);
    // but not where a form is named.
    let named = ["--level", "ccv", "--causal", "cm", "h"];
    assert_eq!(verdicts(&bench.check(&named, 3)), ["h: causal violated"]);
    bench.check(&["--causal", "pram", "h"], 2);
}

#[test]
fn the_answer_comes_first_then_all_levels_then_why() {
    let bench = Bench::new(&[("stale", STALE)]);
    let answer = "stale: linearizable violated: 2 operations of 2 clients (promised by the header)
  holds: sequential, causal, cm, cc, pram, wfr, mw, ryw, mr; violated: linearizable; undecided: eventual
  because client 1's read began 10 ms after client 0's write of \"1\" was acknowledged, and returned the \
                  initial value (nothing)
    client 0 write x=1, from 0 to 10 ms (line 2)
    client 1 read x=nothing, from 20 to 30 ms (line 3)
  undecided eventual: there is no final read of \"x\"
  (final read: asked once nobody writes any more, to see whether all servers agree)
";
    assert_eq!(bench.check(&["stale"], 3), answer);
    // Each level with its proof stands below, for who asks.
    let all = bench.check(&["--all", "stale"], 3);
    let details = all.strip_prefix(answer).expect("the answer is the same");
    assert!(
        details.contains("\n  sequential holds\n    witness: client 1 read x=nothing"),
        "{all}"
    );
    bench.check(&["--all", "--json", "stale"], 2);
    let help = bench.check(&["--help"], 0);
    for word in ["pram", "wfr", "final read", "ertificates", "witness", "line 4"] {
        assert!(help.contains(word), "{word} is explained");
    }
}

#[test]
fn places_are_told_as_an_editor_shows_them() {
    let event = |process, kind, value| {
        format!("{{:process {process}, :type :{kind}, :f :read, :value {value}}}")
    };
    let events = [event(0, "invoke", "nil"), event(0, "ok", "7"), event(1, "invoke", "nil")];
    let events = [&events[..], &[event(1, "ok", "8")]].concat();
    let bench =
        Bench::new(&[("one", &format!("[{}]", events.join(" "))), ("each", &events.join("\n"))]);
    // Nobody wrote what was read.
    let place = |file: &str| {
        let text = bench.check(&["--level", "linearizable", file], 3);
        let (_, place) =
            text.split_once("client 0 read register=7, from event 0 to event 1 ").unwrap();
        place.lines().next().unwrap().to_owned()
    };
    assert_eq!(place("each"), "(line 1)");
    assert_eq!(place("one"), "(line 1, column 2)");
    // A certificate that proves nothing is told by what was done, not by a number.
    let certified = |line: &str, rest: &str| format!("{},{rest}}}", line.trim_end_matches('}'));
    let position = ["\"position\":[2,0]", "\"position\":[1,0],\"by\":null"];
    let lines: Vec<&str> = STALE.lines().collect();
    let text =
        [lines[0].to_owned(), certified(lines[1], position[0]), certified(lines[2], position[1])]
            .join("\n");
    let bench = Bench::new(&[("stale", &text)]);
    let text = bench.check(&["--level", "linearizable", "stale"], 3);
    let why = "(client 0 write x=1 (line 2) ended before one placed earlier began)";
    assert!(text.contains(why) && text.contains("(certificates: what the store said"), "{text}");
}

#[test]
fn an_answer_that_is_lost_is_a_failure_and_a_closed_pipe_is_none() {
    let bench = Bench::new(&[("stale", STALE)]);
    for options in [&[][..], &["--json"]] {
        let mut command = bench.command(&[options, &["stale"]].concat());
        assert_lost_output_is_told(&mut command, 3);
    }
}

#[test]
fn keys_start_with_what_init_says() {
    let reads = |value: &str| {
        format!(r#"{{"client":0,"kind":"read","key":"x","value":{value},"start":0,"end":1}}"#)
    };
    let files = [("five", reads("\"5\"")), ("nothing", reads("null")), ("null", reads("\"null\""))];
    let bench = Bench::new(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let code = |init: &str, file: &str| {
        let command = &mut bench.command(&["--level", "linearizable", "--init", init, file]);
        command.output().unwrap().status.code()
    };
    assert_eq!(code("5", "five"), Some(0));
    assert_eq!(code("\"5\"", "five"), Some(0));
    assert_eq!(code("null", "five"), Some(3));
    assert_eq!(code("null", "nothing"), Some(0));
    assert_eq!(code("5", "nothing"), Some(3));
    assert_eq!(code("\"null\"", "null"), Some(0));
    bench.check(&["--level", "linearizable", "nothing"], 0);
    // Porcupine's key-value logs say themselves that keys start as the empty text.
    let log = "{:process 0, :type :invoke, :f :get, :key \"0\", :value nil}\n\
               {:process 0, :type :ok, :f :get, :key \"0\", :value \"\"}\n";
    let bench = Bench::new(&[("kv", log)]);
    bench.check(&["--level", "linearizable", "kv"], 0);
    bench.check(&["--level", "linearizable", "--init", "null", "kv"], 3);
}

#[test]
fn a_file_that_promises_nothing_is_judged_by_linearizable() {
    let stale = STALE.lines().skip(1).collect::<Vec<_>>().join("\n");
    let bench = Bench::new(&[("stale", &stale), ("fine", stale.lines().next().unwrap())]);
    let says = "nothing was promised, so this level decides";
    let text = bench.check(&["stale"], 3);
    let judged = "2 operations of 2 clients";
    assert!(
        text.starts_with(&format!("stale: linearizable violated: {judged} ({says})\n")),
        "{text}"
    );
    let text = bench.check(&["fine"], 0);
    let judged = "1 operation of 1 client";
    assert!(text.starts_with(&format!("fine: linearizable holds: {judged} ({says})\n")), "{text}");
    // What was asked for is a promise.
    assert!(!bench.check(&["--level", "sequential", "stale"], 0).contains(says));
}

#[test]
fn what_is_skipped_is_counted() {
    let log = "INFO  jepsen.core - Running test\n\
               INFO  jepsen.util - 0\t:invoke\t:write\t3\n\
               INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
               INFO  jepsen.util - :nemesis\t:info\t:stop\tnil\n\
               INFO  jepsen.util - :nemesis\t:info\t:stop\tnil\n\
               INFO  jepsen.util - 0\t:ok\t:write\t3\n";
    let bench = Bench::new(&[("log", log)]);
    let text = bench.check(&["log"], 0);
    assert!(
        text.contains("\n  3 lines of the nemesis, 1 line that is no event skipped\n"),
        "{text}"
    );
    let object: Value = serde_json::from_str(&bench.check(&["--json", "log"], 0)).unwrap();
    let skipped = &object["skipped"];
    assert_eq!((&skipped["nemesis"], &skipped["others"]), (&Value::from(3), &Value::from(1)));
}

/// Many clients that compare and set few values of one key at once, one of them wrong in the end.
fn hostile() -> String {
    let mut text = String::new();
    for number in 0..120 {
        let (from, to) = (number * 7 % 11, number * 5 % 13);
        text.push_str(&format!(
            "{{\"client\":{number},\"kind\":\"cas\",\"key\":\"x\",\"from\":\"{from}\",\"to\":\"{to}\",\
             \"ok\":true,\"start\":{number},\"end\":1000}}\n"
        ));
    }
    text.push_str(r#"{"client":900,"kind":"write","key":"x","value":"0","start":0,"end":9}"#);
    text
}

#[test]
fn past_its_budget_a_level_is_undecided() {
    let bench = Bench::new(&[("hostile", &hostile())]);
    for level in ["linearizable", "sequential"] {
        let all = ["--level", level, "--budget", "60s", "--memory", "4MiB", "hostile"];
        let text = bench.check(&all, 4);
        assert_eq!(verdicts(&text), [format!("hostile: {level} undecided")]);
        assert!(text.contains("its budget of memory is spent"), "{text}");
        assert!(text.contains("the longest order found has"), "{text}");
        let text = bench.check(&["--level", level, "--budget", "50ms", "hostile"], 4);
        assert!(text.contains("its budget of time is spent"), "{text}");
    }
    let text = bench.check(&["--level", "causal", "--memory", "20kB", "hostile"], 4);
    assert_eq!(verdicts(&text), ["hostile: causal undecided"]);
    for bad in [["--budget", "60"], ["--budget", "soon"], ["--memory", "2"], ["--memory", "-1MB"]] {
        bench.check(&[bad[0], bad[1], "hostile"], 2);
    }
}

#[test]
fn a_witness_is_written_in_a_form_that_can_be_checked_again() {
    let bench = Bench::new(&[("stale", STALE), ("causal", CM_NOT_CCV)]);
    // The promised level is violated, so it is that of the strongest that holds.
    let text = bench.check(&["--witness", "w", "stale"], 3);
    assert!(text.ends_with("  the witness of sequential is written to w\n"), "{text}");
    let witness = bench.read("w");
    assert_eq!(
        witness.lines().collect::<Vec<_>>(),
        [
            r#"{"candor_witness":1,"level":"sequential"}"#,
            r#"{"order":0}"#,
            r#"{"operation":1,"line":3,"client":1,"kind":"read","key":"x","value":null,"start":20,"end":30}"#,
            r#"{"operation":0,"line":2,"client":0,"kind":"write","key":"x","value":"1","start":0,"end":10}"#,
        ]
    );
    let (level, witness) = Witness::from_jsonl(&witness).unwrap();
    let history = History::from_jsonl(STALE).unwrap();
    assert_eq!(validate(&history, level, &witness), Ok(()));
    assert!(validate(&history, Level::Linearizable, &witness).is_err());
    // A level with an order for each client, and who saw whom.
    bench.check(&["--level", "cm", "--witness", "cm", "causal"], 0);
    let (level, witness) = Witness::from_jsonl(&bench.read("cm")).unwrap();
    assert_eq!((level, witness.orders.len(), witness.sources.len()), (Level::Cm, 2, 2));
    assert_eq!(validate(&History::from_jsonl(CM_NOT_CCV).unwrap(), level, &witness), Ok(()));
    // Where nothing holds by an order there is none, and that is said.
    let text = bench.check(&["--level", "linearizable", "--witness", "none", "stale"], 3);
    assert!(text.contains("no witness is written"), "{text}");
    assert!(!bench.path().join("none").exists());
    let text = bench.check(&["--witness", "no/such/place", "--level", "pram", "stale"], 1);
    assert!(text.contains("no/such/place"), "{text}");
    bench.check(&["--witness", "w", "stale", "causal"], 2);
}

#[test]
fn files_of_any_form_also_from_standard_input() {
    let bench = Bench::new(&[
        (
            "edn",
            "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write, :value 3}",
        ),
        (
            "json",
            r#"[{"process":0,"type":"invoke","f":"read","value":null},{"process":0,"type":"ok","f":"read","value":null}]"#,
        ),
        (
            "log",
            "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\tnil\n",
        ),
        ("nothing", ""),
        ("broken", "{\"client\":0,\n"),
        ("broken.edn", "{:process 0, :type :invoke, :f :dance, :value 3}\n"),
        ("stale", STALE),
    ]);
    for file in ["edn", "json", "log"] {
        let text = bench.check(&["--level", "linearizable", file], 0);
        let judged = "1 operation of 1 client";
        assert!(text.starts_with(&format!("{file}: linearizable holds: {judged}\n")), "{text}");
    }
    assert!(bench.check(&["nothing"], 4).contains("nothing was there to judge"));
    bench.check(&["--level", "eventual", "nothing"], 4);
    assert!(bench.check(&["broken"], 78).starts_with("broken:1:12: "));
    assert!(bench.check(&["broken.edn"], 78).starts_with("broken.edn:1:1: "));
    assert!(bench.check(&["missing"], 78).starts_with("missing: cannot be read: "));
    // A folder can be opened, and not read.
    assert!(bench.check(&["."], 78).starts_with(".: cannot be read: "));
    let mut child = bench.command(&["--json", "--level", "sequential", "-", "stale", "missing"]);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(STALE.as_bytes()).unwrap();
    let text = told(&child.wait_with_output().unwrap(), 78);
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files: Vec<&Value> = objects.iter().map(|object| &object["file"]).collect();
    assert_eq!(files, ["-", "stale", "missing"]);
    assert_eq!(objects[0]["verdicts"][0]["verdict"], "holds");
    bench.check(&["-", "-"], 2);
}
