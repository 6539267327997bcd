//! The port where clients come in.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tracing::warn;

use super::task;
use crate::hub::Hub;

/// How long to wait after the system refused a connection, for want of file descriptors mostly.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts clients for ever.
pub(crate) async fn listen(hub: Rc<Hub>, listener: TcpListener) {
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                failing = false;
                spawn_local(task::serve(hub.clone(), stream));
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
