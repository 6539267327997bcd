//! Transactions: `MULTI`, `EXEC`, `ONCE id EXEC`, `DISCARD`, `UNWATCH`, and what becomes of
//! commands in between.
//!
//! Commands on data are gathered into a list, which the node carries out as one write. What needs
//! no node is answered when it is queued, and its reply kept for its place among the others.
//!
//! Clients send `MULTI`, the commands and `EXEC` in one go, so an error for one would not keep the
//! others from running. So where anything is refused on the way, `EXEC` runs nothing and fails as
//! clients know it; and behind a `MULTI` that is refused nothing runs up to `EXEC`.

use node::{OnceId, Order, Reply, WATCHED_BYTES_MAX, WATCHED_KEYS_MAX};
use resp::Writer;

use super::data::{self, Refused};
use super::queue::{Queue, Transaction};
use super::spec::{Call, Run, Spec};
use super::{Action, Connection};

/// What a key that is watched takes beside its bytes, near enough.
const WATCHED_BYTES: usize = 64;

const NESTED: &str = "ERR MULTI calls can not be nested";
const WATCH_INSIDE: &str = "ERR WATCH inside MULTI is not allowed";
const DISCARDED: &str = "EXECABORT Transaction discarded because of previous errors.";
const MERGED: &str = "CONSISTENCY the keyspace default is merged: a transaction needs one order of all writes, and it has none. \
    Nothing runs up to EXEC, DISCARD or RESET. Hint: send the commands without MULTI, or use a keyspace created with ORDER \
    agreed";
const WATCHED_ONCE: &str = "ONCE with WATCH: what is watched here is not when it is sent again. Nothing ran. Hint: UNWATCH \
    first, or SET with IFEQ";
const TOO_LARGE: &str =
    "ERR the transaction is too large for this connection (client-memory). Send several";

/// Whether this runs at once, also in a transaction.
pub(super) fn runs_at_once(spec: &Spec) -> bool {
    ["multi", "exec", "discard", "watch", "reset", "quit", "once"].contains(&spec.name)
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
    if let Transaction::Open(queue) = &mut connection.transaction {
        match push(queue, spec, call, reply) {
            Ok(()) => connection.writer(out).simple("QUEUED"),
            Err(text) => {
                connection.transaction.fail();
                connection.writer(out).error(text);
            }
        }
    }
    Action::Replied
}

/// Puts a call behind the others, or the reply that it has already; or says why not.
fn push(queue: &mut Queue, spec: &Spec, call: &Call<'_>, reply: Vec<u8>) -> Result<(), String> {
    if call.level.is_some() {
        let name = spec.name.to_ascii_uppercase();
        return Err(format!(
            "CONSISTENCY {name} has no level in a transaction: it sees the latest state, and what the commands before it \
             left. Hint: {name} without a level"
        ));
    }
    if queue.is_full(call.context.bounds().client_bytes) {
        return Err(TOO_LARGE.into());
    }
    match spec.run {
        Run::Node(row) => match data::parse(row, call) {
            Ok(command) => queue.push(&command).map_err(|error| error.to_string())?,
            Err(Refused::TooLong(text)) => return Err(text.into()),
            // Redis finds out when it runs.
            Err(Refused::Invalid(error)) => {
                let mut reply = vec![];
                Writer::new(&mut reply, queue.protocol()).error_with(error);
                queue.know(reply);
            }
        },
        Run::Here(_) if only_answers(spec) => queue.know(reply),
        Run::Here(_) => {
            let name = call.request[0].to_ascii_uppercase();
            let name = name.escape_ascii();
            return Err(format!(
                "ERR {name} cannot stand in a transaction. Hint: send it before MULTI or after EXEC"
            ));
        }
    }
    Ok(())
}

/// `MULTI`
pub(super) fn multi(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let status = call.context.status();
    // Where there are other keyspaces, the keys decide.
    let is_merged = status.order == Order::Merged && status.keyspaces.count <= 1;
    if connection.transaction.is_open() {
        writer.error(connection.transaction.refusal().unwrap_or(NESTED));
    } else if is_merged {
        writer.error(MERGED);
        connection.transaction = Transaction::Refused;
    } else {
        writer.simple("OK");
        connection.transaction = Transaction::begin(connection.protocol);
    }
    Action::Replied
}

/// `EXEC`
pub(super) fn exec(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    run(connection, None, out)
}

/// `ONCE id EXEC`
pub(super) fn exec_once(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if call.request.len() > 3 {
        return abort(connection, out);
    }
    match OnceId::parse(&call.request[1]) {
        Ok(_) if connection.transaction.is_open() && connection.watched_bytes > 0 => {
            abort_for(connection, WATCHED_ONCE, out)
        }
        Ok(id) => run(connection, Some(id), out),
        Err(error) => {
            let text = error.to_string();
            abort_for(connection, text.strip_prefix("ERR ").unwrap_or(&text), out)
        }
    }
}

fn run(connection: &mut Connection, once: Option<OnceId>, out: &mut Vec<u8>) -> Action {
    let is_unguarded = connection.watch_refused;
    let parts = match std::mem::take(&mut connection.transaction) {
        Transaction::Open(_) if is_unguarded => None,
        Transaction::Open(queue) => queue.into_parts(),
        Transaction::Refused => None,
        Transaction::None => {
            connection.writer(out).error("ERR EXEC without MULTI");
            return Action::Replied;
        }
    };
    let Some((list, answers)) = parts else {
        connection.writer(out).error(DISCARDED);
        return connection.unwatch();
    };
    if list.is_empty() && connection.watched_bytes == 0 {
        answers.render(&Reply::Array(vec![]), None, out);
        return Action::Replied;
    }
    // The node lets go of what is watched by itself.
    connection.watched_bytes = 0;
    Action::Exec { list, once, answers }
}

/// `EXEC` with arguments, which ends a transaction all the same.
pub(super) fn abort(connection: &mut Connection, out: &mut Vec<u8>) -> Action {
    abort_for(connection, "wrong number of arguments for 'exec' command", out)
}

fn abort_for(connection: &mut Connection, why: &str, out: &mut Vec<u8>) -> Action {
    connection.transaction = Transaction::None;
    let text = format_args!("EXECABORT Transaction discarded because of: {why}");
    connection.writer(out).error_with(text);
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
        let more = keys.map(|key| key.len() + WATCHED_BYTES).sum::<usize>();
        // The node keeps no more, however often it is asked.
        let most = WATCHED_BYTES_MAX + WATCHED_KEYS_MAX * WATCHED_BYTES;
        self.watched_bytes = (self.watched_bytes + more).min(most);
        true
    }

    /// What is watched counts no more: the node is told if that changes anything.
    fn unwatch(&mut self) -> Action {
        self.watch_refused = false;
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
