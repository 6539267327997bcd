//! Members of a cluster: told of, changed, made to lead, sent away well.
//!
//! A change that takes longer than a request may is answered `-INDETERMINATE … goes on`. It is
//! looked at from then on until it is over: what came of it says who is a member then.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use history::EXIT_FAILURE;
use resp::Value;
use tokio::time::{Instant, sleep};

use super::status::Status;
use crate::report::terminal::{Look, Terminal};
use crate::servers::connection::{Connection, NoReply};

/// How long one answer may take: longer than any request may by default.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// How often a change that is under way is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// For how long nobody may answer meanwhile.
const LOOK_WITHIN: Duration = Duration::from_secs(30);
/// How long a node may take to end: that is bounded at the other end.
const END_WITHIN: Duration = Duration::from_secs(60);

/// What is asked of a server about its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterAsk {
    /// Who is in it, and who leads.
    Status {
        /// As one JSON document.
        json: bool,
    },
    /// A new member: its id, and where its peers reach it.
    Add(u64, String),
    /// A member less.
    Remove(u64),
    /// Members less that are gone for good.
    Lose(Vec<u64>),
    /// One in place of another that is gone for good: the old id, the new one, and its address.
    Replace(u64, u64, String),
    /// Another address of a member.
    Move(u64, String),
    /// This member is to lead.
    Transfer(u64),
    /// The cluster may use what this version brings.
    Finalize,
    /// The server that is asked is to go away well.
    Drain,
}

/// Asks the server at `HOST:PORT`, and tells what came of it; gives the exit code.
pub fn cluster(server: &str, ask: &ClusterAsk) -> u8 {
    let is_for_machines = matches!(ask, ClusterAsk::Status { json: true });
    let mut terminal = if is_for_machines { Terminal::silent() } else { Terminal::for_people() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(answered(server, ask, &mut terminal)),
        Err(error) => Err(format!("cannot begin: {error}")),
    };
    terminal.rest();
    if let Err(error) = done {
        terminal.complain(error);
        return EXIT_FAILURE;
    }
    terminal.exit_code(0)
}

async fn answered(server: &str, ask: &ClusterAsk, terminal: &mut Terminal) -> Result<(), String> {
    let mut operator = Operator::open(server).await?;
    match ask {
        ClusterAsk::Status { json } => {
            let status = operator.status().await?;
            match json {
                true => terminal.print(&status.document()),
                false => terminal.tell(status.lines()),
            }
            Ok(())
        }
        ClusterAsk::Drain => drain(operator, terminal).await,
        ask => change(operator, ask, terminal).await,
    }
}

/// Has a node go away, and waits until it has.
async fn drain(mut operator: Operator, terminal: &mut Terminal) -> Result<(), String> {
    let node = operator.status().await?.node();
    terminal.wait_for(&format!("node {node} hands over and answers what it has taken"));
    operator.ask(&words("DRAIN")).await?;
    // It closes the connection when it has ended.
    let end = Instant::now() + END_WITHIN;
    while Instant::now() < end {
        match operator.connection.ask(&["PING"], LOOK_EVERY).await {
            Err(NoReply::Closed | NoReply::Broken(_)) => {
                terminal.tell(format!("node {node} at {} has ended", operator.server));
                return Ok(());
            }
            Err(NoReply::TimedOut(_)) | Ok(_) => sleep(LOOK_EVERY / 10).await,
            Err(error) => return Err(format!("{}: {error}", operator.server)),
        }
    }
    Err(format!(
        "node {node} at {} has taken the command, and has not ended within {} s\n  hint: its log says what it waits for",
        operator.server,
        END_WITHIN.as_secs()
    ))
}

/// Asks for a change, and follows it to its end.
async fn change(
    mut operator: Operator,
    ask: &ClusterAsk,
    terminal: &mut Terminal,
) -> Result<(), String> {
    let words = ask.words();
    terminal.wait_for(&words[1..].join(" "));
    let reply = operator.reply(&words).await?;
    let Some(error) = reply.as_error() else {
        terminal.tell(ask.done(&reply));
        return Ok(());
    };
    let error = String::from_utf8_lossy(error).into_owned();
    if !error.starts_with("INDETERMINATE") || *ask == ClusterAsk::Drain || ask.is_transfer() {
        return Err(operator.refused(&words, &error));
    }
    let status = operator.follow(terminal).await?;
    let last = status.last_change();
    match ask.is_done(&status) {
        true if last.is_empty() => terminal.tell(ask.done(&Value::Simple("OK".into()))),
        true => terminal.tell(last),
        false if last.is_empty() => {
            return Err("the change is over, and nothing has changed".into());
        }
        false => return Err(with_hint(&last)),
    }
    Ok(())
}

impl ClusterAsk {
    /// The command.
    fn words(&self) -> Vec<String> {
        let ids = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        words(&match self {
            ClusterAsk::Status { .. } => "STATUS".into(),
            ClusterAsk::Add(id, address) => format!("ADD {id} {address}"),
            ClusterAsk::Remove(id) => format!("REMOVE {id}"),
            ClusterAsk::Lose(lost) => format!("REMOVE LOSE {}", ids(lost)),
            ClusterAsk::Replace(old, new, address) => format!("REPLACE {old} {new} {address}"),
            ClusterAsk::Move(id, address) => format!("MOVE {id} {address}"),
            ClusterAsk::Transfer(id) => format!("TRANSFER {id}"),
            ClusterAsk::Finalize => "FINALIZE".into(),
            ClusterAsk::Drain => "DRAIN".into(),
        })
    }

    fn is_transfer(&self) -> bool {
        matches!(self, ClusterAsk::Transfer(_) | ClusterAsk::Finalize)
    }

    /// What is told of it when it was answered so.
    fn done(&self, reply: &Value) -> String {
        let done = match self {
            ClusterAsk::Add(id, _) => format!("node {id} is a member"),
            ClusterAsk::Remove(id) => format!("node {id} is no member any more"),
            ClusterAsk::Lose(ids) => {
                let ids: Vec<_> = ids.iter().map(u64::to_string).collect();
                format!("no members any more: {}", ids.join(", "))
            }
            ClusterAsk::Replace(old, new, _) => {
                format!("node {new} is a member in place of node {old}")
            }
            ClusterAsk::Move(id, address) => format!("node {id} is at {address}"),
            ClusterAsk::Transfer(id) => format!("node {id} leads"),
            ClusterAsk::Finalize => {
                "the cluster uses this version from now on; no node goes back".into()
            }
            ClusterAsk::Status { .. } | ClusterAsk::Drain => String::new(),
        };
        match reply {
            Value::Simple(_) => done,
            more => told(more).join("\n"),
        }
    }

    /// Whether the members are those that were asked for.
    fn is_done(&self, status: &Status) -> bool {
        let votes = |id: u64| {
            status.member(id).is_some_and(|member| ["voter", "leader"].contains(&&*member.role))
        };
        let is_gone = |id: &u64| status.member(*id).is_none();
        match self {
            ClusterAsk::Add(id, _) => votes(*id),
            ClusterAsk::Remove(id) => is_gone(id),
            ClusterAsk::Lose(ids) => ids.iter().all(is_gone),
            ClusterAsk::Replace(old, new, _) => votes(*new) && is_gone(old),
            ClusterAsk::Move(id, address) => {
                status.member(*id).is_some_and(|member| member.address == *address)
            }
            ClusterAsk::Status { .. }
            | ClusterAsk::Transfer(_)
            | ClusterAsk::Finalize
            | ClusterAsk::Drain => false,
        }
    }
}

fn words(rest: &str) -> Vec<String> {
    ["CLUSTER-ADMIN"].into_iter().chain(rest.split(' ')).map(str::to_owned).collect()
}

/// The lines of a longer answer.
fn told(reply: &Value) -> Vec<String> {
    match reply {
        Value::Array(all) | Value::Set(all) => all.iter().flat_map(told).collect(),
        Value::Map(pairs) => {
            let line = |(name, value): &(Value, Value)| {
                format!("  {}: {}", plain(name), told(value).join(", "))
            };
            pairs.iter().map(line).collect()
        }
        other => vec![plain(other)],
    }
}

fn plain(value: &Value) -> String {
    match (value, value.as_bytes()) {
        (_, Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        (Value::Integer(number), _) => number.to_string(),
        (other, _) => other.to_string(),
    }
}

/// An error of a server, its hint on a line of its own as everywhere.
fn with_hint(error: &str) -> String {
    error.strip_prefix("ERR ").unwrap_or(error).replacen(". Hint: ", "\n  hint: ", 1)
}

/// A connection to a server, which is made anew where it must be.
struct Operator {
    server: String,
    connection: Connection,
}

impl Operator {
    async fn open(server: &str) -> Result<Operator, String> {
        let addresses = addresses(server)?;
        let mut last = String::new();
        for address in addresses {
            match connect(address).await {
                Ok(connection) => return Ok(Operator { server: server.into(), connection }),
                Err(error) => last = error,
            }
        }
        Err(format!(
            "{server} does not answer: {last}\n  hint: --server HOST:PORT is where a node takes clients"
        ))
    }

    /// Asks; an answer that is an error is one as well.
    async fn reply(&mut self, words: &[String]) -> Result<Value, String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let reply = self.connection.ask(&words, ANSWER_WITHIN).await;
        reply.map_err(|error| format!("{}: {error}", self.server))
    }

    /// Asks, and takes nothing but what was asked for.
    async fn ask(&mut self, words: &[String]) -> Result<Value, String> {
        let reply = self.reply(words).await?;
        match reply.as_error() {
            Some(error) => Err(self.refused(words, &String::from_utf8_lossy(error))),
            None => Ok(reply),
        }
    }

    async fn status(&mut self) -> Result<Status, String> {
        let reply = self.ask(&words("STATUS")).await?;
        Status::of(reply).map_err(|error| format!("{}: {error}", self.server))
    }

    /// What is told of an error.
    fn refused(&self, words: &[String], error: &str) -> String {
        let is_older =
            error.starts_with("ERR unknown command") || error.starts_with("ERR unknown subcommand");
        match is_older {
            true => format!(
                "{} does not know {}: it is an older Candor, or another store\n  hint: run the version of this program \
                 there ({})",
                self.server,
                words[..2].join(" "),
                env!("CARGO_PKG_VERSION")
            ),
            false => with_hint(error),
        }
    }

    /// Looks at a change until it is over.
    async fn follow(&mut self, terminal: &mut Terminal) -> Result<Status, String> {
        let mut heard = Instant::now();
        loop {
            match self.status().await {
                Ok(status) if status.under_way().is_empty() => return Ok(status),
                Ok(status) => {
                    heard = Instant::now();
                    terminal.wait_for(&Look::Plain.on(status.under_way()));
                }
                Err(error) if heard.elapsed() > LOOK_WITHIN => {
                    return Err(format!(
                        "the change goes on, and nobody tells of it any more: {error}\n  hint: candor cluster status \
                         --server with another member"
                    ));
                }
                Err(_) => {
                    if let Ok(again) = Operator::open(&self.server).await {
                        *self = again;
                    }
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// The addresses that a name stands for.
fn addresses(server: &str) -> Result<Vec<SocketAddr>, String> {
    let found = server.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    found.map_err(|error| {
        format!("{server} is no address: {error}\n  hint: --server HOST:PORT, as 127.0.0.1:6379")
    })
}

/// Connects, and speaks RESP3 from then on.
async fn connect(address: SocketAddr) -> Result<Connection, String> {
    let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
    let reply = connection.ask(&["HELLO", "3"], LOOK_WITHIN).await;
    match reply.map_err(|error| error.to_string())?.as_error() {
        Some(error) => Err(with_hint(&String::from_utf8_lossy(error))),
        None => Ok(connection),
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::tests::SAID;
    use super::*;

    #[test]
    fn commands_are_those_of_the_server() {
        let said = |ask: ClusterAsk| ask.words().join(" ");
        let address = || "host:7".to_owned();
        assert_eq!(said(ClusterAsk::Add(4, address())), "CLUSTER-ADMIN ADD 4 host:7");
        assert_eq!(said(ClusterAsk::Lose(vec![4, 5])), "CLUSTER-ADMIN REMOVE LOSE 4 5");
        let replace = ClusterAsk::Replace(3, 4, address());
        assert_eq!(said(replace), "CLUSTER-ADMIN REPLACE 3 4 host:7");
    }

    #[test]
    fn what_came_of_a_change_is_who_is_a_member() {
        let mut bytes = bytes::BytesMut::from(SAID);
        let said = resp::Decoder::default().next(&mut bytes).unwrap().unwrap();
        let status = Status::of(said).unwrap();
        let is_done = |ask: ClusterAsk| ask.is_done(&status);
        assert!(is_done(ClusterAsk::Add(2, "host:7102".into())));
        assert!(!is_done(ClusterAsk::Add(3, "host:7103".into())));
        assert!(is_done(ClusterAsk::Remove(3)) && !is_done(ClusterAsk::Remove(2)));
        assert!(!is_done(ClusterAsk::Lose(vec![3, 2])));
        assert!(is_done(ClusterAsk::Replace(3, 2, "host:7102".into())));
        assert!(!is_done(ClusterAsk::Move(2, "host:7".into())));
    }

    #[test]
    fn a_long_answer_is_told_in_lines() {
        let last = Value::Map(vec![(Value::Integer(3), Value::Bulk("2.1:17".into()))]);
        let told = ClusterAsk::Lose(vec![3]).done(&last);
        assert_eq!(told, "  3: 2.1:17");
    }

    #[test]
    fn hints_stand_on_lines_of_their_own() {
        assert_eq!(with_hint("ERR no. Hint: yes"), "no\n  hint: yes");
        assert_eq!(with_hint("CLUSTERDOWN no"), "CLUSTERDOWN no");
    }
}
