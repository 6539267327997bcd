//! The ports where clients come in.
//!
//! Whether there is room for one more is decided here, before the next is accepted: so however many
//! come at once, they never take the descriptors that the node needs itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::task;
use crate::event_loop::Shared;
use crate::local::is_local;
use crate::logging::warn_some;

/// How long to wait after the system refused a connection, for want of file descriptors mostly.
const PAUSE: Duration = Duration::from_millis(100);
/// How many clients that have come already are taken at the end: as many as the system lets wait.
const LAST_MAX: usize = 4096;

/// The error that Redis has for too many clients.
const TOO_MANY: &[u8] = b"-ERR max number of clients reached\r\n";
/// The error that Redis has in protected mode, with what helps here.
const DENIED: &[u8] =
    b"-DENIED Candor is running in protected mode because there is no password that clients could give. In this mode \
    connections are only accepted from the loopback interface. If you want to connect from external computers, you may \
    adopt one of the following solutions: 1) Connect from the same host the server is running, or through a tunnel (ssh -L) \
    to it. 2) Start the server with '--protected-mode no', or 'protected-mode = false' in its configuration file, and make \
    sure that only hosts that you trust reach the port: whoever reaches it may read and write everything.\r\n";

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// RESP, by clients of Redis.
    Redis,
    /// ZMTP, by clients of ZeroMQ.
    Zmq,
}

/// Accepts clients until the other end of `stop` is dropped; in protected mode those on this
/// machine only.
pub(crate) async fn listen(
    shared: Rc<Shared>,
    port: Port,
    protected: bool,
    listener: TcpListener,
    mut stop: oneshot::Receiver<Infallible>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => take(&shared, port, protected, stream, peer),
            Err(error) => {
                warn_some!("cannot accept a client: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    take_last(&shared, port, protected, listener);
}

/// Takes those that have come already. The system would break their connections off, and they would
/// not know what became of what they have said.
fn take_last(shared: &Rc<Shared>, port: Port, protected: bool, listener: TcpListener) {
    let Ok(listener) = listener.into_std() else { return };
    for _ in 0..LAST_MAX {
        let Ok((stream, peer)) = listener.accept() else { return };
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            take(shared, port, protected, stream, peer);
        }
    }
}

/// Serves a client that came, or says why not.
fn take(shared: &Rc<Shared>, port: Port, protected: bool, stream: TcpStream, peer: SocketAddr) {
    if protected && !is_local(peer.ip()) {
        warn_some!("refused a client on another machine, {peer}: this is protected mode");
        return turn_away(port, &stream, DENIED);
    }
    if shared.sessions.is_full() {
        return turn_away(port, &stream, TOO_MANY);
    }
    match port {
        Port::Redis => task::serve_redis(shared.clone(), stream),
        Port::Zmq => task::serve_zmq(shared.clone(), stream),
    }
}

/// Says to a client why it is not served, where the language has words for it.
fn turn_away(port: Port, stream: &TcpStream, why: &[u8]) {
    match port {
        // A new socket has room for a line.
        Port::Redis => drop(SockRef::from(stream).send(why)),
        // ZMTP has no words for that before the handshake; the client tries again by itself.
        Port::Zmq => {}
    }
}
