//! Who comes in at the port for peers, and what they may do there.

use tokio::task::LocalSet;

use super::*;
use crate::event_loop::driver::tests::{Alone, soon, until};
use crate::event_loop::shared::tests::shared;
use crate::peers::tests::{connected, framed};

fn acceptor() -> Rc<Acceptor> {
    Rc::new(with(Rc::new(shared())))
}

/// Node 1, whose only other member is node 2.
fn with(shared: Rc<Shared>) -> Acceptor {
    let (me, inbound) = (NodeId(1), Rc::<Inbound>::default());
    inbound.follow([NodeId(2)].into());
    Acceptor { shared, me, joins: false, inbound }
}

#[tokio::test]
async fn who_is_hung_up_on_is_gone_and_the_node_is_told() {
    let story = async {
        let acceptor = acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, address) = listener.accept().await.unwrap();
        acceptor.let_in(stream, address.to_string());
        yield_now().await;
        let path = PathId(1);
        acceptor.inbound.trust(path);
        assert!(acceptor.inbound.is_trusted(path));
        acceptor.inbound.hang_up(path);
        yield_now().await;
        assert!(acceptor.inbound.paths.borrow().is_empty());
        let mut told = vec![];
        acceptor.shared.take_inbox(&mut told);
        assert!(matches!(told[..], [_, Input::Left(PathId(1))]), "{told:?}");
    };
    LocalSet::new().run_until(story).await;
}

#[test]
fn who_may_come_in_depends_on_whether_the_cluster_has_formed() {
    let acceptor = acceptor();
    let joiner = Acceptor { joins: true, ..with(Rc::new(shared())) };
    let says = |acceptor: &Acceptor, from, to, cluster, own| {
        let said = Handshake { from: NodeId(from), to, cluster };
        acceptor.admit(said, own).err().unwrap_or_default()
    };
    let me = NodeId(1);
    for (from, to, cluster, own, expected) in [
        (2, me, 0, 0, ""),
        (2, ANYONE, 0, 0, ""),
        (2, NodeId(3), 0, 0, "looks for node 3, but this is node 1"),
        (1, ANYONE, 0, 0, "so is this one called"),
        (9, me, 0, 0, "which is no other member"),
        (9, me, 7, 0, "which is no other member"),
        (9, me, 0, 7, ""),
        (9, me, 7, 7, ""),
        (9, me, 8, 7, "of another cluster"),
        (2, me, 8, 7, "of another cluster"),
    ] {
        let why = says(&acceptor, from, to, cluster, own);
        let what = format!("node {from}, of {cluster}, to {to:?}, which is of {own}: {why:?}");
        assert!(why.contains(expected) && why.is_empty() == expected.is_empty(), "{what}");
    }
    assert_eq!(says(&joiner, 9, me, 7, 0), "", "it may be a member of what this one joins");
    assert!(says(&joiner, 9, me, 8, 7).contains("of another cluster"), "it has been taken in");
}

#[tokio::test]
async fn who_asks_to_be_taken_in_is_let_in_and_not_trusted() {
    let story = async {
        let acceptor = Rc::new(with(Alone::new().serve().await));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Also who claims the id of a member is no more than anybody.
        for (from, path) in [(9, PathId(1)), (2, PathId(2))] {
            let come = async {
                let mut peer = TcpStream::connect(address).await.unwrap();
                let said = Handshake { from: NodeId(from), to: ANYONE, cluster: 0 };
                peer.write_all(&said.encode()).await.unwrap();
                let mut answer = [0; handshake::BYTES];
                peer.read_exact(&mut answer).await.unwrap();
                (peer, Handshake::decode(&answer).unwrap())
            };
            let let_in = async {
                let (stream, address) = listener.accept().await.unwrap();
                acceptor.let_in(stream, address.to_string());
            };
            let ((_peer, answer), ()) = tokio::join!(come, let_in);
            assert_eq!((answer.from, answer.to), (NodeId(1), NodeId(from)));
            let trust = || acceptor.inbound.paths.borrow().get(&path).map(|path| path.trust);
            until("it is let in", || trust() == Some(Trust::Identified)).await;
        }
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_is_no_member_any_more_is_hung_up_on() {
    let story = async {
        let acceptor = acceptor();
        let mut member = says(&acceptor, true, 0).await;
        let mut stranger = says(&acceptor, false, 0).await;
        let paths = || acceptor.inbound.paths.borrow().keys().copied().collect::<Vec<_>>();
        acceptor.inbound.follow([NodeId(2), NodeId(3)].into());
        yield_now().await;
        assert_eq!(paths(), [PathId(1), PathId(2)]);
        acceptor.inbound.follow([NodeId(3)].into());
        assert_eq!(soon("it is closed", member.read(&mut [0; 64])).await.unwrap(), 0);
        assert_eq!(paths(), [PathId(2)], "others come and go by themselves");
        stranger.write_all(&framed(b"")).await.unwrap();
        until("it is heard", || acceptor.inbound.waiting.get() == 1).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_is_not_trusted_says_nothing_long() {
    let story = async {
        let acceptor = acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let let_in = async {
            let (stream, address) = listener.accept().await.unwrap();
            acceptor.let_in(stream, address.to_string());
        };
        let (mut peer, ()) = tokio::join!(connected(&address, 0), let_in);
        let _ = peer.write_all(&framed(&[7; FRAME_BYTES_MAX + 1])).await;
        while peer.read(&mut [0; 64]).await.is_ok_and(|bytes| bytes > 0) {}
        let mut told = vec![];
        acceptor.shared.take_inbox(&mut told);
        assert!(matches!(told[..], [_, Input::Left(PathId(1))]), "{told:?}");
    };
    LocalSet::new().run_until(story).await;
}

/// Somebody is let in and says so many messages.
async fn says(acceptor: &Rc<Acceptor>, is_trusted: bool, said: usize) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let let_in = async {
        let (stream, address) = listener.accept().await.unwrap();
        acceptor.let_in(stream, address.to_string());
    };
    let (mut peer, ()) = tokio::join!(connected(&address, 0), let_in);
    let id = PathId(acceptor.inbound.accepted.get());
    let trust = |id| acceptor.inbound.paths.borrow()[id].trust;
    until("it is let in", || trust(&id) == Trust::Identified).await;
    if is_trusted {
        acceptor.inbound.trust(id);
    }
    peer.write_all(&framed(b"").repeat(said)).await.unwrap();
    peer
}

#[tokio::test]
async fn who_is_not_trusted_says_little_at_a_time() {
    let story = async {
        let acceptor = acceptor();
        let waiting = || acceptor.inbound.waiting.get();
        let _stranger = says(&acceptor, false, 2000).await;
        until("the first are heard", || waiting() >= STRANGER_MESSAGES).await;
        assert!(waiting() < 1000, "{} at once", waiting());
        until("the next are heard", || waiting() >= 2 * STRANGER_MESSAGES).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn no_peer_is_read_while_many_messages_wait() {
    let story = async {
        let acceptor = acceptor();
        let inbound = &acceptor.inbound;
        let _peer = says(&acceptor, true, MESSAGES_MAX + 100).await;
        until("many wait", || inbound.waiting.get() > MESSAGES_MAX).await;
        assert_eq!(inbound.waiting.get(), MESSAGES_MAX + 1);
        // The node takes half of them in, then one more.
        inbound.set_messages_left(MESSAGES_MAX / 2 + 1);
        yield_now().await;
        assert_eq!(inbound.waiting.get(), MESSAGES_MAX / 2 + 1, "no turn for the sake of a few");
        inbound.set_messages_left(MESSAGES_MAX / 2);
        until("it goes on", || inbound.waiting.get() == MESSAGES_MAX / 2 + 99).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_was_sent_half_a_message_back_is_gone() {
    let story = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let stream = listener.accept().await.unwrap().0;
        SockRef::from(&stream).set_send_buffer_size(4 << 10).unwrap();
        let (_reader, writer) = stream.into_split();
        let task = spawn_local(pending::<()>());
        let inbound = Inbound::default();
        let abort = task.abort_handle();
        let peer = Some((NodeId(2), writer));
        let path = Path { task: abort, trust: Trust::Identified, peer };
        inbound.paths.borrow_mut().insert(PathId(1), path);
        inbound.send_back(PathId(1), &Bytes::from("short"));
        yield_now().await;
        assert!(!task.is_finished());
        inbound.send_back(PathId(1), &Bytes::from(vec![7; 32 << 20]));
        yield_now().await;
        assert!(task.is_finished());
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn the_silent_make_room_before_the_identified_and_the_trusted_never() {
    let story = async {
        let inbound = Inbound::default();
        let trusts = [Trust::Trusted, Trust::Identified, Trust::Silent, Trust::Silent];
        for (id, trust) in (1..).zip(trusts) {
            let task = spawn_local(pending::<()>()).abort_handle();
            let path = Path { task, trust, peer: None };
            inbound.paths.borrow_mut().insert(PathId(id), path);
        }
        let left = |untrusted_max| -> Vec<u64> {
            inbound.make_room(untrusted_max);
            inbound.paths.borrow().keys().map(|id| id.0).collect()
        };
        assert_eq!(left(4), [1, 2, 3, 4], "there is room for one more");
        assert_eq!(left(3), [1, 2, 4]);
        assert_eq!(left(2), [1, 2]);
        assert_eq!(left(1), [1]);
        assert_eq!(left(0), [1]);
    };
    LocalSet::new().run_until(story).await;
}
