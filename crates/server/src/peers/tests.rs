//! Ways that come and go with the members. And what a test needs to come in as node 2.

use std::rc::Weak;

use bytes::BytesMut;
use node::Input;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::handshake::{self, Handshake};
use super::*;
use crate::event_loop::driver::tests::{soon, until};
use crate::event_loop::shared::tests::shared;

/// A connection of node 2 to node 1, after the handshake.
pub(crate) async fn connected(address: &str, cluster: u64) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let handshake = Handshake { from: NodeId(2), to: NodeId(1), cluster };
    stream.write_all(&handshake.encode()).await.unwrap();
    stream.read_exact(&mut [0; handshake::BYTES]).await.unwrap();
    stream
}

/// A message as it goes over a connection.
pub(crate) fn framed(message: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    frame::append(&mut out, message);
    out
}

/// Somewhere a node may listen.
struct Place {
    listener: TcpListener,
    address: String,
}

impl Place {
    async fn new() -> Place {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Place { listener, address }
    }

    /// Is dialled, and answers as this node; gives the connection, and whom it was meant for.
    async fn answer(&self, id: u64) -> (TcpStream, NodeId) {
        let answered = async {
            let (mut stream, _) = self.listener.accept().await.unwrap();
            let mut said = [0; handshake::BYTES];
            stream.read_exact(&mut said).await.unwrap();
            let said = Handshake::decode(&said).unwrap();
            let answer = Handshake { from: NodeId(id), to: said.from, cluster: said.cluster };
            stream.write_all(&answer.encode()).await.unwrap();
            (stream, said.to)
        };
        soon("it is dialled", answered).await
    }
}

/// The peers of node 1, and what it is told of them.
struct Node1 {
    shared: Rc<Shared>,
    peers: Peers,
    told: RefCell<Vec<String>>,
}

impl Node1 {
    fn new() -> Node1 {
        let shared = Rc::new(shared());
        let peers = Peers::dial(&shared, NodeId(1), &[], Elsewhere::default(), 1);
        Node1 { shared, peers, told: RefCell::default() }
    }

    /// These are its members from now on.
    fn follow(&self, members: &[(u64, &Place)]) {
        let member = |(id, place): &(u64, &Place)| (NodeId(*id), place.address.clone());
        self.peers.follow(&members.iter().map(member).collect::<Vec<_>>());
    }

    /// What it was told so far: `+2` of a connection to node 2, `-2` of its end.
    fn told(&self) -> Vec<String> {
        let mut inputs = vec![];
        self.shared.take_inbox(&mut inputs);
        self.told.borrow_mut().extend(inputs.into_iter().filter_map(|input| match input {
            Input::Connected(id) => Some(format!("+{}", id.0)),
            Input::Disconnected(id) => Some(format!("-{}", id.0)),
            _ => None,
        }));
        self.told.borrow().clone()
    }

    async fn is_told(&self, expected: &[&str]) {
        until(&format!("the node is told {expected:?}"), || self.told().len() >= expected.len())
            .await;
        assert_eq!(self.told(), expected);
    }

    /// What it sends to this node arrives here.
    async fn reaches(&self, id: u64, stream: &mut TcpStream) {
        self.peers.send(NodeId(id), &Bytes::from("message"), false);
        self.peers.flush();
        let mut bytes = vec![0; framed(b"message").len()];
        soon("a message arrives", stream.read_exact(&mut bytes)).await.unwrap();
    }

    fn links(&self) -> Vec<Weak<Link>> {
        self.peers.links.borrow().iter().map(|dialled| Rc::downgrade(&dialled.link)).collect()
    }
}

async fn is_closed(mut stream: TcpStream) {
    let ended = async { while stream.read(&mut [0; 64]).await.is_ok_and(|bytes| bytes > 0) {} };
    soon("the connection ends", ended).await;
}

#[tokio::test]
async fn links_follow_the_members() {
    let story = async {
        let (node, two, elsewhere, three) =
            (Node1::new(), Place::new().await, Place::new().await, Place::new().await);
        node.follow(&[(1, &three), (2, &two)]);
        let (mut to_two, meant) = two.answer(2).await;
        assert_eq!(meant, NodeId(2));
        node.is_told(&["+2"]).await;
        node.reaches(2, &mut to_two).await;

        // One more, and all the same as before with the other.
        node.follow(&[(3, &three), (2, &two)]);
        let (mut to_three, _) = three.answer(3).await;
        node.is_told(&["+2", "+3"]).await;
        node.reaches(2, &mut to_two).await;
        node.reaches(3, &mut to_three).await;

        // The first is somewhere else now.
        node.follow(&[(2, &elsewhere), (3, &three)]);
        assert_eq!(node.told(), ["+2", "+3", "-2"], "at once");
        is_closed(to_two).await;
        let (mut to_two, _) = elsewhere.answer(2).await;
        node.is_told(&["+2", "+3", "-2", "+2"]).await;
        node.reaches(2, &mut to_two).await;

        // And is gone. What it was sent in the end still goes out.
        let links = node.links();
        node.peers.send(NodeId(2), &Bytes::from("message"), false);
        node.follow(&[(3, &three)]);
        assert_eq!(node.told(), ["+2", "+3", "-2", "+2", "-2"]);
        let mut last = vec![];
        soon("it is closed", to_two.read_to_end(&mut last)).await.unwrap();
        assert_eq!(last, framed(b"message"));
        node.peers.flush();
        until("nobody dials it any more", || links[0].upgrade().is_none()).await;
        node.reaches(3, &mut to_three).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_is_dialled_for_the_last_time_is_not_dialled_for_ever() {
    let story = async {
        let (node, two) = (Node1::new(), Place::new().await);
        node.follow(&[(2, &two)]);
        let (stream, _) = soon("it is dialled", two.listener.accept()).await.unwrap();
        // In the middle of the handshake.
        let links = node.links();
        node.follow(&[]);
        is_closed(stream).await;
        until("nobody dials it any more", || links[0].upgrade().is_none()).await;
        assert!(node.told().is_empty(), "there never was a connection");
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn an_address_to_join_at_tells_who_is_there() {
    let story = async {
        let (node, two, three) = (Node1::new(), Place::new().await, Place::new().await);
        node.peers.join(std::slice::from_ref(&two.address));
        let (stream, meant) = two.answer(2).await;
        assert_eq!(meant, ANYONE);
        node.is_told(&["+2"]).await;
        drop(stream);
        node.is_told(&["+2", "-2"]).await;
        // Next time it is somebody else.
        let (mut stream, meant) = two.answer(4).await;
        assert_eq!(meant, ANYONE);
        node.is_told(&["+2", "-2", "+4"]).await;
        node.follow(&[]);
        node.reaches(4, &mut stream).await;
        // It is taken in, and the address is that of the member that was found there.
        node.follow(&[(3, &three), (4, &two)]);
        let _three = three.answer(3).await;
        node.is_told(&["+2", "-2", "+4", "+3"]).await;
        node.reaches(4, &mut stream).await;
        drop(stream);
        let (_stream, meant) = two.answer(4).await;
        assert_eq!(meant, NodeId(4), "from now on it is meant");
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_was_found_while_joining_is_dialled_where_the_members_say() {
    let story = async {
        let (node, found, named) = (Node1::new(), Place::new().await, Place::new().await);
        node.peers.join(std::slice::from_ref(&found.address));
        let (stream, _) = found.answer(2).await;
        node.is_told(&["+2"]).await;
        let links = node.links();
        node.follow(&[(2, &named)]);
        assert_eq!(node.told(), ["+2", "-2"]);
        is_closed(stream).await;
        let (mut stream, _) = named.answer(2).await;
        node.is_told(&["+2", "-2", "+2"]).await;
        node.reaches(2, &mut stream).await;
        until("nobody asks there any more", || links[0].upgrade().is_none()).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn one_way_to_a_node_that_is_found_twice_is_enough() {
    let story = async {
        let (node, one, other) = (Node1::new(), Place::new().await, Place::new().await);
        node.peers.join(&[one.address.clone(), other.address.clone()]);
        let (first, _) = one.answer(2).await;
        node.is_told(&["+2"]).await;
        let (second, _) = other.answer(2).await;
        is_closed(second).await;
        assert_eq!(node.told(), ["+2"]);
        // Where it was found first nobody is any more.
        drop((first, one));
        node.is_told(&["+2", "-2"]).await;
        let (mut second, _) = other.answer(2).await;
        node.is_told(&["+2", "-2", "+2"]).await;
        node.reaches(2, &mut second).await;
    };
    LocalSet::new().run_until(story).await;
}
