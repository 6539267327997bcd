//! The operations of a run as they happen, one line each, in columns that are known beforehand.

use std::collections::BTreeMap;

use history::Level;
use unicode_width::UnicodeWidthStr;

use super::terminal::Look;
use super::text::{break_line, left, millis, right, seconds, shown, tame, widest};
use crate::attempt::recording::{Recorded, Recording};
use crate::clients::step::{Answer, Step};
use crate::scenario::keyspaces::longest;
use crate::scenario::{Keyspace, Request, Scenario};

const TIME_WIDTH: usize = 9;
/// How wide a line may be.
const WIDTH: usize = 100;
const LATENCY_WIDTH: usize = 12;
/// The longest gist of a reason.
const GIST_CHARS_MAX: usize = 40;

/// The columns of a run's operations.
pub(crate) struct Live {
    level: Level,
    keyspaces: Vec<Keyspace>,
    level_width: usize,
    client_width: usize,
    server_width: usize,
    operation_width: usize,
}

impl Live {
    /// Columns wide enough for all that this scenario can bring.
    pub(crate) fn of(scenario: &Scenario) -> Live {
        let clients = scenario.clients.iter().map(|client| client_name(client.number));
        let servers = scenario.clients.iter().map(|client| server_name(client.server));
        let requests = scenario.clients.iter().flat_map(|client| &client.requests);
        let own_levels = requests.clone().filter_map(|request| match request {
            Request::Read { level: Some(level), .. } => Some(level.to_string()),
            _ => None,
        });
        let promised = scenario.keyspaces.iter().map(|keyspace| keyspace.level);
        let promised = promised.chain([scenario.level]).map(|level| level.to_string());
        let operations = requests.map(fixed).filter_map(|step| Some(step?.describe()));
        Live {
            level: scenario.level,
            keyspaces: scenario.keyspaces.clone(),
            level_width: widest(own_levels.chain(promised), "level"),
            client_width: widest(clients, "client"),
            server_width: widest(servers, "server"),
            operation_width: widest(operations, "operation"),
        }
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> String {
        let line = self.line(["time", "client", "server", "level", "operation", "latency", ""]);
        Look::Faint.on(format!("{line}result"))
    }

    /// One operation.
    pub(crate) fn row(&self, recorded: &Recorded, recording: &Recording) -> String {
        let client = recording.client(recorded.id);
        let operation = recorded.step.describe();
        let level = match &recorded.step {
            Step::Read { level: Some(level), .. } => level.clone(),
            step => {
                let keyspace = step.key().and_then(|key| longest(&self.keyspaces, key));
                keyspace.map_or(self.level, |keyspace| keyspace.level).to_string()
            }
        };
        let line = self.line([
            &seconds(recorded.end),
            &client_name(client.number),
            &server_name(recorded.server),
            &level,
            &operation,
            &millis(recorded.end.saturating_sub(recorded.start)),
            "",
        ]);
        line.clone() + &result(&recorded.answer, WIDTH.saturating_sub(line.width()))
    }

    fn line(&self, cells: [&str; 7]) -> String {
        let [time, client, server, level, operation, latency, rest] = cells;
        [
            right(time, TIME_WIDTH),
            left(client, self.client_width),
            left(server, self.server_width),
            left(level, self.level_width),
            left(operation, self.operation_width),
            right(latency, LATENCY_WIDTH),
            rest.to_owned(),
        ]
        .join("  ")
    }
}

/// What a request asks for; nothing where it waits.
fn fixed(request: &Request) -> Option<Step> {
    match request {
        Request::Write { key, value } => {
            Some(Step::Write { key: key.clone(), value: value.clone() })
        }
        Request::Read { key, .. } => Some(Step::Read { key: key.clone(), level: None }),
        Request::Transaction { commands } => {
            Some(Step::Transaction { commands: commands.iter().filter_map(fixed).collect() })
        }
        Request::Sleep { .. } | Request::SleepAtRandom => None,
    }
}

fn client_name(number: u64) -> String {
    format!("client {number}")
}

fn server_name(server: usize) -> String {
    format!("server {server}")
}

/// The begin of a line that goes on with the one above, behind the column of the time.
fn below() -> String {
    format!("\n{}", " ".repeat(TIME_WIDTH + 2))
}

/// What came of an operation, of which so many columns fit beside it; a longer reason stands below.
fn result(answer: &Answer, room: usize) -> String {
    let reason = |what: &str, why: &str| {
        let whole = format!("{what}: {}", tame(why));
        if whole.width() <= room {
            return whole;
        }
        format!("{what}{}{}", below(), break_line(&tame(why)).join(&below()))
    };
    match answer {
        Answer::Written => Look::Good.on("done"),
        Answer::Value(Some(value)) => Look::Good.on(shown(value)),
        Answer::Value(None) => Look::Good.on("(nothing)"),
        Answer::Swapped(true) => Look::Good.on("done"),
        Answer::Swapped(false) => Look::Good.on("it was another"),
        Answer::Sum(sum) => Look::Good.on(sum),
        Answer::Ran(answers) => {
            let each: Vec<String> = answers.iter().map(|answer| result(answer, room)).collect();
            each.join("; ")
        }
        Answer::Refused(why) => Look::Doubtful.on(reason("refused", why)),
        Answer::Unknown(why) => Look::Bad.on(reason("unknown", why)),
    }
}

/// What was done to the servers.
pub(crate) fn fault_line(at_us: u64, text: &str) -> String {
    let time = right(&seconds(at_us * 1000), TIME_WIDTH);
    format!("{time}  {} {}", Look::Doubtful.on("fault"), tame(text))
}

/// Random operations between two faults, in one line.
#[derive(Debug, Default)]
pub(crate) struct Phase {
    end_ns: u64,
    done: usize,
    worst_ns: u64,
    /// How many were refused, by the gist of the reason.
    refused: BTreeMap<String, usize>,
    /// How many have an unknown outcome, likewise.
    unknown: BTreeMap<String, usize>,
}

impl Phase {
    /// One more.
    pub(crate) fn note(&mut self, recorded: &Recorded) {
        self.end_ns = self.end_ns.max(recorded.end);
        match &recorded.answer {
            Answer::Refused(why) => *self.refused.entry(gist(why)).or_default() += 1,
            Answer::Unknown(why) => *self.unknown.entry(gist(why)).or_default() += 1,
            _ => {
                self.done += 1;
                self.worst_ns = self.worst_ns.max(recorded.end.saturating_sub(recorded.start));
            }
        }
    }

    /// All of them, if there are any.
    pub(crate) fn line(self) -> Option<String> {
        if self.done == 0 && self.refused.is_empty() && self.unknown.is_empty() {
            return None;
        }
        let mut text = format!("{} random operations done", self.done);
        if self.done > 0 {
            text.push_str(&format!(", the slowest in {}", millis(self.worst_ns)));
        }
        for (reasons, name) in [(&self.refused, "refused"), (&self.unknown, "unknown")] {
            let counted: Vec<String> =
                reasons.iter().map(|(why, count)| format!("{} × {count}", tame(why))).collect();
            if !counted.is_empty() {
                text.push_str(&format!("; {name}: {}", counted.join(", ")));
            }
        }
        let lines = break_line(&text).join(&below());
        Some(format!("{}  {}", right(&seconds(self.end_ns), TIME_WIDTH), Look::Faint.on(lines)))
    }
}

/// What a reason comes down to: the code of a server's error, else what stands before the details.
pub(super) fn gist(why: &str) -> String {
    let is_code = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
    let code = why.split(' ').next().filter(is_code);
    let gist = code.unwrap_or_else(|| why.split(':').next().unwrap_or(why));
    gist.chars().take(GIST_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_down_to_little() {
        assert_eq!(gist("CLUSTERDOWN no majority confirmed in time"), "CLUSTERDOWN");
        assert_eq!(gist("no connection: Connection refused (os error 111)"), "no connection");
        assert_eq!(gist("no reply within 50 ms"), "no reply within 50 ms");
        assert_eq!(gist(""), "");
    }

    #[test]
    fn a_long_reason_stands_below() {
        use anstream::adapter::strip_str;
        let refused = |why: &str| Answer::Refused(why.to_owned());
        let told = |why, room| strip_str(&result(&refused(why), room)).to_string();
        assert_eq!(told("NO why", 15), "refused: NO why");
        assert_eq!(told("NO why", 14), "refused\n           NO why");
        assert!(told(&"many words ".repeat(40), 14).lines().all(|line| line.width() <= WIDTH));
    }
}
