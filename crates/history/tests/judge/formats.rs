//! Other people's histories: what they mean here, and what is refused.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use history::{Budget, History, Kind, Level, Operation, Unit, check};

const GOOD: &str =
    "{\"client\":0,\"kind\":\"write\",\"key\":\"x\",\"value\":\"1\",\"start\":0,\"end\":10}\n";

fn read(text: &str) -> History {
    History::from_bytes(text.as_bytes()).unwrap_or_else(|broken| panic!("{broken}\n{text}"))
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    let refusal = History::from_bytes(text.as_bytes()).expect_err("a refusal");
    assert_eq!(refusal.to_string(), expected);
}

fn kinds(history: &History) -> Vec<Kind> {
    history.operations.iter().map(|operation| operation.kind.clone()).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_string())
}

#[test]
fn a_log_of_jepsen_util() {
    let log = "INFO  jepsen.util - 0\t:invoke\t:write\t3\n\
               INFO  jepsen.util - 1   :invoke :cas    [3 4]\n\
               INFO  jepsen.core - something else\n\
               INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
               INFO  jepsen.util - 0\t:ok\t:write\t3\n\
               INFO  jepsen.util - 1\t:fail\t:cas\t[3 4]\n\
               INFO  jepsen.util - 2\t:invoke\t:read\tnil\n\
               INFO  jepsen.util - 2\t:ok\t:read\tnil\n\
               INFO  jepsen.util - 0\t:invoke\t:read\tnil\n\
               INFO  jepsen.util - 0\t:fail\t:read\t:timed-out\n\
               INFO  jepsen.util - 0\t:invoke\t:write\t5\n\
               INFO  jepsen.util - 0\t:info\t:write\t:timed-out\n";
    let history = read(log);
    let expected = vec![
        Kind::Write { value: some("3") },
        Kind::Cas { from: some("3"), to: some("4"), ok: Some(false) },
        Kind::Read { value: None, ok: true },
        Kind::Read { value: None, ok: false },
        Kind::Write { value: some("5") },
    ];
    assert_eq!(kinds(&history), expected);
    assert_eq!(history.unit(), Unit::Events);
    assert_eq!(history.operations[4].end, None);
    assert_eq!(history.operations[2].line, 7);
    // Nothing was read after 3 was acknowledged.
    let verdict = check(&history, Level::Linearizable, &Budget::default());
    assert_eq!(
        verdict.lines(&history)[0],
        "client 2's read began 2 events after client 0's write of \"3\" was acknowledged, and \
         returned the initial value (nothing)"
    );
}

#[test]
fn events_as_edn() {
    let edn = "; a register\n\
               {:type :invoke, :f :write, :value 1, :process 0, :time 10, :index 0}\n\
               {:type :invoke, :f :read, :value nil, :process 1, :time 11, :index 1}\n\
               {:type :ok, :f :write, :value 1, :process 0, :time 25, :index 2}\n\
               {:type :ok, :f :read, :value nil, :process 1, :time 30, :index 3}\n\
               {:type :info, :f :kill, :value nil, :process :nemesis, :time 31, :index 4}\n\
               {:type :invoke, :f :cas, :value [1 2], :process 0, :time 40, :index 5}\n\
               {:type :fail, :f :cas, :value [1 2], :process 0, :time 50, :index 6}\n";
    let history = read(edn);
    assert_eq!(history.unit(), Unit::Nanoseconds);
    assert_eq!((history.operations[0].start, history.operations[0].end), (10, Some(25)));
    // A read of nil found nothing there; as with Knossos, a cas that failed did not run.
    assert_eq!(history.operations[1].kind, Kind::Read { value: None, ok: true });
    assert!(history.operations[2].refused);
    // The same in one vector, and with lists.
    let vector = edn.replace("; a register\n", "[").trim_end().to_string() + "]";
    let again = read(&vector);
    assert_eq!(kinds(&again), kinds(&history));
}

#[test]
fn events_as_json() {
    let json = r#"[{"type":"invoke","f":"write","value":[7,"a"],"process":0,"time":5},
        {"type":"invoke","f":"cas","value":[8,["b","c"]],"process":1,"time":6},
        {"type":"ok","f":"write","value":[7,"a"],"process":0,"time":9},
        {"type":"info","f":"cas","value":[8,["b","c"]],"process":1,"time":10,"error":"timeout"}]"#;
    let history = read(json);
    assert_eq!(history.operations[0].key, "7");
    assert_eq!(history.operations[1].key, "8");
    let cas = Kind::Cas { from: some("b"), to: some("c"), ok: None };
    assert_eq!(kinds(&history), vec![Kind::Write { value: some("a") }, cas]);
    let lines = "{\"process\":0,\"type\":\"invoke\",\"f\":\"append\",\"key\":\"k\",\"value\":\"x\"}\n\
                 {\"process\":0,\"type\":\"ok\",\"f\":\"append\",\"key\":\"k\",\"value\":\"x\"}\n";
    assert_eq!(kinds(&read(lines)), vec![Kind::Append { value: "x".to_string() }]);
}

#[test]
fn a_key_value_log_of_porcupine() {
    let log = r#"{:process 0, :type :invoke, :f :get, :key "a", :value nil}
{:process 1, :type :invoke, :f :append, :key "a", :value "x 1 y"}
{:process 0, :type :ok, :f :get, :key "a", :value ""}
{:process 1, :type :ok, :f :append, :key "a", :value "x 1 y"}
{:process 0, :type :invoke, :f :get, :key "a", :value nil}
{:process 0, :type :ok, :f :get, :key "a", :value "x 1 y"}
{:process 1, :type :invoke, :f :put, :key "a", :value "z"}
{:process 1, :type :ok, :f :put, :key "a", :value "z"}
"#;
    let history = read(log);
    assert_eq!(history.initial, some(""));
    assert!(check(&history, Level::Linearizable, &Budget::default()).holds());
    let lost = log.replace(
        ":key \"a\", :value \"x 1 y\"}\n{:process 1, :type :invoke, :f :put",
        ":key \"a\", :value \"\"}\n{:process 1, :type :invoke, :f :put",
    );
    assert!(check(&read(&lost), Level::Linearizable, &Budget::default()).is_violated());
    assert!(check(&read(&lost), Level::Sequential, &Budget::default()).holds());
}

#[test]
fn broken_events() {
    let event = |rest: &str| format!("{{:process 0, :type :invoke, :f :read}}\n{{{rest}}}");
    refuses(
        &event(":process 1, :type :begun, :f :read"),
        "2:1: `:type` is one of :invoke, :ok, :fail, :info",
    );
    refuses(
        &event(":type :ok, :f :read"),
        "2:1: missing `:process`: the client, a number or another scalar",
    );
    refuses(
        &event(":process 1, :type :invoke, :f :enqueue, :value 1"),
        "2:1: unknown operation :enqueue; the judge knows :read :get :write :put :set :cas \
         :append :incr :delete",
    );
    refuses(
        &event(":process 0, :type :invoke, :f :read"),
        "2:1: client 0 asks again before its answer came",
    );
    refuses(
        &event(":process 5, :type :ok, :f :read"),
        "2:1: client 5 is answered but asked nothing",
    );
    refuses(
        &event(":process 1, :type :invoke, :f :cas, :value 3"),
        "2:1: a cas has two values, [from to]",
    );
    refuses("[{:process 0, :type :invoke, :f :read]", "1:38: this bracket closes nothing");
    refuses("[{:process 0, :type \"inv", "1:25: the file ends inside this string");
    let deep = format!("[{{:process 0, :value {}", "[".repeat(100));
    assert!(History::from_bytes(deep.as_bytes()).is_err());
    refuses(
        "INFO  jepsen.util - 0\t:began\t:read\tnil",
        "1:21: behind the client comes :invoke, :ok, :fail or :info",
    );
}

fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name);
    std::fs::read(path).expect("a readable file")
}

#[test]
fn compressed_files_of_each_kind_of_block() {
    let write = Operation { line: 1, ..Operation::write(0, "x", "1", 0, Some(5)) };
    let stored = History::from_bytes(&file("stored.jsonl.gz")).expect("a good file");
    assert_eq!(stored.operations, vec![write]);
    let dynamic = History::from_bytes(&file("dynamic.jsonl.gz")).expect("a good file");
    assert_eq!(dynamic.operations.len(), 400);
    assert!(check(&dynamic, Level::Linearizable, &Budget::default()).holds());
    // Three times the same operation: they overlap, but they were read.
    let fixed = History::from_bytes(&file("fixed.jsonl.gz")).expect_err("three at once");
    assert_eq!((fixed.line, fixed.column), (2, 58));
    let mut two = file("stored.jsonl.gz");
    two.extend(file("stored.jsonl.gz"));
    assert_eq!(History::from_bytes(&two).expect_err("two at once").line, 2);
}

#[test]
fn what_is_wrong_with_a_compressed_file_is_told() {
    let good = file("dynamic.jsonl.gz");
    let told = |bytes: &[u8]| History::from_bytes(bytes).expect_err("a refusal").to_string();
    assert_eq!(told(&good[..good.len() / 2]), "1:1: the gzip file is cut off");
    assert_eq!(told(&good[..good.len() - 1]), "1:1: the gzip file is cut off");
    let spoil = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        bytes
    };
    assert_eq!(told(&spoil(2)), "1:1: the gzip header is damaged");
    let checksum = "1:1: the gzip file is damaged: its checksum differs";
    assert_eq!(told(&spoil(good.len() - 8)), checksum);
    assert_eq!(told(&spoil(good.len() - 1)), checksum, "its length is a checksum, too");
    let behind = [&good[..], b"and more than a header has"].concat();
    assert_eq!(told(&behind), "1:1: the gzip header is damaged");
}

#[test]
fn a_file_that_unpacks_to_more_than_is_allowed_is_not_unpacked() {
    let text = GOOD.repeat(10_000);
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    assert!(packed.len() * 50 < text.len());
    let read = |bytes_max| History::from_bytes_within(&packed, bytes_max);
    assert_eq!(read(text.len()), Ok(None));
    assert!(read(usize::MAX).is_err(), "they overlap, but were unpacked");
}

/// Where a value is a list, a text of two bytes is a datum.
#[test]
fn a_long_list_is_not_read_where_it_takes_more_memory_than_allowed() {
    let list = "1 ".repeat(100_000);
    let events = format!("{{:process 0, :type :ok, :f :read, :value [{list}]}}");
    let log = format!("INFO jepsen.util - 0 :ok :read [{list}]\n");
    for text in [events, log] {
        let read = |bytes_max| History::from_bytes_within(text.as_bytes(), bytes_max);
        assert_eq!(read(30 * text.len()), Ok(None));
        assert!(read(70 * text.len()).is_err(), "it was read, and is no value");
    }
}

#[test]
fn damaged_compressed_files_are_refused_everywhere() {
    let good = file("dynamic.jsonl.gz");
    for length in (0..good.len()).step_by(7).skip(1) {
        assert!(History::from_bytes(&good[..length]).is_err(), "cut at {length}");
    }
    // The last byte of the data has bits that mean nothing.
    for at in (10..good.len()).step_by(3).filter(|&at| at != good.len() - 9) {
        let mut damaged = good.clone();
        damaged[at] ^= 0x10;
        assert!(History::from_bytes(&damaged).is_err(), "damaged at {at}");
    }
}
