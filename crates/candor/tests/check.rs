//! `candor check` from outside: its options, what it prints and how it ends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use history::{History, Level, Witness, validate};
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

/// The lines about levels, without their details.
fn verdicts(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with(' ')).collect()
}

#[test]
fn causal_means_the_form_that_is_asked_for() {
    let bench = Bench::new(&[("h", CM_NOT_CCV)]);
    // In the header,
    assert!(bench.check(&["h"], 3).contains("h: causal violated\n  promised by the header"));
    assert!(bench.check(&["--causal", "cm", "h"], 0).contains("h: cm holds\n  promised by"));
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
    assert!(text.contains(&format!("stale: linearizable violated\n  {says}\n")), "{text}");
    let text = bench.check(&["fine"], 0);
    assert!(text.contains(&format!("fine: linearizable holds\n  {says}\n")), "{text}");
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
    assert!(text.contains("stale: sequential holds\n  witness written to w\n"), "{text}");
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
        assert!(text.starts_with(&format!("{file}: linearizable holds\n")), "{text}");
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
