//! The ports where clients come in.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tracing::warn;

use super::task;
use crate::hub::Hub;

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
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                failing = false;
                match door {
                    Door::Redis => spawn_local(task::serve_redis(hub.clone(), stream)),
                    Door::Zmq => spawn_local(task::serve_zmq(hub.clone(), stream)),
                };
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    warn!("cannot accept a client: {error}");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
