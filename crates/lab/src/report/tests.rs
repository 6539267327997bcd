//! What people and machines get to see of a run, made of times that never change.

use std::path::PathBuf;
use std::time::Duration;

use anstream::adapter::strip_str;
use history::{Level, Outcome};

use super::comparison::{Column, Comparison};
use super::{
    Live, Phase, compare, fault_line, figures_table, levels_lines, repeats_table, summary,
    verdict_lines,
};
use crate::attempt::figures::Figures;
use crate::attempt::final_reads::QuietEnd;
use crate::attempt::judgement::Judgement;
use crate::attempt::outcome::FileResult;
use crate::attempt::outcome::{Attempt, Expected, StatedOrder};
use crate::attempt::recording::FinalRead;
use crate::attempt::recording::{Recording, Told};
use crate::attempt::stated_order::OperationId;
use crate::clients::delays;
use crate::clients::step::{Answer, Step};
use crate::scenario::Scenario;
use crate::servers::cluster::Ready;

const MS: u64 = 1_000_000;

/// Two clients that write `a`, then read it.
fn scenario(level: &str) -> Scenario {
    let client = |number: u64| {
        format!(
            r#"{{"client_number":{number},"server_number":{number},"requests":[
                {{"type":"set","key":"a","value":{}}},{{"type":"get","key":"a"}}]}}"#,
            (number + 1) * 100
        )
    };
    let text = format!(
        r#"{{"num_servers":2,"consistency_level":"{level}","clients":[{},{}]}}"#,
        client(0),
        client(1)
    );
    Scenario::parse("f", &text).unwrap()
}

/// A run in which client 0 wrote 100, then client 1 wrote 200, then both read: this, and 200.
fn recording(scenario: &Scenario, first_read: &str) -> Recording {
    let mut recording = Recording::new(scenario, delays::draw(scenario, 7));
    recording.begin(0);
    let value = |text: &str| Answer::Value(Some(text.into()));
    let told = [
        (0, 0, MS, 3 * MS, Answer::Written),
        (1, 0, 5 * MS, 9 * MS, Answer::Written),
        (0, 1, 21 * MS, 22 * MS, value(first_read)),
        (1, 1, 23 * MS, 23 * MS + 500_000, value("200")),
    ];
    for (client, step, start, end, answer) in told {
        let told = Told {
            drawn: None,
            server: client,
            renewals: 0,
            instants_ns: (start, end),
            answer,
            certificate: None,
        };
        assert!(recording.note(OperationId { client, step }, told));
    }
    recording.finish(0);
    recording.finish(1);
    recording
}

fn attempt(scenario: &Scenario, recording: &Recording) -> Attempt {
    Attempt {
        keyspaces: scenario.keyspaces.clone(),
        scenario: "test/two.json".into(),
        servers: 2,
        clients: 2,
        run: 1,
        number: 1,
        seed: 7,
        directory: PathBuf::from("runs/two"),
        ready: Ready { leader: Some(0), after: Duration::from_millis(250) },
        figures: Figures::of(recording),
        judgement: Judgement::of(&recording.history()),
        order: StatedOrder::None,
        shows: None,
        expected: None,
        command: "candor run --seed 7 test/two.json".into(),
        quiet: None,
        troubles: vec![],
        faults: vec![],
        standings: vec![],
    }
}

/// An attempt whose final reads agree on 200, 15 ms after the last write.
fn merged_attempt(first_read: &str) -> Attempt {
    let scenario = scenario("eventual");
    let mut recording = recording(&scenario, first_read);
    let numbers = vec![recording.fresh_number(), recording.fresh_number()];
    let read = |(server, number): (usize, &u64)| FinalRead {
        level: None,
        number: *number,
        server,
        key: "a".into(),
        start: 23 * MS + 600_000,
        answer: Some((Some("200".into()), 24 * MS)),
        certificate: None,
    };
    recording.set_finals(numbers.iter().enumerate().map(read).collect());
    let quiet = QuietEnd {
        numbers,
        rounds: 1,
        agreed_after: Some(Duration::from_millis(15)),
        agreed_on: vec![("a".into(), Some("200".into()))],
        silent: vec![],
    };
    Attempt { quiet: Some(quiet), ..attempt(&scenario, &recording) }
}

/// What the terminal shows of random operations and a fault: one done, one refused, two unknown.
fn under_fire() -> (Vec<String>, Figures) {
    let text = r#"{"num_servers":2,"consistency_level":"sequential","workload":{"clients":1,
        "operations":4,"cas":1}}"#;
    let scenario = Scenario::parse("f", text).unwrap();
    let mut recording = Recording::new(&scenario, delays::draw(&scenario, 7));
    recording.begin(0);
    let (mut phase, key) = (Phase::default(), || "k0".to_owned());
    let told = [
        (Step::Cas { key: key(), from: None, to: "0-0".into() }, 3, Answer::Swapped(true)),
        (Step::Read { key: key(), level: None }, 9, Answer::Refused("CLUSTERDOWN why".into())),
        (
            Step::Read { key: key(), level: None },
            12,
            Answer::Unknown("connection broken: x".into()),
        ),
        (
            Step::Write { key: key(), value: "0-3".into() },
            40,
            Answer::Unknown("INDETERMINATE".into()),
        ),
    ];
    for (place, (step, end, answer)) in told.into_iter().enumerate() {
        let told = Told {
            drawn: Some(step),
            server: place % 2,
            renewals: place as u64,
            instants_ns: ((end - 2) * MS, end * MS),
            answer,
            certificate: None,
        };
        assert!(recording.note(OperationId { client: 0, step: place }, told));
        phase.note(recording.operations().last().unwrap());
    }
    let mut lines: Vec<String> = phase.line().into_iter().collect();
    lines.push(fault_line(40_500, "kill server 1, which leads"));
    (lines, Figures::of(&recording))
}

/// Operations that took seconds, some of which were not done.
fn slow_figures() -> Figures {
    let scenario = scenario("linearizable");
    let mut recording = Recording::new(&scenario, delays::draw(&scenario, 7));
    recording.begin(0);
    let answers = [(0, 0, Answer::Written), (0, 1, Answer::Value(None))];
    let answers = answers.into_iter().chain([(1, 0, Answer::Unknown("INDETERMINATE".into()))]);
    for (client, step, answer) in answers {
        let (start, end) = (step as u64 * 5_000 * MS, (step as u64 + 1) * 4_500 * MS);
        let told = Told {
            drawn: None,
            server: client,
            renewals: 0,
            instants_ns: (start, end),
            answer,
            certificate: None,
        };
        assert!(recording.note(OperationId { client, step }, told));
    }
    Figures::of(&recording)
}

/// Runs in trouble, of scenarios with long names and at the level with the longest.
fn troubles() -> [FileResult; 2] {
    let (_, figures) = under_fire();
    let scenario = scenario("linearizable");
    let run = attempt(&scenario, &recording(&scenario, "100"));
    ["scenarios/pause-past-election.json", "a-name-that-is-much-too-long-for-a-table.json"].map(
        |file| {
            let mut result = FileResult::new(file.as_ref(), Level::Linearizable);
            result.add(Attempt { figures: figures.clone(), ..run.clone() });
            result
        },
    )
}

/// Lines as they are seen where there are no colours.
fn plain(lines: impl IntoIterator<Item = String>) -> String {
    let tidy = |line: &str| strip_str(line).to_string().trim_end().to_owned();
    let lines: Vec<String> =
        lines.into_iter().flat_map(|l| l.lines().map(tidy).collect::<Vec<_>>()).collect();
    lines.join("\n")
}

/// Three files that are equal but for their level: one broke its promise, one showed what stronger
/// levels forbid, one did not come to its end.
fn with_comparison<T>(use_it: impl FnOnce(&Comparison<'_>) -> T) -> T {
    let scenarios = ["linearizable", "eventual", "sequential"].map(scenario);
    let bad = attempt(&scenarios[0], &recording(&scenarios[0], "100"));
    let mut results = [
        FileResult::new("test/t1-1.json".as_ref(), Level::Linearizable),
        FileResult::new("test/t1-3.json".as_ref(), Level::Eventual),
        FileResult::new("test/t1-2.json".as_ref(), Level::Sequential),
    ];
    results[0].add(bad);
    results[1].add(merged_attempt("100"));
    results[2].failures.push("server 1 did not start".into());
    let columns = scenarios.iter().zip(&results);
    let columns = columns.map(|(scenario, result)| Column { scenario, result });
    let [comparison] = &Comparison::all(columns)[..] else { panic!("there is one comparison") };
    use_it(comparison)
}

/// What is said of runs that were repeated: some showed what a stronger level forbids, some did
/// not, and of one it is not known.
fn several_runs() -> Vec<String> {
    let undecided = |mut attempt: Attempt| {
        for other in &mut attempt.judgement.others {
            other.outcome = Outcome::Undecided("its budget of time is spent".into());
        }
        attempt
    };
    let scenarios = ["eventual", "causal", "sequential"].map(scenario);
    let mut results = [
        FileResult::new("t.json".as_ref(), Level::Eventual),
        FileResult::new("t.json".as_ref(), Level::Causal),
        FileResult::new("t.json".as_ref(), Level::Sequential),
    ];
    results[0].add(merged_attempt("200"));
    results[0].add(Attempt { run: 2, ..merged_attempt("100") });
    results[0].add(Attempt { run: 3, ..undecided(merged_attempt("100")) });
    let causal = attempt(&scenarios[1], &recording(&scenarios[1], "100"));
    results[1].add(undecided(causal.clone()));
    results[1].add(Attempt { run: 2, ..undecided(causal) });
    let good = attempt(&scenarios[2], &recording(&scenarios[2], "200"));
    results[2].add(good.clone());
    results[2].add(Attempt { run: 2, ..good });
    let columns = scenarios.iter().zip(&results);
    let columns = columns.map(|(scenario, result)| Column { scenario, result });
    Comparison::all(columns).iter().flat_map(levels_lines).collect()
}

#[test]
fn only_what_is_equal_but_for_its_level_and_ran_is_compared() {
    let scenarios = ["linearizable", "eventual", "eventual"].map(scenario);
    let other = Scenario { request_timeout_ms: Some(50), ..scenarios[1].clone() };
    let good = attempt(&scenarios[0], &recording(&scenarios[0], "200"));
    let result = |level, ran: bool| {
        let mut result = FileResult::new("t.json".as_ref(), level);
        if ran {
            result.add(good.clone());
        }
        result
    };
    let strong = (&scenarios[0], &result(Level::Linearizable, true));
    let weak = (&scenarios[1], &result(Level::Eventual, true));
    let again = (&scenarios[2], &result(Level::Eventual, true));
    let failed = (&scenarios[1], &result(Level::Eventual, false));
    let different = (&other, &result(Level::Eventual, true));
    let compared = |pairs: &[(&Scenario, &FileResult)]| -> Vec<usize> {
        let column = |&(scenario, result): &_| Column { scenario, result };
        Comparison::all(pairs.iter().map(column)).iter().map(|c| c.columns.len()).collect()
    };
    assert_eq!(compared(&[strong, weak]), [2]);
    assert_eq!(compared(&[strong, weak, again]), [3]);
    assert_eq!(compared(&[weak, again]), [] as [usize; 0], "one level alone");
    assert_eq!(compared(&[strong, failed]), [] as [usize; 0], "one alone came to its end");
    assert_eq!(compared(&[strong, different]), [] as [usize; 0], "they do not do the same");
    assert_eq!(compared(&[strong, different, weak]), [2]);
}

/// All that is shown, each with a title.
fn shown() -> Vec<(&'static str, String)> {
    let linearizable = scenario("linearizable");
    let recording_of_good = recording(&linearizable, "200");
    let good = attempt(&linearizable, &recording_of_good);
    let bad = attempt(&linearizable, &recording(&linearizable, "100"));
    let stale = merged_attempt("100");
    let fresh = Attempt { run: 2, seed: 8, ..merged_attempt("200") };
    let mut troubled = bad.clone();
    troubled.troubles = vec!["server 1 (pid 7) ended by signal 9".into()];
    troubled.order = StatedOrder::Missed("one should have ended before the other".into());
    assert_eq!([&good, &bad, &stale, &troubled].map(Attempt::exit_code), [0, 3, 0, 1]);

    let mut lost = bad.clone();
    for other in &mut lost.judgement.others {
        other.outcome = bad.judgement.promised.outcome.clone();
    }
    let (fire, fire_figures) = under_fire();
    let expecting = |is_seen| {
        let expected = Some(Expected { level: Level::Sequential, is_seen });
        plain(verdict_lines(&Attempt { expected, ..stale.clone() }))
    };
    let live = Live::of(&linearizable);
    let rows = recording_of_good.operations().iter().map(|told| live.row(told, &recording_of_good));
    let operations = std::iter::once(live.header()).chain(rows);
    let mut results = [
        FileResult::new("test/t1-1.json".as_ref(), Level::Linearizable),
        FileResult::new("test/t1-3.json".as_ref(), Level::Eventual),
        FileResult::new("test/t9.json".as_ref(), Level::Sequential),
    ];
    results[0].add(bad.clone());
    results[1].add(stale.clone());
    let mut asleep = [
        FileResult::new("a.json".as_ref(), Level::Sequential),
        FileResult::new("b.json".as_ref(), Level::Sequential),
    ];
    asleep.iter_mut().for_each(|result| result.add(good.clone()));
    asleep[0].figures.slept_ns = asleep[0].figures.lived_ns / 100 * 93;
    vec![
        ("operations stand in columns", plain(operations)),
        ("a promise that was kept has its witness", plain(verdict_lines(&good))),
        ("a broken promise names the clash", plain(verdict_lines(&bad))),
        ("a run that met nothing says so", plain(verdict_lines(&lost))),
        ("an eventual run tells what it did not meet", plain(verdict_lines(&stale))),
        ("troubles and a missed order come first", plain(verdict_lines(&troubled))),
        ("the figures of a run", plain([figures_table(&good.figures)])),
        ("random operations and a fault", plain(fire)),
        ("the figures of a run in trouble", plain([figures_table(&fire_figures)])),
        ("a run that was to violate a stronger level, and did", expecting(true)),
        ("a run that was to violate a stronger level, and did not", expecting(false)),
        ("repeated runs", plain([repeats_table(&[bad, fresh])])),
        ("scenarios side by side", plain([compare(&results)])),
        ("clients that slept", plain([compare(&asleep)])),
        ("all clients slept", plain([compare(&asleep[..1])])),
        ("long names and trouble side by side", plain([compare(&troubles())])),
        ("long waits in trouble", plain([figures_table(&slow_figures())])),
        ("levels side by side", with_comparison(|one| plain(levels_lines(one)))),
        ("levels side by side, over several runs", plain(several_runs())),
        ("the summary tells machines the same", format!("{:#}", summary(&stale))),
    ]
}

/// `tests/report.txt` holds all that is shown. To record it anew: `RECORD=1 cargo test -p lab`, and
/// read the difference as you would read code.
#[test]
fn what_is_shown_is_what_was_recorded() {
    let shown: String =
        shown().iter().map(|(title, text)| format!("=== {title}\n{text}\n\n")).collect();
    let is_text = |title: &&str| !title.starts_with("the summary");
    for line in shown.split("=== ").filter(is_text).flat_map(str::lines) {
        assert!(line.chars().count() <= 100, "it fits no terminal of 100 columns: {line}");
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report.txt");
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(golden, &shown).unwrap();
    }
    let recorded = std::fs::read_to_string(golden).unwrap();
    for (shown, recorded) in shown.split("=== ").zip(recorded.split("=== ")) {
        assert_eq!(shown, recorded);
    }
    assert_eq!(shown.len(), recorded.len());
}
