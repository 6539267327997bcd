//! The ports where clients come in.
//!
//! Whether there is room for one more is decided here, before the next is accepted: so however many
//! come at once, they never take the descriptors that the node needs itself.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use super::task;
use crate::event_loop::Shared;
use crate::logging::warn_some;

/// How long to wait after the system refused a connection, for want of file descriptors mostly.
const PAUSE: Duration = Duration::from_millis(100);

/// The error that Redis has for too many clients.
const TOO_MANY: &[u8] = b"-ERR max number of clients reached\r\n";
/// The error that Redis has in protected mode, with what helps here.
const DENIED: &[u8] =
    b"-DENIED Candor is running in protected mode because there is no password that clients could give. In this mode \
    connections are only accepted from the loopback interface. If you want to connect from external computers, you may \
    adopt one of the following solutions: 1) Connect from the same host the server is running, or through a tunnel (ssh -L) \
    to it. 2) Start the server with '--protected-mode no', or 'protected-mode = false' in its configuration file, and make \
    sure that only hosts that you trust reach the port: whoever reaches it may read and write everything.\r\n";

/// Whether an address is of this machine's loopback interface.
pub(crate) fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// RESP, by clients of Redis.
    Redis,
    /// ZMTP, by clients of ZeroMQ.
    Zmq,
}

/// Accepts clients for ever; in protected mode those on this machine only.
pub(crate) async fn listen(shared: Rc<Shared>, port: Port, protected: bool, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if protected && !is_local(peer.ip()) => {
                warn_some!("refused a client on another machine, {peer}: this is protected mode");
                turn_away(port, &stream, DENIED);
            }
            Ok((stream, _)) if shared.sessions.is_full() => turn_away(port, &stream, TOO_MANY),
            Ok((stream, _)) => match port {
                Port::Redis => task::serve_redis(shared.clone(), stream),
                Port::Zmq => task::serve_zmq(shared.clone(), stream),
            },
            Err(error) => {
                warn_some!("cannot accept a client: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_by_loopback_is_local() {
        for address in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_local(address.parse().unwrap()), "{address}");
        }
        for address in ["10.0.0.1", "0.0.0.0", "192.168.1.1", "::ffff:10.0.0.1", "fe80::1", "::"] {
            assert!(!is_local(address.parse().unwrap()), "{address}");
        }
    }
}
