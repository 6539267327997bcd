//! The port where peers come in, and what they send.
//!
//! Anybody can connect and say a member's number, so a connection counts for nothing until the node
//! trusts it: until then it may be one of a few, for a short time, with short messages, and few of
//! them at a time; and where there are too many, the one that has said least for longest makes
//! room. So there is always room for a member, and what strangers say keeps no member waiting.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
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
use super::handshake::{self, Handshake};
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
    /// There after the handshake.
    writer: Option<OwnedWriteHalf>,
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
        let Some(Path { task, writer: Some(writer), .. }) = paths.get(&path) else { return };
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

    fn identified(&self, path: PathId, writer: OwnedWriteHalf) {
        if let Some(path) = self.paths.borrow_mut().get_mut(&path) {
            (path.trust, path.writer) = (Trust::Identified, Some(writer));
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
    others: Vec<NodeId>,
    inbound: Rc<Inbound>,
}

/// Receives peers for ever.
pub(super) async fn listen(
    shared: Rc<Shared>,
    me: NodeId,
    members: Vec<NodeId>,
    inbound: Rc<Inbound>,
    listener: TcpListener,
) {
    let others = members.into_iter().filter(|member| *member != me).collect();
    let acceptor = Rc::new(Acceptor { shared, me, others, inbound });
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
        let path = Path { task, trust: Trust::Silent, writer: None };
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
        let Handshake { from, to, .. } = said;
        // Also who is turned away hears who is here, so that its log can name the mistake.
        let cluster = self.shared.cluster();
        let answer = Handshake { from: self.me, to: from, cluster };
        stream.write_all(&answer.encode()).await.map_err(failed)?;
        if to != self.me {
            return Err(format!(
                "it is node {} and looks for node {}, but this is node {}: its --peers is wrong, or this node's --id",
                from.0, to.0, self.me.0
            ));
        }
        if !self.others.contains(&from) {
            return Err(format!("it says that it is node {}, which is no other member", from.0));
        }
        if said.is_of_another_cluster(cluster) {
            return Err(format!("it is node {} of another cluster: its --peers is wrong", from.0));
        }
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(10))
            .with_interval(Duration::from_secs(5));
        SockRef::from(&*stream).set_tcp_keepalive(&keepalive).map_err(failed)?;
        // Small answers leave at once.
        stream.set_nodelay(true).map_err(failed)?;
        Ok(from)
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
    guard.acceptor.inbound.identified(guard.id, writer);
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
mod tests {
    use tokio::task::LocalSet;

    use super::*;
    use crate::event_loop::driver::tests::until;
    use crate::event_loop::shared::tests::shared;
    use crate::peers::tests::{connected, framed};

    fn acceptor() -> Rc<Acceptor> {
        let (me, others, inbound) = (NodeId(1), vec![NodeId(2)], Rc::default());
        Rc::new(Acceptor { shared: Rc::new(shared()), me, others, inbound })
    }

    #[tokio::test]
    async fn who_is_hung_up_on_is_gone_and_the_node_is_told() {
        let story = async {
            let acceptor = acceptor();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, address) = listener.accept().await.unwrap();
            acceptor.let_in(stream, address.to_string());
            yield_now().await;
            let path = PathId(1);
            acceptor.inbound.trust(path);
            assert!(acceptor.inbound.is_trusted(path));
            acceptor.inbound.hang_up(path);
            yield_now().await;
            assert!(acceptor.inbound.paths.borrow().is_empty());
            let mut told = vec![];
            acceptor.shared.take_inbox(&mut told);
            assert!(matches!(told[..], [_, Input::Left(PathId(1))]), "{told:?}");
        };
        LocalSet::new().run_until(story).await;
    }

    #[tokio::test]
    async fn who_is_not_trusted_says_nothing_long() {
        let story = async {
            let acceptor = acceptor();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let let_in = async {
                let (stream, address) = listener.accept().await.unwrap();
                acceptor.let_in(stream, address.to_string());
            };
            let (mut peer, ()) = tokio::join!(connected(&address, 0), let_in);
            let _ = peer.write_all(&framed(&[7; FRAME_BYTES_MAX + 1])).await;
            while peer.read(&mut [0; 64]).await.is_ok_and(|bytes| bytes > 0) {}
            let mut told = vec![];
            acceptor.shared.take_inbox(&mut told);
            assert!(matches!(told[..], [_, Input::Left(PathId(1))]), "{told:?}");
        };
        LocalSet::new().run_until(story).await;
    }

    /// Somebody is let in and says so many messages.
    async fn says(acceptor: &Rc<Acceptor>, is_trusted: bool, said: usize) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let let_in = async {
            let (stream, address) = listener.accept().await.unwrap();
            acceptor.let_in(stream, address.to_string());
        };
        let (mut peer, ()) = tokio::join!(connected(&address, 0), let_in);
        let id = PathId(acceptor.inbound.accepted.get());
        let trust = |id| acceptor.inbound.paths.borrow()[id].trust;
        until("it is let in", || trust(&id) == Trust::Identified).await;
        if is_trusted {
            acceptor.inbound.trust(id);
        }
        peer.write_all(&framed(b"").repeat(said)).await.unwrap();
        peer
    }

    #[tokio::test]
    async fn who_is_not_trusted_says_little_at_a_time() {
        let story = async {
            let acceptor = acceptor();
            let waiting = || acceptor.inbound.waiting.get();
            let _stranger = says(&acceptor, false, 2000).await;
            until("the first are heard", || waiting() >= STRANGER_MESSAGES).await;
            assert!(waiting() < 1000, "{} at once", waiting());
            until("the next are heard", || waiting() >= 2 * STRANGER_MESSAGES).await;
        };
        LocalSet::new().run_until(story).await;
    }

    #[tokio::test]
    async fn no_peer_is_read_while_many_messages_wait() {
        let story = async {
            let acceptor = acceptor();
            let inbound = &acceptor.inbound;
            let _peer = says(&acceptor, true, MESSAGES_MAX + 100).await;
            until("many wait", || inbound.waiting.get() > MESSAGES_MAX).await;
            assert_eq!(inbound.waiting.get(), MESSAGES_MAX + 1);
            // The node takes half of them in, then one more.
            inbound.set_messages_left(MESSAGES_MAX / 2 + 1);
            yield_now().await;
            assert_eq!(
                inbound.waiting.get(),
                MESSAGES_MAX / 2 + 1,
                "no turn for the sake of a few"
            );
            inbound.set_messages_left(MESSAGES_MAX / 2);
            until("it goes on", || inbound.waiting.get() == MESSAGES_MAX / 2 + 99).await;
        };
        LocalSet::new().run_until(story).await;
    }

    #[tokio::test]
    async fn who_was_sent_half_a_message_back_is_gone() {
        let story = async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let stream = listener.accept().await.unwrap().0;
            SockRef::from(&stream).set_send_buffer_size(4 << 10).unwrap();
            let (_reader, writer) = stream.into_split();
            let task = spawn_local(pending::<()>());
            let inbound = Inbound::default();
            let abort = task.abort_handle();
            let path = Path { task: abort, trust: Trust::Identified, writer: Some(writer) };
            inbound.paths.borrow_mut().insert(PathId(1), path);
            inbound.send_back(PathId(1), &Bytes::from("short"));
            yield_now().await;
            assert!(!task.is_finished());
            inbound.send_back(PathId(1), &Bytes::from(vec![7; 32 << 20]));
            yield_now().await;
            assert!(task.is_finished());
        };
        LocalSet::new().run_until(story).await;
    }

    #[tokio::test]
    async fn the_silent_make_room_before_the_identified_and_the_trusted_never() {
        let story = async {
            let inbound = Inbound::default();
            let trusts = [Trust::Trusted, Trust::Identified, Trust::Silent, Trust::Silent];
            for (id, trust) in (1..).zip(trusts) {
                let task = spawn_local(pending::<()>()).abort_handle();
                let path = Path { task, trust, writer: None };
                inbound.paths.borrow_mut().insert(PathId(id), path);
            }
            let left = |untrusted_max| -> Vec<u64> {
                inbound.make_room(untrusted_max);
                inbound.paths.borrow().keys().map(|id| id.0).collect()
            };
            assert_eq!(left(4), [1, 2, 3, 4], "there is room for one more");
            assert_eq!(left(3), [1, 2, 4]);
            assert_eq!(left(2), [1, 2]);
            assert_eq!(left(1), [1]);
            assert_eq!(left(0), [1]);
        };
        LocalSet::new().run_until(story).await;
    }
}
