//! The port where peers come in, and what they send.
//!
//! Anybody can connect and say a member's number, so a connection counts for nothing until the node
//! trusts it: until then it may be one of a few, for a short time, with short messages, and few of
//! them at a time; and where there are too many, the one that has said least for longest makes
//! room. So there is always room for a member, and what strangers say keeps no member waiting.
//!
//! While a cluster forms, only who is listed may come in: a wrong number is found there. A formed
//! one lets in whoever is of no other: it may be one that asks to be taken in, a member that this
//! node has not heard of yet, or one that was removed and is to be told so.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use node::{Input, NodeId, PathId, TURN_STEPS};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local, yield_now};
use tokio::time::sleep;
use tracing::debug;

use super::frame::{self, FRAME_BYTES_MAX, Frames, MESSAGE_BYTES_MAX, TooLong};
use super::handshake::{self, ANYONE, Handshake};
use crate::event_loop::Shared;
use crate::logging::warn_some;
use crate::mutants::mutant;

/// How long somebody may take to be trusted: a handshake, a hello, and a write to the disk at the
/// first meeting.
const TRUST_MAX: Duration = Duration::from_secs(2);
/// How many messages somebody who is not trusted may send before it has to pause. A member says
/// little until it is trusted; it is not hung up on, since it may be one that has to wait for that.
const STRANGER_MESSAGES: usize = 8;
/// How long it has to.
const STRANGER_PAUSE: Duration = Duration::from_millis(20);
/// Messages that the node has not taken in; beyond that no peer is read. A turn takes in about so
/// many.
const MESSAGES_MAX: usize = TURN_STEPS;
/// How much is read at a time, at least if it is there.
const READ_BYTES: usize = 16 << 10;
/// The size of the pieces in which the buffer is allocated: messages are parts of it, so a piece
/// lives as long as any of them.
const BUFFER_BYTES: usize = 128 << 10;
/// How long to wait after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections that others made to this node.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    paths: RefCell<BTreeMap<PathId, Path>>,
    /// All other members, as far as this node knows.
    others: RefCell<BTreeSet<NodeId>>,
    accepted: Cell<u64>,
    /// Messages that the node has not taken in.
    waiting: Cell<usize>,
    /// Notified when there is room for more of them.
    room: Notify,
}

/// One of them.
#[derive(Debug)]
struct Path {
    task: AbortHandle,
    trust: Trust,
    /// Who it says it is, and the way back: there after the handshake.
    peer: Option<(NodeId, OwnedWriteHalf)>,
}

/// How far a connection has come. Of those that are not trusted, the lesser make room first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    Silent,
    Identified,
    Trusted,
}

impl Inbound {
    /// Sends a message back on the connection that one came by, or loses it.
    pub(super) fn send_back(&self, path: PathId, message: &Bytes) {
        let paths = self.paths.borrow();
        let Some(Path { task, peer: Some((_, writer)), .. }) = paths.get(&path) else { return };
        let mut framed = BytesMut::new();
        frame::append(&mut framed, message);
        // What goes this way is short and rare. What the socket does not take whole would be half a
        // message.
        let sent = writer.try_write(&framed);
        if mutant!(HalfSentBack, sent.is_ok_and(|bytes| bytes > 0 && bytes < framed.len()), false) {
            task.abort();
        }
    }

    /// Whoever made this connection is a member.
    pub(super) fn trust(&self, path: PathId) {
        if let Some(path) = self.paths.borrow_mut().get_mut(&path) {
            path.trust = Trust::Trusted;
        }
    }

    /// Closes a connection.
    pub(super) fn hang_up(&self, path: PathId) {
        if let Some(path) = self.paths.borrow().get(&path) {
            mutant!(HangUpIgnored, path.task.abort(), ());
        }
    }

    /// These are all other members from now on. The connection of one that is none any more is
    /// closed: it comes in as anybody does.
    pub(super) fn follow(&self, others: BTreeSet<NodeId>) {
        let is_gone = |path: &&Path| {
            let peer = path.peer.as_ref().map(|(id, _)| id);
            path.trust == Trust::Trusted && peer.is_some_and(|id| !others.contains(id))
        };
        let paths = self.paths.borrow();
        let gone = paths.values().filter(is_gone);
        gone.for_each(|path| mutant!(GoneStaysTrusted, path.task.abort(), ()));
        *self.others.borrow_mut() = others;
    }

    /// Takes note of how many messages the node left over.
    pub(super) fn set_messages_left(&self, count: usize) {
        self.waiting.set(count);
        if count <= MESSAGES_MAX / 2 {
            mutant!(PeersHeldUpForEver, self.room.notify_waiters(), ());
        }
    }

    /// Whether so many messages wait for the node that no peer may say more.
    fn is_full(&self) -> bool {
        mutant!(PeersNeverHeldUp, self.waiting.get() > MESSAGES_MAX, false)
    }

    /// The connections of members.
    #[cfg(test)]
    pub(super) fn trusted(&self) -> std::collections::BTreeSet<PathId> {
        let paths = self.paths.borrow();
        paths.iter().filter(|(_, path)| path.trust == Trust::Trusted).map(|(id, _)| *id).collect()
    }

    fn is_trusted(&self, path: PathId) -> bool {
        self.paths.borrow().get(&path).is_some_and(|path| path.trust == Trust::Trusted)
    }

    fn identified(&self, path: PathId, peer: NodeId, writer: OwnedWriteHalf) {
        if let Some(path) = self.paths.borrow_mut().get_mut(&path) {
            (path.trust, path.peer) = (Trust::Identified, Some((peer, writer)));
        }
    }

    /// Sees to it that there is room for one more that is not trusted, of so many at most.
    fn make_room(&self, untrusted_max: usize) {
        let mut paths = self.paths.borrow_mut();
        let untrusted = paths.iter().filter(|(_, path)| path.trust < Trust::Trusted);
        let is_full = untrusted.clone().count() >= untrusted_max;
        if mutant!(StrangersCrowdOut, is_full, false)
            && let Some(least) =
                untrusted.min_by_key(|(id, path)| (path.trust, **id)).map(|(id, _)| *id)
            && let Some(path) = paths.remove(&least)
        {
            path.task.abort();
        }
    }
}

/// Who may come in, and who is in.
struct Acceptor {
    shared: Rc<Shared>,
    me: NodeId,
    /// This node was started to join a cluster: whoever calls it may be a member of that.
    joins: bool,
    inbound: Rc<Inbound>,
}

/// Receives peers for ever.
pub(super) async fn listen(
    shared: Rc<Shared>,
    me: NodeId,
    joins: bool,
    inbound: Rc<Inbound>,
    listener: TcpListener,
) {
    let acceptor = Rc::new(Acceptor { shared, me, joins, inbound });
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                acceptor.let_in(stream, address.to_string());
                // Who made room is gone before the next comes.
                yield_now().await;
            }
            Err(error) => {
                warn_some!("cannot accept a peer: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

impl Acceptor {
    fn let_in(self: &Rc<Acceptor>, stream: TcpStream, address: String) {
        self.inbound.make_room(self.shared.strangers_max());
        self.inbound.accepted.set(self.inbound.accepted.get() + 1);
        let id = PathId(self.inbound.accepted.get());
        let guard = Guard { acceptor: self.clone(), id };
        let task = spawn_local(receive(guard, stream, address)).abort_handle();
        let path = Path { task, trust: Trust::Silent, peer: None };
        self.inbound.paths.borrow_mut().insert(id, path);
    }

    /// Hears who comes, answers who is here; says why somebody is turned away.
    async fn handshake(&self, stream: &mut TcpStream) -> Result<NodeId, String> {
        let failed = |error: io::Error| error.to_string();
        let mut bytes = [0; handshake::BYTES];
        stream.read_exact(&mut bytes).await.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it left without a word".into(),
            _ => failed(error),
        })?;
        let said = Handshake::decode(&bytes).map_err(|stranger| stranger.to_string())?;
        let from = said.from;
        // Also who is turned away hears who is here, so that its log can name the mistake.
        let cluster = self.shared.cluster();
        let answer = Handshake { from: self.me, to: from, cluster };
        stream.write_all(&answer.encode()).await.map_err(failed)?;
        self.admit(said, cluster)?;
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(10))
            .with_interval(Duration::from_secs(5));
        SockRef::from(&*stream).set_tcp_keepalive(&keepalive).map_err(failed)?;
        // Small answers leave at once.
        stream.set_nodelay(true).map_err(failed)?;
        Ok(from)
    }

    /// Says why somebody who says this may not come in, if it may not.
    fn admit(&self, said: Handshake, cluster: u64) -> Result<(), String> {
        let (NodeId(from), to, me) = (said.from, said.to, self.me);
        if to != me && to != ANYONE {
            return Err(format!(
                "it is node {from} and looks for node {}, but this is node {}: its --peers is wrong, or this node's --id",
                to.0, me.0
            ));
        }
        if said.from == me {
            return Err(format!(
                "it says that it is node {from}, and so is this one called: one of them has the wrong --id, or dialled itself"
            ));
        }
        let is_known = self.inbound.others.borrow().contains(&said.from);
        if mutant!(AnybodyForms, !is_known && cluster == 0 && !self.joins, false) {
            return Err(format!("it says that it is node {from}, which is no other member"));
        }
        if said.is_of_another_cluster(cluster) {
            return Err(format!("it is node {from} of another cluster: its --peers is wrong"));
        }
        Ok(())
    }
}

/// What the task of a connection holds: when it ends, however it does, the connection is gone.
struct Guard {
    acceptor: Rc<Acceptor>,
    id: PathId,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.acceptor.inbound.paths.borrow_mut().remove(&self.id);
        mutant!(LeavingNotTold, self.acceptor.shared.tell(Input::Left(self.id)), ());
    }
}

/// Lets somebody in if it may be a peer, and takes its messages.
async fn receive(guard: Guard, stream: TcpStream, address: String) {
    let inbound = guard.acceptor.inbound.clone();
    let id = guard.id;
    let overdue = async {
        sleep(TRUST_MAX).await;
        if inbound.is_trusted(id) {
            pending::<()>().await;
        }
    };
    tokio::select! {
        why = talk(&guard, stream) => {
            if let Err(why) = why {
                warn_some!("turned away {address} at the port for peers: {why}");
            }
        }
        () = overdue => debug!("turned away {address} at the port for peers: it does not say who it is"),
    }
}

/// Shakes hands and takes messages until it leaves; or says why it is turned away.
async fn talk(guard: &Guard, mut stream: TcpStream) -> Result<(), String> {
    let peer = guard.acceptor.handshake(&mut stream).await?;
    let (reader, writer) = stream.into_split();
    guard.acceptor.inbound.identified(guard.id, peer, writer);
    take_messages(guard, peer, reader).await
}

/// Takes the messages of one peer until it leaves.
async fn take_messages(
    guard: &Guard,
    peer: NodeId,
    mut reader: OwnedReadHalf,
) -> Result<(), String> {
    let Guard { acceptor, id } = guard;
    let (mut frames, mut buffer) = (Frames::default(), BytesMut::new());
    let mut untrusted = 0;
    loop {
        let mut any = false;
        loop {
            let trusted = acceptor.inbound.is_trusted(*id);
            let bytes_max = if mutant!(LongFromStrangers, trusted, true) {
                MESSAGE_BYTES_MAX
            } else {
                FRAME_BYTES_MAX
            };
            match frames.take(&mut buffer, bytes_max) {
                Ok(Some(message)) => {
                    acceptor.shared.put(Input::Receive { path: Some(*id), message });
                    acceptor.inbound.waiting.update(|count| count + 1);
                }
                Ok(None) => break,
                Err(TooLong(length)) => {
                    return Err(format!(
                        "it says that it is node {}, and sends {length} bytes at once; it may send {bytes_max}",
                        peer.0
                    ));
                }
            }
            any = true;
            untrusted += usize::from(!trusted);
            if mutant!(StrangersUnpaced, untrusted == STRANGER_MESSAGES, false) {
                untrusted = 0;
                acceptor.shared.wake_driver();
                sleep(STRANGER_PAUSE).await;
            }
            while acceptor.inbound.is_full() {
                acceptor.shared.wake_driver();
                acceptor.inbound.room.notified().await;
            }
        }
        if any {
            acceptor.shared.wake_driver();
        }
        if buffer.capacity() - buffer.len() < READ_BYTES {
            buffer.reserve(BUFFER_BYTES);
        }
        match reader.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(()),
            // There is probably more to read: it is the others' turn first.
            Ok(bytes) if bytes >= READ_BYTES => yield_now().await,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
