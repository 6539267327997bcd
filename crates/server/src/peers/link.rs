//! The way to one peer: dialled, kept, and dialled again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use node::{Input, NodeId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::{sleep, timeout};

use super::frame::{FRAME_BYTES_MAX, Frames, TooLong};
use super::handshake::{self, ANYONE, Handshake};
use super::outgoing::Outgoing;
use crate::event_loop::{Notify, Shared};
use crate::logging::{info_some, warn_some};
use crate::mutants::mutant;

/// How long a peer may take to accept, and then for the handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(2);
/// How long sent bytes may go without a sign from the other machine.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// The shortest and the longest time between two attempts, before a random part is taken off.
const DELAY_MS: (u64, u64) = (50, 1000);
/// A connection that lived this long was a good one.
const GOOD: Duration = Duration::from_millis(200);

/// What all ways of a node have in common.
#[derive(Debug)]
pub(super) struct Home {
    pub shared: Rc<Shared>,
    pub me: NodeId,
    /// To whom there is a connection.
    connected: RefCell<BTreeSet<NodeId>>,
}

impl Home {
    pub(super) fn new(shared: Rc<Shared>, me: NodeId) -> Home {
        Home { shared, me, connected: RefCell::default() }
    }
}

/// The way to one peer: to a member, or to whoever is at an address of the cluster that this node
/// is to join.
#[derive(Debug)]
pub(super) struct Link {
    home: Rc<Home>,
    /// Who is meant; [`ANYONE`] while only the address is known.
    wanted: Cell<NodeId>,
    address: String,
    /// Who is at the other end, while there is a connection.
    peer: Cell<Option<NodeId>>,
    /// Who was there when somebody last was.
    answered: Cell<Option<NodeId>>,
    /// There while there is a connection.
    outgoing: RefCell<Option<Outgoing>>,
    /// Wakes the task of the link.
    task: Notify,
    /// It is on the list of those to be flushed.
    touched: Cell<bool>,
}

impl Link {
    /// A way to this node, or to [`ANYONE`], at this address.
    pub(super) fn new(home: Rc<Home>, wanted: NodeId, address: String) -> Link {
        Link {
            home,
            wanted: Cell::new(wanted),
            address,
            peer: Cell::new(None),
            answered: Cell::new(None),
            outgoing: RefCell::new(None),
            task: Notify::default(),
            touched: Cell::new(false),
        }
    }

    /// Who is at the other end, while there is a connection.
    pub(super) fn peer(&self) -> Option<NodeId> {
        self.peer.get()
    }

    /// Whether whoever is at the address will do.
    pub(super) fn wants_anyone(&self) -> bool {
        self.wanted.get() == ANYONE
    }

    /// Whether this is the way to this node at this address, or has turned out to be. From then on
    /// it is the way to nobody else.
    pub(super) fn becomes(&self, id: NodeId, address: &str) -> bool {
        let leads_there = match self.wanted.get() {
            ANYONE => self.peer.get() == Some(id),
            wanted => wanted == id,
        };
        let is_it = leads_there && self.address == address;
        if is_it {
            self.wanted.set(id);
        }
        is_it
    }

    /// Queues a message, or loses it. True if the link is to be flushed and was not before.
    pub(super) fn push(&self, message: &Bytes, urgent: bool) -> bool {
        let mut outgoing = self.outgoing.borrow_mut();
        let Some(outgoing) = &mut *outgoing else { return false };
        let queued = if urgent { outgoing.push_urgent(message) } else { outgoing.push(message) };
        if queued {
            return !self.touched.replace(true);
        }
        if outgoing.dropped == 1 {
            warn_some!("{self} takes its messages too slowly: some are dropped");
        }
        false
    }

    /// Sends what is queued. What the socket does not take now, the task of the link sends later.
    pub(super) fn flush(&self) {
        self.touched.set(false);
        if let Some(outgoing) = &mut *self.outgoing.borrow_mut()
            && !outgoing.blocked
            && outgoing.broken.is_none()
            && !outgoing.flush()
        {
            self.task.notify();
        }
    }

    /// The task of the link: connects for ever.
    pub(super) async fn run(self: Rc<Link>, seed: u64) {
        let mut delay = Delay::new(seed);
        let mut trouble = String::new();
        loop {
            if !self.is_needless() {
                self.live(&mut delay, &mut trouble).await;
            }
            sleep(delay.next()).await;
        }
    }

    /// Whether any node would do, and the one that is there is reached by another way.
    fn is_needless(&self) -> bool {
        let connected = self.home.connected.borrow();
        self.wants_anyone() && self.answered.get().is_some_and(|id| connected.contains(&id))
    }

    /// One connection from its beginning to its end, if it comes about.
    async fn live(&self, delay: &mut Delay, trouble: &mut String) {
        match self.connect().await {
            Ok((stream, Handshake { from, cluster, .. })) => {
                let is_new = self.answered.replace(Some(from)) != Some(from);
                if mutant!(ReachedTwice, self.is_needless(), false) {
                    return;
                }
                let since = Instant::now();
                // Who waits to be taken in is hung up on again and again.
                if is_new || !self.wants_anyone() {
                    info_some!("connected to node {} at {}", from.0, self.address);
                }
                let why = self.attend(from, stream).await;
                self.tell_end(cluster, &why, trouble);
                if since.elapsed() > GOOD {
                    delay.reset();
                }
            }
            // A peer that is away is told of once, not at every attempt.
            Err(why) if why == *trouble => {}
            Err(why) => {
                warn_some!("cannot reach {self} at {}: {why}", self.address);
                *trouble = why;
            }
        }
    }

    /// Says that a connection to a node of this cluster is gone, and what may be wrong.
    fn tell_end(&self, cluster: u64, why: &str, trouble: &mut String) {
        let formed = "it is part of a cluster that has formed, and this node is not: if it goes on like this, the \
                      address is that of another cluster, or this node's data directory is not the one it met";
        if self.wants_anyone() {
            trouble.clear();
            return;
        }
        info_some!("the connection to {self} is gone: {why}");
        let own = self.home.shared.cluster();
        if cluster != 0 && own == 0 && trouble != formed {
            warn_some!("{self} at {}: {formed}", self.address);
            *trouble = formed.into();
        } else if own != 0 {
            trouble.clear();
        }
    }

    /// Dials, and shakes hands with whom it wants; gives the connection, and what the other end
    /// said.
    async fn connect(&self) -> Result<(TcpStream, Handshake), String> {
        let (me, to, cluster) = (self.home.me, self.wanted.get(), self.home.shared.cluster());
        let attempt = async {
            let mut stream = TcpStream::connect(&self.address).await?;
            prepare(&stream)?;
            stream.write_all(&Handshake { from: me, to, cluster }.encode()).await?;
            let mut answer = [0; handshake::BYTES];
            stream.read_exact(&mut answer).await?;
            Ok((stream, answer))
        };
        let (stream, answer) = match timeout(HANDSHAKE_MAX, attempt).await {
            Err(_) => return Err("it does not answer".into()),
            Ok(Err(error)) => return Err(io_text(&error)),
            Ok(Ok(answered)) => answered,
        };
        let said = Handshake::decode(&answer).map_err(|stranger| stranger.to_string())?;
        let is_other = to != ANYONE && said.from != to;
        if mutant!(OtherNodeTaken, is_other, false) {
            return Err(format!("node {} is there instead", said.from.0));
        }
        if said.from == me {
            return Err(format!(
                "node {} is there, and so is this one called: the address is its own, or its --id is taken",
                me.0
            ));
        }
        if said.to != me {
            return Err(format!("it takes this node for node {}", said.to.0));
        }
        if said.is_of_another_cluster(cluster) {
            return Err("it is part of another cluster: the address is wrong here or there".into());
        }
        Ok((stream, said))
    }

    /// Keeps a connection to this node while it holds; says why it ended.
    async fn attend(&self, peer: NodeId, stream: TcpStream) -> String {
        let (mut reader, writer) = stream.into_split();
        let _over = Over(self);
        *self.outgoing.borrow_mut() = Some(Outgoing::new(writer));
        self.peer.set(Some(peer));
        self.home.connected.borrow_mut().insert(peer);
        self.home.shared.tell(Input::Connected(peer));
        let mut back = Back::default();
        poll_fn(|cx| self.poll_over(cx, &mut reader, &mut back)).await
    }

    /// The connection is over, if there is one: the node is told.
    pub(super) fn disconnect(&self) {
        let Some(peer) = self.peer.take() else { return };
        self.home.connected.borrow_mut().remove(&peer);
        mutant!(StaleConnectionKept, *self.outgoing.borrow_mut() = None, ());
        mutant!(DisconnectionNotTold, self.home.shared.tell(Input::Disconnected(peer)), ());
    }

    /// Sends what the socket did not take before; ready when the connection is over.
    fn poll_over(
        &self,
        cx: &mut Context<'_>,
        reader: &mut OwnedReadHalf,
        back: &mut Back,
    ) -> Poll<String> {
        while self.task.poll(cx).is_ready() {}
        if let Some(outgoing) = &mut *self.outgoing.borrow_mut() {
            while outgoing.blocked && outgoing.broken.is_none() {
                match outgoing.stream().as_ref().poll_write_ready(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Err(error)) => outgoing.broken = Some(error.kind()),
                    Poll::Ready(Ok(())) => {
                        outgoing.blocked = false;
                        outgoing.flush();
                        // It may be full again, and somebody has to listen for room then.
                        mutant!(BlockedTwiceNeverWoken, {}, break);
                    }
                }
            }
            if let Some(kind) = outgoing.broken {
                return Poll::Ready(kind.to_string());
            }
        }
        loop {
            match pin!(reader.read_buf(&mut back.buffer)).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return Poll::Ready("it was closed at the other end".into()),
                Poll::Ready(Err(error)) => return Poll::Ready(io_text(&error)),
                Poll::Ready(Ok(_)) if back.take_messages(&self.home.shared).is_err() => {
                    return Poll::Ready("the other end does not keep to the protocol".into());
                }
                Poll::Ready(Ok(_)) => {}
            }
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wanted.get() {
            ANYONE => f.write_str("a member"),
            NodeId(id) => write!(f, "node {id}"),
        }
    }
}

/// What holds a connection: when it ends, also because its task does, the connection is over.
struct Over<'a>(&'a Link);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

/// What comes back on the connection: seldom anything, and nothing long.
#[derive(Debug, Default)]
struct Back {
    frames: Frames,
    buffer: BytesMut,
}

impl Back {
    fn take_messages(&mut self, shared: &Shared) -> Result<(), TooLong> {
        while let Some(message) = self.frames.take(&mut self.buffer, FRAME_BYTES_MAX)? {
            shared.tell(Input::Receive { path: None, message });
        }
        Ok(())
    }
}

/// Small messages leave at once; a machine that vanished is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(SILENCE_MAX))?;
    Ok(())
}

/// What went wrong, without the numbers of the system.
fn io_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it turned this node away (its log says why)".into(),
        io::ErrorKind::ConnectionRefused => "nobody listens there".into(),
        _ => error.to_string(),
    }
}

/// How long to wait before the next attempt: longer each time, and never in step with others.
#[derive(Debug)]
struct Delay {
    ms: u64,
    random: u64,
}

impl Delay {
    fn new(seed: u64) -> Delay {
        Delay { ms: DELAY_MS.0, random: seed | 1 }
    }

    fn reset(&mut self) {
        self.ms = DELAY_MS.0;
    }

    fn next(&mut self) -> Duration {
        // xorshift64 is enough to keep peers out of step.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let ms = self.ms / 2 + self.random % (self.ms / 2 + 1);
        self.ms = (self.ms * 2).min(DELAY_MS.1);
        Duration::from_millis(ms)
    }
}

#[cfg(test)]
mod tests {
    use socket2::SockRef;
    use tokio::net::TcpListener;
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;
    use crate::event_loop::shared::tests::shared;

    /// The ways of node 1.
    fn home(shared: &Rc<Shared>) -> Rc<Home> {
        Rc::new(Home::new(shared.clone(), NodeId(1)))
    }

    #[tokio::test]
    async fn a_connection_that_is_over_takes_no_messages() {
        let (shared, listener) =
            (Rc::new(shared()), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap().to_string();
        let stream = TcpStream::connect(&address).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        let link = Link::new(home(&shared), NodeId(2), address);
        let message = Bytes::from("message");
        assert!(!link.push(&message, false), "there is no connection yet");
        let lasts = async {
            assert!(link.push(&message, false));
            link.flush();
            let mut bytes = [0; super::super::frame::HEAD_BYTES + 7];
            peer.read_exact(&mut bytes).await.unwrap();
            drop(peer);
        };
        let (why, ()) = tokio::join!(link.attend(NodeId(2), stream), lasts);
        assert_eq!(why, "it was closed at the other end");
        assert!(!link.push(&message, false), "it is over");
        let mut told = vec![];
        shared.take_inbox(&mut told);
        let [_, Input::Connected(NodeId(2)), Input::Disconnected(NodeId(2))] = told[..] else {
            panic!("{told:?}");
        };
    }

    #[tokio::test]
    async fn what_fills_the_socket_again_and_again_arrives() {
        const MESSAGES: usize = 64;
        let story = async {
            let (shared, listener) =
                (Rc::new(shared()), TcpListener::bind("127.0.0.1:0").await.unwrap());
            let address = listener.local_addr().unwrap().to_string();
            SockRef::from(&listener).set_recv_buffer_size(4 << 10).unwrap();
            let stream = TcpStream::connect(&address).await.unwrap();
            SockRef::from(&stream).set_send_buffer_size(4 << 10).unwrap();
            let (mut peer, _) = listener.accept().await.unwrap();
            let link = Rc::new(Link::new(home(&shared), NodeId(2), address));
            let attended = link.clone();
            // On a task of its own, which nothing but its socket and its link wakes.
            spawn_local(async move { attended.attend(NodeId(2), stream).await });
            yield_now().await;
            let message = Bytes::from(vec![7; 60 << 10]);
            for _ in 0..MESSAGES {
                link.push(&message, false);
            }
            link.flush();
            assert!(link.outgoing.borrow().as_ref().unwrap().blocked, "no socket takes so much");
            link.push(&message, false);
            link.flush();
            let mut frame = vec![0; super::super::frame::HEAD_BYTES + message.len()];
            for _ in 0..=MESSAGES {
                let read = timeout(Duration::from_secs(10), peer.read_exact(&mut frame)).await;
                read.expect("the rest does not come").unwrap();
            }
            assert!(link.push(&message, false), "what comes later is to be flushed as well");
        };
        LocalSet::new().run_until(story).await;
    }

    #[tokio::test]
    async fn another_node_at_the_address_is_turned_away() {
        let shared = Rc::new(shared());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let link = |wanted| Link::new(home(&shared), wanted, address.clone());
        for (wanted, from, to, expected) in [
            (NodeId(2), 3, 1, Err("node 3 is there instead")),
            (NodeId(2), 2, 4, Err("for node 4")),
            (NodeId(2), 2, 1, Ok(())),
            (ANYONE, 2, 1, Ok(())),
            (ANYONE, 2, 4, Err("for node 4")),
            (ANYONE, 1, 1, Err("its --id is taken")),
            (ANYONE, 0, 1, Err("not a Candor node")),
        ] {
            let link = link(wanted);
            let other = async {
                let (mut peer, _) = listener.accept().await.unwrap();
                let mut bytes = [0; handshake::BYTES];
                peer.read_exact(&mut bytes).await.unwrap();
                let answer = Handshake { from: NodeId(from), to: NodeId(to), cluster: 0 };
                peer.write_all(&answer.encode()).await.unwrap();
            };
            let (connected, ()) = tokio::join!(link.connect(), other);
            match (connected, expected) {
                (Ok(_), Ok(())) => {}
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (connected, _) => panic!("{connected:?} by node {from} for node {to}"),
            }
        }
    }

    #[test]
    fn delays_grow_and_differ() {
        let (mut a, mut b) = (Delay::new(1), Delay::new(99));
        let many = |delay: &mut Delay| -> Vec<_> { (0..20).map(|_| delay.next()).collect() };
        let (first, second) = (many(&mut a), many(&mut b));
        assert_ne!(first, second);
        assert!(first[0] <= Duration::from_millis(DELAY_MS.0));
        assert!(first[10..].iter().all(|delay| *delay >= Duration::from_millis(DELAY_MS.1 / 2)));
        assert!(first.iter().all(|delay| *delay <= Duration::from_millis(DELAY_MS.1)));
        a.reset();
        assert!(a.next() <= Duration::from_millis(DELAY_MS.0));
    }
}
