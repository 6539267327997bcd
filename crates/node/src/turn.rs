//! What every part of the node may use during a turn.

use bytes::Bytes;

use crate::api::{Event, Now, Output};
use crate::commands::{Command, Effect};
use crate::counting::{Counts, LONG_KEYS};
use crate::ids::{DirectoryId, Index, Life, NodeId, PathId};
use crate::position::Certificate;
use crate::random::Random;
use crate::reply::{Error, Reply};
use crate::session::{Sessions, Waiter};
use crate::wire::group::RecordGroup;
use crate::wire::lent::Lent;
use crate::wire::message::{Body, HEAD_BYTES, Message};
use crate::wire::record::{Known, Record};

/// Who this node is, as its messages say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) id: NodeId,
    /// The random id of its data directory.
    pub(crate) directory: DirectoryId,
    /// Its present start.
    pub(crate) life: Life,
}

/// What a turn may do, in steps: one is a key that is looked up or written, or so many bytes. What
/// is left over goes on in the next turn, so that nobody waits long for what others asked. Each
/// kind of work has a share that no other takes.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// A read of more keys than this is counted in pieces.
    long_keys: usize,
    /// For messages of peers.
    pub(crate) messages: Share,
    /// For requests that are taken in, and those of them that start at once.
    pub(crate) requests: Share,
    /// For requests that waited for others of their connection.
    pub(crate) waiting: Share,
    /// For writes that are applied.
    pub(crate) work: Share,
    /// For transactions on merged keyspaces, which run where their entries are made.
    pub(crate) transactions: Share,
    /// For reads that waited for what is applied.
    pub(crate) answers: Share,
    /// For keys that are counted.
    pub(crate) counting: Share,
}

/// Counting has this part of the steps. While a count goes on every turn has it to the full, and
/// who comes during one turn is answered at the end of the next.
const COUNTING_PARTS: usize = 4;

impl Budget {
    pub(crate) fn new(steps: usize) -> Budget {
        let share = || Share { left: steps };
        Budget {
            long_keys: LONG_KEYS.min(steps - 1),
            messages: share(),
            requests: share(),
            waiting: share(),
            work: share(),
            transactions: share(),
            answers: share(),
            counting: Share { left: steps.div_ceil(COUNTING_PARTS) },
        }
    }

    /// Whether a command reads so many keys that they are counted in pieces.
    pub(crate) fn is_long(&self, command: &Command) -> bool {
        match command.effect() {
            Effect::Count => command.key_count() > self.long_keys,
            Effect::List => true,
            Effect::Read(_)
            | Effect::Scan { .. }
            | Effect::Walk { .. }
            | Effect::Watch
            | Effect::Write(_)
            | Effect::OfSession(_) => false,
        }
    }
}

/// One kind of work's part of a turn.
#[derive(Debug, Default)]
pub(crate) struct Share {
    left: usize,
}

/// So many bytes cost as much as a key.
const STEP_BYTES: usize = 512;

impl Share {
    /// Something is done that takes so many steps, and moves so many bytes.
    pub(crate) fn spend(&mut self, steps: usize, bytes: usize) {
        self.left = self.left.saturating_sub(steps + bytes / STEP_BYTES);
    }

    /// A command is answered from what is here, of which it looked through so many bytes.
    pub(crate) fn spend_answer(&mut self, command: &Command, reply: &Reply, scanned: usize) {
        self.spend(command.steps(), reply.bytes() + scanned);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }

    pub(crate) fn left(&self) -> usize {
        self.left
    }
}
/// What a directory that must never take part again is told, and what would help.
pub(crate) const SUPERSEDED: &str = "This data directory is an older copy, or the original of a copy that went on: it does not know \
    what this node has promised since, so it must never be started again. The other members go on while they are a majority. \
    Hint: start the node with the directory that it used last";

/// What a node is told that is no member any more.
pub(crate) fn removed(at: Index) -> String {
    format!(
        "this node was removed from its cluster at index {at}: it takes no part any more, and an id is never given again. Hint: to have \
         this machine back, start it with a new directory and a new id, with --join, and add that"
    )
}

/// What helps a node whose state differs from that of a majority.
pub(crate) const DISCARD_STATE: &str = "The other members go on while they are a majority. Check the memory and the disk of this machine. \
    Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others";

/// The time, the disk, the sessions and the outputs of this turn.
pub(crate) struct Turn<'a> {
    pub(crate) now: Now,
    /// Whether this node's wall clock may be believed.
    pub(crate) clock_agrees: bool,
    /// Whether this node is about to end.
    pub(crate) ending: bool,
    /// Whether that is not known yet, since too few others are measured.
    pub(crate) clock_waits: bool,
    /// The time that this node's clock may carry into the log, if a majority of the clocks are
    /// known.
    pub(crate) log_ms: Option<u64>,
    pub(crate) identity: Identity,
    pub(crate) disk: &'a mut RecordGroup,
    pub(crate) sessions: &'a mut Sessions,
    /// Reads that are to be counted in pieces.
    pub(crate) counts: &'a mut Counts,
    pub(crate) budget: &'a mut Budget,
    pub(crate) random: &'a mut Random,
    pub(crate) outputs: &'a mut Vec<Output>,
    /// The memory of messages that were sent.
    pub(crate) lent: &'a mut Lent,
    /// Whether the node must not go on.
    pub(crate) halted: &'a mut bool,
}

impl Turn<'_> {
    /// A number that nobody can foresee.
    pub(crate) fn chance(&mut self) -> u64 {
        self.random.next()
    }

    /// The bytes of a message from this node.
    pub(crate) fn message(&self, body: Body) -> Bytes {
        let Identity { id, directory, life } = self.identity;
        Message { from: id, sender: Known { directory, life }, body }.encode()
    }

    pub(crate) fn send(&mut self, to: NodeId, body: Body) {
        let message = self.message(body);
        self.outputs.push(Output::Send { to, message, urgent: false });
    }

    pub(crate) fn send_urgent(&mut self, to: NodeId, body: Body) {
        let message = self.message(body);
        self.outputs.push(Output::Send { to, message, urgent: true });
    }

    /// Sends a message of Raft of about so many bytes, which `write` appends.
    pub(crate) fn send_raft(
        &mut self,
        to: NodeId,
        urgent: bool,
        bytes: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let Identity { id, directory, life } = self.identity;
        let message = self.lent.write(|out| {
            out.reserve(HEAD_BYTES + bytes);
            Message::encode_raft(id, Known { directory, life }, out, write);
        });
        self.outputs.push(Output::Send { to, message, urgent });
    }

    /// Sends a message back on the path that one came by; with no path, to the address of the
    /// member.
    pub(crate) fn send_back(&mut self, path: Option<PathId>, to: NodeId, body: Body) {
        let Some(path) = path else { return self.send_urgent(to, body) };
        let message = self.message(body);
        self.outputs.push(Output::SendBack { path, message });
    }

    pub(crate) fn note(&mut self, event: Event) {
        self.outputs.push(Output::Note(event));
    }

    pub(crate) fn halt(&mut self, exit_code: u8, reason: String) {
        *self.halted = true;
        self.outputs.push(Output::Halt { exit_code, reason });
    }

    /// Another start of this node was believed that this directory has not lived. It never takes
    /// part again.
    pub(crate) fn supersede(&mut self, why: &str) {
        self.disk.record(&Record::Superseded);
        self.disk.close(self.outputs);
        self.halt(78, format!("{why}. {SUPERSEDED}"));
    }

    /// This node is no member any more since this entry. It never takes part again.
    pub(crate) fn leave(&mut self, at: Index) {
        self.disk.record(&Record::Removed(at));
        self.disk.close(self.outputs);
        self.halt(78, removed(at));
    }

    /// A majority of all members agreed on another state than this node's at this digest. It starts
    /// again only without its state.
    pub(crate) fn diverge(&mut self, at: Index, why: &str) {
        self.disk.record(&Record::Diverged(at));
        self.disk.close(self.outputs);
        self.halt(1, format!("{why}. {DISCARD_STATE}"));
    }

    pub(crate) fn answer_write(
        &mut self,
        waiter: &Waiter,
        reply: Reply,
        certificate: impl FnOnce() -> Certificate,
    ) {
        self.complete(waiter, true, reply, certificate);
    }

    pub(crate) fn answer_read(
        &mut self,
        waiter: &Waiter,
        reply: Reply,
        certificate: impl FnOnce() -> Certificate,
    ) {
        self.complete(waiter, false, reply, certificate);
    }

    fn complete(
        &mut self,
        waiter: &Waiter,
        write: bool,
        reply: Reply,
        certificate: impl FnOnce() -> Certificate,
    ) {
        let now_ms = self.now.monotonic_ms;
        self.sessions.complete(waiter, write, reply, certificate, now_ms, self.outputs);
    }

    /// Says of a write that it was not, or may not have been, done.
    pub(crate) fn refuse_write(&mut self, waiter: &Waiter, error: Error) {
        self.answer_write(waiter, Reply::Error(error), || unreachable!("errors carry none"));
    }

    /// Says of a read that it was not done.
    pub(crate) fn refuse_read(&mut self, waiter: &Waiter, error: Error) {
        self.answer_read(waiter, Reply::Error(error), || unreachable!("errors carry none"));
    }
}
