//! A client's life against a server that does what a script says.

use std::net::SocketAddr;

use tokio::sync::oneshot;

use super::run_plan;
use crate::clients::plan::{Plan, Report, Start, Work};
use crate::clients::step::{Answer, Step};
use crate::clock;
use crate::scenario::Transport;
use crate::servers::fake::{Act, Asked, serve};

/// Long enough for any answer that comes; the time-out of tests in which none comes is short.
const LONG_MS: u64 = 60_000;
const SHORT_MS: u64 = 50;

fn write(value: &str) -> Step {
    Step::Write { key: "a".into(), value: value.into() }
}

fn read() -> Step {
    Step::Read { key: "a".into(), level: None }
}

fn plan(server: SocketAddr, reply_timeout_ms: u64, work: Work) -> Plan {
    let transport = Transport::Resp;
    Plan { transport, servers: vec![server], server: 0, reply_timeout_ms, work }
}

/// What a client tells and what its server was asked, when the server does these acts.
async fn live(steps: &[Step], acts: &[Act], reply_timeout_ms: u64) -> (Vec<Report>, Asked) {
    let (server, asked) = serve(acts.to_vec()).await;
    let plan = plan(server, reply_timeout_ms, Work::Steps(steps.to_vec()));
    let (tell_start, start) = oneshot::channel();
    tell_start.send(Start { at_ns: clock::now_ns() }).unwrap();
    let mut reports = vec![];
    run_plan(&plan, start, &mut |report| {
        reports.push(report);
        Ok(())
    })
    .await
    .unwrap();
    (reports, asked)
}

/// The answers of its operations, each with how often the client had gone on under a new number.
async fn answers(steps: &[Step], acts: &[Act], reply_timeout_ms: u64) -> Vec<(u64, Answer)> {
    let (reports, _) = live(steps, acts, reply_timeout_ms).await;
    assert_eq!(reports.first(), Some(&Report::Ready));
    assert_eq!(reports.last(), Some(&Report::Finished));
    let answer = |report: &Report| match report {
        Report::Operation { renewals, answer, .. } => Some((*renewals, answer.clone())),
        _ => None,
    };
    reports.iter().filter_map(answer).collect()
}

fn value(text: &str) -> Answer {
    Answer::Value(Some(text.into()))
}

#[tokio::test]
async fn operations_are_told_in_order_with_their_times() {
    let acts = [Act::Say(b"+OK\r\n"), Act::Say(b"$1\r\n1\r\n"), Act::Say(b"$-1\r\n")];
    let steps = [write("1"), Step::Sleep { ms: 1 }, read(), read()];
    let (reports, asked) = live(&steps, &acts, LONG_MS).await;
    let mut last_end = 0;
    let mut seen = vec![];
    for report in &reports[1..reports.len() - 1] {
        let Report::Operation { step, renewals: 0, start_ns, end_ns, answer, .. } = report else {
            panic!("{report:?} is out of place");
        };
        assert!(last_end < *start_ns && start_ns < end_ns);
        last_end = *end_ns;
        seen.push((*step, answer.clone()));
    }
    assert_eq!(seen, [(0, Answer::Written), (2, value("1")), (3, Answer::Value(None))]);
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, words)| words.clone()).collect();
    assert_eq!(asked, ["SET a 1", "GET a", "GET a"]);
}

#[tokio::test]
async fn a_transaction_is_queued_and_run_or_not_begun() {
    let queued = Act::Say(b"+QUEUED\r\n");
    let both = || Step::Transaction { commands: vec![write("1"), read()] };
    let acts = [
        Act::Say(b"+OK\r\n"),
        queued.clone(),
        queued.clone(),
        Act::Say(b"*2\r\n+OK\r\n$1\r\n1\r\n"),
        // Refused before it began: nothing more is sent, for it would run by itself.
        Act::Say(b"-BUSY no\r\n"),
        // Refused while it is queued, so as a whole.
        Act::Say(b"+OK\r\n"),
        Act::Say(b"-OOM no\r\n"),
        queued,
        Act::Say(b"-EXECABORT discarded\r\n"),
        // What is not queued may have run.
        Act::Say(b"+OK\r\n"),
        Act::Say(b"+OK\r\n"),
    ];
    let steps = [both(), both(), both(), both()];
    let (reports, asked) = live(&steps, &acts, LONG_MS).await;
    let told: Vec<&Answer> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Operation { answer, .. } => Some(answer),
            _ => None,
        })
        .collect();
    assert_eq!(told[0], &Answer::Ran(vec![Answer::Written, value("1")]));
    assert_eq!(told[1], &Answer::Refused("BUSY no".into()));
    assert_eq!(told[2], &Answer::Refused("EXECABORT discarded".into()));
    assert!(matches!(told[3], Answer::Unknown(why) if why.contains("something else")));
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, words)| words.clone()).collect();
    let whole = ["MULTI", "SET a 1", "GET a", "EXEC"];
    let expected = [&whole[..], &whole[..1], &whole[..], &whole[..2]].concat();
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn an_error_is_a_refusal_unless_it_says_that_nobody_knows() {
    let refusal = "CLUSTERDOWN no leader";
    let unknown = "INDETERMINATE it may have run";
    let acts = [
        Act::Say(b"-CLUSTERDOWN no leader\r\n"),
        Act::Say(b"-INDETERMINATE it may have run\r\n"),
        Act::Say(b"+OK\r\n"),
        Act::Say(b"-CLUSTERDOWN no leader\r\n"),
    ];
    let steps = [write("1"), write("2"), write("3"), read()];
    let expected = [
        (0, Answer::Refused(refusal.into())),
        (0, Answer::Unknown(unknown.into())),
        (1, Answer::Written),
        (1, Answer::Refused(refusal.into())),
    ];
    assert_eq!(answers(&steps, &acts, LONG_MS).await, expected);
    let (_, asked) = live(&steps, &acts, LONG_MS).await;
    let is_first = |(connection, _): &(usize, String)| *connection == 0;
    assert!(asked.lock().unwrap().iter().all(is_first), "an answer leaves the connection good");
}

#[tokio::test]
async fn a_dropped_connection_is_unknown_and_the_client_goes_on_over_another() {
    let acts = [Act::HangUp, Act::Say(b"$1\r\n1\r\n")];
    let (reports, asked) = live(&[write("1"), read()], &acts, LONG_MS).await;
    let Report::Operation { renewals: 0, answer: Answer::Unknown(_), .. } = &reports[1] else {
        panic!("{:?} is not unknown", reports[1]);
    };
    let Report::Operation { renewals: 1, answer, .. } = &reports[2] else {
        panic!("{:?} has the old number", reports[2]);
    };
    assert_eq!(*answer, value("1"));
    let connections: Vec<usize> = asked.lock().unwrap().iter().map(|(place, _)| *place).collect();
    assert_eq!(connections, [0, 1]);
}

#[tokio::test]
async fn a_reply_that_does_not_come_is_unknown_and_a_late_one_answers_nothing_else() {
    let acts = [Act::BeSilent, Act::Say(b"$1\r\n1\r\n")];
    let expected = [(0, Answer::Unknown("no reply within 50 ms".into())), (1, value("1"))];
    assert_eq!(answers(&[read(), read()], &acts, SHORT_MS).await, expected);
}

#[tokio::test]
async fn what_was_never_sent_is_refused() {
    let told = answers(&[write("1"), write("2"), read()], &[Act::Die], LONG_MS).await;
    assert!(matches!(told[0], (0, Answer::Unknown(_))));
    for (renewals, answer) in &told[1..] {
        assert_eq!(*renewals, 1);
        let Answer::Refused(why) = answer else { panic!("{answer:?} is no refusal") };
        assert!(why.starts_with("no connection: "), "{why}");
    }
}

#[tokio::test]
async fn an_answer_to_something_else_is_unknown_and_ends_the_connection() {
    let acts = [Act::Say(b"+OK\r\n"), Act::Say(b"?\r\n"), Act::Say(b"+OK\r\n")];
    let told = answers(&[read(), write("1"), write("2")], &acts, LONG_MS).await;
    assert!(matches!(&told[0], (0, Answer::Unknown(why)) if why.contains("something else")));
    assert!(matches!(&told[1], (1, Answer::Unknown(why)) if why.contains("not a reply")));
    assert_eq!(told[2], (2, Answer::Written));
}

#[tokio::test]
async fn replies_may_come_byte_by_byte_and_values_may_be_any_bytes() {
    let acts = [
        Act::Stammer(b"$5\r\na\r\nbc\r\n"),
        Act::Stammer(b"_\r\n"),
        Act::Say(b"$2\r\n\xff\xfe\r\n"),
    ];
    let expected = [
        (0, value("a\r\nbc")),
        (0, Answer::Value(None)),
        (0, value("(a value of 2 bytes that are no UTF-8)")),
    ];
    assert_eq!(answers(&[read(), read(), read()], &acts, LONG_MS).await, expected);
}

#[tokio::test]
async fn a_client_without_a_server_says_so() {
    let server = crate::servers::ports::address(crate::servers::ports::find(1).unwrap()[0].clients);
    let plan = plan(server, LONG_MS, Work::Steps(vec![read()]));
    let (_tell_start, start) = oneshot::channel();
    let mut reports = vec![];
    let tell = &mut |report| {
        reports.push(report);
        Ok(())
    };
    run_plan(&plan, start, tell).await.unwrap();
    assert!(matches!(&reports[..], [Report::NotConnected { .. }]), "{reports:?}");
}

/// A workload of one client, as it stands in a scenario file.
fn share(workload: &str) -> Work {
    let text = format!(
        r#"{{"num_servers":2,"consistency_level":"sequential","workload":{{"clients":1,"keys":1,"rate":1000,{workload}}}}}"#
    );
    let scenario = crate::scenario::Scenario::parse("f", &text).unwrap();
    crate::clients::delays::draw(&scenario, 1).remove(0)
}

/// What a client tells of its share of a workload, as (server, renewals, what it was, answer).
async fn wandering(
    workload: &str,
    acts: [&[Act]; 2],
) -> (Vec<(usize, u64, Step, Answer)>, [Asked; 2]) {
    let (first, asked_first) = serve(acts[0].to_vec()).await;
    let (second, asked_second) = serve(acts[1].to_vec()).await;
    let servers = vec![first, second];
    let transport = Transport::Resp;
    let plan =
        Plan { transport, servers, server: 0, reply_timeout_ms: LONG_MS, work: share(workload) };
    let (tell_start, start) = oneshot::channel();
    tell_start.send(Start { at_ns: clock::now_ns() }).unwrap();
    let mut told = vec![];
    let tell = &mut |report| {
        if let Report::Operation { server, renewals, drawn, answer, .. } = report {
            told.push((server, renewals, drawn.unwrap(), answer));
        }
        Ok(())
    };
    run_plan(&plan, start, tell).await.unwrap();
    (told, [asked_first, asked_second])
}

#[tokio::test]
async fn a_client_that_wanders_goes_on_elsewhere_under_a_new_number() {
    let acts: [&[Act]; 2] = [&[Act::Say(b"-CLUSTERDOWN no\r\n")], &[Act::HangUp]];
    let workload = r#""operations":3,"reads":1,"writes":0,"wander":true"#;
    let (told, _) = wandering(workload, acts).await;
    let where_and_who: Vec<_> = told.iter().map(|(server, who, ..)| (*server, *who)).collect();
    // The second outcome is unknown, which alone takes a number, and so does going elsewhere.
    assert_eq!(where_and_who, [(0, 0), (1, 1), (0, 3)]);
}

#[tokio::test]
async fn a_client_that_wanders_takes_its_session_along() {
    let down = Act::Say(b"-CLUSTERDOWN no\r\n");
    let acts: [&[Act]; 2] = [
        &[
            Act::Say(b"$1\r\nx\r\n"),
            Act::Say(b"$2\r\nT1\r\n"),
            down.clone(),
            // It has been here before, and the others have gone on since.
            Act::Say(b"+OK\r\n"),
            down,
        ],
        &[Act::Say(b"-TRYAGAIN not yet\r\n"), Act::Say(b"+OK\r\n"), Act::HangUp],
    ];
    let workload = r#""operations":5,"reads":1,"writes":0,"wander":true"#;
    let (told, asked) = wandering(workload, acts).await;
    let where_and_who: Vec<_> = told.iter().map(|(server, who, ..)| (*server, *who)).collect();
    assert_eq!(where_and_who, [(0, 0), (0, 0), (1, 0), (0, 0), (1, 0)]);
    let refused = |why: &str| Answer::Refused(why.into());
    assert_eq!(told[2].3, refused("no connection: TRYAGAIN not yet"));
    assert!(matches!(told[4].3, Answer::Unknown(_)), "{told:?}");
    let asked = asked.map(|asked| asked.lock().unwrap().iter().map(|(_, it)| it.clone()).collect());
    let [first, second]: [Vec<String>; 2] = asked;
    let wait = "CONSISTENCY WAITFOR T1";
    assert_eq!(first, ["GET k0", "CONSISTENCY TOKEN", "GET k0", wait, "GET k0"]);
    assert_eq!(second, [wait, wait, "GET k0"]);
}

#[tokio::test]
async fn a_client_that_stays_asks_its_server_again() {
    let acts: [&[Act]; 2] = [&[Act::HangUp, Act::Say(b"$-1\r\n")], &[]];
    let (told, _) = wandering(r#""operations":2,"reads":1,"writes":0"#, acts).await;
    let where_and_who: Vec<_> = told.iter().map(|(server, who, ..)| (*server, *who)).collect();
    assert_eq!(where_and_who, [(0, 0), (0, 1)]);
}

#[tokio::test]
async fn a_cas_compares_with_what_its_client_saw() {
    let acts: [&[Act]; 2] = [
        &[
            Act::Say(b"$-1\r\n"), // What is not known is read first.
            Act::Say(b"+OK\r\n"),
            Act::Say(b"$-1\r\n"), // Another came first.
            Act::Say(b"$1\r\nx\r\n"),
            Act::Say(b"-INDETERMINATE who knows\r\n"),
        ],
        &[],
    ];
    let workload = r#""operations":5,"reads":0,"writes":0,"cas":1"#;
    let (told, [asked, _]) = wandering(workload, acts).await;
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, asked)| asked.clone()).collect();
    let expected =
        ["GET k0", "SET k0 0-1 NX", "SET k0 0-2 IFEQ 0-1", "GET k0", "SET k0 0-4 IFEQ x"];
    assert_eq!(asked, expected);
    let answers: Vec<&Answer> = told.iter().map(|(.., answer)| answer).collect();
    assert_eq!(answers[1..3], [&Answer::Swapped(true), &Answer::Swapped(false)]);
    assert!(matches!(answers[4], Answer::Unknown(_)));
}
