//! A proxy between the servers: for every server and each of its peers there is a
//! port of the runner, which that server dials in place of the peer, and which passes all bytes on.
//! So what goes from one server to another can be held back, slowed down or torn, in each direction
//! by itself, without any right that a user has not.
//!
//! ```text
//!   server 0 ──dials──▶ [0→1] ──dials──▶ server 1      bytes there: the way 0→1, bytes back: 1→0
//!   server 1 ──dials──▶ [1→0] ──dials──▶ server 0      bytes there: the way 1→0, bytes back: 0→1
//! ```
//!
//! - A way that is cut holds its bytes back, as a network does that loses packets and is asked for
//!   them again: after it has healed they arrive, late. New connections are not made meanwhile.
//! - Bytes of one way stay in order, whatever their delay.
//! - What waits in here has a limit; beyond that the sender waits.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::servers::ports;

/// The largest piece of bytes that travels as one.
const PIECE_BYTES: usize = 64 << 10;
/// How many pieces may be on one way at a time.
const PIECES_MAX: usize = 1024;
/// How long to wait after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(20);

/// What a way between two servers is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// No bytes pass.
    pub(crate) is_cut: bool,
    /// How much longer bytes take.
    pub(crate) delay: Duration,
    /// How many of a hundred pieces break their connection.
    pub(crate) drop_percent: u64,
}

/// All ways between the servers. Dropped, all of them end.
pub(crate) struct Proxy {
    servers: usize,
    /// The way from one server to another stands at `from * servers + to`.
    ways: Vec<watch::Sender<Way>>,
    /// Where a server dials a peer, in the same order; its own place has the address it listens at.
    addresses: Vec<SocketAddr>,
    _listeners: JoinSet<()>,
}

impl Proxy {
    /// Puts a listener in front of each of these peer addresses, for each of the others.
    pub(crate) async fn between(peers: &[SocketAddr], seed: u64) -> io::Result<Proxy> {
        let servers = peers.len();
        let ways: Vec<_> =
            (0..servers * servers).map(|_| watch::Sender::new(Way::default())).collect();
        let (mut addresses, mut tasks) = (vec![], JoinSet::new());
        for from in 0..servers {
            for (to, peer) in peers.iter().copied().enumerate() {
                if from == to {
                    addresses.push(peer);
                    continue;
                }
                let listener = TcpListener::bind(ports::address(0)).await?;
                addresses.push(listener.local_addr()?);
                let there = ways[from * servers + to].subscribe();
                let back = ways[to * servers + from].subscribe();
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream((from * servers + to) as u64);
                tasks.spawn(listen(listener, peer, there, back, random));
            }
        }
        Ok(Proxy { servers, ways, addresses, _listeners: tasks })
    }

    /// Where a server finds all members, itself included.
    pub(crate) fn members_of(&self, server: usize) -> &[SocketAddr] {
        &self.addresses[server * self.servers..][..self.servers]
    }

    /// Changes the way from one server to another.
    pub(crate) fn change(&self, from: usize, to: usize, change: impl FnOnce(&mut Way)) {
        self.ways[from * self.servers + to].send_modify(change);
    }

    /// Cuts these ways and no others.
    pub(crate) fn cut(&self, ways: &BTreeSet<(usize, usize)>) {
        for from in 0..self.servers {
            for to in 0..self.servers {
                self.change(from, to, |way| way.is_cut = ways.contains(&(from, to)));
            }
        }
    }

    /// All that was done to the ways from and to these servers is over.
    pub(crate) fn heal(&self, servers: &BTreeSet<usize>) {
        for from in 0..self.servers {
            for to in 0..self.servers {
                if servers.contains(&from) || servers.contains(&to) {
                    self.change(from, to, |way| *way = Way::default());
                }
            }
        }
    }

    /// Whether some way is so.
    pub(crate) fn any(&self, is_so: impl Fn(&Way) -> bool) -> bool {
        self.ways.iter().any(|way| is_so(&way.borrow()))
    }
}

/// Takes connections at one listener for ever, and passes on what comes over them.
async fn listen(
    listener: TcpListener,
    peer: SocketAddr,
    there: watch::Receiver<Way>,
    back: watch::Receiver<Way>,
    mut random: ChaCha8Rng,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                let random = ChaCha8Rng::seed_from_u64(random.random());
                connections.spawn(pass(stream, peer, there.clone(), back.clone(), random));
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Passes bytes both ways until one end is closed or the connection is torn.
async fn pass(
    dialler: TcpStream,
    peer: SocketAddr,
    mut there: watch::Receiver<Way>,
    back: watch::Receiver<Way>,
    mut random: ChaCha8Rng,
) {
    // Only a proxy that is dropped closes these, and then all is over.
    if there.wait_for(|way| !way.is_cut).await.is_err() {
        return;
    }
    // A peer that is not there closes the connection, as seen by who dialled.
    let Ok(listener) = TcpStream::connect(peer).await else { return };
    if dialler.set_nodelay(true).is_err() || listener.set_nodelay(true).is_err() {
        return;
    }
    let (from_dialler, to_dialler) = dialler.into_split();
    let (from_listener, to_listener) = listener.into_split();
    let other_random = ChaCha8Rng::seed_from_u64(random.random());
    // Whichever ends first ends both: half a connection is of no use between servers.
    tokio::select! {
        () = carry(from_dialler, to_listener, there, random) => {}
        () = carry(from_listener, to_dialler, back, other_random) => {}
    }
}

/// Carries bytes in one direction.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: watch::Receiver<Way>,
    random: ChaCha8Rng,
) {
    let (send, mut pieces) = mpsc::channel(PIECES_MAX);
    let mut way_out = way.clone();
    let reading = take_in(&mut from, way, random, send);
    let writing = async {
        while let Some((due, piece)) = pieces.recv().await {
            // The runtime's timer is only good to a millisecond: what is due already does not ask
            // it.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            let open = way_out.wait_for(|way| !way.is_cut).await.is_ok();
            let piece: Bytes = piece;
            if !open || to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    // What was taken in before the sender closed still arrives; what is torn does not.
    tokio::pin!(writing);
    let is_torn = tokio::select! {
        is_torn = reading => is_torn,
        () = &mut writing => true,
    };
    if !is_torn {
        writing.await;
    }
}

/// Takes bytes in, each piece with the time at which it is due. True: the connection is torn.
async fn take_in(
    from: &mut OwnedReadHalf,
    way: watch::Receiver<Way>,
    mut random: ChaCha8Rng,
    send: mpsc::Sender<(Instant, Bytes)>,
) -> bool {
    let (mut buffer, mut last_due) = (BytesMut::new(), Instant::now());
    loop {
        buffer.reserve(PIECE_BYTES);
        match from.read_buf(&mut buffer).await {
            Ok(0) => return false,
            Err(_) => return true,
            Ok(_) => {}
        }
        let Way { delay, drop_percent, .. } = *way.borrow();
        if drop_percent > 0 && random.random_range(0..100) < drop_percent {
            return true;
        }
        last_due = last_due.max(Instant::now() + delay);
        if send.send((last_due, buffer.split().freeze())).await.is_err() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two servers as far as the proxy knows, with a connection from the first to the second.
    async fn pair() -> (Proxy, TcpStream, TcpStream) {
        let first = TcpListener::bind(ports::address(0)).await.unwrap();
        let second = TcpListener::bind(ports::address(0)).await.unwrap();
        let peers = [first.local_addr().unwrap(), second.local_addr().unwrap()];
        let proxy = Proxy::between(&peers, 1).await.unwrap();
        assert_eq!(proxy.members_of(0)[0], peers[0]);
        let dialler = TcpStream::connect(proxy.members_of(0)[1]).await.unwrap();
        let (accepted, _) = second.accept().await.unwrap();
        (proxy, dialler, accepted)
    }

    async fn take<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
        let mut bytes = [0; N];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    /// Nothing comes for as long as a busy machine needs to bring what does.
    async fn assert_silent(stream: &mut TcpStream) {
        let mut byte = [0];
        let read = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut byte)).await;
        assert!(read.is_err(), "{read:?}");
    }

    #[tokio::test]
    async fn bytes_pass_both_ways() {
        let (_network, mut dialler, mut accepted) = pair().await;
        dialler.write_all(b"there").await.unwrap();
        assert_eq!(&take::<5>(&mut accepted).await, b"there");
        accepted.write_all(b"back").await.unwrap();
        assert_eq!(&take::<4>(&mut dialler).await, b"back");
    }

    #[tokio::test]
    async fn a_way_is_cut_by_itself_and_its_bytes_come_late() {
        let (proxy, mut dialler, mut accepted) = pair().await;
        proxy.cut(&BTreeSet::from([(0, 1)]));
        assert!(proxy.any(|way| way.is_cut));
        dialler.write_all(b"there").await.unwrap();
        assert_silent(&mut accepted).await;
        accepted.write_all(b"back").await.unwrap();
        assert_eq!(&take::<4>(&mut dialler).await, b"back");
        proxy.heal(&BTreeSet::from([1]));
        assert_eq!(&take::<5>(&mut accepted).await, b"there");
        assert!(!proxy.any(|way| way.is_cut));
    }

    #[tokio::test]
    async fn bytes_that_are_delayed_stay_in_order() {
        let (proxy, mut dialler, mut accepted) = pair().await;
        let begun = Instant::now();
        proxy.change(0, 1, |way| way.delay = Duration::from_millis(80));
        dialler.write_all(b"slow").await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        proxy.change(0, 1, |way| way.delay = Duration::ZERO);
        dialler.write_all(b"fast").await.unwrap();
        assert_eq!(&take::<8>(&mut accepted).await, b"slowfast");
        assert!(begun.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn a_torn_connection_is_closed_at_both_ends() {
        let (proxy, mut dialler, mut accepted) = pair().await;
        proxy.change(0, 1, |way| way.drop_percent = 100);
        dialler.write_all(b"there").await.unwrap();
        let mut nothing = vec![];
        accepted.read_to_end(&mut nothing).await.unwrap();
        assert!(nothing.is_empty());
        assert!(matches!(dialler.read(&mut [0]).await, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn an_end_that_closes_closes_the_other() {
        let (_network, mut dialler, accepted) = pair().await;
        drop(accepted);
        assert!(matches!(dialler.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}
