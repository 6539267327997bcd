//! Whole conversations: a node by itself in this thread, its port, and clients.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use node::{Reply, TURN_STEPS};
use resp::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local, yield_now};

use super::*;
use crate::commands::{AT_END, Context};
use crate::event_loop::driver::tests::{Alone, soon, until};
use crate::event_loop::shared::tests::session;
use crate::event_loop::{Ending, Shared};

/// How long a value is that [`owed`] owes.
pub(crate) const VALUE_BYTES: usize = 128 << 10;

/// Sessions that are all owed a great value, and the other ends of their sockets.
pub(crate) async fn owed(
    sessions: &Sessions,
    count: usize,
) -> (Vec<Rc<Session>>, Vec<std::net::TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mut all, mut clients) = (vec![], vec![]);
    for _ in 0..count {
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_nonblocking(true).unwrap();
        clients.push(client);
        let (_, writer) = listener.accept().await.unwrap().0.into_split();
        let session = sessions.open(writer);
        let request = session.replies().ask(Protocol::Resp2, 0);
        let value = Reply::Value(vec![b'v'; VALUE_BYTES].into());
        sessions.answer(session.id(), request, value, None);
        all.push(session);
    }
    (all, clients)
}

/// A node that serves clients of Redis at a port.
struct Served {
    shared: Rc<Shared>,
    address: std::net::SocketAddr,
    /// Dropped, it closes the port.
    _stop: oneshot::Sender<Infallible>,
}

impl Served {
    async fn open() -> Served {
        let shared = Alone::new().serve().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = oneshot::channel();
        spawn_local(listen(shared.clone(), Port::Redis, false, listener, stopped));
        Served { shared, address, _stop }
    }

    async fn client(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Says this and hears that.
async fn talk(client: &mut TcpStream, said: &str, expected: &str) {
    client.write_all(said.as_bytes()).await.unwrap();
    hear(client, expected).await;
}

async fn hear(client: &mut TcpStream, expected: &str) {
    let mut heard = vec![0; expected.len()];
    soon("all is answered", client.read_exact(&mut heard)).await.unwrap();
    assert!(heard == expected.as_bytes(), "something else is answered");
}

async fn run(story: impl Future<Output = ()>) {
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn who_swamps_the_node_is_answered_to_the_end() {
    run(async {
        const CLIENTS: usize = 24;
        // Fewer bytes than one read takes; all of them together are several times what the node
        // takes in at once.
        const ASKED: usize = 2000;
        let served = Served::open().await;
        let mut clients = vec![];
        for _ in 0..CLIENTS {
            clients.push(served.client().await);
        }
        until("all are let in", || served.shared.sessions.count() == CLIENTS).await;
        // No task has its turn before all have asked.
        let asked = "GET k\r\n".repeat(ASKED);
        for client in &clients {
            assert_eq!(client.try_write(asked.as_bytes()).unwrap(), asked.len());
        }
        for client in &mut clients {
            hear(client, &"$-1\r\n".repeat(ASKED)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_swamps_the_node_with_what_is_answered_already_is_held_up() {
    run(async {
        const CLIENTS: usize = 24;
        const TOLD: usize = 700;
        let served = Served::open().await;
        let mut clients = vec![];
        for _ in 0..CLIENTS {
            let mut client = served.client().await;
            talk(&mut client, "HELLO 3\r\n", "%").await;
            clients.push(client);
        }
        let (shared, most) = (served.shared.clone(), Rc::new(Cell::new(0)));
        let noted = most.clone();
        spawn_local(async move {
            loop {
                noted.set(noted.get().max(shared.requests_waiting()));
                yield_now().await;
            }
        });
        let told = "CONSISTENCY ATTR ON\r\nCONSISTENCY ATTR OFF\r\n".repeat(TOLD / 2);
        for client in &clients {
            assert_eq!(client.try_write(told.as_bytes()).unwrap(), told.len());
        }
        for client in &mut clients {
            let mut heard = vec![];
            while !heard.ends_with(&b"+OK\r\n".repeat(TOLD)) {
                soon("all is answered", client.read_buf(&mut heard)).await.unwrap();
            }
        }
        assert!(most.get() <= TURN_STEPS + 2 * CLIENTS, "{} wait for the node", most.get());
    })
    .await;
}

#[tokio::test]
async fn who_names_more_than_there_is_is_refused() {
    run(async {
        let served = Served::open().await;
        for asked in ["COMMAND INFO", "COMMAND DOCS", "CONFIG GET"] {
            let said = format!("{asked}{}\r\n", " client".repeat(2000));
            talk(&mut served.client().await, &said, "-ERR too many ").await;
        }
    })
    .await;
}

#[tokio::test]
async fn others_are_answered_between_long_replies_without_the_node() {
    run(async {
        const ASKED: usize = 300;
        let served = Served::open().await;
        let (asker, mut other) = (served.client().await, served.client().await);
        until("both are let in", || served.shared.sessions.count() == 2).await;
        let asked = "COMMAND\r\n".repeat(ASKED);
        assert_eq!(asker.try_write(asked.as_bytes()).unwrap(), asked.len());
        talk(&mut other, "PING\r\n", "+PONG\r\n").await;
        let answered = served.shared.figures().commands;
        assert!(answered < ASKED as u64, "it is answered after {answered}");
    })
    .await;
}

#[tokio::test]
async fn after_a_reset_nothing_is_preferred_or_watched() {
    run(async {
        let served = Served::open().await;
        let mut client = served.client().await;
        talk(&mut client, "CONSISTENCY SET sequential eventual\r\nWATCH k\r\n", "+OK\r\n+OK\r\n")
            .await;
        talk(&mut client, "RESET\r\nGET k\r\n", "+RESET\r\n$-1\r\n").await;
        talk(&mut client, "CONSISTENCY LAST\r\n", "*2\r\n$12\r\nlinearizable\r\n:0\r\n").await;
        let expected = "+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n";
        talk(&mut client, "SET k v\r\nMULTI\r\nSET k w\r\nEXEC\r\n", expected).await;
    })
    .await;
}

#[tokio::test]
async fn many_replies_without_the_node_are_all_sent() {
    run(async {
        let served = Served::open().await;
        let command = format!("PING {}\r\n", "p".repeat(1000));
        let reply = format!("${}\r\n{}\r\n", 1000, "p".repeat(1000));
        let mut other = served.client().await;
        talk(&mut other, &command.repeat(1000), &reply.repeat(1000)).await;
        // What is longer than one write sends, and nothing behind it.
        let mut last = served.client().await;
        let docs = "COMMAND DOCS\r\n".repeat(100);
        last.write_all(docs.as_bytes()).await.unwrap();
        last.shutdown().await.unwrap();
        let mut heard = vec![];
        soon("all is answered", last.read_to_end(&mut heard)).await.unwrap();
        assert!(heard.len() % 100 == 0 && heard.len() > 1 << 20, "{} bytes", heard.len());
    })
    .await;
}

#[tokio::test]
async fn who_says_no_more_is_answered_to_the_end() {
    run(async {
        const ASKED: usize = 1000;
        let served = Served::open().await;
        let mut client = served.client().await;
        client.write_all("SET k v\r\n".repeat(ASKED).as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        soon("the connection ends", client.read_to_string(&mut heard)).await.unwrap();
        assert_eq!(heard, "+OK\r\n".repeat(ASKED));
    })
    .await;
}

#[tokio::test]
async fn who_reads_late_gets_all_that_its_socket_did_not_take() {
    run(async {
        const VALUES: usize = 30;
        let served = Served::open().await;
        let mut client = served.client().await;
        let value = "v".repeat(1 << 20);
        let set = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n{value}\r\n", value.len());
        talk(&mut client, &set, "+OK\r\n").await;
        client.write_all("GET k\r\n".repeat(VALUES).as_bytes()).await.unwrap();
        let mut other = served.client().await;
        // By now all values that fit have been sent.
        for _ in 0..100 {
            talk(&mut other, "GET other\r\n", "$-1\r\n").await;
        }
        let reply = format!("${}\r\n{value}\r\n", value.len());
        hear(&mut client, &reply.repeat(VALUES)).await;
    })
    .await;
}

#[tokio::test]
async fn who_asks_more_than_it_may_and_never_reads_is_let_go() {
    run(async {
        let served = Served::open().await;
        let mut client = served.client().await;
        let value = "v".repeat(1 << 20);
        let set = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n{value}\r\n", value.len());
        talk(&mut client, &set, "+OK\r\n").await;
        client.write_all("GET k\r\n".repeat(10_000).as_bytes()).await.unwrap();
        until("it is let go", || served.shared.sessions.count() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn the_end_waits_for_nobody_who_is_owed_nothing() {
    run(async {
        let served = Served::open().await;
        let mut clients = vec![];
        for _ in 0..3 {
            let mut client = served.client().await;
            talk(&mut client, "PING\r\n", "+PONG\r\n").await;
            clients.push(client);
        }
        let shutdown = spawn_local(async move { served.shared.shut_down().await });
        soon("the server ends", shutdown).await.unwrap();
        for mut client in clients {
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_at_the_end_is_refused_and_answered() {
    run(async {
        let served = Served::open().await;
        let (mut busy, mut queueing) = (served.client().await, served.client().await);
        talk(&mut busy, "SET k v\r\n", "+OK\r\n").await;
        talk(&mut queueing, "MULTI\r\nSET k w\r\n", "+OK\r\n+QUEUED\r\n").await;
        let shared = served.shared.clone();
        let shutdown = spawn_local(async move { shared.shut_down().await });
        until("the server ends", || served.shared.ending().is_some()).await;
        let refused = format!("-{AT_END}\r\n");
        talk(&mut busy, "SET k 2\r\nGET k\r\n", &refused.repeat(2)).await;
        talk(&mut queueing, "EXEC\r\n", &refused).await;
        until("the others are closed", || served.shared.ending() == Some(Ending::HangsUp)).await;
        soon("the server ends", shutdown).await.unwrap();
        assert_eq!(busy.read(&mut [0]).await.unwrap(), 0, "with no reset");
    })
    .await;
}

#[tokio::test]
async fn who_has_come_already_is_served_when_the_port_closes() {
    run(async {
        let served = Served::open().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut client, b"PING\r\n").unwrap();
        let (stop, stopped) = oneshot::channel();
        drop(stop);
        listen(served.shared.clone(), Port::Redis, true, listener, stopped).await;
        client.set_nonblocking(true).unwrap();
        hear(&mut TcpStream::from_std(client).unwrap(), "+PONG\r\n").await;
        assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    })
    .await;
}

#[tokio::test]
async fn who_held_too_much_is_woken_when_it_does_no_more() {
    run(async {
        let served = Served::open().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let session = session(&served.shared, &listener).await;
        let _ = session.replies().ask(Protocol::Resp2, 0);
        session.set_incomplete(130 << 20);
        served.shared.sessions.charge(&session);
        assert!(served.shared.is_congested(&session));
        session.set_incomplete(0);
        served.shared.sessions.charge(&session);
        until("it may ask again", || !session.held_up.get()).await;
    })
    .await;
}
