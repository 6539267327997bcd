//! Transactions: what is queued between `MULTI` and `EXEC`, and how `EXEC` is answered.
//!
//! Commands on data are gathered into a list, which the node carries out as one write. What needs
//! no node is answered when it is queued, and its reply kept for its place among the others.
//!
//! Clients send `MULTI`, the commands and `EXEC` in one go, so an error for one would not keep the
//! others from running. So where anything is refused on the way, `EXEC` runs nothing and fails as
//! clients know it; and behind a `MULTI` that is refused nothing runs up to `EXEC`.

use node::{Certificate, List, Order, Reply};
use resp::{Protocol, Writer};

use super::action::{certified, write};
use super::data::{self, Refused};
use super::spec::{Call, Run, Spec};
use super::{Action, Connection};

/// The most that is queued; as many as a list has.
const QUEUED_MAX: usize = node::REMOVED_KEYS_MAX;
/// What a reply that is kept takes beside its bytes.
const REPLY_BYTES: usize = size_of::<(usize, Box<[u8]>)>();
/// What a key that is watched takes beside its bytes, near enough.
const WATCHED_BYTES: usize = 64;

/// Where a connection stands.
#[derive(Debug, Default)]
pub(super) enum Transaction {
    /// Outside.
    #[default]
    None,
    /// After a `MULTI` that was refused.
    Refused,
    /// After a `MULTI`.
    Open(Box<Queue>),
}

/// What is queued.
#[derive(Debug, Default)]
pub(super) struct Queue {
    list: List,
    answers: Answers,
    /// How many bytes are queued, near enough.
    bytes: usize,
    /// Something was refused: nothing will run.
    failed: bool,
}

/// The form of an answer to `EXEC`: the replies that are known, by their places among those of the
/// node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    protocol: Protocol,
    known: Vec<(usize, Box<[u8]>)>,
    count: usize,
}

const NESTED: &str = "ERR MULTI calls can not be nested";
const WATCH_INSIDE: &str = "ERR WATCH inside MULTI is not allowed";
const DISCARDED: &str = "EXECABORT Transaction discarded because of previous errors.";
const MERGED: &str = "CONSISTENCY the keyspace default is merged: a transaction needs one order of all writes, and it has none. \
    Nothing runs up to EXEC, DISCARD or RESET. Hint: send the commands without MULTI, or use a cluster started with --level \
    linearizable or sequential";
const INSIDE: &str =
    "ERR the command did not run: MULTI was refused, and EXEC, DISCARD or RESET did not come yet";
const TOO_LARGE: &str =
    "ERR the transaction is too large for this connection (client-memory). Send several";

impl Transaction {
    /// Whether what comes is not to run now.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Transaction::None)
    }

    /// A request was refused: if it stands in a transaction, nothing of that will run.
    pub(super) fn fail(&mut self) {
        if let Transaction::Open(queue) = self {
            queue.failed = true;
        }
    }

    /// What it takes in memory, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        if let Transaction::Open(queue) = self { queue.bytes } else { 0 }
    }

    /// Why nothing is queued, if it is not.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        matches!(self, Transaction::Refused).then_some(INSIDE)
    }
}

/// Whether this runs at once, also in a transaction.
pub(super) fn runs_at_once(spec: &Spec) -> bool {
    ["multi", "exec", "discard", "watch", "reset", "quit"].contains(&spec.name)
}

/// Whether this may stand in a transaction and needs no node: what only answers.
fn only_answers(spec: &Spec) -> bool {
    ["ping", "echo", "select", "readonly", "readwrite", "unwatch"].contains(&spec.name)
}

/// Queues a call in the transaction that is open.
pub(super) fn queue(
    spec: &Spec,
    connection: &mut Connection,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Action {
    let mut reply = vec![];
    if let (Run::Here(here), true) = (spec.run, only_answers(spec)) {
        here(connection, call, &mut reply);
    }
    let protocol = connection.protocol;
    let mut writer = Writer::new(out, protocol);
    match &mut connection.transaction {
        Transaction::Open(queue) => match queue.push(spec, call, reply, protocol) {
            Ok(()) => writer.simple("QUEUED"),
            Err(text) => {
                queue.failed = true;
                writer.error(text);
            }
        },
        Transaction::Refused | Transaction::None => writer.error(INSIDE),
    }
    Action::Replied
}

impl Queue {
    /// Puts a call behind the others, or the reply that it has already; or says why not.
    fn push(
        &mut self,
        spec: &Spec,
        call: &Call<'_>,
        reply: Vec<u8>,
        protocol: Protocol,
    ) -> Result<(), String> {
        if call.level.is_some() {
            let name = spec.name.to_ascii_uppercase();
            return Err(format!(
                "CONSISTENCY {name} has no level in a transaction: it sees the latest state, and what the commands before it \
                 left. Hint: {name} without a level"
            ));
        }
        if self.answers.count == QUEUED_MAX
            || self.bytes as u64 > call.context.bounds().client_bytes
        {
            return Err(TOO_LARGE.into());
        }
        match spec.run {
            Run::Node(row) => match data::parse(row, call) {
                Ok(command) => {
                    let before = self.list.held_bytes();
                    self.list.push(&command).map_err(|error| error.to_string())?;
                    self.bytes += self.list.held_bytes() - before;
                }
                Err(Refused::TooLong(text)) => return Err(text.into()),
                // Redis finds out when it runs.
                Err(Refused::Invalid(error)) => {
                    let mut reply = vec![];
                    Writer::new(&mut reply, protocol).error_with(error);
                    self.know(reply);
                }
            },
            Run::Here(_) if only_answers(spec) => self.know(reply),
            Run::Here(_) => {
                let name = call.request[0].to_ascii_uppercase();
                let name = name.escape_ascii();
                return Err(format!(
                    "ERR {name} cannot stand in a transaction. Hint: send it before MULTI or after EXEC"
                ));
            }
        }
        self.answers.count += 1;
        Ok(())
    }

    /// The reply at the next place is this.
    fn know(&mut self, reply: Vec<u8>) {
        self.bytes += reply.len() + REPLY_BYTES;
        self.answers.known.push((self.answers.count, reply.into()));
    }
}

impl Answers {
    /// Appends the answer to an `EXEC` of which the node says this; before it, where it stands, if
    /// the node says so.
    pub fn render(&self, reply: &Reply, certificate: Option<&Certificate>, out: &mut Vec<u8>) {
        let mut writer = certified(self.protocol, certificate, out);
        match reply {
            Reply::Array(replies) => {
                writer.array(self.count);
                self.render_all(replies, out);
            }
            Reply::Nil => writer.nil_array(),
            other => write(&mut writer, other),
        }
    }

    fn render_all(&self, replies: &[Reply], out: &mut Vec<u8>) {
        let (mut known, mut replies) = (self.known.iter().peekable(), replies.iter());
        for place in 0..self.count {
            if let Some((_, bytes)) = known.next_if(|(known, _)| *known == place) {
                out.extend_from_slice(bytes);
            } else {
                let reply = replies.next().expect("the node answers each of its commands");
                write(&mut Writer::new(out, self.protocol), reply);
            }
        }
    }

    /// What it takes in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let known = self.known.iter().map(|(_, bytes)| bytes.len() + REPLY_BYTES);
        size_of::<Answers>() + known.sum::<usize>()
    }
}

/// `MULTI`
pub(super) fn multi(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    if connection.transaction.is_open() {
        writer.error(connection.transaction.refusal().unwrap_or(NESTED));
    } else if call.context.status().order == Order::Merged {
        writer.error(MERGED);
        connection.transaction = Transaction::Refused;
    } else {
        writer.simple("OK");
        connection.transaction = Transaction::Open(Box::default());
    }
    Action::Replied
}

/// `EXEC`
pub(super) fn exec(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let queue = match std::mem::take(&mut connection.transaction) {
        Transaction::Open(queue) if !queue.failed => *queue,
        Transaction::None => {
            connection.writer(out).error("ERR EXEC without MULTI");
            return Action::Replied;
        }
        Transaction::Open(_) | Transaction::Refused => {
            connection.writer(out).error(DISCARDED);
            return connection.unwatch();
        }
    };
    let answers = Answers { protocol: connection.protocol, ..queue.answers };
    if queue.list.is_empty() && connection.watched_bytes == 0 {
        answers.render(&Reply::Array(vec![]), None, out);
        return Action::Replied;
    }
    // The node lets go of what is watched by itself.
    connection.watched_bytes = 0;
    Action::Exec { list: queue.list, answers }
}

/// `EXEC` with arguments, which ends a transaction all the same.
pub(super) fn abort(connection: &mut Connection, out: &mut Vec<u8>) -> Action {
    connection.transaction = Transaction::None;
    connection.writer(out).error(
        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
    );
    connection.unwatch()
}

/// `DISCARD`
pub(super) fn discard(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if !connection.transaction.is_open() {
        connection.writer(out).error("ERR DISCARD without MULTI");
        return Action::Replied;
    }
    connection.transaction = Transaction::None;
    connection.writer(out).simple("OK");
    connection.unwatch()
}

/// `UNWATCH`
pub(super) fn unwatch(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).simple("OK");
    if connection.transaction.is_open() { Action::Replied } else { connection.unwatch() }
}

impl Connection {
    /// `WATCH` is about to be asked, unless it may not be: then that is replied.
    pub(super) fn watch(&mut self, call: &Call<'_>, out: &mut Vec<u8>) -> bool {
        if self.transaction.is_open() {
            let refusal = self.transaction.refusal();
            self.writer(out).error(refusal.unwrap_or(WATCH_INSIDE));
            return false;
        }
        let keys = call.request.iter().skip(1);
        self.watched_bytes += keys.map(|key| key.len() + WATCHED_BYTES).sum::<usize>();
        true
    }

    /// What is watched counts no more: the node is told if that changes anything.
    fn unwatch(&mut self) -> Action {
        match std::mem::take(&mut self.watched_bytes) {
            0 => Action::Replied,
            _ => Action::Unwatch,
        }
    }

    /// What it holds for the next `EXEC`, in bytes, what the node keeps of that included.
    pub fn held_bytes(&self) -> usize {
        self.transaction.held_bytes() + self.watched_bytes
    }
}
