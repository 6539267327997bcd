//! The ports where clients come in.
//!
//! Whether there is room for one more is decided here, before the next is accepted: so however many come at once, they
//! never take the descriptors that the node needs itself.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::task;
use crate::hub::Hub;
use crate::notes::warn_some;

/// How long to wait after the system refused a connection, for want of file descriptors mostly.
const PAUSE: Duration = Duration::from_millis(100);

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// RESP, by clients of Redis.
    Redis,
    /// ZMTP, by clients of ZeroMQ.
    Zmq,
}

/// Accepts clients for ever.
pub(crate) async fn listen(hub: Rc<Hub>, door: Door, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if hub.sessions.is_full() => task::turn_away(door, &stream),
            Ok((stream, _)) => match door {
                Door::Redis => task::serve_redis(hub.clone(), stream),
                Door::Zmq => task::serve_zmq(hub.clone(), stream),
            },
            Err(error) => {
                warn_some!("cannot accept a client: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
