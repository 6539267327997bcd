//! What holds sessions up, and lets them go.

use std::sync::atomic::AtomicU32;
use std::task::{Context, Wake, Waker};

use node::{Command, Config, DirectoryId, Level, NodeId, Order, Recovery, RequestId};
use resp::Protocol;
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What the tasks of a node by itself share.
pub(crate) fn shared() -> Shared {
    shared_of(NodeId(1), vec![(NodeId(1), "127.0.0.1:1".into())])
}

/// What the tasks of one of these nodes share.
pub(crate) fn shared_of(id: NodeId, members: Vec<(NodeId, String)>) -> Shared {
    shared_with(config(id, members))
}

/// What the tasks of a node that is told this at its start share.
pub(crate) fn shared_with(config: Config) -> Shared {
    let node = Recovery::new(config).finish().unwrap();
    let descriptors = Descriptors { clients_max: 64, strangers_max: 4, limit: 100 };
    let about = Description { port: 1, settings: vec![], bounds: Bounds::default(), descriptors };
    Shared::new(node, Clock::start(None), Arc::default(), about)
}

/// The log has some segments, and little room.
pub(crate) fn run_short_of_room(shared: &Shared, room_bytes: u64) {
    shared.log.segments.store(3, Ordering::Relaxed);
    shared.log.room_bytes.store(room_bytes, Ordering::Relaxed);
}

/// What one of these nodes is told at its start.
pub(crate) fn config(id: NodeId, members: Vec<(NodeId, String)>) -> Config {
    Config {
        id,
        members,
        order: Order::Agreed,
        level: Level::Linearizable,
        request_timeout_ms: 1000,
        max_clock_drift_ms: 500,
        max_memory: None,
        seed: id.0,
        incarnation: id.0,
        directory: DirectoryId(id.0),
        discard_state: false,
        join: false,
    }
}

/// A session whose client says nothing.
pub(crate) async fn session(shared: &Shared, listener: &TcpListener) -> Rc<Session> {
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    shared.sessions.open(stream.into_split().1)
}

/// Counts how often a task is woken.
#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn who_has_asked_waits_while_many_requests_do_and_who_has_not_does_not() {
    let shared = shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut sessions = vec![];
    for _ in 0..2 {
        sessions.push(session(&shared, &listener).await);
    }
    let (asker, other) = (&sessions[0], &sessions[1]);
    let _ = asker.replies().ask(Protocol::Resp2, 1);
    assert!(!shared.is_congested(asker));
    for number in 0..=REQUESTS_MAX as u64 {
        let (session, id, command) = (asker.id(), RequestId(number), Command::exists(["k"]));
        shared.put(Input::Request { session, id, level: None, command });
    }
    assert!(shared.is_congested(asker) && !shared.is_congested(other));
    // The node takes half of them in, then one more.
    shared.take_inbox(&mut vec![]);
    shared.set_requests_left(REQUESTS_MAX / 2 + 1);
    assert!(asker.held_up.get(), "no turn for the sake of a few");
    shared.set_requests_left(REQUESTS_MAX / 2);
    assert!(!asker.held_up.get() && !shared.is_congested(asker));
}

#[tokio::test]
async fn who_has_told_something_waits_while_much_is_told_though_it_is_owed_nothing() {
    let shared = shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let [teller, other] = [session(&shared, &listener).await, session(&shared, &listener).await];
    (0..=REQUESTS_MAX).for_each(|_| shared.put(Input::Unwatch(teller.id())));
    teller.set_told(shared.turn());
    assert!(shared.is_congested(&teller) && !shared.is_congested(&other));
    shared.take_inbox(&mut vec![]);
    shared.set_requests_left(0);
    assert!(!teller.held_up.get() && !shared.is_congested(&teller));
}

#[tokio::test]
async fn who_is_held_up_by_the_disk_is_woken_when_it_has_caught_up() {
    let shared = shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&shared, &listener).await;
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    session.listen(&mut Context::from_waker(&waker));
    shared.add_backlog(shared.backlog_bytes_max());
    assert!(!shared.is_congested(&session));
    shared.add_backlog(1);
    assert!(shared.is_congested(&session), "also who has not asked anything");
    shared.take_backlog(shared.backlog_bytes_max() / 2);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "no turn for the sake of a few");
    shared.take_backlog(1);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert!(!shared.is_congested(&session));
}

#[tokio::test]
async fn a_shorter_backlog_may_be_asked_for() {
    let mut shared = shared();
    shared.description.bounds.log_backlog_bytes = 1000;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&shared, &listener).await;
    shared.add_backlog(1000);
    assert!(!shared.is_congested(&session));
    shared.add_backlog(1);
    assert!(shared.is_congested(&session));
}

#[tokio::test]
async fn who_is_gone_is_not_kept_for_the_disk() {
    let shared = shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&shared, &listener).await;
    shared.add_backlog(shared.backlog_bytes_max() + 1);
    assert!(shared.is_congested(&session));
    shared.close(&session);
    assert_eq!(Rc::strong_count(&session), 1, "it would keep its descriptor");
    let mut told = vec![];
    shared.take_inbox(&mut told);
    assert!(matches!(told[1..], [Input::Closed(id)] if id == session.id()), "{told:?}");
}

#[tokio::test]
async fn a_turn_begins_with_the_time_that_it_is() {
    let shared = shared();
    shared.put(Input::Ending);
    let mut inputs = vec![];
    shared.take_inbox(&mut inputs);
    let time = |input: &Input| match input {
        Input::Tick(now) => *now,
        other => panic!("{other:?}"),
    };
    let first = time(&inputs[0]);
    assert!(matches!(inputs[1..], [Input::Ending]), "{inputs:?}");
    inputs.clear();
    std::thread::sleep(Duration::from_millis(20));
    shared.take_inbox(&mut inputs);
    assert_eq!(inputs.len(), 1);
    let second = time(&inputs[0]);
    assert!(second.monotonic_ms >= first.monotonic_ms + 20, "{first:?}, then {second:?}");
}
