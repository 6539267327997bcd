//! The task of one connection: reads, takes requests, and ends when the client does.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use node::Input;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::task::{spawn_local, yield_now};
use tokio::time::{Sleep, sleep};

use super::Session;
use super::language::{Language, Said};
use super::redis::Redis;
use crate::clients::zmq::Speaker;
use crate::commands::{Connection, Context as _};
use crate::event_loop::{BUFFER_BYTES, Ending, READ_BYTES, Shared};
use crate::logging::warn_some;
use crate::mutants::mutant;

/// How long a client may be silent before the system asks whether its machine is still there:
/// Redis' `tcp-keepalive`.
const KEEPALIVE: Duration = Duration::from_secs(300);
/// How much is read, taken of what was read, or answered without the node, before it is the others'
/// turn.
const READ_BYTES_MAX: usize = 64 << 10;
/// What a request costs beside its bytes, in bytes.
const REQUEST_BYTES: usize = 64;
/// An incomplete request up to this size is copied out of the buffer that all connections share.
const REST_BYTES_COPIED: usize = 4 << 10;

/// Serves one client of Redis to its end, on a task of its own. There is room for it.
pub(super) fn serve_redis(shared: Rc<Shared>, stream: TcpStream) {
    let (peer, local) = (address(stream.peer_addr()), address(stream.local_addr()));
    let uptime_s = shared.clock.uptime_ms() / 1000;
    let connection = Connection::new(shared.sessions.accepted() + 1, peer, local, uptime_s);
    serve(shared, stream, Redis::new(connection));
}

/// Serves one client of ZeroMQ to its end, on a task of its own. There is room for it.
pub(super) fn serve_zmq(shared: Rc<Shared>, stream: TcpStream) {
    let speaker = Speaker::new(shared.turns.clone());
    serve(shared, stream, speaker);
}

fn serve(shared: Rc<Shared>, stream: TcpStream, language: impl Language + 'static) {
    // A socket that cannot be set up is served all the same, only slower.
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    let (reader, writer) = stream.into_split();
    let session = shared.sessions.open(writer);
    session.replies().reply(|out| language.greet(out));
    session.flush(READ_BYTES_MAX);
    let mut task = Task {
        shared,
        session,
        reader,
        language,
        rest: BytesMut::new(),
        more: false,
        pausing: false,
        closing: false,
        stuck: None,
    };
    spawn_local(async move {
        poll_fn(|cx| task.poll(cx)).await;
        task.shared.close(&task.session);
    });
}

fn address(address: io::Result<std::net::SocketAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

/// Lets all others have their turn, and the sockets be looked at, before this task goes on.
fn pause(cx: &mut Context<'_>) -> Poll<()> {
    let yielded = pin!(yield_now()).poll(cx);
    debug_assert!(yielded.is_pending(), "who yields is woken later");
    Poll::Pending
}

struct Task<L> {
    shared: Rc<Shared>,
    session: Rc<Session>,
    reader: OwnedReadHalf,
    language: L,
    /// Bytes that were read and not yet taken.
    rest: BytesMut,
    /// Whether `rest` may hold a complete request.
    more: bool,
    /// It has done much at once: it is the others' turn.
    pausing: bool,
    /// Nothing more is read; when all replies are sent, the connection is closed.
    closing: bool,
    stuck: Option<Stuck>,
}

/// Nothing more is read before something is sent, the socket takes nothing, and there is more to
/// read: a client that sends a whole pipeline before it reads waits for that for ever.
struct Stuck {
    /// How much it had taken by then, in bytes.
    sent_bytes: u64,
    /// It is waited for as long as for a request.
    end: Pin<Box<Sleep>>,
}

impl<L: Language> Task<L> {
    /// Does what can be done; ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.session.listen(cx);
        loop {
            // Also while a client does not take its replies, it may ask, up to a limit.
            if self.session.is_unblocked(cx) {
                mutant!(RoomUnused, self.send_soon(), {});
            }
            self.shared.sessions.charge(&self.session);
            if self.session.is_broken() || self.language.is_late(cx) {
                return Poll::Ready(());
            }
            let hangs_up =
                mutant!(EndUnnoticed, self.shared.ending(), None) == Some(Ending::HangsUp);
            let (empty, full) = {
                let replies = self.session.replies();
                (replies.is_empty(), replies.is_full())
            };
            if self.closing && empty {
                return Poll::Ready(());
            }
            if self.is_stuck_for_long(cx, full) {
                return Poll::Ready(());
            }
            let wait = self.closing
                || full
                || (hangs_up && !empty)
                || self.shared.is_congested(&self.session);
            self.session.set_waiting(wait);
            if wait {
                return Poll::Pending;
            }
            // What it says next comes after what is still being understood.
            ready!(self.language.poll_free(cx));
            if self.more {
                self.take_requests();
                if std::mem::take(&mut self.pausing) {
                    return pause(cx);
                }
                continue;
            }
            let whole = match self.poll_read(cx) {
                // It has said nothing that it does not know the answer to.
                Poll::Pending if hangs_up && !self.session.stays.get() => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(0)) => {
                    self.closing = true;
                    mutant!(HalfClosedDropped, continue, return Poll::Ready(()));
                }
                Poll::Ready(Ok(bytes)) => bytes >= READ_BYTES,
            };
            self.take_requests();
            // There is probably more to read: it is the others' turn first.
            if std::mem::take(&mut self.pausing) || whole {
                return pause(cx);
            }
        }
    }

    /// Whether the connection, which is full or not, has got nowhere for so long that it is over.
    fn is_stuck_for_long(&mut self, cx: &mut Context<'_>, full: bool) -> bool {
        let blocked_at = self.session.blocked_at().filter(|_| full);
        let Some(sent_bytes) = blocked_at.filter(|_| self.has_unread(cx)) else {
            self.stuck = None;
            return false;
        };
        let stuck = self.stuck.take().filter(|stuck| stuck.sent_bytes == sent_bytes);
        let stuck = self.stuck.insert(stuck.unwrap_or_else(|| {
            let timeout = Duration::from_millis(self.shared.status().request_timeout_ms);
            Stuck { sent_bytes, end: Box::pin(sleep(timeout)) }
        }));
        let is_over = mutant!(StuckForEver, stuck.end.as_mut().poll(cx).is_ready(), false);
        if is_over {
            warn_some!(
                "closed the connection of {}: it has asked for as much as a connection may (--client-memory, --max-pipeline), \
                 and its socket took no reply for as long as a request may take\n  hint: a client reads replies while it sends",
                self.session.peer()
            );
        }
        is_over
    }

    /// Whether the client has said more than was taken; if not, the task is woken when it does.
    fn has_unread(&self, cx: &mut Context<'_>) -> bool {
        !self.rest.is_empty() || self.reader.as_ref().poll_read_ready(cx).is_ready()
    }

    /// Reads what is there into `rest`. While nothing is left over from earlier, the buffer is one
    /// that all connections share, so an idle connection has none.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if !self.rest.is_empty() {
            self.rest.reserve(self.room());
            let mut some = (&mut self.rest).limit(READ_BYTES_MAX);
            return pin!(self.reader.read_buf(&mut some)).poll(cx);
        }
        let mut buffer = self.shared.read_buffer();
        let bytes = ready!(pin!(self.reader.read_buf(&mut *buffer)).poll(cx))?;
        self.rest = buffer.split();
        Poll::Ready(Ok(bytes))
    }

    /// How much room there is to be behind `rest` to read into. While a long request comes, whose
    /// beginning was taken off it, little is left over and much is to come.
    fn room(&self) -> usize {
        let long =
            self.rest.len() <= REST_BYTES_COPIED && self.language.held_bytes() > READ_BYTES_MAX;
        if long { READ_BYTES_MAX } else { READ_BYTES }
    }

    /// Takes all complete requests from `rest`, as far as the connection may ask.
    fn take_requests(&mut self) {
        let asked = self.take_each();
        if self.rest.is_empty() {
            self.rest = BytesMut::new();
        } else if self.rest.len() <= REST_BYTES_COPIED {
            self.rest = BytesMut::from(&self.rest[..]);
        }
        if !asked {
            self.session.flush(READ_BYTES_MAX);
        }
        if asked || mutant!(LongLocalReplyStays, self.session.has_unsent(), false) {
            self.send_soon();
        }
        self.session.set_incomplete(self.rest_bytes() + self.language.held_bytes());
        self.shared.sessions.charge(&self.session);
        self.shared.settle();
    }

    /// What is due is sent at the end of the turn.
    fn send_soon(&self) {
        self.shared.sessions.touch(&self.session);
        self.shared.wake_driver();
    }

    /// What `rest` takes, or will as soon as more is read into it.
    fn rest_bytes(&self) -> usize {
        match self.rest.len() {
            0 => 0,
            length if length <= REST_BYTES_COPIED => length + self.room(),
            // It may keep the whole buffer that it was read into.
            length => self.rest.capacity().max(length + READ_BYTES).max(BUFFER_BYTES),
        }
    }

    /// Takes requests one by one; says whether the node is told of any.
    fn take_each(&mut self) -> bool {
        let mut asked = false;
        let mut taken_bytes = 0;
        let mut replies = self.session.replies();
        let mut replied_bytes = replies.bytes();
        self.more = true;
        while !self.closing && !replies.is_full() {
            if taken_bytes > READ_BYTES_MAX {
                self.pausing = true;
                mutant!(PausedRestForgotten, {}, self.more = false);
                break;
            }
            let before = self.rest.len();
            let said = self.language.next(&mut self.rest, &self.shared, &mut replies);
            taken_bytes += REQUEST_BYTES + before.saturating_sub(self.rest.len());
            match said {
                Said::Nothing => {
                    self.more = false;
                    break;
                }
                Said::Later => break,
                Said::Replied => {
                    // A short request may have a long reply.
                    let bytes = replies.bytes();
                    let grown = mutant!(LongLocalRepliesFree, bytes - replied_bytes, 0);
                    (taken_bytes, replied_bytes) = (taken_bytes + grown, bytes);
                    continue;
                }
                Said::Close => {
                    self.closing = true;
                    continue;
                }
                Said::Ask { level, command, form, bytes } => {
                    let id = replies.ask(form, bytes);
                    let session = self.session.id();
                    self.shared.put(Input::Request { session, id, level, command });
                }
                Said::Drain => {
                    self.shared.drain(&self.session);
                    continue;
                }
                Said::Certify(on) => {
                    self.shared.put(Input::Certify { session: self.session.id(), on });
                }
                Said::Unwatch => self.shared.put(Input::Unwatch(self.session.id())),
                Said::Reset => {
                    let session = self.session.id();
                    self.shared.put(Input::Certify { session, on: false });
                    let none = Input::Prefer { session, preference: None };
                    mutant!(PreferenceOutlivesReset, self.shared.put(none), drop(none));
                    self.shared.put(Input::Unwatch(session));
                }
                Said::Prefer(preference) => {
                    self.shared.put(Input::Prefer { session: self.session.id(), preference });
                }
                Said::ReadBackup { number, offset, bytes, form } => {
                    // It counts as much as its answer will.
                    let id = replies.ask(form, bytes);
                    self.shared.backups.read(self.session.id(), id, number, offset, bytes);
                }
                Said::EndBackup => {
                    self.shared.backups.release(self.session.id());
                }
                Said::TakeSnapshot => {
                    self.shared.put(Input::TakeSnapshot { though_full: false });
                }
            }
            asked = true;
            if self.shared.is_swamped() {
                mutant!(SwampedRestForgotten, {}, self.more = false);
                break;
            }
        }
        if asked {
            self.session.set_told(self.shared.turn());
        }
        asked
    }
}
