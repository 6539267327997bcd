//! The port where peers come in, and what they send.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use node::{Input, NodeId};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, spawn_local, yield_now};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::frame::{Frames, MESSAGE_BYTES_MAX, TooLong};
use super::greeting::{self, Greeting};
use crate::hub::Hub;

/// How long somebody may take to say who it is.
const GREETING_MAX: Duration = Duration::from_secs(5);
/// How many may be about to say who they are.
const UNKNOWN_MAX: usize = 64;
/// How much is read at a time, at least if it is there.
const READ_BYTES: usize = 16 << 10;
/// The size of the pieces in which the buffer is allocated: messages are parts of it, so a piece lives
/// as long as any of them.
const BUFFER_BYTES: usize = 128 << 10;
/// How long to wait after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Who may come in, and who is in.
struct Door {
    hub: Rc<Hub>,
    me: NodeId,
    others: Vec<NodeId>,
    /// Connections that have not said yet who they are.
    unknown: Cell<usize>,
    /// The task of the newest connection of each peer: what is older is stale.
    newest: RefCell<BTreeMap<NodeId, AbortHandle>>,
}

/// Receives peers for ever.
pub(crate) async fn listen(hub: Rc<Hub>, me: NodeId, members: Vec<NodeId>, listener: TcpListener) {
    let others = members.into_iter().filter(|member| *member != me).collect();
    let newest = RefCell::default();
    let door = Rc::new(Door { hub, me, others, unknown: Cell::new(0), newest });
    loop {
        match listener.accept().await {
            Ok(_) if door.unknown.get() >= UNKNOWN_MAX => {}
            Ok((stream, address)) => {
                door.unknown.set(door.unknown.get() + 1);
                spawn_local(receive(door.clone(), stream, address.to_string()));
            }
            Err(error) => {
                warn!("cannot accept a peer: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Lets somebody in if it is a peer, and starts the task that takes its messages.
async fn receive(door: Rc<Door>, mut stream: TcpStream, address: String) {
    let greeted = timeout(GREETING_MAX, door.greet(&mut stream)).await;
    door.unknown.set(door.unknown.get() - 1);
    let why = match greeted {
        Ok(Ok(peer)) => {
            let task = spawn_local(take_messages(door.hub.clone(), peer, stream)).abort_handle();
            if let Some(stale) = door.newest.borrow_mut().insert(peer, task) {
                stale.abort();
            }
            return;
        }
        Ok(Err(why)) => why,
        Err(_) => "it does not say who it is".into(),
    };
    warn!("turned away {address} at the port for peers: {why}");
}

impl Door {
    /// Hears who comes, answers who is here; says why somebody is turned away.
    async fn greet(&self, stream: &mut TcpStream) -> Result<NodeId, String> {
        let failed = |error: io::Error| error.to_string();
        let mut bytes = [0; greeting::BYTES];
        stream.read_exact(&mut bytes).await.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it left without a word".into(),
            _ => failed(error),
        })?;
        let Greeting { from, to } =
            Greeting::decode(&bytes).map_err(|stranger| stranger.to_string())?;
        // Also who is turned away hears who is here, so that its log can name the mistake.
        stream.write_all(&Greeting { from: self.me, to: from }.encode()).await.map_err(failed)?;
        if to != self.me {
            return Err(format!(
                "it is node {} and looks for node {}, but this is node {}: its --peers is wrong",
                from.0, to.0, self.me.0
            ));
        }
        if !self.others.contains(&from) {
            return Err(format!("it says that it is node {}, which is no other member", from.0));
        }
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(10))
            .with_interval(Duration::from_secs(5));
        SockRef::from(&*stream).set_tcp_keepalive(&keepalive).map_err(failed)?;
        Ok(from)
    }
}

/// Takes the messages of one peer until it leaves.
async fn take_messages(hub: Rc<Hub>, peer: NodeId, mut stream: TcpStream) {
    let (mut frames, mut buffer) = (Frames::default(), BytesMut::new());
    loop {
        let mut any = false;
        loop {
            match frames.take(&mut buffer) {
                Ok(Some(message)) => hub.put(Input::Receive(message)),
                Ok(None) => break,
                Err(TooLong(length)) => {
                    warn!(
                        "hung up on node {}: it sends {length} bytes at once, and a message has at most \
                         {MESSAGE_BYTES_MAX}",
                        peer.0
                    );
                    return;
                }
            }
            any = true;
        }
        if any {
            hub.wake_machine();
        }
        if buffer.capacity() - buffer.len() < READ_BYTES {
            buffer.reserve(BUFFER_BYTES);
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            // There is probably more to read: it is the others' turn first.
            Ok(bytes) if bytes >= READ_BYTES => yield_now().await,
            Ok(_) => {}
        }
    }
}
