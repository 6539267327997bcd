//! The reads of the quiet end. In a merged keyspace every server takes writes by itself, so the
//! promise is that all agree once nobody writes any more: after the last request every server is
//! asked for every written key, again and again, until all agree or the time is over. The last
//! round goes into the history. Keys of agreed keyspaces are asked for if reads of them were
//! promised no more than to be eventual.

use std::net::SocketAddr;
use std::time::Duration;

use history::Level;
use resp::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::recording::{FinalRead, Recording};
use crate::clients::certificate::Certificate;
use crate::clients::step::{Step, text_of};
use crate::clock;
use crate::servers::connection::Connection;

/// How long the servers may take until they agree.
pub(crate) const AGREE_WITHIN: Duration = Duration::from_secs(10);
/// The shortest and the longest pause between two rounds.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// How the quiet end went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietEnd {
    /// The numbers of the clients that asked, one for each server.
    pub numbers: Vec<u64>,
    /// How many rounds were asked.
    pub rounds: usize,
    /// How long after the last write the round ended in which all agreed; `None` if they never did.
    pub agreed_after: Option<Duration>,
    /// What all agreed on, by key; empty if they never did.
    pub agreed_on: Vec<(String, Option<String>)>,
    /// Servers that did not answer all of the last round, and why.
    pub silent: Vec<(usize, String)>,
}

/// Asks every server for every written key until all agree or the time is over, and records the
/// last round, with certificates if they are wanted. `None` if nothing was written.
pub(crate) async fn ask(
    servers: &[SocketAddr],
    recording: &mut Recording,
    is_certified: bool,
    reply_timeout: Duration,
    agree_within: Duration,
) -> Option<QuietEnd> {
    let keys = recording.keys_at_rest();
    if keys.is_empty() {
        return None;
    }
    let numbers: Vec<u64> = servers.iter().map(|_| recording.fresh_number()).collect();
    let deadline = Instant::now() + agree_within;
    let mut pause = PAUSE_MIN;
    for rounds in 1.. {
        let answers = round(servers, &keys, is_certified, reply_timeout).await;
        let agreed = agree(&answers);
        if agreed || Instant::now() + pause > deadline {
            let now = recording.since_start(clock::now_ns());
            let after = Duration::from_nanos(now.saturating_sub(recording.last_write_end()));
            recording.set_finals(final_reads(&answers, &numbers, &keys, recording));
            let silent = |(server, answer): (usize, &RoundOfOne)| {
                Some((server, answer.failure.as_ref()?.1.clone()))
            };
            let agreed_on = if agreed { values(&keys, &answers) } else { vec![] };
            return Some(QuietEnd {
                numbers,
                rounds,
                agreed_after: agreed.then_some(after),
                agreed_on,
                silent: answers.iter().enumerate().filter_map(silent).collect(),
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
    None
}

/// What one server answered in one round.
#[derive(Clone, Debug, Default)]
struct RoundOfOne {
    /// The values of the keys in order; fewer than there are keys if the server failed.
    values: Vec<Seen>,
    /// When the question was asked that it did not answer, and why not.
    failure: Option<(u64, String)>,
}

/// The value of a key at a server.
#[derive(Clone, Debug)]
struct Seen {
    value: Option<String>,
    /// The instants of asking and answering.
    start_ns: u64,
    end_ns: u64,
    certificate: Option<Certificate>,
}

/// Asks all servers at once, each for one key after the other.
async fn round(
    servers: &[SocketAddr],
    keys: &[(String, Option<Level>)],
    is_certified: bool,
    reply_timeout: Duration,
) -> Vec<RoundOfOne> {
    let mut asking = JoinSet::new();
    for (server, address) in servers.iter().copied().enumerate() {
        let keys = keys.to_vec();
        asking.spawn(async move {
            (server, ask_one(address, &keys, is_certified, reply_timeout).await)
        });
    }
    let mut answers = vec![RoundOfOne::default(); servers.len()];
    while let Some(answer) = asking.join_next().await {
        if let Ok((server, answer)) = answer {
            answers[server] = answer;
        }
    }
    answers
}

async fn ask_one(
    server: SocketAddr,
    keys: &[(String, Option<Level>)],
    is_certified: bool,
    reply_timeout: Duration,
) -> RoundOfOne {
    let mut answer = RoundOfOne::default();
    let begun = clock::now_ns();
    let opened = match is_certified {
        true => Connection::open_certified(server, reply_timeout).await,
        false => Connection::open(server).await.map_err(|error| error.to_string()),
    };
    let mut connection = match opened {
        Ok(connection) => connection,
        Err(error) => {
            answer.failure = Some((begun, format!("no connection: {error}")));
            return answer;
        }
    };
    for (key, level) in keys {
        let start_ns = clock::now_ns();
        let (key, level) = (key.clone(), level.map(|level| level.to_string()));
        let read = Step::Read { key, level };
        let words = read.words();
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let reply = connection.ask(&words, reply_timeout).await;
        let reply = reply.map_err(|error| error.to_string()).and_then(Certificate::take_off);
        let value = match reply {
            Ok((certificate, Value::Nil)) => Ok((None, certificate)),
            Ok((certificate, Value::Bulk(value))) => Ok((Some(text_of(&value)), certificate)),
            Ok((_, other)) => Err(other.to_string()),
            Err(error) => Err(error),
        };
        match value {
            Ok((value, certificate)) => {
                let end_ns = clock::now_ns();
                answer.values.push(Seen { value, start_ns, end_ns, certificate });
            }
            Err(why) => {
                answer.failure = Some((start_ns, why));
                return answer;
            }
        }
    }
    answer
}

/// Whether all servers answered, and the same.
fn agree(answers: &[RoundOfOne]) -> bool {
    let values = |answer: &RoundOfOne| -> Vec<Option<String>> {
        answer.values.iter().map(|seen| seen.value.clone()).collect()
    };
    answers.iter().all(|answer| answer.failure.is_none())
        && answers.windows(2).all(|pair| values(&pair[0]) == values(&pair[1]))
}

/// The value of each key, as the first server has it.
fn values(
    keys: &[(String, Option<Level>)],
    answers: &[RoundOfOne],
) -> Vec<(String, Option<String>)> {
    let values = answers.iter().take(1).flat_map(|answer| &answer.values);
    keys.iter().map(|(key, _)| key.clone()).zip(values.map(|seen| seen.value.clone())).collect()
}

/// The reads of a round. A server that failed has one without an answer, which tells the judge that
/// it is there and what it has is not known.
fn final_reads(
    answers: &[RoundOfOne],
    numbers: &[u64],
    keys: &[(String, Option<Level>)],
    recording: &Recording,
) -> Vec<FinalRead> {
    let mut reads = vec![];
    for ((server, round), number) in answers.iter().enumerate().zip(numbers) {
        let mut push = |(key, level): &(String, Option<Level>), start_ns, answer, certificate| {
            let (number, key, start) = (*number, key.clone(), recording.since_start(start_ns));
            let level = *level;
            reads.push(FinalRead { number, server, key, level, start, answer, certificate });
        };
        for (key, seen) in keys.iter().zip(&round.values) {
            let answer = Some((seen.value.clone(), recording.since_start(seen.end_ns)));
            push(key, seen.start_ns, answer, seen.certificate.clone());
        }
        if let (Some((start_ns, _)), Some(key)) = (&round.failure, keys.get(round.values.len())) {
            push(key, *start_ns, None, None);
        }
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::recording::Told;
    use crate::attempt::stated_order::OperationId;
    use crate::clients::delays;
    use crate::clients::step::Answer;
    use crate::scenario::Scenario;
    use crate::servers::fake::{Act, serve};

    const ONE: Act = Act::Say(b"$1\r\n1\r\n");
    const TWO: Act = Act::Say(b"$1\r\n2\r\n");
    const NOTHING: Act = Act::Say(b"$-1\r\n");
    const LONG: Duration = Duration::from_secs(60);

    /// A run in which client 0 wrote `a`.
    fn after_a_write() -> Recording {
        let text = r#"{"num_servers":2,"consistency_level":"eventual","clients":[
            {"client_number":0,"server_number":0,
             "requests":[{"type":"set","key":"a","value":"1"}]}]}"#;
        let scenario = Scenario::parse("f", text).unwrap();
        let mut recording = Recording::new(&scenario, delays::draw(&scenario, 1));
        let now = clock::now_ns();
        recording.begin(now);
        let first = OperationId { client: 0, step: 0 };
        let told = Told {
            drawn: None,
            server: 0,
            renewals: 0,
            instants_ns: (now, now),
            answer: Answer::Written,
            certificate: None,
        };
        assert!(recording.note(first, told));
        recording.finish(0);
        recording
    }

    /// The quiet end of a run, and what the judge gets of it, as (client, server, value).
    async fn quiet_end(
        acts: [&[Act]; 2],
        agree_within: Duration,
    ) -> (QuietEnd, Vec<(u64, u64, Option<String>)>) {
        let mut servers = vec![];
        for acts in acts {
            servers.push(serve(acts.to_vec()).await.0);
        }
        let mut recording = after_a_write();
        let quiet = ask(&servers, &mut recording, true, LONG, agree_within).await.unwrap();
        let history = recording.history();
        let finals = history.operations.iter().filter(|operation| operation.is_final);
        let seen = finals.map(|operation| {
            let history::Kind::Read { value, ok } = &operation.kind else { panic!("no read") };
            let value = if *ok { value.clone() } else { Some("?".into()) };
            (operation.client, operation.server.unwrap(), value)
        });
        let seen = seen.collect();
        (quiet, seen)
    }

    #[tokio::test]
    async fn rounds_are_repeated_until_all_agree_and_the_last_is_recorded() {
        let acts: [&[Act]; 2] = [&[ONE, TWO, TWO], &[NOTHING, ONE, TWO]];
        let (quiet, seen) = quiet_end(acts, LONG).await;
        assert_eq!((quiet.rounds, quiet.silent.len()), (3, 0));
        assert!(quiet.agreed_after.is_some());
        assert_eq!(quiet.agreed_on, [("a".into(), Some("2".into()))]);
        assert_eq!(seen, [(1, 0, Some("2".into())), (2, 1, Some("2".into()))]);
    }

    #[tokio::test]
    async fn servers_that_never_agree_are_recorded_as_they_are() {
        let (quiet, seen) = quiet_end([&[ONE], &[NOTHING]], Duration::ZERO).await;
        assert_eq!((quiet.rounds, quiet.agreed_after), (1, None));
        assert!(quiet.agreed_on.is_empty());
        assert_eq!(seen, [(1, 0, Some("1".into())), (2, 1, None)]);
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_agrees_with_nobody() {
        let (quiet, seen) = quiet_end([&[ONE], &[Act::HangUp]], Duration::ZERO).await;
        assert_eq!(quiet.agreed_after, None);
        assert!(matches!(&quiet.silent[..], [(1, _)]), "{:?}", quiet.silent);
        assert_eq!(seen, [(1, 0, Some("1".into())), (2, 1, Some("?".into()))]);
    }

    #[tokio::test]
    async fn nothing_is_asked_if_nothing_was_written() {
        let scenario =
            Scenario::parse("f", r#"{"num_servers":1,"consistency_level":"eventual"}"#).unwrap();
        let mut recording = Recording::new(&scenario, vec![]);
        assert_eq!(ask(&[], &mut recording, true, LONG, LONG).await, None);
    }
}
